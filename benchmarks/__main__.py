"""`python -m benchmarks`: measure everything and print one table. What it is at goes to stderr."""

import argparse

from benchmarks import engine, episodes, generation, growth, hapi, loading, memory, over_http, servers
from benchmarks.machine import machine
from benchmarks.metrics import Values
from benchmarks.queries import queries_on
from benchmarks.report import Report, as_json, as_table
from benchmarks.say import say
from benchmarks.scale import FULL, QUICK, Scale


def main() -> None:
    asked = _arguments()
    scale = QUICK if asked.quick else FULL
    why_not = "left out" if asked.no_hapi else servers.without_hapi()
    values = dict(_ours(scale))
    say("growth: five worlds, the largest takes a minute")
    curves = growth.measure(scale)
    values |= growth.largest(curves)
    theirs = why_not or _hapi(scale)
    where = ({"date": asked.date} if asked.date else {}) | machine()
    report = Report(where, scale.variant, generation.build(scale.world).size, values, theirs, curves)
    print(as_json(report) if asked.json else as_table(report))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tiny world and few repetitions: does it run?")
    parser.add_argument("--no-hapi", action="store_true", help="only the embedded engine")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--date", default="", help="written above the table as it is given")
    return parser.parse_args()


def _ours(scale: Scale) -> dict[str, float]:
    values: dict[str, float] = {}
    for part in (generation, loading, engine, memory, episodes):
        say(part.__name__.removeprefix("benchmarks."))
        values |= part.measure(scale)
    say("embedded server over HTTP")
    ask = queries_on(generation.build(scale.world))
    with servers.embedded_server(scale.world) as url:
        values |= {**over_http.measure(url, ask, scale), **over_http.rate(url, ask)}
    return values | servers.cold_starts(scale.world, scale.loads)


def _hapi(scale: Scale) -> Values:
    say("HAPI: start")
    with servers.hapi_server() as url:
        return hapi.measure(url, scale)


if __name__ == "__main__":
    main()
