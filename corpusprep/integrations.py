"""Sentence splitting inside other tools: a spaCy component, and a function for `datasets.map`.

Both need nothing at import but this package: spaCy finds the component through its entry point and
is not loaded by us.
"""

from __future__ import annotations

from bisect import bisect_left
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
class _Spans:
    """`sentence_spans` with options that were checked once; it travels to other processes."""

    options: Options

    def __call__(self, text: str) -> list[tuple[int, int]]:
        return whole_spans(text, self.options)


@dataclass(frozen=True, slots=True)
class SpacySentences:
    """The component `corpusprep_sentences`: marks the first token of every sentence of a Doc."""

    spans: _Spans

    def __call__(self, doc: Any) -> Any:
        """Set ``is_sent_start`` for the tokens of *doc*, a ``spacy.tokens.Doc``; return it.

        A sentence that ends inside a token, which a tokenizer for Chinese hardly makes, ends
        behind it.
        """
        starts = [token.idx for token in doc]
        first = {bisect_left(starts, start) for start, _ in self.spans(doc.text)}
        for k, token in enumerate(doc):
            token.is_sent_start = k in first
        return doc


def spacy_sentences(
    nlp: Any,  # noqa: ARG001 - spaCy passes the pipeline to every factory
    name: str,  # noqa: ARG001
    quotes: Quotes | None = None,
    semicolon: bool | None = None,  # noqa: FBT001 - spaCy passes the config by name
    max_chars: int | None = None,
    line_breaks: LineBreaks | None = None,
    preset: Preset | None = None,
) -> SpacySentences:
    """Return the spaCy component that sets the sentences of a Doc: the factory of the entry point.

    With corpusprep installed spaCy knows it by name, and its config are the options of
    `corpusprep.sentence_spans`::

        nlp = spacy.blank("zh")
        nlp.add_pipe("corpusprep_sentences", config={"quotes": "keep"})
        [sent.text for sent in nlp("他说：“今天很好。明天更好。”掌声响起。").sents]

    Raises:
        ValueError: an option has a value that it does not know.
    """
    options = options_for(quotes, line_breaks, max_chars, preset, semicolon=semicolon)
    return SpacySentences(_Spans(options))


@dataclass(frozen=True, slots=True)
class SentenceMap:
    """What `sentence_map` gives: a function of one batch, which travels to other processes."""

    column: str
    gives: As
    spans: _Spans

    def __call__(self, batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Return the new column for *batch*, a dict of columns; a text that is None has none."""
        texts = [text or "" for text in batch[self.column]]
        if self.gives == "spans":
            return {"sentences": [self.spans(text) for text in texts]}
        pieces = ([text[start:end].strip() for start, end in self.spans(text)] for text in texts)
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
    return SentenceMap(column, gives, _Spans(options))
