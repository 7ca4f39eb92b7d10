"""Edits: applying, undoing, and carrying spans across, as properties of any text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep.core import (
    Change,
    Child,
    Document,
    Edit,
    apply,
    divide,
    inverse,
    settle,
    shift,
    trace,
)
from corpusprep.text.edits import compose

CHARS = st.characters(codec="utf-8") | st.sampled_from("中文，。\n “”(a1")


@st.composite
def edits_of(draw, text, rule, *, insertions=True):
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return settle(
        Edit(a, b, draw(st.text(CHARS, max_size=4)), rule) for a, b in pairs if insertions or a < b
    )


@st.composite
def edited(draw):
    text = draw(st.text(CHARS, max_size=60))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    edits = [Edit(a, b, draw(st.text(CHARS, max_size=4)), "r") for a, b in pairs]
    return text, settle(edits)


@given(edited())
def test_undoing_what_was_applied_restores_the_text(case):
    text, edits = case
    after = apply(text, edits)
    assert apply(after, inverse(text, edits)) == text
    change = Change("step", edits, [text[e.start : e.end] for e in edits])
    assert change.inverse() == inverse(text, edits)


@given(edited(), st.data())
def test_a_span_that_no_edit_touches_keeps_its_text(case, data):
    text, edits = case
    after = apply(text, edits)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    (moved,) = shift([(start, end)], edits)
    if start < end and all(e.end < start or e.start > end for e in edits):
        assert moved is not None
        assert after[moved[0] : moved[1]] == text[start:end]
        assert list(trace([moved], edits)) == [(start, end)]


@given(edited(), st.data())
def test_spans_stay_inside_and_in_order(case, data):
    text, edits = case
    after = apply(text, edits)
    cuts = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text)), max_size=6))})
    moved = [span for span in shift(itertools.pairwise(cuts), edits) if span]
    ends = [0, *(at for span in moved for at in span), len(after)]
    assert ends == sorted(ends)
    back = list(trace(moved, edits))
    assert all(0 <= a <= b <= len(text) for a, b in back)


@given(edited(), st.data())
def test_a_span_traced_back_covers_every_character_it_came_from(case, data):
    text, edits = case
    after = apply(text, edits)
    start = data.draw(st.integers(0, len(after)))
    end = data.draw(st.integers(start, len(after)))
    ((first, last),) = trace([(start, end)], edits)
    if start < end:
        undone = apply(after, inverse(text, edits))
        kept = "".join(
            after[i]
            for i in range(start, end)
            if not any(i in range(b.start, b.end) for b in inverse(text, edits))
        )
        found = iter(undone[first:last])
        assert all(char in found for char in kept)  # in order, inside the traced span


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=15))
def test_settled_edits_are_sorted_and_free_of_overlaps(pairs):
    edits = [Edit(min(p), max(p), "x", str(i)) for i, p in enumerate(pairs)]
    taken = settle(edits)
    apply("字" * 31, taken)
    if edits:
        assert edits[0] in taken  # nothing came before it


@given(st.text(CHARS, max_size=60), st.data())
def test_edits_of_edits_do_at_once_what_they_did_one_after_another(text, data):
    first = data.draw(edits_of(text, "first"))
    middle = apply(text, first)
    second = data.draw(edits_of(middle, "second"))
    edits = compose(middle, first, second)
    after = apply(text, edits)
    assert after == apply(middle, second)
    assert apply(after, inverse(text, edits)) == text
    assert all(a.end <= b.start for a, b in itertools.pairwise(edits))
    touched = {edit.rule for edit in edits}
    assert touched <= {"first", "second"}
    if first and not second:
        assert edits == first
    if second and not first:
        assert edits == second


@given(st.text(CHARS, max_size=60), st.data())
def test_edits_of_edits_stay_whole_when_they_are_settled(text, data):
    """The engine settles what a step reports: an edit lost there would be a change undone."""
    first = data.draw(edits_of(text, "first", insertions=False))
    middle = apply(text, first)
    second = data.draw(edits_of(middle, "second", insertions=False))
    edits = compose(middle, first, second)
    assert settle(edits) == edits


@given(st.text(CHARS, max_size=60), st.data())
def test_three_passes_compose_in_either_grouping(text, data):
    one = data.draw(edits_of(text, "1"))
    after_one = apply(text, one)
    two = data.draw(edits_of(after_one, "2"))
    after_two = apply(after_one, two)
    three = data.draw(edits_of(after_two, "3"))
    left = compose(after_two, compose(after_one, one, two), three)
    right = compose(after_one, one, compose(after_two, two, three))
    assert apply(text, left) == apply(text, right) == apply(after_two, three)


def test_edits_that_overlap_are_refused():
    with pytest.raises(ValueError, match="overlaps"):
        apply("一二三四", [Edit(0, 3, "", "a"), Edit(2, 4, "", "b")])


def test_an_edit_beyond_the_text_is_refused():
    with pytest.raises(ValueError, match="the text at 2"):
        apply("一二", [Edit(1, 5, "", "a")])


@given(st.lists(edited(), min_size=1, max_size=1), st.data())
def test_a_history_of_many_steps_gives_back_the_first_text(first, data):
    text, edits = first[0]
    doc = Document("1", text)
    for step in range(3):
        cut = data.draw(st.integers(0, len(doc.text)))
        edits = edits if step == 0 else [Edit(0, cut, "新", "r")] if cut else []
        doc.history.append(Change(str(step), edits, [doc.text[e.start : e.end] for e in edits]))
        doc.text = apply(doc.text, edits)
    assert doc.undo() == text


@given(st.text(CHARS, max_size=60), st.data())
def test_children_undo_to_stretches_that_make_the_original(text, data):
    doc = Document("page", text, labels={"genre": "newspaper", "author": "甲"})
    for k in range(data.draw(st.integers(0, 4))):
        edits = data.draw(edits_of(doc.text, f"r{k}"))
        if edits:
            old = [doc.text[e.start : e.end] for e in edits]
            doc.history.append(Change(f"step{k}", edits, old))
            doc.text = apply(doc.text, edits)
    inner = data.draw(st.sets(st.integers(1, max(1, len(doc.text) - 1)), max_size=5))
    cuts = sorted({0, *inner, len(doc.text)})
    children = [Child(a, b, f"题{a}", {"author": None}) for a, b in itertools.pairwise(cuts)]
    parts = divide(doc, "articles", children)
    assert "".join(part.text for part in parts) == doc.text
    assert "".join(part.undo() for part in parts) == text
    if len(parts) > 1:
        assert [part.id for part in parts] == [f"page#{k + 1}" for k in range(len(parts))]
        for part in parts:
            assert part.undo() == text[part.parent.start : part.parent.end]
            assert part.labels == {"genre": "newspaper"}
        assert {part.title for part in parts} <= {child.title for child in children}
    else:
        assert parts == [doc]


def test_a_child_that_begins_inside_of_a_replacement_stays_with_the_one_before():
    doc = Document("1", "甲乙丙丁", history=[Change("repair", [Edit(1, 2, "乙丙", "r")], ["?"])])
    children = [Child(0, 2, "一", {}), Child(2, 3, "二", {}), Child(3, 4, "三", {})]
    parts = divide(doc, "articles", children)
    assert [(part.text, part.title, part.undo()) for part in parts] == [
        ("甲乙丙", "一", "甲?"),
        ("丁", "三", "丁"),
    ]
