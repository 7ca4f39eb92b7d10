"""How likely each line of a page is boilerplate, by what it looks like and what stands around it.

Rules know wordings; on a site never seen half of the wordings are new. What stays the same is the
look: short lines without a full stop among others of their kind, counts and dates, bars, the words
that only boilerplate is made of, lines between two that the rules took. A line is described by numbers
(its length, its marks, how its pairs of characters are spread over text and boilerplate, the same of
its neighbours, where on the page it stands), and a table of small decision trees, trained by
`scripts/train_line_model.py`, says how often such lines were boilerplate on labelled pages.

All is computed in numpy for many pages at once; no character is looked at by Python.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from corpusprep.rulefile import Rule
    from corpusprep.rulematch import Look, Page

    Floats = npt.NDArray[np.floating[Any]]
    Ints = npt.NDArray[np.integer[Any]]

MODEL = Path(__file__).parent / "models" / "lines.npz"
BUCKETS = 1 << 17  # of hashed pairs of characters
LOOKED_AT, HEAD = 120, 100  # of a longer line the first 100 and the last 20 characters
PROSE = 30  # characters of a sentence that alone marks the body of a page
WAKING_LINES = 3  # 39 of 45 texts that only look like boilerplate have fewer that a rule takes
CHUNK = 100_000  # characters at a time, so that the columns stay in the cache
BY_MODEL = 1 << 30  # in place of the number of a rule
PAD = 8  # empty rows between pages, so that no line has a neighbour on another page
ECHO_SLOTS = 1 << 14  # for the pairs of a page's prose; one in ten is then found by chance
FAR = 10.0  # beyond this many lines all is equally far

# What is counted in a line: one packed field of ten bits each, six to a word.
_KINDS = (
    "han",
    "function",
    "unit",
    "digit",
    "latin",
    "comma",
    "stop",
    "colon",
    "bar",
    "bracket",
    "quote",
    "space",
)
KINDS = 2 + len(_KINDS)  # and whatever is none of them
_CHARS = {
    "function": "的了是在和有不我这他们也就与对将为你她它都很说要会着把被让给从到那",
    "unit": "年月日时分秒前楼次条人回评赞位个期版第号",
    "comma": ",;、，；",
    "stop": "。!?！？…~～",
    "colon": ":：",
    "bar": "|·•>»›/\\-–—_<«‹丨｜│→▪■◆●#+×*",
    "bracket": "()[]{}《》〈〉「」『』",
    "quote": "\"'“”‘’",
    "space": " \t\n",
}
_GROUPS = {  # of classes of rules, as a neighbour shows them
    "navigation": 1,
    "login": 1,
    "user-card": 2,
    "post-meta": 2,
    "related": 3,
    "advert": 3,
    "credit": 4,
    "legal": 4,
    "masthead": 4,
    "share": 5,
    "follow": 5,
    "jammer": 2,
}


def judge(pages: Sequence[Page], genres: Sequence[str], rules: Sequence[Rule]) -> None:
    """Take on each of *pages* the lines that are almost surely boilerplate and that no rule took.

    Only where the rules found boilerplate: a text without any is left as it is. A run of such lines is
    one removal, with the certainty of its least certain line in the name: `line-model:0.97`.
    """
    chosen = [k for k, page in enumerate(pages) if has_boilerplate(page)]
    if not chosen:
        return
    model = line_model()
    parts = []
    for some in _chunks(chosen, [len(page.shadow) for page in pages]):
        mine = [pages[k] for k in some]
        _, columns = features(mine, [genres[k] for k in some], rules, model.pairs)
        free = [r < 0 and i not in page.kept for page in mine for i, r in enumerate(page.rule)]
        parts.append(columns[:, free])
    certainties = iter(model.probabilities(np.concatenate(parts, axis=1)).tolist())
    for k in chosen:
        _take(pages[k], certainties, model.threshold)


def _chunks(chosen: Iterable[int], sizes: Sequence[int]) -> Iterator[list[int]]:
    some, size = list[int](), 0
    for k in chosen:
        some.append(k)
        size += sizes[k]
        if size > CHUNK:
            yield some
            some, size = [], 0
    if some:
        yield some


def has_boilerplate(page: Page) -> bool:
    """Return whether the rules took so much of *page* that there is more like it."""
    return sum(rule >= 0 for rule in page.rule) >= WAKING_LINES


def _take(page: Page, certainties: Iterator[float], threshold: float) -> None:
    first = before = -2
    least = 1.0
    for i, rule in enumerate(page.rule):
        if rule >= 0 or i in page.kept:
            continue
        certainty = next(certainties)
        if certainty >= threshold:
            first, least = (first, min(least, certainty)) if i == before + 1 else (i, certainty)
            page.rule[i], page.unit[i] = BY_MODEL, first
            page.evidence[first] = f"line-model:{int(least * 100) / 100:.2f}"
            before = i


class LineModel(NamedTuple):
    """The trained tables: pairs of characters, thresholds of features, trees and their leaves."""

    pairs: Ints  # (BUCKETS,): log-odds of boilerplate, low half; of prose, high half
    feature: Ints  # (conditions,): the feature that each condition looks at
    border: Floats  # (conditions,): the condition holds above it
    trees: Ints  # (trees, depth): conditions of each level
    leaves: Floats  # (trees, 2 ** depth): what each tree adds to the log-odds
    bias: float
    threshold: float  # a line goes only above this probability

    def probabilities(self, columns: Floats) -> Floats:
        """Return how likely each row is boilerplate; *columns* are (features, rows)."""
        holds = [
            (columns[f] > b).view(np.uint8)
            for f, b in zip(self.feature.tolist(), self.border.tolist(), strict=True)
        ]
        total = np.full(columns.shape[1], self.bias, dtype=np.float32)
        for conditions, leaves in zip(self.trees.tolist(), self.leaves, strict=True):
            leaf = holds[conditions[0]].copy()
            for level, condition in enumerate(conditions[1:], 1):
                leaf |= holds[condition] << level
            total += leaves[leaf]
        probabilities: Floats = 1 / (1 + np.exp(-total))
        return probabilities


@cache
def line_model() -> LineModel:
    """Return the model that ships."""
    with np.load(MODEL) as data:
        arrays = {name: data[name] for name in data.files}
    pairs = arrays.pop("odds").astype(np.int64) + (arrays.pop("prose").astype(np.int64) << 32)
    bias, threshold = float(arrays.pop("bias")), float(arrays.pop("threshold"))
    return LineModel(pairs, bias=bias, threshold=threshold, **arrays)


@cache
def _kind_of() -> Ints:
    """Return for each code point which of `_KINDS` it is, or -1."""
    kind = np.full(0x10000, -1, dtype=np.int64)
    kind[0x3400:0x9FFF] = kind[0xF900:0xFAFF] = _KINDS.index("han")
    kind[[*range(0x30, 0x3A), *range(0xFF10, 0xFF1A)]] = _KINDS.index("digit")
    latin = [*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
    kind[latin] = _KINDS.index("latin")
    for name, chars in _CHARS.items():
        kind[[ord(c) for c in chars]] = _KINDS.index(name)
    return kind


@cache
def _tables() -> tuple[Ints, Ints, Ints]:
    """Return for each code point its packed counts, six kinds each, and the code that pairs use."""
    kind = _kind_of()
    field = np.uint64(1) << np.uint64(10) * (kind % 6).astype(np.uint64)
    none = np.uint64(0)
    first = np.where((kind >= 0) & (kind < 6), field, none)
    second = np.where(kind >= 6, field, none)
    paired = np.where(kind == _KINDS.index("digit"), ord("0"), np.arange(0x10000))
    return first, second, paired.astype(np.uint32)


@cache
def _changes() -> tuple[Ints, Ints]:
    """Return the kind of each code point as shapes see it, and a number for each change of kinds."""
    kind = _kind_of() + 1
    for name in ("function", "unit"):
        kind[kind == 1 + _KINDS.index(name)] = 1 + _KINDS.index("han")
    weights = np.random.default_rng(0).integers(-(1 << 62), 1 << 62, (KINDS, KINDS))
    np.fill_diagonal(weights, 0)
    return kind, weights.ravel()


def pair_keys(text: str) -> Ints:
    """Return the bucket of each pair of neighbouring characters of *text*, a shadow."""
    keys: Ints = _hash(_tables()[2][_codes(text)])
    return keys


def _hash(codes: Ints) -> Ints:
    mixed = codes[:-1] * np.uint32(0x9E3779B1) ^ codes[1:] * np.uint32(0x85EBCA77)
    return (mixed >> np.uint32(15)).astype(np.int32)


def _codes(text: str) -> Ints:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    low: Ints = np.minimum(codes, 0xFFFF)
    return low


class _Lines:
    """The lines of many pages in rows, with empty rows between pages."""

    def __init__(self, pages: Sequence[Page]) -> None:
        counts = np.array([len(page) for page in pages], dtype=np.int64)
        self.counts = counts
        firsts = PAD + np.cumsum(np.append(0, counts[:-1] + PAD))
        self.size = int(counts.sum() + PAD * (len(pages) + 1))
        self.first = np.repeat(firsts, counts)  # row of the first line of the same page
        total = int(counts.sum())
        place = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        self.rows = self.first + place
        self.place = place
        self.n = np.repeat(counts, counts)
        self.page = np.repeat(np.arange(len(pages)), counts)
        self.texts = [t for page in pages for t in page.text]

    def spread(self, values: npt.NDArray[np.generic]) -> Floats:
        """Return *values*, one a line, as a column of all rows."""
        column = np.zeros(self.size, dtype=np.float32)
        column[self.rows] = values
        return column

    def at(self, column: Floats, offset: int) -> Floats:
        """Return what *column* holds *offset* lines further down the page."""
        there: Floats = column[self.rows + offset]
        return there

    def near(self, column: Floats, reach: int) -> Floats:
        """Return the mean of *column* over *reach* lines on either side."""
        sums = np.concatenate(([0.0], np.cumsum(column, dtype=np.float64)))
        found = sums[self.rows + reach + 1] - sums[self.rows - reach]
        mean: Floats = (found / (2 * reach + 1)).astype(np.float32)
        return mean

    def before(self, column: Floats) -> Floats:
        """Return the sum of *column* over the lines of the page above each."""
        sums = np.concatenate(([0.0], np.cumsum(column, dtype=np.float64)))
        above: Floats = (sums[self.rows] - sums[self.first]).astype(np.float32)
        return above

    def distance(self, column: Floats) -> tuple[Floats, Floats]:
        """Return how many lines above and below the next line lies where *column* is not 0."""
        rows = np.arange(self.size)
        hit = column != 0
        above = np.maximum.accumulate(np.where(hit, rows, -self.size))
        below = np.minimum.accumulate(np.where(hit, rows, 3 * self.size)[::-1])[::-1]
        up = self.rows - above[self.rows - 1]
        down = below[self.rows + 1] - self.rows
        up = np.where(up > self.place, FAR + 2, np.minimum(up, FAR))
        down = np.where(down >= self.n - self.place, FAR + 2, np.minimum(down, FAR))
        return up.astype(np.float32), down.astype(np.float32)


def features(
    pages: Sequence[Page],
    genres: Sequence[str],
    rules: Sequence[Rule],
    pairs: Ints,
) -> tuple[list[str], Floats]:
    """Return the names of the features, and a column of numbers for each: (features, lines).

    Lines are those of all *pages*, one after the other, blank ones left out as in a `Page`.
    """
    lines = _Lines(pages)
    own = _wording(lines, pairs)
    own.update(_verdicts(pages, rules))
    column = {name: lines.spread(values) for name, values in own.items()}
    found = {name: values for name, values in own.items() if name != "taken"}
    _add_neighbours(found, column, lines)
    _add_place(found, column, lines)
    for genre in ("thread", "newspaper", "list", "notice"):
        of_page = np.array([mine == genre for mine in genres], dtype=np.float32)
        found[genre] = of_page[lines.page]
    return list(found), np.stack(list(found.values()))


def _wording(lines: _Lines, pairs: Ints) -> dict[str, Floats]:
    """Return what each line is by its own characters."""
    texts = [t if len(t) <= LOOKED_AT else t[:HEAD] + t[HEAD - LOOKED_AT :] for t in lines.texts]
    size = np.fromiter(map(len, texts), np.int64, len(texts))
    end = np.cumsum(size + 1)  # of the break after each line, and there is one before the first
    start = end - size
    codes = _codes("\n" + "\n".join(texts) + "\n").astype(np.intp)
    first_table, second_table, paired = _tables()
    kinds: list[Floats] = []
    for table in (first_table, second_table):
        packed = np.add.reduceat(table[codes[1:]], start - 1)  # each line with the break after it
        kinds += [
            ((packed >> np.uint64(10 * k)) & np.uint64(1023)).astype(np.float32) for k in range(6)
        ]
    count = dict(zip(_KINDS, kinds, strict=True))
    kind, weights = _changes()
    kind_of = kind[codes]
    shape = np.add.reduceat(weights[kind_of[:-1] * KINDS + kind_of[1:]], start - 1)
    letters = paired[codes]
    keys = _hash(letters)
    scores = pairs[keys]
    odds, prose = _halves(np.add.reduceat(scores, start - 1))  # with the breaks on both sides
    edge, _ = _halves(scores[start - 1] + scores[start])
    tail, _ = _halves(scores[end - 1] + scores[end - 2])
    final, opening = letters[end - 1], letters[start]
    n = np.fromiter(map(len, lines.texts), np.float32, len(texts))
    seen = size.astype(np.float32)
    han = count["han"] + count["function"] + count["unit"]
    is_stop = np.isin(final, _codes("。!?！？…”」』;；"))
    is_prose = (n >= PROSE) & is_stop
    own = {
        "length": np.minimum(n, 240),
        "han": han / seen,
        "function": count["function"] / seen,
        "functions": np.minimum(count["function"], 8),
        "units": count["unit"] / seen,
        "digits": count["digit"] / seen,
        "digit": np.minimum(count["digit"], 20),
        "latin": count["latin"] / seen,
        "spaces": (count["space"] - 1) / seen,
        "space": np.minimum(count["space"] - 1, 12),
        "commas": np.minimum(count["comma"], 8),
        "comma": count["comma"] / seen,
        "stops": np.minimum(count["stop"], 8),
        "colons": np.minimum(count["colon"], 4),
        "bars": np.minimum(count["bar"], 8),
        "bar": count["bar"] / seen,
        "brackets": np.minimum(count["bracket"], 6),
        "quotes": np.minimum(count["quote"], 4),
        "ends_stop": is_stop,
        "ends_comma": np.isin(final, _codes(",，、")),
        "ends_colon": np.isin(final, _codes(":：")),
        "ends_bracket": np.isin(final, _codes(")]》>")),
        "begins_digit": opening == ord("0"),
        "begins_mark": np.isin(opening, _codes("[(<>»·•*#@|-+■◆●▪★☆▶►《")),
        "odds": np.clip(odds / (seen + 1), -60, 60),
        "odds_sum": np.clip(odds, -400, 400),
        "prose": np.clip(prose / (seen + 1), -60, 60),
        "opening": np.clip(edge, -200, 200),
        "ending": np.clip(tail, -200, 200),
        "is_prose": is_prose,
        "shape": _same(shape, lines.page),
        "same": _same(np.fromiter(map(hash, lines.texts), np.int64, len(texts)), lines.page),
        "same_start": _same(letters[start] << 16 | letters[start + 1], lines.page),
        "same_end": _same(letters[end - 2] << 16 | letters[end - 1], lines.page),
        "echo": _echo(keys, start, size, is_prose, lines.page),
    }
    return {name: np.asarray(values, dtype=np.float32) for name, values in own.items()}


def _echo(
    keys: Ints, start: Ints, size: Ints, is_prose: npt.NDArray[np.bool_], page: Ints
) -> Floats:
    """Return the share of each line's pairs of characters that the prose of its page has too."""
    slots = (keys & (ECHO_SLOTS - 1)) + np.repeat(page * ECHO_SLOTS, size + 1)
    there = np.zeros((int(page[-1]) + 1) * ECHO_SLOTS, dtype=bool)
    there[slots[np.repeat(is_prose, size + 1)]] = True
    echo: Floats = np.add.reduceat(there[slots], start - 1, dtype=np.float32) / (size + 1)
    return echo.astype(np.float32)


def _halves(packed: Ints) -> tuple[Floats, Floats]:
    low = packed.astype(np.int32)
    high = (packed - low) >> 32
    return low.astype(np.float32), high.astype(np.float32)


def _same(keys: Ints, page: Ints) -> Floats:
    mixed = keys * np.int64(1_000_003) + page
    _, inverse, counts = np.unique(mixed, return_inverse=True, return_counts=True)
    same: Floats = np.minimum(counts[inverse], 12).astype(np.float32)
    return same


@lru_cache(maxsize=10_000)
def _seen_as(look: Look) -> tuple[int, int]:
    """Return a number for what the rules think of a wording, and how many words of a menu it holds."""
    known = (look.member >= 0) + 2 * (look.zoned >= 0) + 4 * (look.heading >= 0)
    return known, max((count for count, _ in look.words), default=0)


def _verdicts(pages: Sequence[Page], rules: Sequence[Rule]) -> dict[str, Floats]:
    """Return what the rules say of each line."""
    total = sum(map(len, pages))
    group = np.array([*(_GROUPS[rule.kind] for rule in rules), 0], dtype=np.float32)
    taken = group[np.fromiter((r for page in pages for r in page.rule), np.int64, total)]
    known = np.zeros(total, dtype=np.float32)
    words = np.zeros(total, dtype=np.float32)
    at = 0
    for page in pages:
        for i in page.known:
            known[at + i], words[at + i] = _seen_as(page.look[i])
        at += len(page)
    state = np.fromiter((s for page in pages for s in page.state), np.float32, total)
    return {"taken": taken, "known": known, "words": np.minimum(words, 6), "state": state}


_BESIDE = ("length", "ends_stop", "digits", "odds", "prose", "functions", "commas")


def _add_neighbours(found: dict[str, Floats], column: dict[str, Floats], lines: _Lines) -> None:
    """Add what stands in the lines around each."""
    for offset in (-3, -2, -1, 1, 2, 3):
        for name in _BESIDE if abs(offset) == 1 else _BESIDE[:5]:
            found[f"{name}{offset:+}"] = lines.at(column[name], offset)
    taken = column["taken"]
    one = (taken > 0).astype(np.float32)
    for group in range(1, 6):
        mine = (taken == group).astype(np.float32)
        found[f"group{group}"] = lines.near(mine, 4)
    short = lines.spread(np.ones(len(lines.rows))) * (column["length"] <= 14)
    plain = short * (column["commas"] + column["stops"] == 0)
    for reach in (2, 5):
        found[f"length~{reach}"] = lines.near(column["length"], reach)
        found[f"odds~{reach}"] = lines.near(column["odds"], reach)
        found[f"prose~{reach}"] = lines.near(column["prose"], reach)
        found[f"stops~{reach}"] = lines.near(column["ends_stop"], reach)
        found[f"short~{reach}"] = lines.near(plain, reach)
        found[f"taken~{reach}"] = lines.near(one, reach)
        found[f"digits~{reach}"] = lines.near(column["digits"], reach)
        found[f"repeats~{reach}"] = lines.near(np.maximum(column["same_start"], 1) - 1, reach)
    found["taken-1"], found["taken+1"] = lines.at(one, -1), lines.at(one, 1)
    found["taken_up"], found["taken_down"] = lines.distance(one)
    found["prose_up"], found["prose_down"] = lines.distance(column["is_prose"])
    found["stop_up"], found["stop_down"] = lines.distance(column["ends_stop"])
    titles = (column["length"] > 7) * (column["length"] <= 40) * (1 - column["ends_stop"])
    titles *= column["commas"] < 2
    for reach in (3, 6):
        found[f"titles~{reach}"] = lines.near(titles, reach)
        found[f"echo~{reach}"] = lines.near(column["echo"], reach)
        found[f"shape~{reach}"] = lines.near(column["shape"], reach)
    for group in (2, 3, 4):
        above = lines.before((taken == group).astype(np.float32))
        found[f"above{group}"] = np.minimum(above, 6)


def _add_place(found: dict[str, Floats], column: dict[str, Floats], lines: _Lines) -> None:
    """Add where on its page each line stands, and what kind of page it is."""
    n = lines.n.astype(np.float32)
    found["place"] = lines.place / n
    found["from_top"] = np.minimum(lines.place, 60).astype(np.float32)
    found["from_end"] = np.minimum(lines.n - 1 - lines.place, 60).astype(np.float32)
    found["lines"] = np.log1p(n)
    sums = {}
    weight = np.bincount(lines.page, minlength=len(lines.counts))
    prose_length = column["length"] * column["is_prose"]
    for name, values in (
        ("length", column["length"]),
        ("prose", prose_length),
        ("proses", column["is_prose"]),
        ("taken", (column["taken"] > 0).astype(np.float32)),
        ("odds", column["odds"]),
        ("digits", column["digits"]),
    ):
        total = np.bincount(lines.page, values[lines.rows], minlength=len(weight))
        sums[name] = total[lines.page].astype(np.float32)
    above = lines.before(prose_length)
    found["prose_above"] = above
    found["prose_below"] = sums["prose"] - above - prose_length[lines.rows]
    found["prose_share"] = sums["prose"] / np.maximum(sums["length"], 1)
    found["page_prose"] = np.minimum(sums["prose"], 4000)
    found["page_taken"] = sums["taken"] / n
    found["page_takens"] = np.minimum(sums["taken"], 60)
    found["page_odds"] = sums["odds"] / n
    found["page_length"] = sums["length"] / n
    taken_above = lines.before((column["taken"] > 0).astype(np.float32))
    found["taken_above"] = taken_above / np.maximum(lines.place, 1)
    found["taken_below"] = (sums["taken"] - taken_above) / np.maximum(lines.n - lines.place, 1)
