"""What a stranger does with a corpus: load it, stream it, map over it, with what `datasets` makes of it.

`datasets` reads HF_HOME when it is imported and warns about processes: each test has one of its own.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
import yaml
from conftest import assert_same_folders, made_documents
from sample_corpus import write_corpus, write_table

import corpusprep as cp
from corpusprep.data.card import write_card
from corpusprep.data.tables import SCHEMAS, TableWriter, split_of, table_files
from corpusprep.recipe import load_recipe

# A mapping alone would be a recipe of its own, over the defaults of the steps: not `zh-web` and an option.
SPLIT = load_recipe("zh-web").with_options({"write": {"split_by": "8/1/1"}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with 300 documents, of which one in ten is a copy of another."""
    folder = tmp_path_factory.mktemp("pages")
    lines = [json.dumps(doc, ensure_ascii=False) for doc in made_documents(300, seed=4)]
    (folder / "pages.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def split_corpus(folder, tmp_path_factory):
    return cp.run(folder, tmp_path_factory.mktemp("split") / "corpus", recipe=SPLIT, workers=1)


def run_python(code, home, *arguments):
    """Return what *code* prints as JSON, in a process whose `datasets` keeps its files in *home*."""
    env = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def rows_by_split(out, table):
    """Return how many rows each split of *table* has, by its files."""
    rows: dict[str, int] = {}
    for path in table_files(out, table):
        split = split_of(path)
        rows[split] = rows.get(split, 0) + pq.read_metadata(path).num_rows
    return rows


LOAD = """
import json, sys
from datasets import IterableDatasetDict, load_dataset

found = {}
for config in json.loads(sys.argv[2]):
    whole = load_dataset(sys.argv[1], config)
    stream = load_dataset(sys.argv[1], config, streaming=True)
    assert isinstance(stream, IterableDatasetDict)
    assert {s: list(rows) for s, rows in stream.items()} == {s: d.to_list() for s, d in whole.items()}
    found[str(config)] = {split: rows.num_rows for split, rows in whole.items()}
    found[str(config) + " columns"] = whole["train"].column_names
print(json.dumps(found))
"""


def test_every_config_loads_whole_and_as_a_stream_and_documents_without_a_name(
    split_corpus, tmp_path
):
    out = split_corpus.path
    found = run_python(LOAD, tmp_path, out, json.dumps([None, *SCHEMAS]))
    for table, schema in SCHEMAS.items():
        assert found[table] == rows_by_split(out, table), table
        assert found[f"{table} columns"] == schema.names
        assert sum(found[table].values()) == split_corpus.report["tables"][table]["rows"] > 0
    assert found["None"] == found["documents"]
    assert found["documents"].keys() == {"train", "validation", "test"}


DATASET = """
import gc, json, os, sys
from pathlib import Path
import corpusprep as cp
from corpusprep.runs.job import Corpus
import datasets

def anonymous():  # memory of our own, in bytes: mapped files are not among it
    return int(open("/proc/self/status").read().split("RssAnon:")[1].split()[0]) * 1024

def files():
    cache = Path(os.environ["HF_HOME"])
    return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in cache.rglob("*.arrow")}

corpus = Corpus(Path(sys.argv[1]))
assert not files()
loaded = corpus.to_dataset()
first = files()
again = corpus.to_dataset()
assert isinstance(loaded, datasets.DatasetDict)
before = anonymous()
characters = sum(len(row) for batch in again["train"].iter(64) for row in batch["text"])
gc.collect()
print(json.dumps({
    "characters": characters,
    "grown": anonymous() - before,
    "table": again["train"].data.nbytes,
    "cached": sum(size for size, _ in first.values()),
    "cached again": files() == first,
    "mapped": [file["filename"] for file in again["train"].cache_files],
}))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_to_dataset_maps_one_file_of_the_cache_into_memory_and_copies_nothing(tmp_path):
    out = write_corpus(tmp_path / "corpus")
    chance = random.Random(3)
    words = "山水云月花鸟松风江雪秋春夜晓寒暖远近高低" * 200
    texts = ["".join(chance.sample(words, 4000)) for _ in range(4000)]  # 48 MB in UTF-8
    empty = dict.fromkeys(SCHEMAS["documents"].names)
    rows = [{**empty, "id": str(i), "text": text} for i, text in enumerate(texts)]
    report = json.loads((out / "report.json").read_bytes())
    report["tables"]["documents"] = write_table(out, "documents", rows, 2)
    (out / "report.json").write_text(json.dumps(report), encoding="utf-8")
    write_card(out)

    found = run_python(DATASET, tmp_path / "home", out)
    assert found["characters"] == sum(map(len, texts))
    assert found["table"] > 48_000_000
    assert found["grown"] < found["table"] / 4
    assert all(name.startswith(str(tmp_path / "home")) for name in found["mapped"])
    assert found["cached"] < 1.1 * found["table"]
    assert found["cached again"]


def test_the_command_and_the_function_write_the_same_bytes(folder, split_corpus, tmp_path):
    command = [sys.executable, "-m", "corpusprep", "run", str(folder), "-o", str(tmp_path / "out")]
    subprocess.run([*command, "--split-by", "8/1/1", "-j", "2", "-q"], check=True)
    assert_same_folders(split_corpus.path, tmp_path / "out")


MAP = """
import json, os, sys
import corpusprep as cp
from datasets import Dataset

texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")][:40]
if not os.path.exists(sys.argv[2]):  # `datasets` goes by the time of a file, too
    Dataset.from_dict({"text": texts}).to_parquet(sys.argv[2])
data = Dataset.from_parquet(sys.argv[2])

def mapped(recipe):
    pipe = cp.Pipeline.from_recipe(recipe)
    done = data.map(pipe.as_map(), batched=True, batch_size=16, num_proc=2)
    files = sorted(file["filename"] for file in done.cache_files)
    return done, {"fingerprint": done._fingerprint, "files": files}

done, first = mapped("zh-web")
used = cp.Pipeline.from_recipe("zh-web")
list(used.many(texts))  # a pipeline that has worked is still the same pipeline
warm = data.map(used.as_map(), batched=True, batch_size=16, num_proc=2)
alone = data.map(used.as_map(), batched=True)
assert alone["text"][:] == done["text"][:] == [cp.Pipeline.from_recipe()(t).text for t in texts]
print(json.dumps({"first": first, "again": mapped("zh-web")[1], "worked": warm._fingerprint,
                  "other": mapped({"reflow": {"enabled": False}})[1],
                  "dropped": done["dropped"][:]}))
"""


def test_map_in_two_processes_is_found_in_the_cache_by_an_equal_pipeline_alone(folder, tmp_path):
    found = [
        run_python(MAP, tmp_path, folder / "pages.jsonl", tmp_path / "texts.parquet")
        for _ in range(2)  # processes, with other hash seeds and addresses
    ]
    assert found[0]["again"] == found[0]["first"] == found[1]["first"]
    assert found[0]["worked"] == found[0]["first"]["fingerprint"]
    assert len(found[0]["first"]["files"]) == 2
    assert found[0]["other"]["fingerprint"] != found[0]["first"]["fingerprint"]
    assert not {*found[0]["other"]["files"]} & {*found[0]["first"]["files"]}
    assert all(reason == "" for reason in found[0]["dropped"])


def keys_of(features):
    """Yield every key that describes a type in *features*, as the YAML of a card has them."""
    for feature in features if isinstance(features, list) else [features]:
        if isinstance(feature, dict):
            for key, value in feature.items():
                yield key
                yield from keys_of(value)


def test_the_files_and_the_card_hold_nothing_that_an_older_datasets_cannot_read(split_corpus):
    for table in SCHEMAS:
        for path in table_files(split_corpus.path, table):
            metadata = pq.read_schema(path).metadata or {}
            assert b"huggingface" not in metadata
    text = (split_corpus.path / "README.md").read_text(encoding="utf-8")
    card = yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))
    told = {info["config_name"]: info for info in card["dataset_info"]}
    assert told.keys() == SCHEMAS.keys()
    for table, info in told.items():
        # Read by 3.6 and by 5.2; `sequence` of a struct would be a struct of lists to the former.
        assert {*keys_of(info["features"])} <= {"name", "dtype", "list"}, table
        splits = {split["name"]: split["num_examples"] for split in info["splits"]}
        assert splits == rows_by_split(split_corpus.path, table)


def test_a_large_table_has_row_groups_of_bounded_size_and_no_statistics_of_texts(tmp_path):
    path = tmp_path / "sentences.parquet"
    writer = TableWriter(path, SCHEMAS["sentences"])
    sentence = "今天天气很好，我们去了公园。" * 25
    for k in range(60):
        rows = range(k * 1000, k * 1000 + 1000)
        texts = [f"{i}{sentence}" for i in rows]
        ids = [f"d{i:06d}" for i in rows]
        writer.write_rows({"doc_id": ids, "i": [0] * 1000, "start": [0] * 1000,
                           "end": list(map(len, texts)), "text": texts})  # fmt: skip
    writer.close()
    metadata = pq.read_metadata(path)
    assert metadata.num_rows == 60_000
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    assert len(groups) == 2
    assert all(group.total_byte_size < 40 << 20 for group in groups)
    columns = {c.path_in_schema: c for c in map(groups[0].column, range(groups[0].num_columns))}
    assert columns["doc_id"].statistics.min == "d000000"
    assert not columns["text"].is_stats_set
