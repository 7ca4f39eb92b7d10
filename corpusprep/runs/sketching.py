"""Sketches of documents as files: of a shard while it is cleaned, of other corpora before.

A corpus that one has already is sketched from its table `documents`, a row group at a time; an
index has its sketches in it. Either way the texts lie beside the sketches.
"""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusprep.recipe import load_recipe
from corpusprep.runs.files import Folder, read_plan, to_array
from corpusprep.steps.duplicates import sortable_date
from corpusprep.steps.sketches import sketch_schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from corpusprep.core import Document
    from corpusprep.steps.duplicates import Duplicates

ROWS = 1 << 14  # of a row group: 5 MB
NAMES = [("id", pa.string()), ("newest", pa.string())]
SAMPLES = pa.schema([("row", pa.int32()), ("hash", pa.uint64())])


class SketchWriter:
    """Writes the sketches of documents to *folder*, and samples of them if they are wanted."""

    def __init__(self, folder: Path, step: Duplicates) -> None:
        self._step = step
        self._schema = pa.schema([*NAMES, *sketch_schema(step.shape[0])])
        self._writer = pq.ParquetWriter(
            folder / "sketches.parquet",
            self._schema,
            compression={
                name: "zstd" if name in {"id", "newest"} else "none" for name in self._schema.names
            },
            use_dictionary=False,
            write_statistics=False,
        )
        self._samples = (
            pq.ParquetWriter(folder / "sketches.samples", SAMPLES) if step.contained else None
        )
        self._held: list[pa.RecordBatch] = []
        self._rows = 0

    def add_documents(self, docs: Sequence[Document]) -> None:
        """Add the sketches of *docs*, one or more."""
        by = self._step.newest_by
        newest = [sortable_date(doc.labels.get(by)) for doc in docs]
        self.add([doc.id for doc in docs], newest, [doc.text for doc in docs])

    def add(self, ids: Sequence[str], newest: Sequence[str], texts: Sequence[str]) -> None:
        """Add the sketches of *texts*."""
        columns = self._step.sketch(texts).to_columns()
        columns["id"] = to_array(ids, pa.string())
        columns["newest"] = to_array(newest, pa.string())
        arrays = [columns[name] for name in self._schema.names]
        self._held.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        if self._samples:
            row, key = self._step.sample(texts)
            arrays = [pa.array((row + self._rows).astype("int32")), pa.array(key)]
            self._samples.write_batch(pa.RecordBatch.from_arrays(arrays, schema=SAMPLES))
        self._rows += len(texts)
        if sum(batch.num_rows for batch in self._held) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held = []

    def close(self) -> None:
        """Write what is left and the footers."""
        if self._held:
            self._flush()
        self._writer.close()
        if self._samples:
            self._samples.close()


def sketch_against(plan: str, index: int) -> dict[str, Any]:
    """Sketch part *index* of the other corpora that the plan names; return its seconds."""
    began = process_time()
    work, planned = read_plan(plan)
    target = work / "against" / f"{index:06d}"
    given = planned["against"][index]
    if not target.exists() and not given["index"]:
        step = load_recipe(planned["recipe"]).make("duplicates")
        with Folder(target) as folder:
            _sketch_group(step, pq.ParquetFile(given["file"]), given["group"], folder.part)
    return {"seconds": {"sketch others": process_time() - began}}


def _sketch_group(step: Duplicates, file: pq.ParquetFile, group: int, folder: Path) -> None:
    """Sketch one row group of a table `documents`, and keep its texts beside the sketches."""
    writer = SketchWriter(folder, step)
    texts = pa.schema([("text", pa.large_string())])
    with (
        pa.OSFile(str(folder / "documents.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, texts) as out,
    ):
        for batch in file.iter_batches(256, row_groups=[group], columns=["id", "text"]):
            ids = [name or "" for name in batch.column("id").to_pylist()]
            text = pc.fill_null(batch.column("text"), "")
            writer.add(ids, [""] * len(ids), text.to_pylist())
            out.write_batch(
                pa.RecordBatch.from_arrays([text.cast(pa.large_string())], schema=texts)
            )
    writer.close()
