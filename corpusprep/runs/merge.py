"""What needs all documents, once they are clean: copies, repeated passages, output files.

Each stage maps a piece of work over parts that depend on the corpus alone, not on the workers, and
leaves a folder when it is done; what a killed run had finished is not done again.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from corpusprep.data.staging import write_whole
from corpusprep.report import StageCount
from corpusprep.runs import duplicates, grouping
from corpusprep.runs.files import read_plan, spool_of
from corpusprep.runs.passages import passage_parts, write_repeated
from corpusprep.steps.duplicates import warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from corpusprep.recipe import Recipe

    Map = Callable[[str, Sequence[int], str], None]

UNSEEN_COPIES = (
    "copies were not looked for, so that near-copies may lie in more than one split; equal texts do "
    "not (--dedup mark looks for them and keeps them)"
)
NONE_FOUND = dict.fromkeys(("exact", "near", "contained", "clusters", "largest"), 0)


class Merged(NamedTuple):
    """What was found among copies: counts of the stage, a summary for the report, and warnings."""

    stage: dict[str, Any]
    summary: dict[str, Any]
    warnings: list[str]


def find_copies(work: Path, recipe: Recipe, map_: Map) -> Merged:
    """Say which documents are copies, and write that down for the output.

    Idempotent: what was decided before a kill is read back.
    """
    kept = work / "merged.json"
    if not recipe.enabled("duplicates"):
        blind = [UNSEEN_COPIES] if recipe.make("write").split_by else []
        return Merged({}, {**NONE_FOUND, "threshold": None}, blind)
    if not kept.exists():
        _, planned = read_plan(str(work / "plan.json"))
        files = len(planned["against"]) + len(planned["shards"])
        map_("group_rows", range(grouping.plan_grouping(work, recipe)), "duplicates")
        parts = grouping.link_rows(work, planned)
        if parts:
            map_("collect_rows", range(files), "duplicates")
        map_("verify_part", range(parts), "duplicates")
        found = duplicates.write_decisions(work, planned, parts)
        merged = _merged(work, recipe, planned, found)
        write_whole(kept, orjson.dumps(merged._asdict()))
        for name in ("links", "linked", "collected", "verified"):
            shutil.rmtree(work / name, ignore_errors=True)  # texts of candidates: much of the disk
    return Merged(**orjson.loads(kept.read_bytes()))


def _merged(work: Path, recipe: Recipe, planned: dict[str, Any], found: duplicates.Found) -> Merged:
    step = recipe.make("duplicates")
    shards = range(len(planned["shards"]))
    tallies = [orjson.loads((spool_of(work, k) / "tally.json").read_bytes()) for k in shards]
    documents = sum(tally["kept"] for tally in tallies)
    characters = sum(tally["characters"] for tally in tallies)
    gone = sum(found.rules.values())
    marks = step.action == "mark"
    stage = StageCount(
        documents_in=documents,
        documents_out=documents - (0 if marks else gone),
        characters_in=characters,
        characters_out=characters - (0 if marks else found.characters),
        characters_rejected=0 if marks else found.characters,
        rejected={} if marks else {rule: n for rule, n in found.rules.items() if n},
    )
    summary = {
        "exact": found.rules.get("exact-duplicate", 0),
        "near": found.rules.get("near-duplicate", 0),
        "contained": found.rules.get("contained-duplicate", 0),
        "clusters": found.clusters,
        "largest": found.largest[0][0] if found.largest else 0,
        "threshold": step.threshold,
        "overlap": step.overlap,
        "keep": step.keep,
        "action": step.action,
        "forms_kept_apart": found.apart,
        "already_there": found.already_there,
    }
    clusters = [(kept, size) for size, kept in found.largest]
    return Merged(
        stage.as_dict(), summary, warnings(clusters, gone - found.already_there, documents)
    )


def find_repeated(work: Path, recipe: Recipe, shards: int, map_: Map) -> None:
    """Say which passages recur in the documents that stay, and write that down for the output."""
    if recipe.enabled("passages") and not (work / "repeated").exists():
        parts = passage_parts(work, shards)
        map_("find_passages", range(parts), "passages")
        write_repeated(work, parts, shards)


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
    write_whole(work / "groups.json", orjson.dumps(groups))
    return groups
