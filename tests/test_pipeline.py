"""The engine: it alone touches the text, keeps account, and survives the steps it runs."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep import CorpusprepError, Document, Drop, Edit, Label, Pipeline
from corpusprep.core import BatchStep, Block, Explanation
from corpusprep.report import LedgerError, Tally


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
