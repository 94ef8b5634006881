"""The terminal: wide enough for our tables where there is none to ask."""

import sys

from rich.console import Console

_WIDTH_WITHOUT_TERMINAL = 140


def console() -> Console:
    """Standard output, plain text: no markup in what others wrote."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(width=width, markup=False, highlight=False)
