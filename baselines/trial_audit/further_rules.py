"""Section 8 of the protocol applied to the folders of the subjects: what breaks it, with the rows that show it."""

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from baselines.session import Resource
from baselines.trial_audit.breach import Breach
from baselines.trial_audit.chart import Chart, Subject
from baselines.trial_audit.dates import day_at, seconds
from baselines.trial_audit.further_protocol import Further, Medicine

Found = tuple[tuple[str, ...], str]
"""Evidence and rationale."""
_STATED = re.compile(r"ECOG performance status (\d) today")


@dataclass(frozen=True, slots=True)
class Value:
    """A result that counts; where: its encounter."""

    reference: str
    day: date
    amount: Fraction
    where: str


@dataclass(frozen=True, slots=True)
class Order:
    reference: str
    medicine: Medicine
    first: date
    last: date
    prior: str


@dataclass(frozen=True, slots=True)
class Folder:
    """What a subject's rows say. values: by LOINC code, by day; given: administrations by day, with mg."""

    subject: Subject
    rules: Further
    offset: int
    rows: dict[str, list[Resource]]
    values: dict[str, list[Value]] = field(default_factory=dict)
    given: list[tuple[date, str, Fraction]] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    def value_of(self, name: str) -> list[Value]:
        return self.values.get(self.rules.codes[name], [])

    def safe(self, name: str, day: date) -> list[Value]:
        """Results in the days that clause 8.3 allows before an administration on that day."""
        first = day - timedelta(days=self.rules.lab_days)
        return [value for value in self.value_of(name) if first <= value.day <= day]


def find_further(chart: Chart) -> list[Breach]:
    rules = chart.protocol.further
    if rules is None:
        return []
    breaches = []
    for subject in chart.subjects:
        folder = _folder(subject, rules, chart.protocol.offsets[subject.site])
        for clause, look in _CLAUSES.items():
            first = next(look(folder), None)
            if first is not None:
                breaches.append(Breach(subject, clause, *first))
    return breaches + list(_enrolled_twice(chart.subjects, rules))


def _folder(subject: Subject, rules: Further, offset: int) -> Folder:
    rows: dict[str, list[Resource]] = defaultdict(list)
    for row in subject.rows:
        rows[row["resourceType"]].append(row)
    folder = Folder(subject, rules, offset, rows)
    for row in rows["Observation"]:
        _add_value(folder, row)
    for code, found in folder.values.items():
        folder.values[code] = _one_a_day(found, rows["Observation"])
    folder.given.extend(
        sorted(
            (given.day, given.reference, _amount(row["dosage"]["dose"]["value"]))
            for given, row in zip(subject.given, rows["MedicationAdministration"], strict=True)
            if "dose" in row.get("dosage", {})
        )
    )
    folder.orders.extend(order for row in rows["MedicationRequest"] if (order := _order(row, rules, offset)))
    return folder


def _add_value(folder: Folder, row: Resource) -> None:
    rules = folder.rules
    code = next((c["code"] for c in row["code"].get("coding", ()) if c.get("code") in rules.codes.values()), None)
    quantity = row.get("valueQuantity", {})
    number = row.get("valueInteger", quantity.get("value"))
    if code is None or number is None or "effectiveDateTime" not in row:
        return
    amount = _amount(number) * (rules.pound if quantity.get("code") == "[lb_av]" else 1)
    where = row.get("encounter", {}).get("reference", "")
    day = day_at(row["effectiveDateTime"], folder.offset)
    folder.values.setdefault(code, []).append(Value(f"Observation/{row['id']}", day, amount, where))


def _one_a_day(values: Sequence[Value], rows: Sequence[Resource]) -> list[Value]:
    """Clause 7.1: of one day the later issued, then the greater id."""
    issued = {f"Observation/{row['id']}": seconds(row.get("issued")) for row in rows}
    days: dict[date, Value] = {}
    for value in sorted(values, key=lambda v: (issued[v.reference], v.reference)):
        days[value.day] = value
    return [days[day] for day in sorted(days)]


def _order(row: Resource, rules: Further, offset: int) -> Order | None:
    medicine = _medicine(row.get("medicationCodeableConcept"), rules)
    if medicine is None or row.get("intent") != "order":
        return None
    first, end = day_at(row["authoredOn"], offset), row.get("dispenseRequest", {}).get("validityPeriod", {}).get("end")
    last = day_at(end, offset) if end else date.max if row.get("status") in rules.endless else first
    prior = row.get("priorPrescription", {}).get("reference", "")
    return Order(f"MedicationRequest/{row['id']}", medicine, first, last, prior)


def _consent(folder: Folder) -> Iterator[Found]:
    dated = [
        (day_at(row["dateTime"], folder.offset), row["id"])
        for row in folder.rows["Consent"]
        if "research" in _codes(row.get("scope")) and "dateTime" in row
    ]
    system, code = folder.rules.procedure
    for row in folder.rows["Procedure"]:
        categories = row.get("category", {}).get("coding", ())
        study = any(c.get("code") == code and c.get("system") == system for c in categories)
        done = day_at(row["performedDateTime"], folder.offset)
        if study and dated and done < min(dated)[0]:
            day, consent = min(dated)
            yield (f"Consent/{consent}", f"Procedure/{row['id']}"), f"procedure {done}, consent {day}"


def _eligibility(folder: Folder) -> Iterator[Found]:
    enrolled, subject = folder.subject.enrolled, folder.subject.reference
    known = [value for value in folder.value_of("hemoglobin") if value.day <= enrolled]
    if not known:
        yield (subject,), "no hemoglobin result up to enrolment"
    elif (enrolled - known[-1].day).days > folder.rules.eligibility_days:
        yield (subject, known[-1].reference), f"hemoglobin of {known[-1].day}, enrolled {enrolled}"


def _safety(folder: Folder) -> Iterator[Found]:
    for day, reference, _ in folder.given:
        missing = [name for name in ("neutrophils", "platelets", "creatinine") if not folder.safe(name, day)]
        if missing:
            yield (reference,), f"no {' and '.join(missing)} before the administration of {day}"


def _doses(folder: Folder) -> Iterator[Found]:
    rules, reasons, before = folder.rules, list[str](), ""
    for day, reference, amount in folder.given:
        reason = _reason(folder, day, before) if before else None
        reasons += [reason] if reason else []
        lowered = reasons[: len(rules.levels) - 1]
        rule = Fraction(rules.dose * rules.levels[len(lowered)], 100)
        if abs(amount - rule) > rule * rules.tolerance / 100:
            yield (reference, *lowered), f"{float(amount):g} mg given on {day}, the rule says {float(rule):g} mg"
        before = reference


def _reason(folder: Folder, day: date, before: str) -> str | None:
    """Why the dose of that day is lower than the one before, if it is to be."""
    rules = folder.rules
    for name, floor in (("neutrophils", rules.neutrophils_floor), ("platelets", rules.platelets_floor)):
        values = folder.safe(name, day)
        if values and values[-1].amount < floor:
            return values[-1].reference
    for event in folder.rows["AdverseEvent"]:
        named = before in [one["instance"].get("reference") for one in event.get("suspectEntity", ())]
        severe = named and "severe" in _codes(event.get("severity")) and "date" in event
        if severe and day_at(event["date"], folder.offset) < day:
            return f"AdverseEvent/{event['id']}"
    return None


def _prohibited(folder: Folder) -> Iterator[Found]:
    for order in folder.orders:
        for day, reference, _ in folder.given:
            clear = order.last < date.max and day > order.last + timedelta(days=folder.rules.washout)
            if order.medicine.prohibited and order.first <= day and not clear:
                yield (order.reference, reference), f"{order.medicine.name} since {order.first}, dose on {day}"


def _late_report(folder: Folder) -> Iterator[Found]:
    for event in folder.rows["AdverseEvent"]:
        if "Serious" in _codes(event.get("seriousness")) and "detected" in event and "recordedDate" in event:
            detected, recorded = (day_at(event[name], folder.offset) for name in ("detected", "recordedDate"))
            if (recorded - detected).days > folder.rules.reporting:
                yield (f"AdverseEvent/{event['id']}",), f"detected {detected}, recorded {recorded}"


def _duplicate(folder: Folder) -> Iterator[Found]:
    orders = sorted(folder.orders, key=lambda order: (order.first, order.reference))
    for place, later in enumerate(orders):
        for earlier in orders[:place]:
            together = (min(earlier.last, later.last) - later.first).days
            linked = later.prior == earlier.reference or earlier.prior == later.reference
            if earlier.medicine == later.medicine and not linked and together > folder.rules.overlap:
                yield (earlier.reference, later.reference), f"two orders of {later.medicine.name} from {later.first}"


def _allergy(folder: Folder) -> Iterator[Found]:
    for row in folder.rows["AllergyIntolerance"]:
        medicine = _medicine(row.get("code"), folder.rules)
        real = row.get("type") == "allergy" and row.get("criticality") == "high"
        active = "active" in _codes(row.get("clinicalStatus")) and "confirmed" in _codes(row.get("verificationStatus"))
        if medicine is None or not (real and active) or "recordedDate" not in row:
            continue
        day = day_at(row["recordedDate"], folder.offset)
        for order in folder.orders:
            if order.medicine == medicine and order.first >= day:
                evidence = f"AllergyIntolerance/{row['id']}", order.reference
                yield evidence, f"allergy to {medicine.name} of {day}, ordered {order.first}"


def _renal(folder: Folder) -> Iterator[Found]:
    for order in folder.orders:
        known = [value for value in folder.value_of("creatinine") if value.day <= order.first]
        limit = order.medicine.limit
        if limit is not None and known and known[-1].amount > limit:
            said = f"{order.medicine.name} ordered {order.first} at creatinine {float(known[-1].amount):g}"
            yield (order.reference, known[-1].reference), said


def _note(folder: Folder) -> Iterator[Found]:
    for row in folder.rows["DocumentReference"]:
        if not set(_codes(row.get("type"))) & set(folder.rules.note_types):
            continue
        places = {one.get("reference") for one in row.get("context", {}).get("encounter", ())}
        measured = [value for value in folder.value_of("ECOG performance status") if value.where in places]
        for stated in _STATED.findall(_text(row)):
            if measured and measured[-1].amount != int(stated):
                evidence = f"DocumentReference/{row['id']}", measured[-1].reference
                yield evidence, f"the note says ECOG {stated}, the result {int(measured[-1].amount)}"


def _weight(folder: Folder) -> Iterator[Found]:
    weights = folder.value_of("body weight")
    for value in weights[1:]:
        ratio = value.amount / weights[0].amount
        if ratio > folder.rules.factor or 1 / ratio > folder.rules.factor:
            yield (value.reference, weights[0].reference), f"weight {float(value.amount):g} kg on {value.day}"


_CLAUSES: dict[str, Callable[[Folder], Iterator[Found]]] = {
    "8.1": _consent,
    "8.2": _eligibility,
    "8.3": _safety,
    "8.4": _doses,
    "8.5": _prohibited,
    "8.6": _late_report,
    "8.7": _duplicate,
    "8.8": _allergy,
    "8.9": _renal,
    "8.10": _note,
    "8.11": _weight,
}


def _enrolled_twice(subjects: Sequence[Subject], rules: Further) -> Iterator[Breach]:
    first: dict[tuple[str, ...], Subject] = {}
    for subject in sorted(subjects, key=lambda s: (s.enrolled, s.reference)):
        identity = _identity(subject.patient, rules)
        if identity is None:
            continue
        earlier = first.setdefault(identity, subject)
        if earlier is not subject:
            evidence = tuple(ref for s in (earlier, subject) for ref in (s.reference, s.patient_reference))
            yield Breach(subject, "8.12", evidence, f"the same person as {earlier.reference}")


def _identity(patient: Resource, rules: Further) -> tuple[str, ...] | None:
    name: Resource = next((n for n in patient.get("name", ()) if n.get("use") == "official"), {})
    given = next(iter(name.get("given", ())), "")
    members = [i["value"] for i in patient.get("identifier", ()) if i.get("system") == rules.member_system]
    parts = (name.get("family", ""), given, patient.get("birthDate", ""), next(iter(members), ""))
    return tuple(part.lower() for part in parts) if all(parts) else None


def _medicine(concept: Resource | None, rules: Further) -> Medicine | None:
    for coding in (concept or {}).get("coding", ()):
        if coding.get("system") == rules.medicine_system and coding.get("code") in rules.medicines:
            return rules.medicines[coding["code"]]
    return None


def _codes(concept: Resource | None) -> list[str]:
    return [coding.get("code", "") for coding in (concept or {}).get("coding", ())]


def _amount(number: int | float | str) -> Fraction:
    return Fraction(str(number))


def _text(note: Resource) -> str:
    parts = [content.get("attachment", {}).get("data", "") for content in note.get("content", ())]
    return "\n".join(base64.b64decode(part).decode() for part in parts)
