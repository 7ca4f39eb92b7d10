from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from corpusprep.integrations import sentence_map
from corpusprep.text.sentences import sentence_spans

TEXT = "他说：“今天很好。明天更好。”掌声响起。\n\n散会了"


@pytest.fixture
def spacy():
    return pytest.importorskip("spacy", reason="spaCy is not installed: it is an extra for tests")


def test_spacy_finds_the_component_by_its_entry_point(spacy):
    code = (
        "import spacy, tempfile; nlp = spacy.blank('zh');"
        "nlp.add_pipe('corpusprep_sentences', config={'preset': 'ltp'});"
        "folder = tempfile.mkdtemp(); nlp.to_disk(folder);"
        "again = spacy.load(folder);"
        "print([[s.text for s in p('“好。走。”天黑了。').sents] for p in (nlp, again)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str([["“好。走。”", "天黑了。"]] * 2), done.stderr


def sents(nlp, text):
    return [sent.text for sent in nlp(text).sents]


def test_the_spacy_component_sets_the_sentences_of_a_doc(spacy):
    nlp = spacy.blank("zh")
    nlp.add_pipe("corpusprep_sentences")
    wanted = ["他说：“今天很好。", "明天更好。”", "掌声响起。\n\n", "散会了"]
    assert sents(nlp, TEXT) == wanted


def test_the_spacy_component_takes_the_options_as_its_config(spacy):
    nlp = spacy.blank("zh")
    nlp.add_pipe("corpusprep_sentences", config={"quotes": "keep", "semicolon": True})
    assert sents(nlp, "他说：“好。走。”一；二") == ["他说：“好。走。”", "一；", "二"]


def test_the_spacy_component_agrees_with_the_spans_on_every_token(spacy):
    nlp = spacy.blank("zh")
    nlp.add_pipe("corpusprep_sentences")
    doc = nlp(TEXT)
    starts = {start for start, _ in sentence_spans(TEXT)}
    assert {token.idx for token in doc if token.is_sent_start} == starts
    assert doc.has_annotation("SENT_START")


def test_the_spacy_component_lets_an_empty_doc_be(spacy):
    nlp = spacy.blank("zh")
    nlp.add_pipe("corpusprep_sentences")
    assert sents(nlp, "") == []


def test_spacy_hears_of_a_wrong_option(spacy):
    with pytest.raises(ValueError, match="split"):
        spacy.blank("zh").add_pipe("corpusprep_sentences", config={"quotes": "drop"})


def test_the_module_does_not_load_spacy_or_datasets():
    code = (
        "import sys, corpusprep.integrations;"
        "print(*{'spacy', 'datasets', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_the_batch_function_adds_sentences_or_spans():
    batch = {"text": ["雨停了。走吧！", "", None]}
    assert sentence_map()(batch) == {"sentences": [["雨停了。", "走吧！"], [], []]}
    assert sentence_map(gives="spans")(batch) == {"sentences": [[(0, 4), (4, 7)], [], []]}


def test_the_batch_function_takes_a_column_and_options():
    split = sentence_map("body", preset="subtitle")
    assert split({"body": ["我……\n算了……走吧"]}) == {"sentences": [["我……", "算了……", "走吧"]]}


def test_the_batch_function_travels_to_workers():
    split = pickle.loads(pickle.dumps(sentence_map(quotes="keep", max_chars=50)))
    assert split == sentence_map(quotes="keep", max_chars=50)
    assert split({"text": ["“好。走。”"]}) == {"sentences": [["“好。走。”"]]}


@pytest.mark.parametrize(
    ("options", "message"),
    [({"gives": "ends"}, "'text' or 'spans'"), ({"preset": "ctb"}, "'ud', 'ltp' or 'subtitle'")],
)
def test_the_batch_function_refuses_what_it_does_not_know(options, message):
    with pytest.raises(ValueError, match=message):
        sentence_map(**options)


def test_the_batch_function_maps_a_dataset():
    from datasets import Dataset

    dataset = Dataset.from_dict({"text": ["雨停了。走吧！", "好。"]})
    mapped = dataset.map(sentence_map(), batched=True)
    assert mapped["sentences"][:] == [["雨停了。", "走吧！"], ["好。"]]
