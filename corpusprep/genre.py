"""What kind of page a text was: an article, a thread, a newspaper page, a list or a notice.

A thread is read post by post, because its lines mean something only by their place: `顶` is a post
and 沙发 is the number of a floor, and between the buttons of one post and the date of the next
stand a name and the card of a user, in words of which no rule can know all. What each forum
software prints there is said by the rules of the matcher `thread` (docs/rules.md).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.rulefile import shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from corpusprep.rulefile import Rule
    from corpusprep.rulematch import Page

OPENER_LIMIT = 80  # no line that opens a post is longer
OUTSIDE, CARD, META, POST = range(4)
CARD_LINE = 24  # no name, rank or medal is longer
UNKNOWN_LINES = 6  # in a card, of those that no rule knows: name, nickname, medals
CARD_LINES = 60  # the longest card on the development pages has 31
OPENING_LINES = 6
TITLE = 10  # what is shorter above a thread is a word of a menu, or cannot be told from one
NAME_ABOVE = 4  # PTT prints the author three lines above the text
WORD = 4  # a button is a word, and so may a post be

_SENTENCE = re.compile(r"[。,;!?:“”\"『』「」~]|\.{2}|…")
_COUNT = re.compile(r"-?\d[\d,.]{0,8}[万千k]?").fullmatch
_BAR = re.compile(r"[|·•丨:/ ]{1,3}")
# What is a post as often as a button.
_SAID = re.compile("[顶赞推踩]|支持|反对|收藏|点赞|喜欢|感谢|分享|转发|关注").fullmatch
# What ends the last post of a page, if no button does.
_AFTER_POSTS = {"navigation", "login", "legal", "masthead", "share", "follow", "related", "advert"}


class Poster(NamedTuple):
    """Where the name of a post's author stands: line, start and end of the name in the text."""

    line: int
    start: int
    end: int
    whole: bool  # the line holds nothing else


class _Post(NamedTuple):
    """The lines of one post: card, from *opens* what opens it, text, buttons until *end*."""

    card: int
    opens: int
    text: int
    closes: int
    end: int
    told: bool = True  # whether it is certain where the post before ends


class _Engine:
    """One rule of the matcher `thread`, compiled."""

    def __init__(self, number: int, rule: Rule) -> None:
        self.number, self.rule = number, rule
        self.opens, self.closes, self.ranks, self.heads = (
            _one_of(patterns) for patterns in (rule.patterns, rule.closes, rule.ranks, rule.heads)
        )
        self.name = None if rule.poster in {"", "first"} else re.compile(rule.poster)


def _one_of(patterns: Sequence[str]) -> Callable[[str], re.Match[str] | None]:
    return re.compile("|".join(f"(?:{p})" for p in patterns) or "(?!)").fullmatch


class Threads:
    """The engines that the rules know; `read` finds the posts of a page."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.engines = {
            i: _Engine(i, rule) for i, rule in enumerate(rules) if rule.matcher == "thread"
        }
        self.sure = {number for number, engine in self.engines.items() if engine.rule.least == 1}
        by_first: dict[str, list[str]] = {}
        anywhere: list[str] = []
        hints: set[str] = set()
        for rule in (engine.rule for engine in self.engines.values()):
            for pattern in rule.patterns:
                firsts = shape(pattern).firsts
                for first in firsts or ():
                    by_first.setdefault(first, []).append(pattern)
                if firsts is None:
                    anywhere.append(pattern)
                    hints.update(rule.hint or [""])
        self.by_first = {first: _one_of(patterns) for first, patterns in by_first.items()}
        self.anywhere = _one_of(anywhere)
        self.hinted = re.compile("|".join(sorted(map(re.escape, hints))) or "(?!)").search

    def that_open(self, line: str, *, hints: bool) -> tuple[int, ...]:
        """Return the rules of the engines that open a post by *line*.

        Most lines open none. A line is first asked for what it begins with; only with *hints* for
        what stands inside, because hints are dear to search for.
        """
        if len(line) > OPENER_LIMIT:
            return ()
        opens = self.by_first.get(line[0])
        if (opens and opens(line)) or (hints and self.hinted(line) and self.anywhere(line)):
            return tuple(number for number, e in self.engines.items() if e.opens(line))
        return ()

    def read(self, page: Page, *, posters: bool = False) -> None:
        """Give each line of a thread its state, and keep posts (and *posters*) from other rules."""
        looks = page.look
        opening = [i for i in page.known if looks[i].opener]
        if not opening or (len(opening) == 1 and self.sure.isdisjoint(looks[opening[0]].opener)):
            return
        found = Counter(number for i in opening for number in looks[i].opener)
        for number in sorted(found):
            engine = self.engines[number]
            if found[number] < engine.rule.least:
                continue
            groups = _groups(page, [i for i in opening if number in looks[i].opener])
            read = _read_after if engine.rule.card == "next" else _read_before
            if posts := read(page, engine, groups):
                _mark(page, engine, posts, posters=posters)
                return

    def take(self, page: Page) -> None:
        """Let the engine's rule take what no other took of the cards, dates and buttons."""
        engine = self.engines[page.engine]
        for i, state in enumerate(page.state):
            line = page.text[i]
            if state == META or (state == CARD and (_is_short(line) or engine.ranks(line))):
                page.take(i, i, page.engine)


def _groups(page: Page, opening: list[int]) -> list[tuple[int, int]]:
    """Return the first and last line of each opening: a date, a bar and a button may be three."""
    groups: list[tuple[int, int]] = []
    for i in opening:
        if (
            groups
            and i - groups[-1][1] <= OPENING_LINES
            and all(
                page.rule[j] >= 0 or _BAR.fullmatch(page.text[j])
                for j in range(groups[-1][1] + 1, i)
            )
        ):
            groups[-1] = groups[-1][0], i
        else:
            groups.append((i, i))
    return groups


def _read_before(page: Page, engine: _Engine, groups: list[tuple[int, int]]) -> list[_Post]:
    """Return the posts of a page on which the lines about a post stand before its text."""
    rule = engine.rule
    bare = rule.least > 1  # dates alone are no thread
    last, sure = -1, 0
    openings: list[tuple[int, int, int, bool]] = []
    for first, opens in groups:
        end = _end_of_opening(page, engine, opens) if bare and rule.ranks else opens
        card, told = first, end > opens or rule.card == "none" or bool(engine.name)
        if rule.card == "above":
            card = _card_above(page, engine, first, last) if end == opens else -1
            told = card >= 0 or not bare
        if told or rule.ranks:
            if card < 0:
                card = first
                while card - 1 > last and _is_frame(page, engine, card - 1):
                    card -= 1
            sure += told or not card == first == end
            openings.append((card, first, end, told))
        last = end
    if bare and (sure < rule.least or 2 * sure < len(openings)):
        return []
    posts = []
    for (card, first, end, told), after in zip(openings, [*openings[1:], None], strict=True):
        if after:
            last = after[0] - 1
            closes = _end_of_post(page, engine, end + 1, last)
        else:
            closes, last = _end_of_last_post(page, engine, end + 1)
        posts.append(_Post(card, first, end + 1, closes, last, told))
    return posts


def _end_of_opening(page: Page, engine: _Engine, opens: int) -> int:
    """Return the last of the floors, counts, buttons and lines of a card that follow line *opens*."""
    end, n = opens, len(page)
    while end + 1 < n and not _SAID(page.text[end + 1]):
        here = end + 1
        line = page.text[here]
        # A count if something else of the frame follows, a name if a rank does.
        if _COUNT(line) or (
            engine.rule.card == "below"
            and here + 1 < n
            and _is_short(line)
            and not _is_frame(page, engine, here)
            and engine.ranks(page.text[here + 1])
        ):
            here += 1
        if here == n or not _is_frame(page, engine, here):
            break
        end = here
    return end


def _is_short(line: str) -> bool:
    """Return whether *line* can be a name or a rank: a few words, no sentence."""
    return len(line) <= CARD_LINE and not _SENTENCE.search(line)


def _is_frame(page: Page, engine: _Engine, at: int) -> bool:
    """Return whether line *at* is known to stand about posts."""
    line = page.text[at]
    if page.rule[at] >= 0:
        return page.rules[page.rule[at]].kind not in _AFTER_POSTS
    return bool(engine.closes(line) or engine.ranks(line) or _BAR.fullmatch(line))


def _card_above(page: Page, engine: _Engine, opens: int, last: int) -> int:
    """Return the first line of the card above line *opens*, or -1 if no card can be told."""
    # Above the first card may stand the title: what parts them must be known for certain.
    closes = engine.heads if last < 0 and engine.rule.heads else engine.closes
    unknown = 0
    for i in range(opens - 1, max(last, opens - CARD_LINES), -1):
        line = page.text[i]
        if closes(line):
            return i + 1
        if page.look[i].heading >= 0:
            return -1
        if page.rule[i] >= 0 or engine.ranks(line) or _COUNT(line):
            continue
        look = page.look[i]
        if len(line) > 2 * CARD_LINE or _SENTENCE.search(line):
            return -1
        unknown += look.member == look.zoned == -1
        if unknown > min(engine.rule.most, UNKNOWN_LINES):
            return -1
    return -1


def _end_of_post(page: Page, engine: _Engine, first: int, last: int) -> int:
    """Return the line after a post's text, which begins at *first*; buttons follow until *last*."""
    for i in range(first + 1, last):
        if engine.closes(page.text[i]) and engine.closes(page.text[i + 1]):
            return i  # what follows may be the answers to this post
    end, closed = last, False
    while end >= first:
        line = page.text[end]
        if engine.closes(line):
            closed = True
        elif page.rule[end] < 0 and not (
            end > first
            and _COUNT(line)
            and (page.rule[end - 1] >= 0 or engine.closes(page.text[end - 1]))
        ):
            break  # no count beside a button either
        end -= 1
    if not closed:
        return last + 1
    if end < first and page.rule[first] < 0 and first < last and len(page.text[first]) <= 2:
        return first + 1  # a post that says 收藏 is no button, unless it stands alone
    return end + 1


def _end_of_last_post(page: Page, engine: _Engine, first: int) -> tuple[int, int]:
    """Return the line after the last post's text, and the last of the buttons below it."""
    n = len(page)
    while first < n and page.rule[first] >= 0:  # the rest of the opening
        first += 1
    for i in range(first, n):
        line, rule = page.text[i], page.rule[i]
        other = page.look[i].heading >= 0 if rule < 0 else page.rules[rule].kind in _AFTER_POSTS
        if not engine.closes(line):
            if other:
                return i, i - 1
        elif len(line) > WORD or i + 1 == n or _is_frame(page, engine, i + 1):
            end = i
            while end + 1 < n and engine.closes(page.text[end + 1]):
                end += 1
            return i, end
    return n, n - 1


def _read_after(page: Page, engine: _Engine, groups: list[tuple[int, int]]) -> list[_Post]:
    """Return the posts of a page on which the date stands below the text, as in Tieba."""
    if len(groups) < engine.rule.least:
        return []
    posts, before = [], -1
    for first, last in groups:
        card, below = _card_of_next(page, engine, before, first)
        end = last
        while end + 1 < len(page) and engine.closes(page.text[end + 1]):
            end += 1
        if before >= 0 and card > before + 1:  # answers to the post before
            posts.append(_Post(before + 1, before + 1, before + 1, card, card - 1))
        buttons = (
            i
            for i in range(below + 1, first)
            if len(page.text[i]) > WORD and engine.closes(page.text[i])
        )
        posts.append(_Post(card, card, below + 1, next(buttons, first), end))
        before = end
    return posts


def _card_of_next(page: Page, engine: _Engine, before: int, meta: int) -> tuple[int, int]:
    """Return the first and last line of the card between lines *before* and *meta*.

    It is a name, a rank and the number of a level. If there is none, the last is before the first.
    """
    text = page.text
    for i in range(before + 2, meta):
        name = text[i - 1]
        if not _is_short(name):
            continue
        level = i + 1 < meta and len(text[i + 1]) <= 2 and text[i + 1].isdecimal()
        if engine.ranks(text[i]):
            return i - 1, i + level
        if level and before >= 0 and i == before + 2 and len(text[i]) <= CARD_LINE // 2:
            return i - 1, i + 1
    return before + 1, before


def _mark(page: Page, engine: _Engine, posts: list[_Post], *, posters: bool) -> None:
    """Write the states of all lines of a thread, who wrote the posts, and what no rule may take."""
    page.engine = engine.number
    state = page.state
    for i in range(posts[0].card - 1, -1, -1):  # 全部评论, [复制链接]
        if engine.rule.card != "above" or not (
            engine.closes(page.text[i]) or engine.heads(page.text[i])
        ):
            break
        state[i] = META
    for post in posts:
        for i in range(post.card, post.end + 1):
            if i < post.text:
                card = i < post.opens or engine.rule.card == "next"
                state[i] = CARD if card else META
            elif i < post.closes:
                state[i] = POST if post.told else OUTSIDE
            elif _is_frame(page, engine, i) or any(f(page.text[i]) for f in (engine.opens, _COUNT)):
                state[i] = META
        if engine.rule.poster and (found := _poster(page, engine, post)):
            page.posters.append(found)
    page.kept = {i for post in posts for i in range(post.card, post.end + 1) if state[i] == POST}
    for i in page.kept:
        if page.rule[i] >= 0 and _is_said(page, engine, i):
            page.rule[i] = -1
    if posts[0].told:  # no list of other matter holds the title
        page.kept.update(
            i
            for i in set(range(posts[0].card)).difference(page.known)
            if state[i] == OUTSIDE and len(page.text[i]) >= TITLE
        )
    if posters:
        for poster in page.posters:
            page.kept.add(poster.line)
            page.rule[poster.line] = -1
    page.known = [i for i in page.known if i not in page.kept]


def _is_said(page: Page, engine: _Engine, at: int) -> bool:
    """Return whether line *at* of a post was taken for what stands about articles: (完)."""
    rule, line = page.rules[page.rule[at]], page.text[at]
    if rule.kind == "navigation":
        return rule.file != engine.rule.file and not engine.closes(line)
    return rule.kind in {"masthead", "credit", "related"} or (
        rule.kind == "share" and line[-1] in "。!?"
    )


def _poster(page: Page, engine: _Engine, post: _Post) -> Poster | None:
    """Return who wrote *post* and where that stands."""
    if engine.name:
        for i in range(max(post.text - 1, 0), max(post.text - 1 - NAME_ABOVE, -1), -1):
            if found := engine.name.match(page.text[i]):
                start = page.shadow.index(page.text[i], page.start[i])
                a, b = found.span("name")
                return Poster(i, start + a, start + b, whole=False)
        return None
    first, end = post.card, post.text if engine.rule.card == "below" else post.opens
    if engine.rule.card == "next":
        end = post.card + 1
    for i in range(first, end):
        line, look = page.text[i], page.look[i]
        plain = page.rule[i] < 0 and look.member == look.zoned == -1 and not look.opener
        if plain and len(line) <= CARD_LINE and not engine.ranks(line):
            start = page.shadow.index(line, page.start[i])
            return Poster(i, start, start + len(line), whole=True)
    return None


# --- genres ------------------------------------------------------------------------------------

GENRES = ("article", "thread", "newspaper", "list", "notice")
EDGE = 8  # lines at either end of a text that tell a notice
LIST_LINES = 5
CARD_MEMBERS = 4
MASTHEAD_LINES = 3

_NOTICE_TITLE = re.compile(
    r".{0,60}(?:通知|公告|公示|通告|通报|启事|决定|批复|函|令|声明|布告|须知)(?:\(.{1,12}\))?"
)
_NOTICE_SIGN = re.compile(
    r"(?:(?:特此|现予|专此)(?:通知|公告|公示|通告|通报|函复|批复|公布|声明|启事).?"
    r"|.{0,30}[〔\[(](?:19|20)\d\d[〕\])]第?\d+号.{0,4}"
    r"|[^,。]{2,60}[:]"
    r"|(?:(?:19|20)\d\d|[二〇○零一九]{4})年.{1,3}月.{1,3}日"
    r"|附件[:\d].{0,40})"
)
_PAPER_LINE = re.compile(r"本报(?:讯|记者|通讯员|综合)|第\d{1,2}版|.{0,6}版面导航|(?:上|下)一版")
_ITEM = re.compile(
    r"(?:[·•●■◆▪*>\-]|\d{1,3}[.、:)]|[(\[]\d).{4,60}"
    r"|.{6,80}?[ (\[]{0,3}(?:(?:19|20)?\d\d[-/.年])?\d{1,2}[-/.月]\d{1,2}日?(?: \d\d:\d\d)?[)\]]?"
)


def recognise_genre(page: Page) -> str:
    """Return what kind of page this was: article, thread, newspaper, list or notice.

    A text without any cue is an article.
    """
    if page.engine >= 0:
        return "thread"
    kinds = [page.rules[rule].kind for rule in page.rule if rule >= 0]
    if kinds.count("user-card") >= CARD_MEMBERS:
        return "thread"
    left = [i for i, rule in enumerate(page.rule) if rule < 0]
    lines = [page.text[i] for i in left]
    reports = sum(line.startswith("本报") for line in lines)
    if kinds.count("masthead") >= MASTHEAD_LINES and reports:
        return "newspaper"
    if reports > 2 and sum(map(bool, map(_PAPER_LINE.match, lines))) > 2:
        return "newspaper"
    titles = [line for line in lines[:EDGE] if line[-1] in "知告示报事定复函令明须)"]
    if any(map(_NOTICE_TITLE.fullmatch, titles)):
        edges = lines[:EDGE] + lines[max(EDGE, len(lines) - EDGE) :]
        if sum(map(bool, map(_NOTICE_SIGN.fullmatch, edges))) > 1:
            return "notice"
    if len(left) >= LIST_LINES and not any(map(page.is_prose, left)):
        items = sum(map(bool, map(_ITEM.fullmatch, lines)))
        if 2 * items > len(left) and items >= LIST_LINES:
            return "list"
    return "article"
