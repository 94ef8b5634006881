"""Which salt a command builds under: the published one, or the secret one of `--salt-file`."""

from pathlib import Path

from fhir_r4 import Invalid
from tasks import PUBLIC_SALT, parse_salt


def read_salt(file: Path | None) -> str:
    """64 hex characters. Raises Invalid that says how to make the file."""
    if file is None:
        return PUBLIC_SALT
    if not file.is_file():
        raise Invalid(f"no salt file at {file}: name a file that holds 64 hex characters")
    return parse_salt(file.read_text(encoding="utf-8", errors="replace"))
