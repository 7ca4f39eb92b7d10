"""The command, as a person uses it: real processes, real pipes, exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from conftest import ROOT, SEEDS

COMMAND = [sys.executable, "-m", "corpusprep"]
PAGE = "查看: 62|回复: 0\n[闲聊] 家里的收音机还能修吗?\n翻出一台收音机,插上电只有嗡嗡声。\n分享到:微信 微博 QQ空间\n"


def command(*args, stdin=b"", **options):
    data = stdin.encode() if isinstance(stdin, str) else stdin
    return subprocess.run(
        [*COMMAND, *map(str, args)], input=data, capture_output=True, check=False, **options
    )


def test_clean_is_a_filter():
    done = command("clean", stdin=PAGE)
    assert done.returncode == 0
    assert (
        done.stdout.decode()
        == "[闲聊] 家里的收音机还能修吗？\n翻出一台收音机，插上电只有嗡嗡声。\n"
    )
    assert done.stderr == b""


def test_clean_reads_other_encodings(tmp_path):
    path = tmp_path / "page.txt"
    path.write_bytes(("今天天气很好，我们去了公园，看见许多花。" * 3).encode("gb18030"))
    assert command("clean", path).stdout.decode().startswith("今天天气很好，")


def test_explain_tells_rule_and_place():
    done = command("explain", "-", stdin=PAGE)
    assert done.returncode == 0
    assert "boilerplate/share-bar" in done.stdout.decode()
    assert "\x1b[" not in done.stdout.decode()
    coloured = command("explain", "--color", "always", stdin=PAGE)
    assert b"\x1b[" in coloured.stdout


def test_explain_gives_json_with_offsets_of_the_original():
    done = command("explain", "--json", stdin=PAGE)
    found = json.loads(done.stdout)
    for edit in found["edits"]:
        if edit["step"] == "boilerplate":
            # The step saw the text with its marks restored; the place is that of the original.
            folded = str.maketrans({"：": ":", " ": None})
            stood = PAGE[edit["start"] : edit["end"]]
            assert stood.translate(folded) == edit["old"].translate(folded)
    assert {e["rule"] for e in found["edits"]} >= {"share-bar"}


def test_explain_says_what_was_repaired_on_what_evidence_and_what_is_lost():
    text = "文件名：ÎÄ¼þÃû³Æ，会议\ufffd\ufffd召开"
    found = json.loads(command("explain", "--json", stdin=text).stdout)
    (edit,) = [e for e in found["edits"] if e["step"] == "repair"]
    assert (edit["old"], edit["new"]) == ("ÎÄ¼þÃû³Æ", "文件名称")
    name, _, gain = edit["rule"].partition(":+")
    assert name == "mojibake-gbk-as-latin"
    assert float(gain) > 20
    assert found["labels"]["unrecoverable"] == "15-17"
    shown = command("explain", stdin=text).stdout.decode()
    assert f"repair/{edit['rule']}" in shown


def test_run_prints_a_summary_and_json_and_restore_gives_the_original(tmp_path):
    out = tmp_path / "corpus"
    done = command(
        "run", ROOT / "seeds", "-o", out, "--script", "simplified", "--ledger", "full", "--json"
    )
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert report["documents"]["out"] == 5
    assert "boilerplate" in done.stderr.decode()
    assert "characters:" in done.stderr.decode()
    restored = command("restore", out, SEEDS[4])
    assert restored.stdout == SEEDS[4].read_bytes()
    missing = command("restore", out, "nothing")
    assert missing.returncode == 2
    assert "has no document 'nothing'" in missing.stderr.decode()


def test_run_reads_standard_input(tmp_path):
    posts = "\n".join(
        json.dumps({"id": str(i), "text": f"{PAGE}第{i}帖的正文写在这里,与别的不同。"})
        for i in range(3)
    )
    done = command(
        "run", "-", "-o", tmp_path / "a", "--json", "--set", "duplicates.enabled=false", stdin=posts
    )
    assert json.loads(done.stdout)["documents"]["out"] == 3
    assert json.loads(done.stdout)["inputs"][0]["path"] == "-"
    done = command("run", "-", "-o", tmp_path / "b", "--json", stdin=PAGE)
    assert json.loads(done.stdout)["documents"]["out"] == 1


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        (["run", "nowhere.txt", "-o", "OUT"], 2, "nowhere.txt: no such file, folder or pattern"),
        (["run", "EMPTY", "-o", "OUT"], 2, "no text to read in"),
        (["run", "FILE", "-o", "OUT", "--colour"], 2, "No such option"),
        (["run", "FILE", "-o", "OUT", "--engine", "spark"], 2, "local or ray"),
        (
            ["run", "FILE", "-o", "OUT", "--set", "duplicates.treshold=1"],
            2,
            "did you mean 'threshold'",
        ),
        (["run", "FILE", "-o", "OUT", "--recipe", "zh-wep"], 2, "did you mean 'zh-web'"),
        (["run", "FILE", "-o", "OUT", "--script", "simplifed"], 2, "simplified"),
        (["run", "FILE", "-o", "FULL"], 2, "already holds files"),
        (["clean", "nowhere.txt"], 2, "nowhere.txt: No such file"),
        (["clean", "IMAGE"], 3, ""),
        (["rules", "show", "share-bars"], 2, "share-bar"),
        (["restore", "OUT", "1"], 2, "is no finished corpus"),
        (["run", "IMAGE", "-o", "OUT", "--max-errors", "0"], 3, "1 inputs could not be read"),
    ],
)
def test_mistakes_get_a_clear_line_and_a_status(tmp_path, args, status, words):
    (tmp_path / "FILE").write_text("今天天气很好。", encoding="utf-8")
    (tmp_path / "IMAGE").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    (tmp_path / "EMPTY").mkdir()
    (tmp_path / "FULL").mkdir()
    (tmp_path / "FULL" / "x").write_text("x", encoding="utf-8")
    done = command(*args, cwd=tmp_path)
    stderr = " ".join(done.stderr.decode().replace("│", " ").split())
    assert done.returncode == status, stderr
    assert words in stderr
    assert "Traceback" not in stderr


def test_rules_are_listed_shown_and_checked(tmp_path):
    listed = command("rules", "list").stdout.decode()
    assert "share-bar" in listed
    shown = command("rules", "show", "share-bar").stdout.decode()
    assert "分享到" in shown
    good = tmp_path / "good"
    good.mkdir()
    rule = """
[[rule]]
id = "tea-shop-advert"
class = "advert"
why = "A shop that pays for every page."
line = '老王茶庄.{0,20}'
removes = ["老王茶庄 电话面议"]
keeps = ["他在老王茶庄门口等了整整一个下午，没有等到人来。"]
"""
    (good / "mine.toml").write_text(rule, encoding="utf-8")
    assert command("rules", "check", good).returncode == 0
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "mine.toml").write_text(
        rule.replace('why = "A shop that pays for every page."\n', ""), encoding="utf-8"
    )
    done = command("rules", "check", bad)
    assert done.returncode == 1
    assert "tea-shop-advert" in done.stdout.decode()
    assert "why" in done.stdout.decode()


def test_split_prints_one_sentence_a_line():
    done = command("split", stdin="他说：“走吧！”大家都笑了。第二天，雨停了。")
    assert done.stdout.decode().splitlines()[-1] == "第二天，雨停了。"


@pytest.mark.parametrize("verb", ["run", "clean", "explain", "split", "restore", "push", "rules"])
def test_every_verb_has_help(verb):
    done = command(verb, "--help")
    assert done.returncode == 0
    assert len(done.stdout) > 200


def test_a_reader_that_has_seen_enough_is_no_reason_for_noise():
    piped = subprocess.run(
        f"'{sys.executable}' -m corpusprep rules list --json | head -1",
        shell=True, executable="/bin/bash", capture_output=True, check=False,
    )  # fmt: skip
    assert piped.stdout == b"[\n"
    assert piped.stderr == b""


def test_split_has_the_conventions_of_presets_and_gives_offsets():
    text = "他说：“今天很好。明天更好。”\n我们\n走吧……好;行"
    split = command("split", stdin=text).stdout.decode().split("\n")
    assert split[:2] == ["他说：“今天很好。", "明天更好。”"]
    kept = command("split", "--quotes", "keep", "--preset", "ltp", stdin=text).stdout.decode()
    assert kept.startswith("他说：“今天很好。明天更好。”\n")
    rows = [
        json.loads(line)
        for line in command("split", "--json", "--semicolon", stdin=text).stdout.splitlines()
    ]
    assert "".join(row["text"] for row in rows) == text
    assert [text[row["start"] : row["end"]] for row in rows] == [row["text"] for row in rows]
    assert rows[-1]["text"] == "行"
    longest = command("split", "--max-chars", "8", stdin=text).stdout.decode()
    assert max(map(len, longest.split("\n"))) <= 8


def test_a_wrapped_sentence_is_printed_on_one_line():
    text = "会议要求，要提高认识。要加\n\n强政治建设，推动各项决策落地见效。"
    found = command("split", stdin=text).stdout.decode().splitlines()
    assert found == ["会议要求，要提高认识。", "要加强政治建设，推动各项决策落地见效。"]


def test_an_unknown_convention_is_a_usage_error_that_says_what_there_is():
    done = command("split", "--preset", "lpt", stdin="好。")
    assert done.returncode == 2
    assert "'ltp'" in done.stderr.decode()
    done = command("run", "x", "-o", "y", "--split", "pages")
    assert done.returncode == 2
    assert "articles" in done.stderr.decode()
