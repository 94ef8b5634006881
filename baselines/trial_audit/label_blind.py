"""A probe for leaks: flags whose chart looks unusual by counts, sizes, ids and record dates alone.

It never looks at a birth date (the element is taken out before a size is measured), a clinical date or a value. If it
scores, the shape of a chart tells what only its content should.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from statistics import fmean, median

import orjson

from baselines.errors import BudgetSpent
from baselines.session import AgentSession, Resource
from baselines.trial_audit.guessing import Guess, finding_types, flag_guesses

CONFIDENCE = 0.2
COUNTED = ("AdverseEvent", "Consent", "MedicationAdministration", "Condition", "MedicationRequest", "DocumentReference")
RECORD_DATES = ("issued", "recordedDate", "authoredOn", "dateAsserted")
FARTHEST = 6.0
"""No single feature counts for more deviations than this."""

Features = dict[str, dict[str, float]]
"""Subject (Patient reference) -> value, by the feature's name."""


async def label_blind(session: AgentSession, seed: int) -> None:
    features: Features = defaultdict(lambda: defaultdict(float))
    subjects: dict[str, str] = {}
    async for row in session.search("Patient", [("_revinclude", "ResearchSubject:individual")]):
        person = f"Patient/{row['id']}"
        if row["resourceType"] == "ResearchSubject":
            person = row["individual"]["reference"]
            if "assignedArm" in row:
                subjects[person] = f"ResearchSubject/{row['id']}"
        _measure(features, person, row)
    try:
        for resource_type in COUNTED:
            async for row in session.search(resource_type):
                _measure(features, (row.get("subject") or row.get("patient") or {}).get("reference", ""), row)
    except BudgetSpent:
        pass  # a sample of the rows is as good: ids are random
    order = by_unusualness(features, subjects)
    types = await finding_types(session)
    await flag_guesses(session, (Guess(subjects[p], kind, CONFIDENCE) for p in order for kind in types))


def by_unusualness(features: Features, subjects: Iterable[str]) -> list[str]:
    """The people whose features lie farthest from the median, in mean absolute deviations, first."""
    people = sorted(subjects)
    distance = dict.fromkeys(people, 0.0)
    for values in features.values():
        column = [values.get(person, 0.0) for person in people]
        middle = median(column) if column else 0.0
        spread = fmean(abs(value - middle) for value in column) if column else 0.0
        if spread > 0:
            for person, value in zip(people, column, strict=True):
                distance[person] += min(abs(value - middle) / spread, FARTHEST)
    return sorted(people, key=lambda person: (-distance[person], person))


def _measure(features: Features, person: str, row: Resource) -> None:
    kind = row["resourceType"]
    features[f"{kind} count"][person] += 1
    features[f"{kind} bytes"][person] += len(orjson.dumps({k: v for k, v in row.items() if k != "birthDate"}))
    features[f"{kind} place of id"][person] = max(features[f"{kind} place of id"][person], _place(row["id"]))
    recorded = _recorded(row)
    if recorded is not None:
        features[f"{kind} recorded"][person] = max(features[f"{kind} recorded"][person], recorded)


def _place(identifier: str) -> float:
    """Where an id lies in the order of ids, 0 to 1, from its first six characters."""
    return int.from_bytes(identifier[:6].encode().ljust(6, b"\0")) / 2**48


def _recorded(row: Mapping[str, object]) -> float | None:
    """Days since 1970 of the moment of recording, never of the event."""
    text = next((row[name] for name in RECORD_DATES if name in row), None)
    return datetime.fromisoformat(text).timestamp() / 86_400 if isinstance(text, str) else None
