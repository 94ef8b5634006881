import pytest

from fhir_server import EmbeddedBackend
from fhir_server.contract import CASES, Case, contract_world, names


@pytest.mark.parametrize("case", CASES, ids=names())
async def test_embedded(case: Case) -> None:
    backend = EmbeddedBackend()
    await case(backend, await backend.load(contract_world()))
