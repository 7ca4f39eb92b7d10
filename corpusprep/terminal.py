"""What the command prints: JSON and edits in their context to standard output, the rest to the other.

A terminal gets colours and a progress line; a pipe or a file gets plain text and no progress.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

import orjson
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.table import Table

    from corpusprep.core import Explanation, OriginalEdit
    from corpusprep.data.takedown import Takedown
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


def print_takedown(taken: Takedown, *, dry_run: bool = False) -> None:
    """Say what a takedown took, or why it took nothing."""
    for doc_id in taken.missing[:SHOWN]:
        errors.print(f"[yellow]not in the corpus:[/] {escape(doc_id)}", soft_wrap=True)
    if len(taken.missing) > SHOWN:
        errors.print(f"[yellow]not in the corpus:[/] {len(taken.missing) - SHOWN:,} more")
    rows = f"{taken.documents:,} documents, and {taken.rejected:,} that were left out before"
    if taken.done:
        errors.print(f"taken down: {rows}; {taken.sentences:,} sentences", soft_wrap=True)
        errors.print(
            "what was published of them is still there: push again, and delete or squash the "
            "earlier revisions on the hub",
            soft_wrap=True,
        )
    elif dry_run:
        errors.print(f"would be taken down: {rows}; nothing was changed", soft_wrap=True)
    elif taken.missing:
        errors.print("nothing was changed", soft_wrap=True)


BAR = 30  # columns of the longest bar
NAMED = 10  # names of a column; --json has a hundred


def print_statistics(figures: dict[str, Any]) -> None:
    """Print the *figures* of `corpusprep stats` to standard output, as tables with bars."""
    console = Console(highlight=False)
    names = ("documents", "characters", "sentences")
    console.print("[bold]" + ", ".join(f"{figures[n]:,} {n}" for n in names) + "[/]")
    for part in _statistics(figures):
        console.print()
        console.print(part, soft_wrap=isinstance(part, str))


def _statistics(figures: dict[str, Any]) -> Iterator[Table | str]:
    documents = figures["documents"]
    if len(figures["splits"]) > 1:
        yield _bars("split", figures["splits"], documents)
    for name in ("document", "sentence"):
        yield from _lengths(name, figures[f"{name}_lengths"])
    for name in ("script", "genre", "encoding", "site"):
        if figures[f"{name}s"]["rows"]:
            yield _ranking(name, figures[f"{name}s"], documents)
    dates = figures["dates"]
    if dates["dated"]:
        title = f"published ({dates['first']} to {dates['last']})"
        yield _bars(title, dates["years"], documents)
    yield _stage_table(figures["stages"])
    copies = figures["duplicates"]
    if copies.get("clusters"):
        yield f"clusters of copies: {copies['clusters']:,}, the largest of {copies['largest']:,}"


def _lengths(what: str, spread: dict[str, Any]) -> Iterator[Table | str]:
    """Give a histogram without its empty ends, and where the percentiles lie."""
    bars = {bar["from"]: bar["count"] for bar in spread["histogram"]}
    full = [start for start, n in bars.items() if n]
    if full:
        shown = {f"{s:,}": n for s, n in bars.items() if full[0] <= s <= full[-1]}
        title = f"characters of a {what}, from"
        yield _bars(title, shown, spread["count"], count=f"{what}s", justify="right")
        marks = ", ".join(f"{p} % {length:,}" for p, length in spread["percentiles"].items())
        yield f"mean {spread['mean']:,}, longest {spread['max']:,}; up to: {marks}"


def _ranking(name: str, ranking: dict[str, Any], documents: int) -> Table:
    """Return the most frequent names; the last row is for all others."""
    top = dict(list(ranking["top"].items())[:NAMED])
    others = ranking["rows"] - sum(top.values())
    if ranking["error"]:
        name = f"{name} (counts: up to {ranking['error']:,} more)"
    return _bars(name, {**top, "… others": others} if others else top, documents)


def _bars(
    title: str,
    counts: dict[str, int],
    whole: int,
    *,
    count: str = "documents",
    justify: Literal["left", "right"] = "left",
) -> Table:
    """Return a table of *counts* with their shares in *whole* and a bar each."""
    from rich.table import Table

    from corpusprep.data.phrases import percent, visible

    table = Table(box=None, pad_edge=False)
    table.add_column(title, justify=justify)
    table.add_column(count, justify="right")
    table.add_column("share", justify="right")
    table.add_column("")
    most = max(counts.values(), default=0)
    for label, n in counts.items():
        bar = "█" * round(BAR * n / most) if most else ""
        shown = escape(visible(label, 60))  # names come from the web
        table.add_row(shown, f"{n:,}", percent(n, whole), bar or ("▏" if n else ""))
    return table
