"""Inputs by URL: ``s3://``, ``hf://``, ``file://`` and the like through fsspec, the web by ourselves.

fsspec comes with `datasets`, but what it needs for the web or for S3 does not: who lacks it is told
what to install before a run begins.
"""

from __future__ import annotations

import errno
import io
import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

from corpusprep.data import web
from corpusprep.data.finding import Found, InputError, Listing
from corpusprep.errors import nearest

if TYPE_CHECKING:
    from typing import BinaryIO

    from _typeshed import WriteableBuffer

_MAGIC = re.compile(r"[*?\[]")
_BUFFER = 1 << 18  # read ahead: a request costs as much as so many bytes or more
_SECRET = re.compile(r"(?i)(^|[-_])(sig|signature|token|credential|key|secret|password)$")


def find_urls(url: str) -> Listing:
    """Return the files that *url* names: a file, a folder with all below it, or a pattern.

    Raises:
        InputError: it does not exist, is not for us to read, or what reads it is not installed.

    """
    _refuse_secrets(url)
    try:
        return _on_the_web(url) if web.is_web(url) else _by_fsspec(url)
    except FileNotFoundError as error:
        raise InputError(f"{url}: no such file, folder or pattern") from error
    except PermissionError as error:
        why = f" ({error})" if str(error) else ""
        raise InputError(
            f"{url}: no permission to read it{why}; log in, or name a token"
        ) from error
    except InputError:
        raise
    except Exception as error:  # whatever a storage's own library raises
        raise InputError(f"{url}: {_told(error)}") from error


def _refuse_secrets(url: str) -> None:
    """Refuse a URL with a password or key: it would stand in ids, the report and the card."""
    parts = urlsplit(url)
    secret = parts.password or any(_SECRET.search(name) for name, _ in parse_qsl(parts.query))
    if secret:
        bare = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
        raise InputError(
            f"{bare}: the URL holds a password or key, which would be published with the corpus; "
            "give it in the environment, or download the file first"
        )


def _on_the_web(url: str) -> Listing:
    if "*" in url:
        files = [Found(u, u.rpartition("/")[2], web.size_of(u)) for u in web.matching(url)]
        if not files:
            raise FileNotFoundError(errno.ENOENT, "no link on the page above matches", url)
        return Listing(files, outright=False)
    return Listing([Found(url, url, web.size_of(url))], outright=True)


def _by_fsspec(url: str) -> Listing:
    fs, path = _file_system(url)
    fs.invalidate_cache()
    if fs.exists(path):
        info = fs.info(path)
        if info["type"] == "file":
            return Listing([Found(url, url, int(info.get("size") or 0))], outright=True)
        found, base = fs.find(path, detail=True), path
    elif _MAGIC.search(path):
        found, base = fs.glob(path, detail=True), _MAGIC.split(path)[0].rpartition("/")[0]
    else:
        raise FileNotFoundError(errno.ENOENT, "no such file", url)
    files = [
        Found(fs.unstrip_protocol(name), name[len(base) :].lstrip("/"), int(info.get("size") or 0))
        for name, info in sorted(found.items())
        if info["type"] == "file"
    ]
    if not files:
        raise FileNotFoundError(errno.ENOENT, "nothing there", url)
    return Listing(files, outright=False)


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec  # type: ignore[import-untyped]
    from fsspec.registry import known_implementations  # type: ignore[import-untyped]

    scheme = url.partition("://")[0]
    try:
        found: tuple[Any, str] = fsspec.url_to_fs(url)
    except ImportError as error:
        home = known_implementations.get(scheme, {}).get("class", "").partition(".")[0]
        need = f"pip install {home}" if home not in {"", "fsspec"} else str(error)
        raise InputError(f"{scheme}:// cannot be read as it is: {need}") from error
    except ValueError as error:
        if scheme in known_implementations:
            raise
        known = nearest(scheme, ("file", "hf", "http", "https", "s3", "gs", "memory"))
        raise InputError(f"{url}: no way to read {scheme}://; {known}") from error
    return found


def open_url(url: str) -> BinaryIO:
    """Return what *url* names, open and buffered; whatever goes wrong in it is an OSError.

    Raises:
        OSError: it cannot be opened.

    """
    if web.is_web(url):
        return cast("BinaryIO", io.BufferedReader(web.Page(url), _BUFFER))
    try:
        fs, path = _file_system(url)
        file = fs.open(path, "rb")
    except Exception as error:
        raise _as_os_error(error) from error
    return cast("BinaryIO", io.BufferedReader(_Remote(file), _BUFFER))


class _Remote(io.RawIOBase):
    """A file of fsspec whose every error is an OSError with a number: trouble of the storage."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._file.read(len(view))
        except Exception as error:
            raise _as_os_error(error) from error
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return int(self._file.seek(offset, whence))
        except Exception as error:
            raise _as_os_error(error) from error

    def close(self) -> None:
        self._file.close()
        super().close()


def _as_os_error(error: Exception) -> OSError:
    if isinstance(error, OSError) and error.errno is not None:
        return error
    return OSError(errno.EIO, _told(error))


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    return str(error).strip().partition("\n")[0] or type(error).__name__
