"""Chinese bytes read in another Chinese encoding: what comes back, what is guessed, what stays."""

from __future__ import annotations

import random
import re

import pytest
from conftest import grows_linearly
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.mojibake.damage import damage
from corpusprep.text.doublebyte import (
    FOUR_BYTES,
    find_double_byte,
    find_four_bytes,
    find_lost_bytes,
    has_rare,
    may_have_lost,
)
from corpusprep.text.edits import apply, settle
from corpusprep.text.lostbytes import Run, judge

SIMPLIFIED = [
    "各位代表，我们今天在这里开会，讨论政府工作报告和明年的计划。",
    "这家饭馆的牛肉面分量很足，汤头很鲜，下次还想带朋友来吃。",
    "文件不存在，请检查路径是否正确，然后重新启动程序。",
    "老师说：“读书要专心，写字要端正。”学生们都点了点头。",
    "他在2026年3月买了一台iPhone，花了5999元，用了不到两天就坏了。",
]
TRADITIONAL = [
    "各位代表，我們今天在這裡開會，討論政府工作報告和明年的計畫。",
    "這家餐廳的牛肉麵一碗一百八十元，湯頭很鮮，下次還想帶朋友來吃。",
    "電腦軟體的使用說明請參考網站，或者打電話向客服人員查詢。",
]
WORDS = re.findall("..", "我们今天开会政府工作报告明年计划大家认真学习讨论意见文件程序老师学生朋友")
FINDERS = [find_double_byte, find_lost_bytes, find_four_bytes]
CLEAN = [
    *SIMPLIFIED,
    *TRADITIONAL,
    "为什么？因为不知道！真的吗？？你去不去?不去!C++怎么学?C#呢?",
    "价格是2?3元一斤?大家都想知道。请输入??后再试，a?b:c",
    "镕、堃、喆、昇、犇、淼、焱、垚、鑫、瞾，他姓䶮，名翀，号鼒斋",
    "乾隆龘靐齉爩鱻麤龗灪吁籲，魑魅魍魉、饕餮盛宴、踽踽独行、龃龉",
    "关关雎鸠，在河之洲。窈窕淑女，君子好逑。参差荇菜，左右流之。",
    "帝高阳之苗裔兮，朕皇考曰伯庸。摄提贞于孟陬兮，惟庚寅吾以降。",
    "氯化铵、硝酸钍、锎、锿、镄、钔、锘、铹、鑪",
    "鷓鴣、鸛鶴、鱸魚、鱖魚、鯽魚、鸂鶒、鵁鶄、鸊鷉",
    "咁嗰啲嘢喺邊度㗎？佢哋唔知喎。冇、咗、嚟、攞、瞓覺、孭、揼石仔",
    "東京都は日本の首都である。漢字仮名交じり文を書く?",
    "한국어 문장입니다. 漢字를 섞어 씁니다?",
    "Привет, мир! 你好? 魑魅?魍魉 谢谢?饕餮",
    "囍囧槑烎兲圐圙，壹貳叁肆伍陸柒捌玖拾佰仟萬億",
    "锟斤拷锟斤拷，烫烫烫，屯屯屯",
    "http://a.cn/?q=中文?x&b=浙江",
]


def repaired(find, text: str) -> str:
    return apply(text, list(find(text)))


def differences(one: str, two: str) -> int:
    assert len(one) == len(two)
    return sum(a != b for a, b in zip(one, two, strict=True))


# --- UTF-8 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", SIMPLIFIED)
@pytest.mark.parametrize("mark", ["\ufffd", "?"])
@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
def test_a_sentence_of_utf8_read_as_gbk_comes_back(text, encoding, mark):
    damaged = text.encode().decode(encoding, "replace").replace("\ufffd", mark)
    (edit,) = find_double_byte(damaged)
    assert apply(damaged, [edit]) == text
    assert edit.rule.startswith("mojibake-utf8-as-gbk:+")


@pytest.mark.parametrize("text", TRADITIONAL)
def test_of_a_traditional_sentence_only_lost_bytes_may_be_guessed_wrongly(text):
    damaged = text.encode().decode("gbk", "replace")
    assert "\ufffd" in damaged
    assert differences(repaired(find_double_byte, damaged), text) <= 1


@given(st.lists(st.sampled_from(WORDS), min_size=4, max_size=12).map("".join))
def test_what_lost_no_byte_comes_back_exactly(text):
    """An even number of bytes, each pair of which GBK has a character for: nothing is guessed."""
    damaged = text.encode().decode("gbk", "replace")
    assume("\ufffd" not in damaged and has_rare(damaged))
    assert repaired(find_double_byte, damaged) == text


@pytest.mark.parametrize(
    ("before", "inner", "after"),
    [
        ("登录成功：", "你好，欢迎回来。", "（自动回复）"),
        ("// TODO ", "把缓存写入文件", " see cache.py"),
        ("今天天气很好。\n", "我们一起去公园散步。", "\n晚上下雨了。"),
    ],
)
def test_a_span_among_clean_text_comes_back_and_its_surroundings_stay(before, inner, after):
    damaged = before + inner.encode().decode("gbk", "replace") + after
    assert repaired(find_double_byte, damaged) == before + inner + after


@pytest.mark.parametrize("text", ["農業系統編輯", "使用簡體系統"])
def test_utf8_read_as_big5_comes_back_where_most_bytes_are_there(text):
    damaged = text.encode().decode("big5", "replace")
    (edit,) = find_double_byte(damaged)
    assert (edit.start, edit.end, edit.new) == (0, len(damaged), text)
    assert edit.rule.startswith("mojibake-utf8-as-big5:+")


@pytest.mark.parametrize("text", ["密碼錯誤", "無法開啟檔案", *TRADITIONAL])
def test_utf8_read_as_big5_stays_where_every_second_character_lost_bytes(text):
    """Big5 has no pair for most of UTF-8: what is left fits too many sentences."""
    assert list(find_double_byte(text.encode().decode("big5", "replace"))) == []


# --- GBK and Big5 --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_gbk_read_as_big5_comes_back(text):
    damaged = text.encode("gbk").decode("big5", "replace")
    assert repaired(find_double_byte, damaged) == text
    assert {e.rule.partition(":")[0] for e in find_double_byte(damaged)} == {"mojibake-gbk-as-big5"}


@pytest.mark.parametrize("text", TRADITIONAL)
def test_big5_read_as_gbk_comes_back_but_for_a_lost_character_or_two(text):
    damaged = text.encode("big5").decode("gbk", "replace")
    assert differences(repaired(find_double_byte, damaged), text) <= 2
    damaged = text.encode("big5").decode("gb18030", "replace")  # which loses nothing here
    assert repaired(find_double_byte, damaged) == text
    assert {e.rule.partition(":")[0] for e in find_double_byte(damaged)} == {"mojibake-big5-as-gbk"}


# --- a lost byte ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damaged", "want"),
    [
        ("老师说要?谀瓿醯氖焙颉", "老师说要在年初的时候。"),
        ("各位代表，我们今天?谡饫锟�会，讨论报告。", "各位代表，我们今天在这里开会，讨论报告。"),
        ("请检查路径?欠裾�确，然后重来。", "请检查路径是否正确，然后重来。"),
    ],
)
def test_the_shifted_pairs_after_a_lost_byte_come_back(damaged, want):
    assert repaired(find_lost_bytes, damaged) == want


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_what_stands_outside_the_shifted_run_stays(text):
    seen = 0
    for number in range(12):
        damaged = damage(text, "gbk-lost-byte-cp936", random.Random(number))
        if damaged is None:
            continue
        for edit in find_lost_bytes(damaged):
            seen += 1
            at = damaged.index("?")
            assert edit.start >= at - 1
            rest = damaged[edit.end :]
            assert text.endswith(rest)
            assert repaired(find_lost_bytes, damaged)[:at] == text[:at]
    assert seen >= 6


def test_a_question_mark_is_no_lost_byte():
    for text in ("你去不去?不去!", "2?3人", "为什么?谁?哪里?", "吗?我", "是谁?谢先生?", "a?b:c?镕"):
        assert list(find_lost_bytes(text)) == []


# --- four bytes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("char", "㐂㐀㐁㐅𠮷")
def test_four_bytes_of_gb18030_read_singly_become_their_character(char):
    damaged = f"他姓{char.encode('gb18030').decode('latin-1')}，住在北京。"
    (edit,) = find_four_bytes(damaged)
    assert (edit.start, edit.end, edit.new) == (2, 6, char)
    assert edit.rule == "gb18030-as-gbk:4 bytes"


@pytest.mark.parametrize(
    "text", ["ð1ñ2", "•3•4", "a\x811\x811b", "“1”2中文", "№ 中‘1’2", "\x819\xef"]
)
def test_what_only_has_the_form_of_four_bytes_stays(text):
    assert list(find_four_bytes(text)) == []


# --- judging -------------------------------------------------------------------------------------


def judged(
    text: str, old: str, *pieces: str | tuple[str, ...], rule: str = "x-utf8-x"
) -> list[str]:
    run = Run(text.index(old), text.index(old) + len(old), pieces, rule)
    return [edit.new for _, edit in judge(text, [((0, len(text)), run)])]


def test_a_reading_is_taken_if_it_is_much_likelier_and_chinese_and_whole():
    text = "会议：浣犲ソ锛屼笘"
    assert judged(text, "浣犲ソ锛屼笘", "你好，世") == ["你好，世"]
    assert judged(text, "浣犲ソ锛屼笘", "你好\ufffd世") == []
    assert judged("我们开会讨论", "讨论", "计划") == []  # as likely as what stands there
    nonsense = "\ue000龘" * 5  # anything is likelier
    assert judged(f"会议：{nonsense}", nonsense, "昨巾固昔刚吃门岗烛泄") == []
    assert judged(f"会议：{nonsense}", nonsense, "鸂鶒犇淼鑫瞾喆昇堃垚") == []


def test_of_readings_that_overlap_the_likeliest_is_taken():
    text = "会议：浣犲ソ锛屼笘"
    runs = [
        ((0, 10), Run(3, 9, ("你好，世",), "x-utf8-x")),
        ((0, 10), Run(3, 5, ("呃呵",), "x-utf8-x")),
        ((0, 10), Run(5, 9, ("呃呵喔",), "x-utf8-x")),
    ]
    assert [edit.new for _, edit in judge(text, runs)] == ["你好，世"]


def test_a_lost_character_is_the_one_that_fits_before_and_behind():
    chars = ("动", "东", "洞", "冬")
    assert judged("请重新启\ue000龘程序", "\ue000龘", chars) == ["动"]
    assert judged("太阳从\ue000龘边升起", "\ue000龘", chars) == ["东"]
    assert judged("漫长的\ue000龘天", "\ue000龘", chars) == ["冬"]


# --- clean text ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", CLEAN)
@pytest.mark.parametrize("find", FINDERS)
def test_clean_text_stays(find, text):
    assert list(find(text)) == []


@pytest.mark.parametrize("text", [*SIMPLIFIED, *TRADITIONAL, *CLEAN[8:10]])
def test_clean_text_passes_no_gate(text):
    """The price of clean text is the gates alone."""
    assert not has_rare(text)
    assert not may_have_lost(text)
    assert FOUR_BYTES.search(text) is None


@given(st.text(alphabet="".join(SIMPLIFIED) + "?！，。\n 龘犇镕饕餮a1"))
def test_rare_characters_and_question_marks_are_no_damage(text):
    for find in FINDERS:
        assert list(find(text)) == []


@given(st.text(alphabet="浣犲ソ锛銆鐨勮�?！；€敝С龅拙中文们我a1@\n\x81\x959î²\ue863锟斤拷狟匐"))
def test_edits_are_in_order_and_carry_class_and_evidence(text):
    for find in FINDERS:
        edits = list(find(text))
        assert settle(edits) == edits
        apply(text, edits)
        for edit in edits:
            assert re.fullmatch(r"[a-z0-9-]+:(?:\+\d+\.\d|4 bytes)", edit.rule)
            assert edit.new
            assert "\ufffd" not in edit.new


@pytest.mark.parametrize(
    "piece", ["?谀瓿醯。", "浣犲ソ，\n", "苤隴睿\n", "?！敝С", "?", "锛中", "\x819î9中"]
)
def test_time_grows_with_length_alone(piece):
    assert grows_linearly(lambda n: [list(find(piece * n)) for find in FINDERS], 500)
