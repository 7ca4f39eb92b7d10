"""What is done to a text to make a copy of it, one kind at a time, and by how much.

Where a kind ends in a number, that is the percentage of the characters that it touches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.duplicates import texts
from corpusprep.text.script import convert_script

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_FOLDS = str.maketrans("，。：；！？（）“”、", ',.:;!?()"",')
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_INVISIBLE = "\u200b\u200c\ufeff\u00ad\u2060"


def scattered(rng: random.Random, text: str, percent: int) -> str:
    """Return *text* with single characters replaced, all over it."""
    chars = list(text)
    for at in rng.sample(range(len(chars)), max(1, len(chars) * percent // 100)):
        chars[at] = rng.choice(texts.sentence(rng))
    return "".join(chars)


def block(rng: random.Random, text: str, percent: int) -> str:
    """Return *text* with one passage replaced by another of its length."""
    count = max(1, len(text) * percent // 100)
    at = rng.randrange(len(text) - count + 1)
    return text[:at] + texts.prose(rng, count)[:count] + text[at + count :]


def words(rng: random.Random, text: str, percent: int) -> str:
    """Return *text* with words between spaces replaced: for English and code."""
    found = text.split(" ")
    for at in rng.sample(range(len(found)), max(1, len(found) * percent // 100)):
        found[at] = texts.word(rng)
    return " ".join(found)


def framed(rng: random.Random, text: str, percent: int) -> str:
    size = len(text) * percent // 200
    return "\n".join((texts.frame(rng, "before", size), text, texts.frame(rng, "after", size)))


def prefixed(rng: random.Random, text: str, percent: int) -> str:
    return texts.frame(rng, "before", len(text) * percent // 100) + "\n" + text


def suffixed(rng: random.Random, text: str, percent: int) -> str:
    return text + "\n" + texts.frame(rng, "after", len(text) * percent // 100)


def contained(rng: random.Random, text: str, times: int) -> str:
    """Return another text, *times* as long, that *text* stands in the midst of."""
    more = len(text) * (times - 1)
    ahead = rng.randrange(more + 1)
    return texts.prose(rng, ahead)[:ahead] + text + texts.prose(rng, more - ahead)


def dotted(rng: random.Random, text: str) -> str:
    """Return *text* with characters that nobody sees, at one place of ten."""
    return "".join(c + rng.choice(_INVISIBLE) if rng.random() < 0.1 else c for c in text)


def widened(rng: random.Random, text: str) -> str:
    """Return *text* with its ASCII in full width, and each paragraph indented by a full space."""
    del rng
    return "　" + text.translate(_WIDE).replace("\n", "\n　")


def one_digit(rng: random.Random, text: str) -> str:
    """Return *text* with one digit changed, or one character where it has none: another fact."""
    places = [i for i, c in enumerate(text) if c.isdigit()] or range(len(text))
    at = rng.choice(places)
    others = "0123456789" if text[at].isdigit() else "甲乙丙丁"
    return text[:at] + rng.choice([c for c in others if c != text[at]]) + text[at + 1 :]


SIZED: dict[str, Callable[[random.Random, str, int], str]] = {
    "scattered": scattered,
    "block": block,
    "words": words,
    "frame": framed,
    "prefix": prefixed,
    "suffix": suffixed,
    "contained": contained,
}
PLAIN: dict[str, Callable[[random.Random, str], str]] = {
    "exact": lambda _, text: text,
    "s2t": lambda _, text: convert_script(text, "s2t"),
    "s2tw": lambda _, text: convert_script(text, "s2tw"),
    "width": widened,
    "punctuation": lambda _, text: text.translate(_FOLDS),
    "no punctuation": lambda _, text: "".join(c for c in text if c.isalnum()),
    "spaced": lambda _, text: " ".join(text),
    "invisible": dotted,
    "one digit": one_digit,
}


def changed(rng: random.Random, text: str, kind: str) -> str:
    """Return a copy of *text* changed as *kind* says; several changes are joined by `` + ``."""
    for change in kind.split(" + "):
        name, _, size = change.rpartition(" ")
        text = SIZED[name](rng, text, int(size)) if name in SIZED else PLAIN[change](rng, text)
    return text
