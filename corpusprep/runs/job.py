"""A whole run: plan the shards, map over them, decide on duplicates, write the finished corpus."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from corpusprep import __version__
from corpusprep.data.keeping import is_dataset, keep_dataset, keep_stdin
from corpusprep.data.readers import file_bytes, find_inputs, plan_shards
from corpusprep.data.staging import write_whole
from corpusprep.errors import CorpusprepError
from corpusprep.recipe import SPLITS, load_recipe
from corpusprep.report import Tally, characters
from corpusprep.runs import engines
from corpusprep.runs.index import clear_segments, commit_index, find_others
from corpusprep.runs.inputs import LISTED, hash_tasks, read_hashes
from corpusprep.runs.output import passages_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from corpusprep.data.readers import Part
    from corpusprep.recipe import Recipe

WORK = ".work"  # hidden, so that load_dataset does not see an unfinished run's files
TABLES = ("documents", "sentences", "removed", "rejected")
WRITTEN = (*TABLES, "README.md", "report.json", "report.html", "recipe.toml", "charts", ".changing")
PLAN = "plan.json"  # once it stands in WORK, the run has begun and can be resumed
LOCK = "lock"
# Seconds for which a worker that was being started may still hold the lock of a run just killed.
LINGERING = 2.0
BRIEF = ("duplicates", "passages", "hash inputs")  # work by the document, not by the megabyte:
SMALL = 64 << 20  # below so many bytes of input, starting workers for it takes longer


class RunError(CorpusprepError):
    """A run that cannot start or go on as asked; the message says what to do."""


class StrictError(CorpusprepError):
    """A run that stopped before it wrote anything, because of warnings."""

    def __init__(self, warnings: Sequence[str], out: Path) -> None:
        super().__init__(
            "; ".join(warnings) + f". Stopped before the corpus was written. If it is right so, go "
            f"on with --resume and without --strict; if not, start {out} afresh with --overwrite "
            "and another threshold or recipe"
        )


@dataclass(frozen=True)
class Corpus:
    """A finished corpus in a folder."""

    path: Path

    @cached_property
    def report(self) -> dict[str, Any]:
        """The counts of the run, as in report.json."""
        report: dict[str, Any] = orjson.loads((self.path / "report.json").read_bytes())
        return report

    def to_dataset(self, config: str = "documents") -> Any:
        """Return the table *config* as a memory-mapped `datasets.DatasetDict`."""
        from datasets import load_dataset

        return load_dataset(str(self.path), config)

    def push(self, repo_id: str, **options: Any) -> Any:
        """Upload the corpus to a hub and read it back; see `corpusprep.data.hub.push`."""
        from corpusprep.data.hub import push

        return push(self.path, repo_id, **options)


@dataclass
class Progress:
    """How far a run is: told after every finished shard."""

    stage: str
    done: int
    total: int
    megabytes: float = 0.0


def run(  # noqa: PLR0913 - the options of the command, by keyword
    inputs: Any,
    out: str | Path,
    *,
    recipe: str | Path | Mapping[str, object] | Recipe = "zh-web",
    workers: int | None = None,
    engine: str = "local",
    address: str | None = None,
    against: Iterable[str | Path] = (),
    index: str | Path | None = None,
    strict: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    tell: Callable[[Progress], None] = lambda _: None,
    stdin: IO[bytes] | None = None,
    clock: dict[str, float] | None = None,
) -> Corpus:
    """Clean *inputs* into a dataset at *out*.

    These are files, folders, globs, URLs, "-" for standard input, and Hugging Face datasets, by
    themselves or as they lie in memory: one, or a list of any of them.
    *workers* is the number of processes, all cores by default; the output does not depend on it.
    *engine* is "local" or "ray" (with the extra ``ray``; *address* names a cluster). Documents that
    are in the corpora or indexes *against* go; *index* is one that the run also adds to. With
    *strict* a run stops before it writes the corpus if too many documents would go as copies. With
    *resume* a run that was stopped goes on; with *overwrite* an earlier corpus at *out* is replaced.

    Raises:
        RecipeError: the recipe has an unknown key or value.
        InputError: an input does not exist, or there is nothing to read.
        RunError: *out* holds something else, or another run is at work there.
        StrictError: *strict*, and what was found among copies is suspicious.
        LedgerError: characters do not add up; nothing is published then.

    """
    loaded = load_recipe(recipe)
    given, datasets = _given(inputs)
    folder, against = Path(out), list(against)
    work = folder / WORK
    named = [name for name in given if name != "-" and name not in datasets]
    _check(folder, named, against, overwrite=overwrite)
    with _lock(work):
        # What a run that was killed had planned stands: it may have added to the index already.
        resumed = resume and (work / PLAN).exists()
        others = None if resumed else find_others(against, index, loaded)
        if not _prepare(folder, resume=resume, overwrite=overwrite):
            return Corpus(folder)
        names = [*map(str, against), f"index:{index or ''}"]
        kept = [_kept(name, work, datasets, stdin) for name in given]
        plan_path = str(_plan(work, loaded, kept, names, others))
        plan = orjson.loads(Path(plan_path).read_bytes())
        count = os.cpu_count() or 1 if workers is None else workers
        mapping = engines.ray(address, workers) if engine == "ray" else engines.local(count)
        clock = {} if clock is None else clock
        from corpusprep.runs.merge import find_copies, find_repeated, group_shards
        from corpusprep.runs.templates import join_templates, partitions

        def map_(name: str, indices: Sequence[int], stage: str) -> None:
            if indices:
                few = engines.local(1) if stage in BRIEF and small else mapping
                _map(few, plan_path, name, indices, stage, tell, clock)

        small = sum(plan["inputs"].values()) < SMALL
        sketched = plan["sketched"]
        if sketched and not (work / "templates").exists():
            map_("sketch_shard", sketched, "templates")
            some = range(partitions(len(sketched)))
            map_("find_templates", some, "templates")
            join_templates(work, len(some))
        shards = range(len(plan["shards"]))
        map_("sketch_against", range(len(plan["against"])), "sketch others")
        map_("run_shard", shards, "clean")
        map_("hash_inputs", hash_tasks(plan), "hash inputs")
        merged = find_copies(work, loaded, map_)
        if strict and merged.warnings:
            raise StrictError(merged.warnings, folder)
        find_repeated(work, loaded, len(shards), map_)
        if plan["index"]:
            map_("index_shard", shards, "index")
        groups = group_shards(work, len(shards), loaded.make("write").shard_megabytes)
        map_("write_shard", range(len(groups)), "write")
        compared = [o for path in against for o in ("--against", str(path))]
        compared += ["--index", str(index)] if index else []
        options = shlex.join([*given, "-o", "corpus", "--recipe", "recipe.toml", *compared])
        command = f"corpusprep run {options}"
        _finish(folder, loaded, plan, merged, len(groups), command)
        commit_index(plan, loaded)
        shutil.rmtree(work)
    return Corpus(folder)


def _check(
    out: Path, named: Sequence[str], against: Sequence[str | Path], *, overwrite: bool
) -> None:
    """Refuse what cannot be done, before anything is cleared for it."""
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file; name a folder for the corpus")
    if any(out.exists() and Path(other).resolve() == out.resolve() for other in against):
        raise RunError(f"{out} cannot be made and be compared with at once; name another OUT")
    if overwrite and named:
        find_inputs(named)


def _prepare(out: Path, *, resume: bool, overwrite: bool) -> bool:
    """Make *out* ready; return False if it holds the finished corpus already."""
    work = out / WORK
    if overwrite:
        _clear([out / name for name in WRITTEN])
        _clear(path for path in work.iterdir() if path.name != LOCK)
        return True
    begun = (work / PLAN).exists()
    if resume:
        if begun:
            return True
        if (out / "report.json").exists():
            return False
    if begun or any(path != work for path in out.iterdir()):
        state = "an unfinished run" if begun else "files"
        way = "--resume goes on with it" if begun else "name another folder"
        raise RunError(f"{out} already holds {state}: {way}; --overwrite starts afresh")
    if not resume:  # input that was saved for a run that never began
        _clear(path for path in work.iterdir() if path.name != LOCK)
    return True


def _clear(paths: Iterable[Path]) -> None:
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@contextmanager
def _lock(work: Path) -> Iterator[None]:
    """Keep other runs out of *work*; a run that did not come to its plan leaves nothing there."""
    work.mkdir(parents=True, exist_ok=True)
    with (work / LOCK).open("w") as lock:
        if sys.platform != "win32" and not _locked(lock):
            raise RunError(f"another run is at work in {work.parent}")
        try:
            yield
        finally:
            if not (work / PLAN).exists():
                shutil.rmtree(work, ignore_errors=True)


def _locked(lock: IO[str]) -> bool:
    """Lock the file, if nobody holds it for as long as a killed run's last worker may."""
    import fcntl

    deadline = time.monotonic() + LINGERING
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def _plan(
    work: Path,
    recipe: Recipe,
    given: list[str],
    names: list[str],
    others: dict[str, Any] | None,
) -> Path:
    """Write the plan of the run, or check that the one that stands there is the same."""
    path = work / PLAN
    found = find_inputs(given)
    shards = plan_shards(found.paths, found.sizes)
    plan = {
        "signature": recipe.signature,
        "recipe": {"name": recipe.name, **recipe.options},
        "inputs": file_bytes(found.paths, found.sizes),
        "skipped": found.skipped,
        "shards": [[list(part) for part in shard] for shard in shards],
        "sketched": _sketched(shards, recipe),
        "others": names,
    }
    # By which its files in an index are told from those of other runs.
    token = sha256(orjson.dumps([str(work.absolute()), plan])).hexdigest()[:8]
    if path.exists():
        there = orjson.loads(path.read_bytes())
        if {name: there.get(name) for name in plan} != orjson.loads(orjson.dumps(plan)):
            raise RunError(
                f"{work.parent} was begun with another recipe, version or other inputs (or another "
                "--against or --index); "
                "start it as it was begun, or afresh with --overwrite"
            )
        return path
    planned = {**plan, **(others or {}), "token": token}
    clear_segments(planned)
    write_whole(path, orjson.dumps(planned))
    return path


def _sketched(shards: list[list[Part]], recipe: Recipe) -> list[int]:
    """Return the shards that may hold pages of a site with enough of them to have templates.

    Text files without companions in their folder do not: they are read once.
    """
    if not recipe.enabled("templates"):
        return []
    least = recipe.make("templates").min_pages
    alike = Counter(os.path.dirname(p.path) for s in shards for p in s if p.kind == "text")  # noqa: PTH120 - a million of them
    return [
        i
        for i, shard in enumerate(shards)
        if any(p.kind != "text" or alike[os.path.dirname(p.path)] >= least for p in shard)  # noqa: PTH120
    ]


def _given(inputs: Any) -> tuple[list[str], dict[str, Any]]:
    """Return the names of what was given, and the datasets among it by the names they have here."""
    one = isinstance(inputs, str | Path) or is_dataset(inputs)
    every = [inputs] if one else list(inputs)
    datasets = {f"<{type(d).__name__} {i}>": d for i, d in enumerate(every) if is_dataset(d)}
    names = iter(datasets)
    return [next(names) if is_dataset(i) else str(i) for i in every], datasets


def _kept(name: str, work: Path, datasets: dict[str, Any], stdin: IO[bytes] | None) -> str:
    """Return where workers find what was given as *name*: saved, if it can be read only once."""
    if name == "-":
        return str(keep_stdin(work, stdin or sys.stdin.buffer))
    if name in datasets:
        return str(keep_dataset(work, datasets[name], list(datasets).index(name)))
    return name


def _map(
    mapping: engines.Engine,
    plan: str,
    work: str,
    indices: Sequence[int],
    stage: str,
    tell: Callable[[Progress], None],
    clock: dict[str, float],
) -> None:
    megabytes = 0.0
    tell(Progress(stage, 0, len(indices)))
    for done, result in enumerate(mapping(plan, work, indices), 1):
        megabytes += result.get("megabytes", 0.0)
        for name, seconds in result.get("seconds", {}).items():
            clock[name] = clock.get(name, 0.0) + seconds
        tell(Progress(stage, done, len(indices), megabytes))


def _finish(
    out: Path, recipe: Recipe, plan: dict[str, Any], merged: Any, groups: int, command: str
) -> None:
    """Count, check that the counts add up, and move the tables to their names."""
    work = out / WORK
    tally = Tally([])
    documents: Counter[str] = Counter()
    for shard in range(len(plan["shards"])):
        counts = orjson.loads((work / "spool" / f"{shard:06d}" / "tally.json").read_bytes())
        tally.merge(counts["stages"])
        documents.update(counts["files"])
    stages = tally.as_dict()
    if merged.stage:
        stages["duplicates"] = merged.stage
    written = [
        orjson.loads((work / "tables" / f"{g:06d}" / "tally.json").read_bytes())
        for g in range(groups)
    ]
    if recipe.enabled("passages"):
        last = list(stages.values())[-1]
        stages["passages"] = passages_stage(last, [w["passages"] for w in written])
    totals = characters(stages)
    _reconcile(totals, stages, written)
    tables = _place(out, written)
    last = list(stages.values())[-1]
    files = plan["inputs"].items()
    hashes = read_hashes(work)
    report = {
        "corpusprep": __version__,
        "signature": recipe.signature,
        "recipe": recipe.name,
        "command": command,
        "inputs": [
            {
                "path": _name(path),
                "bytes": size,
                "documents": documents[path],
                "sha256": hashes.get(path),
            }
            for path, size in islice(files, LISTED)
        ],
        "inputs_total": {"files": len(files), "bytes": sum(size for _, size in files)},
        "skipped_files": plan["skipped"],
        "documents": {
            "in": stages["read"]["documents_in"],
            "out": last["documents_out"],
            "rejected": sum(n for s in stages.values() for n in s["rejected"].values()),
        },
        "characters": totals,
        "sentences": sum(w["sentences"] for w in written),
        "stages": [{"stage": name, **counts} for name, counts in stages.items()],
        "duplicates": merged.summary,
        "against": sorted({a["name"] for a in plan["against"]}),
        "tables": tables,
        "warnings": merged.warnings,
    }
    if not recipe.make("read").ignore_optout:
        report["optouts"] = stages["read"]["rejected"].get("opt-out", 0)
    for name, content in (
        ("recipe.toml", recipe.to_toml().encode()),
        ("report.json", orjson.dumps(report, option=orjson.OPT_INDENT_2)),
    ):
        (work / name).write_bytes(content)
        (work / name).rename(out / name)
    from corpusprep.data.card import write_card, write_report_page

    write_card(out)
    write_report_page(out)


def _reconcile(
    totals: dict[str, int], stages: dict[str, Any], written: list[dict[str, Any]]
) -> None:
    """Check the counts of the stages against the rows that were really written."""
    documents = list(stages.values())[-1]["documents_out"]
    kept = sum(w["documents"] for w in written), sum(w["characters"] for w in written)
    rejected = sum(n for s in stages.values() for n in s["rejected"].values())
    rows = sum(n for w in written for n in w["rows"]["rejected"].values())
    if kept != (documents, totals["out"]) or rows != rejected:
        raise RunError(
            f"counted {documents} documents of {totals['out']} characters and {rejected} rejected, "
            f"wrote {kept[0]} of {kept[1]} and {rows}; please report this, nothing was published"
        )


def _place(out: Path, written: list[dict[str, Any]]) -> dict[str, Any]:
    """Move the tables of all groups to their final names; a second start finds them moved."""
    placed: dict[str, Any] = {}
    for table in TABLES:
        (out / table).mkdir(exist_ok=True)
        rows = [w["rows"][table] for w in written]
        splits = [s for s in SPLITS if any(r.get(s) for r in rows)] or [SPLITS[0]]
        files: list[str] = []
        told = {}
        for split in splits:
            groups = [g for g, r in enumerate(rows) if r.get(split)] or [0]
            names = [
                f"{table}/{split}-{k:05d}-of-{len(groups):05d}.parquet" for k in range(len(groups))
            ]
            for name, group in zip(names, groups, strict=True):
                source = out / WORK / "tables" / f"{group:06d}" / f"{table}.{split}.parquet"
                if source.exists():
                    source.rename(out / name)
            size = sum((out / name).stat().st_size for name in names)
            told[split] = {"rows": sum(r.get(split, 0) for r in rows), "bytes": size}
            files += names
        total = {key: sum(t[key] for t in told.values()) for key in ("rows", "bytes")}
        placed[table] = {**total, "files": files, "splits": told}
    return placed


def _name(path: str) -> str:
    return "-" if WORK in Path(path).parts[-4:-1] else path
