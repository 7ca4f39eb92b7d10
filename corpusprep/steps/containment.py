"""Documents that may lie within longer ones: a post within the page of its thread.

Similarity does not see them: a post of 300 characters in a thread of 3,000 shares a tenth with it.
Of every document one shingle in 16 is kept, chosen by its hash, so that what lies within another
has its sample within the other's. The lowest four of a sample are its *probes*; a longer document
that has half of them is proposed, and the full sets decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corpusprep.text.minhash import begins, first_places

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROBES = 4
# Of the documents that have a probe, the longest are asked: for a common phrase that is not all,
# but then another probe is rarer.
ASKED = 16


def is_probe(row: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which samples are probes, where *row* says whose they are, sorted by row and hash.

    >>> is_probe(np.array([0, 0, 0, 0, 0, 1])).tolist()
    [True, True, True, True, False, True]
    """
    starts = np.searchsorted(row, row, side="left")
    return np.arange(len(row)) - starts < PROBES


def propose(
    row: NDArray[np.int64],
    key: NDArray[np.uint64],
    probe: NDArray[np.bool_],
    length: NDArray[np.uint32],
) -> NDArray[np.int64]:
    """Return pairs of rows that share a probe of the first, the shorter one, shape (2, m).

    The four arrays tell of every sample whose it is, its hash, whether it is a probe, and the
    length of its document. A pair comes as often as it shares probes.
    """
    order = np.lexsort((row, -length.astype(np.int64), key))
    row, key, probe, length = row[order], key[order], probe[order], length[order]
    begin = first_places(begins(key))
    at = np.flatnonzero(probe)
    counts = np.minimum(at - begin[at], ASKED)
    inner = np.repeat(at, counts)
    step = np.arange(len(inner)) - np.repeat(np.cumsum(counts) - counts, counts)
    outer = begin[inner] + step
    longer = length[outer] > length[inner]
    return np.stack((row[inner[longer]], row[outer[longer]]))


def well_proposed(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the distinct *pairs* that come at least twice, shape (m, 2), sorted."""
    distinct, counts = np.unique(pairs.T, axis=0, return_counts=True)
    return distinct[counts * 2 >= PROBES]
