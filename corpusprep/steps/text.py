"""The steps that only carry what a function of `corpusprep.text` finds to the engine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.core import Child, Edit, Label
from corpusprep.text.articles import split_articles
from corpusprep.text.mojibake import find_unrecoverable, repair_edits
from corpusprep.text.reflow import wrapped_line_edits
from corpusprep.text.script import check_config, recognise_script, script_edits
from corpusprep.text.sentences import LineBreaks, Quotes, sentence_spans
from corpusprep.text.width import normalise_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from corpusprep.core import Document, Finding

_MOST_SPANS = 100
_FIRST_LINE = re.compile(r"\s*([^\n]*)\n\s*")
_BLANKS = re.compile(r"\s+")
_CONFIGS = {"keep": "", "simplified": "t2s", "traditional": "s2t"}


@dataclass(frozen=True, slots=True)
class Repair:
    """Undo damage of the encoding: mojibake, lost bytes, escapes, inserted pinyin, look-alikes.

    *disable* names classes of damage that stay (`corpusprep.text.mojibake.CLASSES`). What is beyond
    repair, such as 锟斤拷, is said in the label ``unrecoverable``: its spans in the text, ``3-9 40-42``.

    Raises:
        CorpusprepError: *disable* names no class.

    >>> from corpusprep.core import Document
    >>> [edit.new for edit in Repair()(Document("1", "文件名：ÎÄ¼þÃû³Æ"))]
    ['文件名称']
    >>> list(Repair()(Document("1", "会议锟斤拷锟斤拷召开")))
    [Label(name='unrecoverable', value='2-8')]
    """

    name: ClassVar[str] = "repair"

    disable: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check the options."""
        repair_edits("", disable=self.disable)

    def __call__(self, doc: Document) -> Iterable[Finding]:
        """Report one edit for each damaged run."""
        edits = repair_edits(doc.text, disable=self.disable)
        lost = _unrecoverable(doc.text, edits)
        return [Label("unrecoverable", lost), *edits] if lost else edits


def _unrecoverable(text: str, edits: Sequence[Edit] = ()) -> str:
    lost = find_unrecoverable(text, edits)
    return " ".join(f"{start}-{end}" for start, end in lost[:_MOST_SPANS])


@dataclass(frozen=True, slots=True)
class Normalise:
    """Restore full-width marks in Chinese context; fold letters, spaces and line breaks.

    Its edits are mechanical and many: the ledger counts them by rule (`folds`).

    >>> from corpusprep.core import Document
    >>> [edit.new for edit in Normalise()(Document("1", "各位代表:"))]
    ['：']
    """

    name: ClassVar[str] = "normalise"
    folds: ClassVar[bool] = True

    punctuation: bool = True

    def __call__(self, doc: Document) -> Iterable[Finding]:
        """Report one edit for each mark, run of letters or stretch of blanks."""
        return normalise_edits(doc.text, punctuation=self.punctuation)


@dataclass(frozen=True, slots=True)
class Script:
    """Reports the script of a document as the label ``script``, and the edits of its conversion.

    *to* is ``keep`` (only the label), ``simplified``, ``traditional``, or the name of an OpenCC
    configuration such as ``tw2sp``. The label says what the text was before the conversion.

    Raises:
        CorpusprepError: *to* is none of these.

    >>> from corpusprep.core import Document
    >>> list(Script("simplified")(Document("1", "中國臺灣網")))
    [Label(name='script', value='traditional'), Edit(start=1, end=5, new='国台湾网', rule='t2s')]
    """

    name: ClassVar[str] = "script"
    folds: ClassVar[bool] = True

    to: str = "keep"

    def __post_init__(self) -> None:
        """Check *to* when the recipe is read, not at the first document."""
        if self.to not in _CONFIGS:
            check_config(self.to, tuple(_CONFIGS))

    def __call__(self, doc: Document, /) -> Iterator[Finding]:
        """Report the label, then the edits."""
        yield Label("script", recognise_script(doc.text))
        if config := _CONFIGS.get(self.to, self.to):
            yield from script_edits(doc.text, config)


@dataclass(frozen=True, slots=True)
class Reflow:
    r"""Report an edit for every line break that stands in mid-sentence.

    >>> from corpusprep.core import Document
    >>> list(Reflow()(Document("1", "从招商方式、工作机制、\n\n考核内容等方面进行了改进。")))
    [Edit(start=11, end=13, new='', rule='wrapped-line')]
    """

    name: ClassVar[str] = "reflow"

    def __call__(self, doc: Document) -> Iterable[Finding]:
        """Return the edits that join the wrapped lines of *doc*."""
        return wrapped_line_edits(doc.text)


@dataclass(frozen=True, slots=True)
class Articles:
    r"""Divide a page that holds several articles: a newspaper page, a weekly digest.

    Each becomes a document with its title and the label ``author``. The title of a digest goes from
    its first item and becomes the label ``collection`` of all.

    >>> from corpusprep.core import Document
    >>> page = "秋粮收购全面展开\n本报讯（记者 许棠） 昨天，全市各粮库开仓收购新粮，农民排队卖粮，秩序井然。\n"
    >>> page += "老街改造完工\n本报记者 李木\n历时两年的老街改造昨天完工，三百户居民搬回了老屋，店铺也陆续开张。"
    >>> [(child.title, child.labels["author"]) for child in Articles()(Document("1", page))]
    [('秋粮收购全面展开', '许棠'), ('老街改造完工', '李木')]
    """

    name: ClassVar[str] = "articles"
    on_by_default: ClassVar[bool] = False

    def __call__(self, doc: Document) -> Iterator[Finding]:
        """Report the articles of *doc*, if it holds more than one."""
        articles = split_articles(doc.text)
        if len(articles) < 2:
            return
        title = articles[0].collection
        first = _FIRST_LINE.match(doc.text)
        if first and title and _BLANKS.sub("", first[1]) == _BLANKS.sub("", title):
            yield Edit(0, first.end(), "", "collection-title")
        for start, end, headline, author, *_ in articles:
            labels = {
                "author": author or None,
                "collection": title or None,
                "unrecoverable": _unrecoverable(doc.text[start:end]) or None,
            }
            yield Child(start, end, headline, labels)


@dataclass(frozen=True, slots=True)
class Sentences:
    """Set the sentence spans of a document and report how many there are.

    It changes no text, so it belongs at the end of a pipeline: later edits would move the spans.

    >>> from corpusprep.core import Document
    >>> doc = Document("1", "今天很好。明天呢？")
    >>> list(Sentences()(doc))
    [Label(name='sentences', value=2)]
    >>> doc.sentences
    [(0, 5), (5, 9)]
    """

    name: ClassVar[str] = "sentences"
    quotes: Quotes = "split"
    line_breaks: LineBreaks = "hard"  # the reflow step has joined what belongs together

    def __post_init__(self) -> None:
        """Refuse an unknown option now, not at the first document."""
        sentence_spans(" ", quotes=self.quotes, line_breaks=self.line_breaks)

    def spans(self, doc: Document) -> list[tuple[int, int]]:
        """Return the spans of the sentences of *doc*: contiguous, lossless, in code points."""
        return sentence_spans(doc.text, quotes=self.quotes, line_breaks=self.line_breaks)

    def __call__(self, doc: Document) -> Iterable[Finding]:
        """Set ``doc.sentences`` and report their number."""
        doc.sentences = self.spans(doc)
        yield Label("sentences", len(doc.sentences))
