"""The articles of a page that holds several: a newspaper page, a week's news, a bulletin.

Read as plain text, such a page is one document: eight headlines, eight bylines, eight reports that
have nothing to do with each other. A new article is believed where signs agree: a line in the shape
of a headline, and below it a byline or the opening of a report (本报讯, 新华社…电); or the items of
a digest (`corpusprep.text.digests`). One such place is an article; two make a page, and only on a
page do weaker signs count, such as a notice, or the headline behind a source line. A single article
in two pieces is worse than two that stay together: chapters, subheadings, posts of a forum and
answers of an interview have no bylines, and stay.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import HAN, SPACE
from corpusprep.text.digests import DIGEST_NAME, MIN_ITEMS, digest_items, may_be_named, name_above
from corpusprep.text.edits import apply
from corpusprep.text.newspaper import (
    MAX_HEADS,
    Block,
    blocks_of,
    briefs_of,
    bylined,
    page_of,
    regular,
)
from corpusprep.text.pagelines import (
    BLANKS,
    BYLINE,
    FOLIO,
    HEAD,
    IS_PROSE,
    LINE,
    META,
    SURNAMES,
    Line,
    authors_of,
    contributor,
    is_half,
    is_lone_name,
    is_prose,
    page_lines,
    signed_by,
    signer,
)
from corpusprep.text.spacing import space_edits

if TYPE_CHECKING:
    from corpusprep.text.digests import Item

    Found = tuple[int, str, str]  # the first line of an article, its headline, its author

__all__ = ["Article", "split_articles"]

MAX_HEADING = 1500  # code points in which the headline of a single article stands
MAX_ENDING = 400  # and its signature
MAX_TOP = 7  # lines above the first prose in which it stands
MAX_CUE = 80  # code points from the start of a line to the byline behind its headline
NEAR = 20  # to the words of a byline before which no headline stands

_SPACE = f"[{SPACE}]*+"
# What every page of several articles shows: a cheap look, before all its lines are read. The words
# of a byline or report stand near the start of a line, or behind the space that ends a headline.
_WORD_CUE = re.compile(  # a class to begin with, for speed
    r"[者员員讯訊电電息作文撰](?:(?<=[记記]者)|(?<=[评評][论論][员員])|(?<=通[讯訊][员員])|(?<=[报報网網台臺专專刊社日][讯訊])"
    r"|(?<=[日社][电電])|(?<=[网網报報台臺日]消息)|(?<=作)者[:：/ ]|(?<=[文撰])[/／]|(?<=撰文)[:：/ ])"
)
_MARK_CUE = re.compile(
    rf"[□■●○◆◇▲★（(](?:(?<=[^（(])[^\n]{{2,12}}|(?:(?<=[。！？”{SPACE}].)[^（()）\n]{{2,40}}|(?<=\n.)[{HAN}{SPACE}]{{2,16}})[）)]{_SPACE}\r?)$",
    re.MULTILINE,
)
_FAR = re.compile("[。，,；]")
# A name alone, or a day, between a short line and a long one.
_SIGN_CUE = re.compile(
    rf"\n{_SPACE}(?:(?:[{HAN}]{{2,16}}[{SPACE}]+)?[{''.join(sorted(SURNAMES))}][{HAN}{SPACE}]{{1,3}}"
    rf"(?:[（(][^（()）\n]{{2,20}}[）)])?{_SPACE}[\r\n]\s*+[^\n]{{20}}"
    rf"|[编編][辑輯](?:同志|部|先生)?[:：]{_SPACE}[\r\n]"
    rf"|([*＊☆★~～=])\1{{4,}}+{_SPACE}[\r\n]\s*+[^\n]{{5,60}}\n\s*+[^\n]{{20}}"
    r"|[^\d\n]{0,6}\d{4}[-年./]\d\d?[-月./]\d[^\n]{0,30}+(?:\n\s*+[^\n]{8}|\s*+\Z))"
)
_ITEM_CUE = re.compile(
    rf"^{_SPACE}(?:[●■◆▲★○□◇▪•◎△▍▌►▶]|[\d、.．:：]{{0,8}} ?【[^】\n]{{5,45}}】"
    rf"|[^\n。]{{6,50}}。{_SPACE}"
    r"(?:\d{1,4}[年月日号號]|[近日][日前期]|[昨今][日天]|本[周週]|上[周週]|[当當]地|北京|[记記]者|[连連]日))",
    re.MULTILINE,
)
_SAID = re.compile(r"(?:[强強][调調]|指出|要求|表示|提出)$")
_MARKS = "□■●○◆◇◎▲△★☆▪•▌※ 　"
_COLUMN_NAME = re.compile(
    r".{2,3}(?:[时時快短][评評]|社[论論]|[评評][论論]|[观觀]察|聚焦|[专專][栏欄]|要[闻聞]|[关關]注|[视視][点點])"
    r"|(?:本[报報]|本版|今日).{2,4}"
)
_DAY_LAST = re.compile(r"\d月\d{1,2}日$")
_GAP = re.compile(rf"(?<=[{HAN}])[{SPACE}](?=[{HAN}])")


class Article(NamedTuple):
    """One article of a page, in code points of the text that was split.

    Articles are contiguous and lossless: the first starts at 0, each starts where the one before
    ended, the last ends with the text.
    """

    start: int
    end: int
    title: str  # "" if it has none
    author: str  # names joined by 、; "" if none is named
    collection: str = ""  # the name of the digest that it is an item of


def split_articles(text: str) -> list[Article]:
    r"""Return the articles of *text*, with their headlines and authors; one if it holds one.

    >>> page = (
    ...     "秋粮收购全面展开\n本报讯（记者 许棠） 昨天，全市各粮库开仓收购新粮，农民排队卖粮，秩序井然。\n"
    ...     "老街改造完工\n本报记者 李木\n历时两年的老街改造昨天完工，三百户居民搬回了修好的老屋，店铺也陆续开张。\n"
    ... )
    >>> [(article.title, article.author) for article in split_articles(page)]
    [('秋粮收购全面展开', '许棠'), ('老街改造完工', '李木')]
    """
    signs = _count(_MARK_CUE, text) + _words(text)
    may_be_digest = signs >= MIN_ITEMS or _count(_ITEM_CUE, text) >= MIN_ITEMS or may_be_named(text)
    if signs < 2 and not may_be_digest and _count(_SIGN_CUE, text) < 2:
        return [_whole(text)]
    lines = page_lines(text)
    blocks = blocks_of(lines)
    if len({lines[block.top].text for block in bylined(lines, blocks)}) > 1:
        return _cut(text, lines, _told(lines, page_of(lines, blocks)))
    if found := regular(lines, blocks):
        return _cut(text, lines, _told(lines, found), name_above(lines, found[0].top))
    items, name = digest_items(lines)
    if items:
        return _cut(text, lines, _items(lines, items), name)
    found = briefs_of(lines, blocks)
    return _cut(text, lines, _told(lines, found)) if len(found) > 1 else [_whole(text)]


def _words(text: str) -> int:
    """Return how often the words of a byline stand near the start of a line of *text*, up to 3."""
    found = 0
    for match in _WORD_CUE.finditer(text):
        at = match.start()
        start = text.rfind("\n", max(0, at - MAX_CUE), at) + 1
        if not (start or at <= MAX_CUE) or (at - start > NEAR and text[at - 1] not in SPACE):
            continue
        found += _FAR.search(text, start, at) is None
        if found == MIN_ITEMS:
            break
    return found


def _count(cue: re.Pattern[str], text: str) -> int:
    """Return how often *cue* stands in *text*, up to the items of a digest."""
    return sum(1 for _ in islice(cue.finditer(text), MIN_ITEMS))


def _cut(text: str, lines: list[Line], found: list[Found], name: str = "") -> list[Article]:
    """Return the articles that are *found*; the first takes what stands above it too."""
    cuts = [0, *(lines[top].start for top, _, _ in found[1:]), len(text)]
    name = _closed_up(name)
    return [
        Article(cuts[k], cuts[k + 1], title, author, name)
        for k, (_, title, author) in enumerate(found)
    ]


def _told(lines: list[Line], blocks: list[Block]) -> list[Found]:
    """Return the first line, the headline and the author of the articles that are *blocks*."""
    ends = [*(block.top for block in blocks[1:]), len(lines)]
    blocks = [_below_mast(lines, blocks[0]), *blocks[1:]]
    return [
        (block.top, _title(lines[block.top : block.by]), _author(lines, block, end))
        for block, end in zip(blocks, ends, strict=True)
    ]


def _below_mast(lines: list[Line], block: Block) -> Block:
    """Return the first *block* of a page without the name and the day of the bulletin above it."""
    for k in range(block.by - 2, block.top - 1, -1):
        text = lines[k].text
        if lines[k].kind in (FOLIO, META) or _DAY_LAST.search(text) or DIGEST_NAME.search(text):
            return block._replace(top=k + 1)
    return block


def _items(lines: list[Line], items: list[Item]) -> list[Found]:
    """Return the first line, the headline and the author of the *items* of a digest."""
    ends = [*(item.line for item in items[1:]), len(lines)]
    return [
        (
            item.line,
            _closed_up(item.title),
            "、".join(authors_of(item.body)) or _signature(lines[item.line : end]),
        )
        for item, end in zip(items, ends, strict=True)
    ]


def _whole(text: str) -> Article:
    """Return *text* as one article, with its headline and author as far as its edges tell them."""
    lines = page_lines(text, *_top(text))
    first = len(lines) - (bool(lines) and lines[-1].kind in IS_PROSE)
    block = next(iter(blocks_of(lines)), Block(0, min(first, 1), first, first))
    if block.top == block.by and 0 < first <= MAX_HEADS:
        block = block._replace(top=0, by=1)  # 一、… stands between headline and prose
    author = _author(lines, block, first) if lines else ""
    ending = text[-MAX_ENDING:].rstrip().rpartition("\n")[2]
    author = author or "、".join(signed_by(ending))
    return Article(0, len(text), _title(lines[block.top : block.by]), author)


def _top(text: str) -> tuple[int, int]:
    """Return where the lines begin in which a single headline may stand, and where its prose does."""
    starts: deque[int] = deque([0], maxlen=MAX_TOP)
    end = 0
    for match in LINE.finditer(text, 0, MAX_HEADING):
        starts.append(match.start())
        end = match.end()
        if is_prose(match[0].rstrip()):
            break
    return starts[0], end


def _author(lines: list[Line], block: Block, end: int) -> str:
    """Return the names in the byline or at the beginning of an article, or else at its end."""
    for line in lines[block.by : block.body + 1]:
        if names := "、".join(authors_of(line.text)) or contributor(line.text):
            return names
        if is_lone_name(name := line.text.lstrip(_MARKS)):
            return BLANKS.sub("", name)
    return _signature(lines[block.by : end])


def _signature(lines: list[Line]) -> str:
    """Return the names that sign the last prose of an article, or stand below it."""
    below = ""
    for k, line in reversed(list(enumerate(lines))):
        if line.kind == BYLINE:
            return "、".join(authors_of(line.text))
        if line.kind in IS_PROSE:
            return "、".join(signed_by(line.text)) or signer(below)
        # 江州市民政局 above a day issues a notice
        below = "" if _DAY_LAST.search(lines[min(k + 1, len(lines) - 1)].text) else line.text
    return ""


def _title(head: list[Line]) -> str:
    """Return the headline as it is printed: its halves joined; a subtitle below it is left out."""
    parts = [line.text for line in head if line.kind == HEAD or is_half(line)]
    if len(parts) > 1 and _COLUMN_NAME.fullmatch(parts[0]):
        parts = parts[1:]
    if not parts:
        return ""
    title = _closed_up(parts[0].lstrip(_MARKS))
    for part in parts[1:]:
        halves = f"{title} {part}"
        closed = title + part if title[-1] == "，" else _closed_up(halves)
        if not (_SAID.search(title) or len(closed) < len(halves)):
            break
        title = closed
    return title


def _closed_up(title: str) -> str:
    """Return *title* with single spaces, and without those that a line break left."""
    title = BLANKS.sub(" ", title.strip())
    return apply(title, space_edits(title)) if _GAP.search(title) else title
