"""The work folder of a run: what lies where, and folders that appear when they are complete.

``plan.json`` says what is to be done. A shard is spooled into a folder of its own: ``documents``,
``removed`` and ``rejected`` as Arrow batches, ``sketches`` as Parquet. What the corpus-wide stages
find out lies beside.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

DECISIONS = pa.schema(
    [
        ("row", pa.int32()),
        ("rule", pa.string()),  # "" for a document that stays
        ("kept_id", pa.string()),
        ("similarity", pa.float32()),
        ("cluster_size", pa.int32()),
        ("copies", pa.int32()),
        ("copied_in", pa.list_(pa.string())),
        ("elsewhere", pa.bool_()),  # for a document of a corpus that is not this run's index
        ("detail", pa.string()),
    ]
)


class Folder:
    """A folder that appears under its name only when the work in it is done."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.part = target.with_name(f"{target.name}.{os.getpid()}.part")

    def __enter__(self) -> Self:
        shutil.rmtree(self.part, ignore_errors=True)
        self.part.mkdir(parents=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self.part.rename(self.target)
            except OSError:
                if not self.target.exists():  # else another worker was first, with the same bytes
                    raise
        shutil.rmtree(self.part, ignore_errors=True)


def spool_of(work: Path, index: int) -> Path:
    """Return the folder in which shard *index* is spooled."""
    return work / "spool" / f"{index:06d}"


def read_plan(plan: str) -> tuple[Path, dict[str, Any]]:
    """Return the work folder of the run planned in the file *plan*, and what is planned."""
    return Path(plan).parent, orjson.loads(Path(plan).read_bytes())


def read_batches(path: Path, columns: Sequence[str] = ()) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of a spooled table; none if the shard had no row of it.

    With *columns*, no others are read, in the order in which they stand in the file.
    """
    if path.exists():
        options = pa.ipc.IpcReadOptions(included_fields=_fields(path, columns))
        with (
            pa.memory_map(str(path)) as mapped,
            pa.ipc.open_file(mapped, options=options) as file,
        ):
            for i in range(file.num_record_batches):
                yield file.get_batch(i)


def _fields(path: Path, columns: Sequence[str]) -> list[int] | None:
    if not columns:
        return None
    with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as file:
        return [file.schema.get_field_index(name) for name in columns]


def to_array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return *values* as an array; Arrow takes no lone surrogate, which becomes a ``?``."""
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # from a JSON escape or a damaged UTF-16 file
        return pa.array([v.encode("utf-8", "replace").decode() for v in values], kind)
