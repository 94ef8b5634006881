"""Where the figures were taken."""

import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def machine() -> dict[str, str]:
    """cores, python, system, load average (1/5/15 minutes), commit (with + if files differ from it)."""
    return {
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load average": "/".join(f"{load:.1f}" for load in os.getloadavg()),
        "commit": _commit(),
    }


def _commit() -> str:
    try:
        short = _git("rev-parse", "--short", "HEAD")
        return short + ("+" if _git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
