import pytest

from fhir_server.place import Place, place_of


@pytest.mark.parametrize(
    ("path", "shape", "arguments"),
    [
        ("", "", ()),
        ("metadata", "metadata", ()),
        ("_history", "_history", ()),
        ("$meta", "$", ("$meta",)),
        ("Patient", "Type", ("Patient",)),
        ("Patient/", "Type", ("Patient",)),
        ("Patient/_search", "Type/_search", ("Patient",)),
        ("Patient/_history", "Type/_history", ("Patient",)),
        ("Patient/$validate", "Type/$", ("Patient", "$validate")),
        ("Patient/a", "Type/id", ("Patient", "a")),
        ("Patient/metadata", "Type/id", ("Patient", "metadata")),
        ("Patient/a/_history", "Type/id/_history", ("Patient", "a")),
        ("Patient/a/_history/2", "Type/id/_history/version", ("Patient", "a", "2")),
        ("Patient/a/$everything", "Type/id/$", ("Patient", "a", "$everything")),
        ("Patient/a/_history/2/$meta", "Type/id/_history/version/$", ("Patient", "a", "2", "$meta")),
        ("Patient/a/Observation", "Type/id/other", ("Patient", "a", "Observation")),
    ],
)
def test_a_path_has_a_shape_and_arguments(path: str, shape: str, arguments: tuple[str, ...]) -> None:
    assert place_of(path) == Place(shape, arguments)
