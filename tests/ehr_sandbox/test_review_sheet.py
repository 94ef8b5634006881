"""`review-sheet`: what a reviewer gets tells nothing of the truth, and what comes back is scored."""

import csv
import io
import json
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ehr_sandbox.describe import Charts, read_charts
from ehr_sandbox.review import Candidate, Reviewed, draw_candidates, reviewer_files, words_of
from ehr_sandbox.review.findings import WORDS, rule_of
from ehr_sandbox.review.markdown import plain_text, rendered
from fhir_r4 import Invalid
from fhir_seed.trial_audit import build
from tasks import PUBLIC_SALT, Address, Truth
from tasks.trial_audit import EXTENDED_TYPES, ICH, VARIANTS
from tests.ehr_sandbox.command import Outcome, ehr_sandbox

Command = Callable[..., Outcome]
ANSWERS = ("agree", "disagree", "unsure")


def charts_of(variant: str, index: int) -> tuple[Address, Charts, Truth]:
    address = Address(suite="trial_audit", variant=variant, index=index)
    built = build(PUBLIC_SALT, address)
    return address, read_charts(built.world.resources, digest=built.world.digest, now=built.world.now), built.truth


def reviewed(variant: str, index: int) -> Reviewed:
    return Reviewed.of(*charts_of(variant, index), VARIANTS[variant].finding_types)


def read(world: Reviewed) -> Charts:
    return charts_of(world.address.variant, world.address.index)[1]


@pytest.fixture(scope="session")
def worlds() -> list[Reviewed]:
    return [reviewed("tiny", index) for index in range(8)]


@pytest.fixture(scope="session")
def extended() -> Reviewed:
    return reviewed("extended", 0)


@pytest.fixture(scope="session")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve charts of three tiny worlds in `review`, their key beside it; by the real command."""
    folder = tmp_path_factory.mktemp("reviewed") / "review"
    outcome = ehr_sandbox("review-sheet", "trial_audit/tiny", "--seeds", "0-2", "--out", folder, "--charts", 12)
    assert outcome.code == 0, outcome.err
    return folder


def rows_of(review: Path) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO((review / "sheet.csv").read_text("utf-8-sig")))]


def key_of(review: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(key_file(review).read_text())["rows"]
    return rows


def key_file(review: Path) -> Path:
    return review.with_name("review.key.json")


def fill(review: Path, file: Path, answers: Mapping[str, str], comments: Mapping[str, str] | None = None) -> Path:
    """The sheet with an x in the column that `answers` names for each chart."""
    rows = rows_of(review)
    for row in rows:
        row[answers[row["chart"]]] = "x"
        row["comment"] = (comments or {}).get(row["chart"], "")
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def perfect(review: Path) -> dict[str, str]:
    return {row["chart"]: "agree" if row["label"] == "true" else "disagree" for row in key_of(review)}


def test_a_folder_for_the_reviewer_and_a_key_beside_it(review: Path) -> None:
    rows = rows_of(review)
    assert [row["chart"] for row in rows] == [f"C{i:02d}" for i in range(1, 13)]
    assert all((review / row["page"]).is_file() for row in rows)
    assert {row["deviation"] for row in rows} <= {"important", "other"}
    assert all(row["candidate finding in words"] == WORDS[row["finding"]] for row in rows)
    assert all(row["protocol clause"][:2] in {"3.", "8."} for row in rows)
    assert {row[name] for row in rows for name in (*ANSWERS, "comment")} == {""}
    assert sorted(path.name for path in review.iterdir()) == ["README.txt", "charts", "sheet.csv"]
    assert [(k["chart"], k["subject"], k["finding"]) for k in key_of(review)] == [
        (row["chart"], row["subject"], row["finding"]) for row in rows
    ]


def test_same_words_same_bytes_and_another_salt_another_review(
    command: Command, review: Path, tmp_path: Path, salt_files: tuple[Path, Path]
) -> None:
    words = ("review-sheet", "trial_audit/tiny", "--seeds", "0-2", "--charts", 12)
    [line] = command(*words, "--out", tmp_path / "again", "--json").lines
    assert line["seal"] in (review / "README.txt").read_text()
    files = sorted(path.relative_to(review) for path in review.rglob("*.*"))
    assert all((review / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in files)
    assert (tmp_path / "again.key.json").read_bytes() == key_file(review).read_bytes()
    command(*words, "--out", tmp_path / "sealed", "--salt-file", salt_files[0])
    assert {row["subject"] for row in rows_of(tmp_path / "sealed")} & {
        row["subject"] for row in rows_of(review)
    } == set()


def test_nothing_that_a_reviewer_gets_depends_on_a_label(worlds: list[Reviewed]) -> None:
    candidates = draw_candidates(worlds, 20, "secret")
    other = {"true": "plain", "trap": "true", "plain": "trap"}
    turned = [replace(c, label=other[c.label], what="something else", evidence=("A/b",)) for c in candidates]
    assert dict(reviewer_files(candidates, "seal", read)) == dict(reviewer_files(turned, "seal", read))


def test_no_word_of_the_key_is_in_the_folder(worlds: list[Reviewed]) -> None:
    candidates = draw_candidates(worlds, 20, "secret")
    text = b"\n".join(content for _, content in reviewer_files(candidates, "seal", read)).decode()
    told = {str(c.world.address) for c in candidates} | {c.world.digest for c in candidates}
    told |= {trap.family for world in worlds for trap in world.truth.traps}
    told |= {item.kind for world in worlds for item in world.truth.items if "_" in item.kind}
    assert [word for word in sorted({*told, "secret", '"label"'}) if word in text] == []


def test_each_world_that_is_shown_is_read_once_more_and_let_go(worlds: list[Reviewed]) -> None:
    candidates = draw_candidates(worlds, 20, "secret")
    held: list[weakref.ref[Charts]] = []

    def read_once(world: Reviewed) -> Charts:
        assert [charts for charts in held if charts() is not None] == []
        found = read(world)
        held.append(weakref.ref(found))
        return found

    assert sum(name.endswith(".html") for name, _ in reviewer_files(candidates, "seal", read_once)) == 20
    assert len(held) == len({str(candidate.world.address) for candidate in candidates})


def test_neither_type_nor_place_tells_the_label(worlds: list[Reviewed]) -> None:
    """Over 150 draws: errors are half of every type, and stand as far down the sheet as the others."""
    of_type: dict[str, list[bool]] = {}
    places: dict[bool, list[int]] = {True: [], False: []}
    for draw in range(150):
        for place, candidate in enumerate(draw_candidates(worlds, 12, f"secret {draw}")):
            of_type.setdefault(candidate.type, []).append(candidate.label == "true")
            places[candidate.label == "true"].append(place)
    assert {name: sum(errors) / len(errors) for name, errors in of_type.items()} == pytest.approx(
        dict.fromkeys(of_type, 0.5), abs=0.1
    )
    means = [sum(found) / len(found) for found in places.values()]
    assert means[0] == pytest.approx(means[1], abs=0.5)


def test_labels_are_the_truths(worlds: list[Reviewed]) -> None:
    for candidate in draw_candidates(worlds, 40, "secret"):
        truth = candidate.world.truth
        claim = (candidate.subject, candidate.type)
        is_error = claim in {(item.subject, item.type) for item in truth.items}
        looks_like_one = claim in {(truth.persons.get(trap.subject), trap.type) for trap in truth.traps}
        assert candidate.label == ("true" if is_error else "trap" if looks_like_one else "plain")


def test_a_subject_is_shown_once_and_all_kinds_are_there(worlds: list[Reviewed]) -> None:
    candidates: list[Candidate] = draw_candidates(worlds, 40, "secret")
    assert len({(str(c.world.address), c.person) for c in candidates}) == 40
    assert set(Counter(c.label for c in candidates)) == {"true", "trap", "plain"}
    assert {c.type for c in candidates} == set(VARIANTS["tiny"].finding_types)


def test_more_charts_than_there_are_is_refused(worlds: list[Reviewed]) -> None:
    with pytest.raises(Invalid, match="500 charts are more than these worlds can give"):
        draw_candidates(worlds[:1], 500, "secret")


def test_every_finding_type_has_words_and_its_clause(extended: Reviewed) -> None:
    assert set(WORDS) == set(EXTENDED_TYPES)
    protocol = extended.protocol
    rules = {name: rule_of(name, protocol) for name in EXTENDED_TYPES}
    assert {name: rule.deviation for name, rule in rules.items()} == dict(ICH)
    assert [name for name, rule in rules.items() if not all(text for _, text in rule.clauses)] == []
    assert rules["invalid_age"].numbers == "3.1, 3.2"
    assert words_of("a_new_type") == "The chart shows: a new type."


def test_who_might_be_the_same_person_is_shown_with_them(extended: Reviewed) -> None:
    item = next(item for item in extended.truth.items if item.type == "duplicate_subject")
    person = extended.people[item.subject].person
    candidate = Candidate("C01", extended, person, item.subject, item.type, "true", item.kind, ())
    page = dict(reviewer_files([candidate], "seal", read))["charts/C01.html"].decode()
    assert "Shares the name and a number:" in page
    assert all(reference.partition("/")[2] in page for reference in item.evidence[0])


def test_the_protocol_is_shown_as_written() -> None:
    text = "# T\n\n1.1 **Bold <b>.** `code`\n1.2 next\n\n| a | b |\n|---|---|\n| 1 | <i> |\n\n- one\n- two\n"
    assert "".join(rendered(text)) == (
        "<h2>T</h2><p>1.1 <b>Bold &lt;b&gt;.</b> <code>code</code></p><p>1.2 next</p>"
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>&lt;i&gt;</td></tr></table>"
        "<ul><li>one</li><li>two</li></ul>"
    )
    assert plain_text("**Bold.** `code` *") == "Bold. code *"


def test_a_log_says_which_world_it_is_at_and_that_the_salt_is_known(
    command: Command, tmp_path: Path, salt_files: tuple[Path, Path]
) -> None:
    words = ("review-sheet", "trial_audit/tiny", "--seeds", "0-1", "--charts", 4)
    salt, *steps = command(*words, "--out", tmp_path / "known").err.splitlines()
    assert salt.startswith("built with the published salt: who knows it can build these worlds and this key again")
    assert steps[:2] == ["drawn from trial_audit/tiny/0", "drawn from trial_audit/tiny/1"]
    assert set(steps[2:]) == {"shown trial_audit/tiny/0", "shown trial_audit/tiny/1"}
    sealed = command(*words, "--out", tmp_path / "sealed", "--salt-file", salt_files[0], "--json")
    assert (sealed.code, sealed.err) == (0, "")


def test_who_decided_nothing_or_always_the_same_has_no_kappa(command: Command, review: Path, tmp_path: Path) -> None:
    sheets = [
        fill(review, tmp_path / f"{name}.csv", dict.fromkeys(perfect(review), answer))
        for name, answer in (("ann", "unsure"), ("bob", "agree"), ("eve", "agree"))
    ]
    told = command(
        "review-sheet", *(word for sheet in sheets for word in ("--score", sheet)), "--key", key_file(review)
    )
    lines = [line.strip() for line in told.out.splitlines()]
    assert "Cohen's kappa            undefined (no decided rows)" in lines
    assert "ann and bob: agreement -, kappa undefined (no decided rows)" in lines
    [pair] = [line for line in lines if line.startswith("bob and eve")]
    assert pair.endswith("kappa undefined (always the same answer)")


def test_a_perfect_reviewer_agrees_with_everything(command: Command, review: Path, tmp_path: Path) -> None:
    filled = fill(review, tmp_path / "ann.csv", perfect(review))
    [line] = command("review-sheet", "--score", filled, "--key", key_file(review), "--json").lines
    [ann] = line["reviewers"]
    assert (ann["reviewer"], ann["charts"], ann["unsure"]) == ("ann", 12, 0)
    assert ann["agreement"] == {"right": 12, "of": 12, "share": 1.0, "interval": [0.757506, 1.0]}
    assert ann["kappa"]["value"] == 1.0
    assert ann["disagreements"] == ann["undecided"] == line["pairs"] == []
    assert line["seal"] in (review / "README.txt").read_text()
    assert sum(share["of"] for share in ann["by_finding"].values()) == 12
    assert set(ann["by_deviation"]) == {"important", "other"}


def test_disagreements_are_listed_with_what_the_truth_says(command: Command, review: Path, tmp_path: Path) -> None:
    answers = perfect(review)
    error = next(row for row in key_of(review) if row["label"] == "true")
    doubtful = next(row["chart"] for row in key_of(review) if row["label"] != "true")
    answers |= {error["chart"]: "disagree", doubtful: "unsure"}
    filled = fill(review, tmp_path / "bob.csv", answers, {error["chart"]: "Not by 3.1"})
    outcome = command("review-sheet", "--score", filled, "--key", key_file(review))
    assert outcome.code == 0, outcome.err
    assert "bob: 12 charts, 1 unsure" in outcome.out
    assert "agreement with the truth 10 of 11 = 0.91 (0.62 to 0.98)" in outcome.out
    [line] = [line for line in outcome.out.splitlines() if line.strip().startswith(error["chart"])]
    assert f"{error['finding']} of {error['subject']} in {error['task']}: the truth says an error" in line
    assert line.endswith("comment: Not by 3.1")
    assert f"{doubtful} unsure" in outcome.out


def test_two_reviewers_are_compared_with_each_other(command: Command, review: Path, tmp_path: Path) -> None:
    flipped = {chart: "disagree" if answer == "agree" else "agree" for chart, answer in perfect(review).items()}
    sheets = fill(review, tmp_path / "ann.csv", perfect(review)), fill(review, tmp_path / "bob.csv", flipped)
    words = ("--score", sheets[0], "--score", sheets[1], "--key", key_file(review))
    [line] = command("review-sheet", *words, "--json").lines
    [pair] = line["pairs"]
    assert pair["reviewers"] == ["ann", "bob"]
    assert pair["agreement"]["right"] == 0
    assert pair["kappa"]["value"] < 0
    assert "ann and bob: agreement 0 of 12 = 0.00" in command("review-sheet", *words).out


def test_a_sheet_from_another_spreadsheet_is_read_the_same(command: Command, review: Path, tmp_path: Path) -> None:
    """Semicolons, a byte order mark, other marks, an empty line at the end, columns of its own."""
    filled = fill(review, tmp_path / "ann.csv", perfect(review))
    table = [*csv.reader(io.StringIO(filled.read_text("utf-8"), newline=""))]
    other = tmp_path / "other.csv"
    with other.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        for i, row in enumerate(reversed(table[1:])):
            writer.writerows([[*table[0], "mine"]] if i == 0 else [])
            writer.writerow([{"x": "Yes"}.get(cell, cell) for cell in row] + [""])
        writer.writerow([""] * (len(table[0]) + 1))
    scores = [
        command("review-sheet", "--score", file, "--key", key_file(review), "--json").lines[0]
        for file in (filled, other)
    ]
    assert scores[1]["reviewers"][0] | {"reviewer": "ann"} == scores[0]["reviewers"][0]


def without_column(text: str) -> str:
    return text.replace(",unsure,", ",maybe,", 1)


def cut_short(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-2])


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without_column, "error (invalid): ann.csv has no column unsure: keep the columns of sheet.csv as they were"),
        (cut_short, "error (invalid): ann.csv has no row for C11, C12: every chart needs its row"),
        (lambda t: t.replace(",x,", ",,"), "put an x under agree, disagree or unsure"),
        (lambda t: t.replace(",x,", ",perhaps,", 1), "'perhaps' under"),
        (lambda t: t.replace(",x,,,", ",x,x,,", 1), "has a mark under agree and disagree: leave one"),
        (lambda t: t.replace("\nC02,", "\nC77,", 1), "chart 'C77' is not in the key: is this the sheet of another"),
        (lambda t: t.replace("\nC02,", "\nC01,", 1), "chart C01 is there twice"),
        (lambda t: t.replace("ResearchSubject/", "ResearchSubject/0", 1), "is this the sheet of another review?"),
        (lambda t: "", "ann.csv has no column chart"),
        (lambda t: t.replace("C01", '"C01', 1), "is not CSV"),
    ],
)
def test_a_sheet_that_cannot_be_scored_says_what_to_mend(
    command: Command,
    review: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[str], str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    file = fill(review, tmp_path / "ann.csv", dict.fromkeys(perfect(review), "agree"))
    text = file.read_bytes().decode()
    file.write_bytes(spoil(text).encode())
    outcome = command("review-sheet", "--score", "ann.csv", "--key", key_file(review))
    assert (outcome.code, outcome.out) == (1, "")
    assert says in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("trial_audit/tiny", "error (invalid): name a task and a folder, as in: review-sheet trial_audit/hard"),
        ("mock --out new", "error (unsupported): mock has no protocol to judge by: a review sheet is made of"),
        ("trial_audit/tiny --out full", "error (conflict): full is not an empty folder: name a new one"),
        ("trial_audit/tiny --out new --key new/key.json", "error (invalid): new/key.json is inside new: keep the key"),
        ("trial_audit/tiny --out new --key taken", "error (conflict): taken exists: name another with --key"),
        ("trial_audit/tiny --out new --charts 400", "error (invalid): 400 charts are more than these worlds can give"),
        ("--score sheet.csv", "error (invalid): scoring takes filled sheets and their key"),
        (
            "trial_audit/tiny --score sheet.csv --key taken",
            "error (invalid): scoring takes filled sheets and their key",
        ),
        ("--score sheet.csv --key nothing", "error (not_found): no key at nothing"),
        ("--score sheet.csv --key taken", "error (invalid): taken is not the key of a review"),
    ],
)
def test_words_that_cannot_be_used(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine")
    Path("taken").write_text("{}")
    outcome = command("review-sheet", *words.split())
    assert (outcome.code, outcome.out) == (1, "")
    assert says in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "taken"]
