import random
from collections import Counter

import numpy as np
import pytest
from conftest import grows_linearly
from hypothesis import given, settings
from hypothesis import strategies as st
from test_duplicates import bulletins, corpus, document, revised, unlike

from corpusprep.steps import star
from corpusprep.steps.containment import ASKED, PROBES, is_probe, propose, well_proposed
from corpusprep.steps.duplicates import SAMPLE_OF, Duplicates
from corpusprep.steps.sketches import Sketches
from corpusprep.text.shingles import common, shingle_sets

SAMPLES = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 12), st.booleans()),
    max_size=60,
    unique_by=lambda sample: sample[:2],
)


def pairs_of(texts, **options):
    """Which texts may lie in which others, as a run would find it."""
    step = Duplicates(contained=0.8, **options)
    row, hashes = step.sample(texts)
    proposed = propose(row, hashes, is_probe(row), step.sketch(texts).key_length[row])
    return [(inner, outer) for inner, outer in well_proposed(proposed).tolist()]


def decide(texts, pairs=None, order=None, **options):
    step = Duplicates(**{"contained": 0.8, "forms_apart": False} | options)
    inside = pairs_of(texts) if pairs is None else pairs
    return step.decide(
        step.sketch(texts), lambda rows: [texts[row] for row in rows], order, inside=inside
    )


def thread(rng, posts):
    """A page with everything that was said, and what a forum writes between."""
    return "".join(f"{i} 楼：{post}\n{unlike(rng, 20)}\n" for i, post in enumerate(posts, 1))


@given(st.lists(st.integers(0, 5), max_size=40))
def test_the_first_samples_of_a_document_are_its_probes(rows):
    rows.sort()
    found = is_probe(np.array(rows, np.int64)).tolist()
    assert found == [rows[:i].count(row) < PROBES for i, row in enumerate(rows)]


@given(SAMPLES)
def test_pairs_are_those_of_plain_python(samples):
    length = {row: (7 * row) % 5 for row in range(10)}
    row, key, probe = (
        (np.array(part) for part in zip(*samples, strict=True))
        if samples
        else (np.empty(0, kind) for kind in (np.int64, np.int64, np.bool_))
    )
    found = propose(
        row, key.astype(np.uint64), probe, np.array([length[r] for r in row.tolist()], np.uint32)
    )
    want = Counter(
        (one, other)
        for one, own, is_asking in samples
        if is_asking
        for other, theirs, _ in samples
        if own == theirs and length[other] > length[one]
    )
    assert found.shape == (2, want.total())
    assert Counter(zip(*found.tolist(), strict=True)) == want
    assert well_proposed(found).tolist() == sorted(map(list, (p for p in want if want[p] >= 2)))


def test_of_many_with_a_common_phrase_the_longest_are_asked():
    n = 1000
    row, key = np.arange(n), np.full(n, 99, np.uint64)
    length = np.random.default_rng(1).permutation(n).astype(np.uint32)
    found = propose(row, key, np.ones(n, np.bool_), length)
    assert found.shape[1] <= n * ASKED
    assert set(length[found[1]].tolist()) == set(range(n - ASKED, n))
    assert (length[found[1]] > length[found[0]]).all()


def test_the_cost_of_a_phrase_that_all_have_is_linear():
    def work(n):
        row, key = np.arange(n), np.zeros(n, np.uint64)
        return propose(row, key, np.ones(n, np.bool_), np.arange(n, dtype=np.uint32))

    assert grows_linearly(work, 20_000)


def test_pairs_that_come_once_are_not_enough():
    pairs = np.array([[3, 1, 3, 1, 2], [5, 2, 5, 4, 9]])
    assert well_proposed(pairs).tolist() == [[3, 5]]
    assert well_proposed(np.empty((2, 0), np.int64)).shape == (0, 2)


def test_samples_of_a_batch_are_those_of_its_texts():
    texts = [*corpus(5), "", "短", "字" * 40_000, document(random.Random(1))]
    row, hashes = Duplicates().sample(texts)
    for i, text in enumerate(texts):
        alone = Duplicates().sample([text])
        assert hashes[row == i].tolist() == alone[1].tolist()
        assert set(alone[1].tolist()) <= set(shingle_sets([text])[0].tolist())
    assert [part.tolist() for part in Duplicates().sample([])] == [[], []]
    assert (np.diff(row) >= 0).all()


def test_samples_are_of_the_width_that_the_step_has():
    text = document(random.Random(2), 20)
    own = Duplicates(ngram=8).sample([text])[1]
    assert set(own.tolist()) <= set(shingle_sets([text], 8)[0].tolist())
    assert len(own) > len(shingle_sets([text], 8)[0]) / SAMPLE_OF / 2


@pytest.mark.parametrize(("length", "least"), [(300, 97), (150, 90), (80, 70)])
def test_a_post_within_its_thread_is_found_and_goes(length, least):
    rng = random.Random(length)
    found = 0
    for _ in range(100):
        posts = [unlike(rng, length) for _ in range(6)]
        texts = [posts[2], unlike(rng, length), thread(rng, posts), unlike(rng, 3000)]
        (gone, *more) = list(decide(texts)) or [None]
        assert more == []
        if gone:
            assert gone[:3] == (0, "contained-duplicate", 2)
            found += 1
    assert found >= least


def test_the_similarity_said_is_the_share_that_lies_in_the_other():
    rng = random.Random(4)
    post = unlike(rng, 400)
    texts = [revised(rng, post, 4), thread(rng, [unlike(rng, 700), post, unlike(rng, 700)])]
    (gone,) = decide(texts, [(0, 1)])
    inner, outer = shingle_sets(texts)
    assert gone.similarity == common(inner, outer) / len(inner)
    assert 0.9 < gone.similarity < 1
    assert gone.cluster_size == 2
    assert list(decide(texts, [(0, 1)], contained=0.99)) == []
    assert list(decide(texts, [(0, 1)], contained=0.0)) == []


def test_a_proposal_decides_nothing():
    rng = random.Random(5)
    texts = [unlike(rng, 200), unlike(rng, 900), "短", unlike(rng, 900) + "短"]
    assert list(decide(texts, [(0, 1), (0, 3), (2, 3), (2, 1)])) == []


def test_only_what_may_lie_within_another_is_asked_for():
    rng = random.Random(6)
    texts = [unlike(rng, 300) for _ in range(50)]
    texts.append(thread(rng, texts[7:9] + [unlike(rng, 300) for _ in range(9)]))
    asked = set()
    step = Duplicates(contained=0.8)

    def text_of(rows):
        asked.update(rows)
        return [texts[row] for row in rows]

    found = step.decide(step.sketch(texts), text_of, inside=pairs_of(texts))
    assert [item.row for item in found] == [7, 8]
    assert asked == {7, 8, 50}


def test_documents_with_a_phrase_in_common_are_not_proposed():
    # 60 characters of 400 below every page: now and then two of a document's four probes.
    rng = random.Random(7)
    bar = "本站所有文章均由用户上传，观点不代表本站立场，如有侵权请联系管理员删除，未经许可不得转载到任何平台。"
    texts = [unlike(rng, rng.randint(300, 500)) + bar for _ in range(400)]
    pairs = pairs_of(texts)
    assert len(pairs) < 400 * 399 / 2 / 20
    assert list(decide(texts, pairs)) == []


def test_the_shorter_one_goes_whatever_the_rows_and_never_for_one_that_goes():
    rng = random.Random(8)
    post = unlike(rng, 300)
    page = thread(rng, [post, unlike(rng, 900)])
    book = page + unlike(rng, 4000)
    for texts in ([post, page, book], [book, page, post], [page, book, post]):
        found = {item.row: item.kept for item in decide(texts)}
        assert found == {texts.index(post): texts.index(book), texts.index(page): texts.index(book)}


def test_an_equal_of_what_lies_within_another_goes_for_the_other():
    rng = random.Random(9)
    post = unlike(rng, 300)
    texts = [post, " ".join(post), thread(rng, [post, unlike(rng, 900)])]
    found = list(decide(texts, [(0, 2), (1, 2)]))
    assert [item[:3] for item in found] == [
        (0, "contained-duplicate", 2),
        (1, "contained-duplicate", 2),
    ]
    assert [item.cluster_size for item in found] == [3, 3]


def test_a_document_goes_only_for_one_that_would_rather_stay():
    rng = random.Random(10)
    post = unlike(rng, 300)
    texts = [post, thread(rng, [post, unlike(rng, 900)])]
    assert list(decide(texts, [(0, 1)], keep="first")) == []
    assert [item.row for item in decide(texts, [(0, 1)], np.array([1, 0]), keep="first")] == [0]


def test_without_near_only_what_lies_within_another_goes():
    rng = random.Random(11)
    post, other = unlike(rng, 300), unlike(rng, 400)
    texts = [post, thread(rng, [unlike(rng, 900), post]), other, revised(rng, other, 3)]
    assert [item.row for item in decide(texts, near=False)] == [0]
    assert [item.row for item in decide(texts)] == [0, 3]
    frame = [post, post + unlike(rng, 200)]
    (gone,) = decide(frame, [(0, 1)], near=False, overlap=0.9)
    assert gone.rule == "contained-duplicate"
    (gone,) = decide(frame, [(0, 1)], overlap=0.9)
    assert gone.rule == "near-duplicate"


def test_what_lies_within_another_is_found_without_bands():
    # A run reads no bands where `near` is off: see runs/duplicates.py.
    rng = random.Random(11)
    post = unlike(rng, 300)
    texts = [post, thread(rng, [unlike(rng, 900), post])]
    step = Duplicates(near=False, contained=0.8)
    sketches = Sketches.from_columns(step.sketch(texts).to_columns(), 0)
    found = step.decide(sketches, lambda rows: [texts[row] for row in rows], inside=[(0, 1)])
    assert [item.row for item in found] == [0]


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000))
def test_pairs_are_the_same_for_any_order_of_the_documents(seed):
    rng = random.Random(seed)
    texts = [unlike(rng, rng.randint(100, 300)) for _ in range(12)]
    texts += [thread(rng, rng.sample(texts[:12], 3)) for _ in range(4)]
    turned = rng.sample(range(16), 16)
    pairs = set(pairs_of(texts))
    again = pairs_of([texts[i] for i in turned])
    assert {(turned[inner], turned[outer]) for inner, outer in again} == pairs
    assert len(pairs) > 4


def test_of_two_that_a_document_lies_in_the_preferred_one_is_named():
    rng = random.Random(12)
    post = unlike(rng, 300)
    texts = [post, thread(rng, [post, unlike(rng, 900)]), thread(rng, [unlike(rng, 2000), post])]
    for pairs in ([(0, 1), (0, 2)], [(0, 2), (0, 1)]):
        assert [item.kept for item in decide(texts, pairs)] == [2]


def test_bulletins_of_one_form_with_other_facts_do_not_lie_within_each_other():
    texts = bulletins()
    assert list(decide(texts, contained=0.0, forms_apart=True)) == []
    assert list(decide(texts, contained=0.8, forms_apart=True)) == []


def plain_star(texts, order, settled, options):
    """Who goes, by comparing every document with all that stay."""
    sets = [set(own.tolist()) for own in shingle_sets(texts)]
    keys = [tuple(key) for key in Duplicates().sketch(texts).exact.tolist()]
    stays, seen, gone = [], set(), set()
    for i, row in enumerate(order):
        own = sets[row]
        both = [(len(own & sets[kept]), len(own | sets[kept]) or 1) for kept in stays]
        goes = (
            keys[row] in seen
            or any(shared / union >= options["threshold"] for shared, union in both if own)
            or any(
                shared >= share * len(own) and shared / union >= least
                for share, least in ((options["overlap"], 0.5), (options["contained"], 0))
                if share and own
                for shared, union in both
            )
        )
        if i < settled or not goes:
            stays.append(row)
        else:
            gone.add(row)
        seen.add(keys[row])
    return gone


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 10_000),
    st.integers(0, 30),
    st.sampled_from([0.6, 0.8]),
    st.sampled_from([0.0, 0.9]),
    st.sampled_from([0.0, 0.8]),
)
def test_where_all_are_compared_those_go_that_plain_python_lets_go(
    seed, settled, threshold, overlap, contained
):
    texts = corpus(seed, 20)
    order = np.array(random.Random(seed).sample(range(len(texts)), len(texts)))
    options = {"threshold": threshold, "overlap": overlap, "contained": contained}
    pairs = [(a, b) for a in range(len(texts)) for b in range(len(texts)) if a != b]
    step = Duplicates(bands=128, forms_apart=False, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(star, "TRIES", len(texts))
        patch.setattr(star, "SLACK", 1)
        found = step.decide(
            step.sketch(texts),
            lambda rows: [texts[row] for row in rows],
            order,
            settled=settled,
            inside=pairs if contained else (),
        )
    assert {item.row for item in found} == plain_star(texts, order.tolist(), settled, options)
