import orjson
import pytest

from fhir_r4 import Request
from fhir_server import EmbeddedBackend
from fhir_server.store import EpisodeStore
from tests.helpers.fhir import patient, world_of


async def open_store(count: int) -> tuple[EmbeddedBackend, EpisodeStore]:
    backend = EmbeddedBackend()
    handle = await backend.load(world_of([patient(f"p{n:03}") for n in range(count)]))
    return backend, await backend.fork(handle, "http://x/fhir")


def ask(backend: EmbeddedBackend, store: EpisodeStore, url: str) -> dict[str, object]:
    path, _, query = url.removeprefix("http://x/fhir").lstrip("/").partition("?")
    bundle: dict[str, object] = orjson.loads(backend.answer(store, Request("GET", path, query)).body)
    return bundle


def links(bundle: dict[str, object]) -> dict[str, str]:
    rows = bundle["link"]
    assert isinstance(rows, list)
    return {row["relation"]: row["url"] for row in rows}


async def test_links_have_the_form_that_hapi_uses() -> None:
    backend, store = await open_store(30)
    first = ask(backend, store, "Patient?gender:missing=true&_count=5&_sort=_id")
    key = first["id"]
    assert links(first) == {
        "self": "http://x/fhir/Patient?_count=5&_sort=_id&gender%3Amissing=true",
        "next": f"http://x/fhir?_getpages={key}&_getpagesoffset=5&_count=5&_bundletype=searchset",
    }
    second = ask(backend, store, links(first)["next"])
    assert links(second)["previous"].endswith("_getpagesoffset=0&_count=5&_bundletype=searchset")


async def test_the_total_follows_the_prefetch_rule() -> None:
    backend, store = await open_store(30)
    totals = [ask(backend, store, f"Patient?_count={count}").get("total") for count in (5, 13, 20, 29, 30, 100)]
    assert totals == [None, None, None, None, 30, 30]
    assert ask(*await open_store(12), "Patient?_count=1")["total"] == 12
    assert ask(*await open_store(13), "Patient?_count=1").get("total") is None


async def test_an_exactly_full_last_page_has_neither_total_nor_next() -> None:
    backend, store = await open_store(30)
    first = ask(backend, store, "Patient?_count=15")
    last = ask(backend, store, links(first)["next"])
    assert (last.get("total"), "next" in links(last)) == (None, False)


async def test_a_deleted_hit_is_left_out_of_its_page() -> None:
    backend, store = await open_store(30)
    first = ask(backend, store, "Patient?_count=20&_sort=_id")
    backend.answer(store, Request("DELETE", "Patient/p025"))
    rest = ask(backend, store, links(first)["next"])["entry"]
    assert isinstance(rest, list)
    assert len(rest) == 9


async def test_old_searches_are_forgotten() -> None:
    backend, store = await open_store(30)
    first = ask(backend, store, "Patient")
    for _ in range(300):
        ask(backend, store, "Patient?_count=1&_elements=id")
    assert ask(backend, store, links(first)["next"])["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("hits", "count", "told"),
    [
        (12, 5, [True, True, True]),
        (30, 20, [False, True]),
        (300, 100, [False, False, True]),
        (216, 100, [False, False, True]),
        (700, 100, [False, False, False, False, False, False, True]),
    ],
)
async def test_total_is_told_from_the_page_on_which_hapi_knows_it(hits: int, count: int, told: list[bool]) -> None:
    """Taken from a HAPI 8.8 whose prefetch thresholds are 13, 503, 2003, all."""
    backend, store = await open_store(hits)
    page, seen = ask(backend, store, f"Patient?_count={count}&_sort=_id"), []
    while True:
        seen.append(page.get("total") == hits)
        if "next" not in links(page):
            break
        page = ask(backend, store, links(page)["next"])
    assert seen == told
