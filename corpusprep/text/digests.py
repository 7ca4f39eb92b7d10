"""Where the items of a digest begin: a week's news, briefs, a bulletin, a press review.

Four shapes: ``<headline>。5月26日，…`` at the start of a paragraph; ``【headline】prose``; a headline
behind a bullet or a number with its prose below; numbered sentences under a title such as
``今日要闻``. Lists of rules, of steps or of a product's merits have the same shapes, so three items
are asked for, and besides their shape a sign that they are news: a headline whose words the first
sentence repeats, a date or an agency at its start, or the name of the digest above them.
"""

from __future__ import annotations

import re
from statistics import median
from typing import NamedTuple

from corpusprep.text.chars import HAN, SPACE
from corpusprep.text.newspaper import (
    MAX_LEAD,
    MIN_NEWS,
    MIN_SHARED,
    NEWS_LEAD,
    WHEN,
    shared_pairs,
)
from corpusprep.text.pagelines import (
    BYLINE,
    HEAD,
    IS_PROSE,
    REPORT,
    Line,
    dateline,
    is_headline,
    is_prose,
)

MIN_ITEMS = 3
MAX_BEFORE = 400  # code points above the first item of a digest: masthead, title, a greeting
MAX_ABOVE = 6  # lines between the name of a digest and its first item
MAX_NAME = 90  # a morning list has its main items in its name
MAX_TITLE = 45
MAX_LED = 32  # of a headline that is the first sentence of its item
MIN_TITLE, MIN_MEDIAN_TITLE = 5, 7
MIN_LONG_REST = 40  # code points behind 【…】 that a column may have cut
MIN_ITEM = 15  # code points of a numbered sentence

_OPENS = re.compile(WHEN)  # 5月26日上午，…会议召开: the first sentence, and no headline
_IN_ONE_LINE = re.compile(
    rf"(?:[（(]?\d{{1,2}}[）)、.．]|[一二三四五六七八九十]{{1,2}}、|[●■◆▲★○□◇▪•·])?[{SPACE}]*"
    rf"([^。！？!?；;\n]{{6,{MAX_TITLE}}})。[{SPACE}]*(?={WHEN})"
)
_IN_BRACKETS = re.compile(
    rf"(?:\d{{1,2}}(?:[、.．]|[:：]\d\d(?:[:：]\d\d)?))?[{SPACE}]*【(?!\d+】)([^】\n]{{2,{MAX_TITLE}}})】[{SPACE}]*"
)
_BULLET = re.compile(rf"([●■◆▲★○□◇▪•◎△▍▌►▶])[{SPACE}]*")
_NUMBER = re.compile(
    rf"(?:[（(【](\d{{1,2}})[）)】]|(\d{{1,2}})(?:[、．]|[.](?!\d))|([一二三四五六七八九十]{{1,3}})、|([①-⑳]))[{SPACE}]*"
)
_HAN_NUMBER = {n: k for k, n in enumerate("一二三四五六七八九十", 1)}
_PERIOD_OR_FIELD = (
    r"(?:[早午晚][安间間]|[一本上每][周週]|[每今昨][日天]|本月|[国國][际際内內]|各地|[财財][经經]|科技|[体體]育|行[业業]|[时時]政|社[会會]|教育"
    r"|文化|地方|[环環全]球|市[场場]|[省市县縣区區旗州][内內]?|\d[日月期])"
)
_NEWS_WORD = (
    r"(?:要[闻聞]|新[闻聞]|回[顾顧]|[简簡短快][讯訊报報]|速[览覽递遞]|[早晚][报報]|早餐|早知道|[热熱][点點]|[动動][态態]"
    r"|[资資][讯訊]|[头頭][条條]|短波|播[报報]|摘要)"
)
# Names that rules and goods bear too: the items have to show that they are news.
_A_LINE = (
    rf"^《?(?:(?!美食|菜[谱譜]|好物)[{HAN}]){{2,8}}(?:要[闻聞]|[简簡短快][讯訊]|[简簡][报報]|速[递遞览覽]|短波|播[报報])(?:速[递遞览覽])?》?$"
    rf"|(?:[周週][刊报報]|Weekly|WEEKLY)[{SPACE}》：:]*[总總]?第[{SPACE}]?\d+[{SPACE}]?期"
)
# The name of a digest, in a line of its own or at its edge.
_SURE_NAME = re.compile(
    rf"{_PERIOD_OR_FIELD}(?:(?!工作|美食|[热熱][门門卖賣])[^，。\n]){{0,4}}{_NEWS_WORD}{{1,3}}"
    rf"(?:集[锦錦]|[导導][读讀]|[汇彙][总總]|一[览覽])?(?![{HAN}])"
    r"|要[闻聞](?:回[顾顧]|[速一][览覽]|[简簡播][报報]|集[锦錦]|[导導][读讀]|摘要|[汇彙][总總])?"
    r"[》】）)\d日期月年 第]*$"
    r"|7[xX×*]24(?:小[时時])?|[简簡][讯訊][》】]?$|一句[话話]新[闻聞]|[国國][际際]短波|新[闻聞]早(?:班车|餐|[报報])|早班[车車]"
    r"|新[闻聞](?:[联聯]播|集[锦萃錦]|摘要|速[览覽]|[简簡][报報])|媒体聚焦|[报報](?:刊摘要|摘|章要览)|每天60秒|60秒读懂"
    r"|(?:^|[|｜丨])(?:[早晚][报報]|早餐|[快短][讯訊]|速[览覽])(?:[|｜丨]|$)"
    rf"|(?:[简簡][报報讯訊]|[动動][态態])[》{SPACE}（(]*[总總]?第[^，。\n]{{1,6}}期",
    re.MULTILINE,
)
DIGEST_NAME = re.compile(f"{_SURE_NAME.pattern}|{_A_LINE}", re.MULTILINE)
_GREETING = re.compile(
    r"(?:早安|早上好|[晚午]安|[晚下]午?好|[各诸諸]位).{0,16}(?:\d月\d{1,2}|\d)日.{0,6}(?:星期|[周週])"
)
_CLOCK = re.compile(r"\d{1,2}[:：]\d\d")
_ITEM_END = frozenset("。；！？;!?）)】]")
_AD = re.compile(
    r"包[邮郵]|正品|[价價]|券|促[销銷]|[优優]惠|下[单單]|[购購][买買]|款|[码碼]|功效|用法|[规規]格|答案|解析|[题題]"
    r"|第[一二三四五六七八九十\d]+[天步章节節]|Day|DAY|^《[^》]+》$"
)
_LAST_CHARACTERS = re.compile("[闻聞顾顧讯訊报報览覽递遞餐道点點态態头頭条條波摘萃焦班懂期]")


class Item(NamedTuple):
    """An item of a digest: the number of its first line, its headline, where its text begins."""

    line: int
    title: str
    body: str


def may_be_named(text: str) -> bool:
    """Return whether *text* begins with lines that can hold the name of a digest."""
    return any(
        len(line) <= MAX_NAME and _LAST_CHARACTERS.search(line) and DIGEST_NAME.search(line.strip())
        for line in text[:MAX_BEFORE].split("\n")
    )


def digest_items(lines: list[Line]) -> tuple[list[Item], str]:
    """Return the items of the digest that *lines* are, and its name; none if they are none."""
    for find in (_one_line_items, _bracket_items, _bullet_items, _numbered_items, _plain_items):
        items = find(lines)
        if len(items) >= MIN_ITEMS and _is_near_top(lines, items[0].line):
            first = items[0].line
            name = name_above(lines, first)
            title = lines[first - 1].text if first else ""
            own = title if is_headline(title) and not DIGEST_NAME.search(title) else ""
            sure = _SURE_NAME.search(name)
            if name and own and (not sure or "期" in sure[0]):
                continue  # one article of a bulletin
            timed = all(_CLOCK.match(lines[item.line].text) for item in items)
            named = name != "" or timed or any(_GREETING.match(it.text) for it in lines[:first])
            if named and not sure and not _proves_itself(items, timed=timed):
                continue
            if _is_news(items, named=named, find=find):
                return items, name or own
    return [], ""


def _is_near_top(lines: list[Line], first: int) -> bool:
    return lines[first].start <= MAX_BEFORE or not any(
        line.kind in IS_PROSE for line in lines[:first]
    )


def name_above(lines: list[Line], first: int) -> str:
    """Return the name of a digest or bulletin above line *first*; "" if none stands there."""
    for line in lines[max(0, first - MAX_ABOVE) : first]:
        if len(line.text) <= MAX_NAME and (match := DIGEST_NAME.search(line.text)):
            return match[0] if line.kind in IS_PROSE else line.text
    return ""


def _is_news(items: list[Item], *, named: bool, find: object) -> bool:
    """Return whether *items* are news and not rules, steps, merits or chapters."""
    titles = [item.title for item in items if item.title]
    has_leads, is_repeated = _has_leads(items), _is_repeated(items)
    if find is _one_line_items:
        return is_repeated or (named and has_leads)
    if sum(map(bool, map(_AD.search, titles))) * 3 > len(titles) > 0:
        return False
    if sum(dateline(item.body) > 0 for item in items) >= MIN_NEWS * len(items):
        return True
    if find is _numbered_items or len(titles) < MIN_ITEMS:
        return named
    if find is _plain_items:
        return named and (has_leads or is_repeated)
    if median(map(len, titles)) < MIN_MEDIAN_TITLE:
        return False
    return named or (has_leads and is_repeated)


def _proves_itself(items: list[Item], *, timed: bool) -> bool:
    """Return whether *items* are news though the name above them says little."""
    leads = any(NEWS_LEAD.match(item.body) for item in items)
    return _has_leads(items) or (_is_repeated(items) and (timed or leads))


def _has_leads(items: list[Item]) -> bool:
    """Return whether most items open as news does."""
    return sum(NEWS_LEAD.match(item.body) is not None for item in items) >= MIN_NEWS * len(items)


def _is_repeated(items: list[Item]) -> bool:
    """Return whether the items say again what their headlines said."""
    shared = [shared_pairs(item.title, item.body[:MAX_LEAD]) for item in items if item.title]
    return bool(shared) and median(shared) >= MIN_SHARED


def _one_line_items(lines: list[Line]) -> list[Item]:
    """Return the paragraphs that open with a headline, a full stop and a date."""
    items = []
    for k, line in enumerate(lines):
        match = _IN_ONE_LINE.match(line.text)
        if match and match[1].count("，") + match[1].count(",") <= 2:
            items.append(Item(k, match[1].strip(), line.text[match.end() :]))
    return items


def _bracket_items(lines: list[Line]) -> list[Item]:
    """Return the lines that open with a headline in 【】 and have prose behind or below it."""
    items = []
    for k, line in enumerate(lines):
        match = _IN_BRACKETS.match(line.text)
        if match and (body := _body(lines, k, line.text[match.end() :])):
            items.append(Item(k, match[1].strip(), body))
    # 【国际】 and 【规格】 are labels: the name above the list tells news from goods.
    labels = sum(len(item.title) < MIN_TITLE for item in items)
    return [item._replace(title="") for item in items] if labels * 2 > len(items) else items


def _bullet_items(lines: list[Line]) -> list[Item]:
    """Return the lines behind the most frequent bullet, if they are headlines above prose."""
    marks: dict[str, list[Item]] = {}
    for k, line in enumerate(lines):
        match = _BULLET.match(line.text)
        if match and line.kind != BYLINE:
            title = line.text[match.end() :]
            if is_prose(title):
                marks.setdefault(match[1], []).append(_led_item(k, title))
            elif body := _body(lines, k, ""):
                marks.setdefault(match[1], []).append(Item(k, title, body))
    return max(marks.values(), key=len, default=[])


def _led_item(k: int, text: str) -> Item:
    """Return the item in line *k*, whose headline a wide space or a full stop parts from its prose."""
    for mark in "\u3000。":
        title, _, body = text.partition(mark)
        body = body.lstrip()
        if (
            len(title) <= MAX_LED
            and is_headline(title)
            and is_prose(body)
            and not _OPENS.match(title)
        ):
            return Item(k, title, body)
    return Item(k, "", text)


def _numbered_items(lines: list[Line]) -> list[Item]:
    """Return the lines numbered 1, 2, 3 …: headlines above prose, or sentences."""
    items: list[Item] = []
    form = last = 0
    for k, line in enumerate(lines):
        match = _NUMBER.match(line.text)
        if not match or (form and match.lastindex != form):
            continue
        number = _number(match)
        if number != last + 1 and (number != 1 or lines[k - 1].kind in IS_PROSE):
            continue  # a list inside an item; behind a label the count begins again
        form, last = match.lastindex or 0, number
        rest = line.text[match.end() :]
        if not is_prose(rest) and (body := _body(lines, k, "")):
            items.append(Item(k, rest if is_headline(rest) else "", body))
        elif len(rest) >= MIN_ITEM and rest[-1] in _ITEM_END:
            items.append(_led_item(k, rest))
    return items


def _number(match: re.Match[str]) -> int:
    """Return the number that *match* of `_NUMBER` shows; 0 if none is read."""
    digits, bare, han, ring = match.groups()
    if han:
        return _HAN_NUMBER.get(han, 0) if len(han) == 1 else 10 + _HAN_NUMBER.get(han[1], 0)
    return ord(ring) - ord("①") + 1 if ring else int(digits or bare)


def _plain_items(lines: list[Line]) -> list[Item]:
    """Return the headlines with prose below them, if nothing else stands between the items."""
    items = []
    for k, line in enumerate(lines):
        marked = line.kind != HEAD or _BULLET.match(line.text)
        if k and not marked and (body := _body(lines, k, "")):
            items.append(Item(k, line.text, body))
    return items


def _body(lines: list[Line], k: int, rest: str) -> str:
    """Return the prose of the item in line *k*: *rest* of its line, or the line below it."""
    if rest:
        return rest if is_prose(rest) or len(rest) >= MIN_LONG_REST else ""
    if k + 1 < len(lines) and lines[k + 1].kind in IS_PROSE:
        return lines[k + 1].text
    below = lines[k + 1 : k + 3]
    if len(below) == 2 and below[0].kind == BYLINE and below[1].kind in IS_PROSE:
        return f"（{below[0].text}）{below[1].text}" if below[1].kind != REPORT else below[1].text
    return ""
