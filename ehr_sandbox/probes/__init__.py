"""What a finished world shows without being understood, and whether that tells what is wrong in it."""

from ehr_sandbox.probes.cohorts import FEWEST_COHORTS, CohortSeen, cohort_of, cohort_probes
from ehr_sandbox.probes.figure import ProbeFigure
from ehr_sandbox.probes.labels import FEWEST_ITEMS, label_probes
from ehr_sandbox.probes.populations import DEAD, KINDS, WITHOUT_EXTENSION
from ehr_sandbox.probes.view import ViewedItem, WorldView, read_view, view_of, write_view

__all__ = [
    "DEAD",
    "FEWEST_COHORTS",
    "FEWEST_ITEMS",
    "KINDS",
    "WITHOUT_EXTENSION",
    "CohortSeen",
    "ProbeFigure",
    "ViewedItem",
    "WorldView",
    "cohort_of",
    "cohort_probes",
    "label_probes",
    "read_view",
    "view_of",
    "write_view",
]
