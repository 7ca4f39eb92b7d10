"""The tables of a corpus written again without some documents, and without naming them.

A file in which no row goes and no row names one that does is not touched. The others are read and
written a row group at a time, about 32 MB; of files that turn out untouched, only ids are read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusprep.data.tables import SCHEMAS, SPLITS, TableWriter, split_of, table_files

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection
    from pathlib import Path

KEYS = {"documents": "id", "sentences": "doc_id", "removed": "doc_id", "rejected": "id"}
# Where other rows name documents: a column of ids, of lists of ids, or of evidence with an id.
MENTIONS = {
    "documents": ("duplicate_of", "copied_in"),
    "sentences": (),
    "removed": ("rule",),
    "rejected": ("kept_id", "detail"),
}
EVIDENCE = ("rule", "detail")
ELSEWHERE = "already in "  # so `detail` begins where `kept_id` is an id of another corpus
FIRST_IN = re.compile(r"(?s)\bfirst in (.*)")  # as corpusprep.runs writes evidence
UNNAMED = "a document that was taken down"


class Gone(NamedTuple):
    """The documents that go."""

    ids: frozenset[str]
    lost: Counter[str]  # by the id of a document that stays, how many of its copies go


class Sums(NamedTuple):
    """What went."""

    sentences: int
    characters: int  # code points, of `documents`


def rewrite(out: Path, gone: Gone) -> Sums:
    """Write the files that hold something of what goes again; count what went."""
    sentences = characters = 0
    asked = pa.array(sorted(gone.ids), pa.string())
    for table in SCHEMAS:
        for path in table_files(out, table):
            if _touches(path, table, asked):
                part = path.with_name(f"{path.name}.part")
                rows, length = _write_again(path, part, table, gone)
                part.replace(path)
                characters += length
                sentences += rows if table == "sentences" else 0
        _drop_empty_splits(out, table)
    return Sums(sentences, characters)


def _touches(path: Path, table: str, asked: pa.Array) -> bool:
    """Return whether a row of the file goes, or names what goes; texts are not read for it."""
    with pq.ParquetFile(path) as file:
        return any(
            pc.any(pc.is_in(_names_in(name, file.read_row_group(group, [name])[0]), asked)).as_py()
            for group in range(file.num_row_groups)
            for name in (KEYS[table], *MENTIONS[table])
        )


def _names_in(name: str, column: pa.ChunkedArray) -> pa.Array:
    """Return the ids in *column*, each once: as they stand, in lists, or behind "first in"."""
    if pa.types.is_list(column.type):
        column = pa.chunked_array([pc.list_flatten(chunk) for chunk in column.chunks], pa.string())
    values = column.unique()
    if name not in EVIDENCE:
        return values
    found = [m[1] for value in values.to_pylist() if value and (m := FIRST_IN.search(value))]
    return pa.array(found, pa.string())


def _write_again(path: Path, target: Path, table: str, gone: Gone) -> tuple[int, int]:
    """Write *path* to *target* without what goes; return rows and characters of `documents` gone."""
    rows = length = 0
    with pq.ParquetFile(path) as file:
        ours = file.schema_arrow.equals(SCHEMAS[table])  # else written by another version
        writer = TableWriter(target, SCHEMAS[table] if ours else file.schema_arrow)
        asked = pa.array(sorted(gone.ids), pa.string())
        for group in range(file.num_row_groups):
            part = file.read_row_group(group)
            goes = pc.is_in(part.column(KEYS[table]), asked)
            rows += pc.sum(goes).as_py()
            if table == "documents":
                length += pc.sum(pc.utf8_length(part.column("text").filter(goes))).as_py() or 0
            staying = _without_mentions(part.filter(pc.invert(goes)), table, gone)
            for batch in staying.to_batches():
                writer.write(batch)
        writer.close()
    return rows, length


def _without_mentions(part: pa.Table, table: str, gone: Gone) -> pa.Table:
    """Return *part* where no row names a document that went, and none counts it as a copy."""
    for name in MENTIONS[table]:
        values = part.column(name).to_pylist()
        unnamed = _evidence_without if name in EVIDENCE else _ids_without
        changed = [unnamed(value, gone.ids) for value in values]
        if name == "kept_id":
            details = part.column("detail").to_pylist()
            changed = [
                old if (detail or "").startswith(ELSEWHERE) else new
                for old, new, detail in zip(values, changed, details, strict=True)
            ]
        part = _with(part, name, changed)
    if table != "documents":
        return part
    lost = [gone.lost[doc_id] for doc_id in part.column("id").to_pylist()]
    copies = zip(part.column("copies").to_pylist(), lost, strict=True)
    part = _with(part, "copies", [n - less if less else n for n, less in copies])
    is_copy = part.column("duplicate_of").is_valid()
    return _with(part, "similarity", pc.if_else(is_copy, part.column("similarity"), None))


def _with(part: pa.Table, name: str, values: list[Any] | pa.ChunkedArray) -> pa.Table:
    at = part.schema.get_field_index(name)
    field = part.schema.field(at)
    array = pa.array(values, field.type) if isinstance(values, list) else values
    return part.set_column(at, field, array)


def _ids_without(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, list):
        return [doc_id for doc_id in value if doc_id not in names]
    return None if value in names else value


def _evidence_without(value: str | None, names: Collection[str]) -> str | None:
    """Return the evidence *value* without the id at its end, if that is one of *names*.

    >>> _evidence_without("repeated:3 documents, first in 第七页", {"第七页"})
    'repeated:3 documents, first in a document that was taken down'
    """
    found = FIRST_IN.search(value or "")
    if value is None or not found or found[1] not in names:
        return value
    return value[: found.start(1)] + UNNAMED


def _drop_empty_splits(out: Path, table: str) -> None:
    """Delete the files of splits without rows; a table without any row keeps one, of `train`."""
    files: dict[str, list[Path]] = {split: [] for split in SPLITS}
    for path in table_files(out, table):
        files[split_of(path)].append(path)
    full = {split for split, paths in files.items() if any(map(count_rows, paths))}
    empty = [path for split in SPLITS if split not in full for path in files[split]]
    if not full and empty:
        only = empty.pop(0)
        only.rename(only.with_name("train-00000-of-00001.parquet"))
    for path in empty:
        path.unlink()


def count_rows(path: Path) -> int:
    """Return the number of rows of the Parquet file at *path*, from its footer."""
    with pq.ParquetFile(path) as file:
        return int(file.metadata.num_rows)
