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
BELOW_LINES = 14
OPENING_LINES = 6
NAME_ABOVE = 4  # PTT prints the author three lines above the text
WORD = 4  # a button is a word, and so may a post be

_SENTENCE = re.compile(r"[。,;!?:“”\"『』「」~]|\.{2}|…")
_NUMBER = re.compile(r"-?\d[\d,.]{0,8}[万千k]?")
_BAR = re.compile(r"[|·•丨:/ ]{1,3}")
# What ends the last post of a page, if no button does.
_AFTER_POSTS = {"navigation", "login", "legal", "masthead", "share", "follow", "related", "advert"}


class Poster(NamedTuple):
    """Where the name of a post's author stands: line, start and end of the name in the text."""

    line: int
    start: int
    end: int
    whole: bool  # the line holds nothing else


class _Post(NamedTuple):
    """The lines of one post: card from *card* or *below*, opening lines, text, buttons until *end*."""

    card: int
    opens: int
    below: int
    text: int
    closes: int
    end: int


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
        first = -1
        for i in range(len(page) + 1):
            if i < len(page) and _goes(page, engine, i):
                first = i if first < 0 else first
            elif first >= 0:
                page.take(first, i - 1, page.engine)
                first = -1


def _goes(page: Page, engine: _Engine, at: int) -> bool:
    """Return whether line *at* is of a thread's frame: known to it, or short and no sentence."""
    if page.state[at] == META:
        return True
    line = page.text[at]
    return page.state[at] == CARD and (
        page.rule[at] >= 0
        or bool(engine.ranks(line))
        or (len(line) <= CARD_LINE and not _SENTENCE.search(line))
    )


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
    above = rule.card == "above"
    last = -1
    openings = []
    for first, end in groups:
        card = _card_above(page, engine, first, last) if above else first
        if above and rule.least > 1 and end + 1 < len(page) and engine.closes(page.text[end + 1]):
            last = end  # what stands above buttons ends a post
            continue
        # A bare date opens a post only below the buttons of another, or above a card.
        if (
            rule.card == "below"
            and rule.poster == "first"
            and _card_below(page, engine, end) == end
        ):
            continue
        if card >= 0 or rule.least == 1:
            openings.append((card if card >= 0 else first, first, end))
        last = end
    if len(openings) < rule.least:
        return []
    posts = []
    for (card, first, end), after in zip(openings, [*openings[1:], None], strict=True):
        below = _card_below(page, engine, end) if rule.card == "below" else end
        if after:
            text_end = _end_of_post(page, engine, below + 1, after[0] - 1)
            posts.append(_Post(card, first, below, end + 1, text_end, after[0] - 1))
        else:
            text_end, buttons = _end_of_last_post(page, engine, below + 1)
            posts.append(_Post(card, first, below, end + 1, text_end, buttons))
    return posts


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
        if page.rule[i] >= 0 or engine.ranks(line) or _NUMBER.fullmatch(line):
            continue
        look = page.look[i]
        if len(line) > 2 * CARD_LINE or _SENTENCE.search(line):
            return -1
        unknown += look.member == look.zoned == -1
        if unknown > min(engine.rule.most, UNKNOWN_LINES):
            return -1
    return -1


def _card_below(page: Page, engine: _Engine, opens: int) -> int:
    """Return the last line of the card below line *opens*, which is itself if there is none."""
    last, ranks = opens, 0
    for i in range(opens + 1, min(opens + BELOW_LINES, len(page))):
        line = page.text[i]
        if engine.ranks(line):
            last, ranks = i, ranks + 1
        elif len(line) > CARD_LINE or _SENTENCE.search(line):
            break
    return last if ranks > 1 or last == opens + 1 else opens


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
        elif page.rule[end] < 0 and not (end > first and _is_count(page, engine, end)):
            break
        end -= 1
    if not closed:
        return last + 1
    if end < first and page.rule[first] < 0 and first < last and len(page.text[first]) <= 2:
        return first + 1  # a post that says 收藏 is no button, unless it stands alone
    return end + 1


def _is_count(page: Page, engine: _Engine, at: int) -> bool:
    """Return whether line *at* is the number beside a button."""
    return bool(
        _NUMBER.fullmatch(page.text[at])
        and (page.rule[at - 1] >= 0 or engine.closes(page.text[at - 1]))
    )


def _end_of_last_post(page: Page, engine: _Engine, first: int) -> tuple[int, int]:
    """Return the line after the last post's text, and the last of the buttons below it."""
    n = len(page)
    while first < n and page.rule[first] >= 0:  # the rest of the opening
        first += 1
    for i in range(first, n):
        if page.rule[i] >= 0:
            if page.rules[page.rule[i]].kind in _AFTER_POSTS and not engine.closes(page.text[i]):
                return i, i - 1
        elif page.look[i].heading >= 0:
            return i, i - 1
        if engine.closes(page.text[i]) and (
            len(page.text[i]) > WORD
            or i + 1 == n
            or page.rule[i + 1] >= 0
            or engine.closes(page.text[i + 1])
        ):
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
            posts.append(_Post(before + 1, before + 1, before, before + 1, card, card - 1))
        buttons = (
            i
            for i in range(below + 1, first)
            if len(page.text[i]) > WORD and engine.closes(page.text[i])
        )
        posts.append(_Post(card, card, below, card, next(buttons, first), end))
        before = end
    return posts


def _card_of_next(page: Page, engine: _Engine, before: int, meta: int) -> tuple[int, int]:
    """Return the first and last line of the card between lines *before* and *meta*.

    It is a name, a rank and the number of a level. If there is none, the last is before the first.
    """
    text = page.text
    for i in range(before + 2, meta):
        name = text[i - 1]
        if len(name) > CARD_LINE or _SENTENCE.search(name):
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
            if i < post.opens:
                state[i] = CARD
            elif i < post.text:
                state[i] = META if engine.rule.card != "next" else CARD
            elif i <= post.below:
                state[i] = CARD
            else:
                state[i] = POST if i < post.closes else _state_of_button(page, engine, i)
        if engine.rule.poster and (found := _poster(page, engine, post)):
            page.posters.append(found)
    page.kept = {i for post in posts for i in range(post.card, post.end + 1) if state[i] == POST}
    if posters:
        for poster in page.posters:
            page.kept.add(poster.line)
            page.rule[poster.line] = -1
    page.known = [i for i in page.known if i not in page.kept]


def _state_of_button(page: Page, engine: _Engine, at: int) -> int:
    """Return the state of line *at* below the text of a post."""
    line = page.text[at]
    known = page.rule[at] >= 0 or engine.closes(line) or engine.opens(line)
    return META if known or _NUMBER.fullmatch(line) else OUTSIDE


def _poster(page: Page, engine: _Engine, post: _Post) -> Poster | None:
    """Return who wrote *post* and where that stands."""
    if engine.name:
        for i in range(max(post.text - 1, 0), max(post.text - 1 - NAME_ABOVE, -1), -1):
            if found := engine.name.match(page.text[i]):
                start = page.shadow.index(page.text[i], page.start[i])
                a, b = found.span("name")
                return Poster(i, start + a, start + b, whole=False)
        return None
    if engine.rule.card == "below":
        first, end = post.text, post.below + 1
    else:
        first, end = post.card, post.opens if engine.rule.card == "above" else post.card + 1
    for i in range(first, end):
        line, look = page.text[i], page.look[i]
        plain = page.rule[i] < 0 and look.member == look.zoned == -1
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
