"""The engine: it alone touches the text, keeps account, and survives the steps it runs."""

from __future__ import annotations

import pickle
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep import CorpusprepError, Document, Drop, Edit, Label, Pipeline
from corpusprep.core import BatchStep, Block, Child, Explanation
from corpusprep.report import LedgerError, Tally, characters


def drop_vowels(doc):
    yield from (Edit(i, i + 1, "", "vowel") for i, c in enumerate(doc.text) if c in "aeiou")


def double_digits(doc):
    yield from (Edit(i, i + 1, c * 2, "digit") for i, c in enumerate(doc.text) if c.isdigit())


def fail_on_x(doc):
    if "x" in doc.text:
        raise KeyError("x")
    yield Label("checked", 1)


class Batched:
    """Counts its calls, so that a test can see which way the engine took."""

    name = "batched"

    def __init__(self):
        self.batches = 0

    def __call__(self, doc):
        if "!" in doc.text:
            raise ValueError("no shouting")
        yield Label("n", len(doc.text))

    def many(self, docs):
        self.batches += 1
        if any("!" in doc.text for doc in docs):
            raise ValueError("no shouting")
        return [[Label("n", len(doc.text))] for doc in docs]


@given(st.text("aeiou123字x", max_size=30))
def test_every_history_undoes_to_the_original_and_adds_up(text):
    doc = Pipeline([drop_vowels, double_digits])(text)
    assert doc.undo() == text
    tally = Tally(["drop_vowels", "double_digits"])
    tally.add(doc, len(text))
    explained = Explanation(doc, text)
    for edit in explained.edits:
        assert edit.old in text[edit.start : edit.end] or edit.old == text[edit.start : edit.end]


def test_a_failing_step_costs_its_document_and_not_the_run():
    docs = list(Pipeline([fail_on_x]).many(["abc", "axc", "d"]))
    assert [doc.dropped for doc in docs] == [
        None,
        ("fail_on_x", Drop("step-failed", "KeyError: 'x'")),
        None,
    ]
    assert docs[2].labels == {"checked": 1}


def test_a_failing_batch_is_tried_again_one_by_one():
    step = Batched()
    assert isinstance(step, BatchStep)
    docs = list(Pipeline([step]).many(["a", "b!", "cc"]))
    assert [doc.labels.get("n") for doc in docs] == [1, None, 2]
    assert docs[1].dropped == ("batched", Drop("step-failed", "ValueError: no shouting"))
    assert step.batches == 1


def test_edits_that_leave_the_text_drop_the_document():
    def beyond(doc):
        yield Edit(0, 99, "", "beyond")

    doc = Pipeline([beyond])("短")
    assert doc.dropped is not None
    assert doc.dropped[1].rule == "step-failed"
    assert doc.text == "短"


def test_blocks_and_sentences_follow_the_text():
    doc = Document("1", "aeiou字1字", blocks=[Block(0, 5, "nav", 5), Block(5, 8, "p", 0)])
    doc.sentences = [(0, 5), (5, 8)]
    doc = Pipeline([drop_vowels, double_digits])(doc)
    assert doc.text == "字11字"
    assert doc.blocks == [Block(0, 4, "p", 0)]
    assert doc.sentences == [(0, 4)]


def test_the_stream_keeps_its_order_over_batches():
    texts = [f"字{i}" for i in range(1000)]
    out = Pipeline([drop_vowels]).many(iter(texts), batch=7)
    assert [doc.text for doc in out] == texts


def test_two_steps_of_one_name_are_refused():
    with pytest.raises(CorpusprepError, match="two steps of one name"):
        Pipeline([drop_vowels, drop_vowels])


def test_a_missing_edit_in_the_history_is_found_out():
    doc = Pipeline([drop_vowels])("abc")
    doc.history.clear()
    with pytest.raises(LedgerError, match="the ledger says 3 characters are left, the text has 2"):
        Tally(["drop_vowels"]).add(doc, 3)


def test_a_map_function_pickles_and_does_not_depend_on_the_clock():
    pipe = Pipeline([drop_vowels])
    function = pipe.as_map()
    before = pickle.dumps(function)
    assert function({"text": ["abc", "e"], "id": [1, 2]}) == {
        "text": ["bc", ""],
        "id": [1, 2],
        "dropped": ["", ""],
    }
    assert pickle.dumps(function) == before
    assert pickle.loads(before)({"text": ["abe"]})["text"] == ["b"]


def divide_at_bars(doc):
    """Report a child for each piece between bars; the bars go."""
    places = [i for i, char in enumerate(doc.text) if char == "|"]
    if not places:
        return
    yield from (Edit(i, i + 1, "", "bar") for i in places)
    for start, end in pairwise([0, *places, len(doc.text)]):
        yield Child(start, end, doc.text[start:end].strip("|"), {"n": start or None})


def test_a_divided_document_goes_on_as_its_children():
    pipe = Pipeline([drop_vowels, divide_at_bars, double_digits, fail_on_x])
    docs = list(pipe.many(["a1|2ex|3a", "4", "|"]))
    assert [(d.id, d.text, d.title) for d in docs] == [
        ("0#1", "11", "1"),
        ("0#2", "22x", "2x"),
        ("0#3", "33", "3"),
        ("1", "44", ""),
        ("2", "", ""),
    ]
    assert docs[1].dropped is not None
    assert [d.undo() for d in docs] == ["a1|", "2ex|", "3a", "4", "|"]
    assert [d.parent and d.parent[:3] for d in docs[:4]] == [
        ("0", 0, 3),
        ("0", 3, 7),
        ("0", 7, 9),
        None,
    ]
    assert [d.labels.get("n") for d in docs[:3]] == [None, 1, 4]
    tally = Tally(pipe.names)
    for doc, original in zip(docs, ["a1|", "2ex|", "3a", "4", "|"], strict=True):
        tally.add(doc, len(original))
    counts = [(c.documents_in, c.documents_out) for c in tally.stages.values()]
    assert counts == [(3, 3), (3, 3), (3, 5), (5, 5), (5, 4)]
    assert characters(tally.as_dict())["in"] == 11


def test_the_children_of_a_page_are_rows_of_a_mapped_dataset():
    mapped = Pipeline([divide_at_bars]).as_map()({"text": ["1|2", "3"], "url": ["u", "v"]})
    assert mapped == {"text": ["1", "2", "3"], "url": ["u", "u", "v"], "dropped": ["", "", ""]}


def test_calling_a_pipeline_on_a_text_that_it_divides_says_what_to_do():
    with pytest.raises(CorpusprepError, match=r"2 articles; use pipe\.many"):
        Pipeline([divide_at_bars])("1|2")
