"""Reading a pushed corpus back through `datasets`, and comparing it with the folder.

A commit that a hub took is no proof: features of an older card, a shard of an older push or a
broken download show only when somebody loads the dataset. That somebody is us, right away.
"""

from __future__ import annotations

import re
import tempfile
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import orjson
import pyarrow.parquet as pq
import xxhash

from corpusprep.data.patience import WAITS, HubError, patiently, said
from corpusprep.data.tables import SPLITS, split_of, table_files
from corpusprep.data.uploads import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from corpusprep.data.patience import Target
    from corpusprep.data.uploads import Tell

BATCH = 1000  # rows


class _Read(NamedTuple):
    """What a table came to: its rows, a hash of their values in order, and its columns."""

    rows: int
    digest: str
    types: list[tuple[str, str]]


def read_back(
    target: Target, commit: str, out: Path, chosen: Sequence[str], tell: Tell
) -> dict[str, int]:
    """Return the rows of every config that `datasets` reads equal from the hub at *commit*.

    Raises:
        HubError: rows are missing or differ, or cannot be read.

    """
    tables = {
        (name, split): [file for file in table_files(out, name) if split_of(file) == split]
        for name in chosen
        for split in SPLITS
    }
    sizes = {" ".join(key): sum(f.stat().st_size for f in files) for key, files in tables.items()}
    tally = Tally("check", {key: size for key, size in sizes.items() if size}, tell)
    verified: dict[str, int] = {}
    for (name, split), files in tables.items():
        if files and (rows := _compare(target, commit, (name, split), files)):
            verified[name] = verified.get(name, 0) + rows
        if files:
            tally.at(f"{name} {split}", sizes[f"{name} {split}"])
    return verified


def _compare(target: Target, commit: str, key: tuple[str, str], files: Sequence[Path]) -> int:
    """Return the rows of one split of a config; 0 without asking where it has none."""
    local = _read_local(files)
    if not local.rows:
        return 0
    where = f"{target.repo_id} at commit {commit[:12]}, config {key[0]!r}"
    where += f", split {key[1]!r}" if key[1] != "train" else ""
    remote = _patiently_remote(target, commit, key, where)
    if remote.rows != local.rows or remote.digest != local.digest:
        difference = (
            f"{remote.rows:,} rows instead of {local.rows:,}"
            if remote.rows != local.rows
            else "other values"
        )
        raise HubError(
            f"{where} reads back with {difference}: push again; if it stays so, the hub or the "
            "card changes the data, and the folder on the disk is right"
        )
    if remote.types != local.types:
        raise HubError(
            f"{where} reads back with other columns than it was written with: {remote.types}"
        )
    return local.rows


def _patiently_remote(target: Target, commit: str, key: tuple[str, str], where: str) -> _Read:
    """Return what the hub gives; a failure of any kind may be one of the hub's, and is repeated."""

    def once() -> _Read:
        try:
            return _read_remote(target, commit, key)
        except Exception as error:  # whatever the readers of files make of half an answer
            raise ConnectionError(said(error)) from error

    try:
        return patiently(target, once, waits=WAITS[:2])  # the readers repeat requests, too
    except HubError as error:
        raise HubError(
            f"{where} was pushed but cannot be read back ({error}): load it with `datasets`, and "
            "push again if it fails"
        ) from error.__cause__


def _read_remote(target: Target, commit: str, key: tuple[str, str]) -> _Read:
    import datasets

    with tempfile.TemporaryDirectory() as folder:
        rows = datasets.load_dataset(
            target.repo_id,
            key[0],
            split=key[1],
            revision=commit,
            token=target.token,
            streaming=True,
            cache_dir=folder,
        )
        batches = rows.with_format("arrow").iter(batch_size=BATCH)
        return _Read(*_digest(batches), _types(rows.features.arrow_schema))


def _read_local(files: Sequence[Path]) -> _Read:
    return _Read(*_digest(_local_batches(files)), _types(pq.read_schema(files[0])))


def _types(schema: pa.Schema) -> list[tuple[str, str]]:
    """Return names and types of columns; Parquet and `datasets` name the items of lists apart."""
    return [(field.name, re.sub(r"\b(?:element|item): ", "", str(field.type))) for field in schema]


def _local_batches(files: Iterable[Path]) -> Iterator[pa.RecordBatch]:
    for file in files:
        with pq.ParquetFile(file) as parquet:
            yield from parquet.iter_batches(batch_size=BATCH)


def _digest(batches: Iterable[pa.Table | pa.RecordBatch]) -> tuple[int, str]:
    """Return the number of rows and a hash of their values in order, however they are batched."""
    digest, rows = xxhash.xxh3_128(), 0
    for row in chain.from_iterable(batch.to_pylist() for batch in batches):
        digest.update(orjson.dumps(row))
        rows += 1
    return rows, digest.hexdigest()
