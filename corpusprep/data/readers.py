"""Readers: files to documents, in any encoding; what cannot be read becomes a rejected document.

Inputs are cut into parts that a worker can read on its own: whole text files, byte ranges of plain
JSON Lines files, row groups of Parquet files. A part is named by its path and range alone, so that
any worker, or a second run after a kill, reads the same documents from it.
"""

from __future__ import annotations

import glob
import gzip
import os
import zlib
from base64 import b64encode
from collections import Counter
from datetime import date, time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpusprep.core import Document, Drop
from corpusprep.data.tables import DOCUMENTS
from corpusprep.errors import CorpusprepError, UndecodableError
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from corpusprep.recipe import Read

TEXT_ENDINGS = frozenset({".txt", ".text", ".md"})
JSON_ENDINGS = frozenset({".jsonl", ".ndjson"})
PARQUET_ENDINGS = frozenset({".parquet"})
TEXT_COLUMNS = ("text", "content", "body", "正文", "内容")
ID_COLUMNS = ("id", "doc_id", "_id", "url")
RANGE_BYTES = 16 << 20  # two seconds of work: little is lost to a kill, start-up costs are spread
GROUP_FILES = 2000  # small files of one shard, at most
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


class InputError(CorpusprepError):
    """Inputs that do not exist or hold nothing that can be read."""


class Part(NamedTuple):
    """What lies from *start* to *end* in the file at *path*: bytes, or row groups of Parquet.

    A text file is whole; of JSON Lines these are the lines that begin there.
    """

    path: str
    kind: str  # "text", "jsonl" or "parquet"
    start: int
    end: int


class Inputs(NamedTuple):
    """The files found, in order, and how many of which other endings were passed over."""

    paths: list[Path]
    skipped: dict[str, int]


def find_inputs(inputs: Iterable[str | Path]) -> Inputs:
    """Return the files that *inputs* (files, folders, globs) name, sorted within each.

    A file named outright is read whatever its ending; folders and globs give known endings only.

    Raises:
        InputError: a path that does not exist, or nothing to read in all of them.

    """
    paths: list[Path] = []
    skipped: Counter[str] = Counter()
    for given in map(str, inputs):
        path = Path(given)
        if path.is_dir():
            if (path / "report.json").exists() and (path / "documents").is_dir():
                path = path / "documents"  # a corpus: its other tables hold no documents
            found = sorted(p for p in path.rglob("*") if not _is_hidden(p, path))
            found = [p for p in found if p.is_symlink() or not p.is_dir()]
        elif path.exists() or path.is_symlink():
            paths.append(path)
            continue
        else:
            found = [Path(p) for p in sorted(glob.glob(given, recursive=True))]  # noqa: PTH207 - Path.glob takes no absolute pattern
            found = [p for p in found if not p.is_dir()]
            if not found:
                raise InputError(f"{given}: no such file, folder or pattern")
        for candidate in found:
            if kind_of(candidate):
                paths.append(candidate)
            else:
                skipped[candidate.suffix.lower() or "(no ending)"] += 1
    if not paths:
        endings = " ".join(sorted(TEXT_ENDINGS | JSON_ENDINGS))
        parquet = " ".join(PARQUET_ENDINGS)
        passed = f" ({sum(skipped.values())} files of other kinds)" if skipped else ""
        raise InputError(
            f"no text to read in {', '.join(map(str, inputs))}{passed}; "
            f"known: {endings}, plain or .gz, and {parquet}"
        )
    return Inputs(list(dict.fromkeys(paths)), dict(sorted(skipped.items())))


def kind_of(path: Path) -> str:
    """Return "text", "jsonl" or "parquet" by the ending of *path*, or "" for an unknown one.

    >>> [kind_of(Path(p)) for p in ("晚报.txt", "a.jsonl.gz", "语料.parquet", "图.png")]
    ['text', 'jsonl', 'parquet', '']
    """
    if path.suffix.lower() in PARQUET_ENDINGS:
        return "parquet"
    ending = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    if ending.lower() in JSON_ENDINGS:
        return "jsonl"
    return "text" if ending.lower() in TEXT_ENDINGS else ""


def plan_shards(paths: Iterable[Path]) -> list[list[Part]]:
    """Return the parts of every shard; the plan depends on the files alone, not on the workers."""
    shards: list[list[Part]] = []
    group: list[Part] = []
    held = 0
    for name, size in file_bytes(paths).items():
        parts = _cut(name, kind_of(Path(name)) or "text", size)
        if parts:
            shards += [[part] for part in parts]
            continue
        if group and (held + size > RANGE_BYTES or len(group) >= GROUP_FILES):
            shards.append(group)
            group, held = [], 0
        group.append(Part(name, kind_of(Path(name)) or "text", 0, size))
        held += size
    return [*shards, group] if group else shards


def _cut(path: str, kind: str, size: int) -> list[Part]:
    """Return the parts of a file that can be cut; none of others, and of those that are broken."""
    if kind == "parquet":
        return [Part(path, kind, first, last) for first, last in _row_group_ranges(path)]
    if kind == "jsonl" and not path.endswith(".gz"):
        starts = range(0, size, RANGE_BYTES)
        return [Part(path, kind, at, min(at + RANGE_BYTES, size)) for at in starts]
    return []


def _row_group_ranges(path: str) -> list[tuple[int, int]]:
    """Return ranges of consecutive row groups: of about RANGE_BYTES, or one that has more."""
    try:
        footer = pq.read_metadata(path)
        sizes = [footer.row_group(i).total_byte_size for i in range(footer.num_row_groups)]
    except _DAMAGE:  # the reader says what is wrong
        return []
    cuts, held = [0], 0
    for i, size in enumerate(sizes):
        if i > cuts[-1] and held + size > RANGE_BYTES:
            cuts.append(i)
            held = 0
        held += size
    return list(pairwise([*cuts, len(sizes)])) if sizes else []


def read_part(part: Part, options: Read) -> Iterator[Document]:
    """Yield the documents of *part*; those that cannot be read are dropped at stage "read"."""
    try:
        if part.kind == "text":
            yield _read_text(part, options)
        elif part.kind == "parquet":
            yield from _read_row_groups(part, options)
        else:
            yield from _read_lines(part, options)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield _reject(part.path, part.path, "damaged-gzip", f"{error}; what came before was read")
    except OSError as error:
        yield _reject(part.path, part.path, "unreadable", error.strerror or str(error))


def _open(path: str) -> BinaryIO:
    return gzip.open(path, "rb") if path.endswith(".gz") else Path(path).open("rb")  # type: ignore[return-value] # GzipFile reads bytes


def _read_text(part: Part, options: Read) -> Document:
    limit = options.max_megabytes * 1_000_000
    with _open(part.path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        return _reject(
            part.path,
            part.path,
            "too-large",
            f"over {options.max_megabytes} MB as one document; split it, or raise [read] max_megabytes",
        )
    if not data:
        return _reject(part.path, part.path, "empty", "the file has no bytes")
    try:
        text, encoding, _ = decode(data)
    except UndecodableError as error:
        return _reject(part.path, part.path, "undecodable", str(error))
    return Document(part.path, text, source=part.path, labels={"encoding": encoding})


def _read_lines(part: Part, options: Read) -> Iterator[Document]:
    limit = options.max_megabytes * 1_000_000
    with _open(part.path) as file:
        at = 0
        if part.start:  # a line that began before this range belongs to the range before
            file.seek(part.start - 1)
            at = part.start - 1 + _skip_line(file)
        while at < part.end or part.path.endswith(".gz"):
            line = file.readline(limit + 1)
            if not line:
                return
            size = len(line)
            if size > limit and not line.endswith(b"\n"):
                size += _skip_line(file)
                yield _reject(
                    f"{part.path}@{at}",
                    part.path,
                    "too-large",
                    f"a line of {size} bytes; [read] max_megabytes is {options.max_megabytes}",
                )
            elif line.strip():
                yield _parse(line, f"{part.path}@{at}", part.path, options)
            at += size


def _skip_line(file: BinaryIO) -> int:
    skipped = 0
    while piece := file.readline(1 << 20):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped


def _parse(line: bytes, name: str, source: str, options: Read) -> Document:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:  # GB18030 and the like: JSON says UTF-8, exports do not
            row = orjson.loads(decode(line).text)
        except (orjson.JSONDecodeError, UndecodableError, UnicodeEncodeError):
            raw = line.decode("utf-8", "replace").rstrip("\r\n")
            return _reject(name, source, "broken-json", str(error), raw)
    if not isinstance(row, dict):
        return _reject(name, source, "not-an-object", "a line must be a JSON object", _dump(row))
    return _from_row(row, name, source, options)


def _read_row_groups(part: Part, options: Read) -> Iterator[Document]:
    with Path(part.path).open("rb") as raw:
        try:
            file = pq.ParquetFile(raw, buffer_size=BUFFER_BYTES, pre_buffer=False)
            schema, footer = file.schema_arrow, file.metadata
        except _DAMAGE as error:
            yield _damaged(part.path, part.path, error)
            return
        if not _has_text(schema, options):
            if part.start == 0:
                known = ", ".join(f"{field.name} ({field.type})" for field in schema) or "none"
                detail = f"no text column; columns: {known}"
                yield _reject(part.path, part.path, "no-text", detail)
            return
        at = sum(footer.row_group(i).num_rows for i in range(part.start))
        for i in range(part.start, min(part.end, footer.num_row_groups)):
            yield from _read_row_group(file, i, at, part.path, options)
            at += footer.row_group(i).num_rows


def _has_text(schema: pa.Schema, options: Read) -> bool:
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
        for row in _rows(batch):
            yield _from_columns(row, f"{path}@{at}", path, options)
            at += 1


def _damaged(name: str, path: str, error: Exception, where: str = "") -> Document:
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    rule = "unreadable" if isinstance(error, NotImplementedError) else "damaged-parquet"
    return _reject(name, path, rule, f"{error}{where}")


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
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


def _from_columns(row: dict[str, Any], name: str, source: str, options: Read) -> Document:
    values = [v.encode() if isinstance(v, str) else v for v in row.values()]
    size = sum(len(v) for v in values if isinstance(v, bytes))
    if size > options.max_megabytes * 1_000_000:
        detail = f"a row of {size} bytes; [read] max_megabytes is {options.max_megabytes}"
        return _reject(name, source, "too-large", detail)
    return _from_row(row, name, source, options)


def _from_row(row: dict[str, Any], name: str, source: str, options: Read) -> Document:
    column = _column(row, options.text_column, TEXT_COLUMNS)
    text: object = row.pop(column, None) if column else None
    if isinstance(text, bytes):
        try:
            text = decode(text).text
        except UndecodableError as error:
            return _reject(name, source, "undecodable", str(error), _dump(row))
    if not isinstance(text, str):
        known = ", ".join(map(str, row)) or "none"
        why = f"no text in column {column}" if column else "no text column"
        return _reject(name, source, "no-text", f"{why}; columns: {known}", _dump(row))
    key = _column(row, options.id_column, ID_COLUMNS)
    given = (row["url"] if key == "url" else row.pop(key)) if key else None
    return Document(
        name if given is None or given == "" else str(_label(given)),
        text,
        source=source,
        url=str(_label(row.pop("url", None) or "")),
        title=str(_label(row.pop("title", None) or "")),
        labels={k: _label(v) for k, v in _unpacked(row).items() if v is not None},
    )


def _unpacked(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* with what its column `labels` holds as JSON, as in our tables; a column wins."""
    packed = row.get("labels")
    if not isinstance(packed, str) or not packed.startswith("{"):
        return row
    try:
        labels: dict[str, Any] = orjson.loads(packed)
    except orjson.JSONDecodeError:
        return row
    return labels | {k: v for k, v in row.items() if k != "labels" and v is not None}


def _label(value: object) -> str | int | float:
    """Return *value* as a label: dates as ISO 8601 has them, what is nested as JSON."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return b64encode(value).decode()
    if isinstance(value, list | dict):
        return _dump(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _column(row: dict[str, Any], wanted: str, usual: Sequence[str]) -> str:
    """Return the column *wanted*, else the first of the usual ones, one with a value before others."""
    if wanted:
        return wanted if wanted in row else ""
    there = [name for name in usual if name in row]
    filled = [name for name in there if row[name] is not None and row[name] != ""]
    return (filled or there or [""])[0]


def _dump(row: object) -> str:
    try:
        return orjson.dumps(row, default=_label).decode()
    except orjson.JSONEncodeError as error:  # nested deeper than 254: read, but not written
        return f"unreadable: {error}"


def _reject(name: str, source: str, rule: str, detail: str, text: str = "") -> Document:
    doc = Document(name, text, source=source)
    doc.dropped = ("read", Drop(rule, detail))
    return doc


def is_json(head: bytes) -> bool:
    """Return whether *head*, the start of a stream, looks like JSON Lines."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _is_hidden(path: Path, base: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(base).parts)


def file_bytes(paths: Iterable[Path]) -> dict[str, int]:
    """Return the size of each of *paths*; 0 for one of which the reader will say what is wrong."""
    sizes = {}
    for path in paths:
        try:
            sizes[str(path)] = os.stat(path).st_size  # noqa: PTH116 - one call, either way
        except OSError:
            sizes[str(path)] = 0
    return sizes
