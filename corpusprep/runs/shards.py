"""The work of a run, cut into shards: each a function of files to files, started as often as need be.

What needs the whole corpus is in `corpusprep.runs.merge`: templates are found before anything is
cleaned, copies when all of it is. In between, `run_shard` reads its part of the input, cleans it
and spools what is left, with the ledger and the sketches for duplicates, into a folder of its own.
When the copies are known, `corpusprep.runs.output` writes the final tables of a few spools without
them. Every output appears under its name only when it is complete, so that a killed run
starts again where it was, and gives the same bytes.
"""

from __future__ import annotations

from collections import deque
from itertools import chain
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa

from corpusprep.data.ledger import ROW_COLUMNS, ledger_rows
from corpusprep.data.readers import Part, read_part
from corpusprep.data.tables import DOCUMENTS, LABEL_COLUMNS, REJECTED, REMOVED
from corpusprep.pipeline import BATCH, Pipeline
from corpusprep.recipe import Recipe, load_recipe
from corpusprep.report import LedgerError, Tally
from corpusprep.runs.files import Folder, read_plan, spool_of, to_array
from corpusprep.runs.passages import PassageWriter
from corpusprep.runs.sketching import SketchWriter
from corpusprep.steps.templates import SiteTemplates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from corpusprep.core import Document, Step

# `row` ties the spooled ledger to its document; `original` goes to `rejected` if it is a copy.
SPOOL_DOCUMENTS = pa.schema(
    [*DOCUMENTS, ("original", pa.large_string()), ("edits", pa.list_(pa.list_(pa.int32())))]
)
SPOOL_REMOVED = pa.schema([("row", pa.int32()), *REMOVED])
BATCH_LENGTH = 1_000_000  # characters of originals in a spooled batch; of HTML 30 pages have more
UNDO_EVERY = 16  # documents whose history is undone and compared, whatever the ledger; 2 % of time
# Under `full` every document is undone: whoever pays for the whole ledger wants it proved.


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
    on = recipe.enabled("duplicates")
    sketching = SketchWriter(folder, recipe.make("duplicates")) if on else None
    on = recipe.enabled("passages")
    passages = PassageWriter(folder, recipe.make("passages")) if on else None
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
                files[part.path] = files.get(part.path, 0) + 1
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
        docs = [doc for doc, _ in kept]
        if sketching and docs:
            sketching.add_documents(docs)
        if passages and docs:
            passages.add(docs)
        seconds["sketch"] += process_time() - began
        began = process_time()
        spool.keep(kept)
        seconds["spool"] += process_time() - began
    spool.close()
    for writer in (sketching, passages):
        if writer:
            writer.close()
    counts = {
        "stages": tally.as_dict(),
        "files": files,
        "bytes": spool.text_bytes,
        "kept": spool.kept,
        "characters": spool.characters,
    }
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
    """The files of one cleaned shard: documents, ledger, rejected, as Arrow batches."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._folder = folder
        self._ledger = recipe.make("write").ledger
        self._folds = recipe.folds
        self._keep_edits = recipe.enabled("passages")
        self._seen = 0
        self.kept = 0
        self.characters = 0
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

    def keep(self, kept: list[tuple[Document, str]]) -> None:
        """Write documents and their ledger, a few large ones at a time, and what was rejected."""
        held: list[tuple[Document, str]] = []
        size = 0
        for doc, original in kept:
            held.append((doc, original))
            size += len(original)
            if size > BATCH_LENGTH:
                self._keep_some(held)
                held, size = [], 0
        self._keep_some(held)
        if self._rejected:
            self._write("rejected", rejected_batch(self._rejected))
            self._rejected = []

    def _keep_some(self, kept: list[tuple[Document, str]]) -> None:
        rows, removed = [], []
        for doc, original in kept:
            edits = _numbers(doc) if self._keep_edits else []
            rows.append(_document_row(doc, original, edits))
            entries = ledger_rows(doc, folds=self._folds, ledger=self._ledger)
            removed += [(self.kept, doc.id, *entry) for entry in entries]
            self.kept += 1
            self.characters += len(doc.text)
        if rows:
            batch = _batch(SPOOL_DOCUMENTS, SPOOL_DOCUMENTS.names, rows)
            self.text_bytes += batch.column("text").nbytes
            self._write("documents", batch)
        if removed:
            self._write("removed", _batch(SPOOL_REMOVED, ("row", "doc_id", *ROW_COLUMNS), removed))

    def _write(self, table: str, batch: pa.RecordBatch) -> None:
        writer = self._writers.get(table)
        if writer is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            writer = pa.ipc.new_file(self._folder / f"{table}.arrow", batch.schema, options=options)
            self._writers[table] = writer
        writer.write_batch(batch)

    def close(self) -> None:
        self.keep([])
        for writer in self._writers.values():
            writer.close()


def _document_row(doc: Document, original: str, edits: list[list[int]]) -> tuple[Any, ...]:
    labels = dict(doc.labels)
    columns = [_fit(labels.get(name), kind) for name, kind in LABEL_COLUMNS.items()]
    for name, fits in zip(LABEL_COLUMNS, columns, strict=True):
        if fits is not None:  # else it stays among the other labels
            labels.pop(name)
    if labels.get("sentences") == len(doc.sentences):
        del labels["sentences"]
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
        [],
        None,
        None,
        doc.sentences,
        [],
        original,
        edits,
    )


def _numbers(doc: Document) -> list[list[int]]:
    """Return start, end and new length of every edit of *doc*, step by step."""
    return [
        [n for start, end, new, _ in change.edits for n in (start, end, len(new))]
        for change in doc.history
    ]


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
    if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        return _span_array(values, kind)
    return to_array(values, kind)


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
        why = (stage, drop.rule, drop.detail, "", None, None)
        rows.append((doc.id, *_origin(doc), original, *why, doc.url, doc.source))
    return _batch(REJECTED, REJECTED.names, rows)
