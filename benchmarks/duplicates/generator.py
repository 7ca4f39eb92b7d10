"""A corpus of any size in which the copies are known, from a seed, the same on every machine.

27 of 100 documents are variants: a base document and one to five copies, all changed in one way,
are a family. Bulletins of one form with other facts are a family, too, and must all stay. The rest
stands alone. The families are shuffled, so that a copy may come before its original.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.duplicates import texts
from benchmarks.duplicates.changes import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = 365  # characters, about 1 KB: that of the corpora on which other tools are measured

CHINESE = [
    "exact", "exact", "scattered 2", "scattered 5", "scattered 10", "scattered 20", "scattered 30",
    "block 2", "block 5", "block 10", "block 20", "block 30",
    "prefix 5", "prefix 15", "suffix 5", "suffix 15", "frame 10", "frame 20", "frame 40",
    "s2t", "s2tw", "width", "punctuation", "no punctuation", "spaced", "invisible",
    "contained 2", "contained 3", "contained 5",
    "s2t + suffix 10", "punctuation + scattered 2", "spaced + block 5",
]  # fmt: skip
# What the family's base is, and how its copies are changed, each as often as the others.
KINDS = [
    *(("", kind) for kind in CHINESE),
    *(("short", kind) for kind in ("exact", "width", "spaced", "one digit")),
    *(("english", kind) for kind in ("exact", "words 2", "words 10", "suffix 10")),
    *(("code", kind) for kind in ("exact", "words 2")),
]
COPIES = (1, 1, 1, 1, 2, 2, 3, 5)  # of one base: 2 on average
BULLETINS = range(2, 13)  # in a series: 7 on average
# Families of one document, of copies, of bulletins: with the sizes above, copies are 27 % and
# bulletins 5 % of the documents.
WEIGHTS = (540, 139, 7.2)
ALONE = ("", "short", "english", "code")
ALONE_WEIGHTS = (90, 5, 4, 1)


class Document(NamedTuple):
    """A text, the kind of its family, the family's number, and whether it is the family's base."""

    text: str
    kind: str
    family: int
    base: bool


def made_text(rng: random.Random, source: str, length: int) -> str:
    if source == "short":
        return texts.short(rng)
    size = int(length * rng.uniform(0.5, 1.5))
    return texts.latin(rng, source, 2 * size) if source else texts.prose(rng, size)


def copies(rng: random.Random, length: int) -> Iterator[tuple[str, str]]:
    """Yield a base and its copies, each with its kind."""
    source, change = rng.choice(KINDS)
    base = made_text(rng, source, length)
    kind = f"{source} {change}".strip()
    yield base, kind
    for _ in range(rng.choice(COPIES)):
        yield changed(rng, base, change), kind


def family(rng: random.Random, length: int) -> list[tuple[str, str]]:
    """Return the texts of one family with their kind; a text that stands alone is one, too."""
    which = rng.choices(("alone", "copies", "bulletins"), WEIGHTS)[0]
    if which == "copies":
        return list(copies(rng, length))
    if which == "bulletins":
        form = rng.choice(texts.FORMS)
        return [(text, form) for text in texts.bulletins(rng, form, rng.choice(BULLETINS))]
    return [(made_text(rng, rng.choices(ALONE, ALONE_WEIGHTS)[0], length), "alone")]


def corpus(count: int, seed: int = 20, length: int = LENGTH) -> list[Document]:
    """Return *count* documents; families of their own numbers are the same at every *count*."""
    found: list[Document] = []
    number = 0
    while len(found) < count:
        rng = random.Random(f"{seed} {number}")
        made = enumerate(family(rng, length))
        found += [Document(text, kind, number, i == 0) for i, (text, kind) in made]
        number += 1
    del found[count:]
    random.Random(seed).shuffle(found)
    return found
