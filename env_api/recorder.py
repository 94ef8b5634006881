"""Writes a run record: one append-only NDJSON file, each line handed to the operating system as it happens.

Killing the process (-9) loses at most a torn last line, which `tasks.read_record` leaves out.
"""

import os
from pathlib import Path

from fhir_r4 import Fault
from tasks import ActionTaken, End, FhirCall, Header, RunRecord, Submitted, dump_line, read_record


class Recorder:
    """Owns the file from the header to the end. Lines are whole or absent: a failed write is taken back."""

    def __init__(self, path: Path, header: Header) -> None:
        """Raises Fault if the file exists or cannot be written."""
        self.path = path
        self._size = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            raise Fault(f"the run record cannot be created ({error.strerror}): check the records folder") from error
        try:
            self.write(header)
        except Fault:
            self.close()
            raise

    def write(self, line: Header | FhirCall | ActionTaken | Submitted | End) -> None:
        """Append one line. Raises Fault (disk full, ...); the file then holds what it held before."""
        data = dump_line(line)
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise Fault(f"the run record cannot be written ({error.strerror}): free the disk of the API") from error
        self._size += len(data)

    def close(self) -> None:
        os.close(self._file)


def load_record(path: Path) -> RunRecord:
    """Raises Invalid."""
    with path.open("rb") as lines:
        return read_record(lines)
