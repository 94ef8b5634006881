"""How much one search may ask, far above what clients ask: beyond, the work would grow faster than the request.

HAPI itself has no such limits; the servers around it have (Tomcat takes 8 kB of URL and 1000 parameters).
"""

from collections.abc import Sequence

from fhir_r4.problem import TooCostly, TooLarge

LONGEST_QUERY = 256 * 1024
"""Characters of a query string, or of a form."""
MOST_PARAMETERS = 256
MOST_STEPS = 6
"""Steps of one chain; what they may lead to doubles with each step."""
MOST_STEPS_IN_ALL = 24
MOST_SORT_KEYS = 10
_MOST_COLONS = 24
"""In the name of one parameter; `_has` takes three."""


def check_query(query: str) -> None:
    """Raises TooLarge for a query string that is too long to be read."""
    if len(query) > LONGEST_QUERY:
        raise TooLarge(f"a query of {len(query)} characters is too long: send {LONGEST_QUERY} at most")


def check_names(names: Sequence[str]) -> None:
    """The names of a search's parameters. Raises TooCostly for too many, or for chains that are too long."""
    if len(names) > MOST_PARAMETERS:
        raise TooCostly(f"a search of {len(names)} parameters is too large: send {MOST_PARAMETERS} at most")
    steps = [name.count(".") for name in names if "." in name]
    if steps and (max(steps) > MOST_STEPS or sum(steps) > MOST_STEPS_IN_ALL):
        raise TooCostly(
            f"the chains are too long: {MOST_STEPS} steps in one parameter and {MOST_STEPS_IN_ALL} in all are taken"
        )
    if any(name.count(":") > _MOST_COLONS for name in names):
        raise TooCostly("a parameter is nested too deeply: ask with fewer _has within each other")
