"""Run steps over documents, and keep account of everything that they change.

A pipeline is a list of callables. Each reports findings; only the code here touches a text, and
it keeps what stood there, so that nothing goes without a record. A step that fails costs its own
document, not the run: the document is dropped with the error as the reason.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from time import process_time
from typing import TYPE_CHECKING, Self

from corpusprep.core import (
    BatchStep,
    Change,
    Child,
    Document,
    Drop,
    Edit,
    Explanation,
    Label,
    apply,
    divide,
    settle,
    shift,
    step_name,
)
from corpusprep.errors import CorpusprepError
from corpusprep.recipe import load_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from corpusprep.core import Finding, Step
    from corpusprep.recipe import Recipe

BATCH = 256  # documents: enough to spread numpy's call costs, small enough to stay in the cache
BATCH_CHARACTERS = 4_000_000  # and no more than this, so that long documents do not pile up


class Pipeline:
    """Steps in order; call it on a text or a `Document`, or stream documents through `many`.

    >>> def strip_signature(doc):
    ...     at = doc.text.find("——发自手机")
    ...     if at >= 0:
    ...         yield Edit(at, len(doc.text), "", "phone-signature")
    >>> Pipeline([strip_signature])("明天见。——发自手机").text
    '明天见。'
    """

    def __init__(self, steps: Sequence[Step], *, signature: str = "") -> None:
        self.steps = tuple(steps)
        if len(set(self.names)) < len(self.steps):
            raise CorpusprepError(f"two steps of one name: {', '.join(self.names)}; rename one")
        self.signature = signature
        self.seconds: dict[str, float] = {}

    @classmethod
    def from_recipe(cls, recipe: str | Path | Mapping[str, object] = "zh-web") -> Self:
        """Return the document steps of *recipe*: a name that ships, a TOML file, or a mapping.

        Steps that need the whole corpus (duplicates) run only in `corpusprep.runs`.

        Raises:
            RecipeError: the recipe has an unknown key or a value of the wrong type.
        """
        loaded = load_recipe(recipe)
        return cls(loaded.steps(), signature=loaded.signature)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the steps, in order."""
        return tuple(step_name(step) for step in self.steps)

    def __call__(self, text: str | Document) -> Document:
        """Return one document, run through every step.

        Raises:
            CorpusprepError: a step divided it into several, which `many` would give.

        """
        doc = Document("", text) if isinstance(text, str) else text
        first, *others = self.many([doc])
        if others:
            raise CorpusprepError(
                f"the text holds {len(others) + 1} articles; use pipe.many([text]) to get them all"
            )
        return first

    def many(self, docs: Iterable[str | Document], *, batch: int = BATCH) -> Iterator[Document]:
        """Yield every document of *docs* in order, dropped ones too; memory holds one batch.

        One that a step divides comes as its children, one after the other.
        """
        ready: list[Document] = []
        held = 0
        for i, doc in enumerate(docs):
            ready.append(Document(str(i), doc) if isinstance(doc, str) else doc)
            held += len(ready[-1].text)
            if len(ready) == batch or held > BATCH_CHARACTERS:
                yield from self._run(ready)
                ready, held = [], 0
        yield from self._run(ready)

    def _run(self, docs: list[Document]) -> list[Document]:
        for name, step in zip(self.names, self.steps, strict=True):
            began = process_time()
            alive = [doc for doc in docs if doc.dropped is None]
            divided: dict[int, list[Document]] = {}
            for doc, findings in zip(alive, _findings(step, alive), strict=True):
                if children := _settle(doc, name, findings):
                    divided[id(doc)] = children
            if divided:
                docs = [part for doc in docs for part in divided.get(id(doc), [doc])]
            self.seconds[name] = self.seconds.get(name, 0.0) + process_time() - began
        return docs

    def as_map(
        self, column: str = "text"
    ) -> Callable[[dict[str, list[object]]], dict[str, list[object]]]:
        """Return a function for ``dataset.map(..., batched=True)``.

        It replaces *column* by the cleaned text and adds a column `dropped`, which is empty for
        a document that stays and else names the stage and rule, so that the caller filters. A
        document that is divided becomes several rows; its other columns are repeated.
        """
        return _MapFunction(self, column)


class _MapFunction:
    """A picklable batch function: `datasets` hashes it to name its cache."""

    def __init__(self, pipeline: Pipeline, column: str) -> None:
        self.pipeline = pipeline
        self.column = column

    def __call__(self, batch: dict[str, list[object]]) -> dict[str, list[object]]:
        docs = list(self.pipeline.many(str(text) for text in batch[self.column]))
        dropped = [f"{d.dropped[0]}/{d.dropped[1].rule}" if d.dropped else "" for d in docs]
        if len(docs) > len(batch[self.column]):
            rows = [int(doc.parent.id if doc.parent else doc.id) for doc in docs]
            batch = {name: [values[row] for row in rows] for name, values in batch.items()}
        return {**batch, self.column: [doc.text for doc in docs], "dropped": list(dropped)}

    def __getstate__(self) -> dict[str, object]:
        # The clock is no part of what this function does: a fingerprint must not depend on it.
        return {"pipeline": Pipeline(self.pipeline.steps), "column": self.column}


def _findings(step: Step, docs: list[Document]) -> list[list[Finding]]:
    if isinstance(step, BatchStep):
        try:
            return [list(found) for found in step.many(docs)]
        except Exception:  # noqa: BLE001, S110 - found again below, for the one document at fault
            pass
    return [_one(step, doc) for doc in docs]


def _one(step: Step, doc: Document) -> list[Finding]:
    try:
        return list(step(doc))
    except Exception as error:  # noqa: BLE001 - a step may be the user's own; its failure is data
        return [Drop("step-failed", f"{type(error).__name__}: {error}")]


def _settle(doc: Document, name: str, findings: list[Finding]) -> list[Document]:
    """Carry *findings* out on *doc*; return the documents that it was divided into, if it was."""
    edits: list[Edit] = []
    children: list[Child] = []
    for found in findings:
        if isinstance(found, Edit):
            edits.append(found)
        elif isinstance(found, Label):
            doc.labels[found.name] = found.value
        elif isinstance(found, Child):
            children.append(found)
        else:
            doc.dropped = (name, found)
            return []
    if edits:
        edits = settle(edits)
        _change(doc, name, edits)
    if not children or doc.dropped:
        return []
    moved = shift(((child.start, child.end) for child in children), edits)
    return divide(
        doc,
        name,
        [
            child._replace(start=span[0], end=span[1])
            for child, span in zip(children, moved, strict=True)
            if span
        ],
    )


def _change(doc: Document, name: str, edits: list[Edit]) -> None:
    """Make *edits* on *doc*, keep what stood there, and move its spans."""
    text = doc.text
    try:
        doc.text = apply(text, edits)
    except ValueError as error:
        doc.dropped = (name, Drop("step-failed", str(error)))
        return
    doc.history.append(Change(name, edits, [text[start:end] for start, end, _, _ in edits]))
    if doc.sentences:
        doc.sentences = [span for span in shift(doc.sentences, edits) if span]
    if doc.blocks:
        moved = shift(((b.start, b.end) for b in doc.blocks), edits)
        doc.blocks = [
            block._replace(start=span[0], end=span[1])
            for block, span in zip(doc.blocks, moved, strict=True)
            if span
        ]


def single_document_steps(recipe: Recipe) -> Pipeline:
    """Return the steps of *recipe* that give one text for one: no division, filter, sentences."""
    steps = [s for s in recipe.steps() if step_name(s) not in {"articles", "quality", "sentences"}]
    return Pipeline(steps, signature=recipe.signature)


EXTRACTION = frozenset({"markup", "page", "repair", "normalise", "boilerplate"})


def extract(html: bytes | str, url: str | None = None) -> Document:
    """Return the main content of an HTML page, as text without boilerplate.

    The document has `text`, `title`, `blocks`, the labels that the page gives (`author`,
    `published`, `source_name`, `lang`), and its history, by which every edit can be shown. Wishes
    of the page not to be used for training are not looked at here; `corpusprep.run` heeds them.

    >>> page = extract("<title>夜雨</title><p>昨夜雨很大，石榴花落了一地。</p><p>分享到：微信 微博</p>")
    >>> page.title, page.text
    ('夜雨', '昨夜雨很大，石榴花落了一地。')
    """
    from corpusprep.page.html import read_page
    from corpusprep.page.sites import site_rules

    doc = read_page(html, url or "", url=url or "", sites=site_rules(), ignore_optout=True)
    return doc if doc.dropped else _extraction()(doc)


@lru_cache(maxsize=1)
def _extraction() -> Pipeline:
    return Pipeline([step for step in load_recipe().steps() if step_name(step) in EXTRACTION])


@lru_cache(maxsize=8)
def single_document_pipeline(script: str = "keep") -> Pipeline:
    """Return the default steps for one text alone."""
    return single_document_steps(load_recipe().with_options({"script": {"to": script}}))


def clean(text: str, *, script: str = "keep", pipeline: Pipeline | None = None) -> str:
    r"""Return *text* repaired, normalised, without boilerplate, its broken lines joined.

    One text stands alone here: nothing is filtered out and nothing compared with other texts. Give
    `script="simplified"` or `"traditional"` to convert, or a pipeline of your own.

    >>> clean("查看: 62|回复: 0\n龙龘(dá)是什么意思,有人知道吗?")
    '龙龘(dá)是什么意思，有人知道吗？'
    """
    return (pipeline or single_document_pipeline(script=script))(text).text


def explain(text: str, *, script: str = "keep", pipeline: Pipeline | None = None) -> Explanation:
    r"""Return what `clean` would make of *text*, with every edit at its place in *text*.

    >>> for edit in explain("他說：「明天見。」\r\n責任編輯：王小明").edits:
    ...     print(edit.step, edit.rule, edit.start, repr(edit.old))
    normalise line-break 9 '\r\n'
    boilerplate editor-credit 9 '\n責任編輯：王小明'
    """
    doc = (pipeline or single_document_pipeline(script=script))(Document("", text))
    return Explanation(doc, text)
