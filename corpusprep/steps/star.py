"""Who stays, of documents that bands have brought together: a greedy star over exact similarity.

Links do not add up. Of a chain of sixty small revisions, the first and the last have nothing in
common; whoever drops all that hangs together keeps one of sixty. Here the documents are gone
through in the order in which they would rather stay, and each goes only for one that stays already
and that it is itself a copy of, counted on the full sets of shingles. So every document that goes
has its like in the corpus.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from corpusprep.text.forms import differ_in_facts
from corpusprep.text.shingles import MIN_KEY, WIDTH, common, mixed, shingle_sets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from corpusprep.steps.sketches import Sketches

EXACT, NEAR, CONTAINED = range(3)

# How far below the wanted similarity an estimate may lie and still be counted exactly: 3.4 times
# the standard error of 64 places.
SLACK = 0.2
# Where the overlap decides, both texts must still share half of what they have together.
FLOOR = 0.5
# Bounds on the work for one document among very many alike (pages of one template), where a
# missed copy costs less than hours: documents remembered for a shared band, and exact comparisons.
BUCKET = 256
TRIES = 8
# A bulletin among very many of its form differs from the most alike of them; so it does from others.
TIMES_APART = 3
LONG = 250  # shingles in common from which on one changed character is no fact
# Texts are fetched, and shingle sets remembered, up to so many characters (8 bytes each).
WINDOW = 1 << 16
CACHE = 1 << 17


class Measure(NamedTuple):
    """What makes a copy; see `corpusprep.steps.duplicates.Duplicates`."""

    threshold: float
    overlap: float = 0.0
    contained: float = 0.0
    forms_apart: bool = True
    ngram: int = WIDTH

    @property
    def least(self) -> float:
        """The smallest similarity that can make a copy."""
        return min(self.threshold, FLOOR) if self.overlap else self.threshold

    def judge(self, one: NDArray[np.uint64], other: NDArray[np.uint64]) -> Likeness | None:
        """Return how *one* is a copy of *other*, if it is."""
        if not len(one) or not len(other):
            return None
        shared = common(one, other)
        similarity = shared / (len(one) + len(other) - shared)
        share = shared / len(one)
        differs = self.forms_apart and similarity >= FLOOR and self._may_differ(one, other, shared)
        if similarity >= self.threshold:
            return Likeness(NEAR, similarity, differs, cautious=False)
        if self.overlap and similarity >= FLOOR and share >= self.overlap:
            return Likeness(NEAR, similarity, differs, cautious=True)
        if self.contained and share >= self.contained:
            return Likeness(CONTAINED, share, differs, cautious=True)
        return None

    def _may_differ(self, one: NDArray[np.uint64], other: NDArray[np.uint64], shared: int) -> bool:
        """Return whether the two texts may differ in facts: both have shingles of their own.

        One changed character is five shingles, and in a long text it is a correction.
        """
        own, others = len(one) - shared, len(other) - shared
        slip = shared >= LONG and own <= self.ngram and others <= self.ngram
        return bool(own and others and not slip)


class Likeness(NamedTuple):
    """How a document is a copy of another: what is said of it, and whether facts may differ."""

    kind: int
    similarity: float
    may_differ: bool
    cautious: bool


@dataclass(slots=True)
class Verdicts:
    """The rows that go, each with the row that stays, the kind and the similarity.

    `apart` counts those that stay although they are alike enough, for their other facts.
    """

    row: array[int] = field(default_factory=lambda: array("q"))
    kept: array[int] = field(default_factory=lambda: array("q"))
    kind: bytearray = field(default_factory=bytearray)
    similarity: array[float] = field(default_factory=lambda: array("d"))
    apart: int = 0

    def add(self, row: int, kept: int, kind: int, similarity: float) -> None:
        """Note that *row* goes for *kept*."""
        self.row.append(row)
        self.kept.append(kept)
        self.kind.append(kind)
        self.similarity.append(similarity)


class _Member(NamedTuple):
    """A document that has company: its place, component, buckets, and what it may lie within."""

    place: int
    component: int
    buckets: list[int]
    within: list[int]


def star(
    measure: Measure,
    sketches: Sketches,
    rows: NDArray[np.signedinteger],
    settled: int,
    inside: Sequence[tuple[int, int]],
    text_of: Callable[[Sequence[int]], list[str]],
) -> Verdicts:
    """Return which of *rows*, the preferred first, go; the first *settled* stay unseen."""
    long = sketches.key_length[rows] >= MIN_KEY
    settled = int(np.count_nonzero(long[:settled]))
    rows = rows[long]
    verdicts = Verdicts()
    if len(rows) < 2:
        return verdicts
    work = _Star(measure, sketches, rows, settled, text_of, verdicts)
    members = _members(sketches.bands, rows, _within(inside, rows, len(sketches)))
    for window in _windows(members, sketches.key_length[rows]):
        work.go_through(window)
    return verdicts


def _within(
    inside: Sequence[tuple[int, int]], rows: NDArray[np.signedinteger], total: int
) -> NDArray[np.int64]:
    """Return the pairs *inside* as places among *rows*, without those that are not among them."""
    if not len(inside):
        return np.empty((0, 2), np.int64)
    place = np.full(total, -1)
    place[rows] = np.arange(len(rows))
    pairs = place[np.array(inside, np.int64).reshape(-1, 2)]
    return pairs[(pairs >= 0).all(axis=1) & (pairs[:, 1] < pairs[:, 0])]


class _Star:
    """The documents that stay so far, by bucket, and the sets of those last looked at."""

    def __init__(
        self,
        measure: Measure,
        sketches: Sketches,
        rows: NDArray[np.signedinteger],
        settled: int,
        text_of: Callable[[Sequence[int]], list[str]],
        verdicts: Verdicts,
    ) -> None:
        self._measure = measure
        self._signature = sketches.signature
        self._rows = rows
        self._settled = settled
        self._text_of = text_of
        self._verdicts = verdicts
        self._least = (measure.least - SLACK) * sketches.signature.shape[1]
        self._staying: dict[int, list[int]] = {}
        self._gone: set[int] = set()  # places of this component
        self._sets: dict[int, NDArray[np.uint64]] = {}
        self._texts: dict[int, str] = {}
        self._component = -1

    def go_through(self, window: list[_Member]) -> None:
        """Decide about the members of *window*, whose texts fit into memory together."""
        if window[0].component != self._component:
            self._staying.clear()
            self._gone.clear()
            self._forget()
        elif sum(map(len, self._sets.values())) > CACHE:
            self._forget()
        self._component = window[-1].component
        self._fetch(member.place for member in window)
        for member in window:
            if member.place < self._settled or not self._goes(member):
                self._stay(member)

    def _forget(self) -> None:
        self._sets.clear()
        self._texts.clear()

    def _stay(self, member: _Member) -> None:
        """Remember that *member* stays; a bucket that is full already does without."""
        for bucket in member.buckets:
            own = self._staying.setdefault(bucket, [])
            if len(own) < BUCKET:
                own.append(member.place)

    def _like(self, member: _Member) -> list[int]:
        """Return up to `TRIES` places that *member* may be a copy of, the most alike first."""
        staying = self._staying.get
        near = sorted({place for bucket in member.buckets for place in staying(bucket, ())})
        if near:
            own = self._signature[self._rows[member.place]]
            equal = np.count_nonzero(self._signature[self._rows[near]] == own, axis=1)
            best = np.argsort(-equal, kind="stable")[:TRIES] if len(near) > 1 else [0]
            near = [near[i] for i in best if equal[i] >= self._least]
        return near + [place for place in member.within if place not in near]

    def _goes(self, member: _Member) -> bool:
        """Return whether *member* is a copy of one that stays, and note of which."""
        apart = 0
        for place in self._like(member):
            if place in self._gone:
                continue
            self._fetch((member.place, place))
            found = self._measure.judge(self._sets[member.place], self._sets[place])
            if found is None:
                continue
            one, other = self._texts[member.place], self._texts[place]
            if found.may_differ and differ_in_facts(one, other, cautious=found.cautious):
                apart += 1
                if apart == TIMES_APART:
                    break
                continue
            self._gone.add(member.place)
            row, kept = int(self._rows[member.place]), int(self._rows[place])
            self._verdicts.add(row, kept, found.kind, found.similarity)
            return True
        self._verdicts.apart += apart > 0
        return False

    def _fetch(self, places: Iterable[int]) -> None:
        missing = sorted(place for place in set(places) if place not in self._sets)
        if missing:
            texts = self._text_of(self._rows[missing].tolist())
            sets = shingle_sets(texts, self._measure.ngram)
            self._sets.update(zip(missing, sets, strict=True))
            self._texts.update(zip(missing, texts, strict=True))


def _members(
    bands: NDArray[np.unsignedinteger], rows: NDArray[np.signedinteger], within: NDArray[np.int64]
) -> Iterator[_Member]:
    """Yield the documents that share a band or may lie in one, component by component.

    Within a component those come first that would rather stay.
    """
    place, bucket, label = _shared(bands, rows)
    link(label, within[:, 0], within[:, 1])
    places = np.unique(np.concatenate((place, within.ravel().astype(np.int32))))
    component = label[places]
    starts = np.searchsorted(place, places, side="left")
    ends = np.searchsorted(place, places, side="right")
    lies_in: dict[int, list[int]] = {}
    for inner, outer in sorted(within.tolist()):
        lies_in.setdefault(inner, []).append(outer)
    for i in np.argsort(component, kind="stable").tolist():
        at = int(places[i])
        yield _Member(
            at, int(component[i]), bucket[starts[i] : ends[i]].tolist(), lies_in.get(at, [])
        )


def _shared(
    bands: NDArray[np.unsignedinteger], rows: NDArray[np.signedinteger]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return which of the documents *rows* share a band with another.

    Places with their buckets, two arrays sorted by place; and for every document the first one
    that it hangs together with. Two copies share most of their bands: a bucket of the same
    documents as an earlier one is left out.
    """
    places, buckets = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    label = np.arange(len(rows), dtype=np.int32)
    known = np.empty(0, np.uint64)
    for k in range(bands.shape[1]):
        hashes = bands[rows, k]
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        equal = hashes[1:] == hashes[:-1]
        member = np.concatenate((equal, [False])) | np.concatenate(([False], equal))
        place = order[member].astype(np.int32)
        starts = ~np.concatenate(([False], equal))[member]
        if not len(place):
            continue
        groups = np.add.reduceat(
            mixed(place.astype(np.uint64) + np.uint64(1)), np.flatnonzero(starts)
        )
        new = ~np.isin(groups, known)
        kept = new[np.cumsum(starts) - 1]
        place, starts = place[kept], starts[kept]
        link(label, place[:-1][~starts[1:]], place[1:][~starts[1:]])
        places.append(place)
        buckets.append((len(known) + np.cumsum(starts)).astype(np.int32))
        known = np.concatenate((known, groups[new]))
    place, bucket = np.concatenate(places), np.concatenate(buckets)
    by_place = np.argsort(place, kind="stable")
    return place[by_place], bucket[by_place], label


def link(label: NDArray[np.signedinteger], first: NDArray[Any], second: NDArray[Any]) -> None:
    """Join the components that *label* names by more links; each keeps its lowest node's name.

    >>> label = np.arange(6)
    >>> link(label, np.array([4, 1, 3]), np.array([3, 4, 0]))
    >>> label.tolist()
    [0, 0, 2, 0, 0, 5]
    """
    while True:
        one, other = label[first], label[second]
        apart = one != other
        if not apart.any():
            return
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        np.minimum.at(label, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(shorter := label[label], label):
            label[:] = shorter


def _windows(members: Iterable[_Member], sizes: NDArray[np.uint32]) -> Iterator[list[_Member]]:
    """Yield *members* in runs whose texts have up to `WINDOW` characters."""
    window: list[_Member] = []
    total = 0
    for member in members:
        size = int(sizes[member.place])
        if window and total + size > WINDOW:
            yield window
            window, total = [], 0
        window.append(member)
        total += size
    if window:
        yield window
