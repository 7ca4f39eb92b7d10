"""Documents, and the findings that steps report about them.

A step looks at a document and reports what it found: an `Edit`, a `Label`, or a `Drop`. It never
changes the text itself. The engine (`corpusprep.pipeline`) applies the edits and keeps them in
the document's history, so that the final text and the history together give back the first text,
and every character that went can be shown with its rule and its place in the original.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from corpusprep.text.edits import Edit, apply, inverse, settle, shift, trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "BatchStep",
    "Block",
    "Change",
    "Document",
    "Drop",
    "Edit",
    "Finding",
    "Label",
    "Step",
    "apply",
    "inverse",
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


Finding = Edit | Drop | Label


class Change(NamedTuple):
    """What one step changed: its edits, and the text that stood in the place of each."""

    step: str
    edits: list[Edit]
    old: list[str]

    def inverse(self) -> list[Edit]:
        """Return the edits that take this change back, for the text that the step left behind."""
        moved, back = 0, []
        for (start, end, new, rule), old in zip(self.edits, self.old, strict=True):
            at = start + moved
            back.append(Edit(at, at + len(new), old, rule))
            moved += len(new) - (end - start)
        return back


@dataclass(slots=True)
class Document:
    """A text on its way through the pipeline, and all that is known of it.

    `sentences` are spans of `text`, contiguous and lossless; `blocks` are the HTML blocks of it.
    `dropped` is None, or the stage that left the document out and why.
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
