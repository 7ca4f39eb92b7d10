"""Words that stand for each other in two texts, and how much each of them tells.

Between two stretches that texts share lies a slip of the pen, a word for a word, or something
else: a passage added, cut, rewritten. A person's name for another's, a place for a place are
facts; 因为 for 由于 is wording, 软件 for 軟體 the usage of another region.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.figures import MARK
from corpusprep.text.script import load_dictionary, simplify_chars

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "NONE",
    "OTHER",
    "SLIP",
    "WORD",
    "Word",
    "kind_of",
    "renamed",
    "weigh",
    "without_synonyms",
]

MAX_WORD = 20  # of a replaced word: a company's name, five persons; longer is another passage
MAX_EDGE = 6  # of a word with which a text begins or ends
MAX_LOPSIDED = 4  # of a word that is more than three times as long as the other: 晴, 阴转小雨

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
# Less common ones, and the first of double ones: both words of a pair have to begin with one.
_PERSONS_BEGIN = _FAMILY_NAMES | frozenset(
    "左祝柳桑阮符尤柯屈骆蓝项席管詹娄岳寇欧司穆成戚庄舒包褚卫盛单裴邢齐凌霍翟虞甘向牛辛关焦鲍耿古华葛娟苗柴葛聂路瞿荆冼"
    "倪殷霞游喻上诸夏候匡谷宫简饶时涂柏蒲苟边卞束晏仇鲁韦申纪童缪宁农木水云和计巩国揭冉权佟桂安封"
)
# Characters of the words with which an editor writes one thing for another: 因为 and 由于.
_OF_WORDING = frozenset(
    "的了是在和与及并且以而但对为因由于则若此该其这那将已曾未没不非很更最也还都就只才又再们之所被把让使己们需须可能始倘些什么怎吗呢吧着过得太称"
)

NONE, SLIP, WORD, OTHER = range(4)  # what lies between two stretches


class Word(NamedTuple):
    """A word of one text, what stands for it in the other, and two characters around them."""

    left: str
    right: str
    before: str
    after: str


def kind_of(left: str, right: str, *, at_edge: bool) -> int:
    """Return of what kind a difference is: none, a slip, a word for a word, something else.

    >>> pairs = ("", ""), ("已", "己"), ("晴", "雨"), ("张伟", "李娜")
    >>> [kind_of(*pair, at_edge=False) for pair in pairs] == [NONE, SLIP, WORD, WORD]
    True
    """
    short, long = sorted((len(left), len(right)))
    if long == 0:
        return NONE
    if long == 1 and not (short and _same_class(left, right)):
        return SLIP
    if short == 0 or long > (MAX_EDGE if at_edge else MAX_WORD):
        return OTHER
    if long > max(3 * short, 0 if at_edge else MAX_LOPSIDED):
        return OTHER
    if left in right or right in left or (left.count(MARK) != right.count(MARK) and short < 2):
        return OTHER
    return WORD


def _same_class(left: str, right: str) -> bool:
    kind = _CLASS.get(left)
    return (kind is not None and kind == _CLASS.get(right)) or {left, right} <= _FAMILY_NAMES


def without_synonyms(words: Sequence[Word]) -> list[Word]:
    """Return *words* but for those that two regions have for one thing: 软件 and 軟體.

    >>> words = [Word("信息", "资讯", "公开", "平台"), Word("海盐", "青石", "前往", "参观")]
    >>> [word.left for word in without_synonyms(words)]
    ['海盐']
    """
    found, here = _regional()

    def mainland(side: str) -> str:
        return found.sub(lambda match: here[match[0]], side)

    return [
        word
        for word in words
        if mainland(word.before + word.left + word.after)
        != mainland(word.before + word.right + word.after)
    ]


@cache
def _regional() -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern of Taiwan's words, in simplified characters, and what each is here."""
    pairs = load_dictionary("TWPhrasesRev.txt")
    words = {simplify_chars(there): simplify_chars(here) for there, here in pairs.items()}
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first))), words


def weigh(words: Sequence[Word]) -> tuple[float, int]:
    """Return what *words* weigh together, and how often the most frequent of them stands.

    >>> weigh([Word("海盐", "青石", "", "")] * 2), weigh([Word("因为", "由于", "", "")])
    ((2.0, 2), (0.3, 1))
    """
    pairs = Counter((word.left, word.right) for word in words)
    return sum(_weight(*pair, count) for pair, count in pairs.items()), max(
        pairs.values(), default=0
    )


def _is_person(left: str, right: str) -> bool:
    """Return whether both of two words may be the names of persons."""
    sizes = sorted((len(left), len(right)))
    first = {left[0], right[0]}
    return sizes[1] <= 4 and (first <= _FAMILY_NAMES or (sizes[0] > 1 and first <= _PERSONS_BEGIN))


def renamed(slips: Sequence[Word]) -> list[Word]:
    """Return the names of one person for another, if such a name is all that *slips* are.

    A slip comes once; 段小龙 for 段小虎, wherever he is named, is another person.

    >>> [word[:2] for word in renamed([Word("虎", "龙", "段小", "不慎"), Word("虎", "龙", "段小", "声明")])]
    [('段小虎', '段小龙'), ('段小虎', '段小龙')]
    >>> renamed([Word("已", "己", "他自", "的书")] * 2), renamed([Word("虎", "龙", "段小", "不慎")])
    ([], [])
    """
    if len(slips) < 2 or len({slip[:3] for slip in slips}) > 1:
        return []
    left, right, before, _ = slips[0]
    at = next((k for k, char in enumerate(before) if char in _FAMILY_NAMES), None)
    if at is None or not (left and right) or MARK in left + right + before[at:]:
        return []
    return [
        Word(before[at:] + left, before[at:] + right, before[:at], slip.after) for slip in slips
    ]


def _weight(left: str, right: str, count: int) -> float:
    """Return the weight of a word that stands for another *count* times; a person's name has most."""
    if _is_person(left, right):
        return count * (1.5 if count > 1 else 1.0)
    if len(left) == len(right) == 1:
        return float(count)
    if count == 1 and _is_wording(left, right):
        return 0.3
    if min(len(left), len(right)) == 1:
        return count * 0.6
    return count * (1.0 if count > 1 else 0.8)


def _is_wording(left: str, right: str) -> bool:
    short = min(len(left), len(right))
    return 2 * len(set(left) & set(right)) >= short or not _OF_WORDING.isdisjoint(left + right)
