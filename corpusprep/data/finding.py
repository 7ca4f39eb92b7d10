"""Which files are inputs: what folders, patterns and URLs name, without what is no document."""

from __future__ import annotations

import glob
import os
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.data.kinds import ENDINGS, PACKINGS, is_url, kind_of
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What `datasets` writes next to the rows; the rows lie in Arrow files of other names.
_ABOUT_DATASETS = frozenset({"state.json", "dataset_info.json"})
_ABOUT_ALL = frozenset({"dataset_dict.json", "dataset_infos.json"})


class InputError(CorpusprepError):
    """Inputs that do not exist or hold nothing that can be read."""


class Found(NamedTuple):
    """A file that a URL or folder names: its path below the folder, and its size if it is known."""

    path: str
    below: str
    size: int


class Listing(NamedTuple):
    """What a path or URL names; *outright* if it is one file, and no folder or pattern."""

    files: list[Found]
    outright: bool


class Inputs(NamedTuple):
    """The files found, in order, and how many of which other endings were passed over.

    *sizes* are those of URLs, which would have to be asked for again.
    """

    paths: list[Path | str]
    skipped: dict[str, int]
    sizes: dict[str, int]


def find_inputs(inputs: Iterable[str | Path]) -> Inputs:
    """Return the files that *inputs* (files, folders, globs, URLs) name, sorted within each.

    A file named outright is read whatever its ending; folders and globs give known endings only.

    Raises:
        InputError: a path that does not exist, or nothing to read in all of them.

    """
    names = list(map(str, inputs))
    found: dict[str, int] = {}
    skipped: Counter[str] = Counter()
    for given in names:
        files, outright = _find_urls(given) if is_url(given) else _find_paths(given)
        if not outright:
            files = _of_corpus(files) if is_url(given) else files
            files, others = _documents(files, hub=given.startswith("hf://"))
            skipped += others
        found.update((file.path, file.size) for file in files)
    if not found:
        raise InputError(_nothing(names, skipped.total()))
    paths = [path if is_url(path) else Path(path) for path in found]
    sizes = {path: size for path, size in found.items() if is_url(path)}
    return Inputs(paths, dict(sorted(skipped.items())), sizes)


def _find_urls(url: str) -> Listing:
    from corpusprep.data.urls import find_urls  # with fsspec, which few runs need

    return find_urls(url)


def _find_paths(given: str) -> Listing:
    path = Path(given)
    if path.is_dir():
        if (path / "report.json").exists() and (path / "documents").is_dir():
            path = path / "documents"  # a corpus: its other tables hold no documents
        below = ((p, p.relative_to(path).as_posix()) for p in sorted(path.rglob("*")))
        kept = (f for f in below if f[0].is_symlink() or not f[0].is_dir())
        return Listing([Found(str(p), name, 0) for p, name in kept], outright=False)
    if path.exists() or path.is_symlink():
        return Listing([Found(str(path), path.name, 0)], outright=True)
    named = sorted(glob.glob(given, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    files = [Found(str(Path(p)), Path(p).name, 0) for p in named if not Path(p).is_dir()]
    if not files:
        raise InputError(f"{given}: no such file, folder or pattern")
    return Listing(files, outright=False)


def _of_corpus(files: list[Found]) -> list[Found]:
    """Return the documents of a corpus at a URL; all files, if it is no corpus."""
    documents = [file for file in files if file.below.startswith("documents/")]
    is_corpus = documents and any(file.below == "report.json" for file in files)
    return documents if is_corpus else files


def _documents(files: list[Found], *, hub: bool) -> tuple[list[Found], Counter[str]]:
    """Return the *files* that hold documents, and how many of which endings do not."""
    below = {file.below for file in files}
    kept, skipped = [], Counter[str]()
    for file in files:
        if is_hidden(file.below):
            continue
        card = hub and file.below == "README.md"
        if kind_of(file.path) and not card and not _is_about_dataset(file.below, below):
            kept.append(file)
        else:
            skipped[ending(file.path)] += 1
    return kept, skipped


def _is_about_dataset(name: str, there: set[str]) -> bool:
    """Return whether *name* tells of a dataset on disk, or is a cache of what was made of it."""
    folder, _, base = name.rpartition("/")
    if base in _ABOUT_ALL:
        return True
    beside = all((f"{folder}/{other}" if folder else other) in there for other in _ABOUT_DATASETS)
    return beside and (base in _ABOUT_DATASETS or base.startswith("cache-"))


def is_hidden(name: str) -> bool:
    """Return whether *name*, with ``/``, is of a hidden file, or one in a hidden folder.

    >>> [is_hidden(n) for n in ("a/.git/b.txt", "__MACOSX/a.txt", "../a.txt", "./a.txt")]
    [True, True, False, False]
    """
    parts = name.split("/")
    return parts[0] == "__MACOSX" or any(p.startswith(".") and p.strip(".") for p in parts)


def ending(name: str) -> str:
    """Return the ending of *name* as it is counted among what was passed over.

    >>> ending("图/春.PNG"), ending("LICENSE")
    ('.png', '(no ending)')
    """
    return PurePosixPath(name).suffix.lower() or "(no ending)"


def _nothing(inputs: Iterable[str], passed: int) -> str:
    others = f" ({passed} files of other kinds)" if passed else ""
    known = [name for name in ENDINGS if name != ".parquet"]
    return (
        f"no text to read in {', '.join(inputs)}{others}; known: {' '.join(known)}, "
        f"plain or {' '.join(PACKINGS)}, and .parquet"
    )


def file_bytes(
    paths: Iterable[Path | str], known: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Return the size of each of *paths*; 0 for one of which the reader will say what is wrong.

    Those of URLs are taken from *known*.
    """
    known = known or {}
    return {str(path): known.get(str(path), 0) or _size(str(path)) for path in paths}


def _size(path: str) -> int:
    try:
        return 0 if is_url(path) else os.stat(path).st_size  # noqa: PTH116 - one call
    except OSError:
        return 0
