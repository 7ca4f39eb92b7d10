"""A finished corpus changed as a whole: new files are made beside, then all take their places.

What changes many files must not leave half of them changed when it is killed. `staged` makes
a second corpus out of links in a hidden folder; it is changed there, card and report with it.
`commit` writes down what goes where and only then begins to rename; from that moment the change is
made, and whoever comes next (`settle`) carries it through. Killed before, it never happened.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import sys
from contextlib import contextmanager
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import orjson

from corpusprep.data.tables import SCHEMAS, table_files
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HIDDEN = ".changing"  # in the corpus, where a rename is one step; load_dataset passes over it
UNFINISHED = ".work"  # as corpusprep.runs.job names it; gone when a run is done
JOURNAL = "journal.json"
SMALL_FILES = ("README.md", "recipe.toml", "report.json")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write *content* to *path*, which then holds all of it or, after a crash, what it held before."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(path)


class StagingError(CorpusprepError):
    """A corpus that cannot be changed now; the message says why."""


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keep others from changing the corpus *out* meanwhile; the lock goes with the process.

    Raises:
        StagingError: no such folder, an unfinished run, or somebody is at work there already.

    """
    if not out.is_dir():
        raise StagingError(
            f"{out} is no folder; make a corpus with `corpusprep run INPUT -o {out}`"
        )
    if (out / UNFINISHED).exists():
        raise StagingError(f"a run in {out} is not finished: go on with it by --resume first")
    if sys.platform == "win32":
        yield
        return
    import fcntl

    folder = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StagingError(f"another command is changing {out}; wait for it") from error
        except OSError:  # NFS locks no folders: there, one at a time is the caller's care
            pass
        yield
    finally:
        os.close(folder)


def settle(out: Path) -> dict[str, Any]:
    """Carry through the change of *out* that a killed command had decided on; return its note.

    What was not decided yet is cleared away. Without such a command the note is empty.

    Raises:
        StagingError: that command is still at work.

    """
    if not (out / HIDDEN).exists():
        return {}
    with locked(out):
        return settle_locked(out)


def settle_locked(out: Path) -> dict[str, Any]:
    """Do what `settle` does for a caller that has locked *out*."""
    note: dict[str, Any] = {}
    path = out / HIDDEN / JOURNAL
    if path.exists():
        journal = orjson.loads(path.read_bytes())
        # After another run in this folder the journal is of a corpus that is no more.
        if _fingerprint(out) in (journal["before"], journal["after"]):
            _apply(out, journal)
            note = journal["note"]
    shutil.rmtree(out / HIDDEN, ignore_errors=True)
    return note


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a folder in *out* with the same corpus, to be changed by replacing files, then committed.

    Parquet files are links, so a file must be replaced there, never written into. What was not
    committed is cleared away if the work in it fails.
    """
    shutil.rmtree(out / HIDDEN, ignore_errors=True)
    new = out / HIDDEN / "new"
    try:
        for table in SCHEMAS:
            (new / table).mkdir(parents=True)
            for path in table_files(out, table):
                _link(path, new / table / path.name)
        for name in _small(out):
            (new / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(out / name, new / name)
        yield new
    finally:
        if not (out / HIDDEN / JOURNAL).exists():
            shutil.rmtree(out / HIDDEN, ignore_errors=True)


def _small(out: Path) -> list[str]:
    """Return the names of the files that the card is made from or is shown with."""
    charts = sorted(f"charts/{path.name}" for path in (out / "charts").glob("*.svg"))
    return [*(name for name in SMALL_FILES if (out / name).exists()), *charts]


def commit(out: Path, note: dict[str, Any]) -> None:
    """Put what was staged in the place of the corpus *out*; *note* is what `settle` gives back."""
    new = out / HIDDEN / "new"
    tables = [path for table in SCHEMAS for path in table_files(out, table)]
    before = {*(path.relative_to(out).as_posix() for path in tables), *_small(out)}
    names = sorted(p.relative_to(new).as_posix() for p in new.rglob("*") if p.is_file())
    journal = {
        "before": _fingerprint(out),
        "after": _fingerprint(new),
        "move": [name for name in names if not _same(new / name, out / name)],
        "delete": sorted(before.difference(names)),
        "note": note,
    }
    for name in journal["move"]:
        _sync(new / name)
    part = out / HIDDEN / f"{JOURNAL}.part"
    part.write_bytes(orjson.dumps(journal))
    _sync(part)
    part.rename(out / HIDDEN / JOURNAL)
    _apply(out, journal)
    shutil.rmtree(out / HIDDEN, ignore_errors=True)


def _apply(out: Path, journal: dict[str, Any]) -> None:
    """Do what *journal* says; what is done already is passed over."""
    for name in (*journal["move"], *journal["delete"]):
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise CorpusprepError(f"{out / HIDDEN / JOURNAL} names a file outside: {name}")
    for name in journal["move"]:
        source, target = out / HIDDEN / "new" / name, out / name
        if source.exists():
            target.parent.mkdir(exist_ok=True)
            source.replace(target)
    for name in journal["delete"]:
        (out / name).unlink(missing_ok=True)


def _same(new: Path, there: Path) -> bool:
    if not there.exists():
        return False
    return new.samefile(there) or filecmp.cmp(new, there, shallow=False)


def _fingerprint(out: Path) -> str:
    path = out / "report.json"
    return sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source.resolve(), target)
    except OSError:  # a file system without hard links
        target.symlink_to(source.resolve())


def _sync(path: Path) -> None:
    """Have *path* on the disk before the journal that says it may replace another file."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
