"""Alike texts as equal numbers: the lowest shingle hashes of a text, bands of them, samples.

To compare every text with every other is out of the question; and to keep every shingle of a
hundred million texts as well. From the shingles of a text come 128 numbers whose equality with
another text's estimates how much the two share; from those, *bands*, of which two alike texts very
probably have one in common; and a *sample*, by which a text that lies within another finds it.
All of them propose whom to compare. They decide nothing.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from corpusprep.text.shingles import BASE, MIN_KEY, WIDTH, hash_shingles, mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from corpusprep.text.shingles import Keys

__all__ = ["BINS", "band_hashes", "begins", "first_places", "lowest_hashes", "samples"]

BINS = 128  # standard error of the estimated similarity: 0.035 at 0.8


@cache
def _probes() -> NDArray[np.int64]:
    """Return for every bin the order in which it asks the others for a value, (BINS, BINS)."""
    cells = np.arange(BINS * BINS, dtype=np.uint64) * np.uint64(BASE)
    return np.argsort(mixed(cells).reshape(BINS, BINS), axis=1, kind="stable")


def _fill_empty(lowest: NDArray[np.uint32], empty: NDArray[np.bool_]) -> None:
    """Give every empty bin the value of the first full one that it asks.

    Each bin asks in an order of its own, the same for all texts, which keeps the estimate
    unbiased (optimal densification: Shrivastava, ICML 2017).
    """
    row, bin_ = np.nonzero(empty)
    probes = _probes()
    source = bin_.copy()
    todo = np.arange(len(row))
    for turn in range(BINS):
        asked = probes[bin_[todo], turn]
        full = ~empty[row[todo], asked]
        source[todo[full]] = asked[full]
        todo = todo[~full]
        if not len(todo):
            break
    lowest[row, bin_] = lowest[row, source]


def lowest_hashes(keys: Keys, exact: NDArray[np.uint64], width: int = WIDTH) -> NDArray[np.uint32]:
    """Return the lowest shingle hash in each bin of every text, shape (n, BINS), dtype uint32.

    The share of equal places of two texts estimates the `jaccard` of their shingle sets: each
    shingle falls into one bin, and the lowest hash in a bin stands for it (one-permutation
    MinHash: Li, Owen and Zhang, NIPS 2012). A text whose key is shorter than `MIN_KEY` has its
    *exact* hash spread over all bins instead: it equals nothing but itself.
    """
    count = len(keys.offsets) - 1
    bins = np.arange(1, BINS + 1, dtype=np.uint64) * np.uint64(BASE)
    found = np.empty((count, BINS), np.uint32)
    short = np.flatnonzero(np.diff(keys.offsets) < MIN_KEY)
    found[short] = mixed(exact[short, :1] + bins) >> np.uint64(32)
    rows, counts, hashes = hash_shingles(keys, width)
    nothing = np.uint32(0xFFFFFFFF)
    flat = np.full(len(rows) * BINS, nothing)
    cell = np.repeat(np.arange(len(rows)) * BINS, counts)
    cell += (hashes >> np.uint64(57)).astype(np.int64)
    np.minimum.at(flat, cell, (hashes >> np.uint64(25)).astype(np.uint32))
    lowest = flat.reshape(-1, BINS)
    empty = lowest == nothing
    _fill_empty(lowest, empty)
    found[rows] = lowest
    return found


def band_hashes(lowest: NDArray[np.uint32], count: int, width: int) -> NDArray[np.uint64]:
    """Return a hash of each of *count* bands of *width* bins, shape (n, count).

    Two texts with similarity s meet in a band, that is have one hash, with probability s**width.

    >>> lowest = np.arange(2 * BINS, dtype=np.uint32).reshape(2, BINS) % 130
    >>> band_hashes(lowest, 3, 7).shape
    (2, 3)
    """
    bins = lowest[:, : count * width].reshape(-1, count, width)
    hashes = np.zeros((len(lowest), count), np.uint64)
    for k in range(width):
        hashes ^= bins[:, :, k]
        hashes *= np.uint64(BASE)
        hashes ^= hashes >> np.uint64(29)
    return hashes


def samples(
    keys: Keys, of: int, width: int = WIDTH
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return a sample of the shingles of every text, one in *of*: their text's row, their hash.

    The choice is by hash, so that a text that lies within another has its sample within the
    other's (FracMinHash: Irber and others, 2022). Sorted by row and hash, without repetition.
    """
    rows, counts, hashes = hash_shingles(keys, width)
    chosen = np.flatnonzero(hashes % np.uint64(of) == 0)
    row = np.repeat(rows, counts)[chosen]
    hashes = hashes[chosen]
    order = np.lexsort((hashes, row))
    row, hashes = row[order], hashes[order]
    new = begins(row) | begins(hashes)
    return row[new], hashes[new]


def begins(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where in *values*, sorted and of shape (n,) or (n, k), another value begins.

    >>> begins(np.array([3, 3, 5, 8, 8])).tolist()
    [True, False, True, True, False]
    """
    new = np.ones(len(values), np.bool_)
    changed = values[1:] != values[:-1]
    new[1:] = changed if values.ndim == 1 else changed.any(axis=1)
    return new


def first_places(starts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for every place the last one before it, or itself, where something begins.

    >>> first_places(np.array([True, False, True, True, False])).tolist()
    [0, 0, 2, 3, 3]
    """
    places: NDArray[np.int64] = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    return places
