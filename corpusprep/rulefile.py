"""What a rule is, in which letters it is written, and how rules are read from TOML files.

A rule says what one kind of boilerplate looks like, why it goes, and by example what it takes and
what it leaves. It never sees the text itself but its shadow: equally long, in simplified Chinese,
half-width and lower case, so that `發表於`, `发表于：` and `发表于:` are one wording. A rule is
written in the shadow's alphabet, and one that could never match is refused here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from corpusprep.errors import CorpusprepError, nearest
from corpusprep.text.script import simplify_chars

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

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
MATCHERS = ("line", "span", "menu", "run", "block", "thread")
# Which keys go with which matcher; the first row goes with all of them.
_COMMON = {"id", "class", "why", "removes", "keeps", "zone"}
_KEYS = {
    "line": {"hint"},
    "span": {"hint"},
    "menu": {"strong", "least"},
    "run": {"between", "least", "hint"},
    "block": {"until", "item", "unless", "most", "hint"},
    "thread": {"closes", "heads", "card", "ranks", "poster", "least", "most", "hint"},
}
ZONES = ("head", "tail", "beside")
UNTIL = ("end", "list", "blank")
CARDS = ("above", "below", "next", "none")

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
_PLACEHOLDER = re.compile(r"\{([a-z][a-z-]*)\}")
# One code point for one, so that offsets in the shadow are offsets in the text.
_NARROW = (
    {chr(ord(c) + 0xFEE0): c for c in "!(),:;?/|~[]<>-+.&@#*"}
    | dict(zip("　\xa0\t\u200b\ufeff【】〔〕〖〗﹕︰", "     [][][]::", strict=True))
    | dict.fromkeys("\r\u2028\u2029\x0b\x0c\x85", "\n")
)
_LAST_CODE, _LAST_HAN = 0x10FFFF, 0x323AF  # what comes after Han has neither case nor script


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
    closes: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    card: str = "none"
    ranks: tuple[str, ...] = ()
    poster: str = ""
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
    # In lower case İ is two characters, so a text that holds it keeps its capitals.
    shadow = _shadows(lower="İ" not in text).take(_codes(text))
    return str(shadow.data, "utf-32-le", "surrogatepass")


@cache
def _shadows(*, lower: bool) -> npt.NDArray[np.uint32]:
    """Return the shadow of each code point: one table in place of fifty replacements."""
    chars = "".join(map(chr, chain(range(0xD800), range(0xE000, _LAST_HAN + 1))))  # no surrogates
    shadows = simplify_chars(chars)
    table = np.arange(_LAST_CODE + 1, dtype=np.uint32)
    table[_codes(chars)] = _codes(shadows.replace("İ", "i").lower() if lower else shadows)
    table[_codes("".join(_NARROW))] = _codes("".join(_NARROW.values()))
    return table


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


# --- what a pattern can match ------------------------------------------------------------------

_ATOM = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|\(\?(?:[=!>:]|<[=!])|.", re.DOTALL)
_REPEAT = re.compile(r"(?:([?*+])|\{(?=[\d,])(\d*)(,?)(\d*)\})[+?]?")
_CLASSES = {"d": "0123456789", "s": " "}
UNBOUNDED = 1 << 30


class Shape(NamedTuple):
    """What a match of a pattern can begin with (None: anything), and its least and most length."""

    firsts: frozenset[str] | None
    shortest: int
    longest: int


_NOTHING = Shape(frozenset(), 0, 0)


@cache
def shape(pattern: str) -> Shape:
    """Return what a match of *pattern* can begin with, and how long it is at least and at most.

    >>> sorted(shape("(?:责任)?编辑:").firsts), shape("(?:责任)?编辑:")[1:]
    (['编', '责'], (3, 5))
    """
    return _shape_of_branches(pattern, 0)[0]


def _shape_of_branches(pattern: str, at: int) -> tuple[Shape, int]:
    """Return the shape of the alternation at *at*, and where it ends."""
    firsts: frozenset[str] | None = frozenset()
    shortest, longest = UNBOUNDED, 0
    low = high = 0  # of the branch so far
    while at < len(pattern):
        found = _ATOM.match(pattern, at)
        assert found  # the last branch of _ATOM takes anything
        atom, at = found[0], found.end()
        if atom == ")":
            break
        if atom == "|":
            shortest, longest, low, high = min(shortest, low), max(longest, high), 0, 0
            continue
        if atom[0] == "(":
            mine, at = _shape_of_branches(pattern, at)
            if atom[2:3] in {"=", "!", "<"}:
                mine = _NOTHING
        else:
            mine = _shape_of_atom(atom)
        least, most, at = _repeat(pattern, at)
        if not low:
            firsts = None if firsts is None or mine.firsts is None else firsts | mine.firsts
        low, high = low + least * mine.shortest, high + most * mine.longest
    return Shape(firsts, min(shortest, low), max(longest, high)), at


def _repeat(pattern: str, at: int) -> tuple[int, int, int]:
    """Return how often what stands before *at* comes at least and at most, and where that ends."""
    found = _REPEAT.match(pattern, at)
    if not found:
        return 1, 1, at
    sign, least, comma, most = found.groups()
    if sign:
        return int(sign == "+"), 1 if sign == "?" else UNBOUNDED, found.end()
    return int(least or 0), int(most or UNBOUNDED) if comma else int(least), found.end()


def _shape_of_atom(atom: str) -> Shape:
    if atom in {"^", "$"}:
        return _NOTHING
    return Shape(_firsts_of_atom(atom), int(atom not in {r"\b", r"\B"}), 1)


def _firsts_of_atom(atom: str) -> frozenset[str] | None:
    if atom[0] == "\\":
        if atom[1] in "wWDSbB":
            return None
        return frozenset(_CLASSES.get(atom[1], atom[1]))
    if atom[0] != "[":
        return None if atom == "." else frozenset(atom)
    if atom[1] == "^" or re.search(r"\\[^\[\]\\.*+?()|d-]|[^\x00-\x7f]-[^\x00-\x7f]", atom):
        return None
    regex = re.compile(atom)
    ascii_ = {chr(c) for c in range(32, 127) if regex.match(chr(c))}
    return frozenset(ascii_ | {c for c in atom[1:-1] if ord(c) > 126})


def expand(pattern: str, parts: dict[str, str] = PARTS) -> str:
    """Return *pattern* with each {name} of *parts* filled in."""

    def fill(found: re.Match[str]) -> str:
        if found[1] not in parts:
            raise RuleError(f"no part {{{found[1]}}}; {nearest(found[1], parts)}")
        return expand(parts[found[1]], parts)

    return _PLACEHOLDER.sub(fill, pattern)


# --- reading ----------------------------------------------------------------------------------


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Return the rules of the package."""
    problems: list[Problem] = []
    rules = tuple(read_rules(SHIPPED, problems, trusted=True))
    if problems:
        raise RuleError(str(problems[0]))
    return rules


def read_rules(path: Path, problems: list[Problem], *, trusted: bool = False) -> Iterator[Rule]:
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
            Problem(file.name, "", f"unknown key '{key}'; {nearest(key, ('rule', 'parts'))}")
            for key in data.keys() - {"rule", "parts"}
        )
        parts = PARTS | data.get("parts", {})
        for raw in data.get("rule", []):
            found = _problems(file.name, raw)
            problems += found
            if not found:
                try:
                    rule = _rule(file.name, raw, parts)
                    found = [] if trusted else check_patterns(rule)
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
    found = [f"has the unknown key '{k}'; {nearest(k, allowed)}" for k in raw if k not in allowed]
    found += [f"has no '{k}'; say {what}" for k, what in _NEEDED.items() if not raw.get(k)]
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", id_):
        found.append("has an id that is not kebab-case, such as 'share-bar'")
    if raw.get("class") and raw["class"] not in CLASSES:
        found.append(
            f"has the unknown class '{raw['class']}'; {nearest(str(raw['class']), CLASSES)}"
        )
    found += [
        f"has the unknown zone '{z}'; {nearest(z, ZONES)}"
        for z in _strings(raw.get("zone", ()))
        if z not in ZONES
    ]
    if raw.get("until", "list") not in UNTIL:
        found.append(f"has the unknown until '{raw['until']}'; {nearest(str(raw['until']), UNTIL)}")
    if raw.get("card", "none") not in CARDS:
        found.append(f"has the unknown card '{raw['card']}'; {nearest(str(raw['card']), CARDS)}")
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
        else tuple(expand(p, parts) for p in patterns),
        strong=tuple(" ".join(_strings(raw.get("strong", ()))).split()),
        removes=_strings(raw["removes"]),
        keeps=_strings(raw["keeps"]),
        zone=_strings(raw.get("zone", ())),
        hint=_strings(raw.get("hint", ())),
        between=tuple(expand(p, parts) for p in _strings(raw.get("between", ()))),
        least=raw.get("least", 1 if matcher == "thread" else 3),
        until=raw.get("until", "list"),
        item=expand(raw.get("item", ""), parts),
        unless=expand(raw.get("unless", ""), parts),
        most=raw.get("most", 200),
        closes=tuple(expand(p, parts) for p in _strings(raw.get("closes", ()))),
        heads=tuple(expand(p, parts) for p in _strings(raw.get("heads", ()))),
        card=raw.get("card", "none"),
        ranks=tuple(expand(p, parts) for p in _strings(raw.get("ranks", ()))),
        poster=expand(raw.get("poster", ""), parts),
        file=file,
    )


def check_patterns(rule: Rule) -> list[Problem]:
    """Return what keeps the patterns of *rule* from ever matching, or from being safe."""
    found = []
    regexes = (*rule.patterns, *rule.between, *rule.closes, *rule.heads, *rule.ranks)
    regexes += (rule.item, rule.unless)
    for pattern in (*regexes, *rule.strong, *rule.hint, rule.poster):
        shadow = re.sub(r"\\[A-Z]|\(\?P<", lambda m: m[0].lower(), pattern)
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
        found += [
            f"has a capturing group in '{p}'; write (?:…)" for p in regexes if re.compile(p).groups
        ]
    if rule.poster not in {"", "first"} and "name" not in re.compile(rule.poster).groupindex:
        found.append(f"has no group 'name' in '{rule.poster}'; mark the name by (?P<name>…)")
    if rule.matcher in {"line", "run", "block", "thread"} and not rule.hint:
        found += [
            f"has '{p}', which may begin with anything; give a 'hint', a literal that its matches hold"
            for p in rule.patterns
            if shape(p).firsts is None
        ]
    return [Problem(rule.file, rule.id, message) for message in found]
