"""Vital signs and scores are charted after they were taken: `issued` follows `effective` by a lognormal lag."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.when import DAY, later

LAGS = (
    1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 24, 25, 27, 29, 30, 32, 34, 36, 38,
    41, 43, 46, 49, 52, 55, 58, 62, 66, 70, 74, 79, 85, 90, 97, 104, 111, 120, 129, 140, 152, 166, 182, 201, 223, 250,
    283, 326, 383, 464, 590, 828, 1578,
)  # fmt: skip
"""Minutes at the quantiles (i + .5) / 64 of a lognormal with median 42 and log-sd 1.5 (quartiles 15 and 115)."""


def prepare(draw: Draw, setting: Setting) -> Step:
    """Where several rows of a day are ranked by `issued` to see which one counts, rows are left as they are."""

    def touch(chart: Chart) -> None:
        rows = chart.unread([*chart.vitals, *chart.ecog])
        for row in draw.among([r for r in rows if "issued" not in r and len(r["effectiveDateTime"]) > DAY]):
            lag = LAGS[draw.stream.below(64)]
            issued = later(row["effectiveDateTime"], lag)
            if issued[:10] < setting.now[:10]:
                row["issued"] = issued
                draw.note(reference_to(row), "", f"issued {lag} min later")

    return touch
