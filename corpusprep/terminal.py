"""What the command prints: JSON and edits in their context to standard output, the rest to the other.

A terminal gets colours and a progress line; a pipe or a file gets plain text and no progress.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from corpusprep.core import Explanation, OriginalEdit
    from corpusprep.runs.job import Corpus, Progress

errors = Console(stderr=True, highlight=False)

SHOWN = 20  # edits of one rule; --json has all
SIDE = 12  # characters of context on either side


def print_json(found: Any) -> None:
    """Write *found* to standard output as indented JSON, with a line end."""
    sys.stdout.buffer.write(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")


def print_explanation(explanation: Explanation, color: str = "auto") -> None:
    """Print every edit in its context: colours where there are some, [-old-]{+new+} elsewhere.

    *color* is auto, always or never.
    """
    forced = {"always": True, "never": False}.get(color)
    console = Console(
        force_terminal=forced, no_color=forced is False, highlight=False, soft_wrap=True
    )
    edits = sorted(explanation.edits, key=lambda e: (e.start, e.end))
    _print_edits(console, explanation.original, edits)
    if explanation.dropped:
        stage, rule, detail = explanation.dropped
        console.print(f"[bold red]dropped[/] by {stage}/{rule}: {escape(detail)}")
    before, after = len(explanation.original), len(explanation.text)
    errors.print(f"{before} characters in, {after} out, {len(edits)} edits")


def _print_edits(console: Console, original: str, edits: list[OriginalEdit]) -> None:
    plain = not console.is_terminal or console.no_color
    counts: dict[str, int] = {}
    for edit in edits:
        name = f"{edit.step}/{edit.rule}"
        counts[name] = counts.get(name, 0) + 1
        if counts[name] <= SHOWN:
            console.print(f"[bold cyan]{name}[/] [dim]{edit.start}-{edit.end}[/]")
            console.print(_context(original, edit, plain=plain))
    for name, n in counts.items():
        if n > SHOWN:
            console.print(f"[dim]… {n - SHOWN} more of[/] [bold cyan]{name}[/]")


def _context(original: str, edit: OriginalEdit, *, plain: bool) -> str:
    def visible(text: str) -> str:
        return escape(text.replace("\n", "⏎").replace("\t", "⇥"))

    before = visible(original[max(0, edit.start - SIDE) : edit.start])
    after = visible(original[edit.end : edit.end + SIDE])
    old, new = visible(edit.old), visible(edit.new)
    if plain:
        gone = f"\\[-{old}-]" if old else ""
        come = f"{{+{new}+}}" if new else ""
    else:
        gone = f"[red strike]{old}[/]" if old else ""
        come = f"[green]{new}[/]" if new else ""
    return f"  [dim]{before}[/]{gone}{come}[dim]{after}[/]"


class Telling:
    """A progress line on a terminal; nothing elsewhere, or if *quiet*.

    >>> from corpusprep.runs.job import Progress
    >>> with Telling(quiet=True) as tell:
    ...     tell(Progress("清洗", 1, 2))
    """

    def __init__(self, *, quiet: bool) -> None:
        self._shown = errors.is_terminal and not quiet
        self._progress: Any = None

    def __enter__(self) -> Callable[[Progress], None]:
        if not self._shown:
            return lambda _: None
        self._progress = bar = _progress_bar()
        bar.start()
        tasks: dict[str, Any] = {}

        def tell(progress: Progress) -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bar.add_task(progress.stage, speed="")
            task = tasks[progress.stage]
            elapsed = bar.tasks[task].elapsed or 0.0
            speed = (
                f"{progress.megabytes / elapsed:.1f} MB/s" if elapsed and progress.megabytes else ""
            )
            bar.update(task, completed=progress.done, total=progress.total, speed=speed)

        return tell

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()


def _progress_bar() -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
    )


def print_summary(corpus: Corpus) -> None:
    """Print what a run did: a row a stage, the sum of the characters, the tables, the warnings."""
    report = corpus.report
    errors.print(_stage_table(report["stages"]))
    c = report["characters"]
    errors.print(
        f"characters: {c['in']:,} in = {c['out']:,} out + {c['removed']:,} removed"
        f" - {c['inserted']:,} inserted + {c['rejected']:,} in rejected documents"
        f" ({c['replaced']:,} replaced)"
    )
    tables = report["tables"]
    rows = ", ".join(f"{name} {t['rows']:,}" for name, t in tables.items())
    errors.print(f"[bold]{escape(str(corpus.path))}[/]: {rows} rows")
    if report["duplicates"]["clusters"] or report["duplicates"].get("forms_kept_apart"):
        errors.print(_copies(report))
    for ending, n in report["skipped_files"].items():
        errors.print(f"[yellow]passed over[/] {n:,} files with ending {ending}")
    for warning in report["warnings"]:
        errors.print(f"[bold yellow]warning:[/] {escape(warning)}")


def _stage_table(stages: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name, justify in (("stage", "left"), ("documents", "right"), ("", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type] # rich's literal type
    table.add_column("characters", justify="right")
    table.add_column("", justify="right")
    table.add_column("main reasons")
    for stage in stages:
        reasons = [(n, rule) for rule, n in stage["rejected"].items()]
        reasons += [(c["edits"], rule) for rule, c in stage["rules"].items()]
        main = ", ".join(f"{rule} {n:,}" for n, rule in sorted(reasons, reverse=True)[:3])
        table.add_row(
            stage["stage"],
            f"{stage['documents_in']:,}",
            _change(stage["documents_in"], stage["documents_out"]),
            f"{stage['characters_in']:,}",
            _change(stage["characters_in"], stage["characters_out"]),
            main,
        )
    return table


def _copies(report: dict[str, Any]) -> str:
    """Return what the summary says of copies."""
    found = report["duplicates"]
    told = [f"clusters of copies: {found['clusters']:,}, the largest of {found['largest']:,}"]
    if found["already_there"]:
        names = " and ".join(escape(name) for name in report["against"])
        told.append(f"{found['already_there']:,} documents are already in {names}")
    if found["forms_kept_apart"]:
        told.append(f"{found['forms_kept_apart']:,} fill in a form with other facts and stay")
    if found["action"] == "mark":
        told.append("copies are marked, not left out")
    return "; ".join(told)


def _change(before: int, after: int) -> str:
    return "" if before == after else f"{after - before:+,}"
