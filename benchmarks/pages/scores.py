"""How much of the main text was found, and how much of what was found is main text.

Both are multisets of runs of four characters without white space, so that a text counts for its
length, the order of its paragraphs for nothing, and its breaks for nothing. Where nothing was found
precision, recall and F1 are 0. All means are over pages, each counting once, or over hosts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.pages.gold import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.pages.gold import Page

RUN = 4  # characters


class Score(NamedTuple):
    """What one page, or the mean of several, comes to."""

    precision: float
    recall: float
    f1: float


def runs(text: str) -> Counter[str]:
    """Return the runs of four characters of *text*, a shorter text as a whole, with their counts.

    >>> runs("今日 天气好")
    Counter({'今日天气': 1, '日天气好': 1})
    """
    plain = bare(text)
    return Counter(plain[i : i + RUN] for i in range(max(len(plain) - RUN + 1, bool(plain))))


def score(found: str, gold: str) -> Score:
    """Return precision, recall and F1 of the text *found* where *gold* was wanted.

    >>> score("今日天气好广告", "今日天气好")
    Score(precision=0.5, recall=1.0, f1=0.6666666666666666)
    """
    mine, wanted = runs(found), runs(gold)
    common = (mine & wanted).total()
    if not common:
        return Score(0.0, 0.0, 0.0)
    both = mine.total() + wanted.total()
    return Score(common / mine.total(), common / wanted.total(), 2 * common / both)


def mean(scores: Iterable[Score]) -> Score:
    columns = zip(*scores, strict=True)
    return Score(*(sum(column) / len(column) for column in columns))


def by_host(pages: Sequence[Page], scores: Sequence[Score]) -> dict[str, list[Score]]:
    hosts: dict[str, list[Score]] = defaultdict(list)
    for page, one in zip(pages, scores, strict=True):
        hosts[page.host].append(one)
    return hosts


def groups(pages: Sequence[Page]) -> dict[str, list[int]]:
    """Return the numbers of all pages, of those of each genre, and of those with little main text.

    The last are counted with their genre, too.
    """
    found: dict[str, list[int]] = {"all": list(range(len(pages)))}
    for genre in sorted({page.genre for page in pages}):
        found[genre] = [i for i, page in enumerate(pages) if page.genre == genre]
    found["short"] = [i for i, page in enumerate(pages) if page.is_short]
    return {name: numbers for name, numbers in found.items() if numbers}


def figures(pages: Sequence[Page], scores: Sequence[Score]) -> dict[str, Any]:
    """Return the means by group; over hosts, where one has several pages; and those hosts' own F1."""
    found = {
        name: rounded(mean(scores[i] for i in numbers)) for name, numbers in groups(pages).items()
    }
    hosts = by_host(pages, scores)
    several = {name: some for name, some in hosts.items() if len(some) > 1}
    if not several:
        return found
    means = {name: mean(some) for name, some in hosts.items()}
    own = {name: round(means[name].f1, 4) for name in sorted(several)}
    return {**found, "by_host": rounded(mean(means.values())), "f1_of_hosts": own}


def rounded(one: Score) -> dict[str, float]:
    return {name: round(value, 4) for name, value in one._asdict().items()}
