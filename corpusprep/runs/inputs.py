"""What a run was made from: the SHA-256 of its input files, so that a stranger can check them."""

from __future__ import annotations

import hashlib
from itertools import islice
from time import process_time
from typing import TYPE_CHECKING, Any

import orjson

from corpusprep.data.opening import open_raw
from corpusprep.data.staging import write_whole
from corpusprep.runs.files import read_plan

if TYPE_CHECKING:
    from pathlib import Path

LISTED = 1000  # input files in the report; a crawl of a million would drown it
_AT_ONCE = 20  # files a task


def hash_tasks(planned: dict[str, Any]) -> range:
    """Return the numbers of the tasks of `hash_inputs`."""
    return range(-(-min(len(planned["inputs"]), LISTED) // _AT_ONCE))


def hash_inputs(plan: str, index: int) -> dict[str, Any]:
    """Write down the hashes of some input files; return the seconds that it took."""
    began = process_time()
    work, planned = read_plan(plan)
    target = work / "hashes" / f"{index:06d}.json"
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        mine = islice(planned["inputs"], index * _AT_ONCE, (index + 1) * _AT_ONCE)
        write_whole(target, orjson.dumps({path: _sha256(path) for path in mine}))
    return {"seconds": {"hash": process_time() - began}}


def _sha256(path: str) -> str | None:
    """Return the hash of a file; None where it cannot be read, which the reader has told of."""
    try:
        with open_raw(path) as file:
            digest = hashlib.sha256()
            while piece := file.read(1 << 20):
                digest.update(piece)
            return digest.hexdigest()
    except OSError:
        return None


def read_hashes(work: Path) -> dict[str, str | None]:
    """Return the hash of every input file that is listed in the report, by its path."""
    hashes: dict[str, str | None] = {}
    for path in sorted((work / "hashes").glob("*.json")):
        hashes.update(orjson.loads(path.read_bytes()))
    return hashes
