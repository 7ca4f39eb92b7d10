"""The two functions that one text needs: clean it, and ask why it looks as it does."""

from __future__ import annotations

from corpusprep.core import Document
from corpusprep.explanation import Explanation
from corpusprep.pipeline import Pipeline, single_document_pipeline


def clean(text: str, *, script: str = "keep", pipeline: Pipeline | None = None) -> str:
    r"""Return *text* repaired, normalised, without boilerplate, its broken lines joined.

    One text stands alone here: nothing is filtered out and nothing compared with other texts. Give
    `script="simplified"` or `"traditional"` to convert, or a pipeline of your own.

    >>> clean("查看: 62|回复: 0\n龙龘(dá)是什么意思,有人知道吗?")
    '龙龘(dá)是什么意思，有人知道吗？'
    """
    return (pipeline or single_document_pipeline(script=script))(text).text


def explain(text: str, *, script: str = "keep", pipeline: Pipeline | None = None) -> Explanation:
    r"""Return what `clean` would make of *text*, with every edit at its place in *text*.

    >>> for edit in explain("他說：「明天見。」\r\n責任編輯：王小明").edits:
    ...     print(edit.step, edit.rule, edit.start, repr(edit.old))
    normalise line-break 9 '\r\n'
    boilerplate editor-credit 9 '\n責任編輯：王小明'
    """
    doc = (pipeline or single_document_pipeline(script=script))(Document("", text))
    return Explanation(doc, text)
