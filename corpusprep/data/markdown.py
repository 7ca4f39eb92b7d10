"""Markdown in which whatever comes from the web stays text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corpusprep.data.meanings import STAGES
from corpusprep.data.phrases import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def section(level: str, title: str, *paragraphs: str) -> str:
    """Return a heading and what stands under it, blank lines between them."""
    return "\n\n".join((f"{level} {title}", *paragraphs)) + "\n"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """Return a table whose columns stand to the left (l) or to the right (r).

    >>> print(grid(("规则", "删除"), [("share-bar", "39")], "lr"))
    | 规则 | 删除 |
    | --- | ---: |
    | share-bar | 39 |
    """
    rule = ["---:" if side == "r" else "---" for side in align]
    lines = (head, rule, *rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plain(text: str) -> str:
    r"""Return *text* so that Markdown and HTML take it as it stands.

    >>> print(plain("转自[某网]<b>"))
    转自\[某网\]\<b\>
    """
    return re.sub(r"([\\`*_\[\]<>|!#~&])", r"\\\1", visible(text))


def span(text: str) -> str:
    """Return *text* as a code span: nothing in it can be markup.

    >>> span("a|b"), span("`")
    ('`a|b`', '`` ` ``')
    """
    if not text:
        return ""
    shown = visible(text)
    if "`" not in shown:
        return f"`{shown}`"
    fence = "`" * (1 + max(len(run) for run in re.findall("`+", shown)))
    return f"{fence} {shown} {fence}"


def code(text: str) -> str:
    r"""Return *text* as a code span for the cell of a table, where a bar would end the cell.

    >>> code("分享|收藏")
    '`分享\\|收藏`'
    """
    return span(text).replace("|", "\\|")


def fenced(text: str, kind: str) -> str:
    """Return *text* as a block of code of the language *kind*."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"


def folded(summary: str, *paragraphs: str) -> str:
    """Return *paragraphs* behind a line that opens them."""
    return "\n\n".join((f"<details><summary>{summary}</summary>", *paragraphs, "</details>"))


def stage_name(stage: str, language: int) -> str:
    """Return what *stage* is called; a stage of somebody's own keeps its name.

    >>> stage_name("repair", 0), stage_name("mine", 0)
    ('修复乱码', 'mine')
    """
    return STAGES[stage][language] if stage in STAGES else plain(stage)
