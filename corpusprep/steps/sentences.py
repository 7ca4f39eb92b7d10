"""The sentence step: sets the sentence spans of a document; the text stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.core import Label
from corpusprep.text.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpusprep.core import Document, Finding


@dataclass(frozen=True, slots=True)
class Sentences:
    """Set `doc.sentences`: contiguous spans that together are the whole text."""

    name: ClassVar[str] = "sentences"

    quotes: str = "split"  # or "keep": a quotation of several sentences stays in one

    def __call__(self, doc: Document) -> Iterator[Finding]:
        """Set the spans of *doc* and report how many there are."""
        doc.sentences = self.spans(doc)
        yield Label("sentences", len(doc.sentences))

    def spans(self, doc: Document) -> list[tuple[int, int]]:
        """Return the sentence spans of *doc*, in code points."""
        return sentence_spans(doc.text, quotes=self.quotes)
