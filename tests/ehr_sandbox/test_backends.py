"""The same agent on the embedded engine and on a real HAPI: the same requests, findings, score and blind spots."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ehr_sandbox.ablations import BLIND_TO
from tests.ehr_sandbox.command import Outcome, fhir
from tests.helpers.whole import WHOLE

Command = Callable[..., Outcome]
PLAYED = (
    ("trial_audit/tiny", "0-4"),
    pytest.param("trial_audit/easy", "0-2", marks=pytest.mark.slow),
    pytest.param("trial_audit/medium", "0", marks=pytest.mark.slow),
)


def differences(one: Outcome, other: Outcome) -> list[tuple[str, Any, Any]]:
    """What two runs of the same thing on two backends must not have: a field that differs, besides place and time."""
    assert len(one.lines) == len(other.lines) > 0
    return [
        (f"{a['task']} {a['agent']} {name}", a[name], b[name])
        for a, b in zip(one.lines, other.lines, strict=True)
        for name in a.keys() | b.keys()
        if name not in ("backend", "record", "seconds") and a[name] != b[name]
    ]


@pytest.mark.hapi
@pytest.mark.parametrize(("task", "seeds"), PLAYED)
def test_reference_on_a_real_hapi_is_what_it_is_embedded(
    command: Command, hapi: str, tmp_path: Path, task: str, seeds: str
) -> None:
    words = ("run", task, "--seeds", seeds, "--agent", "reference", "--json", "--records", tmp_path)
    embedded, remote = command(*words), command(*words, "--backend", hapi)
    assert (embedded.code, remote.code) == (0, 0), remote.err
    assert {line["backend"] for line in embedded.lines} == {"embedded"}
    assert {line["backend"] for line in remote.lines} == {"hapi"}
    assert {line["reward"] for line in remote.lines} == {1.0}
    assert differences(embedded, remote) == []


READERS = ("reference", *BLIND_TO)
LONG = [
    pytest.param(f"trial_audit/{variant}/0", marks=pytest.mark.slow)
    for variant in (("medium", "hard", "hard-clean", "hard-heavy", "extended") if WHOLE else ())
]


@pytest.mark.hapi
@pytest.mark.parametrize("task", ["trial_audit/tiny/0", *LONG])
def test_every_blind_spot_costs_on_a_real_hapi_what_it_costs_embedded(
    command: Command, hapi: str, tmp_path: Path, task: str
) -> None:
    agents = [word for name in READERS for word in ("--agent", name)]
    words = ("run", task, *agents, "--json", "--records", tmp_path)
    embedded, remote = command(*words), command(*words, "--backend", hapi)
    assert (embedded.code, remote.code) == (0, 0), remote.err
    assert [(line["agent"], line["backend"]) for line in remote.lines] == [(name, "hapi") for name in READERS]
    assert [line["reward"] for line in remote.lines if line["agent"] == "reference"] == [1.0]
    assert differences(embedded, remote) == []


def test_any_other_fhir_server_gives_the_same_too_and_holds_one_world(command: Command, tmp_path: Path) -> None:
    words = ("run", "trial_audit/tiny", "--agent", "reference", "--agent", "random", "--json", "--records", tmp_path)
    with fhir() as below:
        embedded, remote = command(*words), command(*words, "--backend", below.url)
        assert {line["backend"] for line in remote.lines} == {"fhir"}
        assert differences(embedded, remote) == []
        refused = command("run", "trial_audit/tiny", "--seeds", "1", "--records", tmp_path, "--backend", below.url)
    assert refused.code == 1
    assert refused.err.startswith(f"error (conflict): {below.url} holds something else already (")
    assert "Start it with an empty database" in refused.err
