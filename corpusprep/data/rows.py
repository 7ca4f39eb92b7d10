"""Rows of any format to documents: which column is the text, which the id; the others are labels."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, time
from typing import TYPE_CHECKING, Any

import orjson

from corpusprep.core import Document, Drop
from corpusprep.errors import UndecodableError
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpusprep.recipe import Read

TEXT_COLUMNS = ("text", "content", "body", "正文", "内容")
ID_COLUMNS = ("id", "doc_id", "_id", "url")


def from_row(row: dict[str, Any], name: str, source: str, options: Read) -> Document:
    """Return *row* as a document; *name* is its id if it has none of its own."""
    column = _column(row, options.text_column, TEXT_COLUMNS)
    text: object = row.pop(column, None) if column else None
    if isinstance(text, bytes):
        try:
            text = decode(text).text
        except UndecodableError as error:
            return reject(name, source, "undecodable", str(error), dump(row))
    if not isinstance(text, str):
        known = ", ".join(map(str, row)) or "none"
        why = f"no text in column {column}" if column else "no text column"
        return reject(name, source, "no-text", f"{why}; columns: {known}", dump(row))
    key = _column(row, options.id_column, ID_COLUMNS)
    given = (row["url"] if key == "url" else row.pop(key)) if key else None
    return Document(
        name if given is None or given == "" else str(label(given)),
        text,
        source=source,
        url=str(label(row.pop("url", None) or "")),
        title=str(label(row.pop("title", None) or "")),
        labels={k: label(v) for k, v in _unpacked(row).items() if v is not None},
    )


def _unpacked(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* with what its column `labels` holds as JSON, as in our tables; a column wins."""
    packed = row.get("labels")
    if not isinstance(packed, str) or not packed.startswith("{"):
        return row
    try:
        labels: dict[str, Any] = orjson.loads(packed)
    except orjson.JSONDecodeError:
        return row
    return labels | {k: v for k, v in row.items() if k != "labels" and v is not None}


def label(value: object) -> str | int | float:
    """Return *value* as a label: dates as ISO 8601 has them, what is nested as JSON."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return b64encode(value).decode()
    if isinstance(value, list | dict):
        return dump(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _column(row: dict[str, Any], wanted: str, usual: Sequence[str]) -> str:
    """Return the column *wanted*, else the first of the usual ones, one with a value before others."""
    if wanted:
        return wanted if wanted in row else ""
    there = [name for name in usual if name in row]
    filled = [name for name in there if row[name] is not None and row[name] != ""]
    return (filled or there or [""])[0]


def dump(row: object) -> str:
    """Return *row* as JSON, or what is wrong with it."""
    try:
        return orjson.dumps(row, default=label).decode()
    except orjson.JSONEncodeError as error:  # nested deeper than 254: read, but not written
        return f"unreadable: {error}"


def reject(name: str, source: str, rule: str, detail: str, text: str = "") -> Document:
    """Return a document that could not be read, with all of it that there is."""
    doc = Document(name, text, source=source)
    doc.dropped = ("read", Drop(rule, detail))
    return doc
