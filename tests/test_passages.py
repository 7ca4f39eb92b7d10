"""Passages that recur: which are found, which go, and what is left of a text without them."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter, defaultdict
from itertools import groupby, pairwise

import numpy as np
import pytest
from conftest import grows_linearly
from hypothesis import given
from hypothesis import strategies as st

from corpusprep.errors import CorpusprepError
from corpusprep.steps.passages import Passages, cuts, repeated, take_out
from corpusprep.text.script import convert_script
from corpusprep.text.sentences import sentence_spans
from corpusprep.text.shingles import exact_hashes, key_texts

PROFILE = (
    "关于云杉水务：本公司成立于1998年，总部设在江宁，为三十多座城市的自来水厂提供水泵、阀门与水质监测设备，"
    "现有员工两千余人。欢迎新老客户来电来函洽谈业务。"
)
LAW = (
    "《示范条例》第一百二十条规定：出租房屋的，出租人应当在签订合同之日起十日内，持合同与身份证明到房屋所在地的"
    "街道办事处登记；逾期不登记的，责令限期改正。"
)
SPEECH = (
    "“我们村的路修了三年，今天总算通车了。从前背一筐梨下山要走半天，现在一个钟头就能送到县城，"
    "乡亲们夜里高兴得睡不着觉。”"
)
REFRAIN = "山高水长，我的故乡，炊烟升起的地方。"


def texts_with(passage, count):
    return [f"第{i}号消息，水厂今天投产。\n{passage}\n记者还在现场。" for i in range(count)]


def left_of(texts, step, sentences=()):
    """Return *texts* as they are when what recurs has been taken out."""
    sketches = step.sketch(texts, sentences)
    found = repeated(sketches.row.astype(np.int64), sketches.key, step.min_documents)
    spans = defaultdict(list)
    for i in found.passage.tolist():
        spans[int(sketches.row[i])].append((int(sketches.start[i]), int(sketches.end[i])))
    return [take_out(text, [], cuts(text, spans[row]))[0] for row, text in enumerate(texts)]


# --- which passages count ----------------------------------------------------------------------

VARIANTS = {
    "the same": PROFILE,
    "traditional characters": convert_script(PROFILE, "s2t"),
    "punctuation folded to ASCII": PROFILE.translate(str.maketrans("，：。", ",:.")),
    "indented": "\u3000\u3000" + PROFILE,
    "full-width digits": PROFILE.replace("1998", "１９９８"),
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_a_passage_is_known_in_another_dress(variant):
    keys = Passages().sketch([PROFILE, f"新闻。\n{variant}\n完。"]).key.tolist()
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_the_key_is_the_first_half_of_the_exact_hash():
    keys = Passages().sketch([PROFILE]).key
    assert np.array_equal(keys, exact_hashes(key_texts([PROFILE]))[:, 0])


def test_letters_and_digits_are_what_makes_a_passage_long():
    letters = "".join(char for char in PROFILE if char.isalnum())[:50]
    texts = [letters, letters[:-1], f"{'，'.join(letters)}。", f"{'，'.join(letters[:-1])}。"]
    assert Passages(min_characters=50).sketch(texts).row.tolist() == [0, 2]


@pytest.mark.parametrize(
    "passage",
    [
        "谢谢大家！",
        "答：",
        REFRAIN,
        "阅读下面的文字，完成下面的小题。",
        "违反前款规定的，责令改正；构成犯罪的，依法追究刑事责任。",
        LAW,
        convert_script(LAW, "s2t"),
        SPEECH,
        SPEECH.replace("“", "「").replace("”", "」"),
    ],
)
def test_short_and_quoted_passages_are_never_touched(passage):
    texts = texts_with(passage, 30)
    assert left_of(texts, Passages()) == texts


def test_an_opening_quotation_mark_alone_is_no_quotation():
    notice = "“郑重提示：" + PROFILE
    assert left_of(texts_with(notice, 6), Passages())[1:] == [
        f"第{i}号消息，水厂今天投产。\n记者还在现场。" for i in range(1, 6)
    ]


def test_what_too_few_documents_have_stays():
    step = Passages(min_documents=5)
    texts = texts_with(PROFILE, 4)
    assert left_of(texts, step) == texts
    # Often in one document is not in many documents.
    texts[0] += f"\n{PROFILE}" * 10
    assert left_of(texts, step) == texts


def test_the_first_document_keeps_every_occurrence_and_the_others_none():
    texts = [f"一。\n{PROFILE}\n二。\n{PROFILE}\n三。"] * 2 + texts_with(PROFILE, 3)
    left = left_of(texts, Passages())
    assert left[0] == texts[0]
    assert left[1] == "一。\n二。\n三。"
    assert all(PROFILE not in text for text in left[1:])


def test_sketches_depend_on_the_text_alone_and_not_on_the_batch():
    chance = random.Random(3)
    lines = [
        PROFILE,
        LAW,
        "短行。",
        "",
        "\u3000",
        *(PROFILE.replace("三十", f"{n}") for n in range(9)),
    ]
    texts = ["\n".join(chance.choices(lines, k=chance.randint(0, 900))) for _ in range(12)]
    for unit in ("paragraph", "sentence"):
        step = Passages(unit=unit, min_characters=20)
        spans = [sentence_spans(text) for text in texts]
        whole = step.sketch(texts, spans)
        alone = [step.sketch([t], [s]) for t, s in zip(texts, spans, strict=True)]
        for name in ("start", "end", "key"):
            parts = np.concatenate([getattr(part, name) for part in alone])
            assert np.array_equal(getattr(whole, name), parts)
        assert whole.row.tolist() == [i for i, part in enumerate(alone) for _ in part.row]
        assert np.all(np.lexsort((whole.start, whole.row)) == np.arange(len(whole.row)))


def test_no_texts_have_no_passages():
    for texts in ([], [""], ["\n\n"]):
        found = Passages().sketch(texts)
        assert [len(column) for column in found] == [0, 0, 0, 0]
        assert [column.dtype for column in found] == [np.int32, np.int32, np.int32, np.uint64]


def test_memory_does_not_grow_with_the_text():
    text = f"{PROFILE}\n" * 20_000
    step = Passages()
    step.sketch([PROFILE])
    tracemalloc.start()
    step.sketch([text])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * len(text)  # in one piece, the code points alone are four bytes each


@pytest.mark.parametrize("text", ["\u3000" * 20, " \n" * 10, "“" * 20, "第百百千千" * 4])
def test_sketching_and_cutting_cost_no_more_than_the_text_is_long(text):
    def work(n):
        long = text * n
        Passages(min_characters=1).sketch([long])
        cuts(long, [(0, 1), (len(long) // 2, len(long) // 2 + 1)])

    assert grows_linearly(work, 300)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"action": "delete"}, "action is 'delete', but must be 'remove' or 'mark'"),
        ({"unit": "line"}, "unit is 'line', but must be 'paragraph' or 'sentence'"),
        ({"min_documents": 1}, "min_documents is 1, but must be at least 2"),
        ({"min_characters": 0}, "min_characters is 0, but must be at least 1"),
    ],
)
def test_options_that_mean_nothing_are_refused(option, message):
    with pytest.raises(CorpusprepError, match=message):
        Passages(**option)


# --- which of them go --------------------------------------------------------------------------

ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), max_size=60)


def counted(rows, least):
    """Return what `repeated` should: a plain count of the documents of each key."""
    having = defaultdict(set)
    for document, key in rows:
        having[key].add(document)
    return [
        (i, len(having[key]), min(having[key]))
        for i, (document, key) in enumerate(rows)
        if len(having[key]) >= least and document != min(having[key])
    ]


def found(rows, least):
    documents = np.array([document for document, _ in rows], np.int64)
    result = repeated(documents, np.array([key for _, key in rows], np.uint64), least)
    columns = (result.passage, result.count, result.first)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(ROWS, st.integers(2, 5))
def test_what_goes_is_what_a_plain_count_says(rows, least):
    assert found(rows, least) == counted(rows, least)


@given(ROWS, st.integers(2, 5), st.randoms(use_true_random=False))
def test_the_order_of_the_passages_does_not_matter(rows, least, chance):
    order = list(range(len(rows)))
    chance.shuffle(order)
    shuffled = [
        (order[i], count, first) for i, count, first in found([rows[i] for i in order], least)
    ]
    assert sorted(shuffled) == found(rows, least)


# --- what is left ------------------------------------------------------------------------------

A, B, C = "雨停了。", "天晴了。", "太阳出来了。"
LEFT = [
    # text, paragraphs to take out, what is left
    (f"{A}\n{B}\n{C}", "A", f"{B}\n{C}"),
    (f"{A}\n{B}\n{C}", "B", f"{A}\n{C}"),
    (f"{A}\n{B}\n{C}", "C", f"{A}\n{B}"),
    (f"{A}\n{B}\n{C}", "AC", B),
    (f"{A}\n{B}\n{C}", "BC", A),
    (f"{A}\n{B}\n{C}", "ABC", ""),
    (A, "A", ""),
    (f"\n{A}\n", "A", ""),
    (f"{A}\n\n{B}\n\n{C}\n", "B", f"{A}\n\n{C}\n"),
    (f"{A}\n\n{B}\n\n{C}\n", "C", f"{A}\n\n{B}\n"),
    (f"{A}\n\n{B}\n\n{C}\n", "BC", f"{A}\n"),
    (f"{A}\n \n\n{B}\n{C}", "A", f"{B}\n{C}"),
    (f"{A}\r\n{B}\r\n{C}", "B", f"{A}\r\n{C}"),
    (f"{A}\u2028{B}\u2028{C}", "C", f"{A}\u2028{B}"),
    (f"\u3000\u3000{A}\n\u3000\u3000{B}\n\u3000\u3000{C}", "A", f"\u3000\u3000{B}\n\u3000\u3000{C}"),
    (f"\u3000\u3000{A}\n\u3000\u3000{B}\n\u3000\u3000{C}", "B", f"\u3000\u3000{A}\n\u3000\u3000{C}"),
    (f"\u3000\u3000{A}\n\u3000\u3000{B}\n\u3000\u3000{C}", "C", f"\u3000\u3000{A}\n\u3000\u3000{B}"),
]  # fmt: skip
# Here A, B and C are sentences.
READS_ON = [
    (f"{A}{B}{C}", "B", f"{A}{C}"),
    (f"{A}{B}\n{C}", "B", f"{A}\n{C}"),
    (f"{A}{B}\n{C}", "A", f"{B}\n{C}"),
    (f"{A}{B}\n{C}", "AB", C),
    (f"{A}{B}\n{C}", "BC", A),
    (f"{A}{B}\n{C}", "C", f"{A}{B}"),
    (f"{A}{B}\n{C}雪也化了。", "BC", f"{A}\n雪也化了。"),
    (f"{A}\n\n{B}{C}", "B", f"{A}\n\n{C}"),
    (f"{A}\n\n{B}{C}\n", "BC", f"{A}\n"),
    (f"\u3000\u3000{A}\n\u3000\u3000{B}\n\u3000\u3000{C}", "B", f"\u3000\u3000{A}\n\u3000\u3000{C}"),
    (f"\u3000\u3000{A}{B}\n\u3000\u3000{C}", "A", f"\u3000\u3000{B}\n\u3000\u3000{C}"),
    (f"\u3000\u3000{A}{B}\n\u3000\u3000{C}", "AB", f"\u3000\u3000{C}"),
]  # fmt: skip


def chosen(text, letters, unit):
    """Return the spans of the passages that *letters* name, as sketches have them."""
    sketches = Passages(unit=unit, min_characters=1).sketch([text], [sentence_spans(text)])
    spans = list(zip(sketches.start.tolist(), sketches.end.tolist(), strict=True))
    wanted = [{"A": A, "B": B, "C": C}[letter] for letter in letters]
    return [(start, end) for start, end in spans if text[start:end].strip() in wanted]


@pytest.mark.parametrize(("text", "letters", "left"), LEFT)
def test_no_blank_hole_is_left_of_a_paragraph(text, letters, left):
    spans = chosen(text, letters, "paragraph")
    assert len(spans) == len(letters)
    assert take_out(text, [], cuts(text, spans))[0] == left


@pytest.mark.parametrize(("text", "letters", "left"), READS_ON)
def test_what_is_left_of_a_paragraph_without_a_sentence_reads_on(text, letters, left):
    spans = chosen(text, letters, "sentence")
    assert len(spans) == len(letters)
    assert take_out(text, [], cuts(text, spans))[0] == left


@given(st.integers(1, 7), st.sets(st.integers(0, 6)), st.sampled_from(["\n", "\n\n", "\r\n"]))
def test_what_stays_is_separated_as_before(count, gone, separator):
    lines = [f"第{i}段写的是水泵的保养。" for i in range(count)]
    text = separator.join(lines)
    sketches = Passages(min_characters=1).sketch([text])
    spans = [(int(sketches.start[i]), int(sketches.end[i])) for i in range(count) if i in gone]
    left = take_out(text, [], cuts(text, spans))[0]
    assert left == separator.join(line for i, line in enumerate(lines) if i not in gone)


PIECES = st.lists(
    st.sampled_from([A, B, "第三条", "“走吧！”", "\n", "\n\n", " ", "\u3000", "\r\n"])
)
PLACES = st.lists(st.floats(0, 1), max_size=12)


def disjoint(text, places):
    """Return spans of *text* between some *places*."""
    at = sorted({round(place * len(text)) for place in places})
    return list(zip(at[::2], at[1::2], strict=False))


@given(PIECES, PLACES)
def test_taking_out_loses_the_spans_and_nothing_else(pieces, places):
    text = "".join(pieces)
    spans = disjoint(text, places)
    gone = {i for start, end in spans for i in range(start, end)}
    left, sentences = take_out(text, sentence_spans(text), spans)
    assert left == "".join(char for i, char in enumerate(text) if i not in gone)
    assert [start for start, _ in sentences] == [0, *(end for _, end in sentences)][
        : len(sentences)
    ]
    assert (sentences[-1][1] if sentences else 0) == len(left)
    assert all(start < end for start, end in sentences)


@given(PIECES, PLACES)
def test_cuts_differ_from_the_spans_by_white_space_only(pieces, places):
    text = "".join(pieces)
    spans = disjoint(text, places)
    cut = cuts(text, spans)
    assert all(0 <= start < end <= len(text) for start, end in cut)
    assert all(one[1] <= other[0] for one, other in pairwise(cut))
    letters = ["".join(take_out(text, [], some)[0].split()) for some in (spans, cut)]
    assert letters[0] == letters[1]


def blank_lines(text):
    """Return how many blank lines stand together, at most."""
    runs = groupby(text.splitlines(), lambda line: bool(line.strip()))
    return max((len(list(run)) for filled, run in runs if not filled), default=0)


@given(PIECES, st.sets(st.integers(0, 9)))
def test_of_any_text_the_lines_that_stay_are_left_and_no_new_blank_ones(pieces, gone):
    text = "".join(pieces)
    sketches = Passages(min_characters=1).sketch([text])
    places = zip(sketches.start.tolist(), sketches.end.tolist(), strict=True)
    spans = [span for i, span in enumerate(places) if i in gone]
    left = take_out(text, [], cuts(text, spans))[0]
    lines = Counter(line for line in text.splitlines() if line.strip())
    lines -= Counter(text[start:end].splitlines()[0] for start, end in spans)
    assert Counter(line for line in left.splitlines() if line.strip()) == lines
    assert blank_lines(left) <= blank_lines(text)


def test_a_line_break_left_of_a_sentence_joins_the_sentence_before():
    text = f"{A}{B}\n{C}"
    left, sentences = take_out(
        text, sentence_spans(text), cuts(text, chosen(text, "B", "sentence"))
    )
    assert [left[start:end] for start, end in sentences] == [f"{A}\n", C]


def test_a_line_break_left_of_the_first_sentence_joins_the_next():
    assert take_out(f"{A}\n{B}\n{C}", [(0, 5), (5, 10), (10, 16)], [(0, 4)]) == (
        f"\n{B}\n{C}",
        [(0, 6), (6, 12)],
    )


def test_cuts_that_meet_become_one():
    assert cuts(f"{A}\n\n\n{B}", [(0, 4), (5, 6)]) == [(0, 7)]
