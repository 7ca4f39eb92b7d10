"""Parquet as input: row groups, read a few rows at a time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpusprep.data.rows import TEXT_COLUMNS, from_row, reject
from corpusprep.data.tables import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpusprep.core import Document
    from corpusprep.recipe import Read

BATCH_ROWS = 64  # of a Parquet file at a time: 16 take 1.2 times as long, 8,192 no less than 64
BATCH_BYTES = 4 << 20  # fewer rows at a time, where they are long
# Read ahead in every column. Without it, or with Arrow's own `pre_buffer`, a row group is read whole:
# one of 182 MB (280 MB of text) took 243 MB of memory, and takes 48 MB so.
BUFFER_BYTES = 1 << 20
# What Arrow raises on bytes that are no Parquet file, or not a whole one; a file system's own
# errors have a number and go on to the one who handles them for all readers.
_DAMAGE = (OSError, pa.ArrowException, ValueError, IndexError)
# What Arrow raises on one value: a year 20000, a time zone that nobody knows, text in GBK.
_ODD_VALUE = (ValueError, OverflowError, LookupError, pa.ArrowException)
_TEXT_TYPES = frozenset(
    {
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.binary(),
        pa.large_binary(),
        pa.binary_view(),
    }
)
_SPANS = [
    f for f in DOCUMENTS if pa.types.is_list(f.type) and pa.types.is_struct(f.type.value_type)
]


def row_group_ranges(path: str, most: int) -> list[tuple[int, int]]:
    """Return ranges of consecutive row groups: of about *most* bytes, or one that has more."""
    try:
        footer = pq.read_metadata(path)
        sizes = [footer.row_group(i).total_byte_size for i in range(footer.num_row_groups)]
    except _DAMAGE:  # the reader says what is wrong
        return []
    cuts, held = [0], 0
    for i, size in enumerate(sizes):
        if i > cuts[-1] and held + size > most:
            cuts.append(i)
            held = 0
        held += size
    return list(pairwise([*cuts, len(sizes)])) if sizes else []


def read_row_groups(path: str, start: int, end: int, options: Read) -> Iterator[Document]:
    """Yield the documents in the row groups from *start* to *end* of the file at *path*."""
    with Path(path).open("rb") as raw:
        try:
            file = pq.ParquetFile(raw, buffer_size=BUFFER_BYTES, pre_buffer=False)
            schema, footer = file.schema_arrow, file.metadata
        except _DAMAGE as error:
            yield _damaged(path, path, error)
            return
        if not has_text(schema, options):
            if start == 0:
                known = ", ".join(f"{field.name} ({field.type})" for field in schema) or "none"
                detail = f"no text column; columns: {known}"
                yield reject(path, path, "no-text", detail)
            return
        at = sum(footer.row_group(i).num_rows for i in range(start))
        for i in range(start, min(end, footer.num_row_groups)):
            yield from _read_row_group(file, i, at, path, options)
            at += footer.row_group(i).num_rows


def has_text(schema: pa.Schema, options: Read) -> bool:
    """Return whether a column of *schema* may be the text."""
    names = (options.text_column,) if options.text_column else TEXT_COLUMNS
    kinds = [field.type for field in schema if field.name in names]
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in kinds]
    return any(kind in _TEXT_TYPES for kind in kinds)


def _read_row_group(
    file: pq.ParquetFile, group: int, at: int, path: str, options: Read
) -> Iterator[Document]:
    meta = file.metadata.row_group(group)
    some = min(BATCH_ROWS, max(1, BATCH_BYTES * meta.num_rows // max(1, meta.total_byte_size)))
    batches = file.iter_batches(some, row_groups=[group], use_threads=False)
    while True:
        try:
            batch = next(batches, None)
        except _DAMAGE as error:
            where = f" in row group {group}; what came before was read"
            yield _damaged(f"{path}@{at}", path, error, where)
            return
        if batch is None:
            return
        for row in rows_of(batch):
            yield from_columns(row, f"{path}@{at}", path, options)
            at += 1


def _damaged(name: str, path: str, error: Exception, where: str = "") -> Document:
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    rule = "unreadable" if isinstance(error, NotImplementedError) else "damaged-parquet"
    return reject(name, path, rule, f"{error}{where}")


def rows_of(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Yield the rows of *batch*, without the spans (of sentences) in a table of ours.

    They are places in the text as it was; the run finds its own.
    """
    kept = [i for i, field in enumerate(batch.schema) if field not in _SPANS]
    names = [batch.schema[i].name for i in kept]
    for values in zip(*(_values(batch.column(i)) for i in kept), strict=True):
        yield dict(zip(names, values, strict=True))


def _values(column: pa.Array) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except _ODD_VALUE:
        return [_value(scalar) for scalar in column]
    return values


def _value(scalar: pa.Scalar) -> Any:
    """Return *scalar* as Python has it, or as Arrow writes it, or its bytes if it is not UTF-8."""
    why = ""
    for kind in (scalar.type, pa.string(), pa.binary()):
        try:
            return scalar.cast(kind).as_py()
        except _ODD_VALUE as error:
            why = why or str(error)
    return f"unreadable: {why}"


def from_columns(row: dict[str, Any], name: str, source: str, options: Read) -> Document:
    """Return *row* as a document, or rejected if it is too large."""
    values = [v.encode() if isinstance(v, str) else v for v in row.values()]
    size = sum(len(v) for v in values if isinstance(v, bytes))
    if size > options.max_megabytes * 1_000_000:
        detail = f"a row of {size} bytes; [read] max_megabytes is {options.max_megabytes}"
        return reject(name, source, "too-large", detail)
    return from_row(row, name, source, options)
