"""The terminal: wide enough for our tables where there is none to ask; progress only where someone watches."""

import sys

from rich.console import Console
from rich.progress import Progress, ProgressColumn

_WIDTH_WITHOUT_TERMINAL = 140
_NARROWEST = 112
"""A narrower terminal wraps lines; cutting figures off would be worse."""


def console() -> Console:
    """Standard output, plain text: no markup in what others wrote."""
    asked = Console()
    width = max(asked.width, _NARROWEST) if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(width=width, markup=False, highlight=False)


def progress(*columns: ProgressColumn, is_json: bool) -> Progress:
    """On standard error, for a person: nothing in a script's log, where each line should say something."""
    return Progress(*columns, console=Console(stderr=True), disable=is_json or not sys.stderr.isatty(), transient=True)
