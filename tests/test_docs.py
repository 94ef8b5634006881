"""The docs name everything there is, and their links lead somewhere."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import typer

import tasks.trial_audit
from ehr_sandbox.cli import COMMANDS, app_of
from ehr_sandbox.suites import SUITES
from env_api import Settings
from tasks import RunRecord, record_schema

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CLI = (DOCS / "cli.md").read_text()
EVERYTHING = "\n".join(path.read_text() for path in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))])


def section(name: str) -> str:
    return CLI.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_commands_and_their_options_are_documented(name: str) -> None:
    options = [
        o for p in typer.main.get_group(app_of([name])).commands[name].params for o in p.opts if o.startswith("--")
    ]
    text = section(name)
    assert f"ehr-sandbox {name}" in CLI + EVERYTHING
    assert [option for option in options if not re.search(rf"{option}\b", text)] == []


def words() -> Iterator[str]:
    yield from (field.name for field in fields(Settings))
    yield from tasks.trial_audit.FINDING_TYPES
    for suite in SUITES.values():
        yield suite.name
        yield from suite.agents
        yield from suite.ablations
    yield "llm"
    actions = json.dumps(tasks.trial_audit.ACTIONS.json_schema())
    yield from sorted(set(re.findall(r'"const": "([a-z]+_finding)"', actions)))


def test_settings_finding_types_actions_and_agents_are_documented() -> None:
    assert [word for word in words() if f"`{word}`" not in EVERYTHING] == []


def test_variants_are_documented() -> None:
    assert [v for suite in SUITES.values() for v in suite.budgets if not re.search(rf"\b{v}\b", EVERYTHING)] == []


def test_schema_of_the_record_is_the_committed_one() -> None:
    assert json.loads((DOCS / "run-record.schema.json").read_text()) == record_schema()
    assert RunRecord.model_fields.keys() == {"header", "events", "end"}


def links() -> Iterator[tuple[str, str]]:
    for path in [*ROOT.glob("*.md"), *sorted(DOCS.rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text()):
            if "://" not in target:
                yield str(path.relative_to(ROOT)), target


@pytest.mark.parametrize(("page", "target"), sorted(set(links())))
def test_links_lead_somewhere(page: str, target: str) -> None:
    assert ((ROOT / page).parent / target).exists()
