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
from typing import NamedTuple

from corpusprep.errors import UndecodableError
from corpusprep.text.chars import HAN, count_han
from corpusprep.text.readings import (
    JAPANESE,
    KOREAN,
    RUSSIAN,
    WESTERN,
    Language,
    Verdict,
    judge,
    judge_chinese,
)

__all__ = ["Decoded", "decode"]


class Decoded(NamedTuple):
    """Text, the encoding its bytes were in (a Python codec name), and why we think so."""

    text: str
    encoding: str
    reason: str


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

    Line breaks stay as they are; a byte-order mark is taken off. A few bad bytes (one in seven of
    UTF-8's, 1 % in other encodings) become U+FFFD; the reason says how many there are and where the
    first ten stand. *declared* is what somebody says of the encoding: a charset name or a whole
    Content-Type header; without one, the page's own declaration is read. It decides between
    readings that are about as probable, and which Latin letters or foreign script it is.

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
    if data.isascii() and (b"~{" in data or b"\x1b$" in data):
        found = _by_escapes(data)
        if found:
            return found
    if controls := _controls(data[:1024]):  # UTF-16 has them, and 中 in it is "-N"
        found = _best_reading(data, "") if _rows_of_utf16(data) else None
        if found and found.encoding.startswith("utf-16"):
            return found
        _refuse_controls(data[:1024], controls)
    return Decoded(text, "utf-8", "valid UTF-8")


def _decode_other(data: bytes, error: UnicodeDecodeError, declared: str) -> Decoded:
    """Decode what is not valid UTF-8, as *error* says: by structure, then by probability."""
    found = _by_mark(data) or _utf32_without_mark(data) or _utf16_by_nuls(data)
    found = found or _damaged_utf8(data) or _best_reading(data, declared)
    if not found or not found.encoding.startswith(("utf-16", "utf-32")):
        _refuse_binary(data)
    found = found or _as_declared(data, declared)
    if found:
        return found
    raise UndecodableError(
        f"no encoding fits: byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8, "
        "and in no double-byte encoding is it text; convert it to UTF-8 first"
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
    head = (declared or "").encode("ascii", "replace"), data[:2048]
    said = [m[1] or m[2] for m in map(_DECLARES.search, head) if m]
    for name in [declared or "", *(name.decode("ascii", "replace") for name in said)]:
        try:
            codec = codecs.lookup(re.sub(r"^(?:x-)+", "", name.strip().lower())).name
        except (LookupError, ValueError):
            continue
        return _SUPERSETS.get(codec, codec)
    return ""


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
    found = _utf32_without_mark(data) or _utf16_by_nuls(data)
    if not found and _rows_of_utf16(data):
        found = _best_reading(data, "")
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
    low, high = data[0:8192:2].count(0), data[1:8192:2].count(0)
    if max(low, high) * 40 < min(len(data), 8192) or (len(data) % 2 and len(data) <= _SHORT_UTF16):
        return None
    names = ["utf-16-le", "utf-16-be"] if high > low else ["utf-16-be", "utf-16-le"]
    if min(low, high) * 10 > max(low, high) and len(data) > _SHORT_UTF16:
        return None
    best: tuple[float, Decoded] | None = None
    for name in names if len(data) <= _SHORT_UTF16 else names[:1]:
        text = data.decode(name, "replace")
        if text.count("\ufffd") > max(1, _MAX_BAD * len(text)) or not _is_text(text):
            continue
        sample = text[:_WINDOW]
        nats, plain, _ = judge_chinese(sample, name)
        if count_han(sample) and not plain and len(data) <= _SHORT_UTF16:
            continue
        if not count_han(sample):  # Korean and Russian are no nonsense, as the model thinks
            nats += 8.0 * len(_ALPHABETS.findall(sample))
        if best is None or nats > best[0] + 5:
            reason = f"one byte of many pairs is the NUL of {name.upper()}"
            best = nats, Decoded(text, name, reason)
    return best[1] if best else None


_SHORT_UTF16 = 64
_LIKE_HAN = ("HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC", "BOPOMOFO")
_ALPHABETS = re.compile("[\xc0-\u06ff\uac00-\ud7a3]")


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
        if bad <= max(1, _MAX_BAD * len(text)) and judge_chinese(text[:_WINDOW], "hz").plain:
            return Decoded(text, "hz", "ASCII with HZ escapes ~{ ~}")
    if b"\x1b$)A" in data:
        eight_bit = _SHIFTED.sub(
            lambda run: bytes(b | 0x80 if b > 0x20 else b for b in run[1]),
            data.replace(b"\x1b$)A", b""),
        )
        return Decoded(eight_bit.decode("gb18030", "replace"), "iso2022_cn", "ISO-2022-CN escapes")
    if b"\x1b$" in data:
        name = "iso2022_kr" if b"\x1b$)C" in data else "iso2022_jp_2"
        text = data.decode(name, "replace")
        if text.count("\ufffd") <= max(1, _MAX_BAD * len(text)):
            return Decoded(text, name, "ISO-2022 escapes")
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
    good = _good_utf8(data)
    cut = _CUT.search(data)  # at the end: no sign of another encoding
    if good < (6 * (bad - len(cut[0])) + 2 if cut else 6 * bad):
        return None
    reason = _damage("UTF-8", data, "utf-8", bad)
    text, others = _decode_lines(data)
    return Decoded(text.removeprefix("\ufeff"), "utf-8", reason + others)


def _join(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _decode_lines(data: bytes) -> tuple[str, str]:
    """Decode UTF-8 in which some lines are Chinese in another encoding, as logs and dumps are.

    Return the text, and how many lines are in which encoding.
    """
    raw = data.split(b"\n")
    foreign = {i for i, line in enumerate(raw) if _is_foreign(line)}
    found = _best_reading(b"\n".join(raw[i] for i in sorted(foreign)), "") if foreign else None
    if not found or found.encoding not in {"gb18030", "big5hkscs", "cp950"}:
        return data.decode("utf-8", "replace"), ""
    codecs_of = (found.encoding if i in foreign else "utf-8" for i in range(len(raw)))
    lines = [line.decode(codec, "replace") for line, codec in zip(raw, codecs_of, strict=True)]
    return "\n".join(lines), f"; lines in {found.encoding}: {len(foreign)}"


def _is_foreign(line: bytes) -> bool:
    """Return whether *line* has several bad bytes as UTF-8, and not just among good ones."""
    if line.isascii():
        return False
    bad = _bad_utf8(line)
    return bad > 3 and _good_utf8(line) < 2 * bad


def _good_utf8(data: bytes) -> int:
    return sum(len(sequence) - 1 for sequence in _SEQUENCE.findall(data))


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


class _Reading(NamedTuple):
    codecs: tuple[str, ...]  # the first that decodes strictly; alike in ordinary text
    language: Language | None = None  # None: Chinese
    prior: float = 0.0


_GB18030 = _Reading(("gb18030",))
_CHINESE = (_GB18030, _Reading(("big5hkscs", "cp950")))
_UTF16 = (_Reading(("utf-16-le",), None, -5.0), _Reading(("utf-16-be",), None, -5.0))
_CP1252 = _Reading(("cp1252",), WESTERN)
_FOREIGN = (
    _Reading(("euc_jp",), JAPANESE),
    _Reading(("cp932",), JAPANESE),
    _Reading(("cp949",), KOREAN),
)
_CYRILLIC = (_Reading(("cp1251",), RUSSIAN), _Reading(("koi8_r",), RUSSIAN))
_WINDOW = 2048
_LEAST_OF_A_BYTE = -6.0  # in nats; text has -2 to -4, random bytes below -6
_CLEAR = 60.0  # nats more than the second reading, from the first bytes alone
_HINT = 6.0  # nats for the encoding declared: about what one Han read wrongly costs


def _best_reading(data: bytes, declared: str) -> Decoded | None:
    """Decode by the reading under which samples of *data* are the most probable."""
    utf16 = _rows_of_utf16(data)
    windows = [data[:_WINDOW]] if utf16 else _windows(data)
    start = [windows[0][: _WINDOW // 4]]
    verdicts: dict[_Reading, Verdict] = {}
    for reading in (*utf16, *_CHINESE):
        verdicts[reading] = _weigh(start, reading)
        found = _decode_by(data, reading, declared) if verdicts[reading].sure else None
        if found:
            return found
    letters = (_CP1252,) if _is_like_western(data) else _CYRILLIC
    for reading in (*_FOREIGN, *letters):
        verdicts[reading] = _weigh(start, reading)
    first, second, *_ = ranked = _rank(verdicts, declared)
    clear = verdicts[first].plain and verdicts[first].nats > verdicts[second].nats + _CLEAR
    if windows != start and not clear:
        verdicts = {reading: _weigh(windows, reading) for reading in verdicts}
        ranked, start = _rank(verdicts, declared), windows
    least = _LEAST_OF_A_BYTE * sum(map(len, start))
    plain = [r for r in ranked if verdicts[r].plain and verdicts[r].nats >= least]
    if not plain or plain[0] is _CP1252:
        found = _by_declaration(data, declared)
        if found:
            return found
    return next(filter(None, (_decode_by(data, reading, declared) for reading in plain)), None)


def _rank(verdicts: dict[_Reading, Verdict], declared: str) -> list[_Reading]:
    def value(reading: _Reading) -> float:
        hint = _HINT if declared in reading.codecs else 0.0
        return verdicts[reading].nats + reading.prior + hint

    return sorted(verdicts, key=value, reverse=True)


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
_PRINTABLE = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
# The high bytes of UTF-16 Chinese: Latin, general punctuation, CJK marks, Han, full width.
_ROWS = bytes((0x00, 0x20, 0x30, *range(0x4E, 0xA0), 0xFF))


def _rows_of_utf16(data: bytes) -> tuple[_Reading, ...]:
    """Return the readings as UTF-16 under which nearly every high byte is one of Chinese text."""
    sample = data[:_WINDOW]
    if len(sample) < 4 or 12 * len(sample.translate(None, _PRINTABLE)) < len(sample):
        return ()
    outside = (len(sample[at::2].translate(None, _ROWS)) for at in (1, 0))
    return tuple(r for r, n in zip(_UTF16, outside, strict=True) if n <= max(1, len(sample) // 40))


def _weigh(windows: list[bytes], reading: _Reading) -> Verdict:
    codec = reading.codecs[0]
    texts = [window.decode(codec, "replace") for window in windows]
    if len(windows[0]) >= _WINDOW // 4:  # cut at its end
        texts = [text.removesuffix("\ufffd") for text in texts]
    if reading.language:
        return judge("\n".join(texts), reading.language)
    return judge_chinese("\n".join(texts), codec)


def _decode_by(data: bytes, reading: _Reading, declared: str) -> Decoded | None:
    """Decode all of *data*: strictly by one of the codecs, or by the first with a few bad bytes."""
    what = "plausible Chinese" if reading.language is None else f"plain {reading.language.name}"
    against = f", not {declared} as declared" if declared not in ("", *reading.codecs) else ""
    for codec in reading.codecs:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if codec.startswith("utf-16") and not _is_text(text):
            return None
        return Decoded(_mended(text, codec), codec, f"valid {codec}, {what}{against}")
    codec = reading.codecs[0]
    if codec == "gb18030":  # Windows writes € as a byte that GB18030 does not have
        text = data.decode(codec, "surrogateescape").replace("\udc80", "€")
        text = _LONE.sub("\ufffd", text)
    else:
        text = data.decode(codec, "replace")
    bad = text.count("\ufffd")
    if bad > max(3 if len(data) > 100 else 1, _MAX_BAD * len(data)):
        return None
    reason = _damage(codec, data, codec, bad) if bad else f"valid cp936, {what}{against}"
    return Decoded(_mended(text, codec), codec, reason)


_LONE = re.compile("[\udc80-\udcff]")
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
    return sum(runs) <= max(1, 0.3 * len(data)) and sum(n <= 2 for n in runs) >= 0.95 * len(runs)


def _as_declared(data: bytes, declared: str) -> Decoded | None:
    """Decode by the Chinese encoding declared, if all of *data* is valid in it and mostly Han.

    Lists of names and rare characters are improbable as text; where label and bytes agree, they are
    no accident all the same.
    """
    if declared not in {"gb18030", "big5hkscs"}:
        return None
    try:
        text = data.decode(declared)
    except UnicodeDecodeError:
        return None
    high = [char for char in text if char > "\x7f"]
    if not high or count_han(text) < 0.7 * len(high):
        return None
    return Decoded(text, declared, f"valid {declared}, as declared")


def _by_declaration(data: bytes, declared: str) -> Decoded | None:
    """Decode by the single-byte encoding declared, if all high bytes are letters of one script."""
    if not _SINGLE_BYTE.fullmatch(declared):
        return None
    try:
        text = data.decode(declared)
    except UnicodeDecodeError:
        return None
    high = [char for char in text[:_WINDOW] if char > "\x7f"]
    if not high:
        return None
    scripts = Counter(unicodedata.name(c, "?").split()[0] for c in high if c.isalpha())
    marks = sum(unicodedata.category(c)[0] in "PSZM" for c in high)
    [(_, letters)] = scripts.most_common(1) or [("", 0)]
    if letters < 0.6 * len(high) or letters + marks < 0.95 * len(high):
        return None
    return Decoded(text, declared, f"valid {declared}, as declared")
