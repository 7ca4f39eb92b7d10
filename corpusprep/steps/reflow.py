"""Join lines that were broken in mid-sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.text.reflow import wrapped_line_edits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corpusprep.core import Document, Finding


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
