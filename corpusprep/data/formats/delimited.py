"""Comma and tab separated tables, as people and programs really write them.

The standard `csv` module reads them; what is added is that nothing is lost quietly. A quote that
nobody closed swallows all lines up to the next one: here the first of them is rejected, and the
others are read again, each on its own.
"""

from __future__ import annotations

import csv
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from corpusprep.data.formats.decoding import decoded
from corpusprep.data.rows import ID_COLUMNS, TEXT_COLUMNS, from_row, reject
from corpusprep.errors import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corpusprep.core import Document
    from corpusprep.data.formats.stream import Stream
    from corpusprep.recipe import Read

_NAMES = frozenset({*TEXT_COLUMNS, *ID_COLUMNS, "title"})
_HEADER_LINES = 10  # notes and empty lines before the header
_LINE = re.compile(r"[^\r\n]*(?:\r\n|[\r\n])")  # not what else `splitlines` takes for an end
_RECORD_LINES = 100_000  # of one record; only a quote that nobody closed has more


class _Row(NamedTuple):
    """The cells of a record, the line that it begins in, its text; and what is wrong with it."""

    cells: list[str]
    line: int
    raw: str
    wrong: str = ""


class _TooLongError(Exception):
    """A record has more text or lines than a record has."""


def read_csv(stream: Stream, options: Read) -> Iterator[Document]:
    """Yield the rows of a comma (semicolon, tab) separated table; ids without column: name@line."""
    yield from _read(stream, options, ",;\t|")


def read_tsv(stream: Stream, options: Read) -> Iterator[Document]:
    """Yield the rows of a tab separated table."""
    yield from _read(stream, options, "\t,;|")


def _read(stream: Stream, options: Read, delimiters: str) -> Iterator[Document]:
    limit = options.max_megabytes * 1_000_000
    if csv.field_size_limit() < limit:  # one limit for the whole process
        csv.field_size_limit(limit)
    lines = _Lines(split_lines(decoded(stream.file, limit), limit), limit)
    try:
        head = lines.peek(_HEADER_LINES)
    except UndecodableError as error:
        yield reject(stream.name, stream.name, "undecodable", str(error))
        return
    if not head:
        yield reject(stream.name, stream.name, "empty", "the file has no lines")
        return
    delimiter, skip, names = _header(head, delimiters, options)
    if not skip:
        known = ", ".join(names) or "none"
        why = f"no text column; columns: {known}; name one as [read] text_column"
        yield reject(stream.name, stream.name, "no-text", why)
        return
    if before := "".join(head[: skip - 1]).strip():
        why = f"the header is line {skip}"
        yield reject(f"{stream.name}@1", stream.name, "before-header", why, before)
    lines.skip(skip)
    spaced = any(f'{delimiter} "' in line for line in head)
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=spaced)
    for row in _rows(lines, reader, len(names)):
        yield _document(row, names, stream, options)


def _header(head: list[str], delimiters: str, options: Read) -> tuple[str, int, list[str]]:
    """Return the delimiter, the number of the header's line (0 if there is none), the columns.

    The header is the line in which a column of text is named.
    """
    wanted = {options.text_column} if options.text_column else set(TEXT_COLUMNS)
    widest: tuple[str, int, list[str]] = (delimiters[0], 0, [])
    for number, line in enumerate(head, 1):
        for delimiter in delimiters:
            names = _names(line, delimiter, options)
            if wanted & set(names):
                return delimiter, number, names
            if number == 1 and len(names) > len(widest[2]):
                widest = (delimiter, 0, names)
    return widest


def _names(line: str, delimiter: str, options: Read) -> list[str]:
    """Return the columns that *line* names, each once; "Text" is taken for "text"."""
    names: list[str] = []
    for i, cell in enumerate(next(csv.reader([line], delimiter=delimiter), []), 1):
        name = cell.strip().strip('"')
        if name not in {options.text_column, options.id_column} and name.lower() in _NAMES:
            name = name.lower()
        names.append(f"{name}_{i}" if name in names else name)
    return names


def split_lines(texts: Iterable[str], limit: int) -> Iterator[str]:
    """Yield the lines of *texts* with their ends; one longer than *limit* is cut at *limit* + 1."""
    held = ""
    for text in texts:
        at = 0
        text = held + text  # noqa: PLW2901 - what was held belongs before it
        whole = len(text) - text.endswith("\r")  # a "\n" may follow
        for line in _LINE.finditer(text, 0, whole):
            yield line[0][: limit + 1]
            at = line.end()
        held = text[at : at + limit + 1]
    if held:
        yield held


class _Lines:
    """Lines that can be pushed back; `taken` are those since the last record, `at` their number."""

    def __init__(self, lines: Iterator[str], limit: int) -> None:
        self._lines = lines
        self._back: list[str] = []
        self._limit = limit
        self._held = 0
        self._again = 0
        self._read = 0
        self.taken: list[str] = []
        self.at = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._back:
            line = self._back.pop()
        else:
            line = next(self._lines)
            self._read += len(line)
        self.taken.append(line)
        self._held += len(line)
        if self._held > self._limit or len(self.taken) > _RECORD_LINES:
            raise _TooLongError
        return line

    def end_record(self) -> tuple[int, list[str]]:
        """Return the number of the first line taken, and the lines; the next record begins."""
        at, taken = self.at, self.taken
        self.at += len(taken)
        self.taken, self._held = [], 0
        return at, taken

    def peek(self, most: int) -> list[str]:
        """Return the first lines, at most *most* of them, which are still to be read."""
        head: list[str] = []
        try:
            for _ in islice(self, most):
                head += self.end_record()[1]
        except _TooLongError:
            head += self.end_record()[1]
        self.push_back(head)
        return head

    def skip(self, many: int) -> None:
        """Pass over the next *many* lines, which were peeked at."""
        self.at += len([self._back.pop() for _ in range(many)])

    def push_back(self, lines: list[str]) -> bool:
        """Have *lines* read again; refuse where a hostile file would be read many times over."""
        size = sum(map(len, lines))
        if self._again + size > self._read + 10 * self._limit:
            return False
        self._again += size
        self._back += reversed(lines)
        self.at -= len(lines)
        return True


def _rows(lines: _Lines, reader: Any, width: int) -> Iterator[_Row]:
    """Yield the records that follow the header, those that are wrong with what is."""
    while True:
        wrong = ""
        cells: list[str] = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            wrong = "a quote that is not closed, or not doubled"
        except _TooLongError:
            wrong = "a quote that is not closed, or a record over [read] max_megabytes"
        line, taken = lines.end_record()
        raw = "".join(taken)
        if wrong and len(taken) > 1 and lines.push_back(taken[1:]):
            taken, raw = taken[:1], taken[0]
        if wrong:
            cells = _literal(raw, reader.dialect.delimiter) if len(taken) == 1 else []
            yield _Row(cells, line, raw, "" if len(cells) == width else wrong)
        elif any(cells):
            yield _fitting(_Row(cells, line, raw), width)


def _literal(raw: str, delimiter: str) -> list[str]:
    """Return the cells of a line with stray quotes in them, or none if a quote stays open."""
    reader = csv.reader([raw], delimiter=delimiter, quoting=csv.QUOTE_NONE)
    cells = next(reader, [])
    if delimiter != "\t" and any(_is_open(cell) for cell in cells):
        return []
    bare = (cell.strip() for cell in cells)
    return [cell[1:-1] if cell[:1] == '"' and not _is_open(cell) else cell for cell in bare]


def _is_open(cell: str) -> bool:
    cell = cell.strip()
    return cell.startswith('"') and (len(cell) == 1 or not cell.endswith('"'))


def _fitting(row: _Row, width: int) -> _Row:
    """Return *row* with as many cells as the header has, empty ones behind left out, or wrong."""
    if len(row.cells) > width and not any(row.cells[width:]):
        return row._replace(cells=row.cells[:width])
    if len(row.cells) != width:
        many = "many" if len(row.cells) > width else "few"
        return row._replace(wrong=f"too {many} cells: {len(row.cells)}, the header has {width}")
    return row


def _document(row: _Row, names: list[str], stream: Stream, options: Read) -> Document:
    name = f"{stream.name}@{row.line}"
    raw = row.raw.rstrip("\r\n")
    if len(raw.encode("utf-8", "replace")) > options.max_megabytes * 1_000_000:
        why = f"line {row.line}: over {options.max_megabytes} MB; raise [read] max_megabytes"
        return reject(name, stream.name, "too-large", why)
    if row.wrong:
        return reject(name, stream.name, "broken-row", f"line {row.line}: {row.wrong}", raw)
    texts = {options.text_column, *TEXT_COLUMNS}
    cells = zip(names, row.cells, strict=True)
    filled = {key: cell if cell or key in texts else None for key, cell in cells}
    return from_row(filled, name, stream.name, options)
