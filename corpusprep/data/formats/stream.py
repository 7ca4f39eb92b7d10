"""What a reader of one format is given, and what readers share: a whole document, or its bytes by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from corpusprep.core import Document
from corpusprep.data.rows import reject
from corpusprep.recipe import Read

if TYPE_CHECKING:
    from collections.abc import Iterable

PIECE_BYTES = 1 << 20  # read at a time: a tenth of a second of work


class Stream(NamedTuple):
    """One input, opened and decompressed."""

    name: str  # of what is read: a path, a URL, "a.zip!/b.html"; prefix of ids, source of documents
    file: BinaryIO  # may not be seekable, and may give fewer bytes than it is asked for
    size: int = -1  # bytes, if known


Reader = Callable[[Stream, Read], Iterator[Document]]


def pieces(file: BinaryIO, most: int = PIECE_BYTES) -> Iterator[bytes]:
    """Yield the bytes of *file*, *most* at a time; of damaged ones those before, then the error."""
    read = reading(file)
    error: Exception | None = None
    size = most
    while size == most and not error:
        held: list[bytes] = []
        size = 0
        try:
            while size < most and (piece := read(most - size)):
                held.append(piece)
                size += len(piece)
        except Exception as found:  # noqa: BLE001 - each compression has its own; raised below
            error = found
        if held:
            yield b"".join(held)
    if error:
        raise error


def reading(file: BinaryIO) -> Callable[[int], bytes]:
    """Return how to read *file* so that an error takes nothing with it that stands before it.

    `GzipFile.read` and its like throw away what they have when they come to a damage.
    """
    return getattr(file, "read1", file.read)


def read_at_most(file: BinaryIO, limit: int) -> bytes:
    """Return the bytes of *file* up to its end, or *limit* + 1 of them if there are more."""
    data = bytearray()
    while len(data) <= limit and (piece := file.read(limit + 1 - len(data))):
        data += piece
    return bytes(data)


def read_whole(stream: Stream, megabytes: int) -> bytes | Document:
    """Return all bytes of *stream*, or a rejected document if there are none or too many."""
    data = read_at_most(stream.file, megabytes * 1_000_000)
    if len(data) > megabytes * 1_000_000:
        return too_large(stream.name, stream.name, megabytes)
    if not data:
        return reject(stream.name, stream.name, "empty", "the file has no bytes")
    return data


def too_large(name: str, source: str, megabytes: int, what: str = "as one document") -> Document:
    """Return a document that was not read because of its size."""
    why = f"over {megabytes} MB {what}; split it, or raise [read] max_megabytes"
    return reject(name, source, "too-large", why)


def counted(numbers: Iterable[tuple[str, int]]) -> str:
    """Return how many of what, in alphabetical order.

    >>> counted([("request", 2), ("metadata", 1)])
    '1 metadata, 2 request'
    """
    return ", ".join(f"{n} {what}" for what, n in sorted(numbers))
