"""What a boosted model finds, as a figure with its bound."""

from ehr_sandbox.probes.auc import Flags, Groups, Numbers, chance_error
from ehr_sandbox.probes.boosted import held_out_auc
from ehr_sandbox.probes.figure import BOUND, CHANCE_ERRORS, ProbeFigure


def asked_of_model(
    name: str, matrix: Numbers, labels: Flags, groups: Groups, *, fold: Groups | None = None
) -> ProbeFigure:
    """labels: what is asked; groups: worlds, inside which rows are compared; fold: as for `held_out_auc`."""
    error = chance_error(labels, groups)
    return ProbeFigure(
        name=name,
        auc=round(held_out_auc(matrix, labels, groups, fold=fold), 4),
        error=round(error, 4),
        bound=round(max(BOUND, CHANCE_ERRORS * error), 4),
        count=int(labels.sum()),
        rows=len(labels),
    )
