"""Leave out copies: the same text again, and texts that are the same but for a few characters.

A press release runs on forty sites, each with its own share bar; a forum page is crawled again
after three more replies. Such copies teach a model to recite. But a bulletin that shares its form
with yesterday's is no copy, nor is the last of a long chain of small revisions: a document is left
out only where its similarity to a document that *stays*, counted exactly, reaches the threshold.
Signatures and shared bands merely propose whom to compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from corpusprep.errors import CorpusprepError
from corpusprep.text.shingles import (
    BINS,
    MIN_KEY,
    blocks,
    exact_hashes,
    jaccard,
    key_texts,
    shingle_sets,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Duplicate", "Duplicates", "Sketches", "near_duplicates", "warnings"]

# The chance that two documents just at the threshold meet in some band. With 0.98 the default
# threshold gives 18 bands of 7; 16 of 8, the usual choice, gives 0.947.
MEETING_CHANCE = 0.98
# How far below the threshold an estimate may lie and still be counted exactly: 3.4 standard errors.
SLACK = 0.12
# Bounds on the work for one document among very many alike (pages of one template), where a
# missed copy costs less than hours: documents remembered for a shared band, and exact comparisons.
BUCKET = 256
TRIES = 8
# Texts are fetched, and shingle sets remembered, up to so many characters (8 bytes each).
WINDOW = 1 << 22
CACHE = 1 << 24

# A cluster beyond this share of the corpus is more often a page template or a login page than
# an article; more than half gone is more often a wrong threshold than a corpus of copies.
CLUSTER_SHARE, CLUSTER_SIZE = 0.01, 10
DROPPED_SHARE = 0.5


class Duplicate(NamedTuple):
    """A document to leave out: its row, and the row of the document that stays in its place.

    `rule` is ``exact-duplicate`` where letters and digits of the two are the same (`similarity`
    is 1), else ``near-duplicate``. `cluster_size` counts the kept document and all that go for it.
    """

    row: int
    rule: str
    kept: int
    similarity: float
    cluster_size: int


@dataclass(frozen=True, slots=True, eq=False)
class Sketches:
    """What is remembered of n documents in order to find copies: about 280 bytes each.

    `exact` (n, 2) uint64 and `signature` (n, 128) uint16 are those of `corpusprep.text.shingles`;
    `length` and `key_length` (n,) uint32 count the code points of the text, and of its key.
    """

    exact: NDArray[np.uint64]
    length: NDArray[np.uint32]
    key_length: NDArray[np.uint32]
    signature: NDArray[np.uint16]

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self.exact)

    @classmethod
    def join(cls, parts: Iterable[Sketches]) -> Sketches:
        """Return the sketches of all *parts*, one after the other."""
        empty = cls(
            np.empty((0, 2), np.uint64),
            np.empty(0, np.uint32),
            np.empty(0, np.uint32),
            np.empty((0, BINS), np.uint16),
        )
        all_ = [empty, *parts]
        return cls(
            np.concatenate([part.exact for part in all_]),
            np.concatenate([part.length for part in all_]),
            np.concatenate([part.key_length for part in all_]),
            np.concatenate([part.signature for part in all_]),
        )

    def to_columns(self) -> dict[str, Any]:
        """Return Arrow arrays to store: two of unsigned integers, two of fixed-size binary."""
        import pyarrow as pa

        arrow: Any = pa  # it declares neither types nor exports

        def binary(rows: NDArray[Any]) -> Any:
            little = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
            kind = arrow.binary(rows.shape[1] * rows.itemsize)
            return arrow.FixedSizeBinaryArray.from_buffers(
                kind, len(rows), [None, arrow.py_buffer(little)]
            )

        return {
            "exact": binary(self.exact),
            "length": arrow.array(self.length),
            "key_length": arrow.array(self.key_length),
            "signature": binary(self.signature),
        }

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any]) -> Sketches:
        """Return the sketches that `to_columns` stored; a `pyarrow.Table` will do for *columns*."""

        def rows(name: str, dtype: str, width: int) -> NDArray[Any]:
            column = columns[name]
            chunks = getattr(column, "chunks", [column])  # of a table's column, or an array
            size = np.dtype(dtype).itemsize * width
            parts = [np.empty((0, width), dtype)]
            for chunk in chunks:
                if chunk.null_count or chunk.type.byte_width != size:
                    raise CorpusprepError(
                        f"column '{name}' has type {chunk.type} and {chunk.null_count} nulls where "
                        f"{size} bytes a row are wanted: it was written by another version of "
                        "corpusprep; sketch the documents again"
                    )
                flat = np.frombuffer(chunk.buffers()[1] or b"", dtype)
                parts.append(flat.reshape(-1, width)[chunk.offset : chunk.offset + len(chunk)])
            return np.concatenate(parts).astype(np.dtype(dtype).newbyteorder("="), copy=False)

        return cls(
            rows("exact", "<u8", 2),
            rows("length", "<u4", 1).ravel(),
            rows("key_length", "<u4", 1).ravel(),
            rows("signature", "<u2", BINS),
        )


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Find documents that are copies of others, and the one of each that stays.

    `exact` looks for texts with the same letters and digits (short ones: the same punctuation
    too), `near` for texts that share at least `threshold` of their character n-grams. `keep` says
    which stays: the ``longest`` (most letters and digits, then the earliest) or the ``first``.
    """

    name: ClassVar[str] = "duplicates"

    exact: bool = True
    near: bool = True
    threshold: float = 0.8
    keep: str = "longest"

    def __post_init__(self) -> None:
        """Refuse options that mean nothing."""
        if not 0.5 <= self.threshold <= 1:
            raise CorpusprepError(
                f"duplicates: threshold is {self.threshold}, but must lie between 0.5 and 1; "
                "below a half, documents would go that have more of their own than in common"
            )
        if self.keep not in {"longest", "first"}:
            raise CorpusprepError(
                f"duplicates: keep is {self.keep!r}, but must be 'longest' or 'first'"
            )

    def sketch(self, texts: Sequence[str]) -> Sketches:
        """Return the sketches of *texts*; each depends on its text alone, not on the batch."""
        parts = []
        for run in blocks(texts):
            keys = key_texts(run)
            exact = exact_hashes(keys)
            length = np.fromiter(map(len, run), np.uint32, len(run))
            key_length = np.diff(keys.offsets).astype(np.uint32)
            parts.append(Sketches(exact, length, key_length, signatures(keys, exact)))
        return Sketches.join(parts)

    def decide(
        self, sketches: Sketches, text_of: Callable[[Sequence[int]], list[str]]
    ) -> list[Duplicate]:
        """Return the documents to leave out, by row.

        *text_of* gives the texts of some rows: those, and no others, that may be near copies,
        a bounded number at a time. The answer depends on the documents and their order only.
        """
        preference = _preference(sketches, self.keep)
        same = _same_keys(sketches.exact, preference) if self.exact else {}
        similar: dict[int, tuple[int, float]] = {}
        if self.near:
            rows = preference[sketches.key_length[preference] >= MIN_KEY]
            rows = rows[~np.isin(rows, np.fromiter(same, np.int64, len(same)))]
            similar = _star(self.threshold, sketches, rows, text_of)
        found = {row: ("near-duplicate", *kept) for row, kept in similar.items()}
        for row, twin in same.items():
            # The twin may itself have gone: its copies then go for what it went for.
            found[row] = found.get(twin, ("exact-duplicate", twin, 1.0))
        sizes: dict[int, int] = {}
        for _, kept, _ in found.values():
            sizes[kept] = sizes.get(kept, 1) + 1
        return [
            Duplicate(row, rule, kept, similarity, sizes[kept])
            for row, (rule, kept, similarity) in sorted(found.items())
        ]


def near_duplicates(texts: Sequence[str], threshold: float = 0.8) -> list[int]:
    """Return a cluster label per text: the index of the first text that it is a copy of.

    A text that stays has its own index. Texts of fewer than 50 letters and digits are copies only
    of their equals: there, one changed figure is the news.

    >>> notice = (
    ...     "各区、各单位：为做好今年防汛工作，请于六月十日前完成河道、水库和地下车库的隐患排查，"
    ...     "把整改清单报市防汛办公室，逾期不报的予以通报。"
    ... )
    >>> again = (
    ...     "各區、各單位:為做好今年防汛工作,請於六月十日前完成河道、水庫和地下車庫的隱患排查,"
    ...     "把整改清單報市防汛辦公室,逾期不報的予以通報. 分享到微信"
    ... )
    >>> near_duplicates([notice, "今天气温25℃", again, "今天气温26℃", "今天气温 25℃"])
    [0, 1, 0, 3, 1]
    """
    step = Duplicates(threshold=threshold, keep="first")
    labels = list(range(len(texts)))
    for found in step.decide(step.sketch(texts), lambda rows: [texts[row] for row in rows]):
        labels[found.row] = found.kept
    return labels


def warnings(duplicates: Sequence[Duplicate], total: int) -> list[str]:
    """Return what looks wrong about leaving *duplicates* out of *total* documents.

    >>> login = [Duplicate(row, "exact-duplicate", 0, 1.0, 41) for row in range(1, 41)]
    >>> warnings(login, 1000)
    ['41 of 1000 documents (4.1 %) are copies of document 0: is it an error or login page?']
    """
    found = []
    clusters = {item.kept: item.cluster_size for item in duplicates}
    for kept, size in sorted(clusters.items(), key=lambda item: (-item[1], item[0])):
        if size > CLUSTER_SIZE and size > CLUSTER_SHARE * total:
            found.append(
                f"{size} of {total} documents ({size / total:.1%}) are copies of document {kept}: "
                "is it an error or login page?".replace("%", " %")
            )
    if len(duplicates) > DROPPED_SHARE * total:
        found.append(
            f"{len(duplicates)} of {total} documents are copies of others: was the input read "
            "twice, or is the threshold too low?"
        )
    return found


def _preference(sketches: Sketches, keep: str) -> NDArray[np.int64]:
    """Return the rows in the order in which they may stay.

    Length is counted in the key: spaces between characters or a second copy of the punctuation
    do not make a text longer.
    """
    if keep == "first":
        return np.arange(len(sketches))
    return np.argsort(-sketches.key_length.astype(np.int64), kind="stable")


def _same_keys(exact: NDArray[np.uint64], preference: NDArray[np.int64]) -> dict[int, int]:
    """Return, for every row whose exact hash a preferred row has too, that row."""
    order = np.argsort(exact[preference, 0], kind="stable")
    first = exact[preference[order], 0]
    alike = np.flatnonzero(first[1:] == first[:-1])
    rows = preference[np.sort(order[np.union1d(alike, alike + 1)])]
    stays: dict[tuple[int, int], int] = {}
    found = {}
    for row, (high, low) in zip(rows.tolist(), exact[rows].tolist(), strict=True):
        twin = stays.setdefault((high, low), row)
        if twin != row:
            found[row] = twin
    return found


def _bands(threshold: float) -> tuple[int, int]:
    """Return how to cut signatures into bands: how many, and of how many bins.

    As wide as they can be (fewer pairs to look at) while two documents at the threshold still
    meet in one of them with `MEETING_CHANCE`.

    >>> _bands(0.8), _bands(0.5)
    ((18, 7), (42, 3))
    """
    width = max(
        width
        for width in range(1, BINS + 1)
        if 1 - (1 - threshold**width) ** (BINS // width) >= MEETING_CHANCE
    )
    return BINS // width, width


class _Shared(NamedTuple):
    """Which documents share a band with another, as places in the order of preference.

    `place` and `bucket` (int64) are pairs, sorted by place: this document is in that bucket.
    `component` gives for each distinct place in `places` the first one linked to it by buckets.
    """

    place: NDArray[np.int64]
    bucket: NDArray[np.int64]
    places: NDArray[np.int64]
    component: NDArray[np.int64]


def _shared_bands(signature: NDArray[np.uint16], count: int, width: int) -> _Shared:
    """Return which documents share one of *count* bands of *width* bins with another.

    Hash and place are packed into one number, so that one sort of values brings equals together;
    an argsort costs four times as much. The few pairs that the shortened hash adds are refuted
    later like any other.
    """
    bits = np.uint64(max(1, len(signature).bit_length()))
    low = np.uint64((1 << int(bits)) - 1)
    places, buckets, links, known = [], [], [], 0
    for band in range(count):
        hashes = np.zeros(len(signature), np.uint64)
        for bin_ in range(band * width, (band + 1) * width):
            hashes ^= signature[:, bin_]
            hashes *= np.uint64(0x9E3779B97F4A7C15)
            hashes ^= hashes >> np.uint64(29)
        packed = hashes & ~low
        packed |= np.arange(len(signature), dtype=np.uint64)
        packed.sort()
        equal = packed[1:] >> bits == packed[:-1] >> bits
        member = np.concatenate((equal, [False])) | np.concatenate(([False], equal))
        place = (packed[member] & low).astype(np.int64)
        starts = ~np.concatenate(([False], equal))[member]
        places.append(place)
        buckets.append(known + np.cumsum(starts))
        links.append(np.stack((place[:-1], place[1:]))[:, ~starts[1:]])
        known += int(np.count_nonzero(starts))
    place, bucket = np.concatenate(places), np.concatenate(buckets)
    order = np.argsort(place, kind="stable")
    distinct = np.unique(place)
    first, second = np.searchsorted(distinct, np.concatenate(links, axis=1))
    component = _components(len(distinct), first, second)
    return _Shared(place[order], bucket[order], distinct, component)


def _components(
    count: int, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return, for each of *count* nodes, the lowest node that the links lead to.

    >>> _components(6, np.array([4, 1, 3]), np.array([3, 4, 0])).tolist()
    [0, 0, 2, 0, 0, 5]
    """
    label = np.arange(count)
    while True:
        one, other = label[first], label[second]
        apart = one != other
        if not apart.any():
            return label
        one, other = one[apart], other[apart]
        np.minimum.at(label, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(shorter := label[label], label):
            label = shorter


class _Member(NamedTuple):
    """A document that shares a band with another: its place, component and buckets."""

    place: int
    component: int
    buckets: list[int]


def _members(shared: _Shared) -> Iterator[_Member]:
    """Yield the documents that share a band, component by component, the preferred first."""
    starts = np.searchsorted(shared.place, shared.places, side="left")
    ends = np.searchsorted(shared.place, shared.places, side="right")
    order = np.argsort(shared.component, kind="stable")
    for i in order.tolist():
        buckets = shared.bucket[starts[i] : ends[i]].tolist()
        yield _Member(int(shared.places[i]), int(shared.component[i]), buckets)


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


@dataclass(frozen=True, slots=True, eq=False)
class _Staying:
    """The places of documents that stay, by bucket."""

    signature: NDArray[np.uint16]
    least: float  # equal bins
    places: dict[int, list[int]]

    def add(self, member: _Member) -> None:
        """Remember that *member* stays; a bucket that is full already does without."""
        for bucket in member.buckets:
            own = self.places.setdefault(bucket, [])
            if len(own) < BUCKET:
                own.append(member.place)

    def like(self, member: _Member) -> list[int]:
        """Return up to `TRIES` places that *member* may be a copy of, the most alike first."""
        get = self.places.get
        near = sorted({place for bucket in member.buckets for place in get(bucket, ())})
        if not near:
            return []
        equal = np.count_nonzero(self.signature[near] == self.signature[member.place], axis=1)
        best = np.argsort(-equal, kind="stable")[:TRIES]
        return [near[i] for i in best.tolist() if equal[i] >= self.least]


def _star(
    threshold: float,
    sketches: Sketches,
    rows: NDArray[np.int64],
    text_of: Callable[[Sequence[int]], list[str]],
) -> dict[int, tuple[int, float]]:
    """Return, for each of *rows* (preferred first) to leave out, who stays and their similarity.

    Whoever is no copy of one that stays already stays too. So links do not add up: of a chain of
    small revisions, those go that are close to one that stays, not all that hang together.
    """
    if len(rows) < 2:
        return {}
    signature = sketches.signature[rows]
    shared = _shared_bands(signature, *_bands(threshold))
    least = (threshold - SLACK) * BINS
    staying = _Staying(signature, least, {})
    sets: dict[int, NDArray[np.uint64]] = {}
    dropped: dict[int, tuple[int, float]] = {}

    def fetch(places: Iterable[int]) -> None:
        if missing := sorted(place for place in set(places) if place not in sets):
            texts = text_of(rows[missing].tolist())
            sets.update(zip(missing, shingle_sets(texts), strict=True))

    component = -1
    for window in _windows(_members(shared), sketches.key_length[rows]):
        if window[0].component != component:
            staying.places.clear()
        if window[0].component != component or sum(map(len, sets.values())) > CACHE:
            sets.clear()
        component = window[-1].component

        # As if all stayed: which texts may be wanted, so as to ask for them at once.
        every = _Staying(signature, least, {k: v.copy() for k, v in staying.places.items()})
        wanted: set[int] = set()
        for member in window:
            if likely := every.like(member):
                wanted.update(likely, [member.place])
            every.add(member)
        fetch(wanted)

        for member in window:
            for place in staying.like(member):
                fetch((member.place, place))
                similarity = jaccard(sets[member.place], sets[place])
                if similarity >= threshold:
                    dropped[int(rows[member.place])] = int(rows[place]), similarity
                    del sets[member.place]
                    break
            else:
                staying.add(member)
    return dropped
