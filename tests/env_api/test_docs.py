"""docs/api.md names every path, setting, refusal and action there is."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from env_api import Settings, actions, refusals
from fhir_r4 import Problem
from tests.helpers.fakes import Api

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def words() -> Iterator[str]:
    yield from (field.name for field in fields(Settings))
    yield from (name for name in actions.__all__ if name != "take")
    for named in vars(refusals).values():
        if isinstance(named, type) and issubclass(named, Problem) and named.__module__ == refusals.__name__:
            yield named.category


def test_settings_refusals_and_actions_are_documented() -> None:
    assert [word for word in words() if f"`{word}`" not in TEXT and word != "timed_out"] == []


def test_paths_are_documented(tmp_path: Path) -> None:
    api = Api(tmp_path)
    paths = [
        f"`{method.upper()} {path}`"
        for app in (api.agent_app, api.operator_app)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    ]
    assert [path for path in paths if path not in TEXT] == []
