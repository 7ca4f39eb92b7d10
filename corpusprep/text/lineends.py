"""What the characters on both sides of a line break say about it, without the rest of the page.

A line that ends with ``：`` is finished, one that begins with ``，`` is not the first of anything,
``《关于推进乡村`` / ``全面振兴的意见》`` is one title. Most breaks are decided here, by marks and
single words; what these leave open is weighed in `corpusprep.text.evidence`.
"""

from __future__ import annotations

import re

from corpusprep.text.chars import CLOSERS, HAN, IS_HAN, TERMINATORS

MIN_LINE = 8  # a shorter line is a label, a menu item or a line of verse
MIN_CLAUSE = 12  # two lines of verse are shorter than this, or end with a mark
MIN_LONG_VERSE = 13  # lines of modern verse that end with a comma are shorter
MIN_COMMAS = 2  # in what is said before the break
MIN_PROSE = 24  # a line of running text; most headlines with an inner comma are shorter
MIN_LONG = 32  # hardly a headline is longer, even one with two commas
MAX_BRACKET = 40  # a title or bracket that a break cuts closes within so many characters

HAN_OR_WORD = re.compile(f"[{HAN}A-Za-z0-9]")
_HAN_OR_CLOSER = re.compile(f"[{HAN}A-Za-z0-9）)》」』”’%％]")
INNER_MARK = re.compile(r"[，、,]")
_STOP = re.compile(r"[。！？!?；;]")

# A line that ends with one of these is finished, whatever follows.
FINAL = TERMINATORS | frozenset("；;：:.．⋯~～|>]】·*=_—")
_NOTE_AFTER_STOP = re.compile(r"[。！？!?][（(][^（()）]*[）)]$")
COMMAS = frozenset("，、,")

# No Chinese line begins with these (GB/T 15834-2011, 5.1): the break before them is not the
# author's. A run of ! ? 。 is a whole post in a forum, ! [ opens a Markdown image, :) is a smile.
_FORBIDDEN_START = re.compile(
    r"[，、；](?![，、；])|[」』”’》〉】]|[）)](?=[，、。；,;]|$)|[。：？！](?![。：？！!?.\[\s])|。$|[,;](?=\S)",
    re.MULTILINE,
)
CANNOT_START = frozenset("，、；」』”’》〉】）)。：？！,;")
CANNOT_END = frozenset("“‘「『《〈（【〔")
_OPENS = re.compile(r"[“「『《〈（(【〔]")
_CLOSES = re.compile(r"[”」』》〉）)】〕]")
_PAIRS = dict(
    zip("“「『《〈（(【〔", ("”", "」", "』", "》", "〉", "）)", "）)", "】", "〕"), strict=True)
)

# What begins an item or report of its own, even on a page where all lines are broken.
LIST_MARK = re.compile(
    r"""
    \d{1,3}(?:[、）)]|[.．](?!\d)) | [(（][一二三四五六七八九十\d]{1,3}[)）]
  | [一二三四五六七八九十]{1,3}[、.．] | 第[一二三四五六七八九十百千\d]{1,5}[章节節条條部编編]
  | [①-⓿❶-❿㈠-㈩] | [A-Za-z][.、．)）] | \#{1,6}\s
  | [-*+•·●■◆◇□◎▪►➢★☆※▲△→>|=_~—/] | \[\d+\] | [图圖表]\s?\d | [问問答QA][：:]
  | (?:本报|本報|本刊|新华社|新華社|中新[网社]|央视网|人民网|中国网)\S{0,12}(?:[讯訊电電]|记者|記者)
    """,
    re.VERBOSE,
)
# What a paragraph begins with more often than a line that carries on; 91.2% does not.
_TURN = re.compile(
    r"""
    ["“‘「『（(] | \d(?!\d*[.,]\d|\d*[%％]) | [一二三四五六七八九十]是
  | [我你您他她它这這那] | 大家 | 楼主 | 樓主
  | 近日 | 近年 | 今年 | 去年 | 日前 | 目前 | 当前 | 截至 | 据 | 據 | 会上 | 會上 | 会议 | 會議 | 随后
  | 另外 | 此外 | 同时 | 同時 | 其中 | 但 | 然而 | 因此 | 所以 | 于是
    """,
    re.VERBOSE,
)
_DATE = re.compile(r"\d|[近日目][日年前]|[今去]年|截至|[据據]")
LABEL = re.compile(r"[^\s，。,、“”「」《》（）()：:]{1,10}[：:｜|](?!\d|$)")
# Characters that only carry on a sentence, but not the words that begin with them.
_CARRIES_ON = re.compile(
    r"""
    的(?![确確士哥话話卢]) | 了(?![解不了却卻然断斷结結]) | [们們]
  | 等(?=[，,。、；;\d一两兩三四五六七八九十多方各])
  | 及(?![时时格早]) | 以及 | 而且 | [并並]且
    """,
    re.VERBOSE,
)
# Words that no sentence and no heading ends with, but not the words that end like them.
_UNFINISHED = re.compile(
    r"(?:(?<![共总總温溫缓緩饱飽暖柔调調附中谐諧随隨])和|(?<![参參蔘给給赋賦付])[与與]|[以涉]及"
    r"|[因成视視][为為]|[关關对對由][于於]|[为為]了|[并並]且|[进進]一步)$"
)
_BEFORE_LATIN, _LATIN = frozenset("在到从用为将把被于"), re.compile("[A-Za-z]")
# Numbers that a break, here |, cuts for certain: 3月|15日, 20|23年, 1,23|4亿, 1.|6亿.
_CUT_NUMBER = re.compile(
    rf"""
    \d[年月]\|\d{{1,2}}[月日号號] | 年\d{{1,2}}\|月\d{{1,2}}[日号號] | \d月\d{{1,2}}\|[日号號](?![本报報])
  | [{HAN}](?:1\|[5-9]\d\d|1[5-9]\|\d\d|1[5-9]\d\|\d|2\|0\d\d|20\|\d\d|20\d\|\d)年
  | [{HAN}]\d{{1,3}}(?:,\d{{3}})*,(?:\d\d\|\d|\d\|\d\d|\|\d{{3}})(?!\d)
  | [{HAN}]\d[\d,]*(?:\.\|\d|\|\.\d|\.\d+\|\d)\d*(?:[%％‰]|[万萬亿億元倍个個米公吨])
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(rf"[{HAN}][\d.,]*\d[十百千万亿]?$")
_LAST_OF_NUMBER = frozenset("0123456789.,年月十百千万亿")
_MEASURE = re.compile(
    r"(?:年(?![轻輕货貨])|月(?!球)|日(?![本报報常])|[号號亿億％%余餘]|万(?![科一达])|萬|元(?![旦宵素月件老])|个(?!人|别)"
    r"|公[里斤顷頃]|[米克](?![兰饭线])|平方|立方|人次|吨|噸)"
    r"(?=\S{3})"
)
_MEASURE_MARK = re.compile(r"[个件条项名人年次家户辆台米]\S?[，、。]")
HYPHENATED = re.compile(r"(?<![A-Za-z\-])[A-Za-z]+[-\u2010\u00ad]$")
HYPHENS = frozenset("-\u2010\u00ad")
LOWER = re.compile(r"[a-z]+(?=[\s,.;:)\-]|$)")
# Columns of a row, the steps of a trail; the gap of an exam stands in brackets.
_TABULAR = re.compile(
    r"\t| {2,}(?![ ）)])|(?<!\u3000)\u3000(?![\u3000）)])|\u3000{2,}(?![\u3000）)])|\s\||\|\s|\s>\s"
)
_BLANK = re.compile("[ \\t\u3000|]")  # a row has one of these
_ADDRESS_LABEL = re.compile(r"[^\s：:]{2,12}[：:]$")
_ADDRESS = re.compile(
    r"(?:[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)\S*\w/?)$", re.ASCII
)
_SPACED_END = re.compile(rf"[{HAN}，。、]\s[A-Za-z0-9.\-]+$")


def is_finished(line: str) -> bool:
    """Return whether *line* ends with a final mark, before quotation marks or a note in brackets."""
    if line[-1] in FINAL:
        return True
    if line[-1] not in CLOSERS:
        return False
    return line[-2:-1] in FINAL or _NOTE_AFTER_STOP.search(line[-MAX_BRACKET:]) is not None


def is_tabular(line: str) -> bool:
    """Return whether *line* is a row of cells or a trail of links."""
    return bool(_BLANK.search(line) and _TABULAR.search(line)) and "。" not in line


def begins_anew(line: str) -> bool:
    """Return whether *line* begins an item, a report, a label: nothing that carries on."""
    return bool(LIST_MARK.match(line) or LABEL.match(line))


def begins_paragraph(line: str) -> bool:
    """Return whether *line* has the first word of a paragraph, which may also carry one on."""
    return _TURN.match(line) is not None


def can_run_on(before: str, after: str) -> bool:
    """Return whether letters meet at the break, Han on one side at least."""
    return bool(
        HAN_OR_WORD.match(before[-1])
        and HAN_OR_WORD.match(after)
        and (IS_HAN.match(before[-1]) or IS_HAN.match(after))
    )


def cannot_start(text: str, start: int, at: int) -> bool:
    """Return whether the line of *text* at *at* begins with a mark of the line *start*-*end* before.

    A short line before must end with Han: the rest are links and smiles.
    """
    before = text[start:at].rstrip()
    letter = _HAN_OR_CLOSER if text[at] in "，、,；。" else HAN_OR_WORD
    if len(before) < MIN_LINE:
        letter = IS_HAN
    cut = _FORBIDDEN_START.match(text, at) and letter.match(before[-1])
    return cut is not None and not is_tabular(before)


def breaks_a_pair(before: str, after: str) -> bool:
    """Return whether a title, quotation or bracket opens before the break and closes after it.

    >>> breaks_a_pair("学习《关于乡村", "振兴的意见》"), breaks_a_pair("“好。”他说", "“走”")
    (True, False)
    """
    before, after = before[-MAX_BRACKET:], after[:MAX_BRACKET]
    closed = _CLOSES.search(after)
    opened = max(map(before.rfind, _PAIRS)) if closed else -1
    if not closed or opened < 0 or closed[0] not in _PAIRS[before[opened]]:
        return False
    if _CLOSES.search(before, opened) or _OPENS.search(after, 0, closed.start()):
        return False
    inside = before[opened + 1 :] + after[: closed.start()]
    if before[opened] in "“「" and len(INNER_MARK.findall(before, opened)) >= MIN_COMMAS:
        inside = inside[
            :-1
        ]  # the speech may end with it; verse in quotation marks has no such line
    return IS_HAN.search(inside) is not None and not _STOP.search(inside)


def breaks_a_phrase(before: str, after: str) -> bool:
    """Return whether the words at the break cannot end, or cannot begin, a sentence."""
    last = before[-1]
    if last in COMMAS:
        return _breaks_behind_comma(before, after)
    if not HAN_OR_WORD.match(last) or (len(before) < MIN_CLAUSE and after[0] != "的"):
        return False
    if _CARRIES_ON.match(after):
        return True
    if last in _BEFORE_LATIN and _LATIN.match(after):
        is_cut = INNER_MARK.search(before) is not None
    else:
        is_cut = bool(_UNFINISHED.search(before[-4:])) and not begins_paragraph(after)
    if not is_cut:
        return False
    return INNER_MARK.search(after) is not None or _STOP.search(after) is not None


def _breaks_behind_comma(before: str, after: str) -> bool:
    """Return whether a line that ends with a comma is prose: longer than verse, or of its own length.

    A headline that is cut at its comma has a date below.
    """
    if before[-1] != "、" and _DATE.match(after):
        return False
    long = len(before) >= MIN_CLAUSE and max(len(before), len(after)) >= MIN_PROSE
    if long or before[-1] == "、":
        return after[-1] in COMMAS or is_finished(after)
    longer = min(len(before), len(after)) >= MIN_LONG_VERSE and len(before) != len(after)
    return longer and after.endswith(("。", "。”"))


def breaks_a_number(before: str, after: str) -> bool:
    """Return whether the break cuts a number or date, or parts a number from its measure word.

    >>> breaks_a_number("展览于2024年3月", "15日开幕"), breaks_a_number("2019", "2020")
    (True, False)
    """
    if before[-1] not in _LAST_OF_NUMBER:
        return False
    tail = before[-MIN_CLAUSE:]
    if _CUT_NUMBER.search(f"{tail}|{after[:MIN_CLAUSE]}"):
        return True
    if not _NUMBER.search(tail):
        return False
    prose = INNER_MARK.search(before) and _MEASURE.match(after)
    return prose is not None or _MEASURE_MARK.match(after) is not None


def breaks_english(before: str, after: str) -> bool:
    """Return whether a line of English goes on in lower case."""
    return (
        len(before) >= MIN_LONG
        and before.count(" ") >= 4
        and (before[-1].isalnum() or before[-1] == ",")
        and (word := LOWER.match(after)) is not None
        and after[word.end() : word.end() + 1] != "-"  # an address
    )


def parts_address(before: str, after: str) -> bool:
    """Return whether *before* is a label and *after* wholly its address."""
    return bool(_ADDRESS_LABEL.match(before) and _ADDRESS.match(after))


def glue(before: str, after: str) -> str:
    """Return what stands between the halves: a space where Latin words meet, else nothing."""
    last, first = before[-1], after[0]
    if last.isascii() and first.isascii():
        if first in ".,;:!?%)]}" or last in "([{:":
            return ""
        return "" if first.isdigit() and (last.isdigit() or breaks_a_number(before, after)) else " "
    if _SPACED_END.search(before[-MAX_BRACKET:]) and IS_HAN.match(first):
        return " "
    return ""
