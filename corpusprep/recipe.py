"""A recipe: which steps run, with which options. TOML in, TOML out, and nothing unknown passes.

The order of the steps is not the recipe's to choose: damage is undone before anything judges the
text, and text is joined before it is measured (docs/decisions/0003-order-of-steps.md).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusprep import __version__
from corpusprep.errors import CorpusprepError, nearest

if TYPE_CHECKING:
    from corpusprep.core import Step
    from corpusprep.ruleset import Ruleset

Options = dict[str, dict[str, Any]]

LEDGERS = ("full", "removals", "counts")
SPLITS = ("train", "validation", "test")  # as the hub orders them


class RecipeError(CorpusprepError):
    """A recipe with an unknown key or a value of the wrong type; the message says where."""


@dataclasses.dataclass(frozen=True, slots=True)
class Read:
    """How inputs are read."""

    text_column: str = ""
    id_column: str = ""
    max_megabytes: int = 20  # of one document: beyond it lie dumps of many texts, not a text
    sites: tuple[str, ...] = ()  # folders with rules for sites, beside those that ship
    ignore_optout: bool = False  # read pages that say noai, noimageai or reserve text mining


@dataclasses.dataclass(frozen=True, slots=True)
class Write:
    """How the dataset is written."""

    ledger: str = "removals"  # full | removals | counts
    shard_megabytes: int = 500  # of text, before compression: what the hub's viewer handles well
    split_by: str = ""  # shares of train, validation and test: "98/1/1"; "9/1" has no validation

    def __post_init__(self) -> None:
        """Refuse options that mean nothing."""
        if self.ledger not in LEDGERS:
            raise CorpusprepError(f"ledger must be one of {', '.join(LEDGERS)}")
        if self.split_by and not re.fullmatch(r"\d+(\.\d+)?(/\d+(\.\d+)?){1,2}", self.split_by):
            raise CorpusprepError(
                f"split_by is {self.split_by!r}; write shares of train, validation and test "
                'such as "98/1/1", or of train and test such as "9/1"'
            )
        if not all(self.shares.values()):
            raise CorpusprepError(
                f"split_by is {self.split_by!r}; leave a split of 0 out: 98/2 has no validation"
            )

    @property
    def shares(self) -> dict[str, float]:
        """The splits and their shares, which sum to 1.

        >>> Write(split_by="8/1/1").shares
        {'train': 0.8, 'validation': 0.1, 'test': 0.1}
        """
        if not self.split_by:
            return {"train": 1.0}
        given = [float(share) for share in self.split_by.split("/")]
        names = SPLITS if len(given) == len(SPLITS) else (SPLITS[0], SPLITS[-1])
        whole = sum(given) or 1.0
        return {name: share / whole for name, share in zip(names, given, strict=True)}


_STEPS = {  # each with its home in `corpusprep.steps`
    "markup": ("page", "Markup"),
    "page": ("page", "MainContent"),
    "repair": ("text", "Repair"),
    "normalise": ("text", "Normalise"),
    "script": ("text", "Script"),
    "boilerplate": ("boilerplate", "Boilerplate"),
    "templates": ("templates", "Templates"),
    "reflow": ("text", "Reflow"),
    "articles": ("text", "Articles"),
    "quality": ("quality", "Quality"),
    "duplicates": ("duplicates", "Duplicates"),
    "passages": ("passages", "Passages"),
    "sentences": ("text", "Sentences"),
}
_CORPUS_STEPS = frozenset({"templates", "duplicates", "passages"})
SECTIONS = ("read", *_STEPS, "write")


def _factory(section: str) -> type[Any]:
    if section == "read":
        return Read
    if section == "write":
        return Write
    home, name = _STEPS[section]
    return getattr(import_module(f"corpusprep.steps.{home}"), name)  # type: ignore[no-any-return] # a class by its name


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A named set of options for every section, defaults filled in."""

    name: str
    options: Options

    def enabled(self, section: str) -> bool:
        """Return whether the step of *section* runs."""
        return bool(self.options[section].get("enabled", True))

    def make(self, section: str) -> Any:
        """Return the step of *section*, or its options for `read` and `write`."""
        given = {k: v for k, v in self.options[section].items() if k != "enabled"}
        return _factory(section)(
            **{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
        )

    def steps(self, decided: Mapping[str, Step] | None = None) -> list[Step]:
        """Return the enabled document steps, in order.

        Of the corpus steps those are among them that *decided* has, by name: the ordinary steps
        that they became when all documents had been sketched.
        """
        known = decided or {}
        return [
            known[s] if s in _CORPUS_STEPS else self.make(s)
            for s in _STEPS
            if self.enabled(s) and (s not in _CORPUS_STEPS or s in known)
        ]

    @property
    def folds(self) -> frozenset[str]:
        """The steps whose edits are mechanical, so that the ledger keeps them one row a rule."""
        return frozenset(s for s in _STEPS if getattr(_factory(s), "folds", False))

    @cached_property
    def ruleset(self) -> Ruleset | None:
        """The boilerplate rules that the recipe uses."""
        return self.make("boilerplate").ruleset if self.enabled("boilerplate") else None

    @cached_property
    def signature(self) -> str:
        """How a corpus was made: version, hashes of the options, the rules and the two models."""
        canonical = json.dumps(self.options, sort_keys=True, ensure_ascii=False)
        recipe = hashlib.sha256(canonical.encode()).hexdigest()[:12]
        rules = self.ruleset.hash[:12] if self.ruleset else "none"
        model = "none"
        if self.ruleset and self.options["boilerplate"]["line_model"]:
            from corpusprep.linemodel import MODEL

            model = hashlib.sha256(MODEL.read_bytes()).hexdigest()[:12]
        characters = "none"
        if self.enabled("repair"):
            table = files("corpusprep").joinpath("models/characters.npz")
            characters = hashlib.sha256(table.read_bytes()).hexdigest()[:12]
        return (
            f"corpusprep {__version__} recipe:{recipe} rules:{rules} "
            f"line-model:{model} character-model:{characters}"
        )

    def with_options(
        self, changes: Mapping[str, Mapping[str, Any]], where: str = "option"
    ) -> Recipe:
        """Return a recipe with *changes* made, checked like a file."""
        merged = {section: dict(values) for section, values in self.options.items()}
        for section, values in changes.items():
            _check(section, values, where, "")
            merged[section].update(values)
        return Recipe(self.name, merged)

    def to_toml(self) -> str:
        """Return the recipe as TOML, every option written out."""
        lines = [f"name = {json.dumps(self.name, ensure_ascii=False)}"]
        for section in SECTIONS:
            lines += ["", f"[{section}]"]
            lines += [
                f"{key} = {json.dumps(value, ensure_ascii=False)}"
                for key, value in self.options[section].items()
            ]
        return "\n".join(lines) + "\n"


def load_recipe(recipe: str | Path | Mapping[str, object] | Recipe = "zh-web") -> Recipe:
    """Return a recipe from a name that ships with the package, a TOML file, or a mapping.

    A file may say ``extends = "zh-web"`` (which is also the default) and change some options.

    Raises:
        RecipeError: unknown recipe, key or value; with file, line and the nearest name.

    >>> load_recipe({"script": {"to": "simplified"}}).options["script"]["to"]
    'simplified'
    >>> load_recipe({"boilerplat": {}})
    Traceback (most recent call last):
    corpusprep.recipe.RecipeError: recipe: unknown section 'boilerplat'; did you mean 'boilerplate'?
    """
    if isinstance(recipe, Recipe):
        return recipe
    if isinstance(recipe, Mapping):
        return _build(dict(recipe), "recipe", "")
    path = Path(recipe)
    if path.suffix == ".toml" or path.exists():
        try:
            source = path.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise RecipeError(f"{recipe}: cannot be read as a recipe: {error}") from error
        return _parse(source, str(recipe))
    shipped = {f.name.removesuffix(".toml"): f for f in (files("corpusprep") / "recipes").iterdir()}
    if str(recipe) not in shipped:
        raise RecipeError(f"no recipe {str(recipe)!r}: {nearest(str(recipe), shipped)}")
    return _parse(shipped[str(recipe)].read_text(encoding="utf-8"), f"{recipe}.toml")


def parse_option(option: str) -> tuple[str, dict[str, Any]]:
    """Return section and change of an option on the command line.

    >>> parse_option("duplicates.threshold=0.85")
    ('duplicates', {'threshold': 0.85})
    >>> parse_option("script.to=simplified")
    ('script', {'to': 'simplified'})
    """
    name, equals, value = option.partition("=")
    section, dot, key = name.strip().partition(".")
    if not equals or not dot:
        raise RecipeError(
            f"--set {option}: write section.key=value, e.g. duplicates.threshold=0.85"
        )
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    return section, {key: parsed}


def _parse(source: str, where: str) -> Recipe:
    try:
        return _build(tomllib.loads(source), where, source)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{where}: not valid TOML: {error}") from error


def _build(given: dict[str, Any], where: str, source: str) -> Recipe:
    name = given.pop("name", Path(where).stem if source else "custom")
    base = given.pop("extends", None)
    if base is None:
        options: Options = {section: _defaults(section) for section in SECTIONS}
    else:
        options = {s: dict(v) for s, v in load_recipe(str(base)).options.items()}
    for section, values in given.items():
        _check(section, values, where, source)
        options[section].update(values)
    return Recipe(str(name), options)


def _defaults(section: str) -> dict[str, Any]:
    fields = dataclasses.fields(_factory(section))
    values = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
    if section in {"read", "write"}:
        return values
    return {"enabled": getattr(_factory(section), "on_by_default", True), **values}


def _check(section: str, values: object, where: str, source: str) -> None:
    if section not in SECTIONS:
        line = _line(source, rf"\[?{re.escape(section)}\b")
        raise RecipeError(
            f"{where}{line}: unknown section {section!r}; {nearest(section, SECTIONS)}"
        )
    if not isinstance(values, Mapping):
        raise RecipeError(f"{where}: [{section}] must be a table of options")
    known = _defaults(section)
    for key, value in values.items():
        line = _line(source, rf"\[{section}\][^\[]*?^\s*{re.escape(key)}\b")
        if key not in known:
            raise RecipeError(
                f"{where}{line}: unknown key {key!r} in [{section}]; {nearest(key, known)}"
            )
        want = type(known[key])
        if isinstance(value, int) and want is float and not isinstance(value, bool):
            continue
        if type(value) is not want and not (want is list and isinstance(value, list | tuple)):
            raise RecipeError(
                f"{where}{line}: [{section}] {key} is {value!r}; it must be a {want.__name__}"
            )
    try:
        Recipe(where, {section: {**known, **values}}).make(section)
    except (CorpusprepError, ValueError) as error:
        line = _line(source, rf"\[{section}\]")
        raise RecipeError(f"{where}{line}: [{section}] {error}") from error


def _line(source: str, pattern: str) -> str:
    found = re.search(pattern, source, re.MULTILINE | re.DOTALL) if source else None
    return f":{source.count(chr(10), 0, found.end()) + 1}" if found else ""
