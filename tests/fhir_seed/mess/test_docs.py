"""The published table is the one that worlds are made with."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from fhir_seed.trial_audit.mess import RATES
from fhir_seed.trial_audit.mess.rates import MILLION

PAGE = (Path(__file__).parents[3] / "docs" / "tasks" / "trial_audit-mess.md").read_text()


def share(rate: int) -> str:
    """Per million -> decimal without trailing zeros."""
    return f"{rate / MILLION:.4f}".rstrip("0").removeprefix("0")


def rows() -> Iterator[str]:
    for name, rate in RATES.items():
        what = (import_module(f"fhir_seed.trial_audit.mess.phenomena.{name}").__doc__ or "").splitlines()[0]
        figures = f"{share(rate.realistic)} | {share(rate.heavy)}"
        yield f"| `{name}` | {what} | {rate.unit} | {figures} | {rate.published} | {rate.source} |"


def test_the_page_has_a_row_for_each_phenomenon_with_its_rates_and_source() -> None:
    assert [row for row in rows() if row not in PAGE.splitlines()] == []
    assert PAGE.partition("## Traps")[0].count("\n| `") == len(RATES)
