"""What the defaults rest on: bands, and length of the runs of characters, beside others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.duplicates.speed import cpu_seconds
from benchmarks.duplicates.truth import Truth, figures, found, rate
from corpusprep.steps.containment import is_probe, propose, well_proposed
from corpusprep.steps.duplicates import Duplicates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.duplicates.generator import Document
    from benchmarks.duplicates.truth import Pair

# Options of `Duplicates`, by the name of the row.
SETTINGS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "bands 8": {"bands": 8},
    "bands 12": {"bands": 12},
    "bands 16": {"bands": 16},
    "bands 24": {"bands": 24},
    "bands 32": {"bands": 32},
    "ngram 4": {"ngram": 4},
    "ngram 7": {"ngram": 7},
    "threshold 0.7": {"threshold": 0.7},
    "threshold 0.9": {"threshold": 0.9},
    "forms_apart off": {"forms_apart": False},
    "overlap 0.8": {"overlap": 0.8},
    "overlap 0.9": {"overlap": 0.9},
    "contained 0.8": {"contained": 0.8, "keep": "longest"},
    "contained 0.95": {"contained": 0.95, "keep": "longest"},
}
SHOWN = ("dropped", "precision", "recall", "largest_cluster", "bulletins")


def labels(step: Duplicates, texts: Sequence[str]) -> list[int]:
    """Return the row that stays in the place of each row."""
    sketches = step.sketch(texts)
    inside: Sequence[tuple[int, int]] = ()
    if step.contained:
        row, hashes = step.sample(texts)
        proposed = propose(row, hashes, is_probe(row), sketches.key_length[row])
        inside = well_proposed(proposed).tolist()
    answer = list(range(len(texts)))
    for item in step.decide(sketches, lambda rows: [texts[row] for row in rows], inside=inside):
        answer[item.row] = item.kept
    return answer


def extremes(truth: Truth, pairs: Sequence[Pair], answer: Sequence[int]) -> dict[str, float]:
    """Return the least share of a dropped document in the one that stays, and the contained found.

    What the looser options add lies below the threshold; this says what it costs, and brings.
    """
    gone = [(row, kept) for row, kept in enumerate(answer) if row != kept]
    shares = [
        len(truth.sets[row] & truth.sets[kept]) / len(truth.sets[row])
        for row, kept in gone
        if truth.similarity(row, kept)
    ]
    within = [
        p
        for p in pairs
        if p.kind.startswith("contained")
        and truth.documents[p.one].base != truth.documents[p.other].base
    ]
    met = sum(found(p, answer) for p in within)
    return {
        "least_share_in_kept": round(min(shares), 3),
        "contained_found": rate(met, len(within)),
    }


def measure(documents: Sequence[Document]) -> dict[str, dict[str, Any]]:
    """Return precision, recall and pace for each setting, judged by what is true at the default."""
    texts = [document.text for document in documents]
    truth = Truth(documents)
    pairs = list(truth.pairs())
    table = {}
    for name, options in SETTINGS.items():
        step = Duplicates(**({"keep": "first"} | options))
        answer = labels(step, texts)
        judged = figures(truth, pairs, answer)
        spent = cpu_seconds(lambda step=step: labels(step, texts), 2)  # type: ignore[misc] # a default binds it
        table[name] = {
            **{key: judged[key] for key in SHOWN},
            **extremes(truth, pairs, answer),
            "documents_per_cpu_second": round(len(texts) / spent),
        }
        print(name, table[name], flush=True)
    return table
