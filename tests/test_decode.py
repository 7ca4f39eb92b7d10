from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep.errors import UndecodableError
from corpusprep.text.decode import Decoded, decode, is_ordinary, plausibility

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


def test_a_few_bad_bytes_in_utf8_are_counted_and_located():
    good = (SIMPLIFIED * 20).encode()
    got = decode(good[:72] + b"\xff\xfe" + good[72:])
    assert got.encoding == "utf-8"
    assert got.text.replace("\ufffd", "") == SIMPLIFIED * 20
    assert "2 bad bytes of 1442" in got.reason
    assert "offset 72" in got.reason


@pytest.mark.parametrize("cut", [1, 2])
def test_utf8_cut_in_a_character_is_still_utf8(cut):
    assert decode("各位代表，大家好".encode()[:-cut]).text == "各位代表，大家\ufffd"


def test_a_few_bad_bytes_in_gb18030_do_not_lose_the_document():
    good = (SIMPLIFIED * 20).encode("gb18030")
    got = decode(good + b"\xff\xff")
    assert got.encoding == "gb18030"
    assert got.text.startswith(SIMPLIFIED * 20)
    assert "2 bad bytes" in got.reason


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
        (
            "안녕하세요 저는 한국 사람입니다 오늘 날씨가 매우 좋습니다 우리는".encode("euc_kr"),
            "no Chinese",
        ),
        ("今日は天気がいいですね。私は学校に行きます。".encode("euc_jp"), "no Chinese"),
        ("Привет, мир! Сегодня хорошая погода в Москве.".encode("cp1251"), "no Chinese"),
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


def test_plausibility_parts_right_from_wrong_encodings():
    assert plausibility(SIMPLIFIED) > 0.6 < plausibility(TRADITIONAL)
    assert plausibility(SIMPLIFIED.encode("gbk").decode("big5hkscs", "ignore")) < 0
    assert plausibility("no Han at all") == 0


def test_daily_characters_of_both_scripts_are_ordinary():
    assert all(map(is_ordinary, "国國学學飞飛"))
    assert not any(map(is_ordinary, "龘㐀浣犲A"))
