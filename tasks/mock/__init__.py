"""`mock`: three patients, for everything that is not about content."""

from tasks.mock.model import (
    ACTIONS,
    BUDGET,
    INSTRUCTIONS,
    REPORT,
    TITLE,
    VARIANTS,
    VERSION,
    WEIGHTS,
)

__all__ = ["ACTIONS", "BUDGET", "INSTRUCTIONS", "REPORT", "TITLE", "VARIANTS", "VERSION", "WEIGHTS"]
