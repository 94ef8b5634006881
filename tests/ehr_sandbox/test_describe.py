"""`describe`: one file, the same every time, that shows what a chart says and is broken by nothing that it says."""

import base64
import json
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ehr_sandbox.describe import Charts, chosen_people, describe, read_charts
from fhir_r4 import Invalid, NotFound
from tests.ehr_sandbox.command import Outcome, ehr_sandbox
from tests.helpers.fhir import observation, patient, world_of
from tests.synthea.population import sample

Command = Callable[..., Outcome]
_OPEN = frozenset({"meta", "br", "hr", "link", "col", "img", "input"})


class Reader(HTMLParser):
    """What a browser would see: every tag and attribute, the text, and whether all that was opened was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.left_open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _OPEN:
            self.left_open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.left_open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.left_open == []
    return reader


def charts_of(resources: Iterable[dict[str, Any]]) -> Charts:
    world = world_of(resources)
    return read_charts(world.resources, digest=world.digest, now=world.now)


def described(resources: Iterable[dict[str, Any]]) -> str:
    charts = charts_of(resources)
    return describe(charts, charts.persons)


@pytest.fixture(scope="session")
def report(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the folder of trial_audit/tiny/0, by the real command."""
    file = tmp_path_factory.mktemp("described") / "tiny.html"
    outcome = ehr_sandbox("describe", tiny, "--out", file, "--patients", 3, "--json")
    assert outcome.code == 0, outcome.err
    [line] = outcome.lines
    manifest = json.loads((tiny / "manifest.json").read_text())
    assert line == {
        "file": str(file),
        "patients": line["patients"],
        "resources": sum(manifest["counts"].values()),
        "shown": 3,
        "bytes": file.stat().st_size,
    }
    return file


def test_every_section_is_there(report: Path) -> None:
    seen = read(report.read_text())
    anchors = {value for name, value in seen.attributes if name == "id"}
    assert {"people", "codes", "volumes", "time", "values", "missing", "patients"} <= anchors
    text = " ".join(seen.text)
    for words in (
        "Baseline by arm",
        "Survival from enrolment",
        "Conditions",
        "Neutrophils",
        "in every row",
        "Notes' text",
    ):
        assert words in text


def test_nothing_is_fetched_and_nothing_runs(report: Path) -> None:
    text = report.read_text()
    seen = read(text)
    assert seen.tags & {"script", "img", "link", "iframe", "object", "embed", "form", "input"} == set()
    assert [value for name, value in seen.attributes if name in {"src", "href", "action"} and value[0] != "#"] == []
    assert [name for name, _ in seen.attributes if name.startswith("on")] == []
    assert "@import" not in text
    assert "url(" not in text
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in seen.attributes


def test_same_world_same_bytes_from_the_address_the_folder_and_another_process(
    command: Command, report: Path, tmp_path: Path
) -> None:
    command("describe", "trial_audit/tiny/0", "--out", tmp_path / "here.html", "--patients", 3)
    ehr_sandbox(
        *("describe", "trial_audit/tiny/0", "--out", tmp_path / "there.html", "--patients", 3),
        env={"PYTHONHASHSEED": "4711"},
    )
    assert (tmp_path / "here.html").read_bytes() == report.read_bytes() == (tmp_path / "there.html").read_bytes()


def test_it_knows_resources_only(tiny: Path, report: Path) -> None:
    truth = json.loads((tiny.parent / "truth.json").read_text())
    text = report.read_text()
    assert [trap["family"] for trap in truth["traps"] if trap["family"] in text] == []


def test_a_population_that_is_no_trial(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "synthea"
    folder.mkdir()
    for i, bundle in enumerate(sample()):
        (folder / f"{i}.json").write_text(json.dumps(bundle))
    outcome = command("describe", folder, "--out", tmp_path / "synthea.html")
    assert outcome.code == 0, outcome.err
    text = " ".join(read((tmp_path / "synthea.html").read_text()).text)
    assert "Encounters by year" in text
    assert "Values by year and sex" in text


HOSTILE = "</title></pre></svg><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\x00\x1b"


def test_text_of_resources_stays_text() -> None:
    when = "2024-02-03T04:05:06+01:00"
    concept = {"text": HOSTILE, "coding": [{"system": HOSTILE, "code": HOSTILE, "display": HOSTILE}]}
    ref = {"reference": "Patient/p"}
    quantity = {"value": 1.5, "unit": HOSTILE}
    number = {"code": concept, "valueQuantity": quantity, "effectiveDateTime": when}
    who = {"name": [{"family": HOSTILE}], "gender": HOSTILE, "birthDate": HOSTILE, "identifier": [{"value": HOSTILE}]}
    note = {"contentType": "text/plain", "data": base64.b64encode(HOSTILE.encode()).decode()}
    text = described(
        [
            patient("p", **who),
            {"resourceType": "ResearchStudy", "id": "s", "title": HOSTILE},
            {"resourceType": "ResearchSubject", "id": "r", "individual": ref, "assignedArm": HOSTILE,
             "status": HOSTILE, "period": {"start": when}},
            {"resourceType": "Encounter", "id": "e", "subject": ref, "type": [concept], "period": {"start": when}},
            {"resourceType": "Condition", "id": "c", "subject": ref, "code": concept, "onsetDateTime": when},
            {"resourceType": "AdverseEvent", "id": "a", "subject": ref, "event": concept, "date": when,
             "severity": {"coding": [{"code": HOSTILE}]}},
            {"resourceType": "MedicationAdministration", "id": "m", "subject": ref, "effectiveDateTime": when,
             "medicationCodeableConcept": concept, "status": "completed", "dosage": {"dose": quantity}},
            {"resourceType": "DocumentReference", "id": "d", "subject": ref, "date": when, "type": concept,
             "content": [{"attachment": note}, {"attachment": {"url": HOSTILE}}]},
            *(observation(f"o{i}", "p", **number) for i in range(4)),
            observation("said", "p", code=concept, valueCodeableConcept=concept, dataAbsentReason=concept),
        ]
    )  # fmt: skip
    seen = read(text)
    assert seen.tags & {"script", "img"} == set()
    assert [name for name, _ in seen.attributes if name.startswith("on")] == []
    assert "<script>alert(1)</script>" in " ".join(seen.text)
    assert "\x00" not in text
    assert "\x1b" not in text


def test_what_is_missing_or_malformed_is_left_out_and_breaks_nothing() -> None:
    broken: Any = ["no", {"such": "shape"}, 7, None, [], {}]
    strange = [
        observation(f"o{i}", "p", effectiveDateTime=when, valueQuantity=value, category=value, component=value)
        for i, (when, value) in enumerate(zip(["2024-13-45", "2024", "x", "", 5, None], broken, strict=True))
    ]
    bare = [{"resourceType": kind, "id": "x", "subject": {"reference": "Patient/p"}} for kind in (
        "Encounter", "Condition", "AdverseEvent", "MedicationRequest", "MedicationAdministration", "DocumentReference",
        "Procedure", "Consent", "DiagnosticReport")]  # fmt: skip
    subject = {"resourceType": "ResearchSubject", "id": "s", "individual": {"reference": "Patient/q"}, "period": "soon"}
    people = [patient("p", name="Ann", birthDate=1960, extension={"url": 3}, link="?"), patient("q")]
    read(described([*people, *strange, *bare, subject]))


def test_a_patient_alone_is_a_world() -> None:
    text = described([patient("p")])
    assert "Nothing in this chart has a date." in text
    assert 'id="values"' not in text


def test_rows_of_a_merged_duplicate_are_shown_with_the_survivor() -> None:
    merged = patient("old", link=[{"type": "replaced-by", "other": {"reference": "Patient/new"}}])
    charts = charts_of([patient("new"), merged, observation("o", "old")])
    [person] = charts.persons
    assert (person.id, [node["id"] for node in person.of("Observation")], person.size) == ("new", ["o"], 3)
    assert chosen_people(charts, "old") == [person]


def test_duplicates_that_replace_each_other_end_somewhere() -> None:
    links = [{"type": "replaced-by", "other": {"reference": f"Patient/{other}"}} for other in "ab"]
    assert len(charts_of([patient("a", link=[links[1]]), patient("b", link=[links[0]])]).persons) > 0


def test_patients_are_chosen_by_number_those_without_rows_last_or_by_id() -> None:
    subject = {"resourceType": "ResearchSubject", "id": "s", "individual": {"reference": "Patient/b"}}
    charts = charts_of([*(patient(name) for name in "cba"), subject])
    chosen = {
        wanted: [p.id for p in chosen_people(charts, wanted)] for wanted in ("2", "0", "c, ResearchSubject/s", "9")
    }
    assert chosen == {"2": ["b", "a"], "0": [], "c, ResearchSubject/s": ["c", "b"], "9": ["b", "a", "c"]}
    with pytest.raises(NotFound, match="no patient nobody in this world"):
        chosen_people(charts, "a,nobody")
    with pytest.raises(Invalid, match="--patients is a number"):
        chosen_people(charts, " , ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("world --out report.txt", "error (invalid): --out report.txt: the report is an HTML file"),
        ("nothing", "error (not_found): no suite 'nothing'; there are: trial_audit, mock"),
        ("trial_audit/tiny", "error (invalid): name one task, as in trial_audit/tiny/0"),
        ("empty", "error (invalid): empty holds no Patient: there is nobody to describe"),
        ("mock/tiny/0 --patients x", "error (not_found): no patient x in this world; --patients takes ids of"),
    ],
)
def test_words_that_cannot_be_used(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    outcome = command("describe", *words.split())
    assert outcome.code == 1
    assert says in outcome.err
    assert outcome.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
