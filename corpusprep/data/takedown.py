"""Documents taken out of a finished corpus because somebody asked for it: a takedown.

The row in `documents` is the least of it. The text lies in `sentences` again, what was cleaned
away of it in `removed`, copies of it in `rejected`; and other rows name its id. All of that goes,
the counts and the card follow, and no file that held none of it changes by a byte. The corpus is
the old one or the new one, whenever the command is killed (`corpusprep.data.staging`).

Out of reach are copies of the corpus: earlier revisions on a hub, caches of `datasets`, and an
index, which keeps sketches (no texts) so that the document is left out of the next run as well.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusprep.data.audit import write_report_page
from corpusprep.data.card import write_card
from corpusprep.data.facts import read_facts
from corpusprep.data.rewriting import ELSEWHERE, UNNAMED, Gone, count_rows, rewrite
from corpusprep.data.staging import commit, locked, settle_locked, staged
from corpusprep.data.tables import split_of, table_files
from corpusprep.report import StageCount, characters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date
    from pathlib import Path

STAGE = RULE = "takedown"
# As corpusprep.steps.duplicates writes warnings.
COPIES_OF = re.compile(r"(?s)\bare copies of (.*): is it an error or login page\?")


class Takedown(NamedTuple):
    """What a takedown took, or would take."""

    ids: tuple[str, ...]  # of all that went, copies and the articles of a page included
    missing: tuple[str, ...]  # asked for, and not there
    documents: int  # rows of `documents`
    rejected: int  # rows of `rejected`
    sentences: int = 0  # counted when they go
    characters: int = 0  # code points, of `documents`
    done: bool = False  # whether the corpus is changed


def take_down(
    out: Path,
    ids: Iterable[str],
    *,
    day: date,
    keep_copies: bool = False,
    ignore_missing: bool = False,
    dry_run: bool = False,
) -> Takedown:
    """Take the documents *ids* out of the corpus *out*, and say what went.

    An id goes from all four tables. That of a page which was divided goes with its articles. Its
    copies go, too: those left out for it, the one that it was left out for, and the others of
    that cluster, unless *keep_copies*; then they stay and no longer name it. If one of *ids* is
    not there, nothing is changed, unless *ignore_missing*. report.json, report.html and README.md
    are written again and tell how many were taken down on which *day*; recipe.toml stays.

    Raises:
        CorpusprepError: *out* holds no finished corpus, or another command is changing it.

    """
    wanted = frozenset(ids)
    request = sha256(orjson.dumps([sorted(wanted), keep_copies])).hexdigest()
    with locked(out):
        note = settle_locked(out)
        if note.get("request") == request:  # this very command, killed when all was decided
            return Takedown(**note["takedown"])
        read_facts(out)
        found = _all_that_go(out, wanted, keep_copies=keep_copies)
        taken = found.takedown(wanted)
        if dry_run or not taken.ids or (taken.missing and not ignore_missing):
            return taken
        with staged(out) as new:
            sums = rewrite(new, found.gone)
            taken = taken._replace(sentences=sums.sentences, characters=sums.characters, done=True)
            _write_report(new, found.gone, taken, day)
            commit(out, {"request": request, "takedown": taken._asdict()})
    return taken


# --- what goes


class _Found(NamedTuple):
    """What goes, as it was found in the tables."""

    gone: Gone
    asked: set[str]  # of the ids asked for, those that are there
    rows: dict[str, list[str]]  # by table, the ids of the rows that go

    def takedown(self, wanted: frozenset[str]) -> Takedown:
        """Return what will be said of it, before it is done."""
        documents, rejected = self.rows["documents"], self.rows["rejected"]
        missing = tuple(sorted(wanted - self.asked))
        ids = tuple(sorted({*documents, *rejected}))
        return Takedown(ids, missing, len(documents), len(rejected))


def _all_that_go(out: Path, wanted: frozenset[str], *, keep_copies: bool) -> _Found:
    """Return the closure of *wanted* over the articles of a page and over clusters of copies.

    A pass reads ids only, and another follows until nothing new is found: three, as a rule.
    """
    names = wanted
    while True:
        found = _Found(Gone(names, Counter()), set(), {"documents": [], "rejected": []})
        more = set(names)
        for table, ids in found.rows.items():
            for row in _rows_named(out, table, names, keep_copies=keep_copies):
                ids.append(row["id"])
                found.asked.update(wanted & {row["id"], row["parent_id"]})
                more.add(row["id"])
                if row["copy_of"] and not keep_copies:
                    more.add(row["copy_of"])
                found.gone.lost[row["copy_of"]] += 1
        if len(more) == len(names):
            return found
        names = frozenset(more)


def _rows_named(
    out: Path, table: str, names: frozenset[str], *, keep_copies: bool
) -> Iterator[dict[str, Any]]:
    """Give id, parent and what it is a copy of for each row of *table* that has one of *names*."""
    asked = pa.array(sorted(names), pa.string())
    columns = ["id", "parent_id", *_LINKS[table]]
    for path in table_files(out, table):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                part = file.read_row_group(group, columns=columns)
                part = part.append_column("copy_of", _copy_of(part, table))
                part = part.select(["id", "parent_id", "copy_of"])
                ways = part.columns[: 2 if keep_copies else 3]
                hits = (pc.is_in(column.cast(pa.string()), asked) for column in ways)
                yield from part.filter(_any(hits)).to_pylist()


_LINKS = {"documents": ["duplicate_of"], "rejected": ["stage", "kept_id", "detail"]}


def _copy_of(part: pa.Table, table: str) -> pa.ChunkedArray:
    """Return what each row is a copy of, or null; an id of another corpus never looks like ours."""
    if table == "documents":
        return part.column("duplicate_of")
    detail, kept = (part.column(name).fill_null("") for name in ("detail", "kept_id"))
    named = pc.binary_join_element_wise(detail, kept, "\0")
    name = pc.if_else(pc.starts_with(detail, ELSEWHERE), named, kept)
    is_copy = pc.and_(pc.equal(part.column("stage"), "duplicates"), pc.not_equal(kept, ""))
    return pc.if_else(is_copy, name, None)


def _any(masks: Iterable[pa.ChunkedArray]) -> pa.ChunkedArray:
    found, *others = masks
    for mask in others:
        found = pc.or_(found, mask)
    return found


# --- what is told of it


def _write_report(out: Path, gone: Gone, taken: Takedown, day: date) -> None:
    """Write the report, and from it page and card, as the corpus is now.

    The counts of the stages stay what the run counted; a stage of its own tells what went after.

    Raises:
        LedgerError: the characters do not add up any more.

    """
    path = out / "report.json"
    report = orjson.loads(path.read_bytes())
    _count_stage(report["stages"], taken)
    report["characters"] = characters({s["stage"]: s for s in report["stages"]})
    report["documents"]["out"] -= taken.documents
    report["documents"]["rejected"] += taken.documents
    report["sentences"] -= taken.sentences
    report["tables"] = {name: _table_entry(out, name, t) for name, t in report["tables"].items()}
    _unname(report, gone.ids)
    total = taken.documents + taken.rejected
    told = {"date": day.isoformat(), "documents": total, "rejected": taken.rejected}
    report.setdefault("takedowns", []).append(told)
    path.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    write_card(out)
    write_report_page(out)


def _count_stage(stages: list[dict[str, Any]], taken: Takedown) -> None:
    """Add *taken* to the last of *stages*, if need be a new one."""
    last = stages[-1]
    if last["stage"] != STAGE:
        documents, length = last["documents_out"], last["characters_out"]
        counts = StageCount(documents, documents, length, length).as_dict()
        stages.append(last := {"stage": STAGE, **counts})
    last["documents_out"] -= taken.documents
    last["characters_out"] -= taken.characters
    last["characters_rejected"] += taken.characters
    if taken.documents:
        last["rejected"][RULE] = last["rejected"].get(RULE, 0) + taken.documents


def _table_entry(out: Path, table: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return what report.json says of *table*, counted again."""
    files = table_files(out, table)
    splits: dict[str, dict[str, int]] = {}
    for path in files:
        counts = splits.setdefault(split_of(path), {"rows": 0, "bytes": 0})
        counts["rows"] += count_rows(path)
        counts["bytes"] += path.stat().st_size
    total = {key: sum(c[key] for c in splits.values()) for key in ("rows", "bytes")}
    told = {"splits": splits} if "splits" in entry else {}
    names = [path.relative_to(out).as_posix() for path in files]
    return {**entry, **total, "files": names, **told}


def _unname(report: dict[str, Any], names: Collection[str]) -> None:
    """Take the ids *names* out of *report*: from warnings, and where a file has its name as id."""
    inputs = report["inputs"]
    total = {"files": len(inputs), "bytes": sum(file["bytes"] for file in inputs)}
    report.setdefault("inputs_total", total)
    report["inputs"] = [file for file in inputs if file["path"] not in names]
    words = shlex.split(report["command"])
    report["command"] = shlex.join(word for word in words if word not in names)
    report["warnings"] = [_warning_without(warning, names) for warning in report["warnings"]]


def _warning_without(warning: str, names: Collection[str]) -> str:
    """Return *warning* without the id in it, if that is one of *names*.

    >>> _warning_without("9 of 20 documents are copies of 4: is it an error or login page?", {"4"})
    '9 of 20 documents are copies of a document that was taken down: is it an error or login page?'
    """
    found = COPIES_OF.search(warning)
    if not found or found[1] not in names:
        return warning
    return warning[: found.start(1)] + UNNAMED + warning[found.end(1) :]
