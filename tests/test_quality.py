"""Quality labels and the mild default filter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep import Document, Pipeline
from corpusprep.steps.quality import Quality
from corpusprep.text.chars import count_han

PROSE = "今天天气很好，我们去了公园，看见许多花。"


def judged(text, **options):
    return Pipeline([Quality(**options)])(Document("1", text))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (PROSE, None),
        ("不用谢", "too-short"),
        ("", "empty"),
        (" \n\u3000", "empty"),
        ("=" * 40 + "目录", "punctuation"),
        ("The quick brown fox jumps over the lazy dog.", None),
        ("床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。", None),
        ("第一章……………………1\n第二章……………………9", "punctuation"),
        ("1,204 3,310 5,600\n2,204 1,310 7,600", None),
    ],
)
def test_little_is_dropped_by_default(text, rule):
    doc = judged(text)
    assert (doc.dropped[1].rule if doc.dropped else None) == rule
    assert doc.text == text


def test_limits_are_the_users():
    assert judged(PROSE, min_characters=100).dropped[1].detail == "20 characters; at least 100"
    assert judged("Hello, world, 你好", min_han_share=0.5).dropped[1].rule == "too-little-han"
    assert judged(PROSE, max_punctuation_share=0.1).dropped[1].rule == "punctuation"


def test_shares_are_labels():
    labels = judged("汉字,𠀀。x").labels
    assert labels == {"characters": 6, "han_share": 0.5, "punctuation_share": 0.3333}


@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=["Cn", "Cs"]) | st.sampled_from("汉字𠀀〇々，。a1")
        ),
        max_size=9,
    )
)
def test_a_batch_measures_what_one_document_does(texts):
    step = Quality()
    together = [list(found) for found in step.many([Document("", t) for t in texts])]
    assert together == [list(step(Document("", t))) for t in texts]
    for text, found in zip(texts, together, strict=True):
        share = round(count_han(text) / len(text), 4) if text else 0.0
        assert dict(f for f in found if len(f) == 2 and f[0] == "han_share") == {"han_share": share}
