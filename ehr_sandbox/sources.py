"""A world by its name on the command line: a task's address, or data on disk."""

from pathlib import Path

from fhir_server import Source, read_source


def read_world_named(word: str, salt_file: Path | None) -> Source:
    """An NDJSON folder, a folder of JSON files or a Bundle if there is such a path, else suite/variant/index. Raises
    Invalid and NotFound."""
    return read_source(Path(word)) if Path(word).exists() else _built(word, salt_file)


def _built(word: str, salt_file: Path | None) -> Source:
    from ehr_sandbox.generators import GENERATORS  # data on disk need no generator, and these take their time
    from ehr_sandbox.salt import read_salt
    from ehr_sandbox.selection import select

    address = select(word, GENERATORS).one()
    world = GENERATORS[address.suite].build(read_salt(salt_file), address).world
    return Source(tuple(world.resources), world.counts, world.digest, world.now)
