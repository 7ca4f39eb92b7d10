"""What a page says about itself in its head: title, author, date, site, language, address, wishes.

Titles of Chinese pages carry the names of site and section behind them; what the page shows as its
heading, or says in ``og:title``, is believed before ``<title>``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selectolax.lexbor import LexborHTMLParser

_BEHIND = re.compile(r"\s*(?:[_|｜]|\s[-–—·]|--|[-–—·]\s|[-–—](?=[\u3400-\u9fff]))\s*")
_SPACES = re.compile(r"\s+")
_AUTHORS = ("author", "article:author", "og:article:author", "dc.creator", "byl")
_DATES = (
    "article:published_time",
    "og:article:published_time",
    "publishdate",
    "pubdate",
    "publishedtime",
    "og:release_date",
    "weibo:article:create_at",
    "datepublished",
    "dc.date",
)
_SITES = ("og:site_name", "application-name", "apple-mobile-web-app-title", "sitename")
MAX_JSON = 200_000  # characters of one JSON-LD script; articles' are a few thousand
_NO_MINING = frozenset({"noai", "noimageai"})


class Metadata(NamedTuple):
    """What a page says of itself; empty where it says nothing."""

    title: str = ""
    author: str = ""
    published: str = ""
    site: str = ""
    lang: str = ""
    url: str = ""
    optout: str = ""  # the words that reserve it: "noai", "tdm-reservation"


def read_metadata(parser: LexborHTMLParser, headers: Mapping[str, str] | None = None) -> Metadata:
    """Return what the head of the page and the *headers* it came with say of it.

    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<html lang=zh><title>夜雨_诗歌_江南网</title><h1>夜雨</h1>")
    >>> read_metadata(page).title
    '夜雨'
    """
    meta = _metas(parser)
    linked = next((found for found in _json_ld(parser) if _is_work(found)), {})
    root = parser.root
    given = root.attributes if root is not None else {}
    canonical = parser.css_first("link[rel=canonical]")
    return Metadata(
        title=_title(parser, meta, linked),
        author=_first(meta, _AUTHORS) or _name(linked.get("author")),
        published=_first(meta, _DATES) or _plain(linked.get("datePublished")),
        site=_first(meta, _SITES) or _name(linked.get("publisher")),
        lang=_plain(given.get("lang") or given.get("xml:lang")),
        url=_plain((canonical.attributes.get("href") if canonical else "") or meta.get("og:url")),
        optout=_reserved(meta, {k.lower(): v for k, v in (headers or {}).items()}),
    )


def _metas(parser: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in parser.css("meta[content]"):
        given = node.attributes
        name = given.get("property") or given.get("name") or given.get("itemprop") or ""
        found.setdefault(name.lower(), _plain(given.get("content")))
    return found


def _json_ld(parser: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    """Yield the objects of all JSON-LD scripts, one level of lists and graphs deep."""
    for node in parser.css('script[type="application/ld+json"]'):
        text = node.text()
        if len(text) > MAX_JSON:
            continue
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        for item in found if isinstance(found, list) else [found]:
            if isinstance(item, dict):
                graph = item.get("@graph")
                yield item
                yield from (
                    (i for i in graph if isinstance(i, dict)) if isinstance(graph, list) else ()
                )


def _is_work(found: dict[str, Any]) -> bool:
    return "datePublished" in found or "headline" in found


def _title(parser: LexborHTMLParser, meta: dict[str, str], linked: dict[str, Any]) -> str:
    node = parser.css_first("title")
    whole = _plain(node.text() if node else "")
    for heading in parser.css("h1"):
        shown = _plain(heading.text())
        if shown and shown in whole:
            return shown
    said = _plain(linked.get("headline")) or meta.get("og:title", "")
    if said:
        return _bare(said, meta) if said == whole else said
    return _bare(whole, meta)


def _bare(title: str, meta: dict[str, str]) -> str:
    """Return *title* without the names of section and site behind it.

    >>> _bare("夏日的荷塘_散文_江南文学网", {}), _bare("A-B 测试怎么做", {})
    ('夏日的荷塘', 'A-B 测试怎么做')
    """
    pieces = _BEHIND.split(title)
    first = pieces[0]
    return first if len(pieces) > 1 and len(first) > 1 and first != _first(meta, _SITES) else title


def _reserved(meta: dict[str, str], headers: dict[str, str]) -> str:
    """Return the words by which the page or its server reserves it, or ""."""
    robots = ",".join((meta.get("robots", ""), meta.get("ai", ""), headers.get("x-robots-tag", "")))
    words = {word.strip().lower() for word in re.split(r"[,;:]", robots)}
    found = sorted(words & _NO_MINING)
    if "1" in (meta.get("tdm-reservation"), headers.get("tdm-reservation", "").strip()):
        found.append("tdm-reservation")
    return " ".join(found)


def _first(meta: dict[str, str], names: tuple[str, ...]) -> str:
    return next((meta[name] for name in names if meta.get(name)), "")


def _name(value: object) -> str:
    """Return the name in JSON-LD: a string, an object with one, or the first of a list."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return _plain(value.get("name") if isinstance(value, dict) else value)


def _plain(value: object) -> str:
    return _SPACES.sub(" ", value).strip() if isinstance(value, str) else ""
