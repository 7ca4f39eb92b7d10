"""The line model: what it may take, what it must leave, and that it looks at each page alone."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusprep import linemodel
from corpusprep.core import Document, Edit
from corpusprep.genre import recognise_genre
from corpusprep.linemodel import WAKING_LINES, features, line_model
from corpusprep.pipeline import Pipeline
from corpusprep.ruleset import load_rules
from corpusprep.steps.boilerplate import Boilerplate, boilerplate_mask

BODY = (
    "进山的那条公路修了三年，去年秋天才通车。村里的老人说，从前挑一担柿子到镇上要走一整天。\n"
    "如今合作社的货车每天早上来一趟，柿饼当天就能摆上县城的货架，价钱也比从前高了两成。\n"
    "“路通了，年轻人也肯回来了。”支书指着新盖的民宿说，今年春节前还有四家要开张。"
)
# A site of our own invention: no rule names what stands in MENU, SIDE and FOOT.
TOP = "首页 | 新闻 | 财经 | 论坛 | 登录 | 注册\n您现在的位置：首页 > 乡村 > 正文"
SIDE = "云岭号外\n岭上声音\n山货直通车\n看岭南\n岭图\n小岭视频\n掌上云岭 v3.2\n岭友圈(128)"
FOOT = "分享到：微信 微博\n责任编辑：王小明\n版权所有 云岭在线 滇ICP备00000000号"
PAGE = f"{TOP}\n{SIDE}\n公路通到柿子沟\n{BODY}\n{FOOT}\n{SIDE}"


def taken(text: str, **options: object) -> list[Edit]:
    found = Boilerplate(**options)(Document("1", text))
    return [edit for edit in found if isinstance(edit, Edit)]


def by_model(text: str, **options: object) -> str:
    edits = [e for e in taken(text, **options) if e.rule.startswith("line-model")]
    return "\n".join(text[e.start : e.end].strip() for e in edits)


def test_what_no_rule_names_goes_where_rules_found_chrome():
    gone = by_model(PAGE)
    assert "山货直通车" in gone
    assert "岭上声音" in gone
    assert not set(BODY.split("\n")) & set(gone.split("\n"))


def test_title_and_body_stay():
    left = Pipeline([Boilerplate()])(PAGE).text
    assert f"公路通到柿子沟\n{BODY}" in left


def test_a_text_without_chrome_is_left_as_it_is():
    assert taken(f"{SIDE}\n{BODY}") == []


def test_a_run_of_lines_is_one_removal_with_its_certainty():
    runs = [e for e in taken(PAGE) if e.rule.startswith("line-model")]
    assert all(re.fullmatch(r"line-model:(?:0\.\d\d|1\.00)", e.rule) for e in runs)
    assert all(float(e.rule.split(":")[1]) >= line_model().threshold - 0.01 for e in runs)
    assert any(PAGE[e.start : e.end].strip().count("\n") for e in runs)


def test_without_the_model_only_rules_take_lines():
    assert by_model(PAGE, line_model=False) == ""
    lines = PAGE.split("\n")
    mask = boilerplate_mask(lines, line_model=False)
    assert mask[lines.index("山货直通车")]
    assert not boilerplate_mask(lines)[lines.index("山货直通车")]


def test_the_model_leaves_what_a_class_that_is_kept_would_take():
    text = Pipeline([Boilerplate(keep_classes=("credit",))])(PAGE).text
    assert "责任编辑：王小明" in text
    assert "责任编辑：王小明" not in Pipeline([Boilerplate()])(PAGE).text


def test_what_went_comes_back():
    doc = Pipeline([Boilerplate()])(PAGE)
    assert doc.undo() == PAGE


def test_pages_are_judged_alone_whatever_stands_beside_them():
    texts = [PAGE, BODY, f"{PAGE}\n{SIDE}", "", PAGE.replace("岭", "湖"), SIDE]
    docs = [Document(str(i), text) for i, text in enumerate(texts)]
    together = [list(found) for found in Boilerplate().many(docs)]
    assert together == [list(Boilerplate()(doc)) for doc in docs]


def test_the_model_is_small_and_whole():
    model = line_model()
    assert linemodel.MODEL.stat().st_size < 500_000
    assert 0.5 <= model.threshold < 1
    assert model.pairs.shape == (linemodel.BUCKETS,)
    assert model.leaves.shape == (len(model.trees), 1 << model.trees.shape[1])
    assert int(model.trees.max()) < len(model.feature) == len(model.border)
    rules = load_rules()
    names, columns = features([rules.read(PAGE)], ["article"], rules.rules, model.pairs)
    assert columns.shape == (len(names), len(PAGE.split("\n")))
    assert int(model.feature.max()) < len(names)


def test_the_model_is_loaded_when_a_page_needs_it():
    code = (
        "import corpusprep.linemodel as m; from corpusprep.steps.boilerplate import Boilerplate\n"
        "Boilerplate(); print(m.line_model.cache_info().currsize)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "0"


lines = st.one_of(
    st.sampled_from([*PAGE.split("\n"), *BODY.split("\n"), "", "1", "回复", "好" * 2000]),
    st.text(max_size=30),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, min_size=1, max_size=40))
def test_any_page_gives_finite_numbers_and_spans_inside_the_text(page_lines):
    text = "\n".join(page_lines)
    rules = load_rules()
    page = rules.read(text)
    if len(page):
        _, columns = features([page], [recognise_genre(page)], rules.rules, line_model().pairs)
        assert np.isfinite(columns).all()
    edits = taken(f"{TOP}\n{text}\n{FOOT}")
    assert all(0 <= e.start <= e.end for e in edits)
    assert all(a.end <= b.start for a, b in pairwise(edits))


@pytest.mark.parametrize("count", range(WAKING_LINES))
def test_a_few_known_lines_do_not_wake_the_model(count):
    known = ["分享到：微信 微博", "滇ICP备00000000号", "返回顶部"][:count]
    assert by_model("\n".join([SIDE, BODY, *known])) == ""
