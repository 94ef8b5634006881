from env_api.ledger import Ledger
from tasks import Finding


def finding(finding_id: str, version: int = 1) -> Finding:
    return Finding(
        finding_id=finding_id,
        subject="Patient/p1",
        type="t",
        evidence=(),
        confidence=0.5,
        corrective_action=None,
        rationale="",
        version=version,
    )


def test_the_last_version_stands_and_all_are_kept() -> None:
    ledger = Ledger().append(finding("F1")).append(finding("F2")).append(finding("F1", 2))
    assert ledger.standing() == (finding("F1", 2), finding("F2"))
    assert (len(ledger.versions), ledger.next_id) == (3, "F3")
    assert (ledger.latest("F1"), ledger.latest("F9")) == (finding("F1", 2), None)
