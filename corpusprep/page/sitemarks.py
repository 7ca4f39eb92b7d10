"""What the rule of a site selects on a page: marks for its nodes, by which `walk` names them.

Rules are read in `corpusprep.page.sites`, which says what they look like.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from corpusprep.page.walk import MAX_PATH, UNREAD, kind_of_block, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from selectolax.lexbor import LexborHTMLParser

MAIN, DROP = "!main", "!drop"  # in a path: what a rule's `main` and `drop` select


class Example(NamedTuple):
    """A small page, strings that stay on it and strings that go; and the line where it stands."""

    html: str
    has: tuple[str, ...]
    gone: tuple[str, ...]
    line: int


class SiteRule(NamedTuple):
    """What is known of the pages of one host; `main`, `drop` and `title` are CSS selectors."""

    host: str
    why: str
    main: tuple[str, ...]
    drop: tuple[str, ...]
    title: str
    examples: tuple[Example, ...]
    file: str

    @property
    def id(self) -> str:
        """What stands in the ledger."""
        return f"site:{self.host}"


def site_host(url: str) -> str:
    """Return the host of *url* as rules name it: in ASCII and lower case, without ``www.``.

    >>> [site_host(url) for url in ("https://WWW.例子.中国:8080/a", "//m.example.org", "/a.html")]
    ['xn--fsqu00a.xn--fiqs8s', 'm.example.org', '']
    """
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:  # brackets that are no IPv6 address
        return ""
    with suppress(UnicodeError):  # a label that is empty or too long: no rule has it
        host = host.rstrip(".").encode("idna").decode("ascii")
    return host.lower().removeprefix("www.")


class Sites:
    """Rules by host; `marks` says what they select on a page."""

    def __init__(self, rules: Iterable[SiteRule] = ()) -> None:
        self.rules = {rule.host: rule for rule in rules}

    @cached_property
    def hash(self) -> str:
        """SHA-256 over what the rules select, for the record of a run."""
        said = sorted((r.host, r.main, r.drop, r.title) for r in self.rules.values())
        return sha256(repr(said).encode()).hexdigest()

    def find(self, url: str) -> SiteRule | None:
        """Return the rule for the page at *url*: of its host, or of the nearest host above it."""
        host = site_host(url)
        while host:
            if host in self.rules:
                return self.rules[host]
            host = host.partition(".")[2]
        return None

    def marks(self, parser: LexborHTMLParser, url: str) -> dict[int, str]:
        """Return "!main" and "!drop" for the nodes of a page, by `mem_id`, as `walk` takes them.

        >>> from selectolax.lexbor import LexborHTMLParser
        >>> page = LexborHTMLParser("<div id=a><p>正文。</p><ul><li>分享</ul></div><p>页脚")
        >>> sites = Sites([SiteRule("example.org", "", ("#a",), ("ul",), "", (), "")])
        >>> [block.path for block in walk(page, sites.marks(page, "https://m.example.org/1")).blocks]
        ['body/div[1]#a!main/p[1]', 'body/div[1]#a!main/ul[1]!drop/li[1]', 'body/p[1]']
        """
        rule = self.find(url)
        return _marks(parser, rule) if rule else {}

    def title(self, parser: LexborHTMLParser, url: str) -> str:
        """Return what the rule for *url* says is the title of the page, or ""."""
        rule = self.find(url)
        if rule is None:
            return ""
        dropped = {node.mem_id for node in select(parser, rule.drop)}
        titles = ("".join(_texts(node, dropped)) for node in select(parser, (rule.title,)))
        return next((title for text in titles if (title := " ".join(text.split()))), "")


# --- what a rule selects -----------------------------------------------------------------------


class _Place(NamedTuple):
    """Where an element is: the nearest that a path can name, and the outermost of `main`."""

    depth: int
    shown: int
    outer: int


def _marks(parser: LexborHTMLParser, rule: SiteRule) -> dict[int, str]:
    dropped = {node.mem_id for node in select(parser, rule.drop)}
    mains = select(parser, rule.main)
    places = _places(mains)
    mains = [node for node in mains if places[node.mem_id].outer == node.mem_id]
    dropped -= places.keys()
    mains = [node for node in mains if _has_text(node, dropped)]
    if not mains:
        left = parser.body is not None and _has_text(parser.body, dropped)
        return dict.fromkeys(dropped, DROP) if left else {}
    mains += select(parser, (rule.title,))[:1]
    places = _places(mains)
    shown = [places[node.mem_id].shown for node in mains]
    return dict.fromkeys(dropped - places.keys(), DROP) | dict.fromkeys(shown, MAIN)


def select(parser: LexborHTMLParser, selectors: tuple[str, ...]) -> list[Any]:
    """Return the nodes that any of *selectors* selects, in order."""
    return parser.css(", ".join(selectors)) if any(selectors) else []


def _places(mains: list[Any]) -> dict[int, _Place]:
    """Return where *mains* and all elements that hold them are, by `mem_id`."""
    ids = {node.mem_id for node in mains}
    places: dict[int, _Place] = {}
    for node in mains:
        chain = []
        at = node
        while at is not None and at.is_element_node and at.mem_id not in places:
            chain.append(at.mem_id)
            at = at.parent
        above = places.get(at.mem_id if at is not None else 0, _Place(-1, 0, 0))
        for mem_id in reversed(chain):
            depth = above.depth + 1
            shown = mem_id if depth < MAX_PATH else above.shown
            above = _Place(depth, shown, above.outer or (mem_id if mem_id in ids else 0))
            places[mem_id] = above
    return places


def _has_text(top: Any, dropped: set[int]) -> bool:
    return any(text.strip() for text in _texts(top, dropped))


def _texts(top: Any, dropped: set[int]) -> Iterator[str]:
    """Yield the texts that are to be read in *top*, without what is *dropped*."""
    node = top
    while node is not None:
        if node.is_text_node:
            yield node.text_content or ""
        passed = node.mem_id in dropped or node.tag in UNREAD
        if not passed and node.first_child is not None:
            node = node.first_child
            continue
        while node.mem_id != top.mem_id and node.next is None:
            node = node.parent
        node = None if node.mem_id == top.mem_id else node.next


def marked_text(parser: LexborHTMLParser, marks: Mapping[int, str]) -> str:
    """Return what *marks* leave of a page: the text in "!main", if there is any, outside "!drop".

    Scripts, controls and hidden elements are not part of it, either.
    """
    page = walk(parser, marks)
    inside = any(MAIN in block.path for block in page.blocks)
    out, end = [], 0
    for block in page.blocks:
        if is_read(block.path) and (not inside or MAIN in block.path):
            out.append(page.text[end : block.end])
        end = block.end
    return "".join(out).strip()


def is_read(path: str) -> bool:
    """Return whether the block at *path* is shown and no rule drops it."""
    return DROP not in path and kind_of_block(path).shown
