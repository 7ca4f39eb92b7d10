import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_shingles import ANY_TEXT, ENGLISH, ODD, documents, keys_of, with_changes
from xxhash import xxh3_64_hexdigest

from corpusprep.text import minhash
from corpusprep.text.minhash import BINS, band_hashes, lowest_hashes, samples
from corpusprep.text.shingles import exact_hashes, jaccard, key_texts, shingle_sets

NOTICE = "各区、各单位：为做好今年防汛工作，请于六月十日前完成河道、水库和地下车库的隐患排查。" * 2


def lowest_of(texts, *width):
    keys = key_texts(texts)
    return lowest_hashes(keys, exact_hashes(keys), *width)


def sampled(texts, of, *width):
    rows, hashes = samples(key_texts(texts), of, *width)
    return [set(hashes[rows == i].tolist()) for i in range(len(texts))]


def equal_share(one, other):
    return float(np.mean(one == other))


@settings(deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=8))
def test_lowest_hashes_do_not_depend_on_the_batch(texts):
    found = lowest_of(texts)
    for i, text in enumerate(texts):
        assert (found[i] == lowest_of([text])[0]).all()


def test_numbers_are_the_same_on_every_machine_and_in_every_release():
    # Stored sketches are compared with new ones: if this fails, they must be made again.
    texts = [NOTICE, ENGLISH, "今天下雨了。"]
    lowest = lowest_of(texts)
    arrays = lowest, band_hashes(lowest, 18, 7), samples(key_texts(texts), 16)[1]
    digests = [xxh3_64_hexdigest(array.astype(array.dtype.newbyteorder("<"))) for array in arrays]
    assert digests == ["36e9ec914fb20288", "ad4aa4607e1abe4e", "f0159195f1092d55"]


def test_the_estimate_is_close_and_leans_to_no_side():
    errors = []
    for seed, text in enumerate(documents(150)):
        other = with_changes(text, len(text) * (seed % 8) // 100, seed=seed)
        one, two = lowest_of([text, other])
        errors.append(equal_share(one, two) - jaccard(*shingle_sets([text, other])))
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.045  # of 128 independent bins: 0.04


def test_short_documents_that_leave_bins_empty_are_estimated_too():
    errors = []
    for seed, text in enumerate(documents(150)):
        short = next(text[:end] for end in range(40, 200) if len(keys_of([text[:end]])[0]) >= 60)
        pair = [short, with_changes(short, seed % 4, seed=seed)]
        errors.append(equal_share(*lowest_of(pair)) - jaccard(*shingle_sets(pair)))
    assert abs(np.mean(errors)) < 0.02


@pytest.mark.parametrize("width", [3, 8, 12])
def test_the_estimate_is_of_sets_of_the_width_asked_for(width):
    errors = []
    for seed, text in enumerate(documents(60, seed=width)):
        pair = [text, with_changes(text, len(text) * 3 // 100, seed=seed)]
        errors.append(equal_share(*lowest_of(pair, width)) - jaccard(*shingle_sets(pair, width)))
    assert abs(np.mean(errors)) < 0.015


def test_an_empty_bin_borrows_from_a_full_one_of_its_own_text():
    nothing = np.uint32(0xFFFFFFFF)
    rng = np.random.default_rng(3)
    before = rng.integers(0, 1 << 31, (40, BINS), np.uint32)
    before[rng.random((40, BINS)) < np.linspace(0, 0.99, 40)[:, None]] = nothing
    before[:, 5] = 7  # a text has at least one shingle
    lowest = before.copy()
    minhash._fill_empty(lowest, before == nothing)
    full = before != nothing
    assert (lowest[full] == before[full]).all()
    for row, values in enumerate(before):
        assert set(lowest[row].tolist()) <= set(values[full[row]].tolist())


def test_empty_bins_do_not_all_borrow_from_one():
    few = np.full((1, BINS), 0xFFFFFFFF, np.uint32)
    few[0, [3, 40, 90, 120]] = [1, 2, 3, 4]
    minhash._fill_empty(few, few == 0xFFFFFFFF)
    counts = np.unique(few, return_counts=True)[1]
    assert len(counts) == 4
    assert counts.max() < BINS // 2


def test_unrelated_short_texts_have_nothing_in_common():
    texts = [
        f"{a}{b}{c}"
        for a in "天地玄黄宇宙洪荒日月"
        for b in "春夏秋冬东南西北中上"
        for c in range(10)
    ]
    lowest = lowest_of(texts)
    for i in range(1, len(texts), 37):
        assert np.count_nonzero(lowest[i] == lowest[i - 1]) <= 2
    bands = band_hashes(lowest, 18, 7)
    assert len(np.unique(bands)) == bands.size


def test_equal_short_texts_have_everything_in_common():
    one, other = lowest_of(["今天，下雨了。", "今天,下雨了."])
    assert (one == other).all()


def test_broken_and_odd_characters_have_numbers_of_their_own():
    lowest = lowest_of(ODD)
    assert lowest.shape == (len(ODD), BINS)
    assert len({tuple(row) for row in lowest.tolist()}) == len(ODD)


@pytest.mark.parametrize(("count", "width"), [(18, 7), (32, 4), (128, 1), (1, 128)])
def test_texts_meet_in_a_band_as_often_as_the_similarity_says(count, width):
    rng = np.random.default_rng(width)
    one = rng.integers(0, 1 << 32, (2000, BINS), np.uint32)
    share = 0.8 if width < 128 else 0.99
    other = np.where(rng.random(one.shape) < share, one, one ^ np.uint32(1))
    met = band_hashes(one, count, width) == band_hashes(other, count, width)
    # Four standard errors of as many throws.
    error = 4 * (share**width * (1 - share**width) / met.size) ** 0.5
    assert abs(met.mean() - share**width) < error


def test_a_band_is_made_of_its_own_bins_in_their_order():
    lowest = np.arange(BINS, dtype=np.uint32)[None, :]
    bands = band_hashes(lowest, 18, 7)
    changed, turned = lowest.copy(), lowest.copy()
    changed[0, 20] = 999
    turned[0, [14, 15]] = turned[0, [15, 14]]
    assert np.flatnonzero(band_hashes(changed, 18, 7) != bands).tolist() == [2]
    assert np.flatnonzero(band_hashes(turned, 18, 7) != bands).tolist()[0] == 2
    rest = lowest.copy()
    rest[0, 126:] = 5
    assert (band_hashes(rest, 18, 7) == bands).all()


def test_the_upper_half_of_a_band_hash_tells_bands_apart_as_well():
    rng = np.random.default_rng(9)
    lowest = rng.integers(0, 1 << 32, (4000, BINS), np.uint32)
    upper = (band_hashes(lowest, 18, 7) >> np.uint64(32)).ravel()
    # 72,000 numbers of 32 bits: 0.6 pairs of equal ones are to be expected.
    assert len(upper) - len(np.unique(upper)) < 6


def test_a_sample_has_one_shingle_in_so_many():
    texts = documents(80)
    sets = shingle_sets(texts)
    total = sum(map(len, sets))
    for of in (4, 16):
        found = sampled(texts, of)
        assert all(own <= set(full.tolist()) for own, full in zip(found, sets, strict=True))
        assert 0.8 * total / of < sum(map(len, found)) < 1.25 * total / of
    everything = sampled(texts, 1)
    assert [len(own) for own in everything] == [len(full) for full in sets]


@pytest.mark.parametrize("width", [3, 5, 9])
def test_what_lies_within_another_has_its_sample_within_the_others(width):
    rng = random.Random(width)
    for text in documents(20, seed=width):
        start, end = rng.randint(0, 30), len(text) - rng.randint(0, 30)
        inner, outer = sampled([text[start:end], text], 8, width)
        assert inner <= outer


@settings(deadline=None)
@given(st.lists(ANY_TEXT | st.sampled_from([NOTICE, ENGLISH]), min_size=1, max_size=6))
def test_samples_are_sorted_distinct_and_do_not_depend_on_the_batch(texts):
    rows, hashes = samples(key_texts(texts), 4)
    pairs = list(zip(rows.tolist(), hashes.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert sampled(texts, 4) == [sampled([text], 4)[0] for text in texts]


def test_short_texts_have_no_sample():
    assert sampled(["短", "", "字" * 49], 1) == [set(), set(), set()]


def test_no_texts_have_no_numbers():
    assert lowest_of([]).shape == (0, BINS)
    assert band_hashes(lowest_of([]), 18, 7).shape == (0, 18)
    assert [len(part) for part in samples(key_texts([]), 16)] == [0, 0]
