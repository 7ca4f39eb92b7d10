"""Whole runs: seeds in, a dataset and its ledger out; any workers, any kill, the same bytes."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import ROOT, SEEDS, assert_same_folders, contents

import corpusprep as cp
from corpusprep import CorpusprepError
from corpusprep.data.ledger import restore
from corpusprep.data.tables import SCHEMAS
from corpusprep.runs.job import RunError

COMMAND = [sys.executable, "-m", "corpusprep", "run"]


def rows(out, table):
    return [
        row
        for path in sorted((out / table).glob("*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]


@pytest.fixture(scope="module")
def seeds_corpus(tmp_path_factory):
    out = tmp_path_factory.mktemp("seeds") / "corpus"
    return cp.run(
        ROOT / "seeds",
        out,
        recipe={"script": {"to": "simplified"}, "write": {"ledger": "full"}},
        workers=1,
    )


def test_the_seeds_come_out_as_documents_with_sentences_and_a_ledger(seeds_corpus):
    report = seeds_corpus.report
    assert report["documents"] == {"in": 5, "out": 5, "rejected": 0}
    documents = rows(seeds_corpus.path, "documents")
    sentences = rows(seeds_corpus.path, "sentences")
    texts = {row["id"]: row["text"] for row in documents}
    assert len(texts) == 5
    assert len(sentences) == report["sentences"] > 500
    assert all(texts[s["doc_id"]][s["start"] : s["end"]] == s["text"] for s in sentences)
    assert {row["step"] for row in rows(seeds_corpus.path, "removed")} >= {
        "repair",
        "normalise",
        "boilerplate",
    }
    for row in documents:
        spans = [(s["start"], s["end"]) for s in row["sentences"]]
        assert spans[0][0] == 0
        assert spans[-1][1] == len(row["text"])
        assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))


def test_every_seed_is_restored_byte_for_byte(seeds_corpus):
    ids = [row["id"] for row in rows(seeds_corpus.path, "documents")]
    assert [Path(i).name for i in ids] == [path.name for path in SEEDS]
    for doc_id, path in zip(ids, SEEDS, strict=True):
        assert restore(seeds_corpus.path, doc_id).encode() == path.read_bytes()


BULLETIN = (
    "县里一周要闻\n县图书馆新馆开馆。5月26日，县图书馆新馆正式开馆，首日迎来读者两千余人。\n"
    "河道清淤工程启动。5月27日，城南河道清淤工程启动，预计七月底完工，沿岸居民十分高兴。\n"
    "老街夜市恢复营业。5月28日，停业半年的老街夜市恢复营业，一百二十个摊位全部租出。\n"
)


def test_articles_become_documents_of_which_the_page_can_be_put_together(tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    for path in SEEDS[:2]:
        (pages / path.name).write_bytes(path.read_bytes())
    copy = BULLETIN.split("\n")[2]
    (pages / "bulletin.txt").write_text(BULLETIN, encoding="utf-8")
    (pages / "a copy.txt").write_text(copy, encoding="utf-8")
    recipe = {"articles": {"enabled": True}, "write": {"ledger": "full"}}
    corpus = cp.run(pages, tmp_path / "one", recipe=recipe, workers=1)
    cp.run(pages, tmp_path / "two", recipe=recipe, workers=2)
    assert_same_folders(tmp_path / "one", tmp_path / "two")

    documents, rejected = rows(corpus.path, "documents"), rows(corpus.path, "rejected")
    assert [row["id"].partition("#")[2] for row in rejected] == ["2"]
    assert rejected[0]["rule"] == "exact-duplicate"
    assert corpus.report["documents"] == {"in": 4, "out": 21, "rejected": 1}
    stages = {stage["stage"]: stage for stage in corpus.report["stages"]}
    assert (stages["articles"]["documents_in"], stages["articles"]["documents_out"]) == (4, 22)
    children = [row for row in documents if row["parent_id"]]
    parents = Counter(Path(row["parent_id"]).name for row in [*children, *rejected])
    assert parents == {SEEDS[0].name: 9, SEEDS[1].name: 9, "bulletin.txt": 3}
    seventh = next(row for row in children if row["title"].startswith("让招商引资从上到下"))
    assert seventh["author"] == "正言"
    first = next(row for row in children if row["id"].endswith("bulletin.txt#1"))
    assert json.loads(first["labels"])["collection"] == "县里一周要闻"
    assert first["text"].startswith("县图书馆新馆开馆。5月26日")

    card = (corpus.path / "README.md").read_text("utf-8")
    assert "| 收入文档 | 21 | 95.5% |" in card  # of the 22 that came of four

    for path in pages.iterdir():
        (whole,) = {
            row["parent_id"] or row["id"]
            for row in documents
            if path.name in (row["parent_id"] or row["id"])
        }
        assert restore(corpus.path, whole).encode() == path.read_bytes()
    for row in [*children, *rejected]:
        page = (pages / Path(row["parent_id"]).name).read_text("utf-8")
        assert restore(corpus.path, row["id"]) == page[row["parent_start"] : row["parent_end"]]


def test_the_folder_loads_with_datasets_and_the_card_tells_the_same_features(
    seeds_corpus, tmp_path
):
    code = (
        "import sys, yaml; from datasets import load_dataset, Features\n"
        "out, cache = sys.argv[1:]\n"
        "card = yaml.safe_load(open(out + '/README.md', encoding='utf-8').read().split('---')[1])\n"
        "told = {i['config_name']: i for i in card['dataset_info']}\n"
        "assert list(told) == ['documents', 'sentences', 'removed'], list(told)  # nothing was rejected\n"
        "for name in told:\n"
        "    data = load_dataset(out, name, cache_dir=cache)['train']\n"
        "    features = Features._from_yaml_list(told[name]['features'])\n"
        "    assert data.features == features, (name, data.features, features)\n"
        "    assert len(data) == told[name]['splits'][0]['num_examples'], name\n"
        "    print(name, len(data))\n"
        "print(load_dataset(out, cache_dir=cache))\n"
    )
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(seeds_corpus.path), str(tmp_path)],
        capture_output=True, text=True, env=env, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "documents 5" in done.stdout


def test_the_ledger_of_a_repair_has_its_evidence_and_the_report_its_class(seeds_corpus):
    found = [row for row in rows(seeds_corpus.path, "removed") if row["step"] == "repair"]
    stage = next(s for s in seeds_corpus.report["stages"] if s["stage"] == "repair")
    counts = Counter(row["rule"].partition(":")[0] for row in found)
    assert counts == {rule: n["edits"] for rule, n in stage["rules"].items()}
    assert counts.keys() == {
        "gbk-lost-byte", "masked-character", "pinyin-annotation", "wrong-conversion",
    }  # fmt: skip
    assert all(":" in row["rule"] and row["old"] for row in found)
    originals = {path.name: path.read_text(encoding="utf-8") for path in SEEDS}
    for row in found:
        original = originals[Path(row["doc_id"]).name]
        assert original[row["start"] : row["end"]] == row["old"]
    card = (seeds_corpus.path / "README.md").read_text(encoding="utf-8")
    page = (seeds_corpus.path / "report.html").read_text(encoding="utf-8")
    for rule, n in counts.items():
        assert re.search(rf"`{rule}`[^\n]*\b{n:,}\b", card)
        assert rule in page


def test_what_is_lost_for_good_is_a_label_with_its_places_in_the_original(tmp_path):
    good = "今天天气很好，我们一起去了公园，看见许多花。"
    texts = {
        "lost": f"&#20170;晚{good}会议锟斤拷锟斤拷召开，\ufffd\ufffd理局通知{good}",
        "whole": f"明天{good}",
    }
    source = tmp_path / "posts.jsonl"
    lines = [json.dumps({"id": key, "text": text}) for key, text in texts.items()]
    source.write_text("\n".join(lines), encoding="utf-8")
    corpus = cp.run(source, tmp_path / "out", workers=1, recipe={"quality": {"enabled": False}})
    labels = {row["id"]: json.loads(row["labels"]) for row in rows(corpus.path, "documents")}
    assert "unrecoverable" not in labels["whole"]
    spans = [span.split("-") for span in labels["lost"]["unrecoverable"].split(" ")]
    assert [texts["lost"][int(a) : int(b)] for a, b in spans] == ["锟斤拷锟斤拷", "\ufffd\ufffd"]


def test_the_tables_have_plain_arrow_schemas(seeds_corpus):
    for table, schema in SCHEMAS.items():
        (path,) = (seeds_corpus.path / table).glob("*.parquet")
        assert path.name == "train-00000-of-00001.parquet"
        written = pq.read_schema(path)
        assert not written.metadata
        assert written.names == schema.names


def test_four_workers_write_what_one_does(crawl, tmp_path):
    cp.run(crawl, tmp_path / "one", workers=1)
    cp.run(crawl, tmp_path / "four", workers=4)
    assert_same_folders(tmp_path / "one", tmp_path / "four")
    report = json.loads((tmp_path / "one" / "report.json").read_bytes())
    assert report["duplicates"]["exact"] > 100
    assert len(rows(tmp_path / "one", "rejected")) == report["documents"]["rejected"]


def test_a_killed_run_goes_on_to_the_same_bytes(crawl, tmp_path):
    cp.run(crawl, tmp_path / "whole", workers=1)
    out = tmp_path / "killed"
    killed = 0
    for attempt in range(20):
        options = ["--resume"] if attempt else []
        process = subprocess.Popen(
            [*COMMAND, str(crawl), "-o", str(out), "-j", "2", "-q", *options]
        )
        finished = len(list(out.glob(".work/spool/??????")))
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if killed < 3 and len(list(out.glob(".work/spool/??????"))) > finished + 1:
                process.send_signal(signal.SIGKILL)
                killed += 1
                break
            time.sleep(0.005)
        if process.wait() == 0:
            break
    assert killed >= 1
    assert not (out / ".work").exists()
    assert_same_folders(tmp_path / "whole", out)


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """A folder of six files with 600 pages of five sites, and a folder of eight text files."""
    folder = tmp_path_factory.mktemp("sites")
    rows = [
        {
            "id": str(i),
            "url": f"http://www.{i % 5}.example/{i}",
            "text": site_page(f"{'甲乙丙丁戊'[i % 5]}县网", i),
        }
        for i in range(600)
    ]
    for k in range(6):
        lines = [json.dumps(row, ensure_ascii=False) for row in rows[k::6]]
        (folder / f"{k}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "文").mkdir()
    for k in range(8):
        text = site_page("河东之声", 1000 + k)
        (folder / "文" / f"{k}.txt").write_text(text, encoding="utf-8")
    return folder


def site_page(name, i):
    chance = random.Random(i)
    words = [
        "".join(chance.sample("山水云月花鸟松风江雪秋春夜晓寒暖远近高低", 4)) for _ in range(24)
    ]
    body = ["，".join(words[k : k + 8]) + "。" for k in (0, 8, 16)]
    nav = [f"{name}头条", "登录 | 立即注册 | 找回密码", f"{name}图集", "乡土人物"]
    return "\n".join([*nav, *body, "分享到：微信 新浪微博 QQ空间", f"{name}矩阵", "合办单位名录"])


def test_site_templates_go_and_any_number_of_workers_finds_the_same(sites, tmp_path):
    recipe = {"write": {"ledger": "full"}}
    cp.run(sites, tmp_path / "one", workers=1, recipe=recipe)
    cp.run(sites, tmp_path / "three", workers=3, recipe=recipe)
    assert_same_folders(tmp_path / "one", tmp_path / "three")
    report = json.loads((tmp_path / "one" / "report.json").read_bytes())
    (counts,) = (s["rules"] for s in report["stages"] if s["stage"] == "templates")
    assert counts["template"]["documents"] == 608
    removed = [row for row in rows(tmp_path / "one", "removed") if row["step"] == "templates"]
    assert {row["rule"] for row in removed} == {"template:120/120 pages", "template:8/8 pages"}
    kept = rows(tmp_path / "one", "documents")
    assert not any("头条" in row["text"] or "矩阵" in row["text"] for row in kept)
    assert restore(tmp_path / "one", "9") == site_page("戊县网", 9)
    assert "template" in (tmp_path / "one" / "README.md").read_text(encoding="utf-8")
    assert "甲县网头条" in (tmp_path / "one" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("moment", ["sketches/??????", "parts/??????", "templates"])
def test_a_run_killed_while_it_looks_for_templates_goes_on_to_the_same_bytes(
    sites, tmp_path, moment
):
    cp.run(sites, tmp_path / "whole", workers=1)
    out = tmp_path / "killed"
    for _ in range(8):  # the moment is short, and a busy machine may sleep through it
        command = [*COMMAND, str(sites), "-o", str(out), "-j", "2", "-q", "--overwrite"]
        process = subprocess.Popen(command)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list(out.glob(f".work/{moment}")):
            if process.poll() is not None:
                break
        process.kill()
        if process.wait() == -signal.SIGKILL:
            break
    assert process.returncode == -signal.SIGKILL
    assert not (out / "report.json").exists()
    cp.run(sites, out, workers=2, resume=True)
    assert_same_folders(tmp_path / "whole", out)


def test_input_without_enough_pages_of_a_site_is_read_once(tmp_path):
    for k in range(3):
        (tmp_path / f"{k}.txt").write_text(site_page("河东之声", k), encoding="utf-8")
    clock: dict[str, float] = {}
    corpus = cp.run(tmp_path, tmp_path / "out", workers=1, clock=clock)
    assert "sketch templates" not in clock
    assert [s["rules"] for s in corpus.report["stages"] if s["stage"] == "templates"] == [{}]


def test_a_killed_worker_is_named_and_the_run_can_go_on(crawl, tmp_path):
    out = tmp_path / "corpus"
    process = subprocess.Popen(
        [*COMMAND, str(crawl), "-o", str(out), "-j", "2", "-q"], stderr=subprocess.PIPE, text=True
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not children.read_text().split():
        time.sleep(0.005)
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "killed by signal 9" in stderr
    assert "--resume" in stderr
    cp.run(crawl, out, workers=2, resume=True)
    cp.run(crawl, tmp_path / "whole", workers=1)
    assert_same_folders(tmp_path / "whole", out)


def test_an_interrupt_keeps_the_state(crawl, tmp_path):
    out = tmp_path / "corpus"
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a background shell ignores it
    process = subprocess.Popen(
        [*COMMAND, str(crawl), "-o", str(out), "-j", "2", "-q"], stderr=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (out / ".work/plan.json").exists():
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in stderr
    cp.run(crawl, out, workers=1, resume=True)
    assert not (out / ".work").exists()


def test_ray_tasks_write_what_local_workers_do(sites, tmp_path):
    cp.run(sites, tmp_path / "local", workers=1)
    done = subprocess.run(
        [*COMMAND, str(sites), "-o", str(tmp_path / "ray"), "--engine", "ray", "-j", "2", "-q"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_same_folders(tmp_path / "local", tmp_path / "ray")


def test_a_folder_with_something_in_it_is_refused_unless_told(tmp_path):
    text = tmp_path / "a.txt"
    text.write_text("今天天气很好，我们一起去了公园，看见许多花。", encoding="utf-8")
    out = tmp_path / "out"
    cp.run(text, out, workers=1)
    with pytest.raises(RunError, match="already holds files: name another folder; --overwrite"):
        cp.run(text, out, workers=1)
    before = contents(out)
    cp.run(text, out, workers=1, resume=True)  # finished already: nothing to do
    assert contents(out) == before
    (out / "notes.txt").write_text("我的笔记", encoding="utf-8")
    cp.run(text, out, workers=1, overwrite=True, recipe={"quality": {"min_characters": 500}})
    assert (out / "notes.txt").exists()
    assert rows(out, "documents") == []
    (rejected,) = rows(out, "rejected")
    assert (rejected["stage"], rejected["rule"]) == ("quality", "too-short")
    assert rejected["text"] == text.read_text(encoding="utf-8")


def test_a_run_that_never_began_leaves_nothing_in_the_way(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(CorpusprepError, match="no such file"):
        cp.run(tmp_path / "nowhere.txt", out, workers=1)
    text = tmp_path / "a.txt"
    text.write_text("今天天气很好，我们一起去了公园，看见许多花。", encoding="utf-8")
    assert cp.run(text, out, workers=1).report["documents"]["out"] == 1
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(RunError, match="already holds files"):
        cp.run(text, tmp_path / "full", workers=1)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["x"]


def test_a_run_is_not_resumed_with_another_recipe(crawl, tmp_path):
    out = tmp_path / "corpus"
    process = subprocess.Popen([*COMMAND, str(crawl), "-o", str(out), "-j", "1", "-q"])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(out.glob(".work/plan.json")):
        time.sleep(0.005)
    with pytest.raises(RunError, match="another run is at work"):
        cp.run(crawl, out, workers=1, resume=True)
    process.kill()
    process.wait()
    with pytest.raises(RunError, match="--resume goes on with it"):
        cp.run(crawl, out, workers=1)
    with pytest.raises(RunError, match="begun with another recipe"):
        cp.run(crawl, out, workers=1, resume=True, recipe={"reflow": {"enabled": False}})


def test_bad_files_are_rejected_rows_and_nothing_else_is_lost(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    good = "今天天气很好，我们一起去了公园，看见许多花。"
    (folder / "good.txt").write_text(good, encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "image.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    (folder / "line.txt").write_bytes("长".encode() * 17_000_000)
    (folder / "broken.txt").write_bytes(good.encode() * 30 + b"\xff\xe4" + good.encode())
    (folder / "gone.txt").symlink_to(tmp_path / "nowhere")
    (folder / "mem.txt").symlink_to("/proc/self/mem")
    (folder / "posts.jsonl").write_text(
        '{"text": "cut\n' + json.dumps({"text": good + "再见。"}), encoding="utf-8"
    )
    corpus = cp.run(folder, tmp_path / "out", workers=2)
    kept = {Path(row["source"]).name for row in rows(corpus.path, "documents")}
    assert kept == {"good.txt", "broken.txt", "posts.jsonl"}
    rejected = {Path(row["source"]).name: row["rule"] for row in rows(corpus.path, "rejected")}
    assert rejected == {
        "empty.txt": "empty",
        "image.txt": "undecodable",
        "line.txt": "too-large",
        "gone.txt": "unreadable",
        "mem.txt": "unreadable",
        "posts.jsonl": "broken-json",
    }
    assert corpus.report["documents"] == {"in": 9, "out": 3, "rejected": 6}


def test_a_long_line_within_the_limit_is_a_document(tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("今天天气很好，我们去公园。" * 100_000, encoding="utf-8")
    corpus = cp.run(path, tmp_path / "out", workers=1)
    assert corpus.report["documents"] == {"in": 1, "out": 1, "rejected": 0}
    assert corpus.report["sentences"] == 100_000


def test_a_full_disk_is_a_clear_error_and_the_run_goes_on_later(crawl, tmp_path):
    out = tmp_path / "corpus"
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)); "
        "from corpusprep.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, "run", str(crawl), "-o", str(out), "-j", "1", "-q"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    cp.run(crawl, out, workers=1, resume=True)
    cp.run(crawl, tmp_path / "whole", workers=1)
    assert_same_folders(tmp_path / "whole", out)
