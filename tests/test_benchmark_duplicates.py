"""The corpora of the duplicates benchmark are what they say, and its judge sees what is there."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from benchmarks.duplicates import texts, truth
from benchmarks.duplicates.changes import changed
from benchmarks.duplicates.generator import CHINESE, KINDS, Document, corpus
from corpusprep.text.shingles import key_texts

COUNT = 200
# What a change of a text of 365 characters and more leaves of its similarity, at least and at most.
LEAVES = {
    "exact": (1, 1),
    "s2t": (0.9, 1),
    "s2tw": (0.85, 1),
    "width": (1, 1),
    "punctuation": (1, 1),
    "no punctuation": (1, 1),
    "spaced": (1, 1),
    "invisible": (1, 1),
    "block 2": (0.9, 1),
    "block 30": (0.4, 0.65),
    "scattered 2": (0.7, 0.95),
    "scattered 10": (0.2, 0.5),
    "scattered 30": (0, 0.15),
    "prefix 5": (0.75, 0.97),
    "suffix 15": (0.6, 0.9),
    "frame 40": (0.45, 0.8),
    "contained 2": (0.4, 0.6),
    "contained 5": (0.12, 0.25),
}


@pytest.fixture(scope="module")
def documents():
    return corpus(4000)


def test_the_same_seed_gives_the_same_corpus_and_another_seed_another():
    assert corpus(COUNT) == corpus(COUNT)
    assert not {d.text for d in corpus(COUNT)} & {d.text for d in corpus(COUNT, seed=21)}


def test_a_larger_corpus_has_the_families_of_a_smaller_one():
    small = [d for d in corpus(COUNT) if d.family < 100]
    assert set(small) <= set(corpus(2 * COUNT))


def test_every_kind_is_there_and_in_the_shares_that_are_named(documents):
    counts = Counter(d.kind for d in documents)
    named = {f"{source} {change}".strip() for source, change in KINDS} | {"alone", *texts.FORMS}
    assert set(counts) == named
    copies = sum(not d.base and d.kind not in texts.FORMS for d in documents)
    assert 0.24 < copies / len(documents) < 0.30


@pytest.mark.parametrize(("kind", "least", "most"), [(k, *v) for k, v in LEAVES.items()])
def test_a_change_leaves_the_similarity_that_it_is_meant_to(kind, least, most):
    rng = random.Random(kind)
    bases = [texts.prose(rng, 400) for _ in range(10)]
    copies = [changed(rng, base, kind) for base in bases]
    sets = [[truth.plain_set(text) for text in pair] for pair in zip(bases, copies, strict=True)]
    alike = sum(truth.similarity(*pair) for pair in sets) / len(sets)
    assert least <= alike <= most


def test_every_change_of_a_text_can_be_made_at_every_size():
    rng = random.Random(1)
    for kind in CHINESE:
        assert changed(rng, texts.prose(rng, 20), kind)


def test_bulletins_of_a_series_are_alike_and_hardly_two_are_the_same(documents):
    bulletins = [d for d in documents if d.kind in texts.FORMS]
    pairs = list(truth.Truth(bulletins).pairs())
    alike = [p.similarity for p in pairs]
    assert min(alike) > 0.2
    assert sum(n >= truth.THRESHOLD for n in alike) > len(alike) / 10
    assert sum(n == 1 for n in alike) < len(alike) / 50


def test_texts_that_have_nothing_to_do_with_each_other_stay_below_the_threshold(documents):
    found = truth.unrelated(documents[:2000], 100)
    assert found["mean_similarity"] < 0.01
    assert found["largest"] < truth.THRESHOLD


def test_the_plain_key_is_the_one_that_documents_are_compared_by(documents):
    some = [d.text for d in documents[:COUNT]]
    keys = key_texts(some)
    flat = [keys.flat[a:b].tobytes().decode("utf-32-le") for a, b in pairwise(keys.offsets)]
    assert flat == [truth.key_of(text) for text in some]


def test_the_judge_counts_what_is_found_what_is_left_and_what_goes_wrongly():
    base = texts.prose(random.Random(3), 300)
    other = texts.prose(random.Random(4), 300)
    rows = [(base, 0, True), (base + "。", 0, False), (other, 1, True), (other, 1, False)]
    judged = truth.Truth([Document(text, "exact", family, b) for text, family, b in rows])
    pairs = list(judged.pairs())

    def rates(*labels):
        found = truth.figures(judged, pairs, labels)
        return found["precision"], found["recall"], found["known_pairs_both_stay"]

    assert rates(0, 0, 2, 2) == (1.0, 1.0, 0)
    assert rates(0, 1, 2, 2) == (1.0, 0.5, 1)
    assert rates(0, 0, 0, 3) == (0.5, 1.0, 0)
    assert rates(0, -1, 2, 3) == (0.0, 0.5, 1)
