"""Fixtures for every test: a real HAPI FHIR server, from `--fhir-url`, from Docker, or from the local build."""

import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from fhir_r4 import World, WrittenNumber, canonical_of, digest, reference_of

HAPI = Path(__file__).parents[1] / "docker" / "hapi"
START_SECONDS = 600  # a first start downloads 250 MB of jars


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fhir-url", help="base URL of a running HAPI FHIR server for the tests marked hapi (ends in /fhir)"
    )


Tally = Callable[[str], None]
"""Keeps a line, such as how many cases were compared, for the end of the run."""

_TALLY = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    return pytestconfig.stash.setdefault(_TALLY, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(_TALLY, [])
    if lines:
        terminalreporter.section("counts")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def hapi(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a real HAPI FHIR server that resets in place."""
    if url := request.config.getoption("--fhir-url"):
        yield url.rstrip("/")
    elif has_docker():
        yield request.getfixturevalue("hapi_in_docker")
    else:
        with running_hapi(tmp_path_factory.mktemp("worlds")) as (url, _):
            yield url


@pytest.fixture
def empty_hapi(hapi: str) -> str:
    """The same server with an empty database under it, for tests that load by themselves or undo their writes."""
    routes = urljoin(hapi, "/sandbox/")
    answer = httpx.post(f"{routes}worlds/{'f' * 64}", timeout=60)
    if answer.status_code != 200:
        pytest.skip(f"{hapi} has no way to give us an empty database (HTTP {answer.status_code})")
    httpx.post(f"{routes}release", headers={"x-sandbox-epoch": str(answer.json()["epoch"])})
    return hapi


@pytest.fixture
def start_hapi() -> Callable[[Path], AbstractContextManager[tuple[str, int]]]:
    """Starts one more server on a folder of worlds; a context manager that gives its base URL and process id."""
    return running_hapi


@pytest.fixture(scope="session")
def hapi_in_docker(request: pytest.FixtureRequest) -> str:
    """Our build in its own container, started by pytest-docker."""
    services = request.getfixturevalue("docker_services")
    ip = request.getfixturevalue("docker_ip")
    url = f"http://{ip}:{services.port_for('hapi-sandbox', 8080)}"
    services.wait_until_responsive(timeout=START_SECONDS, pause=1, check=lambda: answers(f"{url}/actuator/health"))
    return f"{url}/fhir"


@pytest.fixture(scope="session")
def ward() -> Callable[..., World]:
    """`ward(patients, name)`: a small world of patients with two observations each; another name, another world."""
    return ward_world


def ward_world(patients: int = 3, name: str = "ward") -> World:
    nodes = [
        {
            "resourceType": "Patient",
            "id": f"p{n}",
            "active": True,
            "name": [{"family": f"{name}{n}"}],
            "gender": "female",
        }
        for n in range(patients)
    ]
    nodes += [
        {
            "resourceType": "Observation",
            "id": f"o{n}-{k}",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
            "subject": {"reference": f"Patient/p{n}"},
            "effectiveDateTime": f"2024-01-0{k + 1}",
            "valueQuantity": {"value": WrittenNumber(f"{60 + n}.50"), "unit": "/min"},
        }
        for n in range(patients)
        for k in range(2)
    ]
    rows = tuple(canonical_of(node) for node in nodes)
    counts = dict(Counter(str(node["resourceType"]) for node in nodes))
    total = digest((reference_of(node), row) for node, row in zip(nodes, rows, strict=True))
    return World("2025-03-01T09:00:00Z", rows, counts, total)


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(Path(__file__).parent / "docker" / "compose.test.yaml")


def has_docker() -> bool:
    """A Docker engine runs and knows `compose`."""
    if shutil.which("docker") is None:
        return False
    return all(
        subprocess.run(command, capture_output=True, check=False).returncode == 0
        for command in (["docker", "version", "--format", "{{.Server.Version}}"], ["docker", "compose", "version"])
    )


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def running_hapi(worlds: Path) -> Iterator[tuple[str, int]]:
    """Our build of docker/hapi on a free port, stopped by its process id."""
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no real HAPI: give --fhir-url, start Docker, or install {' and '.join(missing)}")
    environment = os.environ | {
        "HAPI_PORT": "0",
        "HAPI_HOST": "127.0.0.1",
        "HAPI_WORLDS": str(worlds),
        "HAPI_LEASE_SECONDS": "3",
    }
    log = worlds / "hapi.log"
    with log.open("wb") as out:
        process = subprocess.Popen([str(HAPI / "run.sh")], env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield wait_until_ready(process, log), process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_ready(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"^READY (\S+)", log.read_text(), re.MULTILINE):
            return found[1]
        time.sleep(0.1)
    raise RuntimeError("docker/hapi/run.sh did not start a server:\n" + log.read_text()[-4000:])
