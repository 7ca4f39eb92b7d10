"""Boilerplate rules, loaded and compiled together: what they take from a text, as edits.

A page that became plain text still holds its menus, log-in prompts, user cards, credits and
lists of other articles, each of them a line of its own or a stretch of lines. `corpusprep.rulefile`
knows what a rule is, `corpusprep.rulematch` which lines of a page the rules take. Here every piece
becomes one edit with the rule's id, and rules are held against their own examples.
"""

from __future__ import annotations

import re
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from corpusprep.errors import nearest
from corpusprep.genre import OUTSIDE, POST
from corpusprep.rulefile import (
    CLASSES,
    PARTS,
    Problem,
    Rule,
    RuleError,
    fold,
    read_rules,
    shipped_rules,
)
from corpusprep.rulematch import Matcher
from corpusprep.text.edits import Edit, apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from corpusprep.rulematch import Page

__all__ = [
    "CLASSES",
    "PARTS",
    "Problem",
    "Rule",
    "RuleError",
    "Ruleset",
    "check",
    "fold",
    "load_rules",
]


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
            raise RuleError(f"no rule '{rule}'; {nearest(rule, self._by_id)}") from None

    def without(self, *rules: str, classes: Iterable[str] = ()) -> Ruleset:
        """Return the ruleset without the named *rules* and without the rules of *classes*.

        Raises:
            RuleError: a name is no rule's or no class's; the message names the nearest.
        """
        for rule in rules:
            self.get(rule)
        for kind in (classes := tuple(classes)):
            if kind not in CLASSES:
                raise RuleError(f"no class '{kind}'; {nearest(kind, CLASSES)}")
        kept = (r for r in self.rules if r.id not in rules and r.kind not in classes)
        return Ruleset(kept)

    def only(self, *rules: str, classes: Iterable[str] = ()) -> Ruleset:
        """Return the ruleset of what `without` leaves out."""
        rest = set(self.without(*rules, classes=classes))
        return Ruleset(rule for rule in self.rules if rule not in rest)

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.rules)

    def read(self, text: str, *, posters: bool = False) -> Page:
        """Return what the rules say of the lines of *text*.

        With *posters* the names of those who wrote the posts of a thread stay.
        """
        return self._matcher.match(fold(text), posters=posters)

    def edits(self, page: Page, *, posters: bool = False) -> list[Edit]:
        """Return the edits that take out what is taken on *page*, sorted and without overlaps."""
        edits, spans = _line_edits(page, self.rules), list(self._matcher.find_spans(page))
        if posters and page.posters:
            spans += _around_names(page, self.rules[page.engine].id)
        return sorted(edits + spans) if spans else edits

    def find(self, text: str) -> list[Edit]:
        r"""Return the edits that take the boilerplate out of *text*, sorted and without overlaps.

        Lines that stay are not touched, and what stood in two paragraphs stays in two.

        >>> load_rules().find("正文到此结束。\n责任编辑：王小明")
        [Edit(start=7, end=16, new='', rule='editor-credit')]
        """
        return self.edits(self.read(text))


def _content(rule: Rule) -> tuple[object, ...]:
    """Return what *rule* says, without where it stands."""
    return tuple(getattr(rule, name) for name in Rule.__slots__ if name != "file")


def _line_edits(page: Page, rules: Sequence[Rule]) -> list[Edit]:
    """Return an edit for each run of lines that went together, with the breaks that they leave over.

    Of the two separators around a removed stretch the wider stays, so that neither are two
    paragraphs glued together nor does an empty one arise. Two posts are two paragraphs, always.
    """
    before = [0, *page.end]  # a line with the break before it, or with the break after it
    after = [0, *page.start[1:], len(page.shadow)]
    edits: list[Edit] = []
    for first, last in _stretches([i for i, rule in enumerate(page.rule) if rule >= 0]):
        at_end = last + 1 == len(page)
        cuts = before if first and (at_end or _is_wider(page, last, first - 1)) else after
        parted = "\n" if first and not at_end and _parts_posts(page, first, last) else ""
        units = [k for k in range(first + 1, last + 1) if page.unit[k] != page.unit[k - 1]]
        for a, b in pairwise([first, *units, last + 1]):
            new = parted if b == last + 1 else ""
            name = page.evidence.get(a) or rules[page.rule[a]].id
            edits.append(Edit(cuts[a], cuts[b], new, name))
    return edits


def _stretches(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of consecutive *numbers*."""
    breaks = [k for k, (a, b) in enumerate(pairwise(numbers), 1) if b != a + 1]
    for a, b in pairwise([0, *breaks, len(numbers)] if numbers else []):
        yield numbers[a], numbers[b - 1]


def _is_wider(page: Page, after: int, before: int) -> bool:
    """Return whether a blank line follows line *after* while none follows line *before*."""
    blank = [page.shadow.count("\n", page.end[k], page.start[k + 1]) > 1 for k in (after, before)]
    return blank[0] and not blank[1]


def _parts_posts(page: Page, first: int, last: int) -> bool:
    """Return whether lines *first* to *last* part two posts that no blank line would part then."""
    return (
        page.state[first - 1] == POST
        and page.state[last + 1] != OUTSIDE
        and any(page.state[i] != POST for i in range(first, last + 1))
        and all(
            page.shadow.count("\n", page.end[k], page.start[k + 1]) < 2 for k in (first - 1, last)
        )
    )


def _around_names(page: Page, rule: str) -> Iterator[Edit]:
    """Yield edits for what stands beside a poster's name on its line."""
    for line, start, end, whole in page.posters:
        if whole or page.rule[line] >= 0:
            continue
        first = page.shadow.index(page.text[line], page.start[line])
        if first < start:
            yield Edit(first, start, "", rule)
        if end < first + len(page.text[line]):
            yield Edit(end, first + len(page.text[line]), "", rule)


def load_rules(*folders: Path | str, shipped: bool = True) -> Ruleset:
    """Return the shipped rules, followed by the rules of all `*.toml` files in *folders*.

    The examples of rules from *folders* are checked, those of shipped rules by the tests.

    Raises:
        RuleError: a rule cannot be used; the message names file, rule and what to change.
    """
    rules: list[Rule] = list(shipped_rules()) if shipped else []
    problems: list[Problem] = []
    for folder in folders:
        for rule in read_rules(Path(folder), problems):
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
    for rule in read_rules(Path(path), problems):
        problems += _check_examples(rule)
        if rule.id in seen:
            problems.append(
                Problem(rule.file, rule.id, f"stands in {seen[rule.id]} as well; rename it")
            )
        seen[rule.id] = rule.file
    return problems


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
