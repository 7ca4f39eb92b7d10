"""Pages whose main text people marked: `html/`, `gold/` and `manifest.jsonl` in one folder.

The manifest has one JSON object a line: `id`, `html` and `gold` (paths in the folder), `genre`, `url`.
Pages without `gold` are left out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "pages"
SHORT = 300  # characters of main text: below, thresholds made for long articles take everything
_DECLARED = re.compile(rb"""charset\s*=\s*["']?([-\w]+)""", re.IGNORECASE)
_XML = re.compile(r"\A\s*<\?xml[^>]*>")


class Page(NamedTuple):
    """A page as it was served or saved, and its main text."""

    id: str
    html: bytes
    gold: str
    genre: str
    url: str | None

    @property
    def host(self) -> str:
        """Return the host of the page; a page without one is a host of its own."""
        return (urlsplit(self.url).hostname if self.url else None) or f"page {self.id}"

    @property
    def is_short(self) -> bool:
        """Return whether the main text is short, which is where extractors fail most."""
        return len(bare(self.gold)) < SHORT

    @property
    def text(self) -> str:
        """Return the HTML decoded, for tools that want no bytes.

        UTF-8 where it is valid, whatever the page declares: saved pages often keep the label of
        the encoding that they were served in. An XML declaration goes: lxml takes none in decoded
        text, and tools that rest on it would raise.
        """
        try:
            text = self.html.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = self.html.decode(declared(self.html), "replace")
        return _XML.sub("", text)


def declared(html: bytes) -> str:
    """Return the encoding that a page names, GB 18030 for its subsets and where it names none."""
    found = _DECLARED.search(html)
    name = found[1].decode("ascii", "replace").lower() if found else "gb18030"
    try:
        "".encode(name)
    except LookupError:
        return "gb18030"
    return "gb18030" if name.startswith("gb") else name


def bare(text: str) -> str:
    r"""Return *text* without white space, which extractors and people set as they like.

    >>> bare("第一段。\n\n　　第二段。")
    '第一段。第二段。'
    """
    return "".join(text.split())


def read_pages(folder: Path) -> list[Page]:
    """Return the pages of *folder* whose main text is known, in the order of the manifest."""
    lines = (folder / "manifest.jsonl").read_text("utf-8").split("\n")
    rows = [row for row in map(json.loads, filter(None, lines)) if row.get("gold")]
    pages = [
        Page(
            id=row["id"],
            html=(folder / row["html"]).read_bytes(),
            gold=(folder / row["gold"]).read_text("utf-8"),
            genre=row.get("genre") or "other",
            url=row.get("url") or None,
        )
        for row in rows
    ]
    return [page for page in pages if bare(page.gold)]
