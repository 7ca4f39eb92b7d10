"""The same corpus through other tools, each in an interpreter of their own (`requirements.txt`).

None of them compares simplified with traditional text; so the share of known pairs that are alike
without any folding is given as well (`recall_of_unfolded_pairs`). Most of them go by an estimate of
the similarity; `precision_at_0.7` forgives that, and counts texts as they stand, too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.duplicates.peer_runs import RUNS
from benchmarks.duplicates.truth import THRESHOLD, Truth, figures, rate, raw_set, similarity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.duplicates.generator import Document
    from benchmarks.duplicates.truth import Pair

ROOT = Path(__file__).parents[2]
PATIENCE = 900  # seconds for one tool
SHOWN = (
    "dropped", "precision", "recall", "recall_of_unfolded_pairs", "largest_cluster", "bulletins",
)  # fmt: skip


def measure(documents: Sequence[Document], python: str) -> dict[str, dict[str, Any]]:
    """Return the figures of corpusprep and of each tool that *python* has."""
    truth = Truth(documents)
    pairs = list(truth.pairs())
    found = {}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump([document.text for document in documents], file)
        file.flush()
        for name in RUNS:
            done = answer(sys.executable if name == "corpusprep" else python, name, file.name)
            found[name] = judge(truth, pairs, done) if "labels" in done else done
            print(name, found[name], flush=True)
    return found


def answer(python: str, name: str, file: str) -> dict[str, Any]:
    """Return what the run of one tool printed, or why it printed nothing."""
    command = [python, "-m", "benchmarks.duplicates.peer_runs", name, file]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"failed": f"no answer within {PATIENCE} seconds"}
    except subprocess.CalledProcessError as error:
        return {"failed": error.stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def judge(truth: Truth, pairs: Sequence[Pair], done: dict[str, Any]) -> dict[str, Any]:
    labels = done["labels"]
    found = figures(truth, pairs, labels)
    gone = {row for row, label in enumerate(labels) if label != row}
    like = {
        row
        for p in pairs
        if p.similarity >= THRESHOLD
        for row, other in ((p.one, p.other), (p.other, p.one))
        if row in gone and other not in gone
    }
    return {
        "version": done["version"],
        **{name: found[name] for name in SHOWN},
        "precision_at_0.7": rate(sum(nearly(truth, r, labels[r]) for r in gone), len(gone)),
        "dropped_whose_like_stays": rate(len(like), len(gone)),
        "documents_per_cpu_second": round(len(labels) / done["seconds"]),
        "bytes_per_document": done["bytes"] // len(labels),
    }


def nearly(truth: Truth, row: int, other: int) -> bool:
    """Return whether a document and the one that it went for are alike at all, by key or as is."""
    if other < 0:
        return False
    raw = [raw_set(truth.documents[i].text) for i in (row, other)]
    return max(truth.similarity(row, other), similarity(*raw)) >= 0.7
