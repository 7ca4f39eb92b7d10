"""Boilerplate rules: data in TOML, and the engine that finds what they describe in a text.

A page that became plain text still holds its menus, log-in prompts, user cards, credits and
lists of other articles, each of them a line of its own or a stretch of lines. A rule says what
one such piece looks like, why it goes, and by example what it takes and what it leaves. The
engine reads a text once, line by line, and reports every piece as one edit with the rule's id.

Rules never see the text itself but its shadow: equally long, in simplified Chinese, half-width
and lower case, so that `發表於`, `发表于：` and `发表于:` are one wording. A rule is written in the
shadow's alphabet, and the loader refuses one that could never match.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corpusprep.errors import CorpusprepError
from corpusprep.text.edits import Edit, apply
from corpusprep.text.script import simplify_chars

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["CLASSES", "Problem", "Rule", "RuleError", "Ruleset", "check", "fold", "load_rules"]

SHIPPED = Path(__file__).parent / "rules"
CLASSES = (
    "navigation",
    "login",
    "user-card",
    "post-meta",
    "credit",
    "related",
    "legal",
    "masthead",
    "share",
    "follow",
    "jammer",
    "advert",
)
MATCHERS = ("line", "span", "menu", "run", "block")
# Which keys go with which matcher; the first row goes with all of them.
_COMMON = {"id", "class", "why", "removes", "keeps", "zone"}
_KEYS = {
    "line": {"hint"},
    "span": {"hint"},
    "menu": {"strong", "least"},
    "run": {"between", "least", "hint"},
    "block": {"until", "item", "unless", "most", "hint"},
}
ZONES = ("head", "tail", "beside")
UNTIL = ("end", "list", "blank")

# Wordings that rules of all files may use as {name}.
PARTS = {
    "date": r"(?:(?:19|20)?\d\d ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2} ?日?|\d{1,2}[-/月]\d{1,2}日?)",
    "day": r"(?:19|20)\d\d ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2} ?日?",
    "time": r"(?:[上下]午 ?)?\d{1,2} ?[:时点] ?\d{2}(?:[:分] ?\d{2}秒?)?(?: ?[ap]m)?",
    "ago": r"(?:刚刚|昨天|前天|半小时前|\d+ ?(?:秒|分钟|小时|天|周|个月|个?星期|月|年)[之以]?前)",
    "num": r"\d[\d,.]* ?[万千亿kwm]?\+?",
    # What follows a date or a count: pieces between bars and blanks, none of them a sentence.
    "extra": r"(?:[ |·•,/丨]++[^ |·•,/丨。!?]{1,24}+){0,12}+[ |]*+",
    "bar": r"[ |/·•‧>»›丨│,、\-]",
}
PARTS["when"] = (
    r"(?:{date}(?: ?(?:\(?(?:星期|周).\)?))?(?:[ t,]{0,3}{time})?|{ago}(?: ?{time})?|今天 ?{time})"
)

# A line longer than this is text: the longest footers on the development pages have 230.
LINE_LIMIT = 240
# Lines around which the page is cut in head, body and tail: whole sentences of this length.
BODY_LENGTH = 30
LONG_LINE = 80
MEMBER_LIMIT = 60  # no line of a user card or masthead is longer
HEADING_LIMIT = 40
MANY_BRANCHES = 8
BREADCRUMB = "breadcrumb"  # the one rule whose place says something about other lines
REPEATED = 32
SEEN_LIMIT = 50_000  # 5 MB at most
NAMED_WORD = 6
BAR_WORD = 16  # 信息网络传播视听节目许可证, the longest name of a link seen in a footer's bar
WORD_BEFORE_PATH = 12
SHORT_GAP = 8  # an unknown word between two words of a menu: 航天知识, 云游戏
TEASER_BODY = 160  # a summary under a related title; longer ones on the pages were body text

_TERMINAL = frozenset('。!?:;”」』"')
_HARD_BAR = re.compile(r"[|·•丨│»]| [-/>] ")
_ELLIPSIS = ("…", "..", "。。", "··")
_DECORATION = " :>»›·•|[]()<-–—…+.#*▶▼▲◆■●○★☆→←↑↓×✕^_=~丨《》"
_SENTENCE_MARK = re.compile(r"[。,;!?:“”\"『』「」]|\.$")
_DATE_ONLY = re.compile(
    r"[\[(]?(?:(?:19|20)\d\d[-/.年])?\d{1,2}[-/.月]\d{1,2}日?[\])]?(?: ?\d{1,2}:\d\d(?::\d\d)?)?"
)
_NUMBER = re.compile(r"[\d.,万]+")
_META = re.compile(r"[\\.^$*+?{}\[\]|()]")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z-]*)\}")
# One code point for one, so that offsets in the shadow are offsets in the text.
_FOLDS = [
    *((chr(c + 0xFEE0), chr(c)) for c in (ord(x) for x in "!(),:;?/|~[]<>-+.&@#*")),
    *zip("　\xa0\t\u200b\ufeff【】〔〕〖〗﹕︰", "     [][][]::", strict=True),
    *zip("\r\u2028\u2029\x0b\x0c\x85", "\n\n\n\n\n\n", strict=True),
]


class RuleError(CorpusprepError):
    """A rule that cannot be used; the message names file and rule and says what to change."""


class Problem(NamedTuple):
    """Something wrong with one rule of one file."""

    file: str
    rule: str
    message: str

    def __str__(self) -> str:
        """Return the problem as a line for the terminal."""
        return (
            f"{self.file}: rule '{self.rule}' {self.message}"
            if self.rule
            else f"{self.file}: {self.message}"
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of boilerplate: what it looks like, why it goes, what must go and what must stay.

    `patterns` are regular expressions over the shadow of a line (see `fold`), for a menu plain
    words. The other fields belong to one matcher each and are explained in docs/rules.md.
    """

    id: str
    kind: str
    why: str
    matcher: str
    patterns: tuple[str, ...]
    removes: tuple[str, ...]
    keeps: tuple[str, ...]
    zone: tuple[str, ...] = ()
    hint: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    least: int = 3
    until: str = "list"
    item: str = ""
    unless: str = ""
    most: int = 200
    file: str = ""

    def describe(self) -> str:
        """Return the rule for a reader: what goes, why, and the examples."""
        lines = [f"{self.id} ({self.kind}, {self.matcher})", f"  {self.why}"]
        if self.zone:
            lines.append(f"  only here: {', '.join(self.zone)}")
        for title, texts in (("removes", self.removes), ("keeps", self.keeps)):
            lines += [f"  {title}:", *(f"    {text}".replace("\n", "\n    ") for text in texts)]
        return "\n".join([*lines, f"  in {self.file}"])


def fold(text: str) -> str:
    """Return the shadow of *text*: as long, but simplified, half-width and in lower case.

    Every kind of line break becomes a line feed, every space and invisible space a blank.

    >>> fold("【發表於】　Powered by")
    '[发表于] powered by'
    """
    shadow = simplify_chars(text)
    for wide, narrow in _FOLDS:
        shadow = shadow.replace(wide, narrow)
    lower = shadow.lower()
    return lower if len(lower) == len(shadow) else shadow  # İ becomes two characters


class _Table:
    """To which rule a short line belongs: by its exact wording, or by a regex.

    A page asks this for each of its short lines, so nearly all of them must be refused by a look
    at their first character. A regex that may begin with anything waits behind a gate of hints.
    """

    def __init__(self) -> None:
        self.exact: dict[str, int] = {}
        self.seen: dict[str, int] = {}  # answers for short lines, which repeat from page to page
        self.by_first: dict[str, list[tuple[str, int]]] = {}
        self.any_first: list[tuple[str, int]] = []
        self.inside: dict[tuple[str, ...], list[tuple[str, int]]] = {}  # by their hints
        self.ready: dict[str, list[tuple[_Match, tuple[int, ...]]]] = {}

    def add(self, patterns: Iterable[str], rule: int, hints: Iterable[str] = ()) -> None:
        """Let lines that match one of *patterns* belong to *rule*."""
        for pattern in patterns:
            if not _META.search(pattern):
                self.exact.setdefault(pattern, rule)
                continue
            firsts, _ = _firsts(pattern)
            if firsts is None and hints:
                self.inside.setdefault(tuple(hints), []).append((pattern, rule))
            elif firsts is None:
                self.any_first.append((pattern, rule))
            else:
                for first in firsts:
                    self.by_first.setdefault(first, []).append((pattern, rule))

    @cached_property
    def gate(self) -> re.Pattern[str]:
        hints = sorted({hint for hints in self.inside for hint in hints}, key=len, reverse=True)
        self.holds = {
            hint: [
                (_regex(pattern).fullmatch, rule)
                for hints_, patterns in self.inside.items()
                if any(h in hint for h in hints_)
                for pattern, rule in patterns
            ]
            for hint in hints
        }
        return re.compile("|".join(map(re.escape, hints)) or "(?!)")

    def _held(self, line: str) -> Iterator[tuple[_Match, int]]:
        """Yield the regexes that a hint in *line* calls for."""
        for hint in dict.fromkeys(self.gate.findall(line)):
            yield from self.holds[hint]

    def match(self, line: str) -> int:
        """Return the number of the rule that *line* belongs to, or -1."""
        if len(line) > REPEATED:
            return self._match(line)
        found = self.seen.get(line)
        if found is None:
            if len(self.seen) >= SEEN_LIMIT:
                self.seen.clear()
            found = self.seen[line] = self._match(line)
        return found

    def _match(self, line: str) -> int:
        found = self.exact.get(line, -1)
        if found >= 0:
            return found
        first = line[0]
        branches = self.ready.get(first)
        if branches is None:
            patterns = self.by_first.get(first, []) + self.any_first
            branches = self.ready[first] = _branches(tuple(patterns))
        for matches, rules in branches:
            if branch := matches(line):
                return rules[(branch.lastindex or 1) - 1]
        if len(line) < BODY_LENGTH:
            if first in _DECORATION or line[-1] in _DECORATION:
                found = self.exact.get(line.strip(_DECORATION), -1)
            elif len(line) == 3 and line[1] == " ":  # 发 表
                found = self.exact.get(first + line[2], -1)
        if found < 0 and self.inside and self.gate.search(line):
            for matches, rule in self._held(line):
                if matches(line):
                    return rule
        return found


_Match = Callable[[str], re.Match[str] | None]
_regex = cache(re.compile)


@cache
def _branches(patterns: tuple[tuple[str, int], ...]) -> list[tuple[_Match, tuple[int, ...]]]:
    """Return the regexes for lines that begin alike: many as one alternation, few one by one.

    One alternation is faster to ask but slower to build, and long ones stand in many tables.
    """
    if len(patterns) < MANY_BRANCHES:
        return [(_regex(pattern).fullmatch, (rule,)) for pattern, rule in patterns]
    # The empty group behind a branch tells which one it was.
    alternation = re.compile("|".join(f"(?:{pattern})()" for pattern, _ in patterns))
    return [(alternation.fullmatch, tuple(rule for _, rule in patterns))]


_ATOM = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|\(\?(?:[=!>:]|<[=!])|.", re.DOTALL)
_REPEAT = re.compile(r"(?:([?*])|(\+)|\{(\d*)(?:,\d*)?\})[+?]?")
_CLASSES = {"d": "0123456789", "s": " "}


def _firsts(pattern: str) -> tuple[set[str] | None, bool]:
    """Return with which characters a match of *pattern* can begin (None: any), and if it can be empty.

    >>> sorted(_firsts("(?:责任)?编辑:")[0])
    ['编', '责']
    """
    return _firsts_of_branches(pattern, 0)[:2]


def _firsts_of_branches(pattern: str, at: int) -> tuple[set[str] | None, bool, int]:
    """Return the first characters of the alternation at *at*, if it can be empty, and its end."""
    firsts: set[str] | None = set()
    nullable, begun = False, False  # begun: the branch has an atom that cannot be empty
    while at < len(pattern):
        atom = _ATOM.match(pattern, at)
        assert atom  # the last branch of _ATOM takes anything
        at = atom.end()
        if atom[0] == ")":
            break
        if atom[0] == "|":
            nullable, begun = nullable or not begun, False
            continue
        if atom[0][0] == "(":
            mine, empty, at = _firsts_of_branches(pattern, at)
            if atom[0][2:3] in {"=", "!", "<"}:
                mine, empty = set(), True
        else:
            mine, empty = _firsts_of_atom(atom[0]), atom[0] in "^$"
        repeat = _REPEAT.match(pattern, at)
        if repeat:
            at = repeat.end()
            empty = empty or repeat[1] is not None or repeat[3] in {"", "0"}
        if not begun:
            firsts = None if firsts is None or mine is None else firsts | mine
            begun = not empty
    return firsts, nullable or not begun, at


def _firsts_of_atom(atom: str) -> set[str] | None:
    if atom in "^$":
        return set()
    if atom[0] == "\\":
        return (
            set(_CLASSES[atom[1]])
            if atom[1] in _CLASSES
            else None
            if atom[1] in "wWDSbB"
            else {atom[1]}
        )
    if atom[0] != "[":
        return None if atom == "." else {atom}
    if atom[1] == "^" or re.search(r"\\[^\[\]\\.*+?()|d-]|[^\x00-\x7f]-[^\x00-\x7f]", atom):
        return None
    regex = _regex(atom)
    ascii_ = {chr(c) for c in range(32, 127) if regex.match(chr(c))}
    return ascii_ | {c for c in atom[1:-1] if ord(c) > 126}


def _any_word(words: Iterable[str]) -> str:
    """Return a regex for one of *words*, the longest first, that never tries a second one."""
    by_first: dict[str, list[str]] = {}
    for word in sorted(set(words), key=len, reverse=True):
        by_first.setdefault(word[0], []).append(re.escape(word[1:]))
    return (
        "(?>"
        + "|".join(f"{re.escape(c)}(?:{'|'.join(tails)})" for c, tails in by_first.items())
        + ")"
    )


class _Page:
    """The lines of one shadow that are not blank, and the rule that takes each (-1: none)."""

    def __init__(self, shadow: str) -> None:
        self.shadow = shadow
        self.start: list[int] = []  # of the line, with its indent
        self.end: list[int] = []  # without its line break
        self.text: list[str] = []
        at = 0
        for line in shadow.split("\n"):
            if stripped := line.strip():
                self.start.append(at)
                self.end.append(at + len(line))
                self.text.append(stripped)
            at += len(line) + 1
        self.rule = [-1] * len(self.text)
        self.unit = list(range(len(self.text)))  # lines of one run or block share their first
        self.body: frozenset[int] = frozenset()
        self.prose: frozenset[int] = frozenset()  # body and shorter sentences
        self.head = self.tail = 0

    def __len__(self) -> int:
        return len(self.text)

    def take(self, first: int, last: int, rule: int) -> None:
        """Let *rule* take the lines from *first* to *last* that no other rule has taken."""
        for i in range(first, last + 1):
            if self.rule[i] < 0:
                self.rule[i] = rule
                self.unit[i] = first


def _is_body(line: str) -> bool:
    n = len(line)
    if n < BODY_LENGTH:
        return False
    if line[-1] in _TERMINAL:
        return True
    return n >= LONG_LINE and not line.endswith(_ELLIPSIS)


class Ruleset:
    """Rules and all that is compiled from them; `find` reports what they take from a text.

    A ruleset is pickled as its rules, and is compiled again where it arrives.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_id = {rule.id: rule for rule in self.rules}

    def __iter__(self) -> Iterator[Rule]:
        """Yield the rules in the order of their files."""
        return iter(self.rules)

    def __len__(self) -> int:
        """Return how many rules there are."""
        return len(self.rules)

    def __reduce__(self) -> tuple[type[Ruleset], tuple[tuple[Rule, ...]]]:
        """Pickle the rules, not what is compiled from them."""
        return Ruleset, (self.rules,)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over what the rules say, for the record of a run."""
        return sha256(repr([_content(rule) for rule in self.rules]).encode()).hexdigest()

    def get(self, rule: str) -> Rule:
        """Return the rule with the id *rule*.

        Raises:
            RuleError: there is none; the message names the nearest.
        """
        try:
            return self._by_id[rule]
        except KeyError:
            raise RuleError(f"no rule '{rule}'{_nearest(rule, self._by_id)}") from None

    def without(self, *rules: str, classes: Iterable[str] = ()) -> Ruleset:
        """Return the ruleset without the named *rules* and without the rules of *classes*.

        Raises:
            RuleError: a name is no rule's or no class's; the message names the nearest.
        """
        for rule in rules:
            self.get(rule)
        for kind in (classes := tuple(classes)):
            if kind not in CLASSES:
                raise RuleError(f"no class '{kind}'{_nearest(kind, CLASSES)}")
        kept = (r for r in self.rules if r.id not in rules and r.kind not in classes)
        return Ruleset(kept)

    @cached_property
    def _compiled(self) -> _Compiled:
        return _Compiled(self.rules)

    def find(self, text: str) -> list[Edit]:
        r"""Return the edits that take the boilerplate out of *text*, sorted and without overlaps.

        Lines that stay are not touched, and what stood in two paragraphs stays in two.

        >>> load_rules().find("正文到此结束。\n责任编辑：王小明")
        [Edit(start=7, end=16, new='', rule='editor-credit')]
        """
        page = _Page(fold(text))
        if not page.text:
            return []
        tools = self._compiled
        tools.take_lines(page)
        tools.find_zones(page)
        tools.take_menus(page)
        tools.take_runs(page)
        tools.take_blocks(page)
        tools.take_zoned_lines(page)
        edits = _line_edits(page, len(text), self.rules)
        if spans := tools.find_spans(page):
            edits = sorted(edits + spans)
        return edits


def _content(rule: Rule) -> tuple[object, ...]:
    """Return what *rule* says, without where it stands."""
    return tuple(getattr(rule, name) for name in Rule.__slots__ if name != "file")


def _line_edits(page: _Page, length: int, rules: Sequence[Rule]) -> list[Edit]:
    """Return an edit for each run of lines that went together, with the breaks that they leave over.

    Of the two separators around a removed stretch the wider stays, so that neither are two
    paragraphs glued together nor does an empty one arise.
    """
    edits: list[Edit] = []
    n, i = len(page), 0
    while i < n:
        if page.rule[i] < 0:
            i += 1
            continue
        last = i
        while last + 1 < n and page.rule[last + 1] >= 0:
            last += 1
        units = [i]
        units += [
            k
            for k in range(i + 1, last + 1)
            if (page.rule[k], page.unit[k]) != (page.rule[k - 1], page.unit[k - 1])
        ]
        heads = [0 if k == 0 else page.start[k] for k in units]
        tails = [*(page.end[k - 1] for k in units[1:]), page.end[last]]
        if last + 1 == n and i == 0:
            cuts = [*heads, length]
        elif last + 1 == n or (i > 0 and _is_wider(page, last, i - 1)):
            cuts = [page.end[i - 1], *tails]
        else:
            cuts = [*heads, page.start[last + 1]]
        edits += (
            Edit(a, b, "", rules[page.rule[k]].id)
            for k, (a, b) in zip(units, pairwise(cuts), strict=True)
        )
        i = last + 1
    return edits


def _is_wider(page: _Page, after: int, before: int) -> bool:
    """Return whether a blank line follows line *after* while none follows line *before*."""
    blank = [page.shadow.count("\n", page.end[k], page.start[k + 1]) > 1 for k in (after, before)]
    return blank[0] and not blank[1]


class _Menu:
    """The words of a menu, and how many of them a line holds if it holds nothing else."""

    def __init__(self, number: int, rule: Rule) -> None:
        words = rule.patterns + rule.strong
        self.rule = number
        self.words = frozenset(words)
        self.strong = frozenset(rule.strong)
        bar, any_word = _expand("{bar}"), _any_word(words)
        self.word = _regex(any_word)
        self.bar = _regex(rf"{bar}*+(?:{any_word}{bar}*+){{2,}}")
        self.firsts = frozenset(word[0] for word in words) | frozenset(_DECORATION + "、")
        self.seen: dict[str, tuple[int, int]] = {}

    def count(self, line: str) -> tuple[int, int]:
        """Return how many words *line* consists of, and how many of these are strong."""
        if line[0] not in self.firsts:
            return 0, 0
        if len(line) > REPEATED:
            return self._count(line)
        found = self.seen.get(line)
        if found is None:
            if len(self.seen) >= SEEN_LIMIT:
                self.seen.clear()
            found = self.seen[line] = self._count(line)
        return found

    def _count(self, line: str) -> tuple[int, int]:
        bare = line.strip(_DECORATION) if len(line) < BODY_LENGTH else ""
        if bare in self.words:
            return 1, int(bare in self.strong)
        if len(bare) <= NAMED_WORD and len(bare) > 3 and bare[2:] in self.words:
            return 1, 0  # a section of a site that puts its name before it
        if len(line) <= LINE_LIMIT and line[-1] not in _TERMINAL and self.bar.fullmatch(line):
            on_line = self.word.findall(line)
            return len(on_line), sum(word in self.strong for word in on_line)
        if len(line) <= LINE_LIMIT and line[-1] not in _TERMINAL:
            parts = [part for part in map(str.strip, _HARD_BAR.split(line)) if part]
            strong = sum(part in self.strong for part in parts)
            known = sum(part in self.words for part in parts)
            if strong > 1 and 2 * known >= len(parts) > 3 and max(map(len, parts)) <= BAR_WORD:
                return known, strong
        return 0, 0


class _Heading(NamedTuple):
    rule: Rule
    item: re.Pattern[str] | None
    unless: re.Pattern[str] | None


class _Compiled:
    """The tables and regexes made from rules, and the passes over a page that use them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self.lines, self.zoned, self.members, self.headings = (_Table() for _ in range(4))
        self.menus: list[_Menu] = []
        self.paths = {i for i, rule in enumerate(rules) if rule.id == BREADCRUMB}
        self.between: dict[int, re.Pattern[str]] = {}
        self.blocks: dict[int, _Heading] = {}
        self.spans: list[tuple[int, Rule, re.Pattern[str]]] = []
        for number, rule in enumerate(rules):
            if rule.matcher == "line":
                (self.zoned if rule.zone else self.lines).add(rule.patterns, number, rule.hint)
            elif rule.matcher == "menu":
                self.menus.append(_Menu(number, rule))
            elif rule.matcher == "run":
                self.members.add(rule.patterns, number, rule.hint)
                self.between[number] = re.compile(
                    "|".join(f"(?:{p})" for p in rule.between) or "(?!)"
                )
            elif rule.matcher == "block":
                self.headings.add(rule.patterns, number, rule.hint)
                self.blocks[number] = _Heading(
                    rule, *(re.compile(p) if p else None for p in (rule.item, rule.unless))
                )
            else:
                regex = re.compile("|".join(f"(?:{p})" for p in rule.patterns), re.MULTILINE)
                self.spans.append((number, rule, regex))

    def take_lines(self, page: _Page) -> None:
        """Take the lines that are boilerplate wherever they stand."""
        match, taken = self.lines.match, page.rule
        for i, line in enumerate(page.text):
            if len(line) <= LINE_LIMIT and (found := match(line)) >= 0:
                taken[i] = found

    def find_zones(self, page: _Page) -> None:
        """Find where the head of the page ends and its tail begins; without body there is neither."""
        body = [i for i, line in enumerate(page.text) if page.rule[i] < 0 and _is_body(line)]
        page.body = frozenset(body)
        page.prose = page.body.union(i for i, line in enumerate(page.text) if line[-1] == "。")
        page.head, page.tail = (body[0], body[-1] + 1) if body else (0, len(page))

    def take_menus(self, page: _Page) -> None:
        """Take navigation bars, and menus that have a word a line."""
        for menu in self.menus:
            _take_menu(page, menu, self.rules[menu.rule])
            _take_words_before_path(page, menu.rule, self.paths)

    def take_runs(self, page: _Page) -> None:
        """Take runs of lines of which enough belong to one rule, with what stands between them."""
        member = [
            self.members.match(line) if len(line) <= MEMBER_LIMIT and page.rule[i] < 0 else -1
            for i, line in enumerate(page.text)
        ]
        n, i = len(page), 0
        while i < n:
            number = member[i]
            if number < 0 or page.rule[i] >= 0:
                i += 1
                continue
            rule, between = self.rules[number], self.between[number]
            first = last = i
            count, loose, j = 1, 0, i + 1
            while j < n and loose <= 2:
                if member[j] == number:
                    count, loose, last = count + 1, 0, j
                elif page.rule[j] >= 0:
                    pass
                elif between.fullmatch(page.text[j]):
                    loose += 1
                else:
                    break
                j += 1
            if count >= rule.least and _in_zone(page, first, last, rule.zone):
                if first and page.rule[first - 1] < 0 and between.fullmatch(page.text[first - 1]):
                    first -= 1
                if (
                    last + 1 < n
                    and page.rule[last + 1] < 0
                    and between.fullmatch(page.text[last + 1])
                ):
                    last += 1
                page.take(first, last, number)
            i = last + 1

    def take_blocks(self, page: _Page) -> None:
        """Take headings that open a list of other matter, with the list."""
        n, i = len(page), 0
        while i < n:
            line = page.text[i]
            number = (
                self.headings.match(line) if page.rule[i] < 0 and len(line) <= HEADING_LIMIT else -1
            )
            if number < 0:
                i += 1
                continue
            heading = self.blocks[number]
            last = self._end_of_block(page, i, heading)
            if last >= i:
                page.take(i, last, number)
            i = max(i, last) + 1

    def _end_of_block(self, page: _Page, at: int, heading: _Heading) -> int:
        """Return the last line of the block whose heading is line *at*, or -1 if it is none."""
        rule = heading.rule
        if not _in_zone(page, at, at, rule.zone):
            return -1
        n = min(len(page), at + rule.most + 1)
        if at + 1 < n and heading.unless and heading.unless.fullmatch(page.text[at + 1]):
            return -1
        if rule.until == "blank":
            end = at
            while end + 1 < n and "\n\n" not in re.sub(
                " ", "", page.shadow[page.end[end] : page.start[end + 1]]
            ):
                end += 1
            return end
        in_head = at < page.head
        end = at
        for j in range(at + 1, n):
            if page.rule[j] >= 0:
                if in_head or self.rules[page.rule[j]].kind in {"post-meta", "user-card"}:
                    break
            elif j in page.prose:
                if rule.until != "end" or not _is_lone_summary(page, j):
                    break
            elif heading.item and not heading.item.fullmatch(page.text[j]):
                break
            end = j
        else:
            return end  # nothing but items until the page ends
        if in_head and page.rule[end + 1] < 0:
            return -1  # no telling where the list ends and the title stands
        if end + 1 in page.prose and end > at and not _is_teaser(page.text[end]):
            end -= 1  # the heading of what follows
        return end if end > at else -1

    def take_zoned_lines(self, page: _Page) -> None:
        """Take lines that are boilerplate only at the ends of a page or beside other boilerplate."""
        n, known = len(page), dict[int, int]()

        def rule_of(i: int) -> int:
            if i not in known:
                line = page.text[i]
                known[i] = self.zoned.match(line) if len(line) <= LINE_LIMIT else -1
            return known[i]

        for zone, lines in (("head", range(page.head)), ("tail", range(page.tail, n))):
            for i in lines:
                if (
                    page.rule[i] < 0
                    and (number := rule_of(i)) >= 0
                    and zone in self.rules[number].zone
                ):
                    page.rule[i] = number
        for step, lines in ((-1, range(1, n)), (1, range(n - 2, -1, -1))):
            for i in lines:
                if page.rule[i] < 0 <= page.rule[i + step]:
                    number = rule_of(i)
                    if number >= 0 and "beside" in self.rules[number].zone:
                        page.rule[i] = number

    def find_spans(self, page: _Page) -> list[Edit]:
        """Return edits for boilerplate inside of lines that stay."""
        edits: list[Edit] = []
        for number, rule, regex in self.spans:
            if not any(hint in page.shadow for hint in rule.hint):
                continue
            for found in regex.finditer(page.shadow):
                start, end = found.span()
                if page.shadow[end : end + 1] in {"", "\n"}:  # blanks before it would trail
                    while start and page.shadow[start - 1] == " ":
                        start -= 1
                line = bisect_right(page.start, start) - 1
                if start < end and line >= 0 and page.rule[line] < 0 and end <= page.end[line]:
                    edits.append(Edit(start, end, "", self.rules[number].id))
        return edits


def _in_zone(page: _Page, first: int, last: int, zone: tuple[str, ...]) -> bool:
    if not zone:
        return True
    return ("head" in zone and last < page.head) or ("tail" in zone and first >= page.tail)


def _is_teaser(line: str) -> bool:
    """Return whether *line* is a cut-off summary, a date or a count of clicks, never a heading."""
    return line.endswith(_ELLIPSIS) or bool(_DATE_ONLY.fullmatch(line))


def _is_lone_summary(page: _Page, at: int) -> bool:
    """Return whether line *at* is one short paragraph between two lines that are no prose."""
    return (
        len(page.text[at]) <= TEASER_BODY and at - 1 not in page.prose and at + 1 not in page.prose
    )


def _take_menu(page: _Page, menu: _Menu, rule: Rule) -> None:
    """Take the lines and runs of lines that are words of *menu* and hardly anything else."""
    words: dict[int, tuple[int, int]] = {}  # line: words on it, strong words among them
    for i, line in enumerate(page.text):
        if page.rule[i] < 0 and (on_line := menu.count(line))[0]:
            words[i] = on_line
    taken = sorted(words)
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
        if (count >= rule.least and (strong or at_edge)) or (bare_bar and first == last):
            page.take(first, last, menu.rule)


def _take_words_before_path(page: _Page, rule: int, paths: set[int]) -> None:
    """Take the short lines at the head of a page that stand before the path to the article.

    Only where a third of the lines there went already: a page may begin with its title and path.
    """
    last = max((i for i in range(page.head) if page.rule[i] in paths), default=0)
    gone = sum(page.rule[i] >= 0 for i in range(last))
    if gone < 3 or 3 * gone < last:
        return
    for i in range(last):
        line = page.text[i]
        if page.rule[i] < 0 and len(line) <= WORD_BEFORE_PATH and not _SENTENCE_MARK.search(line):
            page.take(i, i, rule)


def _menu_gap(page: _Page, before: int, after: int) -> int:
    """Return how many unknown words stand between two lines of a menu; -1 if it is no gap."""
    at_edge = after < page.head or before >= page.tail
    gap = [
        i
        for i in range(before + 1, min(after, before + 12))
        if page.rule[i] < 0 and page.text[i].strip(_DECORATION)
    ]
    if after - before > 12 or len(gap) > (4 if at_edge else 2):
        return -1
    if any(len(page.text[i]) > SHORT_GAP or _SENTENCE_MARK.search(page.text[i]) for i in gap):
        return -1
    return len(gap)


def _expand(pattern: str, parts: dict[str, str] = PARTS) -> str:
    """Return *pattern* with each {name} of *parts* filled in."""

    def fill(found: re.Match[str]) -> str:
        if found[1] not in parts:
            raise RuleError(f"no part {{{found[1]}}}{_nearest(found[1], parts)}")
        return _expand(parts[found[1]], parts)

    return _PLACEHOLDER.sub(fill, pattern)


def _nearest(name: str, names: Iterable[str]) -> str:
    """Return the end of a message that names the nearest of *names*."""
    near = get_close_matches(name, list(names), 1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(sorted(names))}"


# --- loading -----------------------------------------------------------------------------------


def load_rules(*folders: Path | str, shipped: bool = True) -> Ruleset:
    """Return the shipped rules, followed by the rules of all `*.toml` files in *folders*.

    The examples of rules from *folders* are checked, those of shipped rules by the tests.

    Raises:
        RuleError: a rule cannot be used; the message names file, rule and what to change.
    """
    rules: list[Rule] = list(_shipped()) if shipped else []
    problems: list[Problem] = []
    for folder in folders:
        for rule in _read(Path(folder), problems):
            rules.append(rule)
            problems += _check_examples(rule)
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in seen:
            problems.append(
                Problem(rule.file, rule.id, f"stands in {seen[rule.id].file} as well; rename it")
            )
        seen[rule.id] = rule
    if problems:
        more = f"\n({len(problems) - 1} more: corpusprep rules check DIR)" if problems[1:] else ""
        raise RuleError(f"{problems[0]}{more}")
    return Ruleset(rules)


def check(path: Path | str) -> list[Problem]:
    """Return all that is wrong with the rules in *path*, a folder or one file."""
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for rule in _read(Path(path), problems):
        problems += _check_examples(rule)
        if rule.id in seen:
            problems.append(
                Problem(rule.file, rule.id, f"stands in {seen[rule.id]} as well; rename it")
            )
        seen[rule.id] = rule.file
    return problems


@cache
def _shipped() -> tuple[Rule, ...]:
    problems: list[Problem] = []
    rules = tuple(_read(SHIPPED, problems, trusted=True))
    if problems:
        raise RuleError(str(problems[0]))
    return rules


def _read(path: Path, problems: list[Problem], *, trusted: bool = False) -> Iterator[Rule]:
    """Yield the rules of a file or of all files in a folder; add what is wrong to *problems*.

    *trusted* rules are not compiled here: those of the package are checked by its tests.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        problems.append(
            Problem(str(path), "", "no *.toml here; a folder of rules holds at least one")
        )
    for file in files:
        try:
            data = tomllib.loads(file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            problems.append(Problem(file.name, "", f"cannot be read: {error}"))
            continue
        problems += (
            Problem(file.name, "", f"unknown key '{key}'{_nearest(key, ('rule', 'parts'))}")
            for key in data.keys() - {"rule", "parts"}
        )
        parts = PARTS | data.get("parts", {})
        for raw in data.get("rule", []):
            found = _problems(file.name, raw)
            problems += found
            if not found:
                try:
                    rule = _rule(file.name, raw, parts)
                    found = [] if trusted else _check_patterns(rule)
                    problems += found
                    if not found:
                        yield rule
                except (RuleError, re.error) as error:
                    problems.append(Problem(file.name, raw["id"], f"cannot be compiled: {error}"))


def _problems(file: str, raw: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with the keys of a rule as it stands in TOML."""
    id_ = str(raw.get("id", ""))
    matchers = [m for m in MATCHERS if m in raw]
    if len(matchers) != 1:
        return [
            Problem(
                file,
                id_,
                f"needs one of {', '.join(MATCHERS)}; it has {' and '.join(matchers) or 'none'}",
            )
        ]
    allowed = _COMMON | _KEYS[matchers[0]] | {matchers[0]}
    found = [f"has the unknown key '{k}'{_nearest(k, allowed)}" for k in raw if k not in allowed]
    found += [f"has no '{k}'; say {what}" for k, what in _NEEDED.items() if not raw.get(k)]
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", id_):
        found.append("has an id that is not kebab-case, such as 'share-bar'")
    if raw.get("class") and raw["class"] not in CLASSES:
        found.append(
            f"has the unknown class '{raw['class']}'{_nearest(str(raw['class']), CLASSES)}"
        )
    found += [
        f"has the unknown zone '{z}'{_nearest(z, ZONES)}"
        for z in _strings(raw.get("zone", ()))
        if z not in ZONES
    ]
    if raw.get("until", "list") not in UNTIL:
        found.append(f"has the unknown until '{raw['until']}'{_nearest(str(raw['until']), UNTIL)}")
    if matchers == ["span"] and not raw.get("hint"):
        found.append("has no 'hint'; give a short literal that every match holds")
    return [Problem(file, id_, message) for message in found]


_NEEDED = {
    "id": "in kebab-case what goes",
    "class": f"which of {', '.join(CLASSES)} it is",
    "why": "where such text comes from and why it goes",
    "removes": "by example what must go",
    "keeps": "by example what looks alike and must stay",
}


def _strings(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]


def _rule(file: str, raw: dict[str, Any], parts: dict[str, str]) -> Rule:
    matcher = next(m for m in MATCHERS if m in raw)
    plain = matcher == "menu"
    patterns = _strings(raw[matcher])
    return Rule(
        id=raw["id"],
        kind=raw["class"],
        why=raw["why"],
        matcher=matcher,
        patterns=tuple(" ".join(patterns).split())
        if plain
        else tuple(_expand(p, parts) for p in patterns),
        strong=tuple(" ".join(_strings(raw.get("strong", ()))).split()),
        removes=_strings(raw["removes"]),
        keeps=_strings(raw["keeps"]),
        zone=_strings(raw.get("zone", ())),
        hint=_strings(raw.get("hint", ())),
        between=tuple(_expand(p, parts) for p in _strings(raw.get("between", ()))),
        least=raw.get("least", 3),
        until=raw.get("until", "list"),
        item=_expand(raw.get("item", ""), parts),
        unless=_expand(raw.get("unless", ""), parts),
        most=raw.get("most", 200),
        file=file,
    )


def _check_patterns(rule: Rule) -> list[Problem]:
    """Return what keeps the patterns of *rule* from ever matching, or from being safe."""
    found = []
    for pattern in (
        *rule.patterns,
        *rule.strong,
        *rule.between,
        *rule.hint,
        rule.item,
        rule.unless,
    ):
        shadow = re.sub(r"\\[A-Z]", lambda m: m[0].lower(), pattern)
        strange = [c for c, low in zip(shadow, fold(shadow), strict=True) if c != low]
        if strange:
            c = strange[0]
            found.append(
                f"has '{c}' in '{pattern}'; rules see a page simplified, half-width and in lower"
                f" case: write '{fold(c)}'"
            )
        if rule.matcher == "span" and re.search(r"(?<!\\)[.\])][*+]", pattern):
            found.append(
                f"has an unbounded repeat in '{pattern}'; a span needs a bound, such as .{{0,80}}"
            )
    if rule.matcher != "menu":
        regexes = (*rule.patterns, *rule.between, rule.item, rule.unless)
        found += [
            f"has a capturing group in '{p}'; write (?:…)" for p in regexes if re.compile(p).groups
        ]
    if rule.matcher in {"line", "run", "block"} and not rule.hint:
        found += [
            f"has '{p}', which may begin with anything; give a 'hint', a literal that its matches hold"
            for p in rule.patterns
            if _firsts(p)[0] is None
        ]
    return [Problem(rule.file, rule.id, message) for message in found]


# --- examples ----------------------------------------------------------------------------------

_BODY = "这一段是正文，它讲完了一件事，句子完整，长度也足够，应当原样留在这里。"
MARKS = "⟦", "⟧"


def _check_examples(rule: Rule) -> list[Problem]:
    """Return what is wrong with the examples of *rule*.

    In `removes` ⟦ and ⟧ mark what goes if it is not all. A rule with a zone finds its examples
    after, before or beside a paragraph of text; `keeps` are whole texts as they stand.
    """
    rules, found = Ruleset([rule]), []
    for example in rule.removes:
        bare = example.replace(MARKS[0], "").replace(MARKS[1], "")
        want = (
            re.sub(rf"{MARKS[0]}[^{MARKS[1]}]*{MARKS[1]}", "", example)
            if MARKS[0] in example
            else ""
        )
        if not any(_letters(left) == _letters(want) for left in _left_over(rules, rule, bare)):
            left = next(_left_over(rules, rule, bare))
            found.append(
                f"removes “{_short(bare)}” but would leave “{_short(left)}”;"
                f" widen '{rule.matcher}' or mark what goes by ⟦ ⟧"
            )
    for example in rule.keeps:
        for before, after in (("", ""), (f"{_BODY}\n", f"\n{_BODY}")):
            text = before + example + after
            lost = sum(e.end - e.start for e in rules.find(text))
            if lost:
                found.append(
                    f"keeps “{_short(example)}” but would remove {lost} characters of it;"
                    f" narrow '{rule.matcher}' or drop the example"
                )
                break
    return [Problem(rule.file, rule.id, message) for message in found]


def _left_over(rules: Ruleset, rule: Rule, example: str) -> Iterator[str]:
    """Yield what *rules* leave of *example* where its zone puts it."""
    frames = [("", "")]
    if "head" in rule.zone:
        frames.append(("", f"\n{_BODY}"))
    if "tail" in rule.zone:
        frames.append((f"{_BODY}\n", ""))
    if "beside" in rule.zone:
        other = Rule("other", "navigation", "", "line", ("⁂",), (), ())
        rules, frames = Ruleset([other, *rules]), [("⁂\n", "")]
    for before, after in reversed(frames):
        text = before + example + after
        left = apply(text, rules.find(text))
        yield left.removeprefix(before.strip()).removesuffix(after.strip())


def _letters(text: str) -> str:
    return "".join(text.split())


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"
