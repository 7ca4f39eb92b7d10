"""How probable a stretch of Chinese is: one small character model for everything that must choose.

The repairer asks it which of 64 characters a lost byte took away, the decoder whether bytes are
GB18030 or Big5. It knows triples, pairs and single characters (`models/characters.npz`, made by
`scripts/train_character_model.py`, which states the sources), folded: 國 counts as 国, ， as a
comma, every digit as one and every Latin letter as one. So one table serves both scripts, and does
not choose between them.

The table is sorted keys and one byte a probability, a few megabytes in memory, and is read when
the first text is scored. All texts of a call go through it in one pass of numpy.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["logprobs", "score", "scores"]

ID_BITS = 13  # characters after folding: fewer than 8,192
STEPS = 12.0  # a nat in stored bytes: 255 is -21.25 nats
BREAK, LETTER, DIGIT, SPACE, OTHER, RARE = range(6)  # ids that stand for more than one character


class _Table(NamedTuple):
    ids: npt.NDArray[np.uint16]  # of each code point of the basic plane
    ones: npt.NDArray[np.float32]  # log probability of an id alone
    rests: npt.NDArray[np.float32]  # what an id leaves to those that it has no pair with
    pairs: npt.NDArray[np.uint32]  # id before << ID_BITS | id
    pair_values: npt.NDArray[np.uint8]
    pair_rests: npt.NDArray[np.uint8]
    triples: npt.NDArray[np.uint32]  # index of the pair before << ID_BITS | id
    triple_values: npt.NDArray[np.uint8]


@cache
def _table() -> _Table:
    with (
        files("corpusprep").joinpath("models/characters.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as stored,
    ):
        return _Table(
            stored["ids"],
            stored["ones"] / np.float32(-STEPS),
            stored["rests"] / np.float32(-STEPS),
            np.cumsum(stored["pairs"], dtype=np.uint32),
            stored["pair_values"],
            stored["pair_rests"],
            np.cumsum(stored["triples"], dtype=np.uint32),
            stored["triple_values"],
        )


def score(text: str) -> float:
    """Return the log probability of *text* as running Chinese, in nats.

    >>> score("我们在北京工作") > score("我们在北京工昨") > score("鎴戜滑鍦ㄥ寳")
    True
    """
    return float(logprobs(text).sum(dtype=np.float64))


def scores(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the log probability of each of *texts*, in nats: an array as long as *texts*.

    >>> [bool(x > -20) for x in scores(["中国人民", "笢弊"])]
    [True, False]
    """
    if not texts:
        return np.zeros(0)
    values = logprobs("\n".join(texts) + "\n")
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    starts = np.cumsum(lengths) - lengths
    sums = np.add.reduceat(values.astype(np.float64), starts)
    breaks: npt.NDArray[np.float64] = values[starts + lengths - 1].astype(np.float64)
    return sums - breaks  # the line breaks are nobody's


def logprobs(text: str) -> npt.NDArray[np.float32]:
    """Return the log probability of each character of *text* after the two before it, in nats.

    >>> [round(float(x)) for x in logprobs("中国")][1] > -3
    True
    """
    table = _table()
    ids = _ids(text)
    before = np.empty_like(ids)
    before[:1], before[1:] = BREAK, ids[:-1]
    at, known = _find(table.pairs, _key(before, ids))
    values = np.where(
        known, table.pair_values[at] / np.float32(-STEPS), table.rests[before] + table.ones[ids]
    )
    # The pair that ends before each character, where there is one, leads to its triple.
    linked = np.flatnonzero(known[:-1]) + 1
    pair = at[linked - 1].astype(np.uint32)
    at, known = _find(table.triples, _key(pair, ids[linked]))
    values[linked] = np.where(
        known,
        table.triple_values[at] / np.float32(-STEPS),
        table.pair_rests[pair] / np.float32(-STEPS) + values[linked],
    )
    return values.astype(np.float32)


def _ids(text: str) -> npt.NDArray[np.uint32]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    ids = _table().ids[np.minimum(codes, 0xFFFF)].astype(np.uint32)
    ids[codes > 0xFFFF] = RARE
    return ids


def _key(before: npt.NDArray[np.uint32], ids: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    return np.bitwise_or(np.left_shift(before, np.uint32(ID_BITS)), ids)


def _find(
    keys: npt.NDArray[np.uint32], wanted: npt.NDArray[np.uint32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return where each of *wanted* stands in the sorted *keys*, and whether it is there."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted
