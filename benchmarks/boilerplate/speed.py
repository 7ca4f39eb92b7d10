"""CPU time of the boilerplate step, and of the systems beside it, over made-up web documents.

Each run of the step is in a process of its own: its memory of lines is empty, as at the start of a
job. Imports and the compiling of regexes are not counted; they are the same for 10 MB and for 10 GB.
Absolute speeds move with the machine; the ratio to `str.splitlines` in the same run does not.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import process_time
from typing import TYPE_CHECKING

from benchmarks.boilerplate.tracks import DATA
from corpusprep import Pipeline
from corpusprep.core import Document
from corpusprep.steps.boilerplate import Boilerplate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.boilerplate.peers import System

RUNS = 3
SAMPLE = 2_000_000  # bytes, for the other systems


def web_texts() -> list[str]:
    files = sorted(DATA.glob("web/shard-*.jsonl"))
    return [json.loads(line)["text"] for file in files for line in file.open("rb")]


def megabytes(texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def step_and_baseline() -> tuple[float, float]:
    """Return the CPU seconds of the step over all documents, and those of splitting their lines."""
    texts = web_texts()
    pipe = Pipeline([Boilerplate()])
    pipe("首页\n正文到此结束。\n（责任编辑：王小明）")
    docs = [Document(str(i), text) for i, text in enumerate(texts)]
    began = process_time()
    for _ in pipe.many(docs):
        pass
    spent, base = process_time() - began, float("inf")
    for _ in range(5):
        began = process_time()
        for text in texts:
            text.splitlines()
        base = min(base, process_time() - began)
    return spent, base


def step_speed() -> dict[str, float]:
    """Return the best of some runs, each in a fresh process."""
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        runs = [pool.submit(step_and_baseline).result() for _ in range(RUNS)]
    spent, base = min(runs)
    size = megabytes(web_texts())
    return {
        "megabytes": round(size, 2),
        "mb_per_second": round(size / spent, 2),
        "baseline_mb_per_second": round(size / base),
        "times_the_baseline": round(min(s / b for s, b in runs), 1),
    }


def system_speeds(systems: Mapping[str, System]) -> dict[str, float]:
    """Return MB/s of each system over the first texts."""
    texts, size = [], 0
    for text in web_texts():
        texts.append(text)
        size += len(text.encode())
        if size > SAMPLE:
            break
    found = {}
    for name, system in systems.items():
        system(["首页", "正文到此结束。"])  # imports and compiles
        began = process_time()
        for text in texts:
            system([line for line in text.split("\n") if line.strip()])
        spent = process_time() - began
        found[name] = round(size / 1e6 / spent, 2)
    return found
