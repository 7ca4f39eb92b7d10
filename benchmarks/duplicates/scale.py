"""Out of core: what every stage costs for a million documents and more, by time, memory and disk.

Documents of 365 random Han characters, a fifth of them copies with two characters changed, a tenth
equal but for punctuation, spooled as a run spools them. Each stage runs in a process of its own, so
that its peak of memory is its own: bytes a document are that peak, less that of a stage over
nothing, where a stage sees the whole corpus (group, link), and megabytes where it sees a part.

    python -m benchmarks.duplicates.scale 1000000 FOLDER
    python -m benchmarks.duplicates.scale 10000000 FOLDER --sketches-only

The second makes sketches of random numbers, a fifth of them with bands in common, without texts:
that is enough to group and to link.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpusprep.recipe import load_recipe
from corpusprep.runs import duplicates, grouping, sketching
from corpusprep.runs.files import read_plan, spool_of
from corpusprep.steps.sketches import Sketches, sketch_schema

LENGTH = 365
SHARD = 16_000  # documents: 16 MB of text, as in a run
SCHEMA = pa.schema([("text", pa.large_string())])


def texts_of(shard: int, rng: np.random.Generator) -> list[str]:
    """Return the texts of one shard; copies are of documents of the same seed in other shards."""
    kinds = rng.random(SHARD)
    base = np.random.default_rng(shard // 2)  # two shards share their originals
    codes = base.integers(0x4E00, 0x9000, (SHARD, LENGTH), np.uint32)
    if shard % 2:
        fresh = rng.integers(0x4E00, 0x9000, (SHARD, LENGTH), np.uint32)
        codes[kinds > 0.6] = fresh[kinds > 0.6]
        rows = np.flatnonzero(kinds < 0.4)
        for _ in range(2):
            codes[rows, rng.integers(0, LENGTH, len(rows))] = 0x5929
    joined = codes.astype("<u4").tobytes().decode("utf-32-le")
    texts = [joined[i : i + LENGTH] for i in range(0, len(joined), LENGTH)]
    return [t + "。" * int(0.4 < k <= 0.6) for t, k in zip(texts, kinds.tolist(), strict=True)]


def spool(work: Path, shards: int) -> None:
    """Write the plan and the spools of *shards* shards."""
    work.mkdir(parents=True)
    recipe = load_recipe("dedup")
    plan = {
        "recipe": {"name": recipe.name, **recipe.options},
        "shards": [[] for _ in range(shards)],
        "against": [],
    }
    (work / "plan.json").write_bytes(orjson.dumps(plan))
    step = recipe.make("duplicates")
    for shard in range(shards):
        folder = spool_of(work, shard)
        folder.mkdir(parents=True)
        texts = texts_of(shard, np.random.default_rng(1_000_000 + shard))
        writer = sketching.SketchWriter(folder, step)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_file(folder / "documents.arrow", SCHEMA, options=options) as out:
            for at in range(0, SHARD, 256):
                some = texts[at : at + 256]
                writer.add(
                    [f"d{shard * SHARD + at + i:010}" for i in range(len(some))],
                    [""] * len(some),
                    some,
                )
                out.write_batch(pa.record_batch([pa.array(some, pa.large_string())], schema=SCHEMA))
        writer.close()


def spool_sketches(work: Path, shards: int) -> None:
    """Write the plan and sketches of random numbers; pairs of shards share bands of a fifth."""
    spool(work, 0)
    plan = orjson.loads((work / "plan.json").read_bytes())
    (work / "plan.json").write_bytes(orjson.dumps({**plan, "shards": [[]] * shards}))
    count, _ = load_recipe("dedup").make("duplicates").shape
    schema = pa.schema([*sketching.NAMES, *sketch_schema(count)])
    for shard in range(shards):
        rng, shared = np.random.default_rng(shard), np.random.default_rng(1_000_000 + shard // 2)
        found = Sketches.empty(SHARD, count, np.uint64)
        for array in (found.exact, found.bands):
            array[:] = rng.integers(0, 2**64, array.shape, np.uint64)
        found.signature[:] = rng.integers(0, 256, found.signature.shape, np.uint8)
        found.length[:] = found.key_length[:] = LENGTH
        alike = slice(0, SHARD * 2 // 5)
        found.bands[alike, : count // 2] = shared.integers(
            0, 2**64, (SHARD * 2 // 5, count // 2), np.uint64
        )
        names = [f"d{shard * SHARD + k:010}" for k in range(SHARD)]
        columns = {**found.to_columns(), "id": pa.array(names), "newest": pa.array([""] * SHARD)}
        folder = spool_of(work, shard)
        folder.mkdir(parents=True)
        table = pa.table([columns[name] for name in schema.names], schema=schema)
        pq.write_table(table, folder / "sketches.parquet", compression="none", use_dictionary=False)


def stage(work: Path, name: str) -> dict[str, Any]:
    """Do one stage over the spools; return CPU seconds, the peak of memory, and what came out."""
    plan = str(work / "plan.json")
    _, planned = read_plan(plan)
    recipe = load_recipe("dedup")
    began = time.process_time()
    out: dict[str, Any] = {}
    if name == "group":
        out["tasks"] = grouping.plan_grouping(work, recipe)
        for index in range(out["tasks"]):
            grouping.group_rows(plan, index)
    elif name == "link":
        out["parts"] = grouping.link_rows(work, planned)
    elif name == "collect":
        for index in range(len(planned["shards"])):
            duplicates.collect_rows(plan, index)
    elif name == "verify":
        for index in range(grouping.link_rows(work, planned)):
            duplicates.verify_part(plan, index)
    elif name == "decisions":
        found = duplicates.write_decisions(work, planned, grouping.link_rows(work, planned))
        out["rules"] = found.rules
    return {"cpu_seconds": round(time.process_time() - began, 2), "peak": peak(), **out}


def peak() -> int:
    """Return the peak of this process's memory, in bytes."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def in_process(*arguments: str) -> dict[str, Any]:
    """Return what a fresh process of this module says."""
    command = [sys.executable, "-m", "benchmarks.duplicates.scale", "--stage", *arguments]
    done = subprocess.run(command, check=True, capture_output=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def disk(folder: Path) -> int:
    """Return the bytes of all files in *folder*."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(work: Path, documents: int, *, texts: bool = True) -> dict[str, Any]:
    """Return time, memory and disk of each stage for about *documents* documents."""
    shards = max(2, documents // SHARD)
    total = shards * SHARD
    began = time.process_time()
    (spool if texts else spool_sketches)(work, shards)
    made = time.process_time() - began
    sketches = sum(p.stat().st_size for p in (work / "spool").rglob("sketches.parquet"))
    rows: dict[str, Any] = {
        "spool": {"cpu_seconds": round(made, 1), "sketch_bytes_a_document": round(sketches / total)}
    }
    empty = in_process(str(work), "nothing")["peak"]
    folders = {"group": "links", "link": "linked", "collect": "collected", "verify": "verified"}
    for name in ("group", "link", *(("collect", "verify", "decisions") if texts else ())):
        found = in_process(str(work), name)
        over = found.pop("peak") - empty
        rows[name] = {
            **found,
            "peak_megabytes": round(over / 1e6, 1),
            "peak_bytes_a_document": round(over / total, 1),
            "disk_bytes_a_document": round(disk(work / folders.get(name, name)) / total, 1),
        }
    cpu = sum(row["cpu_seconds"] for name, row in rows.items() if name != "spool")
    return {
        "documents": total,
        "stages": rows,
        "documents_per_cpu_second": round(total / cpu),
    }


def main() -> int:
    if sys.argv[1] == "--stage":
        print(json.dumps(stage(Path(sys.argv[2]), sys.argv[3])))
        return 0
    work = Path(sys.argv[2]) / "scale.work"
    try:
        texts = "--sketches-only" not in sys.argv
        print(json.dumps(measure(work, int(sys.argv[1]), texts=texts), indent=2))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
