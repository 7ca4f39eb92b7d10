"""Speed and memory of writing the four tables of a corpus, as a ratio to a plain write of the same text.

A few megabytes are cleaned once, with the ledger and the decisions on copies; what was spooled is
then written again and again under new shard numbers, so that a corpus of a gigabyte costs a minute.
A megabyte of text is 10**6 bytes of UTF-8 in the text columns written: a document's text counts
once in `documents` and once more, cut up, in `sentences`; the same speeds are given by the text of
the documents alone. The baseline writes the same columns with `pyarrow.parquet.write_table` and its
defaults (snappy, dictionaries). All are CPU seconds of one process, the best of several rounds that
take turns. The peak is VmHWM of a fresh process that does nothing but write.

    python benchmarks/writing.py [FILE.jsonl ...] [--megabytes 1000]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from job import DATA, seeds

from corpusprep.data.readers import plan_shards
from corpusprep.data.tables import SCHEMAS, TableWriter
from corpusprep.recipe import load_recipe
from corpusprep.runs import engines
from corpusprep.runs.merge import find_copies, group_shards

RESULTS = Path(__file__).with_name("results") / "writing.json"
ROUNDS = 5
TIMED_MEGABYTES = 50  # of documents, for the speeds: several row groups of each large table
GROUP_MEGABYTES = 500  # of text in an output group, as `write.shard_megabytes` has it by default

# The first row groups of a writer are bought with memory: the peak is the process's own, from birth.
WRITE = """
import json, sys
from corpusprep.runs.engines import do
for group in range(int(sys.argv[2])):
    do(sys.argv[1], "write_shard", group)
status = open("/proc/self/status").read().split("VmHWM:")[1]
print(json.dumps(int(status.split()[0]) / 1024))
"""


def spool(work: Path, files: list[Path]) -> int:
    """Clean *files* into spools in *work*, decide on copies; return the number of shards."""
    recipe = load_recipe("zh-web")
    shards = plan_shards(files)
    plan = {
        "recipe": {"name": recipe.name, **recipe.options},
        "shards": [[list(part) for part in shard] for shard in shards],
        "against": [],
        "index": None,
    }
    path = work / "plan.json"
    path.write_bytes(orjson.dumps(plan))
    mapping = engines.local(1)

    def map_(name: str, indices: object, _: str) -> None:
        list(mapping(str(path), name, indices))

    map_("run_shard", range(len(shards)), "clean")
    find_copies(work, recipe, map_)
    return len(shards)


def repeat(work: Path, shards: int, megabytes: float) -> int:
    """Let the first *shards* spools stand for *megabytes* of documents; return the output groups."""
    tallies = [work / "spool" / f"{k:06d}" / "tally.json" for k in range(shards)]
    held = sum(orjson.loads(path.read_bytes())["bytes"] for path in tallies) / 1e6
    total = shards * max(1, round(megabytes / held))
    for k in range(shards, total):
        for folder, end in (("spool", ""), ("decisions", ".arrow")):
            source = work / folder / f"{k % shards:06d}{end}"
            link = work / folder / f"{k:06d}{end}"
            if source.exists() and not link.exists():
                link.symlink_to(source)
    return len(group_shards(work, total, GROUP_MEGABYTES))


def tables_of(work: Path) -> dict[str, pa.Table]:
    """Return the tables of the first output group, as they were written."""
    folder = work / "tables" / "000000"
    return {
        name: pq.read_table(min(folder.glob(f"{name}.*parquet"))).cast(schema)
        for name, schema in SCHEMAS.items()
    }


def texts_of(table: pa.Table) -> list[str]:
    return [field.name for field in table.schema if pa.types.is_large_string(field.type)]


def megabytes_of(table: pa.Table) -> float:
    """Return the megabytes of text in the text columns of *table*."""
    columns = (table.column(name).combine_chunks() for name in texts_of(table))
    return sum(column.buffers()[2].size for column in columns if column.buffers()[2]) / 1e6


def cpu(work: object) -> float:
    began = process_time()
    work()
    return process_time() - began


def write_plainly(path: Path, tables: dict[str, pa.Table]) -> None:
    for table in tables.values():
        pq.write_table(table.select(texts_of(table)), path)


def write_table(path: Path, name: str, table: pa.Table) -> None:
    """Write *table* as a run does: batches of 256 documents, or what these come to."""
    writer = TableWriter(path, SCHEMAS[name])
    for batch in table.to_batches(
        max_chunksize=10_000 if name in ("sentences", "removed") else 256
    ):
        writer.write(batch)
    writer.close()


def speeds(work: Path, shards: int) -> dict[str, object]:
    """Return MB/s of the plain write, of `TableWriter` and of `write_shard`."""
    repeat(work, shards, TIMED_MEGABYTES)
    plan = str(work / "plan.json")

    def write_all() -> None:
        shutil.rmtree(work / "tables", ignore_errors=True)
        engines.do(plan, "write_shard", 0)

    write_all()  # what is loaded and compiled at the first call
    tables, path = tables_of(work), work / "out.parquet"
    text = {name: megabytes_of(table) for name, table in tables.items()}
    spent: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        spent.setdefault("plain", []).append(cpu(lambda: write_plainly(path, tables)))
        for name, table in tables.items():
            once = cpu(lambda name=name, table=table: write_table(path, name, table))
            spent.setdefault(name, []).append(once)
        spent.setdefault("write_shard", []).append(cpu(write_all))
    best = {name: min(seconds) for name, seconds in spent.items()}
    total = sum(text.values())
    through = sum(best[name] for name in tables)
    return {
        "megabytes_of_text": {name: round(size, 1) for name, size in text.items()},
        "plain_mb_per_second": round(total / best["plain"], 1),
        "table_writer": {
            "mb_per_second": round(total / through, 1),
            "times_the_plain_write": round(through / best["plain"], 2),
            "mb_per_second_by_table": {n: round(text[n] / best[n], 1) for n in tables},
        },
        "write_shard": {
            "mb_per_second": round(total / best["write_shard"], 1),
            "times_the_plain_write": round(best["write_shard"] / best["plain"], 2),
            "mb_of_documents_per_second": round(text["documents"] / best["write_shard"], 1),
        },
    }


def peak(work: Path, shards: int, megabytes: float, split_by: str = "") -> dict[str, object]:
    """Return the peak of a fresh process that writes *megabytes* of documents, and what it wrote."""
    shutil.rmtree(work / "tables", ignore_errors=True)
    plan = orjson.loads((work / "plan.json").read_bytes())
    plan["recipe"]["write"]["split_by"] = split_by
    (work / "plan.json").write_bytes(orjson.dumps(plan))
    groups = repeat(work, shards, megabytes)
    arguments = [sys.executable, "-c", WRITE, str(work / "plan.json"), str(groups)]
    done = subprocess.run(arguments, capture_output=True, check=True)
    written = [orjson.loads(p.read_bytes()) for p in work.glob("tables/*/tally.json")]
    return {
        "documents": sum(tally["documents"] for tally in written),
        "characters": sum(tally["characters"] for tally in written),
        "sentences": sum(tally["sentences"] for tally in written),
        "peak_mb": round(json.loads(done.stdout)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--megabytes", type=float, default=1000, help="of documents, for the peak")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "work"
        work.mkdir()
        files = given.files or sorted(DATA.glob("shard-*.jsonl")) or seeds(Path(folder))
        shards = spool(work, files)
        result = {
            "source": "given" if given.files else "web" if DATA.exists() else "seeds",
            **speeds(work, shards),
            "memory": {
                "small": peak(work, shards, TIMED_MEGABYTES),
                "large": peak(work, shards, given.megabytes),
                "large, three splits": peak(work, shards, given.megabytes, "8/1/1"),
            },
        }
    if not given.files:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
