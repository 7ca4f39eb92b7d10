"""Which blocks of a page are its main content: what an article or a thread says, and nothing else.

A model gives every block the probability that people who marked pages by hand kept it: a weighted
sum of its features (`corpusprep.page.blocks`), trained by `scripts/train_page_model.py`. One block
is easily misjudged; so an article is the container in which the blocks together are the most
probable, without those in it that surely are none. A thread has no such container.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from corpusprep.page.blocks import describe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from corpusprep.core import Block, Document
    from corpusprep.page.blocks import Described, Floats

MODEL = Path(__file__).parents[1] / "models" / "blocks.npz"
# Tried out on pages of sites that the model had not seen; F1 moves by 0.01 around them.
THREAD = 0.3  # blocks of a thread with at least this probability stay
INSIDE = 0.15  # so do blocks within the container of an article,
OUTSIDE = 0.97  # and those beside it of which the model is sure
EVEN = 0.4  # a block of this probability makes a container neither better nor worse
LONGEST, SMALL = 200, 3  # units: a longer block counts no more, the shortest a little
HEADED, NEAR = 5.0, 15  # for a container that begins so many blocks behind the title at most
# Where the best container weighs less, it is a teaser somewhere: a very short article is what stands
# under its title, unless it is almost surely chrome.
WEAK, AFTER_TITLE = 12.0, 0.05
SOME = 2.0  # units times probability
LEAST = 12  # units: where less is found, the page is one that the model does not understand


class Main(NamedTuple):
    """The shown blocks of a page, whether each is main content, and how probable that is."""

    blocks: list[Block]
    keep: list[bool]
    probability: list[float]
    title: int
    thread: bool


def find_main(doc: Document) -> Main:
    """Return what of the blocks of *doc* is its main content.

    >>> from corpusprep.page.html import read_page
    >>> page = read_page(
    ...     "<title>防汛通知_某区政府</title><ul class=nav><li><a href=/>首页</a><li><a href=/x>新闻</a></ul>"
    ...     "<h1>防汛通知</h1><div class=content><p>请于六月十日前完成水库和河道的隐患排查，逾期通报。</p>"
    ...     "<p>整改清单报区防汛办公室，联系人另行通知。</p></div><div class=footer>版权所有 某区政府</div>",
    ...     "a.html")
    >>> main = find_main(page)
    >>> [page.text[b.start : b.end][:4] for b, keep in zip(main.blocks, main.keep) if keep]
    ['防汛通知', '请于六月', '整改清单']
    """
    found = describe(doc)
    if not found.blocks:
        return Main([], [], [], -1, found.thread)
    probability = probabilities(found.features)
    keep = probability > THREAD if found.thread else _article(found, probability)
    if int(found.units[keep].sum()) < LEAST:
        keep = np.full(len(keep), True)
    if found.title >= 0:
        keep[found.title] = True
    return Main(found.blocks, keep.tolist(), probability.tolist(), found.title, found.thread)


def probabilities(features: Floats) -> Floats:
    """Return for each row of *features* how probable it is that the block is main content."""
    mean, scale, weights, bias = _model()
    odds: Floats = (features - mean) / scale @ weights + bias
    return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


@cache
def _model() -> tuple[Floats, Floats, Floats, float]:
    with np.load(MODEL) as file:
        return file["mean"], file["scale"], file["weights"], float(file["bias"])


def _article(found: Described, probability: Floats) -> NDArray[np.bool_]:
    """Return which blocks are kept where all of the text lies in one container."""
    weight = (np.minimum(found.units, LONGEST) + SMALL) * (probability - EVEN)
    best, total = _best_container(found, weight)
    least = INSIDE
    if total < WEAK and found.title >= 0:
        best, least = _under_title(found, probability), AFTER_TITLE
    return (_within(found, best) & (probability > least)) | (probability > OUTSIDE)


def _best_container(found: Described, weight: Floats) -> tuple[int, float]:
    """Return the container whose blocks weigh the most, the innermost of equals, and the weight."""
    count, size = len(found.parent), len(found.blocks)
    total = np.bincount(found.container, weight, count).tolist()
    place = np.arange(size)
    begin, end = np.full(count, size), np.full(count, -1)
    np.minimum.at(begin, found.container, place)
    np.maximum.at(end, found.container, place)
    first, last = begin.tolist(), end.tolist()
    for k in range(count - 1, 0, -1):  # a container comes before what is in it
        if (outer := found.parent[k]) >= 0:
            total[outer] += total[k]
            first[outer] = min(first[outer], first[k])
            last[outer] = max(last[outer], last[k])
    if (title := found.title) >= 0:
        for k in range(count):
            if last[k] < title:
                total[k] -= HEADED
            elif first[k] <= title + NEAR and last[k] > title:
                total[k] += HEADED
    best = max(range(count), key=lambda k: (round(total[k], 1), k))
    return best, total[best]


def _under_title(found: Described, probability: Floats) -> int:
    """Return the innermost container of the title that may have some text behind it."""
    linked = np.array([block.links > 0 for block in found.blocks])
    behind = np.where(linked, 0, found.units * probability)
    behind[: found.title + 1] = 0
    node = int(found.container[found.title])
    while found.parent[node] >= 0 and behind[_within(found, node)].sum() < SOME:
        node = found.parent[node]
    return node


def _within(found: Described, container: int) -> NDArray[np.bool_]:
    """Return which blocks lie in *container*."""
    inside = [k == container for k in range(len(found.parent))]
    for k, outer in enumerate(found.parent):  # a container comes before what is in it
        inside[k] = inside[k] or (outer >= 0 and inside[outer])
    return np.array(inside, np.bool_)[found.container]
