"""What is remembered of a document in order to find its copies, and how it is stored.

A corpus of ten million documents does not fit into memory, its sketches on disk do: 250 bytes a
document at the default threshold. They lie in Parquet by column, because whoever looks for
documents that share a band reads that band's column and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SIGNATURE = 64  # bytes; the standard error of the similarity estimated from them is 0.05 at 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Sketches:
    """Sketches of n documents.

    `exact` (n, 2) uint64 is the hash of the key text; `length` and `key_length` (n,) uint32 count
    the code points of the text, and of its key; `bands` (n, b) are unsigned hashes, of 64 bits or
    of 32; `signature` (n, 64) uint8 has the low byte of every other lowest shingle hash.
    """

    exact: NDArray[np.uint64]
    length: NDArray[np.uint32]
    key_length: NDArray[np.uint32]
    bands: NDArray[Any]
    signature: NDArray[np.uint8]

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self.exact)

    @classmethod
    def empty(cls, n: int, bands: int, dtype: type[np.unsignedinteger[Any]]) -> Sketches:
        """Return room for the sketches of *n* documents."""
        return cls(
            np.empty((n, 2), np.uint64),
            np.empty(n, np.uint32),
            np.empty(n, np.uint32),
            np.empty((n, bands), dtype),
            np.empty((n, SIGNATURE), np.uint8),
        )

    def to_columns(self) -> dict[str, pa.Array]:
        """Return Arrow arrays to store: a column for every band, the others under their names."""
        count = self.bands.shape[1]
        return {
            "exact": _binary(self.exact),
            "length": pa.array(self.length),
            "key_length": pa.array(self.key_length),
            "signature": _binary(self.signature),
            **{band_name(k): pa.array(self.bands[:, k].astype(np.uint64)) for k in range(count)},
        }

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any] | pa.Table, bands: int) -> Sketches:
        """Return the sketches that `to_columns` stored; a `pyarrow.Table` will do for *columns*.

        Raises:
            CorpusprepError: the columns were written by another version.

        """
        columns = {name: _column(columns, name, bands) for name, _ in sketch_schema(bands)}
        length = columns["length"].to_numpy()
        kept = np.empty((len(length), bands), np.uint64)
        for k in range(bands):
            kept[:, k] = columns[band_name(k)].to_numpy()
        return cls(
            fixed_bytes(columns["exact"], "<u8", 2),
            length.astype(np.uint32, copy=False),
            columns["key_length"].to_numpy().astype(np.uint32),
            kept,
            fixed_bytes(columns["signature"], "<u1", SIGNATURE),
        )


def band_name(k: int) -> str:
    """Return the column of band *k*.

    >>> band_name(3)
    'band03'
    """
    return f"band{k:02d}"


def sketch_schema(bands: int) -> list[tuple[str, pa.DataType]]:
    """Return the columns of stored sketches, in order."""
    return [
        ("exact", pa.binary(16)),
        ("length", pa.uint32()),
        ("key_length", pa.uint32()),
        ("signature", pa.binary(SIGNATURE)),
        *((band_name(k), pa.uint64()) for k in range(bands)),
    ]


def _column(columns: Mapping[str, Any] | pa.Table, name: str, bands: int) -> Any:
    """Return the column *name*, if it is as it was written."""
    kind = dict(sketch_schema(bands))[name]
    try:
        column = columns[name]
    except KeyError:
        column = None
    if column is None or column.type != kind or column.null_count:
        found = "missing" if column is None else f"{column.type}, {column.null_count} nulls"
        raise CorpusprepError(
            f"sketches: column '{name}' is {found}, where {kind} is wanted: they were written by "
            "another version of corpusprep; sketch the documents again"
        )
    return column


def _binary(rows: NDArray[Any]) -> pa.Array:
    little = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
    kind = pa.binary(rows.shape[1] * rows.itemsize)
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(rows), [None, pa.py_buffer(little)])


def fixed_bytes(column: Any, dtype: str, width: int) -> NDArray[Any]:
    """Return a column of fixed-size binary as an array of shape (n, *width*)."""
    parts = [np.empty((0, width), dtype)]
    for chunk in getattr(column, "chunks", [column]):  # of a table's column, or an array
        flat = np.frombuffer(chunk.buffers()[1] or b"", dtype)
        parts.append(flat.reshape(-1, width)[chunk.offset : chunk.offset + len(chunk)])
    joined = np.concatenate(parts) if len(parts) != 2 else parts[1]
    return joined.astype(np.dtype(dtype).newbyteorder("="), copy=False)
