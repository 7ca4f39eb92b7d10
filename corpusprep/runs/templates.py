"""Templates of sites: a pass of its own over the input, before anything is cleaned.

`sketch_shard` reads a shard and keeps the keys of its lines,
up to so many pages of a site, sorted by site. `find_templates` takes one part of the sites from
all of these files, `join_templates` makes one table of what it found. A worker holds the keys of
one shard, or of one part of the sites: there are more parts where there are more shards, and the
pages of a site that has too many of them are sampled whenever `HELD` keys have gathered.
"""

from __future__ import annotations

import shutil
from time import process_time
from typing import TYPE_CHECKING, Any

from corpusprep.data.readers import Part, read_part
from corpusprep.recipe import load_recipe
from corpusprep.runs.files import Folder, read_plan
from corpusprep.steps.templates import PageSketches, SiteTemplates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corpusprep.core import Document

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
