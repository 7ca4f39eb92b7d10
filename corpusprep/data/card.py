"""The dataset card, README.md: computed from the run, so that nobody has to be believed.

Cards of Chinese corpora tell of "strict filtering" in two paragraphs. This one counts: what each
stage and rule took, what was left out and why, what was never looked for. It tells no dates, no
durations and no machines: the same run gives the same bytes. What a person writes outside our
markers, and the YAML keys a person sets, stay when the card is made again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from huggingface_hub import CardData, RepoCard

from corpusprep.data.audit import write_report_page
from corpusprep.data.facts import (
    Facts,
    Table,
    first_row,
    percent,
    read_facts,
    say,
    visible,
    write_whole,
)
from corpusprep.data.wording import (
    COLUMNS,
    COLUMNS_OF,
    MENDING,
    NEVER_LOOKED_FOR,
    NOT_RUN,
    STAGES,
    TABLES,
)
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from corpusprep.data.facts import RuleCount

__all__ = ["make_card", "write_card", "write_report_page"]

BEGIN, END = "<!-- corpusprep:begin -->", "<!-- corpusprep:end -->"
TOP_RULES = 20  # a card is read, a report is searched: report.json has them all
TOP_INPUTS = 50
# Where Arrow's name of a type is not the one that datasets takes from numpy.
_DTYPES = {
    "halffloat": "float16",
    "float": "float32",
    "double": "float64",
    "date32[day]": "date32",
    "date64[ms]": "date64",
}
EXAMPLE_LENGTH = 24  # characters: a column of the table stays narrower than a screen


def write_card(out: Path, *, license: str | None = None) -> None:  # noqa: A002 - the YAML key's name
    """Write README.md into the corpus folder *out*, keeping what a person wrote in an earlier one.

    Raises:
        CorpusprepError: *out* holds no finished corpus, or its README.md has broken YAML.

    """
    path = out / "README.md"
    earlier = [path.read_text(encoding="utf-8")] if path.exists() else []
    write_whole(path, make_card(out, earlier, license=license))


def make_card(out: Path, earlier: Sequence[str] = (), *, license: str | None = None) -> str:  # noqa: A002 - the YAML key's name
    """Return the card of the corpus in *out* with what persons wrote in the *earlier* cards.

    Of several earlier cards, the first that says something of its own is heard.

    Raises:
        CorpusprepError: *out* holds no finished corpus, or an earlier card has broken YAML.

    """
    facts = read_facts(out)
    parts = [_split(card) for card in earlier]
    keys = _front_matter(facts)
    for theirs, _, _ in reversed(parts):
        keys = _merge(keys, theirs, _front_matter(facts))
    if license is not None:
        keys["license"] = license
    written = ((before, after) for _, before, after in parts if (before + after).strip())
    before, after = next(written, ("\n", ""))
    body = "\n".join(_body(facts, keys, language) for language in (0, 1))
    yaml = CardData(**{key: value for key, value in keys.items() if value != []}).to_yaml()
    return f"---\n{yaml}\n---\n{before}{BEGIN}\n{body}{END}\n{after}"


def _split(card: str) -> tuple[dict[str, Any], str, str]:
    """Return the YAML keys of *card*, and the text before and after our markers."""
    keys: dict[str, Any] = {}
    text = card.replace("\r\n", "\n").removeprefix("\ufeff")
    if text.lstrip().startswith("---"):
        try:
            parsed = RepoCard(text)
        except Exception as error:
            # PyYAML's own error, and PyYAML is a dependency of huggingface_hub, not of ours.
            raise CorpusprepError(
                f"README.md: its front matter is no valid YAML; mend it or take it out: {error}"
            ) from error
        keys = parsed.data.to_dict()  # type: ignore[no-untyped-call] # huggingface_hub left it out
        text = parsed.text
    lines = text.splitlines(keepends=True)
    begins = [k for k, line in enumerate(lines) if line.rstrip() == BEGIN]
    ends = [k for k, line in enumerate(lines) if line.rstrip() == END]
    if not begins or not ends or begins[0] > ends[-1]:
        return keys, text.rstrip("\n") + "\n\n", ""
    return keys, "".join(lines[: begins[0]]), "".join(lines[ends[-1] + 1 :])


# --- YAML


def _front_matter(facts: Facts) -> dict[str, Any]:
    """Return the YAML keys that follow from the run."""
    # load_dataset fails on a config without rows ("corresponds to no data"): it is left out.
    tables = [table for table in facts.tables.values() if table.rows]
    return {
        "language": ["zh"],
        "pretty_name": "corpusprep 中文语料",
        "size_categories": [size_category(facts.report["documents"]["out"])],
        "task_categories": ["text-generation", "fill-mask"],
        "annotations_creators": ["no-annotation"],
        "tags": ["corpusprep", "chinese"],
        "configs": [_config(table) for table in tables],
        "dataset_info": [_info(table) for table in tables],
    }


def _config(table: Table) -> dict[str, Any]:
    config: dict[str, Any] = {"config_name": table.name}
    if table.name == "documents":
        config["default"] = True
    files = [{"split": "train", "path": f"{table.name}/train-*"}]
    return {**config, "data_files": files}


def _info(table: Table) -> dict[str, Any]:
    split = {"name": "train", "num_bytes": table.bytes, "num_examples": table.rows}
    return {
        "config_name": table.name,
        "features": features(table.schema),
        "splits": [split],
        "download_size": table.download,
        "dataset_size": table.bytes,
    }


def _merge(
    mine: dict[str, Any], theirs: dict[str, Any], defaults: dict[str, Any]
) -> dict[str, Any]:
    """Return our keys with a person's: theirs wins, but for what we count."""
    merged = dict(mine)
    for key, value in theirs.items():
        if key in ("configs", "dataset_info"):
            merged[key] = mine[key] + [e for e in _entries(value) if e not in mine[key]]
        elif key == "tags":
            merged[key] = list(dict.fromkeys([*mine[key], *_list(value)]))
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


# --- Markdown


def _body(facts: Facts, keys: dict[str, Any], language: int) -> str:
    sections = (
        _summary(facts, keys, language),
        _funnel(facts, language),
        _rules(facts, language, mending=False),
        _rules(facts, language, mending=True),
        _rejections(facts, language),
        _duplicates(facts, language),
        _columns(facts, language),
        _provenance(facts, language),
        _reproduce(facts, language),
        _not_looked_for(facts, language),
        _warnings(facts, language),
        _licence(keys, language),
    )
    return "\n".join(section for section in sections if section)


def _summary(facts: Facts, keys: dict[str, Any], language: int) -> str:
    report = facts.report
    documents, characters = report["documents"], report["characters"]
    files, size = facts.inputs
    rows = [
        (say("inputs", language), _n(files), ""),
        (say("input bytes", language), _n(size), ""),
        *_counts("documents", documents, ("in", "out", "rejected"), facts.judged, language),
        *_counts("characters", characters, tuple(characters), characters["in"], language),
        (say("sentences", language), _n(report["sentences"]), ""),
    ]
    title = _plain(str(keys["pretty_name"])) if language == 0 else "In English"
    intro = say(
        "intro",
        language,
        version=_plain(report["corpusprep"]),
        inputs=_n(files),
        out=_n(documents["out"]),
    )
    head = [say(word, language) for word in ("what", "count", "share")]
    balance = say("balance", language, **{k: _n(v) for k, v in characters.items()})
    intro += ("" if language == 0 else " ") + say(f"ledger {facts.ledger}", language)
    return (
        _section("#", title, intro)
        + "\n"
        + _section("##", say("summary", language), _table(head, rows, "lrr"), balance)
    )


def _counts(
    kind: str, counts: dict[str, int], names: Iterable[str], whole: int, language: int
) -> Iterable[tuple[str, str, str]]:
    for name in names:
        share = "" if name == "in" else percent(counts[name], whole)
        yield say(f"{kind} {name}", language), _n(counts[name]), share


def _funnel(facts: Facts, language: int) -> str:
    words = ("stage", "documents in", "documents out", "characters in", "characters out")
    head = [say(word, language) for word in (*words, "stage share")]
    rows = [
        (
            _stage(s["stage"], language),
            _n(s["documents_in"]),
            _n(s["documents_out"]),
            _n(s["characters_in"]),
            _n(s["characters_out"]),
            percent(s["characters_out"], s["characters_in"]),
        )
        for s in facts.stages
    ]
    return _section("##", say("stages", language), _table(head, rows, "lrrrrr"))


def _rules(facts: Facts, language: int, *, mending: bool) -> str:
    found = [rule for rule in facts.rules if (rule.stage in MENDING) == mending]
    title = say("repairs" if mending else "rules", language)
    if not found:
        return _section("##", title, say("no edits", language))
    words = ("rule", "stage", "edits", "documents", "removed", "inserted", "replaced")
    head = [say(word, language) for word in words]
    rows = [_rule_row(rule, language) for rule in found[:TOP_RULES]]
    more = len(found) - TOP_RULES
    notes = [say("more rules", language, n=_n(more))] if more > 0 else []
    notes += [] if mending else [say("units", language)]
    return _section("##", title, _table(head, rows, "llrrrrr"), *notes)


def _rule_row(rule: RuleCount, language: int) -> tuple[str, ...]:
    counts = (rule.edits, rule.documents, rule.removed, rule.inserted, rule.replaced)
    return (_code(rule.rule), _stage(rule.stage, language), *map(_n, counts))


def _rejections(facts: Facts, language: int) -> str:
    title = say("rejections", language)
    if not facts.rejections:
        return _section("##", title, say("no rejections", language))
    head = [say(word, language) for word in ("rule", "stage", "documents", "share")]
    rows = [
        (
            _code(r.rule),
            _stage(r.stage, language),
            _n(r.documents),
            percent(r.documents, facts.judged),
        )
        for r in facts.rejections
    ]
    return _section("##", title, _table(head, rows, "llrr"))


def _duplicates(facts: Facts, language: int) -> str:
    title = say("duplicates", language)
    if all(stage["stage"] != "duplicates" for stage in facts.stages):
        return _section("##", title, say("no duplicates", language))
    counts = {"contained": 0, "forms_kept_apart": 0, **facts.report["duplicates"]}
    shown = {k: _n(v) if isinstance(v, int) else v for k, v in counts.items()}
    marked = counts.get("action") == "mark"
    told = say("duplicate counts", language, **shown)
    last = say("duplicates marked" if marked else "duplicates removed", language)
    return _section("##", title, f"{told} {last}" if language else f"{told}{last}")


def _columns(facts: Facts, language: int) -> str:
    loads = "".join(
        f'\n{name} = load_dataset("PATH_OR_NAME", "{name}", split="train")'
        for name, table in facts.tables.items()
        if table.rows
    )
    code = _fenced(f"from datasets import load_dataset\n{loads}", "python")
    tables = (_column_table(table, language) for table in facts.tables.values())
    return "\n".join((_section("##", say("columns", language), code), *tables))


def _column_table(table: Table, language: int) -> str:
    row = first_row(table)
    rows = []
    for field in table.schema:
        meanings = COLUMNS_OF.get((table.name, field.name)) or COLUMNS.get(field.name, ("", ""))
        value = row.get(field.name)
        example = "" if value is None else _code(visible(str(value), EXAMPLE_LENGTH))
        kind = _code(_type_name(field.type))
        rows.append((_code(field.name), kind, meanings[language], example))
    head = [say(word, language) for word in ("column", "type", "meaning", "example")]
    about = f"{TABLES[table.name][language]} · {say('rows', language, n=_n(table.rows))}"
    return _section("###", f"`{table.name}`", about, _table(head, rows, "llll"))


def _type_name(kind: pa.DataType) -> str:
    """Return the Arrow type without the names that Parquet gives to the items of lists."""
    return re.sub(r"\b(?:element|item): ", "", str(kind))


def _provenance(facts: Facts, language: int) -> str:
    listed = facts.report["inputs"][:TOP_INPUTS]
    hashed = any(file["sha256"] for file in listed)
    head = [say(word, language) for word in ("file", "bytes", "documents in")]
    rows = [
        [_code(file["path"]), _n(file["bytes"]), _n(file["documents"])]
        + [_code(file["sha256"] or "")] * hashed
        for file in listed
    ]
    more = facts.inputs[0] - len(listed)
    notes = [say("more inputs", language, n=_n(more))] if more > 0 else []
    table = _table(head + ["SHA-256"] * hashed, rows, "lrrl" if hashed else "lrr")
    return _section("##", say("provenance", language), table, *notes)


def _reproduce(facts: Facts, language: int) -> str:
    signature = f"{say('signature', language)}: {_code(facts.report['signature'])}"
    return _section(
        "##",
        say("reproduce", language),
        signature,
        say("reproduce how", language),
        _fenced(facts.report["command"], "sh"),
        f"<details><summary>{say('recipe', language)} recipe.toml</summary>",
        _fenced(facts.recipe, "toml"),
        "</details>",
    )


def _not_looked_for(facts: Facts, language: int) -> str:
    ran = {stage["stage"] for stage in facts.stages}
    missing = [words for stage, words in NOT_RUN.items() if stage not in ran]
    lines = "\n".join(f"- {words[language]}" for words in (*missing, *NEVER_LOOKED_FOR))
    return _section("##", say("not looked for", language), lines)


def _warnings(facts: Facts, language: int) -> str:
    warnings = "\n".join(f"- {_plain(w)}" for w in facts.report["warnings"])
    return _section("##", say("warnings", language), warnings) if warnings else ""


def _licence(keys: dict[str, Any], language: int) -> str:
    given = keys.get("license")
    text = _code(str(given)) if given else say("licence missing", language)
    return _section("##", say("licence", language), text)


def _section(level: str, title: str, *paragraphs: str) -> str:
    return "\n\n".join((f"{level} {title}", *paragraphs)) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    rule = ["---:" if side == "r" else "---" for side in align]
    lines = (head, rule, *rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _stage(stage: str, language: int) -> str:
    return STAGES[stage][language] if stage in STAGES else _plain(stage)


def _n(number: int) -> str:
    return f"{number:,}"


def _plain(text: str) -> str:
    """Return *text* so that Markdown and HTML take it as it stands."""
    return re.sub(r"([\\`*_\[\]<>|!#~&])", r"\\\1", visible(text))


def _code(text: str) -> str:
    r"""Return *text* as a code span for a table cell: nothing in it can be markup.

    >>> _code("a|b"), _code("`")
    ('`a\\|b`', '`` ` ``')
    """
    if not text:
        return ""
    shown = visible(text).replace("|", "\\|")
    if "`" not in shown:
        return f"`{shown}`"
    fence = "`" * (1 + max(len(run) for run in re.findall("`+", shown)))
    return f"{fence} {shown} {fence}"


def _fenced(text: str, kind: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"
