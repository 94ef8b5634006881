"""Worlds on disk: whole or not there, and never those of other code."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ehr_sandbox import world_cache
from ehr_sandbox.generators import GENERATORS
from ehr_sandbox.world_cache import WorldCache, user_folder
from fhir_r4 import World
from tasks import PUBLIC_SALT, Address
from tests.ehr_sandbox.command import environment, fhir

TASK = "mock/tiny/0"


@pytest.fixture(scope="module")
def world() -> World:
    return GENERATORS["mock"].build(PUBLIC_SALT, Address(suite="mock", variant="tiny", index=0)).world


@pytest.fixture
def kept(tmp_path: Path, world: World) -> Path:
    """A folder that holds the world."""
    WorldCache(tmp_path).keep("salt", TASK, world)
    return tmp_path


def test_a_world_is_found_as_it_was_kept(kept: Path, world: World) -> None:
    assert WorldCache(kept).find("salt", TASK) == world


def test_a_world_without_resources_is_one(tmp_path: Path) -> None:
    empty = World(now="2026-01-01T00:00:00Z", resources=(), counts={}, digest="0")
    WorldCache(tmp_path).keep("salt", TASK, empty)
    assert WorldCache(tmp_path).find("salt", TASK) == empty


@pytest.mark.parametrize(("salt", "task"), [("other", TASK), ("salt", "mock/tiny/1")])
def test_another_world_is_not_found(kept: Path, salt: str, task: str) -> None:
    assert WorldCache(kept).find(salt, task) is None


def test_worlds_of_other_code_are_not_found(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_cache, "code_digest", lambda: "edited")
    assert WorldCache(kept).find("salt", TASK) is None


def test_a_world_built_while_the_code_was_edited_is_not_kept(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = WorldCache(tmp_path)
    monkeypatch.setattr(world_cache, "code_digest", lambda: "edited")
    worlds.keep("salt", TASK, world)
    assert list(tmp_path.iterdir()) == []


def test_the_digest_of_the_code_is_of_every_file_a_world_depends_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(world_cache, "_BUILDING", ("some_generator",))
    (tmp_path / "some_generator" / "tables").mkdir(parents=True)
    (tmp_path / "some_generator" / "__init__.py").write_text("raise ImportError")
    seen = {world_cache.code_digest()}
    for text in ("1", "2"):
        (tmp_path / "some_generator" / "tables" / "rates.csv").write_text(text)
        seen.add(world_cache.code_digest())
    assert len(seen) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"{}",
        lambda content: content[:-40],
        lambda content: content + b"\n",
        lambda content: content.replace(b"female", b"male  ", 1),
        lambda content: b"0" + content[1:] if content[:1] != b"0" else b"1" + content[1:],
    ],
)
def test_a_damaged_world_is_not_there_until_it_is_kept_again(
    kept: Path, world: World, damage: Callable[[bytes], bytes]
) -> None:
    (file,) = kept.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert WorldCache(kept).find("salt", TASK) is None
    WorldCache(kept).keep("salt", TASK, world)
    assert WorldCache(kept).find("salt", TASK) == world


def test_the_oldest_worlds_go_when_there_are_too_many(tmp_path: Path, world: World) -> None:
    worlds = WorldCache(tmp_path, limit=2)
    for task in "abc":
        worlds.keep("salt", task, world)
    assert [worlds.find("salt", task) is not None for task in "abc"] == [False, True, True]


def test_the_folder_is_where_the_user_keeps_such_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_folder() == tmp_path / "ehr-sandbox" / "worlds"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_folder() == tmp_path / ".cache" / "ehr-sandbox" / "worlds"


def patients(url: str) -> list[Any]:
    return [entry["resource"] for entry in httpx.get(f"{url}/Patient").json()["entry"]]


def test_a_server_starts_from_the_kept_world_with_the_same_data(tmp_path: Path) -> None:
    with fhir(TASK, "--no-cache", env={"XDG_CACHE_HOME": str(tmp_path)}) as plain:
        built = patients(plain.url)
    assert list(tmp_path.iterdir()) == []
    for _ in range(2):
        with fhir(TASK, env={"XDG_CACHE_HOME": str(tmp_path)}) as server:
            assert patients(server.url) == built
            server.process.terminate()
            assert server.process.wait(timeout=30) == 0
        assert [file.suffix for file in (tmp_path / "ehr-sandbox" / "worlds").iterdir()] == [".world"]


def test_sealed_worlds_and_folders_are_not_kept(tmp_path: Path, tiny: Path, salt_files: tuple[Path, Path]) -> None:
    for words in ((TASK, "--salt-file", salt_files[0]), (tiny,), ()):
        with fhir(*words, env={"XDG_CACHE_HOME": str(tmp_path)}) as server:
            server.process.terminate()
            assert server.process.wait(timeout=30) == 0
    assert list(tmp_path.iterdir()) == []


def test_serving_a_kept_world_imports_nothing_that_only_others_need() -> None:
    """Half of the time that such a start takes would be theirs."""
    heavy = ("baselines", "env_api", "fastapi", "fhir_seed", "graders", "httpx", "numpy", "pydantic", "rich", "tasks")
    code = f"import sys, ehr_sandbox.cli, ehr_sandbox.commands.fhir; print([n for n in {heavy!r} if n in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)
    assert ended.stdout == "[]\n"
