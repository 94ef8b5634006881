import pytest

from fhir_r4 import Invalid, Part, parse_search


def test_page_and_part() -> None:
    results = parse_search("Observation", "_count=5&_offset=10&_elements=status,code&_total=accurate").results
    assert (results.count, results.offset, results.total) == (5, 10, "accurate")
    assert results.part == Part(None, ("code", "status"))
    assert parse_search("Observation", "_elements=&_summary=bogus&_count=").results.part.whole


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("_sort=-date,_id", [("date", True), ("_id", False)]),
        ("_sort=date,", [("date", False)]),
        ("_sort=", []),
        ("_sort:desc=date", [("date", True)]),
        ("_sort:asc=date", [("date", False)]),
        ("_sort=-date&_sort=_id", [("date", True), ("_id", True)]),
        ("_sort:nope=date", []),
    ],
)
def test_sort_keys(query: str, keys: list[tuple[str, bool]]) -> None:
    sort = parse_search("Observation", query).results.sort
    assert [(key.parameter.code, key.descending) for key in sort] == keys


def test_a_sort_key_may_be_a_chain() -> None:
    (key,) = parse_search("Observation", "_sort=-Patient:subject.family").results.sort
    assert key.chain is not None
    assert (key.parameter.code, key.descending, key.chain[0], key.chain[1].code) == (
        "subject",
        True,
        "Patient",
        "family",
    )


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("_sort=foo", 'HAPI-1194: Unknown _sort parameter value "foo" for resource type "Observation"'),
        ("_sort=date&_sort=-code", 'HAPI-1194: Unknown _sort parameter value "-code"'),
        ("_sort=subject.family", "HAPI-2287"),
        ("_sort=status.x", "HAPI-2285"),
        ("_sort=Patient:subject.organization.name", "HAPI-2286"),
        ("_sort=Patient:subject.foo", 'HAPI-2289: Unknown _sort parameter value "foo" for resource type "Patient"'),
        ("_sort=Foo:subject.name", r"HAPI-2289.*\[\]"),
        ("_sort=Patient:subject.organization", "HAPI-2290.*REFERENCE"),
        ("_include=foo", 'HAPI-2018: Invalid _include parameter value: "foo". $'),
        ("_include=Observation:", "HAPI-2018"),
        ("_include=Foo:x", "HAPI-2017"),
        ("_include=Observation:subject:Foo", "HAPI-2016"),
        ("_revinclude=Observation:foo", r"HAPI-2015: Invalid _revinclude.*\[based-on, "),
        ("_include=Patient:link,Patient:organization", "HAPI-0441"),
        ("_count=abc", "HAPI-0375: Invalid _count value: abc"),
        ("_count=99999999999", "HAPI-0375"),
        ("_offset=x", "HAPI-0461"),
        ("_summary=text&_elements=id", "HAPI-0304"),
        ("_summary=true,text", "HAPI-0380"),
    ],
)
def test_what_is_refused(query: str, text: str) -> None:
    with pytest.raises(Invalid, match=text):
        parse_search("Observation", query)


@pytest.mark.parametrize(
    ("query", "link"),
    [
        ("", "&_bundletype=searchset"),
        ("_pretty=true&_format=json", "&_format=json&_pretty=true&_bundletype=searchset"),
        ("_elements=b,a", "&_bundletype=searchset&_elements=a,b"),
        (
            "_include=Observation:subject&_include:iterate=*&_revinclude=Provenance:target",
            "&_include=Observation%3Asubject&_include=*&_bundletype=searchset",
        ),
    ],
)
def test_what_a_link_to_a_page_ends_with(query: str, link: str) -> None:
    assert parse_search("Observation", query).results.link == link
