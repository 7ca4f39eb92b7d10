"""Copies in a corpus that does not fit into memory: group, link, collect, verify.

Sketches lie in Parquet, a file a shard. `group_rows` reads one column of all of them, a band's,
and says which documents share a hash: eight bytes a document at a time, less where the column is
cut into parts. `link` joins what hangs together, sixteen bytes a document, and deals the components
out to parts of bounded size. `collect_rows` puts the texts of a shard's candidates into a file by
part, so that `verify_part` can decide about one part from files alone: by the very function that
decides about a list of texts. Components have nothing in common, so the parts do not change what
comes out. No text goes from one process to another.

Documents of other corpora come first of all in the order, and stay.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, pairwise
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusprep.recipe import load_recipe
from corpusprep.runs.files import (
    DECISIONS,
    Folder,
    read_batches,
    read_plan,
    spool_of,
    write_whole,
)
from corpusprep.steps.containment import is_probe, propose, well_proposed
from corpusprep.steps.duplicates import RULES
from corpusprep.steps.sketches import Sketches, band_name, fixed_bytes, sketch_schema
from corpusprep.steps.star import link

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from corpusprep.recipe import Recipe
    from corpusprep.steps.duplicates import Decisions, Duplicates

GROUPED = (
    1 << 22
)  # hashes that one task of `group_rows` looks at, at most: 100 MB with what it needs
SAMPLES_A_DOCUMENT = 24
PART_WEIGHT = 65_000  # documents of a part, about; a long one counts for several: 200 MB
MAX_PARTS = 512  # each is a batch in the file of every shard
LONG = 2000  # key characters for which a document counts once more
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


class Source(NamedTuple):
    """A file of sketches, where its texts are, and how many documents come before its own.

    `spool` is the shard's batches of documents; None if the texts stand beside the sketches, as
    they do in an index.
    """

    sketches: Path
    spool: Path | None
    first: int
    rows: int

    @property
    def samples(self) -> Path:
        """The file of samples, if documents within others are looked for."""
        return self.sketches.with_suffix(".samples")


def sources(work: Path, planned: dict[str, Any]) -> list[Source]:
    """Return all files of sketches: those of other corpora, then those of the shards."""
    found: list[tuple[Path, Path | None]] = []
    for k, a in enumerate(planned["against"]):
        own = work / "against" / f"{k:06d}"
        sketched = (own / "sketches.parquet", own / "documents.arrow")
        found.append((Path(a["index"]), None) if a["index"] else sketched)
    for shard in range(len(planned["shards"])):
        spool = spool_of(work, shard)
        found.append((spool / "sketches.parquet", spool / "documents.arrow"))
    rows = [pq.read_metadata(path).num_rows if path.exists() else 0 for path, _ in found]
    firsts = accumulate(rows, initial=0)
    return [Source(*paths, first, n) for paths, first, n in zip(found, firsts, rows, strict=False)]


def plan_grouping(work: Path, recipe: Recipe) -> int:
    """Write down the tasks of grouping, and return how many there are.

    Each is some columns and one part of their hashes: few where there are few documents.
    """
    target = work / "grouping.json"
    if not target.exists():
        step: Duplicates = recipe.make("duplicates")
        _, planned = read_plan(str(work / "plan.json"))
        total = sum(source.rows for source in sources(work, planned))
        columns = ["exact"] if step.exact else []
        columns += [band_name(k) for k in range(step.shape[0])] if step.near else []
        at_once = max(1, GROUPED // max(1, total))
        parts = total // GROUPED + 1
        tasks: list[tuple[list[str], int, int]] = [
            (columns[i : i + at_once], part, parts)
            for i in range(0, len(columns), at_once)
            for part in range(parts)
        ]
        if step.contained:
            parts = total * SAMPLES_A_DOCUMENT // GROUPED + 1
            tasks += [(["samples"], part, parts) for part in range(parts)]
        write_whole(target, orjson.dumps(tasks))
    return len(orjson.loads(target.read_bytes()))


def group_rows(plan: str, index: int) -> dict[str, Any]:
    """Find which documents have equal hashes in the columns of task *index*; return its seconds."""
    began = process_time()
    work, planned = read_plan(plan)
    target = work / "links" / f"{index:06d}"
    if not target.exists():
        names, part, parts = orjson.loads((work / "grouping.json").read_bytes())[index]
        files = sources(work, planned)
        with Folder(target) as folder:
            for name in names:
                pairs = {"exact": _equal_keys, "samples": _within}.get(name, _equal_hashes)(
                    files, name, part, parts
                )
                _save_pairs(folder.part / f"{name}.parquet", pairs)
    return {"seconds": {"group": process_time() - began}}


def _save_pairs(path: Path, pairs: NDArray[np.int64]) -> None:
    names = ["first", "second", "probes"][: len(pairs)]
    pq.write_table(pa.table([pa.array(row) for row in pairs], names), path, compression="zstd")


def _equal_hashes(files: Sequence[Source], name: str, part: int, parts: int) -> NDArray[np.int64]:
    """Return neighbours among the documents whose hash in column *name* is equal, shape (2, m)."""
    rows, hashes = _read_hashes(files, name, part, parts)
    members, starts = _equal(rows, hashes, files[-1].first + files[-1].rows)
    return np.stack((members[:-1], members[1:]))[:, ~starts[1:]]


def _read_hashes(
    files: Sequence[Source], name: str, part: int, parts: int
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the documents whose hash falls into *part*, with their hashes, in order."""
    rows, hashes = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
    for source in files:
        if source.rows:
            column = pq.read_table(source.sketches, columns=[name]).column(name)
            own = fixed_bytes(column, "<u8", 2)[:, 0] if name == "exact" else column.to_numpy()
            mine = np.flatnonzero(own % np.uint64(parts) == part) if parts > 1 else slice(None)
            rows.append(np.arange(source.first, source.first + source.rows)[mine])
            hashes.append(own[mine])
    return np.concatenate(rows), np.concatenate(hashes)


def _equal(
    rows: NDArray[np.int64], hashes: NDArray[np.uint64], total: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the *rows* that share a hash with another, and where a new hash begins.

    Hash and row are packed into one number, so that one sort of values brings equals together; an
    argsort costs four times as much. The few pairs that the shortened hash adds are refuted later
    like any other.
    """
    if not len(rows):
        return rows, np.empty(0, np.bool_)
    bits = np.uint64(max(1, total.bit_length()))
    low = np.uint64((1 << int(bits)) - 1)
    packed = hashes & ~low
    packed |= rows.astype(np.uint64)
    packed.sort()
    equal = packed[1:] >> bits == packed[:-1] >> bits
    member = np.concatenate((equal, [False])) | np.concatenate(([False], equal))
    starts = ~np.concatenate(([False], equal))[member]
    return (packed[member] & low).astype(np.int64), starts


def _equal_keys(files: Sequence[Source], name: str, part: int, parts: int) -> NDArray[np.int64]:
    """Return each document that has the exact hash of an earlier one, with the earliest."""
    rows, hashes = _read_hashes(files, name, part, parts)
    members, _ = _equal(rows, hashes, files[-1].first + files[-1].rows)
    members = np.sort(members)
    exact = np.concatenate([_take_exact(source, members) for source in files])
    order = np.lexsort((members, exact[:, 1], exact[:, 0]))
    exact, members = exact[order], members[order]
    starts = np.ones(len(members), np.bool_)
    starts[1:] = (exact[1:] != exact[:-1]).any(axis=1)
    first = members[np.flatnonzero(starts)[np.cumsum(starts) - 1]] if len(members) else members
    return np.stack((first[~starts], members[~starts]))


def _take_exact(source: Source, members: NDArray[np.int64]) -> NDArray[np.uint64]:
    start, end = np.searchsorted(members, (source.first, source.first + source.rows))
    if start == end:
        return np.empty((0, 2), np.uint64)
    column = pq.read_table(source.sketches, columns=["exact"]).column("exact")
    return fixed_bytes(column, "<u8", 2)[members[start:end] - source.first]


def _within(files: Sequence[Source], _: str, part: int, parts: int) -> NDArray[np.int64]:
    """Return pairs of documents of which the first may lie within the second, and its probes."""
    rows, hashes, probes = [], [], []
    lengths = np.concatenate([_lengths(source) for source in files])
    for source in files:
        if source.samples.exists():
            table = pq.read_table(source.samples)
            row, own = table.column("row").to_numpy(), table.column("hash").to_numpy()
            probe = is_probe(row)
            mine = (own // np.uint64(1 << 7)) % np.uint64(parts) == part
            rows.append(row[mine] + source.first)
            hashes.append(own[mine])
            probes.append(probe[mine])
    if not rows:
        return np.empty((3, 0), np.int64)
    row = np.concatenate(rows)
    return propose(row, np.concatenate(hashes), np.concatenate(probes), lengths[row])


def _lengths(source: Source) -> NDArray[np.uint32]:
    if not source.rows:
        return np.empty(0, np.uint32)
    lengths: NDArray[np.uint32] = (
        pq.read_table(source.sketches, columns=["key_length"]).column(0).to_numpy()
    )
    return lengths


def link_rows(work: Path, planned: dict[str, Any]) -> int:
    """Join the documents that share hashes, and deal them out; return the number of parts."""
    target = work / "linked"
    if not target.exists():
        files = sources(work, planned)
        total = files[-1].first + files[-1].rows
        label, copy = np.arange(total), np.zeros(total, np.bool_)
        inside = _join_links(work, label, copy)
        rows, part = _deal_out(files, label, len(planned["against"]))
        with Folder(target) as folder:
            _save_linked(folder.part, files, rows, part, copy)
            parts = np.full(total, -1, np.int32) if len(inside) else np.empty(0, np.int32)
            if len(inside):
                parts[rows] = part
                own = parts[inside[:, 0]]
                pairs = np.column_stack((own, inside))[own >= 0]
                columns = [pa.array(np.ascontiguousarray(c)) for c in pairs.T]
                table = pa.table(columns, ["part", "inner", "outer"])
                pq.write_table(table.sort_by("part"), folder.part / "inside.parquet")
            count = int(part.max()) + 1 if len(part) else 0
            (folder.part / "parts.json").write_bytes(orjson.dumps(count))
    count = orjson.loads((target / "parts.json").read_bytes())
    return int(count)


def _join_links(work: Path, label: NDArray[np.int64], copy: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Name each document's component in *label*; flag copies; return the pairs, one in another."""
    proposed = []
    for path in sorted((work / "links").rglob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(1 << 20):
            pairs = [column.to_numpy() for column in batch.columns]
            if path.stem == "samples":
                proposed.append(np.stack(pairs))
                continue
            link(label, pairs[0], pairs[1])
            if path.stem == "exact":
                copy[pairs[1]] = True
    if not proposed:
        return np.empty((0, 2), np.int64)
    inside = well_proposed(np.concatenate(proposed, axis=1))
    link(label, inside[:, 0], inside[:, 1])
    return inside


def _deal_out(
    files: Sequence[Source], label: NDArray[np.int64], against: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the documents that have company, some of it new, and the part of each."""
    new = np.zeros(len(label), np.bool_)
    begin = sum(source.rows for source in files[:against])
    new[label[begin:]] = True
    counts = np.bincount(label, minlength=len(label))
    rows = np.flatnonzero((counts[label] > 1) & new[label])
    lengths = np.concatenate([_lengths(source) for source in files])[rows]
    order = np.argsort(label[rows], kind="stable")
    weight = np.cumsum(1 + lengths[order] // LONG)
    names = label[rows[order]]
    starts = np.ones(len(names), np.bool_)
    starts[1:] = names[1:] != names[:-1]
    at = np.flatnonzero(starts)
    part = np.empty(len(rows), np.int32)
    if len(rows):
        size = max(PART_WEIGHT, int(weight[-1]) // MAX_PARTS)
        part[order] = ((weight[at] - 1) // size)[np.cumsum(starts) - 1]
        part = np.unique(part, return_inverse=True)[1].astype(np.int32)
    return rows, part


def _save_linked(
    folder: Path,
    files: Sequence[Source],
    rows: NDArray[np.int64],
    part: NDArray[np.int32],
    copy: NDArray[np.bool_],
) -> None:
    for k, source in enumerate(files):
        start, end = np.searchsorted(rows, (source.first, source.first + source.rows))
        own = rows[start:end]
        columns = [own - source.first, part[start:end], copy[own]]
        table = pa.table([pa.array(c) for c in columns], ["row", "part", "copy"])
        pq.write_table(table, folder / f"{k:06d}.parquet")


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
            kept_in = _names_of(files, planned["against"])
            with pa.ipc.new_file(folder.part / "rows.arrow", _VERIFIED) as writer:
                writer.write_table(part.verified(found, kept_in))
            (folder.part / "tally.json").write_bytes(orjson.dumps(part.tally(found)))
    return {"seconds": {"verify": process_time() - began}}


_VERIFIED = pa.schema(
    [("row", pa.int64()), *((f.name, f.type) for f in DECISIONS if f.name != "row")]
)


def _names_of(files: Sequence[Source], against: Sequence[dict[str, Any]]) -> list[tuple[int, str]]:
    """Return where the documents of each other corpus end, and its name."""
    return [
        (source.first + source.rows, a["name"]) for source, a in zip(files, against, strict=False)
    ]


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
        starts = np.ones(len(order), np.bool_)
        starts[1:] = (exact[order][1:] != exact[order][:-1]).any(axis=1)
        twin = np.arange(len(order))
        first = order[np.flatnonzero(starts)[np.cumsum(starts) - 1]]
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

    def verified(self, found: Decisions, kept_in: list[tuple[int, str]]) -> pa.Table:
        """Return what is decided, a row for each document that goes or has copies."""
        ids = self._ids
        rows = self._row.tolist()
        told = {name: self._table.column(name).to_pylist() for name in _ASIDE} if kept_in else {}
        copies: dict[int, list[str]] = {}
        lines: list[dict[str, Any]] = []
        for item in found:
            rule, kept_id, similarity = item.rule, ids[item.kept].as_py(), item.similarity
            if told and told["kept_id"][item.kept]:  # the index tells for what its like went
                rule, kept_id, similarity = (
                    told[n][item.kept] for n in ("rule", "kept_id", "similarity")
                )
            copies.setdefault(item.kept, []).append(ids[item.row].as_py())
            detail = f"one of {item.cluster_size} copies"
            if rows[item.kept] < self._first_new:
                detail = (
                    f"already in {next(name for end, name in kept_in if rows[item.kept] < end)}"
                )
            lines.append(
                {
                    "row": rows[item.row],
                    "rule": rule,
                    "kept_id": kept_id,
                    "similarity": round(similarity, 4),
                    "cluster_size": item.cluster_size,
                    "detail": detail,
                }
            )
        for kept, own in copies.items():
            if rows[kept] >= self._first_new:
                copied_in = sorted(own)[:LISTED_COPIES]
                lines.append(
                    {"row": rows[kept], "rule": "", "copies": len(own) + 1, "copied_in": copied_in}
                )
        return pa.Table.from_pylist(lines, _VERIFIED)

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
