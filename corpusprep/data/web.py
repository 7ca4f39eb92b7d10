"""Files on web servers: read as a stream, from any place on where the server can do that.

A connection that breaks in the middle looks like the end of a file to Python's own client, and half
a corpus would go unnoticed. Here every byte that was promised is waited for, asked for again, and
missed aloud.
"""

from __future__ import annotations

import errno
import io
import re
from contextlib import closing
from fnmatch import fnmatchcase
from html import unescape
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

from corpusprep import __version__

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SECONDS = 60  # without a byte
_TRIES = 3  # to go on where a connection broke
_MOST_OF_A_LISTING = 64 << 20  # bytes of a page of links
_HREF = re.compile(r"""<a\s[^>]*?href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_NUMBERS = {401: errno.EACCES, 403: errno.EACCES, 404: errno.ENOENT, 410: errno.ENOENT}
_ERRORS = (OSError, HTTPException, ValueError)  # ValueError: a URL with a port "x"


def is_web(url: str) -> bool:
    """Return whether *url* is of the web.

    >>> is_web("https://example.org/"), is_web("s3://example/")
    (True, False)
    """
    return url.lower().startswith(("http://", "https://"))


def size_of(url: str) -> int:
    """Return how many bytes there are at *url*, 0 if the server does not say.

    Raises:
        OSError: there is nothing, or nothing for us.

    """
    with closing(Page(url)) as page:
        return max(page.size, 0)


def matching(pattern: str) -> list[str]:
    """Return the URLs that match *pattern*, of the links on the page above it, sorted.

    Only the last part may have ``*``; the page is the list of a folder's files.

    Raises:
        OSError: there is no such page.

    """
    folder, _, wanted = pattern.rpartition("/")
    if "*" in folder:
        raise OSError(errno.EINVAL, "of a web address only the last part may have a *")
    with io.BufferedReader(Page(f"{folder}/")) as page:
        text = page.read(_MOST_OF_A_LISTING).decode("utf-8", "replace")
    links = {urljoin(f"{folder}/", unescape(link)) for link in _HREF.findall(text)}
    names = {link: link.rpartition("/")[2] for link in links if link.rpartition("/")[0] == folder}
    return sorted(link for link, name in names.items() if fnmatchcase(name, wanted))


class Page(io.RawIOBase):
    """The bytes at a web address."""

    def __init__(self, url: str) -> None:
        self._url, self._at, self.size, self._ranges = url, 0, -1, False
        self._answer: Any = None
        self._ask()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return whether the server can send a part of the file."""
        return self._ranges

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to *offset*; the next read asks the server for what is there."""
        at = offset + (0, self._at, self.size)[whence]
        if at != self._at:
            if not self._ranges:
                raise io.UnsupportedOperation("the server sends whole files only")
            self._drop()
            self._at = at
        return at

    def tell(self) -> int:
        """Return how many bytes lie before the next one."""
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Put the next bytes into *buffer*; return how many, 0 at the end."""
        if 0 <= self.size <= self._at:
            return 0
        error: Exception = OSError(errno.EIO, self._cut_off())
        for _ in range(_TRIES):
            try:
                if self._answer is None:
                    self._ask()
                count = int(self._answer.readinto(buffer))
            except (OSError, HTTPException) as caught:
                count, error = 0, caught
            if count or self.size < 0:
                self._at += count
                return count
            self._drop()
            if not self._ranges:
                break
        raise _numbered(error, self._url)

    def close(self) -> None:
        """Close the connection."""
        self._drop()
        super().close()

    def _cut_off(self) -> str:
        return f"the server sent {self._at} of {self.size} bytes"

    def _drop(self) -> None:
        if self._answer is not None:
            self._answer.close()
        self._answer = None

    def _ask(self) -> None:
        """Ask for all from here on, and see what the server says of the whole."""
        headers = {
            "User-Agent": f"corpusprep/{__version__}",
            "Accept-Encoding": "identity",
            "Range": f"bytes={self._at}-",
        }
        try:
            self._answer = urlopen(Request(self._url, headers=headers), timeout=_SECONDS)  # noqa: S310 - is_web
        except HTTPError as error:
            with error:
                empty = error.code == 416 and self._at == 0  # no bytes, so no range of them
                if not empty:
                    raise _numbered(error, self._url) from error
                self.size = 0
                return
        except _ERRORS as error:
            raise _numbered(error, self._url) from error
        rest = self._answer.headers.get("Content-Length")
        part = self._answer.status == 206
        if self._at and not part:
            raise OSError(errno.EIO, self._cut_off(), self._url)
        self.size = self._at + int(rest) if rest and rest.isdigit() else -1
        self._ranges = part and self.size >= 0


def _numbered(error: Exception, url: str) -> OSError:
    """Return *error* with a number, which tells trouble of the network from damage in a file."""
    if isinstance(error, HTTPError):
        told = f"HTTP status {error.code} {error.reason}"
        return OSError(_NUMBERS.get(error.code, errno.EIO), told, url)
    if isinstance(error, URLError) and isinstance(error.reason, OSError):
        error = error.reason
    if isinstance(error, OSError) and error.errno is not None:
        return OSError(error.errno, error.strerror or str(error), url)
    return OSError(errno.EIO, str(error) or type(error).__name__, urlsplit(url).netloc)
