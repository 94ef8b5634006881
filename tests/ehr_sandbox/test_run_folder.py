"""A validation run that was killed goes on: what is kept is not done again, unless salt, code or the work differ."""

import multiprocessing
from pathlib import Path
from typing import NoReturn

import pytest

from ehr_sandbox import validation_run
from ehr_sandbox.run_folder import RunFolder, code_digest
from ehr_sandbox.validate import IndexReport, Share
from ehr_sandbox.validation_run import SAMPLE, Sample, shares, validate_indices
from fhir_r4 import Fault
from tasks import PUBLIC_SALT, Address

ADDRESS = Address(suite="mock", variant="tiny", index=3)


def report_with(*parts: str) -> IndexReport:
    return IndexReport(
        task=str(ADDRESS), digest="d", problems=(), rewards={"noop": 0.0}, nets={"noop": 0.0}, resources=1,
        reference_requests=1, items=1, traps=0, parts=parts,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.below(tmp_path, PUBLIC_SALT)


def test_a_report_is_kept_and_found_again(folder: RunFolder) -> None:
    assert folder.kept(ADDRESS, ()) is None
    folder.keep(ADDRESS, report_with("floors"))
    assert folder.kept(ADDRESS, ("floors",)) == report_with("floors")


def test_a_report_that_lacks_a_part_is_not_used(folder: RunFolder) -> None:
    folder.keep(ADDRESS, report_with("floors", "view"))
    assert folder.kept(ADDRESS, ("floors", "again")) is None
    assert folder.kept(ADDRESS, ("view",)) is None  # its file is not there


def test_a_damaged_report_is_not_used(folder: RunFolder) -> None:
    folder.keep(ADDRESS, report_with())
    path = folder.path / "mock" / "tiny" / "3.json"
    path.write_bytes(path.read_bytes()[:50])
    assert folder.kept(ADDRESS, ()) is None


def test_each_salt_and_code_has_its_folder(tmp_path: Path, folder: RunFolder) -> None:
    sealed = RunFolder.below(tmp_path, "1" * 64)
    assert folder.path.name == sealed.path.name == code_digest()[:16]
    assert folder.path.parent.name == "public"
    assert sealed.path.parent.name.startswith("sealed-")


def test_a_run_goes_on_from_what_is_kept(folder: RunFolder) -> None:
    addresses = [Address(suite="mock", variant="tiny", index=index) for index in range(3)]
    heard: list[str] = []
    first = validate_indices(
        PUBLIC_SALT, addresses[:2], folder, workers=2, on_report=lambda report: heard.append(report.task)
    )
    assert first[0].problems == ()
    folder.keep(addresses[0], first[0].model_copy(update={"digest": "kept"}))
    again = validate_indices(PUBLIC_SALT, addresses, folder, workers=2, on_report=lambda r: heard.append(r.task))
    assert [report.digest for report in again] == ["kept", first[1].digest, again[2].digest]
    assert sorted(heard[:2]) == ["mock/tiny/0", "mock/tiny/1"]
    assert sorted(heard[2:]) == ["mock/tiny/0", "mock/tiny/1", "mock/tiny/2"]


def test_samples_are_the_first_indices_of_each_variant(folder: RunFolder) -> None:
    addresses = [Address(suite="trial_audit", variant=v, index=i) for v in ("tiny", "hard") for i in range(5)]
    found = shares(addresses, folder, sample=Sample(floors=3, ablations=2, again=1, subjects=1500))
    assert [share.parts for share in found[5:]] == [
        ("floors", "ablations", "view", "again"),
        ("floors", "ablations", "view"),
        ("floors",),
        (),
        (),
    ]
    assert [share.parts for share in found[:5]] == [
        ("floors", "ablations", "view", "again"),
        ("floors", "ablations", "view"),
        ("floors", "view"),
        ("view",),
        ("view",),
    ]


def test_the_samples_are_large_enough_to_be_published() -> None:
    assert min(SAMPLE.floors, SAMPLE.again) >= 200
    assert SAMPLE.ablations >= 30


async def falling(*args: object, **options: object) -> NoReturn:
    raise KeyError("recordedDate")


def test_a_fault_of_ours_names_the_index_and_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation_run, "check_index", falling)
    with pytest.raises(
        Fault, match=r"mock/tiny/3: KeyError: 'recordedDate' \(.*test_run_folder.py, line \d+\)"
    ) as raised:
        validation_run._check(PUBLIC_SALT, ADDRESS, Share())
    assert isinstance(raised.value.__cause__, KeyError)


def test_a_worker_that_is_killed_ends_the_run_in_words_and_what_is_done_is_kept(folder: RunFolder) -> None:
    addresses = [Address(suite="mock", variant="tiny", index=index) for index in range(300)]
    done: list[str] = []

    def kill_workers(report: IndexReport) -> None:
        done.append(report.task)
        for worker in multiprocessing.active_children():
            worker.kill()

    with pytest.raises(Fault, match="run the same command again, it goes on"):
        validate_indices(PUBLIC_SALT, addresses, folder, workers=2, on_report=kill_workers)
    kept = [address for address in addresses if folder.kept(address, ())]
    assert len(kept) == len(done) < 300
