"""What goes from whole pages, what stays, and that what stays is not touched."""

from __future__ import annotations

import pickle
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusprep.core import Document, Edit, Label
from corpusprep.errors import CorpusprepError
from corpusprep.steps.boilerplate import Boilerplate, boilerplate_mask
from corpusprep.text.edits import apply

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
GOLD = ROOT.parent / "shared" / "data" / "lines"
CASES = tomllib.loads((Path(__file__).parent / "cases" / "boilerplate.toml").read_text("utf-8"))

find = Boilerplate().ruleset.find


def strip(text: str) -> str:
    return apply(text, find(text))


@pytest.mark.parametrize("case", [pytest.param(c, id=c["note"]) for c in CASES["case"]])
def test_a_page_is_left_with_its_text(case):
    assert strip(case["text"]).strip("\n") == case["want"].strip("\n")


@pytest.mark.parametrize("case", [pytest.param(c, id=c["note"]) for c in CASES["case"]])
def test_cleaning_twice_changes_nothing(case):
    once = strip(case["text"])
    assert strip(once) == once


# Of the junk lines of each seed, how many must go at least, and may go at most.
REMOVED = {"000": (15, 15), "001": (13, 13), "002": (31, 32), "003": (65, 66), "004": (0, 0)}


@pytest.mark.parametrize(("seed", "limits"), REMOVED.items())
def test_seeds_lose_their_boilerplate_and_nothing_else(seed, limits):
    (path,) = SEEDS.glob(f"{seed}_*.txt")
    lines = [line for line in path.read_text("utf-8").split("\n") if line.strip()]
    removed = boilerplate_mask(lines).count(False)
    assert limits[0] <= removed <= limits[1]


@pytest.mark.skipif(not GOLD.is_dir(), reason="the labelled lines are not beside the checkout")
def test_labelled_seed_lines_go_and_stay_as_labelled():
    junk = gone = good = kept = 0
    for path in sorted(GOLD.glob("seed_*.tsv")):
        rows = [row.split("\t", 1) for row in path.read_text("utf-8").split("\n") if "\t" in row]
        rows = [row for row in rows if not row[0].startswith("#")]
        mask = boilerplate_mask([line for _, line in rows])
        for (label, line), keep in zip(rows, mask, strict=True):
            junk += label == "D"
            gone += label == "D" and not keep
            good += len(line) * (label == "K")
            kept += len(line) * (label == "K" and keep)
    assert gone >= 124
    assert junk == 126
    assert kept >= 0.995 * good


PIECES = st.sampled_from(
    [
        "登录 | 注册", "  [复制链接]", "责任编辑：王小明", "相关阅读", "城南新书店开张",
        "2022-02-11", "首页", "新闻", "更多", "1万", "主题", "帖子", "积分", "夜雨", "", "", "  ",
        "这一段是正文，它讲完了一件事，句子完整，长度也足够，应当原样留在这里。", "\t短句。 ",
        "家里的收音机 [复制链接]", "版权所有 © 2010", "Straße İ 𠮷野家",
    ]
)  # fmt: skip


@settings(deadline=None)  # regexes are built on first use
@given(st.lists(PIECES, max_size=30), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_kept_lines_stay_as_they_were_and_paragraphs_stay_apart(pieces, line_break):
    text = line_break.join(pieces)
    edits = find(text)
    left = apply(text, edits)
    whole = [e for e in edits if "[复制链接]" not in text[e.start : e.end] or "收音机" not in text]
    if whole == edits:  # no piece of a line went, only lines
        before = iter(text.replace("\r", "").split("\n"))
        assert all(line in before for line in left.replace("\r", "").split("\n") if line.strip())
    assert left.count("\n") <= text.count("\n")
    if "\n\n\n" not in text.replace("\r", "").replace(" ", ""):
        assert "\n\n\n" not in left.replace("\r", "").replace(" ", "")


@settings(deadline=None)
@given(
    st.text(
        alphabet="登录注册|：:[]（）。，\n\r\t 　0123456789年月日首页相关阅读发表于責編İßﬁ👆🏻\u200b\x85\u2028",
        max_size=200,
    )
)
def test_any_text_gives_sorted_edits_inside_the_text(text):
    edits = find(text)
    assert all(a.end <= b.start for a, b in pairwise(edits))
    assert all(0 <= e.start < e.end <= len(text) for e in edits)
    apply(text, edits)


def test_of_two_separators_the_wider_stays():
    assert (
        strip("第一段讲完了。\n\n[复制链接]\n第二段讲完了。") == "第一段讲完了。\n\n第二段讲完了。"
    )
    assert (
        strip("第一段讲完了。\n[复制链接]\n\n第二段讲完了。") == "第一段讲完了。\n\n第二段讲完了。"
    )
    assert strip("第一段讲完了。\n[复制链接]\n第二段讲完了。") == "第一段讲完了。\n第二段讲完了。"
    assert (
        strip("第一段讲完了。\n\n[复制链接]\n\n第二段讲完了。")
        == "第一段讲完了。\n\n第二段讲完了。"
    )


def test_indent_and_trailing_blanks_of_kept_lines_stay():
    assert strip("　　甲。  \n[复制链接]\n\t乙。\n") == "　　甲。  \n\t乙。\n"


def test_the_last_line_break_stays():
    assert strip("正文到此结束。\n责任编辑：王小明\n") == "正文到此结束。\n"


def test_a_page_of_nothing_but_boilerplate_is_left_empty():
    assert strip("\n登录 | 注册\n[复制链接]\n") == ""


def test_a_block_is_one_edit():
    block = "\n相关阅读\n城南新书店开张\n城北老茶馆歇业"
    text = "正文讲完了一件事，句子完整，长度也足够，应当原样留在这里，一个字也不少。" + block
    edits = find(text)
    assert [(e.rule, text[e.start : e.end]) for e in edits] == [("related-articles", block)]


@pytest.mark.parametrize(
    "unit",
    [
        "登录\n",
        "相关阅读\n\n",
        "1\n主题\n",
        "[(\n",
        "首页 ",
        "发表于 ",
        "2020-1-1 ",
        "责编：王 ",
        "! a",
        ".",
    ],
)
def test_hostile_pages_end(unit):
    text = unit * (200_000 // len(unit))
    assert len(apply(text, find(text))) <= len(text)


def test_one_line_of_a_million_characters_stays():
    line = "责任编辑：登录|注册[复制链接]分享到" * 50_000 + "甲"
    assert strip(line) == line


def test_a_class_can_be_left_in():
    text = "正文讲完了。\n责任编辑：王小明\n[复制链接]"
    assert list(Boilerplate(keep_classes=("credit",))(Document("1", text))) == [
        Edit(15, 22, "", "copy-link"),
        Label("genre", "article"),
    ]


def test_a_rule_can_be_disabled():
    step = Boilerplate(disable=("editor-credit",))
    assert not any(isinstance(f, Edit) for f in step(Document("1", "责任编辑：王小明")))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep_classes": ("credits",)}, "no class 'credits'; did you mean 'credit'?"),
        ({"disable": ("copylink",)}, "no rule 'copylink'; did you mean 'copy-link'?"),
        ({"rules": ("/no/such/folder",)}, "cannot be read"),
    ],
)
def test_a_wrong_option_is_refused_at_once_with_the_nearest_name(options, message):
    with pytest.raises(CorpusprepError) as error:
        Boilerplate(**options)
    assert message in str(error.value)


def test_rules_of_ones_own_are_used_after_the_shipped_ones(tmp_path):
    (tmp_path / "mine.toml").write_text(
        """
        [[rule]]
        id = "station-ident"
        class = "follow"
        why = "The station names itself."
        line = ["您正在收听.{1,20}"]
        removes = ["您正在收听城市之声"]
        keeps = ["您正在收听的节目已经播了十年，每一期都有存档，可以在馆里查到。"]
        """,
        "utf-8",
    )
    step = Boilerplate(rules=(str(tmp_path),))
    found = step(Document("1", "您正在收听城市之声\n[复制链接]"))
    assert [f.rule for f in found if isinstance(f, Edit)] == [
        "station-ident",
        "copy-link",
    ]


def test_the_step_survives_pickling():
    step = pickle.loads(pickle.dumps(Boilerplate(disable=("copy-link",))))
    assert step == Boilerplate(disable=("copy-link",))
    ruleset = pickle.loads(pickle.dumps(step.ruleset))
    assert ruleset.hash == step.ruleset.hash
    assert ruleset.find("登录 | 注册") == step.ruleset.find("登录 | 注册")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (
            "夜雨\n2022-03-01 08:30 来源：本地新闻网 作者：李木",
            {"author": "李木", "source_name": "本地新闻网", "published": "2022-03-01 08:30"},
        ),
        ("夜雨\n發佈日期：2016年1月2日", {"published": "2016-01-02"}),
        ("夜雨\n来源：《城市晚报》", {"source_name": "城市晚报"}),
        ("夜雨\n記者手記|文章来源：晚报 文/李木", {"source_name": "晚报", "author": "李木"}),
        ("夜雨\n他的文章来源：生活，合作 者：不详", {}),
        ("夜雨 1999-1-2\n再版 2001-1-2\n更新 2020/3/4", {"published": "2020-03-04"}),
        ("他在 2019-01-01 那天出生，作者：这个词他很晚才学会。", {}),
    ],
)  # fmt: skip
def test_by_lines_become_labels(text, labels):
    found = Boilerplate()(Document("1", text))
    assert {f.name: f.value for f in found if isinstance(f, Label)} == {"genre": "article"} | labels


def test_the_mask_has_one_entry_a_line_even_with_line_breaks_inside():
    lines = ["登录 | 注册", "", "上半句\n下半句", "[复制链接]"]
    assert boilerplate_mask(lines) == [False, True, True, False]


def test_the_mask_keeps_a_line_of_which_a_piece_goes():
    assert boilerplate_mask(["收音机还能修吗 [复制链接]"]) == [True]


def test_a_title_stays_that_stands_among_the_words_of_a_menu():
    body = "老巷里的裁缝铺开了四十年，裁缝把缝纫机擦得发亮，巷子里的人都来这里改衣裳。"
    menu = ["首页", "新闻", "财经", "论坛", "老巷里的裁缝", "登录", "注册", "搜索"]
    kept = boilerplate_mask([*menu, body])
    assert [line for line, stays in zip(menu, kept, strict=False) if stays] == ["老巷里的裁缝"]
    kept = boilerplate_mask([*menu, body.replace("裁缝", "木工").replace("老巷", "旧街")])
    assert not any(kept[:-1])


def test_a_quoted_disclaimer_stays_in_a_text_without_boilerplate():
    text = [
        "很多网站的页脚都写着一句话，写的人未必想过它有没有用，读的人更不会去看第二眼。",
        "未经授权，禁止转载",
        "法官在判决书里说，写不写这句话，都不影响作者的权利，关键要看有没有许可合同。",
    ]
    assert boilerplate_mask(text) == [True, True, True]
    assert boilerplate_mask([*text, *text[2:], text[1]])[-1] is False
