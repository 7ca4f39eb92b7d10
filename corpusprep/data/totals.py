"""What a corpus is made of, as the card draws it and `corpusprep stats` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from corpusprep.data.columns import read_columns

if TYPE_CHECKING:
    from corpusprep.data.columns import Columns, Ranking, Spread
    from corpusprep.data.facts import Facts

TOP_NAMES = 100  # of a column, for a machine that reads; the card shows fewer


class Statistics(NamedTuple):
    """What a corpus is made of; lengths in code points, everything counted in the tables."""

    documents: int
    characters: int
    sentences: int
    splits: dict[str, int]  # documents in each
    columns: Columns
    duplicates: dict[str, Any]  # as the report has them; empty where none were looked for
    stages: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as JSON wants it: strings as keys, no tuples."""
        columns = self.columns
        return {
            "documents": self.documents,
            "characters": self.characters,
            "sentences": self.sentences,
            "splits": self.splits,
            "document_lengths": _spread_dict(columns.documents),
            "sentence_lengths": _spread_dict(columns.sentences),
            "scripts": _ranking_dict(columns.scripts),
            "genres": _ranking_dict(columns.genres),
            "encodings": _ranking_dict(columns.encodings),
            "sites": _ranking_dict(columns.sites),
            "dates": {
                **columns.dates._asdict(),
                "years": {str(year): n for year, n in columns.dates.years.items()},
            },
            "duplicates": self.duplicates,
            "stages": self.stages,
        }


def add_up(facts: Facts) -> Statistics:
    """Return the statistics of the corpus that *facts* tell of."""
    documents = facts.tables.get("documents")
    columns = read_columns(documents.files if documents else ())
    looked = any(stage["stage"] == "duplicates" for stage in facts.stages)
    return Statistics(
        documents=documents.rows if documents else 0,
        characters=columns.documents.total,
        sentences=columns.sentences.texts,
        splits={name: split.rows for name, split in documents.splits.items()} if documents else {},
        columns=columns,
        duplicates=dict(facts.report["duplicates"]) if looked else {},
        stages=facts.stages,
    )


def _spread_dict(spread: Spread) -> dict[str, Any]:
    return {
        "count": spread.texts,
        "mean": round(spread.mean, 1),
        "max": spread.longest,
        "percentiles": {str(p): length for p, length in spread.percentiles.items()},
        "histogram": [{"from": start, "count": n} for start, n in spread.bars],
    }


def _ranking_dict(ranking: Ranking) -> dict[str, Any]:
    """Return the most frequent names; what is left of the rows is `others`."""
    top = ranking.top[:TOP_NAMES]
    return {
        "rows": ranking.rows,
        "names": ranking.names,
        "top": dict(top),
        "others": ranking.rows - sum(n for _, n in top),
        "error": ranking.error,
    }
