"""The published card of a variant: what is asked, its constants, and what a validation run measured.

The constants come from the code and a test compares them with the committed cards; the measured part is of one run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import fill

from ehr_sandbox.ablations import BLIND_TO
from ehr_sandbox.gaming import BOUND, CHEATS, CheatFigure
from ehr_sandbox.not_asked import not_asked
from ehr_sandbox.validation_summary import VariantSummary
from tasks.trial_audit import COHORT_WEIGHT, ICH, KAHN, TYPE_WEIGHTS, VARIANTS, VERSION, Variant

_WIDTH = 120
_ASKED = """\
An agent audits one oncology trial over FHIR R4: it reads the chart and the protocol in it, flags each subject who
breaks the protocol with evidence and confidence, and closes with a report. [Overview and score](../trial_audit.md)."""


def write_cards(summaries: Iterable[VariantSummary], folder: Path) -> list[Path]:
    """One Markdown file per variant of trial_audit, `folder/trial_audit/<variant>.md`."""
    written = []
    for summary in summaries:
        suite, _, name = summary.task.partition("/")
        if suite == "trial_audit":
            path = folder / suite / f"{name}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(card(VARIANTS[name], summary))
            written.append(path)
    return written


def card(variant: Variant, summary: VariantSummary) -> str:
    parts = (_ASKED + "\n", constants(variant), _truth(summary), measured(summary), _issues(variant, summary))
    return f"# {summary.task}\n\n" + "\n".join(parts)


def constants(variant: Variant) -> str:
    """What the code fixes; nothing measured."""
    budget = variant.budget
    rows = [
        ("version of the generator", VERSION),
        ("enrolled subjects, screened and not enrolled", f"{variant.enrolled}, {variant.screened}"),
        ("disorder laid over the chart", variant.mess),
        ("age range, one of", ", ".join(f"{low}-{high}" for low, high in variant.age_ranges)),
        ("treatment window in days, one of", _listed(variant.windows)),
        ("Stage IV extension in days, one of", _listed(variant.stage_iv_extra)),
        ("comorbidity index that voids it: over one of", _listed(variant.comorbidity_thresholds) or "no such rule"),
        ("cohort verdict", f"asked, weight {COHORT_WEIGHT}" if variant.equity_clause else "not asked"),
        ("a site is escalated from", f"{variant.escalate} subjects with an important deviation"),
        ("FHIR requests, audit actions", f"{budget.fhir}, {budget.actions}"),
        ("par of FHIR requests", str(budget.par)),
        ("ceiling (the reference), floor (doing nothing)", "1.0, 0.0"),
    ]
    types = [(f"`{name}`", str(TYPE_WEIGHTS[name]), ICH[name], KAHN[name]) for name in variant.finding_types]
    return (
        f"## Constants\n\n{_table(('', ''), rows)}\n"
        f"{_table(('finding type', 'weight', 'deviation (ICH E6)', 'category (Kahn)'), types)}"
    )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _truth(summary: VariantSummary) -> str:
    low, mean, high = summary.resources
    largest = sorted(summary.counts.items(), key=lambda pair: -pair[1])
    kinds = [(f"`{kind}`", str(few), f"{avg:.1f}", str(most)) for kind, (few, avg, most) in summary.kinds.items()]
    traps = [(name, f"{number:.1f}") for name, number in summary.families.items()]
    return (
        f"## World and truth\n\nOver indices {summary.first}-{summary.last}: {low} to {high} resources (mean"
        f" {mean:.0f}, {summary.megabytes} MB of JSON). By type, on average:\n"
        f"{_wrapped(f'{name} {number:.0f}' for name, number in largest)}\n\n"
        f"{_table(('items per index', 'fewest', 'mean', 'most'), kinds)}\n"
        f"{_table(('look-alikes that are no error (traps)', 'mean per index'), traps)}"
    )


def measured(summary: VariantSummary) -> str:
    """What a run measured, as Markdown; empty for a suite without probes."""
    if not (summary.ablations or summary.cheats or summary.probes):
        return ""
    parts = [
        f"## Measured\n\nIndices {summary.first}-{summary.last}, {len(summary.problems)} problems. Digest of the first"
        f" index's world: `{summary.digest}`;\nof all digests in order: `{summary.digests}`.\n",
        _agents(summary),
        _ablations(summary),
        _cheats(summary),
        _probes(summary),
        _not_asked(summary),
    ]
    return "\n".join(part for part in parts if part)


def _agents(summary: VariantSummary) -> str:
    rows = [
        (
            f"`{name}`",
            _interval(mean, summary.half_widths.get(name)),
            f"{summary.mean_nets[name]:+.3f}",
            f"{summary.played[name]}",
        )
        for name, mean in summary.means.items()
    ]
    note = f"The reference needed at most {summary.most_requests} FHIR requests."
    return f"{_table(('agent', 'mean reward', 'mean net', 'indices'), rows)}\n{note}\n"


def _ablations(summary: VariantSummary) -> str:
    rows = [
        (
            f"`{figure.name}`",
            BLIND_TO[figure.name].says,
            _interval(figure.mean, figure.half_width),
            _most(figure.lost, lambda kind: kind.partition(".")[2]),
            _most(figure.false, str),
            _most(figure.traps, str),
        )
        for figure in summary.ablations
    ]
    if not rows:
        return ""
    head = (
        "the reference with one blind spot",
        "which is",
        "mean reward",
        "items lost per index",
        "wrong findings",
        "traps flagged",
    )
    return (
        f"{_table(head, rows)}\nOver the first {summary.ablations[0].indices} indices; all but the reward per index.\n"
    )


def _most(counts: Mapping[str, float], short: Callable[[str], str]) -> str:
    found = sorted(((number, short(name)) for name, number in counts.items() if number >= 0.05), reverse=True)
    return ", ".join(f"{name} {number:.1f}" for number, name in found[:4]) or "-"


def _cheats(summary: VariantSummary) -> str:
    rows = [
        (
            f"`{c.name}`",
            c.says,
            _interval(c.mean, c.half_width),
            "-" if c.learned is None else str(c.learned),
            _bound(c),
        )
        for c in summary.cheats
    ]
    if not rows:
        return ""
    note = (
        f"Over {summary.cheats[0].worlds} indices; each is given the whole chart within par and full evidence, and what"
        " can be learned from\nthe truth of other indices."
    )
    return f"{_table(('cheat', 'which', 'mean reward', 'types learned', 'bound'), rows)}\n{note}\n"


def _bound(cheat: CheatFigure) -> str:
    if not cheat.is_bounded:
        return "published"
    return "nothing learned" if cheat.is_empty else f"at most {BOUND}".replace("0.", ".")


def _probes(summary: VariantSummary) -> str:
    rows = [
        (p.name, f"{p.auc:.3f}", f"{p.error:.3f}", f"{p.expected} ± {p.bound:.3f}", f"{p.count} of {p.rows}")
        for p in summary.probes
    ]
    head = ("what is asked for", "AUC", "chance error", "must be", "positive rows")
    return _table(head, rows) if rows else ""


def _not_asked(summary: VariantSummary) -> str:
    missing = not_asked(summary)
    return fill(f"Not asked: {'; '.join(missing)}.", _WIDTH) + "\n" if missing else ""


def _issues(variant: Variant, summary: VariantSummary) -> str:
    earned = {cheat.name: _interval(cheat.mean, cheat.half_width) for cheat in summary.cheats}
    figures = {name: earned.get(name, "what a longer run measures") for name in CHEATS}
    listed = [text.format_map(figures) for applies, text in KNOWN_ISSUES if applies(variant)]
    lines = (fill(text, _WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False) for text in listed)
    return "## Known issues\n\n" + "\n".join(lines) + "\n"


KNOWN_ISSUES: Sequence[tuple[Callable[[Variant], bool], str]] = (
    (
        lambda variant: True,
        "A missing birth date shows itself: flagging those alone, with nothing else read, earns {missing_birth_dates}.",
    ),
    (
        lambda variant: any(row.kind == "death_before_treatment" for row in variant.errors),
        "Who is dead is content that every reader sees, and temporal items are among the dead: flagging them with no"
        " date read earns {the_dead}. Learned cheats are given no column that names a death; that a subject is off"
        " study tells nearly as much.",
    ),
    (
        lambda variant: any(row.kind == "override" for row in variant.errors),
        "So is who is Stage IV over the threshold of the index, and items are among them too: flagging them with no"
        " date read earns {stage_iv_high_index}.",
    ),
    (
        lambda variant: variant.equity_clause,
        "Shares and crude gap settle the verdict `none`, and a coin the rest: that decides .60 of the verdicts; what it"
        " earns is in the row `cohort_by_margins`.",
    ),
    (
        lambda variant: variant.equity_clause,
        "Group crossed with anything that follows stage (delays, doses, ECOG) carries the group x stage table, which"
        " with stage x death is the answer; no probe may use it (docs/decisions/0007).",
    ),
    (
        lambda variant: variant.enrolled < 100,
        "With 40 subjects and one or two items of a kind a sure claim is a cheap gamble, for a loss is cut off at 0:"
        " one type on the first subjects earns {one_type}. Learned cheats earn more only by guessing who is dead;"
        " that among the dead nothing tells more is what the probe of temporal items asks.",
    ),
)


def _interval(mean: float, half: float | None) -> str:
    return f"{mean:.3f}" if half is None else f"{mean:.3f} ± {half:.3f}"


def _wrapped(words: Iterable[str]) -> str:
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) + 2 > _WIDTH:
            lines.append("")
        lines[-1] += (", " if lines[-1] else "") + word
    return ",\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
