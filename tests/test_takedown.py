"""Takedowns: nothing of the document is left, all else is, the counts agree, kills do no harm."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import assert_same_folders, contents

import corpusprep as cp
from corpusprep.data.facts import statistics
from corpusprep.data.phrases import say
from corpusprep.data.staging import HIDDEN, JOURNAL, StagingError, locked, settle
from corpusprep.data.tables import SCHEMAS, split_of, table_files
from corpusprep.data.takedown import take_down
from corpusprep.errors import CorpusprepError

COMMAND = [sys.executable, "-m", "corpusprep"]
DAY = date(2025, 3, 1)
KEYS = {"documents": "id", "sentences": "doc_id", "removed": "doc_id", "rejected": "id"}
SIGNS = "山水云月花鸟松风江雪秋春夜晓寒暖远近高低东西南北晨昏晴雨"
PASSAGE = (
    "关于青石书店：本店开业于一九九六年，位于老城区钟楼东侧，经营文史旧书、地方志与字帖，"
    "并代客寻书、修书、装裱，每月末的周六下午有读书会，欢迎各位新老读者前来。"
)
BULLETIN = (
    "镇里一周要闻\n镇文化站开馆。5月6日，镇文化站正式开馆，首日迎来读者三百余人，二楼设有儿童阅览室。\n"
    "水渠清淤启动。5月7日，城北水渠清淤工程启动，预计六月底完工，沿渠的几户人家都来帮忙。\n"
    "夜市恢复营业。5月8日，停业三个月的夜市恢复营业，六十个摊位全部租出，晚上十点仍有客人。\n"
)


def prose(seed, sentences=6):
    chance = random.Random(repr(seed))
    words = ["".join(chance.sample(SIGNS, 5)) for _ in range(4 * sentences)]
    return "\n".join("，".join(words[k : k + 4]) + "。" for k in range(0, len(words), 4))


def post(name, text, **columns):
    return {"id": name, "url": f"https://example.org/{name}", "text": text, **columns}


def posts():
    """Return posts with exact, near and contained copies, chrome, a shared passage, and junk."""
    made = [post(f"帖-{k:03}", prose(k)) for k in range(40)]
    target = "查看: 62|回复: 0\n" + prose("目标", 8) + "\n分享到：微信 新浪微博 QQ空间"
    told = {"title": "目标的标题", "author": "目标作者"}
    made += [post("目标-甲", target, **told), post("目标-同", target, **told)]
    made.append(post("目标-似", prose("目标", 8)[:-6]))
    made.append(post("太短-乙", "目标短句。"))
    made += [
        post(f"段-{k}", f"{prose(('段', k))}\n{PASSAGE}\n{prose(('尾', k))}") for k in range(3)
    ]
    return made


OPTIONS = {
    "articles": {"enabled": True},
    "passages": {"enabled": True, "min_documents": 2},
    "quality": {"min_characters": 20},
    "write": {"ledger": "full", "split_by": "6/2/2"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A corpus of posts and of a page that is divided into articles."""
    folder = tmp_path_factory.mktemp("takedown")
    (folder / "in").mkdir()
    lines = [json.dumps(row, ensure_ascii=False) for row in posts()]
    (folder / "in" / "posts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "in" / "要闻.txt").write_text(BULLETIN, encoding="utf-8")
    return cp.run(folder / "in", folder / "corpus", recipe=OPTIONS, workers=1).path


@pytest.fixture
def corpus(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "corpus"))


def make(tmp_path, rows, name="made", **options):
    source = tmp_path / f"{name}.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    source.write_text("\n".join(lines), encoding="utf-8")
    how = {key: options.pop(key) for key in ("against", "index") if key in options}
    return cp.run(source, tmp_path / name, recipe=options, workers=1, **how).path


def rows(out, table):
    return [row for path in table_files(out, table) for row in pq.read_table(path).to_pylist()]


def report_of(out):
    return json.loads((out / "report.json").read_bytes())


def ids_of(out, table="documents"):
    return {row[KEYS[table]] for row in rows(out, table)}


def command(*args, stdin=b"", **options):
    return subprocess.run(
        [*COMMAND, *map(str, args)], input=stdin, capture_output=True, check=False, **options
    )


def everything(out):
    """Return all that stands in the folder: tables as text, files as they are, names."""
    tables = "\n".join(
        json.dumps(row, ensure_ascii=False) for table in SCHEMAS for row in rows(out, table)
    )
    files = b"\n".join(name.encode() + data for name, data in contents(out).items())
    return tables + files.decode("utf-8", "replace")


# --- what goes ---------------------------------------------------------------------------------


def test_nothing_of_a_document_or_its_copies_is_left_in_any_file(corpus):
    gone = {"目标-甲", "目标-同", "目标-似"}
    words = [*gone, "目标的标题", "目标作者", *prose("目标", 8).split("\n")[1:]]
    before = everything(corpus)
    assert [word for word in words if word not in before] == []
    taken = take_down(corpus, ["目标-甲"], day=DAY)
    assert set(taken.ids) == gone
    assert (taken.documents, taken.rejected, taken.missing) == (1, 2, ())
    after = everything(corpus)
    assert [word for word in words if word in after] == []
    assert not list(corpus.rglob(".*"))


def test_every_other_row_and_every_file_without_such_rows_stays_as_it_was(corpus, made):
    target = {"帖-007"}
    places = {path: path.stat().st_ino for path in corpus.rglob("*.parquet")}
    take_down(corpus, target, day=DAY)
    touched = set()
    for table in SCHEMAS:
        kept = [row for row in rows(made, table) if row[KEYS[table]] not in target]
        assert rows(corpus, table) == kept
        for path in table_files(made, table):
            if target & set(pq.read_table(path).column(KEYS[table]).to_pylist()):
                touched.add(path.relative_to(made).as_posix())
    assert {name.partition("/")[0] for name in touched} >= {"documents", "sentences"}
    before, after = contents(made), contents(corpus)
    changed = {name for name in before if before[name] != after.get(name)}
    assert {name for name in changed if name.endswith(".parquet")} == touched
    moved = {path for path, place in places.items() if path.stat().st_ino != place}
    assert {path.relative_to(corpus).as_posix() for path in moved} == touched
    assert "recipe.toml" not in changed
    assert changed >= {"README.md", "report.json", "report.html"}
    for table in SCHEMAS:
        for path in table_files(corpus, table):
            mine, theirs = pq.ParquetFile(path), pq.ParquetFile(made / table / path.name)
            assert mine.schema_arrow.equals(theirs.schema_arrow)
            assert not mine.schema_arrow.metadata
            assert mine.metadata.metadata == theirs.metadata.metadata  # names in lists, too


@pytest.mark.parametrize("asked", ["目标-甲", "目标-同", "目标-似"])
def test_copies_go_whichever_of_them_is_named(corpus, asked):
    taken = take_down(corpus, [asked], day=DAY)
    assert taken.ids == ("目标-似", "目标-同", "目标-甲")


def test_copies_that_are_kept_name_it_no_longer(corpus):
    (kept,) = {row["id"] for row in rows(corpus, "documents") if row["copies"] == 3}
    taken = take_down(corpus, [kept], day=DAY, keep_copies=True)
    assert taken.ids == (kept,)
    copies = [row for row in rows(corpus, "rejected") if row["stage"] == "duplicates"]
    assert {row["id"] for row in copies} == {"目标-甲", "目标-同", "目标-似"} - {kept}
    assert {row["kept_id"] for row in copies} == {None}
    assert all(row["text"] for row in copies)


def test_a_document_that_stays_counts_its_lost_copies_no_longer(corpus):
    (kept,) = (row for row in rows(corpus, "documents") if row["copies"] == 3)
    one, other = kept["copied_in"]
    take_down(corpus, [one], day=DAY, keep_copies=True)
    (row,) = (row for row in rows(corpus, "documents") if row["id"] == kept["id"])
    assert row == {**kept, "copies": 2, "copied_in": [other]}
    assert one not in everything(corpus)


def test_marked_copies_go_or_are_marked_no_longer(tmp_path):
    options = {"duplicates": {"action": "mark"}, "quality": {"enabled": False}}
    out = make(tmp_path, posts(), **options)
    (kept,) = (row for row in rows(out, "documents") if row["copies"] == 3)
    marked = {row["id"] for row in rows(out, "documents") if row["duplicate_of"] == kept["id"]}
    assert marked == set(kept["copied_in"])
    other = Path(shutil.copytree(out, tmp_path / "other"))
    take_down(out, [kept["id"]], day=DAY, keep_copies=True)
    left = [row for row in rows(out, "documents") if row["id"] in marked]
    assert [(row["duplicate_of"], row["similarity"]) for row in left] == [(None, None)] * 2
    taken = take_down(other, [min(marked)], day=DAY)
    assert set(taken.ids) == {kept["id"], *marked}
    assert (taken.documents, taken.rejected) == (3, 0)


def test_a_page_goes_with_its_articles_and_an_article_alone(corpus):
    pages = Counter(row["parent_id"] for row in rows(corpus, "documents") if row["parent_id"])
    ((page, count),) = pages.items()
    assert count == 3
    assert take_down(corpus, [f"{page}#2"], day=DAY).ids == (f"{page}#2",)
    assert take_down(corpus, [page], day=DAY).ids == (f"{page}#1", f"{page}#3")
    left = everything(corpus)
    assert "文化站" not in left
    assert page not in left


def test_evidence_elsewhere_names_it_no_longer(corpus):
    rules = {row["rule"] for row in rows(corpus, "removed") if row["step"] == "passages"}
    assert rules == {"repeated-passage:3 documents, first in 段-0"}
    take_down(corpus, ["段-0"], day=DAY)
    rules = {row["rule"] for row in rows(corpus, "removed") if row["step"] == "passages"}
    assert rules == {"repeated-passage:3 documents, first in a document that was taken down"}


def test_an_id_of_another_corpus_is_not_taken_for_one_of_ours(tmp_path):
    there = make(tmp_path, [post("1", prose("旧")), post("2", prose("古"))], "there")
    here = [
        post("1", prose("新")),
        post("a", prose("旧")),
        post("b", prose("旧")),
        post("c", prose("古")),
    ]
    out = make(tmp_path, here, "here", against=[there])
    before = {row["id"]: row["kept_id"] for row in rows(out, "rejected")}
    assert before == {"a": "1", "b": "1", "c": "2"}
    assert take_down(out, ["1"], day=DAY).ids == ("1",)
    assert {row["id"]: row["kept_id"] for row in rows(out, "rejected")} == before
    assert take_down(out, ["a"], day=DAY).ids == ("a", "b")
    assert ids_of(out, "rejected") == {"c"}


def test_a_file_whose_name_is_the_id_is_not_listed_any_more(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for k in range(3):
        (folder / f"{k}.txt").write_text(prose(k), encoding="utf-8")
    out = cp.run([folder / "0.txt", folder / "1.txt", folder / "2.txt"], tmp_path / "c").path
    total = report_of(out)["inputs_total"]
    take_down(out, [str(folder / "1.txt")], day=DAY)
    report = report_of(out)
    assert [Path(file["path"]).name for file in report["inputs"]] == ["0.txt", "2.txt"]
    assert report["inputs_total"] == total
    assert "1.txt" not in everything(out)


def test_warnings_name_it_no_longer(tmp_path):
    spam = [post(f"登录-{k:02}", prose("登录")) for k in range(30)]
    out = make(tmp_path, [*spam, *posts()])
    (warning,) = (w for w in report_of(out)["warnings"] if "error or login page" in w)
    assert "登录-00" in warning
    assert len(take_down(out, ["登录-00"], day=DAY).ids) == 30
    assert "登录-" not in everything(out)
    assert any("a document that was taken down" in w for w in report_of(out)["warnings"])


# --- what is told ------------------------------------------------------------------------------


def check_counts(out):
    """Check report.json against the tables, and that its sums add up."""
    report = report_of(out)
    documents = rows(out, "documents")
    totals, stages = report["characters"], report["stages"]
    assert report["documents"]["out"] == len(documents) == stages[-1]["documents_out"]
    assert report["documents"]["in"] <= report["documents"]["out"] + report["documents"]["rejected"]
    assert totals["out"] == sum(len(row["text"]) for row in documents)
    assert (
        totals["in"] == totals["out"] + totals["removed"] - totals["inserted"] + totals["rejected"]
    )
    assert report["sentences"] == len(rows(out, "sentences"))
    for table, told in report["tables"].items():
        files = table_files(out, table)
        assert told["files"] == [path.relative_to(out).as_posix() for path in files]
        assert told["rows"] == len(rows(out, table))
        assert told["bytes"] == sum(path.stat().st_size for path in files)
        found = Counter()
        for path in files:
            found[split_of(path)] += pq.read_metadata(path).num_rows
        assert {split: t["rows"] for split, t in told["splits"].items()} == found
    return report


def test_the_counts_follow_and_the_report_says_how_many_and_when(corpus):
    before = check_counts(corpus)
    take_down(corpus, ["目标-甲", "帖-001"], day=DAY)
    take_down(corpus, ["帖-002", "太短-乙"], day=date(2025, 4, 2))
    report = check_counts(corpus)
    assert report["takedowns"] == [
        {"date": "2025-03-01", "documents": 4, "rejected": 2},
        {"date": "2025-04-02", "documents": 2, "rejected": 1},
    ]
    assert report["documents"]["out"] == before["documents"]["out"] - 3
    assert report["stages"][:-1] == before["stages"]
    assert report["stages"][-1]["rejected"] == {"takedown": 3}
    card = (corpus / "README.md").read_text(encoding="utf-8")
    assert "`takedown`" in card
    assert say("takedowns", 0, n="6") in card
    assert f"| {report['documents']['out']:,} |" in card


def test_the_corpus_still_loads_with_every_split_that_has_rows(corpus, tmp_path):
    test = [
        row["id"]
        for p in table_files(corpus, "documents")
        if split_of(p) == "test"
        for row in pq.read_table(p).to_pylist()
    ]
    assert len(test) > 1
    take_down(corpus, test, day=DAY)
    report = check_counts(corpus)
    assert set(report["tables"]["documents"]["splits"]) == {"train", "validation"}
    assert not list(corpus.glob("documents/test-*"))
    code = (
        "import json, sys; from datasets import load_dataset\n"
        "out, cache = sys.argv[1:]\n"
        "tables = json.load(open(out + '/report.json', encoding='utf-8'))['tables']\n"
        "for name, told in tables.items():\n"
        "    data = load_dataset(out, name, cache_dir=cache)\n"
        "    want = {s: t['rows'] for s, t in told['splits'].items()}\n"
        "    assert {s: len(rows) for s, rows in data.items()} == want, (name, data, want)\n"
        "print('loaded', *tables)\n"
    )
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(corpus), str(tmp_path / "cache")],
        capture_output=True, text=True, env=env, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["loaded", *SCHEMAS]


def test_a_corpus_can_be_taken_down_to_nothing(corpus):
    everyone = ids_of(corpus) | ids_of(corpus, "rejected")
    taken = take_down(corpus, everyone, day=DAY)
    assert set(taken.ids) == everyone
    report = check_counts(corpus)
    assert report["documents"]["out"] == report["characters"]["out"] == 0
    for table in SCHEMAS:
        (path,) = table_files(corpus, table)
        assert path.name == "train-00000-of-00001.parquet"
        assert pq.read_schema(path).equals(SCHEMAS[table])


# --- what is refused ---------------------------------------------------------------------------


def test_an_unknown_id_changes_nothing_unless_that_is_allowed(corpus, made):
    done = command("drop", corpus, "--id", "帖-001", "--id", "没有这个")
    assert done.returncode == 1
    assert "not in the corpus: 没有这个" in done.stderr.decode()
    assert "nothing was changed" in done.stderr.decode()
    assert done.stdout == b""
    assert_same_folders(made, corpus)
    done = command(
        "drop", corpus, "--ids", "-", "--ignore-missing", "--json", "--date", "2025-03-01",
        stdin="帖-001\r\n\n没有这个\n".encode(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert (told["ids"], told["missing"], told["done"]) == (["帖-001"], ["没有这个"], True)
    assert "squash the earlier revisions" in done.stderr.decode()
    assert report_of(corpus)["takedowns"][0]["date"] == "2025-03-01"


def test_a_dry_run_prints_the_ids_that_would_go(corpus, made, tmp_path):
    listed = tmp_path / "ids.txt"
    listed.write_bytes("\ufeff目标-甲\n".encode())
    done = command("drop", corpus, "--ids", listed, "--dry-run")
    assert done.returncode == 0
    assert done.stdout.decode().split() == ["目标-似", "目标-同", "目标-甲"]
    assert "nothing was changed" in done.stderr.decode()
    assert_same_folders(made, corpus)


def test_wrong_uses_are_told_with_status_2(corpus, made, tmp_path):
    (tmp_path / "gbk.txt").write_bytes("目标".encode("gbk"))
    for args, told in (
        ([corpus], "no id was given"),
        ([corpus, "--ids", tmp_path / "gbk.txt"], "not UTF-8"),
        ([corpus, "--ids", tmp_path / "missing.txt"], "No such file"),
        ([corpus, "--id", "帖-001", "--date", "1.3.2025"], "no day"),
        ([tmp_path / "nowhere", "--id", "1"], "is no folder"),
        ([tmp_path, "--id", "1"], "holds no finished corpus"),
    ):
        done = command("drop", *args)
        assert (done.returncode, told in done.stderr.decode()) == (2, True), done.stderr.decode()
    with locked(corpus):
        done = command("drop", corpus, "--id", "帖-001")
    assert done.returncode == 2
    assert "another command is changing" in done.stderr.decode()
    assert_same_folders(made, corpus)
    (corpus / ".work").mkdir()
    with pytest.raises(StagingError, match=r"a run in .* is not finished"):
        take_down(corpus, ["帖-001"], day=DAY)


def test_a_takedown_that_fails_changes_nothing(corpus):
    card = corpus / "README.md"
    card.write_text(
        card.read_text(encoding="utf-8").replace("---\n", "---\n[\n", 1), encoding="utf-8"
    )
    before = contents(corpus)
    done = command("drop", corpus, "--id", "帖-001")
    assert done.returncode == 2
    assert "no valid YAML" in done.stderr.decode()
    assert contents(corpus) == before


# --- kills -------------------------------------------------------------------------------------

# Kills itself, by the signal that nobody can catch, at the n-th change that it makes to the folder:
# at every one while files take their places, and at some of those before and after.
KILLED = """
import os, shutil, signal, sys
from datetime import date
from pathlib import Path
from corpusprep.data.takedown import take_down

CHANGES = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir"}
made, folder = map(Path, sys.argv[1:])

def child(out, at):
    changes = []
    def count(event, args):
        if event in CHANGES or (event == "open" and args[1] == "wb"):
            changes.append(f"{event} {args[1]}")
            if len(changes) > at:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    take_down(out, ["目标-甲", "帖-003"], day=date(2025, 3, 1))
    done = list(changes)
    (folder / "changes").write_text("\\n".join(done))
    os._exit(0)

def run(at):
    out = shutil.copytree(made, folder / f"{at:04}")
    pid = os.fork()  # before any thread runs: the imports are paid once
    if pid == 0:
        child(out, at)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

assert run(9999) == 0
changes = (folder / "changes").read_text().splitlines()
(folder / "changes").unlink()
(decided,) = (k for k, what in enumerate(changes) if what.endswith("journal.json"))
for at in sorted({*range(0, len(changes), 9), *range(decided - 1, decided + 16)}):
    ended = run(at)
    assert ended == -signal.SIGKILL, (at, ended)
"""


def test_a_takedown_killed_at_any_change_leaves_the_old_corpus_or_the_new_one(made, tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(made), str(tmp_path)], check=True)
    *killed, whole = sorted(tmp_path.iterdir())
    old, new = contents(made), contents(whole)
    assert old != new
    assert not any(name.startswith(HIDDEN) for name in new)
    halves = 0
    ends = []
    for out in killed:
        there = {k: v for k, v in contents(out).items() if not k.startswith(HIDDEN)}
        halves += there not in (old, new)
        if (out / HIDDEN / JOURNAL).exists() and halves % 2:  # the same command again
            assert take_down(out, ["帖-003", "目标-甲"], day=DAY).done
        settle(out)
        ends.append(contents(out))
        assert not (out / HIDDEN).exists()
    assert [end for end in ends if end not in (old, new)] == []
    decided = ends.index(new)
    assert ends == [old] * decided + [new] * (len(ends) - decided)
    assert halves > 5
    assert decided > 3


def test_the_same_command_after_a_kill_comes_to_the_same_end(corpus, made, tmp_path):
    args = ["drop", corpus, "--id", "目标-甲", "--date", "2025-03-01"]
    whole = shutil.copytree(made, tmp_path / "whole")
    assert command("drop", whole, *args[2:]).returncode == 0
    for attempt in range(20):
        process = subprocess.Popen([*COMMAND, *map(str, args)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if (corpus / HIDDEN / "new").exists():
                time.sleep(0.01 * attempt)  # another moment each time
                break
        process.send_signal(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            break
        shutil.rmtree(corpus)
        shutil.copytree(made, corpus)
    assert process.returncode == -signal.SIGKILL
    done = command(*args)
    assert done.returncode == 0, done.stderr.decode()
    assert_same_folders(whole, corpus)


def decide(out, journal):
    (out / HIDDEN).mkdir()
    (out / HIDDEN / JOURNAL).write_text(json.dumps(journal), encoding="utf-8")


def test_a_journal_of_a_corpus_that_is_no_more_is_cleared_away(corpus, made):
    decide(corpus, {"before": "0", "after": "1", "move": [], "delete": ["README.md"], "note": {}})
    assert settle(corpus) == {}
    assert_same_folders(made, corpus)


def test_a_journal_cannot_reach_outside_its_corpus(corpus, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("字", encoding="utf-8")
    mark = sha256((corpus / "report.json").read_bytes()).hexdigest()
    for name in ("../victim", str(victim)):
        decide(corpus, {"before": mark, "after": "", "move": [], "delete": [name], "note": {}})
        with pytest.raises(CorpusprepError, match="names a file outside"):
            settle(corpus)
        shutil.rmtree(corpus / HIDDEN)
    assert victim.exists()


# --- stats and card ----------------------------------------------------------------------------


def test_stats_prints_tables_and_the_same_as_json(corpus):
    done = command("stats", corpus)
    assert done.returncode == 0, done.stderr.decode()
    shown = done.stdout.decode()
    figures = statistics(corpus).as_dict()
    assert shown.startswith(f"{figures['documents']:,} documents, {figures['characters']:,} char")
    for split, count in figures["splits"].items():
        assert any(line.split()[:2] == [split, str(count)] for line in shown.splitlines())
    assert "█" in shown
    assert "example.org" in shown
    assert "\x1b" not in shown
    assert json.loads(command("stats", corpus, "--json").stdout) == json.loads(json.dumps(figures))
    assert command("stats", corpus / "documents").returncode == 2


def test_card_writes_what_the_run_knows_and_keeps_what_a_person_wrote(corpus, made):
    path = corpus / "README.md"
    path.write_text(
        path.read_text(encoding="utf-8") + "\n## 联系\n\n写信给编者。\n", encoding="utf-8"
    )
    (corpus / "report.html").unlink()
    done = command("card", corpus, "--license", "cc-by-4.0")
    assert done.returncode == 0, done.stderr.decode()
    card = path.read_text(encoding="utf-8")
    assert "license: cc-by-4.0" in card
    assert card.endswith("\n## 联系\n\n写信给编者。\n")
    assert contents(corpus)["report.html"] == contents(made)["report.html"]
    take_down(corpus, ["帖-001"], day=DAY)
    card = path.read_text(encoding="utf-8")
    assert "license: cc-by-4.0" in card
    assert card.endswith("\n## 联系\n\n写信给编者。\n")
