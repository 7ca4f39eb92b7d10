"""The sections of the card that count: what came in, what each stage and rule took, what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpusprep.data.charts import FOLDER, MOST_ROWS, draw
from corpusprep.data.markdown import code, folded, grid, plain, section, span, stage_name
from corpusprep.data.meanings import MENDING
from corpusprep.data.phrases import grouped, percent, say, visible
from corpusprep.data.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from corpusprep.data.columns import Ranking, Spread
    from corpusprep.data.examples import Example, Rule
    from corpusprep.data.facts import Facts, RuleCount
    from corpusprep.data.totals import Statistics

TOP_RULES = 20  # a card is read, a report is searched: report.json has them all
TOP_VALUES = 8  # of a label: script and genre have fewer, encodings of a crawl a long tail
EXAMPLE_LENGTH = 40  # characters: three of them stand in two lines of a screen


def summary(facts: Facts, keys: dict[str, Any], language: int) -> str:
    """Return the head of the card: what it is, and the balance of documents and characters."""
    report = facts.report
    characters = report["characters"]
    files, size = facts.inputs
    rows = [
        (say("inputs", language), grouped(files), ""),
        (say("input bytes", language), grouped(size), ""),
        *_counts("documents", report["documents"], facts.judged, language),
        *_counts("characters", characters, characters["in"], language),
        (say("sentences", language), grouped(report["sentences"]), ""),
    ]
    head = [say(word, language) for word in ("what", "count", "share")]
    balance = say("balance", language, **{k: grouped(v) for k, v in characters.items()})
    title = plain(str(keys["pretty_name"])) if language == 0 else "In English"
    counted = section("##", say("summary", language), grid(head, rows, "lrr"), balance)
    return section("#", title, _intro(facts, language)) + "\n" + counted


def _intro(facts: Facts, language: int) -> str:
    intro = say(
        "intro",
        language,
        version=plain(facts.report["corpusprep"]),
        inputs=grouped(facts.inputs[0]),
        out=grouped(facts.report["documents"]["out"]),
    )
    return intro + (" " if language else "") + say(f"ledger {facts.ledger}", language)


def _counts(
    kind: str, counts: dict[str, int], whole: int, language: int
) -> Iterator[tuple[str, str, str]]:
    for name, n in counts.items():
        share = "" if name == "in" else percent(n, whole)
        yield say(f"{kind} {name}", language), grouped(n), share


def measures(statistics: Statistics, language: int) -> str:
    """Return how long the texts are and what kinds there are, with the charts."""
    columns = statistics.columns
    words = ("lengths", "mean", "p5", "p25", "p50", "p75", "p95", "longest")
    rows = [
        (say(word, language), *_lengths(spread))
        for word, spread in (("per document", columns.documents), ("per sentence", columns.sentences))
        if spread.texts
    ]  # fmt: skip
    if not rows:
        return ""
    pictures = [
        f"![{_alternative(chart.name, statistics, language)}]({FOLDER}/{chart.name}.svg)"
        for chart in draw(statistics)
    ]
    kinds = (
        ("scripts", columns.scripts),
        ("genres", columns.genres),
        ("encodings", columns.encodings),
    )
    values = [row for kind, ranking in kinds for row in _values(kind, ranking, language)]
    head = [say(word, language) for word in ("label", "value", "documents", "share of corpus")]
    table = [grid(head, values, "llrr")] if values else []
    lengths = grid([say(word, language) for word in words], rows, "lrrrrrrr")
    return section("##", say("measures", language), lengths, *pictures, *table)


def _lengths(spread: Spread) -> list[str]:
    percentiles = [grouped(spread.percentiles[p]) for p in (5, 25, 50, 75, 95)]
    return [f"{spread.mean:,.1f}", *percentiles, grouped(spread.longest)]


def _alternative(name: str, statistics: Statistics, language: int) -> str:
    """Return what a chart shows, for those who do not see it."""
    columns = statistics.columns
    title = say(f"chart {name}", language)
    spreads = {"document-lengths": columns.documents, "sentence-lengths": columns.sentences}
    if name in spreads:
        p = {f"p{k}": grouped(n) for k, n in spreads[name].percentiles.items()}
        return f"{title}: {say('alternative lengths', language, **p)}"
    if name == "years":
        return f"{title}: {columns.dates.first} – {columns.dates.last}"
    ranking = columns.scripts
    kinds = [
        f"{_named('scripts', value, language)} {percent(n, ranking.rows)}"
        for value, n in ranking.top[:MOST_ROWS]
    ]
    return f"{title}: {', '.join(kinds)}"


def _values(kind: str, ranking: Ranking, language: int) -> Iterator[tuple[str, str, str, str]]:
    """Give a row for each of the most frequent values, and one for the others."""
    shown = ranking.top[:TOP_VALUES]
    others = ranking.rows - sum(n for _, n in shown)
    for value, n in shown:
        named = _named(kind, value, language)
        yield say(kind, language), named, grouped(n), percent(n, ranking.rows)
    if others:
        word = say("others", language)
        yield say(kind, language), word, grouped(others), percent(others, ranking.rows)


def _named(kind: str, value: str, language: int) -> str:
    """Return what a value of a label is called, or itself where a corpus brought its own."""
    key = f"{kind} {value}"
    return say(key, language) if key in WORDS else plain(visible(value, EXAMPLE_LENGTH))


def funnel(facts: Facts, language: int) -> str:
    """Return what came into each stage and what went out."""
    words = ("stage", "documents in", "documents out", "characters in", "characters out")
    head = [say(word, language) for word in (*words, "stage share")]
    rows = [
        (
            stage_name(s["stage"], language),
            grouped(s["documents_in"]),
            grouped(s["documents_out"]),
            grouped(s["characters_in"]),
            grouped(s["characters_out"]),
            percent(s["characters_out"], s["characters_in"]),
        )
        for s in facts.stages
    ]
    return section("##", say("stages", language), grid(head, rows, "lrrrrr"))


def rules(
    facts: Facts, examples: Mapping[Rule, Sequence[Example]], language: int, *, mending: bool
) -> str:
    """Return what each rule did that mends characters, or each one that takes text away."""
    found = [rule for rule in facts.rules if (rule.stage in MENDING) == mending]
    title = say("repairs" if mending else "rules", language)
    if not found:
        return section("##", title, say("no edits", language))
    words = ("rule", "stage", "edits", "documents", "removed", "inserted", "replaced")
    head = [say(word, language) for word in (*words, "character share")]
    whole = facts.report["characters"]["in"]
    rows = [_rule_row(rule, whole, language) for rule in found[:TOP_RULES]]
    more = len(found) - TOP_RULES
    notes = [say("more rules", language, n=grouped(more))] if more > 0 else []
    notes += [] if mending else [say("units", language)]
    lines = [
        _changes(rule, examples.get((rule.stage, rule.rule), ())) for rule in found[:TOP_RULES]
    ]
    notes += _examples(lines, language)
    return section("##", title, grid(head, rows, "llrrrrrr"), *notes)


def _rule_row(rule: RuleCount, whole: int, language: int) -> tuple[str, ...]:
    counts = (rule.edits, rule.documents, rule.removed, rule.inserted, rule.replaced)
    share = percent(rule.removed + rule.replaced, whole)
    return code(rule.rule), stage_name(rule.stage, language), *map(grouped, counts), share


def _changes(rule: RuleCount, examples: Sequence[Example]) -> str:
    """Return the line of a rule's examples: what stood there, and what stands there now."""
    shown = [" → ".join(span(_cut(text)) for text in (e.old, e.new) if text) for e in examples]
    return f"- {span(rule.rule)}: {' · '.join(shown)}" if shown else ""


def _examples(lines: Sequence[str], language: int) -> list[str]:
    filled = "\n".join(line for line in lines if line)
    return [folded(say("examples", language), filled)] if filled else []


def _cut(text: str) -> str:
    return visible(text.strip("\r\n \u3000") or text, EXAMPLE_LENGTH)


def rejections(facts: Facts, examples: Mapping[Rule, Sequence[Example]], language: int) -> str:
    """Return which rules left how many documents out."""
    title = say("rejections", language)
    if not facts.rejections:
        return section("##", title, say("no rejections", language))
    head = [say(word, language) for word in ("rule", "stage", "documents", "share")]
    rows = [
        (
            code(r.rule),
            stage_name(r.stage, language),
            grouped(r.documents),
            percent(r.documents, facts.judged),
        )
        for r in facts.rejections
    ]
    lines = [_rejected(r.rule, examples.get((r.stage, r.rule), ())) for r in facts.rejections]
    return section("##", title, grid(head, rows, "llrr"), *_examples(lines, language))


def _rejected(rule: str, examples: Iterable[Example]) -> str:
    """Return the line of documents that a rule left out: how each begins, and the evidence."""
    shown = [
        " ← ".join(span(_cut(text)) for text in (e.old, e.new) if text.strip()) for e in examples
    ]
    return f"- {span(rule)}: {' · '.join(filter(None, shown))}" if any(shown) else ""


def duplicates(facts: Facts, language: int) -> str:
    """Return how many duplicates were found, and how they were looked for."""
    title = say("duplicates", language)
    if all(stage["stage"] != "duplicates" for stage in facts.stages):
        return section("##", title, say("no duplicates", language))
    counts = {"contained": 0, "forms_kept_apart": 0, **facts.report["duplicates"]}
    shown = {k: grouped(v) if isinstance(v, int) else v for k, v in counts.items()}
    marked = counts.get("action") == "mark"
    told = [
        say("duplicate counts", language, **shown),
        say("duplicates marked" if marked else "duplicates removed", language),
    ]
    if {"overlap", "keep"} <= set(counts):
        kept = say(f"keep {counts['keep']}", language)
        told.append(say("duplicate parameters", language, **{**shown, "keep": kept}))
    if counts.get("already_there"):
        told.append(say("already there", language, **shown))
    return section("##", title, (" " if language else "").join(told))
