"""What needs the whole corpus: templates before cleaning, copies and output files after it.

Templates have a pass of their own. `sketch_shard` reads a shard and keeps the keys of its lines,
up to so many pages of a site, sorted by site. `find_templates` takes one part of the sites from
all of these files, `join_templates` makes one table of what it found. A worker holds the keys of
one shard, or of one part of the sites: there are more parts where there are more shards, and the
pages of a site that has too many of them are sampled whenever `HELD` keys have gathered.
"""

from __future__ import annotations

import shutil
from collections import Counter
from time import process_time
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pyarrow as pa

from corpusprep.data.readers import Part, read_part
from corpusprep.recipe import load_recipe
from corpusprep.report import StageCount
from corpusprep.runs.shards import DECISIONS, Folder, read_batches, read_plan, spool_of
from corpusprep.steps.templates import PageSketches, SiteTemplates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from corpusprep.core import Document
    from corpusprep.recipe import Recipe

SKETCHED = 1 << 17  # characters of documents at a time
HELD = 8_000_000  # keys of lines, 80 MB
SHARDS_A_PART = 8
MAX_PARTS = 256


def partitions(sketched: int) -> int:
    """Return into how many parts the sites of so many shards are cut."""
    return min(MAX_PARTS, sketched // SHARDS_A_PART + 1)


def sketch_shard(plan: str, index: int) -> dict[str, Any]:
    """Sketch the pages of shard *index*; return the seconds that it took.

    Idempotent, as all work of a run: a shard that is sketched already is not read again.
    """
    began = process_time()
    work, planned = read_plan(plan)
    target = work / "sketches" / f"{index:06d}"
    if target.exists():
        return {}
    recipe = load_recipe(planned["recipe"])
    step, options = recipe.make("templates"), recipe.make("read")
    parts = [Part(*part) for part in planned["shards"][index]]
    docs = (d for part in parts for d in read_part(part, options) if d.dropped is None)
    held = _gather((step.sketch(some) for some in _batches(docs)), step.pages_per_site)
    with Folder(target) as folder:
        held.save(folder.part)
    return {"seconds": {"sketch templates": process_time() - began}}


def _batches(docs: Iterator[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    held = 0
    for doc in docs:
        batch.append(doc)
        held += len(doc.text)
        if held > SKETCHED:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _gather(sketches: Iterator[PageSketches], per_site: int) -> PageSketches:
    """Return a sample of all *sketches*, sorted by site."""
    parts: list[PageSketches] = []
    held = 0
    for part in sketches:
        parts.append(part)
        held += len(part.key)
        if held > HELD:
            parts = [PageSketches.join(parts).sample(per_site)]
            held = 0
    return PageSketches.join(parts).sample(per_site)


def find_templates(plan: str, index: int) -> dict[str, Any]:
    """Find the templates of the sites in part *index*; return the seconds that it took."""
    began = process_time()
    work, planned = read_plan(plan)
    target = work / "parts" / f"{index:06d}"
    if target.exists():
        return {}
    step = load_recipe(planned["recipe"]).make("templates")
    shards = planned["sketched"]
    folders = (work / "sketches" / f"{shard:06d}" for shard in shards)
    sketches = (PageSketches.load(folder, index, partitions(len(shards))) for folder in folders)
    held = _gather(sketches, step.pages_per_site)
    with Folder(target) as folder:
        step.decide(held).save(folder.part)
    return {"seconds": {"find templates": process_time() - began}}


def join_templates(work: Path, parts: int) -> None:
    """Make one table of the templates of all parts of the sites, and let go of the sketches."""
    with Folder(work / "templates") as folder:
        SiteTemplates.merge([work / "parts" / f"{k:06d}" for k in range(parts)], folder.part)
    shutil.rmtree(work / "sketches")
    shutil.rmtree(work / "parts")


class Merged(NamedTuple):
    """What the corpus-wide stage found: its counts, a summary for the report, and warnings."""

    stage: dict[str, Any]
    summary: dict[str, Any]
    warnings: list[str]


class Rows:
    """Spooled documents by their number in the corpus; reads one batch at a time."""

    def __init__(self, work: Path, shards: int) -> None:
        self._places: list[tuple[int, int, int]] = []  # first row, shard, batch
        self.sketches: list[pa.RecordBatch] = []
        self.total = 0
        self.first: list[int] = []  # the first row of each shard
        self._work = work
        self._cached: tuple[tuple[int, int], pa.RecordBatch] | None = None
        for shard in range(shards):
            self.first.append(self.total)
            for k, batch in enumerate(read_batches(spool_of(work, shard) / "sketches.arrow")):
                self._places.append((self.total, shard, k))
                self.sketches.append(batch)
                self.total += batch.num_rows

    def get(self, rows: Sequence[int], column: str) -> list[Any]:
        """Return the values of *column* for *rows*, in their order."""
        found: dict[int, Any] = {}
        for row in sorted(set(rows)):
            first, batch = self._batch(row)
            found[row] = batch.column(column)[row - first].as_py()
        return [found[row] for row in rows]

    def locate(self, row: int) -> tuple[int, int]:
        """Return the shard of *row* and its number there."""
        place = self._places[self._at(row)]
        return place[1], row - self.first[place[1]]

    def _at(self, row: int) -> int:
        from bisect import bisect_right

        return bisect_right(self._places, row, key=lambda place: place[0]) - 1

    def _batch(self, row: int) -> tuple[int, pa.RecordBatch]:
        first, shard, k = self._places[self._at(row)]
        if self._cached is None or self._cached[0] != (shard, k):
            path = spool_of(self._work, shard) / "documents.arrow"
            with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as file:
                self._cached = ((shard, k), file.get_batch(k))
        return first, self._cached[1]


def decide(work: Path, recipe: Recipe, shards: int, clock: dict[str, float]) -> Merged:
    """Say which documents are copies, and write that down for `write_shard`.

    Idempotent: what was decided before a kill is read back.
    """
    began = process_time()
    kept = work / "merged.json"
    if not kept.exists():
        merged = _decide(work, recipe, shards)
        part = kept.with_suffix(".part")
        part.write_bytes(orjson.dumps(merged._asdict()))
        part.rename(kept)
    clock["duplicates"] = process_time() - began
    return Merged(**orjson.loads(kept.read_bytes()))


def _decide(work: Path, recipe: Recipe, shards: int) -> Merged:
    if not recipe.enabled("duplicates"):
        return Merged(
            {}, {"exact": 0, "near": 0, "clusters": 0, "largest": 0, "threshold": None}, []
        )
    step = recipe.make("duplicates")
    rows = Rows(work, shards)
    found, lengths = [], []
    warnings: list[str] = []
    if rows.total:
        from corpusprep.steps.duplicates import Sketches
        from corpusprep.steps.duplicates import warnings as warn

        table = pa.Table.from_batches(rows.sketches).combine_chunks()
        sketches = Sketches.from_columns({name: table.column(name) for name in table.column_names})
        found = step.decide(sketches, lambda wanted: rows.get(list(wanted), "text"))
        lengths = [int(n) for n in sketches.length]
        warnings = warn(found, rows.total)
    _write_decisions(work, rows, found)
    gone = sum(lengths[d.row] for d in found)
    stage = StageCount(
        documents_in=rows.total,
        documents_out=rows.total - len(found),
        characters_in=sum(lengths),
        characters_out=sum(lengths) - gone,
        characters_rejected=gone,
        rejected=dict(Counter(d.rule for d in found)),
    )
    sizes = Counter(d.kept for d in found)
    summary = {
        "exact": stage.rejected.get("exact-duplicate", 0),
        "near": stage.rejected.get("near-duplicate", 0),
        "clusters": len(sizes),
        "largest": max(sizes.values(), default=0) + 1 if sizes else 0,
        "threshold": step.threshold,
    }
    return Merged(stage.as_dict(), summary, warnings)


def _write_decisions(work: Path, rows: Rows, found: Sequence[Any]) -> None:
    kept = sorted({d.kept for d in found})
    ids = dict(zip(kept, rows.get(kept, "id"), strict=True))
    copies = Counter(d.kept for d in found)
    by_shard: dict[int, list[tuple[Any, ...]]] = {}
    for row, n in copies.items():
        shard, at = rows.locate(row)
        by_shard.setdefault(shard, []).append((shard, at, "", "", None, n + 1, ""))
    for d in found:
        shard, at = rows.locate(d.row)
        detail = f"one of {d.cluster_size} copies"
        similarity = round(d.similarity, 4)
        by_shard.setdefault(shard, []).append(
            (shard, at, d.rule, ids[d.kept], similarity, 0, detail)
        )
    with Folder(work / "decisions") as folder:
        for shard, decided in by_shard.items():
            columns = zip(*sorted(decided, key=lambda d: d[1]), strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(columns, DECISIONS, strict=True)]
            batch = pa.RecordBatch.from_arrays(arrays, schema=DECISIONS)
            with pa.ipc.new_file(folder.part / f"{shard:06d}.arrow", DECISIONS) as writer:
                writer.write_batch(batch)


def group_shards(work: Path, shards: int, megabytes: int) -> list[list[int]]:
    """Write down and return which shards go into one output file, of about *megabytes* of text."""
    groups: list[list[int]] = []
    held = 0
    for shard in range(shards):
        size = orjson.loads((spool_of(work, shard) / "tally.json").read_bytes())["bytes"]
        if not groups or held + size > megabytes * 1_000_000:
            groups.append([])
            held = 0
        groups[-1].append(shard)
        held += size
    part = work / "groups.part"
    part.write_bytes(orjson.dumps(groups))
    part.rename(work / "groups.json")
    return groups
