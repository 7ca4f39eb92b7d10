"""What the card and the audit page know about a finished corpus folder.

Counts come from report.json, types and sizes from the Parquet footers, and `statistics` from one
pass over the short columns of the documents.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow.parquet as pq

from corpusprep.data.tables import split_of, table_files
from corpusprep.data.totals import Statistics, add_up
from corpusprep.data.wording import TABLES
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


class Split(NamedTuple):
    """The part of a table that is one split: train, validation or test."""

    rows: int
    bytes: int  # before compression


class Table(NamedTuple):
    """One table of the corpus: its files and what their footers say."""

    name: str
    files: tuple[Path, ...]
    schema: pa.Schema
    rows: int
    bytes: int  # before compression
    download: int  # as the files lie on the disk
    splits: dict[str, Split]


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
    found = {name: table_files(out, name) for name in TABLES}
    return {name: _read_table(name, files) for name, files in found.items() if files}


def _read_table(name: str, files: list[Path]) -> Table:
    splits: dict[str, Split] = {}
    schema: pa.Schema | None = None
    for file in files:
        its_schema, its = _read_footer(file)
        if schema is not None and its_schema != schema:
            raise CorpusprepError(f"{file} has other columns than {files[0].name}")
        schema = its_schema
        rows, size = splits.get(split_of(file), Split(0, 0))
        splits[split_of(file)] = Split(rows + its.rows, size + its.bytes)
    rows, size = (sum(numbers) for numbers in zip(*splits.values(), strict=True))
    download = sum(file.stat().st_size for file in files)
    return Table(name, tuple(files), schema, rows, size, download, splits)


def _read_footer(file: Path) -> tuple[pa.Schema, Split]:
    try:
        with pq.ParquetFile(file) as parquet:
            metadata, schema = parquet.metadata, parquet.schema_arrow
    except (OSError, ValueError) as error:
        raise CorpusprepError(f"{file} is no whole Parquet file: {error}") from error
    groups = (metadata.row_group(g) for g in range(metadata.num_row_groups))
    return schema, Split(metadata.num_rows, sum(group.total_byte_size for group in groups))


def statistics(out: Path) -> Statistics:
    """Return what the corpus in the folder *out* is made of, from one pass over short columns.

    Texts are not read and memory does not grow with the corpus: `corpusprep.data.columns` says
    which counts are exact.

    Raises:
        CorpusprepError: *out* holds no finished corpus.

    """
    return add_up(read_facts(out))
