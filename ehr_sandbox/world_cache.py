"""Built worlds on disk, never their truth: a world that is there need not be built again, nor the code that builds it
be imported. Safe to delete at any time.

One file per world: the SHA-256 of what follows, a line of JSON with now, counts and digest, and a resource per line.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import orjson

from fhir_r4 import World

_FORMAT = "1"
_SEAL = 65
_BUILDING = ("fhir_r4", "fhir_seed", "tasks")
"""The packages that a world's bytes depend on."""


def code_digest() -> str:
    """SHA-256 of every file that a world's bytes depend on: code and tables."""
    total = hashlib.sha256()
    for name in _BUILDING:
        for file in _files(name):
            total.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _files(package: str) -> Iterator[Path]:
    """Of a package's code and tables, in an order of their own. The package is not imported."""
    spec = find_spec(package)
    for folder in spec.submodule_search_locations if spec and spec.submodule_search_locations else ():
        for here, inner, names in os.walk(folder):
            inner[:] = sorted(name for name in inner if name != "__pycache__")
            yield from (Path(here, name) for name in sorted(names))


def user_folder() -> Path:
    """Where this user's programs keep what can be made again. Raises OSError for a user without a home."""
    try:
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError as error:
        raise FileNotFoundError("this user has no home folder") from error
    return caches / "ehr-sandbox" / "worlds"


def _seal(rest: bytes | memoryview) -> bytes:
    return hashlib.sha256(rest).hexdigest().encode() + b"\n"


class WorldCache:
    """A folder of worlds of the code as it is now: what other code built is not found.

    limit: of the number of worlds, the oldest go first; None: no limit.
    """

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        self.folder = folder
        self._limit = limit
        self._code = code_digest()

    def find(self, salt: str, task: str) -> World | None:
        """None if it is not there, or not whole. Raises OSError if it cannot be read."""
        try:
            content = self._file(salt, task).read_bytes()
        except FileNotFoundError:
            return None
        seal, rest = content[:_SEAL], memoryview(content)[_SEAL:]
        if _seal(rest) != seal:
            return None
        _, head, *resources = content.split(b"\n")
        return World(resources=tuple(resources), **orjson.loads(head))

    def keep(self, salt: str, task: str, world: World) -> None:
        """At once or not at all, in place of what was there; not if the code was edited since, which may have built it.
        Raises OSError if it cannot be written."""
        if code_digest() != self._code:
            return
        head = orjson.dumps({"now": world.now, "counts": dict(world.counts), "digest": world.digest})
        rest = b"\n".join((head, *world.resources))
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="partial-") as folder:
            partial = Path(folder) / "world"
            with partial.open("wb") as file:
                file.writelines((_seal(rest), rest))
            partial.replace(self._file(salt, task))
        self._forget()

    def _forget(self) -> None:
        if self._limit is None:
            return
        kept = sorted(self.folder.glob("*.world"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        for file in kept[self._limit :]:
            file.unlink(missing_ok=True)

    def _file(self, salt: str, task: str) -> Path:
        """Its name tells nothing of salt and task."""
        key = hashlib.sha256("\x1f".join(("world", _FORMAT, salt, task, self._code)).encode())
        return self.folder / f"{key.hexdigest()}.world"
