"""Dates and times as a site writes them: calendar day and minute of the day at the site, with its fixed UTC offset."""

from dataclasses import dataclass
from datetime import date, timedelta

from fhir_seed.trial_audit.plan import Moment
from fhir_seed.trial_audit.protocol_text import offset_text

DAY = timedelta(days=1)
MINUTES = 1440


def stamp(day: date, minute: int, zone: str) -> str:
    """minute may run over either end of the day."""
    if not 0 <= minute < MINUTES:
        shift, minute = divmod(minute, MINUTES)
        day += DAY * shift
    return f"{day.isoformat()}T{minute // 60:02d}:{minute % 60:02d}:00{zone}"


@dataclass(frozen=True, slots=True)
class SiteClock:
    """offset: minutes east of UTC; zone: the same as text."""

    offset: int
    zone: str

    def at(self, day: date, minute: int) -> str:
        return stamp(day, minute, self.zone)

    def written(self, moment: Moment) -> str:
        """As the plan wants it: a date only, or the instant in the offset that the plan names."""
        if moment.written_offset is None:
            return moment.day.isoformat()
        return self.instant(moment)

    def instant(self, moment: Moment) -> str:
        """With a time always: in the site's offset if the plan names none."""
        if moment.written_offset is None or moment.written_offset == self.offset:
            return stamp(moment.day, moment.minute, self.zone)
        shifted = moment.minute + moment.written_offset - self.offset
        return stamp(moment.day, shifted, offset_text(moment.written_offset))


def site_clock(offset: int) -> SiteClock:
    return SiteClock(offset, offset_text(offset))
