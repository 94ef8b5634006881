"""Exit code 0 if every URL given answers with HTTP 200; the container's health check."""

import sys
import urllib.error
import urllib.request


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:
            return int(answer.status) == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


if __name__ == "__main__":
    sys.exit(0 if all(map(is_up, sys.argv[1:])) else 1)
