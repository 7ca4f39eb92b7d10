"""The YAML of the card: what the hub and `datasets` read before they read any data."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpusprep.data.wording import TABLES

if TYPE_CHECKING:
    from corpusprep.data.facts import Facts, Split, Table
    from corpusprep.data.totals import Statistics

WRITTEN_AS = {"simplified": "zh-Hans", "traditional": "zh-Hant"}  # BCP 47
LEAST_SHARE = (
    0.01  # of the documents: a reader who filters by script does not want one in a thousand
)
RECIPE_TAG = "recipe-"
# Where Arrow's name of a type is not the one that datasets takes from numpy.
_DTYPES = {
    "halffloat": "float16",
    "float": "float32",
    "double": "float64",
    "date32[day]": "date32",
    "date64[ms]": "date64",
}


def front_matter(facts: Facts, statistics: Statistics) -> dict[str, Any]:
    """Return the YAML keys that follow from the run."""
    # load_dataset fails on a config without rows ("corresponds to no data"): it is left out.
    tables = [table for table in facts.tables.values() if table.rows]
    return {
        "language": ["zh"],
        "language_details": _scripts(facts, statistics),
        "pretty_name": "corpusprep 中文语料",
        "size_categories": [size_category(facts.report["documents"]["out"])],
        "task_categories": ["text-generation", "fill-mask"],
        "annotations_creators": ["no-annotation"],
        "tags": ["corpusprep", "chinese", *_recipe_tag(facts)],
        "configs": [_config(table) for table in tables],
        "dataset_info": [_info(table) for table in tables],
    }


def _scripts(facts: Facts, statistics: Statistics) -> list[str]:
    """Return the scripts that the texts are in; the label tells them before any conversion."""
    options = tomllib.loads(facts.recipe).get("script", {})
    to = options.get("to", "keep") if options.get("enabled", True) else "keep"
    if to in WRITTEN_AS:
        return [WRITTEN_AS[to]]
    if to != "keep":  # an OpenCC configuration: tw2sp, s2hk
        return [WRITTEN_AS["simplified" if "2s" in to else "traditional"]]
    ranking = statistics.columns.scripts
    found = {name for name, n in ranking.top if n >= LEAST_SHARE * ranking.rows}
    if "mixed" in found:
        return list(WRITTEN_AS.values())
    return [tag for name, tag in WRITTEN_AS.items() if name in found]


def _recipe_tag(facts: Facts) -> list[str]:
    found = re.search(r"\brecipe:([0-9a-f]+)", facts.report["signature"])
    return [f"{RECIPE_TAG}{found[1]}"] if found else []


def _config(table: Table) -> dict[str, Any]:
    config: dict[str, Any] = {"config_name": table.name}
    if table.name == "documents":
        config["default"] = True
    files = [{"split": name, "path": f"{table.name}/{name}-*"} for name, _ in _splits(table)]
    return {**config, "data_files": files}


def _splits(table: Table) -> list[tuple[str, Split]]:
    return [(name, split) for name, split in table.splits.items() if split.rows]


def _info(table: Table) -> dict[str, Any]:
    return {
        "config_name": table.name,
        "features": features(table.schema),
        "splits": [
            {"name": name, "num_bytes": split.bytes, "num_examples": split.rows}
            for name, split in _splits(table)
        ],
        "download_size": table.download,
        "dataset_size": table.bytes,
    }


def merge(mine: dict[str, Any], theirs: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Return our keys with a person's: theirs wins, but for what we count."""
    merged = dict(mine)
    for key, value in theirs.items():
        if key in ("configs", "dataset_info"):
            merged[key] = mine[key] + [e for e in _entries(value) if e not in mine[key]]
        elif key == "tags":
            theirs_own = [t for t in _list(value) if not str(t).startswith(RECIPE_TAG)]
            merged[key] = list(dict.fromkeys([*mine[key], *theirs_own]))
        elif key == "language_details" and all(v in WRITTEN_AS.values() for v in _list(value)):
            continue  # ours of an earlier run
        elif key != "size_categories" and value != defaults.get(key):
            merged[key] = value
    return merged


def _entries(value: Any) -> list[dict[str, Any]]:
    """Return the configs of a person's own: not of our tables, old or new."""
    return [e for e in _list(value) if isinstance(e, dict) and e.get("config_name") not in TABLES]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def size_category(rows: int) -> str:
    """Return the hub's name for a dataset of *rows* rows.

    >>> size_category(5), size_category(1_000), size_category(2_500_000)
    ('n<1K', '1K<n<10K', '1M<n<10M')
    """
    names = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
    for power, name in enumerate(names, start=3):
        if rows < 10**power:
            return f"n<{name}" if power == 3 else f"{names[power - 4]}<n<{name}"
    return "n>1T"


def features(schema: pa.Schema) -> list[dict[str, Any]]:
    """Return *schema* as `datasets` writes features into the YAML of a card.

    >>> features(pa.schema([("id", pa.string()), ("n", pa.list_(pa.int32()))]))
    [{'name': 'id', 'dtype': 'string'}, {'name': 'n', 'list': 'int32'}]
    """
    return [{"name": field.name, **_feature(field.type)} for field in schema]


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = _feature(kind.value_type)
        name = "list" if pa.types.is_list(kind) else "large_list"
        return {name: inner.get("struct") or inner.get("dtype") or inner}
    if pa.types.is_struct(kind):
        fields = (kind.field(k) for k in range(kind.num_fields))
        return {"struct": [{"name": f.name, **_feature(f.type)} for f in fields]}
    return {"dtype": _DTYPES.get(str(kind), str(kind))}
