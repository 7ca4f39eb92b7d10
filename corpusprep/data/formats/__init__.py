"""One reader for each format of input: what is in an opened, decompressed file, as documents.

Who opens files, archives and addresses, and picks the reader, is `corpusprep.data.readers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpusprep.data.formats.arrow import read_arrow
from corpusprep.data.formats.delimited import read_csv, read_tsv
from corpusprep.data.formats.epub import read_epub
from corpusprep.data.formats.jsonfile import read_json
from corpusprep.data.formats.pages import read_html, read_mhtml
from corpusprep.data.formats.stream import Reader, Stream
from corpusprep.data.formats.warc import read_warc
from corpusprep.data.rows import reject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpusprep.core import Document
    from corpusprep.recipe import Read

__all__ = ["ENDINGS", "READERS", "Reader", "Stream"]


def _read_wat(stream: Stream, options: Read) -> Iterator[Document]:  # noqa: ARG001 - a reader
    """Yield one rejected row: WAT files hold what was found about pages, not the pages."""
    why = "WAT files hold metadata and no text; take the WET or WARC file of the same name"
    yield reject(stream.name, stream.name, "wat-ignored", why)


_KINDS = {
    "html": ".html .htm .xhtml .shtml",
    "mhtml": ".mhtml .mht",
    "json": ".json",
    "csv": ".csv",
    "tsv": ".tsv",
    "arrow": ".arrow .ipc .feather",
    "warc": ".warc",
    "wet": ".wet",
    "wat": ".wat",
    "epub": ".epub",
}
# The ending of a name, in lower case and without one for compression, and the kind of reader.
ENDINGS: dict[str, str] = {end: kind for kind, ends in _KINDS.items() for end in ends.split()}
READERS: dict[str, Reader] = {
    "html": read_html,
    "mhtml": read_mhtml,
    "json": read_json,
    "csv": read_csv,
    "tsv": read_tsv,
    "arrow": read_arrow,
    "warc": read_warc,
    "wet": read_warc,
    "wat": _read_wat,
    "epub": read_epub,
}
