"""One chart as a reviewer sees it: the question, the chart, who else might be the same person, the protocol.

Made of the finished resources and the claim alone; nothing here knows whether the claim is right.
"""

from collections.abc import Iterator

from ehr_sandbox.describe import Charts, Html, Person, page, person_view, tag
from ehr_sandbox.review.findings import protocol_text, rule_of, words_of
from ehr_sandbox.review.markdown import inline, rendered

_SECTIONS = (("question", "Question"), ("chart", "Chart"), ("others", "Same person?"), ("protocol", "Protocol"))


def chart_page(chart: str, charts: Charts, person: Person, subject: str, finding_type: str) -> str:
    """subject: the ResearchSubject's reference. Raises Unsupported if the world's protocol does not know the type."""
    protocol = protocol_text(charts)
    rule = rule_of(finding_type, protocol)
    question = tag(
        "section",
        tag("p", tag("b", words_of(finding_type))),
        *(tag("p", number, " ", *inline(text)) for number, text in rule.clauses),
        tag("p", f"Class of the deviation: {rule.deviation} (ICH E6).", class_="note"),
        tag(
            "p",
            "Agree if, by the protocol's words, this chart shows this deviation. Disagree if it does not, or if what"
            " looks like one is none. Unsure if the chart does not settle it. Other deviations do not matter here.",
            class_="note",
        ),
        class_="question",
        id="question",
    )
    return page(
        f"Chart {chart}",
        tag("header", tag("h1", f"Chart {chart}"), tag("p", _named(charts, subject), class_="lead"), class_="top"),
        question,
        tag("section", person_view(charts, person, is_open=True), id="chart"),
        tag("section", tag("h2", "Might be the same person"), *_others(charts, person), id="others"),
        tag("section", tag("h2", "The protocol"), tag("div", *rendered(protocol), class_="protocol"), id="protocol"),
        sections=_SECTIONS,
    )


def _named(charts: Charts, subject: str) -> str:
    identifiers = charts.by_reference[subject].get("identifier", ())
    return f"Subject {', '.join(str(i.get('value')) for i in identifiers)} ({subject})"


def _others(charts: Charts, person: Person) -> Iterator[Html]:
    """Charts in the same trial that share the full name or a number, whatever the claim is about."""
    alike = [other for other in charts.persons if other.id != person.id and _shared(person, other)]
    if not alike:
        yield tag("p", "Nobody else in this trial shares this person's full name or any of the numbers.", class_="lead")
    for other in alike:
        yield tag("p", f"Shares {' and '.join(_shared(person, other))}:", class_="lead")
        yield person_view(charts, other, is_open=True)


def _shared(one: Person, other: Person) -> list[str]:
    out = []
    if (name := _full_name(one)) and name == _full_name(other):
        out.append("the name")
    if (numbers := _numbers(one)) and numbers & _numbers(other):
        out.append("a number")
    return out


def _full_name(person: Person) -> tuple[str, str] | None:
    for name in person.patient.get("name", ()):
        given = name.get("given") or [""]
        if name.get("use") in {"official", None}:
            return str(name.get("family")), str(given[0])
    return None


def _numbers(person: Person) -> set[tuple[str, str]]:
    return {
        (str(i.get("system")), str(i.get("value")))
        for node in (person.patient, *person.duplicates)
        for i in node.get("identifier", ())
        if i.get("value")
    }
