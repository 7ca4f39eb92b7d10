"""Take out what a site puts around its texts: menus, prompts, user cards, credits, other articles.

What goes is said by the rules (`corpusprep.ruleset`); this step reads on the way who wrote a text,
when it was published and where it came from, whether the line that says so goes or stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from corpusprep.core import Document, Edit, Label
from corpusprep.genre import recognise_genre
from corpusprep.linemodel import judge
from corpusprep.ruleset import Ruleset, load_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from corpusprep.core import Finding
    from corpusprep.rulematch import Page

# By-lines stand near the title or at the very end; nothing in between is searched.
_HEAD, _FOOT = 3000, 600
_START, _END = r"(?<![^\s|｜])", r"(?=[\s,，;；|｜/)）\]】]|$)"
# What opens a by-line, which is quick to find, and the by-line: most marks stand in sentences.
_AUTHOR = (
    re.compile(r"作\s?者|撰文|文[/|丨｜]"),
    re.compile(
        rf"{_START}(?:作\s?者|撰文|文[/|丨｜])\s*[:：]?\s*([\w·•]{{2,12}}){_END}", re.MULTILINE
    ),
)
_SOURCE = (
    re.compile("来源|來源|稿源"),
    re.compile(
        rf"(?:{_START}|(?<=文章|信息|稿件|新闻)(?<![^\s|｜]..))"
        rf"(?:来源|來源|稿源)\s*[:：]\s*(《[^》\n]{{2,16}}》|[\w·]{{2,16}}){_END}",
        re.MULTILINE,
    ),
)
_YEAR = re.compile(r"(?:19|20)\d\d\s?[-/.年]")  # all that a date begins with
_DATE = re.compile(
    r"((?:19|20)\d\d)\s?[-/.年]\s?(1[0-2]|0?[1-9])\s?[-/.月]\s?(3[01]|[12]\d|0?[1-9])(?!\d)(?:\s?日)?"
    r"(?:[\s,T]{1,3}([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?)?"
)
# A date is that of publication where the line is about it, or is nothing but date and time.
_DATED = re.compile(
    r"^[ \t\u3000]*(?:.{0,20}"
    r"(?:发布|發布|发表|發表|更新|日期|时间|時間|来源|來源|编辑|編輯)[^\n]{0,60}"
    r"|[^\w\n]*(?:19|20)\d\d[^\n]{4,40}$)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Boilerplate:
    r"""Reports an edit for each piece of boilerplate, and author, date and source where given.

    *rules* are folders with rules of your own, used after the shipped ones; *keep_classes* are
    classes of rules that are not used, such as ``credit``; *disable* are ids of such rules. With
    *posters* the names of those who wrote the posts of a thread stay. Without *line_model* only
    what a rule names is taken.

    Raises:
        CorpusprepError: a folder's rules cannot be used, or a name is no class's or no rule's.

    >>> from corpusprep.core import Document
    >>> for finding in Boilerplate()(Document("1", "来源：新华社\n正文到此结束。\n（责任编辑：王小明）")):
    ...     print(finding)
    Edit(start=14, end=25, new='', rule='editor-credit')
    Label(name='genre', value='article')
    Label(name='source_name', value='新华社')
    """

    name: ClassVar[str] = "boilerplate"

    rules: tuple[str, ...] = ()
    keep_classes: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    posters: bool = False
    line_model: bool = True

    def __post_init__(self) -> None:
        """Check names and folders when the recipe is read, not at the first document."""
        _ = self.ruleset

    @property
    def ruleset(self) -> Ruleset:
        """The rules that this step uses, loaded once a process."""
        return _ruleset(tuple(self.rules), tuple(self.keep_classes), tuple(self.disable))[0]

    def __call__(self, doc: Document, /) -> Iterator[Finding]:
        """Report the edits, then the labels."""
        return next(self.many([doc]))

    def many(self, docs: Sequence[Document], /) -> Iterator[Iterator[Finding]]:
        """Report on each of *docs*; the line model looks at all of them at once."""
        ruleset, spared = _ruleset(tuple(self.rules), tuple(self.keep_classes), tuple(self.disable))
        pages = [ruleset.read(doc.text, posters=self.posters) for doc in docs]
        genres = [recognise_genre(page) for page in pages]
        if self.line_model:
            for doc, page in zip(docs, pages, strict=True) if spared else ():
                rules = spared.read(doc.text).rule
                page.kept.update(i for i, rule in enumerate(rules) if rule >= 0)
            judge(pages, genres, ruleset.rules)
        for doc, page, genre in zip(docs, pages, genres, strict=True):
            edits = ruleset.edits(page, posters=self.posters)
            yield chain(edits, [Label("genre", genre)], _labels(doc.text, page))


@cache
def _ruleset(
    folders: tuple[str, ...], keep: tuple[str, ...], disable: tuple[str, ...]
) -> tuple[Ruleset, Ruleset]:
    """Return the rules to use, and those not to use: what they match is spared altogether."""
    rules = load_rules(*folders)
    return rules.without(*disable, classes=keep), rules.only(*disable, classes=keep)


def _labels(text: str, page: Page) -> Iterator[Label]:
    """Yield what the by-lines of *text* say about it, and who wrote the first post of a thread."""
    head, foot = text[:_HEAD], text[max(_HEAD, len(text) - _FOOT) :]
    for name, (mark, by_line) in (("author", _AUTHOR), ("source_name", _SOURCE)):
        tries = (
            by_line.match(part, m.start()) for part in (head, foot) for m in mark.finditer(part)
        )
        if found := next(filter(None, tries), None):
            yield Label(name, found[1].strip("《》"))
        elif name == "author" and page.posters:
            yield Label(name, text[page.posters[0].start : page.posters[0].end])
    lines = dict.fromkeys(head.rfind("\n", 0, m.start()) + 1 for m in _YEAR.finditer(head))
    for at in lines:
        if (dated := _DATED.match(head, at)) and (found := _DATE.search(dated[0])):
            year, month, day, hour, minute = found.groups()
            clock = f" {int(hour):02}:{minute}" if hour else ""
            yield Label("published", f"{year}-{int(month):02}-{int(day):02}{clock}")
            return


def boilerplate_mask(
    lines: Sequence[str],
    *,
    rules: Iterable[str] = (),
    keep_classes: Iterable[str] = (),
    disable: Iterable[str] = (),
    line_model: bool = True,
) -> list[bool]:
    """Return for each of *lines* whether it stays; no line is changed.

    *lines* are one document in order: what a line is depends on its neighbours. Blank lines stay,
    and so does a line of which only a piece is boilerplate. The options are those of the step.

    >>> boilerplate_mask(["查看: 62|回复: 0", "老式收音机还能修吗", "[复制链接]"])
    [False, True, False]
    """
    step = Boilerplate(tuple(rules), tuple(keep_classes), tuple(disable), line_model=line_model)
    flat = [re.sub(r"[\n\r\v\f\x85\u2028\u2029]", " ", line) for line in lines]
    found = step(Document("", "\n".join(flat)))
    edits = (edit for edit in found if isinstance(edit, Edit))
    edit, keep, at = next(edits, None), [], 0
    for line in flat:
        first = at + len(line) - len(line.lstrip())
        last = at + len(line.rstrip())
        while edit is not None and edit.end <= first:
            edit = next(edits, None)
        keep.append(edit is None or first >= last or not edit.start <= first <= last <= edit.end)
        at += len(line) + 1
    return keep
