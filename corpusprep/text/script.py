"""Simplified and traditional script: conversion with its edits, folding, and telling them apart.

A crawl of Chinese pages mixes both scripts: 中國臺灣網 beside 中国台湾网, a traditional page that
somebody ran through a simplifier twice, a forum where half of the posts come from Hong Kong.
Character by character is not enough: 乾燥 becomes 干燥 and 乾坤 stays 乾坤, 头发 becomes 頭髮 and
发现 發現, and Taiwan says 軟體 where the mainland says 软件.

The dictionaries and their configurations are OpenCC's, as `opencc-python-reimplemented` ships
them, and the output is that package's, character for character: in each pass the longest phrase
anywhere between two separators is taken first, then the next that is free, the leftmost of equals,
and single characters last. The package tries every length at every place; this module looks only
where the answer can differ from converting single characters. `benchmarks/script_conversion.py`
measures both.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, reduce
from importlib import metadata
from importlib.util import find_spec
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from corpusprep.errors import CorpusprepError
from corpusprep.text.chars import count_han
from corpusprep.text.edits import Edit, apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Codes = npt.NDArray[np.uint32]
Kind = Literal["simplified", "traditional", "mixed", "none"]

PACKAGE = "opencc-python-reimplemented"
_REMEDY = f"run: pip install --force-reinstall --no-deps {PACKAGE}"

# Of the characters that only one script has, the share of traditional ones: 2,092 web documents
# and 92 page texts lie under 0.15 (simplified, with quotations from Hong Kong or Taiwan), over 0.96
# (traditional, with 床 or 群 in the form of another region), or are put together from both scripts.
MIXED_FROM, MIXED_TO = 0.2, 0.8

# Where the package cuts a text before it looks for phrases: nothing across one of these matches.
# Five phrases of the dictionaries contain one (乔治．布希), so the package never finds them.
_SEPARATOR = re.compile(
    r"[\s\-,.?!*　，。、；：？！…“”‘’『』「」﹁﹂—－（）《》〈〉～．／＼︒︑︔︓︿﹀︹︺︙︐［﹇］﹈︕︖︰︳︴"
    r"︽︾︵︶｛︷｝︸﹃﹄【︻】︼]"
)

_LAST_CODE = 0x10FFFF
_INSIDE, _DECISIVE = 1, 2


def convert_script(text: str, config: str = "t2s") -> str:
    """Return *text* in another script; *config* is one of OpenCC's names.

    ``t2s`` and ``s2t`` change the script, ``tw2s``, ``hk2s``, ``s2tw``, ``s2hk`` also regional
    forms, ``tw2sp`` and ``s2twp`` the words as well; see `script_configs`.

    Raises:
        CorpusprepError: there is no such configuration, or the dictionaries are not installed.

    >>> convert_script("頭髮很乾燥，乾坤未定")
    '头发很干燥，乾坤未定'
    >>> convert_script("用滑鼠打開軟體", "tw2sp")
    '用鼠标打开软件'
    """
    return reduce(lambda out, one: one.convert(out), _passes(config), text)


def script_edits(text: str, config: str = "t2s") -> list[Edit]:
    """Return the edits that `convert_script` makes, one for each run of changed characters.

    The rule of each is the name of the configuration. What stays the same at the ends of a phrase
    is no part of an edit.

    >>> script_edits("發現頭髮乾燥")
    [Edit(start=0, end=5, new='发现头发干', rule='t2s')]
    >>> script_edits("用隨身碟", "tw2sp")
    [Edit(start=1, end=4, new='U盘', rule='tw2sp')]
    """
    done: list[Edit] = []
    base = out = text  # `done` leads from text to base; base and out are equally long
    for one in _passes(config):
        out, words = one.find(out, config)
        if words:
            done = compose(text, done, _runs(base, out, config))
            done = compose(text, done, words)
            base = out = apply(out, words)
    return compose(text, done, _runs(base, out, config))


def script_configs() -> tuple[str, ...]:
    """Return the names of all conversions that the installed dictionaries offer.

    >>> "t2s" in script_configs()
    True
    """
    return tuple(sorted(file.stem for file in (_home() / "config").glob("*.json")))


def simplify_chars(text: str) -> str:
    """Return *text* with each traditional character replaced by its simplified form.

    One character for one, so offsets stay; phrases are not looked at, so 乾坤 becomes 干坤. This
    is for comparing and matching. For text that somebody will read there is `convert_script`.

    >>> simplify_chars("乾坤頭髮")
    '干坤头发'
    """
    (last,) = _passes("t2s")
    if last.gate.search(text) is None:
        return text
    return _text(last.table.take(_codes(text)))


def traditional_share(text: str) -> float:
    """Return the share of Han in *text* that simplified script does not have, from 0 to 1.

    Characters that both scripts have (中, 文, and 乾, which stays in 乾坤) do not count as such.

    >>> traditional_share("繁體中文ABC")
    0.25
    """
    han = count_han(text)
    return _count_kinds(text)[0] / han if han else 0.0


def recognise_script(text: str) -> Kind:
    """Return which script *text* is written in, by the characters that only one of them has.

    >>> [recognise_script(t) for t in ("繁體中文", "简体中文", "繁體与简体", "中文")]
    ['traditional', 'simplified', 'mixed', 'none']
    """
    traditional, simplified = _count_kinds(text)
    if not traditional + simplified:
        return "none"
    share = traditional / (traditional + simplified)
    if MIXED_FROM <= share <= MIXED_TO:
        return "mixed"
    return "traditional" if share > MIXED_TO else "simplified"


def compose(text: str, first: Sequence[Edit], second: Sequence[Edit]) -> list[Edit]:
    """Return edits on *text* that do what *first* and then *second* do.

    *second* has its offsets in ``apply(text, first)``; within one list no two edits may touch.
    Edits of the two that touch become one, which takes the rule of its first part and leaves out
    what stays the same; what the second undoes vanishes.

    >>> compose("滑鼠", [Edit(0, 2, "鼠標", "tw2sp")], [Edit(1, 2, "标", "tw2sp")])
    [Edit(start=0, end=2, new='鼠标', rule='tw2sp')]
    """
    if not first or not second:
        return list(first or second)
    final = apply(apply(text, first), second)
    out: list[Edit] = []
    shift, shift_again = 0, 0  # from text to the middle, and from the middle to the final text
    for start, end, by, by_again, edit, alone in _touching(first, second):
        if not alone:
            new = final[start + shift_again : end + by_again + shift_again]
            out += _minimal(text, Edit(start - shift, end - by - shift, new, edit.rule))
        elif edit.start == start - shift:
            out.append(edit)
        else:
            out.append(Edit(start - shift, end - by - shift, edit.new, edit.rule))
        shift += by
        shift_again += by_again
    return out


def _touching(
    first: Iterable[Edit], second: Iterable[Edit]
) -> Iterator[tuple[int, int, int, int, Edit, bool]]:
    """Yield the stretches of the middle text that edits of either list cover or touch.

    Each with the code points that the first and the second list add in it, its first edit, and
    whether that is its only one.
    """
    spans = []
    shift = 0
    for edit in first:
        start, end, new, _ = edit
        by = len(new) - (end - start)
        spans.append((start + shift, end + shift + by, by, 0, edit))
        shift += by
    for edit in second:
        start, end, new, _ = edit
        spans.append((start, end, 0, len(new) - (end - start), edit))
    spans.sort()
    left, right, by, by_again, edit = spans[0]
    alone = True
    for span in spans[1:]:
        if span[0] > right:
            yield left, right, by, by_again, edit, alone
            left, right, by, by_again, edit = span
            alone = True
        else:
            right = max(right, span[1])
            by += span[2]
            by_again += span[3]
            alone = False
    yield left, right, by, by_again, edit, alone


def _runs(before: str, after: str, rule: str) -> list[Edit]:
    """Return an edit for each run of characters in which two equally long texts differ."""
    if before == after:
        return []
    changed = np.flatnonzero(_codes(before) != _codes(after))
    starts = changed[np.diff(changed, prepend=-2) > 1].tolist()
    ends = (changed[np.diff(changed, append=len(before) + 1) > 1] + 1).tolist()
    return [
        Edit(start, end, after[start:end], rule) for start, end in zip(starts, ends, strict=True)
    ]


def _minimal(text: str, edit: Edit) -> Iterator[Edit]:
    """Yield *edit* without what it leaves as it is: in pieces where old and new are equally long.

    >>> list(_minimal("頭髮油頭", Edit(0, 4, "头发油头", "t2s")))
    [Edit(start=0, end=2, new='头发', rule='t2s'), Edit(start=3, end=4, new='头', rule='t2s')]
    """
    start, end, new, rule = edit
    old = text[start:end]
    if len(old) == len(new):
        same = [-1, *(i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a == b), len(old)]
        for left, right in pairwise(same):
            if right - left > 1:
                yield Edit(start + left + 1, start + right, new[left + 1 : right], rule)
        return
    short = min(len(old), len(new))
    head = next((i for i in range(short) if old[i] != new[i]), short)
    tail = next((i for i in range(short - head) if old[-1 - i] != new[-1 - i]), short - head)
    yield Edit(start + head, end - tail, new[head : len(new) - tail], rule)


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """One pass of a configuration: a group of dictionaries, made ready for searching.

    A phrase is decisive if it comes out otherwise than its characters one by one. Only around
    those must the right choice among overlapping phrases be worked out: everywhere else the phrases
    give what `table` gives. `pairs` says of two neighbouring characters, by their hash, whether
    some phrase has them side by side, and whether a decisive phrase is to be recognised by them. A
    collision costs a needless look and changes nothing.
    """

    table: Codes  # every code point -> the one it becomes
    phrases: dict[str, tuple[int, str]]  # -> place of the dictionary in the group, what it becomes
    longest: int
    pairs: npt.NDArray[np.uint8]  # hash of two code points -> 0, _INSIDE or _DECISIVE
    lone: re.Pattern[str] | None  # characters that become more than one
    gate: re.Pattern[str]  # a text that has none of these stays as it is

    def convert(self, text: str) -> str:
        """Return *text* after this pass."""
        return apply(*self.find(text, ""))

    def find(self, text: str, rule: str) -> tuple[str, list[Edit]]:
        """Return *text* with all that keeps its length done, and edits on that for the rest."""
        if self.gate.search(text) is None:
            return text, []
        before = _codes(text)
        after = self.table.take(before)
        where: list[Iterable[int]] = []
        what: list[str] = []
        words: list[tuple[int, int, str]] = []
        for left, right in self._crossings(text, before):
            for start, end, new in self._choose(text[left:right]):
                at, stop, became = left + start, left + end, new
                where.append(range(at, stop))
                if len(new) == end - start:
                    what.append(new)
                    continue
                what.append(text[at:stop])
                if words and words[-1][1] == at:  # edits must not touch: 重新整理部落格
                    at, _, earlier = words.pop()
                    became = earlier + new
                words.append((at, stop, became))
        after[list(chain.from_iterable(where))] = _codes("".join(what))
        edits = (edit for word in words for edit in _minimal(text, Edit(*word, rule)))
        return _text(after), list(edits)

    def _crossings(self, text: str, codes: Codes) -> Iterator[tuple[int, int]]:
        """Yield spans with something decisive in them, over whose ends no phrase reaches."""
        flags = self.pairs.take(_hash_pairs(codes, len(self.pairs)))
        hot = np.flatnonzero(flags == _DECISIVE).tolist()
        if self.lone:
            hot = sorted([*hot, *(match.start() for match in self.lone.finditer(text))])
        joined = flags.tobytes()
        end = 0
        for at in hot:
            if at >= end:
                start = joined.rfind(0, 0, at) + 1
                end = joined.find(0, at) + 1 or len(text)
                yield start, end

    def _choose(self, piece: str) -> list[tuple[int, int, str]]:
        """Return the phrases that hold in *piece*: longest first, then leftmost, none overlapping.

        A phrase of an earlier dictionary of the group goes before all of a later one.
        """
        found = []
        size = len(piece)
        get = self.phrases.get
        for start in range(size):
            for end in range(start + 1, min(size, start + self.longest) + 1):
                if (hit := get(piece[start:end])) is not None:
                    rank, new = hit
                    found.append((rank, start - end, start, end, new))
        found.sort()
        free = bytearray(b"\1" * size)
        chosen = []
        for _, _, start, end, new in found:
            if free.find(0, start, end) < 0:
                free[start:end] = bytes(end - start)
                chosen.append((start, end, new))
        chosen.sort()
        return chosen


def check_config(name: str, more: Sequence[str] = ()) -> None:
    """Raise a CorpusprepError unless *name* is a configuration or among *more*.

    >>> check_config("t2a")
    Traceback (most recent call last):
    corpusprep.errors.CorpusprepError: there is no script conversion 't2a'; did you mean t2s?
    """
    known = [*more, *script_configs()]
    if name not in known:
        near = difflib.get_close_matches(name, known) or known
        raise CorpusprepError(
            f"there is no script conversion {name!r}; did you mean {' or '.join(near)}?"
        )


@cache
def _passes(config: str) -> tuple[_Pass, ...]:
    """Return the passes of the configuration, each dictionary read once."""
    check_config(config)
    steps = json.loads((_home() / "config" / f"{config}.json").read_text("utf-8"))
    return tuple(_load_pass(tuple(_files(step["dict"]))) for step in steps["conversion_chain"])


def _files(node: dict[str, Any]) -> Iterator[str]:
    """Yield the dictionary files of a group in a configuration, in their order."""
    if node["type"] == "group":
        for child in node["dicts"]:
            yield from _files(child)
    else:
        yield node["file"]


@cache
def _load_pass(files: tuple[str, ...]) -> _Pass:
    """Return the pass that a group of dictionary files makes; `t2s` and `tw2s` share one."""
    group = [load_dictionary(file) for file in files]
    table = np.arange(_LAST_CODE + 1, dtype=np.uint32)
    singles: dict[str, str] = {}
    phrases: dict[str, tuple[int, str]] = {}
    with_phrases = [i for i, entries in enumerate(group) if any(len(key) > 1 for key in entries)]
    last_phrases = max(with_phrases, default=-1)
    for rank, entries in enumerate(group):
        for key, new in entries.items():
            if len(key) > 1 or len(new) > 1 or rank < last_phrases:
                phrases.setdefault(key, (rank, new))
            if len(key) == 1 == len(new):
                singles.setdefault(key, new)
    table[_codes("".join(singles))] = _codes("".join(singles.values()))

    long = [key for key in phrases if len(key) > 1]
    plain = _text(table.take(_codes("\n".join(long)))).split("\n")
    # Not strict: of no phrases at all, one empty string comes out.
    decisive = [key for key, new in zip(long, plain, strict=False) if phrases[key][1] != new]
    lone = [key for key, (_, new) in phrases.items() if len(key) == 1 != len(new)]

    changing = {key for key, new in singles.items() if key != new} | set(lone)
    hidden = [(key, phrases[key][1]) for key in decisive if changing.isdisjoint(key)]
    changing |= {
        next((a for a, b in zip(key, new, strict=False) if a != b), key[-1]) for key, new in hidden
    }
    return _Pass(
        table=table,
        phrases=phrases,
        longest=max(map(len, phrases), default=0),
        pairs=_hash_phrases(long, decisive),
        lone=re.compile(f"[{re.escape(''.join(lone))}]") if lone else None,
        gate=re.compile(_class(changing)),
    )


def load_dictionary(file: str) -> dict[str, str]:
    """Return what each entry of a dictionary file becomes: of several candidates the first."""
    return {key: news[0] for key, news in _entries(file) if not _SEPARATOR.search(key)}


def _entries(file: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the entries of a dictionary file, each with its candidates."""
    path = _home() / "dictionary" / file
    try:
        for line in path.read_text("utf-8").splitlines():
            key, news = line.strip().split("\t")
            yield key, news.split(" ")
    except (OSError, ValueError) as error:
        raise CorpusprepError(f"{path}: {error}; {_REMEDY}") from error


def _class(chars: Iterable[str]) -> str:
    """Return a regular-expression class that has at least *chars*; for a gate.

    Beyond the Basic Multilingual Plane it takes all: single characters there make `re` 30 times
    slower, and they hardly ever occur.
    """
    low = sorted(char for char in chars if ord(char) < 0x10000)
    return f"[{re.escape(''.join(low))}\U00020000-\U0003ffff]"


def _hash_phrases(long: Sequence[str], decisive: Iterable[str]) -> npt.NDArray[np.uint8]:
    """Return the table of neighbours: which pairs lie inside a phrase, which mark a decisive one.

    A decisive phrase is marked by that pair of it which the fewest phrases have.
    """
    counts = Counter(chain.from_iterable(map(pairwise, long)))
    # At least 32 places a pair; 2^18, which the cache still holds, made t2s 1.6 times as fast as
    # 2^14, where one place in seventy was looked at needlessly, and 2^20 made it slower again.
    size = 1 << max(18, (32 * len(counts)).bit_length())
    pairs = np.zeros(size, dtype=np.uint8)
    marks = {min(pairwise(key), key=counts.__getitem__) for key in decisive}
    for flag, group in ((_INSIDE, counts), (_DECISIVE, marks)):
        codes = _codes("".join(chain.from_iterable(group)))
        pairs[_hash_pairs(codes, size)[::2]] = flag
    return pairs


def _hash_pairs(codes: Codes, size: int) -> Codes:
    """Return for each two neighbours a number below *size*, a power of two (multiplicative hash)."""
    shift = np.uint32(33 - size.bit_length())
    left = codes[:-1] * np.uint32(0x9E3779B1)
    left += codes[1:] * np.uint32(0x85EBCA77)
    left >>= shift
    return left


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _text(codes: Codes) -> str:
    return str(codes.data, "utf-32-le", "surrogatepass")


def _count_kinds(text: str) -> tuple[int, int]:
    """Return how many characters of *text* only traditional and only simplified script has."""
    counts = np.bincount(_kinds().take(_codes(text)), minlength=3)
    return int(counts[1]), int(counts[2])


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Return for each code point: 1 if it is traditional only, 2 if simplified only, 0 otherwise.

    A character that is among its own candidates (於 may stay 於) is neither, nor is a simplified
    one that Taiwan or Hong Kong writes as well (群, 床; OpenCC's own standard has 羣, 牀).
    """
    regional = {*load_dictionary("TWVariants.txt").values()}
    regional |= {*load_dictionary("HKVariants.txt").values()}
    kinds = np.zeros(_LAST_CODE + 1, dtype=np.uint8)
    for key, news in _entries("TSCharacters.txt"):
        kinds[ord(key)] += key not in news
    for key, news in _entries("STCharacters.txt"):
        kinds[ord(key)] += 2 * (key not in news and key not in regional)
    kinds[kinds > 2] = 0  # five rare ones stand in both dictionaries
    return kinds


@cache
def _home() -> Path:
    """Return the folder with the package's dictionaries, without importing the package."""
    return _find_dictionaries(_folders())


def _folders() -> Iterator[Path]:
    """Yield where the dictionaries may be: where the package says, then where Python looks."""
    with suppress(metadata.PackageNotFoundError):
        yield Path(str(metadata.distribution(PACKAGE).locate_file("opencc")))
    spec = find_spec("opencc")
    if spec is not None:
        yield from map(Path, spec.submodule_search_locations or ())


def _find_dictionaries(folders: Iterable[Path]) -> Path:
    """Return the first of *folders* that has the dictionaries and configurations as text.

    The package `opencc` (in C++) installs a module of the same name with other files, so the name
    proves nothing. Beside each other they do no harm here: only the files are read.
    """
    seen = []
    for folder in folders:
        if (folder / "config/t2s.json").is_file() and (
            folder / "dictionary/TSPhrases.txt"
        ).is_file():
            return folder
        seen.append(str(folder))
    other = f" (the module opencc in {seen[-1]} is another package's, or damaged)" if seen else ""
    raise CorpusprepError(
        f"the dictionaries for script conversion were not found{other}; {_REMEDY}"
    )
