"""Run records are read line by line, and say where they are wrong."""

import pytest

from fhir_r4 import Invalid
from tasks import End, FhirCall, Header, dump_line, read_record

HEADER = Header(
    episode="e1", task="mock/tiny/0", world_version="1", world_digest="d", salt="public", backend="embedded",
    now="2026-03-02T14:00:00Z", fhir_base="http://x/fhir", fhir_budget=12, action_budget=6, par=6,
)  # fmt: skip
CALL = FhirCall(
    seq=1, method="GET", path="Patient", query="_count=2", status=200, bytes=10, cost=1, left=11,
    full=("Patient/a/_history/1",), partial=("Patient/b/_history/1",),
)  # fmt: skip
END = End(seq=2, cause="closed", findings=(), report=None, changes={})


def test_a_record_is_what_was_written() -> None:
    record = read_record(map(dump_line, (HEADER, CALL, END)))
    assert (record.header, record.events, record.end) == (HEADER, (CALL,), END)
    assert (record.fhir_requests, record.bytes_read, record.retrieved) == (1, 10, frozenset({"Patient/a"}))


def test_a_torn_last_line_is_left_out() -> None:
    record = read_record([dump_line(HEADER), dump_line(CALL), dump_line(END)[:-5]])
    assert (record.events, record.end) == ((CALL,), None)


@pytest.mark.parametrize(
    ("lines", "because"),
    [
        ([], "no header"),
        ([dump_line(CALL)], "line 1 of the run record is out of place"),
        ([dump_line(HEADER), dump_line(HEADER)], "line 2 of the run record is out of place"),
        ([dump_line(HEADER), dump_line(END), dump_line(CALL)], "line 3 of the run record is out of place"),
        ([dump_line(HEADER), b'{"event":"nonsense"}\n'], "line 2 of the run record is not one"),
        ([b"not json\n"], "line 1 of the run record is not one"),
    ],
)
def test_what_is_no_record_is_refused_with_its_line(lines: list[bytes], because: str) -> None:
    with pytest.raises(Invalid, match=because):
        read_record(lines)
