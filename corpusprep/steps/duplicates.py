"""Leave out copies: the same text again, and texts that are the same but for a few characters.

A press release runs on forty sites, each with its own share bar; a forum page is crawled again
after three more replies. Such copies teach a model to recite. But a bulletin that shares its form
with yesterday's is no copy, nor is the last of a long chain of small revisions: a document is left
out only where its similarity to a document that *stays*, counted exactly, reaches the threshold,
and where the two do not fill in one form with other facts. Bands merely propose whom to compare.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from corpusprep.errors import CorpusprepError
from corpusprep.steps.sketches import Sketches
from corpusprep.steps.star import CONTAINED, EXACT, NEAR, Measure, Verdicts, star
from corpusprep.text.minhash import BINS, band_hashes, begins, first_places, lowest_hashes, samples
from corpusprep.text.shingles import WIDTH, blocks, exact_hashes, key_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["RULES", "Decisions", "Duplicate", "Duplicates", "near_duplicates", "warnings"]

RULES = {EXACT: "exact-duplicate", NEAR: "near-duplicate", CONTAINED: "contained-duplicate"}
KEEPS = ("longest", "first", "newest")
ACTIONS = ("remove", "mark")

# The chance that two documents just at the threshold meet in some band. With 0.98 the default
# threshold gives 18 bands of 7; 16 of 8, the usual choice, gives 0.947.
MEETING_CHANCE = 0.98
# Where the overlap counts as well, pairs are looked for from this similarity on.
LOOSE = 0.6
# One shingle in so many is kept to find documents within others: 23 for 365 characters.
SAMPLE_OF = 16

# A cluster beyond this share of the corpus is more often a page template or a login page than
# an article; more than half gone is more often a wrong threshold than a corpus of copies.
CLUSTER_SHARE, CLUSTER_SIZE = 0.01, 10
DROPPED_SHARE = 0.5


class Duplicate(NamedTuple):
    """A document to leave out: its row, and the row of the document that stays in its place.

    `rule` is ``exact-duplicate`` where letters and digits of the two are the same (`similarity`
    is 1), ``near-duplicate``, or ``contained-duplicate`` (`similarity` is then the share of it that
    lies in the other). `cluster_size` counts the kept document and all that go for it.
    """

    row: int
    rule: str
    kept: int
    similarity: float
    cluster_size: int


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Which documents go, as arrays of one length, by row; iterating gives each a `Duplicate`.

    `apart` counts documents that are as similar to one that stays as a copy would be and stay all
    the same, because the two fill in one form with other facts.
    """

    row: NDArray[np.int64]
    kept: NDArray[np.int64]
    rule: NDArray[np.uint8]
    similarity: NDArray[np.float64]
    cluster_size: NDArray[np.int64]
    apart: int

    def __len__(self) -> int:
        """Return the number of documents that go."""
        return len(self.row)

    def __iter__(self) -> Iterator[Duplicate]:
        """Yield every document that goes."""
        rules = [RULES[rule] for rule in self.rule.tolist()]
        columns = self.row, rules, self.kept, self.similarity, self.cluster_size
        lists = (c if isinstance(c, list) else c.tolist() for c in columns)
        return map(Duplicate._make, zip(*lists, strict=True))


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Find documents that are copies of others, and the one of each that stays.

    `exact` looks for texts with the same letters, digits and signs of figures, `near` for texts
    that share at least `threshold` of their character n-grams (`ngram` long). Three more are off at
    0 or false: with `overlap`, this share of the n-grams of the document that goes is enough where
    the similarity is at least a half (clean pages still differ in what the site put around them);
    `contained` finds documents of which this share lies in a longer one; `forms_apart` keeps texts
    that fill in one form with other facts.
    `bands` is how many there are, 0 for as many as the threshold wants.

    `keep` says which stays: the ``longest`` (most letters and digits, then the earliest id), the
    ``first`` of the input, or the ``newest`` by the label `newest_by`. With `action` ``mark``
    nothing goes: the table says what each document is a copy of.
    """

    name: ClassVar[str] = "duplicates"

    exact: bool = True
    near: bool = True
    threshold: float = 0.8
    overlap: float = 0.0
    contained: float = 0.0
    forms_apart: bool = True
    ngram: int = WIDTH
    bands: int = 0
    keep: str = "longest"
    newest_by: str = "published"
    action: str = "remove"

    def __post_init__(self) -> None:
        """Refuse options that mean nothing."""
        if not 0.5 <= self.threshold <= 1:
            raise CorpusprepError(
                f"duplicates: threshold is {self.threshold}, but must lie between 0.5 and 1; "
                "below a half, documents would go that have more of their own than in common"
            )
        for name in ("overlap", "contained"):
            if not (value := getattr(self, name)) == 0 and not 0.5 <= value <= 1:
                raise CorpusprepError(
                    f"duplicates: {name} is {value}, but must be 0 (off) or lie between 0.5 and 1"
                )
        if not 3 <= self.ngram <= 12:
            raise CorpusprepError(f"duplicates: ngram is {self.ngram}, but must be 3 to 12")
        if not 0 <= self.bands <= BINS:
            raise CorpusprepError(f"duplicates: bands is {self.bands}, but must be 0 to {BINS}")
        for name, known in (("keep", KEEPS), ("action", ACTIONS)):
            if (value := getattr(self, name)) not in known:
                raise CorpusprepError(
                    f"duplicates: {name} is {value!r}, but must be one of {', '.join(known)}"
                )

    @property
    def shape(self) -> tuple[int, int]:
        """How signatures are cut into bands: how many there are, and of how many bins."""
        least = min(self.threshold, LOOSE) if self.overlap else self.threshold
        return (self.bands, BINS // self.bands) if self.bands else band_shape(least)

    def sketch(
        self, texts: Sequence[str], dtype: type[np.unsignedinteger[Any]] = np.uint64
    ) -> Sketches:
        """Return the sketches of *texts*; each depends on its text alone, not on the batch.

        32 bits a band do for a million texts; there, a few unlike texts are compared in vain.
        """
        count, width = self.shape
        found = Sketches.empty(len(texts), count, dtype)
        at = 0
        for run in blocks(texts):
            keys = key_texts(run)
            rows = slice(at, at := at + len(run))
            found.exact[rows] = exact = exact_hashes(keys)
            found.length[rows] = [len(text) for text in run]
            found.key_length[rows] = np.diff(keys.offsets)
            lowest = lowest_hashes(keys, exact, self.ngram)
            bands = band_hashes(lowest, count, width)
            found.bands[rows] = bands >> np.uint64(64 - 8 * found.bands.itemsize)
            found.signature[rows] = lowest[:, ::2] & np.uint32(0xFF)
        return found

    def sample(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Return the rows and hashes of samples, by which documents within others are found."""
        rows, hashes, before = [], [], 0
        for run in blocks(texts):
            row, own = samples(key_texts(run), SAMPLE_OF, self.ngram)
            rows.append(row + before)
            hashes.append(own)
            before += len(run)
        if not rows:
            return np.empty(0, np.int64), np.empty(0, np.uint64)
        return np.concatenate(rows), np.concatenate(hashes)

    def decide(
        self,
        sketches: Sketches,
        text_of: Callable[[Sequence[int]], list[str]],
        order: NDArray[np.signedinteger] | None = None,
        *,
        settled: int = 0,
        inside: Sequence[tuple[int, int]] = (),
    ) -> Decisions:
        """Return the documents to leave out.

        *order* has all rows, those that would rather stay first; without it the longest lead, or
        the first. The first *settled* of them stay whatever they are like: they are in a corpus
        already. *text_of* gives the texts of some rows: those, and no others, that may be near
        copies, a bounded number at a time. *inside* has pairs of rows of which the first may lie
        within the second. The answer depends on the documents and their order only.
        """
        if order is None:
            order = self._order(sketches)
        none = np.empty(0, np.int64)
        copies, twins = _same_keys(sketches.exact, order, settled) if self.exact else (none, none)
        found = Verdicts()
        if self.near or self.contained:
            rows = order
            if len(copies):
                gone = np.zeros(len(sketches), np.bool_)
                gone[copies] = True
                rows = order[~gone[order]]
            measure = Measure(
                self.threshold if self.near else 2.0,
                self.overlap if self.near else 0.0,
                self.contained,
                forms_apart=self.forms_apart,
                ngram=self.ngram,
            )
            found = star(measure, sketches, rows, settled, inside, text_of)
        return _settle(copies, twins, found)

    def _order(self, sketches: Sketches) -> NDArray[np.int32]:
        """Return all rows in the order in which they may stay.

        Length is counted in the key: spaces between characters or a second copy of the punctuation
        do not make a text longer.
        """
        if self.keep != "longest":
            return np.arange(len(sketches), dtype=np.int32)
        order = np.argsort(-sketches.key_length.astype(np.int64), kind="stable")
        return order.astype(np.int32)  # a part, or a list in memory, has no more


def sortable_date(value: str | float | None) -> str:
    """Return a label with a date as text that sorts by time; "" if it has no figure.

    >>> sortable_date("2023年5月1日 8:05") < sortable_date("2023-05-01T10:30"), sortable_date("昨天")
    (True, '')
    """
    if isinstance(value, int | float) and not 19000101 <= value <= 21001231:  # 20230501 is a date
        return f"{value + 1e12:020.3f}"  # seconds or milliseconds since 1970, or before
    value = unicodedata.normalize("NFKC", str(value or ""))
    if re.search("[A-Za-z]{3}", value):
        with contextlib.suppress(ValueError):
            value = parsedate_to_datetime(value).isoformat()  # Mon, 01 Jan 2024 08:05:00 +0800
    figures = re.findall(r"[0-9]+", value)
    if figures and len(figures[0]) in {8, 12, 14}:  # 20230501, with the time of day
        whole = figures[0]
        figures = [whole[:4], *(whole[i : i + 2] for i in range(4, len(whole), 2)), *figures[1:]]
    return "-".join(figure.rjust(4, "0") for figure in figures[:6])


def near_duplicates(
    texts: Sequence[str], threshold: float = 0.8, *, overlap: float = 0.0
) -> list[int]:
    """Return a cluster label per text: the index of the first text that it is a copy of.

    A text that stays has its own index. Texts of fewer than 50 letters and digits are copies only
    of their equals: there, one changed figure is the news. Longer texts that fill in one form with
    other facts stay apart, too. *overlap* (0.5 to 1) is a share of a text's n-grams that is enough
    by itself where it lies in a text at least half alike: for texts that stand in different frames.
    Needs about 280 bytes a text beside the texts.

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
    step = Duplicates(threshold=threshold, overlap=overlap, keep="first")
    found = step.decide(step.sketch(texts, np.uint32), lambda rows: [texts[row] for row in rows])
    labels = np.arange(len(texts), dtype=np.int32)
    labels[found.row] = found.kept
    return labels.tolist()


def warnings(clusters: Sequence[tuple[str, int]], gone: int, total: int) -> list[str]:
    """Return what looks wrong about leaving *gone* out of *total* documents.

    *clusters* are the ids of kept documents with the sizes of their clusters, the large ones.

    >>> warnings([("login.html", 41), ("a.html", 3)], 42, 1000)
    ['41 of 1000 documents (4.1 %) are copies of login.html: is it an error or login page?']
    """
    found = [
        f"{size} of {total} documents ({100 * size / total:.1f} %) are copies of {kept}: "
        "is it an error or login page?"
        for kept, size in sorted(clusters, key=lambda item: (-item[1], item[0]))
        if size > CLUSTER_SIZE and size > CLUSTER_SHARE * total
    ]
    if gone > DROPPED_SHARE * total:
        found.append(
            f"{gone} of {total} documents are copies of others: was the input read twice, or is "
            "the threshold too low?"
        )
    return found


def band_shape(threshold: float) -> tuple[int, int]:
    """Return how to cut signatures into bands: how many, and of how many bins.

    As wide as they can be (fewer pairs to look at) while two documents at the threshold still
    meet in one of them with `MEETING_CHANCE`.

    >>> band_shape(0.8), band_shape(0.6)
    ((18, 7), (32, 4))
    """
    width = max(
        width
        for width in range(1, BINS + 1)
        if 1 - (1 - threshold**width) ** (BINS // width) >= MEETING_CHANCE
    )
    return BINS // width, width


def _same_keys(
    exact: NDArray[np.uint64], order: NDArray[np.signedinteger], settled: int
) -> tuple[NDArray[np.signedinteger], NDArray[np.signedinteger]]:
    """Return the rows whose exact hash a preferred row has too, and those rows.

    The first *settled* of *order* have been told apart before, if there was anything to tell.
    """
    place = np.lexsort((exact[order, 1], exact[order, 0]))
    hashes = exact[order[place]]
    starts = begins(hashes)
    first = place[first_places(starts)]
    goes = ~starts & (place >= settled)
    return order[place[goes]], order[first[goes]]


def _settle(copies: NDArray[np.int64], twins: NDArray[np.int64], found: Verdicts) -> Decisions:
    """Return exact *copies* of their *twins*, and what was *found*, together.

    What is the same as a document that goes, goes for what that goes for.
    """
    row = np.array(found.row, np.int64)
    # One more entry, for twins that stay: themselves, an exact copy, wholly alike.
    by_row = np.append(np.argsort(row), len(row))
    at = np.searchsorted(row, twins, sorter=by_row[:-1])
    source = by_row[at]
    source[np.append(row, -1)[source] != twins] = len(row)
    kept = np.append(np.array(found.kept, np.int64), -1)[source]
    kept[source == len(row)] = twins[source == len(row)]
    rows = np.concatenate((row, copies))
    kept = np.concatenate((np.array(found.kept, np.int64), kept))
    kind = np.frombuffer(bytes([*found.kind, EXACT]), np.uint8)
    kind = np.concatenate((kind[:-1], kind[source]))
    similarity = np.append(np.array(found.similarity, np.float64), 1.0)
    similarity = np.concatenate((similarity[:-1], similarity[source]))
    order = np.argsort(rows, kind="stable")
    kept = kept[order]
    _, cluster, counts = np.unique(kept, return_inverse=True, return_counts=True)
    sizes = counts[cluster] + 1 if len(kept) else kept
    return Decisions(rows[order], kept, kind[order], similarity[order], sizes, found.apart)
