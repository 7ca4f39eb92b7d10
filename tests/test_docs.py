"""The documentation: its examples run, its links lead somewhere, its commands and options exist."""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest
import typer.main

from corpusprep.cli import app
from corpusprep.page.sites import check_sites
from corpusprep.recipe import load_recipe
from corpusprep.ruleset import check

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
ACCOUNT = re.compile(r"(?<=^```text\n)stage\b.*?(?=^```$)", re.MULTILINE | re.DOTALL)
FIGURE = re.compile(r"\| ([^|]+) \| `([^`]+ > [^`]+)` \|")
COMMAND_LINE = [sys.executable, "-m", "corpusprep"]
COMMAND = typer.main.get_command(app)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())


def blocks(page, language):
    return [
        code for found, code in FENCE.findall(page.read_text(encoding="utf-8")) if found == language
    ]


def commands(page):
    lines = "".join(blocks(page, "console")).replace("\\\n", " ").splitlines()
    return [shlex.split(line[2:], comments=True) for line in lines if line.startswith("$ ")]


def uses(page):
    """Return the arguments of each use of the command, also of those behind a pipe."""
    found = []
    for words in commands(page):
        starts = [0, *(i + 1 for i, word in enumerate(words) if word == "|")]
        for start, end in zip(starts, [*starts[1:], len(words) + 1], strict=True):
            if words[start] == "corpusprep":
                found.append(words[start + 1 : end - 1])
    return found


@every_page
def test_python_examples_run(page):
    shared = {}
    for code in blocks(page, "python"):
        if ">>>" not in code:
            compile(code, str(page), "exec")
            continue
        test = doctest.DocTestParser().get_doctest(code, shared, page.name, str(page), 0)
        said = []
        doctest.DocTestRunner().run(test, out=said.append, clear_globs=False)
        shared = test.globs
        assert not said, "".join(said)


@every_page
def test_relative_links_lead_to_files(page):
    targets = [t for t in LINK.findall(page.read_text(encoding="utf-8")) if ":" not in t]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@every_page
def test_commands_and_options_exist(page):
    for words in uses(page):
        check_command(words)


def check_command(words):
    command = COMMAND
    while words and getattr(command, "commands", None) and not words[0].startswith("-"):
        assert words[0] in command.commands, f"no verb {words[0]!r} of {command.name}"
        command = command.commands[words.pop(0)]
    known = {option for p in command.params for option in p.opts} | {"--help", "-h"}
    assert {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)} <= known


@every_page
def test_rules_and_recipes_are_right(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Path("my-rules")  # as the recipes name it
    folder.mkdir()
    for code in blocks(page, "toml"):
        if "[[rule]]" in code:
            (folder / "rules.toml").write_text(code, encoding="utf-8")
            assert check(folder) == []
        elif "[[example]]" in code:
            (tmp_path / "site.toml").write_text(code, encoding="utf-8")
            assert check_sites(tmp_path / "site.toml") == []
        else:
            load_recipe(tomllib.loads(code))


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_figures_are_those_of_the_stored_results(name):
    """A row ends with the figure and, in backticks, ``file > key > key`` in benchmarks/results."""
    found = FIGURE.findall((ROOT / name).read_text(encoding="utf-8"))
    assert found
    for shown, path in found:
        file, *keys = path.split(" > ")
        stored = json.loads((ROOT / "benchmarks" / "results" / f"{file}.json").read_bytes())
        for key in keys:
            stored = stored[key]
        assert shown == str(stored), path


def account_of_the_seeds():
    """Return what `make demo` prints, on a terminal of 110 columns."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*COMMAND_LINE, "run", ROOT / "seeds", "-o", "corpus", "--script", "simplified"],
            cwd=folder,
            env={**os.environ, "COLUMNS": "110"},
            capture_output=True,
            text=True,
            check=True,
        )
    return "".join(f"{line.rstrip()}\n" for line in done.stderr.splitlines())


def test_the_account_of_the_demo_is_the_real_one():
    account = account_of_the_seeds()
    shown = [a for page in PAGES for a in ACCOUNT.findall(page.read_text(encoding="utf-8"))]
    assert shown == [account] * 3, "python tests/test_docs.py puts the new account into the pages"


def test_every_verb_is_shown_somewhere():
    shown = {words[0] for page in PAGES for words in uses(page)}
    assert shown == set(COMMAND.commands)


def test_both_readmes_show_the_same_commands():
    assert commands(ROOT / "README.md") == commands(ROOT / "README.zh-CN.md")


def refresh():
    """Write the account of the seeds, as it is now, into every page that shows it."""
    account = account_of_the_seeds()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(ACCOUNT.sub(lambda _: account, text), encoding="utf-8")


if __name__ == "__main__":
    refresh()
