"""Measures of a text, and a mild filter: what is too short or hardly Chinese leaves the corpus.

The measures are labels, so that a user can filter harder on the published columns. The defaults
drop little on purpose: a short forum reply is a document, and a page of figures may be wanted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from corpusprep.core import Drop, Label
from corpusprep.text.chars import (
    CJK_PUNCTUATION,
    FULL_WIDTH_PUNCTUATION,
    HAN,
    SHARED_PUNCTUATION,
)
from corpusprep.text.shingles import repetition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from corpusprep.core import Document, Finding

_HAN, _MARK = 1, 2


def _table() -> np.ndarray:
    """Return the kind of every UTF-16 unit: Han, punctuation or other.

    An ideograph outside the basic plane is two units: its first counts, its second does not.
    """
    units = "".join(map(chr, range(0x10000)))
    kinds = np.zeros(0x10000, np.uint8)
    marks = f"[!-/:-@\\[-`{{-~{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}{SHARED_PUNCTUATION}]"
    for pattern, kind in ((f"[{HAN}]", _HAN), (marks, _MARK)):
        kinds[[found.start() for found in re.finditer(pattern, units)]] = kind
    kinds[0xD840:0xD87F] = kinds[0xD880:0xD889] = _HAN  # of U+20000-2FBFF and U+30000-323FF
    return kinds


_KINDS = _table()


@dataclass(frozen=True, slots=True)
class Quality:
    """Label length, share of Han and share of punctuation; drop what lies outside the limits."""

    name: ClassVar[str] = "quality"

    min_characters: int = 5  # shorter is what is left of a page that was all chrome
    min_han_share: float = 0.0  # off: English and code pages are the language filter's business
    max_punctuation_share: float = 0.6  # tables of dashes and ASCII art; verse reaches 0.2
    max_repetition: float = 1.0  # off: share of character 5-grams that a text has had before

    def __call__(self, doc: Document) -> Iterator[Finding]:
        """Report the measures of *doc*, and a drop where one is out of bounds."""
        return next(self.many([doc]))

    def many(self, docs: Sequence[Document]) -> Iterator[Iterator[Finding]]:
        """Report the measures of each of *docs*: counted in one pass over all their characters."""
        texts = [doc.text.encode("utf-16-le", "surrogatepass") for doc in docs]
        kinds = _KINDS[np.frombuffer(b"".join(texts), np.uint16)]
        repeated = [0.0] * len(docs)
        if self.max_repetition < 1:
            repeated = repetition([doc.text for doc in docs])
        at = 0
        for doc, data, share in zip(docs, texts, repeated, strict=True):
            counts = np.bincount(kinds[at : at + len(data) // 2], minlength=3)
            at += len(data) // 2
            yield self._judge(doc.text, int(counts[_HAN]), int(counts[_MARK]), share)

    def _judge(self, text: str, han: int, marks: int, repeated: float) -> Iterator[Finding]:
        total = len(text)
        han_share = round(han / total, 4) if total else 0.0
        mark_share = round(marks / total, 4) if total else 0.0
        yield Label("characters", total)
        yield Label("han_share", han_share)
        yield Label("punctuation_share", mark_share)
        if self.max_repetition < 1:
            yield Label("repetition", round(repeated, 4))
        if not text.strip():
            yield Drop("empty", "nothing was left after cleaning")
        elif total < self.min_characters:
            yield Drop("too-short", f"{total} characters; at least {self.min_characters}")
        elif han_share < self.min_han_share:
            yield Drop(
                "too-little-han", f"{han_share} of the characters; at least {self.min_han_share}"
            )
        elif mark_share > self.max_punctuation_share:
            yield Drop(
                "punctuation",
                f"{mark_share} of the characters; at most {self.max_punctuation_share}",
            )
        elif repeated > self.max_repetition:
            yield Drop(
                "repetition",
                f"{round(repeated, 4)} of the 5-grams come again; at most {self.max_repetition}",
            )
