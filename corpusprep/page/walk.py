"""One walk over the tree of an HTML page: all of its text in order, and the blocks it lies in.

The text is what a browser would copy, with nothing left out: scripts, hidden elements and menus
are there as well, each in a block that says by its path what it is. So whoever takes something out
(`corpusprep.steps.page`) does so by edits, and the page can be put together again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser

from corpusprep.core import Block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selectolax.lexbor import LexborNode


def word_set(words: str) -> frozenset[str]:
    """Return the *words* that stand in a string with spaces between them.

    >>> sorted(word_set("td th"))
    ['td', 'th']
    """
    return frozenset(words.split())


# Elements that a browser sets on lines of their own; those in _PARAGRAPHS with a blank line around.
_LINES = word_set(
    "address article aside body caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form header hgroup hr html legend li main menu nav optgroup option search "
    "section select summary tbody tfoot thead tr"
)
_PARAGRAPHS = word_set("blockquote h1 h2 h3 h4 h5 h6 listing ol p pre table ul xmp")
_CELLS = word_set("td th")
_KEEPS_SPACE = word_set("pre textarea listing xmp script style template")
# Their text is none of the page's: programs, styles, and what stands in for them.
NO_TEXT = word_set("script style template noscript iframe svg title rt rp")
# Controls that people click and never read.
CONTROLS = word_set("button input select option optgroup textarea datalist")
UNREAD = NO_TEXT | CONTROLS
# Elements that make a block of their own, by their place among those of their tag or without it.
_APART = _LINES - {"html"} | _PARAGRAPHS | _CELLS | UNREAD | {"head"}
_SINGLE = frozenset({"head", "body"})
_CHANGING = _KEEPS_SPACE | {"a"}
_OPAQUE = frozenset({"svg", "template"})  # whose text is read as one piece
_HIDDEN = re.compile(r"display\s*:\s*none|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r\f]+")
_ODD = re.compile(r"[^\w.#-]+")
HIDDEN = "!hidden"  # in a path: of an element that is not shown
MAX_PATH = 64  # elements; what lies deeper has the path of the last of them
_NAME_LENGTH = 80  # characters of an element's id and classes together


class Kind(NamedTuple):
    """What a block at some path is beside text."""

    no_text: str = ""  # the tag of `NO_TEXT` that it lies in, the outermost
    control: bool = False
    hidden: bool = False

    @property
    def shown(self) -> bool:
        """Whether a reader sees it as text of the page."""
        return not (self.no_text or self.control or self.hidden)


@lru_cache(maxsize=1 << 15)
def kind_of_block(path: str) -> Kind:
    """Return what a block at *path* is, by the elements that it lies in.

    >>> kind_of_block("body/div[1]!hidden/p[1]").hidden, kind_of_block("body/script[1]").no_text
    (True, 'script')
    """
    outer, _, part = path.rpartition("/")
    no_text, control, hidden = kind_of_block(outer) if outer else _TEXT
    tag = tag_of(part)
    return Kind(
        no_text or (tag if tag in NO_TEXT else ""),
        control or tag in CONTROLS,
        hidden or part.endswith(HIDDEN),
    )


def tag_of(part: str) -> str:
    """Return the tag in one *part* of a path.

    >>> tag_of("div[1]#main.article"), tag_of("body.home")
    ('div', 'body')
    """
    tag, found, _ = part.partition("[")
    return tag if found else _TAG.match(part)[0]  # type: ignore[index] # it matches anything


_TEXT = Kind()
_TAG = re.compile(r"[^#.!]*")


class Walked(NamedTuple):
    """The text of a page, and the blocks in it: in order, without overlap.

    What lies between blocks is what separates them: line breaks, and `` | `` between cells.
    """

    text: str
    blocks: list[Block]


class _Element(NamedTuple):
    """What an open element hands down to the text within it.

    `block` is the path of the innermost element that makes a block of its own.
    """

    block: str
    depth: int
    link: bool
    pre: bool
    counts: dict[str, int]  # of its children so far, by tag


def walk(html: str | LexborHTMLParser, marks: Mapping[int, str] | None = None) -> Walked:
    r"""Return the text and the blocks of an HTML page, given as text or parsed.

    *marks* are words for some nodes, by their `mem_id`: they stand in the paths, as in ``div[1]!main``.

    >>> page = walk("<ul><li><a href='/'>首页</a></ul><h1>通知</h1><p>请于<b>六月</b>前报名。")
    >>> page.text
    '首页\n\n通知\n\n请于六月前报名。'
    >>> [(block.path, block.links) for block in page.blocks]
    [('body/ul[1]/li[1]', 2), ('body/h1[1]', 0), ('body/p[1]', 0)]
    """
    parser = LexborHTMLParser(html) if isinstance(html, str) else html
    return _Walk(marks or {}).run(parser)


class _Walk:
    """Collects text and blocks; elements nest without recursion, however deep."""

    def __init__(self, marks: Mapping[int, str]) -> None:
        self._marks = marks
        self._out: list[str] = []
        self._at = 0  # characters in `_out`
        self._gap = ""  # what is due before the next text: line breaks, or what separates cells
        self._space = False  # or a space
        self._open = False  # whether a block is: from `_start`, at `_path`, with `_links`
        self._start = self._links = 0
        self._path = ""
        self._blocks: list[Block] = []

    def run(self, parser: LexborHTMLParser) -> Walked:
        """Return the text and blocks of the page that *parser* holds."""
        node: Any = parser.root
        above = [_Element("", 0, link=False, pre=False, counts={})]
        tags: list[str] = []
        while node is not None:
            if node.is_text_node:
                text = node.text_content or ""
                if text.isspace() and not above[-1].pre and text.isascii():
                    self._space = True
                else:
                    self._text(text, above[-1])
            elif node.is_element_node:
                tag = node.tag
                element = self._enter(node, tag, above[-1])
                if tag in _OPAQUE:
                    self._text(node.inner_html or "", element)
                elif (child := node.first_child) is not None:
                    above.append(element)
                    tags.append(tag)
                    node = child
                    continue
                self._edge(tag)
            while (following := node.next) is None and tags:
                node = node.parent
                above.pop()
                self._edge(tags.pop())
            node = following
        self._close()
        return Walked("".join(self._out), self._blocks)

    def _enter(self, node: LexborNode, tag: str, above: _Element) -> _Element:
        """Begin an element; one in line that says nothing new is as the one *above*."""
        if tag in _CELLS:
            self._cell(above)
        elif tag == "br":
            self._gap = f"{self._gap}\n" if "\n" in self._gap else "\n"
        else:
            self._edge(tag)
        number = above.counts[tag] = above.counts.get(tag, 0) + 1
        given = node.attributes
        mark = HIDDEN if given and _is_hidden(given) else ""
        mark = self._marks.get(node.mem_id, mark) if self._marks else mark
        apart = (mark or tag in _APART) and above.depth < MAX_PATH
        if not apart and tag not in _CHANGING:
            return above
        block = above.block
        if apart:
            name = _name(given.get("id"), given.get("class")) if given else ""
            place = tag if tag in _SINGLE else f"{tag}[{number}]"
            block = f"{block}/{place}{name}{mark}" if block else f"{place}{name}{mark}"
        link = above.link or tag == "a"
        pre = above.pre or tag in _KEEPS_SPACE
        return _Element(block, above.depth + 1, link, pre, {})

    def _edge(self, tag: str) -> None:
        """Begin or end an element that a browser sets on lines of its own, if it is one."""
        if tag in _LINES or tag in _PARAGRAPHS:
            self._close()
            gap = "\n\n" if tag in _PARAGRAPHS else "\n"
            if "\n" not in self._gap or len(gap) > len(self._gap):
                self._gap = gap

    def _cell(self, row: _Element) -> None:
        """Begin a cell: on the line of the one before it, unless that one had lines of its own."""
        self._close()
        if row.counts and "\n" not in self._gap:
            self._gap = f"{self._gap}| " if self._gap else " | "

    def _close(self) -> None:
        """End the block that is open."""
        if self._open:
            self._blocks.append(Block(self._start, self._at, self._path, self._links))
        self._open = self._space = False

    def _text(self, text: str, element: _Element) -> None:
        if not text:
            return
        path = element.block or "body"
        if self._open and path != self._path:
            self._close()
        if not element.pre:
            words = text if _tidy(text) else _SPACE.sub(" ", text)
            if words in {"", " "}:
                self._space = self._space or words == " "
                return
            self._space = self._space or words[0] == " "
            text = words.strip(" ")
        self._put(self._gap or (" " if self._space and not element.pre else ""))
        if not self._open:
            self._open, self._start, self._links, self._path = True, self._at, 0, path
        self._out.append(text)
        self._at += len(text)
        self._links += len(text) if element.link else 0
        self._space = not element.pre and words[-1] == " "
        self._gap = ""

    def _put(self, gap: str) -> None:
        """Write what separates the text so far from what comes, if there is any."""
        if gap and self._at:
            self._out.append(gap)
            self._at += len(gap)


def _tidy(text: str) -> bool:
    """Return whether no white space in *text* would be collapsed."""
    return not ("\n" in text or "  " in text or "\t" in text or "\r" in text or "\f" in text)


def _is_hidden(given: dict[str, str | None]) -> bool:
    """Return whether an element with these attributes is not shown.

    ``visibility: hidden`` does not count: articles are set so until a program shows them.
    """
    style = given.get("style")
    if style and _HIDDEN.search(style):
        return True
    return "hidden" in given or "jammer" in (given.get("class") or "").split()


@lru_cache(maxsize=1 << 14)
def _name(id_: str | None, class_: str | None) -> str:
    """Return id and classes as CSS writes them, without what would break a path.

    >>> _name("main", "article w-1/2")
    '#main.article.w-1-2'
    """
    named = f"#{id_}" if id_ else ""
    named += "".join(f".{name}" for name in (class_ or "").split())
    return _ODD.sub("-", named)[:_NAME_LENGTH]
