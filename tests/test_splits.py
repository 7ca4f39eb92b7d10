"""Splits: near-copies on one side, whatever the workers, the order, the ids and the kills."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import assert_same_folders
from test_copies import prose, put, rows, slips

import corpusprep as cp
from corpusprep.data.ledger import restore
from corpusprep.data.tables import SPLITS, split_of, table_files
from corpusprep.recipe import RecipeError, load_recipe
from corpusprep.runs.splits import pick_split
from corpusprep.text.shingles import jaccard, shingle_sets


def families(count=120, seed=5):
    """Return documents of which a third has near-copies, each with the number of its family."""
    chance = random.Random(seed)
    made = []
    for k in range(count):
        text = prose((seed, k), chance.randint(8, 30))
        made.append((k, text))
        made += [(k, slips(repr((k, n)), text)) for n in range(chance.choice([0, 0, 0, 0, 1, 5]))]
    chance.shuffle(made)
    return [{"id": f"f{family:03}-{i:03}", "text": text} for i, (family, text) in enumerate(made)]


def run(inputs, out, *, action="mark", split_by="6/2/2", workers=1, **how):
    changes = {"duplicates": {"action": action}, "write": {"split_by": split_by}}
    recipe = load_recipe("zh-web").with_options({**changes, **how.pop("options", {})})
    return cp.run(inputs, out, recipe=recipe, workers=workers, **how)


def split_by_id(out, table="documents", column="id"):
    """Return the split of each document that has rows in *table*."""
    found = {}
    for path in table_files(out, table):
        for name in pq.read_table(path, columns=[column]).column(0).to_pylist():
            assert found.setdefault(name, split_of(path)) == split_of(path), name
    return found


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("splits")
    documents = families()
    run(put(folder / "in.jsonl", documents), folder / "out")
    return folder, documents


def test_every_document_is_in_one_split_and_no_near_copies_are_in_two(marked):
    folder, documents = marked
    split = split_by_id(folder / "out")
    assert set(split) == {d["id"] for d in documents}
    assert set(split.values()) == set(SPLITS)
    texts = {row["id"]: row["text"] for row in rows(folder / "out", "documents")}
    names = sorted(texts)
    sets = shingle_sets([texts[name] for name in names])
    alike = [
        (one, names[j])
        for i, one in enumerate(names)
        for j in range(i)
        if jaccard(sets[i], sets[j]) >= 0.8
    ]
    assert len(alike) > 100
    assert [pair for pair in alike if split[pair[0]] != split[pair[1]]] == []


def test_shares_come_out_about_as_asked(marked):
    folder, _ = marked
    split = split_by_id(folder / "out")
    by_family = {name[:4]: where for name, where in split.items()}
    shares = [list(by_family.values()).count(name) / len(by_family) for name in SPLITS]
    assert np.allclose(shares, [0.6, 0.2, 0.2], atol=0.12)
    picked = np.bincount(pick_split(np.arange(100_000, dtype=np.uint64), [0.98, 0.01, 0.01]))
    assert np.allclose(picked / 100_000, [0.98, 0.01, 0.01], atol=0.002)


def test_sentences_and_ledger_lie_where_their_document_does(marked):
    folder, _ = marked
    split = split_by_id(folder / "out")
    for table in ("sentences", "removed"):
        for name, where in split_by_id(folder / "out", table, "doc_id").items():
            assert split[name] == where


def test_the_report_counts_by_split_and_the_tables_load(marked):
    folder, documents = marked
    report = cp.Corpus(folder / "out").report
    told = report["tables"]["documents"]
    assert sum(s["rows"] for s in told["splits"].values()) == told["rows"] == len(documents)
    assert list(report["tables"]["rejected"]["splits"]) == ["train"]
    data = cp.Corpus(folder / "out").to_dataset()
    assert {name: len(data[name]) for name in data} == {
        name: s["rows"] for name, s in told["splits"].items()
    }


def test_a_split_does_not_depend_on_workers_order_or_ids(marked, tmp_path):
    folder, documents = marked
    run(folder / "in.jsonl", tmp_path / "two", workers=2, options={})
    assert_same_folders(folder / "out", tmp_path / "two")
    other = [{"id": d["id"].replace("f", "g"), "text": d["text"]} for d in reversed(documents)]
    run(put(tmp_path / "in.jsonl", other), tmp_path / "out")
    here = split_by_id(tmp_path / "out")
    assert here == {name.replace("f", "g"): s for name, s in split_by_id(folder / "out").items()}


def test_what_stays_without_its_copies_is_where_it_was_with_them(marked, tmp_path):
    folder, _ = marked
    run(folder / "in.jsonl", tmp_path / "out", action="remove")
    left = split_by_id(tmp_path / "out")
    before = split_by_id(folder / "out")
    assert len(left) < len(before)
    assert left == {name: before[name] for name in left}


def test_without_a_search_for_copies_equal_texts_still_stay_together(tmp_path):
    documents = families(60)
    documents += [{"id": f"e{i}", "text": d["text"]} for i, d in enumerate(documents[:40])]
    out = tmp_path / "out"
    run(put(tmp_path / "in.jsonl", documents), out, options={"duplicates": {"enabled": False}})
    split = split_by_id(out)
    where = {}
    for row in rows(out, "documents"):
        assert where.setdefault(row["text"], split[row["id"]]) == split[row["id"]]
    assert len(set(split.values())) == 3
    assert any("split" in warning for warning in cp.Corpus(out).report["warnings"])


def test_a_component_too_large_for_a_small_split_goes_into_train(tmp_path):
    form = prose("form", 30)
    documents = [{"id": f"p{i}", "text": slips(i, form)} for i in range(60)]
    documents += [{"id": f"s{i}", "text": prose(("s", i))} for i in range(60)]
    for shift in range(4):  # whichever split its hash would pick
        changed = [{**d, "text": d["text"].replace("山", "丘" * (shift + 1))} for d in documents]
        out = tmp_path / f"out{shift}"
        run(put(tmp_path / f"in{shift}.jsonl", changed), out, split_by="1/1")
        split = split_by_id(out)
        assert {split[f"p{i}"] for i in range(60)} == {"train"}
        assert {split[f"s{i}"] for i in range(60)} == {"train", "test"}


def test_a_small_corpus_has_no_files_of_a_split_without_rows(tmp_path):
    documents = [{"id": "a", "text": prose("a")}]
    out = tmp_path / "out"
    run(put(tmp_path / "in.jsonl", documents), out, split_by="1/1000000")
    (found,) = table_files(out, "documents")
    assert split_of(found) == "test"
    assert list(cp.Corpus(out).to_dataset()) == ["test"]


def test_originals_are_given_back_from_any_split(marked, tmp_path):
    _, documents = marked
    out = tmp_path / "out"
    options = {"write": {"split_by": "6/2/2", "ledger": "full"}, "passages": {"enabled": True}}
    shared = prose("shared", 14)
    longer = [{**d, "text": f"{d['text']}\n{shared}"} for d in documents]
    run(put(tmp_path / "in.jsonl", longer), out, options=options)
    split = split_by_id(out)
    for name in SPLITS:
        chosen = next(d for d in longer if split[d["id"]] == name)
        assert restore(out, chosen["id"]) == chosen["text"]


def test_a_killed_run_ends_with_the_same_splits(marked, tmp_path):
    folder, _ = marked
    out = tmp_path / "out"
    command = [sys.executable, "-m", "corpusprep", "run", str(folder / "in.jsonl"), "-o", str(out)]
    command += ["--split-by", "6/2/2", "--dedup", "mark", "-j", "1", "-q"]
    with subprocess.Popen(command) as process:
        while not (out / ".work" / "splits").exists() and process.poll() is None:
            time.sleep(0.001)
        process.kill()
    subprocess.run([*command, "--resume"], check=True)
    assert_same_folders(folder / "out", out)


@pytest.mark.parametrize("given", ["98", "98/1/1/1", "98/0/2", "a/b", "-1/2", "0/0"])
def test_shares_that_mean_nothing_are_refused(given):
    with pytest.raises(RecipeError, match="split_by"):
        load_recipe({"write": {"split_by": given}})


def test_documents_of_other_corpora_do_not_shift_the_splits(marked, tmp_path):
    folder, documents = marked
    more = [*documents, *({"id": f"n{i}", "text": prose(("n", i))} for i in range(40))]
    run(folder / "in.jsonl", tmp_path / "first", action="remove")
    run(
        put(tmp_path / "in.jsonl", more),
        tmp_path / "second",
        action="remove",
        against=[tmp_path / "first"],
    )
    assert set(split_by_id(tmp_path / "second")) == {f"n{i}" for i in range(40)}
    alone = run(put(tmp_path / "new.jsonl", more[-40:]), tmp_path / "alone", action="remove")
    assert split_by_id(alone.path) == split_by_id(tmp_path / "second")
