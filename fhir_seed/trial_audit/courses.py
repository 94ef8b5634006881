"""The course of each person: everything that rules read, drawn around the frozen attributes and the marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.courses_dates import (
    EVENING,
    MORNING,
    draw_age,
    draw_birth_date,
    draw_enrolment_day,
    draw_full_birth_date,
    draw_moment,
)
from fhir_seed.trial_audit.courses_rows import Extra, Row, Span, draw_extra, draw_rows
from fhir_seed.trial_audit.courses_treatment import (
    Death,
    Dose,
    Treatment,
    draw_death,
    draw_doses,
)
from fhir_seed.trial_audit.faults_marks import Marks
from fhir_seed.trial_audit.people import INDEX_WEIGHTS, Profile
from fhir_seed.trial_audit.plan import (
    Administration,
    Duplicate,
    FatalEvent,
    IndexRow,
    Moment,
    StageRow,
    SubjectPlan,
)
from tasks.trial_audit import Protocol

_EXTENSION_USED = 100
_DUPLICATES = 15
_ENROLMENT_DATE_ONLY = 250
_LAST_OBSERVED = 240
"""Days after enrolment up to which a living subject is observed."""
_SURVIVAL = (10, 420)
"""Days from treatment start to an ordinary death."""
_ASKED_ROWS: Mapping[str | None, Extra] = {
    "stage_superseded": "superseded",
    "stage_after_enrolment": "after_enrolment",
    "stage_corrected": "corrected",
}


@dataclass(frozen=True, slots=True)
class CourseStreams:
    """One stream per part, so that a change in one part leaves the others."""

    births: Stream
    visits: Stream
    deaths: Stream
    rows: Stream
    doses: Stream
    ids: Stream


def course_streams(entropy: bytes) -> CourseStreams:
    return CourseStreams(
        births=Stream(entropy, "births"),
        visits=Stream(entropy, "visits"),
        deaths=Stream(entropy, "deaths"),
        rows=Stream(entropy, "rows"),
        doses=Stream(entropy, "doses"),
        ids=Stream(entropy, "ids"),
    )


@dataclass(frozen=True, slots=True)
class Courses:
    """Draws subjects. noise: whether ordinary records hold rows that do not count; decoy_family: see `Cohort`."""

    streams: CourseStreams
    protocol: Protocol
    noise: bool
    decoy_family: Extra | None = None

    def enrolled(self, person: Profile, marks: Marks) -> SubjectPlan:
        streams, offset = self.streams, self._offset(person)
        delay, index = self._delay_and_index(person, marks)
        enrolment = draw_enrolment_day(streams.visits, delay)
        screening = enrolment - days(streams.visits.integer(3, 21))
        enrolled = draw_moment(streams.visits, enrolment, offset, MORNING, _ENROLMENT_DATE_ONLY)
        start = enrolment + days(delay)
        died, death = self._death(person, marks, start, offset)
        end = enrolment + days(_LAST_OBSERVED) if died is None else died - days(1)
        span = Span(screening, enrolment, end, offset)
        doses = self._doses(marks, Treatment(enrolment, start, end, offset))
        age = draw_age(streams.births, self.protocol)
        return self._assemble(
            person,
            birth_date=draw_birth_date(streams.births, self.protocol, marks, age, enrolment),
            age=age,
            screening=screening,
            enrolment=enrolled,
            stage_rows=self._stage_rows(person, marks, span),
            index=index,
            index_rows=self._index_rows(marks, index, span),
            doses=doses,
            death=death,
            duplicate=self._duplicate(marks, age, enrolment),
        )

    def screened(self, person: Profile, marks: Marks) -> SubjectPlan:
        streams, offset = self.streams, self._offset(person)
        _, index = self._delay_and_index(person, marks)
        screening = draw_enrolment_day(streams.visits, 0)
        span = Span(screening, screening, screening, offset)
        age = draw_age(streams.births, self.protocol)
        return self._assemble(
            person,
            birth_date=draw_birth_date(streams.births, self.protocol, marks, age, screening),
            age=age,
            screening=screening,
            enrolment=None,
            stage_rows=draw_rows(streams.rows, person.stage, "none", person.stage, span),
            index=index,
            index_rows=draw_rows(streams.rows, index, "none", index, span),
            doses=[],
            death=Death(None, None),
            duplicate=self._duplicate(marks, age, screening),
        )

    def _offset(self, person: Profile) -> int:
        return self.protocol.sites[person.site].offset_minutes

    def _delay_and_index(self, person: Profile, marks: Marks) -> tuple[int, int]:
        stream, protocol = self.streams.visits, self.protocol
        delay = stream.integer(2, protocol.window - 2) if marks.delay is None else marks.delay
        index = stream.weighted(INDEX_WEIGHTS) if marks.index is None else marks.index
        if person.stage == 4 and marks.delay is None and marks.index is None and stream.chance(_EXTENSION_USED):
            delay = stream.integer(protocol.window + 1, protocol.stage_iv_window - 2)
            threshold = protocol.comorbidity_threshold
            index = index if threshold is None else stream.weighted(INDEX_WEIGHTS[: threshold + 1])
        return delay, index

    def _death(self, person: Profile, marks: Marks, start: date, offset: int) -> tuple[date | None, Death]:
        """The day of death in fact, and as recorded; a death under query is recorded too early by mistake."""
        stream = self.streams.deaths
        if not person.dead:
            return None, Death(None, None)
        gap = stream.integer(*_SURVIVAL)
        if marks.death_gap is None or marks.death_gap > 0:
            died = start + days(gap if marks.death_gap is None else marks.death_gap)
            return died, draw_death(stream, died, None, offset)
        died = start + days(gap if marks.true_gap is None else marks.true_gap)
        later = died if stream.chance(500) else None
        return died, draw_death(stream, start + days(marks.death_gap), later, offset)

    def _doses(self, marks: Marks, treatment: Treatment) -> list[Dose]:
        stream = self.streams.doses
        doses = draw_doses(stream, treatment, noise=self.noise)
        if marks.shape == "offset_across_midnight":
            first = min(range(len(doses)), key=lambda i: (doses[i].status != "completed", doses[i].effective.day))
            earliest = max(EVENING[0], 1440 + treatment.site_offset)
            moment = Moment(treatment.start, stream.integer(earliest, EVENING[1]), 0)
            doses[first] = Dose(doses[first].cycle, "completed", moment)
        return doses

    def _stage_rows(self, person: Profile, marks: Marks, span: Span) -> tuple[Row, ...]:
        stream = self.streams.rows
        extra: Extra = draw_extra(stream) if self.noise else "none"
        shown = _neighbour(stream, person.stage)
        if person.decoy_stage is not None:
            assert self.decoy_family is not None, "decoys need a family"
            extra, shown = self.decoy_family, person.decoy_stage
        return draw_rows(stream, person.stage, _ASKED_ROWS.get(marks.shape, extra), shown, span)

    def _index_rows(self, marks: Marks, index: int, span: Span) -> tuple[Row, ...]:
        stream = self.streams.rows
        extra = draw_extra(stream) if self.noise else "none"
        shown = (index + stream.integer(1, len(INDEX_WEIGHTS) - 1)) % len(INDEX_WEIGHTS)
        if marks.shape == "index_corrected":
            threshold = self.protocol.comorbidity_threshold
            assert threshold is not None, "only a protocol with a threshold has such a trap"
            extra, shown = "corrected", threshold + stream.integer(1, 2)
        return draw_rows(stream, index, extra, shown, span)

    def _duplicate(self, marks: Marks, age: int, day: date) -> Duplicate | None:
        stream = self.streams.births
        if marks.shape == "merged_duplicate":
            return Duplicate(self.streams.ids.identifier(), self._wrong_birth_date(day))
        if self.noise and stream.chance(_DUPLICATES):
            return Duplicate(self.streams.ids.identifier(), draw_full_birth_date(stream, age, day))
        return None

    def _wrong_birth_date(self, day: date) -> str | None:
        stream = self.streams.births
        if stream.chance(300):
            return None
        years = stream.integer(1, 5)
        over = stream.chance(500)
        age = self.protocol.age_max + years if over else self.protocol.age_min - years
        return draw_full_birth_date(stream, age, day)

    def _assemble(
        self,
        person: Profile,
        *,
        birth_date: str | None,
        age: int,
        screening: date,
        enrolment: Moment | None,
        stage_rows: tuple[Row, ...],
        index: int,
        index_rows: tuple[Row, ...],
        doses: list[Dose],
        death: Death,
        duplicate: Duplicate | None,
    ) -> SubjectPlan:
        draw_id = self.streams.ids.identifier
        return SubjectPlan(
            patient_id=draw_id(),
            subject_id=draw_id(),
            site=person.site,
            sex=person.sex,
            group=person.group,
            birth_date=birth_date,
            age_for_course=age,
            arm=person.arm,
            screening=screening,
            enrolment=enrolment,
            stage=person.stage,
            stage_rows=tuple(StageRow(draw_id(), r.value, r.status, r.effective, r.issued) for r in stage_rows),
            index=index,
            index_rows=tuple(IndexRow(draw_id(), r.value, r.status, r.effective, r.issued) for r in index_rows),
            administrations=tuple(Administration(draw_id(), d.cycle, d.status, d.effective) for d in doses),
            deceased=death.patient,
            fatal_event=FatalEvent(draw_id(), death.event) if death.event else None,
            duplicate=duplicate,
        )


def _neighbour(stream: Stream, stage: int) -> int:
    shown = stage + 1 if stream.chance(500) else stage - 1
    return min(3, max(2, shown)) if stage in (1, 4) else shown
