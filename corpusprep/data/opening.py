"""Open what a path or a URL names: as it is, or unpacked, to its end or to where it is damaged.

Crawls lie about as ``.gz`` that a browser has unpacked already, as archives cut off by a full disk,
as files put together from many gzip members, and now and then as a bomb. So the first bytes say how
a file is packed, not its name; what can be unpacked is read before anything is said about damage;
and no file may grow without bound.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from corpusprep.core import Drop
from corpusprep.data.kinds import HEAD_BYTES, is_url, sniff

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from _typeshed import WriteableBuffer

_MAGIC = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
    (b"\xfd7zXZ\x00", "xz"),
)
_BZIP2 = b"1AY&SY"  # behind "BZh" and a digit, which a text may begin with
_MAGIC_BYTES = 10
# A file may grow to FREE_BYTES, and beyond that to so many times its packed size: a guess between
# text (3 to 10 times) and bombs (1,000 and more).
FREE_BYTES = 256 << 20
MAX_RATIO = 200
XZ_MEMORY = 256 << 20  # bytes that an xz file may ask for; xz -9 asks for 65 MB
_STEP = 1 << 16
_ZSTD_STEP = 1 << 12  # what is lost before damage: Arrow gives nothing of a read that fails
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, OSError)


class Budget:
    """How many unpacked bytes may come out of what is packed."""

    def __init__(self, packed: Callable[[], int]) -> None:
        self._packed, self.spent, self.over = packed, 0, False

    def spend(self, size: int) -> bool:
        """Count *size* bytes; return whether they are still within bounds."""
        self.spent += size
        self.over = self.spent > FREE_BYTES and self.spent > MAX_RATIO * self._packed()
        return not self.over

    def drop(self) -> Drop:
        """Return what is said of a file that grows beyond the bounds."""
        return Drop(
            "too-large",
            f"grows to more than {MAX_RATIO} times its packed size, as bombs do; what came before "
            "was read; if it is right so, unpack it",
        )


class Unpacked(io.RawIOBase):
    """The bytes that *read* gives, to their end or to where they are damaged.

    Readers see a shorter file then; `trouble` says what is wrong.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        what: str,
        budget: Budget,
        *under: Any,
        step: int = _STEP,
    ) -> None:
        self._read, self._what, self._budget, self._step = read, what, budget, step
        self.under = under  # what it reads from: closed with it
        self.trouble: Drop | None = None
        self._at, self._ended = 0, False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Put the next bytes into *buffer*; return how many, 0 at the end."""
        view = memoryview(buffer).cast("B")
        data = b"" if self._ended else self._next(min(len(view), self._step))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how many bytes have come out."""
        return self._at

    def _next(self, size: int) -> bytes:
        try:
            data = self._read(size)
        except _DAMAGE as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # of the file system
            what = str(error).strip().rstrip(".") or type(error).__name__
            self._end(Drop(f"damaged-{self._what}", f"{what}; what came before was read"))
            return b""
        if not self._budget.spend(len(data)):
            self._end(self._budget.drop())
            return b""
        return data

    def _end(self, trouble: Drop) -> None:
        self._ended, self.trouble = True, trouble

    def close(self) -> None:
        """Close it and what it reads from."""
        for file in self.under:
            file.close()
        super().close()


def take_trouble(file: BinaryIO) -> Drop | None:
    """Return what is wrong with an open *file*, once; None if all of it was there."""
    raw = getattr(file, "raw", None)
    if not isinstance(raw, Unpacked):
        return None
    found = [t for t in (*map(take_trouble, raw.under), raw.trouble) if t]
    raw.trouble = None
    return found[0] if found else None


def is_unpacked(file: BinaryIO) -> bool:
    """Return whether *file* gives other bytes than those that lie there."""
    return isinstance(getattr(file, "raw", None), Unpacked)


class _Frames:
    """One after the other, what bzip2 or xz streams hold that were put together in one file."""

    def __init__(self, file: BinaryIO, make: Callable[[], Any]) -> None:
        self._file, self._make, self._one = file, make, make()

    def read(self, size: int) -> bytes:
        while True:
            if self._one.eof:
                rest = self._one.unused_data or self._file.read(_STEP)
                rest = rest.lstrip(b"\0") if rest else b""  # padding between xz streams
                if not rest and not self._file.peek(1):  # type: ignore[attr-defined] # BufferedReader
                    return b""
                self._one = self._make()
            else:
                rest = self._file.read(_STEP) if self._one.needs_input else b""
                if self._one.needs_input and not rest:
                    raise EOFError("the file ends before its end mark")
            data: bytes = self._one.decompress(rest, size)
            if data:
                return data

    def close(self) -> None:
        self._file.close()


def open_raw(path: str | Path) -> BinaryIO:
    """Return the bytes of a path or URL as they are, open and buffered.

    Raises:
        OSError: it cannot be opened.

    """
    name = str(path)
    if not is_url(name):
        return Path(path).open("rb")
    from corpusprep.data.urls import open_url  # with fsspec, which few runs need

    return open_url(name)


def open_unpacked(path: str | Path) -> BinaryIO:
    """Return the bytes of a path or URL, unpacked if they are gzip, Zstandard, bzip2 or xz."""
    raw = open_raw(path)
    try:
        return unpack(raw)
    except BaseException:
        raw.close()
        raise


def packing(head: bytes) -> str:
    """Return how a file is packed that begins with *head*, or "".

    >>> packing(gzip.compress(b"")), packing(b"BZh is no magic")
    ('gzip', '')
    """
    if head.startswith(b"BZh") and head[4:].startswith(_BZIP2):
        return "bzip2"
    return next((what for magic, what in _MAGIC if head.startswith(magic)), "")


def unpack(file: BinaryIO, budget: Budget | None = None) -> BinaryIO:
    """Return *file*, which is open and buffered, unpacked if it is packed."""
    what = packing(file.peek(_MAGIC_BYTES)[:_MAGIC_BYTES])  # type: ignore[attr-defined] # BufferedReader
    if not what:
        return file
    budget = budget or Budget(file.tell)
    if what == "gzip":
        inner: Any = gzip.GzipFile(fileobj=file)
        unpacked = Unpacked(inner.read1, what, budget, inner, file)
    elif what == "zstandard":
        import pyarrow as pa

        inner = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
        unpacked = Unpacked(inner.read, what, budget, inner, file, step=_ZSTD_STEP)
    elif what == "bzip2":
        unpacked = Unpacked(_Frames(file, bz2.BZ2Decompressor).read, what, budget, file)
    else:
        frames = _Frames(file, lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY))
        unpacked = Unpacked(frames.read, what, budget, file)
    return cast("BinaryIO", io.BufferedReader(unpacked))


def is_packed(path: str | Path) -> bool:
    """Return whether the file at *path* is packed; False for one that cannot be opened."""
    try:
        with open_raw(path) as file:
            return bool(packing(file.read(_MAGIC_BYTES)))
    except OSError:
        return False


def sniff_file(path: str | Path) -> str:
    """Return the kind of documents in a file by its first bytes; "text" if it cannot be opened."""
    try:
        with open_unpacked(path) as file:
            return sniff(file.read(HEAD_BYTES))
    except OSError:
        return "text"
