"""Where the articles of a page begin that is printed as a newspaper is: headline, sign, prose.

A headline alone proves nothing: subheadings and captions have its shape. With a byline or the
opening of a report below it, it begins an article; and where two such are, weaker signs may be
believed too: a notice, an editorial under a pen name, what stands behind a source line. A page with
weaker signs alone is believed where it is regular: every headline has the same sign, a name, a day,
a signature, or an office and a day below the text. Subheadings have none, chapters neither.
"""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import HAN
from corpusprep.text.pagelines import (
    BYLINE,
    CREDIT,
    CUT_REPORT,
    HEAD,
    IS_PROSE,
    META,
    OTHER,
    REPORT,
    SIGNED,
    Line,
    authors_of,
    contributor,
    is_half,
    is_lone_name,
    is_short_half,
    signed_by,
    signer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_HEADS = 4  # lines of a headline: kicker, two halves, subhead
MAX_SIGNS = 4  # lines between headline and prose: date, source, byline
MAX_SLOGANS = 2  # lines between a byline and its first paragraph
MIN_FIRST = 40  # code points of prose above the first headline that make an article of their own
MIN_BODY = 30
MIN_BRIEFS = 3  # reports without headlines that make a page of briefs
MAX_NAME = 4  # code points of a name without an office
MIN_NAMES = 3  # of those that make a page: 金色 and 高中 may be names
MIN_VERSES = 3  # lines of a poem
MIN_SHARED = 0.35  # of a headline's pairs of characters stand in its lead; subheadings: below 0.3
MIN_ALIKE = 0.5  # of those of a headline without signature among signed ones
MIN_NEWS = 0.6  # of the items begin as news does
MAX_LEAD = 160  # code points of a lead that may repeat the headline

_NOTICE = re.compile(r"(?:启事|啟事|公告|通告|公示|声明|聲明|讣告|訃告|告示|通知|征集令|公告书)$")
_FORWARDS = re.compile(r"[转轉][发發]|附件|附[:：]|印[发發]")
_SECTION = re.compile(r"【[^】]{2,12}】")
_DAY = re.compile(r"(\d{4})[-./年](\d\d?)[-./月](\d\d?)")
_DAY_ALONE = re.compile(
    r"[\d〇○零一二三四五六七八九]{4}年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日"
)
WHEN = (
    r"(?:(?:\d{4}年)?(?:\d{1,2}月)?(?:\d{1,2}[日号號]|[上中下]旬)|\d{1,2}月|近日|日前|近期|昨[日天晚]|今[日天晨早晚]"
    r"|[本上][周週]|[当當]地[时時][间間]|北京[时時][间間]|[连連]日[来來]|[记記]者)"
)
NEWS_LEAD = re.compile(
    rf"[^。\n]{{0,16}}?{WHEN}"
    rf"|[据據][{HAN}《》“”]{{2,16}}?(?:\d{{1,2}}日)?(?:[报報][道導导]|消息|通[报報]|公告|透露|[电電讯訊，,])"
)
_TO_EDITOR = re.compile(r"(?:尊敬的|[贵貴][报報])?[编編][辑輯](?:同志|部|先生)?[:：]")
_ROW = re.compile(r"([*＊☆★~～=])(?:[ \u3000]*\1){4,}")
_NAME_MARKS = "□■●○◆◇◎▲△★☆"
_HAN_RUN = re.compile(f"[{HAN}]+")


class Block(NamedTuple):
    """A headline and what stands below it: first lines of headline, signs, prose, next headline.

    A report without a headline begins with its prose.
    """

    top: int
    by: int
    body: int
    end: int


def shared_pairs(title: str, lead: str) -> float:
    """Return which share of the pairs of characters of *title* stand in *lead* too.

    A report says in its first sentence what its headline said.

    >>> shared_pairs("全市秋粮收购展开", "昨天，全市秋粮收购工作全面展开。") > 0.7
    True
    """
    pairs = {run[k : k + 2] for run in _HAN_RUN.findall(title) for k in range(len(run) - 1)}
    return sum(pair in lead for pair in pairs) / len(pairs) if pairs else 0.0


def has_ink_for(lines: list[Line], size: int) -> bool:
    """Return whether the prose in *lines* has at least *size* code points."""
    return sum(len(line.text) for line in lines if line.kind in IS_PROSE) >= size


def blocks_of(lines: list[Line]) -> list[Block]:
    """Return the headlines with prose below them, and the reports that have no headline."""
    heads: list[tuple[int, int, int]] = []
    after = 0  # the first line that is not part of an article's head
    for body, line in enumerate(lines):
        if not _opens(lines, body):
            continue
        by = _signs_above(lines, body, after)
        top = top_of_head(lines, by, after)
        if top == by < body and by > after and is_short_half(lines[by - 1]):
            top = by - 1
        # What an agency is quoted with is background inside a report.
        if top < by or (line.kind == REPORT and line.text[0] not in "据據"):
            heads.append((top, by if top < by else body, body))
            after = body + 1
    ends = [*(top for top, _, _ in heads), len(lines)][1:]
    return [
        Block(top if top < by else body, by, body, end)
        for (top, by, body), end in zip(heads, ends, strict=True)
    ]


def _opens(lines: list[Line], body: int) -> bool:
    """Return whether line *body* is a first paragraph: of a report, or below what is no prose."""
    kind = lines[body].kind
    if kind == CUT_REPORT:
        return body + 1 < len(lines) and lines[body + 1].kind in IS_PROSE
    before = lines[body - 1].kind if body else HEAD
    return kind == REPORT or (kind in IS_PROSE and before not in (*IS_PROSE, CUT_REPORT))


def _signs_above(lines: list[Line], body: int, least: int) -> int:
    """Return the first of the lines above *body* that are days, names, bylines or salutations.

    A slogan may stand between a byline and the prose, a pen name above an editorial.
    """
    by = body
    for k in range(body - 2, max(least, body - 2 - MAX_SLOGANS), -1):
        if lines[k].kind == BYLINE and all(line.kind == HEAD for line in lines[k + 1 : body]):
            by = k
    while by > least and body - by < MAX_SIGNS and _is_sign(lines[by - 1]):
        by -= 1
    if by == body > least + 1 and lines[body].kind != REPORT and lines[body - 2].kind == HEAD:
        by -= is_lone_name(lines[body - 1].text)
    return by


def _is_sign(line: Line) -> bool:
    return line.kind in (META, BYLINE) or (
        line.kind in (HEAD, OTHER) and (line.text[-1] in "：:" or contributor(line.text) != "")
    )


def top_of_head(lines: list[Line], by: int, least: int) -> int:
    """Return the first line of the headline above *by*, not before *least*; *by* if none."""
    top = by
    if by - 1 > least and is_short_half(lines[by - 1]) and lines[by - 2].kind == HEAD:
        top -= 1
    while top > least and by - top < MAX_HEADS and lines[top - 1].kind == HEAD:
        top -= 1
    return top - (least < top < by and lines[top - 1].text[-1] == "，" and is_half(lines[top - 1]))


def bylined(lines: list[Line], blocks: list[Block]) -> list[Block]:
    """Return the *blocks* that have headline and byline, or the opening of a report."""
    return [
        block
        for block in blocks
        if block.top < block.by
        and (
            lines[block.body].kind in (REPORT, CUT_REPORT)
            or (
                any(line.kind == BYLINE for line in lines[block.by : block.body])
                and has_ink_for(lines[block.body : block.body + 3], MIN_BODY)
            )
        )
    ]


def page_of(lines: list[Line], blocks: list[Block]) -> list[Block]:
    """Return the articles of a page that shows several with headline and byline.

    Besides these, a report without a headline, a notice, an editorial under a pen name, a report
    that begins as its headline says, and what stands behind a source or a signature.
    """
    signed = set(bylined(lines, blocks))
    found = [
        block
        for block in blocks
        if block in signed or block.top == block.body or _is_believed(lines, block)
    ]
    last = found[-1].body if found else len(lines)
    found += [poem for poem in _poems(lines, last) if lines[poem.by].text[0] in _NAME_MARKS]
    return _with_first(lines, _without_repeats(lines, found))


def _is_believed(lines: list[Line], block: Block) -> bool:
    before = lines[block.top - 1].kind if block.top else OTHER
    if before not in (*IS_PROSE, CREDIT):
        return False
    title, sign = lines[block.by - 1].text, lines[block.by].text
    if block.by < block.body:
        return is_lone_name(sign)
    return before in (CREDIT, SIGNED) or _NOTICE.search(title) is not None or is_news(title, sign)


def is_news(title: str, lead: str) -> bool:
    """Return whether *lead* opens as news does and says again what *title* said."""
    return NEWS_LEAD.match(lead) is not None and shared_pairs(title, lead[:MAX_LEAD]) >= MIN_SHARED


def briefs_of(lines: list[Line], blocks: list[Block]) -> list[Block]:
    """Return the reports of a page that has no headlines; none below other prose."""
    signed = set(bylined(lines, blocks))
    found = [block for block in blocks if block in signed or block.top == block.body]
    if len(found) < MIN_BRIEFS or has_ink_for(lines[: found[0].top], MIN_FIRST):
        return []
    return _without_repeats(lines, found)


def _without_repeats(lines: list[Line], blocks: list[Block]) -> list[Block]:
    """Return *blocks* without those whose headline has been seen: a page shows it twice."""
    return sorted({lines[block.top].text: block for block in reversed(blocks)}.values())


def _with_first(lines: list[Line], blocks: list[Block]) -> list[Block]:
    """Return *blocks* with the article above the first headline, if prose stands there."""
    if not blocks or not has_ink_for(lines[: blocks[0].top], MIN_FIRST):
        return blocks
    first = next(k for k, line in enumerate(lines) if line.kind in IS_PROSE)
    return [Block(top_of_head(lines, first, 0), first, first, blocks[0].top), *blocks]


def regular(lines: list[Line], blocks: list[Block]) -> list[Block]:
    """Return the articles of a page on which every headline has the same weak sign."""
    blocks = [block for block in blocks if block.top < block.by]
    if len(blocks) < 2 or has_ink_for(lines[: blocks[0].top], MIN_FIRST):
        return []
    if pieces := _letters(lines, blocks) or _between_rows(lines, blocks):
        return pieces
    if names := _names(lines, blocks):
        poems = list(_poems(lines, blocks[-1].body))
        if len(names) + len(poems) >= MIN_NAMES or all(len(name) > MAX_NAME for name in names):
            return blocks + poems
    if _all_dated(lines, blocks) or _all_issued(lines, blocks):
        return blocks
    return _behind_signatures(lines, blocks)


def _letters(lines: list[Line], blocks: list[Block]) -> list[Block]:
    """Return the letters to an editor, who is addressed below every headline."""
    if not all(_TO_EDITOR.fullmatch(lines[block.body - 1].text) for block in blocks):
        return []
    heads = [block._replace(top=block.body - 2, by=block.body - 1) for block in blocks]
    return heads if all(lines[head.top].kind == HEAD for head in heads) else []


def _between_rows(lines: list[Line], blocks: list[Block]) -> list[Block]:
    """Return the articles between rows of stars, if several are signed and no other heads are there."""
    rows = [k for k, line in enumerate(lines) if _ROW.fullmatch(line.text)]
    ends = [*rows, len(lines)][: len(blocks)]
    if len(rows) < 2 or [row + 1 for row in ends[:-1]] != [block.top for block in blocks[1:]]:
        return []
    names = {name for end in ends if (name := signer(lines[end - 1].text))}
    return blocks if len(names) > 1 else []


def _names(lines: list[Line], blocks: list[Block]) -> list[str]:
    """Return the lines below the headlines that are names; none if one headline has none."""
    names = [
        next((line.text for line in lines[block.by : block.body] if contributor(line.text)), "")
        for block in blocks
    ]
    return names if all(names) else []


def _poems(lines: list[Line], last: int) -> Iterator[Block]:
    """Yield the poems behind line *last* of a page that has a name under each of its headlines."""
    for k in range(last + 1, len(lines) - MIN_VERSES - 1):
        name, verses = lines[k + 1].text, lines[k + 2 : k + 2 + MIN_VERSES]
        if (
            lines[k].kind == HEAD
            and lines[k - 1].kind in IS_PROSE
            and (contributor(name) or (name[0] in _NAME_MARKS and is_lone_name(name[1:].strip())))
            and all(line.kind in (HEAD, OTHER) for line in verses)
        ):
            yield Block(k, k + 1, k + 2, len(lines))


def _all_dated(lines: list[Line], blocks: list[Block]) -> bool:
    """Return whether under every headline stands a day, and below it most often news.

    The newest comes first, as a site lists its reports: a chronicle or a diary begins with the oldest.
    """
    days = [_day(lines[block.by : block.body]) for block in blocks]
    if len(blocks) < MIN_BRIEFS or not all(days) or days != sorted(days, reverse=True):
        return False
    leads = [lines[block.body].text for block in blocks]
    shared = [
        shared_pairs(lines[block.by - 1].text, lead[:MAX_LEAD])
        for block, lead in zip(blocks, leads, strict=True)
    ]
    news = sum(NEWS_LEAD.match(lead) is not None for lead in leads)
    return news >= MIN_NEWS * len(blocks) and median(shared) >= MIN_SHARED / 2


def _day(signs: list[Line]) -> list[int]:
    """Return year, month and day of the first day in *signs*; nothing if there is none."""
    found = (_DAY.search(line.text) for line in signs if line.kind == META)
    return next(([int(number) for number in match.groups()] for match in found if match), [])


def _all_issued(lines: list[Line], blocks: list[Block]) -> bool:
    """Return whether every headline is a notice's, and ends with an office and a day."""
    return all(
        _NOTICE.search(lines[block.by - 1].text)
        and block.end - block.body > 2
        and _DAY_ALONE.fullmatch(lines[block.end - 1].text)
        and lines[block.end - 2].kind in (HEAD, OTHER)
        and not any(_FORWARDS.search(line.text) for line in lines[block.top : block.end])
        for block in blocks
    )


def _behind_signatures(lines: list[Line], blocks: list[Block]) -> list[Block]:
    """Return the articles of a page on which each ends with the names of its authors.

    Names stand in brackets behind the last words, or in a line below them. Headlines behind other
    last words are subheadings.
    """
    signed = [_signature(lines, block) for block in blocks]
    inside = sum(line.kind == SIGNED for line in lines) > signed.count(SIGNED)
    by_name = any(
        authors_of(line.text) or signed_by(line.text)
        for line in lines
        if line.kind in (BYLINE, SIGNED) and line.text[0] not in "（("
    )
    first = blocks[0]
    if not (signed[0] or is_news(lines[first.by - 1].text, lines[first.body].text)):
        return []
    if inside or sum(map(bool, signed)) < (2 if by_name else MIN_BRIEFS):
        return []
    begins = [True, *map(bool, signed[:-1])]
    if sum(begins) * 2 > len(blocks):  # some of a bulletin's reports are not signed
        texts = [(lines[block.by - 1].text, lines[block.body].text) for block in blocks]
        begins = [
            new or shared_pairs(*pair) >= MIN_ALIKE for new, pair in zip(begins, texts, strict=True)
        ]
    return [block for block, new in zip(blocks, begins, strict=True) if new]


def _signature(lines: list[Line], block: Block) -> str:
    """Return the kind of the line that signs the prose of *block*; "" if none does."""
    for line in reversed(lines[block.body : block.end]):
        if line.kind == SIGNED or (line.kind == BYLINE and authors_of(line.text)):
            return line.kind
        if line.kind not in (CREDIT, META) and not _SECTION.fullmatch(line.text):
            break
    return ""
