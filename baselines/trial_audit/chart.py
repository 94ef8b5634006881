"""The chart as rows: who is enrolled, what was given, what was recorded, read in as few requests as the rules allow."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from baselines.errors import Unreadable
from baselines.session import AgentSession, Resource
from baselines.trial_audit.dates import day_at, seconds
from baselines.trial_audit.further_chart import read_further
from baselines.trial_audit.further_protocol import Further
from baselines.trial_audit.protocol import Code, Protocol, parse_protocol

FATAL = "fatal"


@dataclass(frozen=True, slots=True)
class Dated:
    """Something that happened to a subject: the resource that says so, and the day at the subject's site."""

    reference: str
    day: date


@dataclass(frozen=True, slots=True)
class Recorded:
    """One Observation row that may count; value: stage 1..4 or the index."""

    reference: str
    day: date
    issued: float
    """Seconds since 1970; minus infinity if the row has no `issued`."""
    value: int


@dataclass(slots=True)
class Subject:
    """One enrolled person. Lists are in the order of the pages. rows: those that section 8 reads, if there is one."""

    reference: str
    patient: Resource
    arm: str
    site: str
    enrolled: date
    given: list[Dated] = field(default_factory=list)
    deaths: list[Dated] = field(default_factory=list)
    stages: list[Recorded] = field(default_factory=list)
    indices: list[Recorded] = field(default_factory=list)
    rows: list[Resource] = field(default_factory=list)

    @property
    def patient_reference(self) -> str:
        return f"Patient/{self.patient['id']}"


@dataclass(frozen=True, slots=True)
class Chart:
    protocol: Protocol
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Manner:
    """How carefully an agent reads. any_status: rows count whatever their status; first_page: only that is read."""

    any_status: bool = False
    first_page: bool = False


CAREFUL = Manner()


async def read_protocol(session: AgentSession) -> Protocol:
    """Two requests: the study, then the document that it points to. Raises Unreadable."""
    async for study in session.search("ResearchStudy"):
        for artifact in study.get("relatedArtifact", ()):
            url = artifact.get("document", {}).get("url", "")
            if artifact.get("type") == "documentation" and "DocumentReference/" in url:
                document = await session.read("DocumentReference/" + url.rpartition("DocumentReference/")[2])
                return parse_protocol(_attached_text(document))
    raise Unreadable("no ResearchStudy points to its protocol by relatedArtifact.document.url")


async def read_chart(session: AgentSession, manner: Manner = CAREFUL) -> Chart:
    """Every row that a rule of the protocol reads. Raises Unreadable, and what the session raises."""
    protocol = await read_protocol(session)
    rows = await _rows(session, "Patient", [("_revinclude", "ResearchSubject:individual")], manner)
    survivors, subjects = _people(rows, protocol)

    def subject_of(resource: Resource) -> Subject | None:
        reference = (resource.get("subject") or resource.get("patient") or {}).get("reference", "")
        return subjects.get(survivors.get(reference, reference))

    await _read_administrations(session, protocol, manner, subject_of)
    await _read_observations(session, protocol, manner, subject_of)
    for event in await _rows(session, "AdverseEvent", [], manner):
        subject = subject_of(event)
        if subject is None:
            continue
        subject.rows.append(event)
        if event.get("date") and _has_code(event.get("outcome"), FATAL):
            subject.deaths.append(_dated(event, event["date"], protocol, subject))
    if protocol.further is not None:
        await _read_further(session, protocol.further, manner, subject_of)
    return Chart(protocol, tuple(subjects[patient] for patient in sorted(subjects)))


_Subjects = Callable[[Resource], Subject | None]


async def _rows(
    session: AgentSession, resource_type: str, params: Sequence[tuple[str, str]], manner: Manner
) -> list[Resource]:
    found: list[Resource] = []
    async for page in session.pages(resource_type, params):
        found += page
        if manner.first_page:
            break
    return found


def _people(rows: list[Resource], protocol: Protocol) -> tuple[dict[str, str], dict[str, Subject]]:
    """Survivor by merged duplicate, and the enrolled by Patient reference; a duplicate is no second subject."""
    patients = {f"Patient/{row['id']}": row for row in rows if row["resourceType"] == "Patient"}
    replaced = {reference: _replaced_by(patient) for reference, patient in patients.items()}
    survivors = {reference: _survivor(reference, replaced) for reference, by in replaced.items() if by}
    subjects: dict[str, Subject] = {}
    for row in rows:
        if row["resourceType"] != "ResearchSubject":
            continue
        named = row.get("individual", {}).get("reference", "")
        person = survivors.get(named, named)
        start, arm = row.get("period", {}).get("start"), row.get("assignedArm")
        if start and arm and person in patients and (person == named or person not in subjects):
            subjects[person] = _subject(row, patients[person], arm, start, protocol)
    return survivors, subjects


def _subject(row: Resource, patient: Resource, arm: str, start: str, protocol: Protocol) -> Subject:
    site = patient.get("managingOrganization", {}).get("reference", "")
    if site not in protocol.offsets:
        raise Unreadable(f"Patient/{patient['id']}: the protocol's appendix has no offset for its site {site!r}")
    offset = protocol.offsets[site]
    subject = Subject(f"ResearchSubject/{row['id']}", patient, arm, site, day_at(start, offset))
    if "deceasedDateTime" in patient:
        subject.deaths.append(Dated(subject.patient_reference, day_at(patient["deceasedDateTime"], offset)))
    return subject


def _replaced_by(patient: Resource) -> str:
    return next(
        (link["other"].get("reference", "") for link in patient.get("link", ()) if link.get("type") == "replaced-by"),
        "",
    )


def _survivor(reference: str, replaced: dict[str, str]) -> str:
    seen = {reference}
    while replaced.get(reference) and replaced[reference] not in seen:
        reference = replaced[reference]
        seen.add(reference)
    return reference


async def _read_administrations(
    session: AgentSession, protocol: Protocol, manner: Manner, subject_of: _Subjects
) -> None:
    params = [("code", protocol.drug.token)]
    if not manner.any_status:
        params.append(("status", protocol.administered))
    for row in await _rows(session, "MedicationAdministration", params, manner):
        subject = subject_of(row)
        given = row.get("effectiveDateTime") or row.get("effectivePeriod", {}).get("start")
        counts = manner.any_status or row["status"] == protocol.administered
        if subject is not None and given and counts and _is(row.get("medicationCodeableConcept"), protocol.drug):
            subject.given.append(_dated(row, given, protocol, subject))
            subject.rows.append(row)


async def _read_observations(session: AgentSession, protocol: Protocol, manner: Manner, subject_of: _Subjects) -> None:
    """Stage and, where a clause needs it, the index in one search."""
    codes = [protocol.stage] if protocol.override_above is None else [protocol.stage, protocol.index]
    params = [("code", ",".join(code.token for code in codes))]
    if not manner.any_status:
        params.append(("status", ",".join(protocol.reported)))
    for row in await _rows(session, "Observation", params, manner):
        subject = subject_of(row)
        if subject is None or "effectiveDateTime" not in row:
            continue
        if not manner.any_status and row["status"] not in protocol.reported:
            continue
        if _is(row["code"], protocol.stage):
            value, rows = _stage(row.get("valueCodeableConcept")), subject.stages
        else:
            value, rows = _whole(row), subject.indices
        if value is not None:
            day = day_at(row["effectiveDateTime"], protocol.offsets[subject.site])
            rows.append(Recorded(f"Observation/{row['id']}", day, seconds(row.get("issued")), value))


async def _read_further(session: AgentSession, rules: Further, manner: Manner, subject_of: _Subjects) -> None:
    async def fetch(resource_type: str, params: list[tuple[str, str]]) -> list[Resource]:
        return await _rows(session, resource_type, params, manner)

    def file(row: Resource) -> None:
        subject = subject_of(row)
        if subject is not None:
            subject.rows.append(row)

    await read_further(rules, fetch, file, any_status=manner.any_status)


def _dated(row: Resource, text: str, protocol: Protocol, subject: Subject) -> Dated:
    return Dated(f"{row['resourceType']}/{row['id']}", day_at(text, protocol.offsets[subject.site]))


def _is(concept: Any, code: Code) -> bool:
    return any(c.get("code") == code.code and c.get("system") == code.system for c in (concept or {}).get("coding", ()))


def _has_code(concept: Any, code: str) -> bool:
    return any(c.get("code") == code for c in (concept or {}).get("coding", ()))


def _stage(concept: Any) -> int | None:
    """1..4 from what a stage group says, by its generic SNOMED CT code or by its words."""
    concept = concept or {}
    for coding in concept.get("coding", ()):
        if coding.get("code") in _STAGE_CODES:
            return _STAGE_CODES[coding["code"]]
    words = " ".join([concept.get("text", ""), *(c.get("display", "") for c in concept.get("coding", ()))]).upper()
    return next((stage for word in words.replace(",", " ").split() if (stage := _STAGE_WORDS.get(word))), None)


def _whole(row: Resource) -> int | None:
    value = row.get("valueInteger", row.get("valueQuantity", {}).get("value"))
    return None if value is None else int(value)


def _attached_text(document: Resource) -> str:
    for content in document.get("content", ()):
        data = content.get("attachment", {}).get("data")
        if data:
            try:
                return base64.b64decode(data, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise Unreadable(f"DocumentReference/{document['id']}: the attachment is no base64 text") from error
    raise Unreadable(f"DocumentReference/{document['id']} has no attached text")


_STAGE_CODES = {"258215001": 1, "258219007": 2, "258224005": 3, "258228008": 4}
_STAGE_WORDS = {"I": 1, "II": 2, "III": 3, "IV": 4, "1": 1, "2": 2, "3": 3, "4": 4}
