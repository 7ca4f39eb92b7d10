"""JSON files of any shape: an array of objects, one object, an object around a list, JSON Lines.

Objects are read one at a time from a buffer of a few megabytes, so that an array of 2 GB takes no more
memory than one of its objects. A broken object is rejected with its text, and reading goes on at
the next one that begins where such objects begin.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from corpusprep.core import Document
from corpusprep.data.formats.decoding import decoded
from corpusprep.data.rows import TEXT_COLUMNS, dump, from_row, reject
from corpusprep.errors import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpusprep.data.formats.stream import Stream
    from corpusprep.recipe import Read

_SPACE = re.compile(r"[\s\ufeff]*")
_KEY = re.compile(r'\s*,?\s*("[^"\\]*(?:\\.[^"\\]*)*")\s*:\s*', re.DOTALL)
_LIST = re.compile(r"\[\s*\{")
_NEXT = re.compile(r"\}\s*,?\s*(?=\{)")
_ENDS = re.compile(r"\}(?=\s*[,\]{])")
_TRIES = 4  # places at which an object may end; one with more objects in it takes the slower way
_HALF = re.compile("[\ud800-\udfff]")
_NEAR_END = 64  # characters: an error so near to the end of the buffer may be none
_BEFORE = 200  # characters kept of what was read: how far a value is indented
_KEY_LENGTH = 10_000
_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


class _Value(NamedTuple):
    """A JSON value, or what is wrong with it and its text."""

    value: Any
    wrong: str = ""
    raw: str = ""


class _Buffer:
    """Text that comes in pieces; all before `at` has been read."""

    def __init__(self, texts: Iterator[str], limit: int) -> None:
        self._texts = texts
        self.limit = limit
        self.text = ""
        self.at = 0
        self.ended = False
        self._error: Exception | None = None

    def fill(self) -> bool:
        """Add as much text as is left, a piece at least; return whether there was any."""
        fresh: list[str] = []
        size, wanted = 0, len(self.text) - self.at
        while not self.ended and size <= wanted:
            try:
                piece = next(self._texts, None)
            except Exception as error:  # noqa: BLE001 - of a damaged file; raised when all is read
                piece, self._error = None, error
            if piece is None:
                self.ended = True
            else:
                fresh.append(piece)
                size += len(piece)
        if fresh:
            kept = max(0, self.at - _BEFORE)
            self.text = self.text[kept:] + "".join(fresh)
            self.at -= kept
        elif self._error:
            raise self._error
        return bool(fresh)

    def peek(self) -> str:
        """Return the next character that is not white space, or "" at the end; it is still to be read."""
        while True:
            self.at = _match(_SPACE, self.text, self.at)
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.fill():
                return ""

    def value(self) -> _Value:
        """Read a value; of one that is broken, no more than up to where the next begins."""
        if quick := self._object():
            return quick
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
                near = isinstance(value, int | float) and end == len(self.text)
                wrong = ""
            except json.JSONDecodeError as error:
                near = "Unterminated" in error.msg or error.pos > len(self.text) - _NEAR_END
                wrong = error.msg
            except (RecursionError, ValueError) as error:
                near, wrong = False, str(error)
            large = len(self.text) - self.at > self.limit
            if near and not (large and wrong) and self.fill():
                continue
            if wrong:
                return _Value(None, "too-large" if near and large else wrong, self.skip_broken())
            size, self.at = end - self.at, end
            if size > self.limit:
                return _Value(None, "too-large")
            return _Value(_mended(value))

    def _object(self) -> _Value | None:
        """Read an object if it ends at one of the next places where one can; at ten times the speed.

        What begins as an object and is JSON ends there: no part of an object is one.
        """
        end = self.at
        for _ in range(_TRIES if self.text.startswith("{", self.at) else 0):
            found = _ENDS.search(self.text, end, self.at + self.limit)
            if not found:
                return None
            end = found.end()
            try:
                value = orjson.loads(self.text[self.at : end])
            except ValueError:
                continue
            self.at = end
            return _Value(value)
        return None

    def skip_broken(self) -> str:
        """Pass over a value that is broken; return its text, or as much as one may have."""
        where = _starts(self.text, self.at)
        raw, start = "", self.at + 1
        while True:
            found = where.search(self.text, start)
            end = found.end() if found else max(start, len(self.text) - _NEAR_END)
            raw += self.text[self.at : end] if len(raw) < self.limit else ""
            self.at = end
            if found:
                return raw[: self.limit].rstrip()
            if not self.fill():
                raw += self.text[end:]
                self.at = len(self.text)
                return raw[: self.limit].rstrip()
            start = self.at


def _match(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _starts(text: str, at: int) -> re.Pattern[str]:
    """Return where a value like the one at *at* may begin: as far to the left, or behind another."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    if line.strip() or text[at : at + 1] != "{":
        return _NEXT
    return re.compile(rf"\n[ \t]{{0,{min(len(line), 1000)}}}(?=\{{)|\}}[ \t]*,[ \t]*(?=\{{)")


def read_json(stream: Stream, options: Read) -> Iterator[Document]:
    """Yield the objects of a JSON file as documents; the id of one without is ``name@index``."""
    limit = options.max_megabytes * 1_000_000
    buffer = _Buffer(decoded(stream.file, limit), limit)
    try:
        first = buffer.peek()
    except UndecodableError as error:
        yield reject(stream.name, stream.name, "undecodable", str(error))
        return
    if not first:
        yield reject(stream.name, stream.name, "empty", "the file holds no JSON")
        return
    for at, found in enumerate(_values(buffer, options)):
        name = f"{stream.name}@{at}"
        if at == 0 and first == "{" and not found.wrong and not buffer.peek():
            name = stream.name  # one object, one document
        yield _document(found, name, stream.name, options)


def _values(buffer: _Buffer, options: Read) -> Iterator[_Value]:
    """Yield what the file holds: its values, and of an array or an object around a list the members."""
    first = True
    while char := buffer.peek():
        if char == "[":
            yield from _members(buffer)
        elif char in ",]":  # behind a broken value
            buffer.at += 1
        elif first and char == "{" and _is_long(buffer):
            yield from _lists_within(buffer, options)
        else:
            yield from _unfolded(buffer.value(), options)
        first = False


def _members(buffer: _Buffer) -> Iterator[_Value]:
    """Yield the members of the array that begins here."""
    buffer.at += 1
    found = _Value(None)
    while (char := buffer.peek()) not in {"]", ""}:
        if char == ",":
            buffer.at += 1
        else:
            found = buffer.value()
            yield found
    if not char and not found.wrong:
        yield _Value(None, "the array has no end: the file was cut; what came before was read")
    buffer.at += len(char)


def _is_long(buffer: _Buffer) -> bool:
    """Return whether the object that begins here is larger than a document may be."""
    while True:
        try:
            _, end = _DECODER.raw_decode(buffer.text, buffer.at)
        except json.JSONDecodeError as error:
            near = "Unterminated" in error.msg or error.pos > len(buffer.text) - _NEAR_END
            long = len(buffer.text) - buffer.at > buffer.limit
            if not near or long or not buffer.fill():
                return near and long
        except (RecursionError, ValueError):
            return False
        else:
            return end - buffer.at > buffer.limit


def _lists_within(buffer: _Buffer, options: Read) -> Iterator[_Value]:
    """Yield the members of the lists of objects in a long object, which is not read as a whole."""
    buffer.at += 1
    names = {options.text_column} if options.text_column else set(TEXT_COLUMNS)
    while True:
        char = buffer.peek()
        key = _KEY.match(buffer.text, buffer.at)
        while not key and len(buffer.text) - buffer.at < _KEY_LENGTH and buffer.fill():
            key = _KEY.match(buffer.text, buffer.at)
        if not key:
            break
        buffer.at = key.end()
        if buffer.peek() == "[" and len(buffer.text) - buffer.at < _NEAR_END:
            buffer.fill()
        if _LIST.match(buffer.text, buffer.at):
            yield from _members(buffer)
        elif (found := buffer.value()).wrong or json.loads(key[1]) in names:
            yield _Value(None, found.wrong or "too-large", found.raw)
    if char != "}":
        yield _Value(None, "an object that has no end", buffer.text[buffer.at :][:1000])
        buffer.skip_broken()
    else:
        buffer.at += 1


def _unfolded(found: _Value, options: Read) -> Iterator[_Value]:
    """Yield *found*; or, if it has no text itself, the members of its only list of rows with text."""
    names = {options.text_column} if options.text_column else set(TEXT_COLUMNS)
    row = found.value
    lists = []
    if isinstance(row, dict) and not names & row.keys():
        lists = [v for v in row.values() if isinstance(v, list) and _are_rows(v, names)]
    if len(lists) == 1:
        yield from map(_Value, lists[0])
    else:
        yield found


def _are_rows(values: list[Any], names: set[str]) -> bool:
    return all(isinstance(value, dict) for value in values) and any(
        names & value.keys() for value in values
    )


def _document(found: _Value, name: str, source: str, options: Read) -> Document:
    if found.wrong == "too-large":
        why = f"over {options.max_megabytes} MB as one document; raise [read] max_megabytes"
        return reject(name, source, "too-large", why)
    if found.wrong:
        return reject(name, source, "broken-json", found.wrong, found.raw)
    if isinstance(found.value, str):
        return Document(name, found.value, source=source)
    if not isinstance(found.value, dict):
        why = "a document must be a JSON object or a string"
        return reject(name, source, "not-an-object", why, dump(found.value))
    return from_row(found.value, name, source, options)


def _mended(value: Any) -> Any:
    """Return *value* without halves of surrogate pairs, and with large whole numbers as text."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, int) and value.bit_length() > 63:
        return str(value)
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value
