"""The text of a large file, piece by piece, in whatever encoding its lines are.

The head decides for the file. A piece that is not valid in that encoding (a table put together from
exports of several programs) is decided anew, and loses no other piece.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from corpusprep.data.formats.stream import PIECE_BYTES, pieces
from corpusprep.errors import UndecodableError
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_WIDE = ("utf-16", "utf-32")  # whose bytes mean nothing one by one
# Bytes that are in no character of several bytes, in UTF-8 or any encoding of Chinese.
_APART = (b'"', b",", b" ", b"\t", b"<")


def decoded(file: BinaryIO, limit: int) -> Iterator[str]:
    """Yield the text of *file* in pieces of a megabyte, cut at line ends where it has lines.

    A piece without any place to cut ends within *limit* bytes.

    Raises:
        UndecodableError: the first piece is no text.

    """
    cut = _cut_at_ends(file, limit)
    head = next(cut, b"")
    found = decode(head)
    if found.encoding.startswith(_WIDE):
        yield from _decoded_wide(head, file, found.encoding)
        return
    yield found.text
    codec = "utf-8" if found.encoding == "utf-8-sig" else found.encoding
    for piece in cut:
        yield _decoded_piece(piece, codec)


def _cut_at_ends(file: BinaryIO, limit: int) -> Iterator[bytes]:
    held = b""
    try:
        for piece in pieces(file):
            held += piece
            end = held.rfind(b"\n") + 1 or max(held.rfind(byte) for byte in _APART) + 1
            if len(held) < PIECE_BYTES or (not end and len(held) < limit):
                continue
            yield held[: end or len(held)]
            held = held[end:] if end else b""
    except Exception:  # of a damaged file: what came before it is read
        if held:
            yield held
        raise
    if held:
        yield held


def _decoded_wide(head: bytes, file: BinaryIO, codec: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)("replace")
    yield decoder.decode(head).removeprefix("\ufeff")
    for piece in pieces(file):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _decoded_piece(piece: bytes, codec: str) -> str:
    """Return the text of *piece*: by *codec* if it is valid in that, else by what fits best."""
    strict = ""
    try:
        strict = piece.decode(codec)
        if codec in {"utf-8", "gb18030"}:
            return strict
    except (UnicodeDecodeError, LookupError):  # "iso2022_cn" is none of Python's
        pass
    try:
        found = decode(piece, codec)
    except UndecodableError:
        return strict or piece.decode("utf-8" if codec == "iso2022_cn" else codec, "replace")
    return found.text if found.encoding == codec or not strict else strict
