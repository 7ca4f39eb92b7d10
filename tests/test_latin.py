from __future__ import annotations

import pytest
from conftest import grows_linearly
from hypothesis import given
from hypothesis import strategies as st

from corpusprep.text.edits import apply, settle
from corpusprep.text.latin import LATIN_GATE, find_latin
from corpusprep.text.mojibake import repair_edits

SIMPLIFIED = [
    "各位代表，我们今天在这里开会，讨论政府工作报告和明年的计划。",
    "这家饭馆的牛肉面一碗十八块，汤头很鲜，下次还想带朋友来吃。",
    "文件不存在，请检查路径是否正确，然后重新启动程序。",
    "老师说：“读书要专心，写字要端正。”学生们都点了点头。",
]
TRADITIONAL = [
    "各位代表，我們今天在這裡開會，討論政府工作報告和明年的計畫。",
    "這家餐廳的牛肉麵一碗一百八十元，湯頭很鮮，下次還想帶朋友來吃。",
    "電腦軟體的使用說明請參考網站，或者打電話向客服人員查詢。",
]
OPEN = {0x81, 0x8D, 0x8F, 0x90, 0x9D}


def repaired(text: str) -> str:
    return apply(text, settle(find_latin(text)))


def rules(text: str) -> set[str]:
    return {edit.rule.split(":")[0] for edit in find_latin(text)}


def cp1252(data: bytes, lost: str | None = None) -> str:
    """Read as cp1252; the five open bytes become *lost*, or control characters."""
    return "".join(
        (chr(byte) if lost is None else lost) if byte in OPEN else bytes([byte]).decode("cp1252")
        for byte in data
    )


def latin1(data: bytes) -> str:
    return data.decode("latin-1")


@pytest.mark.parametrize("text", SIMPLIFIED + TRADITIONAL)
@pytest.mark.parametrize("read", [latin1, cp1252])
def test_a_sentence_in_utf8_or_gb18030_comes_back(text, read):
    assert repaired(read(text.encode())) == text
    assert repaired(read(text.encode("gb18030"))) == text


@pytest.mark.parametrize("text", TRADITIONAL)
@pytest.mark.parametrize("read", [latin1, cp1252])
def test_a_sentence_in_big5_comes_back(text, read):
    damaged = read(text.encode("big5hkscs"))
    assert repaired(damaged) == text
    assert rules(damaged) == {"mojibake-big5-as-latin"}


@pytest.mark.parametrize("first", [latin1, cp1252])
@pytest.mark.parametrize("second", [latin1, cp1252])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_layers_come_off_whichever_way_each_was_read(first, second, encoding):
    for text in SIMPLIFIED:
        twice = second(first(text.encode(encoding)).encode())
        assert repaired(twice) == text
        if encoding == "utf-8":
            assert repaired(second(twice.encode())) == text


@pytest.mark.parametrize("lost", ["", "\ufffd", " "])
def test_lost_bytes_are_chosen_in_their_context(lost):
    text = "我们不知道这个文件在哪里，但是可以问问大家。"
    assert repaired(cp1252(text.encode(), lost)) == text
    assert repaired(f"他说：{cp1252(text.encode(), lost)}") == f"他说：{text}"


def test_a_no_break_space_that_was_saved_as_a_plain_one_counts():
    text = "你好，世界！你们都好吗？"
    assert repaired(cp1252(text.encode()).replace("\xa0", " ")) == text


def test_a_soft_hyphen_that_a_cleaner_took_is_chosen_too():
    text = "老师在学校里教孩子写字，中午大家一起回家吃饭。"
    assert repaired(cp1252(text.encode(), "").replace("\xad", "")) == text


def test_a_closing_bracket_is_known_by_its_opening_one():
    text = "他寫了「豬」這個字，還有「貓」，老師都說寫得很好。"
    assert repaired(cp1252(text.encode(), "")) == text


def test_a_blank_before_a_word_is_no_byte():
    assert repaired("äººäººå¼€æº All") == "人人开源 All"


def test_the_evidence_is_in_the_rule():
    assert [edit.rule for edit in find_latin("ä½\xa0å¥½")] == ["mojibake-utf8-as-latin:2 units"]
    (edit,) = find_latin("文件名：ÎÄ¼þÃû³Æ")
    name, gain = edit.rule.split(":")
    assert name == "mojibake-gbk-as-latin"
    assert gain.startswith("+")
    assert float(gain) > 20


@pytest.mark.parametrize(
    ("damaged", "want"),
    [
        ("FR_NO_FILE£ºÎÄ¼þ²»´æÔÚ", "FR_NO_FILE：文件不存在"),
        ("int n; //¶ÁÈ¡cfgÎÄ¼þ", "int n; //读取cfg文件"),
        ("/* å—èŠ‚é•¿åº¦ */", "/* 字节长度 */"),
        ("提示：“ÄãºÃ£¬ÊÀ½ç”", "提示：“你好，世界”"),
        ("共9Ãë98£¬³É¼¨ÓÐЧ".replace("Ч", "Ð§"), "共9秒98，成绩有效"),
        ("³É¹¦Ìí¼ÓÁË {name}¡°{obj}¡±£¬Äã¿ÉÒÔ¼ÌÐø", "成功添加了 {name}“{obj}”，你可以继续"),
        ("It donâ€™t matter: cafÃ©, naÃ¯ve", "It don’t matter: café, naïve"),
        ("马丁Â·路德说：æˆ‘æœ‰ä¸€ä¸ªæ¢¦æƒ³", "马丁·路德说：我有一个梦想"),
    ],
)
def test_spans_among_code_and_clean_text_come_back(damaged, want):
    assert repaired(damaged) == want


def test_four_byte_gb18030_comes_back():
    text = "他姓𠮷田，名字里有一个㐂字，大家都不认识。"
    assert repaired(latin1(text.encode("gb18030"))) == text


@pytest.mark.parametrize(
    "text",
    [
        "café, naïve, Müller, São Paulo, L’été, « café\xa0», « idée »…, „Spaß“, ações, ÄÖÜäöüß",
        "Příliš žluťoučký kůň; Zażółć gęślą jaźń; İstanbul’da ağaç; Đặng Thị Ngọc; ÆØÅ æøå Þórður",
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
        "拼音nǐ hǎo、lǜ sè、éi；音标[ˈæpəl]、[ðə]、[ʃɪp]；价格£100、¥200，©2020 ®，±5°",
        "他说：“……”——卡尔·马克思，Beyoncé、Pelé、née Müller、Schrödinger方程",
        "Ïðèâåò, ìèð! Ñåãîäíÿ õîðîøàÿ ïîãîäà â Ìîñêâå, ñòîëèöå Ðîññèè.",
        "ðÒÉ×ÅÔ, ÍÉÒ! óÅÇÏÄÎÑ ÈÏÒÏÛÁÑ ÐÏÇÏÄÁ × íÏÓË×Å",
        "¤³¤ó¤Ë¤Á¤Ï¡¢À¤³¦¡£Æü\xcb\xdc¸ì¤Îʸ¾Ï¤Ç¤¹¡£".replace("ʸ", "Ê¸"),
    ],
)
def test_other_alphabets_and_other_damage_stay(text):
    assert list(find_latin(text)) == []


def test_mojibake_that_a_text_quotes_stays():
    for text in (
        "乱码“ä½\xa0å¥½”就是“你好”的UTF-8字节",
        "屏幕上出现了ÄãºÃÊÀ½ç这样的乱码",
        "用Latin-1解码，会看到“ÎÄ¼þÃû³Æ”几个字",
        "This is called mojibake: ä½\xa0å¥½",
    ):
        assert repair_edits(text) == []


@given(st.text(alphabet="".join(SIMPLIFIED) + "“”‘’—…·°×±©é aB1,()<>;&\n"))
def test_clean_text_stays(text):
    assert list(find_latin(text)) == []


@given(st.text(alphabet="äå½ \xa0\ufffd\x81é—“”ÃÂ&?12aÄãºÃ¤¡@中\n0æ–‡"))
def test_edits_apply_whatever_the_text(text):
    edits = list(find_latin(text))
    assert settle(edits) == edits
    assert len(apply(text, edits)) == len(text) + sum(len(e.new) - e.end + e.start for e in edits)
    assert all(edit.new for edit in edits)


def test_clean_chinese_does_not_pass_the_gate():
    for text in SIMPLIFIED + TRADITIONAL:
        assert LATIN_GATE.search(text + "——“……”·×±°©®Ａ①") is None


@pytest.mark.parametrize("piece", ["é", "ä½", "å\ufffd", "å ä½\xa0 ", "ÃƒÂ¤", "¤@¤", "““ä", "å—ä½"])
def test_time_grows_with_length_alone(piece):
    assert grows_linearly(lambda n: list(find_latin(piece * n)), 5_000)
