"""What a probe found, with the bound that it must keep."""

from tasks import Frozen

BOUND = 0.05
"""Of an AUC around one half; or CHANCE_ERRORS where there are too few rows for that."""
CHANCE_ERRORS = 4
"""A run over all variants asks some seventy questions: at three, one of six runs would find a leak that is none. And
the error is that of one fixed score; a fitted model's was 1.1 times that (tiny, 90 shuffles inside worlds).
"""


class ProbeFigure(Frozen):
    """auc: of a boosted model on rows it was not trained on; error: one standard deviation of an AUC that knows
    nothing; count: positive rows; rows: all of them."""

    name: str
    auc: float
    error: float
    bound: float
    count: int
    rows: int
    expected: float = 0.5
    """1.0 for what must separate."""

    @property
    def holds(self) -> bool:
        return abs(self.auc - self.expected) <= self.bound
