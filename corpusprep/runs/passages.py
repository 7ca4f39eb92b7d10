"""Passages that recur in many documents: spooled with a shard, found when copies are known.

A passage is its key and where it lies, 20 bytes on disk. `find_passages` takes the keys of one
part from all shards, without those of documents that go, and writes down which recur. The texts are
changed when the tables are written (`corpusprep.runs.output`).
"""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpusprep.recipe import load_recipe
from corpusprep.runs.files import Folder, read_batches, read_plan, spool_of
from corpusprep.steps.passages import repeated
from corpusprep.text.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from corpusprep.core import Document
    from corpusprep.steps.passages import Passages

KEYS_A_PART = 1 << 22  # passages that one task looks at, about: 250 MB with what it needs
PASSAGES = pa.schema(
    [("row", pa.int32()), ("start", pa.int32()), ("end", pa.int32()), ("key", pa.uint64())]
)
FOUND = pa.schema(
    [
        ("shard", pa.int32()),
        ("row", pa.int32()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("documents", pa.int32()),
        ("first_shard", pa.int32()),
        ("first_row", pa.int32()),
    ]
)


class PassageWriter:
    """Writes the passages of a shard's documents to *folder*."""

    def __init__(self, folder: Path, step: Passages) -> None:
        self._step = step
        self._rows = 0
        self._writer = pq.ParquetWriter(folder / "passages.parquet", PASSAGES)

    def add(self, docs: Sequence[Document]) -> None:
        """Add the passages of *docs*."""
        texts = [doc.text for doc in docs]
        sentences = [doc.sentences for doc in docs]
        if self._step.unit == "sentence":  # also where the step that splits is off
            sentences = [own or sentence_spans(t) for own, t in zip(sentences, texts, strict=True)]
        found = self._step.sketch(texts, sentences)
        arrays = [pa.array(found.row + np.int32(self._rows)), *map(pa.array, found[1:])]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=PASSAGES))
        self._rows += len(docs)

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


def passage_parts(work: Path, shards: int) -> int:
    """Return into how many parts the keys of the passages are cut."""
    total = sum(
        pq.read_metadata(spool_of(work, shard) / "passages.parquet").num_rows
        for shard in range(shards)
    )
    return int(total // KEYS_A_PART + 1)


def find_passages(plan: str, index: int) -> dict[str, Any]:
    """Find which passages recur, of those whose key falls into part *index*."""
    began = process_time()
    work, planned = read_plan(plan)
    target = work / "passages" / f"{index:06d}"
    if not target.exists():
        shards = len(planned["shards"])
        recipe = load_recipe(planned["recipe"])
        step: Passages = recipe.make("passages")
        stays_all = recipe.make("duplicates").action == "mark"
        with Folder(target) as folder:
            table = _find(
                work, shards, (index, passage_parts(work, shards)), step, stays_all=stays_all
            )
            pq.write_table(table, folder.part / "found.parquet")
    return {"seconds": {"passages": process_time() - began}}


def _find(
    work: Path, shards: int, part: tuple[int, int], step: Passages, *, stays_all: bool
) -> pa.Table:
    empty = (np.empty(0, np.int32),) * 3 + (np.empty(0, np.uint64),)
    pieces = [_read_passages(work, shard, part, stays_all=stays_all) for shard in range(shards)]
    row, start, end, key = map(np.concatenate, zip(empty, *pieces, strict=True))
    shard = np.repeat(np.arange(shards), [len(piece[0]) for piece in pieces])
    document = (shard.astype(np.int64) << 32) | row
    found = repeated(document, key, step.min_documents)
    at = found.passage
    columns = (
        shard[at], row[at], start[at], end[at],
        found.count, found.first >> 32, found.first & 0xFFFFFFFF,
    )  # fmt: skip
    return pa.table([pa.array(c.astype(np.int32)) for c in columns], schema=FOUND)


def _read_passages(
    work: Path, shard: int, part: tuple[int, int], *, stays_all: bool
) -> tuple[NDArray[Any], ...]:
    """Return row, start, end and key of the passages of *shard* that may recur."""
    table = pq.read_table(spool_of(work, shard) / "passages.parquet")
    row, start, end, key = (column.to_numpy() for column in table.columns)
    mine = key % np.uint64(part[1]) == part[0]
    if not stays_all:
        gone = [
            r
            for batch in read_batches(work / "decisions" / f"{shard:06d}.arrow")
            for r, rule in zip(*(batch.column(n).to_pylist() for n in ("row", "rule")), strict=True)
            if rule
        ]
        mine &= ~np.isin(row, np.array(gone, np.int32))
    return row[mine], start[mine], end[mine], key[mine]


def write_repeated(work: Path, parts: int, shards: int) -> None:
    """Write down what recurs, a file for every shard, with the id of the document that keeps it."""
    target = work / "repeated"
    if target.exists():
        return
    tables = [pq.read_table(work / "passages" / f"{k:06d}" / "found.parquet") for k in range(parts)]
    table = pa.concat_tables(tables).sort_by([(n, "ascending") for n in ("shard", "row", "start")])
    ids = _first_ids(work, table)
    table = table.append_column("first_id", pa.array(ids, pa.string()))
    shard = table.column("shard").to_numpy()
    with Folder(target) as folder:
        for k in range(shards):
            start, end = np.searchsorted(shard, (k, k + 1))
            if start < end:
                own = table.slice(start, end - start).drop_columns(
                    ["shard", "first_shard", "first_row"]
                )
                with pa.ipc.new_file(folder.part / f"{k:06d}.arrow", own.schema) as writer:
                    writer.write_table(own)


def _first_ids(work: Path, table: pa.Table) -> list[str]:
    """Return the id of the document that keeps each passage; each shard is read once."""
    first = np.column_stack([table.column(n).to_numpy() for n in ("first_shard", "first_row")])
    wanted = np.unique(first.reshape(-1, 2), axis=0)
    ids: dict[tuple[int, int], str] = {}
    for shard in np.unique(wanted[:, 0]).tolist():
        rows = wanted[wanted[:, 0] == shard, 1]
        at = 0
        for batch in read_batches(spool_of(work, shard) / "documents.arrow", ["id"]):
            start, end = np.searchsorted(rows, (at, at + batch.num_rows))
            for row in rows[start:end].tolist():
                ids[shard, row] = batch.column(0)[row - at].as_py()
            at += batch.num_rows
    return [ids[shard, row] for shard, row in first.tolist()]
