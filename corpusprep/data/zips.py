"""The members of ZIP archives, those of a cut-off archive among them, and names in GBK.

A ZIP archive is read from the list at its end. One that was cut off has no list, and Python reads
nothing of it; but every member begins with a header of its own, and from these what came before the
cut is read. Windows in China writes names in GBK without saying so: 闈╁懡 is no name.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import partial
from stat import S_ISLNK
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from corpusprep.core import Drop
from corpusprep.data.opening import FREE_BYTES, MAX_RATIO
from corpusprep.errors import UndecodableError
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ENCRYPTED, _SIZES_BEHIND, _UTF8 = 0x1, 0x8, 0x800  # bits of a member's flags
_HEADER = struct.Struct("<4s5H3L2H")
_SIGNATURE = b"PK\x03\x04"
_STORED, _DEFLATED = 0, 8
_UNKNOWN = 0xFFFFFFFF  # a size that stands elsewhere
_STEP = 1 << 16
_LIST_ERRORS = (zipfile.BadZipFile, ValueError, OverflowError, struct.error, NotImplementedError)

# Of one member; NotImplementedError is a RuntimeError: it is packed in a way that Python lacks.
_OPEN_ERRORS = (RuntimeError, ValueError, EOFError, struct.error)


class Member(NamedTuple):
    """A file in an archive: its name as it is there, and its bytes, or why there are none.

    *size* is that of the unpacked bytes, -1 if unknown.
    """

    name: str
    open: Callable[[], BinaryIO]
    size: int
    trouble: Drop | None = None


def zip_members(file: BinaryIO) -> Iterator[Member | Drop]:
    """Yield the members of a ZIP archive; last what is wrong with it, if anything is."""
    try:
        archive = zipfile.ZipFile(file)
    except _LIST_ERRORS as error:
        yield from _without_list(file)
        yield Drop("damaged-zip", f"{error}; what came before was read")
        return
    with archive:
        infos = archive.infolist()
        for info, name in zip(infos, _names(infos), strict=True):
            if not info.is_dir() and not S_ISLNK(info.external_attr >> 16):
                yield _listed(archive, info, name)


def _listed(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Member:
    def unpacked() -> BinaryIO:
        try:
            return archive.open(info)  # type: ignore[return-value] # it reads bytes
        except _OPEN_ERRORS as error:
            raise zipfile.BadZipFile(str(error)) from error

    trouble = _trouble(info.flag_bits, info.file_size, info.compress_size)
    return Member(name, unpacked, info.file_size, trouble)


def _trouble(flags: int, size: int, packed: int) -> Drop | None:
    if flags & _ENCRYPTED:
        return Drop("encrypted", "it has a password; unpack the archive and name the folder")
    if size > FREE_BYTES and size > MAX_RATIO * packed:
        grows = f"{packed} bytes grow to {size}, more than {MAX_RATIO} times, as in a bomb"
        return Drop("too-large", f"{grows}; if it is right so, unpack the archive")
    return None


def _names(infos: list[zipfile.ZipInfo]) -> list[str]:
    """Return the names of members, those in an encoding that nobody tells decoded together.

    One name is too short to tell GBK from Big5 by; all names of an archive mostly do.
    """
    raw = [None if i.flag_bits & _UTF8 else i.orig_filename.encode("cp437") for i in infos]
    told = [name for name in raw if name is not None]
    decoded = iter(decode_names(told))
    return [
        i.orig_filename if name is None else next(decoded)
        for i, name in zip(infos, raw, strict=True)
    ]


def decode_names(raw: list[bytes]) -> list[str]:
    r"""Return file names in the encoding in which all of them are most probable.

    >>> decode_names(["晚报/头版.txt".encode("gb18030"), b"b.txt"])
    ['晚报/头版.txt', 'b.txt']
    """
    try:
        names = decode(b"\n".join(raw)).text.split("\n") if raw else []
    except UndecodableError:
        names = []
    return names if len(names) == len(raw) else [name.decode("utf-8", "replace") for name in raw]


def _without_list(file: BinaryIO) -> Iterator[Member]:
    """Yield the members of an archive one after the other by their own headers."""
    file.seek(0)
    while len(head := file.read(_HEADER.size)) == _HEADER.size:
        magic, _, flags, method, _, _, _, packed, size, name_bytes, extra_bytes = _HEADER.unpack(
            head
        )
        if magic != _SIGNATURE:
            return
        raw = file.read(name_bytes)
        file.seek(extra_bytes, io.SEEK_CUR)
        name = raw.decode("utf-8", "replace") if flags & _UTF8 else decode_names([raw])[0]
        sized = not flags & _SIZES_BEHIND and packed != _UNKNOWN
        if method not in {_STORED, _DEFLATED} or not (sized or method == _DEFLATED):
            return  # nobody knows where it ends
        start = file.tell()
        inner = _Raw(file, packed if sized else -1, deflated=method == _DEFLATED)
        if not name.endswith("/"):
            trouble = _trouble(flags, size, packed) if sized else _trouble(flags, 0, 0)
            buffered = cast("BinaryIO", io.BufferedReader(inner))
            yield Member(name, partial(_given, buffered), -1, trouble)
        if sized:
            file.seek(start + packed)
        elif not _go_behind(file, inner):
            return


def _given(file: BinaryIO) -> BinaryIO:
    return file


def _go_behind(file: BinaryIO, inner: _Raw) -> bool:
    """Read to the end of a member, and on to the next header; return whether there is one."""
    try:
        while inner.more():
            pass
    except (EOFError, zlib.error):
        return False
    near = file.read(64)  # sizes behind a member take 12 to 24 bytes
    at = near.find(_SIGNATURE)
    file.seek(at - len(near) if at >= 0 else 0, io.SEEK_CUR)
    return at >= 0


class _Raw(io.RawIOBase):
    """A member of an archive that is read without its list."""

    def __init__(self, file: BinaryIO, packed: int, *, deflated: bool) -> None:
        self._file, self._left = file, packed
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if deflated else None
        self._pending = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type] # any buffer
        data = self.more(len(view))
        view[: len(data)] = data
        return len(data)

    def more(self, size: int = _STEP) -> bytes:
        """Return up to *size* more bytes, b"" at the end."""
        if self._inflate is None:
            return self._take(size)
        while not self._inflate.eof:
            rest = self._inflate.unconsumed_tail or self._take(_STEP)
            if not rest:
                raise EOFError("its bytes end before it does")
            data = self._inflate.decompress(rest, size)
            if self._inflate.eof:  # what was read beyond the end belongs to the next member
                self._file.seek(-len(self._inflate.unused_data), io.SEEK_CUR)
            if data:
                return data
        return b""

    def _take(self, size: int) -> bytes:
        size = size if self._left < 0 else min(size, self._left)
        data = self._file.read(size)
        if size and not data:
            raise EOFError("the archive ends before the file does")
        self._left -= len(data) if self._left >= 0 else 0
        return data
