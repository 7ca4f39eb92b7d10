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

from corpusprep.recipe import SPLITS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DOCUMENTS",
    "LABEL_COLUMNS",
    "LEDGER_SPAN",
    "ORIGIN",
    "REJECTED",
    "REMOVED",
    "SCHEMAS",
    "SENTENCES",
    "SPLITS",
    "TableWriter",
    "read_rows",
    "split_of",
    "table_files",
]

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


def table_files(out: Path, table: str) -> list[Path]:
    """Return the Parquet files of *table* in the corpus *out*, split by split, in their order."""
    return [path for split in SPLITS for path in sorted((out / table).glob(f"{split}-*.parquet"))]


def split_of(path: Path) -> str:
    """Return the split that the file at *path* belongs to.

    >>> from pathlib import Path
    >>> split_of(Path("documents/test-00000-of-00001.parquet"))
    'test'
    """
    return path.name.partition("-")[0]


class TableWriter:
    """Writes batches of one table to one Parquet file, in row groups of bounded size."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.rows = 0
        self._schema = schema
        self._held: list[pa.RecordBatch] = []
        self.held_bytes = 0
        # Text is nearly always distinct: a dictionary of it costs time and is thrown away.
        short = [f.name for f in schema if pa.types.is_string(f.type) and f.name != "id"]
        # Nobody asks for the texts between two texts: their least and greatest are not looked for.
        asked = [f.name for f in schema if not pa.types.is_large_string(f.type)]
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=short,
            write_statistics=asked,
            write_page_index=True,
            use_content_defined_chunking=True,
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Add *batch*; a row group goes out when enough has come together."""
        if not batch.num_rows:
            return
        self._held.append(batch)
        self.held_bytes += batch.nbytes
        self.rows += batch.num_rows
        if self.held_bytes >= ROW_GROUP_BYTES:
            self.flush()

    def write_rows(self, columns: dict[str, list[Any]]) -> None:
        """Add rows given as one list a column."""
        arrays = [pa.array(columns[f.name], f.type) for f in self._schema]
        self.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def flush(self) -> None:
        """Write the rows that are held as a row group, be it a small one; `held_bytes` is 0 then."""
        if not self._held:
            return
        table = pa.Table.from_batches(self._held, self._schema)
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._held, self.held_bytes = [], 0
        del table  # else the pool cannot give its memory back: 50 MB of the peak of a large corpus
        pa.default_memory_pool().release_unused()

    def close(self) -> None:
        """Write what is left and the footer."""
        self.flush()
        self._writer.close()


def read_rows(path: Path, column: str, value: str) -> list[dict[str, Any]]:
    """Return the rows of the Parquet file at *path* where *column* is *value*.

    The column is read first, so that texts are only read where there is a hit.
    """
    file = pq.ParquetFile(path)
    rows: list[dict[str, Any]] = []
    for group in range(file.num_row_groups):
        hits = pc.equal(file.read_row_group(group, columns=[column]).column(0), value)
        if pc.any(hits).as_py():
            rows += file.read_row_group(group).filter(hits).to_pylist()
    return rows
