"""What a load has written so far, in an append-only file beside the data, so that a killed load can go on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import orjson


@dataclass
class LoadState:
    """First line: digest of the data and server; then one line per finished transaction with its references."""

    file: Path
    out: BinaryIO
    done: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, file: Path, digest: str, server: str) -> "LoadState":
        """The state of an earlier load of the same data onto the same server; else an empty one."""
        header = orjson.dumps({"version": 1, "digest": digest, "server": server.rstrip("/")})
        lines = file.read_bytes().split(b"\n") if file.exists() else []
        same = bool(lines) and lines[0] == header
        done = (
            {ref for line in lines[1:-1] for ref in orjson.loads(line)} if same else set()
        )  # a last line may be cut short
        file.parent.mkdir(parents=True, exist_ok=True)
        out = file.open("wb")
        state = cls(file, out, done)
        out.write(header + b"\n" + (orjson.dumps(sorted(done)) + b"\n" if done else b""))
        out.flush()
        return state

    def add(self, references: Sequence[str]) -> None:
        self.done.update(references)
        self.out.write(orjson.dumps(list(references)) + b"\n")
        self.out.flush()

    def close(self) -> None:
        self.out.close()

    def delete(self) -> None:
        self.file.unlink(missing_ok=True)
