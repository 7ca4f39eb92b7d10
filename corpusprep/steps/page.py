"""Take the main content out of an HTML page: what no reader sees goes, then what is not the text.

Both steps look at a document's blocks only, so they do nothing to plain text. What they leave goes
through the same boilerplate rules as any text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.core import Document, Edit, Label
from corpusprep.page.main import find_main
from corpusprep.page.sitemarks import DROP, MAIN, site_host
from corpusprep.page.walk import HIDDEN, kind_of_block

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from corpusprep.core import Finding

_RUBY = frozenset({"rt", "rp"})
_MARKED = re.compile(r"\s*(?:[\d一二三四五六七八九十百]{1,4}[、.)）．]|[-•·●○■◆◇※*–—▪①-⑳(（【])")
_ITEM = re.compile(r"^(.*/([uo]l)\[\d+\][^/]*/li\[(\d+)\][^/]*)")
_SENTENCE = re.compile("[。！？]")
# Hidden sentences of so many times the length of the others are what a program shows later.
_UNCOVERED = 2


@dataclass(frozen=True, slots=True)
class Markup:
    r"""Take out what is no text of the page: scripts, styles, the reading above characters.

    >>> from corpusprep.page.html import read_page
    >>> page = read_page("<script>var a = 1;</script><p><ruby>汉<rt>hàn</rt></ruby>字", "a.html")
    >>> [(found.rule, page.text[found.start : found.end]) for found in Markup()(page) if isinstance(found, Edit)]
    [('script', 'var a = 1;\n\n'), ('ruby', 'hàn')]
    """

    name: ClassVar[str] = "markup"
    folds: ClassVar[bool] = True

    def __call__(self, doc: Document, /) -> Iterator[Finding]:
        """Report an edit for each piece."""
        reasons = [_no_text(block.path) for block in doc.blocks]
        yield from _edits(doc, reasons)
        if ruby := sum(reason == "ruby" for reason in reasons):
            yield Label("ruby", ruby)


@dataclass(frozen=True, slots=True)
class MainContent:
    """Take out what is around the main content, and put the marks of lists before their items.

    With *title* ``keep`` the heading of an article stays in its text; else it is in the column
    `title` only. The heading of a thread is its first line and stays.
    """

    name: ClassVar[str] = "page"

    title: str = "column"
    list_marks: bool = True

    def __call__(self, doc: Document, /) -> Iterator[Finding]:
        """Report an edit for each piece that goes, and for each mark."""
        if not doc.blocks:
            return
        uncovered = _uncovered(doc)
        reasons = self._reasons(uncovered)
        if self.list_marks:
            yield from _marks(doc, reasons)
        yield from _edits(doc, reasons)

    def _reasons(self, doc: Document) -> list[str]:
        """Return why each block goes; "" for one that stays."""
        reasons = [_by_mark(block.path, doc.url) for block in doc.blocks]
        known = any(MAIN in block.path for block in doc.blocks)
        main = find_main(doc)
        places = {id(block): i for i, block in enumerate(main.blocks)}
        for k, block in enumerate(doc.blocks):
            i = places.get(id(block))
            if i is None or reasons[k]:
                continue
            if i == main.title and not main.thread and self.title == "column":
                reasons[k] = "title"
            elif known:
                reasons[k] = "" if MAIN in block.path else f"site:{site_host(doc.url)}"
            elif not main.keep[i]:
                reasons[k] = f"page-model:{min(1 - main.probability[i], 0.99):.2f}"
        return reasons


def _no_text(path: str) -> str:
    """Return what kind of text that is none lies at *path*, or ""."""
    tag = kind_of_block(path).no_text
    return "ruby" if tag in _RUBY else tag


def _by_mark(path: str, url: str) -> str:
    if DROP in path:
        return f"site:{site_host(url)}"
    kind = kind_of_block(path)
    return "hidden" if kind.hidden else "control" if kind.control else ""


def _uncovered(doc: Document) -> Document:
    """Return *doc* with its hidden blocks shown, where they hold most of the page."""
    size = Counter[bool]()
    for block in doc.blocks:
        if _SENTENCE.search(doc.text, block.start, block.end):
            size[HIDDEN in block.path] += max(0, block.end - block.start - block.links)
    if size[True] <= _UNCOVERED * size[False]:
        return doc
    blocks = [block._replace(path=block.path.replace(HIDDEN, "")) for block in doc.blocks]
    return Document(doc.id, doc.text, url=doc.url, title=doc.title, blocks=blocks)


def _edits(doc: Document, reasons: Sequence[str]) -> Iterator[Edit]:
    """Yield an edit for each run of blocks that go for one reason, with the line break behind it."""
    blocks, text = doc.blocks, doc.text
    last = max((i for i, reason in enumerate(reasons) if not reason), default=-1)
    k = 0
    while k < len(blocks):
        first, rule = k, reasons[k]
        while k < len(blocks) and _rule(reasons[k]) == _rule(rule):
            k += 1
        if rule:
            before = blocks[first - 1].end if first else 0
            start = blocks[first].start if first else 0
            end = blocks[k].start if k < len(blocks) else len(text)
            own_line = not first or "\n" in text[before:start]
            if first == last + 1:  # nothing stays behind it, nor does what separates it
                start, own_line = before, True
            yield Edit(start, end if own_line else blocks[k - 1].end, "", rule)


def _rule(reason: str) -> str:
    return reason.partition(":")[0]


def _marks(doc: Document, reasons: Sequence[str]) -> Iterator[Edit]:
    """Yield the marks of list items that stay: figures in ordered lists, dashes in others."""
    seen = set()
    for block, reason in zip(doc.blocks, reasons, strict=True):
        found = None if reason else _ITEM.match(block.path)
        if found and found[1] not in seen:
            seen.add(found[1])
            if not _MARKED.match(doc.text, block.start, block.end):
                mark = f"{found[3]}. " if found[2] == "ol" else "- "
                yield Edit(block.start, block.start, mark, "list-mark")
