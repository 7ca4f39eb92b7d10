"""Archives: their members are read one after the other as files are, and none is unpacked to disk.

A member is named ``a.zip!/inner/b.html``; its name is only ever a name, so that ``../../x`` can do
no harm. A bomb ends as a rejected row, and so does what a password locks.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, cast

from corpusprep.core import Drop
from corpusprep.data.finding import ending, is_hidden
from corpusprep.data.formats import Stream
from corpusprep.data.kinds import ARCHIVES, kind_of
from corpusprep.data.opening import Budget, Unpacked, open_raw, take_trouble, unpack
from corpusprep.data.rows import reject
from corpusprep.data.tars import tar_members
from corpusprep.data.zips import Member, zip_members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from corpusprep.core import Document

_IN_MEMORY = 8 << 20  # of a copy of what cannot be read from its end; a larger one goes to disk


class _Archive(NamedTuple):
    path: str
    kind: str
    budget: Budget
    read: Callable[[Stream, str], Iterator[Document]]


def read_archive(
    path: str, kind: str, read: Callable[[Stream, str], Iterator[Document]]
) -> Iterator[Document]:
    """Yield the documents in all members of the archive at *path*, a "zip" or a "tar".

    *read* reads one member, given its stream and kind.
    """
    if kind == "zip":
        with seekable(open_raw(path)) as file:
            size = file.seek(0, io.SEEK_END)
            archive = _Archive(path, kind, Budget(lambda: size), read)
            yield from _read_members(archive, zip_members(file))
        return
    with open_raw(path) as raw, unpack(raw) as file:
        archive = _Archive(path, kind, Budget(raw.tell), read)
        yield from _read_members(archive, tar_members(file))
        if trouble := take_trouble(file):
            yield reject(path, path, *trouble)


@contextmanager
def seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """Give *file*, or a copy of it that can be read from its end; both are closed afterwards."""
    with file:
        if file.seekable():
            yield file
            return
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
            shutil.copyfileobj(file, copy)
            copy.seek(0)
            yield cast("BinaryIO", copy)


def _read_members(archive: _Archive, members: Iterable[Member | Drop]) -> Iterator[Document]:
    path, budget = archive.path, archive.budget
    others: Counter[str] = Counter()
    seen: Counter[int] = Counter()  # hashes: archives of a million members exist
    for member in members:
        if isinstance(member, Drop):
            yield reject(path, path, *member)
        elif is_hidden(member.name):
            continue
        elif not (kind := kind_of(member.name)):
            others[ending(member.name)] += 1
        else:
            key = hash(member.name)
            seen[key] += 1  # tar adds a newer version of a file at the end
            name = f"{path}!/{member.name}" + (f"#{seen[key]}" if seen[key] > 1 else "")
            yield from _read_member(archive, member, name, kind)
        if budget.over:
            yield reject(path, path, *budget.drop())
            break
    if others:
        told = ", ".join(f"{count} {name}" for name, count in others.most_common())
        detail = f"{others.total()} files of other kinds were passed over: {told}"
        yield reject(path, path, "skipped-members", detail)


def _read_member(archive: _Archive, member: Member, name: str, kind: str) -> Iterator[Document]:
    if kind in ARCHIVES:
        detail = "an archive inside an archive is not opened; unpack the outer one"
        yield reject(name, name, "nested-archive", detail)
    elif member.trouble:
        yield reject(name, name, *member.trouble)
    else:
        try:
            inner = member.open()
        except zipfile.BadZipFile as error:
            yield reject(name, name, f"damaged-{archive.kind}", str(error))
            return
        whole = Unpacked(inner.read1, archive.kind, archive.budget, inner)  # type: ignore[attr-defined] # buffered
        with unpack(cast("BinaryIO", io.BufferedReader(whole))) as file:
            yield from archive.read(Stream(name, file, member.size), kind)
