"""What the columns of a corpus add up to: lengths, scripts, sites, dates.

One pass over the short columns of the documents, never over their texts, in memory that does not
grow with the corpus: lengths are counted in 23,000 boxes, sites and other names by Misra and Gries'
method, which forgets the rare ones and says by how much a count may be too low.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusprep.steps.duplicates import sortable_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

NAMES = 10_000  # counted at a time: 1 MB; every site with more than 1 document in 10,000 is found
BATCH = 1_024  # documents; with 1,000 sentences in each, 8 MB of spans
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
# Where the bars of a histogram begin. Equal steps on a logarithmic axis, as lengths spread over
# five orders of magnitude: half of the documents in one bar tell nothing.
STEPS = (0, *(m * 10**e for e in range(1, 7) for m in (1, 2, 5)))
# Of 64,655 sentences of 1,693 web pages half have 29 code points or fewer, 99 in 100 up to 147.
SENTENCE_STEPS = tuple(range(0, 201, 10))

_EXACT = 1 << 11  # lengths below have a box each
_FINE = 10  # bits of a length that are kept above: a box is at most 0.1 % wide
_BOXES = _EXACT + (1 << _FINE) * (31 - 11 + 1)
_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?P<host>\[[^\]]*\]|[^/:?#]+)"
_WANTED = ("url", "source", "published", "genre", "script", "encoding", "characters", "sentences")


class Spread(NamedTuple):
    """How long texts are, in code points."""

    texts: int
    total: int
    longest: int
    percentiles: dict[int, int]  # exact below 2,048, above at most 0.1 % too low
    bars: tuple[tuple[int, int], ...]  # from which length on (to the next bar's), how many

    @property
    def mean(self) -> float:
        """The mean length, 0 where there is nothing."""
        return self.total / self.texts if self.texts else 0.0


class Ranking(NamedTuple):
    """The most frequent names of a column, and how many rows have any."""

    rows: int
    names: int | None  # how many different ones; None: more than were counted at a time
    top: tuple[tuple[str, int], ...]  # the most frequent first
    error: int  # by how much each count may be too low; 0: all are exact


class Dates(NamedTuple):
    """When the documents were published, as far as they say."""

    dated: int  # documents with a date that could be read
    first: str  # ISO 8601; empty where there is none
    last: str
    years: dict[int, int]


class Columns(NamedTuple):
    """What the columns of the documents add up to."""

    documents: Spread
    sentences: Spread
    scripts: Ranking
    genres: Ranking
    encodings: Ranking
    sites: Ranking
    dates: Dates


class Lengths:
    """Counts lengths in boxes of which each is exact or at most 0.1 % wide.

    >>> lengths = Lengths((0, 10, 100))
    >>> lengths.add(np.array([3, 12, 12, 40, 5_000]))
    >>> spread = lengths.spread()
    >>> spread.bars, spread.percentiles[50], spread.longest
    (((0, 1), (10, 3), (100, 1)), 12, 5000)
    """

    def __init__(self, steps: tuple[int, ...]) -> None:
        self._steps = np.array(steps)
        self._bars = np.zeros(len(steps), np.int64)
        self._boxes = np.zeros(_BOXES, np.int64)
        self._total = self._longest = 0

    def add(self, lengths: NDArray[Any]) -> None:
        """Count *lengths*, in code points; none is negative."""
        if not len(lengths):
            return
        values = np.asarray(lengths, np.int64)
        self._boxes += np.bincount(_box(values), minlength=_BOXES)
        bars = np.searchsorted(self._steps, values, side="right") - 1
        self._bars += np.bincount(bars, minlength=len(self._bars))
        self._total += int(values.sum())
        self._longest = max(self._longest, int(values.max()))

    def spread(self) -> Spread:
        """Return what was counted."""
        sums = np.cumsum(self._boxes)
        count = int(sums[-1])
        ranks = {p: -(-count * p // 100) for p in PERCENTILES} if count else {}
        percentiles = {p: _floor(int(np.searchsorted(sums, rank))) for p, rank in ranks.items()}
        bars = zip(self._steps.tolist(), self._bars.tolist(), strict=True)
        return Spread(count, self._total, self._longest, percentiles, tuple(bars))


def _box(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the box of each length: itself, or its exponent and ten bits."""
    shift = np.maximum(np.frexp(lengths.astype(np.float64))[1] - (_FINE + 1), 0)
    return np.where(lengths < _EXACT, lengths, (shift << _FINE) + (lengths >> shift))


def _floor(box: int) -> int:
    """Return the least length of the box with the number *box*."""
    if box < _EXACT:
        return box
    shift = (box >> _FINE) - 1
    return (box - (shift << _FINE)) << shift


class Names:
    """Counts names in bounded memory, by Misra and Gries' method (1982), many at a time.

    When there are twice as many as may stay, what the first one over the limit has is taken off
    all counts (Agarwal et al., Mergeable Summaries, 2012). The same names in the same order give
    the same counts.

    >>> names = Names(limit=1)
    >>> for name in ("新华网", "新华网", "新华网", "豆瓣", "贴吧"):
    ...     names.add({name: 1})
    >>> names.ranking()
    Ranking(rows=5, names=None, top=(('新华网', 2),), error=1)
    """

    def __init__(self, limit: int = NAMES) -> None:
        self._limit = limit
        self._counts: Counter[str] = Counter()
        self._rows = self._error = 0

    def add(self, counts: dict[str, int]) -> None:
        """Count more names."""
        self._counts.update(counts)
        self._rows += sum(counts.values())
        if len(self._counts) > 2 * self._limit:
            self._forget()

    def _forget(self) -> None:
        least = sorted(self._counts.values(), reverse=True)[self._limit]
        self._counts = Counter({name: n - least for name, n in self._counts.items() if n > least})
        self._error += least

    def ranking(self) -> Ranking:
        """Return what was counted, the most frequent first, equals by their names."""
        top = sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0]))[: self._limit]
        names = None if self._error else len(self._counts)
        return Ranking(self._rows, names, tuple(top), self._error)


class _Years:
    """Counts dates of publication by year."""

    def __init__(self) -> None:
        self._years: Counter[int] = Counter()
        self._first, self._last = date.max, date.min

    def add(self, counts: dict[str, int]) -> None:
        for text, n in counts.items():
            if (day := read_date(text)) is not None:
                self._years[day.year] += n
                self._first, self._last = min(self._first, day), max(self._last, day)

    def dates(self) -> Dates:
        if not self._years:
            return Dates(0, "", "", {})
        first, last = self._first.isoformat(), self._last.isoformat()
        return Dates(self._years.total(), first, last, dict(sorted(self._years.items())))


def read_date(text: str) -> date | None:
    """Return the day that a label tells, or None where it tells none.

    >>> read_date("2023年5月1日 8:05"), read_date("Mon, 01 Jan 2024 08:05:00 +0800"), read_date("昨天")
    (datetime.date(2023, 5, 1), datetime.date(2024, 1, 1), None)
    """
    figures = sortable_date(text).split("-")[:3]
    if len(figures) < 3 or int(figures[0]) < 1000:  # the year 12 is 2012, or the twelfth day
        return None
    try:
        return date(*map(int, figures))
    except (ValueError, OverflowError):
        return None


def read_columns(files: Iterable[Path]) -> Columns:
    """Return what the columns of the documents in *files* add up to; the texts are not read."""
    documents, sentences, years = Lengths(STEPS), Lengths(SENTENCE_STEPS), _Years()
    names = {name: Names() for name in ("script", "genre", "encoding", "site")}
    for batch in _batches(files):
        documents.add(batch["characters"].drop_null().to_numpy(zero_copy_only=False))
        sentences.add(_sentence_lengths(batch["sentences"]))
        years.add(_counts(_days(batch["published"])))
        batch["site"] = _sites(batch["url"], batch["source"])
        for name, counted in names.items():
            counted.add(_counts(batch[name]))
    return Columns(
        documents=documents.spread(),
        sentences=sentences.spread(),
        scripts=names["script"].ranking(),
        genres=names["genre"].ranking(),
        encodings=names["encoding"].ranking(),
        sites=names["site"].ranking(),
        dates=years.dates(),
    )


def _batches(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Give the wanted columns of *files*, some documents at a time; a missing one is all null."""
    for file in files:
        with pq.ParquetFile(file) as parquet:
            there = [name for name in _WANTED if name in parquet.schema_arrow.names]
            for batch in parquet.iter_batches(batch_size=BATCH, columns=there):
                yield {
                    name: batch.column(name) if name in there else pa.nulls(batch.num_rows)
                    for name in _WANTED
                }


def _sentence_lengths(spans: Any) -> NDArray[Any]:
    if pa.types.is_null(spans.type):
        return np.zeros(0, np.int64)
    flat = spans.flatten()
    ends = pc.subtract(pc.struct_field(flat, "end"), pc.struct_field(flat, "start"))
    return np.asarray(ends.to_numpy(zero_copy_only=False))


def _sites(urls: Any, sources: Any) -> Any:
    """Return the host of each address in lower case; where there is none, the source."""
    found = pc.extract_regex(pc.cast(urls, pa.string()), _HOST)
    hosts = pc.utf8_rtrim(pc.utf8_lower(pc.struct_field(found, "host")), ".")
    hosts = pc.if_else(pc.equal(hosts, ""), None, hosts)
    return pc.coalesce(hosts, pc.cast(sources, pa.string()))


def _days(published: Any) -> Any:
    """Return the dates without the time of day where they are written as ISO 8601 wants."""
    published = pc.cast(published, pa.string())
    iso = pc.match_substring_regex(published, "^[0-9]{4}-[0-9]{2}-[0-9]{2}")
    return pc.if_else(iso, pc.utf8_slice_codeunits(published, 0, 10), published)


def _counts(values: Any) -> dict[str, int]:
    """Return how often each value stands in a column; null and empty do not count."""
    counted = pc.value_counts(pc.cast(values, pa.string()).drop_null())
    return {row["values"]: row["counts"] for row in counted.to_pylist() if row["values"]}
