"""The backend contract on a real HAPI, reset in place and with writes undone."""

from collections.abc import AsyncIterator

import pytest

from fhir_server.contract import CASES, Case, contract_world, names
from fhir_server.remote import RemoteBackend


@pytest.fixture
async def in_place(hapi: str) -> AsyncIterator[RemoteBackend]:
    backend = RemoteBackend(hapi)
    yield backend
    await backend.aclose()


@pytest.fixture
async def undoing(empty_hapi: str) -> AsyncIterator[RemoteBackend]:
    backend = RemoteBackend(empty_hapi, reset="undo")
    yield backend
    await backend.aclose()


@pytest.mark.hapi
@pytest.mark.parametrize("case", CASES, ids=names())
async def test_contract_with_reset_in_place(in_place: RemoteBackend, case: Case) -> None:
    await case(in_place, await in_place.load(contract_world()))


@pytest.mark.hapi
@pytest.mark.parametrize("case", CASES, ids=names())
async def test_contract_with_undone_writes(undoing: RemoteBackend, case: Case) -> None:
    """Each on a database of its own, because undoing does not restore versions."""
    await case(undoing, await undoing.load(contract_world()))
