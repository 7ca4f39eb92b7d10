from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpusprep.text.edits import apply, settle
from corpusprep.text.reflow import join_wrapped_lines
from corpusprep.text.spacing import space_edits

CLOSES = [
    ("让招商引资从上 到下都“热”起来", "让招商引资从上到下都“热”起来", "a headline of two lines"),
    ("全市春季植树造林工 作现场推进会召开", "全市春季植树造林工作现场推进会召开", "a word is cut"),
    (
        "我們決定從下個月起調整圖書館的開 放時間",
        "我們決定從下個月起調整圖書館的開放時間",
        "traditional",
    ),
    ("通 知", "通知", "a title set wide"),
    ("目　　录", "目录", "the same with U+3000"),
    ("会 议 通 知", "会议通知", "four characters"),
    ("今 天 天 气 很 好", "今天天气很好", "a sentence set wide"),
    ("未 经 书 面 授 权 禁 止 使 用 2020", "未经书面授权禁止使用 2020", "up to the number"),
    ("地　址：东湖路18号", "地址：东湖路18号", "a label set wide"),
    ("我们 在 北京 工作 。", "我们在北京工作。", "a tokenizer's spaces"),
    ("他 在 2023 年 搬 到 了 上海 ， 很 满意 。", "他在2023年搬到了上海，很满意。", "and numbers"),
    ("这 是 我 的 iPhone 手机", "这是我的 iPhone 手机", "Latin words keep their space"),
    ("天气真好 ，我们走吧 。", "天气真好，我们走吧。", "a space before a mark"),
    ("天气真好， 我们走吧。", "天气真好，我们走吧。", "a space behind a comma"),
    ("他说“ 走吧 ”。", "他说“走吧”。", "spaces inside quotation marks"),
]
KEEPS = [
    ("近者悦 远者来", "halves of a saying"),
    ("学先进 勇担当 善作为", "a slogan"),
    ("市委常委会召开会议 传达学习重要指示精神 研究部署贯彻落实工作", "halves of a headline"),
    ("记者 许媛媛", "a name"),
    ("本报讯（记者 赵彦臻） 2月7日，会议召开。", "a byline"),
    ("本报记者 王乐文 方 敏", "a name of two characters is set as wide as one of three"),
    ("2024年 春季 招聘", "a banner"),
    ("首页 新闻 体育 财经 娱乐 科技 房产", "a menu"),
    ("张三 李四 王五 赵六", "names"),
    ("日 一 二 三 四 五 六", "the head of a calendar"),
    ("东 南 西 北", "the compass"),
    ("红 黄 蓝 绿", "colours"),
    ("某某省某某市 中山路18号 王先生", "an address"),
    ("爆竹声中一岁除 春风送暖入屠苏", "a couplet"),
    ("姓名 性别 年龄 籍贯 备注", "the head of a table"),
    ("第一句说完了。 第二句开始", "a space behind a full stop parts sentences"),
    ("真好 :)", "a smile"),
    ("　　春天来了。\n　　夏天还远。", "indents"),
]
TEXTS = st.text(alphabet="今天我们的在一好中国上到下通知目录 　\u00a0，。：“”,\n12a", max_size=40)


@pytest.mark.parametrize(("text", "want", "why"), CLOSES, ids=[case[-1] for case in CLOSES])
def test_a_space_that_no_author_set_closes(text, want, why):
    assert apply(text, space_edits(text)) == want, why


@pytest.mark.parametrize(("text", "why"), KEEPS, ids=[case[-1] for case in KEEPS])
def test_a_real_space_stays(text, why):
    assert space_edits(text) == [], why


def test_each_kind_has_its_rule():
    text = "我县召开防汛抗旱工 作部署会\n通 知\n天气真好 。"
    assert [edit.rule for edit in space_edits(text)] == [
        "wrapped-space",
        "letter-spacing",
        "mark-space",
    ]


@given(TEXTS)
@example("今 天 天 气 很 好")
@settings(max_examples=400)
def test_edits_take_spaces_only_and_settle(text):
    edits = space_edits(text)
    assert settle(edits) == edits
    for edit in edits:
        assert re.fullmatch(r"[ \u3000\u00a0]+", text[edit.start : edit.end])
        assert edit.new == ""


@given(TEXTS)
@settings(max_examples=400)
def test_closing_twice_changes_nothing_more(text):
    closed = apply(text, space_edits(text))
    assert space_edits(closed) == []


@given(TEXTS)
@settings(max_examples=400)
def test_the_kind_and_number_of_spaces_do_not_matter(text):
    folded = re.sub(r"[ \u3000\u00a0]+", " ", text)
    assert apply(text, space_edits(text)).split() == apply(folded, space_edits(folded)).split()


def test_joining_lines_closes_the_space_that_a_break_left():
    text = "我县召开防汛抗旱工 作部署会\n\n近者悦 远者来"
    assert join_wrapped_lines(text) == "我县召开防汛抗旱工作部署会\n\n近者悦 远者来"


def test_text_without_such_spaces_never_loads_the_model():
    code = (
        "import sys; from corpusprep.text.spacing import space_edits;"
        "space_edits('今天天气很好。We went to the park.\\n　　明天 2 点见，a b c。'); "
        "sys.exit('numpy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
