"""Saved web pages: HTML, XHTML, and the MHTML archives that browsers write."""

from __future__ import annotations

import email
import re
from typing import TYPE_CHECKING

from corpusprep.data.formats.stream import read_whole
from corpusprep.data.rows import reject
from corpusprep.page.html import read_page
from corpusprep.page.sites import site_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message

    from corpusprep.core import Document
    from corpusprep.data.formats.stream import Stream
    from corpusprep.recipe import Read

# An MHTML file holds the pictures of its page too, in base64; the page itself has the usual limit.
MHTML_TIMES = 5
_VOID = b"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr"
_EMPTY = re.compile(rb"<(?!(?:" + _VOID + rb")[\s/])([A-Za-z][\w:.-]*)(\s[^<>]*)?/>", re.IGNORECASE)


def read_html(stream: Stream, options: Read) -> Iterator[Document]:
    """Yield the page in *stream* as one document."""
    data = read_whole(stream, options.max_megabytes)
    if not isinstance(data, bytes):
        yield data
        return
    if stream.name.lower().endswith(".xhtml"):
        data = close_empty_elements(data)
    yield page_of(data, stream.name, stream.name, options)


def page_of(
    data: bytes,
    name: str,
    source: str,
    options: Read,
    *,
    url: str = "",
    headers: Mapping[str, str] | None = None,
) -> Document:
    """Return the page *data* as `read_page` reads it where *options* say how."""
    return read_page(
        data,
        name,
        source=source,
        url=url,
        headers=headers,
        sites=site_rules(options.sites),
        ignore_optout=options.ignore_optout,
    )


def close_empty_elements(data: bytes) -> bytes:
    """Return XHTML with the empty elements closed that HTML has no short form for.

    To a parser of HTML, ``<title/>`` opens a title that the whole chapter belongs to.

    >>> close_empty_elements(b'<title/><br/><a id="n1"/>')
    b'<title></title><br/><a id="n1"></a>'
    """
    return _EMPTY.sub(rb"<\1\2></\1>", data)


def read_mhtml(stream: Stream, options: Read) -> Iterator[Document]:
    """Yield the page that an MHTML archive was made for; pictures and frames are passed over."""
    data = read_whole(stream, options.max_megabytes * MHTML_TIMES)
    if not isinstance(data, bytes):
        yield data
        return
    try:
        message = email.message_from_bytes(data.lstrip())
        root = _root(message)
        page = root.get_payload(decode=True) if root is not None else None
    except (RecursionError, ValueError, LookupError) as error:
        yield reject(stream.name, stream.name, "damaged-mhtml", f"not a mail message: {error!r}")
        return
    if root is None or not isinstance(page, bytes):
        held = ", ".join(sorted({part.get_content_type() for part in message.walk()}))
        why = f"no text/html part; there is {held}; save the page again, as HTML"
        yield reject(stream.name, stream.name, "no-page", why)
        return
    yield _saved_page(page, message, root, stream, options)


def _root(message: Message) -> Message | None:
    """Return the part that the archive names as its start, else the first that is HTML."""
    start = message.get_param("start")
    parts = [p for p in message.walk() if p.get_content_type() in _HTML]
    named = [p for p in parts if start and p.get("Content-ID") == start]
    return next(iter(named or parts), None)


_HTML = frozenset({"text/html", "application/xhtml+xml"})


def _saved_page(
    page: bytes, message: Message, root: Message, stream: Stream, options: Read
) -> Document:
    limit = options.max_megabytes * 1_000_000
    if len(page) > limit:
        why = f"a page of {len(page)} bytes; [read] max_megabytes is {options.max_megabytes}"
        return reject(stream.name, stream.name, "too-large", why)
    said = message.get("Snapshot-Content-Location") or root.get("Content-Location") or ""
    url = str(said).strip()
    return page_of(
        page,
        stream.name,
        stream.name,
        options,
        url=url if url.startswith(("http:", "https:")) else "",
        headers={"content-type": str(root.get("Content-Type", ""))},
    )
