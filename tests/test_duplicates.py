import random
from functools import cache
from itertools import chain as joined
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusprep.errors import CorpusprepError
from corpusprep.steps import duplicates as module
from corpusprep.steps.duplicates import (
    Duplicate,
    Duplicates,
    Sketches,
    near_duplicates,
    warnings,
)
from corpusprep.text.script import convert_script
from corpusprep.text.shingles import jaccard, key_texts, shingle_sets

SEEDS = sorted((Path(__file__).resolve().parents[1] / "seeds").glob("*.txt"))
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


def decide(texts, *, asked=None, **options):
    def text_of(rows):
        if asked is not None:
            asked.append(list(rows))
        return [texts[row] for row in rows]

    step = Duplicates(**options)
    return step.decide(step.sketch(texts), text_of)


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES.keys())
def test_a_copy_meets_its_original(copy):
    rng = random.Random(5)
    texts = [document(rng), NOTICE, document(rng), copy]
    assert near_duplicates(texts) == [0, 1, 2, 1]


def test_bulletins_of_one_form_with_other_facts_stay_apart():
    form = (
        "市气象台{}发布天气预报：今天白天{}，最高气温{}℃；今天夜间{}，最低气温{}℃。"
        "预计未来三天我市以{}天气为主，请市民根据天气变化及时增减衣物，驾车出行注意交通安全，"
        "有关部门做好防范应对。更多信息请拨打气象服务热线或关注气象台官方微博，气象台将滚动发布最新预报。"
    )
    rng = random.Random(8)
    skies = ["晴间多云", "小到中雨", "阴转阵雨", "大风降温", "轻雾转晴", "雷阵雨"]
    texts = [
        form.format(
            f"{day}日十七时",
            rng.choice(skies),
            rng.randint(20, 38),
            rng.choice(skies),
            rng.randint(-9, 19),
            rng.choice(skies),
        )
        for day in ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"]
    ]
    sets = shingle_sets(texts)
    assert max(jaccard(a, b) for i, a in enumerate(sets) for b in sets[:i]) > 0.7
    assert near_duplicates(texts) == list(range(len(texts)))


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
    ]
    assert near_duplicates(texts, threshold=0.5) == [0, 1, 0]


def test_without_exact_only_near_copies_go_and_the_other_way_round():
    rng = random.Random(6)
    text = document(rng)
    texts = [text, "短讯。", text.replace("，", ","), revised(rng, text, 2), "短讯。"]
    assert [item.row for item in decide(texts, near=False)] == [2, 4]
    assert [item.row for item in decide(texts, exact=False)] == [2, 3]
    assert decide(texts, exact=False, near=False) == []


def test_the_longest_copy_stays_or_the_first():
    rng = random.Random(7)
    text = document(rng)
    longer = text + "完整版另有附件三份，见下。"
    texts = [text, longer, " ".join(text), longer]
    assert [(item.row, item.kept) for item in decide(texts)] == [(0, 1), (2, 1), (3, 1)]
    kept = [(item.row, item.kept) for item in decide(texts, keep="first")]
    assert kept == [(1, 0), (2, 0), (3, 0)]


def test_an_exact_copy_of_a_text_that_goes_is_told_of_the_one_that_stays():
    rng = random.Random(9)
    text = document(rng)
    longer = text + "完整版另有附件三份，见下。"
    found = decide([text, text, longer])
    assert [item[:3] for item in found] == [(0, "near-duplicate", 2), (1, "near-duplicate", 2)]
    assert found[0].similarity == found[1].similarity < 1
    assert [item.cluster_size for item in found] == [3, 3]


@settings(deadline=None, max_examples=15)
@given(
    st.integers(0, 10_000),
    st.sampled_from([0.5, 0.7, 0.8, 0.95]),
    st.sampled_from(["longest", "first"]),
)
def test_whoever_goes_is_as_similar_as_said_to_one_that_stays(seed, threshold, keep):
    texts = corpus(seed)
    found = decide(texts, threshold=threshold, keep=keep)
    sets = shingle_sets(texts)
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
def test_no_clear_copy_is_missed(seed):
    texts = corpus(seed)
    sets = shingle_sets(texts)
    gone = {item.row for item in decide(texts)}
    stay = [i for i in range(len(texts)) if i not in gone]
    missed = [(i, j) for i in stay for j in stay if i < j and jaccard(sets[i], sets[j]) >= 0.85]
    assert missed == []


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_the_answer_does_not_depend_on_shards_or_bounds(seed, size):
    texts = corpus(seed)
    step = Duplicates()
    parts = [step.sketch(texts[at : at + size]) for at in range(0, len(texts), size)]
    want = decide(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WINDOW", 900)
        patch.setattr(module, "CACHE", 2000)
        asked = []

        def text_of(rows):
            asked.append(len(rows))
            return [texts[row] for row in rows]

        assert step.decide(Sketches.join(parts), text_of) == want
    assert max(asked) < len(texts) // 2


def test_only_texts_that_may_be_copies_are_asked_for():
    rng = random.Random(11)
    texts = [document(rng, 6) for _ in range(60)]
    texts.append(revised(rng, texts[20], 2))
    asked = []
    decide(texts, asked=asked)
    assert sorted(joined(*asked)) == [20, 60]


def test_texts_of_a_huge_cluster_are_asked_for_a_few_at_a_time(monkeypatch):
    rng = random.Random(13)
    text = document(rng)
    texts = [revised(rng, text, 2) for _ in range(300)]
    monkeypatch.setattr(module, "WINDOW", 10 * len(text))
    asked = []
    assert len(decide(texts, asked=asked)) > 290
    assert max(map(len, asked)) <= 10 * (1 + module.TRIES) + 1


def test_a_band_that_very_many_share_is_remembered_for_some_of_them_only():
    staying = module._Staying(np.zeros((400, 128), np.uint16), 1, {})
    for place in range(400):
        staying.add(module._Member(place, 0, [7]))
    assert staying.places == {7: list(range(module.BUCKET))}


def test_the_work_for_pages_of_one_form_is_bounded(monkeypatch):
    # Each has 300 characters in common with all others, 45 of its own: a similarity of 0.77. Pair
    # by pair they would be 44,850 comparisons.
    rng = random.Random(12)
    form = document(rng, 20)[:400]
    texts = [
        form + "".join(chr(rng.randint(0x4E00, 0x9000)) for _ in range(52)) for _ in range(300)
    ]
    compared = []
    monkeypatch.setattr(module, "jaccard", lambda a, b: compared.append(1) or jaccard(a, b))
    assert decide(texts) == []
    assert 1000 < len(compared) <= 300 * module.TRIES


def test_sketches_come_back_from_parquet_as_they_went(tmp_path):
    texts = [*corpus(3), "", "短"]
    step = Duplicates()
    sketches = step.sketch(texts)
    table = pa.table(sketches.to_columns())
    assert table.schema.field("signature").type == pa.binary(256)
    pq.write_table(table, tmp_path / "sketches.parquet", row_group_size=7)
    back = Sketches.from_columns(pq.read_table(tmp_path / "sketches.parquet"))
    for name in ("exact", "length", "key_length", "signature"):
        assert np.array_equal(getattr(back, name), getattr(sketches, name))
        assert getattr(back, name).dtype == getattr(sketches, name).dtype
    assert back.length.tolist() == [len(text) for text in texts]


def test_a_slice_of_columns_gives_a_slice_of_sketches():
    sketches = Duplicates().sketch(corpus(3))
    middle = pa.table(sketches.to_columns()).slice(5, 9)
    assert np.array_equal(Sketches.from_columns(middle).signature, sketches.signature[5:14])
    parts = pa.concat_tables([middle, middle])
    assert len(Sketches.from_columns(parts)) == 18
    assert len(Sketches.from_columns(middle.slice(0, 0))) == 0
    assert len(Sketches.from_columns(Duplicates().sketch([]).to_columns())) == 0


def test_columns_of_another_version_are_refused_by_name():
    columns = Duplicates().sketch([NOTICE]).to_columns()
    columns["signature"] = pa.array([b"\0" * 512], pa.binary(512))
    with pytest.raises(CorpusprepError, match=r"column 'signature'.*256 bytes"):
        Sketches.from_columns(columns)
    columns["signature"] = pa.array([None], pa.binary(256))
    with pytest.raises(CorpusprepError, match="1 nulls"):
        Sketches.from_columns(columns)


@pytest.mark.parametrize("texts", [[], [""], [NOTICE]])
def test_nothing_goes_where_there_is_nothing_to_compare(texts):
    assert decide(texts) == []
    assert near_duplicates(texts) == list(range(len(texts)))


@pytest.mark.parametrize("threshold", [0.49, 1.01, -1, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(CorpusprepError, match=r"between 0\.5 and 1"):
        Duplicates(threshold=threshold)


def test_an_unknown_way_to_keep_is_refused():
    with pytest.raises(CorpusprepError, match="'shortest'"):
        Duplicates(keep="shortest")


def copies(count, kept=0):
    return [Duplicate(row, "exact-duplicate", kept, 1.0, count + 1) for row in range(1, count + 1)]


def test_a_cluster_too_large_to_be_an_article_is_pointed_out():
    (found,) = warnings(copies(20, kept=77), 1000)
    assert "21 of 1000" in found
    assert "document 77" in found


def test_more_than_half_gone_is_pointed_out():
    pairs = [Duplicate(row, "near-duplicate", row - 1, 0.9, 2) for row in range(1, 200, 2)]
    assert warnings(pairs, 201) == []
    (found,) = warnings(pairs, 199)
    assert "100 of 199" in found


def test_a_few_copies_in_a_small_corpus_are_no_cause_for_alarm():
    assert warnings(copies(9), 30) == []
    assert warnings([], 0) == []
