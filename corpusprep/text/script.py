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
from dataclasses import dataclass
from functools import lru_cache, reduce
from importlib import metadata
from importlib.util import find_spec
from itertools import chain, pairwise, repeat
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

# Of the characters that only one script has, the share of traditional ones: 2,092 web documents
# and 91 pages lie under 0.15 (simplified, with quotations from Hong Kong or Taiwan), over 0.96
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
    >>> convert_script("用滑鼠點選軟體", "tw2sp")
    '用鼠标点选软件'
    """
    return reduce(lambda out, one: one.convert(out), _passes(config), text)


def script_edits(text: str, config: str = "t2s") -> list[Edit]:
    """Return the edits that `convert_script` makes, one for each run of changed characters.

    The rule of each is the name of the configuration. What stays the same at the ends of a phrase
    is no part of an edit.

    >>> script_edits("這個問題")
    [Edit(start=0, end=2, new='这个', rule='t2s'), Edit(start=2, end=4, new='问题', rule='t2s')]
    """
    done: list[Edit] = []
    out = text
    for one in _passes(config):
        edits = one.edits(out, config)
        done = compose(text, done, edits)
        out = apply(out, edits)
    return done


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
    0.5
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

    *second* has its offsets in ``apply(text, first)``. Edits that touch become one, which takes the
    rule of its first part and leaves out what stays the same; one that is undone vanishes.

    >>> compose("滑鼠", [Edit(0, 2, "鼠標", "tw2sp")], [Edit(1, 2, "标", "tw2sp")])
    [Edit(start=0, end=2, new='鼠标', rule='tw2sp')]
    """
    if not first or not second:
        return list(first or second)
    final = apply(apply(text, first), second)
    out: list[Edit] = []
    shift, shift_again = 0, 0  # from text to the middle, and from the middle to the final text
    for start, end, by, by_again, parts, rule in _touching(first, second):
        new = final[start + shift_again : end + by_again + shift_again]
        edit = Edit(start - shift, end - by - shift, new, rule)
        if parts == 1:
            out.append(edit)
        else:
            out += _minimal(text, edit)
        shift += by
        shift_again += by_again
    return out


def _touching(
    first: Iterable[Edit], second: Iterable[Edit]
) -> Iterator[tuple[int, int, int, int, int, str]]:
    """Yield the stretches of the middle text that edits of either list cover or touch.

    Each with the code points that the first and the second list add in it, its number of edits,
    and the rule of its first edit.
    """
    spans = []
    shift = 0
    for start, end, new, rule in first:
        by = len(new) - (end - start)
        spans.append((start + shift, end + shift + by, by, 0, rule))
        shift += by
    for start, end, new, rule in second:
        spans.append((start, end, 0, len(new) - (end - start), rule))
    spans.sort()
    start, end, by, by_again, rule = spans[0]
    parts = 0
    for left, right, more, more_again, its_rule in spans:
        if parts and left > end:
            yield start, end, by, by_again, parts, rule
            start, end, by, by_again, parts, rule = left, right, more, more_again, 1, its_rule
        elif parts:
            end = max(end, right)
            by += more
            by_again += more_again
            parts += 1
        else:
            parts = 1
    yield start, end, by, by_again, parts, rule


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
        if self.gate.search(text) is None:
            return text
        _, after, splices = self._look(text)
        return apply(_text(after), [Edit(*splice, "") for splice in splices])

    def edits(self, text: str, rule: str) -> list[Edit]:
        if self.gate.search(text) is None:
            return []
        before, after, splices = self._look(text)
        new = _text(after)
        changed = np.flatnonzero(before != after)
        starts = changed[np.diff(changed, prepend=-2) > 1].tolist()
        ends = (changed[np.diff(changed, append=len(new) + 1) > 1] + 1).tolist()
        news = [new[start:end] for start, end in zip(starts, ends, strict=True)]
        runs = list(map(Edit, starts, ends, news, repeat(rule)))
        words = [edit for splice in splices for edit in _minimal(text, Edit(*splice, rule))]
        return compose(text, runs, words)

    def _look(self, text: str) -> tuple[Codes, Codes, list[tuple[int, int, str]]]:
        """Return the code points before and after, and the phrases that change their length.

        The latter stand unchanged in the code points after.
        """
        before = _codes(text)
        after = self.table.take(before)
        where: list[Iterable[int]] = []
        what: list[str] = []
        splices = []
        for left, right in self._crossings(text, before):
            for start, end, new in self._choose(text[left:right]):
                where.append(range(left + start, left + end))
                if len(new) == end - start:
                    what.append(new)
                else:
                    what.append(text[left + start : left + end])
                    splices.append((left + start, left + end, new))
        after[list(chain.from_iterable(where))] = _codes("".join(what))
        return before, after, splices

    def _crossings(self, text: str, codes: Codes) -> list[tuple[int, int]]:
        """Return spans with something decisive in them, over whose ends no phrase reaches."""
        flags = self.pairs.take(_hash_pairs(codes, len(self.pairs)))
        hot = np.flatnonzero(flags == _DECISIVE)
        if self.lone:
            hot = np.union1d(hot, [m.start() for m in self.lone.finditer(text)]).astype(np.intp)
        if not hot.size:
            return []
        edges = np.concatenate(([0], np.flatnonzero(flags == 0) + 1, [len(codes)]))
        at = np.unique(np.searchsorted(edges, hot, side="right"))
        return list(zip(edges[at - 1].tolist(), edges[at].tolist(), strict=True))

    def _choose(self, piece: str) -> list[tuple[int, int, str]]:
        """Return the phrases that hold in *piece*: longest first, then leftmost, none overlapping.

        A phrase of an earlier dictionary of the group goes before all of a later one.
        """
        found = []
        size = len(piece)
        get = self.phrases.get
        for start in range(size):
            for end in range(start + 1, min(size, start + self.longest) + 1):
                if hit := get(piece[start:end]):
                    found.append((hit[0], start - end, start, end, hit[1]))
        found.sort()
        free = bytearray(b"\1" * size)
        chosen = []
        for _, _, start, end, new in found:
            if free.find(0, start, end) < 0:
                free[start:end] = bytes(end - start)
                chosen.append((start, end, new))
        chosen.sort()
        return chosen


@lru_cache(maxsize=None)
def _passes(config: str) -> tuple[_Pass, ...]:
    """Return the passes of the configuration, each dictionary read once."""
    known = script_configs()
    if config not in known:
        near = difflib.get_close_matches(config, known, n=3, cutoff=0.4) or known
        raise CorpusprepError(
            f"there is no script conversion {config!r}; did you mean {' or '.join(near)}?"
        )
    steps = json.loads((_home() / "config" / f"{config}.json").read_text("utf-8"))
    return tuple(_load_pass(tuple(_files(step["dict"]))) for step in steps["conversion_chain"])


def _files(node: dict[str, Any]) -> Iterator[str]:
    """Yield the dictionary files of a group in a configuration, in their order."""
    if node["type"] == "group":
        for child in node["dicts"]:
            yield from _files(child)
    else:
        yield node["file"]


@lru_cache(maxsize=None)
def _load_pass(files: tuple[str, ...]) -> _Pass:
    """Return the pass that a group of dictionary files makes; `t2s` and `tw2s` share one."""
    group = [_load_dictionary(file) for file in files]
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
    decisive = [key for key, new in zip(long, plain, strict=False) if phrases[key][1] != new]
    lone = [key for key, (_, new) in phrases.items() if len(key) == 1 != len(new)]

    changing = {key for key, new in singles.items() if key != new} | set(lone)
    hidden = [(key, phrases[key][1]) for key in decisive if changing.isdisjoint(key)]
    changing |= {next((a for a, b in zip(key, new) if a != b), key[-1]) for key, new in hidden}
    return _Pass(
        table=table,
        phrases=phrases,
        longest=max(map(len, phrases), default=0),
        pairs=_hash_phrases(long, decisive),
        lone=re.compile(f"[{''.join(lone)}]") if lone else None,
        gate=re.compile(_class(changing)),
    )


def _load_dictionary(file: str) -> dict[str, str]:
    """Return what each entry of a dictionary file becomes: of several candidates the first."""
    text = (_home() / "dictionary" / file).read_text("utf-8")
    entries = (line.strip().split("\t") for line in text.splitlines())
    return {key: news.split(" ")[0] for key, news in entries if not _SEPARATOR.search(key)}


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
    size = 1 << max(12, (32 * len(counts)).bit_length())  # 32 places a pair: 3 % look needlessly
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
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def _count_kinds(text: str) -> tuple[int, int]:
    """Return how many characters of *text* only traditional and only simplified script has."""
    counts = np.bincount(_kinds().take(_codes(text)), minlength=3)
    return int(counts[1]), int(counts[2])


@lru_cache(maxsize=None)
def _kinds() -> npt.NDArray[np.uint8]:
    """Return for each code point: 1 if it is traditional only, 2 if simplified only, 0 otherwise.

    A character that is among its own candidates (於 may stay 於) is neither, nor is one that
    Taiwan or Hong Kong writes (群, 床, where OpenCC's own standard has 羣, 牀).
    """
    regional = {*_load_dictionary("TWVariants.txt").values()}
    regional |= {*_load_dictionary("HKVariants.txt").values()}
    kinds = np.zeros(_LAST_CODE + 1, dtype=np.uint8)
    for kind, file in ((1, "TSCharacters.txt"), (2, "STCharacters.txt")):
        text = (_home() / "dictionary" / file).read_text("utf-8")
        for line in text.splitlines():
            key, *news = line.split()
            if key not in news and key not in regional:
                kinds[ord(key)] += kind
    kinds[kinds > 2] = 0  # five rare ones stand in both dictionaries
    return kinds


@lru_cache(maxsize=None)
def _home() -> Path:
    """Return the folder with the package's dictionaries, without importing the package."""
    return _find_dictionaries(_folders())


def _folders() -> Iterator[Path]:
    """Yield where the dictionaries may be: where the package says, then where Python looks."""
    try:
        yield Path(str(metadata.distribution(PACKAGE).locate_file("opencc")))
    except metadata.PackageNotFoundError:
        pass
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
        if (folder / "config/t2s.json").is_file() and (folder / "dictionary/TSPhrases.txt").is_file():
            return folder
        seen.append(str(folder))
    other = f" (the module opencc in {seen[-1]} is another package's, or damaged)" if seen else ""
    raise CorpusprepError(
        f"the dictionaries for script conversion were not found{other}; "
        f"run: pip install --force-reinstall --no-deps {PACKAGE}"
    )
