"""What a patch may add to a resource: a bound on its size and depth, so that copies of copies end.

The limits are far above any resource; https://hl7.org/fhir/R4/http.html#patch sets none.
"""

from typing import Any

from fhir_r4 import Invalid, TooCostly
from fhir_server.jackson import DEEPEST

MOST_OPERATIONS = 1000
MOST_VALUES = 20_000
"""Values, objects and lists that one patch may add in all."""


def check_operations(number: int) -> None:
    """Raises TooCostly if a patch has too many operations."""
    if number > MOST_OPERATIONS:
        raise TooCostly(f"{number} operations are too many for a patch: send {MOST_OPERATIONS} at most, or an update")


def size_of(value: Any, depth: int = 0, most: int | None = None) -> int:
    """How many values there are in a value, itself included; depth: levels above it.

    Raises Invalid for what is nested too deeply, TooCostly for more than `most`.
    """
    count, level = 1, [value] if isinstance(value, (dict, list)) else []
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Invalid(f"patched so, the resource would be nested deeper than {DEEPEST} levels")
        inner = [item for one in level for item in (one.values() if isinstance(one, dict) else one)]
        count += len(inner)
        if most is not None and count > most:
            raise TooCostly(f"a patch may not add more than {MOST_VALUES} values to a resource")
        level = [item for item in inner if isinstance(item, (dict, list))]
    return count


class Growth:
    """Counts what one patch adds."""

    def __init__(self, operations: int) -> None:
        check_operations(operations)
        self._left = MOST_VALUES

    def add(self, value: Any, depth: int) -> None:
        """depth: levels above the value. Raises Invalid or TooCostly."""
        self._left -= size_of(value, depth, self._left)
