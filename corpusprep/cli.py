"""The command: one function a verb. Data goes to standard output, everything else to the other.

Exit status: 0 fine, 1 a check failed, 2 a wrong option or recipe, 3 too many inputs unreadable,
4 hub or credentials, 130 interrupted with the state kept.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.markup import escape

from corpusprep import __version__
from corpusprep.errors import CorpusprepError
from corpusprep.terminal import Telling, errors, print_explanation, print_json, print_summary
from corpusprep.verbs import corpus_app

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypedDict, Unpack

    from corpusprep.core import Document
    from corpusprep.pipeline import Pipeline
    from corpusprep.recipe import Recipe
    from corpusprep.rulefile import Problem

    class How(TypedDict):
        """The options that `corpusprep.runs.job.run` takes as they are."""

        against: Sequence[str]
        index: str | None
        workers: int | None
        engine: str
        address: str | None
        resume: bool
        overwrite: bool
        strict: bool


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
app.add_typer(corpus_app)

INTERRUPTED = "interrupted; what is finished is kept: start again with --resume"
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
InputsArgument = Annotated[
    list[str], typer.Argument(metavar="INPUT...", help="Files, folders, globs, or -")
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="The folder to write the dataset to.")]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", "-j", min=1, help="Processes; all cores by default.")
]
EngineOption = Annotated[str, typer.Option(help="local or ray")]
AddressOption = Annotated[
    str | None, typer.Option(help="A Ray cluster; without it Ray runs on this machine.")
]
AgainstOption = Annotated[
    list[str] | None,
    typer.Option(help="A corpus or an index: leave out what is in it. May be given again."),
]
IndexOption = Annotated[
    str | None, typer.Option(help="An index: leave out what is in it, then add this run to it.")
]
PassagesOption = Annotated[
    str | None,
    typer.Option(help="remove or mark paragraphs that many documents have (all but the first)."),
]
TextColumnOption = Annotated[str | None, typer.Option(help="The column with the text.")]
IdColumnOption = Annotated[str | None, typer.Option(help="The column with the id.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace the corpus in OUT.")]
ErrorsOption = Annotated[
    int | None, typer.Option(min=0, help="Exit with 3 if more inputs cannot be read.")
]
StrictOption = Annotated[
    bool,
    typer.Option("--strict", help="Stop with 1 if the copies look wrong; nothing is written."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")]
FileArgument = Annotated[
    str, typer.Argument(metavar="[FILE|-]", help="A text file; - is standard input.")
]


def main() -> None:
    """Run the command; turn what goes wrong into one clear line and an exit status."""
    try:
        app()
    except KeyboardInterrupt:  # where no verb could catch it: between two of its steps
        errors.print(INTERRUPTED)
        sys.exit(130)
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
    known = {"HubError": 4, "LedgerError": 1, "StrictError": 1, "UndecodableError": 3}
    return known.get(kind, 2)


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
    inputs: InputsArgument,
    out: OutOption,
    recipe: RecipeOption = "zh-web",
    script: ScriptOption = None,
    ledger: Annotated[
        str | None, typer.Option(help="full (originals can be restored), removals, or counts.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="articles: a page that holds several becomes a document for each."),
    ] = None,
    dedup: Annotated[
        str | None, typer.Option(help="remove (default), mark or off: what becomes of copies.")
    ] = None,
    passages: PassagesOption = None,
    split_by: Annotated[
        str | None,
        typer.Option(
            help="Shares of train, validation and test: 98/1/1, or 9/1. Copies stay together."
        ),
    ] = None,
    against: AgainstOption = None,
    index: IndexOption = None,
    text_column: TextColumnOption = None,
    id_column: IdColumnOption = None,
    ignore_optout: Annotated[
        bool,
        typer.Option(
            "--ignore-optout",
            help="Read pages too that ask not to be used (noai, TDM reservation).",
        ),
    ] = False,
    options: SetOption = None,
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    address: AddressOption = None,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    max_errors: ErrorsOption = None,
    strict: StrictOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Clean INPUT into a Hugging Face dataset in OUT, with a ledger of all that was removed."""
    if split not in {None, "articles"}:
        raise typer.BadParameter("articles", param_hint="--split")
    loaded = _recipe(recipe, script, options, ledger)
    if split:
        loaded = loaded.with_options({"articles": {"enabled": True}}, "--split")
    if dedup == "off":
        loaded = loaded.with_options({"duplicates": {"enabled": False}}, "--dedup")
    elif dedup not in {None, "remove", "mark"}:
        raise typer.BadParameter("remove, mark or off", param_hint="--dedup")
    elif dedup:
        loaded = loaded.with_options({"duplicates": {"action": dedup}}, "--dedup")
    reading = {"text_column": text_column, "id_column": id_column, "ignore_optout": ignore_optout}
    if given := {name: value for name, value in reading.items() if value}:
        loaded = loaded.with_options({"read": given}, "run")
    if split_by:
        loaded = loaded.with_options({"write": {"split_by": split_by}}, "--split-by")
    _run_job(
        inputs,
        out,
        recipe=_with_passages(loaded, passages),
        max_errors=max_errors,
        json=json,
        quiet=quiet,
        against=against or (),
        index=index,
        workers=workers,
        engine=engine,
        address=address,
        resume=resume,
        overwrite=overwrite,
        strict=strict,
    )


@app.command(
    epilog="Examples:  corpusprep dedup posts.jsonl -o unique   |   "
    "corpusprep dedup 'new/*.parquet' -o unique --index seen   |   "
    "corpusprep dedup posts.jsonl -o unique --keep newest --newest-by date"
)
def dedup(
    inputs: InputsArgument,
    out: OutOption,
    threshold: Annotated[
        float | None, typer.Option(help="Similarity (Jaccard of n-grams) of a copy: 0.5 to 1.")
    ] = None,
    overlap: Annotated[
        float | None,
        typer.Option(
            help="Enough, too: this share of a document lies in one half alike. 0.5 to 1."
        ),
    ] = None,
    contained: Annotated[
        float | None,
        typer.Option(
            help="Leave out documents of which this share lies in a longer one: 0.5 to 1."
        ),
    ] = None,
    ngram: Annotated[int | None, typer.Option(help="Characters of an n-gram.")] = None,
    keep: Annotated[str | None, typer.Option(help="longest (default), first or newest.")] = None,
    newest_by: Annotated[str | None, typer.Option(help="The column with the date.")] = None,
    mark: Annotated[bool, typer.Option("--mark", help="Keep all, and say what is a copy.")] = False,
    passages: PassagesOption = None,
    against: AgainstOption = None,
    index: IndexOption = None,
    text_column: TextColumnOption = None,
    id_column: IdColumnOption = None,
    options: SetOption = None,
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    address: AddressOption = None,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    max_errors: ErrorsOption = None,
    strict: StrictOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Leave copies out of INPUT (JSON Lines, Parquet, text), and change nothing else.

    OUT is a dataset: [bold]documents[/bold] with all columns of the input (those that are not
    text, id, title or url in [bold]labels[/bold]), [bold]rejected[/bold] with every copy and what
    it is a copy of.
    """
    if out.suffix in {".jsonl", ".json", ".parquet", ".gz"}:
        raise typer.BadParameter(
            f"OUT is a folder with the tables documents and rejected; try -o {out.stem}",
            param_hint="--out",
        )
    given = {
        "threshold": threshold,
        "overlap": overlap,
        "contained": contained,
        "ngram": ngram,
        "keep": keep,
        "newest_by": newest_by,
        "action": "mark" if mark else None,
    }
    changes = {k: float(v) if k == "threshold" else v for k, v in given.items() if v is not None}
    columns = {"text_column": text_column or "", "id_column": id_column or ""}
    loaded = _recipe("dedup", None, options)
    loaded = loaded.with_options({"duplicates": changes, "read": columns}, "dedup")
    _run_job(
        inputs,
        out,
        recipe=_with_passages(loaded, passages),
        max_errors=max_errors,
        json=json,
        quiet=quiet,
        against=against or (),
        index=index,
        workers=workers,
        engine=engine,
        address=address,
        resume=resume,
        overwrite=overwrite,
        strict=strict,
    )


def _with_passages(recipe: Recipe, action: str | None) -> Recipe:
    if action is None:
        return recipe
    return recipe.with_options({"passages": {"enabled": True, "action": action}}, "--passages")


def _run_job(
    inputs: list[str],
    out: Path,
    *,
    recipe: Recipe,
    max_errors: int | None,
    json: bool,
    quiet: bool,
    **how: Unpack[How],
) -> None:
    """Run, tell how it goes and what came out, and exit with the status that says so."""
    from corpusprep.runs.job import run as run_job

    if how["engine"] not in {"local", "ray"}:
        raise typer.BadParameter("local or ray", param_hint="--engine")
    try:
        with Telling(quiet=quiet) as tell:
            corpus = run_job(inputs, out, recipe=recipe, tell=tell, **how)
    except KeyboardInterrupt:
        errors.print(INTERRUPTED)
        raise typer.Exit(130) from None
    if json:
        print_json(corpus.report)
    if not quiet:
        print_summary(corpus)
    unread = sum(corpus.report["stages"][0]["rejected"].values())
    if max_errors is not None and unread > max_errors:
        errors.print(f"{unread} inputs could not be read; --max-errors is {max_errors}")
        raise typer.Exit(3)
    if how["strict"] and corpus.report["warnings"]:
        raise typer.Exit(1)


@app.command(epilog="Example:  corpusprep clean page.txt > clean.txt")
def clean(
    file: FileArgument = "-",
    recipe: RecipeOption = "zh-web",
    script: ScriptOption = None,
    options: SetOption = None,
) -> None:
    """Clean one text or HTML page: repair, normalise, take boilerplate out, join broken lines."""
    text = _single(recipe, script, options)(_read_document(file)).text
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
    """Show what would be removed or changed in one text or HTML page, and by which rule."""
    from corpusprep.core import Explanation

    doc = _read_document(file)
    original = doc.text
    doc = _single(recipe, script, options)(doc)
    explanation = Explanation(doc, original)
    if json:
        found = {
            "text": explanation.text,
            "dropped": explanation.dropped,
            "labels": explanation.labels,
            "edits": [edit._asdict() for edit in explanation.edits],
        }
        print_json(found)
        return
    print_explanation(explanation, color)


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


@rules_app.command("list")
def rules_list(
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the rules that ship: id, class, and what they are for."""
    from corpusprep.ruleset import load_rules

    rules = [{"id": r.id, "class": r.kind, "why": r.why} for r in load_rules()]
    if json:
        print_json(rules)
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
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder of rule files (TOML), or one of them.")
    ],
) -> None:
    """Check that every rule of a folder is complete and does what its examples say.

    Rules for lines of text and rules for sites may lie in one folder, and rules for sites in a
    folder [bold]sites[/bold] in it.
    """
    problems = _check_rules(folder)
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        raise typer.Exit(1)
    errors.print(f"{folder}: every rule does what its examples say")


def _check_rules(path: Path) -> list[Problem]:
    from corpusprep.page.sites import check_sites, is_site_file
    from corpusprep.ruleset import check

    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    sites = [file for file in files if is_site_file(file)]
    inner = [path / "sites"] if (path / "sites").is_dir() else []
    problems = check(path) if files or not inner else []
    names = {file.name for file in sites}
    problems = [problem for problem in problems if problem.file not in names]
    return problems + check_sites(*sites, *inner)


@rules_app.command(
    "new-site",
    epilog="Example:  corpusprep rules new-site page.html --url https://example.org/1 > my-sites/example.org.toml",
)
def rules_new_site(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="An HTML page; - is standard input.")
    ],
    url: Annotated[str, typer.Option(help="Its address, if the page does not say it.")] = "",
) -> None:
    """Draft a rule for the pages of a site from one of them: what holds the text, and what goes."""
    from corpusprep.page.sitedraft import draft_site

    data = _read_bytes(file)
    draft = draft_site(data, url=url)
    sys.stdout.buffer.write(draft.encode())
    errors.print(
        "a draft: look through it, then try it by: corpusprep rules check DIR", style="dim"
    )


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


def _read_bytes(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


def _read(file: str) -> str:
    from corpusprep.text.decode import decode

    return decode(_read_bytes(file)).text


def _read_document(file: str) -> Document:
    """Return the text in *file* or, if that is an HTML page, all of its text and blocks."""
    from corpusprep.core import Document
    from corpusprep.page.html import is_html, read_page
    from corpusprep.page.sites import site_rules
    from corpusprep.text.decode import decode

    data = _read_bytes(file)
    if is_html(data):
        return read_page(data, file, sites=site_rules(), ignore_optout=True)
    return Document("", decode(data).text)
