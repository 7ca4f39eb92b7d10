"""HTML to a document: its text with blocks, and what its head says of it.

Two shapes of page cost the parser quadratic time, and only attacks and accidents have them: tens of
thousands of elements in one another, and as many attributes on one element. Attributes of that
length are cut off; a page nested that deep is read without its tree.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from corpusprep.core import Document, Drop
from corpusprep.errors import UndecodableError
from corpusprep.page.metadata import read_metadata
from corpusprep.page.walk import walk
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpusprep.page.sitemarks import Sites

LONG_PAGE = 300_000  # characters: from here on tags with endless attributes are looked for
_LONG_TAG = re.compile(r"<([A-Za-z][\w-]*)[^<>]{50000,}>")
MAX_DEPTH = 5_000  # 0.1 s; 100,000 take 47 s
# Elements that nothing lies in, or that close each other: they do not nest, closed or not.
_FLAT = re.compile(
    r"<(?:br|img|hr|input|meta|link|area|base|col|embed|source|track|wbr|param|p|li|td|th|tr|dt|dd|option)\b",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|meta|title|script|div|table|center)\b",
    re.IGNORECASE | re.DOTALL,
)
_MARKUP = re.compile(
    r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|</?[A-Za-z][^<>]*>",
    re.IGNORECASE | re.DOTALL,
)


def read_page(
    data: bytes | str,
    name: str,
    *,
    source: str = "",
    url: str = "",
    headers: Mapping[str, str] | None = None,
    sites: Sites | None = None,
    ignore_optout: bool = False,
) -> Document:
    r"""Return the page *data* as a document called *name*, with all of its text and its blocks.

    *headers* are those of the answer that brought it: the charset in ``Content-Type`` is heard
    before the page's own, and neither is believed against the bytes. A page that cannot be decoded,
    or that reserves itself (``noai``, ``tdm-reservation``: without its text), comes dropped at stage
    "read". *sites* are rules that say where the text of known sites stands.

    >>> page = read_page("<title>通知</title><p>请于六月前报名。", "a.html")
    >>> page.text, page.title, [block.path for block in page.blocks]
    ('通知\n\n请于六月前报名。', '通知', ['head/title[1]', 'body/p[1]'])
    """
    labels: dict[str, str | int | float] = {}
    if isinstance(data, bytes):
        said = {key.lower(): value for key, value in (headers or {}).items()}
        try:
            text, labels["encoding"], _ = decode(data, said.get("content-type"))
        except UndecodableError as error:
            return dropped(Document(name, "", source=source, url=url), "undecodable", str(error))
    else:
        text = data
    if not text.strip():
        return dropped(Document(name, text, source=source, url=url), "empty", "the page is empty")
    parser = _parse(text)
    told = read_metadata(parser, headers)
    page = walk(parser, sites.marks(parser, url or told.url) if sites else None)
    for label in ("author", "published", "site", "lang"):
        if value := getattr(told, label):
            labels["source_name" if label == "site" else label] = value
    doc = Document(
        name,
        page.text,
        source=source,
        url=url or told.url,
        title=told.title,
        blocks=page.blocks,
        labels=labels,
    )
    if told.optout and not ignore_optout:  # its text must not be published by way of `rejected`
        bare = Document(name, "", source=source, url=doc.url, title=doc.title, labels=labels)
        return dropped(bare, "opt-out", told.optout)
    return doc


def is_html(data: bytes) -> bool:
    """Return whether *data* begins like an HTML page, in an encoding that has ASCII in it.

    >>> is_html("<!-- 首页 --><html>".encode()), is_html("他写下<html>三个".encode("gb18030"))
    (True, False)
    """
    return bool(_BEGINS.match(data[:4096]))


def _parse(text: str) -> LexborHTMLParser:
    """Return the tree of a page, in time that grows with its length."""
    if len(text) > LONG_PAGE:
        text = _LONG_TAG.sub(r"<\1>", text)
    if _depth(text) > MAX_DEPTH:
        text = "<pre>" + _MARKUP.sub("\n", text)
    try:
        return LexborHTMLParser(text)
    except SelectolaxError:  # never seen; BeautifulSoup takes anything
        from bs4 import BeautifulSoup

        return LexborHTMLParser(f"<pre>{escape(BeautifulSoup(text, 'html.parser').get_text())}")


def _depth(text: str) -> int:
    """Return how deep elements may lie in one another, at most; a cheap bound."""
    opened = text.count("<") - 2 * text.count("</") - text.count("<!")
    if opened <= MAX_DEPTH:
        return opened
    return opened - len(_FLAT.findall(text))


def dropped(doc: Document, rule: str, detail: str) -> Document:
    """Return *doc* as one that was left out on reading."""
    doc.dropped = ("read", Drop(rule, detail))
    return doc
