"""The original text of a document, rebuilt from a finished corpus."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from corpusprep.data.ledger import rebuild
from corpusprep.data.tables import read_rows
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from pathlib import Path


def restore(out: Path, doc_id: str) -> str:
    """Return the text that the document *doc_id* had when the run read it, to the character.

    A kept document is rebuilt from `documents` and `removed`, which must have been written with
    ``--ledger full``; a rejected one stands in `rejected` as it came.

    Raises:
        CorpusprepError: no such document, or a ledger that only counts.

    """
    recipe = out / "recipe.toml"
    if not recipe.exists():
        raise CorpusprepError(f"{out} is no finished corpus: it has no recipe.toml")
    full = tomllib.loads(recipe.read_text(encoding="utf-8"))["write"]["ledger"] == "full"
    for path in sorted((out / "documents").glob("*.parquet")):
        for row in read_rows(path, "id", doc_id):
            if not full:
                raise CorpusprepError(
                    f"the ledger of {out} does not hold every change; run with --ledger full to be "
                    "able to restore originals"
                )
            ledger = [
                entry
                for file in sorted((out / "removed").glob("*.parquet"))
                for entry in read_rows(file, "doc_id", doc_id)
            ]
            return rebuild(row["text"], ledger)
    for path in sorted((out / "rejected").glob("*.parquet")):
        for row in read_rows(path, "id", doc_id):
            return str(row["text"])
    raise CorpusprepError(
        f"{out} has no document {doc_id!r}; ids stand in the column id of its tables"
    )
