"""What is measured beside corpusprep: libraries that split Chinese text into sentences.

A library that is not installed, or cannot be imported, is left out (`requirements.txt`). HanLP's
rules are run from their file, as importing HanLP needs torch. "naive" is the regex that everyone
writes first.
"""

from __future__ import annotations

import contextlib
import io
import re
from functools import partial
from importlib import import_module, metadata, util
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.sentences import speed
from benchmarks.sentences.splitting import Splitter, boundary_figures, by_mode, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.sentences.texts import Case, Document

_NAIVE = re.compile(r"(?<=[。！？])(?![。！？”’」』）])|(?<=[。！？][”’」』）])|(?<=\n)")


def load_jionlp() -> Splitter:
    with contextlib.redirect_stdout(io.StringIO()):
        return partial(import_module("jionlp").split_sentence, criterion="coarse")


def load_ltp() -> Splitter:
    splitter = import_module("ltp_extension.algorithms").StnSplit()
    splitter.use_en = False  # otherwise a list number is a sentence
    split: Splitter = splitter.split
    return split


def load_hanlp() -> Splitter:
    found = util.find_spec("hanlp")
    if found is None or found.origin is None:
        raise ImportError("no hanlp")
    space: dict[str, Any] = {}
    exec(Path(found.origin).with_name("utils").joinpath("rules.py").read_text("utf-8"), space)
    return lambda text: list(space["split_sentence"](text))


def load_spacy() -> Splitter:
    pipe = import_module("spacy").blank("zh")
    pipe.add_pipe("sentencizer")
    return lambda text: [sentence.text_with_ws for sentence in pipe(text).sents]


def load_icu() -> Splitter:
    icu = import_module("icu")

    def split(text: str) -> list[str]:
        units = icu.UnicodeString(text)  # ICU counts in UTF-16
        breaks = icu.BreakIterator.createSentenceInstance(icu.Locale("zh"))
        breaks.setText(units)
        return [str(units[start:end]) for start, end in pairwise([0, *breaks])]

    return split


# By the names of their packages, by which their versions are found.
PEERS: dict[str, Callable[[], Splitter]] = {
    "naive": lambda: _NAIVE.split,
    "pysbd": lambda: import_module("pysbd").Segmenter(language="zh", clean=False).segment,
    "sentencex": lambda: partial(import_module("sentencex").segment, "zh"),
    "sentencesplit": lambda: import_module("sentencesplit").Segmenter("zh", clean=False).segment,
    "jionlp": load_jionlp,
    "ltp_extension": load_ltp,
    "hanlp": load_hanlp,
    "spacy": load_spacy,
    "blingfire": lambda: (
        lambda text: import_module("blingfire").text_to_sentences(text).split("\n")
    ),
    "pyicu": load_icu,
}


def figures(
    split: Splitter,
    suites: Mapping[str, Sequence[Case]],
    banks: Mapping[str, Sequence[Document]],
    texts: Sequence[str],
) -> dict[str, Any]:
    """Return the rates of one splitter in the mode of quotations that suits it, F1, pace, losses."""

    def rate(cases: Sequence[Case]) -> float:
        plain = [case for case in cases if not case.options]
        modes = by_mode(plain, lambda text, quotes: split(text))  # noqa: ARG005 - a peer has one mode
        return float(max(modes.values(), key=lambda mode: int(mode["right"]))["rate"])

    whole = sum("".join(split(text)) == text for text in texts)
    return {
        **{name: rate(cases) for name, cases in suites.items()},
        **{f"{name}_f1": boundary_figures(bank, split)["f1"] for name, bank in banks.items()},
        "lossless": round(whole / len(texts), 4),
        "mb_s": round(speed.megabytes(texts) / speed.seconds(split, texts, 2), 2),
    }


def measure(*on: Any) -> dict[str, dict[str, Any]]:
    """Return the figures of corpusprep and of each library that is there, as *figures* has them."""
    found = {"corpusprep": figures(pieces, *on)}
    for name, load in PEERS.items():
        try:
            split = load()
        except ImportError as error:
            print(f"{name}: not installed ({error})")
            continue
        found[name] = figures(split, *on)
        found[name]["speed_of_ours"] = round(found[name]["mb_s"] / found["corpusprep"]["mb_s"], 3)
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name]["version"] = metadata.version(name)
        print(name, found[name], flush=True)
    return found
