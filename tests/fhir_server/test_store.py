from fhir_r4 import Change, canonical_of, dump_exact
from fhir_server.base import Base
from fhir_server.interactions.writing import prepared
from fhir_server.store import EpisodeStore
from tests.helpers.fhir import observation, patient, world_of


def store_of(*resources: dict[str, object]) -> EpisodeStore:
    world = world_of(resources)
    base = Base(world)
    list(base.fill(world.resources))
    return EpisodeStore(base, "http://x/fhir")


def put(store: EpisodeStore, resource: dict[str, object]) -> int:
    return store.put(prepared(resource, str(resource["id"]))).number


def test_versions_rise_and_stay_readable() -> None:
    store = store_of(patient("a"))
    assert [put(store, patient("a", gender=g)) for g in ("male", "female")] == [2, 3]
    blobs = [version.blob for n in (1, 2, 3) if (version := store.version("Patient", "a", n)) is not None]
    assert blobs == [
        dump_exact(patient("a", **more)).encode() for more in ({}, {"gender": "male"}, {"gender": "female"})
    ]
    assert store.version("Patient", "a", 4) is None


def test_a_deleted_resource_comes_back_with_the_next_version() -> None:
    store = store_of(patient("a"))
    assert store.delete("Patient", "a")[:3] == (2, b"", 0)
    assert not store.exists("Patient", "a")
    assert put(store, patient("a")) == 3
    assert store.exists("Patient", "a")


def test_stores_of_one_base_do_not_share_writes() -> None:
    one = store_of(patient("a"))
    other = EpisodeStore(one.world, "http://y/fhir")
    put(one, patient("b"))
    assert (one.exists("Patient", "b"), other.exists("Patient", "b")) == (True, False)
    assert (one.next_id(), one.next_id(), other.next_id()) == ("1000", "1001", "1000")


def test_changes_name_only_what_differs() -> None:
    store = store_of(patient("a"), patient("b"), patient("c"))
    put(store, patient("a", gender="male"))
    put(store, patient("a"))
    put(store, patient("b", gender="male"))
    put(store, patient("n"))
    store.delete("Patient", "n")
    store.delete("Patient", "c")
    before, after = (canonical_of(patient("b", **more)) for more in ({}, {"gender": "male"}))
    assert store.changes() == {
        "Patient/b": Change(before, after),
        "Patient/c": Change(dump_exact(patient("c")).encode(), None),
    }


def test_a_referrer_is_found_in_base_and_overlay_but_not_when_hidden() -> None:
    store = store_of(patient("a"), observation("o", "a"))
    assert store.referrer_of("Patient/a") == ("Observation/o", "patient")
    store.delete("Observation", "o")
    assert store.referrer_of("Patient/a") is None
    put(store, observation("n", "a"))
    assert store.referrer_of("Patient/a") == ("Observation/n", "patient")


def test_a_store_goes_back_to_a_mark() -> None:
    store = store_of(patient("a"), patient("b"))
    put(store, patient("a", gender="male"))
    before, mark = store.changes(), store.mark()
    put(store, patient("a", gender="female"))
    put(store, patient("new"))
    put(store, observation("o", "a"))
    store.delete("Patient", "b")
    assert store.next_id() == "1000"
    store.back_to(mark)
    assert (store.changes(), store.next_id(), store.types()) == (before, "1000", ["Patient"])
    assert [
        segment.ids[n] for segment, hidden in store.layers("Patient") for n in range(len(segment)) if n not in hidden
    ] == [
        "b",
        "a",
    ]
    assert put(store, patient("a", gender="other")) == 3
