"""Put every document into one script, and say which script it came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corpusprep.core import Document, Finding, Label
from corpusprep.text.script import check_config, recognise_script, script_edits

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONFIGS = {"keep": "", "simplified": "t2s", "traditional": "s2t"}


@dataclass(frozen=True, slots=True)
class Script:
    """Reports the script of a document as the label ``script``, and the edits of its conversion.

    *to* is ``keep`` (only the label), ``simplified``, ``traditional``, or the name of an OpenCC
    configuration such as ``tw2sp``. The label says what the text was before the conversion.

    Raises:
        CorpusprepError: *to* is none of these.

    >>> list(Script("simplified")(Document("1", "中國臺灣網")))
    [Label(name='script', value='traditional'), Edit(start=1, end=5, new='国台湾网', rule='t2s')]
    """

    name: ClassVar[str] = "script"
    folds: ClassVar[bool] = True

    to: str = "keep"

    def __post_init__(self) -> None:
        """Check *to* when the recipe is read, not at the first document."""
        if self.to not in _CONFIGS:
            check_config(self.to, tuple(_CONFIGS))

    def __call__(self, doc: Document, /) -> Iterator[Finding]:
        """Report the label, then the edits."""
        yield Label("script", recognise_script(doc.text))
        if config := _CONFIGS.get(self.to, self.to):
            yield from script_edits(doc.text, config)
