"""Which documents are copies by a count in plain Python, and how an answer compares with that.

The definition is that of `corpusprep.steps.duplicates`, written out once more with strings, sets
and `unicodedata`: its arrays, hashes and tables have no part in it.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.duplicates.texts import FORMS
from corpusprep.text.script import simplify_chars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.duplicates.generator import Document

THRESHOLD = 0.8
SHORT = 50  # texts with fewer letters and digits are copies of their equals only
_LETTERS = re.compile("[a-z\u0080-\u052f]{12}")
_UNSEEN = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me", "Mc"}
_MARKS = str.maketrans("。、“”‘’「」『』《》〈〉【】—–", '.,""\'\'""""<><>[]--')


def key_of(text: str) -> str:
    """Return letters and digits only, of one width and script, in lower case."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return simplify_chars("".join(c for c in folded if c.isalnum()))


def marked_key(text: str) -> str:
    """Return the key with its marks, which count in a short text: 25℃ is not -25℃."""
    folded = unicodedata.normalize("NFKC", text).lower()
    seen = (c for c in folded if unicodedata.category(c) not in _UNSEEN)
    return simplify_chars("".join(seen).translate(_MARKS))


def plain_set(text: str) -> frozenset[str]:
    """Return the runs of five characters, of twelve letters; of a short text the whole of it."""
    key = key_of(text)
    if len(key) < SHORT:
        return frozenset((f"short {marked_key(text)}",))
    runs = (key[i : i + 12] for i in range(len(key) - 4))
    return frozenset(run if _LETTERS.fullmatch(run) else run[:5] for run in runs)


def raw_set(text: str) -> frozenset[str]:
    """Return the runs of five characters as they stand: what other tools compare, at best."""
    return frozenset(text[i : i + 5] for i in range(len(text) - 4)) or frozenset((text,))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common)


class Pair(NamedTuple):
    """Two documents of one family: their similarity by key and as they stand."""

    one: int
    other: int
    kind: str
    similarity: float
    raw: float


@dataclass
class Truth:
    """A corpus, and what a plain count says of its pairs."""

    documents: Sequence[Document]
    sets: dict[int, frozenset[str]] = field(default_factory=dict)

    def similarity(self, one: int, other: int) -> float:
        """Return how much two documents have in common, by a plain count."""
        for row in (one, other):
            if row not in self.sets:
                self.sets[row] = plain_set(self.documents[row].text)
        return similarity(self.sets[one], self.sets[other])

    def pairs(self) -> Iterator[Pair]:
        """Yield all pairs within a family."""
        families: dict[int, list[int]] = defaultdict(list)
        for row, document in enumerate(self.documents):
            families[document.family].append(row)
        for rows in families.values():
            raw = {row: raw_set(self.documents[row].text) for row in rows[: len(rows) > 1 and None]}
            for one, other in combinations(rows, 2):
                kind = self.documents[one].kind
                both = similarity(raw[one], raw[other])
                yield Pair(one, other, kind, self.similarity(one, other), both)


def rate(part: int, whole: int) -> float:
    """Return a share, rounded down: 1.0 is all of them."""
    return int(part / whole * 10_000) / 10_000 if whole else 1.0


def figures(truth: Truth, pairs: Sequence[Pair], labels: Sequence[int]) -> dict[str, object]:
    """Return precision and recall of *labels*: for each row, the row that stays in its place, or -1.

    A known pair counts as found where at least one of the two is gone, or both went for the same
    document. Each document gone is held against the one that it went for. Bulletins are counted by
    themselves: those that go are news lost, whatever their similarity below 1.
    """
    gone = [row for row, label in enumerate(labels) if label != row]
    bulletins = [row for row in gone if truth.documents[row].kind in FORMS]
    lost = [row for row in bulletins if labels[row] < 0 or truth.similarity(row, labels[row]) < 1]
    right = sum(
        labels[row] >= 0 and truth.similarity(row, labels[row]) >= THRESHOLD for row in gone
    )
    known = [p for p in pairs if p.similarity >= THRESHOLD and p.kind not in FORMS]
    both_ways = [p for p in known if p.raw >= THRESHOLD]
    return {
        "documents": len(labels),
        "dropped": len(gone),
        "dropped_below_threshold": len(gone) - right,
        "precision": rate(right, len(gone)),
        "known_pairs": len(known),
        "known_pairs_both_stay": sum(not found(p, labels) for p in known),
        "recall": rate(sum(found(p, labels) for p in known), len(known)),
        "recall_of_unfolded_pairs": rate(sum(found(p, labels) for p in both_ways), len(both_ways)),
        "largest_cluster": max(Counter(n for n in labels if n >= 0).values()),
        "bulletins": {
            "documents": sum(document.kind in FORMS for document in truth.documents),
            "pairs": sum(p.kind in FORMS for p in pairs),
            "pairs_at_threshold": sum(p.kind in FORMS and p.similarity >= THRESHOLD for p in pairs),
            "dropped": len(lost),
        },
    }


def found(pair: Pair, labels: Sequence[int]) -> bool:
    one, other, *_ = pair
    return labels[one] != one or labels[other] != other or labels[one] == labels[other]


def by_kind(pairs: Sequence[Pair], labels: Sequence[int]) -> Mapping[str, Mapping[str, object]]:
    """Return, for each kind, its pairs, those at the threshold, the found of each, the similarity."""
    kinds: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        kinds[pair.kind].append(pair)
    return {
        kind: {
            "pairs": len(some),
            "found": sum(found(p, labels) for p in some),
            "at_threshold": sum(p.similarity >= THRESHOLD for p in some),
            "at_threshold_found": sum(found(p, labels) for p in some if p.similarity >= THRESHOLD),
            "mean_similarity": round(sum(p.similarity for p in some) / len(some), 3),
        }
        for kind, some in sorted(kinds.items())
    }


def unrelated(documents: Sequence[Document], sample: int = 300) -> dict[str, object]:
    """Return the similarity of *sample* documents to all documents that they have nothing to do with.

    Documents too short to compare by their runs are left out.
    """
    chosen = random.Random(1).sample(range(len(documents)), sample)
    sets = {row: plain_set(documents[row].text) for row in chosen}
    sets = {row: own for row, own in sets.items() if len(own) > 1}
    where: dict[str, list[int]] = defaultdict(list)
    for row, own in sets.items():
        for run in own:
            where[run].append(row)
    most, total, pairs = 0.0, 0.0, 0
    for row, document in enumerate(documents):
        own = plain_set(document.text)
        common = Counter(other for run in own for other in where.get(run, ()))
        for other, count in common.items():
            if documents[other].family != document.family and other != row:
                alike = count / (len(own) + len(sets[other]) - count)
                most, total = max(most, alike), total + alike
        pairs += len(sets)
    return {"pairs": pairs, "mean_similarity": round(total / pairs, 5), "largest": round(most, 3)}
