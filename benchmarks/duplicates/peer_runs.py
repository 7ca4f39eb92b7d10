"""Run one tool on the texts of a file and print its labels, CPU seconds and peak memory, as JSON.

    PYTHON -m benchmarks.duplicates.peer_runs NAME TEXTS.json

Runs in the interpreter that has the tool, which need not have corpusprep. Each is called as its
documentation says, with a threshold of 0.8 (datatrove has none to set) and all else as it comes,
except for what the NAME says behind the comma. Labels: the row that stays in a row's place, -1 where
a document is gone and no other stands for it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
import tempfile
import time
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.duplicates import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

THRESHOLD = 0.8
Labels = list[int]


def slices(text: str) -> list[str]:
    return [text[i : i + 5] for i in range(len(text) - 4)] or [text]


def corpusprep(texts: Sequence[str]) -> Labels:
    found: Labels = import_module("corpusprep.steps.duplicates").near_duplicates(texts)
    return found


def datasketch(texts: Sequence[str], tokens: Callable[[str], Iterable[str]]) -> Labels:
    """Ask the index for each text, and add it where nothing like it is there."""
    module = import_module("datasketch")
    lsh = module.MinHashLSH(threshold=THRESHOLD, num_perm=128)
    labels = []
    for row, text in enumerate(texts):
        sketch = module.MinHash(num_perm=128)
        sketch.update_batch([token.encode("utf-8") for token in tokens(text)])
        like = lsh.query(sketch)
        labels.append(min(like, default=row))
        if not like:
            lsh.insert(row, sketch)
    return labels


def rensa(texts: Sequence[str], tokens: Callable[[str], Sequence[str]]) -> Labels:
    """Add all texts to the deduplicator; the first of its candidates stands for one that goes."""
    module = import_module("rensa")
    found = module.RMinHashDeduplicator(threshold=THRESHOLD, num_perm=128, use_lsh=True)
    keep = found.add_pairs((str(row), tokens(text)) for row, text in enumerate(texts))
    gone = [row for row, stays in enumerate(keep) if not stays]
    like = found.get_duplicate_sets([list(tokens(texts[row])) for row in gone])
    labels = list(range(len(texts)))
    for row, others in zip(gone, like, strict=True):
        labels[row] = min((int(other) for other in others if int(other) != row), default=-1)
    return labels


def gaoya(texts: Sequence[str], **analysis: Any) -> Labels:
    index = import_module("gaoya").minhash.MinHashStringIndex(
        jaccard_threshold=THRESHOLD, **analysis
    )
    labels = []
    for row, text in enumerate(texts):
        like = index.query(text)
        labels.append(min(like, default=row))
        if not like:
            index.insert_document(row, text)
    return labels


def text_dedup(texts: Sequence[str]) -> Labels:
    """Run its command in this process and read its union of clusters, and what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        source = write_rows(folder, texts)
        module = import_module("text_dedup.minhash")
        options = {
            "path": "json", "data_files": source, "split": "train", "cache_dir": f"{folder}/cache",
            "output": f"{folder}/out", "column": "text", "threshold": THRESHOLD, "num_proc": 1,
        }  # fmt: skip
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        module.main(arguments, standalone_mode=False)
        kept = set(import_module("datasets").load_from_disk(f"{folder}/out")["row"])
        found = [int(module.uf.find(row)) for row in range(len(texts))]
        return [n if n != row or row in kept else -1 for row, n in enumerate(found)]


def data_juicer(texts: Sequence[str], **options: Any) -> Labels:
    module = import_module("data_juicer.ops.deduplicator.document_minhash_deduplicator")
    data = import_module("data_juicer.core.data").NestedDataset
    op = module.DocumentMinhashDeduplicator(jaccard_threshold=THRESHOLD, **options)
    rows = [{"text": text, "row": row} for row, text in enumerate(texts)]
    hashed = data.from_list(rows).map(op.compute_hash)
    kept, clusters = op.process(hashed, show_num=len(rows))
    staying = set(kept["row"])
    labels = [row if row in staying else -1 for row in range(len(rows))]
    for first, members in clusters.items():
        for member in members:
            if labels[member["row"]] < 0:
                labels[member["row"]] = first
    return labels


def datatrove(texts: Sequence[str], language: str) -> Labels:
    """Run its four stages one after the other, as its example does."""
    step = import_module("datatrove.pipeline.dedup.minhash")
    local = import_module("datatrove.executor.local").LocalPipelineExecutor
    with tempfile.TemporaryDirectory() as folder:
        write_rows(f"{folder}/in", texts)
        reader = import_module("datatrove.pipeline.readers").JsonlReader(f"{folder}/in")
        writer = partial(
            import_module("datatrove.pipeline.writers.jsonl").JsonlWriter, compression=None
        )
        sigs, buckets, gone = (f"{folder}/{name}" for name in ("sigs", "buckets", "gone"))
        exclusion = writer(f"{folder}/removed")
        stages: list[tuple[int, list[Any]]] = [
            (1, [reader, step.MinhashDedupSignature(sigs, language=language)]),
            (14, [step.MinhashDedupBuckets(sigs, buckets)]),
            (1, [step.MinhashDedupCluster(buckets, gone, save_cluster_id=True)]),
            (1, [reader, step.MinhashDedupFilter(gone, exclusion, load_cluster_ids=True),
                 writer(f"{folder}/kept")]),
        ]  # fmt: skip
        for number, (tasks, pipeline) in enumerate(stages):
            logs = f"{folder}/logs{number}"
            local(pipeline=pipeline, tasks=tasks, workers=1, logging_dir=logs).run()
        return cluster_labels(Path(folder), len(texts))


def cluster_labels(folder: Path, count: int) -> Labels:
    """Return the labels from the documents that datatrove kept and removed, with their clusters."""
    staying = {cluster: row for row, cluster in written(folder / "kept")}
    labels = list(range(count))
    for row, cluster in written(folder / "removed"):
        labels[row] = staying.get(cluster, -1)
    return labels


def written(folder: Path) -> Iterable[tuple[int, int]]:
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            found = json.loads(line)["metadata"]
            yield found["row"], found.get("minhash_cluster_id", -1)


def write_rows(folder: str, texts: Sequence[str]) -> str:
    Path(folder).mkdir(exist_ok=True)
    path = Path(folder, "texts.jsonl")
    rows = (json.dumps({"text": text, "row": row}) for row, text in enumerate(texts))
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return str(path)


RUNS: dict[str, tuple[str, Callable[[Sequence[str]], Labels]]] = {
    "corpusprep": ("corpusprep", corpusprep),
    "datasketch": ("datasketch", partial(datasketch, tokens=str.split)),
    "datasketch, characters": ("datasketch", partial(datasketch, tokens=slices)),
    "rensa": ("rensa", partial(rensa, tokens=str.split)),
    "rensa, characters": ("rensa", partial(rensa, tokens=slices)),
    "gaoya": ("gaoya", gaoya),
    "gaoya, characters": ("gaoya", partial(gaoya, analyzer="char", ngram_range=(5, 5))),
    "text-dedup": ("text-dedup", text_dedup),
    "datatrove": ("datatrove", partial(datatrove, language="eng")),
    "datatrove, Chinese words": ("datatrove", partial(datatrove, language="zho_Hani")),
    "data-juicer": ("py-data-juicer", data_juicer),
    "data-juicer, characters": ("py-data-juicer", partial(data_juicer, tokenization="character")),
}
# Imported before the clock starts; the rest each tool imports as it runs.
MODULES = {"text-dedup": "text_dedup.minhash", "py-data-juicer": "data_juicer.ops.deduplicator"}


def seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main() -> None:
    package, run = RUNS[sys.argv[1]]
    texts = json.loads(Path(sys.argv[2]).read_bytes())
    os.environ["HF_HUB_OFFLINE"] = "1"
    with contextlib.redirect_stdout(io.StringIO()):
        import_module(MODULES.get(package, package))
        run(texts[:100])
        before, began = memory.reset_peak(), seconds()
        labels = run(texts)
        spent, peak = seconds() - began, memory.peak_above(before)
    found = {"labels": labels, "seconds": spent, "bytes": peak}
    print(json.dumps({**found, "version": metadata.version(package)}))


if __name__ == "__main__":
    main()
