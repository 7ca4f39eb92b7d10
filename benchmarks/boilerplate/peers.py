"""What is measured: corpusprep, rules of other corpora for lines, and libraries that clean pages.

A system takes the lines of one text that are not blank, in order, and says of each whether it stays.
Libraries read HTML: each line is a `<p>` of its own, as that is all that is left of a page. A library
that is not installed is left out (`pip install -r benchmarks/boilerplate/requirements.txt`).
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import partial
from importlib import metadata, util

Lines = Sequence[str]
System = Callable[[Lines], list[bool]]

# C4 (Raffel et al. 2020) as datatrove's C4QualityFilter has it. Only its rules for lines: its rules
# for documents (five sentences at least, no curly bracket) would leave nothing of most texts here.
C4_ENDS = (".", "?", "!", '"', "'")
C4_POLICY = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
CHINESE_ENDS = (*C4_ENDS, "。", "！", "？", "；", "”", "’", "」", "』")
ELLIPSIS = ("...", "…")

# FineWeb (Penedo et al. 2024), datatrove's FineWebQualityFilter: it judges whole documents. Its
# count of words is that of a segmenter; a Chinese word has 1.5 characters or so.
FINEWEB_ENDS = tuple(".!?\"'。！？…”’」』；")
FINEWEB_ENDED, FINEWEB_SHORT, FINEWEB_REPEATED, FINEWEB_BREAKS = 0.12, 0.67, 0.01, 0.3
SHORT_LINE = 30
_WORD = re.compile(r"[a-zA-Z0-9]+|[^\W\sa-zA-Z0-9]|[^\w\s]")
CHARACTERS_A_WORD = 1.5


def keep_all(lines: Lines) -> list[bool]:
    return [True] * len(lines)


def c4(lines: Lines) -> list[bool]:
    return [_c4_keeps(line, C4_ENDS, enough=len(line.split()) >= 3) for line in lines]


def c4_chinese(lines: Lines) -> list[bool]:
    return [_c4_keeps(line, CHINESE_ENDS, enough=len(line.strip()) >= 5) for line in lines]


def _c4_keeps(line: str, ends: tuple[str, ...], *, enough: bool) -> bool:
    line, lower = line.strip(), line.lower()
    return (
        enough
        and line.endswith(ends)
        and not line.endswith(ELLIPSIS)
        and "javascript" not in lower
        and not any(words in lower for words in C4_POLICY)
    )


def fineweb(lines: Lines) -> list[bool]:
    """Keep all lines of a document or none."""
    lines = [line.strip() for line in lines]
    repeated = sum(len(line) * (n - 1) for line, n in Counter(lines).items())
    found = [token for line in lines for token in _WORD.findall(line)]
    han = sum(len(token) == 1 and token.isalpha() and not token.isascii() for token in found)
    words = len(found) - han + han / CHARACTERS_A_WORD
    keep = (
        sum(line.endswith(FINEWEB_ENDS) for line in lines) >= FINEWEB_ENDED * len(lines)
        and sum(len(line) <= SHORT_LINE for line in lines) <= FINEWEB_SHORT * len(lines)
        and repeated <= FINEWEB_REPEATED * sum(map(len, lines))
        and len(lines) - 1 <= FINEWEB_BREAKS * words
    )
    return [keep] * len(lines)


def longer_than(lines: Lines, *, least: int) -> list[bool]:
    return [len(line.strip()) >= least for line in lines]


def length_or_stop(lines: Lines, *, least: int = 25) -> list[bool]:
    """Keep long lines, lines with a full stop, and a line between two such."""
    keep = [len(line.strip()) >= least or "。" in line for line in lines]
    around = zip([False, *keep], keep, [*keep[1:], False], strict=False)
    return [k or (above and below) for above, k, below in around]


def paragraphs(lines: Lines) -> str:
    body = "".join(f"<p>{html.escape(line.strip())}</p>" for line in lines)
    return f"<html><body>{body}</body></html>".replace("\0", "")


def aligned(lines: Lines, kept: Lines) -> list[bool]:
    """Return which of *lines* are among *kept*, an extract of them in the same order."""
    mine, theirs = (["".join(line.split()) for line in part] for part in (lines, kept))
    mask = [False] * len(lines)
    for at, _, size in SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks():
        mask[at : at + size] = [True] * size
    return mask


def justext(lines: Lines) -> list[bool]:
    """JusText without a stop list, as it has none for Chinese: length and neighbours decide."""
    from justext import justext as find_paragraphs

    found = find_paragraphs(paragraphs(lines), frozenset(), stopwords_low=0, stopwords_high=0)
    if len(found) == len(lines):
        return [not paragraph.is_boilerplate for paragraph in found]
    return aligned(lines, [p.text for p in found if not p.is_boilerplate])


def boilerpy3(lines: Lines) -> list[bool]:
    from boilerpy3.extractors import ArticleExtractor

    found = ArticleExtractor(raise_on_failure=False).get_doc(paragraphs(lines))
    blocks = [block.contained_text_elements for block in found.text_blocks if block.is_content]
    kept = set().union(*blocks)  # text elements count from 1, one a paragraph
    return [number in kept for number in range(1, len(lines) + 1)]


def trafilatura(lines: Lines) -> list[bool]:
    from trafilatura import extract

    return aligned(lines, (extract(paragraphs(lines)) or "").split("\n"))


RULES: dict[str, System] = {
    "keep everything": keep_all,
    "C4": c4,
    "C4, Chinese marks": c4_chinese,
    "FineWeb": fineweb,
    "length >= 20": partial(longer_than, least=20),
    "length >= 40": partial(longer_than, least=40),
    "length or stop": length_or_stop,
}
LIBRARIES: dict[str, System] = {
    "jusText": justext,
    "boilerpy3": boilerpy3,
    "trafilatura": trafilatura,
}


def installed() -> dict[str, System]:
    """Return the libraries that are there."""
    return {name: run for name, run in LIBRARIES.items() if util.find_spec(name.lower())}


def versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in installed()}
