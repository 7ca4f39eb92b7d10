"""Which split a document belongs to, so that copies never lie on both sides.

A model is tested on what it was trained on where one of two near-copies went into `train` and the
other into `test`. So the split hangs on the *component* of a document: all that share a band of
hashes, directly or through others, as copies do whether they were left out, marked, or held apart
as two forms. It is chosen by the hash of what the texts say: not by ids, order or workers, and the
next release of a corpus puts into `test` again what was there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from corpusprep.runs.files import Folder
from corpusprep.steps.sketches import fixed_bytes
from corpusprep.text.shingles import blocks, exact_hashes, key_texts, mixed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from corpusprep.runs.grouping import Source

# A component of more than this share of what a small split is to hold would fill it with its like:
# chains of pages of one form grow to thousands. It goes into the first split, `train`.
MOST_OF_A_SPLIT, ALWAYS_FITS = 0.1, 10
_SALT = np.uint64(0x5F6C69747073)


def pick_split(hashes: NDArray[np.uint64], shares: Sequence[float]) -> NDArray[np.uint8]:
    """Return the number of the split for each hash; about *shares* of all, which sum to 1.

    >>> int(pick_split(np.arange(10_000, dtype=np.uint64), [0.9, 0.1]).sum())
    1055
    """
    at = (mixed(hashes ^ _SALT) >> np.uint64(11)) * 2.0**-53
    return np.searchsorted(np.cumsum(shares)[:-1], at, side="right").astype(np.uint8)


def write_splits(
    work: Path, files: Sequence[Source], label: NDArray[np.signedinteger], shares: Sequence[float]
) -> None:
    """Write down the split of every document in *files*, a file each; *label* is its component."""
    hashes = np.full(len(label), np.iinfo(np.uint64).max)
    for source in files:
        if source.rows:
            column = pq.read_table(source.sketches, columns=["exact"]).column(0)
            own = label[source.first : source.first + source.rows]
            np.minimum.at(hashes, own, fixed_bytes(column, "<u8", 2)[:, 0])
    split = pick_split(hashes[label], shares)
    most = max(ALWAYS_FITS, MOST_OF_A_SPLIT * min(shares) * len(label))
    split[np.bincount(label)[label] > most] = 0
    with Folder(work / "splits") as folder:
        for k, source in enumerate(files):
            np.save(folder.part / f"{k:06d}.npy", split[source.first : source.first + source.rows])


def read_splits(work: Path, index: int) -> NDArray[np.uint8] | None:
    """Return the splits of the documents in file *index*, if copies were looked for."""
    path = work / "splits" / f"{index:06d}.npy"
    return np.load(path) if path.exists() else None


def split_by_text(texts: Sequence[str], shares: Sequence[float]) -> NDArray[np.uint8]:
    """Return the split of each text, by its letters and digits alone."""
    hashes = [exact_hashes(key_texts(run))[:, 0] for run in blocks(texts)]
    return pick_split(np.concatenate([np.empty(0, np.uint64), *hashes]), shares)
