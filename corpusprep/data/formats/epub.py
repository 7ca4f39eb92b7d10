"""EPUB books: chapter by chapter in the order of reading, each as a page."""

from __future__ import annotations

import errno
import html
import posixpath
import re
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from corpusprep.data.formats.pages import close_empty_elements, page_of
from corpusprep.data.formats.stream import pieces, read_at_most, too_large
from corpusprep.data.rows import reject
from corpusprep.errors import UndecodableError
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from corpusprep.core import Document
    from corpusprep.data.formats.stream import Stream
    from corpusprep.recipe import Read

MAX_BOOK_BYTES = 2 << 30  # of a file that cannot be read in any order, and is copied first
MAX_RATIO = 100  # of a book's text to its file; Chinese XHTML compresses to a third or a tenth
_PAGES = (".xhtml", ".html", ".htm", ".xml")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# What zipfile raises on a member that is damaged, encrypted or packed in a way it does not know.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class _Book(NamedTuple):
    """The chapters of a book in order, as names in the archive; and what it says of itself."""

    chapters: list[str]
    labels: dict[str, str]


def read_epub(stream: Stream, options: Read) -> Iterator[Document]:
    """Yield the chapters of a book; the id is ``name!/chapter``.

    A book under copy protection, whose chapters are encrypted, is one rejected row.
    """
    with tempfile.TemporaryFile() as copy:
        file = stream.file
        if not file.seekable():
            for piece in pieces(file):
                copy.write(piece)
                if copy.tell() > MAX_BOOK_BYTES:
                    yield too_large(stream.name, stream.name, MAX_BOOK_BYTES // 1_000_000)
                    return
            file = copy
        try:
            with _offsets_within():
                archive = zipfile.ZipFile(file)
        except _DAMAGE as error:
            why = f"{error}; a whole EPUB is a ZIP archive"
            yield reject(stream.name, stream.name, "damaged-epub", why)
            return
        with archive:
            yield from _read_book(archive, stream, options)


def _read_book(archive: zipfile.ZipFile, stream: Stream, options: Read) -> Iterator[Document]:
    book = _book(archive)
    if not book.chapters:
        yield reject(stream.name, stream.name, "no-chapters", "no XHTML in the archive")
        return
    if locked := _encrypted(archive) & set(book.chapters):
        why = f"{len(locked)} of {len(book.chapters)} chapters are encrypted (copy protection)"
        yield reject(stream.name, stream.name, "encrypted", why)
        return
    left = max(options.max_megabytes * 1_000_000, MAX_RATIO * _size(archive))
    for chapter in book.chapters:
        doc, size = _chapter(archive, chapter, stream, options)
        for name, value in book.labels.items():
            doc.labels.setdefault(name, value)
        yield doc
        left -= size
        if left < 0:
            why = f"more than {MAX_RATIO} times as much text as the file has bytes; not read on"
            yield reject(f"{stream.name}!", stream.name, "too-large", why)
            return


def _size(archive: zipfile.ZipFile) -> int:
    """Return the bytes of the file, up to its index."""
    return archive.start_dir


def _chapter(
    archive: zipfile.ZipFile, chapter: str, stream: Stream, options: Read
) -> tuple[Document, int]:
    """Return the chapter as a document, and how many bytes it has."""
    name = f"{stream.name}!/{chapter}"
    limit = options.max_megabytes * 1_000_000
    try:
        with _offsets_within(), archive.open(chapter) as file:
            data = read_at_most(file, limit)  # type: ignore[arg-type] # only read() is used
    except KeyError:
        return reject(name, stream.name, "missing-chapter", "the book names it, and has it not"), 0
    except _DAMAGE as error:
        rule = "encrypted" if "password" in str(error) else "damaged-chapter"
        return reject(name, stream.name, rule, str(error) or repr(error)), 0
    if len(data) > limit:
        return too_large(name, stream.name, options.max_megabytes), len(data)
    return page_of(close_empty_elements(data), name, stream.name, options), len(data)


@contextmanager
def _offsets_within() -> Iterator[None]:
    """Call it damage where a file system refuses to seek to a place before the file."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise zipfile.BadZipFile("the index points to a place outside of the file") from error


# --- the book's own lists ----------------------------------------------------------------------


def _book(archive: zipfile.ZipFile) -> _Book:
    """Return what the package file says; where there is none to read, all pages as they lie."""
    for path in _attributes(_text(archive, "META-INF/container.xml"), "rootfile", "full-path"):
        package = _text(archive, path)
        names = {
            item["id"]: _join(path, item["href"])
            for item in _elements(package, "item")
            if "id" in item and "href" in item and _is_page(item)
        }
        spine = [names[i] for i in _attributes(package, "itemref", "idref") if i in names]
        if spine:
            return _Book(list(dict.fromkeys(spine)), _labels(package))
    pages = [name for name in archive.namelist() if name.lower().endswith(_PAGES[:3])]
    return _Book(pages, {})


def _is_page(item: dict[str, str]) -> bool:
    kind = item.get("media-type", "")
    return "html" in kind or "dtbook" in kind or item["href"].lower().endswith(_PAGES)


def _join(package: str, href: str) -> str:
    path = unquote(href.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(package), path)).lstrip("/")


def _labels(package: str) -> dict[str, str]:
    """Return the book's title, author and language."""
    labels = {}
    for label, element in (("book", "title"), ("author", "creator"), ("lang", "language")):
        found = re.search(rf"<dc:{element}\b[^>]*>([^<]+)</dc:{element}>", package)
        if found and found[1].strip():
            labels[label] = html.unescape(found[1]).strip()
    return labels


def _encrypted(archive: zipfile.ZipFile) -> set[str]:
    """Return the members that are encrypted; fonts in an open book may be."""
    listed = _attributes(_text(archive, "META-INF/encryption.xml"), "CipherReference", "URI")
    flagged = {info.filename for info in archive.infolist() if info.flag_bits & 1}
    return {unquote(uri).lstrip("/") for uri in listed} | flagged


def _attributes(text: str, element: str, attribute: str) -> list[str]:
    return [found[attribute] for found in _elements(text, element) if attribute in found]


def _elements(text: str, element: str) -> Iterator[dict[str, str]]:
    """Yield the attributes of each such element, whatever its prefix."""
    for found in re.finditer(rf"<(?:[\w.-]+:)?{element}\s([^<>]*)>", text):
        given = _ATTRIBUTE.findall(found[1])
        yield {name: html.unescape(one or other) for name, one, other in given}


def _text(archive: zipfile.ZipFile, path: str) -> str:
    """Return a small file of the book without its comments, or "" if it is missing or damaged."""
    try:
        with _offsets_within(), archive.open(path) as file:
            data: BinaryIO = file  # type: ignore[assignment] # only read() is used
            return _COMMENT.sub("", decode(read_at_most(data, _LIST_BYTES)).text)
    except (KeyError, UndecodableError, *_DAMAGE):
        return ""


_LIST_BYTES = 16 << 20  # of a list; one of ten thousand chapters has two megabytes
