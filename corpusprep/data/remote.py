"""What one commit changes on the hub: what is there now, against what the corpus folder holds.

A card that names a config whose files are gone, or leaves out one that is there, breaks the
dataset for everybody. So the card is made for the files that are there after the commit.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from huggingface_hub import CardData, RepoCard
from huggingface_hub.errors import RevisionNotFoundError

from corpusprep.data.card import make_card
from corpusprep.data.tables import SCHEMAS, SPLITS, table_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpusprep.data.patience import Target

OTHER_FILES = ("report.json", "report.html", "recipe.toml")
# Ours is what stands between the markers of the card, and so are the charts that it shows.
_OURS = re.compile(r"<!-- corpusprep:begin -->.*<!-- corpusprep:end -->", re.DOTALL)
_CHART = re.compile(r"charts/[\w.-]+\.svg")


class Plan(NamedTuple):
    """What one commit adds and deletes, on top of which commit."""

    parent: str | None
    add: dict[str, Path | bytes]
    delete: tuple[str, ...]
    license: str | None  # that the card names


class _Remote(NamedTuple):
    """What the branch holds now."""

    head: str | None
    files: list[str]
    card: str | None


def local_files(out: Path, chosen: Sequence[str]) -> dict[str, Path]:
    """Return the files of the corpus in *out* that go to the hub as they are, by their names."""
    paths = (
        *(out / name for name in OTHER_FILES if (out / name).exists()),
        *sorted((out / "charts").glob("*.svg")),
        *(file for name in chosen for file in table_files(out, name)),
    )
    return {path.relative_to(out).as_posix(): path for path in paths}


class Planner:
    """Plans the commits of one push; the card, which takes a pass over the corpus, is kept."""

    def __init__(
        self,
        target: Target,
        out: Path,
        chosen: Sequence[str],
        license: str | None,  # noqa: A002 - as in push
    ) -> None:
        self._target, self._out, self._chosen, self._license = target, out, chosen, license
        path = out / "README.md"
        self._mine = path.read_text(encoding="utf-8") if path.exists() else ""
        self._cards: dict[str | None, str] = {}  # by the card on the hub

    def plan(self, *, exists: bool) -> Plan:
        """Return what is to be added and deleted, as the branch stands now."""
        remote = self._look(exists=exists)
        if remote.card not in self._cards:  # making it takes time: what is there may change
            self._cards[remote.card] = self._card(remote.card)
            remote = self._look(exists=exists)
        card = self._cards.get(remote.card) or self._card(remote.card)
        card = _with_configs(card, remote, self._chosen)
        add: dict[str, Path | bytes] = {**local_files(self._out, self._chosen)}
        add["README.md"] = card.encode()
        stale = sorted(set(_ours(remote, self._chosen)) - set(add))
        given = _keys(card).get("license")
        return Plan(remote.head, add, tuple(stale), str(given) if given else None)

    def _look(self, *, exists: bool) -> _Remote:
        return _look(self._target) if exists else _Remote(None, [], None)

    def _card(self, theirs: str | None) -> str:
        earlier = [self._mine] if theirs is None else [self._mine, theirs]
        return make_card(self._out, earlier, license=self._license)


def _ours(remote: _Remote, chosen: Sequence[str]) -> list[str]:
    """Return the files on the hub that an earlier push of the *chosen* tables left there."""
    shard = re.compile(rf"(?:{'|'.join(chosen)})/(?:{'|'.join(SPLITS)})-[^/]*\.parquet")
    shown = _OURS.search(remote.card or "")
    charts = set(_CHART.findall(shown[0])) if shown else set()
    return [path for path in remote.files if shard.fullmatch(path) or path in charts]


def read_head(target: Target) -> str | None:
    """Return the commit that the branch points to."""
    info = target.api.repo_info(target.repo_id, repo_type="dataset", revision=target.revision)
    return info.sha


def _look(target: Target) -> _Remote:
    """Return the head of the branch, its files, and its card, if it has one."""
    api, repo = target.api, target.repo_id
    try:
        head = read_head(target)
    except RevisionNotFoundError:  # a plan does not make the branch; it will start at main
        head = api.repo_info(repo, repo_type="dataset").sha
    files = api.list_repo_files(repo, repo_type="dataset", revision=head)
    if "README.md" not in files:
        return _Remote(head, files, None)
    with tempfile.TemporaryDirectory() as folder:
        card = api.hf_hub_download(
            repo, "README.md", repo_type="dataset", revision=head, cache_dir=folder
        )
        return _Remote(head, files, Path(card).read_text(encoding="utf-8"))


def _with_configs(card: str, remote: _Remote, chosen: Sequence[str]) -> str:
    """Return *card* with the configs that are on the hub once the *chosen* tables are pushed.

    A table that is not pushed keeps its entry in the card that is there, if it has files there.
    """
    kept = {
        name
        for name in SCHEMAS
        if name not in chosen and any(path.startswith(f"{name}/") for path in remote.files)
    }
    keys, theirs = _keys(card), _keys(remote.card or "")
    changed = dict(keys)
    for key in ("configs", "dataset_info"):
        mine = [e for e in _entries(keys, key) if _name(e) in chosen or _name(e) not in SCHEMAS]
        mine += [e for e in _entries(theirs, key) if _name(e) in kept]
        changed[key] = sorted(mine, key=lambda e: [*SCHEMAS, _name(e)].index(_name(e)))
    if changed == keys:
        return card
    front = re.compile(r"---\n.*?\n---\n", re.DOTALL)
    yaml = CardData(**changed).to_yaml()
    body = card[match.end() :] if (match := front.match(card)) else card
    gone = [name for name in SCHEMAS if name not in chosen and name not in kept]
    return f"---\n{yaml}\n---\n{_without_loading(body, gone)}"


def _without_loading(body: str, gone: Sequence[str]) -> str:
    """Return *body* without the lines of its code that load tables that are not there."""
    for name in gone:
        body = re.sub(
            rf'^{name} = load_dataset\([^\n]*"{name}"[^\n]*\n', "", body, flags=re.MULTILINE
        )
    return body


def _keys(card: str) -> dict[str, Any]:
    if not card.lstrip("\ufeff \n").startswith("---"):
        return {}
    keys: dict[str, Any] = RepoCard(card).data.to_dict()  # type: ignore[no-untyped-call] # huggingface_hub left it out
    return keys


def _entries(keys: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = keys.get(key, [])
    return [e for e in (found if isinstance(found, list) else [found]) if isinstance(e, dict)]


def _name(entry: dict[str, Any]) -> str:
    return str(entry.get("config_name"))
