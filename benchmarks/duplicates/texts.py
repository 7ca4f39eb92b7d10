"""Texts made from phrases: Chinese prose, bulletins of one form, short lines, English, code.

A sentence is one to three clauses of `phrases.toml`, their slots filled at random; a fifth of the
sentences are those of the seeds. Nothing here asks corpusprep, so that what is measured stays the
same when corpusprep changes.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "seeds"
SEED_SHARE = 0.2  # of the sentences: real ones, each in many documents, as quotations are
SAME_FACTS = (0, 0.3, 0.6, 0.8, 0.9)  # of the facts in a series of bulletins, that do not change
FORMS = ("weather", "market", "court", "tender")
_SLOT = re.compile(r"\{(\w+)\}")
_STOP = re.compile(r"(?<=[。！？])|\n")
_HAN = re.compile("[一-鿿]")


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))


@cache
def _words(table: str) -> dict[str, list[str]]:
    return {name: listed.split() for name, listed in _table(table)["words"].items()}


@cache
def _made() -> dict[str, Any]:
    made = _table("phrases")["made"]
    return {**made, "unit": made["unit"].split(), "lead": made["lead"].split()}


def _person(rng: random.Random) -> str:
    given = "".join(rng.sample(_made()["given"], rng.choice((1, 2, 2))))
    return f"{rng.choice(_made()['surname'])}{given}"


# Slots whose filling is made rather than listed.
_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "person": _person,
    "surname": lambda rng: str(rng.choice(_made()["surname"])),
    "unit": lambda rng: str(rng.choice(_made()["unit"])),
    "date": lambda rng: f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日",
    "year": lambda rng: str(rng.randint(2008, 2026)),
    "number": lambda rng: str(rng.randint(2, 99)),
    "wind": lambda rng: str(rng.randint(2, 9)),
    "degree": lambda rng: str(rng.randint(-12, 39)),
    "figure": lambda rng: f"{rng.randint(1, 99)}{rng.choice(('.5', '00', '80', '', '5000'))}",
    "phone": lambda rng: f"0{rng.randint(21, 999)}-{rng.randint(2_000_000, 8_999_999)}",
    "code": lambda rng: f"{rng.randint(0, 999_999):06d}",
}


def fill(rng: random.Random, pattern: str, given: Mapping[str, str] | None = None) -> str:
    """Return *pattern* with its slots filled: from *given*, else made, else from the word lists."""
    words = _words("phrases") | _words("families")

    def one(slot: re.Match[str]) -> str:
        name = slot[1]
        if given and name in given:
            return given[name]
        name = name.lower().rstrip("_")
        return _MAKERS[name](rng) if name in _MAKERS else rng.choice(words[name])

    return _SLOT.sub(one, pattern)


@cache
def _seed_sentences() -> list[str]:
    """Return the sentences of the seeds that are mostly Han characters, 13 to 99 characters long."""
    found = set()
    for path in sorted(SEEDS.glob("*.txt")):
        for part in _STOP.split(path.read_text("utf-8", "replace")):
            sentence = part.strip()
            if 13 <= len(sentence) < 100 and len(_HAN.findall(sentence)) > 0.7 * len(sentence):
                found.add(sentence if sentence[-1] in "。！？" else sentence + "。")
    return sorted(found)


@cache
def _clauses() -> list[str]:
    return str(_table("phrases")["clauses"]["lines"]).split()


def sentence(rng: random.Random) -> str:
    if rng.random() < SEED_SHARE:
        return rng.choice(_seed_sentences())
    parts = [rng.choice(_made()["lead"])] if rng.random() < 0.25 else []
    parts += [fill(rng, rng.choice(_clauses())) for _ in range(rng.choice((1, 1, 2, 3)))]
    return "，".join(parts) + rng.choice("。。。。。。！？")


def prose(rng: random.Random, length: int) -> str:
    """Return sentences of *length* characters and a little more, in paragraphs."""
    parts: list[str] = []
    size = 0
    while size < length:
        parts.append(sentence(rng) + ("\n" if rng.random() < 0.2 else ""))
        size += len(parts[-1])
    return "".join(parts).strip()


def bulletins(rng: random.Random, form: str, count: int) -> list[str]:
    """Return *count* texts of one series: the same form and sender, other facts.

    How many of the facts stay the same is drawn for the series; two at least are others.
    """
    pattern = rng.choice(_table("families")[form]).strip()
    given = {name: fill(rng, f"{{{name}}}") for name in _SLOT.findall(pattern) if name.isupper()}
    slots = [slot.span() for slot in _SLOT.finditer(pattern) if not slot[1].isupper()]
    same = min(int(rng.choice(SAME_FACTS) * len(slots)), len(slots) - 2)
    for start, end in sorted(rng.sample(slots, same), reverse=True):
        pattern = pattern[:start] + fill(rng, pattern[start:end]) + pattern[end:]
    return [fill(rng, pattern, given) for _ in range(count)]


def frame(rng: random.Random, where: str, length: int) -> str:
    """Return lines that sites put ``before`` or ``after`` an article, of *length* or a little more."""
    lines: Sequence[str] = _table("families")["frames"][where]
    found = ""
    while len(found) < length:
        found += fill(rng, rng.choice(lines)) + "\n"
    return found.rstrip("\n")


def short(rng: random.Random) -> str:
    return fill(rng, rng.choice(_table("families")["short"]["lines"]))


def latin(rng: random.Random, kind: str, length: int) -> str:
    """Return ``english`` sentences or lines of ``code``, of *length* or a little more."""
    words, lines = _words("latin"), _table("latin")[kind]["lines"]
    join = "\n" if kind == "code" else " "

    def one(slot: re.Match[str]) -> str:
        return str(rng.randint(2, 99)) if slot[1] == "number" else rng.choice(words[slot[1]])

    found = ""
    while len(found) < length:
        found += _SLOT.sub(one, rng.choice(lines)) + join
    return found.rstrip()


def word(rng: random.Random) -> str:
    """Return an English word."""
    words = _words("latin")
    return rng.choice(words[rng.choice(("noun", "verb", "adjective", "name", "call"))])
