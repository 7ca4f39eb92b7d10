"""Ledger rows from a document's history, and a document's original text back from ledger rows.

A removal or repair is one row. Mechanical folds (punctuation width, script) may be thousands in a
document: they are one row a rule, with `old` and `new` as all pieces in a row and `spans` telling
where each lies. At ``removals``, the default, folds are counted, their pieces and all `spans` left
out; at ``full`` everything is there, and `rebuild` gives back the original text exactly.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from corpusprep.core import Edit, apply, original_spans, trace
from corpusprep.data.tables import read_rows
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from corpusprep.core import Change, Document

Row = tuple[str, str, int, int, str, str, int, list[tuple[int, int, int, int, int, int]]]
ROW_COLUMNS = ("step", "rule", "start", "end", "old", "new", "n", "spans")


def ledger_rows(doc: Document, *, folds: frozenset[str], ledger: str) -> list[Row]:
    """Return the ledger rows of *doc* in the order of `ROW_COLUMNS`, step by step.

    *ledger* is "full", "removals" (folds without their pieces) or "counts" (no rows at all).
    """
    if ledger == "counts":
        return []
    rows: list[Row] = []
    for k, change in enumerate(doc.history):
        if change.step not in folds:
            rows += _single_rows(doc, k, full=ledger == "full")
        elif ledger == "full":
            rows += _fold_rows(doc, k)
        else:
            counts: dict[str, int] = {}
            for edit in change.edits:
                counts[edit.rule] = counts.get(edit.rule, 0) + 1
            rows += ((change.step, rule, 0, 0, "", "", n, []) for rule, n in counts.items())
    return rows


def _places(change: Change) -> list[int]:
    """Return where each edit of *change* begins in the text after the step."""
    return [edit.start for edit in change.inverse()]


def _single_rows(doc: Document, k: int, *, full: bool) -> Iterable[Row]:
    change = doc.history[k]
    spans = original_spans(doc, k)
    step = change.step
    if not full:
        return [
            (step, rule, start, end, old, new, 1, [])
            for (_, _, new, rule), old, (start, end) in zip(
                change.edits, change.old, spans, strict=True
            )
        ]
    return [
        (
            step,
            edit.rule,
            start,
            end,
            old,
            edit.new,
            1,
            [(start, end, at, len(old), len(edit.new), i)],
        )
        for i, (edit, old, at, (start, end)) in enumerate(
            zip(change.edits, change.old, _places(change), spans, strict=True)
        )
    ]


def _fold_rows(doc: Document, k: int) -> Iterable[Row]:
    change = doc.history[k]
    by_rule: dict[str, list[tuple[tuple[int, int, int, int, int, int], str, str]]] = {}
    for i, (edit, old, at, (start, end)) in enumerate(
        zip(change.edits, change.old, _places(change), original_spans(doc, k), strict=True)
    ):
        piece = ((start, end, at, len(old), len(edit.new), i), old, edit.new)
        by_rule.setdefault(edit.rule, []).append(piece)
    for rule, pieces in by_rule.items():
        spans = [piece[0] for piece in pieces]
        old, new = "".join(piece[1] for piece in pieces), "".join(piece[2] for piece in pieces)
        yield change.step, rule, spans[0][0], spans[-1][1], old, new, len(spans), spans


def removal_rows(
    text: str,
    step: str,
    spans: Sequence[tuple[int, int]],
    rules: Sequence[str],
    history: Sequence[Sequence[int]],
    *,
    full: bool,
) -> list[Row]:
    """Return the ledger rows of a last step that takes *spans* out of *text*, by *rules*.

    *history* has what earlier steps changed, in order: start, end and new length of every edit.
    """
    places = list(spans)
    for numbers in reversed(history):
        triples = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
        edits = [Edit(start, end, " " * length, "") for start, end, length in triples]
        places = list(trace(places, edits))
    rows: list[Row] = []
    gone = 0
    for i, ((start, end), (first, last), rule) in enumerate(zip(spans, places, rules, strict=True)):
        span = (first, last, start - gone, end - start, 0, i)
        rows.append((step, rule, first, last, text[start:end], "", 1, [span] if full else []))
        gone += end - start
    return rows


def rebuild(text: str, rows: Iterable[dict[str, Any]]) -> str:
    """Return the original of *text* from its ledger *rows*, in the order they were written.

    Raises:
        CorpusprepError: rows of folds without their pieces: the ledger was not ``full``.

    >>> span = {"start": 3, "end": 9, "at": 3, "old": 6, "new": 0, "i": 0}
    >>> rebuild("正文。", [{"step": "boilerplate", "rule": "share-bar", "old": "分享到：微信",
    ...                  "new": "", "n": 1, "spans": [span]}])
    '正文。分享到：微信'
    """
    steps: dict[str, list[tuple[int, Edit]]] = {}
    for row in rows:
        if len(row["spans"]) != row["n"]:
            raise CorpusprepError(
                f"the ledger only counts the edits of {row['step']}/{row['rule']}; "
                "run with --ledger full to be able to restore originals"
            )
        undo = steps.setdefault(row["step"], [])
        taken = 0
        for span in row["spans"]:
            piece = row["old"][taken : taken + span["old"]]
            taken += span["old"]
            edit = Edit(span["at"], span["at"] + span["new"], piece, row["rule"])
            undo.append((span["i"], edit))
    for numbered in reversed(steps.values()):
        text = apply(text, [edit for _, edit in sorted(numbered)])
    return text


def restore(out: Path, doc_id: str) -> str:
    """Return the text that the document *doc_id* had when the run read it, to the character.

    A kept document is rebuilt from `documents` and `removed`, which must have been written with
    ``--ledger full``; a rejected one stands in `rejected` as it came. A page that was divided into
    articles is put together again from them.

    Raises:
        CorpusprepError: no such document, or a ledger that only counts.

    """
    recipe = out / "recipe.toml"
    if not recipe.exists():
        raise CorpusprepError(f"{out} is no finished corpus: it has no recipe.toml")
    full = tomllib.loads(recipe.read_text(encoding="utf-8"))["write"]["ledger"] == "full"
    for column in ("id", "parent_id"):
        kept = _rows(out, "documents", column, doc_id)
        left_out = _rows(out, "rejected", column, doc_id)
        if kept and not full:
            raise CorpusprepError(
                f"the ledger of {out} does not hold every change; run with --ledger full to be "
                "able to restore originals"
            )
        parts = [(row["parent_start"] or 0, row["text"]) for row in left_out]
        parts += [
            (
                row["parent_start"] or 0,
                rebuild(row["text"], _rows(out, "removed", "doc_id", row["id"])),
            )
            for row in kept
        ]
        if parts:
            return "".join(text for _, text in sorted(parts))
    raise CorpusprepError(
        f"{out} has no document {doc_id!r}; ids stand in the column id of its tables"
    )


def _rows(out: Path, table: str, column: str, value: str) -> list[dict[str, Any]]:
    files = sorted((out / table).glob("*.parquet"))
    return [row for file in files for row in read_rows(file, column, value)]
