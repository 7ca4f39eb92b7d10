"""Bytes to text: which encoding a Chinese page is really in, whatever its header says.

Strict UTF-8 decides nearly every file and costs one decode. What is left is settled by structure
(byte-order marks, escapes, the parity of UTF-16) and only then by probability: the bytes
``d6 d0 b9 fa`` are 中国 in GB18030 and 笢弊 in Big5, and the reading under which the bytes are the
most probable wins, if it is text at all. What a header or a ``<meta charset>`` says is worth a few
nats and never believed: pages that say "gb2312" hold UTF-8, Big5 and characters beyond GB 2312.

GB2312 and GBK are subsets of GB18030 and are decoded as such: a page labelled "gb2312" with one
镕 or 堃 in it breaks the narrow decoder.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from functools import cache
from typing import NamedTuple

from corpusprep.errors import UndecodableError
from corpusprep.text.chars import HAN, HANGUL, KANA

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
    (b"\x84\x31\x95\x33", "gb18030"),
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
_MAX_BAD = 0.01  # of the bytes of what is not UTF-8


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Return the text of *data*, the encoding it was in, and the reason for that verdict.

    Line breaks stay as they are; a byte-order mark is taken off. A few bad bytes (under 1 %)
    become U+FFFD; the reason says how many there are and where the first ten stand. *declared* is
    what somebody says of the encoding: a charset name or a whole Content-Type header. It decides
    between readings that are about as probable, no more.

    Raises:
        UndecodableError: the bytes are no text, or text in no encoding known here.

    >>> decode("汉字".encode())
    Decoded(text='汉字', encoding='utf-8', reason='valid UTF-8')
    >>> decode("朱镕基总理在北京会见了外国客人".encode("gbk")).encoding
    'gb18030'
    >>> decode("電腦軟體的使用說明".encode("big5"), declared="gb2312").encoding
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
        return _decode_other(data, error, _declared(data, declared))
    if data.startswith(b"\xef\xbb\xbf"):
        return Decoded(text[1:], "utf-8-sig", "UTF-8 byte-order mark")
    if b"\0" in data:
        return _decode_with_nuls(data, text)
    if controls := _controls(data[:1024]):  # UTF-16 has them, and 中 in it is "-N"
        found = _best_reading(data, "") if len(data) % 2 == 0 else None
        if found and found.encoding.startswith("utf-16"):
            return found
        _refuse_controls(data[:1024], controls)
    if data.isascii() and (b"~{" in data or b"\x1b$" in data):
        return _by_escapes(data) or Decoded(text, "utf-8", "valid UTF-8")
    return Decoded(text, "utf-8", "valid UTF-8")


def _decode_other(data: bytes, error: UnicodeDecodeError, declared: str) -> Decoded:
    """Decode what is not valid UTF-8, as *error* says: by structure, then by probability."""
    found = _by_mark(data) or _utf32_without_mark(data) or _utf16_by_nuls(data)
    found = found or _damaged_utf8(data) or _best_reading(data, declared)
    if not found or not found.encoding.startswith("utf-"):
        _refuse_binary(data)
    if found:
        return found
    raise UndecodableError(
        f"no encoding fits: byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8, "
        "and in no double-byte encoding is this text; convert it to UTF-8 first"
    )


# --- what somebody says ------------------------------------------------------------------------

_DECLARES = re.compile(
    rb"charset\s*=\s*[\"']?\s*([\w.:+-]+)|<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:+-]+)",
    re.IGNORECASE,
)
_SUPERSETS = {  # what browsers decode under these names
    **dict.fromkeys(("gb2312", "gbk", "hz"), "gb18030"),
    **dict.fromkeys(("big5", "cp950"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift_jisx0213", "shift_jis_2004"), "cp932"),
    **dict.fromkeys(("euc_kr", "johab"), "cp949"),
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
_SINGLE_BYTE = re.compile(r"iso8859-\d+|cp125\d|cp874|koi8-[rut]|mac-\w+")


def _declared(data: bytes, declared: str | None) -> str:
    """Return the Python codec that a header, ``<meta charset>`` or ``<?xml encoding>`` names."""
    said = _DECLARES.search(declared.encode() if declared else data[:2048])
    name = (said[1] or said[2]).decode("ascii", "ignore") if said else declared or ""
    try:
        name = codecs.lookup(re.sub(r"^(?:x-)+", "", name.strip().lower())).name
    except (LookupError, ValueError):
        return ""
    return _SUPERSETS.get(name, name)


# --- structure ---------------------------------------------------------------------------------


def _by_mark(data: bytes) -> Decoded | None:
    for mark, name in _BOMS:
        if data.startswith(mark):
            text = data.decode(name, "replace").removeprefix("\ufeff")
            if text.count("\ufffd") > max(1, _MAX_BAD * len(text)):
                return None
            return Decoded(text, name, f"{name.upper()} byte-order mark")
    return None


def _decode_with_nuls(data: bytes, text: str) -> Decoded:
    """Decode ASCII in UTF-16 or UTF-32, which with its NULs is valid UTF-8 too."""
    found = _utf32_without_mark(data) or _utf16_by_nuls(data) or _best_reading(data, "")
    if found and found.encoding.startswith("utf-"):
        return found
    _refuse_binary(data)
    return Decoded(text, "utf-8", f"valid UTF-8 with {data.count(0)} NUL bytes")


def _utf32_without_mark(data: bytes) -> Decoded | None:
    if len(data) % 4 or data.count(0) * 4 < len(data):
        return None
    for name in ("utf-32-le", "utf-32-be"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if _is_text(text):
            return Decoded(text, name, f"valid {name.upper()} without mark")
    return None


def _utf16_by_nuls(data: bytes) -> Decoded | None:
    """Decode UTF-16 with a NUL in it, which no other text has: of one byte order, text of a script.

    In a short text the NUL may be the lower half of 一, so both orders are tried.
    """
    sample = data[:8192]
    low, high = sample[0::2].count(0), sample[1::2].count(0)
    if max(low, high) * 40 < len(sample) or (len(data) % 2 and len(data) <= _SHORT_UTF16):
        return None
    names = ["utf-16-le", "utf-16-be"] if high > low else ["utf-16-be", "utf-16-le"]
    if min(low, high) * 10 > max(low, high) and len(data) > _SHORT_UTF16:
        return None
    best: tuple[float, Decoded] | None = None
    for name in names if len(data) <= _SHORT_UTF16 else names[:1]:
        text = data.decode(name, "replace")
        if text.count("\ufffd") > max(1, _MAX_BAD * len(text)) or not _is_text(text):
            continue
        nats = _chinese(text[:_WINDOW], name).nats + 8.0 * len(_ALPHABETS.findall(text[:_WINDOW]))
        if best is None or nats > best[0] + 5:
            reason = f"one byte of many pairs is the NUL of {name.upper()}"
            best = nats, Decoded(text, name, reason)
    return best[1] if best else None


_SHORT_UTF16 = 64
_LIKE_HAN = ("HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC", "BOPOMOFO")
_ALPHABETS = re.compile("[\xc0-\u06ff\uac00-\ud7a3]")  # no nonsense for the model, in UTF-16


def _is_text(text: str) -> bool:
    """Return whether *text*, decoded from pairs of bytes, is letters and marks, not numbers.

    Its letters are of one script beside Latin; kana, Han and hangul count as one.
    """
    sample = [c for c in text[:500] if c not in "\t\n\r"]
    odd = sum(unicodedata.category(c) in {"Cc", "Cn", "Co", "Cs"} for c in sample)
    names = Counter(re.split("[ -]", unicodedata.name(c, ""))[0] for c in sample if c.isalpha())
    names["CJK"] += sum(names.pop(name, 0) for name in _LIKE_HAN)
    latin = names.pop("LATIN", 0) + names.pop("FULLWIDTH", 0)
    main = max(names.values(), default=0)
    return odd <= _MAX_CONTROLS * len(sample) and main + latin >= 0.9 * (names.total() + latin)


_HZ = re.compile(rb"~\{(?:[\x21-\x7d][\x21-\x7e])+(?:~\}|$)")
_SHIFTED = re.compile(rb"\x0e([\x21-\x7e\s]*)\x0f?")


def _by_escapes(data: bytes) -> Decoded | None:
    """Decode the seven-bit encodings of old mail and news: HZ, ISO-2022-CN, -JP and -KR."""
    if _HZ.search(data):
        text = data.decode("hz", "replace")
        bad = text.count("\ufffd")
        if bad <= max(1, _MAX_BAD * len(text)) and _chinese(text[:_WINDOW], "hz").plain:
            return Decoded(text, "hz", "ASCII with HZ escapes ~{ ~}")
    if b"\x1b$)A" in data:
        eight_bit = _SHIFTED.sub(
            lambda run: bytes(b | 0x80 if b > 0x20 else b for b in run[1]),
            data.replace(b"\x1b$)A", b""),
        )
        return Decoded(eight_bit.decode("gb18030", "replace"), "iso2022_cn", "ISO-2022-CN escapes")
    for name in ("iso2022_jp_2", "iso2022_kr") if b"\x1b$" in data else ():
        try:
            return Decoded(data.decode(name), name, "ISO-2022 escapes")
        except UnicodeDecodeError:
            continue
    return None


_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_CUT = re.compile(rb"(?:[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def _damaged_utf8(data: bytes) -> Decoded | None:
    """Decode UTF-8 with a few bad bytes: a cut at either end, a line in another encoding."""
    at = {0, len(data) // 2, max(0, len(data) - 2048)}
    if all(_bad_utf8(data[start : start + 2048]) > 200 for start in at):
        return None
    bad = _bad_utf8(data)
    if b"\xed" in data:
        try:  # Java and Oracle write an emoji as two surrogates of three bytes each
            text = _SURROGATES.sub(_join, data.decode("utf-8", "surrogatepass"))
            text.encode()
        except UnicodeError:
            pass
        else:
            return Decoded(text, "utf-8", "UTF-8 but for surrogate pairs of six bytes (CESU-8)")
    good = sum(len(sequence) - 1 for sequence in _SEQUENCE.findall(data))
    cut = _CUT.search(data)  # at the end: no sign of another encoding
    if good < (6 * (bad - len(cut[0])) + 2 if cut else 6 * bad):
        return None
    reason = _damage("UTF-8", data, "utf-8", bad)
    text, others = _decode_lines(data)
    if others:
        reason += "; lines in " + ", ".join(f"{name}: {n}" for name, n in others.items())
    return Decoded(text.removeprefix("\ufeff"), "utf-8", reason)


def _join(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _decode_lines(data: bytes) -> tuple[str, Counter[str]]:
    """Decode UTF-8 in which some lines are Chinese in another encoding, as logs and dumps are."""
    others: Counter[str] = Counter()
    lines = []
    for raw in data.split(b"\n"):
        line = raw.decode("utf-8", "replace")
        if line.count("\ufffd") > 3:
            found = _best_reading(raw, "")
            if found and found.encoding in {"gb18030", "big5hkscs", "cp950"}:
                line = found.text
                others[found.encoding] += 1
        lines.append(line)
    return "\n".join(lines), others


def _bad_utf8(data: bytes) -> int:
    return len(data) - len(data.decode("utf-8", "ignore").encode("utf-8"))


def _damage(what: str, data: bytes, codec: str, bad: int) -> str:
    """Return the reason of a damaged text: how many bad bytes, and where the first ten stand."""
    offsets: list[int] = []
    at = 0
    while len(offsets) < 10:
        try:
            data[at:].decode(codec)
            break
        except UnicodeDecodeError as error:
            offsets += range(at + error.start, at + error.end)
            at += error.end
    more = ", ..." if bad > len(offsets) else ""
    places = ", ".join(map(str, offsets[:10]))
    return f"{what} with {bad} bad bytes of {len(data)}, at offsets {places}{more}"


def _controls(sample: bytes) -> int:
    return len(sample) - len(sample.translate(None, _CONTROLS))


def _refuse_controls(sample: bytes, controls: int) -> None:
    if controls > max(2, _MAX_CONTROLS * len(sample)):
        raise UndecodableError(
            f"binary data: {controls} control characters in the first {len(sample)} bytes"
        )


def _refuse_binary(data: bytes) -> None:
    """Raise if *data*, which is in no Unicode encoding, is no text."""
    nuls = data.count(0)
    if nuls > max(1, _MAX_NULS * len(data)):
        raise UndecodableError(f"binary data: {nuls} NUL bytes in {len(data)}")
    _refuse_controls(data[:8192], _controls(data[:8192]))


# --- probability -------------------------------------------------------------------------------
# A reading's judge returns the log probability of a sample in it, in nats, and whether the sample
# is plainly text of that language. Only sums over the same bytes are compared.

_STRANGE, _FOUR_BYTE = -13.0, -7.0
# The kinds of characters in a Chinese reading, and what the model may say of one of a kind.
_OTHER, _PLAIN_ASCII, _ORDINARY, _UNUSUAL, _FAR, _MARK, _KANA, _STRAY, _BAD = range(9)
_LEAST = (-13.0, 0.0, -13.5, -13.5, -13.5, -6.0, -5.0, -16.0, -24.0)
_MOST = (0.0, 0.0, 0.0, -11.0, -11.0, 0.0, -5.0, -16.0, -24.0)
_RANGES = (
    (_PLAIN_ASCII, 0x00, 0x7F),
    (_STRAY, 0x80, 0x9F),
    (_MARK, 0x2010, 0x2026),
    (_MARK, 0x3000, 0x3017),
    (_KANA, 0x3041, 0x3096),
    (_KANA, 0x30A1, 0x30FA),
    (_KANA, 0x30FC, 0x30FE),
    (_FAR, 0x3400, 0x4DBF),
    (_UNUSUAL, 0x4E00, 0x9FFF),
    (_STRAY, 0xA000, 0xF8FF),
    (_UNUSUAL, 0xF900, 0xFAFF),
    (_MARK, 0xFF01, 0xFF20),
    (_STRAY, 0xFF61, 0xFF9F),
    (_BAD, 0xFFFD, 0xFFFE),
    (_FAR, 0xFFFF, 0xFFFF),  # and all beyond the basic plane
)


# Korean and French in a wrong reading: blanks between Han, one Han at a word's end or inside it.
_UNLIKELY = re.compile(f"(?<=[{HAN}]) (?=[{HAN}])|(?<=[a-z])[{HAN}](?![{HAN}])")


@cache
def _kinds() -> bytes:
    kinds = bytearray(1 << 16)
    for kind, first, last in _RANGES:
        kinds[first : last + 1] = bytes([kind]) * (last + 1 - first)
    for char in _ordinary():
        if kinds[ord(char)] == _UNUSUAL:
            kinds[ord(char)] = _ORDINARY
    return bytes(kinds)


def _chinese(text: str, codec: str) -> _Verdict:
    """Judge *text* by the character model; kana, which other encodings share, by its own rate."""
    import numpy as np

    from corpusprep.text import lm

    values = lm.logprobs(text)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = np.frombuffer(_kinds(), np.uint8)[np.minimum(codes, 0xFFFF)]
    values = np.clip(
        values, np.array(_LEAST, np.float32)[kinds], np.array(_MOST, np.float32)[kinds]
    )
    if codec == "gb18030":  # four bytes of a strict form: no sign of a wrong reading
        values[kinds == _FAR] = _FOUR_BYTE
    judged = ((kinds >= _ORDINARY) & (kinds <= _FAR)) | (kinds >= _STRAY)
    seen = int(judged.sum())
    mean = float(values[judged].mean()) if seen else 0.0
    nats = float(values.sum(dtype=np.float64)) + _ascii(text)
    nats -= 4.0 * len(_UNLIKELY.findall(text))
    floor = _floor(seen) + (1.0 if codec.startswith("utf-16") else 0.0) if seen else 0.0
    return _Verdict(nats, seen > 0 and mean >= floor, seen >= 40 and mean >= _SURE)


_SURE = -9.0  # a mean over 40 Han and more


_ASCII = re.compile(r"[\0-\x7f]+")
_WORDS = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}|[0-9]+|[ \t\n\r]+")
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f\x7f]")


def _ascii(text: str) -> float:
    """Return the nats of the ASCII in *text*: most in words, numbers and blanks, or it is none."""
    pieces = "\ue000".join(_ASCII.findall(text))
    total = len(pieces.replace("\ue000", ""))
    stray = len(_WORDS.sub("", pieces).replace("\ue000", ""))
    return -3.0 * total - 3.0 * stray - 8.0 * len(_CONTROL.findall(pieces))


def _floor(seen: int) -> float:
    """Return the least mean of *seen* Han in nats.

    1,500 pieces each: of 6 Han, 99 % of the right readings lie above -11.3 and 97 % of the wrong
    ones below; of 30 Han 99.9 % above -10.0 and below -10.3.
    """
    return -9.5 - min(12 / seen, 2.5)


class _Language(NamedTuple):
    """Classes of characters with the nats of one of them; what is in none costs `_STRANGE`."""

    name: str
    classes: tuple[tuple[re.Pattern[str], float], ...]
    floor: float  # the least mean of what is not ASCII
    must: re.Pattern[str]
    share: float  # of what is not ASCII and in `must`, at least
    least: int  # characters in `must`
    against: re.Pattern[str]  # what such text hardly has


def _language(
    name: str,
    floor: float,
    must: tuple[str, float, int],
    *classes: tuple[str, float],
    against: str = "\ufffd",
) -> _Language:
    compiled = tuple((re.compile(f"[{chars}]+"), nats) for chars, nats in classes)
    letters, share, least = must
    against_them = re.compile(against)
    return _Language(name, compiled, floor, re.compile(f"[{letters}]+"), share, least, against_them)


_MARKS = "\u3000-\u3003\u3008-\u3011\uff01-\uff5e\u2010-\u2026·"
_KOREAN = _language(
    "Korean",
    -7.4,
    (HANGUL, 0.9, 2),
    (
        "이다는을의에하고가를은로지한기도나대사시자리서해스아있것인어그라과부정일들수적제주보만원전상게으오와면우연성장여유구신안내조세관화동경국등니까습요저",
        -5.0,
    ),
    ("가-힣", -8.5),
    (_MARKS, -6.0),
)
_JAPANESE = _language(
    "Japanese",
    -7.2,
    (KANA, 0.2, 2),
    ("ぁ-ゖー", -4.5),
    ("ァ-ヺ", -5.5),
    (_MARKS, -4.5),
    (HAN, -8.0),
)
_RUSSIAN = _language(
    "Russian",
    -4.3,
    ("А-яЁё", 0.85, 3),
    ("оеаинтсрвл", -2.8),
    ("а-яё", -4.0),
    ("А-ЯЁ", -5.5),
    ("\xa0«»—–№„“”…", -5.5),
    against="[а-яё][А-ЯЁ]|[A-Za-z][А-яЁё]|[А-яЁё][A-Za-z]|\ufffd",
)
_SIGNS = "’‘‚“”„‹›«»–—…•¡¿§¶†©®™°·×±²³¼½¾€£¥µªº´\xa0"
_WESTERN = _language(
    "Western text",
    -8.0,
    (f"À-ÖØ-öø-ÿŠšŽžŒœŸ{_SIGNS}", 0.9, 1),
    ("à-öø-ÿœšžß", -3.5),
    ("À-ÖØ-ÝŒŠŽ", -6.0),
    (_SIGNS, -5.5),
)


def _by_classes(text: str, language: _Language) -> _Verdict:
    high = _ASCII.sub("", text)
    nats, left = 0.0, high
    for chars, each in language.classes:
        rest = chars.sub("", left)
        nats += each * (len(left) - len(rest))
        left = rest
    nats += _STRANGE * len(left) - 10.0 * len(language.against.findall(text))
    wanted = len(high) - len(language.must.sub("", high))
    enough = max(language.share * len(high), language.least)
    plain = nats >= language.floor * len(high) and wanted >= enough
    return _Verdict(nats + _ascii(text), plain, False)


class _Reading(NamedTuple):
    codecs: tuple[str, ...]  # the first that decodes strictly; alike in ordinary text
    language: _Language | None = None  # None: Chinese
    prior: float = 0.0


_GB18030 = _Reading(("gb18030",))
_CHINESE = (_GB18030, _Reading(("big5hkscs", "cp950")))
_UTF16 = (_Reading(("utf-16-le",), None, -5.0), _Reading(("utf-16-be",), None, -5.0))
_CP1252 = _Reading(("cp1252",), _WESTERN)
_FOREIGN = (
    _Reading(("euc_jp",), _JAPANESE),
    _Reading(("cp932",), _JAPANESE),
    _Reading(("cp949",), _KOREAN),
)
_CYRILLIC = (_Reading(("cp1251",), _RUSSIAN), _Reading(("koi8_r",), _RUSSIAN))
_WINDOW = 2048
_LEAST_OF_A_BYTE = -6.0  # in nats; text has -2 to -4, random bytes below -6
_HINT = 6.0  # nats for the encoding declared: about what one Han read wrongly costs


def _best_reading(data: bytes, declared: str) -> Decoded | None:
    """Decode by the reading under which samples of *data* are the most probable."""
    windows, utf16 = _windows(data), _rows_of_utf16(data)
    if utf16:
        windows = [data[:_WINDOW]]
    start = [windows[0][: _WINDOW // 4]]
    for reading in (*utf16, *_CHINESE):
        if _weigh(start, reading).sure:
            found = _decode_by(data, reading, declared)
            if found:
                return found
    letters = (_CP1252,) if _is_like_western(data) else _CYRILLIC
    readings = (*utf16, *_CHINESE, *_FOREIGN, *letters)
    ranked: list[tuple[float, _Reading]] = []
    for reading in readings:
        verdict = _weigh(windows, reading)
        if verdict.plain and verdict.nats >= _LEAST_OF_A_BYTE * sum(map(len, windows)):
            hint = _HINT if declared in reading.codecs else 0.0
            ranked.append((verdict.nats + reading.prior + hint, reading))
    ranked.sort(key=lambda entry: -entry[0])
    if not ranked or ranked[0][1] is _CP1252:
        found = _by_declaration(data, declared)
        if found:
            return found
    for _, reading in ranked:
        found = _decode_by(data, reading, declared)
        if found:
            return found
    return None


def _windows(data: bytes) -> list[bytes]:
    """Return samples of *data* that begin with a whole character: from head, middle and end."""
    first = _HIGH.search(data)
    head = max(0, first.start() - 32) if first else 0  # what stands before is ASCII
    if len(data) - head <= _WINDOW:
        return [data[head:]]
    starts = [head]
    for at in (max(head + _WINDOW, (len(data) + head) // 2), len(data) - _WINDOW):
        synced = _SYNC.search(data, at, at + _WINDOW) if at >= starts[-1] + _WINDOW else None
        if synced:  # none: no line break, no space; the head has to do
            starts.append(synced.end() - 1)
    return [data[start : start + _WINDOW] for start in starts]


_HIGH = re.compile(rb"[\x80-\xff]")
_SYNC = re.compile(rb"[\x00-\x2f][\x80-\xff]")  # no encoding has such a byte inside a character
# The high bytes of UTF-16 Chinese: Latin, general punctuation, CJK marks, Han, full width.
_ROWS = bytes((0x00, 0x20, 0x30, *range(0x4E, 0xA0), 0xFF))


def _rows_of_utf16(data: bytes) -> tuple[_Reading, ...]:
    """Return the readings as UTF-16 under which nearly every high byte is one of Chinese text."""
    sample = data[:_WINDOW]
    if len(sample) < 4:
        return ()
    outside = (len(sample[at::2].translate(None, _ROWS)) for at in (1, 0))
    return tuple(r for r, n in zip(_UTF16, outside, strict=True) if n <= max(1, len(sample) // 40))


class _Verdict(NamedTuple):
    nats: float
    plain: bool  # text of that language beyond reasonable doubt
    sure: bool  # so clearly that no other reading need be tried


def _weigh(windows: list[bytes], reading: _Reading) -> _Verdict:
    codec = reading.codecs[0]
    texts = [window.decode(codec, "replace") for window in windows]
    if len(windows[0]) >= _WINDOW // 4:  # cut at its end
        texts = [text.removesuffix("\ufffd") for text in texts]
    if reading.language:
        return _by_classes("\n".join(texts), reading.language)
    return _chinese("\n".join(texts), codec)


def _decode_by(data: bytes, reading: _Reading, declared: str) -> Decoded | None:
    """Decode all of *data*: strictly by one of the codecs, or by the first with a few bad bytes."""
    what = "plausible Chinese" if reading.language is None else f"plain {reading.language.name}"
    against = f", not {declared} as declared" if declared not in ("", *reading.codecs) else ""
    for codec in reading.codecs:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if reading in _UTF16 and not _is_text(text):
            return None
        return Decoded(_mended(text, codec), codec, f"valid {codec}, {what}{against}")
    codec = reading.codecs[0]
    text = data.decode(codec, "surrogateescape")
    if codec == "gb18030":
        text = text.replace("\udc80", "€")  # as Windows writes it
    bad = len(text) - len(_LONE.sub("", text))
    if bad > max(3 if len(data) > 100 else 1, _MAX_BAD * len(data)):
        return None
    reason = _damage(codec, data, codec, bad) if bad else f"valid cp936, {what}{against}"
    return Decoded(_mended(_LONE.sub("\ufffd", text), codec), codec, reason)


_LONE = re.compile("[\ud800-\udfff]")


_NAME_DOT = re.compile(f"(?<=[{HAN}])•(?=[{HAN}])")


def _mended(text: str, codec: str) -> str:
    """Return *text* with the marks that Taiwan writes where Python's Big5-HKSCS has look-alikes."""
    if codec != "big5hkscs":
        return text
    return _NAME_DOT.sub("‧", text).replace("∼", "～").replace("､", "﹑")


_RUNS = re.compile(rb"[\x80-\xff]+")


def _is_like_western(data: bytes) -> bool:
    """Return whether *data* has few high bytes, most of them alone among ASCII letters."""
    runs = [len(run) for run in _RUNS.findall(data)]
    return sum(runs) <= max(1, 0.25 * len(data)) and sum(n <= 2 for n in runs) >= 0.95 * len(runs)


def _by_declaration(data: bytes, declared: str) -> Decoded | None:
    """Decode by the single-byte encoding declared, if all high bytes are letters of one script."""
    if not _SINGLE_BYTE.fullmatch(declared):
        return None
    try:
        text = data.decode(declared)
    except UnicodeDecodeError:
        return None
    high = _ASCII.sub("", text[:_WINDOW])
    if not high:
        return None
    scripts = Counter(unicodedata.name(c, "?").split()[0] for c in high if c.isalpha())
    marks = sum(unicodedata.category(c)[0] in "PSZM" for c in high)
    [(_, letters)] = scripts.most_common(1) or [("", 0)]
    if letters < 0.6 * len(high) or letters + marks < 0.95 * len(high):
        return None
    return Decoded(text, declared, f"valid {declared}, as declared")
