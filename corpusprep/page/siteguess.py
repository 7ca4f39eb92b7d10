"""Where the text of a page seems to be, in CSS selectors that would do for other pages of its site.

Writing a site rule begins with looking for the element that holds the text. Here that is done by
counting: characters of sentences outside links, from the body downwards. Names of elements are
believed if they can be another page's as well: ``#content``, but not ``#content_10432``.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from corpusprep.page.metadata import read_metadata
from corpusprep.page.sitemarks import site_host
from corpusprep.page.sites import HOST
from corpusprep.page.walk import MAX_PATH, UNREAD, word_set
from corpusprep.rulefile import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser

_SENTENCE = re.compile(r"[，。！？；…]|[,!?;.]\s|[\u3400-\u9fff][,.!?;:]")
# A child that has as many of the sentences of its parent holds the text alone. On 45 pages with
# gold: 0.6 finds 0.93 of the text of articles and 0.87 of threads; 0.7 finds 0.93 and 0.91; 0.9
# finds 0.97 and 0.95, but of what it takes for the text of articles 0.37 is none, not 0.25.
_SHARE = 0.7
# On the same pages, what these two take from main costs 0.001 of the text of articles, and none of
# that of threads.
_LINK_DENSITY = 0.6  # of the characters of a list of links
_MOST_DROPPED = 0.2  # of the sentences in main: what has more is part of the text
_MOST_DROPS = 8
_NAME = re.compile(r"-?[A-Za-z_\u0080-\uffff][\w-]*")
# content_10432 and post-88213 are names on one page only; in classes, w1200 is a width.
_PASSING = {"#": re.compile(r"\d{3}"), ".": re.compile(r"\d{5}")}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS = re.compile(
    r"(?:^|[-_.#])(?:share|social|relate[ds]?|recommend(?:ed|s|ation)?|comments?|repl(?:y|ies)|ads?"
    r"|advert\w*|banner|copyright|disclaimer|statement|tags?|keywords|breadcrumbs?|crumbs?|pager?"
    r"|pagination|nav\w*|toolbar|tools?|follow|subscribe|qrcode|reward|donate|likes?|editor)(?![^-_.])"
)
# Names that also stand on what holds the text of another page.
_VAGUE = re.compile(
    r"(?:^|[-_.#])(?:article|body|box|center|clear\w*|col|container|content|fix\w*|hidden|item|main"
    r"|markdown|no|post|row|text|wrap\w*)(?![^-_.])"
)
_HOLDERS = word_set(
    "article blockquote body center dd div dl form li main ol section table tbody td tr ul"
)
_LISTS = word_set("aside dl div footer header nav ol section ul")
_ORNAMENTS = _LISTS | {"p", "span"}


class Guess(NamedTuple):
    """What seems to be the mark-up of a page's site; no `main` if the text has no element alone."""

    host: str
    main: str
    main_node: Any
    title: str
    title_node: Any
    drops: dict[str, Any]  # selectors, and the first node that each selects


class _Weight:
    """How many characters an element has, in links, and in sentences outside links."""

    __slots__ = ("chars", "links", "sentences")

    def __init__(self) -> None:
        self.chars = self.links = self.sentences = 0

    def add(self, other: _Weight) -> None:
        """Add what a child has."""
        self.chars += other.chars
        self.links += other.links
        self.sentences += other.sentences


def guess_site(parser: LexborHTMLParser, url: str = "") -> Guess:
    """Return the host, the main element, the title and what goes, as they seem to be on a page.

    Raises:
        RuleError: there is no text on the page, or *url* has no host.
    """
    host = _host(parser, url)
    body = parser.body
    weights = _weigh(body)
    if body is None or not weights[body.mem_id].chars:
        raise RuleError("there is no text on this page; take one with an article or a thread")
    main = _find_main(body, weights)
    title, title_node = _find_title(parser)
    drops = dict(islice(_find_drops(parser, main, title_node, weights), _MOST_DROPS))
    selector = "" if main.tag == "body" else _selector(parser, main)
    return Guess(host, selector, main, title, title_node, drops)


def _host(parser: LexborHTMLParser, url: str) -> str:
    host = site_host(url) if url else site_host(read_metadata(parser).url)
    if HOST.fullmatch(host):
        return host
    if url:
        raise RuleError(f"'{url}' has no host; write it as in https://example.org/page.html")
    return ""


def _weigh(body: Any) -> dict[int, _Weight]:
    """Return what the elements in *body* weigh, by `mem_id`."""
    weights: dict[int, _Weight] = {}
    above = [(_Weight(), False)]
    node = body
    while node is not None:
        weight, in_link = above[-1]
        if node.is_text_node:
            text = (node.text_content or "").strip()
            weight.chars += len(text)
            weight.links += len(text) if in_link else 0
            weight.sentences += len(text) if not in_link and _SENTENCE.search(text) else 0
        elif node.is_element_node:
            weights[node.mem_id] = weight = _Weight()
            if node.tag not in UNREAD and node.first_child is not None:
                above.append((weight, in_link or node.tag == "a"))
                node = node.first_child
                continue
        while node.next is None and len(above) > 1:
            done, _ = above.pop()
            above[-1][0].add(done)
            node = node.parent
        node = node.next if len(above) > 1 else None
    _settle(weights, above[0][0])
    return weights


def _settle(weights: dict[int, _Weight], whole: _Weight) -> None:
    """Count all text as sentences on a page that has none: outside links, if any is there."""
    if not whole.sentences:
        links = whole.links < whole.chars
        for weight in weights.values():
            weight.sentences = weight.chars - (weight.links if links else 0)


def _find_main(body: Any, weights: dict[int, _Weight]) -> Any:
    """Return the innermost element that holds nearly all sentences of those above it."""
    node = body
    for _ in range(MAX_PATH - 4):  # what lies deeper has no name of its own in a path
        inner = [child for child in node.iter() if child.tag in _HOLDERS]
        best = max(inner, key=lambda child: weights[child.mem_id].sentences, default=None)
        least = _SHARE * weights[node.mem_id].sentences
        if best is None or weights[best.mem_id].sentences < least:
            break
        node = best
    return node


def _find_title(parser: LexborHTMLParser) -> tuple[str, Any]:
    """Return the heading that the page's title names, and a selector for it; or nothing."""
    title = read_metadata(parser).title
    for node in parser.css("h1"):
        if title and " ".join(node.text().split()) == title:
            for selector in ("h1", *_names(node)):
                if _is_only(parser, selector, node):
                    return selector, node
    return "", None


def _find_drops(
    parser: LexborHTMLParser, main: Any, title: Any, weights: dict[int, _Weight]
) -> Iterator[tuple[str, Any]]:
    """Yield selectors for what in *main* is called or looks like an ornament, with the first of it."""
    most = _MOST_DROPPED * weights[main.mem_id].sentences
    tried: set[str] = set()

    def is_light(selector: str) -> bool:
        found = (weights.get(node.mem_id) for node in parser.css(selector))
        return sum(weight.sentences if weight else most + 1 for weight in found) <= most

    waiting = list(main.iter())[::-1]
    while waiting:
        node = waiting.pop()
        if not _is_ornament(node, weights) or (title is not None and _holds(node, title)):
            waiting += list(node.iter())[::-1]
            continue
        new = [name for name in _telling(_names(node)) if name not in tried]
        tried.update(new)
        yield from islice(((name, node) for name in new if is_light(name)), 1)


def _is_ornament(node: Any, weights: dict[int, _Weight]) -> bool:
    """Return whether *node* is a list of links, or has a name such as share, related, comments."""
    weight = weights.get(node.mem_id)
    if weight is None or not weight.chars or node.tag not in _ORNAMENTS:
        return False
    if node.tag in _LISTS and weight.links > _LINK_DENSITY * weight.chars:
        return True
    return any(_WORDS.search(_parted(name)) for name in _names(node))


def _telling(names: list[str]) -> list[str]:
    """Return those of *names* that name an ornament; else those that could not name a text.

    >>> _telling(["div.box", "div.hotNews", "div.relatedBox"]), _telling(["div.box", "div.hotNews"])
    (['div.relatedBox'], ['div.hotNews'])
    """
    told = [name for name in names if _WORDS.search(_parted(name))]
    return told or [name for name in names if not _VAGUE.search(_parted(name))]


def _parted(name: str) -> str:
    return _CAMEL.sub("-", name).lower()


def _holds(node: Any, inner: Any) -> bool:
    while inner is not None and inner.mem_id != node.mem_id:
        inner = inner.parent
    return inner is not None


# --- selectors ---------------------------------------------------------------------------------


def _names(node: Any) -> list[str]:
    """Return selectors for *node* by its id and its classes, the shortest first.

    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<p id=post-4711 class='text w-1/2 w1200'>")
    >>> _names(page.css_first("p"))
    ['p.text', 'p.w1200', 'p.text.w1200']
    """
    given, tag = node.attributes, node.tag
    names = {"#": [given.get("id") or ""], ".": (given.get("class") or "").split()}
    ids, classes = (
        [name for name in found if _NAME.fullmatch(name) and not _PASSING[sign].search(name)]
        for sign, found in names.items()
    )
    found = [f"#{name}" for name in ids] + [f"{tag}.{name}" for name in classes]
    if len(classes) > 1:
        found.append(f"{tag}.{'.'.join(classes)}")
    return sorted(dict.fromkeys(found), key=len)


def _is_only(parser: LexborHTMLParser, selector: str, node: Any) -> bool:
    return [found.mem_id for found in parser.css(selector)] == [node.mem_id]


def _selector(parser: LexborHTMLParser, node: Any) -> str:
    """Return a selector for *node* alone: by its name, by one above it, by its place if need be."""
    own = _names(node)
    for name in own:
        if _is_only(parser, name, node):
            return name
    place, at = _step(node), node.parent
    while at is not None and at.tag != "body":
        for name in _names(at):
            if _is_only(parser, name, at):
                inside = (f"{name} {mine}" for mine in (*own, node.tag))
                only = (found for found in inside if _is_only(parser, found, node))
                return next(only, f"{name} > {place}")
        place, at = f"{_step(at)} > {place}", at.parent
    return f"body > {place}"


def _step(node: Any) -> str:
    return f"{node.tag}:nth-of-type({1 + len(elder_siblings(node))})"


def elder_siblings(node: Any) -> list[Any]:
    """Return the elements before *node*, in the same parent and with the same tag."""
    found, at = [], node.prev
    while at is not None:
        if at.tag == node.tag:
            found.append(at)
        at = at.prev
    return found
