"""Speed of the whole job, stage by stage: MB/s per core, and as a ratio to reading alone.

The job is `corpusprep run` with one worker and the ledger on, in a process of its own. The
baseline is `orjson.loads` and `splitlines` over the same files in the same minute. A megabyte is
10**6 bytes of document text in UTF-8. Absolute speeds move with the machine; the ratio does not.

    python benchmarks/job.py [FILE.jsonl ...] [--ledger full]
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

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "web"
RESULTS = Path(__file__).with_name("results") / "job.json"
RUNS = 3

# The seeds first: what they cost is starting up (imports, rules, dictionaries, regexes), which is the
# same for 10 MB and for 10 GB. Then the job itself.
JOB = """
import json, resource, sys
from time import process_time
from corpusprep.runs.job import run
recipe = {"write": {"ledger": sys.argv[3]}}
run(sys.argv[2], sys.argv[1] + "/first", recipe=recipe, workers=1)
began, clock = process_time(), {}
corpus = run(sys.argv[4:], sys.argv[1] + "/corpus", recipe=recipe, workers=1, clock=clock)
print(json.dumps({"clock": clock, "cpu": process_time() - began, "start_up": began,
                  "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                  "documents": corpus.report["documents"]}))
"""


def baseline(files: list[Path]) -> tuple[float, float]:
    """Return MB of text and CPU seconds for parsing it and splitting it into lines."""
    size = 0
    spent = 0.0
    for path in files:
        lines = path.read_bytes().splitlines()
        began = process_time()
        texts = [orjson.loads(line)["text"] for line in lines]
        for text in texts:
            text.splitlines()
        spent += process_time() - began
        size += sum(len(text.encode()) for text in texts)
    return size / 1e6, spent


def job(files: list[Path], ledger: str) -> dict[str, object]:
    out = tempfile.mkdtemp()
    try:
        done = subprocess.run(
            [sys.executable, "-c", JOB, out, str(ROOT / "seeds"), ledger, *map(str, files)],
            capture_output=True,
            check=True,
        )
        return json.loads(done.stdout)
    finally:
        shutil.rmtree(out)


def seeds(folder: Path) -> list[Path]:
    """Return a JSON Lines file of the seeds repeated, for a checkout without development data."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))]
    path = folder / "seeds.jsonl"
    rows = [
        {"id": f"{n}-{i}", "text": text + str(n)} for n in range(60) for i, text in enumerate(texts)
    ]
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return [path]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--ledger", default="removals")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = given.files or sorted(DATA.glob("shard-*.jsonl")) or seeds(Path(folder))
        runs = []
        for _ in range(RUNS):
            megabytes, base = baseline(files)
            runs.append((job(files, given.ledger), megabytes, base))
    runs.sort(key=lambda run: run[0]["cpu"] / run[2])
    done, megabytes, base = runs[len(runs) // 2]
    seconds = done["clock"]
    seconds["other"] = max(0.0, done["cpu"] - sum(seconds.values()))  # plan, card, report
    result = {
        "source": "given" if given.files else "web" if DATA.exists() else "seeds",
        "ledger": given.ledger,
        "megabytes": round(megabytes, 2),
        "documents": done["documents"],
        "cpu_seconds": round(done["cpu"], 2),
        "mb_per_second_and_core": round(megabytes / done["cpu"], 2),
        "start_up_cpu_seconds": round(done["start_up"], 2),
        "mb_per_second_and_core_with_start_up": round(
            megabytes / (done["cpu"] + done["start_up"]), 2
        ),
        "baseline_mb_per_second": round(megabytes / base, 1),
        "times_the_baseline": round(done["cpu"] / base, 1),
        "peak_memory_mb": round(done["rss_mb"]),
        "milliseconds_per_megabyte": {
            name: round(1000 * spent / megabytes, 1) for name, spent in seconds.items()
        },
    }
    if not given.files:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
