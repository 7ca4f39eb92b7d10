"""Figures of a text: where they stand, what they are worth, how much two of them differ.

A figure is written in digits or in Chinese numerals, with a sign, a decimal point, separators:
三十五 and 35, 1,234 and 1234, 零下5 and -5 are the same, 3.5 and 35, -18 and 18 are not. A text
with one mark in the place of each figure is its *skeleton*; texts of one form share much of it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.alignment import shared_start
from corpusprep.text.shingles import key_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["APART", "MARK", "Skeleton", "difference", "skeletons", "value"]

MARK = "0"  # of a figure in a skeleton
# Letters that no text has, so that keys keep them: between two figures that follow each other; for
# a decimal point; for a minus.
APART, _POINT, _MINUS = "ʼ", "ˑ", "ˉ"
_DECIMAL_POINT = re.compile(r"[.．](?=\d)(?<=\d.)")  # a class first: half the time
_BETWEEN_FIGURES = re.compile(
    r"[^0-9a-zA-Z\u4e00-\u9fff℃℉](?<=\d\W)(?<![:：](?=\d))[^\w℃℉]*(?=\d)",
    re.DOTALL,
)
_NUMERALS = "〇零一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟"
_ONE_TO_TEN = "一二两三四五六七八九十"
# A dash behind a figure, a letter, a unit or another dash belongs to a range or a number, one that
# begins a line to a list.
_NEGATIVE = re.compile(
    r"[-−–－﹣负負零](?:(?<=零)下(?=[\d一二三四五六七八九十])"
    r"|(?=\d)(?<!零)(?<![\n\da-zA-Z℃℉°%％‰~～—–+\-度年月日號号時时點点分歲岁元米噸吨樓楼棟栋室第].))",
    re.DOTALL,
)
_FIGURE = re.compile(  # what it may begin with comes first: half the time
    rf"((?=[0-9{_MINUS}{_NUMERALS}]){_MINUS}?(?:[0-9]+(?:[{APART}{_POINT}][0-9]+)*|[{_NUMERALS}]{{2,}}"
    rf"|(?<=[第周初])[{_ONE_TO_TEN}]|[{_ONE_TO_TEN}](?=[年月日时点分级度届期号楼层栋组班轮等名审])))"
)
_DIGITS = str.maketrans("〇零一二两三四五六七八九壹贰叁肆伍陆柒捌玖", "001223456789123456789")
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_ALIKE = {frozenset(pair) for pair in ("08", "17", "38", "56", "68", "06")}  # to a scanner


class Skeleton(NamedTuple):
    """A key text with a mark for each figure; the figures; and where their marks stand."""

    text: str
    figures: list[str]
    places: list[int]


def skeletons(texts: Sequence[str]) -> list[Skeleton]:
    """Return the skeletons of *texts*.

    >>> [skeleton.figures for skeleton in skeletons(["气温-5℃，涨了3.5%。", "二十人，分5组"])]
    [['ˉ5', '3ˑ5'], ['二十', '5']]
    """
    keys = key_texts([_spelt(text) for text in texts])
    flat = keys.flat.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")
    bounds = keys.offsets.tolist()
    return [_skeleton(flat[a:b]) for a, b in pairwise(bounds)]


def _spelt(text: str) -> str:
    """Return *text* with letters for the marks that belong to its figures."""
    text = _NEGATIVE.sub(_MINUS, text)
    return _BETWEEN_FIGURES.sub(APART, _DECIMAL_POINT.sub(_POINT, text))


def _skeleton(key: str) -> Skeleton:
    parts = _FIGURE.split(key)
    places, at = [], -1
    for words in parts[:-1:2]:
        at += len(words) + 1
        places.append(at)
    return Skeleton(MARK.join(parts[::2]), parts[1::2], places)


def difference(left: str, right: str) -> list[float]:
    """Return how much the difference of each of two rows of figures weighs; 0 for the same.

    >>> difference("25ʼ7ʼ13", "21ʼ7ʼ9"), difference("38", "33"), difference("ˉ18", "18")
    ([0.5, 0.0, 1.0], [0.25], [1.0])
    >>> difference("2023ˑ5ˑ12", "2023ʼ5ʼ12"), difference("1ʼ234", "1234"), difference("3ˑ5", "35")
    ([0.0, 0.0, 0.0], [0.0], [0.5])
    """
    left, right = value(left), value(right)
    one, other = left.split(APART), right.split(APART)
    if len(one) != len(other):
        one, other = ["".join(one)], ["".join(other)]
    if one != other and left.replace(_POINT, APART) == right.replace(_POINT, APART):
        return [0.0] * (left.count(_POINT) + left.count(APART) + 1)
    return [_weight(*pair) for pair in zip(one, other, strict=True)]


def _weight(left: str, right: str) -> float:
    """Return 1 where much differs, 0.5 for a digit or two that changed places, 0.25 for look-alikes."""
    if left == right:
        return 0.0
    if left.startswith(_MINUS) != right.startswith(_MINUS):
        return 1.0
    head = shared_start(left, right)
    left, right = left[head:], right[head:]
    tail = shared_start(left[::-1], right[::-1])
    size = max(len(left), len(right)) - tail
    left, right = left[:size], right[:size]
    if len(left) == len(right) and all(
        a == b or {a, b} in _ALIKE for a, b in zip(left, right, strict=True)
    ):
        return 0.25
    return 0.5 if size == 1 or (size == 2 and left == right[::-1]) else 1.0


def value(figure: str) -> str:
    """Return a figure in digits: 三十五 and 35, 二〇二三 and 2023 are the same.

    >>> [value(figure) for figure in ("三十五", "二〇二三", "一万二千", "十", "2023")]
    ['35', '2023', '12000', '10', '2023']
    """
    if figure.startswith(_MINUS):
        return _MINUS + value(figure[1:])
    if figure[0].isascii():
        return figure
    if not any(char in _UNITS or char in "万亿" for char in figure):
        return figure.translate(_DIGITS)
    total = part = digit = 0
    for char in figure:
        if char in "万亿":
            total = (total + part + digit) * (10_000 if char == "万" else 100_000_000)
            part = digit = 0
        elif char in _UNITS:
            part += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = int(char.translate(_DIGITS))
    return str(total + part + digit)
