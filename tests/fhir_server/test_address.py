from fhir_server.address import query_with, written_query


def test_parameters_are_sorted_by_name_and_percent_encoded() -> None:
    assert written_query("code=a|b,c&_count=5&a~=*&code=") == "?_count=5&a%7E=*&code=a%7Cb%2Cc&code="
    assert written_query("") == ""


def test_another_page_is_the_same_query_with_another_offset() -> None:
    assert query_with("name=x&_offset=5", 20, 25) == "?_count=20&_offset=25&name=x"
