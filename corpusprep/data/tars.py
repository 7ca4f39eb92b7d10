"""The members of tar archives, as they come; behind a damaged place, from the next header on.

Python's own reader takes a header that is broken for the end of the archive, and says nothing.
"""

from __future__ import annotations

import tarfile
from functools import partial
from typing import TYPE_CHECKING, Any

from corpusprep.core import Drop
from corpusprep.data.zips import Member, decode_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, Self

# Bytes of a header that lengthens the next one; it is read at once, and searched in squared time.
# Real ones hold a long name or a time.
_LONGEST = 32 << 10
_LENGTHENS = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)


def tar_members(file: BinaryIO) -> Iterator[Member | Drop]:
    """Yield the files in a tar archive, in order; last what is wrong with it, if anything is.

    Each must be read before the next is asked for. Links are passed over.
    """
    problems: list[str] = []
    try:
        with tarfile.open(
            fileobj=file, mode="r|", tarinfo=_headers(problems), ignore_zeros=True
        ) as tar:
            while (info := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined] # it would hold all of them
                if info.isreg():
                    yield Member(_name(info), partial(_open, tar, info), info.size)
    except (tarfile.TarError, RecursionError) as error:  # RecursionError: headers of headers
        problems.append(str(error))
    if problems:
        yield Drop("damaged-tar", f"{problems[0]}; what could be found was read")


def _name(info: tarfile.TarInfo) -> str:
    """Return the name of a member, decoded if it is not in UTF-8."""
    raw = info.name.encode("utf-8", "surrogateescape")
    return decode_names([raw])[0]


def _open(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Any:
    return tar.extractfile(info)


def _headers(problems: list[str]) -> type[tarfile.TarInfo]:
    """Return a class of headers that notes in *problems* what is wrong before the end mark."""
    ended = False

    class Header(tarfile.TarInfo):
        @classmethod
        def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
            nonlocal ended
            try:
                return super().fromtarfile(tarfile_)
            except tarfile.HeaderError as error:
                if isinstance(error, tarfile.EOFHeaderError):  # type: ignore[attr-defined] # not in its stubs
                    ended = True
                elif not ended:
                    empty = isinstance(error, tarfile.EmptyHeaderError)  # type: ignore[attr-defined]
                    problems.append("it ends without an end mark" if empty else str(error))
                raise

        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
            info = super().frombuf(buf, encoding, errors)
            if info.type in _LENGTHENS and info.size > _LONGEST:
                raise tarfile.InvalidHeaderError(f"a header of {info.size} bytes")  # type: ignore[attr-defined]
            return info

    return Header
