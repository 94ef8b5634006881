"""Expert review of the truth: blind charts with one claim each, their key, and the score of what comes back."""

from ehr_sandbox.review.agreement import Kappa, Share, cohen_kappa
from ehr_sandbox.review.draw import Candidate, Reviewed, Who, draw_candidates
from ehr_sandbox.review.findings import words_of
from ehr_sandbox.review.folder import ReadCharts, check_places, reviewer_files, write_review
from ehr_sandbox.review.key import Key, KeyRow, read_key
from ehr_sandbox.review.score import Judged, PairScore, ReviewerScore, score_pairs, score_sheet
from ehr_sandbox.review.sheet import Answer, read_sheet
from ehr_sandbox.review.telling import score_lines, score_record

__all__ = [
    "Answer",
    "Candidate",
    "Judged",
    "Kappa",
    "Key",
    "KeyRow",
    "PairScore",
    "ReadCharts",
    "Reviewed",
    "ReviewerScore",
    "Share",
    "Who",
    "check_places",
    "cohen_kappa",
    "draw_candidates",
    "read_key",
    "read_sheet",
    "reviewer_files",
    "score_lines",
    "score_pairs",
    "score_record",
    "score_sheet",
    "words_of",
    "write_review",
]
