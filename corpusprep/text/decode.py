"""Bytes to text: which encoding a Chinese page is really in, whatever its header says.

Strict UTF-8 decides nearly every file and costs one decode. What is left is settled by structure
(byte-order marks, HZ escapes, the parity of UTF-16) and only then by how plausible the decoded
text is as Chinese: the bytes ``d6 d0 b9 fa`` are 中国 in GB18030 and 笢弊 in Big5.

GB2312 and GBK are subsets of GB18030 and are decoded as such: a page labelled "gb2312" with one
镕 or 堃 in it breaks the narrow decoder.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from corpusprep.errors import UndecodableError
from corpusprep.text.chars import HAN, KANA

__all__ = ["COMMON", "Decoded", "decode", "is_ordinary", "plausibility"]


class Decoded(NamedTuple):
    """Text, the encoding its bytes were in (a Python codec name), and why we think so."""

    text: str
    encoding: str
    reason: str


# The ~300 commonest characters of modern Chinese text in simplified and in traditional form:
# they make up 55-65 % of the Han in running text and under 10 % of text in a wrong encoding.
_COMMON = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
    "过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心"
    "她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间"
    "由问很最重并物手应向头文体政美相见被利什二等产或新己制身果加西月话合回特代内信表化老给世位"
    "次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活更别打女变四神总"
    "何电数安少报才结反受目太量再感建务做接必场件计管期市直资命山金指许统区保至队形社便空决治展"
    "马科五基眼书非则听白却界达光放强即难且权思王完设式色路记南品住告类求据程北边张该交规万取望"
    "这個們來為國說時會對過發後裡種經麼學現當沒動還進樣開從實無與長機業關點將兩間問並應頭體見產"
    "話給門兒東聲員論處義幾認條係氣題變總電數報結務場計資區隊決馬書則聽達強難權設記類據邊張該規萬"
)
COMMON = frozenset(_COMMON)
_COMMON_CLASS = re.compile(f"[{''.join(sorted(COMMON))}]+")
_HAN_RUN = re.compile(f"[{HAN}]+")
# What a wrong decoding is full of and Chinese text is not: private use, hangul, kana, controls.
_ODD = re.compile(
    f"[\ue000-\uf8ff\x80-\x9f\ufffd\uac00-\ud7a3\uff61-\uff9f{KANA}\U000f0000-\U0010ffff]"
)
_SAMPLE = 20_000  # characters looked at; more changes no verdict and costs time on large files

# Pieces of real text, n = 3,000 each, right encoding against GB18030 read as Big5 or the reverse:
# of 30 Han, 99.9 % of the right ones lie above 0.25, 99.9 % of the wrong ones below 0.25;
# of 6 Han, 99.9 % above -0.3 and 99 % below 0.25. Korean read as GB18030 has about 0.25.
_PLAUSIBLE = 0.3
_PLAUSIBLE_SHORT, _SHORT = 0.0, 20
_SURE = 0.6  # 30 Han and more above this: no need to try the other encoding


@cache
def _ordinary() -> frozenset[str]:
    """Return the first levels of GB 2312 (3,755) and Big5 (5,401): all that daily text is made of.

    Both standards put the frequent characters first; the union holds simplified and traditional.
    """
    gb = (bytes((a, b)) for a in range(0xB0, 0xD8) for b in range(0xA1, 0xFF))
    trails = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    big5 = (bytes((a, b)) for a in range(0xA4, 0xC7) for b in trails)
    return frozenset(
        "".join(c.decode("gb2312", "ignore") for c in gb)
        + "".join(c.decode("big5", "ignore") for c in big5)
    )


@cache
def _ordinary_class() -> re.Pattern[str]:
    return re.compile(f"[{''.join(sorted(c for c in _ordinary() if _HAN_RUN.match(c)))}]+")


def is_ordinary(char: str) -> bool:
    """Return whether *char* is one of the characters that daily Chinese text is made of.

    >>> [is_ordinary(c) for c in "汉漢龘"]
    [True, True, False]
    """
    return char in _ordinary()


def plausibility(text: str) -> float:
    """Return how much *text* looks like Chinese: about 1 for running text, below 0 for nonsense.

    A common character counts 1.5, another ordinary one 0.25, a rare one -2; the mean over all Han.
    Odd characters (private use, hangul, kana) count as rare Han. Text without Han gives 0.

    >>> plausibility("我们今天去学校") > 0.5 > 0 > plausibility("浣犲ソ锛")
    True
    """
    return _judge(text)[0]


def _judge(text: str) -> tuple[float, int]:
    """Return the plausibility of *text*, and on how many characters it rests."""
    text = text[:_SAMPLE]
    odd = len(_ODD.findall(text))
    han = "".join(_HAN_RUN.findall(text))
    total = len(han) + odd
    if not total:
        return 0.0, 0
    common = len(han) - len(_COMMON_CLASS.sub("", han))
    rare = len(_ordinary_class().sub("", han)) + odd
    return (1.5 * common + 0.25 * (total - common - rare) - 2 * rare) / total, total


_BOMS = (  # the longer first: UTF-32's begins with UTF-16's
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_MAGIC = {
    b"\x89PNG\r\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"PK\x03\x04": "a ZIP archive (or docx, xlsx, epub)",
    b"\x1f\x8b\x08": "gzip data",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ\x00": "xz data",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "Zstandard data",
    b"%PDF-": "a PDF file",
    b"\x7fELF": "an ELF program",
    b"MZ\x90\x00": "a Windows program",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office file (doc, xls)",
    b"PAR1": "a Parquet file",
    b"SQLite format 3\x00": "an SQLite database",
}
_MAGIC_STARTS = tuple(_MAGIC)
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1A, 0x1B})
_MAX_CONTROLS = 0.02  # random bytes have 0.1; text with stray control characters far less
_MAX_NULS = 0.001  # pages with a few NULs among their text exist; a NUL a kilobyte is still text
_MAX_BAD = 0.01
_HZ = re.compile(rb"~\{(?:[\x21-\x7d][\x21-\x7e])+~\}")


def decode(data: bytes) -> Decoded:
    """Return the text of *data*, the encoding it was in, and the reason for that verdict.

    Line breaks stay as they are; a byte-order mark is taken off. A few bad bytes (under 1 %)
    become U+FFFD and are counted in the reason.

    Raises:
        UndecodableError: the bytes are no text, or text in no encoding of Chinese or the West.

    >>> decode("汉字".encode())
    Decoded(text='汉字', encoding='utf-8', reason='valid UTF-8')
    >>> decode("朱镕基总理在北京会见了外国客人".encode("gbk")).encoding
    'gb18030'
    >>> decode("電腦軟體的使用說明".encode("big5")).encoding
    'big5hkscs'
    """
    if not data:
        return Decoded("", "utf-8", "empty")
    if data.startswith(_MAGIC_STARTS):
        kind = next(kind for magic, kind in _MAGIC.items() if data.startswith(magic))
        raise UndecodableError(f"this is {kind}, not text: extract its text first")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _decode_other(data, error)
    if data.startswith(b"\xef\xbb\xbf"):
        return Decoded(text[1:], "utf-8-sig", "UTF-8 byte-order mark")
    if b"\0" in data:
        return _decode_with_nuls(data, text)
    _refuse_controls(data[:1024])
    if data.isascii() and b"~{" in data and _HZ.search(data):
        return _decode_hz(data, text)
    return Decoded(text, "utf-8", "valid UTF-8")


def _decode_other(data: bytes, error: UnicodeDecodeError) -> Decoded:
    """Decode what is not valid UTF-8, as *error* says: try one encoding after the other."""
    found = _by_mark(data) or _utf32_without_mark(data) or _utf16_without_mark(data)
    found = found or _damaged_utf8(data, error)
    if not found:
        _refuse_binary(data)
        found = _double_byte(data) or _western(data) or _damaged_double_byte(data)
    if found:
        return found
    raise UndecodableError(
        f"no encoding fits: byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8, "
        "and read as GB18030 or Big5 it is no Chinese; convert it to UTF-8 first"
    )


def _by_mark(data: bytes) -> Decoded | None:
    for mark, name in _BOMS:
        if data.startswith(mark):
            text = data.decode(name, "replace")
            if text.count("\ufffd") > max(1, _MAX_BAD * len(text)):
                return None
            return Decoded(text, name, f"{name.upper()} byte-order mark")
    return None


def _decode_with_nuls(data: bytes, text: str) -> Decoded:
    """Decode ASCII in UTF-16 or UTF-32, which with its NULs is valid UTF-8 too."""
    found = _utf32_without_mark(data) or _utf16_without_mark(data)
    if found:
        return found
    nuls = data.count(0)
    if nuls > max(1, _MAX_NULS * len(data)):
        raise UndecodableError(f"binary data: {nuls} NUL bytes in {len(data)}")
    return Decoded(text, "utf-8", f"valid UTF-8 with {nuls} NUL bytes")


def _utf32_without_mark(data: bytes) -> Decoded | None:
    if len(data) % 4 or data.count(0) * 3 < len(data):
        return None
    for name in ("utf-32-le", "utf-32-be"):
        try:
            return Decoded(data.decode(name), name, f"valid {name.upper()} without mark")
        except UnicodeDecodeError:
            continue
    return None


# The high bytes of UTF-16 Chinese: Latin, general punctuation, CJK marks, Han, full width.
_HIGH_BYTES = bytes((0x00, 0x20, 0x30, *range(0x4E, 0xA0), 0xFF))


def _utf16_without_mark(data: bytes) -> Decoded | None:
    """Decode UTF-16 by its parity: one byte of each pair is a high byte, the other is anything."""
    sample = data[: 8192 & ~1]
    if len(sample) < 4:
        return None
    halves = sample[1::2], sample[0::2]  # where the high bytes of little and of big endian lie
    nuls = [half.count(0) / len(half) for half in halves]
    high = [1 - len(half.translate(None, _HIGH_BYTES)) / len(half) for half in halves]
    for this, other, name in ((0, 1, "utf-16-le"), (1, 0, "utf-16-be")):
        by_nuls = nuls[this] >= 0.1 and nuls[other] <= nuls[this] / 10
        by_rows = high[this] >= 0.95 and high[other] <= high[this] - 0.2
        if not (by_nuls or by_rows):
            continue
        text = data.decode(name, "replace")
        score, seen = _judge(text)
        bad = text.count("\ufffd")
        if bad <= max(1, _MAX_BAD * len(text)) and (by_nuls or seen > 1) and score >= 0:
            return Decoded(text, name, f"one byte of every pair is a high byte of {name.upper()}")
    return None


_UTF8_LEAD = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


def _damaged_utf8(data: bytes, error: UnicodeDecodeError) -> Decoded | None:
    """Decode UTF-8 with a few bad bytes: a cut at either end, a line in another encoding."""
    at = 0, len(data) // 2, max(0, len(data) - 2048)
    if all(_bad_utf8(data[start : start + 2048]) > 200 for start in at):
        return None
    bad = _bad_utf8(data)
    multibyte = len(_UTF8_LEAD.findall(data))
    if bad > max(3, _MAX_BAD * len(data)) or multibyte < 2 * bad:
        return None
    reason = f"UTF-8 with {bad} bad bytes of {len(data)}, the first at offset {error.start}"
    text = data.decode("utf-8", "replace")
    return Decoded(text.removeprefix("\ufeff"), "utf-8", reason)


def _bad_utf8(data: bytes) -> int:
    return len(data) - len(data.decode("utf-8", "ignore").encode("utf-8"))


def _decode_hz(data: bytes, text: str) -> Decoded:
    try:
        hz = data.decode("hz")
    except UnicodeDecodeError:
        hz = ""
    if hz and _is_plausible(hz):
        return Decoded(hz, "hz", "ASCII with HZ escapes ~{ ~}")
    return Decoded(text, "utf-8", "valid UTF-8")


def _refuse_controls(sample: bytes) -> None:
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > max(2, _MAX_CONTROLS * len(sample)):
        raise UndecodableError(
            f"binary data: {controls} control characters in the first {len(sample)} bytes"
        )


def _refuse_binary(data: bytes) -> None:
    """Raise if *data*, which is in no Unicode encoding, is no text."""
    nuls = data.count(0)
    if nuls > max(1, _MAX_NULS * len(data)):
        raise UndecodableError(f"binary data: {nuls} NUL bytes in {len(data)}")
    _refuse_controls(data[:8192])


def _is_plausible(text: str) -> bool:
    score, seen = _judge(text)
    return seen > 0 and score >= (_PLAUSIBLE if seen >= _SHORT else _PLAUSIBLE_SHORT)


_KANA = re.compile(f"[{KANA}]")
# EUC-JP is valid GB18030 with its kana in place and every kanji wrong, and read as Big5 has 0.45.
# Big5 text read as GB18030 has kana too (中 is い), but is plausible as Big5.
_MAX_KANA = 0.2


def _double_byte(data: bytes) -> Decoded | None:
    """Decode as GB18030 or Big5: what decodes strictly and is the more plausible Chinese."""
    best: tuple[float, Decoded] | None = None
    tried, floor = [], -2.0
    for name in ("gb18030", "big5hkscs", "cp950"):
        if name == "cp950" and "big5hkscs" in tried:
            break
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        tried.append(name)
        score, seen = _judge(text)
        if name == "gb18030" and len(_KANA.findall(text[:_SAMPLE])) > _MAX_KANA * len(
            text[:_SAMPLE]
        ):
            floor = _SURE
        if _is_plausible(text) and score >= floor and (best is None or score > best[0]):
            best = score, Decoded(text, name, f"valid {name}, plausible Chinese ({score:.2f})")
        if score > _SURE and seen >= 30:
            break
    return best[1] if best else None


def _damaged_double_byte(data: bytes) -> Decoded | None:
    """Decode GB18030 or Big5 with a few bad bytes."""
    best: tuple[float, Decoded] | None = None
    for name in ("gb18030", "big5hkscs"):
        text = data.decode(name, "replace")
        bad = text.count("\ufffd")
        score, seen = _judge(text.replace("\ufffd", ""))
        if not bad or bad > max(3, _MAX_BAD * len(data)) or seen < _SHORT or score < _PLAUSIBLE:
            continue
        if best is None or score - bad / seen > best[0]:
            first = text.index("\ufffd")
            at = len(text[:first].encode(name))
            reason = f"{name} with {bad} bad bytes of {len(data)}, the first at offset {at}"
            best = score - bad / seen, Decoded(text, name, reason)
    return best[1] if best else None


_HIGH = re.compile(rb"[\x80-\xff]+")
_MAX_WESTERN = 0.25  # accented letters and curly quotes together; running French has 0.05


def _western(data: bytes) -> Decoded | None:
    """Decode Latin-script text: few high bytes, most of them alone among ASCII letters."""
    runs = [len(run) for run in _HIGH.findall(data)]
    if sum(runs) > max(1, _MAX_WESTERN * len(data)) or sum(n <= 2 for n in runs) < 0.95 * len(runs):
        return None
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    letters = sum(char.isalpha() for char in text if char > "\x7f")
    marks = sum(char in "’‘“”–—…€£©®°·«»¡¿§×" for char in text if char > "\x7f")
    if letters + marks < 0.9 * sum(runs):
        return None
    return Decoded(text, "cp1252", f"Latin letters with {sum(runs)} single high bytes")
