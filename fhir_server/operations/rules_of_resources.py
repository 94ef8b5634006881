"""What a resource lacks by its R4 definition: mandatory elements, a narrative, what every observation should have.

The texts and their order are those of the HL7 validator that HAPI 8.8 carries. Invariants other than dom-6, terminology
and profiles other than the type's own are not checked.
"""

from collections.abc import Iterator, Mapping

from fhir_r4 import Element, elements, is_resource_type, members, primitives
from fhir_server.operations.issues import Issue, issue_at
from fhir_server.operations.placed import Placed

_DEFINITION = "http://hl7.org/fhir/StructureDefinition/"
_SHOULD: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "Observation": (
        ("subject", "a subject", "All_observations_should_have_a_subject"),
        ("performer", "a performer", "All_observations_should_have_a_performer"),
        (
            "effective[x]",
            "an effective[x] ()",
            "All_observations_should_have_an_effectiveDateTime_or_an_effectivePeriod",
        ),
    )
}


def missing_issues(node: Placed, path: str, type_name: str, *, is_contained: bool = False) -> Iterator[Issue]:
    """Of a resource and everything in it."""
    if is_contained:
        yield from _should(node, path, type_name)
    yield from _minimum(node, path, type_name, type_name)
    if not is_contained and "text" in elements(type_name) and "text" not in node.value:
        text = (
            "Constraint failed: dom-6: 'A resource should have narrative for robust management' (defined in "
            f"{_DEFINITION}DomainResource) (Best Practice Recommendation)"
        )
        yield issue_at("warning", text, path, node, f"{_DEFINITION}DomainResource#dom-6")
    if not is_contained:
        yield from _should(node, path, type_name)


def _should(node: Placed, path: str, type_name: str) -> Iterator[Issue]:
    present = {member.name for member in members(type_name) if any(form.name in node.value for form in member.forms)}
    for name, what, message in _SHOULD.get(type_name, ()):
        if name not in present:
            text = f"Best Practice Recommendation: In general, all observations should have {what}"
            yield issue_at("warning", text, path, node, message)


def _minimum(node: Placed, path: str, type_name: str, profile: str) -> Iterator[Issue]:
    """profile: the resource or data type whose definition says what is mandatory here."""
    if not isinstance(node.value, dict):
        return
    for member in members(type_name):
        if member.is_mandatory and not any(f.name in node.value or f"_{f.name}" in node.value for f in member.forms):
            text = (
                f"{type_name}.{member.name}: minimum required = 1, but only found 0 (from {_DEFINITION}{profile}|4.0.1)"
            )
            yield issue_at("error", text, path, node, "Validation_VAL_Profile_Minimum")
    for member in members(type_name):
        for form in member.forms:
            if form.name in node.value:
                yield from _inside(node.value[form.name], f"{path}.{form.name}", form, profile)


def _inside(value: Placed, path: str, element: Element, profile: str) -> Iterator[Issue]:
    if element.type in primitives():
        return
    if isinstance(value.value, list):
        for n, item in enumerate(value.value):
            yield from _inside(item, f"{path}[{n}]", element, profile)
    elif element.type == "Resource":
        yield from _resource(value, path, is_contained=element.name == "contained")
    else:
        yield from _minimum(value, path, element.type, profile if "." in element.type else element.type)


def _resource(node: Placed, path: str, *, is_contained: bool) -> Iterator[Issue]:
    name = node.value.get("resourceType") if isinstance(node.value, dict) else None
    if name is not None and is_resource_type(str(name.value)):
        id = node.value["id"].value if "id" in node.value else "null"
        yield from missing_issues(node, f"{path}/*{name.value}/{id}*/", name.value, is_contained=is_contained)
