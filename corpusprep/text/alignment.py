"""Two texts laid side by side: the stretches that they share, in order.

Texts that are much alike share most four-grams that stand once in each; those that keep step make
stretches, and between the stretches lies what differs. All of it is linear but for one sort.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Run", "runs_of", "shared_start"]

GRAM = 4  # characters by which texts are aligned: two names part with four between them


class Run(NamedTuple):
    """A stretch that two skeletons share: where it begins in each, and how long it is."""

    one: int
    other: int
    size: int


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _anchors(one: str, other: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the n-grams stand that each of two texts has exactly once.

    Hash and place are packed into one number, so that one sort brings equals together.
    """
    codes = np.concatenate((_codes(one), _codes(other))).astype(np.uint64)
    size = len(codes) - GRAM + 1
    hashes = codes[:size]
    for k in range(1, GRAM):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + codes[k : size + k]
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    bits = np.uint64(len(codes).bit_length())
    low = np.uint64((1 << int(bits)) - 1)
    packed = (hashes & ~low) | np.arange(size, dtype=np.uint64)
    cut = len(one) - GRAM + 1  # those that reach from one text into the other stand here
    packed = np.concatenate((packed[:cut], packed[len(one) :]))
    packed.sort()
    keys = packed >> bits
    equal = np.zeros(len(keys) + 1, np.bool_)
    equal[1:-1] = keys[1:] == keys[:-1]
    found = np.flatnonzero(equal[1:-1] & ~equal[:-2] & ~equal[2:])
    first, second = packed[found] & low, packed[found + 1] & low
    partner = np.zeros(len(codes), np.int64)
    partner[first] = second
    own = np.flatnonzero(partner[: len(one)] >= len(one))  # in order, and one of either text
    return own, partner[own] - len(one)


def _diagonals(one: str, other: str) -> list[Run]:
    """Return stretches of two texts that keep step and begin and end alike, none crossing another."""
    if min(len(one), len(other)) < GRAM:
        return []
    first, second = _anchors(one, other)
    step = second - first
    cuts = np.flatnonzero(step[1:] != step[:-1]) + 1
    bounds = [0, *cuts.tolist(), len(step)] if len(step) else [0]
    a, b = first.tolist(), second.tolist()
    runs = [Run(a[k], b[k], a[end - 1] + GRAM - a[k]) for k, end in pairwise(bounds)]
    return _heaviest(runs, [end - k for k, end in pairwise(bounds)]) if len(runs) > 1 else runs


def _heaviest(runs: list[Run], weights: list[int]) -> list[Run]:
    """Return those of *runs*, in order, that do not cross and weigh most together."""
    # The best chain up to each place of the other text: later ones weigh more.
    ends, scores, last, before = [-1], [0], [-1], []
    for at, (run, weight) in enumerate(zip(runs, weights, strict=True)):
        best = bisect_right(ends, run.other + GRAM - 2) - 1  # two runs may share characters
        before.append(last[best])
        score, end = scores[best] + weight, run.other + run.size - 1
        low, high = bisect_right(ends, end - 1), bisect_right(scores, score)
        if high >= max(low, bisect_right(ends, end)):
            ends[low:high], scores[low:high], last[low:high] = [end], [score], [at]
    chain, at = [], last[-1]
    while at >= 0:
        chain.append(runs[at])
        at = before[at]
    return chain[::-1]


def shared_start(one: str, other: str) -> int:
    """Return how many characters two texts share at their beginnings."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # the place is between the two: slices compare faster than characters
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _spans(one: str, other: str) -> list[Run]:
    """Return stretches that keep step, from both beginnings to both ends, as long as they can be.

    Two that follow each other leave a gap that is longer in one of the texts. Inside a stretch
    single characters and words of the same length may differ.
    """
    spans = [Run(0, 0, 0)]
    for run in (*_diagonals(one, other), Run(len(one), len(other), 0)):
        a, b, size = spans[-1]
        if run.other - run.one == b - a:
            spans[-1] = Run(a, b, max(size, run.one + run.size - a))
            continue
        over = max(0, a + size - run.one, b + size - run.other)
        if over > run.size:
            continue
        left, right = one[a + size : run.one + over], other[b + size : run.other + over]
        ahead = shared_start(left, right)
        back = shared_start(left[ahead:][::-1], right[ahead:][::-1])
        spans[-1] = Run(a, b, size + ahead)
        skip = over - back
        spans.append(Run(run.one + skip, run.other + skip, run.size - skip))
    return spans


def runs_of(one: str, other: str) -> list[Run]:
    """Return the stretches that two texts share, in order, between an empty one at either end.

    A single character counts where none but single characters differ beside it: in a passage that
    was replaced, some agree by chance.
    """
    found = []
    for a, b, size in _spans(one, other):
        if one[a : a + size] == other[b : b + size]:
            found.append(Run(a, b, size))
            continue
        equal = _codes(one[a : a + size]) == _codes(other[b : b + size])
        bounded = np.zeros(size + 2, np.bool_)
        bounded[1:-1] = equal
        edges = np.flatnonzero(bounded[1:] != bounded[:-1]).tolist()
        found += [
            Run(a + start, b + start, end - start)
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        ]
    kept = [Run(0, 0, 0)]
    found = [run for run in found if run.size] + [Run(len(one), len(other), 0)]
    for run, after in pairwise(found):
        if run.size > 1 or not _stands_alone(kept[-1], run, after):
            kept.append(run)
    return [*kept, found[-1]]


def _stands_alone(before: Run, run: Run, after: Run) -> bool:
    """Return whether something differs on both sides of *run*, and on one more than a character."""
    left, right = (
        max(right.one - left.one, right.other - left.other) - left.size
        for left, right in ((before, run), (run, after))
    )
    return min(left, right) > 0 and max(left, right) > 1
