"""Keep what can be read only once, standard input and datasets in memory, where workers can read it.

What is kept lies in the work folder of a run; a run that is resumed finds it there.
"""

from __future__ import annotations

import re
import shutil
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpusprep.data.finding import InputError
from corpusprep.data.kinds import ending_of
from corpusprep.data.opening import sniff_file
from corpusprep.data.rows import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import IO

_ROWS = 256  # of a dataset at a time
_FILE_BYTES = 64 << 20  # of a dataset in one file: a part of the work
_SPLIT = re.compile(r"\w[\w.-]*")
_MISFITS = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError)


def keep_stdin(work: Path, stream: IO[bytes]) -> Path:
    """Save *stream* in the folder *work*, if it is not there; return the file, named by its kind."""
    there = [path for path in work.glob("stdin.*") if path.suffix != ".part"]
    if there:
        return there[0]
    part = work / "stdin.part"
    with part.open("wb") as file:
        shutil.copyfileobj(stream, file)
    return part.rename(work / f"stdin{ending_of(sniff_file(part))}")


def is_dataset(given: object) -> bool:
    """Return whether *given* is a Hugging Face dataset, with or without splits, streamed or not."""
    return any(c.__module__.split(".")[0] == "datasets" for c in type(given).__mro__)


def keep_dataset(work: Path, dataset: Any, number: int) -> Path:
    """Write *dataset* into a folder in *work*, if it is not there, as Arrow; return the folder.

    Raises:
        InputError: the name of a split is no name.

    """
    folder = work / f"dataset-{number}"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        splits = dataset if isinstance(dataset, dict) else {"rows": dataset}
        for i, (name, split) in enumerate(splits.items()):
            if not _SPLIT.fullmatch(str(name)):
                raise InputError(f"a split cannot be named {name!r}; rename it")
            rows = part / f"{i:02d}-{name}"  # a folder's files are read in the order of their names
            rows.mkdir(parents=True)
            _write(_tables(split), rows)
        part.rename(folder)
    return folder


def _tables(dataset: Any) -> Iterator[pa.Table]:
    if dataset.features is not None:
        for table in dataset.with_format("arrow").iter(_ROWS):
            yield table.replace_schema_metadata(None)
        return
    rows = iter(dataset)  # of a stream whose columns nobody knows
    while some := list(islice(rows, _ROWS)):
        names = dict.fromkeys(name for row in some for name in row)
        yield pa.table({str(name): _column([row.get(name) for row in some]) for name in names})


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except _MISFITS:  # a number in one row, words in another
        return pa.array([None if v is None else str(label(v)) for v in values], pa.large_string())


def _write(tables: Iterable[pa.Table], folder: Path) -> None:
    """Write *tables* into files of about _FILE_BYTES; columns that do not fit begin another file."""
    rest: Iterator[pa.Table] = iter(tables)
    table, count = next(rest, None), 0
    while table is not None:
        table = _write_file(folder / f"{count:05d}.arrow", table, rest)
        count += 1


def _write_file(path: Path, first: pa.Table, rest: Iterator[pa.Table]) -> pa.Table | None:
    """Write *first* and those of the *rest* that fit; return the one that does not, or None."""
    with pa.ipc.new_file(str(path), first.schema) as writer:
        writer.write_table(first)
        held = first.nbytes
        for table in rest:
            fitted = _fitted(table, first.schema) if held < _FILE_BYTES else None
            if fitted is None:
                return table
            writer.write_table(fitted)
            held += fitted.nbytes
    return None


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table | None:
    """Return *table* with the columns of *schema*; None if it has others, or other values."""
    if not set(table.column_names) <= set(schema.names):
        return None
    for name in set(schema.names) - set(table.column_names):
        table = table.append_column(name, pa.nulls(len(table)))
    try:
        return table.select(schema.names).cast(schema)
    except _MISFITS:
        return None
