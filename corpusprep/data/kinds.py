"""What kind of documents a file holds: by its ending, or by its first bytes where that says nothing.

The ending is what people meant: a page saved as ``.txt`` is read as text. The first bytes decide
for files that are named outright with another ending or none, for URLs such as ``/article/123``,
and for standard input.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from urllib.parse import urlsplit

from corpusprep.data.formats import ENDINGS as FORMATS

PACKINGS = {".gz": "gzip", ".zst": "zstandard", ".bz2": "bzip2", ".xz": "xz"}
ARCHIVES = frozenset({"zip", "tar"})
ENDINGS = {
    **dict.fromkeys((".txt", ".text", ".md"), "text"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    ".parquet": "parquet",
    **FORMATS,
    ".zip": "zip",
    **dict.fromkeys((".tar", ".tgz", ".tzst", ".tbz2", ".tbz", ".txz"), "tar"),
}
_NEVER_PACKED = frozenset({"zip", "parquet"})  # they are read from their end
HEAD_BYTES = 4096  # of a file, to see what it holds
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)  # not C:\ and not a file "12://"

_SPACE = rb"(?:\xef\xbb\xbf)?\s*"
_FIRST_BYTES = (
    (re.compile(rb"PK\x03\x04.{26}mimetypeapplication/epub\+zip", re.DOTALL), "epub"),
    (re.compile(rb"PK(?:\x03\x04|\x05\x06)"), "zip"),
    (re.compile(rb"PAR1"), "parquet"),
    (re.compile(rb"ARROW1|\xff\xff\xff\xff.{3}\x00\x10\x00\x00\x00", re.DOTALL), "arrow"),
    (re.compile(rb"WARC/\d"), "warc"),
    (re.compile(rb".{257}ustar", re.DOTALL), "tar"),
    (
        re.compile(
            rb"(?:[\w-]+:.*\r?\n(?:[ \t].*\r?\n)*)*content-type:\s*multipart/related", re.IGNORECASE
        ),
        "mhtml",
    ),
    (
        re.compile(
            _SPACE
            + rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
            re.IGNORECASE | re.DOTALL,
        ),
        "html",
    ),
    # An object that goes on over lines is one JSON document, objects of a line each are JSON Lines.
    (re.compile(_SPACE + rb"\{\s*\n|" + _SPACE + rb"\[\s*[\[{]\s*[\"{\[]"), "json"),
    (re.compile(_SPACE + rb"\{"), "jsonl"),
)


def is_url(name: str) -> bool:
    r"""Return whether *name* is a URL such as ``s3://bucket/a.txt``, and no path.

    >>> [is_url(name) for name in ("hf://datasets/a/b", r"C:\语料", "a.txt", "http:/a")]
    [True, False, False, False]
    """
    return bool(_URL.match(name))


def kind_of(path: PurePath | str) -> str:
    """Return the kind of documents in *path* by its ending, or "" for an unknown one.

    >>> [kind_of(p) for p in ("晚报.txt", "a.jsonl.gz", "语料.parquet", "crawl.tar.zst", "图.png")]
    ['text', 'jsonl', 'parquet', 'tar', '']
    """
    name = str(path)
    if name.startswith(("http://", "https://")):
        name = urlsplit(name).path
    file = PurePath(name)
    ending = file.suffix.lower()
    if ending not in PACKINGS:
        return ENDINGS.get(ending, "")
    kind = ENDINGS.get(PurePath(file.stem).suffix.lower(), "")
    return "" if kind in _NEVER_PACKED else kind


def sniff(head: bytes) -> str:
    """Return the kind of documents in what begins with *head*: "text" if it is nothing else.

    >>> [sniff(b) for b in (b'{"text": ""}', b"<!DOCTYPE html>", b"WARC/1.0", "[春] 花".encode())]
    ['jsonl', 'html', 'warc', 'text']
    """
    return next((kind for pattern, kind in _FIRST_BYTES if pattern.match(head)), "text")


def ending_of(kind: str) -> str:
    """Return the usual ending of files of *kind*.

    >>> ending_of("jsonl")
    '.jsonl'
    """
    return next(ending for ending, named in ENDINGS.items() if named == kind)
