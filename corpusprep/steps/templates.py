"""Take out what a site prints on every page: lines that stand beside its boilerplate again and again.

Rules know the wording of share bars and log-in prompts. They do not know the names of one site's
forty columns, the list of its partners, this week's ten headlines in the margin. Such lines recur
page after page, beside the same neighbours. But recurring is no proof: poems of one folder have
one author line, a forum answers 谢谢 a hundred times, a bulletin has the same headings in every
issue, a court the same sentences in every judgment, and all of that is text. So a line goes only
with its neighbours: where it stands beside a piece of boilerplate that the rules took, or at the
very edge of the page, and stands there on most of the pages that have that piece.

Lines are compared by keys: letters and digits only, one width, lower case, simplified, every
number alike. They are the same before and after damage is repaired and width is normalised, so
that the first pass of a run reads and sketches, and does no more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import xxhash

from corpusprep.core import Edit, apply, shift
from corpusprep.errors import CorpusprepError
from corpusprep.rulefile import fold
from corpusprep.text.chars import LINE_BREAK
from corpusprep.text.shingles import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from corpusprep.core import Document

__all__ = ["Lines", "PageSketches", "SiteTemplates", "Templates", "read_lines", "site_of"]

# Two neighbours are linked where they stand together on so many pages, whatever the share.
LEAST_PAGES = 3
# A neighbour vouches for a line that stands beside it in half of the places where it stands: a
# 谢谢 between 发表于 and 回复 on every third page has no voucher, since those two have many others.
VOUCHED = 50  # per cent
# Lines that are sentences, hold a figure, a label (地点：) or more than 40 letters are the text's
# own far more often than the site's. They go in between two lines that nearly always have them,
# where enough pages were seen to say so. The same holds for any line that goes on its own.
CERTAIN, CERTAIN_SHARE, CERTAIN_PAGES = 90, 0.6, 8
SHORT = 40
# At the edge of a page, without any rule's word for it: so many lines on nearly every page. Below
# a text stand signatures, too: the three judges of a court that has no others.
HEAD_LINES, TAIL_LINES, EDGE_SHARE = 3, 6, 0.8
# Copies count once: pages with half of the letters of their sentences in common, or, where they
# have hardly any sentences, nearly all lines. An article saved twice is no template.
COPY_SHARE, COPY_LINES, BODY_LINE, BODY = 0.5, 0.95, 20, 100
# Of a page with more lines, its first and last: chrome stands there. Bounds a site at 5 MB.
MAX_LINES = 2000

_SENTENCE = np.uint16(0x8000)  # flag in a sketch's sizes
_LINKS = np.dtype(
    [("link", "<u8"), ("pages", "<u2"), ("of", "<u2"), ("after", "u1"), ("before", "u1")]
)


# --- keys of lines -----------------------------------------------------------------------------

_IGNORED, _BREAK, _STOP, _COLON = range(4)  # entries of the table below; letters are themselves
_STOPS = "。！？!?｡.…；;，,、"
_LAST_HAN = 0x323AF
# Odd 64-bit constants of the golden ratio and of splitmix64 (Steele and others, OOPSLA 2014).
_BASE, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_PLACES = 4096


class Lines(NamedTuple):
    """The lines of some texts that have letters or digits, in order.

    `text` (int64) is the number of the text; `start` and `end` (int64) are offsets in it, without
    the line break, `letters` and `letters_end` those of the first letter or digit and after the
    last; `key` (uint64) is equal for lines of the same wording; `size` (int64) counts the letters
    of the key; `sentence` and `own` (bool) say whether the line ends like a sentence, and whether
    it is of a kind that seldom belongs to a template (see `CERTAIN`).
    """

    text: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    letters: NDArray[np.int64]
    letters_end: NDArray[np.int64]
    key: NDArray[np.uint64]
    size: NDArray[np.int64]
    sentence: NDArray[np.bool_]
    own: NDArray[np.bool_]


@cache
def _letters() -> NDArray[np.uint32]:
    """Return for every code point its letter or digit as keys have it, or what else it is."""
    codes = [*range(0xD800), *range(0xE000, _LAST_HAN + 1)]
    wide = "".join(chr(c - 0xFEE0 if 0xFF10 <= c <= 0xFF5A else c) for c in codes)
    table = np.zeros(0x110000, np.uint32)
    table[codes] = [ord(c) if c.isalnum() else _IGNORED for c in fold(wide)]
    table[[ord(c) for c in LINE_BREAK]] = _BREAK
    table[[ord(c) for c in _STOPS]] = _STOP
    table[[ord(c) for c in ":：﹕︰"]] = _COLON
    table.setflags(write=False)
    return table


@cache
def _weights() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return a random number for each code point, and an odd one for each place in a line."""
    letters = _mixed(np.arange(1, _LAST_HAN + 2, dtype=np.uint64) * np.uint64(_BASE))
    places = _mixed(np.arange(_PLACES, dtype=np.uint64) + np.uint64(_MIX_1)) | np.uint64(1)
    return letters, places


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return *numbers* with every bit depending on every other (splitmix64's finisher)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(_MIX_1)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(_MIX_2)
    return numbers ^ (numbers >> np.uint64(31))


def read_lines(texts: Sequence[str]) -> Lines:
    r"""Return the lines of *texts*, with their keys.

    >>> found = read_lines(["瀏覽：１２３ 次\n\n——\n浏览: 9次", "今天下雨。"])
    >>> found.text.tolist(), found.start.tolist(), found.end.tolist()
    ([0, 0, 1], [0, 13, 0], [8, 19, 5])
    >>> bool(found.key[0] == found.key[1]), found.size.tolist(), found.own.tolist()
    (True, [4, 4, 4], [True, True, True])
    """
    moved, before = [], 0
    for run in blocks(texts):
        lines = _read_lines(run)
        moved.append(lines._replace(text=lines.text + before))
        before += len(run)
    return Lines(*map(np.concatenate, zip(*moved, strict=True))) if moved else _read_lines([""])


def _read_lines(texts: Sequence[str]) -> Lines:
    joined = "\n".join([*texts, ""])
    entries = _letters().take(np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4"))
    breaks = np.flatnonzero(entries == _BREAK)
    at = np.flatnonzero(entries > _COLON)
    letters = entries[at]
    starts = np.concatenate(([0], np.searchsorted(at, breaks)))
    digit = letters - np.uint32(48) < 10
    letters[digit] = 48
    again = digit[1:] & digit[:-1]
    if again.any():  # a number is one digit, however long it is
        stays = np.concatenate(([True], ~again))
        stays[starts[starts < len(at)]] = True
        starts = np.concatenate(([0], np.cumsum(stays)))[starts]
        at, letters, digit = at[stays], letters[stays], digit[stays]
    size = np.diff(starts)
    number = np.flatnonzero(size)  # of the lines with letters
    first, size = starts[number], size[number]
    if not len(first):
        none = np.empty(0, np.int64)
        no = np.empty(0, np.bool_)
        return Lines(none, none, none, none, none, np.empty(0, np.uint64), none, no, no)
    by_letter, by_place = _weights()
    place = (np.arange(len(at)) - np.repeat(first, size)) & (_PLACES - 1)
    weights = by_letter.take(letters)
    weights *= by_place.take(place)
    key = _mixed(np.add.reduceat(weights, first))
    end = breaks[number]
    start = np.where(number > 0, breaks[number - 1] + 1, 0)
    last = at[first + size - 1]
    sentence = _holds(np.flatnonzero(entries == _STOP), last, end)
    label = _holds(np.flatnonzero(entries == _COLON), start, end)
    own = sentence | label | (size > SHORT) | np.logical_or.reduceat(digit, first)
    begins = np.cumsum([0, *(len(text) + 1 for text in texts)])
    text = np.searchsorted(begins, start, side="right") - 1
    begin = begins[text]
    first, last = at[first] - begin, last + 1 - begin
    return Lines(text, start - begin, end - begin, first, last, key, size, sentence, own)


def _holds(
    places: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return for each stretch whether one of *places* (sorted) lies in it."""
    return np.searchsorted(places, start) < np.searchsorted(places, end)


def _links(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a number for every two neighbours among *key*, in this order."""
    return _mixed(key[:-1] * np.uint64(_BASE) + key[1:])


# --- the first pass ----------------------------------------------------------------------------


def site_of(doc: Document) -> str:
    """Return what *doc* shares with the other pages of its site.

    That is its label `site`, else the host of its address, else the folder of its file; rows of a
    JSON Lines file that have no address share the file.

    >>> from corpusprep.core import Document
    >>> site_of(Document("1", "", url="https://WWW.Example.org:8080/a.html"))
    'host example.org'
    >>> site_of(Document("晚报/2.txt", "", source="晚报/2.txt"))
    'folder 晚报'
    """
    if label := doc.labels.get("site"):
        return f"host {label}".lower()
    if doc.url:
        try:
            host = urlsplit(doc.url if "//" in doc.url else f"//{doc.url}").hostname
        except ValueError:  # a bracket that belongs to no address
            host = None
        if host:
            return f"host {host.removeprefix('www.')}"
    if doc.id == doc.source:
        return f"folder {doc.source.rpartition('/')[0]}"
    return f"folder {doc.source}"


class PageSketches(NamedTuple):
    """What is remembered of n pages: 10 bytes a line, and 24 for the page.

    `site` (uint64) is the hash of `site_of`, its lowest bit set where that is a host; `page`
    (uint64) the hash of the page's keys, so that exact copies are one page, and which pages are
    taken as the sample depends on no order. Page i owns ``offsets[i] : offsets[i + 1]`` of `key`
    (uint64, 0 where lines were left out) and `size` (uint16; the highest bit marks a sentence).
    """

    site: NDArray[np.uint64]
    page: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    key: NDArray[np.uint64]
    size: NDArray[np.uint16]

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(self.site)

    def save(self, folder: Path) -> None:
        """Write the sketches into *folder*, which exists."""
        for name, values in self._asdict().items():
            np.save(folder / f"{name}.npy", values, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, part: int, of: int) -> PageSketches:
        """Return the pages of one *part* of the sites, from what was saved sorted by site."""
        site, page, offsets, key, size = (
            np.load(folder / f"{name}.npy", "r") for name in cls._fields
        )
        ends = [k * (1 << 64) // of - 1 for k in (part, part + 1)]  # the last site of each part
        first, end = (int(np.searchsorted(site, np.uint64(max(n, 0)), "right")) for n in ends)
        first = first if part else 0
        low, high = offsets[first], offsets[end]
        return cls(
            np.array(site[first:end]),
            np.array(page[first:end]),
            offsets[first : end + 1] - low,
            np.array(key[low:high]),
            np.array(size[low:high]),
        )

    def take(self, rows: NDArray[np.int64]) -> PageSketches:
        """Return the pages *rows*, in that order."""
        counts = np.diff(self.offsets)[rows]
        offsets = np.concatenate(([0], np.cumsum(counts)))
        at = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], counts)
        return PageSketches(self.site[rows], self.page[rows], offsets, self.key[at], self.size[at])

    @classmethod
    def join(cls, parts: Iterable[PageSketches]) -> PageSketches:
        """Return the pages of all *parts*, one after the other."""
        none = np.empty(0, np.uint64)
        all_ = [cls(none, none, np.zeros(1, np.int64), none, np.empty(0, np.uint16)), *parts]
        counts = np.concatenate([np.diff(part.offsets) for part in all_])
        return cls(
            np.concatenate([part.site for part in all_]),
            np.concatenate([part.page for part in all_]),
            np.concatenate(([0], np.cumsum(counts))),
            np.concatenate([part.key for part in all_]),
            np.concatenate([part.size for part in all_]),
        )

    def sample(self, per_site: int) -> PageSketches:
        """Return up to *per_site* different pages of each site, those with the smallest hashes.

        Sorted by site and page. A sample of samples is the sample of all, whatever the sharding.
        """
        order = np.lexsort((self.page, self.site))
        site, page = self.site[order], self.page[order]
        fresh = np.ones(len(order), np.bool_)
        fresh[1:] = (site[1:] != site[:-1]) | (page[1:] != page[:-1])
        order, site = order[fresh], site[fresh]
        starts = np.flatnonzero(np.concatenate(([True], site[1:] != site[:-1]))[: len(site)])
        rank = np.arange(len(site)) - np.repeat(starts, np.diff(starts, append=len(site)))
        return self.take(order[rank < per_site])


@dataclass(frozen=True, slots=True)
class Templates:
    """Find what recurs on the pages of each site.

    A site with fewer than `min_pages` different pages is left alone. Two lines that follow each
    other on a share of `min_share` of its pages, and on at least three, are linked. Up to
    `pages_per_site` pages of a site are looked at.
    """

    name: ClassVar[str] = "templates"

    min_pages: int = 4
    min_share: float = 0.3
    pages_per_site: int = 256

    def __post_init__(self) -> None:
        """Refuse options that mean nothing."""
        if self.min_pages < LEAST_PAGES:
            raise CorpusprepError(
                f"templates: min_pages is {self.min_pages}, but must be at least {LEAST_PAGES}: "
                "two pages have an article in common more often than a template"
            )
        if not 0.1 <= self.min_share <= 1:
            raise CorpusprepError(
                f"templates: min_share is {self.min_share}, but must lie between 0.1 and 1"
            )
        if not self.min_pages <= self.pages_per_site <= 1024:
            raise CorpusprepError(
                f"templates: pages_per_site is {self.pages_per_site}, but must lie between "
                f"min_pages ({self.min_pages}) and 1024; every two of them are compared"
            )

    def sketch(self, docs: Sequence[Document]) -> PageSketches:
        """Return the sketches of *docs*; each depends on its document alone."""
        lines = read_lines([doc.text for doc in docs])
        size = np.minimum(lines.size, 0x7FFF).astype(np.uint16) | (lines.sentence * _SENTENCE)
        bounds = np.searchsorted(lines.text, np.arange(len(docs) + 1)).tolist()
        keys, sizes = [], []
        for start, end in pairwise(bounds):
            keys.append(_ends(lines.key[start:end]))
            sizes.append(_ends(size[start:end]))
        sites = [site_of(doc) for doc in docs]
        return PageSketches(
            np.array([_site_hash(site) for site in sites], np.uint64),
            np.array([xxhash.xxh3_64_intdigest(k.astype("<u8").data) for k in keys], np.uint64),
            np.cumsum([0, *map(len, keys)], dtype=np.int64),
            np.concatenate([np.empty(0, np.uint64), *keys]),
            np.concatenate([np.empty(0, np.uint16), *sizes]),
        )

    def decide(self, sketches: PageSketches) -> SiteTemplates:
        """Return the step that takes out what recurs on the pages of *sketches*."""
        pages = sketches.sample(self.pages_per_site)
        fresh = np.ones(len(pages), np.bool_)
        fresh[1:] = pages.site[1:] != pages.site[:-1]
        bounds = [*np.flatnonzero(fresh).tolist(), len(pages)]
        found = {
            int(pages.site[start]): links
            for start, end in pairwise(bounds)
            if end - start >= self.min_pages
            and len(links := self._find_links(pages.take(np.arange(start, end))))
        }
        return SiteTemplates(
            np.fromiter(found, np.uint64, len(found)),
            np.cumsum([0, *map(len, found.values())], dtype=np.int64),
            np.concatenate([np.empty(0, _LINKS), *found.values()]),
        )

    def _find_links(self, pages: PageSketches) -> NDArray[Any]:
        """Return the links of one site's *pages*, sorted."""
        pages = pages.take(_different(pages))
        count = len(pages)
        none = np.empty(0, _LINKS)
        if count < self.min_pages:
            return none
        page = np.repeat(np.arange(count), np.diff(pages.offsets))
        _, line = np.unique(pages.key, return_inverse=True)
        places = np.bincount(line)
        together = (page[1:] == page[:-1]) & (pages.key[1:] != 0) & (pages.key[:-1] != 0)
        at = np.flatnonzero(together)
        link, example, kind = np.unique(
            _links(pages.key)[at], return_index=True, return_inverse=True
        )
        on = np.unique(kind.astype(np.int64) * count + page[at]) // count
        on_pages = np.bincount(on, minlength=len(link))
        times = np.bincount(kind, minlength=len(link))
        example = at[example]
        after = 100 * times // places[line[example]]
        before = 100 * times // places[line[example + 1]]
        least = max(LEAST_PAGES, int(np.ceil(self.min_share * count)))
        holds = (on_pages >= least) & ((after >= VOUCHED) | (before >= VOUCHED))
        rows = np.empty(int(np.count_nonzero(holds)), _LINKS)
        rows["link"], rows["pages"], rows["of"] = link[holds], on_pages[holds], count
        rows["after"], rows["before"] = after[holds], before[holds]
        return rows


def _ends(values: NDArray[Any]) -> NDArray[Any]:
    """Return *values*, or the first and last of very many with a 0 between them."""
    if len(values) <= MAX_LINES:
        return values
    half = MAX_LINES // 2
    return np.concatenate((values[:half], np.zeros(1, values.dtype), values[-half:]))


@lru_cache(1 << 14)
def _site_hash(site: str) -> int:
    number = xxhash.xxh3_64_intdigest(site.encode("utf-8", "surrogatepass"))
    return number & ~1 | site.startswith("host ")


def _different(pages: PageSketches) -> NDArray[np.int64]:
    """Return which of one site's *pages* stay if of each lot of near-copies the first stays."""
    count = len(pages)
    page = np.repeat(np.arange(count), np.diff(pages.offsets))
    letters = (pages.size & ~_SENTENCE).astype(np.int64)
    is_body = (pages.size >= _SENTENCE) | (letters >= BODY_LINE)
    body, body_all = _common(page[is_body], pages.key[is_body], letters[is_body], count)
    lines, lines_all = _common(page, pages.key, np.ones(len(page), np.int64), count)
    kept: list[int] = []
    for i in range(count):
        others = np.array(kept, np.int64)
        few = np.minimum(body_all[others], body_all[i]) < BODY
        same_body = body[i, others] >= COPY_SHARE * np.minimum(body_all[others], body_all[i])
        same_lines = lines[i, others] >= COPY_LINES * np.maximum(lines_all[others], lines_all[i])
        if not np.where(few, same_lines, same_body).any():
            kept.append(i)
    return np.array(kept, np.int64)


def _common(
    page: NDArray[np.int64], key: NDArray[np.uint64], weight: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the weight of the lines that each two pages share, and of those that each one has."""
    keys, first, line = np.unique(key, return_index=True, return_inverse=True)
    has = np.unique(line.astype(np.int64) * count + page)
    line, page = has // count, has % count
    each = np.bincount(page, weight[first][line], count).astype(np.int64)
    on = np.bincount(line, minlength=len(keys))
    shared = np.zeros((count, count), np.float32)
    recurs = np.flatnonzero(on > 1)
    column = np.full(len(keys), -1)
    for some in np.array_split(recurs, len(recurs) // 4096 + 1):  # 4 MB at a time
        column[some] = np.arange(len(some))
        here = column[line] >= 0
        matrix = np.zeros((count, len(some)), np.float32)
        matrix[page[here], column[line[here]]] = 1
        # Whole numbers far below 2 ** 24: no rounding, so the same on every machine.
        shared += (matrix * weight[first][some].astype(np.float32)) @ matrix.T
        column[some] = -1
    return shared, each


# --- the second pass ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class SiteTemplates:
    """Reports an edit for each block of template lines of the sites that were sketched.

    Site ``sites[i]`` (uint64, sorted) owns ``links[starts[i] : starts[i + 1]]``, records sorted by
    `link`: on how many pages `of` how many two lines follow each other, and in how many of a
    hundred places the first has the second `after` it, and the second the first `before` it. The
    rule of an edit says on how many of the site's different pages its least certain line stands
    beside a neighbour that it has here, too: ``template:23/25 pages``.
    """

    name: ClassVar[str] = "templates"

    sites: NDArray[np.uint64]
    starts: NDArray[np.int64]
    links: NDArray[Any]
    _known_sites: dict[int, NDArray[Any]] = field(default_factory=dict)

    def __call__(self, doc: Document, /) -> list[Edit]:
        """Report the template blocks of *doc*."""
        return self.many([doc])[0]

    def many(self, docs: Sequence[Document], /) -> list[list[Edit]]:
        """Report the template blocks of each of *docs*."""
        found: list[list[Edit]] = [[] for _ in docs]
        if not len(self.links):
            return found
        sites = [_site_hash(site_of(doc)) for doc in docs]
        known = [self._known(site) for site in sites]
        at = [i for i, links in enumerate(known) if len(links)]
        if not at:
            return found
        before = [_before_rules(docs[i]) for i in at]
        lines = read_lines([text for text, _ in before])
        tables = {sites[i]: known[i] for i in at}
        gaps = _Gaps.read(lines, [sites[i] for i in at], tables)
        if not gaps.pages.any():
            return found
        is_host = np.array([sites[i] & 1 for i in at], np.bool_)
        stays = ~_taken(lines, [edits for _, edits in before])
        goes, certain = _spread(lines, gaps, ~stays, is_host)
        counts = np.maximum(gaps.pages[:-1], gaps.pages[1:])
        for start, end in _stretches(lines, goes, stays):
            block = np.flatnonzero(stays[start:end]) + start
            enclosed = start < block[0] and block[-1] + 1 < end
            if (~lines.own[block]).sum() < 2 and not (enclosed and certain[block].all()):
                continue
            k = int(lines.text[start])
            ends = [(int(lines.start[i]), int(lines.end[i])) for i in block[[0, -1]]]
            spans = [span for span in shift(dict.fromkeys(ends), before[k][1]) if span]
            cut = _cut(docs[at[k]].text, spans[0][0], spans[-1][1])
            rule = f"template:{counts[block].min()}/{gaps.of[block[0]]} pages"
            found[at[k]].append(Edit(*cut, "", rule))
        return found

    def _known(self, site: int) -> NDArray[Any]:
        """Return the links of *site*."""
        found = self._known_sites.get(site)
        if found is None:
            at = int(np.searchsorted(self.sites, np.uint64(site)))
            there = at < len(self.sites) and int(self.sites[at]) == site
            start, end = self.starts[at : at + 2] if there else (0, 0)
            found = self._known_sites[site] = np.array(self.links[start:end])
        return found

    def save(self, folder: Path) -> None:
        """Write the tables into *folder*, which exists."""
        for name in ("sites", "starts", "links"):
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> SiteTemplates:
        """Return what `save` wrote, memory-mapped; or, where *folder* is missing, no templates."""
        if not folder.exists():
            return Templates().decide(PageSketches.join(()))
        return cls(*(np.load(folder / f"{name}.npy", "r") for name in ("sites", "starts", "links")))

    @classmethod
    def merge(cls, folders: Sequence[Path], target: Path) -> None:
        """Write into *target* the tables of *folders*, whose sites follow each other."""
        parts = [cls.load(folder) for folder in folders]
        sites = [len(part.sites) for part in parts]
        links = [len(part.links) for part in parts]
        at_site, at_link = np.cumsum([0, *sites]).tolist(), np.cumsum([0, *links]).tolist()

        def table(name: str, dtype: Any, rows: int) -> NDArray[Any]:
            path = target / f"{name}.npy"
            return np.lib.format.open_memmap(path, "w+", dtype, (rows,))

        all_sites = table("sites", np.uint64, at_site[-1])
        all_starts = table("starts", np.int64, at_site[-1] + 1)
        all_links = table("links", _LINKS, at_link[-1])
        all_starts[-1] = at_link[-1]
        for part, site, link in zip(parts, at_site, at_link, strict=False):
            all_sites[site : site + len(part.sites)] = part.sites
            all_starts[site : site + len(part.sites)] = part.starts[:-1] + link
            all_links[link : link + len(part.links)] = part.links


def _before_rules(doc: Document) -> tuple[str, list[Edit]]:
    """Return the text as it was before the rules took their lines, and what they took."""
    if doc.history and doc.history[-1].step == "boilerplate":
        change = doc.history[-1]
        return apply(doc.text, change.inverse()), change.edits
    return doc.text, []


class _Gaps(NamedTuple):
    """What is known of the gaps around n lines: gap i lies before line i, gap n after the last.

    The numbers are those of the link over the gap, all 0 where there is none; `of` has n entries.
    """

    pages: NDArray[np.int64]
    after: NDArray[np.int64]
    before: NDArray[np.int64]
    of: NDArray[np.int64]

    @classmethod
    def read(cls, lines: Lines, sites: list[int], tables: dict[int, NDArray[Any]]) -> _Gaps:
        """Return what the links in *tables* know of *lines*, whose texts are of *sites*."""
        links = np.concatenate(list(tables.values()))
        # A site's links are told from another's in one table by the hash of the site.
        marks = np.repeat(np.fromiter(tables, np.uint64), [len(t) for t in tables.values()])
        names = links["link"] ^ marks
        order = np.argsort(names)
        names, links = names[order], links[order]
        wanted = _links(lines.key) ^ np.array(sites, np.uint64)[lines.text[1:]]
        place = np.searchsorted(names, wanted)
        place[place == len(names)] = 0
        hit = (names[place] == wanted) & (lines.text[1:] == lines.text[:-1])
        of = np.array([tables[site]["of"][0] for site in sites])[lines.text]
        pages, after, before = (
            np.pad(links[name][place] * hit, 1).astype(np.int64)
            for name in ("pages", "after", "before")
        )
        return cls(pages, after, before, of.astype(np.int64))


def _taken(lines: Lines, edits: list[list[Edit]]) -> NDArray[np.bool_]:
    """Return which of *lines* lie within one of the *edits* of their text."""
    far = np.int64(1) << 32  # no text is as long
    flat = [(k * far + e.start, k * far + e.end) for k, some in enumerate(edits) for e in some]
    start, end = np.array([(-1, -1), *flat], np.int64).T
    place = lines.text * far
    at = np.searchsorted(start, place + lines.letters, side="right") - 1
    is_taken: NDArray[np.bool_] = end[at] >= place + lines.letters_end
    return is_taken


def _spread(
    lines: Lines, gaps: _Gaps, taken: NDArray[np.bool_], is_host: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which lines go, and which of them are certain.

    Those go that rules have *taken* or that make an edge of the page, and from there on each line
    that a neighbour vouches for. A line of a kind that may be the text's own is never the last.
    """
    own = lines.own
    certain = np.minimum(gaps.after[:-1], gaps.before[1:]) >= CERTAIN
    certain &= np.minimum(gaps.pages[:-1], gaps.pages[1:]) >= CERTAIN_SHARE * gaps.of
    certain &= gaps.of >= CERTAIN_PAGES
    goes = taken | _edges(lines, gaps, is_host[lines.text])
    if goes.any():
        open_to = (~own | certain) & ~goes
        for i in np.flatnonzero((gaps.after[:-1] >= VOUCHED) & open_to).tolist():
            goes[i] |= goes[i - 1]
        for i in np.flatnonzero((gaps.before[1:] >= VOUCHED) & open_to)[::-1].tolist():
            goes[i] |= goes[i + 1]
    beside = np.diff(lines.text, prepend=-1, append=-1) == 0  # as gaps: within a text
    doubtful = np.flatnonzero(goes & own & ~taken).tolist()
    for i in doubtful:
        goes[i] = beside[i] and goes[i - 1]
    for i in doubtful[::-1]:
        goes[i] &= beside[i + 1] and goes[i + 1]
    return goes, certain


def _edges(lines: Lines, gaps: _Gaps, is_host: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the lines with which nearly all pages of a host begin, or end."""
    linked = np.minimum(gaps.after, gaps.before)[:-1] >= VOUCHED
    linked &= (gaps.pages[:-1] >= EDGE_SHARE * gaps.of) & is_host
    run = np.cumsum(~linked) - 1
    size = np.bincount(run, ~lines.own)
    starts = np.flatnonzero(np.diff(lines.text, prepend=-1))
    ends = np.append(starts[1:], len(run)) - 1
    is_edge = np.zeros(len(size), np.bool_)
    is_edge[run[starts]] = size[run[starts]] >= HEAD_LINES
    is_edge[run[ends]] |= size[run[ends]] >= TAIL_LINES
    found: NDArray[np.bool_] = is_edge[run]
    return found


def _stretches(
    lines: Lines, goes: NDArray[np.bool_], stays: NDArray[np.bool_]
) -> Iterator[tuple[int, int]]:
    """Yield start and end of each run of lines that go, if a line still stands in it."""
    new = np.diff(lines.text, prepend=-1) != 0
    begins = goes & (new | ~np.concatenate(([False], goes[:-1])))
    ends = goes & np.concatenate(((new | ~goes)[1:], [True]))
    left = np.concatenate(([0], np.cumsum(goes & stays)))
    for start, last in zip(np.flatnonzero(begins), np.flatnonzero(ends), strict=True):
        if left[last + 1] > left[start]:
            yield int(start), int(last) + 1


def _cut(text: str, start: int, end: int) -> tuple[int, int]:
    """Return *start* and *end* with the line breaks to one side; the wider gap stays."""
    before = start
    while before and text[before - 1].isspace():
        before -= 1
    found = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]").match(text, end)
    after = found.end() if found else end
    if not text[end:after].strip() and not text[after:].strip():
        return before, len(text)
    if before == 0 or text.count("\n", end, after) <= text.count("\n", before, start):
        return start, after
    return before, end
