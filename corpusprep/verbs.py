"""The verbs for a finished corpus: give back originals, publish, take down, count, describe."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.markup import escape

from corpusprep.terminal import errors, print_json, print_statistics, print_takedown

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from corpusprep.data.uploads import Sent

corpus_app = typer.Typer()
OutArgument = Annotated[
    Path, typer.Argument(metavar="OUT", help="The folder of a finished corpus.")
]


@corpus_app.command(epilog="Example:  corpusprep restore corpus seeds/000.txt > original.txt")
def restore(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="A corpus written with --ledger full.")
    ],
    doc_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a document in it.")],
) -> None:
    """Print the original text of one document, rebuilt from the corpus and its ledger."""
    from corpusprep.data.ledger import restore as restore_one

    sys.stdout.buffer.write(restore_one(out, doc_id).encode("utf-8", "surrogatepass"))


@corpus_app.command(
    epilog="Examples:  corpusprep push corpus user/name --license cc-by-4.0 --private   |   "
    "corpusprep push corpus user/name --dry-run   |   "
    "corpusprep push corpus user/name --config documents --revision v2"
)
def push(
    out: OutArgument,
    repo_id: Annotated[str, typer.Argument(metavar="USER/NAME", help="The dataset on the hub.")],
    private: Annotated[bool, typer.Option("--private", help="Create it as private.")] = False,
    revision: Annotated[str | None, typer.Option(help="A branch to push to.")] = None,
    create_pr: Annotated[bool, typer.Option("--create-pr", help="Open a pull request.")] = False,
    message: Annotated[str | None, typer.Option(help="The commit message.")] = None,
    license: Annotated[
        str | None,
        typer.Option(help="The licence, e.g. cc-by-4.0; needed unless README.md names one."),
    ] = None,
    configs: Annotated[
        list[str] | None,
        typer.Option("--config", help="Push this table only. May be given again."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check all that can be checked, and send nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Upload a corpus to a hub in one commit, then load it back and compare.

    The hub is the one that HF_ENDPOINT names; the token is that of `hf auth login` or HF_TOKEN.
    After an interruption, give the same command again: finished files are not sent twice.
    """
    for name in ("HF_HUB_DISABLE_PROGRESS_BARS", "HF_DATASETS_DISABLE_PROGRESS_BARS"):
        os.environ.setdefault(name, "1")  # one bar is enough; read when the client is imported
    from corpusprep.data.hub import push as push_corpus

    try:
        with _push_bar(shown=errors.is_terminal and not quiet) as tell:
            pushed = push_corpus(
                out,
                repo_id,
                private=private,
                revision=revision,
                create_pr=create_pr,
                message=message,
                license=license,
                configs=configs or (),
                dry_run=dry_run,
                tell=tell,
            )
    except KeyboardInterrupt:
        errors.print("interrupted; finished files are kept: give the same command again")
        raise typer.Exit(130) from None
    if json:
        sys.stdout.buffer.write(orjson.dumps(pushed._asdict()) + b"\n")
        return
    told = f"{len(pushed.files)} files, {pushed.bytes:,} bytes"
    typer.echo(pushed.url or f"nothing was sent: {told} would go, {len(pushed.deleted)} be deleted")
    if pushed.verified:
        rows = ", ".join(f"{name} {n:,}" for name, n in pushed.verified.items())
        errors.print(f"{told}; read back and compared: {rows} rows", soft_wrap=True)


@contextmanager
def _push_bar(*, shown: bool) -> Iterator[Callable[[Sent], None]]:
    """Give what is told how far a push is: files and bytes, one line each for sending and checking."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    files = TextColumn("{task.fields[files]} files")
    columns = (TextColumn("{task.description:<6}"), BarColumn(), files)
    bar = Progress(
        *columns, DownloadColumn(), TransferSpeedColumn(), console=errors, disable=not shown
    )
    tasks: dict[str, Any] = {}

    def tell(sent: Sent) -> None:
        if sent.stage not in tasks:
            tasks[sent.stage] = bar.add_task(sent.stage, files="")
        done = f"{sent.files}/{sent.of_files}"
        bar.update(tasks[sent.stage], completed=sent.bytes, total=sent.of_bytes, files=done)

    with bar:
        yield tell


@corpus_app.command(
    epilog="Examples:  corpusprep drop corpus --id posts/17.txt --dry-run   |   "
    "corpusprep drop corpus --ids takedown.txt   |   "
    "jq -r .id requests.jsonl | corpusprep drop corpus --ids - --ignore-missing"
)
def drop(
    out: OutArgument,
    ids: Annotated[
        str | None,
        typer.Option("--ids", metavar="FILE", help="Ids, one a line; - is standard input."),
    ] = None,
    one: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="One id. May be given again.")
    ] = None,
    keep_copies: Annotated[
        bool,
        typer.Option("--keep-copies", help="Keep copies of what goes; they name it no longer."),
    ] = False,
    ignore_missing: Annotated[
        bool, typer.Option("--ignore-missing", help="Go on where an id is not in the corpus.")
    ] = False,
    date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="The day for the card; today (UTC).")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the ids of all that would go; change nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what went as JSON.")] = False,
) -> None:
    """Take documents out of a finished corpus, with all that was written of them.

    Their rows go from all four tables, the articles of a page with it. Copies hold the same text
    and go as well: [bold]--dry-run[/bold] shows which. Counts, card and report page follow; the
    report says how many went, and when, but not which. Killed, it leaves the corpus as it was, or
    the next command finishes it. If an id is not there, nothing is changed and the status is 1.
    Out of reach are earlier revisions on a hub and caches of those who loaded them.
    """
    from corpusprep.data.takedown import take_down

    try:
        taken = take_down(
            out,
            _ids(ids, one),
            day=_day(date),
            keep_copies=keep_copies,
            ignore_missing=ignore_missing,
            dry_run=dry_run,
        )
    except KeyboardInterrupt:
        errors.print("interrupted; give the same command again")
        raise typer.Exit(130) from None
    if json:
        print_json(taken._asdict())
    elif dry_run:
        sys.stdout.buffer.write("".join(f"{doc_id}\n" for doc_id in taken.ids).encode())
    print_takedown(taken, dry_run=dry_run)
    if taken.missing and not ignore_missing:
        raise typer.Exit(1)


def _ids(file: str | None, given: list[str] | None) -> list[str]:
    """Return the ids that are *given* and those in *file*, one a line."""
    ids = list(given or [])
    if file is not None:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise typer.BadParameter(f"{file} is not UTF-8: {error}", param_hint="--ids") from None
        ids += (line.removesuffix("\r") for line in text.split("\n"))
    ids = [doc_id for doc_id in ids if doc_id]
    if not ids:
        raise typer.BadParameter("no id was given", param_hint="--ids or --id")
    return ids


def _day(text: str | None) -> dt.date:
    from datetime import UTC, date, datetime

    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day", param_hint="--date") from None


@corpus_app.command(
    epilog="Examples:  corpusprep stats corpus   |   "
    "corpusprep stats corpus --json | jq '.document_lengths.percentiles'"
)
def stats(
    out: OutArgument,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Show what a corpus is made of: lengths, scripts, genres, sites, dates, copies, stages."""
    from corpusprep.data.facts import statistics
    from corpusprep.data.staging import settle

    settle(out)
    figures = statistics(out).as_dict()
    if json:
        print_json(figures)
    else:
        print_statistics(figures)


@corpus_app.command(
    epilog="Examples:  corpusprep card corpus   |   corpusprep card corpus --license cc-by-4.0"
)
def card(
    out: OutArgument,
    license: Annotated[
        str | None, typer.Option(help="The licence for the card, e.g. cc-by-4.0.")
    ] = None,
) -> None:
    """Write README.md and report.html of a corpus again, and keep what a person wrote in the card."""
    from corpusprep.data.card import write_card, write_report_page
    from corpusprep.data.staging import locked, settle_locked

    with locked(out):
        settle_locked(out)
        write_card(out, license=license)
        write_report_page(out)
    errors.print(f"{escape(str(out))}: README.md and report.html are written", soft_wrap=True)
