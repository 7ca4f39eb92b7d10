"""An index: what has been seen, so that the next run leaves out what is there already.

A folder with a manifest and a Parquet file for every shard that was added: sketches, and of every
document that stayed its text, because copies are compared with what they are copies of. Of a
document that went, its exact hash and what it went for stay, so that a run with an index says the
same of a copy as one run over everything would. The manifest is replaced when all files of a run
are there; without it they are not looked at.
"""

from __future__ import annotations

import re
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpusprep.data.staging import write_whole
from corpusprep.errors import CorpusprepError
from corpusprep.recipe import load_recipe
from corpusprep.runs.files import read_batches, read_plan, spool_of
from corpusprep.runs.sketching import NAMES, SAMPLES
from corpusprep.steps.sketches import sketch_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from corpusprep.recipe import Recipe
    from corpusprep.steps.duplicates import Duplicates

MANIFEST = "index.json"
VERSION = 1  # of key texts, hashes and columns: raised when any of them changes
WENT = [
    ("text", pa.large_string()),
    ("kept_id", pa.string()),
    ("rule", pa.string()),
    ("similarity", pa.float32()),
]


class OtherCorpusError(CorpusprepError):
    """A corpus or index to compare with that is not there, or was made in another way."""


def find_others(
    against: Sequence[str | Path], index: str | Path | None, recipe: Recipe
) -> dict[str, Any]:
    """Return what a plan says of other corpora: `against`, a list of files, and `index`.

    *against* names corpora and indexes, *index* one that the run adds to; it need not exist yet.

    Raises:
        OtherCorpusError: one of them is neither, cannot be read, or is an index of other options.

    """
    if (against or index) and not recipe.enabled("duplicates"):
        raise OtherCorpusError("comparing with another corpus needs the step 'duplicates'")
    step: Duplicates = recipe.make("duplicates")
    found = [part for path in map(Path, against) for part in _parts(path, step)]
    if not index:
        return {"against": found, "index": None}
    own = Path(index)
    strangers = [path.name for path in own.iterdir() if not _is_ours(path)] if own.exists() else []
    if strangers and not (own / MANIFEST).exists():
        raise OtherCorpusError(
            f"{own} holds other files, but no {MANIFEST} ({strangers[0]}): name another folder"
        )
    found += [{**part, "own": True} for part in _segments(own, step)]
    runs = _manifest(own).get("runs", 0)
    return {"against": found, "index": {"path": str(own.absolute()), "run": runs}}


def _is_ours(path: Path) -> bool:
    """Return whether *path* may have been left in an index by a run that was killed."""
    return re.fullmatch(r"\d{6}-[0-9a-f]{8}-\d{6}\.(?:parquet|samples|part)", path.name) is not None


def _parts(path: Path, step: Duplicates) -> list[dict[str, Any]]:
    """Return the files to compare with at *path*: those of an index, or row groups of a corpus."""
    if (path / MANIFEST).exists():
        return _segments(path, step)
    files = sorted((path / "documents").glob("*.parquet"))
    if not files:
        raise OtherCorpusError(
            f"{path} is neither a corpus (it has no documents/*.parquet) nor an index (no "
            f"{MANIFEST})"
        )
    for file in files:
        _check_columns(file)
    return [
        {"name": str(path), "index": "", "file": str(file.absolute()), "group": group, "own": False}
        for file in files
        for group in range(_footer(file).num_row_groups)
    ]


def _check_columns(file: Path) -> None:
    schema = _footer(file).schema.to_arrow_schema()
    for name in ("id", "text"):
        at = schema.get_field_index(name)
        kind = schema.field(at).type if at >= 0 else None
        if kind is None or not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise OtherCorpusError(
                f"{file} has no column {name!r} of text: it is no corpus of ours"
            )


def _footer(file: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise OtherCorpusError(f"{file} cannot be read: {error}") from error


def _options(step: Duplicates) -> dict[str, Any]:
    """Return what must be the same for two sets of sketches to be compared."""
    count, width = step.shape if step.near else (0, 0)
    contained = bool(step.contained)
    return {
        "version": VERSION,
        "ngram": step.ngram,
        "bands": count,
        "width": width,
        "contained": contained,
    }


def _segments(path: Path, step: Duplicates) -> list[dict[str, Any]]:
    manifest = _manifest(path)
    if manifest and manifest["options"] != _options(step):
        raise OtherCorpusError(
            f"{path} was made with {_shown(manifest['options'])}, this run has "
            f"{_shown(_options(step))}: give the options of [duplicates] that it was made with, or "
            "start a new index"
        )
    files = [path / name for name in manifest.get("segments", ())]
    for file in files:
        _footer(file)
    return [
        {"name": str(path), "index": str(file.absolute()), "file": "", "group": 0, "own": False}
        for file in files
    ]


def _manifest(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads((path / MANIFEST).read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError as error:
        raise OtherCorpusError(f"{path / MANIFEST} is damaged: {error}") from error
    if not isinstance(found, dict) or not {"options", "runs", "segments"} <= set(found):
        raise OtherCorpusError(f"{path / MANIFEST} is not the manifest of an index")
    return found


def _shown(options: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in options.items())


def index_shard(plan: str, index: int) -> dict[str, Any]:
    """Add what shard *index* holds to the index that the plan names, not yet to its manifest."""
    began = process_time()
    work, planned = read_plan(plan)
    target = _segment(planned, index)
    spool = spool_of(work, index)
    if not target.exists() and (spool / "sketches.parquet").exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        step = load_recipe(planned["recipe"]).make("duplicates")
        table, rows = _remembered(work, index, step)
        if step.contained:
            _write_samples(spool / "sketches.samples", rows, target.with_suffix(".samples"))
        part = target.with_suffix(".part")
        pq.write_table(table, part, row_group_size=1 << 13, compression="zstd")
        part.rename(target)
    return {"seconds": {"index": process_time() - began}}


def _segment(planned: dict[str, Any], shard: int) -> Path:
    """Return the file of an index for *shard*: no other run has files of that name."""
    own = planned["index"]
    return Path(own["path"]) / f"{own['run']:06d}-{planned['token']}-{shard:06d}.parquet"


def clear_segments(planned: dict[str, Any]) -> None:
    """Take away what an earlier start of this run, since given up, had put into the index."""
    if planned["index"]:
        first = _segment(planned, 0)
        for path in first.parent.glob(f"{first.name[:16]}*"):
            path.unlink()


def _remembered(work: Path, shard: int, step: Duplicates) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return the rows of *shard* that an index remembers, and their numbers.

    Exact copies of what the index has, or gets, are not.
    """
    spool = spool_of(work, shard)
    table = pq.read_table(spool / "sketches.parquet")
    went = {
        item["row"]: item
        for batch in read_batches(work / "decisions" / f"{shard:06d}.arrow")
        for item in batch.to_pylist()
        if item["rule"]
    }
    rows = np.array(
        [r for r in range(table.num_rows) if not _is_known(went.get(r))],
        np.int64,
    )
    texts = [
        text if row + at not in went else None
        for at, batch in _numbered(spool / "documents.arrow")
        for row, text in enumerate(batch.column(0).to_pylist())
    ]
    here = [went.get(row) for row in rows.tolist()]
    columns = {
        "text": [texts[row] for row in rows.tolist()],
        "kept_id": [item["kept_id"] if item else "" for item in here],
        "rule": [item["rule"] if item else "" for item in here],
        "similarity": [item["similarity"] if item else 0.0 for item in here],
    }
    table = table.take(pa.array(rows))
    for name, kind in WENT:
        table = table.append_column(name, pa.array(columns[name], kind))
    schema = pa.schema([*NAMES, *sketch_schema(step.shape[0]), *WENT])
    return table.cast(schema), rows


def _is_known(went: dict[str, Any] | None) -> bool:
    return bool(went and went["rule"] == "exact-duplicate" and not went["elsewhere"])


def _numbered(spool: Path) -> Iterable[tuple[int, pa.RecordBatch]]:
    at = 0
    for batch in read_batches(spool, ["text"]):
        yield at, batch
        at += batch.num_rows


def _write_samples(source: Path, rows: NDArray[np.int64], target: Path) -> None:
    table = pq.read_table(source)
    row = table.column("row").to_numpy()
    mine = np.isin(row, rows)
    places = np.searchsorted(rows, row[mine]).astype(np.int32)
    own = pa.table([pa.array(places), table.column("hash").filter(pa.array(mine))], schema=SAMPLES)
    pq.write_table(own, target)


def commit_index(planned: dict[str, Any], recipe: Recipe) -> None:
    """Name the files of this run in the manifest of the index, which makes them part of it.

    Raises:
        OtherCorpusError: another run has added to the index since this one began.

    """
    if not planned["index"]:
        return
    path = Path(planned["index"]["path"])
    added = [
        segment.name
        for shard in range(len(planned["shards"]))
        if (segment := _segment(planned, shard)).exists()
    ]
    began_with = [Path(a["index"]).name for a in planned["against"] if a["own"]]
    there = _manifest(path).get("segments", [])
    if there == began_with + added:
        return
    if there != began_with:
        raise OtherCorpusError(
            f"{path} was added to by another run meanwhile: start this one afresh with --overwrite"
        )
    step: Duplicates = recipe.make("duplicates")
    path.mkdir(parents=True, exist_ok=True)
    manifest = {
        "options": _options(step),
        "runs": planned["index"]["run"] + 1,
        "segments": began_with + added,
    }
    write_whole(path / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
