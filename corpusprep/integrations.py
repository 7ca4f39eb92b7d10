"""Sentence splitting as a function of batches, for `datasets.map` and what works alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from corpusprep.text.sentences import (
    LineBreaks,
    Options,
    Preset,
    Quotes,
    options_for,
    whole_spans,
)

As = Literal["text", "spans"]


@dataclass(frozen=True, slots=True)
class SentenceMap:
    """What `sentence_map` gives: a function of one batch, which travels to other processes."""

    column: str
    gives: As
    options: Options

    def __call__(self, batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Return the new column for *batch*, a dict of columns; a text that is None has none."""
        texts = [text or "" for text in batch[self.column]]
        if self.gives == "spans":
            return {"sentences": [whole_spans(text, self.options) for text in texts]}
        pieces = (
            [text[start:end].strip() for start, end in whole_spans(text, self.options)]
            for text in texts
        )
        return {"sentences": [[piece for piece in found if piece] for found in pieces]}


def sentence_map(
    column: str = "text",
    *,
    gives: As = "text",
    quotes: Quotes | None = None,
    semicolon: bool | None = None,
    max_chars: int | None = None,
    line_breaks: LineBreaks | None = None,
    preset: Preset | None = None,
) -> SentenceMap:
    """Return a function for ``dataset.map(…, batched=True)`` that splits a column into sentences.

    It adds the column ``sentences``: lists of sentences without the white space around them, or, with
    ``gives="spans"``, lists of [start, end] in code points that are contiguous and lossless. The
    other options are those of `corpusprep.sentence_spans`. It can be pickled, for ``num_proc``.

    Raises:
        ValueError: an option has a value that it does not know.

    >>> split = sentence_map(quotes="keep")
    >>> split({"text": ["他说：“好。走吧。”天黑了。"]})
    {'sentences': [['他说：“好。走吧。”', '天黑了。']]}
    >>> sentence_map(gives="spans")({"text": ["今天很好。明天呢？"]})
    {'sentences': [[(0, 5), (5, 9)]]}
    """
    if gives not in ("text", "spans"):
        raise ValueError(f"gives={gives!r}: choose 'text' or 'spans'")
    options = options_for(quotes, line_breaks, max_chars, preset, semicolon=semicolon)
    return SentenceMap(column, gives, options)
