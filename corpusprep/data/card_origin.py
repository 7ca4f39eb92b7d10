"""The sections of the card that say where a corpus is from, how it is made, and its limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from corpusprep.data.examples import first_row
from corpusprep.data.markdown import code, fenced, folded, grid, plain, section, span
from corpusprep.data.meanings import COLUMNS, COLUMNS_OF, NEVER_LOOKED_FOR, NOT_RUN
from corpusprep.data.phrases import grouped, percent, say, visible
from corpusprep.data.wording import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from corpusprep.data.columns import Ranking
    from corpusprep.data.facts import Facts, Table
    from corpusprep.data.totals import Statistics

TOP_INPUTS = 50
TOP_SITES = 20
EXAMPLE_LENGTH = 24  # characters: a column of the table stays narrower than a screen
SHORT = 200  # characters: one of the histogram's steps; a post or a notice, hardly an article


def columns(facts: Facts, language: int) -> str:
    """Return how to load the tables, and what their columns mean, with the first row."""
    loads = "".join(
        f'\n{name} = load_dataset("PATH_OR_NAME", "{name}", split="{_split(table)}")'
        for name, table in facts.tables.items()
        if table.rows
    )
    how = fenced(f"from datasets import load_dataset\n{loads}", "python")
    tables = (_column_table(table, language) for table in facts.tables.values())
    return "\n".join((section("##", say("columns", language), how), *tables))


def _split(table: Table) -> str:
    return next(name for name, split in table.splits.items() if split.rows)


def _column_table(table: Table, language: int) -> str:
    row = first_row(table)
    rows = []
    for field in table.schema:
        meanings = COLUMNS_OF.get((table.name, field.name)) or COLUMNS.get(field.name, ("", ""))
        value = row.get(field.name)
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        example = "" if value is None else code(visible(shown, EXAMPLE_LENGTH))
        kind = code(_type_name(field.type))
        rows.append((code(field.name), kind, meanings[language], example))
    head = [say(word, language) for word in ("column", "type", "meaning", "example")]
    about = [TABLES[table.name][language], say("rows", language, n=grouped(table.rows))]
    if set(table.splits) != {"train"}:
        about += [f"{name} {grouped(split.rows)}" for name, split in table.splits.items()]
    return section("###", f"`{table.name}`", " · ".join(about), grid(head, rows, "llll"))


def _type_name(kind: pa.DataType) -> str:
    """Return the Arrow type without the names that Parquet gives to the items of lists."""
    return re.sub(r"\b(?:element|item): ", "", str(kind))


def provenance(facts: Facts, language: int) -> str:
    """Return the input files, with their hashes where the run took any."""
    listed = facts.report["inputs"][:TOP_INPUTS]
    hashed = any(file["sha256"] for file in listed)
    head = [say(word, language) for word in ("file", "bytes", "documents in")]
    rows = [
        [code(file["path"]), grouped(file["bytes"]), grouped(file["documents"])]
        + [code(file["sha256"] or "")] * hashed
        for file in listed
    ]
    more = facts.inputs[0] - len(listed)
    notes = [say("more inputs", language, n=grouped(more))] if more > 0 else []
    files = grid(head + ["SHA-256"] * hashed, rows, "lrrl" if hashed else "lrr")
    return section("##", say("provenance", language), files, *notes)


def sites(statistics: Statistics, language: int) -> str:
    """Return which sites the documents are from, and of which time."""
    found, dates = statistics.columns.sites, statistics.columns.dates
    if not found.rows:
        return ""
    parts = [_site_table(found, language)] if found.top and found.top[0][1] > 1 else []
    number = say("site number" if found.names else "many sites", language, n=_number(found))
    parts.append(number)
    if found.error:
        parts.append(say("site error", language, error=grouped(found.error)))
    share = percent(dates.dated, statistics.documents)
    kind = "dates" if dates.dated else "no dates"
    span_ = {"first": dates.first, "last": dates.last}
    parts.append(say(kind, language, n=grouped(dates.dated), share=share, **span_))
    return section("###", say("sites", language), *parts)


def _number(found: Ranking) -> str:
    return grouped(found.names or len(found.top))


def _site_table(found: Ranking, language: int) -> str:
    shown = found.top[:TOP_SITES]
    rows = [(code(site), grouped(n), percent(n, found.rows)) for site, n in shown]
    others = found.rows - sum(n for _, n in shown)
    if others:
        rows.append((say("others", language), grouped(others), percent(others, found.rows)))
    head = [say(word, language) for word in ("site", "documents", "share of corpus")]
    return grid(head, rows, "lrr")


def private(facts: Facts, language: int) -> str:
    """Return what personal data was looked for, and which wishes to be left out were heard."""
    ran = {stage["stage"] for stage in facts.stages}
    looked = [NOT_RUN["private"][language]] if "private" not in ran else _masked(facts, language)
    lines = [*looked, _optouts(facts.report.get("optouts"), language)]
    if gone := sum(told["documents"] for told in facts.report.get("takedowns", ())):
        lines.append(say("takedowns", language, n=grouped(gone)))
    lines.append(say("masked", language))
    listed = "\n".join(f"- {line}" for line in lines)
    return section("##", say("private", language), listed)


def _masked(facts: Facts, language: int) -> list[str]:
    """Return a line for each class of personal data that was found; one where none was."""
    found = [rule for rule in facts.rules if rule.stage == "private"]
    if not found:
        return [say("private none", language)]
    return [
        say(
            "private found",
            language,
            rule=span(rule.rule),
            n=grouped(rule.edits),
            documents=grouped(rule.documents),
        )
        for rule in found
    ]


def _optouts(counted: Any, language: int) -> str:
    """Return how many documents were left out because they asked for it, if anybody looked."""
    if counted is None:
        return say("no optouts", language)
    by_kind = counted if isinstance(counted, dict) else {}
    n = sum(by_kind.values()) if by_kind else int(counted or 0)
    kinds = "".join(f" {span(kind)} {grouped(k)}" for kind, k in sorted(by_kind.items()))
    return say("optouts", language, n=grouped(n)) + kinds


def reproduce(facts: Facts, language: int) -> str:
    """Return what gives the same corpus again: signature, command, recipe."""
    return section(
        "##",
        say("reproduce", language),
        f"{say('signature', language)}: {span(facts.report['signature'])}",
        say("reproduce how", language),
        fenced(facts.report["command"], "sh"),
        folded(f"{say('recipe', language)} recipe.toml", fenced(facts.recipe, "toml")),
    )


def not_looked_for(facts: Facts, language: int) -> str:
    """Return what this corpus was never checked for."""
    ran = {stage["stage"] for stage in facts.stages} | {"private"}  # which has its own section
    missing = [words for stage, words in NOT_RUN.items() if stage not in ran]
    lines = "\n".join(f"- {words[language]}" for words in (*missing, *NEVER_LOOKED_FOR))
    return section("##", say("not looked for", language), lines)


def limits(statistics: Statistics, language: int) -> str:
    """Return what was measured of how one-sided the corpus is."""
    lines = "\n".join(f"- {line}" for line in _measured(statistics, language))
    return section("##", say("limits", language), lines) if lines else ""


def _measured(statistics: Statistics, language: int) -> Iterator[str]:
    columns, documents = statistics.columns, statistics.documents
    if columns.sites.rows:
        counts = [n for _, n in columns.sites.top[:TOP_SITES]]
        shares = {"one": percent(counts[0], documents), "all": percent(sum(counts), documents)}
        yield say("limit sites", language, k=TOP_SITES, **shares)
    if documents:
        undated = documents - columns.dates.dated
        yield say("limit dates", language, share=percent(undated, documents))
    if columns.documents.texts:
        short = sum(n for start, n in columns.documents.bars if start < SHORT)
        share = percent(short, columns.documents.texts)
        yield say("limit short", language, share=share, length=SHORT)
    if columns.scripts.rows:
        kinds = dict(columns.scripts.top)
        named = ("simplified", "traditional", "mixed")
        shares = {kind: percent(kinds.get(kind, 0), columns.scripts.rows) for kind in named}
        yield say("limit scripts", language, **shares)


def warnings(facts: Facts, language: int) -> str:
    """Return what the run warned of."""
    lines = "\n".join(f"- {plain(warning)}" for warning in facts.report["warnings"])
    return section("##", say("warnings", language), lines) if lines else ""


def licence(keys: dict[str, Any], language: int) -> str:
    """Return the licence that a person stated, or that nobody did."""
    given = keys.get("license")
    text = span(str(given)) if given else say("licence missing", language)
    return section("##", say("licence", language), text)
