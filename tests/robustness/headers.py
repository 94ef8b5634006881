"""Headers of requests, well and badly filled."""

from fhir_seed.stream import Stream

_CONTENT_TYPES = (
    *(
        b"application/json-patch+json",
        b"application/json",
        b"application/fhir+xml",
        b"application/x-www-form-urlencoded",
    ),
    *(
        b"text/plain",
        b"",
        b"application/fhir+json; charset=utf-16",
        b"multipart/form-data; boundary=x",
        b"\xff\xfe",
        b";;;",
    ),
)
_HEADERS: dict[bytes, tuple[bytes, ...]] = {
    b"accept": (
        b"application/fhir+xml",
        b"*/*",
        b"text/html;q=0.9,*/*;q=0.1",
        b"",
        b";",
        b"a/b;q=9999999",
        b"\xe9",
        b"," * 500,
    ),
    b"if-match": (b'W/"1"', b'"2"', b"W/", b"1", b"*", b'W/"' + b"9" * 5000 + b'"', b"\xff", b'W/"1", W/"2"'),
    b"if-none-match": (b'W/"1"', b"*", b"", b'W/"x"', b"\xff"),
    b"if-none-exist": (
        b"identifier=x|1",
        b"_id=p-a",
        b"",
        b"?",
        b"Patient?name=x",
        b"%zz",
        b"nope=1",
        b"name=\xff",
        b"gender=male",
    ),
    b"if-modified-since": (
        b"Mon, 02 Mar 2026 14:00:00 GMT",
        b"yesterday",
        b"",
        b"Mon, 99 Foo 99999 25:61:61 GMT",
        b"\xff",
    ),
    b"prefer": (b"return=minimal", b"return=representation", b"return=OperationOutcome", b"handling=strict", b"=;,"),
    b"cache-control": (
        b"no-store, max-results=3",
        b"no-cache",
        b"max-results=" + b"9" * 50,
        b"no-store,max-results=-1",
    ),
    b"x-request-id": (b"r1", b"\xff" * 10, b"x" * 5000, b"a\tb"),
    b"origin": (b"http://app", b"null", b"\xff", b""),
    b"access-control-request-method": (b"PUT", b"NOPE", b""),
    b"access-control-request-headers": (b"content-type", b"x-y, ,", b"\xff"),
    b"accept-encoding": (b"gzip", b"gzip;q=0", b"br", b"*", b"gzip" * 100),
    b"content-encoding": (b"gzip", b"deflate", b"nope"),
    b"x-forwarded-host": (b"evil", b"\xff"),
    b"content-length": (b"0", b"-1", b"x", b"99999999999999999999"),
}

Headers = tuple[tuple[bytes, bytes], ...]


def headers(stream: Stream, content_type: bytes) -> Headers:
    """Some, with this content type, or now and then another."""
    given = content_type if stream.chance(930) else stream.choice(_CONTENT_TYPES)
    found = [(b"host", b"server")] + ([(b"content-type", given)] if given else [])
    for _ in range(stream.weighted((60, 25, 10, 5))):
        name = stream.choice(tuple(_HEADERS))
        found.append((name, stream.choice(_HEADERS[name])))
    return tuple(found)
