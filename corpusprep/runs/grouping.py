"""Which documents may be copies, in a corpus that does not fit into memory: group, then link.

Sketches lie in Parquet, a file a shard. `group_rows` reads one column of all of them, a band's,
and says which documents share a hash: eight bytes a document at a time, less where the column is
cut into parts. `link_rows` joins what hangs together, sixteen bytes a document, and deals the
components out to parts of bounded size.

Documents of other corpora come first of all.
"""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpusprep.data.staging import write_whole
from corpusprep.recipe import load_recipe
from corpusprep.runs.files import Folder, read_plan, spool_of
from corpusprep.runs.splits import write_splits
from corpusprep.steps.containment import is_probe, propose, well_proposed
from corpusprep.steps.sketches import band_name, fixed_bytes
from corpusprep.steps.star import link
from corpusprep.text.minhash import begins, first_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from corpusprep.recipe import Recipe
    from corpusprep.steps.duplicates import Duplicates

# Hashes that one task of `group_rows` looks at, at most: up to 320 MB with what it needs.
GROUPED = 1 << 22
SAMPLES_A_DOCUMENT = 24
PART_WEIGHT = 65_000  # documents of a part, about; a long one counts for several: 200 MB
MAX_PARTS = 512  # each is a batch in the file of every shard
LONG = 2000  # key characters for which a document counts once more


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
    kept = work / "sources.json"
    if not kept.exists():  # a footer a file: once, not once more in every task
        rows = [
            pq.read_metadata(path).num_rows if spool is None or path.exists() else 0
            for path, spool in found
        ]
        write_whole(kept, orjson.dumps(rows))
    rows = orjson.loads(kept.read_bytes())
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
    table = pa.table([pa.array(row) for row in pairs], ["first", "second"])
    pq.write_table(table, path, compression="zstd")


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
    starts = begins(exact)
    first = members[first_places(starts)]
    return np.stack((first[~starts], members[~starts]))


def _take_exact(source: Source, members: NDArray[np.int64]) -> NDArray[np.uint64]:
    start, end = np.searchsorted(members, (source.first, source.first + source.rows))
    if start == end:
        return np.empty((0, 2), np.uint64)
    column = pq.read_table(source.sketches, columns=["exact"]).column("exact")
    return fixed_bytes(column, "<u8", 2)[members[start:end] - source.first]


def _within(files: Sequence[Source], _: str, part: int, parts: int) -> NDArray[np.int64]:
    """Return pairs of documents of which the first may lie within the second, shape (2, m)."""
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
        return np.empty((2, 0), np.int64)
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
        shares = load_recipe(planned["recipe"]).make("write").shares
        if len(shares) > 1 and not (work / "splits").exists():
            write_splits(work, files, label, list(shares.values()))
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
    tasks = len(orjson.loads((work / "grouping.json").read_bytes()))
    done = (work / "links" / f"{k:06d}" for k in range(tasks))
    for path in (path for folder in done for path in sorted(folder.glob("*.parquet"))):
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
    starts = begins(names)
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
