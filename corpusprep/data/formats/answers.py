"""What a server answered, as a crawler kept it: the page or text in it, or why there is none.

Crawlers undo the encoding of the transfer and leave its header standing, or leave both: what a header
says of the bytes is tried, and where they are not so, they are taken as they are.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

import pyarrow as pa

from corpusprep.core import Document
from corpusprep.data.formats.pages import close_empty_elements, page_of
from corpusprep.data.formats.stream import read_at_most
from corpusprep.data.rows import reject
from corpusprep.errors import UndecodableError
from corpusprep.page.html import dropped
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from corpusprep.recipe import Read

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})([^\r\n]*)\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"^([\w-]+):[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)
_CHUNK = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_HTML = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_TEXT = frozenset({"text/plain", "text/markdown", "text/x-markdown"})
# Types that servers give for want of a better one: what the bytes look like decides.
_VAGUE = frozenset(
    {"", "application/octet-stream", "text/xml", "application/xml", "unk", "no-type"}
)
_LOOKS_HTML = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_DOCUMENTS = frozenset({"response", "resource", "conversion"})


def is_document(fields: dict[str, str]) -> bool:
    """Return whether a record with such a header holds what a server gave; a request holds nothing."""
    kind = fields.get("warc-type", "").lower()
    about = fields.get("content-type", "").lower()
    if kind == "response":
        return "http" in about or not about
    return kind in _DOCUMENTS and not about.startswith("application/warc-fields")


def read_record(
    fields: dict[str, str], body: bytes, name: str, source: str, options: Read
) -> Document:
    """Return what a record with the header *fields* holds; labelled with the day of the crawl."""
    url = fields.get("warc-target-uri", "").strip("<>")
    if fields.get("warc-type", "").lower() == "response":
        doc = _answer(body, name, source, url, options)
    else:
        said = {"content-type": fields.get("content-type", "")}
        doc = _content(body, said, name, source, url, options)
    doc.url = doc.url or url
    if date := fields.get("warc-date"):
        doc.labels["crawled"] = date
    if why := fields.get("warc-truncated"):
        doc.labels["truncated"] = why
    return doc


def _answer(body: bytes, name: str, source: str, url: str, options: Read) -> Document:
    status = _STATUS.match(body)
    if not status:
        why = "a response that is no HTTP answer"
        return reject(name, source, "not-http", why)
    end = _HEAD_END.search(body, status.end() - 2)
    headers = parse_headers(body[status.end() : end.start() if end else len(body)])
    data = body[end.end() :] if end else b""
    limit = options.max_megabytes * 1_000_000
    try:
        data, cut = undo_encodings(data, headers, limit)
    except CodingError as error:
        return reject(name, source, *error.args)
    doc = _content(data, headers, name, source, url, options)
    if cut:
        doc.labels["truncated"] = cut
    if not status[1].startswith(b"2"):
        said = (status[1] + status[2]).decode("utf-8", "replace").strip()
        return dropped(doc, "http-status", said)
    return doc


def parse_headers(block: bytes) -> dict[str, str]:
    """Return the headers of an answer, names in lower case; what stands twice is joined by commas."""
    headers: dict[str, str] = {}
    for found in _FIELD.finditer(re.sub(rb"\r?\n[ \t]+", b" ", block)):
        name, value = found[1].lower().decode(), found[2].decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _content(
    data: bytes, headers: dict[str, str], name: str, source: str, url: str, options: Read
) -> Document:
    """Return the page or text *data*, by its type or by what it looks like."""
    kind = headers.get("content-type", "").split(";")[0].split(",")[0].strip().lower()
    if kind in _HTML or (kind in _VAGUE | _TEXT and _LOOKS_HTML.match(data[:4096])):
        if kind.endswith("xhtml+xml"):
            data = close_empty_elements(data)
        return page_of(data, name, source, options, url=url, headers=headers)
    if kind not in _TEXT | _VAGUE - {"text/xml", "application/xml"}:
        size = f"{len(data)} bytes of {kind}"
        return reject(name, source, "not-text", size)
    try:
        found = decode(data, headers.get("content-type"))
    except UndecodableError as error:
        rule = "undecodable" if kind in _TEXT else "not-text"
        return reject(name, source, rule, str(error))
    if not found.text.strip():
        return reject(name, source, "empty", "the answer has no text")
    return Document(name, found.text, source=source, url=url, labels={"encoding": found.encoding})


# --- encodings of the transfer -----------------------------------------------------------------


class CodingError(Exception):
    """An answer that cannot be read: the rule, and why."""


def undo_encodings(data: bytes, headers: dict[str, str], limit: int) -> tuple[bytes, str]:
    """Return *data* without the chunks and compressions that *headers* tell of, and which was cut.

    Raises:
        CodingError: more than *limit* bytes, or a compression that is not known here.

    """
    cut = ""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        data, whole = join_chunks(data)
        cut = "" if whole else "chunked"
    both = f"{headers.get('content-encoding', '')},{headers.get('transfer-encoding', '')}"
    for coding in reversed([word.strip().lower() for word in both.split(",")]):
        if coding not in _PLAIN and not _LOOKS_HTML.match(data[:4096]):
            data, whole = _undo(data, coding, limit)
            cut = cut if whole else coding
        if len(data) > limit:
            why = f"over {limit // 1_000_000} MB without its compression ({coding})"
            raise CodingError("too-large", why)
    return data, cut


_PLAIN = frozenset({"", "identity", "chunked", "none", "utf-8"})


def join_chunks(data: bytes) -> tuple[bytes, bool]:
    r"""Return the chunks of *data* joined, and whether they are all there; else *data* as it is.

    >>> join_chunks(b"4\r\nabcd\r\n2;x=1\r\nef\r\n0\r\n\r\n")
    (b'abcdef', True)
    """
    joined: list[bytes] = []
    at = 0
    while size := _CHUNK.match(data, at):
        start, length = size.end(), int(size[1], 16)
        joined.append(data[start : start + length])
        at = start + length
        if not length:
            return b"".join(joined), True
        at += 2 if data[at : at + 2] == b"\r\n" else 1
    if joined and at >= len(data):
        return b"".join(joined), False
    return data, True


def _undo(data: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """Return *data* decompressed and whether it was whole; as it is if only the header says so."""
    if coding in {"gzip", "x-gzip"}:
        return _gunzip(data, limit)
    if coding == "deflate":
        return _inflate(data, limit)
    codec = {"br": "brotli", "zstd": "zstd"}.get(coding)
    if codec is None or not pa.Codec.is_available(codec):
        raise CodingError("encoded", f"Content-Encoding {coding}, which is not known here")
    try:
        with pa.CompressedInputStream(pa.BufferReader(data), codec) as file:
            return read_at_most(file, limit), True
    except (OSError, pa.ArrowException):
        return data, True


def _gunzip(data: bytes, limit: int) -> tuple[bytes, bool]:
    plain = bytearray()
    for _ in range(_MEMBERS):
        if not data.startswith(b"\x1f\x8b") or len(plain) > limit:
            break
        member = zlib.decompressobj(31)
        try:
            while piece := member.decompress(data, min(_PIECE, limit + 1 - len(plain))):
                plain += piece
                data = member.unconsumed_tail
                if len(plain) > limit:
                    break
        except zlib.error:
            return bytes(plain), False
        if not member.eof:
            return bytes(plain), len(plain) > limit
        data = member.unused_data
    return (bytes(plain), True) if plain else (data, True)


_MEMBERS = 100  # of one answer; servers send one
_PIECE = 1 << 16  # what comes before a damage comes in whole pieces


def _inflate(data: bytes, limit: int) -> tuple[bytes, bool]:
    """Return zlib data, or the bare deflate data that some servers send for it."""
    for bits in (15, -15):
        member = zlib.decompressobj(bits)
        try:
            plain = member.decompress(data, limit + 1)
        except zlib.error:
            continue
        if plain and (member.eof or bits > 0 or len(plain) > limit):
            return plain, member.eof
    return data, True
