import pytest

from fhir_r4 import (
    DateValue,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    ReferenceValue,
    TextValue,
    TokenValue,
    Unsupported,
    check_search,
    date_range,
    parse_search,
    search_parameters,
)


@pytest.mark.parametrize(
    ("type_name", "query", "value"),
    [
        ("Observation", "code=8867-4", TokenValue(None, "8867-4")),
        ("Observation", "code=http%3A%2F%2Floinc.org%7C8867-4", TokenValue("http://loinc.org", "8867-4")),
        ("Observation", "code=%7C8867-4", TokenValue("", "8867-4")),
        ("Observation", "code=http://loinc.org%7C", TokenValue("http://loinc.org", None)),
        ("Patient", r"identifier=A\,B", TokenValue(None, "A,B")),
        ("Patient", "name=Anna+Marie", TextValue("Anna Marie")),
        ("Observation", "patient=p1", ReferenceValue(("Patient/p1", "p1"))),
        ("Observation", "patient=Patient/p1/_history/2", ReferenceValue(("Patient/p1",))),
        ("Observation", "subject:Patient=Group/p1", ReferenceValue(())),
        ("Observation", "date=2020-03-02", DateValue("eq", date_range("2020-03-02"), True)),
        ("Observation", "date=2020-03-02T10:00:00Z", DateValue("eq", date_range("2020-03-02T10:00:00Z"), False)),
        ("Observation", "date=2020-03-02T10:00:00+01:00", DateValue("eq", date_range("2020-03-02T09:00:00Z"), False)),
    ],
)
def test_values_are_read_by_the_type_of_their_parameter(type_name: str, query: str, value: object) -> None:
    found = parse_search(type_name, query).clauses[0].values[0]
    if isinstance(value, DateValue) and isinstance(found, DateValue):
        assert (found.prefix, found.range.low, found.by_day) == (value.prefix, value.range.low, value.by_day)
    else:
        assert found == value


@pytest.mark.parametrize(
    ("text", "day"), [("ge2020-02", "2020-02-29"), ("gt2020", "2020-12-31"), ("le2020-02", "2020-02-01")]
)
def test_a_year_or_month_after_a_prefix_is_completed_to_a_day_as_hapi_does(text: str, day: str) -> None:
    (value,) = parse_search("Observation", f"date={text}").clauses[0].values
    assert isinstance(value, DateValue)
    assert value.range.low_day == date_range(day).low_day


def test_alternatives_repetitions_and_empty_values() -> None:
    query = parse_search("Observation", "code=a,b&code=c&status=&patient=p1")
    assert [len(clause.values) for clause in query.clauses] == [2, 1, 1]


def test_result_parameters() -> None:
    query = parse_search("Observation", "_count=5&_sort=-date,_id&_elements=status,code&_total=accurate&_format=json")
    assert (query.count, query.elements, query.total, query.summary) == (5, ("status", "code"), "accurate", None)
    assert [(key.parameter.code, key.descending) for key in query.sort] == [("date", True), ("_id", False)]


def test_a_chain_goes_to_every_target_that_has_the_parameter() -> None:
    (clause,) = parse_search("Observation", "subject.identifier=x").clauses
    assert {target for target, _ in clause.chain} == {"Device", "Group", "Location", "Patient"}


@pytest.mark.parametrize(
    ("type_name", "query", "problem", "text"),
    [
        ("Foo", "", NotFound, "Unknown resource type 'Foo'"),
        ("Patient", "foo=1", Invalid, r'Unknown search parameter "foo" .* \[_id, .*telecom'),
        ("Patient", "=x", Invalid, "Unknown search parameter"),
        ("Observation", "patient.foo=1", Invalid, "Invalid parameter chain: patient.foo"),
        ("Observation", "code.foo=1", Invalid, "only allowed on reference parameters"),
        ("Observation", "patient:foo=1", Invalid, "Unsupported search modifier"),
        ("Observation", "date=01-01-2020", Invalid, "Invalid date/time format"),
        ("Observation", "date=abc", Invalid, "Invalid date/time/quantity format"),
        ("Observation", "date=ap2020", Invalid, "Unknown comparator"),
        ("Observation", "date=2020,2021", Invalid, "does not support OR"),
        ("Observation", "date=ge2020&date=sa2021", Invalid, "lower bound"),
        ("Observation", "value-quantity=sa5", Invalid, "prefix sa"),
        ("Observation", "_count=x", Invalid, "Invalid _count"),
        ("Observation", "_sort=foo", Invalid, "Unknown _sort"),
        ("Observation", "_include=foo", Invalid, "HAPI-2018"),
        ("Observation", "_include=Observation:foo", Invalid, r"HAPI-2015.*\[based-on, "),
        ("Observation", "_revinclude=Foo:x", Invalid, "HAPI-2017"),
        ("Patient", "gender:missing=yes", Invalid, "true or false"),
        ("Patient", "_summary=count&_elements=id", Invalid, "Cannot combine"),
        ("Patient", "_contained=true", MethodNotAllowed, "_contained"),
        ("Patient", "_has:Observation:patient:code=1", Unsupported, "_has is not offered"),
        ("Patient", "_filter=a", Unsupported, "_filter is not offered"),
        ("Patient", "_summary=true", Unsupported, "_summary=true is not offered"),
        ("Observation", "code:in=x", Unsupported, "modifier :in is not offered"),
        ("Observation", "code-value-quantity=1", Unsupported, "composite parameter"),
        ("Location", "near=1", Unsupported, "special parameter"),
        ("Observation", "patient.organization.name=x", Unsupported, "more than 1 step"),
        ("Observation", "_include:iterate=Observation:patient", Unsupported, "iterate"),
        ("Observation", "_include=*", Unsupported, "wildcards"),
        ("Observation", "_sort=patient.family", Unsupported, "chained sort"),
    ],
)
def test_what_is_not_offered_is_refused(type_name: str, query: str, problem: type[Problem], text: str) -> None:
    with pytest.raises(problem, match=text):
        check_search(type_name, query)


def test_unknown_parameters_with_an_underscore_are_ignored_as_hapi_does() -> None:
    assert parse_search("Patient", "_foo=1").clauses == ()


def test_parameters_have_the_targets_of_the_specification() -> None:
    patient = search_parameters("Observation")["patient"]
    assert (patient.type, patient.targets) == ("reference", ("Patient",))
    assert patient.expression == "Observation.subject.where(resolve() is Patient)"


def test_an_endless_count_is_no_fault() -> None:
    assert parse_search("Patient", "_count=" + "9" * 5000).count == 999_999_999
