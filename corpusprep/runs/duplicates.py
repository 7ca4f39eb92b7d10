"""Which documents go as copies: collect what may be alike, then verify, part by part.

`collect_rows` puts the texts of a shard's candidates into a file by part, so that `verify_part` can
decide about one part from files alone: by the very function that decides about a list of texts.
Components have nothing in common, so the parts do not change what comes out. No text goes from one
process to another. Documents of other corpora come first in the order, and stay.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, pairwise
from time import process_time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusprep.recipe import load_recipe
from corpusprep.runs.files import DECISIONS, Folder, read_batches, read_plan
from corpusprep.runs.grouping import sources
from corpusprep.steps.duplicates import RULES
from corpusprep.steps.sketches import Sketches, fixed_bytes, sketch_schema
from corpusprep.text.minhash import begins, first_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from corpusprep.runs.grouping import Source
    from corpusprep.steps.duplicates import Decisions, Duplicate, Duplicates

LISTED_COPIES = 100  # ids in `copied_in`; all of them stand in the table of what was left out
LARGEST = 20  # clusters told of in the report

# What is collected of a candidate, beside its sketch: `text` is null where another document of the
# same exact hash has it; `kept_id` is set where an index says that it went, and for what.
_COLLECTED = [
    ("row", pa.int64()),
    ("id", pa.string()),
    ("newest", pa.string()),
    ("text", pa.large_string()),
    ("kept_id", pa.string()),
    ("rule", pa.string()),
    ("similarity", pa.float32()),
]
_ASIDE = {"kept_id": "", "rule": "", "similarity": 0.0}  # of a document of this run


def collect_rows(plan: str, index: int) -> dict[str, Any]:
    """Put the sketches and texts of a source's candidates into a file, a batch for every part."""
    began = process_time()
    work, planned = read_plan(plan)
    target = work / "collected" / f"{index:06d}"
    if not target.exists():
        linked = pq.read_table(work / "linked" / f"{index:06d}.parquet")
        parts = orjson.loads((work / "linked" / "parts.json").read_bytes())
        source = sources(work, planned)[index]
        step = load_recipe(planned["recipe"]).make("duplicates")
        schema = pa.schema([*_COLLECTED, *sketch_schema(step.shape[0])])
        with Folder(target) as folder:
            table = _candidates(source, linked, schema)
            with pa.OSFile(str(folder.part / "rows.arrow"), "wb") as file:
                _write_parts(file, table, linked.column("part").to_numpy(), parts)
    return {"seconds": {"collect": process_time() - began}}


def _candidates(source: Source, linked: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the collected columns of the *linked* documents of *source*."""
    rows = linked.column("row").to_numpy()
    if not len(rows):
        return schema.empty_table()
    here = [name for name in pq.read_schema(source.sketches).names if name in schema.names]
    wanted = [name for name in here if name != "text"]
    pieces, at = [], 0
    file = pq.ParquetFile(source.sketches)
    texts: list[str | None] = []
    copy = linked.column("copy").to_numpy()
    for group in range(file.num_row_groups):
        end = at + file.metadata.row_group(group).num_rows
        start, stop = np.searchsorted(rows, (at, end))
        if start < stop:
            own = pa.array(rows[start:stop] - at)
            pieces.append(file.read_row_group(group, columns=wanted).take(own))
            if "text" in here:
                found = file.read_row_group(group, columns=["text"]).column(0).take(own)
                gone = pa.array(copy[start:stop])
                texts += pc.if_else(gone, None, found.cast(pa.large_string())).to_pylist()
        at = end
    if source.spool is not None:
        texts = _spooled_texts(source.spool, rows, copy)
    table = pa.concat_tables(pieces)
    columns = dict(zip(table.column_names, table.columns, strict=True))
    columns["row"] = pa.array(rows + source.first)
    columns["text"] = pa.array(texts, pa.large_string())
    for name, value in _ASIDE.items():
        columns.setdefault(name, pa.repeat(pa.scalar(value, schema.field(name).type), len(rows)))
    return pa.table([columns[f.name] for f in schema], schema=schema)


def _spooled_texts(
    spool: Path, rows: NDArray[np.int64], copy: NDArray[np.bool_]
) -> list[str | None]:
    """Return the texts of *rows*, null for copies; batches without any of them are not read."""
    texts: list[str | None] = []
    at = 0
    for batch in read_batches(spool, ["text"]):
        start, stop = np.searchsorted(rows, (at, at + batch.num_rows))
        if start < stop:
            own = batch.column(0).take(pa.array(rows[start:stop] - at))
            texts += pc.if_else(pa.array(copy[start:stop]), None, own).to_pylist()
        at += batch.num_rows
    return texts


def _write_parts(file: Any, table: pa.Table, part: NDArray[np.int32], parts: int) -> None:
    order = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[order], np.arange(parts + 1))
    table = table.take(pa.array(order)).combine_chunks()
    with pa.ipc.new_file(file, table.schema) as writer:
        for start, end in pairwise(bounds.tolist()):
            batches = table.slice(start, end - start).to_batches()
            writer.write_batch(
                batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)
            )


def verify_part(plan: str, index: int) -> dict[str, Any]:
    """Decide about the documents of part *index*, from what was collected; return its seconds."""
    began = process_time()
    work, planned = read_plan(plan)
    target = work / "verified" / f"{index:06d}"
    if not target.exists():
        step = load_recipe(planned["recipe"]).make("duplicates")
        files = sources(work, planned)
        with Folder(target) as folder:
            part = _Part(work, len(files), index, files[len(planned["against"])].first)
            found = part.decide(step)
            with pa.ipc.new_file(folder.part / "rows.arrow", _VERIFIED) as writer:
                writer.write_table(part.verified(found, _others(files, planned["against"])))
            (folder.part / "tally.json").write_bytes(orjson.dumps(part.tally(found)))
    return {"seconds": {"verify": process_time() - began}}


_VERIFIED = pa.schema(
    [("row", pa.int64()), *((f.name, f.type) for f in DECISIONS if f.name != "row")]
)


class _Other(NamedTuple):
    """Another corpus: up to which number its documents go, its name, whether it is our index."""

    end: int
    name: str
    own: bool


def _others(files: Sequence[Source], against: Sequence[dict[str, Any]]) -> list[_Other]:
    ends = (source.first + source.rows for source in files)
    return [_Other(end, a["name"], a["own"]) for end, a in zip(ends, against, strict=False)]


class _Part:
    """Documents that have nothing in common with those of other parts."""

    def __init__(self, work: Path, files: int, index: int, first_new: int) -> None:
        self._mapped = [
            pa.memory_map(str(work / "collected" / f"{k:06d}" / "rows.arrow")) for k in range(files)
        ]
        batches = [pa.ipc.open_file(mapped).get_batch(index) for mapped in self._mapped]
        self._table = pa.Table.from_batches([b for b in batches if b.num_rows])
        self._text = self._table.column("text").chunks
        self._starts = [0, *accumulate(len(chunk) for chunk in self._text)]
        self._row = self._table.column("row").to_numpy()
        self._ids = self._table.column("id").combine_chunks()
        self._first_new = first_new
        self._inside = work / "linked" / "inside.parquet", index

    def decide(self, step: Duplicates) -> Decisions:
        """Return the documents to leave out, by their number in the part."""
        sketches = Sketches.from_columns(self._table, step.shape[0] if step.near else 0)
        went = np.asarray(pc.not_equal(self._table.column("kept_id"), ""))
        sketches.key_length[went] = 0  # it is there for its exact copies only
        self._lengths = sketches.length
        twin = self._with_text(sketches.exact)
        order = self._order(step)
        settled = int(np.count_nonzero(self._row < self._first_new))
        return step.decide(
            sketches,
            lambda rows: [self._text_of(int(twin[row])) for row in rows],
            order,
            settled=settled,
            inside=self._pairs(),
        )

    def _with_text(self, exact: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return for every document one with its exact hash whose text was collected."""
        null = self._table.column("text").is_null().to_numpy()
        order = np.lexsort((null, exact[:, 1], exact[:, 0]))
        twin = np.arange(len(order))
        first = order[first_places(begins(exact[order]))]
        twin[order] = np.where(null[order], first, order)
        return twin

    def _text_of(self, row: int) -> str:
        k = int(np.searchsorted(self._starts, row, side="right")) - 1
        text: str = self._text[k][row - self._starts[k]].as_py()
        return text

    def _order(self, step: Duplicates) -> NDArray[np.int64]:
        """Return the documents in the order in which they would rather stay."""
        keys: dict[str, Any] = {"new": pa.array(self._row >= self._first_new)}
        by = [("new", "ascending")]
        if step.keep != "first":
            column = "newest" if step.keep == "newest" else "key_length"
            keys[column] = self._table.column(column)
            keys["id"] = self._ids
            keys["exact"] = pa.array(fixed_bytes(self._table.column("exact"), "<u8", 2)[:, 0])
            by += [(column, "descending"), ("id", "ascending"), ("exact", "ascending")]
        keys["row"] = pa.array(self._row)
        order = pc.sort_indices(pa.table(keys), [*by, ("row", "ascending")])
        return np.asarray(order).astype(np.int64)

    def _pairs(self) -> list[tuple[int, int]]:
        path, index = self._inside
        if not path.exists():
            return []
        table = pq.read_table(path, filters=[("part", "=", index)])
        place = {row: i for i, row in enumerate(self._row.tolist())}
        pairs = zip(*(table.column(n).to_pylist() for n in ("inner", "outer")), strict=True)
        return [(place[inner], place[outer]) for inner, outer in pairs]

    def verified(self, found: Decisions, others: Sequence[_Other]) -> pa.Table:
        """Return what is decided, a row for each document that goes or has copies."""
        told = {name: self._table.column(name).to_pylist() for name in _ASIDE} if others else {}
        copies: dict[int, list[str]] = {}
        lines: list[dict[str, Any]] = []
        for item in found:
            line = self._line(item, others)
            if told and told["kept_id"][item.kept]:  # the index says for what its like went
                line.update({name: values[item.kept] for name, values in told.items()})
            lines.append(line)
            copies.setdefault(item.kept, []).append(self._ids[item.row].as_py())
        for kept, ids in copies.items():
            row = int(self._row[kept])
            if row >= self._first_new:
                copied_in = sorted(ids)[:LISTED_COPIES]
                lines.append(
                    {"row": row, "rule": "", "copies": len(ids) + 1, "copied_in": copied_in}
                )
        return pa.Table.from_pylist(lines, _VERIFIED)

    def _line(self, item: Duplicate, others: Sequence[_Other]) -> dict[str, Any]:
        kept = int(self._row[item.kept])
        there = next((other for other in others if kept < other.end), None)
        return {
            "row": int(self._row[item.row]),
            "rule": item.rule,
            "kept_id": self._ids[item.kept].as_py(),
            "similarity": round(item.similarity, 4),
            "cluster_size": item.cluster_size,
            "elsewhere": bool(there and not there.own),
            "detail": f"already in {there.name}" if there else f"one of {item.cluster_size} copies",
        }

    def tally(self, found: Decisions) -> dict[str, Any]:
        """Return counts for the report."""
        sizes = dict(zip(found.kept.tolist(), found.cluster_size.tolist(), strict=True))
        largest = sorted(((n, self._ids[k].as_py()) for k, n in sizes.items()), reverse=True)
        kept_before = self._row[found.kept] < self._first_new
        return {
            "rules": {RULES[k]: int(n) for k, n in enumerate(np.bincount(found.rule, minlength=3))},
            "characters": int(self._lengths[found.row].sum()),
            "clusters": len(sizes),
            "largest": largest[:LARGEST],
            "apart": found.apart,
            "already_there": int(np.count_nonzero(kept_before)),
        }


class Found(NamedTuple):
    """What was decided about a whole corpus: counts, and the largest clusters."""

    rules: dict[str, int]
    characters: int
    clusters: int
    largest: list[tuple[int, str]]
    apart: int
    already_there: int


def write_decisions(work: Path, planned: dict[str, Any], parts: int) -> Found:
    """Write down what was decided, a file for every shard, and return the sum of it."""
    shards = sources(work, planned)[len(planned["against"]) :]
    tables = [
        pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in _verified(work, parts)
    ]
    table = pa.concat_tables([_VERIFIED.empty_table(), *tables]).sort_by("row")
    row = table.column("row").to_numpy()
    with Folder(work / "decisions") as folder:
        for shard, source in enumerate(shards):
            start, end = np.searchsorted(row, (source.first, source.first + source.rows))
            if start < end:
                own = table.slice(start, end - start)
                at = pa.array((row[start:end] - source.first).astype(np.int32))
                own = own.set_column(0, DECISIONS.field("row"), at).cast(DECISIONS)
                with pa.ipc.new_file(folder.part / f"{shard:06d}.arrow", DECISIONS) as writer:
                    writer.write_table(own)
    tallies = [
        orjson.loads((path.parent / "tally.json").read_bytes()) for path in _verified(work, parts)
    ]
    rules: Counter[str] = Counter()
    for tally in tallies:
        rules.update(tally["rules"])
    largest = sorted((tuple(item) for tally in tallies for item in tally["largest"]), reverse=True)
    return Found(
        dict(rules),
        sum(t["characters"] for t in tallies),
        sum(t["clusters"] for t in tallies),
        largest[:LARGEST],
        sum(t["apart"] for t in tallies),
        sum(t["already_there"] for t in tallies),
    )


def _verified(work: Path, parts: int) -> Iterator[Path]:
    return (work / "verified" / f"{k:06d}" / "rows.arrow" for k in range(parts))
