"""Why a text looks as it does now: every edit of every step, at its place in the original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.core import trace

if TYPE_CHECKING:
    from corpusprep.core import Document


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

    >>> from corpusprep.core import Change, Document, Edit
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
