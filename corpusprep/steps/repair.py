"""The step that undoes encoding damage, before anything judges the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.text.mojibake import repair_edits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corpusprep.core import Document, Finding


@dataclass(frozen=True, slots=True)
class Repair:
    """Undo mojibake in Latin letters, inserted pinyin and HTML entities.

    >>> from corpusprep.core import Document
    >>> [edit.new for edit in Repair()(Document("1", "文件名：ÎÄ¼þÃû³Æ"))]
    ['文件名称']
    """

    name: ClassVar[str] = "repair"

    pinyin: bool = True
    entities: bool = True
    latin: bool = True

    def __call__(self, doc: Document) -> Iterable[Finding]:
        """Report one edit for each damaged run."""
        return repair_edits(doc.text, pinyin=self.pinyin, entities=self.entities, latin=self.latin)
