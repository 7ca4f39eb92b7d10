"""Find the sentences of a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.core import Label
from corpusprep.text.sentences import LineBreaks, Quotes, sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corpusprep.core import Document, Finding


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
