"""What the card and the audit page know about a finished corpus folder.

Counts come from report.json, types and sizes from the Parquet footers, examples from the first
rows: nothing here reads a table whole, so that a card takes as long for 1 TB as for 1 MB.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow.parquet as pq

from corpusprep.data.wording import TABLES, WORDS
from corpusprep.errors import CorpusprepError
from corpusprep.report import rule_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

EXAMPLES = 3  # of a rule: two may agree by chance, more are not read
MAX_ROWS = 20_000  # of `removed`, looked through for examples: 0.1 s, 2 MB of text
MAX_TEXTS = 500  # of `rejected`, which holds whole documents


class Table(NamedTuple):
    """One table of the corpus: its files and what their footers say."""

    name: str
    files: tuple[Path, ...]
    schema: pa.Schema
    rows: int
    bytes: int  # before compression
    download: int  # as the files lie on the disk


class RuleCount(NamedTuple):
    """How often one rule of one stage acted; the last three in characters."""

    stage: str
    rule: str
    edits: int
    documents: int
    removed: int
    inserted: int
    replaced: int


class Rejection(NamedTuple):
    """How many documents one rule of one stage left out."""

    stage: str
    rule: str
    documents: int


class Example(NamedTuple):
    """What a rule did in one place, or, with `new` as evidence, the start of a rejected text."""

    id: str
    old: str
    new: str


class Facts(NamedTuple):
    """Everything that is said about a corpus."""

    report: dict[str, Any]  # report.json
    recipe: str  # recipe.toml
    tables: dict[str, Table]  # those that have files

    @property
    def stages(self) -> list[dict[str, Any]]:
        """The stages of the report, in order."""
        stages: list[dict[str, Any]] = self.report["stages"]
        return stages

    @property
    def inputs(self) -> tuple[int, int]:
        """How many input files there were, and their bytes; the report lists the first ones."""
        listed = self.report["inputs"]
        total = self.report.get("inputs_total")
        if total:
            return total["files"], total["bytes"]
        return len(listed), sum(file["bytes"] for file in listed)

    @property
    def judged(self) -> int:
        """How many documents were kept or left out: those read, or the articles in their place."""
        documents = self.report["documents"]
        return int(documents["out"] + documents["rejected"])

    @property
    def ledger(self) -> str:
        """How much of the changes is in the table `removed`: full, removals or counts."""
        return str(tomllib.loads(self.recipe).get("write", {}).get("ledger", "removals"))

    @property
    def rules(self) -> list[RuleCount]:
        """The rules that acted, those with the most edits first."""
        found = [
            RuleCount(stage["stage"], rule, **counts)
            for stage in self.stages
            for rule, counts in stage["rules"].items()
            if counts["edits"]
        ]
        return sorted(found, key=lambda r: (-r.edits, r.stage, r.rule))

    @property
    def rejections(self) -> list[Rejection]:
        """The rules that left documents out, those with the most documents first."""
        found = [
            Rejection(stage["stage"], rule, n)
            for stage in self.stages
            for rule, n in stage["rejected"].items()
            if n
        ]
        return sorted(found, key=lambda r: (-r.documents, r.stage, r.rule))


def read_facts(out: Path) -> Facts:
    """Return the facts about the corpus in the folder *out*.

    Raises:
        CorpusprepError: *out* holds no finished corpus.

    """
    try:
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
        recipe = (out / "recipe.toml").read_text(encoding="utf-8")
        tomllib.loads(recipe)
    except FileNotFoundError as error:
        raise CorpusprepError(
            f"{out} holds no finished corpus: {error.filename} is missing; "
            f"make one with `corpusprep run INPUT -o {out}`"
        ) from error
    except ValueError as error:
        raise CorpusprepError(f"{out}/report.json or recipe.toml is damaged: {error}") from error
    return Facts(report, recipe, read_tables(out))


def read_tables(out: Path) -> dict[str, Table]:
    """Return the tables of *out* that have files, from their footers.

    Raises:
        CorpusprepError: a file is no Parquet file, or differs in its columns from the others.

    """
    found = {name: sorted((out / name).glob("train-*.parquet")) for name in TABLES}
    return {name: _read_table(name, files) for name, files in found.items() if files}


def _read_table(name: str, files: list[Path]) -> Table:
    rows = size = 0
    schema: pa.Schema | None = None
    for file in files:
        try:
            with pq.ParquetFile(file) as parquet:
                metadata, its_schema = parquet.metadata, parquet.schema_arrow
        except (OSError, ValueError) as error:
            raise CorpusprepError(f"{file} is no whole Parquet file: {error}") from error
        if schema is not None and its_schema != schema:
            raise CorpusprepError(f"{file} has other columns than {files[0].name}")
        schema = its_schema
        rows += metadata.num_rows
        size += sum(metadata.row_group(g).total_byte_size for g in range(metadata.num_row_groups))
    download = sum(file.stat().st_size for file in files)
    return Table(name, tuple(files), schema, rows, size, download)


def write_whole(path: Path, text: str) -> None:
    """Write *text* to *path*, which then holds all of it or, after a crash, what it held before."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


def first_row(table: Table) -> dict[str, Any]:
    """Return the first row of *table*, or an empty dict."""
    columns = table.schema.names
    for row in _rows(table, columns, limit=1):
        return row
    return {}


def change_examples(table: Table | None) -> dict[tuple[str, str], list[Example]]:
    """Return up to three different changes for each (stage, rule) among the first ledger rows."""
    found: dict[tuple[str, str], list[Example]] = {}
    columns = ["doc_id", "step", "rule", "old", "new", "n", "spans"]
    for row in _rows(table, columns, limit=MAX_ROWS):
        old, new = row["old"] or "", row["new"] or ""
        if row["n"] > 1 and row["spans"]:  # all pieces of a fold in a row: show the first
            old, new = old[: row["spans"][0]["old"]], new[: row["spans"][0]["new"]]
        if old or new:  # the ledger may count folds without keeping their pieces
            key = (row["step"], rule_name(row["rule"]))
            _add(found, key, Example(row["doc_id"] or "", old, new))
    return found


def rejection_examples(table: Table | None) -> dict[tuple[str, str], list[Example]]:
    """Return up to three rejected documents for each (stage, rule), with the evidence as `new`."""
    found: dict[tuple[str, str], list[Example]] = {}
    for row in _rows(table, ["id", "stage", "rule", "detail", "text"], limit=MAX_TEXTS):
        example = Example(row["id"] or "", row["text"] or "", row["detail"] or "")
        _add(found, (row["stage"], rule_name(row["rule"])), example)
    return found


def _add(
    found: dict[tuple[str, str], list[Example]], key: tuple[str, str], example: Example
) -> None:
    kept = found.setdefault(key, [])
    if len(kept) < EXAMPLES and all((e.old, e.new) != (example.old, example.new) for e in kept):
        kept.append(example)


def _rows(table: Table | None, columns: list[str], *, limit: int) -> Iterator[dict[str, Any]]:
    """Give the first *limit* rows of *table*, a few at a time."""
    left = limit
    for file in table.files if table else ():
        with pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(batch_size=min(left, 256), columns=columns):
                yield from batch.slice(0, left).to_pylist()
                left -= batch.num_rows
                if left <= 0:
                    return


def say(key: str, language: int, **values: object) -> str:
    """Return the words for *key*, in Chinese (0) or English (1), with *values* filled in.

    >>> say("rows", 0, n=3), say("rows", 1, n=3)
    ('3 行', 'rows: 3')
    """
    return WORDS[key][language].format(**values)


def visible(text: str, limit: int = 0) -> str:
    r"""Return *text* on one line with every invisible character named, cut to *limit* characters.

    >>> visible("分享\u200b到：\n微信", 6)
    '分享‹U+200B›到：↵…'
    """
    cut = bool(limit) and len(text) > limit
    shown = "".join(
        c if c.isprintable() else "↵" if c == "\n" else f"‹U+{ord(c):04X}›"
        for c in (text[:limit] if cut else text)
    )
    return shown + "…" if cut else shown


def percent(part: int, whole: int) -> str:
    """Return the share of *part* in *whole*; a dash where there is no whole.

    Almost all is never shown as all, and a little never as nothing.

    >>> percent(1, 3), percent(99_999, 100_000), percent(1, 100_000), percent(0, 0)
    ('33.3%', '>99.9%', '<0.1%', '–')
    """
    if not whole:
        return "–"
    share = f"{100 * part / whole:.1f}%"
    if share == "100.0%" and part < whole:
        return ">99.9%"
    if share == "0.0%" and part:
        return "<0.1%"
    return share
