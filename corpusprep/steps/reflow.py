"""The reflow step: joins lines that a column, a page or a caption broke in mid-sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.text.reflow import wrapped_line_edits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corpusprep.core import Document, Finding


@dataclass(frozen=True, slots=True)
class Reflow:
    """Report one edit for every join."""

    name: ClassVar[str] = "reflow"

    def __call__(self, doc: Document) -> Iterable[Finding]:
        """Report the joins in *doc*."""
        return wrapped_line_edits(doc.text)
