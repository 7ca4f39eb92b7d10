"""Which lines of a page the rules take: first what each line is alone, then beside its neighbours.

What a line is alone (`Look`) depends on its wording only, and most lines of a page are nothing.
They must be refused cheaply: a regex is tried only on lines that begin as its matches do and are
not longer than these can be, and one that may begin with anything waits behind a gate of hints.
The passes over a page then see no more than the lines that are something.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from itertools import accumulate, compress
from operator import add
from typing import TYPE_CHECKING, NamedTuple, cast

from corpusprep.genre import OPENER_LIMIT, OUTSIDE, POST, Poster, Threads
from corpusprep.rulefile import PARTS, shape
from corpusprep.text.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from corpusprep.rulefile import Rule

# A line longer than this is text: the longest footers on the development pages have 230.
LINE_LIMIT = 240
# Lines around which the page is cut in head, body and tail: whole sentences of this length.
BODY_LENGTH = 30
LONG_LINE = 80
MEMBER_LIMIT = 60  # no line of a user card or masthead is longer
HEADING_LIMIT = 40
BREADCRUMB = "breadcrumb"  # the one rule whose place says something about other lines
# Half of the lines so short were on an earlier page of 2,092 (首页, 回复), of longer ones one in seven.
REPEATED = 80
SEEN_LIMIT = 50_000  # 20 MB at most
NAMED_WORD = 6
BAR_WORD = 16  # 信息网络传播视听节目许可证, the longest name of a link seen in a footer's bar
WORD_BEFORE_PATH = 12
SHORT_GAP = 8  # an unknown word between two words of a menu: 航天知识, 云游戏
WIDE_GAP = 12
# Above the body 4 in 10 good lines share half of their pairs with it, of others 1 in 20.
TITLE, TITLE_ECHO = (5, 60), 0.5
# In a text with so few lines of boilerplate one that is this far from the others is quoted.
FEW_LINES, ALONE = 6, 2
QUOTED = frozenset({"legal", "login", "navigation", "share", "follow", "related"})
TEASER_BODY = 160  # a summary under a related title; longer ones on the pages were body text

_TERMINAL = frozenset('。!?:;”」』"')
_HARD_BAR = re.compile(r"[|·•丨│»]| [-/>] ")
_ELLIPSIS = ("…", "..", "。。", "··")
_DECORATION = " :>»›·•|[]()<-–—…+.#*▶▼▲◆■●○★☆→←↑↓×✕^_=~丨《》"
_SENTENCE_MARK = re.compile(r"[。,;!?:“”\"『』「」]|\.$")
_DATE_ONLY = re.compile(
    r"[\[(]?(?:(?:19|20)\d\d[-/.年])?\d{1,2}[-/.月]\d{1,2}日?[\])]?(?: ?\d{1,2}:\d\d(?::\d\d)?)?"
)
_META = re.compile(r"[\\.^$*+?{}\[\]|()]")
# Lines are sorted by length into three sizes, so that on a longer line only such regexes are
# tried as can be so long: on those of over 80 a third of them.
_ABOVE = (0, 32, 80)

_Branches = list[tuple[Callable[[str], re.Match[str] | None], int]]
_regex = cache(re.compile)


class Look(NamedTuple):
    """What a line is, by its wording alone: numbers of rules, or -1."""

    line: int = -1  # boilerplate wherever it stands; then nothing else is looked at
    member: int = -1  # of a run
    heading: int = -1  # of a block
    zoned: int = -1  # boilerplate in some places
    words: tuple[tuple[int, int], ...] = ()  # for each menu, how many words of it, and strong ones
    opener: tuple[int, ...] = ()  # of a post, for each engine


class _Pattern(NamedTuple):
    regex: str
    rule: int
    longest: int


class _Table:
    """To which rule a line belongs: by its exact wording, or by a regex."""

    def __init__(self) -> None:
        self.exact: dict[str, int] = {}
        self.by_first: dict[str, list[_Pattern]] = {}
        self.any_first: list[_Pattern] = []
        self.inside: dict[tuple[str, ...], list[_Pattern]] = {}  # by their hints
        self.late: set[int] = set()  # rules that a line belongs to only if to no other
        self.ready: tuple[dict[str, _Branches], ...] = tuple({} for _ in _ABOVE)

    def add(
        self,
        patterns: Iterable[str],
        rule: int,
        hints: Sequence[str] = (),
        limit: int = LINE_LIMIT,
    ) -> None:
        """Let lines of up to *limit* characters that match one of *patterns* belong to *rule*."""
        for regex in patterns:
            if not _META.search(regex):
                self.exact.setdefault(regex, rule)
                continue
            firsts, _, longest = shape(regex)
            pattern = _Pattern(regex, rule, min(longest, limit))
            if firsts is None and hints:
                self.inside.setdefault(tuple(hints), []).append(pattern)
            elif firsts is None:
                self.any_first.append(pattern)
            else:
                for first in firsts:
                    self.by_first.setdefault(first, []).append(pattern)

    def close(self) -> None:
        """Make the gates for what was added, and what each hint calls for."""
        self.gates = [re.compile(_any_of(self.hints(size))) for size in range(len(_ABOVE))]
        self.called = {
            hint: [hints for hints in self.inside if any(h in hint for h in hints)]
            for hint in self.hints(0)
        }
        self.behind = [
            {hints: _longer(patterns, above) for hints, patterns in self.inside.items()}
            for above in _ABOVE
        ]

    def hints(self, size: int) -> set[str]:
        """Return the hints of regexes that can match a line of this *size*."""
        return {
            hint
            for hints, patterns in self.inside.items()
            if any(p.longest > _ABOVE[size] for p in patterns)
            for hint in hints
        }

    def firsts(self, size: int) -> set[str]:
        """Return with which characters a line of this *size* begins if no hint is asked for."""
        found = {c for c, ps in self.by_first.items() if any(p.longest > _ABOVE[size] for p in ps)}
        return found if size else found.union(_DECORATION, (word[0] for word in self.exact))

    def match(self, line: str, size: int) -> int:
        """Return the number of the rule that *line* of this *size* belongs to, or -1."""
        found = self.exact.get(line)
        if found is not None:
            return found
        first = line[0]
        branches = self.ready[size].get(first)
        if branches is None:
            branches = self.ready[size][first] = self._branches(first, size)
        for matches, rule in branches:
            if matches(line):
                return rule
        if len(line) < BODY_LENGTH:
            if first in _DECORATION or line[-1] in _DECORATION:
                found = self.exact.get(line.strip(_DECORATION))
            elif len(line) == 3 and line[1] == " ":  # 发 表
                found = self.exact.get(first + line[2])
            if found is not None:
                return found
        return self._match_inside(line, size) if self.gates[size].search(line) else -1

    def _match_inside(self, line: str, size: int) -> int:
        """Return the number of the rule to which a hint in *line* leads, or -1."""
        late = -1
        found = dict.fromkeys(self.gates[0].findall(line))
        for hints in dict.fromkeys(hints for hint in found for hints in self.called[hint]):
            for matches, rule in self.behind[size][hints]:
                if matches(line):
                    if rule not in self.late:
                        return rule
                    late = rule
        return late

    def _branches(self, first: str, size: int) -> _Branches:
        """Return the regexes for lines that begin with *first* and are of this *size*."""
        return _longer(self.by_first.get(first, []) + self.any_first, _ABOVE[size])


def _longer(patterns: Iterable[_Pattern], above: int) -> _Branches:
    """Return those of *patterns* that can match more than *above* characters, each with its rule.

    One by one: as one alternation they are no faster to ask and take three times as long to build.
    """
    return [(_regex(p.regex).fullmatch, p.rule) for p in patterns if p.longest > above]


class _Menu:
    """The words of a menu, and how many of them a line holds if it holds nothing else."""

    def __init__(self, number: int, rule: Rule) -> None:
        words = rule.patterns + rule.strong
        self.number, self.rule = number, rule
        self.words = frozenset(words)
        self.strong = frozenset(rule.strong)
        bar, any_word = PARTS["bar"], f"(?>{_any_of(words)})"  # never tries a second word
        self.word = _regex(any_word)
        self.bar = _regex(rf"{bar}*+(?:{any_word}{bar}*+){{2,}}")
        self.firsts = frozenset(word[0] for word in words) | frozenset(_DECORATION + "、")

    def count(self, line: str) -> tuple[int, int]:
        """Return how many words *line* consists of, and how many of these are strong."""
        if line[0] not in self.firsts:
            return 0, 0
        if len(line) < BODY_LENGTH:
            bare = line.strip(_DECORATION)
            if bare in self.words:
                return 1, int(bare in self.strong)
            if len(bare) <= NAMED_WORD and len(bare) > 3 and bare[2:] in self.words:
                return 1, 0  # a section of a site that puts its name before it
        if len(line) > LINE_LIMIT or line[-1] in _TERMINAL:
            return 0, 0
        if self.bar.fullmatch(line):
            on_line = self.word.findall(line)
            return len(on_line), sum(word in self.strong for word in on_line)
        parts = [part for part in map(str.strip, _HARD_BAR.split(line)) if part]
        if len(parts) > 3:
            strong = sum(part in self.strong for part in parts)
            known = sum(part in self.words for part in parts)
            if strong > 1 and 2 * known >= len(parts) and max(map(len, parts)) <= BAR_WORD:
                return known, strong
        return 0, 0


def _any_of(words: Iterable[str]) -> str:
    """Return a regex for one of *words*, the longest first, sorted by their first characters."""
    by_first: dict[str, list[str]] = {}
    for word in sorted(set(words), key=len, reverse=True):
        by_first.setdefault(word[0], []).append(re.escape(word[1:]))
    branches = (f"{re.escape(c)}(?:{'|'.join(tails)})" for c, tails in by_first.items())
    return "|".join(branches) or "(?!)"


class Page:
    """The lines of one shadow that are not blank, what each is, and the rule that takes it (-1: none)."""

    def __init__(self, shadow: str, matcher: Matcher) -> None:
        self.shadow, self.rules = shadow, matcher.rules
        lines = shadow.split("\n")
        stripped = list(map(str.strip, lines))
        lengths = list(map(len, lines))
        starts = accumulate((length + 1 for length in lengths), initial=0)
        self.text = list(compress(stripped, stripped))
        self.start = list(compress(starts, stripped))  # of the line, with its indent
        self.end = list(map(add, self.start, compress(lengths, stripped)))  # without its break
        self.look = matcher.look_at(self.text)
        self.known = [i for i, look in enumerate(self.look) if look is not matcher.plain]
        self.rule = [-1] * len(self.text)
        for i in self.known:
            self.rule[i] = self.look[i].line
        self.unit = list(range(len(self.text)))  # lines of one run or block share their first
        self.head, self.tail = 0, len(self.text)
        # Of a thread: its engine's rule, what each line is, who wrote it, what no rule may take.
        self.engine = -1
        self.state = [OUTSIDE] * len(self.text)
        self.posters: list[Poster] = []
        self.kept: set[int] = set()
        self.evidence: dict[int, str] = {}  # by first line of a unit: what took it if no rule did

    def __len__(self) -> int:
        return len(self.text)

    def free(self) -> Iterator[tuple[int, Look]]:
        """Yield the lines that may be something and that no rule has taken yet."""
        for i in self.known:
            if self.rule[i] < 0:
                yield i, self.look[i]

    def take(self, first: int, last: int, rule: int) -> None:
        """Let *rule* take the lines from *first* to *last* that no other rule has taken."""
        for i in range(first, last + 1):
            if self.rule[i] < 0 and i not in self.kept:
                self.rule[i] = rule
                self.unit[i] = first

    def is_body(self, at: int) -> bool:
        """Return whether line *at* is a sentence or a long line, and nothing else by its wording."""
        line, n = self.text[at], len(self.text[at])
        if n < BODY_LENGTH or self.look[at].line >= 0:
            return False
        return line[-1] in _TERMINAL or (n >= LONG_LINE and not line.endswith(_ELLIPSIS))

    def is_prose(self, at: int) -> bool:
        """Return whether line *at* is of the body or a shorter sentence."""
        return 0 <= at < len(self.text) and (self.text[at][-1] == "。" or self.is_body(at))

    def is_in(self, zone: tuple[str, ...], first: int, last: int) -> bool:
        """Return whether the lines from *first* to *last* lie in *zone*, which may be anywhere."""
        if not zone:
            return True
        return ("head" in zone and last < self.head) or ("tail" in zone and first >= self.tail)


class _Heading(NamedTuple):
    rule: Rule
    item: re.Pattern[str] | None
    unless: re.Pattern[str] | None


class Matcher:
    """The tables and regexes made from rules, and the passes over a page that use them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self.lines, self.zoned, self.members, self.headings = (_Table() for _ in range(4))
        self.menus: list[_Menu] = []
        self.dated = {i for i, r in enumerate(rules) if r.kind in {"post-meta", "user-card"}}
        self.paths = {i for i, rule in enumerate(rules) if rule.id == BREADCRUMB}
        self.between: dict[int, re.Pattern[str]] = {}
        self.blocks: dict[int, _Heading] = {}
        self.spans: list[tuple[Rule, re.Pattern[str]]] = []
        self.seen: dict[str, Look] = {}  # short lines, which repeat from page to page
        for number, rule in enumerate(rules):
            self._add(number, rule)
        self.threads = Threads(rules)
        self.found = [Look(number) for number in range(len(rules))]
        self.plain = Look(words=((0, 0),) * len(self.menus))
        for table in (self.lines, self.zoned, self.members, self.headings):
            table.close()
        # What else a line of each size can be that is no boilerplate wherever it stands.
        short = self.zoned, self.members, self.headings
        self.open = any(table.any_first for table in short)
        others = short, short, (self.zoned,)
        self.firsts = [
            {first for table in tables for first in table.firsts(size)}
            for size, tables in enumerate(others)
        ]
        self.gates = [
            re.compile(_any_of(hint for table in tables for hint in table.hints(size)))
            for size, tables in enumerate(others)
        ]

    def _add(self, number: int, rule: Rule) -> None:
        if rule.matcher == "line":
            (self.zoned if rule.zone else self.lines).add(rule.patterns, number, rule.hint)
        elif rule.matcher == "menu":
            self.menus.append(_Menu(number, rule))
        elif rule.matcher == "run":
            self.members.add(rule.patterns, number, rule.hint)
            self.between[number] = re.compile("|".join(f"(?:{p})" for p in rule.between) or "(?!)")
        elif rule.matcher == "block":
            self.headings.add(rule.patterns, number, rule.hint)
            item, unless = (re.compile(p) if p else None for p in (rule.item, rule.unless))
            self.blocks[number] = _Heading(rule, item, unless)
        elif rule.matcher == "thread":
            # What begins with anything is behind the gate that the lines have to pass anyway.
            inside = [p for p in rule.patterns if shape(p).firsts is None]
            self.lines.add(inside, number, rule.hint, OPENER_LIMIT)
            self.lines.late.add(number)
        else:
            regex = re.compile("|".join(f"(?:{p})" for p in rule.patterns), re.MULTILINE)
            self.spans.append((rule, regex))

    def match(self, shadow: str, *, posters: bool = False) -> Page:
        """Return the page with the rule that takes each of its lines.

        With *posters* the names of those who wrote the posts of a thread stay.
        """
        page = Page(shadow, self)
        self._find_zones(page)
        self.threads.read(page, posters=posters)
        for which, menu in enumerate(self.menus):
            self._take_menu(page, menu, which)
            self._take_words_before_path(page, menu.number)
        self._take_runs(page)
        self._take_blocks(page)
        self._take_zoned_lines(page)
        if page.engine >= 0:
            self.threads.take(page)
        self._give_back_title(page)
        self._give_back_quotations(page)
        return page

    def _give_back_title(self, page: Page) -> None:
        """Give back the line above the body of which the body says most again.

        Only if it went as one of a list or menu, not for its own wording.
        """
        went = [
            i
            for i in range(page.head)
            if page.rule[i] >= 0
            and page.look[i] is self.plain
            and TITLE[0] <= len(page.text[i]) <= TITLE[1]
            and not page.text[i].isascii()
        ]
        if not went:
            return
        body = "\n".join(line for i, line in enumerate(page.text) if page.is_prose(i))
        known = set(map(add, body, body[1:]))
        stay = [i for i in range(page.head) if page.rule[i] < 0]
        echo = {i: _echo(page.text[i], known) for i in went + stay}
        best = max(echo, key=lambda i: (echo[i], -i))
        if page.rule[best] >= 0 and echo[best] >= TITLE_ECHO:
            page.rule[best] = -1

    def _give_back_quotations(self, page: Page) -> None:
        """Give back what stands alone in the middle of a text without other boilerplate.

        There a disclaimer or the label of a button is what the text speaks of.
        """
        taken = [i for i, rule in enumerate(page.rule) if rule >= 0]
        if len(taken) > FEW_LINES or not (len(page) and page.is_body(page.head)):
            return
        for i in taken:
            if (
                page.head < i < page.tail
                and self.rules[page.rule[i]].kind in QUOTED
                and not any(0 < abs(i - other) <= ALONE for other in taken)
            ):
                page.rule[i] = -1

    def look_at(self, lines: list[str]) -> list[Look]:
        """Return what each of *lines* is by its wording."""
        seen = self.seen
        looks = list(map(seen.get, lines))
        for i, known in enumerate(looks):
            if known is None:
                line = lines[i]
                if len(line) > REPEATED:
                    looks[i] = self._look(line) if len(line) <= LINE_LIMIT else self.plain
                    continue
                if len(seen) >= SEEN_LIMIT:
                    seen.clear()
                looks[i] = seen[line] = seen.get(line) or self._look(line)
        return cast("list[Look]", looks)

    def _look(self, line: str) -> Look:
        n, opener = len(line), cast("tuple[int, ...]", ())
        size = 0 if n <= _ABOVE[1] else 1 if n <= _ABOVE[2] else 2
        if (rule := self.lines.match(line, size)) >= 0 and rule not in self.lines.late:
            hints = rule in self.dated
            if size == 2 or not (hints or line[0] in self.threads.by_first):
                return self.found[rule]
            opener = self.threads.that_open(line, hints=hints)
            return Look(rule, opener=opener) if opener else self.found[rule]
        words = self.plain.words
        if n < BODY_LENGTH or line[-1] not in _TERMINAL:
            words = tuple([menu.count(line) for menu in self.menus])  # a generator takes longer
        member = heading = zoned = -1
        if self.open or line[0] in self.firsts[size] or self.gates[size].search(line):
            member = self.members.match(line, size) if n <= MEMBER_LIMIT else -1
            heading = self.headings.match(line, size) if n <= HEADING_LIMIT else -1
            zoned = self.zoned.match(line, size)
        if size < 2 and (rule >= 0 or line[0] in self.threads.by_first):
            opener = self.threads.that_open(line, hints=rule >= 0)
        if member == heading == zoned == -1 and not opener and words == self.plain.words:
            return self.plain
        return Look(-1, member, heading, zoned, words, opener)

    def _find_zones(self, page: Page) -> None:
        """Find where the head of the page ends and its tail begins; without body there is neither."""
        n = len(page)
        first = next(filter(page.is_body, range(n)), None)
        if first is None:
            page.head, page.tail = 0, n
        else:
            page.head = first
            page.tail = next(filter(page.is_body, range(n - 1, -1, -1))) + 1

    def _take_menu(self, page: Page, menu: _Menu, which: int) -> None:
        """Take the lines and runs of lines that are words of *menu* and hardly anything else."""
        # For each line: words on it, strong words among them.
        words = {i: look.words[which] for i, look in page.free() if look.words[which][0]}
        taken = list(words)
        k = 0
        while k < len(taken):
            first = last = taken[k]
            count, strong = words[first]
            bare_bar = strong > 1  # 网站地图 | 联系我们
            loose = 0
            while k + 1 < len(taken):
                step = _menu_gap(page, last, taken[k + 1])
                if step < 0 or loose + step > count + 2:
                    break
                loose += step
                last = taken[k := k + 1]
                count, strong = count + words[last][0], strong + words[last][1]
            k += 1
            at_edge = last < page.head or first >= page.tail
            if (count >= menu.rule.least and (strong or at_edge)) or (bare_bar and first == last):
                page.take(first, last, menu.number)

    def _take_words_before_path(self, page: Page, rule: int) -> None:
        """Take the short lines at the head of a page that stand before the path to the article.

        Only where a third of the lines there went already: a page may begin with title and path.
        """
        if self.paths.isdisjoint(page.rule[: page.head]):
            return
        last = max(i for i in range(page.head) if page.rule[i] in self.paths)
        gone = sum(page.rule[i] >= 0 for i in range(last))
        if gone < 3 or 3 * gone < last:
            return
        for i in range(last):
            line = page.text[i]
            if (
                page.rule[i] < 0
                and len(line) <= WORD_BEFORE_PATH
                and not _SENTENCE_MARK.search(line)
            ):
                page.take(i, i, rule)

    def _take_runs(self, page: Page) -> None:
        """Take runs of lines of which enough belong to one rule, with what stands between them."""
        end = -1  # of the run before
        for first, look in page.free():
            if look.member >= 0 and first > end:
                end = self._take_run(page, first, look.member)

    def _take_run(self, page: Page, first: int, number: int) -> int:
        """Take the run of rule *number* that begins at *first* if it is one; return its last line."""
        rule, between = self.rules[number], self.between[number]

        n, last, count, loose = len(page), first, 1, 0
        for i in range(first + 1, n):
            if page.rule[i] >= 0:
                continue
            if page.look[i].member == number:
                count, loose, last = count + 1, 0, i
            elif loose < 3 and between.fullmatch(page.text[i]):
                loose += 1
            else:
                break
        if count >= rule.least and page.is_in(rule.zone, first, last):
            if first and page.rule[first - 1] < 0 and between.fullmatch(page.text[first - 1]):
                first -= 1
            if last + 1 < n and page.rule[last + 1] < 0 and between.fullmatch(page.text[last + 1]):
                last += 1
            page.take(first, last, number)
        return last

    def _take_blocks(self, page: Page) -> None:
        """Take headings that open a list of other matter, with the list."""
        end = -1  # of the block before
        for i, look in page.free():
            if look.heading >= 0 and i > end:
                end = self._end_of_block(page, i, self.blocks[look.heading])
                if end >= i:
                    page.take(i, end, look.heading)

    def _end_of_block(self, page: Page, at: int, heading: _Heading) -> int:
        """Return the last line of the block whose heading is line *at*, or -1 if it is none."""
        rule = heading.rule
        if not page.is_in(rule.zone, at, at):
            return -1
        n = min(len(page), at + rule.most + 1)
        if at + 1 < n and heading.unless and heading.unless.fullmatch(page.text[at + 1]):
            return -1
        end = at
        if rule.until == "blank":
            while end + 1 < n and "\n\n" not in page.shadow[
                page.end[end] : page.start[end + 1]
            ].replace(" ", ""):
                end += 1
            return end
        in_head = at < page.head
        for j in range(at + 1, n):
            if page.rule[j] >= 0:
                if in_head or self.rules[page.rule[j]].kind in {"post-meta", "user-card"}:
                    break
            elif page.state[j] == POST:
                break
            elif page.is_prose(j):
                if rule.until != "end" or not _is_lone_summary(page, j):
                    break
            elif heading.item and not heading.item.fullmatch(page.text[j]):
                break
            end = j
        else:
            return end  # nothing but items until the page ends
        if in_head and page.rule[end + 1] < 0:
            return -1  # no telling where the list ends and the title stands
        if page.is_prose(end + 1) and end > at and not _is_teaser(page.text[end]):
            end -= 1  # the heading of what follows
        return end if end > at else -1

    def _take_zoned_lines(self, page: Page) -> None:
        """Take lines that are boilerplate only at the ends of a page or beside other boilerplate."""
        beside = []
        for i, look in page.free():
            if look.zoned >= 0:
                zone = self.rules[look.zoned].zone
                if page.is_in(zone, i, i):
                    page.rule[i] = look.zoned
                elif "beside" in zone:
                    beside.append(i)
        for i in beside:
            if i and page.rule[i - 1] >= 0:
                page.rule[i] = page.look[i].zoned
        for i in reversed(beside):
            if i + 1 < len(page) and page.rule[i] < 0 <= page.rule[i + 1]:
                page.rule[i] = page.look[i].zoned

    def find_spans(self, page: Page) -> Iterator[Edit]:
        """Yield edits for boilerplate inside of lines that stay."""
        shadow = page.shadow
        for rule, regex in self.spans:
            if not any(hint in shadow for hint in rule.hint):
                continue
            for found in regex.finditer(shadow):
                start, end = found.span()
                if shadow[end : end + 1] in {"", "\n"}:  # blanks before it would trail
                    while start and shadow[start - 1] == " ":
                        start -= 1
                line = bisect_right(page.start, start) - 1
                if start < end and line >= 0 and page.rule[line] < 0 and end <= page.end[line]:
                    yield Edit(start, end, "", rule.id)


def _is_teaser(line: str) -> bool:
    """Return whether *line* is a cut-off summary, a date or a count of clicks, never a heading."""
    return line.endswith(_ELLIPSIS) or bool(_DATE_ONLY.fullmatch(line))


def _echo(line: str, known: set[str]) -> float:
    """Return the share of the pairs of characters of *line* that are among the *known* ones."""
    pairs = list(map(add, line, line[1:]))
    return sum(pair in known for pair in pairs) / len(pairs) if pairs else 0.0


def _is_lone_summary(page: Page, at: int) -> bool:
    """Return whether line *at* is one short paragraph between two lines that are no prose."""
    return (
        len(page.text[at]) <= TEASER_BODY
        and not page.is_prose(at - 1)
        and not page.is_prose(at + 1)
    )


def _menu_gap(page: Page, before: int, after: int) -> int:
    """Return how many unknown words stand between two lines of a menu; -1 if it is no gap."""
    if after - before > WIDE_GAP:
        return -1
    at_edge = after < page.head or before >= page.tail
    gap = [
        page.text[i]
        for i in range(before + 1, after)
        if page.rule[i] < 0 and page.text[i].strip(_DECORATION)
    ]
    if len(gap) > (4 if at_edge else 2):
        return -1
    return -1 if any(len(w) > SHORT_GAP or _SENTENCE_MARK.search(w) for w in gap) else len(gap)
