"""Chinese bytes read in another Chinese encoding: which bytes stood there, and what they meant.

    浣犲ソ锛屼笘鐣�      UTF-8 read as GBK: 你好，世界, the last byte lost
    笢弊                GBK read as Big5: 中国
    笲癳                Big5 read as GBK, and so on
    三?！敝С龅拙€      GBK that lost a byte: every pair after it is put together wrongly

A wrong decoder does not destroy most bytes, it only pairs them wrongly. So the text is turned back
into the bytes that it was read from, with a mark where one is unknown, and these are read again.
Three things say what an unknown byte was: the structure of the right encoding, the wrong decoder
(which would not have given up on a pair that it has a character for), and, among what is left, the
language model and the document itself.

A finder gives an edit only where the new text is much more probable than the old one.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING

from corpusprep.text.edits import Edit
from corpusprep.text.latin import AS_LATIN
from corpusprep.text.lostbytes import (
    CLAUSE,
    MARKS,
    QUESTION,
    UNKNOWN,
    Piece,
    Run,
    bytes_of,
    char_of,
    common_han,
    judge,
    likeliest,
    odd_gate,
    plausible_chars,
    private,
    rare_gate,
    rare_han,
    readable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "FOUR_BYTES",
    "find_double_byte",
    "find_four_bytes",
    "find_lost_bytes",
    "has_odd",
    "has_rare",
    "lost_gate",
    "may_have_lost",
]

# --- UTF-8 ---------------------------------------------------------------------------------------

_WHOLE = re.compile("(?:[\xe2-\xef][\x80-\xbf]{2}|\xc2\xb7|[\x20-\x7e\t])+")
_BROKEN = re.compile(
    f"([\xe2-\xef][\x80-\xbf]?)?([{UNKNOWN}{QUESTION}]{{0,2}})([\x80-\xbf]{{0,2}})(?![\x80-\xbf])"
)
# The last character of damage inside clean text, whose GBK may look like the rest of UTF-8.
_CUT_OFF = re.compile(f"([\xe2-\xef][\x80-\xbf]?)([{UNKNOWN}{QUESTION}]{{1,2}})()")
_GOES_ON = re.compile(f"[\xe2-\xef][\x80-\xbf{UNKNOWN}{QUESTION}]|[\x00-\x7f{UNKNOWN}{QUESTION}]|$")
_TAIL_BYTES = "".join(map(chr, range(0x80, 0xC0)))
_LEAD_BYTES = "\xe4\xe5\xe6\xe7\xe8\xe9\xe3\xef\xe2"
_MIN_UNITS, _SILENT = 3, 3  # whole characters in a run; for each pair that is gone without a mark


def _read_utf8(stream: str, at: int, wrong: str) -> tuple[int, list[Piece], int]:
    """Read UTF-8 from *at* on: where it ends, its pieces, and how many characters are whole."""
    pieces: list[Piece] = []
    units = silent = 0
    while at < len(stream):
        m = _WHOLE.match(stream, at)
        if m:
            try:
                piece = m[0].encode("latin-1").decode()
            except UnicodeDecodeError:
                break
            whole = piece.partition("\ufffd")[0]  # what was U+FFFD before is lost for good
            pieces.append(whole)
            units += sum(char > "\x7f" for char in whole)
            at += len(whole.encode())
            if whole != piece:
                break
            continue
        m = _BROKEN.match(stream, at)
        if m is None or (
            m[2] and m[3] and (char_of(m[3], "gbk") in MARKS or not _GOES_ON.match(stream, m.end()))
        ):
            m = _CUT_OFF.match(stream, at)
        if m is None or not m[0]:
            break
        before = m[1] or ""
        if not before and not m[2] and m[3] and pieces and _gives_back(pieces):
            # A pair is gone without a mark, and what looked whole took a byte from behind it.
            before, taken = stream[at - 3 : at - 1], stream[at - 1]
            found = _complete(before, "", taken + m[3], _following(stream, m.end()), wrong)
            if found:
                pieces[-1] = str(pieces[-1])[:-1]
                units -= 1
        else:
            found = _complete(before, m[2], m[3], _following(stream, m.end()), wrong)
        if found:
            silent += not m[2]
            if _SILENT * silent > units + _SILENT:
                break
            gone = _swallowed(stream, m.end()) if m[2] == QUESTION and not m[3] else ""
            pieces.append(tuple(chars + gone for chars in found) if gone else found)
        elif m[2] and not m[1] and not m[3]:
            pieces.append(m[2].replace(QUESTION, "?").replace(UNKNOWN, "\ufffd"))
        else:
            break
        at = m.end()
    return at, pieces, units


def _following(stream: str, at: int) -> str:
    """Return the byte at *at* that the decoder saw too: clean text behind the damage is not UTF-8."""
    byte = stream[at : at + 1]
    return byte if byte < "\x80" or "\xe2" <= byte <= "\xef" else ""


_SPACED = re.compile("[\x80-\xff] [0-9A-Za-z]")


def _swallowed(stream: str, at: int) -> str:
    """Return the ASCII that went with the byte before *at*, where the text around shows it."""
    following = stream[at : at + 1]
    if following.isalnum() and following < "\x80":
        return " " if _SPACED.search(stream) else ""
    quotes = [mark for mark in "'\"" if stream.count(mark) % 2]
    return quotes[0] if quotes and following in {",", ";", ")", "]"} else ""


def _gives_back(pieces: Sequence[Piece]) -> bool:
    last = pieces[-1]
    return isinstance(last, str) and last[-1:] >= "\u0800"


@lru_cache(1 << 14)
def _complete(before: str, marks: str, after: str, following: str, wrong: str) -> tuple[str, ...]:
    """Return the characters of which only the bytes *before* and *after* the *marks* are known.

    Each mark stands for one byte or two. Without a mark, a pair of two bytes is gone: a later
    cleaner took the private-use character.
    """
    if not (before or after):
        return ()
    if not marks and len(before) == 2 and len(after) == 1:
        return ()
    known = len(before) + len(after)
    found: list[str] = []
    for sizes in product((1, 2, 3), repeat=len(marks)) if marks else ((2,),):
        if (known + sum(sizes)) % 3 == 0 and known + sum(sizes) <= 6:
            found += _fillings(before, sizes, after, following, wrong, silent=not marks)
    return likeliest(tuple(dict.fromkeys(found)))


_MOST_FILLINGS = 600


def _fillings(
    before: str, sizes: tuple[int, ...], after: str, following: str, wrong: str, *, silent: bool
) -> Iterator[str]:
    """Yield the plausible characters whose lost bytes *wrong* could not read, in groups of *sizes*."""
    known, plausible = readable(wrong), plausible_chars()
    starts = [len(before) + sum(sizes[:k]) for k in range(len(sizes))]
    groups = []
    for start, size in zip(starts, sizes, strict=True):
        choices = [_LEAD_BYTES if k % 3 == 0 else _TAIL_BYTES for k in range(start, start + size)]
        if size == 3:  # a pair without a mark, and a byte
            pair = [g for g in map("".join, product(*choices[:2])) if g in private(wrong)]
            group = [g + "\x80" for g in pair] if "\x80" in choices[2] else []
            pair = [g for g in map("".join, product(*choices[1:])) if g in private(wrong)]
            group += ["\x80" + g for g in pair] if "\x80" in choices[0] else []
            groups.append(group)
            continue
        group = ["".join(filling) for filling in product(*choices)]
        if silent:
            group = [g for g in group if g in private(wrong)]
        elif size == 2:
            group = [g for g in group if g[0] == "\x80" or g not in known]
        groups.append(group)
    rest = after + following
    if sizes[-1] == 1 and rest >= "\x80":
        strict = [g for g in groups[-1] if g + rest[0] not in known]
        groups[-1] = strict or groups[-1]
    total = 1
    for group in groups:
        total *= len(group)
    if total > 20 * _MOST_FILLINGS:
        return
    for filling in product(*groups):
        data = before + "".join(filling) + after
        try:
            chars = data.encode("latin-1").decode()
        except UnicodeDecodeError:
            continue
        if len(chars) == len(data) // 3 and plausible.issuperset(chars):
            yield chars


def _utf8_runs(text: str, start: int, end: int, wrong: str) -> Iterator[Run]:
    """Find UTF-8 read as *wrong* in one line of *text*."""
    spelt = [bytes_of(char, wrong) for char in text[start:end]]
    stream = "".join(spelt)
    places, at = [], 0
    for piece in spelt:
        places.append(at)
        at += len(piece)
    place_of = {place: k for k, place in enumerate(places)}
    place_of[len(stream)] = len(spelt)
    k, rule = 0, f"mojibake-utf8-as-{wrong}"
    while k < len(spelt):
        if not ("\xe2" <= spelt[k][:1] <= "\xef" and len(spelt[k]) > 1):
            k += 1
            continue
        stop, pieces, units = _read_utf8(stream, places[k], wrong)
        last = place_of.get(stop)
        while pieces and isinstance(pieces[-1], str) and last:  # give back ASCII at the end
            bare = pieces[-1].rstrip("".join(map(chr, range(128))) + "\ufffd")
            cut = len(pieces[-1]) - len(bare)
            last -= cut
            pieces[-1] = bare
            if bare:
                break
            pieces.pop()
        lost = sum(not isinstance(piece, str) for piece in pieces)
        if (
            last is None
            or units + lost < _MIN_UNITS
            or units < lost * (2 if wrong == "big5" else 1)
        ):
            k += 1
            continue
        yield Run(start + k, start + last, tuple(pieces), rule)
        k = last


# --- GBK read as Big5, and the reverse -----------------------------------------------------------


def _read_pairs(stream: str, wrong: str, target: str, *, whole: bool) -> list[Piece] | None:
    """Read pairs of *target*; None where too much of it is none.

    *whole*: the wrong decoder gave up on pairs, so that a mark stands for two bytes; else on single
    bytes, so that it went on with the second.
    """
    pieces: list[Piece] = []
    at = bad = good = blind = 0
    while at < len(stream):
        found: tuple[str, ...] = ()
        byte = stream[at]
        following = stream[at + 1 : at + 2]
        if byte < "\x80":
            pieces.append(byte)
            at += 1
        elif byte > "\xff":
            if byte == QUESTION and not ("\x80" <= following <= "\xff" or whole):
                step = 1
            elif whole:
                found, step = _lost_pairs(wrong, target, ""), 1
                blind += 1
            elif following > "\xff":
                found, step = _lost_pairs(wrong, target, stream[at + 2 : at + 3]), 2
                blind += 1
            else:
                found, step = _with_trail(following, wrong, target), 2
            if not found:
                found, step = ("?" if byte == QUESTION else "\ufffd",), 1
                bad += 1
            pieces.append(found)
            at += step
        elif following > "\xff" and not whole:
            after = stream[at + 2 : at + 3]
            found = _with_lead(byte, after, wrong, target)
            pieces.append(found or "\ufffd")
            bad += not found
            at += 2
        else:
            char = char_of(byte + following, target) if "\x40" <= following <= "\xff" else ""
            if char:
                pieces.append(char)
                good += 1
                at += 2
            else:
                pieces.append("\ufffd")
                bad += 1
                at += 1
    return pieces if good >= 2 and bad * 8 <= good and blind * 10 <= len(pieces) else None


@lru_cache(1 << 12)
def _with_trail(trail: str, wrong: str, target: str) -> tuple[str, ...]:
    """Return the characters of *target* whose second byte is *trail*, where *wrong* has no pair."""
    known, plausible = readable(wrong), plausible_chars()
    leads = map(chr, range(0xA1, 0xFA))
    pairs = [lead + trail for lead in leads]
    found = [(pair, char) for pair in pairs if (char := char_of(pair, target)) in plausible]
    strict = tuple(char for pair, char in found if pair not in known)
    return strict or tuple(char for _, char in found)


@lru_cache(1 << 12)
def _with_lead(lead: str, following: str, wrong: str, target: str) -> tuple[str, ...]:
    """Return the characters of *target* whose first byte is *lead*, the second one lost."""
    known, plausible = readable(wrong), plausible_chars()
    found = [
        (trail, char)
        for trail in map(chr, range(0x40, 0xFF))
        if (char := char_of(lead + trail, target)) in plausible
    ]
    strict = tuple(
        char for trail, char in found if trail >= "\x80" and trail + following not in known
    )
    return strict or tuple(char for _, char in found)


@lru_cache(1 << 12)
def _lost_pairs(wrong: str, target: str, following: str) -> tuple[str, ...]:
    """Return the common characters of *target* whose bytes *wrong* has no character for."""
    known = readable(wrong)
    alone = following < "\x80" or following > "\xff"
    pairs = _unreadable(wrong, target)
    return likeliest(tuple(c for c, data in pairs if alone or data[1] + following not in known))


@cache
def _unreadable(wrong: str, target: str) -> tuple[tuple[str, str], ...]:
    known = readable(wrong)
    spelt = ((char, bytes_of(char, target)) for char in sorted(common_han() | MARKS))
    return tuple((char, data) for char, data in spelt if len(data) == 2 and data not in known)


def _pair_runs(text: str, start: int, end: int) -> Iterator[Run]:
    """Yield what text[start:end] would be if it were GBK read as Big5, or the reverse."""
    old = text[start:end]
    ways = [("big5", "gbk"), ("gbk", "big5hkscs")]
    if any(bytes_of(char, "big5") != bytes_of(char, "big5hkscs") for char in set(old)):
        ways.append(("big5hkscs", "gbk"))
    for wrong, target in ways:
        stream = "".join(bytes_of(char, wrong) or UNKNOWN for char in old)
        lossy = UNKNOWN in stream or QUESTION in stream
        for whole in (False, True) if lossy else (False,):
            pieces = _read_pairs(stream, wrong, target, whole=whole)
            if pieces:
                yield Run(
                    start,
                    end,
                    tuple(pieces),
                    f"mojibake-{target[:4]}-as-{wrong[:4]}",
                )


def _best_reading(text: str, start: int, end: int) -> Run | None:
    """Return the likeliest of `_pair_runs`, by what is certain in each; None if all are unlikely."""
    from corpusprep.text import lm

    runs = list(_pair_runs(text, start, end))
    if not runs:
        return None
    certain = ["".join(p if isinstance(p, str) else "\n" for p in run.pieces) for run in runs]
    parts = ["\n".join(part for part in CLAUSE.findall(c)) for c in (*certain, text[start:end])]
    means = [value / (len(part) + 1) for value, part in zip(lm.scores(parts), parts, strict=True)]
    best = max(range(len(runs)), key=means.__getitem__)
    return runs[best] if means[best] > means[-1] + _CLEARLY else None


_EXPECTED = -8.0  # nats a character
_LEAST_EXCESS, _LEAST_EXCESS_PAIRS = 12.0, 20.0  # nats of a whole clause; if GBK or Big5


def _worst_clause(text: str, start: int, end: int) -> tuple[float, int, int] | None:
    """Return how much less likely than Chinese the worst clause of text[start:end] is, and where."""
    from corpusprep.text import lm

    excess = _EXPECTED - lm.logprobs(text[start:end]).clip(-14.0)
    best = total = 0.0
    first = low = high = 0
    for k, value in enumerate(excess.tolist()):
        if total <= 0:
            first, total = k, 0.0
        total += value
        if total > best:
            best, low, high = total, first, k + 1
    return (best, low, high) if best >= _LEAST_EXCESS else None


def _part_runs(text: str, window: tuple[int, int], worst: tuple[float, int, int]) -> Iterator[Run]:
    """Yield readings of the *worst* clause of *window*, its ends moved a little."""
    (start, end), (excess, low, high) = window, worst
    if excess < _LEAST_EXCESS_PAIRS or high - low < _MIN_CLAUSE:
        return
    run = _best_reading(text, start + low, start + high)
    if run is None:
        return
    for left in range(max(0, low - 2), low + 3):
        for right in range(high - 2, min(end - start, high + 2) + 1):
            yield from (
                other
                for other in _pair_runs(text, start + left, start + right)
                if other.rule == run.rule
            )


_MIN_CLAUSE = 6  # characters
_CLEARLY = 0.7  # nats a character


# --- GBK that lost a byte ------------------------------------------------------------------------

_FOLDED = {c: "\xa3" + chr(ord(c) + 0x80) for c in "!?,;:()"}
_MOST_WAYS, _STEPS_A_CHARACTER, _BATCH = 16, 6, 200
_MAX_SHIFTED = 400  # characters; a run ends with its line or its sentence


@cache
def _odd() -> str:
    return f"\u0391-\u0451\u2460-\u266f\u3041-\u30f6\u3105-\u3129\ue000-\uf8ff€{rare_han()}"


@cache
def lost_gate() -> re.Pattern[str]:
    """Return what finds a mark with a character of no Chinese text soon after it."""
    after = f"[^\x00-\x20]{{0,7}}?[{_odd()}]|[^\x00-\x7f]{{1,40}}?[\ufffd€]"
    return re.compile(f"[?\ufffd](?={after})")


_Way = tuple[int, str, Piece]  # characters read, byte left over, what they mean


def _lost_byte_runs(text: str, start: int, end: int) -> Iterator[Run]:
    """Yield what stood at text[start:end], if text[start] is a lost byte that shifted what follows."""
    work = list(_first_of(text, start + 1))
    for _ in range(_MOST_WAYS):
        if not work:
            return
        at, pending, pieces = work.pop()
        while pending:
            options = _continue(text[at : at + 1] if at < end else "", pending)
            if not options:
                break
            work += [(at + step, left, (*pieces, piece)) for step, left, piece in options[1:]]
            step, pending, piece = options[0]
            at, pieces = at + step, (*pieces, piece)
        else:
            yield Run(start, at, pieces, "gbk-lost-byte")


def _first_of(text: str, at: int) -> Iterator[tuple[int, str, tuple[Piece, ...]]]:
    """Yield how the run goes on behind its lost byte: place, byte left over, pieces."""
    char = text[at : at + 1]
    for data in (_FOLDED.get(char, ""), bytes_of(char, "gbk") if char > "\x7f" else ""):
        if len(data) != 2:
            continue
        found = _any_lead(data[0])
        if found and data[1] > "\x80":
            yield at + 1, data[1], (found,)
        elif found and data[1] < "\x80":
            yield at + 1, "", (found, data[1])


@lru_cache(1 << 8)
def _any_lead(trail: str) -> tuple[str, ...]:
    plausible = plausible_chars()
    pairs = (chr(lead) + trail for lead in range(0x81, 0xFE))
    return tuple(char for pair in pairs if (char := char_of(pair, "gbk")) in plausible)


@lru_cache(1 << 15)
def _continue(char: str, pending: str) -> tuple[_Way, ...]:
    """Return how a run with the byte *pending* may go on at *char*: step, byte left over, piece."""
    out: list[_Way] = []
    if char in ("?", "\ufffd"):  # the byte that closed the run has no character
        out.append((1, "", _with_lead(pending, "", "gbk", "gbk")))
    elif not char or char <= " ":
        out.append((0, "", _with_lead(pending, "", "gbk", "gbk")))
    for data in (_FOLDED.get(char, ""), bytes_of(char, "gbk") if char >= "@" else ""):
        if len(data) == 1:  # €, or ASCII as the second byte
            found = char_of(pending + data, "gbk")
            if found:
                out.append((1, "", found))
        elif len(data) == 2:
            found = char_of(pending + data[0], "gbk")
            if found and found in plausible_chars():
                if data[1] > "\x80":
                    out.append((1, data[1], found))
                elif data[1] < "\x80":
                    out.append((1, "", found + data[1]))
    return tuple(piece for piece in out if piece[2])


# --- finding -------------------------------------------------------------------------------------

_REACH = 400  # characters each side of a suspicious place, where its line is longer


def find_double_byte(text: str) -> Iterator[Edit]:
    """Find UTF-8, GBK and Big5 read as one of the others.

    Rule ids: ``mojibake-utf8-as-gbk``, ``-utf8-as-big5``, ``-gbk-as-big5``, ``-big5-as-gbk``.

    >>> [edit.new for edit in find_double_byte("浣犲ソ锛屼笘鐣岋紒")]
    ['你好，世界！']
    """
    worst = {w: found for w in _windows(text) if (found := _worst_clause(text, *w))}
    windows = list(worst)
    settled: list[Edit] = []
    done: set[tuple[int, int]] = set()
    for wrong in ("gbk", "big5"):
        runs = [(w, run) for w in windows if w not in done for run in _utf8_runs(text, *w, wrong)]
        for window, edit in judge(text, runs):
            settled.append(edit)
            done.add(window)
    left = [w for w in windows if w not in done]
    pairs = [(w, run) for w in left if (run := _best_reading(text, *w))]
    for window, edit in judge(text, pairs):
        settled.append(edit)
        done.add(window)
    parts = [(w, run) for w in left if w not in done for run in _part_runs(text, w, worst[w])]
    settled += (edit for _, edit in judge(text, parts))
    yield from sorted(settled)


def find_lost_bytes(text: str) -> Iterator[Edit]:
    """Find GBK that lost a byte, so that all pairs after it were put together wrongly.

    Rule id: ``gbk-lost-byte``.
    """
    done = steps = 0
    batch: list[tuple[tuple[int, int], Run]] = []
    for m in lost_gate().finditer(text):
        if m.start() < done or steps > _STEPS_A_CHARACTER * (len(text) + _MAX_SHIFTED):
            continue
        if len(batch) >= _BATCH:
            for edit in _judge_in_order(text, batch):
                yield edit
                done = edit.end
            batch = []
            if m.start() < done:
                continue
        end = min(len(text), m.start() + _MAX_SHIFTED)
        line = text.find("\n", m.start(), end)
        end = line if line >= 0 else end
        runs = list(_lost_byte_runs(text, m.start(), end))
        steps += sum(run.end - run.start for run in runs) + 1
        batch += [((m.start(), end), run) for run in runs if _is_odd(text, run)]
    yield from _judge_in_order(text, batch)


def _judge_in_order(text: str, runs: Sequence[tuple[tuple[int, int], Run]]) -> list[Edit]:
    return sorted(edit for _, edit in judge(text, runs))


def _is_odd(text: str, run: Run) -> bool:
    """Return whether the *run* shows damage: not question marks alone, not UTF-8 with bad bytes."""
    old = text[run.start : run.end]
    if old[0] == "\ufffd" and (len(old) < _LEAST_MARKED or not _odd_gate().search(old)):
        return False
    return old.count("?") * 3 <= len(old) and (
        "\ufffd" in old or _odd_gate().search(old) is not None
    )


_LEAST_MARKED = 5  # characters, where U+FFFD stands for the lost byte and may be anything else


@cache
def _odd_gate() -> re.Pattern[str]:
    return re.compile(f"[{_odd()}]")


FOUR_BYTES = re.compile("[\x81-\x84\x90-\xfe\u2018-\u2022][0-9][\x81-\xfe\u0152-\u2122][0-9]")


def find_four_bytes(text: str) -> Iterator[Edit]:
    """Find four bytes of GB18030 that a decoder of GBK let through one by one.

    Rule id: ``gb18030-as-gbk``.
    """
    for m in FOUR_BYTES.finditer(text):
        data = m[0].translate(AS_LATIN).encode("latin-1", "ignore")
        char = data.decode("gb18030", "ignore") if len(data) == 4 else ""
        beside = text[m.start() - 1 : m.start()] + text[m.end() : m.end() + 1]
        if len(char) == 1 and _IDEOGRAPH.match(char) and _IDEOGRAPH.search(beside):
            yield Edit(*m.span(), char, "gb18030-as-gbk:4 bytes")


_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")


def has_rare(text: str) -> bool:
    """Return whether `find_double_byte` may find anything in *text*."""
    return rare_gate().search(text) is not None


def has_odd(text: str) -> bool:
    """Return whether it may although `has_rare` is false: among U+FFFD, kana and private use."""
    return rare_gate().search(text) is None and odd_gate().search(text) is not None


def may_have_lost(text: str) -> bool:
    """Return whether `find_lost_bytes` may find anything in *text*."""
    return ("?" in text or "\ufffd" in text) and lost_gate().search(text) is not None


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Yield the lines with something suspicious in them, of long ones the parts around it."""
    hits = sorted(m.span() for gate in (rare_gate(), odd_gate()) for m in gate.finditer(text))
    start = end = -1
    for at, until in hits:
        if at < end:
            continue
        line = text.rfind("\n", max(0, at - _REACH), at) + 1
        first = max(end, line or max(0, at - _REACH), 0)
        last = text.find("\n", until, until + _REACH)
        start, end = first, last if last >= 0 else min(len(text), until + _REACH)
        yield start, end
