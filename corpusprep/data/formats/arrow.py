"""Arrow files and streams, which are what `datasets` and Feather write: one record batch at a time.

A file is a stream with six bytes before it and an index behind it. Read as a stream it needs no
seeking, and one that was cut gives all the batches before the cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from corpusprep.data.formats.stream import Stream, read_at_most
from corpusprep.data.parquet import BATCH_ROWS, from_columns, has_text, rows_of
from corpusprep.data.rows import reject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from corpusprep.core import Document
    from corpusprep.recipe import Read

_MAGIC = b"ARROW1\0\0"
# Of one record batch; `datasets` writes 1,000 rows in one, Feather 65,536.
MAX_BATCH_BYTES = 2 << 30
_DAMAGE = (OSError, pa.ArrowException, ValueError, IndexError)


class _Source:
    """A file that begins with *head*, as Arrow reads it; no piece of it is larger than a batch."""

    closed = False

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head = head
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size > MAX_BATCH_BYTES:
            raise ValueError(f"a record batch of {size} bytes; write it in smaller ones")
        taken = self._head[:size]
        self._head = self._head[size:]
        return taken + read_at_most(self._file, size - len(taken) - 1)

    def close(self) -> None:
        """Leave the file to the one who opened it."""


def read_arrow(stream: Stream, options: Read) -> Iterator[Document]:
    """Yield the rows of *stream* as documents; the id of one without is ``name@index``."""
    head = read_at_most(stream.file, len(_MAGIC) - 1)
    if head.startswith(b"FEA1"):
        why = "Feather of the first version; write it again with a newer pandas or as Parquet"
        yield reject(stream.name, stream.name, "unreadable", why)
        return
    source = _Source(b"" if head == _MAGIC else head, stream.file)
    try:
        reader = pa.ipc.open_stream(pa.PythonFile(source, mode="r"))
        readable = has_text(reader.schema, options)  # a name that is no UTF-8 is no name
    except _DAMAGE as error:
        yield _damaged(stream.name, stream.name, error, "not an Arrow file or stream: ")
        return
    if not readable:
        known = ", ".join(f"{field.name} ({field.type})" for field in reader.schema) or "none"
        why = f"no text column; columns: {known}"
        yield reject(stream.name, stream.name, "no-text", why)
        return
    yield from _read_batches(reader, stream, options)


def _read_batches(
    reader: pa.RecordBatchReader, stream: Stream, options: Read
) -> Iterator[Document]:
    at = 0
    while True:
        name = f"{stream.name}@{at}"
        try:
            batch = reader.read_next_batch()
            _check(batch)
        except StopIteration:
            return
        except _DAMAGE as error:
            yield _damaged(name, stream.name, error, "what came before was read: ")
            return
        for start in range(0, batch.num_rows, BATCH_ROWS):
            for row in rows_of(batch.slice(start, BATCH_ROWS)):
                yield from_columns(row, f"{stream.name}@{at}", stream.name, options)
                at += 1


def _check(batch: pa.RecordBatch) -> None:
    """Refuse offsets that point outside of the data, at which Arrow ends the whole process.

    Text that is not UTF-8 is none of that kind: it may be in another encoding.
    """
    for column in batch.columns:
        kind = _BYTES_OF.get(column.type)
        (column.view(kind) if kind else column).validate(full=True)


_BYTES_OF = {
    pa.string(): pa.binary(),
    pa.large_string(): pa.large_binary(),
    pa.string_view(): pa.binary_view(),
}


def _damaged(name: str, source: str, error: Exception, where: str) -> Document:
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    return reject(name, source, "damaged-arrow", f"{where}{error}")
