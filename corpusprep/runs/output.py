"""The tables of a corpus, written from spools without what the corpus-wide stages take out.

Copies go to `rejected` with the id of the document that stays, or are marked. Passages that recur
are taken out of the texts, each with a row in `removed`, or are marked.
"""

from __future__ import annotations

from itertools import islice
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa

from corpusprep.data.ledger import ROW_COLUMNS, removal_rows
from corpusprep.data.tables import (
    DOCUMENTS,
    LEDGER_SPAN,
    ORIGIN,
    REJECTED,
    REMOVED,
    SCHEMAS,
    SPLITS,
    TableWriter,
)
from corpusprep.recipe import load_recipe
from corpusprep.report import StageCount
from corpusprep.runs.files import Folder, read_batches, read_plan, spool_of
from corpusprep.runs.splits import read_splits, split_by_text
from corpusprep.steps.passages import RULE, cuts, take_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from corpusprep.recipe import Recipe

# Bytes that all writers together may hold back for full row groups: three splits of three tables
# would hold ten times ROW_GROUP_BYTES, and the peak of a worker be 600 MB (benchmarks/writing.py).
MOST_HELD = 80 << 20


def write_shard(plan: str, index: int) -> dict[str, Any]:
    """Write the Parquet files of output group *index*; return the seconds that it took.

    Idempotent: a group that is written already is not done again.
    """
    began = process_time()
    work, planned = read_plan(plan)
    group = orjson.loads((work / "groups.json").read_bytes())[index]
    target = work / "tables" / f"{index:06d}"
    if not target.exists():
        with Folder(target) as folder:
            output = _Output(folder.part, load_recipe(planned["recipe"]))
            for shard in group:
                output.add(work, shard, read_splits(work, len(planned["against"]) + shard))
            output.close()
    return {"seconds": {"write": process_time() - began}}


_KEPT: dict[str, Any] = {
    "rule": "",
    "kept_id": None,
    "similarity": None,
    "copies": 1,
    "copied_in": [],
}
_REJECTED = ("id", *(name for name, _ in ORIGIN), "original", "url", "source")


class _Output:
    """The four tables of one output group, split by split, and the counts of what went into them.

    What was rejected trains nobody: it is not split.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._folder = folder
        self._ledger = recipe.make("write").ledger
        self._shares = recipe.make("write").shares
        self._marks_copies = recipe.make("duplicates").action == "mark"
        self._marks_passages = recipe.make("passages").action == "mark"
        self._writers: dict[tuple[str, str], TableWriter] = {}
        self._tally = dict.fromkeys(("documents", "characters", "sentences"), 0)
        self._passages = dict.fromkeys(
            ("edits", "documents", "removed", "rejected", "characters_rejected"), 0
        )
        # Rows of `removed` for passages of this shard, each behind the number of its document.
        self._taken: list[tuple[Any, ...]] = []

    def add(self, work: Path, shard: int, split: NDArray[np.uint8] | None) -> None:
        """Write what is left of *shard*; *split* has the split of each of its documents, if known."""
        spool = spool_of(work, shard)
        decisions = {row: found[0] for row, found in _by_row(work, "decisions", shard).items()}
        repeats = _by_row(work, "repeated", shard)
        gone: set[int] = set()
        at = 0
        chosen = [np.empty(0, np.uint8)]
        for batch in read_batches(spool / "documents.arrow"):
            rows = range(at, at := at + batch.num_rows)
            own = self._split(batch) if split is None else split[rows.start : rows.stop]
            chosen.append(own)
            decided = [decisions.get(row, _KEPT) for row in rows]
            goes = [bool(d["rule"]) and not self._marks_copies for d in decided]
            self._reject_copies(batch, decided, goes)
            found = {i: repeats[row] for i, row in enumerate(rows) if row in repeats}
            whole = self._repeated(_with_decisions(batch, decided), rows.start, found, goes)
            gone.update(row for row, g in zip(rows, goes, strict=True) if g)
            self._keep(whole.select(DOCUMENTS.names), ~np.array(goes), own)
            del batch, whole  # with the original texts, which of HTML are large
            pa.default_memory_pool().release_unused()
        splits = np.concatenate(chosen)
        out = np.array(sorted(gone), np.int32)
        for batch in read_batches(spool / "removed.arrow"):
            row = batch.column("row").to_numpy()
            stays = ~np.isin(row, out)
            for name, part in self._divide(batch, stays, splits[row]):
                self._writer("removed", name).write(part.select(REMOVED.names))
            self._let_go()
        self._write_taken(splits)
        for batch in read_batches(spool / "rejected.arrow"):
            self._writer("rejected").write(batch)

    def _let_go(self) -> None:
        """Write out what the fullest tables hold, until all together hold little enough."""
        writers = self._writers.values()
        while sum(writer.held_bytes for writer in writers) > MOST_HELD:
            max(writers, key=lambda writer: writer.held_bytes).flush()

    def _split(self, batch: pa.RecordBatch) -> NDArray[np.uint8]:
        if len(self._shares) == 1:
            return np.zeros(batch.num_rows, np.uint8)
        return split_by_text(batch.column("text").to_pylist(), list(self._shares.values()))

    def _divide(
        self, batch: pa.RecordBatch, stays: NDArray[np.bool_], split: NDArray[np.uint8]
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the rows of *batch* that stay, for each split that has some."""
        for k, name in enumerate(self._shares):
            here = stays & (split == k)
            if here.any():
                yield name, batch if here.all() else batch.filter(pa.array(here))

    def _writer(self, table: str, split: str = SPLITS[0]) -> TableWriter:
        if (table, split) not in self._writers:
            path = self._folder / f"{table}.{split}.parquet"
            self._writers[table, split] = TableWriter(path, SCHEMAS[table])
        return self._writers[table, split]

    def close(self) -> None:
        """Write footers and counts; every table has a file of the first split, if an empty one."""
        rows: dict[str, dict[str, int]] = {}
        for table in SCHEMAS:
            self._writer(table)
        for (table, split), writer in self._writers.items():
            writer.close()
            rows.setdefault(table, {})[split] = writer.rows
        tally = {**self._tally, "rows": rows, "passages": self._passages}
        (self._folder / "tally.json").write_bytes(orjson.dumps(tally))

    def _reject_copies(
        self, batch: pa.RecordBatch, decided: list[dict[str, Any]], goes: list[bool]
    ) -> None:
        copies = [d for d, g in zip(decided, goes, strict=True) if g]
        names = ("rule", "detail", "kept_id", "similarity", "cluster_size")
        self._reject(batch, goes, "duplicates", {n: [d[n] for d in copies] for n in names})

    def _reject(
        self, batch: pa.RecordBatch, goes: list[bool], stage: str, why: dict[str, list[Any]]
    ) -> None:
        """Write the documents of *batch* that go, with their original texts."""
        if any(goes):
            going = batch.select(_REJECTED).filter(pa.array(goes))
            columns = dict(zip(_REJECTED, going.columns, strict=True))
            columns["text"] = columns.pop("original")
            for name, values in {"stage": [stage] * sum(goes), **why}.items():
                columns[name] = pa.array(values, REJECTED.field(name).type)
            arrays = [columns[name] for name in REJECTED.names]
            self._writer("rejected").write(pa.RecordBatch.from_arrays(arrays, schema=REJECTED))

    def _repeated(
        self,
        batch: pa.RecordBatch,
        first: int,
        found: dict[int, list[dict[str, Any]]],
        goes: list[bool],
    ) -> pa.RecordBatch:
        """Return *batch* with the passages *found* in some of its rows marked, or without them.

        A document of which nothing would be left goes as a whole.
        """
        if not found:
            return batch
        if self._marks_passages:
            return _replace(batch, "repeated", {i: _marks(own) for i, own in found.items()})
        texts, sentences = {}, {}
        empty = [False] * batch.num_rows
        for i, own in found.items():
            text = batch.column("text")[i].as_py()
            spans = [(s["start"], s["end"]) for s in batch.column("sentences")[i].as_py()]
            where = cuts(text, [(p["start"], p["end"]) for p in own])
            left, moved = take_out(text, spans, where)
            if left.strip():
                texts[i] = left
                sentences[i] = [{"start": start, "end": end} for start, end in moved]
                self._take(batch, i, first, where, own)
            else:
                empty[i] = True
                self._passages["characters_rejected"] += len(text)
        self._reject_empty(batch, empty, found)
        for i, gone in enumerate(empty):
            goes[i] |= gone
        return _replace(_replace(batch, "text", texts), "sentences", sentences)

    def _take(
        self,
        batch: pa.RecordBatch,
        i: int,
        first: int,
        where: list[tuple[int, int]],
        own: list[dict[str, Any]],
    ) -> None:
        """Count the passages of a document that are taken out, and keep their ledger rows."""
        text, history = batch.column("text")[i].as_py(), batch.column("edits")[i].as_py()
        self._passages["edits"] += len(where)
        self._passages["documents"] += 1
        self._passages["removed"] += sum(end - start for start, end in where)
        if self._ledger != "counts":
            rules = [
                _rule([p for p in own if p["start"] < end and p["end"] > start])
                for start, end in where
            ]
            rows = removal_rows(
                text, "passages", where, rules, history, full=self._ledger == "full"
            )
            self._taken += [(first + i, batch.column("id")[i].as_py(), *row) for row in rows]

    def _reject_empty(
        self, batch: pa.RecordBatch, empty: list[bool], found: dict[int, list[dict[str, Any]]]
    ) -> None:
        count = sum(empty)
        self._passages["rejected"] += count
        why = {
            "rule": ["nothing-of-its-own"] * count,
            "detail": [_rule(found[i]).partition(":")[2] for i, gone in enumerate(empty) if gone],
            "kept_id": [found[i][0]["first_id"] for i, gone in enumerate(empty) if gone],
            "similarity": [None] * count,
            "cluster_size": [None] * count,
        }
        self._reject(batch, empty, "passages", why)

    def _write_taken(self, splits: NDArray[np.uint8]) -> None:
        for k, name in enumerate(self._shares):
            rows = [row for at, *row in self._taken if splits[at] == k]
            if rows:
                columns = zip(*rows, strict=True)
                arrays = dict(zip(("doc_id", *ROW_COLUMNS), map(list, columns), strict=True))
                arrays["spans"] = [
                    [dict(zip(LEDGER_SPAN, span, strict=True)) for span in spans]
                    for spans in arrays["spans"]
                ]
                self._writer("removed", name).write_rows(arrays)
        self._taken = []

    def _keep(
        self, batch: pa.RecordBatch, stays: NDArray[np.bool_], split: NDArray[np.uint8]
    ) -> None:
        """Write the documents of *batch* that stay, and their sentences."""
        for name, part in self._divide(batch, stays, split):
            self._writer("documents", name).write(part)
            self._write_sentences(part, name)
        self._let_go()

    def _write_sentences(self, batch: pa.RecordBatch, split: str) -> None:
        spans = batch.column("sentences")
        flat = spans.flatten()
        bounds = zip(flat.field(0).to_pylist(), flat.field(1).to_pylist(), strict=True)
        ids, numbers, starts, ends, texts = [], [], [], [], []
        rows = zip(*(batch.column(n).to_pylist() for n in ("id", "text")), strict=True)
        for (doc_id, text), n in zip(rows, spans.value_lengths().to_pylist(), strict=True):
            self._tally["documents"] += 1
            self._tally["characters"] += len(text)
            i = 0
            for start, end in islice(bounds, n):
                sentence = text[start:end]
                stripped = sentence.strip()
                if stripped:
                    lead = 0 if sentence[0] == stripped[0] else sentence.index(stripped[0])
                    ids.append(doc_id)
                    numbers.append(i)
                    starts.append(start + lead)
                    ends.append(start + lead + len(stripped))
                    texts.append(stripped)
                    i += 1
        self._tally["sentences"] += len(ids)
        self._writer("sentences", split).write_rows(
            {"doc_id": ids, "i": numbers, "start": starts, "end": ends, "text": texts}
        )


def passages_stage(before: dict[str, Any], written: list[dict[str, int]]) -> dict[str, Any]:
    """Return the counts of the stage `passages`, after the stage *before*, from all tallies."""
    total = {name: sum(tally[name] for tally in written) for name in written[0]}
    rule = [total["edits"], total["documents"], total["removed"], 0, 0]
    return StageCount(
        documents_in=before["documents_out"],
        documents_out=before["documents_out"] - total["rejected"],
        characters_in=before["characters_out"],
        characters_out=before["characters_out"] - total["removed"] - total["characters_rejected"],
        characters_rejected=total["characters_rejected"],
        rules={RULE: rule} if total["edits"] else {},
        rejected={"nothing-of-its-own": total["rejected"]} if total["rejected"] else {},
    ).as_dict()


def _by_row(work: Path, folder: str, shard: int) -> dict[int, list[dict[str, Any]]]:
    """Return what the file of *shard* in *folder* says of each row; nothing if there is no file."""
    found: dict[int, list[dict[str, Any]]] = {}
    for batch in read_batches(work / folder / f"{shard:06d}.arrow"):
        for item in batch.to_pylist():
            found.setdefault(item["row"], []).append(item)
    return found


def _with_decisions(batch: pa.RecordBatch, decided: list[dict[str, Any]]) -> pa.RecordBatch:
    """Return *batch* with the columns that say what a document has to do with its copies."""
    if all(d is _KEPT for d in decided):
        return batch
    columns = {
        "copies": [d["copies"] or 1 for d in decided],
        "copied_in": [d["copied_in"] or [] for d in decided],
        "duplicate_of": [d["kept_id"] if d["rule"] else None for d in decided],
        "similarity": [d["similarity"] if d["rule"] else None for d in decided],
    }
    for name, values in columns.items():
        batch = _replace(batch, name, dict(enumerate(values)))
    return batch


def _replace(batch: pa.RecordBatch, name: str, values: dict[int, Any]) -> pa.RecordBatch:
    """Return *batch* with some values of column *name* replaced."""
    if not values:
        return batch
    at = batch.schema.get_field_index(name)
    column = batch.column(name).to_pylist()
    for i, value in values.items():
        column[i] = value
    field = batch.schema.field(at)
    return batch.set_column(at, field, pa.array(column, field.type))


def _marks(passages: list[dict[str, Any]]) -> list[dict[str, int]]:
    return [{name: p[name] for name in ("start", "end", "documents")} for p in passages]


def _rule(passages: list[dict[str, Any]]) -> str:
    """Return the rule that takes *passages*, which lie together, with its evidence."""
    most = max(passages, key=lambda p: int(p["documents"]))
    return f"{RULE}:{most['documents']} documents, first in {most['first_id']}"
