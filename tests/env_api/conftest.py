from pathlib import Path

import pytest

from tests.helpers.fakes import Api, Seat


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return Api(tmp_path)


@pytest.fixture
async def seat(api: Api) -> Seat:
    return await api.open()
