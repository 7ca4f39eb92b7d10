"""Readers: files to documents, in any encoding; what cannot be read becomes a rejected document.

Inputs are cut into parts that a worker can read on its own: whole text files, and byte ranges of
plain JSON Lines files. A part is named by its path and range alone, so that any worker, or a
second run after a kill, reads the same documents from it.
"""

from __future__ import annotations

import glob
import gzip
import os
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from corpusprep.core import Document, Drop
from corpusprep.errors import CorpusprepError, UndecodableError
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from corpusprep.recipe import Read

TEXT_ENDINGS = frozenset({".txt", ".text", ".md"})
JSON_ENDINGS = frozenset({".jsonl", ".ndjson"})
TEXT_COLUMNS = ("text", "content", "body", "正文", "内容")
ID_COLUMNS = ("id", "doc_id", "_id", "url")
RANGE_BYTES = 16 << 20  # two seconds of work: little is lost to a kill, start-up costs are spread
GROUP_FILES = 2000  # small files of one shard, at most


class InputError(CorpusprepError):
    """Inputs that do not exist or hold nothing that can be read."""


class Part(NamedTuple):
    """Bytes *start* to *end* of the file at *path*: whole for text, lines that begin there else."""

    path: str
    kind: str  # "text" or "jsonl"
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
        passed = f" ({sum(skipped.values())} files of other kinds)" if skipped else ""
        raise InputError(
            f"no text to read in {', '.join(map(str, inputs))}{passed}; known: {endings}, plain or .gz"
        )
    return Inputs(list(dict.fromkeys(paths)), dict(sorted(skipped.items())))


def kind_of(path: Path) -> str:
    """Return "text" or "jsonl" by the ending of *path*, or "" for an unknown one.

    >>> [kind_of(Path(p)) for p in ("晚报.txt", "a.jsonl.gz", "图.png")]
    ['text', 'jsonl', '']
    """
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
        path = Path(name)
        kind = kind_of(path) or "text"
        if kind == "jsonl" and path.suffix != ".gz" and size:
            shards += [
                [Part(str(path), kind, at, min(at + RANGE_BYTES, size))]
                for at in range(0, size, RANGE_BYTES)
            ]
            continue
        if group and (held + size > RANGE_BYTES or len(group) >= GROUP_FILES):
            shards.append(group)
            group, held = [], 0
        group.append(Part(str(path), kind, 0, size))
        held += size
    return [*shards, group] if group else shards


def read_part(part: Part, options: Read) -> Iterator[Document]:
    """Yield the documents of *part*; those that cannot be read are dropped at stage "read"."""
    try:
        if part.kind == "text":
            yield _read_text(part, options)
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
    column = _column(row, options.text_column, TEXT_COLUMNS)
    text: object = row.pop(column, None) if column else None
    if not isinstance(text, str):
        known = ", ".join(map(str, row)) or "none"
        return _reject(name, source, "no-text", f"no text column; columns: {known}", _dump(row))
    key = _column(row, options.id_column, ID_COLUMNS)
    given = (row["url"] if key == "url" else row.pop(key)) if key else None
    return Document(
        name if given is None or given == "" else str(given),
        text,
        source=source,
        url=str(row.pop("url", None) or ""),
        title=str(row.pop("title", None) or ""),
        labels={
            k: v if isinstance(v, str | int | float) else _dump(v)
            for k, v in row.items()
            if v is not None
        },
    )


def _column(row: dict[str, Any], wanted: str, usual: Sequence[str]) -> str:
    """Return the column *wanted*, else the first of the usual ones, one with a value before others."""
    if wanted:
        return wanted if wanted in row else ""
    there = [name for name in usual if name in row]
    filled = [name for name in there if row[name] is not None and row[name] != ""]
    return (filled or there or [""])[0]


def _dump(row: object) -> str:
    return orjson.dumps(row).decode()


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
