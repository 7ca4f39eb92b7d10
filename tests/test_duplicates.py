import random
import tracemalloc
from functools import cache
from itertools import chain as joined
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import SEEDS, grows_linearly
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpusprep.errors import CorpusprepError
from corpusprep.steps import duplicates as step_module
from corpusprep.steps import star as module
from corpusprep.steps.duplicates import (
    MEETING_CHANCE,
    Duplicates,
    band_shape,
    near_duplicates,
    sortable_date,
    warnings,
)
from corpusprep.steps.sketches import Sketches, sketch_schema
from corpusprep.steps.star import link
from corpusprep.text.minhash import BINS
from corpusprep.text.script import convert_script
from corpusprep.text.shingles import common, jaccard, key_texts, shingle_sets

NOTICE = (
    "各区、各单位：为做好今年防汛工作，请于六月十日前完成河道、水库和地下车库的隐患排查，"
    "把整改清单报市防汛办公室。“逾期不报的，予以通报；造成损失的，依法追责！”联系电话：88880000。"
)
FOLD = str.maketrans("，。：；！“”、", ',.:;!"",')

COPIES = {
    "again": NOTICE,
    "traditional": convert_script(NOTICE, "s2t"),
    "punctuation folded to ASCII": NOTICE.translate(FOLD),
    "punctuation gone": "".join(c for c in NOTICE if c.isalnum()),
    "spaces between the characters": " ".join(NOTICE),
    "ideographic indent and broken lines": "\u3000\u3000" + NOTICE.replace("，", "，\n\n"),
    "zero-width characters": "\u200b".join(NOTICE),
    "full-width digits": NOTICE.replace("88880000", "８８８８００００"),
    "a share bar at the end": NOTICE + "\n分享到：微信 微博",
    "one character mistaken": NOTICE.replace("隐患", "隐串"),
}


@cache
def sentences():
    text = "".join(path.read_text("utf-8") for path in SEEDS).replace("\n", "")
    return [part + "。" for part in text.split("。") if 8 < len(part) < 120]


def document(rng, count=8):
    return "".join(rng.sample(sentences(), count))


def unlike(rng, length):
    """A text that has nothing in common with any other."""
    return "".join(chr(rng.randint(0x4E00, 0x9000)) for _ in range(length))


def revised(rng, text, count):
    chars = list(text)
    for at in rng.sample(range(len(chars)), count):
        chars[at] = rng.choice("春夏秋冬山水风云花鸟")
    return "".join(chars)


def corpus(seed, count=40):
    """Documents and copies of them at all distances, in any order."""
    rng = random.Random(seed)
    texts = [document(rng, rng.randint(3, 9)) for _ in range(count)]
    for text in rng.choices(texts, k=count):
        copy = revised(rng, text, len(text) * rng.randint(0, 7) // 100)
        texts.append(rng.choice([copy, " ".join(copy), copy + document(rng, 1)]))
    texts += rng.choices(texts, k=count // 4)
    rng.shuffle(texts)
    return texts


def decide(texts, order=None, *, asked=None, settled=0, **options):
    def text_of(rows):
        if asked is not None:
            asked.append(list(rows))
        return [texts[row] for row in rows]

    step = Duplicates(**options)
    return step.decide(step.sketch(texts), text_of, order, settled=settled)


def gone_for(*args, **options):
    return {item.row: item.kept for item in decide(*args, **options)}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES.keys())
def test_a_copy_meets_its_original(copy):
    rng = random.Random(5)
    texts = [document(rng), NOTICE, document(rng), copy]
    assert near_duplicates(texts) == [0, 1, 2, 1]


SKIES = ("晴间多云", "小到中雨", "阴转阵雨", "大风降温", "轻雾转晴", "雷阵雨")


def bulletins(days="一二三四五六七八九十", skies=SKIES, tail=""):
    form = (
        "市气象台{}发布天气预报：今天白天{}，最高气温{}℃；今天夜间{}，最低气温{}℃。"
        "预计未来三天我市以{}天气为主，请市民根据天气变化及时增减衣物，驾车出行注意交通安全，"
        "有关部门做好防范应对。更多信息请拨打气象服务热线或关注气象台官方微博，气象台将滚动发布最新预报。"
    )
    rng = random.Random(8)
    return [
        form.format(
            f"{day}日十七时",
            rng.choice(skies),
            rng.randint(20, 38),
            rng.choice(skies),
            rng.randint(-9, 19),
            rng.choice(skies),
        )
        + tail
        for day in days
    ]


def test_bulletins_of_one_form_with_other_facts_stay_apart():
    texts = bulletins()
    sets = shingle_sets(texts)
    assert max(jaccard(a, b) for i, a in enumerate(sets) for b in sets[:i]) > 0.7
    assert near_duplicates(texts) == list(range(len(texts)))


def test_forms_are_kept_apart_unless_one_says_that_they_shall_not():
    tail = (
        "另据环境监测部门介绍，受扩散条件转好影响，空气质量总体良好，适宜户外活动和开窗通风，"
        "呼吸道疾病患者出门仍须注意保暖。农业部门提醒种植户抓住有利时机抢收抢种，及时清理沟渠，"
        "加固大棚设施，做好田间管理和病虫害监测，确保颗粒归仓、应收尽收。"
    )
    texts = bulletins("一三五", ["晴间多云", "小到中雨", "雷阵雨"], tail)
    sets = shingle_sets(texts)
    assert min(jaccard(a, b) for i, a in enumerate(sets) for b in sets[:i]) > 0.8
    apart, together = decide(texts), decide(texts, forms_apart=False)
    assert list(apart) == []
    assert apart.apart == 2  # the first of the three has nothing before it to be like
    assert together.row.tolist() == [1, 2]
    assert together.apart == 0


def test_a_long_report_with_one_figure_changed_is_a_copy_all_the_same():
    # What character n-grams cannot know; who needs such pairs raises the threshold.
    text = document(random.Random(2)) + "全年粮食总产量达到一百二十三万吨。"
    other = text.replace("一百二十三", "一百二十六")
    assert near_duplicates([text, other]) == [0, 0]
    assert near_duplicates([text, other], threshold=1.0) == [0, 1]


def test_a_chain_of_drifting_copies_does_not_fall_together():
    # Each lacks the first 20 characters of the one before and has 20 more: neighbours are near
    # copies, the first and the last have nothing in common.
    rng = random.Random(4)
    text = "".join(rng.choices(sentences(), k=80))
    chain = [text[at : at + 420] for at in range(0, 1220, 20)]
    sets = shingle_sets(chain)
    assert min(jaccard(a, b) for a, b in pairwise(sets)) > 0.8
    labels = near_duplicates(chain)
    assert len(set(labels)) > 15
    assert all(jaccard(sets[i], sets[kept]) >= 0.8 for i, kept in enumerate(labels))


def test_a_thousand_short_texts_stay():
    texts = [
        f"{a}{b}{c}"
        for a in "天地玄黄宇宙洪荒日月"
        for b in "春夏秋冬东南西北中上"
        for c in range(10)
    ]
    texts += ["", "。", "！！", "👍", "👎", "-1", "1"]
    assert near_duplicates(texts) == list(range(len(texts)))


def test_short_texts_are_copies_only_of_their_equals():
    texts = [
        "本市今天最高气温25℃，有小雨。",
        "本市今天最高气温26℃，有小雨。",
        "本市今天最高气温25℃,有小雨.",
        "“本市”今天最高气温２５℃ 有小雨👍",
        "本市今天最高气温2.5℃，有小雨。",
    ]
    assert near_duplicates(texts, threshold=0.5) == [0, 1, 0, 0, 4]


def test_without_exact_only_near_copies_go_and_the_other_way_round():
    rng = random.Random(6)
    text = document(rng)
    texts = [text, "短讯。", text.replace("，", ","), revised(rng, text, 2), "短讯。"]
    assert [item.row for item in decide(texts, near=False)] == [2, 4]
    assert [item.row for item in decide(texts, exact=False)] == [2, 3]
    assert list(decide(texts, exact=False, near=False)) == []


def test_the_longest_copy_stays_or_the_first():
    rng = random.Random(7)
    text = document(rng)
    longer = text + "完整版另有附件三份，见下。"
    texts = [text, longer, " ".join(text), longer]
    assert gone_for(texts) == {0: 1, 2: 1, 3: 1}
    assert gone_for(texts, keep="first") == gone_for(texts, keep="newest") == {1: 0, 2: 0, 3: 0}


def test_length_is_counted_in_letters_and_digits():
    rng = random.Random(7)
    text = document(rng)
    assert gone_for(["，，，，，，".join(text), text + "附件三份。"]) == {0: 1}


def test_an_exact_copy_of_a_text_that_goes_is_told_of_the_one_that_stays():
    rng = random.Random(9)
    text = document(rng)
    longer = text + "完整版另有附件三份，见下。"
    found = list(decide([text, text, longer]))
    assert [item[:3] for item in found] == [(0, "near-duplicate", 2), (1, "near-duplicate", 2)]
    assert found[0].similarity == found[1].similarity < 1
    assert [item.cluster_size for item in found] == [3, 3]


def test_decisions_are_arrays_and_tell_of_each_document():
    rng = random.Random(10)
    text = document(rng)
    texts = [text + "附件三份，见下。", "短讯。", " ".join(text), "短讯！", text, unlike(rng, 80)]
    found = decide(texts)
    assert len(found) == 3
    assert found.row.tolist() == [2, 3, 4]
    assert found.kept.tolist() == [0, 1, 0]
    assert [step_module.RULES[rule] for rule in found.rule.tolist()] == [
        "near-duplicate",
        "exact-duplicate",
        "near-duplicate",
    ]
    assert found.cluster_size.tolist() == [3, 2, 3]
    assert found.similarity[1] == 1
    assert found.similarity[0] == found.similarity[2] < 1
    columns = found.row, found.rule, found.kept, found.similarity, found.cluster_size
    assert [tuple(item) for item in found] == [
        (row, step_module.RULES[rule], *rest)
        for row, rule, *rest in zip(*(column.tolist() for column in columns), strict=True)
    ]
    kinds = [column.dtype for column in columns]
    assert kinds == [np.int64, np.uint8, np.int64, np.float64, np.int64]
    nothing = decide(texts[:2])
    assert [column.dtype for column in (nothing.row, nothing.cluster_size)] == [np.int64] * 2
    assert len(nothing) == 0


@settings(deadline=None, max_examples=15)
@given(
    st.integers(0, 10_000),
    st.sampled_from([0.5, 0.7, 0.8, 0.95]),
    st.sampled_from(["longest", "first"]),
    st.sampled_from([{}, {"forms_apart": False}, {"ngram": 8}, {"bands": 40}]),
)
def test_whoever_goes_is_as_similar_as_said_to_one_that_stays(seed, threshold, keep, more):
    texts = corpus(seed)
    found = list(decide(texts, threshold=threshold, keep=keep, **more))
    sets = shingle_sets(texts, more.get("ngram", 5))
    keys = [key_texts([text]).flat.tobytes() for text in texts]
    gone = {item.row for item in found}
    assert len(gone) == len(found) > 0
    for item in found:
        assert item.kept not in gone
        if item.rule == "exact-duplicate":
            assert item.similarity == 1
            assert keys[item.row] == keys[item.kept]
        else:
            assert item.similarity == jaccard(sets[item.row], sets[item.kept]) >= threshold
        assert item.cluster_size == 1 + sum(other.kept == item.kept for other in found)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("more", [{}, {"ngram": 3}, {"ngram": 9}])
def test_no_clear_copy_is_missed(seed, more):
    texts = corpus(seed)
    sets = shingle_sets(texts, more.get("ngram", 5))
    gone = gone_for(texts, forms_apart=False, **more)
    stay = [i for i in range(len(texts)) if i not in gone]
    missed = [(i, j) for i in stay for j in stay if i < j and jaccard(sets[i], sets[j]) >= 0.85]
    assert missed == []


def put_together(parts):
    names = "exact", "length", "key_length", "bands", "signature"
    return Sketches(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000), st.integers(1, 60), st.sampled_from([np.uint32, np.uint64]))
def test_the_answer_does_not_depend_on_shards_or_bounds(seed, size, dtype):
    texts = corpus(seed)
    step = Duplicates()
    parts = [step.sketch(texts[at : at + size], dtype) for at in range(0, len(texts), size)]
    want = decide(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WINDOW", 900)
        patch.setattr(module, "CACHE", 2000)
        asked = []

        def text_of(rows):
            asked.append(len(rows))
            return [texts[row] for row in rows]

        found = step.decide(put_together(parts), text_of)
    assert list(found) == list(want)
    assert found.apart == want.apart
    assert max(asked) < len(texts) // 2


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000), st.booleans())
def test_the_answer_depends_on_the_order_given_and_not_on_that_of_the_input(seed, by_length):
    texts = corpus(seed)
    rng = random.Random(seed)
    order = rng.sample(range(len(texts)), len(texts))
    if by_length:
        order.sort(key=lambda row: -len(texts[row]))
    turned = rng.sample(range(len(texts)), len(texts))
    place = {row: i for i, row in enumerate(turned)}
    want = decide(texts, np.array(order))
    again = decide([texts[row] for row in turned], np.array([place[row] for row in order]))
    back = [item._replace(row=turned[item.row], kept=turned[item.kept]) for item in again]
    assert sorted(back) == list(want)
    assert again.apart == want.apart
    first = {row: i for i, row in enumerate(order)}
    assert all(first[item.kept] < first[item.row] for item in want)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000), st.integers(0, 90), st.booleans())
def test_what_is_in_a_corpus_stays_and_new_documents_go_for_it(seed, settled, exact):
    texts = corpus(seed)
    rng = random.Random(seed)
    order = np.array(rng.sample(range(len(texts)), len(texts)))
    found = decide(texts, order, settled=settled, exact=exact)
    old = set(order[:settled].tolist())
    gone = {item.row for item in found}
    assert not gone & old
    assert not gone & {item.kept for item in found}
    sets = shingle_sets(texts)
    for item in found:
        alike = jaccard(sets[item.row], sets[item.kept])
        assert item.similarity == (1 if item.rule == "exact-duplicate" else alike)
    if settled == 0:
        assert list(found) == list(decide(texts, order, exact=exact))


def test_copies_within_a_corpus_stay_and_a_longer_copy_that_is_new_goes():
    rng = random.Random(14)
    text = document(rng)
    texts = [
        text + "完整版另有附件三份，见下。",
        "短讯。",
        text,
        "短讯",
        " ".join(text),
        "短讯！",
        text,
        unlike(rng, 90),
    ]
    order = np.array([2, 3, 4, 1, 0, 5, 6, 7])
    assert gone_for(texts, order, settled=4) == {0: 2, 5: 3, 6: 2}
    assert gone_for(texts, order, settled=8) == {}
    assert gone_for(texts, order) == {0: 2, 1: 3, 4: 2, 5: 3, 6: 2}


def test_texts_are_asked_for_once_and_only_where_they_may_be_copies():
    rng = random.Random(11)
    texts = [document(rng, 6) for _ in range(60)]
    texts.append(revised(rng, texts[20], 2))
    asked = []
    decide(texts, asked=asked)
    assert sorted(joined(*asked)) == [20, 60]
    asked.clear()
    decide([*texts, texts[20], texts[30]], asked=asked)
    assert sorted(joined(*asked)) == [20, 60]  # equal keys are known from their hashes


def test_texts_of_a_huge_cluster_are_asked_for_a_few_at_a_time(monkeypatch):
    rng = random.Random(13)
    text = document(rng)
    texts = [revised(rng, text, 2) for _ in range(300)]
    monkeypatch.setattr(module, "WINDOW", 10 * len(text))
    asked = []
    assert len(decide(texts, asked=asked)) > 290
    assert max(map(len, asked)) <= 10 * (1 + module.TRIES) + 1


def test_sets_that_are_remembered_have_a_bound(monkeypatch):
    size = 452
    texts = pages_of_one_form(200)
    monkeypatch.setattr(module, "WINDOW", 5 * size)
    monkeypatch.setattr(module, "CACHE", 20 * size)
    held = []
    go_through = module._Star.go_through

    def watched(self, window):
        go_through(self, window)
        held.append(sum(map(len, self._sets.values())))

    monkeypatch.setattr(module._Star, "go_through", watched)
    assert list(decide(texts)) == []
    assert len(held) > 30
    assert max(held) <= (20 + 5 * (1 + module.TRIES)) * size


def test_a_band_that_very_many_share_is_remembered_for_some_of_them_only():
    sketches = Duplicates().sketch(["短"] * 400)
    none = module.Verdicts()
    staying = module._Star(module.Measure(0.8), sketches, np.arange(400), 0, list, none)
    for place in range(400):
        staying._stay(module._Member(place, 0, [7], []))
    assert staying._staying == {7: list(range(module.BUCKET))}


def test_the_first_document_meets_two_that_are_more_like_each_other():
    for seed in range(20):
        rng = random.Random(seed)
        text = unlike(rng, 400)
        copy = revised(rng, text, 6)
        again = revised(rng, copy, 1)
        assert near_duplicates([text, copy, again]) == [0, 0, 0]


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=9), st.booleans())
@example(bands=[(1, 9, 0, 2), (3, 7, 1, 3), (4, 7, 2, 4), (1, 8, 3, 5)], turned=False)
@example(bands=[(1, 9, 0, 2), (5, 9, 1, 3), (5, 9, 2, 4)], turned=False)
def test_whoever_shares_a_band_shares_a_bucket_and_nobody_else(bands, turned):
    rows = list(range(len(bands)))[:: -1 if turned else 1][:7]
    place, bucket, label = module._shared(np.array(bands, np.uint64), np.array(rows))
    buckets = {}
    for at, own in zip(place.tolist(), bucket.tolist(), strict=True):
        buckets.setdefault(own, []).append(at)
    assert sorted(place.tolist()) == place.tolist()
    found = {pair for own in buckets.values() for pair in combinations(sorted(own), 2)}
    want = {
        (a, b)
        for a, b in combinations(range(len(rows)), 2)
        if any(one == other for one, other in zip(bands[rows[a]], bands[rows[b]], strict=True))
    }
    assert found == want
    plain = list(range(len(rows)))
    for a, b in sorted(want):
        low, high = sorted((plain[a], plain[b]))
        plain = [low if own == high else own for own in plain]
    assert label.tolist() == plain


def pages_of_one_form(count):
    """Each has 300 characters in common with all others, 52 of its own: a similarity of 0.77."""
    rng = random.Random(12)
    form = document(rng, 20)[:400]
    return [form + unlike(rng, 52) for _ in range(count)]


def test_the_work_for_pages_of_one_form_is_bounded(monkeypatch):
    # Pair by pair they would be 44,850 comparisons.
    texts = pages_of_one_form(300)
    compared = []
    monkeypatch.setattr(module, "common", lambda a, b: compared.append(1) or common(a, b))
    assert list(decide(texts)) == []
    assert 1000 < len(compared) <= 300 * module.TRIES


def test_a_huge_component_costs_by_its_size(monkeypatch):
    rng = random.Random(15)
    text = document(rng)
    copies = [revised(rng, text, 2) for _ in range(1200)]
    assert grows_linearly(lambda n: decide(copies[:n]), 300)
    monkeypatch.setattr(module, "BUCKET", 64)  # from there on the cost of each is the same
    pages = pages_of_one_form(800)
    assert grows_linearly(lambda n: decide(pages[:n]), 200)


@given(
    st.integers(1, 30),
    st.lists(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29))), max_size=3),
    st.sampled_from([np.int32, np.int64]),
)
def test_links_join_what_plain_python_joins(count, parts, kind):
    want, label = list(range(count)), np.arange(count, dtype=kind)
    for part in parts:
        links = [(a % count, b % count) for a, b in part]
        for a, b in links:
            low, high = sorted((want[a], want[b]))
            want = [low if own == high else own for own in want]
        link(label, *np.array(links, np.int64).reshape(-1, 2).T)
        assert label.tolist() == want


def test_a_long_chain_of_links_is_followed_in_a_time_by_its_length():
    def work(n):
        chain, label = np.random.default_rng(n).permutation(n), np.arange(n)
        link(label, chain[1:], chain[:-1])
        assert not label.any()

    assert grows_linearly(work, 10_000)


def test_the_overlap_is_that_of_the_document_that_goes():
    rng = random.Random(16)
    text = unlike(rng, 400)
    texts = [text, "导航栏目" + revised(rng, text, 2) + unlike(rng, 160)]
    assert 0.6 < jaccard(*shingle_sets(texts)) < 0.7
    assert gone_for(texts) == gone_for(texts, overlap=0.99) == {}
    assert gone_for(texts, overlap=0.9) == {0: 1}
    assert gone_for(texts, overlap=0.9, keep="first") == {}
    assert gone_for(texts, overlap=0.65, keep="first") == {1: 0}
    (gone,) = decide(texts, overlap=0.9)
    assert gone.rule == "near-duplicate"
    assert gone.similarity == jaccard(*shingle_sets(texts)) < 0.8


def test_labels_may_count_the_overlap_as_well():
    rng = random.Random(16)
    text = unlike(rng, 400)
    texts = [unlike(rng, 90), text + unlike(rng, 170), text, unlike(rng, 90)]
    assert near_duplicates(texts) == [0, 1, 2, 3]
    assert near_duplicates(texts, overlap=0.9) == [0, 1, 1, 3]
    assert near_duplicates(texts[::-1], overlap=0.9) == [0, 1, 2, 3]
    with pytest.raises(CorpusprepError, match="overlap is 2"):
        near_duplicates(texts, overlap=2)


def test_an_overlap_of_texts_that_share_less_than_half_is_not_enough():
    rng = random.Random(17)
    text = unlike(rng, 400)
    texts = [text, text + unlike(rng, 460)]
    assert 0.4 < jaccard(*shingle_sets(texts)) < 0.5
    assert gone_for(texts, overlap=0.5, threshold=0.5) == {}


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_bands_let_two_at_the_threshold_meet_and_are_as_wide_as_they_can_be(threshold):
    def chance(count, width):
        return 1 - (1 - threshold**width) ** count

    count, width = band_shape(threshold)
    assert count == BINS // width
    assert chance(count, width) >= MEETING_CHANCE
    assert width == BINS or chance(BINS // (width + 1), width + 1) < MEETING_CHANCE


def test_bands_are_as_many_as_the_threshold_wants_or_as_one_says():
    assert Duplicates().shape == (18, 7)
    assert Duplicates(threshold=0.9).shape == band_shape(0.9)
    assert Duplicates(overlap=0.9).shape == band_shape(0.6)
    assert Duplicates(overlap=0.9, threshold=0.5).shape == band_shape(0.5)
    for bands, shape in ((1, (1, 128)), (16, (16, 8)), (100, (100, 1)), (128, (128, 1))):
        step = Duplicates(bands=bands)
        assert step.shape == shape
        assert step.sketch([NOTICE, ""]).bands.shape == (2, bands)


def test_more_bands_find_more_of_those_that_are_less_alike():
    texts = corpus(1, 80)
    found = [len(decide(texts, threshold=0.6, bands=bands, exact=False)) for bands in (2, 12, 40)]
    assert found[0] < found[1] <= found[2]


@pytest.mark.parametrize("ngram", [3, 9])
def test_sketches_are_of_the_width_that_is_asked_for(ngram):
    errors = []
    for seed in range(40):
        rng = random.Random(seed)
        text = document(rng, 12)
        texts = [text, revised(rng, text, len(text) // 30)]
        one, other = Duplicates(ngram=ngram).sketch(texts).signature
        errors.append(float(np.mean(one == other)) - jaccard(*shingle_sets(texts, ngram)))
    assert abs(np.mean(errors)) < 0.03  # sets of 5 lie 0.10 and 0.16 away


def test_32_bits_a_band_are_those_of_64():
    texts = corpus(2)
    wide, narrow = Duplicates().sketch(texts), Duplicates().sketch(texts, np.uint32)
    assert narrow.bands.dtype == np.uint32
    assert (narrow.bands == wide.bands >> np.uint64(32)).all()


@pytest.mark.parametrize("options", [{}, {"bands": 40}, {"threshold": 0.95}])
def test_sketches_come_back_from_parquet_as_they_went(tmp_path, options):
    texts = [*corpus(3), "", "短"]
    step = Duplicates(**options)
    sketches = step.sketch(texts)
    table = pa.table(sketches.to_columns())
    assert table.schema.field("signature").type == pa.binary(64)
    assert list(zip(table.schema.names, table.schema.types, strict=True)) == sketch_schema(
        step.shape[0]
    )
    pq.write_table(table, tmp_path / "sketches.parquet", row_group_size=7)
    back = Sketches.from_columns(pq.read_table(tmp_path / "sketches.parquet"), step.shape[0])
    for name in ("exact", "length", "key_length", "bands", "signature"):
        assert np.array_equal(getattr(back, name), getattr(sketches, name))
        assert getattr(back, name).dtype == getattr(sketches, name).dtype
    assert back.length.tolist() == [len(text) for text in texts]
    assert back.key_length.tolist() == np.diff(key_texts(texts).offsets).tolist()


def test_a_slice_of_columns_gives_a_slice_of_sketches():
    sketches = Duplicates().sketch(corpus(3))
    middle = pa.table(sketches.to_columns()).slice(5, 9)
    back = Sketches.from_columns(middle, 18)
    for name in ("exact", "length", "key_length", "bands", "signature"):
        assert np.array_equal(getattr(back, name), getattr(sketches, name)[5:14])
    parts = pa.concat_tables([middle, middle])
    assert len(Sketches.from_columns(parts, 18)) == 18
    assert len(Sketches.from_columns(middle.slice(0, 0), 18)) == 0
    assert len(Sketches.from_columns(Duplicates().sketch([]).to_columns(), 18)) == 0
    assert Sketches.from_columns(middle, 0).bands.shape == (9, 0)


def test_columns_of_another_version_are_refused_by_what_is_wrong():
    columns = Duplicates().sketch([NOTICE]).to_columns()
    columns["signature"] = pa.array([b"\0" * 512], pa.binary(512))
    with pytest.raises(CorpusprepError, match=r"binary\[512\].*binary\[64\].*sketch the documents"):
        Sketches.from_columns(columns, 18)
    columns["signature"] = pa.array([None], pa.binary(64))
    with pytest.raises(CorpusprepError, match="1 nulls"):
        Sketches.from_columns(columns, 18)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("band17", None),
        ("exact", None),
        ("signature", pa.array([b"\0" * 64])),
        ("length", pa.array([None], pa.uint32())),
    ],
)
def test_columns_that_are_missing_or_of_another_kind_are_refused(name, column):
    columns = Duplicates().sketch([NOTICE]).to_columns()
    del columns[name]
    if column is not None:
        columns[name] = column
    with pytest.raises(CorpusprepError, match="another version"):
        Sketches.from_columns(columns, 18)


@pytest.mark.parametrize("texts", [[], [""], [NOTICE]])
def test_nothing_goes_where_there_is_nothing_to_compare(texts):
    assert list(decide(texts)) == []
    assert near_duplicates(texts) == list(range(len(texts)))


@pytest.mark.parametrize("threshold", [0.49, 1.01, -1, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(CorpusprepError, match=r"between 0\.5 and 1"):
        Duplicates(threshold=threshold)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep": "shortest"}, "'shortest'.*longest, first, newest"),
        ({"action": "hide"}, "'hide'.*remove, mark"),
        ({"overlap": 0.4}, r"overlap is 0\.4.*0 \(off\)"),
        ({"contained": 1.5}, r"contained is 1\.5"),
        ({"contained": float("nan")}, "contained is nan"),
        ({"ngram": 2}, "ngram is 2.*3 to 12"),
        ({"ngram": 13}, "ngram is 13"),
        ({"bands": -1}, "bands is -1"),
        ({"bands": 129}, "bands is 129.*0 to 128"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, message):
    with pytest.raises(CorpusprepError, match=message):
        Duplicates(**options)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000))
def test_a_label_names_one_that_stays_and_stands_before(seed):
    texts = corpus(seed)
    labels = near_duplicates(texts)
    assert all(labels[label] == label <= i for i, label in enumerate(labels))
    gone = gone_for(texts, keep="first")
    assert labels == [gone.get(i, i) for i in range(len(texts))]


def short_documents(count):
    rng = random.Random(19)
    texts = []
    for _ in range(count):
        old = rng.choice(texts) if texts and rng.random() < 0.3 else ""
        texts.append(
            rng.choice([old, old[:-2] + "也"]) if old else unlike(rng, rng.randint(55, 90))
        )
    return texts


def test_labels_of_many_short_documents_lead_to_documents_that_stay():
    texts = short_documents(20_000)
    labels = near_duplicates(texts)
    assert all(labels[label] == label for label in labels)
    assert 0.69 < len(set(labels)) / len(texts) < 0.71


def test_twenty_thousand_short_documents_need_little_memory():
    near_duplicates([NOTICE, NOTICE])  # what is loaded at the first call
    texts = short_documents(20_000)
    tracemalloc.start()
    try:
        labels = near_duplicates(texts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(set(labels)) < 0.8 * len(texts)
    assert peak < 400 * len(texts)


DATES = [
    "2021年12月31日",
    "2022-1-5",
    "2022/01/06",
    "2022.1.7",
    "20220108",
    "2022年01月09日 08:05",
    "2022-01-09T10:30:00+08:00",
    "202201091031",
    "20220109103200",
    "发布时间：2022年1月9日 11:00",
    "2022-01-09 11:00:01.5",
    "20220110 星期一",
    "2022年10月",
    "2022/11/1",
    "2023",
    "2023-01-01",
]


def test_written_dates_sort_by_time():
    found = [sortable_date(date) for date in DATES]
    assert found == sorted(set(found))


@given(st.dates(), st.dates())
def test_dates_sort_by_time_in_every_form(one, other):
    forms = ["{}-{:02}-{:02}", "{:04}年{}月{}日", "{:04}/{}/{:02}", "{:04}{:02}{:02}"]
    for form in forms:
        first, second = (
            sortable_date(forms[-1].format(one.year, one.month, one.day)),
            sortable_date(form.format(other.year, other.month, other.day)),
        )
        assert (first < second, first == second) == (one < other, one == other)


@given(st.lists(st.integers(21_001_232, 2**41) | st.floats(21_001_232, 2**41), max_size=6))
def test_seconds_since_an_epoch_sort_as_numbers(values):
    found = sorted(values, key=sortable_date)
    assert all(a <= b + 0.001 for a, b in pairwise(found))


def test_a_number_of_eight_figures_that_reads_as_a_date_is_one():
    assert sortable_date(20230503) == sortable_date("2023-05-03") > sortable_date(20230502)


@pytest.mark.parametrize("value", [None, "", "昨天", "不详", "----"])
def test_what_has_no_figure_is_no_date(value):
    assert sortable_date(value) == ""
    assert sortable_date(value) < sortable_date(0) < sortable_date("1970-01-01")


@pytest.mark.parametrize(
    ("older", "newer", "_why"),
    [
        ("2022年5月1日", "２０２３年５月１日", "figures of full width are not read"),
        ("Sun, 31 Dec 2023 08:00:00 GMT", "Mon, 01 Jan 2024 08:00:00 GMT", "the day comes first"),
        (-200.0, -100.0, "before 1970 the sign is sorted as a character"),
    ],
)
def test_dates_in_unusual_forms_sort_by_time(older, newer, _why):
    assert sortable_date(older) < sortable_date(newer)


def test_a_cluster_too_large_to_be_an_article_is_pointed_out():
    found = warnings([("b.html", 12), ("login.html", 21), ("a.html", 12), ("x", 10)], 60, 1000)
    assert [line.split(" are copies of ")[1] for line in found] == [
        "login.html: is it an error or login page?",
        "a.html: is it an error or login page?",
        "b.html: is it an error or login page?",
    ]
    assert found[0].startswith("21 of 1000 documents (2.1 %)")
    assert warnings([("login.html", 21)], 60, 2100) == []


def test_more_than_half_gone_is_pointed_out():
    assert warnings([], 100, 201) == warnings([], 100, 200) == []
    (found,) = warnings([], 100, 199)
    assert "100 of 199" in found


def test_a_few_copies_in_a_small_corpus_are_no_cause_for_alarm():
    assert warnings([("a.html", 10)], 9, 30) == []
    assert warnings([], 0, 0) == []
