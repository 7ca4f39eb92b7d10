"""How fast copies are found, and how much memory that takes, for each document."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import xxhash

from corpusprep.steps.duplicates import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
WARM = 100  # texts


def cpu_seconds(work: Callable[[], object], runs: int = 3) -> float:
    """Return seconds of CPU time of one call, the best of several."""
    spent = []
    for _ in range(runs):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def pace(texts: Sequence[str]) -> dict[str, object]:
    """Return documents per CPU second from texts to labels, beside a bare hash and Python's sets."""
    near_duplicates(texts[:WARM])
    ours = cpu_seconds(lambda: near_duplicates(texts))
    hashing = cpu_seconds(lambda: [xxhash.xxh3_128_digest(text.encode()) for text in texts])
    slicing = cpu_seconds(lambda: count_slices(texts))
    size = sum(len(text.encode()) for text in texts) / 1e6
    return {
        "documents": len(texts),
        "megabytes": round(size, 1),
        "documents_per_cpu_second": round(len(texts) / ours),
        "megabytes_per_cpu_second": round(size / ours, 1),
        "times_a_bare_hash": round(ours / hashing, 1),
        "share_of_python_sets": round(ours / slicing, 3),
    }


def count_slices(texts: Sequence[str]) -> int:
    """Return how many slices of five characters all texts have, made as sets one after the other."""
    return sum(len({text[i : i + 5] for i in range(len(text) - 4)}) for text in texts)


def memory(texts: Sequence[str]) -> dict[str, object]:
    """Return the bytes for each document at the peak, above texts already in memory."""
    if not sys.platform.startswith("linux"):
        return {"skipped": "the peak is read from /proc, which only Linux has"}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(list(texts), file)
        file.flush()
        return {
            "documents": len(texts),
            "bytes_per_document": peak(file.name, str(WARM)) // len(texts),
            "bytes_per_document_cold": peak(file.name) // len(texts),
        }


def peak(*arguments: str) -> int:
    command = [sys.executable, "-m", "benchmarks.duplicates.memory", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    found: int = json.loads(done.stdout)["bytes"]
    return found
