"""The step that brings width, punctuation and white space to one form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.text.width import normalise_edits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corpusprep.core import Document, Finding


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
