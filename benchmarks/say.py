"""What is being measured, on stderr, so that nobody waits in the dark."""

import sys


def say(text: str) -> None:
    print(f"measuring: {text}", file=sys.stderr, flush=True)
