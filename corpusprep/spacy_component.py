"""The spaCy component ``corpusprep_sentences``: the sentences of a Doc are those of corpusprep.

spaCy loads this module through its entry point as soon as a component of that name is asked for;
nothing else here does, and spaCy is no dependency.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from spacy.language import Language

from corpusprep.text.sentences import LineBreaks, Options, Preset, Quotes, options_for, whole_spans


@dataclass(frozen=True, slots=True)
class SpacySentences:
    """Marks the first token of every sentence of a Doc."""

    options: Options

    def __call__(self, doc: Any) -> Any:
        """Set ``is_sent_start`` for the tokens of *doc*, a ``spacy.tokens.Doc``; return it.

        A sentence that ends inside a token, which a tokenizer for Chinese hardly makes, ends
        behind it.
        """
        starts = [token.idx for token in doc]
        first = {bisect_left(starts, start) for start, _ in whole_spans(doc.text, self.options)}
        for k, token in enumerate(doc):
            token.is_sent_start = k in first
        return doc


@Language.factory("corpusprep_sentences")  # type: ignore[untyped-decorator] # spaCy is skipped
def spacy_sentences(
    nlp: Any,  # noqa: ARG001 - spaCy passes the pipeline to every factory
    name: str,  # noqa: ARG001
    quotes: Quotes | None = None,
    semicolon: bool | None = None,  # noqa: FBT001 - spaCy passes the config by name
    max_chars: int | None = None,
    line_breaks: LineBreaks | None = None,
    preset: Preset | None = None,
) -> SpacySentences:
    """Return the component; its config are the options of `corpusprep.sentence_spans`.

    Raises:
        ValueError: an option has a value that it does not know.

    >>> import spacy
    >>> nlp = spacy.blank("zh")
    >>> component = nlp.add_pipe("corpusprep_sentences", config={"quotes": "keep"})
    >>> [sent.text for sent in nlp("他说：“今天很好。明天更好。”掌声响起。").sents]
    ['他说：“今天很好。明天更好。”', '掌声响起。']
    """
    return SpacySentences(options_for(quotes, line_breaks, max_chars, preset, semicolon=semicolon))
