"""Rules for the pages of one site: which of their elements hold the text, and which never do.

Whoever knows a site says so in a few CSS selectors, and the guess that serves all other sites is
not needed there. A rule is a file HOST.toml with its reason and a small page as an example::

    host = "example.org"          # and every host below it: m.example.org, news.example.org
    why = "Articles of the paper Example."
    main = ["div.article-body"]   # if any is found on a page, only what lies in it stays
    drop = ["div.comments"]       # goes, within main and without
    title = "h1.title"            # optional; stays, too, where it stands outside of main

    [[example]]
    html = '''<h1 class="title">...</h1><div class="article-body">...</div><ul>...</ul>'''
    has = ["a string that stays"]
    gone = ["a string that goes"]

The host nearest to a page's own counts: a rule for blog.example.org is used there instead of that
for example.org. A leading ``www.`` means nothing. A user's folder comes before the shipped rules.

A rule never empties a page. Elements of `main` without text do not count, and where none is left
only `drop` does; an element that holds the main content is not dropped.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from corpusprep.errors import nearest
from corpusprep.page.sitemarks import Example, SiteRule, Sites, marked_text, site_host
from corpusprep.rulefile import Problem, RuleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["SiteRule", "Sites", "check_sites", "load_sites"]

SHIPPED_SITES = Path(__file__).parents[1] / "rules" / "sites"
_STRINGS, _LISTS = ("host", "why", "title"), ("main", "drop")
_KEYS = {*_STRINGS, *_LISTS, "example"}
_ABSENT = "the page does not show"
_EXAMPLE_KEYS = {"html", "has", "gone"}
HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]+|(?:\d{1,3}\.){3}\d{1,3}"
)


def load_sites(*folders: Path | str, shipped: bool = True) -> Sites:
    """Return the shipped rules and those of all `*.toml` files in *folders*; the last of a host counts.

    The examples of rules from *folders* are checked, those of shipped rules by the tests.

    Raises:
        RuleError: a rule cannot be used; the message names file, line and what to change.
    """
    rules = list(_shipped_sites()) if shipped else []
    for folder in folders:
        problems: list[Problem] = []
        found = list(_read([Path(folder)], problems))
        problems += (problem for rule in found for problem in check_examples(rule))
        if problems:
            more = (
                f"\n({len(problems) - 1} more: corpusprep rules check DIR)" if problems[1:] else ""
            )
            raise RuleError(f"{problems[0]}{more}")
        rules += found
    return Sites(rules)


@lru_cache(maxsize=8)
def site_rules(folders: tuple[str, ...] = ()) -> Sites:
    """Return the shipped rules and those of *folders*, read once a process."""
    return load_sites(*folders)


@cache
def _shipped_sites() -> tuple[SiteRule, ...]:
    problems: list[Problem] = []
    rules = tuple(_read([SHIPPED_SITES], problems))
    if problems:
        raise RuleError(str(problems[0]))
    return rules


def check_sites(*paths: Path | str) -> list[Problem]:
    """Return all that is wrong with the site rules in *paths*, folders or files."""
    problems: list[Problem] = []
    for rule in _read(map(Path, paths), problems):
        problems += check_examples(rule)
    return problems


def is_site_file(path: Path) -> bool:
    """Return whether *path* holds a site rule, and not rules for lines of text."""
    try:
        keys = tomllib.loads(path.read_text("utf-8")).keys()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return bool(keys & {"host", *_LISTS}) and "rule" not in keys


def _read(paths: Iterable[Path], problems: list[Problem]) -> Iterator[SiteRule]:
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        files += found
        if not found:
            what = "no *.toml here; a folder of sites holds at least one"
            problems.append(Problem(str(path), "", what))
    seen: dict[str, str] = {}
    for file in files:
        try:
            rule = read_site(file.name, file.read_text("utf-8"), problems)
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(file.name, "", f"cannot be read: {error}"))
            continue
        if rule and rule.host in seen:
            what = f"'{rule.host}' stands in {seen[rule.host]} as well; put them together"
            problems.append(Problem(file.name, "", what))
        elif rule:
            seen[rule.host] = file.name
            yield rule


def read_site(name: str, text: str, problems: list[Problem]) -> SiteRule | None:
    """Return the rule that *text* of the file *name* holds; add what is wrong to *problems*."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(name, "", f"cannot be read: {error}"))
        return None
    found = [*_problems(raw, text), *_example_problems(raw, text)]
    found = found or _selector_problems(raw, text)
    problems += (Problem(f"{name}:{line}", "", what) for line, what in found)
    return None if found else _rule(name, raw, text)


def _rule(name: str, raw: dict[str, Any], text: str) -> SiteRule:
    examples = (
        Example(e["html"], _texts(e["has"]), _texts(e.get("gone", ())), line)
        for e, line in _examples(raw, text)
    )
    return SiteRule(
        host=site_host(raw["host"]),
        why=raw["why"],
        main=_texts(raw.get("main", ())),
        drop=_texts(raw.get("drop", ())),
        title=raw.get("title", ""),
        examples=tuple(examples),
        file=name,
    )


_Found = tuple[int, str]  # line, and what is wrong there


def _problems(raw: dict[str, Any], text: str) -> Iterator[_Found]:
    """Yield what is wrong with the keys of a rule as it stands in TOML."""
    for key in raw.keys() - _KEYS:
        yield _line(text, key), f"unknown key '{key}'; {nearest(key, _KEYS)}"
    for key in _STRINGS:
        if not isinstance(raw.get(key, ""), str):
            yield _line(text, key), f"'{key}' is no string"
    for key in _LISTS:
        if not _are_texts(raw.get(key, ())):
            yield _line(text, key), f"'{key}' is no list of selectors, such as [\"div.text\"]"
    host = raw.get("host", "")
    if not host:
        yield 1, "no 'host'; name the site whose pages it is for, such as example.org"
    elif isinstance(host, str) and (
        "/" in host or ":" in host or not HOST.fullmatch(site_host(host))
    ):
        yield _line(text, "host"), f"'{host}' is no host; write it as in example.org"
    if not raw.get("why"):
        yield 1, "no 'why'; say what pages these are and what goes"
    if not raw.get("main") and not raw.get("drop"):
        yield 1, "neither 'main' nor 'drop'; name by a selector what stays or what goes"


def _example_problems(raw: dict[str, Any], text: str) -> Iterator[_Found]:
    """Yield what is wrong with the keys of the examples."""
    examples = raw.get("example", [])
    if not isinstance(examples, list) or not all(isinstance(e, dict) for e in examples):
        yield _line(text, "example"), "'example' is no table; write [[example]]"
        return
    if not any(e.get("has") for e in examples) or not any(e.get("gone") for e in examples):
        yield (
            1,
            "no [[example]] with 'html', 'has' and 'gone'; show a small page, what stays, what goes",
        )
    for example, line in _examples(raw, text):
        for key in example.keys() - _EXAMPLE_KEYS:
            yield line, f"the example has the unknown key '{key}'; {nearest(key, _EXAMPLE_KEYS)}"
        if not isinstance(example.get("html"), str) or not example["html"].strip():
            yield line, "the example has no 'html'; show a small page in the site's mark-up"
        for key in ("has", "gone"):
            if not _are_texts(example.get(key, ())):
                yield line, f"the example's '{key}' is no list of strings"
        if not example.get("has"):
            yield line, "the example has no 'has'; name a string that stays"


def _selector_problems(raw: dict[str, Any], text: str) -> list[_Found]:
    """Return which selectors no parser understands; each must do so alone and beside others."""
    page, found = LexborHTMLParser("<p>"), []
    for key in ("main", "drop", "title"):
        for selector in _texts(raw.get(key, ())):
            try:
                page.css(f"{selector}, *")
            except SelectolaxError:
                what = f"'{key}' has '{selector}', which is no CSS selector"
                found.append((_line(text, key, selector), what))
    return found


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _are_texts(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(isinstance(item, str) and item.strip() for item in value)
    return isinstance(value, str) and bool(value.strip())


def _line(text: str, key: str, value: str = "") -> int:
    """Return the number of the line where *key* is set, or of that with *value* after it."""
    found = re.search(rf"^\s*(?:\[\[)?[\"']?{re.escape(key)}\b", text, re.MULTILINE)
    at = found.end() if found else 0
    at = max(at, text.find(value, at))
    return text.count("\n", 0, at) + 1


def _examples(raw: dict[str, Any], text: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the examples and the lines where they begin; 1 for what is no [[example]]."""
    heads = re.finditer(r"^\s*\[\[\s*example\s*\]\]", text, re.MULTILINE)
    lines = (text.count("\n", 0, head.end()) + 1 for head in heads)
    yield from ((example, next(lines, 1)) for example in raw.get("example", []))


# --- examples ----------------------------------------------------------------------------------


def check_examples(rule: SiteRule) -> list[Problem]:
    """Return what is wrong with the examples of *rule*.

    What is to go must be there without the rule, and every selector must select something in one
    of the pages: else the examples would hold with a slip of the pen in it.
    """
    problems: list[Problem] = []
    idle = dict.fromkeys(filter(None, (*rule.main, *rule.drop, rule.title)))
    for example in rule.examples:
        where = f"{rule.file}:{example.line}"
        page = LexborHTMLParser(example.html)
        problems += (Problem(where, "", what) for what in _wrong(rule, example, page))
        idle = dict.fromkeys(selector for selector in idle if not page.css(selector))
    what = "in no example does '{}' select anything; show what it is for, or leave it out"
    problems += (Problem(rule.file, "", what.format(selector)) for selector in idle)
    return problems


def _wrong(rule: SiteRule, example: Example, page: LexborHTMLParser) -> Iterator[str]:
    marks = Sites([rule]).marks(page, f"https://{rule.host}/")
    whole, left = _plain(marked_text(page, {})), _plain(marked_text(page, marks))
    for string in map(_plain, example.has):
        if string not in left:
            what = "would go; widen 'main' or narrow 'drop'"
            yield f"'has' names “{string}”, which {what if string in whole else _ABSENT}"
    for string in map(_plain, example.gone):
        if string not in whole:
            yield f"'gone' names “{string}”, which {_ABSENT}, with the rule or without"
        elif string in left:
            yield f"'gone' names “{string}”, which would stay; narrow 'main' or add to 'drop'"


def _plain(text: str) -> str:
    return " ".join(text.split())
