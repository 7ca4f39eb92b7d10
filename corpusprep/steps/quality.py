"""Measures of a text, and a mild filter: what is too short or hardly Chinese leaves the corpus.

The measures are labels, so that a user can filter harder on the published columns. The defaults
drop little on purpose: a short forum reply is a document, and a page of figures may be wanted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.core import Drop, Label
from corpusprep.text.chars import (
    CJK_PUNCTUATION,
    FULL_WIDTH_PUNCTUATION,
    HAN,
    SHARED_PUNCTUATION,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpusprep.core import Document, Finding

_HAN_RUN = re.compile(f"[{HAN}]+")
_PUNCTUATION_RUN = re.compile(
    f"[!-/:-@\\[-`{{-~{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}{SHARED_PUNCTUATION}]+"
)


@dataclass(frozen=True, slots=True)
class Quality:
    """Label length, share of Han and share of punctuation; drop what lies outside the limits."""

    name: ClassVar[str] = "quality"

    min_characters: int = 5  # shorter is what is left of a page that was all chrome
    min_han_share: float = 0.0  # off: English and code pages are the language filter's business
    max_punctuation_share: float = 0.6  # tables of dashes and ASCII art; verse reaches 0.2

    def __call__(self, doc: Document) -> Iterator[Finding]:
        """Report the measures of *doc*, and a drop where one is out of bounds."""
        text = doc.text
        total = len(text)
        rest = _HAN_RUN.sub(
            "", text
        )  # far shorter than the text: the second class looks at it only
        han = (total - len(rest)) / total if total else 0.0
        marks = (len(rest) - len(_PUNCTUATION_RUN.sub("", rest))) / total if total else 0.0
        yield Label("characters", total)
        yield Label("han_share", round(han, 4))
        yield Label("punctuation_share", round(marks, 4))
        if not text.strip():
            yield Drop("empty", "nothing was left after cleaning")
        elif total < self.min_characters:
            yield Drop("too-short", f"{total} characters; at least {self.min_characters}")
        elif han < self.min_han_share:
            yield Drop(
                "too-little-han", f"{han:.3f} of the characters; at least {self.min_han_share}"
            )
        elif marks > self.max_punctuation_share:
            yield Drop(
                "punctuation",
                f"{marks:.3f} of the characters; at most {self.max_punctuation_share}",
            )
