"""The work of a run, cut into shards: each a function of files to files, started as often as need be.

What needs the whole corpus is in `corpusprep.runs.merge`: templates are found before anything is
cleaned, copies when all of it is. In between, `run_shard` reads its part of the input, cleans it
and spools what is left, with the ledger and the sketches for duplicates, into a folder of its own.
When the copies are known, `write_shard` writes the final tables of a few spools
without them. Every output appears under its name only when it is complete, so that a killed run
starts again where it was, and gives the same bytes.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from itertools import chain, islice
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa

from corpusprep.data.ledger import ROW_COLUMNS, ledger_rows
from corpusprep.data.readers import Part, read_part
from corpusprep.data.tables import (
    DOCUMENTS,
    LABEL_COLUMNS,
    ORIGIN,
    REJECTED,
    REMOVED,
    SCHEMAS,
    TableWriter,
)
from corpusprep.pipeline import BATCH, Pipeline
from corpusprep.recipe import Recipe, load_recipe
from corpusprep.report import LedgerError, Tally
from corpusprep.steps.templates import SiteTemplates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

    from corpusprep.core import Document, Step

# `row` ties the spooled ledger to its document; `original` goes to `rejected` if it is a copy.
SPOOL_DOCUMENTS = pa.schema([*DOCUMENTS, ("original", pa.large_string())])
SPOOL_REMOVED = pa.schema([("row", pa.int32()), *REMOVED])
DECISIONS = pa.schema(
    [
        ("shard", pa.int32()),
        ("row", pa.int32()),
        ("rule", pa.string()),
        ("kept_id", pa.string()),
        ("similarity", pa.float32()),
        ("copies", pa.int32()),
        ("detail", pa.string()),
    ]
)
UNDO_EVERY = 16  # documents whose history is undone and compared, whatever the ledger; 2 % of time
# Under `full` every document is undone: whoever pays for the whole ledger wants it proved.


class Folder:
    """A folder that appears under its name only when the work in it is done."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.part = target.with_name(f"{target.name}.{os.getpid()}.part")

    def __enter__(self) -> Self:
        shutil.rmtree(self.part, ignore_errors=True)
        self.part.mkdir(parents=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self.part.rename(self.target)
            except OSError:
                if not self.target.exists():  # else another worker was first, with the same bytes
                    raise
        shutil.rmtree(self.part, ignore_errors=True)


def spool_of(work: Path, index: int) -> Path:
    """Return the folder in which shard *index* is spooled."""
    return work / "spool" / f"{index:06d}"


def read_plan(plan: str) -> tuple[Path, dict[str, Any]]:
    """Return the work folder of the run planned in the file *plan*, and what is planned."""
    return Path(plan).parent, orjson.loads(Path(plan).read_bytes())


def run_shard(plan: str, index: int) -> dict[str, Any]:
    """Clean shard *index* of the run planned in *plan*; return its seconds by stage.

    Idempotent: a shard that is spooled already is not done again.
    """
    work, planned = read_plan(plan)
    target = spool_of(work, index)
    if target.exists():
        return {}
    recipe = load_recipe(planned["recipe"])
    parts = [Part(*part) for part in planned["shards"][index]]
    templates = SiteTemplates.load(work / "templates")
    with Folder(target) as folder:
        return _clean(recipe, parts, folder.part, {"templates": templates})


def _clean(
    recipe: Recipe, parts: list[Part], folder: Path, decided: dict[str, Step]
) -> dict[str, Any]:
    pipeline = Pipeline(recipe.steps(decided))
    tally = Tally(pipeline.names)
    seconds = {"read": 0.0, "ledger": 0.0, "sketch": 0.0, "spool": 0.0}
    duplicates = recipe.make("duplicates") if recipe.enabled("duplicates") else None
    spool = _Spool(folder, recipe)
    options = recipe.make("read")
    texts: deque[str] = deque()  # as they were read, until their documents come out again
    files: dict[str, int] = {}
    megabytes = 0.0

    def remembered() -> Iterator[Document]:
        began = process_time()
        for part in parts:
            for doc in read_part(part, options):
                texts.append(doc.text)
                files[doc.source] = files.get(doc.source, 0) + 1
                seconds["read"] += process_time() - began
                yield doc
                began = process_time()
        seconds["read"] += process_time() - began

    stream = pipeline.many(remembered())
    while batch := _take(stream, BATCH):
        began = process_time()
        kept = []
        for doc in batch:
            original = _original(doc, texts)
            megabytes += len(original.encode("utf-8", "surrogatepass")) / 1e6
            tally.add(doc, len(original))
            spool.check(doc, original)
            if doc.dropped is None:
                kept.append((doc, original))
            else:
                spool.reject(doc, original)
        seconds["ledger"] += process_time() - began
        began = process_time()
        sketches = duplicates.sketch([doc.text for doc, _ in kept]) if duplicates and kept else None
        seconds["sketch"] += process_time() - began
        began = process_time()
        spool.keep(kept, sketches)
        seconds["spool"] += process_time() - began
    spool.close()
    counts = {"stages": tally.as_dict(), "files": files, "bytes": spool.text_bytes}
    (folder / "tally.json").write_bytes(orjson.dumps(counts))
    return {"seconds": {**seconds, **pipeline.seconds}, "megabytes": megabytes}


def _original(doc: Document, texts: deque[str]) -> str:
    """Return the original of *doc*, the next of *texts* or a part of it; the last takes it off."""
    if doc.parent is None:
        return texts.popleft()
    _, start, end, _ = doc.parent
    text = texts.popleft() if end == len(texts[0]) else texts[0]
    return text[start:end]


def _take(stream: Iterator[Document], n: int) -> list[Document]:
    taken = []
    for doc in stream:
        taken.append(doc)
        if len(taken) == n:
            break
    return taken


class _Spool:
    """The files of one cleaned shard: documents, ledger, rejected, sketches, as Arrow batches."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._folder = folder
        self._ledger = recipe.make("write").ledger
        self._folds = recipe.folds
        self._seen = 0
        self._row = 0
        self._rejected: list[tuple[Document, str]] = []
        self._writers: dict[str, pa.ipc.RecordBatchFileWriter] = {}
        self.text_bytes = 0

    def check(self, doc: Document, original: str) -> None:
        """Undo the history of *doc* and compare, for one document in `UNDO_EVERY` or for all."""
        self._seen += 1
        sampled = self._seen % UNDO_EVERY == 1 or self._ledger == "full"
        if sampled and doc.history and doc.undo() != original:
            raise LedgerError(
                f"document {doc.id!r}: undoing its history does not give the original; "
                "please report this with the document"
            )

    def reject(self, doc: Document, original: str) -> None:
        self._rejected.append((doc, original))

    def keep(self, kept: list[tuple[Document, str]], sketches: Any) -> None:
        rows, removed = [], []
        for doc, original in kept:
            rows.append(_document_row(doc, original))
            entries = ledger_rows(doc, folds=self._folds, ledger=self._ledger)
            removed += [(self._row, doc.id, *entry) for entry in entries]
            self._row += 1
        if rows:
            batch = _batch(SPOOL_DOCUMENTS, SPOOL_DOCUMENTS.names, rows)
            self.text_bytes += batch.column("text").nbytes
            self._write("documents", batch)
        if removed:
            self._write("removed", _batch(SPOOL_REMOVED, ("row", "doc_id", *ROW_COLUMNS), removed))
        if sketches is not None:
            self._write("sketches", pa.record_batch(sketches.to_columns()))
        if self._rejected:
            self._write("rejected", rejected_batch(self._rejected))
            self._rejected = []

    def _write(self, table: str, batch: pa.RecordBatch) -> None:
        writer = self._writers.get(table)
        if writer is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            writer = pa.ipc.new_file(self._folder / f"{table}.arrow", batch.schema, options=options)
            self._writers[table] = writer
        writer.write_batch(batch)

    def close(self) -> None:
        self.keep([], None)
        for writer in self._writers.values():
            writer.close()


def _document_row(doc: Document, original: str) -> tuple[Any, ...]:
    labels = dict(doc.labels)
    columns = [_fit(labels.pop(name, None), kind) for name, kind in LABEL_COLUMNS.items()]
    labels.pop("sentences", None)
    rest = orjson.dumps(labels, option=orjson.OPT_SORT_KEYS).decode()
    return (
        doc.id,
        *_origin(doc),
        doc.text,
        doc.title,
        doc.url,
        doc.source,
        *columns,
        rest,
        1,
        doc.sentences,
        original,
    )


def _origin(doc: Document) -> tuple[str | None, int | None, int | None]:
    return doc.parent[:3] if doc.parent else (None, None, None)


def _fit(value: Any, kind: pa.DataType) -> Any:
    """Return a label as its column takes it: a text column takes numbers as text."""
    if value is None:
        return None
    if pa.types.is_string(kind):
        return str(value)
    try:
        return float(value) if pa.types.is_floating(kind) else int(value)
    except (TypeError, ValueError):
        return None


def _batch(schema: pa.Schema, names: Iterable[str], rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    """Return a batch of *schema* from rows whose columns are *names*."""
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return pa.RecordBatch.from_arrays(
        [_array(columns[field.name], field.type) for field in schema], schema=schema
    )


def _array(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    if pa.types.is_list(kind):
        return _span_array(values, kind)
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # a lone surrogate, from a JSON escape or a damaged UTF-16 file
        return pa.array([v.encode("utf-8", "replace").decode() for v in values], kind)


def _span_array(values: tuple[list[tuple[int, ...]], ...], kind: pa.DataType) -> pa.Array:
    """Return lists of spans as an array; flat numbers through numpy are five times faster here."""
    width = kind.value_type.num_fields
    ends = np.cumsum([0, *map(len, values)], dtype=np.int32)
    flat = chain.from_iterable(chain.from_iterable(values))
    numbers = np.fromiter(flat, np.int32, int(ends[-1]) * width).reshape(-1, width)
    fields = [pa.array(np.ascontiguousarray(numbers[:, k])) for k in range(width)]
    spans = pa.StructArray.from_arrays(fields, fields=list(kind.value_type))
    return pa.ListArray.from_arrays(pa.array(ends), spans, type=kind)


def rejected_batch(rejected: list[tuple[Document, str]]) -> pa.RecordBatch:
    """Return rows of the table `rejected` for dropped documents and their original texts."""
    rows = []
    for doc, original in rejected:
        stage, drop = doc.dropped  # type: ignore[misc] # only dropped documents come here
        why = (stage, drop.rule, drop.detail, "", None)
        rows.append((doc.id, *_origin(doc), original, *why, doc.url, doc.source))
    return _batch(REJECTED, REJECTED.names, rows)


def read_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of a spooled table; none if the shard had no row of it."""
    if path.exists():
        with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as file:
            for i in range(file.num_record_batches):
                yield file.get_batch(i)


def write_shard(plan: str, index: int) -> dict[str, Any]:
    """Write the Parquet files of output group *index*, without the copies; return its seconds.

    Idempotent: a group that is written already is not done again.
    """
    began = process_time()
    work = Path(plan).parent
    group = orjson.loads((work / "groups.json").read_bytes())[index]
    target = work / "tables" / f"{index:06d}"
    if not target.exists():
        with Folder(target) as folder:
            _write(work, group, folder.part)
    return {"seconds": {"write": process_time() - began}}


def _write(work: Path, group: list[int], folder: Path) -> None:
    writers = {
        name: TableWriter(folder / f"{name}.parquet", schema) for name, schema in SCHEMAS.items()
    }
    tally = {"documents": 0, "characters": 0, "sentences": 0}
    for shard in group:
        spool = spool_of(work, shard)
        decisions = _decisions(work, shard)
        row = 0
        for batch in read_batches(spool / "documents.arrow"):
            _write_documents(batch, row, decisions, writers, tally)
            row += batch.num_rows
        for batch in read_batches(spool / "removed.arrow"):
            gone = [decisions.get(r, _KEPT)["rule"] != "" for r in batch.column("row").to_pylist()]
            staying = batch.filter(pa.array([not g for g in gone])) if any(gone) else batch
            writers["removed"].write(staying.select(REMOVED.names))
        for batch in read_batches(spool / "rejected.arrow"):
            writers["rejected"].write(batch)
    for writer in writers.values():
        writer.close()
    rows = {name: writer.rows for name, writer in writers.items()}
    (folder / "tally.json").write_bytes(orjson.dumps({**tally, "rows": rows}))


_KEPT = {"rule": "", "copies": 1}


def _decisions(work: Path, shard: int) -> dict[int, dict[str, Any]]:
    path = work / "decisions" / f"{shard:06d}.arrow"
    return {d["row"]: d for batch in read_batches(path) for d in batch.to_pylist()}


def _write_documents(
    batch: pa.RecordBatch,
    first: int,
    decisions: dict[int, dict[str, Any]],
    writers: dict[str, TableWriter],
    tally: dict[str, int],
) -> None:
    decided = [decisions.get(first + i, _KEPT) for i in range(batch.num_rows)]
    copies = [d for d in decided if d["rule"]]
    if copies:
        gone = batch.filter(pa.array([d["rule"] != "" for d in decided]))
        names = ("id", *(name for name, _ in ORIGIN), "original", "url", "source")
        columns = {name: gone.column(name).to_pylist() for name in names}
        columns["text"] = columns.pop("original")
        writers["rejected"].write_rows(
            {
                **columns,
                "stage": ["duplicates"] * len(copies),
                **{k: [d[k] for d in copies] for k in ("rule", "detail", "kept_id", "similarity")},
            }
        )
        batch = batch.filter(pa.array([d["rule"] == "" for d in decided]))
    staying = [d["copies"] for d in decided if not d["rule"]]
    at = DOCUMENTS.get_field_index("copies")
    batch = batch.set_column(at, DOCUMENTS.field(at), pa.array(staying, pa.int32()))
    writers["documents"].write(batch.select(DOCUMENTS.names))
    _write_sentences(batch, writers["sentences"], tally)


def _write_sentences(batch: pa.RecordBatch, writer: TableWriter, tally: dict[str, int]) -> None:
    spans = batch.column("sentences")
    flat = spans.flatten()
    bounds = zip(flat.field(0).to_pylist(), flat.field(1).to_pylist(), strict=True)
    ids, numbers, starts, ends, texts = [], [], [], [], []
    rows = zip(*(batch.column(n).to_pylist() for n in ("id", "text")), strict=True)
    for (doc_id, text), n in zip(rows, spans.value_lengths().to_pylist(), strict=True):
        tally["documents"] += 1
        tally["characters"] += len(text)
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
    tally["sentences"] += len(ids)
    writer.write_rows({"doc_id": ids, "i": numbers, "start": starts, "end": ends, "text": texts})
