r"""Chinese-first corpus preparation that can explain every character it removed or changed.

>>> import corpusprep as cp
>>> cp.clean("今天天气很好，我们去了公园。\n分享到：微信 微博 QQ空间")
'今天天气很好，我们去了公园。'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpusprep.core import Document, Drop, Edit, Explanation, Label
    from corpusprep.errors import CorpusprepError
    from corpusprep.integrations import sentence_map
    from corpusprep.pipeline import Pipeline, clean, explain, extract
    from corpusprep.runs.job import Corpus, run
    from corpusprep.steps.boilerplate import boilerplate_mask
    from corpusprep.steps.duplicates import near_duplicates
    from corpusprep.text.articles import Article, split_articles
    from corpusprep.text.decode import Decoded, decode
    from corpusprep.text.mojibake import repair
    from corpusprep.text.reflow import join_wrapped_lines
    from corpusprep.text.script import convert_script
    from corpusprep.text.sentences import SentenceStream, sentence_spans, split_sentences
    from corpusprep.text.width import normalise

__version__ = "0.1.0"

# Public names and their homes: loaded on first use (PEP 562), so that `import corpusprep` is light.
_HOMES = {
    "Article": "text.articles",
    "Corpus": "runs.job",
    "CorpusprepError": "errors",
    "Decoded": "text.decode",
    "Document": "core",
    "Drop": "core",
    "Edit": "core",
    "Explanation": "core",
    "Label": "core",
    "Pipeline": "pipeline",
    "SentenceStream": "text.sentences",
    "boilerplate_mask": "steps.boilerplate",
    "clean": "pipeline",
    "extract": "pipeline",
    "convert_script": "text.script",
    "decode": "text.decode",
    "explain": "pipeline",
    "join_wrapped_lines": "text.reflow",
    "near_duplicates": "steps.duplicates",
    "normalise": "text.width",
    "repair": "text.mojibake",
    "run": "runs.job",
    "sentence_map": "integrations",
    "sentence_spans": "text.sentences",
    "split_articles": "text.articles",
    "split_sentences": "text.sentences",
}

__all__ = [
    "Article",
    "Corpus",
    "CorpusprepError",
    "Decoded",
    "Document",
    "Drop",
    "Edit",
    "Explanation",
    "Label",
    "Pipeline",
    "SentenceStream",
    "boilerplate_mask",
    "clean",
    "convert_script",
    "decode",
    "explain",
    "extract",
    "join_wrapped_lines",
    "near_duplicates",
    "normalise",
    "repair",
    "run",
    "sentence_map",
    "sentence_spans",
    "split_articles",
    "split_sentences",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'corpusprep' has no attribute {name!r}")
    value = getattr(import_module(f"corpusprep.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
