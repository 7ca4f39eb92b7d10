"""What is measured beside corpusprep: libraries that repair text, and those that detect encodings.

A library that is not installed, or cannot be imported, is left out. They bring `chardet`, of which
`requests` warns, so that a virtual environment of their own is best:
`pip install -r benchmarks/mojibake/requirements.txt` there, with corpusprep.

What is done for them: ftfy runs without its folding of quotes and width, which no Chinese text
survives; of the many texts that charset-mnbvc gives back the most plausible is taken; names of
narrow encodings are read as the wide ones (gb2312 as gb18030), as browsers do.
"""

from __future__ import annotations

import contextlib
import io
import string
from collections.abc import Callable, Mapping
from importlib import metadata
from itertools import product

from corpusprep.text.readings import COMMON, is_ordinary

Repairer = Callable[[str], str]
Detector = Callable[[bytes], str | None]  # the text, None if it cannot be told

_WIDE = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "hz-gb-2312": "hz",
}


_PLAIN = frozenset(
    string.ascii_letters + string.digits + " \n,.:;!()%-，。、：；！？“”《》（）「」"
)


def plausibility(text: str) -> float:
    """Return how much *text* looks like Chinese: what the trying of all pairs is judged by."""
    points = sum(
        1.5 if char in COMMON else 0.25 if char in _PLAIN or is_ordinary(char) else -1
        for char in text
    )
    return points / len(text) if text else 0.0


# --- repair ------------------------------------------------------------------------------------


def load_ftfy() -> Repairer:
    from ftfy import TextFixerConfig, fix_text

    config = TextFixerConfig(uncurl_quotes=False, fix_character_width=False)
    return lambda text: fix_text(text, config)


def load_jionlp() -> Repairer:
    with contextlib.redirect_stdout(io.StringIO()):
        import jionlp

    return lambda text: str(jionlp.clean_text(text))


def load_charset_mnbvc() -> Repairer:
    from charset_mnbvc import api

    def repair(text: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()):
            found = [row["guess"] for row in api.fix_data(text)]
        return max([text, *found], key=plausibility)

    return repair


WRITTEN = ("latin-1", "cp1252", "gb18030", "big5hkscs", "cp932")
READ = ("utf-8", "gb18030", "big5hkscs")


def try_all_pairs() -> Repairer:
    """Return what people do by hand: write in one encoding, read in another, take the likeliest."""

    def repair(text: str) -> str:
        found = [text]
        for written, read in product(WRITTEN, READ):
            with contextlib.suppress(UnicodeError):
                found.append(text.encode(written).decode(read))
        return max(found, key=plausibility)

    return repair


# --- detection ---------------------------------------------------------------------------------


def read_as(data: bytes, name: str | None) -> str | None:
    """Return *data* in the encoding that a detector named; None if it named none or cannot be."""
    if not name:
        return None
    name = name.lower().replace("_", "-")
    for encoding in (_WIDE.get(name, name), name):
        with contextlib.suppress(UnicodeError, LookupError):
            return data.decode(encoding)
    return None


def load_chardet() -> Detector:
    import chardet

    return lambda data: read_as(data, chardet.detect(data)["encoding"])


def load_charset_normalizer() -> Detector:
    from charset_normalizer import from_bytes

    def detect(data: bytes) -> str | None:
        best = from_bytes(data).best()
        return read_as(data, best.encoding if best else None)

    return detect


def load_cchardet() -> Detector:
    import cchardet

    return lambda data: read_as(data, cchardet.detect(data)["encoding"])


def load_resiliparse() -> Detector:
    from resiliparse.parse.encoding import detect_encoding

    return lambda data: read_as(data, detect_encoding(data))


def load_mnbvc_detector() -> Detector:
    from charset_mnbvc import api

    return lambda data: read_as(data, api.from_data(data, mode=1))


REPAIRERS: dict[str, Callable[[], Repairer]] = {
    "ftfy": load_ftfy,
    "jionlp": load_jionlp,
    "charset-mnbvc": load_charset_mnbvc,
    "all pairs": try_all_pairs,
}
DETECTORS: dict[str, Callable[[], Detector]] = {
    "chardet": load_chardet,
    "charset-normalizer": load_charset_normalizer,
    "faust-cchardet": load_cchardet,
    "resiliparse": load_resiliparse,
    "charset-mnbvc": load_mnbvc_detector,
}


def installed(loaders: Mapping[str, Callable[[], Callable[..., object]]]) -> list[str]:
    """Return the names of those that can be imported."""
    found = []
    for name, load in loaders.items():
        with contextlib.suppress(ImportError):
            load()
            found.append(name)
    return found


def careful_repair(repair: Repairer) -> Repairer:
    """Return *repair*, that leaves a text alone if the library fails on it."""

    def safe(text: str) -> str:
        try:
            return repair(text)
        except Exception:  # noqa: BLE001  whatever a library raises is its result here
            return text

    return safe


def careful_detect(detect: Detector) -> Detector:
    """Return *detect*, that knows nothing where the library fails."""

    def safe(data: bytes) -> str | None:
        try:
            return detect(data)
        except Exception:  # noqa: BLE001  whatever a library raises is its result here
            return None

    return safe


def versions() -> dict[str, str]:
    """Return the versions of the libraries that are installed."""
    found = {}
    for name in sorted({*REPAIRERS, *DETECTORS}):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
