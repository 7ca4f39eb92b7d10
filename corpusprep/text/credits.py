"""Credits: what a site sets above and below the prose of a text.

A reprint of one article carries another time stamp, another source, other counters. Whoever
compares what two texts say leaves these out first.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["without_credits"]

# Lines above and below the prose, and the ends of the prose itself, that a site may have set.
MAX_OUTER_LINES, MAX_STAMP_LINE, MIN_PROSE_LINE, OUTER_END = 8, 30, 60, 120

_ENDS_SENTENCE = re.compile("[。！？!?；;]")
_CREDIT = (
    "来源|來源|编辑|編輯|作者|责编|責編|记者|記者|通讯员|通訊員|浏览|瀏覽|阅读|閱讀|点击|點擊|点赞|點讚|发布|發[佈布]"
    "|发表|發表|更新|字号|字號|分享|收藏|打印|列印|评论|評論|回[复復]|查看|看过|看過|审核|審核|校[对對]|摄影|攝影|在看"
    "|转[载发]|轉[載發]|版[权權]|主[办辦]|供稿|监制|監製|首[页頁]|上一[篇页頁]|下一[篇页頁]|ICP"
)
_CREDIT_LINE = re.compile(_CREDIT)
_STAMP_LINE = re.compile(
    r"(?=.*[年月:：/.-]|\d+$)[\d\s年月日时時分秒午星期周週〇零一二三四五六七八九十:：/.-]+"
)
# The same inside a line: a label and what follows it, a credit in brackets, a date with a clock.
_CREDITS = re.compile(
    r"(?=[来來责責编編作浏瀏阅閱点點发發更（(\[【12])(?:"
    r"(?:来源|來源|[责責]任[编編][辑輯]|[编編][辑輯]|作者|[浏瀏][览覽]量?|[阅閱][读讀]量?|[点點][击擊][数數率]?"
    r"|(?:[发發][布佈表]|更新)[时時][间間])次?(?:\s*[:：]\s*|\s+|(?=\d))[^\s，。；、,;（）()\[\]【】]{1,20}"
    rf"|[（(\[【][^（）()\[\]【】]{{0,30}}(?:{_CREDIT})[^（）()\[\]【】]{{0,30}}[)）\]】]"
    r"|[12]\d{3}[-/.年]\d\d?[-/.月]\d\d?日?\s+\d\d?[:：]\d\d(?:[:：]\d\d)?)"
)


def without_credits(text: str) -> str:
    r"""Return *text* without what a site sets above, below and at the ends of its prose.

    >>> without_credits("2023-05-12 08:30 阅读：19\n今早全城大雾，渡轮停航两小时。\n责任编辑：白露")
    '今早全城大雾，渡轮停航两小时。'
    """
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    prose = sum(len(line) for line in lines if _is_prose(line))
    drops: Callable[[str], bool] = _is_outer if 2 * prose > len(text) else _is_credit
    edge = MAX_OUTER_LINES if prose else 3
    head = sum(1 for _ in takewhile(lambda line: not _is_prose(line), lines[:edge]))
    foot = sum(
        1 for _ in takewhile(lambda line: not _is_prose(line), lines[head:][: -edge - 1 : -1])
    )
    end = len(lines) - foot
    kept = [line for at, line in enumerate(lines) if head <= at < end or not drops(line)]
    text = "\n".join(kept)
    if len(text) <= 2 * OUTER_END:
        return _CREDITS.sub(" ", text)
    first, rest, last = text[:OUTER_END], text[OUTER_END:-OUTER_END], text[-OUTER_END:]
    return _CREDITS.sub(" ", first) + rest + _CREDITS.sub(" ", last)


def _is_prose(line: str) -> bool:
    return len(line) >= MIN_PROSE_LINE or _ENDS_SENTENCE.search(line) is not None


def _is_credit(line: str) -> bool:
    """Return whether a line is a date, a counter, or names a source or an editor."""
    line = line.strip()
    return _CREDIT_LINE.search(line) is not None or (
        len(line) <= MAX_STAMP_LINE and _STAMP_LINE.fullmatch(line) is not None
    )


def _is_outer(line: str) -> bool:
    """Return whether a line beside prose is a credit, or one with a figure or two and no label."""
    figures = len(re.findall(r"\d+", line))
    return _is_credit(line) or (0 < figures <= 2 and ":" not in line and "：" not in line)
