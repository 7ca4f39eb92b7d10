"""How often bytes become the text they were, by encoding and length, beside detectors.

A piece is as many whole characters of clean text as fit into 12, 30, 100 or 1,000 bytes, two Han
at least. It counts as right if the text is equal; the name of the encoding is not asked for.
"""

from __future__ import annotations

import random
from functools import cache, partial
from time import process_time
from typing import TYPE_CHECKING

from benchmarks.mojibake import peers
from benchmarks.mojibake.damage import FOUR_BYTES, encode_big5
from benchmarks.mojibake.recovery import clean_texts
from corpusprep.errors import UndecodableError
from corpusprep.text.chars import count_han
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIZES = (12, 30, 100, 1000)
FLOORS = {12: 95.0, 100: 99.0}  # per cent
ATTEMPTS = 100  # for each piece, before a size is given up


def encode_four(text: str) -> bytes:
    """Return *text* in GB18030, of which one character must take four bytes."""
    data = text.encode("gb18030")
    if not any(char in text for char in FOUR_BYTES):
        raise UnicodeEncodeError("gb18030", text, 0, 1, "no character of four bytes")
    return data


def _by(encoding: str) -> Callable[[str], bytes]:
    return partial(str.encode, encoding=encoding)


# Each with the script of the text it is for, and whether rare characters are strewn in first.
ENCODINGS: dict[str, tuple[Callable[[str], bytes], tuple[str, ...], bool]] = {
    "utf-8": (_by("utf-8"), ("simplified", "traditional"), False),
    "gb18030": (_by("gbk"), ("simplified", "traditional"), False),
    "gb18030, four bytes": (encode_four, ("simplified", "traditional"), True),
    "big5": (encode_big5, ("traditional",), False),
    "hz": (_by("hz"), ("simplified",), False),
    "utf-16-le": (_by("utf-16-le"), ("simplified", "traditional"), False),
    "utf-16-be": (_by("utf-16-be"), ("simplified", "traditional"), False),
    "utf-32-le": (_by("utf-32-le"), ("simplified", "traditional"), False),
    "utf-32-be": (_by("utf-32-be"), ("simplified", "traditional"), False),
}

Piece = tuple[bytes, str]
Table = dict[str, dict[str, dict[str, float]]]  # system, encoding, size: per cent right


@cache
def _stream(scripts: tuple[str, ...]) -> str:
    levels = ("sentence", "document")
    return "\n".join(text for level in levels for s in scripts for text in clean_texts(level)[s])


def cut(text: str, size: int, encode: Callable[[str], bytes]) -> Piece | None:
    """Return as much of the head of *text* as fits into *size* bytes; None if it cannot be encoded."""
    data = b""
    while text:
        try:
            data = encode(text)
        except UnicodeEncodeError:
            return None
        if len(data) <= size:
            return data, text
        text = text[: -max(1, (len(data) - size) // 4)]
    return None


def pieces(name: str, size: int, most: int) -> list[Piece]:
    """Return up to *most* pieces of one encoding and size, the same ones each time."""
    encode, scripts, rare = ENCODINGS[name]
    stream = _stream(scripts)
    rng = random.Random(f"{name} {size}")
    found: list[Piece] = []
    for _ in range(most * ATTEMPTS):
        if len(found) == most or not stream:
            break
        at = rng.randrange(len(stream))
        text = stream[at : at + size]
        if rare:
            put = rng.randrange(max(1, size // 4))
            text = text[:put] + rng.choice(FOUR_BYTES) + text[put:]
        piece = cut(text, size, encode)
        if piece and len(piece[0]) > 0.7 * size and count_han(piece[1]) >= 2:
            found.append(piece)
    return found


def ours(data: bytes) -> str | None:
    try:
        return decode(data).text
    except UndecodableError:
        return None


def _systems(*, others: bool) -> dict[str, peers.Detector]:
    found: dict[str, peers.Detector] = {"corpusprep": ours}
    if others:
        for name in peers.installed(peers.DETECTORS):
            found[name] = peers.careful_detect(peers.DETECTORS[name]())
    return found


def measure(*, most: int = 300, others: bool = False, show: int = 0) -> dict[str, Table]:
    """Return the share of pieces that are read right, and the MB/s, by system, encoding and size."""
    right: Table = {}
    speed: Table = {}
    for system, detect in _systems(others=others).items():
        detect("预热一下".encode("gb18030"))  # imports and tables
        right[system], speed[system] = {}, {}
        for name in ENCODINGS:
            right[system][name], speed[system][name] = {}, {}
            for size in SIZES:
                found = pieces(name, size, most)
                if not found:
                    continue
                began = process_time()
                texts = [detect(data) for data, _ in found]
                spent = process_time() - began
                wrong = [p for p, text in zip(found, texts, strict=True) if text != p[1]]
                right[system][name][str(size)] = round(100 - 100 * len(wrong) / len(found), 1)
                total = sum(len(data) for data, _ in found)
                speed[system][name][str(size)] = round(total / 1e6 / spent, 2) if spent else 0.0
                for data, text in wrong[: show if system == "corpusprep" else 0]:
                    print(f"    {name} {size}: {text!r} became {detect(data)!r}")
        _print(system, right[system], speed[system])
    return {"right": right, "mb_per_second": speed}


def _print(
    system: str, right: Mapping[str, dict[str, float]], speed: Mapping[str, dict[str, float]]
) -> None:
    sizes = [str(size) for size in SIZES]
    print(f"\n{system:22}" + "".join(f"{size + ' B':>8}" for size in sizes) + "   MB/s")
    for name, row in right.items():
        cells = "".join(f"{row[s]:8.1f}" if s in row else f"{'-':>8}" for s in sizes)
        rates = " ".join(f"{speed[name][s]:.1f}" if s in row else "-" for s in sizes)
        short = [f"{s} B" for s in sizes if s in row and row[s] < FLOORS.get(int(s), 0)]
        verdict = "" if system != "corpusprep" else f"MISSED {short}" if short else "met"
        print(f"{name:22}{cells}   {rates}  {verdict}")


def count_met(table: Table) -> dict[str, int]:
    """Return how many targets of corpusprep are met and missed."""
    cells = [
        figure >= FLOORS[int(size)]
        for row in table["corpusprep"].values()
        for size, figure in row.items()
        if int(size) in FLOORS
    ]
    return {"met": sum(cells), "missed": len(cells) - sum(cells)}
