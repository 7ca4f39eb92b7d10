from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep.errors import UndecodableError
from corpusprep.text.decode import Decoded, decode
from corpusprep.text.readings import is_ordinary

SEEDS = sorted((Path(__file__).resolve().parents[1] / "seeds").glob("*.txt"))
SIMPLIFIED = "各位代表，我们今天在这里开会，讨论政府工作报告。"
TRADITIONAL = "各位代表，我們今天在這裡開會，討論政府工作報告。"


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_seed_is_read_in_any_encoding(path, encoding):
    text = path.read_text("utf-8")
    assert decode(text.encode(encoding))[:2] == (text, encoding)


@pytest.mark.parametrize("encoding", ["big5hkscs", "gb18030", "utf-16-le", "utf-32-be"])
def test_every_long_enough_piece_of_traditional_text_is_read(encoding):
    text = SEEDS[0].read_text("utf-8").replace("\n", "")
    for at in range(0, len(text) - 60, 53):
        piece = text[at : at + 60]
        if piece.encode(encoding, "ignore").decode(encoding) == piece:
            assert decode(piece.encode(encoding))[:2] == (piece, encoding)


@pytest.mark.parametrize(
    ("data", "want"),
    [
        (b"", Decoded("", "utf-8", "empty")),
        (b"\xef\xbb\xbf" + "汉字".encode(), ("汉字", "utf-8-sig")),
        (SIMPLIFIED.encode("utf-32"), (SIMPLIFIED, "utf-32")),
        ("plain ASCII\n".encode("utf-16-le"), ("plain ASCII\n", "utf-16-le")),
        ("plain ASCII\n".encode("utf-32-be"), ("plain ASCII\n", "utf-32-be")),
        (SIMPLIFIED.encode("hz"), (SIMPLIFIED, "hz")),
        (b"if a ~{ b ~} c", ("if a ~{ b ~} c", "utf-8")),
        ("朱镕基总理".encode("gbk"), ("朱镕基总理", "gb18030")),
        ("㐀是生僻字，我们很少用它".encode("gb18030"), ("㐀是生僻字，我们很少用它", "gb18030")),
        (TRADITIONAL.encode("gbk"), (TRADITIONAL, "gb18030")),
        ("/* 文件 */ int main() {}".encode("gbk"), ("/* 文件 */ int main() {}", "gb18030")),
        ("café au lait – naïve “élan”".encode("cp1252"), ("café au lait – naïve “élan”", "cp1252")),
        (b"a NUL \0 in a long enough text", ("a NUL \0 in a long enough text", "utf-8")),
        (b"line\r\nline\r", ("line\r\nline\r", "utf-8")),
    ],
    ids=repr,
)
def test_small_inputs(data, want):
    assert decode(data)[: len(want)] == want


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("안녕하세요 저는 한국 사람입니다 오늘 날씨가 매우 좋습니다 우리는", "cp949"),
        ("今日は天気がいいですね。私は学校に行きます。", "euc_jp"),
        ("今日は天気がいいですね。私は学校に行きます。", "cp932"),
        ("今日は天気がいいですね。私は学校に行きます。", "utf-16-le"),
        ("Привет, мир! Сегодня хорошая погода в Москве.", "cp1251"),
        ("Привет, мир! Сегодня хорошая погода в Москве.", "koi8_r"),
        ("Zwei Häuser für die Gäste, größer als üblich", "cp1252"),
        ("Les élèves étaient déjà là où l’été s’achève", "cp1252"),
        ("東京へ行きました", "iso2022_jp_2"),
        ("서울에 갔습니다", "iso2022_kr"),
    ],
)
def test_what_is_plainly_another_language_is_read_as_such(text, encoding):
    assert decode(text.encode(encoding))[:2] == (text, encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("今天我们去", "gb18030"),
        ("今天我們去", "gb18030"),
        ("電腦軟體的", "big5hkscs"),
        ("我哋喺度食嘢", "big5hkscs"),
        ("一天下午，", "utf-16-le"),
        ("会议的内容", "utf-16-be"),
        ("重要的", "utf-32-le"),
        ("重要的", "utf-32-be"),
        ("明天去", "hz"),
        ("第1章 总则", "gb18030"),
        ("ＧＤＰ", "gb18030"),
        ("，", "gb18030"),
        ("𠮷野家的饭", "gb18030"),
        ("㐂多𡃁", "gb18030"),
    ],
)
def test_a_dozen_bytes_are_enough(text, encoding):
    assert decode(text.encode(encoding))[:2] == (text, encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "declared", "reason"),
    [
        (SIMPLIFIED, "utf-8", "gb2312", "valid UTF-8"),
        (SIMPLIFIED, "gb18030", "gb2312", "valid gb18030, plausible Chinese"),
        (SIMPLIFIED, "gb18030", "x-gbk", "valid gb18030, plausible Chinese"),
        (
            SIMPLIFIED,
            "gb18030",
            "text/html; charset=Big5",
            "valid gb18030, plausible Chinese, not big5hkscs as declared",
        ),
        (
            TRADITIONAL,
            "big5hkscs",
            "windows-1251",
            "valid big5hkscs, plausible Chinese, not cp1251 as declared",
        ),
        (
            "Zażółć gęślą jaźń, a potem idź do domu",
            "cp1250",
            "windows-1250",
            "valid cp1250, as declared",
        ),
        ("Σήμερα ο καιρός είναι καλός", "iso8859-7", "ISO-8859-7", "valid iso8859-7, as declared"),
        ("วันนี้อากาศดีมาก", "cp874", "tis-620", "valid cp874, as declared"),
        (SIMPLIFIED, "gb18030", "no-such-charset", "valid gb18030, plausible Chinese"),
    ],
)
def test_what_is_declared_is_checked_against_the_bytes(text, encoding, declared, reason):
    assert decode(text.encode(encoding), declared) == Decoded(text, encoding, reason)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<html><head><meta charset="iso-8859-2"></head>', "iso8859-2"),
        ('<?xml version="1.0" encoding="ISO-8859-2"?>', "iso8859-2"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1250">', "cp1250"),
        ('<meta charset="big5">', "cp1252"),
    ],
)
def test_a_declaration_in_the_page_tells_letters_apart(head, encoding):
    text = head + "Při chybě se zobrazí další možnosti"
    assert decode(text.encode(encoding, "replace")).encoding == encoding


def test_a_declaration_decides_where_the_bytes_do_not():
    data = "額 1,023 億".encode("big5")
    assert decode(data, "big5").text == "額 1,023 億"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x84\x31\x95\x33" + SIMPLIFIED.encode("gb18030"), SIMPLIFIED),
        (
            "票价".encode("gbk") + b"\x80" + "三十元，一共五件。".encode("gbk"),
            "票价€三十元，一共五件。",
        ),
        ("約翰‧甘迺迪，下午三～五點".encode("cp950"), "約翰‧甘迺迪，下午三～五點"),
        (b"\x1b$)A\x0eVPND\x0f ABC", "中文 ABC"),
        (b"ABC ~{VPNDVPND", "ABC 中文中文"),
        ("新闻\x01标题\x01今天的天气".encode("gb18030"), "新闻\x01标题\x01今天的天气"),
        ("卫斯理・赛德".encode("gb18030"), "卫斯理・赛德"),
    ],
    ids=repr,
)
def test_what_old_programs_wrote(data, text):
    assert decode(data).text == text


def test_only_the_start_of_a_long_file_is_weighed():
    data = (SIMPLIFIED + "\n").encode("gb18030") * 40_000
    assert decode(data).encoding == "gb18030"
    page = b"<!-- " + b"script " * 3000 + b"-->" + SIMPLIFIED.encode("gb18030")
    assert decode(page).text.endswith(SIMPLIFIED)


def test_a_few_bad_bytes_in_utf8_are_counted_and_located():
    good = (SIMPLIFIED * 20).encode()
    got = decode(good[:72] + b"\xff\xfe" + good[72:])
    assert got.encoding == "utf-8"
    assert got.text.replace("\ufffd", "") == SIMPLIFIED * 20
    assert got.reason == "UTF-8 with 2 bad bytes of 1442, at offsets 72, 73"


def test_the_first_ten_of_many_bad_bytes_are_located():
    piece = SIMPLIFIED.encode()
    got = decode(b"\xff".join([piece] * 13))
    assert got.text == "\ufffd".join([SIMPLIFIED] * 13)
    ten = ", ".join(str(len(piece) + i * (len(piece) + 1)) for i in range(10))
    assert got.reason == f"UTF-8 with 12 bad bytes of {13 * len(piece) + 12}, at offsets {ten}, ..."


def test_lines_in_another_encoding_are_read_among_utf8():
    foreign = "昨天下午的会议改到明天上午举行"
    data = b"\n".join([SIMPLIFIED.encode()] * 6 + [foreign.encode("gb18030"), SIMPLIFIED.encode()])
    got = decode(data)
    assert got.text == "\n".join([*[SIMPLIFIED] * 6, foreign, SIMPLIFIED])
    assert got.reason.endswith("; lines in gb18030: 1")


def test_emoji_written_as_two_surrogates_are_joined():
    assert decode("天气真好\ud83d\ude00".encode("utf-8", "surrogatepass")).text == "天气真好😀"


@pytest.mark.parametrize("cut", [1, 2])
def test_utf8_cut_in_a_character_is_still_utf8(cut):
    assert decode("各位代表，大家好".encode()[:-cut]).text == "各位代表，大家\ufffd"


def test_a_few_bad_bytes_in_gb18030_do_not_lose_the_document():
    good = (SIMPLIFIED * 20).encode("gb18030")
    got = decode(good + b"\xff\xff")
    assert got.encoding == "gb18030"
    assert got.text.startswith(SIMPLIFIED * 20)
    assert got.reason == "gb18030 with 2 bad bytes of 962, at offsets 960, 961"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "PNG"),
        (gzip.compress(SIMPLIFIED.encode(), mtime=0), "gzip"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04" + bytes(8), "ZIP"),
        (random.Random(1).randbytes(4000), "binary"),
        (bytes(range(1, 32)) * 20, "binary"),
        (b"abc" + bytes(7), "NUL"),
        ("نحن هنا اليوم في المدينة الجديدة".encode("cp1256"), "no double-byte"),
        (random.Random(2).randbytes(40), "binary"),
        (bytes(random.Random(3).choices(range(0xA1, 0xFF), k=200)), "no double-byte"),
        ("我们在这里".encode("utf-16") + random.Random(4).randbytes(400), "binary"),
    ],
    ids=lambda v: repr(v)[:20],
)
def test_what_is_no_text_is_refused_with_a_reason(data, why):
    with pytest.raises(UndecodableError, match=why):
        decode(data)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1))
def test_valid_utf8_is_taken_as_it_is(text):
    got = decode(text.encode())
    assert got.text in {text, text.removeprefix("\ufeff")}


@given(st.binary())
def test_any_bytes_give_text_or_a_refusal(data):
    try:
        text = decode(data).text
    except UndecodableError:
        text = ""
    assert len(text) <= len(data)


def test_daily_characters_of_both_scripts_are_ordinary():
    assert all(map(is_ordinary, "国國学學飞飛"))
    assert not any(map(is_ordinary, "龘㐀浣犲A"))
