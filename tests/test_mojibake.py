"""Repair as a whole: what the passes make of a text together, and what they must never touch."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import SEEDS, grows_linearly
from hypothesis import given
from hypothesis import strategies as st

from corpusprep import CorpusprepError, Document, Label, Pipeline
from corpusprep.data.ledger import ROW_COLUMNS, ledger_rows
from corpusprep.report import Tally
from corpusprep.steps.text import Repair
from corpusprep.text.edits import apply, inverse, settle
from corpusprep.text.mojibake import CLASSES, find_unrecoverable, repair, repair_edits
from corpusprep.text.script import convert_script

CASES = tomllib.loads((Path(__file__).parent / "cases" / "repair.toml").read_text("utf-8"))
PINYIN = re.compile("[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜ]+[)）]")
CHINESE = "各位代表，我们今天在这里开会，讨论政府工作报告和明年的计划。请大家认真发表意见！"
SENTENCES = [
    "村里的老槐树又开花了，大家都说这是个好年景。",
    "文件不存在，请检查路径是否正确，然后重新启动程序。",
    "老师说：“读书要专心，写字要端正。”学生们都点了点头。",
    "明天早上八点在学校门口集合，请不要迟到！",
]


def seed(number: str) -> str:
    return next(path for path in SEEDS if path.name.startswith(number)).read_text("utf-8")


def classes(text: str) -> list[str]:
    return [edit.rule.partition(":")[0] for edit in repair_edits(text)]


@pytest.mark.parametrize("case", CASES["repairs"], ids=lambda case: case["note"])
def test_damage_is_repaired(case):
    assert repair(case["text"]) == case["want"]


@pytest.mark.parametrize("case", CASES["leaves"], ids=lambda case: case["why"])
def test_what_is_no_damage_or_cannot_be_undone_stays(case):
    assert repair_edits(case["text"]) == []


@pytest.mark.parametrize("case", CASES["repairs"], ids=lambda case: case["note"])
def test_what_was_repaired_is_sound(case):
    assert repair_edits(case["want"]) == []


def test_every_class_of_damage_has_a_case():
    assert {name for case in CASES["repairs"] for name in classes(case["text"])} == set(CLASSES)


# --- evidence ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["repairs"], ids=lambda case: case["note"])
def test_every_rule_is_a_class_and_its_evidence(case):
    for edit in repair_edits(case["text"]):
        name, colon, evidence = edit.rule.partition(":")
        assert name in CLASSES
        assert colon
        assert evidence
        if evidence.startswith("+"):
            assert re.fullmatch(r"\+\d+\.\d", evidence)
            assert float(evidence) >= 3


def test_the_gain_grows_with_the_length_of_the_run():
    gains = []
    for n in (1, 2, 4):
        (edit,) = repair_edits("".join(SENTENCES[:n]).encode().decode("gbk", "replace"))
        gains.append(float(edit.rule.partition(":+")[2]))
    assert gains[0] < gains[1] < gains[2]


# --- the seeds -----------------------------------------------------------------------------------


def test_seed_004_is_the_simplified_original_but_for_three_places():
    """The annotations go, the script comes back; a lost byte and a masked word are put right."""
    text = seed("004")
    edits = repair_edits(text)
    assert sum(len(PINYIN.findall(text[e.start : e.end])) for e in edits) == 1281
    want = convert_script(PINYIN.sub("", text), "t2s")
    for damaged, right, times in (
        ("三?!敝С龅拙€", "三保”支出底线", 1),
        ("自治区D委", "自治区党委", 1),
        ("引导D员", "引导党员", 1),
        (")著力", ")着力", 2),
    ):
        assert want.count(damaged) == times
        want = want.replace(damaged, right)
    assert apply(text, edits) == want


def test_seed_000_was_converted_wrongly_at_eight_places():
    text = seed("000")
    found = [(text[e.start : e.end], e.new, e.rule) for e in repair_edits(text)]
    assert sorted(found) == [
        ("徵", "征", "wrong-conversion:新征程"),
        *[("籤", "簽", "wrong-conversion:簽約")] * 6,
        ("籤", "簽", "wrong-conversion:簽訂"),
    ]


@pytest.mark.parametrize("number", ["001", "002", "003"])
def test_the_other_seeds_have_nothing_to_repair(number):
    assert repair_edits(seed(number)) == []


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
def test_repairing_twice_changes_nothing(path):
    assert repair_edits(repair(path.read_text("utf-8"))) == []


def read_sloppily(data: bytes) -> str:
    """Read as cp1252, with control characters for the five bytes that it leaves open."""
    return "".join(
        chr(byte) if byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else bytes([byte]).decode("cp1252")
        for byte in data
    )


def read_as_latin1(data: bytes) -> str:
    return data.decode("latin-1")


@pytest.mark.parametrize("number", ["000", "001", "002", "003"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("read", [read_as_latin1, read_sloppily])
def test_a_whole_document_read_in_the_wrong_encoding_comes_back(number, encoding, read):
    text = seed(number)
    assert repair(read(text.encode(encoding))) == repair(text)


@pytest.mark.parametrize(
    "aside",
    ["\n关晓彤\n", "(记者 康玉湛)", "名叫龙龘(dá)的灯", "\n • 签到\n", "\n© 2018\n", "\n编辑:\n"],
)
def test_what_stands_between_sure_runs_of_one_encoding_comes_back_with_them(aside):
    """A rare name of three characters proves nothing alone; the text around it does."""
    text = CHINESE + aside + SENTENCES[2]
    assert repair(text.encode("gb18030").decode("latin-1")) == text


def test_a_traditional_document_in_big5_comes_back():
    text = "".join(c for c in seed("000") if c.encode("big5hkscs", "ignore"))
    assert repair(text.encode("big5hkscs").decode("latin-1")) == repair(text)


# --- passes --------------------------------------------------------------------------------------


def test_a_pass_sees_what_those_before_it_made_and_the_edits_are_of_the_first_text():
    text = "正文&#20320;&#22909;ä½\xa0å¥½，鎶奵ookie鍐欏叆缂撳瓨，⼈⼯智能"
    edits = repair_edits(text)
    assert apply(text, edits) == "正文你好你好，把cookie写入缓存，人工智能"
    assert settle(edits) == edits
    assert apply(apply(text, edits), inverse(text, edits)) == text
    inside = "&auml;&frac12;&nbsp;&aring;&yen;&frac12;"  # entities of UTF-8 read as Latin-1
    (edit,) = repair_edits(f"他说：{inside}。")
    assert (edit.start, edit.end, edit.new) == (3, 3 + len(inside), "你好")
    assert edit.rule.startswith("html-entity:")


@given(st.integers(1, 2), st.text(alphabet=CHINESE + "a1 \n", min_size=12))
def test_layers_of_utf8_as_latin_come_off(layers, text):
    text = CHINESE + text
    damaged = text
    for _ in range(layers):
        damaged = damaged.encode().decode("latin-1")
    assert repair(damaged) == text


# --- clean text ----------------------------------------------------------------------------------


@given(st.text(alphabet=CHINESE + "“”‘’—…·°×±©é aB1,()<>;&?\n"))
def test_clean_text_stays(text):
    assert repair(text) == text


@given(
    st.text(
        alphabet="äå½ \xa0\ufffd\x81é—“”ÃÂ&#;12amp國(guó)學(xué)[中\n0æ–‡浣犲銆?€锟斤拷\ue863⼈籤約D委"
    )
)
def test_edits_apply_whatever_the_text(text):
    edits = repair_edits(text)
    assert settle(edits) == edits
    repaired = apply(text, edits)
    assert apply(repaired, inverse(text, edits)) == text
    lost = find_unrecoverable(text, edits)
    assert all(0 <= a < b <= len(text) for a, b in lost)
    assert not any(e.start < b and a < e.end for e in edits for a, b in lost)


def test_a_clean_text_loads_neither_numpy_nor_the_model():
    code = (
        "import json, sys; from corpusprep.text.mojibake import find_unrecoverable, repair\n"
        f"text = {CHINESE + '—“”·café，为什么?龙龘(dá)，價格 100 元，電腦'!r}\n"
        "assert repair(text) == text and not find_unrecoverable(text)\n"
        "heavy = ['numpy', 'corpusprep.text.lm', 'corpusprep.text.script', 'opencc', 'ftfy']\n"
        "print(json.dumps([m for m in heavy if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(done.stdout) == []


CHEAP = ["é", "ä½", "&amp;", "國(", "國(guó)", "&#2", "A\xa7", "“", "锟斤拷", "拷拷", "\ufffd", "□", "⼈",
         "籤約", "%E4", "\\u4f", "\ue863", "?cè)", "測?jī)x"]  # fmt: skip
DEAR = ["?浣", "浣犲", "\ufffd銆", "?！敝С龅拙"]  # every place of these has its candidates weighed


@pytest.mark.parametrize(("piece", "n"), [*((p, 4000) for p in CHEAP), *((p, 300) for p in DEAR)])
def test_time_grows_with_length_alone(piece, n):
    def work(n: int) -> None:
        find_unrecoverable(piece * n, repair_edits(piece * n))

    assert grows_linearly(work, n)


# --- what is lost for good -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("会议锟斤拷锟斤拷召开", [(2, 8)]),
        ("会议锟斤拷召开", [(2, 5)]),
        ("\ufffd\ufffd理局的通知，\ufffd完", [(0, 2), (8, 9)]),
        ("ï¿½ï¿½你好", [(0, 6)]),
        ("他姓□□□，名◆◆◆", [(2, 5), (7, 10)]),
        ("□ 同意　□ 不同意　◆第一条　■■", []),
        ("这里没有什么可说的。", []),
    ],
)
def test_what_has_lost_its_bytes_is_shown(text, spans):
    assert repair_edits(text) == []
    assert find_unrecoverable(text) == spans


def test_what_could_be_repaired_is_not_called_lost():
    text = "锟斤拷锟斤拷，" + SENTENCES[2].encode().decode("gbk", "replace")
    edits = repair_edits(text)
    assert "\ufffd" in text
    assert apply(text, edits) == "锟斤拷锟斤拷，" + SENTENCES[2]
    assert find_unrecoverable(text, edits) == [(0, 6)]


def test_the_step_labels_what_is_lost_and_repairs_the_rest():
    doc = Pipeline([Repair()])(Document("1", "⼈⼯智能。会议锟斤拷锟斤拷召开，\ufffd完"))
    assert doc.text == "人工智能。会议锟斤拷锟斤拷召开，\ufffd完"
    assert doc.labels == {"unrecoverable": "7-13 16-17"}
    assert "unrecoverable" not in Pipeline([Repair()])("人工智能。").labels


def test_the_label_stays_short_where_thousands_of_places_are_lost():
    (label, *_) = Repair()(Document("1", "会议\ufffd召开，" * 5000))
    assert isinstance(label, Label)
    assert label.value.split(" ")[:2] == ["2-3", "8-9"]
    assert len(label.value) < 2000


# --- the step, its option, its ledger ------------------------------------------------------------


def test_each_class_can_be_switched_off_alone():
    text = "國(guó)家發(fā)展&nbsp;文件名：ÎÄ¼þÃû³Æ"
    names = {"pinyin-annotation", "html-entity", "mojibake-gbk-as-latin"}
    assert set(classes(text)) == names
    for name in names:
        left = {e.rule.partition(":")[0] for e in repair_edits(text, disable=[name])}
        assert left == names - {name}
        found = {e.rule.partition(":")[0] for e in Repair(disable=(name,))(Document("1", text))}
        assert found == names - {name}
    assert repair_edits(text, disable=CLASSES) == []


@pytest.mark.parametrize("case", CASES["repairs"], ids=lambda case: case["note"])
def test_a_class_that_is_off_changes_nothing(case):
    """Also where its finder finds other classes, and where its edits are made together with others."""
    for name in set(classes(case["text"])):
        left = repair_edits(case["text"], disable=[name])
        assert name not in {edit.rule.partition(":")[0] for edit in left}
        apply(case["text"], left)


def test_a_masked_word_stays_when_its_class_is_off_and_the_annotations_go():
    text = "自治區(qū)D委書記說，引導(dǎo)D員發(fā)揮作用，進(jìn)行學(xué)習(xí)"
    left = apply(text, repair_edits(text, disable=["masked-character"]))
    assert left == "自治区D委书记说，引导D员发挥作用，进行学习"


def test_an_unknown_class_is_refused_before_any_document():
    with pytest.raises(CorpusprepError, match=r"'radcal'.*radical"):
        Repair(disable=["radcal"])
    with pytest.raises(CorpusprepError, match=r"'radcal'.*radical"):
        repair_edits("", disable={"radcal"})


def test_the_ledger_keeps_the_evidence_and_the_report_counts_by_class():
    text = "文件名：ÎÄ¼þÃû³Æ\n&#20320;好\n鎶奵ookie鍐欏叆缂撳瓨\n" + "文件名：ÎÄ¼þÃû³Æ"
    doc = Pipeline([Repair()])(Document("1", text))
    rows = [
        dict(zip(ROW_COLUMNS, row, strict=True))
        for row in ledger_rows(doc, folds=frozenset(), ledger="removals")
    ]
    assert [(row["step"], row["rule"].partition(":")[0], row["old"], row["new"]) for row in rows] == [
        ("repair", "mojibake-gbk-as-latin", "ÎÄ¼þÃû³Æ", "文件名称"),
        ("repair", "html-entity", "&#20320;", "你"),
        ("repair", "mojibake-utf8-as-gbk", "鎶奵ookie鍐欏叆缂撳瓨", "把cookie写入缓存"),
        ("repair", "mojibake-gbk-as-latin", "ÎÄ¼þÃû³Æ", "文件名称"),
    ]  # fmt: skip
    assert all(text[row["start"] : row["end"]] == row["old"] for row in rows)
    assert all(
        re.fullmatch(r"\+\d+\.\d", row["rule"].partition(":")[2]) for row in (rows[0], rows[2])
    )
    tally = Tally(["repair"])
    tally.add(doc, len(text))
    counted = {name: rule["edits"] for name, rule in tally.as_dict()["repair"]["rules"].items()}
    assert counted == {"html-entity": 1, "mojibake-gbk-as-latin": 2, "mojibake-utf8-as-gbk": 1}
    assert doc.undo() == text
