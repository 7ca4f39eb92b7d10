"""WARC and WET files, as crawlers keep them: records one after the other, each with a length.

A length may lie, and a file may end in the middle: after each record the next one must begin, else it
is searched for. Read by hand, since it takes no more than this, and `fastwarc` is not everywhere.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import xxhash

from corpusprep.data.formats.answers import is_document, read_record
from corpusprep.data.formats.stream import counted, reading, too_large
from corpusprep.data.rows import reject
from corpusprep.page.html import dropped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from corpusprep.core import Document
    from corpusprep.data.formats.stream import Stream
    from corpusprep.recipe import Read

_BEGINS = re.compile(rb"(?<![^\n])WARC/[01]\.\d+\r?\n")
_MARK_BYTES = 16  # of the longest line that begins a record
_FIRST = re.compile(rb"\s*WARC/[01]\.\d+\r?\n")
_FIELD = re.compile(rb"^([\w-]+):[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)
_BLANK = re.compile(rb"\s*")
_HEADER_BYTES = 1 << 16
_END_BYTES = 64  # after a record: two line ends, or a few more
# Read at a time: what a damaged file gives before the damage comes in whole pieces.
_PIECE_BYTES = 1 << 16


class Record(NamedTuple):
    """One record: its header, where it begins, its bytes; and what is wrong with these."""

    fields: dict[str, str]  # names in lower case
    at: int
    body: bytes
    wrong: str = ""


class _Feed:
    """The bytes of a file from `at` on; an error in decompression is kept for the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._read = reading(file)
        self.held = b""
        self.at = 0
        self.error: Exception | None = None

    def want(self, size: int) -> bool:
        """Hold *size* bytes if there are so many left; return whether there are."""
        got = [self.held]
        have = len(self.held)
        while have < size and not self.error:
            try:
                piece = self._read(_PIECE_BYTES)
            except Exception as error:  # noqa: BLE001 - each compression has its own; raised at the end
                self.error = error
                break
            if not piece:
                break
            got.append(piece)
            have += len(piece)
        self.held = b"".join(got) if len(got) > 1 else self.held
        return have >= size

    def take(self, size: int) -> bytes:
        taken, self.held = self.held[:size], self.held[size:]
        self.at += len(taken)
        return taken


def read_warc(stream: Stream, options: Read) -> Iterator[Document]:
    """Yield the pages and texts that the records of *stream* hold.

    The id is the address; of one that was there before, ``name@offset`` of the record. Records of
    other types are counted in one row at the end.
    """
    feed = _Feed(stream.file)
    seen: set[int] = set()
    passed: Counter[str] = Counter()
    for found in _records(feed, options.max_megabytes * 1_000_000):
        if is_document(found.fields):
            yield _named(found, stream, options, seen)
            continue
        if found.wrong:
            yield reject(f"{stream.name}@{found.at}", stream.name, "damaged-warc", found.wrong)
        if found.fields:
            passed[found.fields.get("warc-type", "without type")] += 1
    if passed:
        why = f"records that hold no document: {counted(passed.items())}"
        yield reject(f"{stream.name}#passed", stream.name, "passed-over", why)
    if not feed.at and not feed.error:
        yield reject(stream.name, stream.name, "empty", "the file has no bytes")
    if feed.error:
        raise feed.error


def _named(record: Record, stream: Stream, options: Read, seen: set[int]) -> Document:
    """Return the document in *record*, with an id that no other of the file has."""
    url = record.fields.get("warc-target-uri", "").strip("<>")
    name = f"{stream.name}@{record.at}"
    key = xxhash.xxh3_64_intdigest(url.encode())
    if url and key not in seen:
        seen.add(key)
        name = url
    if record.wrong == "too-large":
        return too_large(name, stream.name, options.max_megabytes, f"in the record of {url}")
    doc = read_record(record.fields, record.body, name, stream.name, options)
    if record.wrong and doc.dropped is None:
        return dropped(doc, "truncated", record.wrong)
    return doc


def _records(feed: _Feed, limit: int) -> Iterator[Record]:
    """Yield the records; what lies between them and is none comes as one without fields."""
    while feed.want(1):
        feed.want(_HEADER_BYTES)
        feed.take(_BLANK.match(feed.held).end())  # type: ignore[union-attr] # matches nothing, too
        at = feed.at
        if not (begins := _FIRST.match(feed.held)):
            if skipped := _skip(feed):
                yield Record({}, at, b"", f"{skipped} bytes that are no WARC record; passed over")
            continue
        end = re.compile(rb"\r?\n\r?\n").search(feed.held, begins.end() - 2, _HEADER_BYTES)
        fields = _fields(feed.held[begins.end() : end.start()]) if end else {}
        length = fields.get("content-length", "")
        if not end or not length.isdecimal() or len(length) > 18:
            feed.take(begins.end())
            yield Record({}, at, b"", "a record whose header has no end or no Content-Length")
            continue
        feed.take(end.end())
        body, wrong = _body(feed, int(length), limit, keep=is_document(fields))
        yield Record(fields, at, body, wrong)


def _fields(header: bytes) -> dict[str, str]:
    """Return the fields of a header block, the first of each name; long ones may be folded."""
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", header)
    found = [(m[1].lower(), m[2]) for m in _FIELD.finditer(unfolded)]
    return {name.decode(): value.decode("utf-8", "replace") for name, value in reversed(found)}


def _skip(feed: _Feed) -> int:
    """Pass over what is no record, up to where one begins; return how many bytes, 0 if all blank."""
    skipped, blank = 0, True
    while True:
        more = feed.want(_HEADER_BYTES)
        found = _BEGINS.search(feed.held)
        rest = _MARK_BYTES if more else 0  # in which one may begin
        taken = feed.take(found.start() if found else max(1, len(feed.held) - rest))
        skipped += len(taken)
        blank = blank and not taken.strip()
        if found or not more:
            return 0 if blank else skipped


def _body(feed: _Feed, length: int, limit: int, *, keep: bool) -> tuple[bytes, str]:
    """Return the *length* bytes of a record and what is wrong with them.

    Where no record follows, the length lies, and the body goes up to where the next record begins.
    """
    if length > limit or not keep:
        return b"", _pass(feed, length) or ("too-large" if length > limit else "")
    whole = feed.want(length)
    feed.want(length + _END_BYTES)
    rest = feed.held[length : length + _END_BYTES]
    if whole and (not rest.strip() or rest.startswith(b"\r\n\r\n") or _FIRST.match(rest)):
        return feed.take(length), ""
    inside = _BEGINS.search(feed.held, 0, length)
    if inside:
        return _unended(feed.take(inside.start())), ""
    if not whole:
        have = len(feed.held)
        return feed.take(have), f"the file ends after {have} of the record's {length} bytes"
    feed.want(limit + _END_BYTES)
    beyond = _BEGINS.search(feed.held, length)
    if beyond and beyond.start() <= limit:
        return _unended(feed.take(beyond.start())), ""
    return feed.take(length), "the record goes on after the length that it states"


def _unended(body: bytes) -> bytes:
    return body.removesuffix(b"\n").removesuffix(b"\r").removesuffix(b"\n").removesuffix(b"\r")


def _pass(feed: _Feed, length: int) -> str:
    """Pass over *length* bytes, but not over the beginning of a record; return what is wrong."""
    while length > 0:
        some = min(length, _PIECE_BYTES)
        there = feed.want(some + _MARK_BYTES)
        inside = _BEGINS.search(feed.held, 0, some + _MARK_BYTES)
        if inside and inside.start() < some:
            feed.take(inside.start())
            return ""
        length -= len(feed.take(some))
        if not there and length > 0 and not feed.held:
            return f"the file ends {length} bytes before the record does"
    return ""
