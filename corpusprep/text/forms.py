"""Texts that share a form and differ in facts: bulletins, notices, records, and no copies.

A weather report has the words of yesterday's and other temperatures, a summons other parties and
another date. Counted by their characters such texts are nearly the same; to leave one out as a
copy of the other loses what only it says. A reprint, in turn, carries another time stamp, another
editor, a typo, a figure put right, and stays a copy.

The two are told apart by their *slots*: both texts become skeletons, in which every figure is one
mark; the skeletons are laid side by side; and figures and words that differ between the same
neighbours are facts. How many there are is weighed against the slots that agree, the length, and
the slips of single characters, from which one sees how carelessly a text was copied.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from corpusprep.text.script import convert_script
from corpusprep.text.shingles import key_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["differ_in_facts"]

# Lines above and below the prose, and the ends of the prose itself, that a site may have set.
MAX_OUTER_LINES, MAX_STAMP_LINE, MIN_PROSE_LINE, OUTER_END = 8, 30, 60, 120
GRAM = 4  # skeleton characters by which texts are aligned: two names part with four between them
MAX_WORD = 16  # of a replaced word: a company's name, five persons; longer is another passage
MAX_EDGE = 6  # of a word with which a text begins or ends
MAX_BESIDE = 4  # of a word beside a figure that differs: a longer one may have cut the figure

_MARK = "0"  # of a figure in a skeleton
_APART = "ʼ"  # a letter, and so part of the key, between two figures that follow each other
_SPLITS_FIGURES = re.compile(r"(?<=\d)(?![.．:：]\d)\W+(?=\d)")
_NUMERALS = "〇零一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟"
_ONE_TO_TEN = "一二两三四五六七八九十"
_FIGURE = re.compile(  # what it may begin with comes first: half the time
    rf"((?=[0-9{_NUMERALS}])(?:[0-9]+(?:{_APART}[0-9]+)*|[{_NUMERALS}]{{2,}}"
    rf"|(?<=[第周初])[{_ONE_TO_TEN}]|[{_ONE_TO_TEN}](?=[年月日时点分级度届期号楼轮等名审])))"
)
_DIGITS = str.maketrans("〇零一二两三四五六七八九壹贰叁肆伍陆柒捌玖", "001223456789123456789")
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_YEAR = re.compile("(?:19|20)[0-9]{2}")
_ALIKE = {frozenset(pair) for pair in ("08", "17", "38", "56", "68", "06")}  # to a scanner

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

# Single characters that name a thing where another of their class stands: other replaced
# characters are slips, and one family name for another is a word.
_CLASSES = (
    "甲乙丙丁戊 东西南北中 晴阴雨雪雾 涨跌升降增减 胜负平败 男女 上下左右内外 春夏秋冬 优良差 大小高低 早午晚 买卖"
    " 出入进 红橙黄绿青蓝紫黑白灰银 一二两三四五六七八九十 百千万亿 岁年月周天时分秒 abcdefghijklmnopqrstuvwxyz"
    " 冀鲁豫晋苏浙皖赣闽粤桂琼川黔滇陕甘宁新藏京津沪渝鄂湘辽吉蒙"
)
_CLASS = {char: number for number, chars in enumerate(_CLASSES.split()) for char in chars}
# Common family names. Many are words too: they count where one stands for another.
_FAMILY_NAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪"
    "田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)

_NONE, _SLIP, _WORD, _NAME, _OTHER = range(5)  # what lies between two runs


class _Skeleton(NamedTuple):
    """A key text with a mark for each figure; the figures; and where their marks stand."""

    text: str
    figures: list[str]
    places: list[int]


class _Run(NamedTuple):
    """A stretch that two skeletons share: where it begins in each, and how long it is."""

    one: int
    other: int
    size: int


class _Word(NamedTuple):
    """A word of one text, what stands for it in the other, and two characters around them."""

    left: str
    right: str
    before: str
    after: str


class _Facts(NamedTuple):
    """What differs between two texts, and what to weigh it against."""

    figures: list[float]  # the weight of each that differs
    words: list[_Word]
    agreeing: float  # figures
    slips: int
    length: int  # of what is shared


def differ_in_facts(one: str, other: str) -> bool:
    r"""Return whether two texts that are much alike are one form filled in with other facts.

    Facts are figures, names, places, products. A figure put right in a long article, other time
    stamps, counters and credits above and below it, slips of single characters, another script or
    width, and passages added or missing make no difference. *one* and *other* may change places.

    >>> def report(day, sky, high, low):
    ...     return (
    ...         f"市气象台{day}日发布天气预报：今天夜间到明天白天，{sky}，最高气温{high}℃，"
    ...         f"最低气温{low}℃。近期早晚温差较大，请市民及时增减衣物，外出注意交通安全。"
    ...     )
    >>> today = report(12, "晴转多云", 25, 13)
    >>> differ_in_facts(today, report(13, "小雨", 21, 11))
    True
    >>> differ_in_facts(today, "来源：某晚报 2023-05-12 08:30\n" + today.replace("增减", "增咸"))
    False
    """
    texts = sorted((_without_credits(one), _without_credits(other)))
    facts = _facts(*_skeletons(texts))
    if not facts.words or not _is_form(facts):
        return _is_form(facts)
    without = facts._replace(words=[])
    return _is_form(without) or _is_form(without._replace(words=_without_synonyms(facts.words)))


def _without_credits(text: str) -> str:
    """Return *text* without what a site sets above, below and at the ends of its prose."""
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


def _skeletons(texts: Sequence[str]) -> tuple[_Skeleton, _Skeleton]:
    """Return the skeletons of two texts."""
    keys = key_texts([_SPLITS_FIGURES.sub(_APART, text) for text in texts])
    flat = keys.flat.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")
    cut = int(keys.offsets[1])
    return _skeleton(flat[:cut]), _skeleton(flat[cut:])


def _skeleton(key: str) -> _Skeleton:
    parts = _FIGURE.split(key)
    places, at = [], -1
    for words in parts[:-1:2]:
        at += len(words) + 1
        places.append(at)
    return _Skeleton(_MARK.join(parts[::2]), parts[1::2], places)


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _anchors(one: str, other: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the n-grams stand that each of two texts has exactly once.

    Hash and place are packed into one number, so that one sort brings equals together.
    """
    codes = np.concatenate((_codes(one), _codes(other))).astype(np.uint64)
    size = len(codes) - GRAM + 1
    hashes = codes[:size]
    for k in range(1, GRAM):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + codes[k : size + k]
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    bits = np.uint64(len(codes).bit_length())
    low = np.uint64((1 << int(bits)) - 1)
    packed = (hashes & ~low) | np.arange(size, dtype=np.uint64)
    cut = len(one) - GRAM + 1  # those that reach from one text into the other stand here
    packed = np.concatenate((packed[:cut], packed[len(one) :]))
    packed.sort()
    keys = packed >> bits
    equal = np.zeros(len(keys) + 1, np.bool_)
    equal[1:-1] = keys[1:] == keys[:-1]
    found = np.flatnonzero(equal[1:-1] & ~equal[:-2] & ~equal[2:])
    first, second = packed[found] & low, packed[found + 1] & low
    partner = np.zeros(len(codes), np.int64)
    partner[first] = second
    own = np.flatnonzero(partner[: len(one)] >= len(one))  # in order, and one of either text
    return own, partner[own] - len(one)


def _diagonals(one: str, other: str) -> list[_Run]:
    """Return stretches of two texts that keep step and begin and end alike, none crossing another."""
    if min(len(one), len(other)) < GRAM:
        return []
    first, second = _anchors(one, other)
    step = second - first
    cuts = np.flatnonzero(step[1:] != step[:-1]) + 1
    bounds = [0, *cuts.tolist(), len(step)] if len(step) else [0]
    a, b = first.tolist(), second.tolist()
    runs = [_Run(a[k], b[k], a[end - 1] + GRAM - a[k]) for k, end in pairwise(bounds)]
    return _heaviest(runs, [end - k for k, end in pairwise(bounds)]) if len(runs) > 1 else runs


def _heaviest(runs: list[_Run], weights: list[int]) -> list[_Run]:
    """Return those of *runs*, in order, that do not cross and weigh most together."""
    # The best chain up to each place of the other text: later ones weigh more.
    ends, scores, last, before = [-1], [0], [-1], []
    for at, (run, weight) in enumerate(zip(runs, weights, strict=True)):
        best = bisect_right(ends, run.other + GRAM - 2) - 1  # two runs may share characters
        before.append(last[best])
        score, end = scores[best] + weight, run.other + run.size - 1
        low, high = bisect_right(ends, end - 1), bisect_right(scores, score)
        if high >= max(low, bisect_right(ends, end)):
            ends[low:high], scores[low:high], last[low:high] = [end], [score], [at]
    chain, at = [], last[-1]
    while at >= 0:
        chain.append(runs[at])
        at = before[at]
    return chain[::-1]


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts share at their beginnings."""
    if one[: len(other)] == other[: len(one)]:
        return min(len(one), len(other))
    return next(k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)


def _spans(one: str, other: str) -> list[_Run]:
    """Return stretches that keep step, from both beginnings to both ends, as long as they can be.

    Two that follow each other leave a gap that is longer in one of the texts. Inside a stretch
    single characters and words of the same length may differ.
    """
    spans = [_Run(0, 0, 0)]
    for run in (*_diagonals(one, other), _Run(len(one), len(other), 0)):
        a, b, size = spans[-1]
        if run.other - run.one == b - a:
            spans[-1] = _Run(a, b, max(size, run.one + run.size - a))
            continue
        over = max(0, a + size - run.one, b + size - run.other)
        if over > run.size:
            continue
        left, right = one[a + size : run.one + over], other[b + size : run.other + over]
        ahead = _shared(left, right)
        back = _shared(left[ahead:][::-1], right[ahead:][::-1])
        spans[-1] = _Run(a, b, size + ahead)
        skip = over - back
        spans.append(_Run(run.one + skip, run.other + skip, run.size - skip))
    return spans


def _runs(one: str, other: str) -> list[_Run]:
    """Return the stretches that two texts share, in order, between an empty one at either end.

    A single character counts where none but single characters differ beside it: in a passage that
    was replaced, some agree by chance.
    """
    found = []
    for a, b, size in _spans(one, other):
        if one[a : a + size] == other[b : b + size]:
            found.append(_Run(a, b, size))
            continue
        equal = _codes(one[a : a + size]) == _codes(other[b : b + size])
        bounded = np.zeros(size + 2, np.bool_)
        bounded[1:-1] = equal
        edges = np.flatnonzero(bounded[1:] != bounded[:-1]).tolist()
        found += [
            _Run(a + start, b + start, end - start)
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        ]
    kept = [_Run(0, 0, 0)]
    found = [run for run in found if run.size] + [_Run(len(one), len(other), 0)]
    for run, after in pairwise(found):
        if run.size > 1 or not _stands_alone(kept[-1], run, after):
            kept.append(run)
    return [*kept, found[-1]]


def _stands_alone(before: _Run, run: _Run, after: _Run) -> bool:
    """Return whether something differs on both sides of *run*, and on one more than a character."""
    left, right = (
        max(right.one - left.one, right.other - left.other) - left.size
        for left, right in ((before, run), (run, after))
    )
    return min(left, right) > 0 and max(left, right) > 1


def _gap(left: str, right: str, *, at_edge: bool) -> int:
    """Return of what kind a difference is: none, a slip, a word for a word, something else.

    >>> [_gap(*pair, at_edge=False) for pair in (("", ""), ("已", "己"), ("晴", "雨"), ("张伟", "李娜"))]
    [0, 1, 2, 2]
    """
    short, long = sorted((len(left), len(right)))
    if long == 0:
        return _NONE
    if long == 1 and not (short and _same_class(left, right)):
        return _SLIP
    if short == 0 or long > (MAX_EDGE if at_edge else MAX_WORD):
        return _OTHER
    if left.count(_MARK) != right.count(_MARK):
        return _OTHER
    return _WORD if long <= MAX_BESIDE else _NAME


def _same_class(left: str, right: str) -> bool:
    kind = _CLASS.get(left)
    return (kind is not None and kind == _CLASS.get(right)) or {left, right} <= _FAMILY_NAMES


def _facts(one: _Skeleton, other: _Skeleton) -> _Facts:
    """Return what differs between two skeletons."""
    runs = _runs(one.text, other.text)
    gaps: list[int] = []
    words: list[_Word] = []
    for before, after in pairwise(runs):
        a, b = before.one + before.size, before.other + before.size
        left, right = one.text[a : after.one], other.text[b : after.other]
        gaps.append(_gap(left, right, at_edge=not before.size or not after.size))
        if gaps[-1] in {_WORD, _NAME}:
            words.append(
                _Word(left, right, one.text[max(0, a - 2) : a], one.text[after.one : after.one + 2])
            )
    figures, agreeing = _figures(one, other, runs, gaps)
    return _Facts(figures, words, agreeing, gaps.count(_SLIP), sum(run.size for run in runs))


def _without_synonyms(words: list[_Word]) -> list[_Word]:
    """Return *words* but for those that two regions have for one thing: 软件 and 軟體.

    >>> words = [_Word("信息", "资讯", "公开", "平台"), _Word("海盐", "青石", "前往", "参观")]
    >>> [word.left for word in _without_synonyms(words)]
    ['海盐']
    """
    sides = [word.before + side + word.after for word in words for side in (word.left, word.right)]
    there = convert_script("\n".join(sides), "s2twp").split("\n")
    return [
        word
        for word, left, right in zip(words, there[::2], there[1::2], strict=True)
        if left != right
    ]


def _word_weight(left: str, right: str, count: int) -> float:
    """Return the weight of a word that stands for another *count* times; a person's name has most."""
    person = max(len(left), len(right)) <= 4 and {left[0], right[0]} <= _FAMILY_NAMES
    if person:
        return count * (1.5 if count > 1 else 1.0)
    if len(left) == len(right) == 1:
        return float(count)
    return count * (1.0 if count > 1 and min(len(left), len(right)) > 1 else 0.6)


def _figures(
    one: _Skeleton, other: _Skeleton, runs: list[_Run], gaps: list[int]
) -> tuple[list[float], float]:
    """Return the weights of the figures that differ in the same slot, and how many figures agree."""
    changed: list[float] = []
    agreeing = 0.0
    for k, run in enumerate(runs[1:-1], 1):
        first = bisect_left(one.places, run.one)
        end = bisect_left(one.places, run.one + run.size)
        shift = bisect_left(other.places, run.other) - first
        for at in range(first, end):
            left, right = one.figures[at], other.figures[at + shift]
            if left == right:
                agreeing += 0.3 if _YEAR.fullmatch(left) else left.count(_APART) + 1
                continue
            before = one.places[at] - run.one
            after = run.size - 1 - before
            clean = (before or gaps[k - 1] in {_NONE, _WORD}) and (
                after or gaps[k] in {_NONE, _WORD}
            )
            if clean and before + after > 1:
                weights = _figure_weights(_value(left).split(_APART), _value(right).split(_APART))
                changed += [weight for weight in weights if weight]
                agreeing += weights.count(0.0)
    return changed, agreeing


def _figure_weights(left: list[str], right: list[str]) -> list[float]:
    """Return how much the difference of each of some figures weighs; 0 where they are the same.

    >>> _figure_weights(["25", "7", "13"], ["21", "7", "9"]), _figure_weights(["38"], ["33"])
    ([0.5, 0.0, 1.0], [0.25])
    """
    if len(left) != len(right) or "".join(left) == "".join(right):
        left, right = ["".join(left)], ["".join(right)]
    return [_figure_weight(*pair) for pair in zip(left, right, strict=True)]


def _figure_weight(left: str, right: str) -> float:
    """Return 1 where more than a digit differs, 0.5 for a digit, 0.25 for one that looks alike."""
    if left == right:
        return 0.0
    head = _shared(left, right)
    left, right = left[head:], right[head:]
    tail = _shared(left[::-1], right[::-1])
    if max(len(left), len(right)) - tail > 1:
        return 1.0
    return 0.25 if {left[:1], right[:1]} in _ALIKE else 0.5


def _value(figure: str) -> str:
    """Return a figure in digits: 三十五 and 35, 二〇二三 and 2023 are the same.

    >>> [_value(figure) for figure in ("三十五", "二〇二三", "一万二千", "十", "2023")]
    ['35', '2023', '12000', '10', '2023']
    """
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


def _is_form(facts: _Facts) -> bool:
    """Return whether so many facts differ, among so many slots, that a slip does not explain it."""
    # Set on 27 forms and on articles with 15 kinds of noise: of 2,340 copies of articles at the
    # threshold one was taken for a form, and 95 in 100 forms of which three facts differ or more
    # were told. A figure or two put right in a long article stay below each `least`.
    slips, size = facts.slips, facts.length
    slots = len(facts.figures) + facts.agreeing
    figures = sum(facts.figures) - 0.02 * slips
    if len(facts.figures) > 1 and len(facts.figures) >= 0.25 * slots:
        least = min(1.2 + size / 400, 3.5) + 0.1 * slips
        if figures >= least:
            return True
    pairs = Counter((word.left, word.right) for word in facts.words)
    words = sum(_word_weight(*pair, count) for pair, count in pairs.items()) - 0.2 * slips
    weight = figures + (words if len(facts.words) > slips else 0)
    differing = len(facts.figures) + len(facts.words)
    if differing > 1:
        share = differing / (len(facts.words) + slots)
        least = 1.5 + size / 250 + 0.1 * slips if slips else 0.9 + size / 400
        if max(pairs.values(), default=0) > 2:
            least = min(least, 4)
        return weight >= least and (share >= 0.2 or (not slips and weight >= 3))
    alone = len(facts.figures) == 1 and differing == 1 and not slips and slots <= 2
    return alone and size <= 200 * facts.figures[0]
