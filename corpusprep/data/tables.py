"""The four tables of a corpus as Arrow schemas, and Parquet files of them.

Plain Arrow schemas without `huggingface` metadata, which breaks readers older than the writer.
The settings follow what was measured on 200 MB of Chinese text: zstd at level 3, content-defined
chunks so that the hub stores only what changed, page index, row groups of about 32 MB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

ROW_GROUP_BYTES = 32 << 20

_SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32())])
_REPEATED = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("documents", pa.int32())])
# A span of the ledger: `start`, `end` in the original text; `at` in the text after the step;
# `old`, `new` are lengths, to cut the pieces out of the row's `old` and to know what to take out;
# `i` is the edit's number within its step, which orders edits that left nothing at one place.
LEDGER_SPAN = ("start", "end", "at", "old", "new", "i")
_LEDGER_SPANS = pa.list_(pa.struct([(name, pa.int32()) for name in LEDGER_SPAN]))

LABEL_COLUMNS: dict[str, pa.DataType] = {
    "author": pa.string(),
    "published": pa.string(),
    "source_name": pa.string(),
    "genre": pa.string(),
    "script": pa.string(),
    "encoding": pa.string(),
    "characters": pa.int32(),
    "han_share": pa.float32(),
    "punctuation_share": pa.float32(),
}

# Of a document that was divided: where in its parent's original text it lies. Else null.
ORIGIN = [("parent_id", pa.string()), ("parent_start", pa.int32()), ("parent_end", pa.int32())]

DOCUMENTS = pa.schema(
    [
        ("id", pa.string()),
        *ORIGIN,
        ("text", pa.large_string()),
        ("title", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
        *LABEL_COLUMNS.items(),
        ("labels", pa.string()),  # JSON of all labels that have no column of their own
        ("copies", pa.int32()),  # this document and the duplicates that it stands for
        ("copied_in", pa.list_(pa.string())),  # ids of those duplicates, the first hundred
        ("duplicate_of", pa.string()),  # where duplicates are marked: the one that would stay
        ("similarity", pa.float32()),
        ("sentences", pa.list_(_SPAN)),
        ("repeated", pa.list_(_REPEATED)),  # where passages are marked: those that recur
    ]
)
SENTENCES = pa.schema(
    [
        ("doc_id", pa.string()),
        ("i", pa.int32()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("text", pa.large_string()),
    ]
)
REMOVED = pa.schema(
    [
        ("doc_id", pa.string()),
        ("step", pa.string()),
        ("rule", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("old", pa.large_string()),
        ("new", pa.large_string()),
        ("n", pa.int32()),  # edits in this row: 1, or all of one rule for mechanical folds
        ("spans", _LEDGER_SPANS),
    ]
)
REJECTED = pa.schema(
    [
        ("id", pa.string()),
        *ORIGIN,
        ("text", pa.large_string()),
        ("stage", pa.string()),
        ("rule", pa.string()),
        ("detail", pa.string()),
        ("kept_id", pa.string()),
        ("similarity", pa.float32()),
        ("cluster_size", pa.int32()),
        ("url", pa.string()),
        ("source", pa.string()),
    ]
)
SCHEMAS = {
    "documents": DOCUMENTS,
    "sentences": SENTENCES,
    "removed": REMOVED,
    "rejected": REJECTED,
}


class TableWriter:
    """Writes batches of one table to one Parquet file, in row groups of bounded size."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.rows = 0
        self._schema = schema
        self._held: list[pa.RecordBatch] = []
        self._held_bytes = 0
        # Text is nearly always distinct: a dictionary of it costs time and is thrown away.
        short = [f.name for f in schema if pa.types.is_string(f.type) and f.name != "id"]
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=short,
            write_page_index=True,
            use_content_defined_chunking=True,
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Add *batch*; a row group goes out when enough has come together."""
        if not batch.num_rows:
            return
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        self.rows += batch.num_rows
        if self._held_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def write_rows(self, columns: dict[str, list[Any]]) -> None:
        """Add rows given as one list a column."""
        arrays = [pa.array(columns[f.name], f.type) for f in self._schema]
        self.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._held, self._schema).combine_chunks()
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._held, self._held_bytes = [], 0

    def close(self) -> None:
        """Write what is left and the footer."""
        if self._held:
            self._flush()
        self._writer.close()


def read_rows(path: Path, column: str, value: str) -> list[dict[str, Any]]:
    """Return the rows of the Parquet file at *path* where *column* is *value*.

    Row groups whose statistics exclude the value are passed over; the others are read by the
    column first, so that texts are only read where there is a hit.
    """
    file = pq.ParquetFile(path)
    rows: list[dict[str, Any]] = []
    for group in range(file.num_row_groups):
        hits = pc.equal(file.read_row_group(group, columns=[column]).column(0), value)
        if pc.any(hits).as_py():
            rows += file.read_row_group(group).filter(hits).to_pylist()
    return rows
