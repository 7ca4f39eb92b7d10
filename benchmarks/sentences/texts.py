"""What is measured on: treebanks, sets of cases, and documents for speed.

A treebank is a list of documents with the spans of their sentences. It is read from CoNLL-U, from
JSONL with ``text`` and ``spans``, or from a plain file with one sentence a line. A sentence without
a terminator counts like any other.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
TOGETHER = 10  # sentences of a document, where a file does not say what its documents are
OPTIONS = ("semicolon", "max_chars", "preset", "line_breaks")
_SENTENCE = re.compile(r"^# text = ?(.*)$", re.MULTILINE)
_DOCUMENT = re.compile("^# newdoc", re.MULTILINE)

Sentences = list[tuple[str, bool]]  # with each, whether a space may follow it


class Document(NamedTuple):
    """A text, and where its sentences begin and end in code points."""

    text: str
    spans: list[tuple[int, int]]


class Case(NamedTuple):
    """A text of which a person said what it should become: any of *wants*."""

    group: str
    text: str
    wants: list[Any]
    quotes: str | None = None  # the mode it is meant for; None: both
    options: tuple[tuple[str, Any], ...] = ()


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def treebank(path: Path) -> list[Document]:
    """Return the documents of a treebank, in whichever of the three formats its name tells."""
    if path.suffix == ".jsonl":
        return [Document(row["text"], [(s, e) for s, e in row["spans"]]) for row in read_rows(path)]
    text = path.read_text("utf-8")
    if path.suffix == ".conllu":
        return [assemble(sentences) for sentences in conllu(text)]
    lines = filter(None, map(str.strip, text.split("\n")))
    return [assemble(some) for some in tens([(line, True) for line in lines])]


def conllu(text: str) -> list[Sentences]:
    """Return the sentences of each document; ten at a time if documents are not told apart.

    Where every sentence is called a document, as in PUD, none is.
    """
    documents: list[Sentences] = []
    for block in re.split(r"\n\s*\n", text):
        if found := _SENTENCE.search(block):
            if _DOCUMENT.search(block) or not documents:
                documents.append([])
            last = block.rstrip().rpartition("\t")[2]
            documents[-1].append((found[1].strip(), "SpaceAfter=No" not in last))
    sentences = [sentence for document in documents for sentence in document]
    return documents if 1 < len(documents) <= len(sentences) / 2 else tens(sentences)


def tens(sentences: Sentences) -> list[Sentences]:
    return [sentences[at : at + TOGETHER] for at in range(0, len(sentences), TOGETHER)]


def assemble(sentences: Sentences) -> Document:
    """Return the sentences as one document: a space between them only where both edges are Latin."""
    text, spans, spaced = "", [], False
    for sentence, space_follows in sentences:
        if spaced and text[-1:].isascii() and sentence[:1].isascii():
            text += " "
        spans.append((len(text), len(text) + len(sentence)))
        text, spaced = text + sentence, space_follows
    return Document(text, spans)


def treebanks(given: Iterable[Path]) -> dict[str, list[Document]]:
    """Return the treebanks beside the checkout and the *given* ones, by the names of their files."""
    paths = [DATA / "sentences" / f"{name}.jsonl" for name in ("ud_gsdsimp", "ud_cfl")]
    return {path.name.split(".")[0]: treebank(path) for path in (*paths, *given)}


def make_case(row: dict[str, Any], wants: list[Any]) -> Case:
    strip = [w if isinstance(w, str) else [piece.strip() for piece in w] for w in wants]
    options = tuple((key, row[key]) for key in OPTIONS if key in row)
    return Case(row["group"], row["text"], strip, row.get("quotes"), options)


def golden() -> list[Case]:
    rows = read_rows(DATA / "sentences" / "golden_zh.dev.jsonl")
    return [make_case(row, [row["sentences"], *row["alts"]]) for row in rows]


def tables(name: str) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((ROOT / "tests" / "cases" / f"{name}.toml").read_text("utf-8"))


def cases(name: str) -> list[Case]:
    """Return our public cases of one file, those known to fail among them."""
    return [make_case(row, [row["want"], *row.get("alts", [])]) for row in tables(name)["case"]]
