"""The command: one function a verb. Data goes to standard output, everything else to the other.

Exit status: 0 fine, 1 a check failed, 2 a wrong option or recipe, 3 too many inputs unreadable,
4 hub or credentials, 130 interrupted with the state kept.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from corpusprep import __version__
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Callable

    from corpusprep.core import Explanation, OriginalEdit
    from corpusprep.pipeline import Pipeline
    from corpusprep.recipe import Recipe
    from corpusprep.runs.job import Corpus, Progress

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
rules_app = typer.Typer(
    no_args_is_help=True, help="Look at the boilerplate rules, or check your own."
)
app.add_typer(rules_app, name="rules")
errors = Console(stderr=True, highlight=False)

RecipeOption = Annotated[
    str, typer.Option("--recipe", "-r", help="A recipe that ships (zh-web) or a TOML file.")
]
ScriptOption = Annotated[
    str | None,
    typer.Option(help="keep, simplified, traditional, or an OpenCC name such as tw2sp."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="One option of the recipe: duplicates.threshold=0.85"),
]
FileArgument = Annotated[
    str, typer.Argument(metavar="[FILE|-]", help="A text file; - is standard input.")
]


def main() -> None:
    """Run the command; turn what goes wrong into one clear line and an exit status."""
    try:
        app()
    except CorpusprepError as error:
        errors.print(f"[red]corpusprep:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(_status(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        errors.print(
            f"[red]corpusprep:[/red] {escape(where + (error.strerror or str(error)))}",
            soft_wrap=True,
        )
        sys.exit(2)


def _status(error: CorpusprepError) -> int:
    kind = type(error).__name__
    return {"HubError": 4, "LedgerError": 1, "UndecodableError": 3}.get(kind, 2)


def _version(show: bool) -> None:  # noqa: FBT001 - typer's callback signature
    if show:
        typer.echo(f"corpusprep {__version__}")
        raise typer.Exit


@app.callback()
def corpusprep(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Clean Chinese text and say of every character what happened to it.

    [bold]corpusprep run crawl/ -o corpus[/bold]  makes a Hugging Face dataset with a ledger;
    [bold]corpusprep clean page.txt[/bold]  cleans one text;
    [bold]corpusprep explain page.txt[/bold]  shows why.
    """


@app.command(
    epilog="Examples:  corpusprep run seeds -o corpus --script simplified   |   "
    "corpusprep run 'crawl/*.jsonl' -o corpus -j 8   |   cat posts.jsonl | corpusprep run - -o corpus"
)
def run(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Files, folders, globs, or -")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write the dataset to.")],
    recipe: RecipeOption = "zh-web",
    script: ScriptOption = None,
    ledger: Annotated[
        str | None, typer.Option(help="full (originals can be restored), removals, or counts.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="articles: a page that holds several becomes a document for each."),
    ] = None,
    options: SetOption = None,
    workers: Annotated[
        int | None, typer.Option("--workers", "-j", min=1, help="Processes; all cores by default.")
    ] = None,
    engine: Annotated[str, typer.Option(help="local or ray")] = "local",
    address: Annotated[
        str | None, typer.Option(help="A Ray cluster; without it Ray runs on this machine.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the corpus in OUT.")
    ] = False,
    max_errors: Annotated[
        int | None, typer.Option(min=0, help="Exit with 3 if more inputs cannot be read.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on a warning.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Clean INPUT into a Hugging Face dataset in OUT, with a ledger of all that was removed."""
    from corpusprep.runs.job import run as run_job

    if engine not in {"local", "ray"}:
        raise typer.BadParameter("local or ray", param_hint="--engine")
    if split not in {None, "articles"}:
        raise typer.BadParameter("articles", param_hint="--split")
    loaded = _recipe(recipe, script, options, ledger)
    if split:
        loaded = loaded.with_options({"articles": {"enabled": True}}, "--split")
    try:
        with _Telling(quiet=quiet) as tell:
            corpus = run_job(
                inputs,
                out,
                recipe=loaded,
                workers=workers,
                engine=engine,
                address=address,
                resume=resume,
                overwrite=overwrite,
                tell=tell,
            )
    except KeyboardInterrupt:
        errors.print("interrupted; what is finished is kept: start again with --resume")
        raise typer.Exit(130) from None
    if json:
        sys.stdout.buffer.write(orjson.dumps(corpus.report, option=orjson.OPT_INDENT_2) + b"\n")
    if not quiet:
        _summary(corpus)
    unread = sum(corpus.report["stages"][0]["rejected"].values())
    if max_errors is not None and unread > max_errors:
        errors.print(f"{unread} inputs could not be read; --max-errors is {max_errors}")
        raise typer.Exit(3)
    if strict and corpus.report["warnings"]:
        raise typer.Exit(1)


@app.command(epilog="Example:  corpusprep clean page.txt > clean.txt")
def clean(
    file: FileArgument = "-",
    recipe: RecipeOption = "zh-web",
    script: ScriptOption = None,
    options: SetOption = None,
) -> None:
    """Clean one text: repair, normalise, take boilerplate out, join broken lines."""
    text = _single(recipe, script, options)(_read(file)).text
    sys.stdout.buffer.write(
        text.encode("utf-8", "replace") + (b"" if text.endswith("\n") else b"\n")
    )


@app.command(epilog="Example:  corpusprep explain page.txt --json | jq '.edits[].rule'")
def explain(
    file: FileArgument = "-",
    recipe: RecipeOption = "zh-web",
    script: ScriptOption = None,
    options: SetOption = None,
    json: Annotated[
        bool, typer.Option("--json", help="Edits as JSON, offsets in the original.")
    ] = False,
    color: Annotated[str, typer.Option(help="auto, always or never.")] = "auto",
) -> None:
    """Show what would be removed or changed in one text, and by which rule."""
    from corpusprep.core import Explanation

    original = _read(file)
    doc = _single(recipe, script, options)(original)
    explanation = Explanation(doc, original)
    if json:
        found = {
            "text": explanation.text,
            "dropped": explanation.dropped,
            "labels": explanation.labels,
            "edits": [edit._asdict() for edit in explanation.edits],
        }
        sys.stdout.buffer.write(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
        return
    forced = {"always": True, "never": False}.get(color)
    console = Console(
        force_terminal=forced, no_color=forced is False, highlight=False, soft_wrap=True
    )
    _show(console, explanation, plain=not console.is_terminal or console.no_color)


@app.command(
    epilog="Examples:  corpusprep clean page.txt | corpusprep split   |   "
    "corpusprep split film.srt --preset subtitle   |   corpusprep split page.txt --max-chars 120 --json"
)
def split(
    file: FileArgument = "-",
    quotes: Annotated[
        str | None, typer.Option(help="split (default) or keep: a quotation of several sentences.")
    ] = None,
    semicolon: Annotated[
        bool | None, typer.Option("--semicolon/--no-semicolon", help="；ends a sentence.")
    ] = None,
    max_chars: Annotated[
        int | None, typer.Option(min=1, help="Cut longer sentences at their best ；or ，.")
    ] = None,
    line_breaks: Annotated[
        str | None, typer.Option(help="soft (default): a line may go on; hard: it never does.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Conventions: ud, ltp or subtitle.")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="JSON Lines with start, end (code points) and text.")
    ] = False,
) -> None:
    """Split one text into sentences, one a line."""
    from corpusprep.text.reflow import join_wrapped_lines
    from corpusprep.text.sentences import options_for, whole_spans

    try:
        options = options_for(quotes, line_breaks, max_chars, preset, semicolon=semicolon)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    text = _read(file)
    if not json and options.line_breaks == "soft":  # a sentence is one line: its own breaks go
        text = join_wrapped_lines(text)
    out = sys.stdout.buffer
    for start, end in whole_spans(text, options):
        sentence = text[start:end]
        if json:
            row = {"start": start, "end": end, "text": sentence.encode("utf-8", "replace").decode()}
            out.write(orjson.dumps(row) + b"\n")
        elif sentence.strip():
            out.write(" ".join(sentence.split()).encode("utf-8", "replace") + b"\n")


@app.command(epilog="Example:  corpusprep restore corpus seeds/000.txt > original.txt")
def restore(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="A corpus written with --ledger full.")
    ],
    doc_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a document in it.")],
) -> None:
    """Print the original text of one document, rebuilt from the corpus and its ledger."""
    from corpusprep.data.ledger import restore as restore_one

    sys.stdout.buffer.write(restore_one(out, doc_id).encode("utf-8", "surrogatepass"))


@app.command(epilog="Example:  corpusprep push corpus user/name --license cc-by-4.0 --private")
def push(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of a finished corpus.")],
    repo_id: Annotated[str, typer.Argument(metavar="USER/NAME", help="The dataset on the hub.")],
    private: Annotated[bool, typer.Option("--private", help="Create it as private.")] = False,
    revision: Annotated[str | None, typer.Option(help="A branch to push to.")] = None,
    create_pr: Annotated[bool, typer.Option("--create-pr", help="Open a pull request.")] = False,
    message: Annotated[str | None, typer.Option(help="The commit message.")] = None,
    license: Annotated[
        str | None, typer.Option(help="The licence for the card, e.g. cc-by-4.0.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be uploaded.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Upload a corpus to a hub in one commit, then load it back and compare."""
    if not errors.is_terminal:  # read when the client is imported, next
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from corpusprep.data.hub import push as push_corpus

    pushed = push_corpus(
        out,
        repo_id,
        private=private,
        revision=revision,
        create_pr=create_pr,
        message=message,
        license=license,
        dry_run=dry_run,
    )
    if json:
        sys.stdout.buffer.write(orjson.dumps(pushed._asdict()) + b"\n")
    else:
        typer.echo(
            pushed.url or f"nothing was sent: {len(pushed.files)} files, {pushed.bytes:,} bytes"
        )


@rules_app.command("list")
def rules_list(
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the rules that ship: id, class, and what they are for."""
    from corpusprep.ruleset import load_rules

    rules = [{"id": r.id, "class": r.kind, "why": r.why} for r in load_rules()]
    if json:
        sys.stdout.buffer.write(orjson.dumps(rules, option=orjson.OPT_INDENT_2) + b"\n")
        return
    width = max(len(rule["id"]) for rule in rules)
    for rule in rules:
        typer.echo(f"{rule['id']:<{width}}  {rule['class']:<10}  {rule['why']}")


@rules_app.command("show")
def rules_show(rule_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one rule: why it is there, what it matches, what it removes and keeps."""
    from corpusprep.ruleset import load_rules

    typer.echo(load_rules().get(rule_id).describe())


@rules_app.command("check")
def rules_check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of rule files (TOML).")],
) -> None:
    """Check that every rule of a folder is complete and does what its examples say."""
    from corpusprep.ruleset import check

    problems = check(folder)
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        raise typer.Exit(1)
    errors.print(f"{folder}: every rule does what its examples say")


def _recipe(
    recipe: str, script: str | None, options: list[str] | None, ledger: str | None = None
) -> Recipe:
    from corpusprep.recipe import load_recipe, parse_option

    loaded = load_recipe(recipe)
    for option in options or []:
        section, changes = parse_option(option)
        loaded = loaded.with_options({section: changes}, f"--set {option}")
    if script is not None:
        loaded = loaded.with_options({"script": {"to": script}}, "--script")
    if ledger is not None:
        loaded = loaded.with_options({"write": {"ledger": ledger}}, "--ledger")
    return loaded


def _single(recipe: str, script: str | None, options: list[str] | None) -> Pipeline:
    from corpusprep.pipeline import single_document_steps

    return single_document_steps(_recipe(recipe, script, options))


def _read(file: str) -> str:
    from corpusprep.text.decode import decode

    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return decode(data).text


SHOWN = 20  # edits of one rule; --json has all
SIDE = 12  # characters of context on either side


def _show(console: Console, explanation: Explanation, *, plain: bool) -> None:
    """Print every edit in its context: colours where there are some, [-old-]{+new+} elsewhere."""
    counts: dict[str, int] = {}
    for edit in sorted(explanation.edits, key=lambda e: (e.start, e.end)):
        name = f"{edit.step}/{edit.rule}"
        counts[name] = counts.get(name, 0) + 1
        if counts[name] <= SHOWN:
            console.print(f"[bold cyan]{name}[/] [dim]{edit.start}-{edit.end}[/]")
            console.print(_context(explanation.original, edit, plain=plain))
    for name, n in counts.items():
        if n > SHOWN:
            console.print(f"[dim]… {n - SHOWN} more of[/] [bold cyan]{name}[/]")
    if explanation.dropped:
        stage, rule, detail = explanation.dropped
        console.print(f"[bold red]dropped[/] by {stage}/{rule}: {escape(detail)}")
    before, after = len(explanation.original), len(explanation.text)
    errors.print(f"{before} characters in, {after} out, {sum(counts.values())} edits")


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


class _Telling:
    """A progress line on a terminal; nothing elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = errors.is_terminal and not quiet
        self._progress: Any = None

    def __enter__(self) -> Callable[[Progress], None]:
        if not self._shown:
            return lambda _: None
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        self._progress = Bar(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
            console=errors,
            transient=True,
        )
        self._progress.start()
        tasks: dict[str, Any] = {}

        def tell(progress: Progress) -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = self._progress.add_task(progress.stage, speed="")
            task = tasks[progress.stage]
            elapsed = self._progress.tasks[task].elapsed or 0.0
            speed = (
                f"{progress.megabytes / elapsed:.1f} MB/s" if elapsed and progress.megabytes else ""
            )
            self._progress.update(task, completed=progress.done, total=progress.total, speed=speed)

        return tell

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()


def _summary(corpus: Corpus) -> None:
    from rich.table import Table

    report = corpus.report
    table = Table(box=None, pad_edge=False)
    for name, justify in (("stage", "left"), ("documents", "right"), ("", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type] # rich's literal type
    table.add_column("characters", justify="right")
    table.add_column("", justify="right")
    table.add_column("main reasons")
    for stage in report["stages"]:
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
    errors.print(table)
    c = report["characters"]
    errors.print(
        f"characters: {c['in']:,} in = {c['out']:,} out + {c['removed']:,} removed"
        f" - {c['inserted']:,} inserted + {c['rejected']:,} in rejected documents"
        f" ({c['replaced']:,} replaced)"
    )
    tables = report["tables"]
    rows = ", ".join(f"{name} {t['rows']:,}" for name, t in tables.items())
    errors.print(f"[bold]{escape(str(corpus.path))}[/]: {rows} rows")
    for ending, n in report["skipped_files"].items():
        errors.print(f"[yellow]passed over[/] {n:,} files with ending {ending}")
    for warning in report["warnings"]:
        errors.print(f"[bold yellow]warning:[/] {escape(warning)}")


def _change(before: int, after: int) -> str:
    return "" if before == after else f"{after - before:+,}"
