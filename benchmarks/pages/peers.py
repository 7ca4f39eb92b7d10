"""The same pages through every tool, each in a process and an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.pages.gold import ROOT, bare
from benchmarks.pages.scores import figures, score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.pages.gold import Page
    from benchmarks.pages.scores import Score

PATIENCE = 900  # seconds for one tool


class Result(NamedTuple):
    """What one tool comes to: figures to store, and the score of each page; none if it failed."""

    figures: dict[str, Any]
    scores: list[Score]


def measure(name: str, python: str | None, folder: Path, pages: Sequence[Page]) -> Result:
    """Return what the tool *name* makes of *pages*, which are those of *folder*.

    It runs in *python*; where that is None, in the interpreter of this process.
    """
    done = answer(python or sys.executable, name, folder)
    return judge(pages, done) if "texts" in done else Result(done, [])


def answer(python: str, name: str, folder: Path) -> dict[str, Any]:
    """Return what the run of one tool printed, or why it printed nothing."""
    command = [python, "-m", "benchmarks.pages.peer_runs", name, str(folder.resolve())]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"failed": f"no answer within {PATIENCE} seconds"}
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)
        return {"failed": lines[-1]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def judge(pages: Sequence[Page], done: dict[str, Any]) -> Result:
    """Return the figures of the texts that a tool gave, and its pace."""
    texts, seconds = done["texts"], max(done["seconds"], 1e-6)
    scores = [score(text, page.gold) for text, page in zip(texts, pages, strict=True)]
    found = {
        "version": done["version"],
        **figures(pages, scores),
        "empty": sum(not bare(text) for text in texts),
        "raised": len(done["errors"]),
        "pages_per_cpu_second": round(len(pages) / seconds, 1),
        "mb_per_cpu_second": round(sum(len(page.html) for page in pages) / 1e6 / seconds, 2),
        "times_the_baseline": round(seconds / max(done["baseline"], 1e-6), 1),
    }
    return Result(found | ({"first_error": done["errors"][0]} if done["errors"] else {}), scores)
