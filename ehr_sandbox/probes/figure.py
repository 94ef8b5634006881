"""What a probe found, with the bound that it must keep."""

from tasks import Frozen

BOUND = 0.05
"""Of an AUC around one half; or three chance errors where there are too few rows for that."""


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
