"""One table from category to status and issue code."""

import pytest

from fhir_r4 import Busy, Fault, Gone, Problem, problem_named


@pytest.mark.parametrize("kind", Problem.__subclasses__())
def test_a_category_names_its_problem_over_the_wire(kind: type[Problem]) -> None:
    again = problem_named(kind.category, "what to do")
    assert (type(again), again.message) == (kind, "what to do")


def test_an_unknown_category_is_a_fault() -> None:
    assert isinstance(problem_named("nonsense", "x"), Fault)


def test_categories_are_distinct() -> None:
    names = [kind.category for kind in Problem.__subclasses__()]
    assert len(names) == len(set(names))


def test_an_outcome_carries_the_issue_code_and_the_message() -> None:
    issue = {"severity": "error", "code": "deleted", "diagnostics": "gone"}
    assert Gone("gone").outcome() == {"resourceType": "OperationOutcome", "issue": [issue]}
    assert Busy("later", issue="throttled").outcome()["issue"][0]["code"] == "throttled"
