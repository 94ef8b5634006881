import pytest

from fhir_r4 import (
    HAPI,
    R4,
    AllOf,
    AnyOf,
    Chain,
    Clause,
    DateValue,
    Has,
    Invalid,
    MethodNotAllowed,
    NotFound,
    NumberValue,
    Problem,
    ReferenceValue,
    Rules,
    TextValue,
    Tied,
    TokenValue,
    Unsupported,
    check_search,
    date_range,
    parse_search,
    search_parameters,
)
from fhir_r4.search_values import split_list


def _values(type_name: str, query: str, rules: Rules = HAPI) -> tuple[object, ...]:
    clause = parse_search(type_name, query, rules).clauses[0]
    assert isinstance(clause, Clause)
    return clause.values


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
    found = _values(type_name, query)[0]
    if isinstance(value, DateValue) and isinstance(found, DateValue):
        assert (found.prefix, found.range.low, found.by_day) == (value.prefix, value.range.low, value.by_day)
    else:
        assert found == value


@pytest.mark.parametrize(
    ("text", "day"), [("ge2020-02", "2020-02-29"), ("gt2020", "2020-12-31"), ("le2020-02", "2020-02-01")]
)
def test_a_year_or_month_after_a_prefix_is_completed_to_a_day_as_hapi_does(text: str, day: str) -> None:
    (value,) = _values("Observation", f"date={text}")
    assert isinstance(value, DateValue)
    assert value.range.low_day == date_range(day).low_day
    (value,) = _values("Observation", f"date={text}", R4)
    assert isinstance(value, DateValue)
    assert value.range == date_range(text[2:])


@pytest.mark.parametrize(
    ("query", "hapi", "r4"),
    [
        ("status=a&status=b,c,,", [1, 2], [1, 2]),
        ("date=ge2020&date=le2021", [2], [1, 1]),
        ("_foo=1", [], None),
        ("code:bogus=1", [1], None),
        ("status=", [], []),
        ("date=2020,2021", None, [2]),
        ("date=ap2020", None, [1]),
        ("date=ge2020&date=gt2021", None, [1, 1]),
        ("value-quantity=sa5", None, [1]),
        ("_tag:missing=true", [], [0]),
        ("_tag=http://a%7C", None, [1]),
        ("_has:Observation:has-member:code:not=1", None, [0]),
    ],
)
def test_the_rules_decide_what_is_read(query: str, hapi: list[int] | None, r4: list[int] | None) -> None:
    for rules, expected in ((HAPI, hapi), (R4, r4)):
        if expected is None:
            with pytest.raises(Problem):
                parse_search("Observation", query, rules)
        else:
            clauses = parse_search("Observation", query, rules).clauses
            assert [len(c.values) if isinstance(c, Clause) else 0 for c in clauses] == expected, rules.name


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ["a", "b"]),
        (",a,,", ["a"]),
        (r"a\,b,c", ["a,b", "c"]),
        (r"a\\,b", [r"a" + "\\\\", "b"]),
        (r"a\|b,c\$", [r"a\|b", r"c\$"]),
    ],
)
def test_escaped_commas_do_not_separate(text: str, parts: list[str]) -> None:
    assert split_list(text) == parts


def test_a_chain_goes_to_every_target_that_has_the_parameter() -> None:
    (chain,) = parse_search("Observation", "subject.identifier=x").clauses
    assert isinstance(chain, Chain)
    assert {target for target, _ in chain.ends} == {"Device", "Group", "Location", "Patient"}


def test_chains_nest_and_end_in_has() -> None:
    (chain,) = parse_search("Observation", "encounter:Encounter.patient._has:Condition:patient:code=x").clauses
    assert isinstance(chain, Chain)
    ((encounter, inner),) = chain.ends
    assert isinstance(inner, Chain)
    ((patient, end),) = inner.ends
    assert isinstance(end, Has)
    assert (encounter, patient, end.resource_type, end.parameter.code) == (
        *("Encounter", "Patient", "Condition", "patient"),
    )


def test_a_composite_is_its_parts_and_tied_by_the_specification() -> None:
    query = "component-code-value-quantity=8480-6$gt1,8462-4$lt9"
    (loose,) = parse_search("Observation", query).clauses
    assert isinstance(loose, AnyOf)
    assert len(loose.conditions) == 2
    (tied,) = parse_search("Observation", query, R4).clauses
    assert isinstance(tied, Tied)
    assert [(left.parameter.code, right.parameter.code) for left, right in tied.pairs] == [
        ("component-code", "component-value-quantity")
    ] * 2


def test_a_filter_binds_to_the_right() -> None:
    (found,) = parse_search("Patient", "_filter=gender eq male and family sw a or (birthdate ge 2000)").clauses
    assert isinstance(found, AllOf)
    gender, rest = found.conditions
    assert isinstance(gender, Clause)
    assert isinstance(rest, AnyOf)
    assert len(rest.conditions) == 2


def test_the_prefix_of_the_first_quantity_holds_for_all() -> None:
    values = _values("Observation", "value-quantity=gt1,2")
    assert [value.prefix for value in values if isinstance(value, NumberValue)] == ["gt", "gt"]
    values = _values("Observation", "value-quantity=gt1,2.50", R4)
    assert [(v.prefix, v.slack) for v in values if isinstance(v, NumberValue)] == [("gt", 0.5), ("eq", 0.005)]


@pytest.mark.parametrize(
    ("type_name", "query", "problem", "text"),
    [
        ("Foo", "", NotFound, "Unknown resource type 'Foo'"),
        ("Patient", "foo=1", Invalid, r'Unknown search parameter "foo" .* \[_id, .*telecom'),
        ("Patient", "=x", Invalid, "Unknown search parameter"),
        ("Observation", "patient.foo=1", Invalid, "Invalid parameter chain: patient.foo"),
        ("Observation", "code.foo=1", Invalid, r"HAPI-1935.*\"code.foo\".*\(.foo\)"),
        ("Observation", "patient:foo=1&code:bar=2", Invalid, r"HAPI-2498.*\[:foo, :bar\]"),
        ("Observation", "patient:exact=1", Invalid, "HAPI-1250"),
        ("Observation", "patient=Foo/1", Invalid, "HAPI-1250"),
        ("Observation", "subject:Foo.name=1", Invalid, "HAPI-1250"),
        ("Observation", "patient.family.x=1", Invalid, "HAPI-1242"),
        ("Observation", "patient.general-practitioner.foo=1", Invalid, "HAPI-1243.*: general-practitioner.foo"),
        ("Observation", "patient._type=Encounter", Invalid, "HAPI-2495"),
        ("Observation", "patient.organization:missing=true", Invalid, "HAPI-1209"),
        ("Observation", "patient.birthdate=ap2000", Invalid, "HAPI-1921"),
        ("Observation", "date=01-01-2020", Invalid, "Invalid date/time format"),
        ("Observation", "date=abc", Invalid, "Invalid date/time/quantity format"),
        ("Observation", "date=ap2020", Invalid, "Unknown comparator"),
        ("Observation", "date=2020,2021", Invalid, "does not support OR"),
        ("Observation", "date=ge2020&date=sa2021", Invalid, "lower bound"),
        ("Observation", "date=le2020&date=eb2021", Invalid, "HAPI-1924"),
        ("Observation", "date=2020&date=2021", Invalid, "HAPI-1922"),
        ("Observation", "date=20200302", Invalid, "HAPI-1883.*Expected character '-' at index 4 but found 0"),
        ("Observation", "date=2020-01-15T22:30:00-0500", Invalid, "HAPI-1883.*Timezone offset"),
        ("Observation", "date=2020-13-01", Invalid, "HAPI-1882"),
        ("Observation", "foo=1&date=abc", Invalid, "HAPI-1940"),
        ("Observation", "value-quantity=sa5||mg", Invalid, r'quantity prefix "sa" for value: sa5\|\|mg'),
        ("Observation", "value-quantity=||mg", Invalid, r'HAPI-1940.*"\|"'),
        ("Observation", "value-quantity=5..4", Invalid, "HAPI-1940"),
        ("RiskAssessment", "probability=sa5", Invalid, 'number prefix "sa" for value: sa5'),
        ("Patient", "family=" + "a" * 769, Invalid, "HAPI-1260"),
        ("Patient", "name=%zz", Invalid, "malformed escape '%zz'"),
        ("Patient", "_contained=true", MethodNotAllowed, "_contained"),
        ("Patient", "_contained=maybe", Invalid, "HAPI-1963"),
        ("Patient", "_has=x", Invalid, "HAPI-1942.*: _has"),
        ("Patient", "_has:Observation:code=x", Invalid, "HAPI-1942.*: :Observation:code"),
        ("Patient", "_has:Foo:patient:code=1", Invalid, "HAPI-1208"),
        ("Patient", "_has:Observation:foo:code=1", Invalid, "HAPI-1209.*Observation:foo"),
        ("Patient", "_has:Observation:patient:foo=1", Invalid, "HAPI-1209.*Observation:foo"),
        ("Patient", "_filter=a eq 1", Invalid, 'HAPI-1206: Unknown search parameter "a"'),
        ("Patient", "_filter=gender bogus", Invalid, "HAPI-1221.*HAPI-1064: Unknown operation bogus at 12"),
        ("Patient", "_filter=gender eq", Invalid, "HAPI-1221"),
        ("Patient", "_filter=(gender eq a", Invalid, "HAPI-1057"),
        ("Patient", '_filter=gender eq "a', Invalid, "HAPI-1054"),
        ("Patient", '_filter=gender eq "a\\q"', Invalid, "HAPI-1053"),
        ("Patient", '_filter=gender eq ""', Invalid, "HAPI-1055"),
        ("Patient", "_filter=gender eq a xor gender eq b", Invalid, "HAPI-1059"),
        ("Patient", "_filter=gender eq a not gender eq b", Invalid, "HAPI-1205"),
        ("Patient", "_filter=gender pr maybe", Invalid, "HAPI-1066"),
        ("Patient", "_filter=birthdate co 2000", Invalid, "HAPI-1255"),
        ("Patient", "_filter=family pr true", Invalid, "HAPI-1261"),
        ("Patient", "_filter=organization co x", Invalid, "HAPI-1212"),
        ("ValueSet", "_filter=url pr true", Invalid, "HAPI-1226"),
        ("Observation", "_filter=value-quantity co 5", Invalid, "HAPI-1235"),
        ("Observation", '_filter=code-value-quantity eq "a$1"', Invalid, "HAPI-1207"),
        ("Patient", "_text=a", Invalid, "HAPI-1192"),
        ("Patient", "_source=a", Invalid, "HAPI-1216"),
        ("Patient", "_language=en", Invalid, "HAPI-1223"),
        ("Patient", "_query=x", Unsupported, "_query is not offered"),
        ("Observation", "code:of-type=a|b|c", MethodNotAllowed, "HAPI-2012"),
        ("Observation", "code:below=c1", Invalid, r"HAPI-1240.*\(missing\)\|c1"),
        ("Observation", "code:below=s|", Invalid, r"HAPI-1239.*s\|\(missing\)"),
        ("Observation", "code-value-quantity=a$1$2", Invalid, "HAPI-1947"),
        ("DocumentReference", "relationship=a$b", Invalid, "HAPI-1204.*REFERENCE"),
        ("MolecularSequence", "chromosome-window-coordinate=a$1", Unsupported, "three parts"),
        ("Location", "near=1", Unsupported, "special parameter"),
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
