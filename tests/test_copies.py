"""Copies in whole runs: out of core, across runs, by passages; any workers, any kill, the same."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import assert_same_folders, contents

import corpusprep as cp
from corpusprep.cli import main
from corpusprep.data import readers
from corpusprep.data.ledger import restore
from corpusprep.recipe import load_recipe
from corpusprep.runs import grouping, passages, sketching
from corpusprep.runs.index import OtherCorpusError
from corpusprep.runs.job import RunError, StrictError

SMALL_PARTS = [
    (grouping, "PART_WEIGHT", 8),
    (grouping, "GROUPED", 200),
    (passages, "KEYS_A_PART", 100),
]
COMMAND = [sys.executable, "-m", "corpusprep"]
SECTIONS = ("normalise", "sentences", "passages", "write")
TABLES = ("documents", "sentences", "removed", "rejected")
CHARACTERS = "山水云月花鸟松风江雪秋春夜晓寒暖远近高低渔樵耕读"
PROFILE = (
    "关于云杉水务：本公司成立于1998年，总部设在江宁，为三十多座城市的自来水厂提供水泵、阀门与水质监测设备，"
    "现有员工两千余人，欢迎新老客户来电来函洽谈业务。"
)


def prose(seed, clauses=12):
    """Return a text of its own, of *clauses* times eight characters."""
    chance = random.Random(repr(seed))
    words = ["".join(chance.choices(CHARACTERS, k=8)) for _ in range(clauses)]
    return "，".join(words) + "。"


def slips(seed, text, count=2):
    """Return *text* with a few characters mistaken."""
    chance = random.Random(seed)
    chars = list(text)
    for at in chance.sample([i for i, c in enumerate(chars) if c in CHARACTERS], count):
        chars[at] = chance.choice("甲乙丙丁戊己")
    return "".join(chars)


def posts(*texts, name="d"):
    return [{"id": f"{name}{i:03}", "text": text} for i, text in enumerate(texts)]


def put(path, documents):
    """Write *documents* as JSON Lines and return *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(doc, ensure_ascii=False) + "\n" for doc in documents]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def rows(out, table):
    return [
        row
        for path in sorted((Path(out) / table).glob("*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]


def labels(row):
    """Return the labels of *row* that came with it, beside the hash of its text."""
    found = json.loads(row["labels"])
    assert len(found.pop("content_hash")) == 32
    return found


def ids(out, table="documents"):
    return sorted(row["id"] for row in rows(out, table))


def run(inputs, out, *, recipe="dedup", workers=1, tell=lambda _: None, how=None, **options):
    """Run *recipe* with *options* of its step `duplicates`; sections go by their names."""
    sections = {k: options.pop(k) for k in SECTIONS if k in options}
    if "passages" in sections:
        sections["passages"] = {"enabled": True, **sections["passages"]}
    loaded = load_recipe(recipe).with_options({"duplicates": options, **sections})
    return cp.run(inputs, out, recipe=loaded, workers=workers, tell=tell, **(how or {}))


def command(*args, stdin=b"", **options):
    return subprocess.run(
        [*COMMAND, *map(str, args)], input=stdin, capture_output=True, check=False, **options
    )


def verdicts(out):
    """Return what became of each document: the kept ones, and the others with their reasons."""
    kept = {row["id"]: (row["copies"], tuple(row["copied_in"])) for row in rows(out, "documents")}
    why = ("rule", "kept_id", "similarity", "cluster_size")
    return kept, {row["id"]: tuple(row[n] for n in why) for row in rows(out, "rejected")}


def mixture(seed, count=30):
    """Return texts and copies of them of every kind, in any order."""
    chance = random.Random(seed)
    texts = [prose((seed, i), chance.randint(2, 16)) for i in range(count)]
    for i, text in enumerate(chance.choices(texts, k=count)):
        copy = slips(i, text, len(text) * chance.randint(0, 4) // 100)
        kind = chance.randrange(4)
        if kind == 0:
            copy = " ".join(copy)
        elif kind == 1:
            copy = copy.replace("，", "") + "\n编辑：渔樵"
        elif kind == 2:
            copy = "\n\n".join([*chance.sample(texts, 2), copy])
        texts.append(copy)
    texts += chance.choices(texts, k=count // 4)
    texts += ["", "", "  ", "\n", "\u3000", "短讯。", "短讯", "短讯。", "。", "？"]
    chance.shuffle(texts)
    return texts


# --- workers, parts and kills ------------------------------------------------------------------

WHOLE = {
    "contained": 0.95,
    "normalise": {"enabled": True},
    "sentences": {"enabled": True},
    "passages": {},
    "write": {"shard_megabytes": 1},
}


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    """A folder of six files: copies of every kind, press releases, and a long text in each."""
    folder = tmp_path_factory.mktemp("crawl")
    documents = posts(
        *mixture(1, 60),
        *(f"{prose(('release', i))}\n{PROFILE}\n(完){i}。" for i in range(20)),
        f"{PROFILE}\n{PROFILE}",
        *("\n".join(prose(("long", i, k), 40) for k in range(170)) for i in range(6)),
    )
    random.Random(2).shuffle(documents)
    for k in range(6):
        put(folder / f"{k}.jsonl", documents[k::6])
    return folder


@pytest.fixture(scope="module")
def undisturbed(crawl, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "corpus"
    run(crawl, out, **WHOLE)
    return out


def test_the_sample_has_copies_of_every_kind_and_several_files_of_output(undisturbed):
    rules = Counter(row["rule"] for row in rows(undisturbed, "rejected"))
    assert rules.keys() >= {
        "exact-duplicate", "near-duplicate", "contained-duplicate", "nothing-of-its-own",
    }  # fmt: skip
    assert len(list((undisturbed / "documents").iterdir())) > 1
    assert Counter(row["step"] for row in rows(undisturbed, "removed"))["passages"] == 19


@pytest.mark.parametrize("workers", [2, 4])
def test_any_number_of_workers_writes_the_same_bytes(crawl, undisturbed, tmp_path, workers):
    run(crawl, tmp_path / "out", workers=workers, **WHOLE)
    assert_same_folders(undisturbed, tmp_path / "out")


def test_any_number_of_parts_gives_the_same_bytes(crawl, undisturbed, tmp_path, monkeypatch):
    for module, name, value in SMALL_PARTS:
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(sketching, "ROWS", 5)
    totals = defaultdict(set)
    run(
        crawl, tmp_path / "out",
        tell=lambda p: totals[p.stage].add(p.total), **WHOLE,
    )  # fmt: skip
    # Tasks of group, of collect (one a shard) and of verify; tasks of passages.
    assert len(totals["duplicates"]) == 3
    assert min(totals["duplicates"]) == 6
    assert min(totals["passages"]) > 5
    assert_same_folders(undisturbed, tmp_path / "out")


def test_how_the_input_is_cut_into_shards_does_not_change_what_goes(
    crawl, undisturbed, tmp_path, monkeypatch
):
    monkeypatch.setattr(readers, "RANGE_BYTES", 9000)
    shards = set()
    run(
        crawl, tmp_path / "out",
        tell=lambda p: shards.add(p.total) if p.stage == "clean" else None, **WHOLE,
    )  # fmt: skip
    assert min(shards) > 100
    for table in TABLES:
        one, other = (
            sorted(map(repr, rows(out, table))) for out in (tmp_path / "out", undisturbed)
        )
        assert one == other


def killed_at(moment, program, *args):
    """Start *program*, and kill it with its whole group when something matches the glob *moment*.

    Where it was too quick, it is started afresh.
    """
    folder, pattern = moment
    for _ in range(5):
        process = subprocess.Popen(
            [*program, *map(str, args)], start_new_session=True, stderr=subprocess.PIPE
        )
        while process.poll() is None and not list(Path(folder).glob(pattern)):
            time.sleep(0.001)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        _, stderr = process.communicate()
        if process.returncode == -signal.SIGKILL:
            return
        assert process.returncode == 0, stderr.decode()
        args = [*args, "--overwrite"]
    raise AssertionError(f"never killed at {moment}")


OPTIONS = [
    "--contained", "0.95", "--passages", "remove", "--set", "normalise.enabled=true",
    "--set", "sentences.enabled=true", "--set", "write.shard_megabytes=1", "-q",
]  # fmt: skip
IN_PARTS = (
    "from corpusprep.runs import grouping, passages\n"
    "grouping.PART_WEIGHT, grouping.GROUPED, passages.KEYS_A_PART = 8, 200, 100\n"
    "from corpusprep.cli import main\n"
    "main()\n"
)


@pytest.mark.parametrize(
    ("stage", "parts"),
    [
        ("links/00000[3-9]", 30),
        ("collected/00000[2-9]", 1),
        ("verified/*", 1),
        ("verified/00000[3-9]", 30),
        ("passages/*", 1),
        ("passages/00000[3-9]", 30),
        ("tables/*", 1),
    ],
)
def test_a_run_killed_in_the_middle_goes_on_to_the_same_bytes(
    crawl, undisturbed, tmp_path, monkeypatch, stage, parts
):
    out = tmp_path / "out"
    program, workers = COMMAND, 2 if stage == "tables/*" else 1
    if parts > 1:  # what is set here does not reach workers of their own
        program = [sys.executable, "-c", IN_PARTS]
        for module, name, value in SMALL_PARTS:
            monkeypatch.setattr(module, name, value)
    options = ["dedup", crawl, "-o", out, "-j", workers, *OPTIONS]
    killed_at((out / ".work", stage), program, *options)
    assert not (out / "report.json").exists()
    run(crawl, out, how={"resume": True}, **WHOLE)
    assert_same_folders(undisturbed, out)


def killed_in(code, *args):
    """Run the command in a process in which *code* lets it be killed at one moment."""
    program = f"import os, signal\n{code}\nfrom corpusprep.cli import main\nmain()\n"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, args)], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_what_a_kill_left_half_written_is_not_read(tmp_path):
    source = put(tmp_path / "in.jsonl", posts(*mixture(3)))
    run(source, tmp_path / "whole", contained=0.95)
    half_a_file = (
        "from corpusprep.runs import grouping\n"
        "def write(path, pairs):\n"
        "    path.write_bytes(b'PAR1')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "grouping._save_pairs = write"
    )
    args = ["dedup", source, "-o", tmp_path / "out", "-q", "-j", 1, "--contained", 0.95]
    killed_in(half_a_file, *args)
    run(source, tmp_path / "out", contained=0.95, how={"resume": True})
    assert_same_folders(tmp_path / "whole", tmp_path / "out")


# --- which copy stays --------------------------------------------------------------------------


def shuffled_runs(tmp_path, seed, **options):
    """Return what became of a mixture, and of the same documents in other order and other files."""
    documents = posts(*mixture(seed))
    for k in range(2):
        put(tmp_path / "one" / f"{k}.jsonl", documents[k::2])
    random.Random(seed).shuffle(documents)
    for k in range(3):
        put(tmp_path / "two" / f"{'cab'[k]}.jsonl", documents[k::3])
    how = {"overwrite": True}
    return [
        verdicts(run(tmp_path / n, tmp_path / f"{n}.out", how=how, **options).path)
        for n in ("one", "two")
    ]


@pytest.mark.parametrize("overlap", [0.0, 0.8])
def test_the_order_of_the_input_does_not_change_who_stays_or_for_whom_who_goes(tmp_path, overlap):
    for seed in range(4):
        one, two = shuffled_runs(tmp_path, seed, overlap=overlap)
        assert one == two
        assert len(one[1]) > 10


def test_the_order_of_the_input_does_not_change_in_what_a_document_lies(tmp_path):
    for seed in range(6):
        one, two = shuffled_runs(tmp_path, seed, contained=0.95)
        assert one == two


def test_of_equals_the_one_with_the_earliest_id_stays_and_a_longer_one_before_it(tmp_path):
    text = prose(1)
    documents = [
        {"id": "m", "text": text},
        {"id": "z", "text": text + "\n后来又补记了一句话。"},
        {"id": "b", "text": " ".join(text)},
        {"id": "c", "text": text},
        {"id": "2", "text": prose(2)},
        {"id": "10", "text": prose(2)},
    ]
    out = run(put(tmp_path / "in.jsonl", documents[::-1]), tmp_path / "out").path
    assert ids(out) == ["10", "z"]
    assert {row["id"]: row["kept_id"] for row in rows(out, "rejected")} == {
        "m": "z", "b": "z", "c": "z", "2": "10",
    }  # fmt: skip


DATED = [
    {"id": "a", "date": "2023-05-01T10:30:00+08:00"},
    {"id": "b", "date": "2023年5月2日"},
    {"id": "c"},
    {"id": "d", "date": "2023/4/30 23:59"},
    {"id": "e", "date": "20230503"},
    {"id": "f", "date": "昨天"},
]


@pytest.mark.parametrize(
    ("keep", "documents", "stays"),
    [
        ("newest", DATED, "e"),
        ("newest", DATED[:4], "b"),
        ("newest", [DATED[3], DATED[0], DATED[5]], "a"),
        ("newest", [DATED[5], DATED[2]], "c"),  # no date at all: the earliest id
        ("newest", [DATED[2], DATED[3]], "d"),
        ("first", DATED[::-1], "f"),
        ("longest", DATED[::-1], "a"),  # all are as long
    ],
)
def test_keep_says_which_copy_stays(tmp_path, keep, documents, stays):
    texts = [prose(7), slips(1, prose(7)), " ".join(prose(7))] * 2
    source = [{**doc, "text": text} for doc, text in zip(documents, texts, strict=False)]
    for k, doc in enumerate(source):
        put(tmp_path / "in" / f"{k}.jsonl", [doc])
    out = run(tmp_path / "in", tmp_path / "out", keep=keep, newest_by="date").path
    assert ids(out) == [stays]
    assert {row["kept_id"] for row in rows(out, "rejected")} == {stays}


def test_rows_of_kept_and_rejected_documents_tell_the_whole_cluster(tmp_path):
    text = prose(4)
    source = put(
        tmp_path / "in.jsonl",
        posts(text, " ".join(text), slips(1, text), prose(5), *[prose(6)] * 120),
    )
    corpus = run(source, tmp_path / "out")
    kept = {row["id"]: row for row in rows(corpus.path, "documents")}
    assert {i: row["copies"] for i, row in kept.items()} == {"d000": 3, "d003": 1, "d004": 120}
    assert kept["d000"]["copied_in"] == ["d001", "d002"]
    assert kept["d003"]["copied_in"] == []
    assert kept["d004"]["copied_in"] == [f"d{i:03}" for i in range(5, 105)]
    gone = {row["id"]: row for row in rows(corpus.path, "rejected")}
    assert {row["stage"] for row in gone.values()} == {"duplicates"}
    exact, near = gone["d001"], gone["d002"]
    assert (exact["rule"], exact["similarity"], exact["cluster_size"]) == ("exact-duplicate", 1, 3)
    assert exact["text"] == " ".join(text)
    assert (near["rule"], near["kept_id"], near["detail"]) == (
        "near-duplicate", "d000", "one of 3 copies",
    )  # fmt: skip
    keys = [re.sub(r"\W", "", row["text"]) for row in (kept["d000"], near)]
    one, other = ({key[i : i + 5] for i in range(len(key) - 4)} for key in keys)
    assert near["similarity"] == pytest.approx(len(one & other) / len(one | other), abs=1e-4)
    summary = corpus.report["duplicates"]
    assert (summary["exact"], summary["near"], summary["clusters"], summary["largest"]) == (
        120, 1, 2, 120,
    )  # fmt: skip


def test_marked_copies_stay_and_say_what_they_are_copies_of(tmp_path):
    source = put(tmp_path / "in.jsonl", posts(*mixture(5)))
    removed = run(source, tmp_path / "removed").path
    marked = run(source, tmp_path / "marked", action="mark")
    gone = {r["id"]: (r["kept_id"], r["similarity"]) for r in rows(removed, "rejected")}
    documents = rows(marked.path, "documents")
    told = {
        r["id"]: (r["duplicate_of"], r["similarity"])
        for r in documents
        if r["duplicate_of"] is not None
    }
    assert told == gone
    assert len(gone) > 10
    assert len(documents) == len(rows(removed, "documents")) + len(gone)
    assert all(r["similarity"] is None for r in documents if r["id"] not in gone)
    assert rows(marked.path, "rejected") == []
    assert marked.report["documents"]["rejected"] == 0


def test_without_the_step_nothing_goes_and_nothing_is_marked(tmp_path):
    source = put(tmp_path / "in.jsonl", posts(*[prose(1) + "今天下雨。"] * 5))
    done = command("run", source, "-o", tmp_path / "out", "--dedup", "off", "-q", "-j", 1)
    assert done.returncode == 0, done.stderr.decode()
    documents = rows(tmp_path / "out", "documents")
    assert [(r["copies"], r["duplicate_of"]) for r in documents] == [(1, None)] * 5


# --- a document within another -----------------------------------------------------------------


def test_a_post_goes_for_the_page_of_its_thread_in_another_shard(tmp_path):
    post = prose("post", 20)
    thread = "\n\n".join([prose("reply", 20), post, *(prose(("reply", k), 20) for k in range(6))])
    put(tmp_path / "in" / "a.jsonl", [{"id": "post", "text": post}, {"id": "x", "text": prose(1)}])
    put(tmp_path / "in" / "b.jsonl", [{"id": "thread", "text": thread}])
    out = run(tmp_path / "in", tmp_path / "out", contained=0.95).path
    assert ids(out) == ["thread", "x"]
    (gone,) = rows(out, "rejected")
    assert (gone["id"], gone["rule"], gone["kept_id"]) == ("post", "contained-duplicate", "thread")
    assert gone["similarity"] > 0.99  # the share of it that lies in the thread
    assert ids(run(tmp_path / "in", tmp_path / "off").path) == ["post", "thread", "x"]


@pytest.mark.parametrize("known_as", ["index", "corpus"])
def test_a_post_goes_for_a_thread_of_an_earlier_run(tmp_path, known_as):
    post = prose("post", 20)
    thread = "\n\n".join(prose(("reply", k), 20) for k in range(6)) + post
    first = put(tmp_path / "1.jsonl", [{"id": "thread", "text": thread}])
    second = put(tmp_path / "2.jsonl", [{"id": "post", "text": post}, *posts(prose(1))])
    index = tmp_path / "seen"
    run(first, tmp_path / "old", contained=0.95, how={"index": index})
    known = index if known_as == "index" else tmp_path / "old"
    out = run(second, tmp_path / "new", contained=0.95, how={"against": [known]}).path
    assert ids(out) == ["d000"]
    (gone,) = rows(out, "rejected")
    assert (gone["rule"], gone["kept_id"]) == ("contained-duplicate", "thread")
    assert gone["detail"] == f"already in {known}"


# --- across runs -------------------------------------------------------------------------------


def test_what_is_in_another_corpus_goes_and_tells_where_it_is(tmp_path):
    old = put(tmp_path / "old.jsonl", posts(prose(1), prose(2), prose(3), "短讯。", name="old"))
    new = posts(prose(1), slips(1, prose(2)), prose(4), "短讯。", prose(1), prose(4), name="new")
    corpus = run(old, tmp_path / "corpus").path
    after = run(put(tmp_path / "new.jsonl", new), tmp_path / "out", how={"against": [corpus]})
    assert ids(after.path) == ["new002"]
    assert {r["id"]: (r["kept_id"], r["rule"]) for r in rows(after.path, "rejected")} == {
        "new000": ("old000", "exact-duplicate"),
        "new001": ("old001", "near-duplicate"),
        "new003": ("old003", "exact-duplicate"),
        "new004": ("old000", "exact-duplicate"),
        "new005": ("new002", "exact-duplicate"),
    }
    details = {r["id"]: r["detail"] for r in rows(after.path, "rejected")}
    assert details.pop("new005") == "one of 2 copies"
    assert set(details.values()) == {f"already in {corpus}"}
    assert after.report["duplicates"]["already_there"] == 4
    assert after.report["against"] == [str(corpus)]
    assert rows(after.path, "documents")[0]["copies"] == 2


def test_what_is_in_another_corpus_stays_there_though_the_new_one_is_longer(tmp_path):
    old = run(put(tmp_path / "old.jsonl", posts(prose(1), name="old")), tmp_path / "old").path
    longer = put(tmp_path / "new.jsonl", posts(prose(1) + "\n后来又补记了一句话。", name="new"))
    for keep in ("longest", "newest"):
        out = run(longer, tmp_path / keep, keep=keep, how={"against": [old]}).path
        assert ids(out) == []
        assert [r["kept_id"] for r in rows(out, "rejected")] == ["old000"]


@pytest.mark.parametrize("options", [{}, {"overlap": 0.8}, {"contained": 0.95}])
def test_three_runs_with_an_index_leave_out_what_one_run_over_all_would(tmp_path, options):
    for seed in range(2):
        documents = posts(*mixture(seed))
        batches = [documents[:20], documents[20:45], documents[45:]]
        folder = tmp_path / f"{seed}"
        for k, batch in enumerate(batches):
            put(folder / "in" / f"{k}.jsonl", batch)
        whole = verdicts(run(folder / "in", folder / "whole", keep="first", **options).path)
        kept, gone = set(), {}
        for k in range(3):
            how = {"index": folder / "seen"}
            out = run(
                folder / "in" / f"{k}.jsonl", folder / f"{k}", keep="first", how=how, **options
            )
            found = verdicts(out.path)
            kept.update(found[0])
            gone.update(found[1])
        assert kept == set(whole[0])
        assert {i: why[:3] for i, why in gone.items()} == {i: w[:3] for i, w in whole[1].items()}


def test_an_exact_copy_of_a_near_copy_goes_for_what_that_went_for(tmp_path):
    near = slips(1, prose(1))
    batches = [posts(prose(1), name="a"), posts(near, prose(2), name="b"), posts(near, name="c")]
    how = {"index": tmp_path / "seen"}
    for k, batch in enumerate(batches):
        out = run(put(tmp_path / f"{k}.jsonl", batch), tmp_path / f"{k}", how=how).path
    (before,), (after,) = rows(tmp_path / "1", "rejected"), rows(out, "rejected")
    assert (after["rule"], after["kept_id"]) == ("near-duplicate", "a000")
    assert after["similarity"] == before["similarity"] < 1
    assert ids(out) == []


def test_index_and_other_corpora_go_together(tmp_path):
    corpus = run(put(tmp_path / "a.jsonl", posts(prose(1), name="a")), tmp_path / "a").path
    seen = tmp_path / "seen"
    run(put(tmp_path / "b.jsonl", posts(prose(2), name="b")), tmp_path / "b", how={"index": seen})
    new = put(tmp_path / "c.jsonl", posts(prose(1), prose(2), prose(3), name="c"))
    out = run(new, tmp_path / "c", how={"index": seen, "against": [corpus]}).path
    assert ids(out) == ["c002"]
    where = {r["id"]: (r["kept_id"], r["detail"]) for r in rows(out, "rejected")}
    assert where == {
        "c000": ("a000", f"already in {corpus}"),
        "c001": ("b000", f"already in {seen}"),
    }


def test_an_index_knows_what_went_because_of_another_corpus(tmp_path):
    corpus = run(
        put(tmp_path / "a.jsonl", posts(prose(1), prose(2), name="a")), tmp_path / "a"
    ).path
    new = put(tmp_path / "b.jsonl", posts(prose(1), slips(1, prose(2)), prose(3), name="b"))
    seen = tmp_path / "seen"
    run(new, tmp_path / "b", how={"index": seen, "against": [corpus]})
    again = run(new, tmp_path / "c", how={"index": seen}).path
    assert ids(again) == []
    kept = {row["id"]: row["kept_id"] for row in rows(again, "rejected")}
    assert kept == {"b000": "a000", "b001": "a001", "b002": "b002"}


def test_an_index_of_other_options_is_refused_and_both_are_named(tmp_path):
    source = put(tmp_path / "in.jsonl", posts(prose(1)))
    index = tmp_path / "seen"
    run(source, tmp_path / "out", how={"index": index})
    before = contents(index)
    done = command("dedup", source, "-o", tmp_path / "x", "--index", index, "--ngram", 6, "-q")
    assert done.returncode == 2
    assert "ngram 5, bands 18" in done.stderr.decode()
    assert "ngram 6, bands 18" in done.stderr.decode()
    with pytest.raises(OtherCorpusError, match=r"contained False.*contained True"):
        run(source, tmp_path / "y", contained=0.9, how={"against": [index]})
    with pytest.raises(OtherCorpusError, match=r"bands 18, width 7.*bands 32, width 4"):
        run(source, tmp_path / "z", threshold=0.6, how={"index": index})
    assert contents(index) == before
    assert not (tmp_path / "x").exists() or not any((tmp_path / "x").iterdir())


def test_a_folder_that_is_neither_corpus_nor_index_is_refused(tmp_path):
    source = put(tmp_path / "in" / "a.jsonl", posts(prose(1)))
    for name in ("in", "nowhere", "in/a.jsonl"):
        with pytest.raises(OtherCorpusError, match=r"neither a corpus .* nor an index"):
            run(source, tmp_path / "out", how={"against": [tmp_path / name]})
    with pytest.raises(OtherCorpusError, match=r"holds other files, but no index\.json"):
        run(source, tmp_path / "out", how={"index": tmp_path / "in"})
    with pytest.raises(OtherCorpusError, match="needs the step 'duplicates'"):
        run(source, tmp_path / "out", enabled=False, how={"index": tmp_path / "seen"})
    assert ids(run(source, tmp_path / "out", how={"index": tmp_path / "seen"}).path) == ["d000"]


@pytest.fixture
def seen(tmp_path):
    """An index with two documents, and a function that tells which of some texts it lacks."""
    index = tmp_path / "seen"
    source = put(tmp_path / "first.jsonl", posts(prose(1), prose(2), name="first"))
    run(source, tmp_path / "first", how={"index": index})

    def lacks(*texts):
        asked = put(tmp_path / "asked.jsonl", posts(*texts))
        how = {"against": [index], "overwrite": True}
        return ids(run(asked, tmp_path / "asked", how=how).path)

    return index, lacks


@pytest.mark.parametrize("moment", ["seen/000001-*", "out/.work/groups.json"])
def test_a_killed_run_leaves_the_index_as_it_was_and_completes_it_later(tmp_path, seen, moment):
    index, lacks = seen
    source = put(tmp_path / "in.jsonl", posts(prose(2), *(prose((3, i)) for i in range(400))))
    manifest = (index / "index.json").read_bytes()
    args = ["dedup", source, "-o", tmp_path / "out", "-q", "-j", 1, "--index", index]
    killed_at((tmp_path, moment), COMMAND, *args)
    assert (index / "index.json").read_bytes() == manifest
    assert lacks(prose(1), prose((3, 0))) == ["d001"]
    run(source, tmp_path / "out", how={"resume": True, "index": index})
    assert lacks(prose(1), prose((3, 0)), prose(5)) == ["d002"]
    assert len(ids(tmp_path / "out")) == 400
    assert not list(index.glob("*.part"))


def test_the_first_run_with_an_index_goes_on_after_a_kill(tmp_path):
    source = put(tmp_path / "in.jsonl", posts(*(prose(i) for i in range(400))))
    index = tmp_path / "seen"
    args = ["dedup", source, "-o", tmp_path / "out", "-q", "-j", 1, "--index", index]
    killed_at((index, "*.parquet"), COMMAND, *args)
    run(source, tmp_path / "out", how={"resume": True, "index": index})
    assert len(ids(tmp_path / "out")) == 400
    assert (index / "index.json").exists()


def test_a_run_killed_when_the_index_has_it_already_can_be_finished(tmp_path, seen):
    index, lacks = seen
    source = put(tmp_path / "in.jsonl", posts(prose(2), prose(3)))
    args = ["dedup", source, "-o", tmp_path / "out", "-q", "-j", 1, "--index", index]
    killed_in(
        "from corpusprep.runs import job\n"
        "was = job.commit_index\n"
        "def commit(*args):\n"
        "    was(*args)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "job.commit_index = commit",
        *args,
    )
    assert lacks(prose(3)) == []
    run(source, tmp_path / "out", how={"resume": True, "index": index})
    assert ids(tmp_path / "out") == ["d001"]
    assert not (tmp_path / "out" / ".work").exists()


def test_what_a_killed_run_left_in_the_index_is_not_the_next_run_s(tmp_path, seen):
    index, lacks = seen
    killed = put(tmp_path / "killed.jsonl", posts(*(prose((3, i)) for i in range(400))))
    args = ["dedup", killed, "-o", tmp_path / "killed", "-q", "-j", 1, "--index", index]
    killed_at((index, "000001-*.parquet"), COMMAND, *args)
    other = put(tmp_path / "other.jsonl", posts(prose(4)))
    run(other, tmp_path / "other", how={"index": index})
    assert lacks(prose(4), prose((3, 0))) == ["d001"]


@pytest.mark.parametrize(
    "stage",
    [
        "clean",
        "index",
        "write",
    ],
)
def test_of_two_runs_that_extend_one_index_at_once_the_second_is_refused(tmp_path, seen, stage):
    index, lacks = seen
    slow = put(tmp_path / "slow.jsonl", posts(prose(3), prose(1), name="slow"))
    quick = put(tmp_path / "quick.jsonl", posts(prose(4), prose(1), name="quick"))
    ran = []

    def tell(progress):
        if progress.stage == stage and not ran:
            ran.append(run(quick, tmp_path / "quick", how={"index": index}))

    with pytest.raises(OtherCorpusError, match="was added to by another run"):
        run(slow, tmp_path / "slow", tell=tell, how={"index": index})
    assert ids(tmp_path / "quick") == ["quick000"]
    assert lacks(prose(1), prose(2), prose(3), prose(4)) == ["d002"]
    run(slow, tmp_path / "slow", how={"index": index, "overwrite": True})
    assert ids(tmp_path / "slow") == ["slow000"]
    assert lacks(prose(1), prose(2), prose(3), prose(4)) == []


def test_an_index_of_which_a_file_is_missing_is_refused(tmp_path, seen):
    index, _ = seen
    (file,) = index.glob("000000-*-000000.parquet")
    file.unlink()
    with pytest.raises(OtherCorpusError, match=file.name):
        run(tmp_path / "first.jsonl", tmp_path / "out", how={"against": [index]})


@pytest.mark.parametrize("damaged", ["corpus", "index"])
def test_another_corpus_that_cannot_be_read_is_a_clear_error(tmp_path, seen, damaged):
    index, _ = seen
    known = tmp_path / "first" if damaged == "corpus" else index
    (file,) = known.rglob("documents/*.parquet" if damaged == "corpus" else "*.parquet")
    file.write_bytes(file.read_bytes()[:-100])
    args = ["dedup", tmp_path / "first.jsonl", "-o", tmp_path / "out", "-q", "-j", 1]
    done = command(*args, "--against", known)
    assert done.returncode == 2
    assert file.name in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_a_corpus_is_not_cleared_by_a_run_that_cannot_start(tmp_path):
    source = put(tmp_path / "in.jsonl", posts(prose(1)))
    out = run(source, tmp_path / "out").path
    before = contents(out)
    with pytest.raises(OtherCorpusError):
        run(source, out, how={"against": [tmp_path / "nowhere"], "overwrite": True})
    assert contents(out) == before


def test_a_corpus_is_not_cleared_by_a_run_that_is_to_be_compared_with_it(tmp_path):
    source = put(tmp_path / "in.jsonl", posts(prose(1)))
    out = run(source, tmp_path / "out").path
    before = contents(out)
    with pytest.raises(RunError, match="name another OUT"):
        run(source, out, how={"against": [out], "overwrite": True})
    assert contents(out) == before


def test_a_corpus_is_not_cleared_by_a_run_without_input(tmp_path):
    out = run(put(tmp_path / "in.jsonl", posts(prose(1))), tmp_path / "out").path
    before = contents(out)
    with pytest.raises(readers.InputError):
        run(tmp_path / "nowhere.jsonl", out, how={"overwrite": True})
    assert contents(out) == before


@pytest.mark.parametrize(
    "columns",
    [
        {"body": ["一"]},
        {"id": ["1", "2"], "text": ["一", None]},
        {"id": [1], "text": ["一"]},
    ],
    ids=["no id and no text", "a null", "numbers as ids"],
)
def test_a_table_of_another_make_is_read_or_refused_with_its_name(tmp_path, columns):
    file = tmp_path / "other" / "documents" / "x.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), file)
    source = put(tmp_path / "in.jsonl", posts(prose(1)))
    try:
        run(source, tmp_path / "out", how={"against": [tmp_path / "other"]})
    except OtherCorpusError as error:
        assert file.name in str(error)  # noqa: PT017 - either way will do
    else:
        assert ids(tmp_path / "out") == ["d000"]


@pytest.mark.parametrize("manifest", ["[1]", "{}"])
def test_a_manifest_that_is_none_is_refused(tmp_path, seen, manifest):
    index, _ = seen
    (index / "index.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(OtherCorpusError, match=r"index\.json"):
        run(tmp_path / "first.jsonl", tmp_path / "out", how={"against": [index]})


# --- warnings ----------------------------------------------------------------------------------

SUSPICIOUS = "was the input read twice, or is the threshold too low?"


@pytest.fixture
def read_twice(tmp_path):
    """A file in which nearly every text comes twice, and a login page twenty times."""
    texts = [prose(i) for i in range(60)]
    return put(tmp_path / "twice.jsonl", posts(*texts, *texts[:-1], *[prose("login")] * 20))


def test_a_strict_run_stops_before_the_corpus_is_written_and_can_be_finished(tmp_path, read_twice):
    out, index = tmp_path / "out", tmp_path / "seen"
    args = ["dedup", read_twice, "-o", out, "-j", 1, "--index", index]
    done = command(*args, "--strict")
    told = " ".join(done.stderr.decode().split())
    assert done.returncode == 1
    assert SUSPICIOUS in told
    assert "20 of 139 documents (14.4 %) are copies of d119" in told
    assert "go on with --resume and without --strict" in told
    assert "--overwrite" in told
    assert [path.name for path in out.iterdir()] == [".work"]
    assert not index.exists()
    with pytest.raises(RunError, match="--resume goes on with it"):
        run(read_twice, out, how={"index": index})

    run(read_twice, out, how={"index": index, "resume": True})
    run(read_twice, tmp_path / "whole", how={"index": tmp_path / "other"})
    for table in TABLES:
        assert rows(out, table) == rows(tmp_path / "whole", table)
    assert (index / "index.json").exists()


def test_without_strict_what_looks_wrong_is_told_and_written_down(tmp_path, read_twice):
    done = command("dedup", read_twice, "-o", tmp_path / "out", "-j", 1)
    assert done.returncode == 0
    assert SUSPICIOUS in " ".join(done.stderr.decode().split())
    assert done.stdout == b""
    report = json.loads((tmp_path / "out" / "report.json").read_bytes())
    assert [SUSPICIOUS in warning for warning in report["warnings"]] == [False, True]


def test_a_strict_run_without_anything_odd_is_like_any_other(tmp_path):
    source = put(tmp_path / "in.jsonl", posts(*(prose(i) for i in range(30)), prose(1)))
    corpus = run(source, tmp_path / "out", how={"strict": True})
    assert corpus.report["warnings"] == []
    assert len(ids(corpus.path)) == 30


def test_copies_of_an_earlier_corpus_are_no_cause_for_a_warning(tmp_path):
    source = put(tmp_path / "in.jsonl", posts(*(prose(i) for i in range(40))))
    old = run(source, tmp_path / "old").path
    put(tmp_path / "in.jsonl", posts(*(prose(i) for i in range(45))))
    corpus = run(source, tmp_path / "out", how={"against": [old], "strict": True})
    assert corpus.report["warnings"] == []
    assert len(ids(corpus.path)) == 5
    twice = put(tmp_path / "twice.jsonl", posts(*(prose(i) for i in range(45)), *[prose(45)] * 9))
    with pytest.raises(StrictError, match="53 of 99 documents are copies of others"):
        run([source, twice], tmp_path / "twice", how={"strict": True})


# --- passages ----------------------------------------------------------------------------------


def release(i, passage=PROFILE):
    """A press release: ASCII marks and a share bar before the passage, some of its own behind."""
    return (
        f"第{i}号消息,水厂今天投产(图)。\n分享到：微信 新浪微博 QQ空间\n{prose(('own', i))}\n"
        f"{passage}\n记者{CHARACTERS[i]}某还在现场。"
    )


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Eight press releases of one company, and a page that has its profile and nothing else."""
    folder = tmp_path_factory.mktemp("releases")
    folded = PROFILE.translate(str.maketrans("，：", ",:"))
    documents = posts(*(release(i, folded if i % 2 else PROFILE) for i in range(8)), PROFILE * 2)
    documents[8]["text"] = f"{PROFILE}\n\n{PROFILE}\n"
    return put(folder / "in.jsonl", documents), {doc["id"]: doc["text"] for doc in documents}


@pytest.fixture(scope="module", params=["paragraph", "sentence"])
def without_passages(request, releases, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param) / "out"
    options = {"passages": {"unit": request.param}, "write": {"ledger": "full"}}
    return run(releases[0], out, recipe="zh-web", **options)


def test_a_company_profile_goes_from_all_releases_but_the_first(without_passages):
    documents = {row["id"]: row["text"] for row in rows(without_passages.path, "documents")}
    assert sorted(documents) == [f"d00{i}" for i in range(8)]
    assert PROFILE in documents["d000"]
    for i in range(1, 8):
        own = documents[f"d00{i}"]
        assert "云杉" not in own
        assert own.endswith(f"{prose(('own', i))}\n记者{CHARACTERS[i]}某还在现场。")


def test_the_ledger_of_a_passage_has_its_place_in_the_original(releases, without_passages):
    originals = releases[1]
    taken = [r for r in rows(without_passages.path, "removed") if r["step"] == "passages"]
    assert {row["doc_id"] for row in taken} == {f"d00{i}" for i in range(1, 8)}
    for row in taken:
        rule, _, evidence = row["rule"].partition(":")
        assert (rule, evidence) == ("repeated-passage", "9 documents, first in d000")
        stood = originals[row["doc_id"]][row["start"] : row["end"]]
        assert f"\n{stood}" in originals[row["doc_id"]]
        assert re.sub(r"\W", "", stood) == re.sub(r"\W", "", PROFILE)
        assert re.sub(r"\W", "", row["old"]) == re.sub(r"\W", "", PROFILE)


def test_originals_are_restored_and_sentences_are_those_of_the_new_text(releases, without_passages):
    for doc_id, text in releases[1].items():
        assert restore(without_passages.path, doc_id) == text
    texts = {row["id"]: row["text"] for row in rows(without_passages.path, "documents")}
    for row in rows(without_passages.path, "documents"):
        spans = [(s["start"], s["end"]) for s in row["sentences"]]
        assert (spans[0][0], spans[-1][1]) == (0, len(row["text"]))
        assert all(a[1] == b[0] for a, b in pairwise(spans))
    sentences = rows(without_passages.path, "sentences")
    assert all(texts[s["doc_id"]][s["start"] : s["end"]] == s["text"] for s in sentences)
    assert len(sentences) == without_passages.report["sentences"]


def test_a_document_of_nothing_but_repeated_passages_goes_and_the_counts_add_up(
    releases, without_passages
):
    (gone,) = rows(without_passages.path, "rejected")
    assert gone == {
        **gone,
        "id": "d008",
        "text": releases[1]["d008"],
        "stage": "passages",
        "rule": "nothing-of-its-own",
        "detail": "9 documents, first in d000",
        "kept_id": "d000",
    }
    assert not [r for r in rows(without_passages.path, "removed") if r["doc_id"] == "d008"]
    report = without_passages.report
    stage = report["stages"][-1]
    taken = [r for r in rows(without_passages.path, "removed") if r["step"] == "passages"]
    counted = stage["rules"]["repeated-passage"]
    assert (stage["stage"], stage["documents_in"], stage["documents_out"]) == ("passages", 9, 8)
    assert (counted["edits"], counted["documents"]) == (len(taken), 7)
    assert counted["removed"] == sum(len(row["old"]) for row in taken)
    assert stage["rejected"] == {"nothing-of-its-own": 1}
    total = report["characters"]
    assert total["in"] + total["inserted"] == total["out"] + total["removed"] + total["rejected"]
    texts = [row["text"] for row in rows(without_passages.path, "documents")]
    assert total["out"] == sum(map(len, texts))
    assert report["documents"] == {"in": 9, "out": 8, "rejected": 1}


def test_marked_passages_stay_with_how_many_documents_have_them(releases, tmp_path):
    source, originals = releases
    args = ["-o", tmp_path / "out", "-q", "-j", 1, "--passages", "mark"]
    assert command("run", source, *args).returncode == 0
    documents = {row["id"]: row for row in rows(tmp_path / "out", "documents")}
    assert documents.keys() == originals.keys()
    assert documents["d000"]["repeated"] == []
    for i in range(1, 9):
        row = documents[f"d00{i}"]
        marked = [row["text"][m["start"] : m["end"]].strip() for m in row["repeated"]]
        assert marked == [PROFILE] * (2 if i == 8 else 1)
        assert {m["documents"] for m in row["repeated"]} == {9}
    assert not [r for r in rows(tmp_path / "out", "removed") if r["step"] == "passages"]


def test_copies_that_go_do_not_make_a_passage_repeated(tmp_path):
    texts = [release(i) for i in range(4)]
    source = put(tmp_path / "in.jsonl", posts(*texts, *texts, *texts))
    corpus = run(source, tmp_path / "out", passages={})
    assert [row["text"] for row in rows(corpus.path, "documents")] == texts
    marked = run(source, tmp_path / "marked", action="mark", passages={})
    left = [PROFILE in row["text"] for row in rows(marked.path, "documents")]
    assert left == [True] + [False] * 11


@pytest.mark.parametrize("ledger", ["removals", "counts"])
def test_a_smaller_ledger_has_the_passages_or_their_count(releases, tmp_path, ledger):
    corpus = run(
        releases[0], tmp_path / "out", recipe="zh-web", passages={}, write={"ledger": ledger}
    )
    taken = [row for row in rows(corpus.path, "removed") if row["step"] == "passages"]
    assert len(taken) == (7 if ledger == "removals" else 0)
    assert all(PROFILE in row["old"] and row["spans"] == [] for row in taken)
    assert corpus.report["stages"][-1]["rules"]["repeated-passage"]["edits"] == 7


def test_passages_of_articles_have_their_place_in_the_article(tmp_path):
    page = (
        "县里一周要闻\n 县图书馆新馆开馆。{0}月26日,县图书馆新馆正式开馆,首日迎来读者两千余人。\n"
        "河道清淤工程启动。{0}月27日,城南河道清淤工程启动,预计七月底完工,沿岸居民十分高兴。\n"
        "老街夜市恢复营业。{0}月28日,停业半年的老街夜市恢复营业,一百二十个摊位全部租出。\n"
    )
    documents = posts(*(f"{page.format(i)}{prose(i)}\n{PROFILE}\n" for i in range(1, 8)))
    source = put(tmp_path / "in.jsonl", documents)
    loaded = load_recipe("zh-web").with_options(
        {"articles": {"enabled": True}, "passages": {"enabled": True}, "write": {"ledger": "full"}}
    )
    out = cp.run(source, tmp_path / "out", recipe=loaded, workers=1).path
    originals = {doc["id"]: doc["text"] for doc in documents}
    origin = {row["id"]: row for row in rows(out, "documents")}
    taken = [row for row in rows(out, "removed") if row["step"] == "passages"]
    assert len(taken) == 6
    for row in taken:
        article = origin[row["doc_id"]]
        text = originals[article["parent_id"]][article["parent_start"] : article["parent_end"]]
        assert PROFILE in text[row["start"] : row["end"]]
    for doc in documents:
        assert restore(out, doc["id"]) == doc["text"]


# --- the command for copies alone --------------------------------------------------------------

ODD = (
    "\ufeff第一行\r\n\r\n  第二行,有\u200b零宽字符和&nbsp;实体\t\u3000\n分享到：微信 新浪微博\n"
    + prose(1)
)


def test_dedup_leaves_texts_as_they_are_and_other_columns_in_labels(tmp_path):
    lines = [
        {"id": "a", "text": ODD, "title": "题", "url": "http://a.example/1", "board": 7, "tags": ["x"]},
        {"id": "b", "text": ODD.replace("\r\n", "\n"), "board": 8},
        {"id": 3, "text": prose(2), "author": "渔樵", "date": "2023-05-01"},
        {"text": prose(3)},
    ]  # fmt: skip
    source = put(tmp_path / "in.jsonl", lines)
    with source.open("a", encoding="utf-8") as file:
        file.write('{"id": "cut", "text": "只有\n["not an object"]\n{"id": "none"}\n\n')
    done = command("dedup", source, "-o", tmp_path / "out", "-j", 1, "--json")
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["documents"] == {"in": 7, "out": 3, "rejected": 4}
    kept = rows(tmp_path / "out", "documents")
    assert [row["text"] for row in kept] == [ODD, prose(2), prose(3)]
    assert [row["id"] for row in kept[:2]] == ["a", "3"]
    assert kept[2]["id"].startswith(f"{source}@")
    assert (kept[0]["title"], kept[0]["url"]) == ("题", "http://a.example/1")
    assert labels(kept[0]) == {"board": 7, "tags": '["x"]'}
    assert kept[1]["author"] == "渔樵"
    assert labels(kept[1]) == {"date": "2023-05-01"}
    assert rows(tmp_path / "out", "removed") == []
    gone = {row["rule"]: row for row in rows(tmp_path / "out", "rejected")}
    assert gone.keys() == {"broken-json", "not-an-object", "no-text", "exact-duplicate"}
    assert gone["exact-duplicate"]["text"] == ODD.replace("\r\n", "\n")


def test_dedup_keeps_a_column_that_is_named_like_one_of_ours(tmp_path):
    doc = {"id": "a", "text": prose(1), "characters": "许多", "sentences": 7, "han_share": "高"}
    out = run(put(tmp_path / "in.jsonl", [doc]), tmp_path / "out").path
    (row,) = rows(out, "documents")
    found = {**{k: v for k, v in row.items() if v is not None}, **json.loads(row["labels"])}
    assert {k: found.get(k) for k in ("characters", "sentences", "han_share")} == {
        "characters": "许多", "sentences": 7, "han_share": "高",
    }  # fmt: skip


def test_dedup_reads_parquet_by_row_groups(tmp_path):
    texts = [ODD, *mixture(9), ODD]
    table = pa.table(
        {
            "key": [f"k{i}" for i in range(len(texts))],
            "body": texts,
            "score": [i / 4 for i in range(len(texts))],
            "when": pa.array([19478] * len(texts), pa.date32()),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=7)
    args = ["dedup", tmp_path / "in.parquet", "-o", tmp_path / "out", "-q", "-j", 2]
    done = command(*args, "--text-column", "body", "--id-column", "key")
    assert done.returncode == 0, done.stderr.decode()
    documents, gone = rows(tmp_path / "out", "documents"), rows(tmp_path / "out", "rejected")
    found = {row["id"]: row["text"] for row in [*documents, *gone]}
    assert found == {f"k{i}": text for i, text in enumerate(texts)}
    assert len(gone) > 10
    last = documents[-1]
    assert labels(last) == {"score": int(last["id"][1:]) / 4, "when": "2023-05-01"}


def test_dedup_reads_a_corpus_again_and_finds_nothing_more(tmp_path):
    first = run(put(tmp_path / "in.jsonl", posts(*mixture(11))), tmp_path / "first").path
    again = run(first, tmp_path / "again").path
    assert ids(again) == ids(first)
    assert rows(again, "rejected") == []


def test_dedup_has_its_options_on_the_command_line(tmp_path):
    near = slips(1, prose(1), 1)
    lines = [
        {"id": "a", "text": prose(1), "date": "2023-05-01"},
        {"id": "b", "text": near, "date": "2023年5月9日"},
        {"id": "c", "text": prose(2)},
    ]
    source = put(tmp_path / "in.jsonl", lines)

    def dedup(name, *options):
        done = command("dedup", source, "-o", tmp_path / name, "-q", "-j", 1, *options)
        assert done.returncode == 0, done.stderr.decode()
        return ids(tmp_path / name)

    assert dedup("newest", "--keep", "newest", "--newest-by", "date") == ["b", "c"]
    assert dedup("marked", "--mark") == ["a", "b", "c"]
    assert [row["duplicate_of"] for row in rows(tmp_path / "marked", "documents")] == [
        None, "a", None,
    ]  # fmt: skip
    stream = source.read_bytes()
    done = command("dedup", "-", "-o", tmp_path / "piped", "-j", 1, "--json", "-q", stdin=stream)
    assert json.loads(done.stdout)["documents"] == {"in": 3, "out": 2, "rejected": 1}
    assert done.stderr == b""
    assert ids(tmp_path / "piped") == ["a", "c"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--keep", "oldest"], "keep is 'oldest', but must be one of longest, first, newest"),
        (["--threshold", "0.2"], "threshold is 0.2, but must lie between 0.5 and 1"),
        (["--threshold", "high"], "Invalid value for '--threshold'"),
        (["--overlap", "0.3"], "overlap is 0.3, but must be 0 (off) or lie between 0.5 and 1"),
        (["--contained", "95"], "contained is 95.0, but must be 0 (off) or lie between 0.5 and 1"),
        (["--ngram", "99"], "ngram is 99, but must be 3 to 12"),
        (["--passages", "delete"], "action is 'delete', but must be 'remove' or 'mark'"),
        (["--against", "nowhere"], "nowhere is neither a corpus"),
        (["--index", "."], "holds other files, but no index.json"),
        (["--newest-bye", "date"], "No such option"),
        (["-o", "unique.jsonl"], "try -o unique"),
    ],
)
def test_a_wrong_option_of_dedup_is_named_and_nothing_is_written(
    tmp_path, monkeypatch, capsys, options, words
):
    put(tmp_path / "in.jsonl", posts(prose(1)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["corpusprep", "dedup", "in.jsonl", "-o", "out", *options])
    with pytest.raises(SystemExit) as stopped:
        main()
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert stopped.value.code == 2, told
    assert words in told
    assert "Traceback" not in told
    assert not list(tmp_path.rglob("*.parquet"))


def test_the_help_of_dedup_has_examples():
    done = command("dedup", "--help")
    told = " ".join(done.stdout.decode().split())
    assert done.returncode == 0
    assert "corpusprep dedup posts.jsonl -o unique" in told
    for option in ("--threshold", "--keep", "--mark", "--against", "--index", "--strict"):
        assert option in told


def test_dedup_finds_repeated_sentences_too(tmp_path):
    texts = [f"{prose((i, 1))}{PROFILE}{prose((i, 2))}" for i in range(8)]
    source = put(tmp_path / "in.jsonl", posts(*texts))
    corpus = run(source, tmp_path / "out", passages={"unit": "sentence"})
    assert ["云杉" in row["text"] for row in rows(corpus.path, "documents")] == [True] + [False] * 7


# --- nothing is lost ---------------------------------------------------------------------------


def random_documents(seed):
    """Return rows with any ids, some of them equal or missing, and texts of every kind."""
    chance = random.Random(seed)
    texts = mixture(seed, chance.randint(0, 25))
    return [
        {"text": text} if chance.random() < 0.1 else {"id": chance.choice("甲乙丙丁"), "text": text}
        for text in texts
    ]


@pytest.mark.parametrize("first", range(0, 24, 8))
def test_every_document_of_the_input_is_kept_or_rejected_exactly_once(tmp_path, first, monkeypatch):
    monkeypatch.setattr(grouping, "PART_WEIGHT", 6)
    for seed in range(first, first + 8):
        chance = random.Random(seed)
        documents = random_documents(seed)
        files = chance.randint(1, 4)
        for k in range(files):
            put(tmp_path / f"{seed}" / f"{k}.jsonl", documents[k::files])
        options = {
            "keep": chance.choice(["longest", "first", "newest"]),
            "action": chance.choice(["remove", "remove", "mark"]),
            "contained": chance.choice([0.0, 0.9]),
            "exact": chance.random() < 0.8,
            "near": chance.random() < 0.8,
        }
        corpus = run(tmp_path / f"{seed}", tmp_path / f"{seed}.out", **options)
        found = [
            (row["id"] if len(row["id"]) == 1 else None, row["text"])
            for table in ("documents", "rejected")
            for row in rows(corpus.path, table)
        ]
        assert Counter(found) == Counter((doc.get("id"), doc["text"]) for doc in documents), seed
        kept = rows(corpus.path, "documents")
        went = [row for row in rows(corpus.path, "rejected") if row["stage"] == "duplicates"]
        assert sum(row["copies"] for row in kept) >= len(kept) + len(went)
        if options["action"] == "remove":
            assert sum(row["copies"] for row in kept) == len(documents)
        assert corpus.report["documents"]["in"] == len(documents)


def test_input_of_which_nothing_can_be_read_or_nothing_stays_is_a_corpus_all_the_same(tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text": \n[1]\n', encoding="utf-8")
    corpus = run(broken, tmp_path / "broken", passages={}, contained=0.9)
    assert corpus.report["documents"] == {"in": 2, "out": 0, "rejected": 2}
    good = put(tmp_path / "good.jsonl", posts(prose(1)))
    known = run(good, tmp_path / "known").path
    for other in ([known], [corpus.path], [known, corpus.path]):
        after = run(good, tmp_path / "after", how={"against": other, "overwrite": True})
        assert after.report["documents"]["out"] == (0 if known in other else 1)


def test_datasets_loads_every_config_with_the_new_columns(undisturbed, tmp_path):
    code = (
        "import sys, yaml\nfrom datasets import load_dataset, Features\n"
        "out, cache = sys.argv[1:]\n"
        "card = yaml.safe_load(open(out + '/README.md', encoding='utf-8').read().split('---')[1])\n"
        "told = {i['config_name']: i for i in card['dataset_info']}\n"
        "for name in ('documents', 'sentences', 'removed', 'rejected'):\n"
        "    data = load_dataset(out, name, cache_dir=cache)['train']\n"
        "    assert data.features == Features._from_yaml_list(told[name]['features']), name\n"
        "    assert len(data) == told[name]['splits'][0]['num_examples'], name\n"
        "    print(name, *data.column_names)\n"
    )
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(undisturbed), str(tmp_path)],
        capture_output=True, text=True, env=env, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    columns = {line.split()[0]: set(line.split()[1:]) for line in done.stdout.splitlines()}
    assert columns["documents"] >= {"copies", "copied_in", "duplicate_of", "similarity", "repeated"}
    assert columns["rejected"] >= {"kept_id", "similarity", "cluster_size", "detail", "stage"}


def test_a_run_is_not_resumed_against_another_corpus(tmp_path, read_twice):
    known = run(put(tmp_path / "a.jsonl", posts(prose(1))), tmp_path / "known").path
    with pytest.raises(StrictError):
        run(read_twice, tmp_path / "out", how={"strict": True})
    with pytest.raises(RunError, match="was begun with another recipe, version or other inputs"):
        run(read_twice, tmp_path / "out", how={"resume": True, "against": [known]})
    assert len(ids(run(read_twice, tmp_path / "out", how={"resume": True}).path)) == 61
