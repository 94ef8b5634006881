"""The world of a task as a command's word names it."""

from pathlib import Path

from ehr_sandbox.generators import GENERATORS
from ehr_sandbox.salt import read_salt
from ehr_sandbox.selection import select
from fhir_r4 import World


def task_world(word: str, salt_file: Path | None) -> World:
    """`suite/variant/index`, built. Raises NotFound or Invalid."""
    address = select(word, GENERATORS).one()
    return GENERATORS[address.suite].build(read_salt(salt_file), address).world
