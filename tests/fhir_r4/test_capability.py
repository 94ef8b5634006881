from fhir_r4 import CHART_TYPES, TIERS, capability_statement, check_search, resource_types


def test_a_chart_may_hold_what_worlds_and_us_core_have() -> None:
    assert set(TIERS) <= set(CHART_TYPES) <= set(resource_types())
    assert {"AllergyIntolerance", "Immunization", "ServiceRequest"} <= set(CHART_TYPES)
    assert list(CHART_TYPES) == sorted(CHART_TYPES)


def test_the_statement_lists_what_is_offered() -> None:
    statement = capability_statement(
        ["Observation", "Patient"], ["read", "search-type", "transaction"], "http://x", "1"
    )
    assert statement["fhirVersion"] == "4.0.1"
    rest = statement["rest"][0]
    assert rest["interaction"] == [{"code": "transaction"}]
    observation, patient = rest["resource"]
    assert observation["interaction"] == [{"code": "read"}, {"code": "search-type"}]
    assert "Observation:patient" in patient["searchRevInclude"]
    assert "Patient:organization" in patient["searchInclude"]
    names = {parameter["name"] for parameter in observation["searchParam"]}
    assert {"_id", "code", "date", "value-quantity"} <= names
    assert not names & {"_text", "_source"}
    code = next(parameter for parameter in observation["searchParam"] if parameter["name"] == "code")
    assert code["definition"] == "http://hl7.org/fhir/SearchParameter/clinical-code"


def test_what_is_not_offered_is_not_listed() -> None:
    statement = capability_statement(["Patient"], ["read"], "http://x", "1")
    assert "interaction" not in statement["rest"][0]
    (patient,) = statement["rest"][0]["resource"]
    assert (patient["conditionalCreate"], patient["conditionalDelete"]) == (False, "not-supported")
    assert not patient.keys() & {"searchParam", "searchInclude", "operation"}
    everything = capability_statement(
        ["Patient"],
        ["read", "update"],
        "http://x",
        "1",
        conditions=["conditionalDelete"],
        operations={"Patient": [{"name": "everything", "definition": "http://x"}]},
    )
    (patient,) = everything["rest"][0]["resource"]
    assert (patient["conditionalDelete"], patient["versioning"]) == ("multiple", "versioned-update")
    assert patient["operation"][0]["name"] == "everything"


def test_every_listed_parameter_can_be_searched() -> None:
    statement = capability_statement(CHART_TYPES, ["search-type"], "http://x", "1")
    for resource in statement["rest"][0]["resource"]:
        for parameter in resource["searchParam"]:
            if parameter["name"] not in ("_has", "_filter") and parameter["type"] != "composite":
                check_search(resource["type"], f"{parameter['name']}=")
