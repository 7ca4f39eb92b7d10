"""Documents, and the findings that steps report about them.

A step looks at a document and reports what it found: an `Edit`, a `Label`, or a `Drop`. It never
changes the text itself. The engine (`corpusprep.pipeline`) applies the edits and keeps them in
the document's history, so that the final text and the history together give back the first text,
and every character that went can be shown with its rule and its place in the original.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from corpusprep.text.edits import Edit, apply, inverse, settle, shift, trace, undoing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "BatchStep",
    "Block",
    "Change",
    "Child",
    "Document",
    "Drop",
    "Edit",
    "Explanation",
    "Finding",
    "Label",
    "Origin",
    "OriginalEdit",
    "Step",
    "apply",
    "divide",
    "inverse",
    "original_edits",
    "original_spans",
    "settle",
    "shift",
    "step_name",
    "trace",
]


class Drop(NamedTuple):
    """Leave the whole document out of the corpus, because of *rule*."""

    rule: str
    detail: str = ""


class Label(NamedTuple):
    """Something measured or recognised about a document, such as its share of Han."""

    name: str
    value: str | int | float


class Block(NamedTuple):
    """One HTML block in the linearised text: where it lies, its path, its characters in links."""

    start: int
    end: int
    path: str
    links: int


class Child(NamedTuple):
    """One of the articles that a document holds: it becomes a document of its own.

    A step that reports any reports two or more, in order and without gaps, and the engine divides
    the document at their starts. Of the *labels* that are None the child has none.
    """

    start: int
    end: int
    title: str
    labels: Mapping[str, str | int | float | None]


Finding = Edit | Drop | Label | Child


class Origin(NamedTuple):
    """Where a document comes from that was divided: code points of its parent's original text."""

    id: str
    start: int
    end: int
    step: str


class Change(NamedTuple):
    """What one step changed: its edits, and the text that stood in the place of each."""

    step: str
    edits: list[Edit]
    old: list[str]

    def inverse(self) -> list[Edit]:
        """Return the edits that take this change back, for the text that the step left behind."""
        return undoing(self.edits, self.old)


@dataclass(slots=True)
class Document:
    """A text on its way through the pipeline, and all that is known of it.

    `sentences` are spans of `text`, contiguous and lossless; `blocks` are the HTML blocks of it.
    `dropped` is None, or the stage that left the document out and why. `parent` says from which
    document, and from where in its original, this one was cut; None for a document that came whole.
    """

    id: str
    text: str
    source: str = ""
    url: str = ""
    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    sentences: list[tuple[int, int]] = field(default_factory=list)
    labels: dict[str, str | int | float] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    dropped: tuple[str, Drop] | None = None
    parent: Origin | None = None

    def undo(self) -> str:
        """Return the text as it was before the first step.

        >>> doc = Document("1", "正文。")
        >>> doc.history.append(Change("boilerplate", [Edit(3, 9, "", "share-bar")], ["分享到：微信"]))
        >>> doc.undo()
        '正文。分享到：微信'
        """
        text = self.text
        for change in reversed(self.history):
            text = apply(text, change.inverse())
        return text


@runtime_checkable
class Step(Protocol):
    """Any callable that reports findings about one document; a plain function is a step too."""

    def __call__(self, doc: Document, /) -> Iterable[Finding]:
        """Report what this step finds in *doc*, in offsets of ``doc.text``."""


@runtime_checkable
class BatchStep(Step, Protocol):
    """A step that is faster over many documents at once (numpy over a batch)."""

    def many(self, docs: Sequence[Document], /) -> Iterable[Iterable[Finding]]:
        """Report the findings for each of *docs*, in order."""


def step_name(step: Step) -> str:
    """Return the name under which *step* stands in the ledger.

    >>> def strip_signature(doc): ...
    >>> step_name(strip_signature)
    'strip_signature'
    """
    name = getattr(step, "name", None) or getattr(step, "__name__", None)
    return name if isinstance(name, str) else type(step).__name__.lower()


def divide(doc: Document, step: str, children: Sequence[Child]) -> list[Document]:
    """Return the documents that *doc* becomes, each with its own part of the text and history.

    Undoing the history of each gives a stretch of the original; the stretches follow each other
    without gaps, so nothing is lost or counted twice. What was removed between two children belongs
    to the first. A child that begins inside of a replaced run is left with the one before it.

    >>> doc = Document("1", "甲。乙。", history=[Change("boilerplate", [Edit(2, 4, "", "x")], ["广告"])])
    >>> parts = divide(doc, "articles", [Child(0, 2, "甲", {}), Child(2, 4, "乙", {})])
    >>> [(part.id, part.text, part.undo()) for part in parts]
    [('1#1', '甲。', '甲。广告'), ('1#2', '乙。', '乙。')]
    """
    cuts = [_Cut(child, child.start if k else 0, [], []) for k, child in enumerate(children)]
    for change in reversed(doc.history):
        cuts = _carry_back(cuts, change.edits)
    if len(cuts) < 2:
        return [doc]
    grown = sum(
        len(edit.new) - (edit.end - edit.start) for change in doc.history for edit in change.edits
    )
    last = _Cut(
        Child(len(doc.text), len(doc.text), "", {}),
        len(doc.text) - grown,
        [len(change.edits) for change in doc.history],
        [0] * len(doc.history),
    )
    return [
        _child(doc, step, number, left, right)
        for number, (left, right) in enumerate(pairwise([*cuts, last]), 1)
    ]


class _Cut(NamedTuple):
    """A place to cut: before *child*; *place* is carried back from text to text to the original."""

    child: Child
    place: int
    edits: list[int]  # of each change: how many of its edits lie before the cut
    places: list[int]  # where the cut lies in the text that each change was made on


def _carry_back(cuts: list[_Cut], edits: Sequence[Edit]) -> list[_Cut]:
    """Return *cuts* as they lie in the text before *edits*, without those inside of an edit."""
    moves = list(accumulate((len(e.new) - (e.end - e.start) for e in edits), initial=0))
    ends = [edit.start + moved + len(edit.new) for edit, moved in zip(edits, moves, strict=False)]
    carried = []
    for child, place, counts, places in cuts:
        k = bisect_right(ends, place) if place else 0
        if k < len(edits) and edits[k].start + moves[k] < place:
            continue
        before = place - moves[k]
        carried.append(_Cut(child, before, [k, *counts], [before, *places]))
    return carried


def _child(doc: Document, step: str, number: int, left: _Cut, right: _Cut) -> Document:
    start, end = left.child.start if number > 1 else 0, right.child.start
    history = []
    for change, first, after, moved in zip(
        doc.history, left.edits, right.edits, left.places, strict=True
    ):
        edits = [
            Edit(edit.start - moved, edit.end - moved, edit.new, edit.rule)
            for edit in change.edits[first:after]
        ]
        if edits:
            history.append(Change(change.step, edits, change.old[first:after]))
    inside = [(max(a, start) - start, min(b, end) - start) for a, b in doc.sentences]
    labels = {**doc.labels, **left.child.labels}
    return Document(
        f"{doc.id}#{number}",
        doc.text[start:end],
        source=doc.source,
        url=doc.url,
        title=left.child.title,
        blocks=[
            block._replace(start=max(block.start, start) - start, end=min(block.end, end) - start)
            for block in doc.blocks
            if block.start < end and block.end > start
        ],
        sentences=[(a, b) for a, b in inside if a < b],
        labels={name: value for name, value in labels.items() if value is not None},
        history=history,
        parent=Origin(doc.id, left.place, right.place, step),
    )


class OriginalEdit(NamedTuple):
    """One edit; `start` and `end` are code points in the ORIGINAL text.

    `old` is what the step saw there, which an earlier step may have changed already.
    """

    step: str
    rule: str
    start: int
    end: int
    old: str
    new: str


def original_edits(doc: Document) -> list[OriginalEdit]:
    """Return every edit of *doc*'s history, placed in the text as it was before the first step.

    >>> doc = Document("1", "正文，好。", history=[
    ...     Change("boilerplate", [Edit(0, 3, "", "share-bar")], ["分享 "]),
    ...     Change("normalise", [Edit(2, 3, "，", "full-width-punctuation")], [","])])
    >>> original_edits(doc)[1]
    OriginalEdit(step='normalise', rule='full-width-punctuation', start=5, end=6, old=',', new='，')
    """
    found: list[OriginalEdit] = []
    for k, change in enumerate(doc.history):
        spans = original_spans(doc, k)
        found += (
            OriginalEdit(change.step, edit.rule, start, end, old, edit.new)
            for edit, old, (start, end) in zip(change.edits, change.old, spans, strict=True)
        )
    return found


def original_spans(doc: Document, k: int) -> list[tuple[int, int]]:
    """Return where the edits of the *k*-th change of *doc* lie in the original text."""
    spans = [(edit.start, edit.end) for edit in doc.history[k].edits]
    for earlier in reversed(doc.history[:k]):
        spans = list(trace(spans, earlier.edits))
    return spans


@dataclass(frozen=True)
class Explanation:
    r"""A cleaned text and everything that was done to it; prints as a diff by lines.

    >>> from corpusprep import explain
    >>> found = explain("今天天气很好，我们去了公园。\n分享到：微信 微博 QQ空间")
    >>> found.text, [(e.rule, e.start, e.old) for e in found.edits]
    ('今天天气很好，我们去了公园。', [('share-bar', 14, '\n分享到：微信 微博 QQ空间')])
    >>> found.undo() == "今天天气很好，我们去了公园。\n分享到：微信 微博 QQ空间"
    True
    """

    document: Document
    original: str

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self.document.text

    @property
    def edits(self) -> list[OriginalEdit]:
        """Every edit, in the order of the steps, at its place in the original."""
        return original_edits(self.document)

    @property
    def dropped(self) -> tuple[str, str, str] | None:
        """Stage, rule and detail, if the document was left out; else None."""
        if self.document.dropped is None:
            return None
        stage, drop = self.document.dropped
        return stage, drop.rule, drop.detail

    @property
    def labels(self) -> dict[str, str | int | float]:
        """What the steps measured or recognised."""
        return self.document.labels

    def undo(self) -> str:
        """Return the original text, rebuilt from the text as it is now and the history."""
        return self.document.undo()

    def __str__(self) -> str:
        """Return one line an edit: rule, place, what stood there, what stands there now."""
        lines = [
            f"{e.step}/{e.rule} {e.start}-{e.end}: {e.old!r}" + (f" -> {e.new!r}" if e.new else "")
            for e in self.edits
        ]
        if self.dropped:
            lines.append("dropped: " + "/".join(self.dropped[:2]) + f" ({self.dropped[2]})")
        return "\n".join(lines) or "nothing was changed"
