"""Character classes, each defined once: what is Han, what closes a quotation, what is invisible.

The constants are the insides of a regular-expression class, so that they can be put together:
``re.compile(f"[{HAN}{KANA}]")``. The sets are for membership tests of one character.
"""

from __future__ import annotations

import re

# Unified ideographs with all extensions, compatibility ideographs, and the two signs that behave
# like ideographs in running text: 々 (repeats one) and 〇 (zero). Not box drawing, not radicals.
HAN = (
    "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f\U00030000-\U000323af"
)
KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
HANGUL = "\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e"
# Bopomofo is Chinese text, though not Han: ㄅㄆㄇ in teaching material and in Taiwan's forums.
BOPOMOFO = "\u3105-\u312f\u31a0-\u31bf"

# CJK marks that only Chinese and Japanese text uses; the ASCII look-alikes are not among them.
CJK_PUNCTUATION = "\u3001-\u3003\u3008-\u3011\u3014-\u301f\u30fb\ufe10-\ufe1f\ufe30-\ufe4f"
FULL_WIDTH_PUNCTUATION = "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
# Used by Latin and Chinese text alike: they are Chinese punctuation when they stand beside Han.
SHARED_PUNCTUATION = "\u00b7\u2014\u2018\u2019\u201c\u201d\u2026\u2e3a"

# Characters without a glyph that carry no meaning in Chinese text: zero-width spaces and joiners,
# soft hyphen, direction marks, byte-order mark, fillers. U+200D and U+FE0F are left out where they
# hold an emoji together (see text/width.py); tab and line breaks are white space, not invisible.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\u3164\uffa0\U000e0001-\U000e007f"
)
CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
# Spaces inside a line: ASCII, tab, no-break, typographic, ideographic. Line breaks are not here.
SPACE = " \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
LINE_BREAK = "\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"

SHOUTED_NAMES = ("Yahoo", "Jeopardy", "Yum")  # written with a ! that ends nothing

CLOSERS = frozenset("”’」』》〉）)】]〕｝}〗〙〛﹂﹄＞］")
TERMINATORS = frozenset("。！？!?｡︒︕︖⁇⁈⁉‼…")

IS_HAN = re.compile(f"[{HAN}]")
_HAN_RUN = re.compile(f"[{HAN}]+")


def is_han(char: str) -> bool:
    """Return whether *char* is an ideograph.

    Box drawing, radicals, kana and full-width letters are not.

    >>> [is_han(c) for c in "汉〇々𠀀─⺠あＡ"]
    [True, True, True, True, False, False, False, False]
    """
    return IS_HAN.match(char) is not None


def count_han(text: str) -> int:
    """Return how many ideographs *text* has.

    >>> count_han("2024年GDP增长5.2%。")
    3
    """
    return len(text) - len(_HAN_RUN.sub("", text))
