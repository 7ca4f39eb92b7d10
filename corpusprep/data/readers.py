"""Readers: files to documents, in any encoding; what cannot be read becomes a rejected document.

Inputs are cut into parts that a worker can read on its own: whole files, whole archives, byte
ranges of plain JSON Lines files, row groups of Parquet files. A part is named by its path or URL
and its range alone, so that any worker, or a second run after a kill, reads the same documents.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

import orjson
import xxhash

from corpusprep.core import Document, Drop
from corpusprep.data.archives import read_archive
from corpusprep.data.finding import InputError, Inputs, file_bytes, find_inputs
from corpusprep.data.formats import READERS as FORMATS
from corpusprep.data.formats import Reader, Stream
from corpusprep.data.formats.stream import read_at_most, too_large
from corpusprep.data.kinds import ARCHIVES, PACKINGS, is_url, kind_of
from corpusprep.data.opening import (
    is_packed,
    is_unpacked,
    open_raw,
    open_unpacked,
    sniff_file,
    take_trouble,
)
from corpusprep.data.parquet import read_row_groups, row_group_ranges
from corpusprep.data.rows import dump, from_row, reject
from corpusprep.errors import UndecodableError
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from corpusprep.recipe import Read

__all__ = [
    "InputError", "Inputs", "Part", "file_bytes", "find_inputs", "kind_of", "open_raw",
    "plan_shards", "read_part",
]  # fmt: skip

RANGE_BYTES = 16 << 20  # two seconds of work: little is lost to a kill, start-up costs are spread
GROUP_FILES = 2000  # small files of one shard, at most
_ALL = 1 << 62  # more bytes or row groups than there are
_EMPTY = Drop("empty", "the file has no bytes")


class Part(NamedTuple):
    """What lies from *start* to *end* in the file at *path*: bytes, or row groups of Parquet.

    Most files are whole; of JSON Lines these are the lines that begin there.
    """

    path: str  # or a URL
    kind: str  # of `corpusprep.data.kinds`
    start: int
    end: int


def plan_shards(
    paths: Iterable[Path | str], known: Mapping[str, int] | None = None
) -> list[list[Part]]:
    """Return the parts of every shard; the plan depends on the files alone, not on the workers.

    *known* are the sizes of URLs.
    """
    shards: list[list[Part]] = []
    group: list[Part] = []
    held = 0
    for name, size in file_bytes(paths, known).items():
        kind = kind_of(name) or sniff_file(name)
        parts = _cut(name, kind, size)
        if parts:
            shards += [[part] for part in parts]
            continue
        if group and (held + size > RANGE_BYTES or len(group) >= GROUP_FILES):
            shards.append(group)
            group, held = [], 0
        group.append(Part(name, kind, 0, size))
        held += size
    return [*shards, group] if group else shards


def _cut(path: str, kind: str, size: int) -> list[Part]:
    """Return the parts of a file that can be cut; none of others, and of those that are broken."""
    if kind == "parquet" and not is_url(path):
        return [
            Part(path, kind, first, last) for first, last in row_group_ranges(path, RANGE_BYTES)
        ]
    packed = PurePath(path).suffix.lower() in PACKINGS or (size > RANGE_BYTES and is_packed(path))
    if kind == "jsonl" and not packed:
        starts = range(0, size, RANGE_BYTES)
        return [Part(path, kind, at, min(at + RANGE_BYTES, size)) for at in starts]
    return []


def read_part(part: Part, options: Read) -> Iterator[Document]:
    """Yield the documents of *part*; those that cannot be read are dropped at stage "read".

    The label `content_hash` of the others is the XXH3 (128 bits, in hexadecimal digits) of the text
    in UTF-8 as it was read: with it one finds the same text again in another corpus.
    """
    for doc in _read_part(part, options):
        if doc.dropped is None:
            data = doc.text.encode("utf-8", "surrogatepass")
            doc.labels["content_hash"] = xxhash.xxh3_128_hexdigest(data)
        yield doc


def _read_part(part: Part, options: Read) -> Iterator[Document]:
    path, kind = part.path, part.kind
    try:
        if kind in ARCHIVES:
            yield from read_archive(path, kind, partial(_read_stream, options=options))
        elif kind == "parquet" and not is_url(path):
            yield from read_row_groups(path, part.start, part.end, options)
        else:
            with open_unpacked(path) as file:
                stream = Stream(path, file, part.end or -1)
                if kind == "jsonl" and part.end and not is_unpacked(file):
                    yield from _read_lines(stream, options, part.start, part.end)
                else:
                    yield from _read_stream(stream, kind, options)
    except OSError as error:
        yield reject(path, path, "unreadable", error.strerror or str(error))


def _read_stream(stream: Stream, kind: str, options: Read) -> Iterator[Document]:
    """Yield the documents of one stream, and what is wrong with it if its reader did not say so."""
    yield from READERS[kind](stream, options)
    if trouble := take_trouble(stream.file):
        yield reject(stream.name, stream.name, *trouble)


def _read_text(stream: Stream, options: Read) -> Iterator[Document]:
    name, limit = stream.name, options.max_megabytes * 1_000_000
    data = read_at_most(stream.file, limit)
    if len(data) > limit:
        yield too_large(name, name, options.max_megabytes)
    elif not data:
        yield reject(name, name, *(take_trouble(stream.file) or _EMPTY))
    else:
        yield _decoded(data, name)


def _decoded(data: bytes, name: str) -> Document:
    try:
        text, encoding, _ = decode(data)
    except UndecodableError as error:
        return reject(name, name, "undecodable", str(error))
    return Document(name, text, source=name, labels={"encoding": encoding})


def _read_lines(
    stream: Stream, options: Read, start: int = 0, end: int = _ALL
) -> Iterator[Document]:
    file, path = stream.file, stream.name
    limit = options.max_megabytes * 1_000_000
    at = 0
    if start:  # a line that began before this range belongs to the range before
        file.seek(start - 1)
        at = start - 1 + _skip_line(file)
    while at < end and (line := file.readline(limit + 1)):
        size, name = len(line), f"{path}@{at}"
        if size > limit and not line.endswith(b"\n"):
            size += _skip_line(file)
            detail = f"a line of {size} bytes; [read] max_megabytes is {options.max_megabytes}"
            yield reject(name, path, "too-large", detail)
        elif not line.endswith(b"\n") and (trouble := take_trouble(file)):
            yield reject(name, path, *trouble, line.decode("utf-8", "replace"))
        elif line.strip():
            yield _parse(line, name, path, options)
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
            return reject(name, source, "broken-json", str(error), raw)
    if not isinstance(row, dict):
        return reject(name, source, "not-an-object", "a line must be a JSON object", dump(row))
    return from_row(row, name, source, options)


def _read_rows(stream: Stream, options: Read) -> Iterator[Document]:
    """Yield the rows of a Parquet file that is no file here: of a copy, as it is read from its end."""
    with tempfile.NamedTemporaryFile(suffix=".parquet") as copy:
        shutil.copyfileobj(stream.file, copy)
        copy.flush()
        for doc in read_row_groups(copy.name, 0, _ALL, options):
            if doc.source == doc.id or doc.id.startswith(f"{copy.name}@"):
                doc.id = stream.name + doc.id.removeprefix(copy.name)
            doc.source = stream.name
            yield doc


READERS: dict[str, Reader] = {
    "text": _read_text,
    "jsonl": _read_lines,
    "parquet": _read_rows,
    **FORMATS,
}
