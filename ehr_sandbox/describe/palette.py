"""The report's colours: one accent, a set for kinds that is told apart without red and green, a ramp for stages."""

from collections.abc import Iterable, Mapping

INK = "#1f2a37"
MUTED = "#64717f"
FAINT = "#e3e7ec"
BAND = "#eef4ee"
ACCENT = "#2f6690"
WARM = "#c8553d"
BLACK = "#111111"
QUIET = "#9aa5b1"

KINDS = ("#2f6690", "#d98e04", "#3a8f6b", "#8a5a9e", "#c8553d", "#5aa9d6", "#8c7a3d", "#b5577d")
STAGES: Mapping[str, str] = {
    "Stage 0": "#c9dfee", "Stage I": "#a6cbe3", "Stage II": "#63a1cb", "Stage III": "#2f72a8", "Stage IV": "#123f6b",
}  # fmt: skip


def colours(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name, in their order; stages keep theirs, and what is not recorded is grey."""
    out: dict[str, str] = {}
    free = 0
    for name in names:
        if name in STAGES:
            out[name] = STAGES[name]
        elif name in {"not recorded", "other", "no stage"}:
            out[name] = QUIET
        else:
            out[name] = KINDS[free % len(KINDS)]
            free += 1
    return out
