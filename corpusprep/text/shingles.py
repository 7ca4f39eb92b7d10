"""What two texts have in common, as numbers: key texts, exact hashes, shingles.

The same article comes back in traditional characters, with its punctuation folded to ASCII, with
spaces between the characters, or with another share bar at its end. Texts are therefore compared
by their *key*: letters and digits only, one width, lower case, simplified. From the key come an
exact hash and the set of its overlapping character n-grams (*shingles*); `corpusprep.text.minhash`
makes numbers of fixed size from these, by which alike texts find each other without the texts.

Words play no part. A tokenizer that splits at white space makes one "word" of a Chinese line, so
that one edit hides the copy, or finds no n-gram at all, so that unrelated texts share the empty
signature and are deleted as copies of each other.

All numbers depend on the text alone: not on the batch it came in, the process, or the platform.
(A character that a newer Unicode version assigns counts from the Python version that knows it.)
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xxhash

from corpusprep.text.script import simplify_chars

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = [
    "BASE",
    "MIN_KEY",
    "WIDTH",
    "Keys",
    "Shingles",
    "blocks",
    "common",
    "exact_hashes",
    "hash_shingles",
    "jaccard",
    "key_texts",
    "mixed",
    "repetition",
    "shingle_sets",
]

# At 50 key characters one changed character, a digit of a temperature, spoils 5 of 46 shingles and
# leaves a similarity of 0.80. In shorter texts the number tells where a change stands rather than
# how much of one there is, so they are compared by their exact hash only.
MIN_KEY = 50

# Five Han characters are two or three words, five digits a figure. Letters carry less: five of
# them are shared by any two long English texts (51,160 books once became one cluster that way),
# twelve are two words. The width is chosen at each place, by the letters that follow: chosen for
# whole texts, a link more or less would leave two copies with nothing in common.
WIDTH = 5
LETTERS_WIDTH = 12
_ALPHABETS = (0x61, 0x530)  # Latin, Greek and Cyrillic, as far as they are found in keys

_DROPPED = 0xFFFFFFFF  # table entry of white space, invisible characters, accents on their own
_MARK = 0x80000000  # flag of what is neither letter nor digit: kept only where few letters are
_SIGNS = [np.uint32(_MARK | ord(mark)) for mark in "+-±<>≤≥≠~$¥£€"]  # before a figure
_UNITS = [np.uint32(_MARK | ord(mark)) for mark in "%‰+"]  # behind one
# NFKC folds ，：；！？（） and … to ASCII; these it leaves alone.
_MARK_FOLDS = str.maketrans("。、“”‘’「」『』《》〈〉【】—–−≧≦", '.,""\'\'""""<><>[]---≥≤')

# Odd 64-bit constants of the golden ratio and of splitmix64 (Steele and others, OOPSLA 2014).
BASE = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB

# Code points to work on at a time: the temporary arrays of 2 MB stay in a core's cache.
_BLOCK = 1 << 15


class Keys(NamedTuple):
    """The key texts of a batch of n texts.

    `flat` (uint32) has their code points one after the other; text i owns
    ``flat[offsets[i] : offsets[i + 1]]``, so `offsets` (int64) has n + 1 entries. `entries`, owned
    by `bounds` in the same way, has the marks too, and one more behind each text; `empty` has the
    bytes of texts that have neither.
    """

    flat: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    entries: NDArray[np.uint32]
    bounds: NDArray[np.int64]
    empty: dict[int, bytes]


def _folded(code: int) -> int:
    """Return the table entry of one code point, before simplification."""
    char = chr(code)
    if code >= 0x80:
        char = unicodedata.normalize("NFKC", char)
    char = char.lower()
    letters = [part for part in char if part.isalnum()]
    if len(letters) == 1:
        return ord(letters[0])
    if letters:
        return code  # Ⅲ, ⑩, ½, ㎏: the first letter alone would make Ⅱ, ①, 1 and ㎞ of them
    if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me", "Mc"}:
        return _DROPPED
    return _MARK | ord(char[0].translate(_MARK_FOLDS))


@cache
def _table() -> NDArray[np.uint32]:
    """Return the entry of every code point, shape (0x110000,): its key, a flagged mark, dropped.

    A character that NFKC makes several letters of stands for itself: that makes the whole of
    normalisation one look-up, ten times as fast as NFKC itself.
    """
    table = np.full(0x110000, _DROPPED, np.uint32)
    # Ideographs and Hangul syllables fold to themselves; there is nothing to fold beyond plane 1
    # but the compatibility ideographs. Unassigned and private planes stay dropped.
    for first, end in ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0x20000, 0x323B0)):
        table[first:end] = np.arange(first, end)
    for first, end in (
        (0, 0x3400),
        (0x4DC0, 0x4E00),
        (0xA000, 0xAC00),
        (0xD7A4, 0xD800),
        (0xE000, 0x20000),
        (0x2F800, 0x2FA1E),
    ):
        table[first:end] = [_folded(code) for code in range(first, end)]
    letters = np.flatnonzero(table < _MARK)
    text = table[letters].astype("<u4").tobytes().decode("utf-32-le")
    simplified = simplify_chars(text).encode("utf-32-le")
    table[letters] = np.frombuffer(simplified, "<u4")
    table.setflags(write=False)
    return table


def blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield *texts* in runs of a size that is quick to work on; a long text is a run of its own.

    >>> [len(run) for run in blocks(["短文。"] * 4 + ["长" * 40_000, "短文。"])]
    [4, 1, 1]
    """
    start = size = 0
    for i, text in enumerate(texts):
        cost = len(text) + 64  # an empty text has a sketch, too
        if i > start and size + cost > _BLOCK:
            yield texts[start:i]
            start, size = i, 0
        size += cost
    if start < len(texts):
        yield texts[start:]


def key_texts(texts: Sequence[str]) -> Keys:
    """Return the keys of *texts*: letters and digits, one width, lower case, simplified.

    >>> keys = key_texts(["臺灣「ＡＢＣ」新聞，2024 年", "台湾ABC新闻,2024年。"])
    >>> [keys.flat[a:b].tobytes().decode("utf-32") for a, b in zip(keys.offsets, keys.offsets[1:])]
    ['台湾abc新闻2024年', '台湾abc新闻2024年']
    """
    # The line break after each text keeps empty texts addressable, and figures of two texts apart.
    joined = "\n".join([*texts, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
    entries = _table()[codes]
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    entries[ends - 1] = _MARK
    there = entries != _DROPPED
    entries = entries[there]
    bounds = _ends(there, np.concatenate(([0], ends)))
    is_key = entries < _MARK
    offsets = _ends(is_key, bounds)
    empty = {
        i: texts[i].encode("utf-8", "surrogatepass")
        for i in np.flatnonzero(np.diff(bounds) == 1).tolist()
    }
    return Keys(entries[is_key], offsets, entries, bounds, empty)


def _ends(found: NDArray[np.bool_], bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each text ends among what is *found*, with a 0 before; no text is empty."""
    ends = np.zeros(len(bounds), np.int64)
    if len(bounds) > 1:
        counts = np.add.reduceat(found.view(np.uint8), bounds[:-1], dtype=np.int64)
        np.cumsum(counts, out=ends[1:])
    return ends


def _figure_marks(entries: NDArray[np.uint32], is_key: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return where in *entries* a mark changes a figure: within it, before it or behind it."""
    at = np.flatnonzero(~is_key)
    mark = entries[at]
    digit = np.zeros(len(entries) + 2, np.bool_)
    digit[1:-1] = (entries >= ord("0")) & (entries <= ord("9"))
    behind, before = digit[at], digit[at + 2]
    signs, units = np.zeros(len(at), np.bool_), np.zeros(len(at), np.bool_)
    for one in _SIGNS:
        signs |= mark == one
    for one in _UNITS:
        units |= mark == one
    changes = (mark != _MARK) & (before & (behind | signs) | behind & units)
    found: NDArray[np.int64] = at[changes]
    return found


def exact_hashes(keys: Keys) -> NDArray[np.uint64]:
    """Return a 128-bit hash of every text's key and figures, shape (n, 2), dtype uint64.

    Texts without letters are hashed with all their marks, texts of invisible characters as they
    stand: no two different texts meet for want of letters.

    >>> def same(*texts): return len(set(map(tuple, exact_hashes(key_texts(texts)).tolist()))) == 1
    >>> same("今天，下雨了。", "今天,下雨了."), same("气温-5℃", "气温5℃"), same("！！", "？？")
    (True, False, False)
    """
    entries, bounds = keys.entries, keys.bounds
    wanted = entries < _MARK
    wanted[_figure_marks(entries, wanted)] = True
    for i in np.flatnonzero(np.diff(keys.offsets) == 0).tolist():
        wanted[bounds[i] : bounds[i + 1] - 1] = True
    ends = _ends(wanted, bounds)
    view = memoryview(entries[wanted].astype("<u4", copy=False).data).cast("B")
    digests = [
        xxhash.xxh3_128_digest(keys.empty.get(i) or view[start:end])
        for i, (start, end) in enumerate(pairwise((ends * 4).tolist()))
    ]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64).reshape(-1, 2)


def mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return *hashes* with every bit depending on every other (splitmix64's finisher)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(_MIX_1)
    hashes ^= hashes >> np.uint64(27)
    hashes *= np.uint64(_MIX_2)
    hashes ^= hashes >> np.uint64(31)
    return hashes


class Shingles(NamedTuple):
    """Shingle hashes of some texts, in order: those of text ``rows[i]`` are ``counts[i]`` many."""

    rows: NDArray[np.int64]
    counts: NDArray[np.int64]
    hashes: NDArray[np.uint64]


def hash_shingles(keys: Keys, width: int = WIDTH) -> Shingles:
    """Return a hash for every place of the keys at which a shingle of *width* begins."""
    sizes = np.diff(keys.offsets)
    rows = np.flatnonzero(sizes >= MIN_KEY)
    if not len(rows):
        return Shingles(rows, rows, np.empty(0, np.uint64))
    bounds = keys.offsets.tolist()
    flat = np.concatenate([keys.flat[bounds[i] : bounds[i + 1]] for i in rows.tolist()])
    ends = np.cumsum(sizes[rows])

    def inside(length: int) -> NDArray[np.bool_]:
        """Return where a run of *length* ends before its text does."""
        found = np.ones(len(flat), np.bool_)
        found[(ends[:, None] - np.arange(1, length)).ravel()] = False
        return found[: len(flat) - length + 1]

    # Polynomials of two characters, then of four from those, save half of the multiplications.
    ones = flat.astype(np.uint64)
    twos = ones[:-1] * _power(1) + ones[1:]
    fours = twos[:-2] * _power(2) + twos[2:]
    hashes = fours if width >= 4 else twos
    for more in range(4 if width >= 4 else 2, width):
        hashes = hashes[:-1] * _power(1) + ones[more:]
    if width in {2, 4}:
        hashes = hashes.copy()  # the runs of letters, next, are made of the fours

    first, end = map(np.uint32, _ALPHABETS)
    others = np.zeros(len(flat) + 1, np.int32)
    np.cumsum(flat - first >= end - first, out=others[1:])  # what lies below wraps round
    letters = others[LETTERS_WIDTH:] == others[:-LETTERS_WIDTH]
    at = np.flatnonzero(letters & inside(LETTERS_WIDTH))
    hashes[at] = (fours[at] * _power(4) + fours[at + 4]) * _power(4) + fours[at + 8]
    return Shingles(rows, sizes[rows] - width + 1, mixed(hashes[inside(width)]))


def _power(exponent: int) -> np.uint64:
    return np.uint64(pow(BASE, exponent, 1 << 64))


def shingle_sets(texts: Sequence[str], width: int = WIDTH) -> list[NDArray[np.uint64]]:
    """Return the set of shingles of each text, as sorted distinct hashes (uint64).

    *width* is their length in characters (2 to 12); runs of letters have `LETTERS_WIDTH`.

    The set is empty for a text whose key is shorter than `MIN_KEY`: see `jaccard`.

    >>> text = "通知" + "，".join(f"第{i}组领取{i * 7}份材料" for i in range(1, 9))
    >>> [len(found) for found in shingle_sets([text, text * 2, "通知"])]
    [77, 81, 0]
    """
    found: list[NDArray[np.uint64]] = [np.empty(0, np.uint64)] * len(texts)
    before = 0
    for run in blocks(texts):
        rows, counts, hashes = hash_shingles(key_texts(run), width)
        ends = np.cumsum(counts).tolist()
        for row, start, end in zip(rows.tolist(), [0, *ends], ends, strict=False):
            own = np.sort(hashes[start:end])
            found[before + row] = own[np.concatenate(([True], own[1:] != own[:-1]))]
        before += len(run)
    return found


def repetition(texts: Sequence[str]) -> list[float]:
    """Return, for each text, the share of its shingles that it has already had.

    0 for prose, near 1 for a line that is repeated down the page; 0 for a text below `MIN_KEY`.

    >>> spam = "加微信领取内部资料，名额有限先到先得。" * 9
    >>> [round(share, 2) for share in repetition([spam, "今天下雨了。"])]
    [0.89, 0.0]
    """
    found = [0.0] * len(texts)
    before = 0
    for run in blocks(texts):
        rows, counts, hashes = hash_shingles(key_texts(run))
        ends = np.cumsum(counts).tolist()
        for row, start, end in zip(rows.tolist(), [0, *ends], ends, strict=False):
            own = np.sort(hashes[start:end])
            found[before + row] = int(np.count_nonzero(own[1:] == own[:-1])) / len(own)
        before += len(run)
    return found


def common(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> int:
    """Return how many shingles two sets share.

    >>> common(np.array([1, 2, 3], np.uint64), np.array([2, 3, 4], np.uint64))
    2
    """
    both = np.concatenate((one, other))
    both.sort()
    return int(np.count_nonzero(both[1:] == both[:-1]))


def jaccard(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """Return the share of two sets' shingles that both have; 0 where a set is empty.

    >>> jaccard(np.array([1, 2, 3], np.uint64), np.array([2, 3, 4], np.uint64))
    0.5
    """
    if not len(one) or not len(other):
        return 0.0
    shared = common(one, other)
    return shared / (len(one) + len(other) - shared)
