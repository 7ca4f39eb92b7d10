"""Examples of what each rule did, for the card and the audit page, with private data masked.

The names of stages and rules are read of the whole table, for a rule that acts once in a thousand
pages wants its example, too; texts only of the row groups in which one is still missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusprep.data.masking import mask
from corpusprep.report import rule_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from corpusprep.data.facts import Table

EXAMPLES = 3  # of a rule: two may agree by chance, more are not read
TRIED = 30  # rows of a rule in one row group: ten lines of one site may be the same
# Row groups of 32 MB that are read for their texts: 1 GB, five seconds.
MAX_GROUPS = 32
LONGEST = 400  # characters of a text that are looked at; a card shows 24, the page 120
# What names a row or a file is no text: an id of figures stays what it is.
NAMES = frozenset({"id", "parent_id", "doc_id", "kept_id", "duplicate_of", "source"})
# With this between them, the step and the rule of a row are one value.
_BETWEEN = "\x1f"

Rule = tuple[str, str]


class Example(NamedTuple):
    """What a rule did in one place, or, with `new` as evidence, the start of a rejected text."""

    id: str
    old: str
    new: str


def change_examples(table: Table | None) -> dict[Rule, list[Example]]:
    """Return up to three different changes for each (stage, rule) of the ledger."""
    return _collect(table, ("step", "rule", "doc_id", "old", "new", "n", "spans"), _change)


def rejection_examples(table: Table | None) -> dict[Rule, list[Example]]:
    """Return up to three rejected documents for each (stage, rule), with the evidence as `new`."""
    return _collect(table, ("stage", "rule", "id", "detail", "text"), _rejection)


def first_row(table: Table) -> dict[str, Any]:
    """Return the first row of *table*, its texts masked, or an empty dict."""
    for file in table.files:
        with pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(batch_size=1):
                (row,) = batch.to_pylist()
                return {name: _masked(name, value) for name, value in row.items()}
    return {}


def _masked(name: str, value: Any) -> Any:
    if not isinstance(value, str) or name in NAMES:
        return value
    return mask(value[:LONGEST])


def _change(row: dict[str, Any]) -> Example | None:
    """Return the change of a ledger row; None where its pieces were only counted."""
    old, new = row["old"] or "", row["new"] or ""
    if row["n"] > 1 and row["spans"]:  # all pieces of a fold in a row: show the first
        old, new = old[: row["spans"][0]["old"]], new[: row["spans"][0]["new"]]
    if not old and not new:
        return None
    return Example(row["doc_id"] or "", mask(old[:LONGEST]), mask(new[:LONGEST]))


def _rejection(row: dict[str, Any]) -> Example | None:
    text, detail = row["text"] or "", row["detail"] or ""
    return Example(row["id"] or "", mask(text[:LONGEST]), mask(detail[:LONGEST]))


def _collect(
    table: Table | None,
    columns: tuple[str, ...],
    make: Callable[[dict[str, Any]], Example | None],
) -> dict[Rule, list[Example]]:
    found: dict[Rule, list[Example]] = {}
    for row in _candidates(table, columns, found):
        if (example := make(row)) is None:
            continue
        kept = found.setdefault((row[columns[0]], rule_name(row["rule"])), [])
        shown = [(e.old.strip(), e.new.strip()) for e in kept]
        if len(kept) < EXAMPLES and (example.old.strip(), example.new.strip()) not in shown:
            kept.append(example)
    return found


def _candidates(
    table: Table | None, columns: tuple[str, ...], found: dict[Rule, list[Example]]
) -> Iterator[dict[str, Any]]:
    """Give rows of the rules that still want examples in *found*, in the order of the table."""
    left = MAX_GROUPS
    for file in table.files if table else ():
        with pq.ParquetFile(file) as parquet:
            for group in range(parquet.num_row_groups):
                rows = _wanted(parquet.read_row_group(group, columns=columns[:2]), found)
                if not len(rows):
                    continue
                if not left:
                    return
                left -= 1
                texts = parquet.read_row_group(group, columns=list(columns))
                yield from texts.take(rows).to_pylist()


def _wanted(names: Any, found: dict[Rule, list[Example]]) -> Any:
    """Return the numbers of the first rows of each rule that has fewer than three examples."""
    joined = pc.binary_join_element_wise(names.column(0), names.column(1), _BETWEEN)
    encoded = joined.combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    rows: list[Any] = [np.zeros(0, np.int64)]
    seen: dict[Rule, int] = {}
    for code, name in enumerate(encoded.dictionary.to_pylist()):
        stage, _, rule = name.partition(_BETWEEN)
        key = (stage, rule_name(rule))
        if len(found.get(key, ())) < EXAMPLES and seen.get(key, 0) < TRIED:
            rows.append(np.flatnonzero(codes == code)[: TRIED - seen.get(key, 0)])
            seen[key] = seen.get(key, 0) + len(rows[-1])
    return np.sort(np.concatenate(rows))
