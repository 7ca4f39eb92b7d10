"""Pushing a corpus folder to a Hugging Face hub, in one commit, and reading it back.

`Dataset.push_to_hub` gives up on a 500 of the commit although every file is up, loses to anyone
who commits at the same time, and can leave a card that contradicts its files, which only the next
reader finds out. Here the files go up as they lie on the disk; the commit is tried again where
trying again can help; and the commit counts as done when `datasets` gives back the same rows.
"""

from __future__ import annotations

import logging
import os
import random
import re
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import orjson
import pyarrow.parquet as pq
import xxhash
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    constants,
    get_token,
)
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from corpusprep.data.card import make_card, write_card
from corpusprep.data.facts import read_facts
from corpusprep.data.wording import TABLES
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa
    from huggingface_hub import CommitInfo

    from corpusprep.data.facts import Facts, Table

T = TypeVar("T")
_log = logging.getLogger(__name__)

OTHER_FILES = ("README.md", "report.json", "report.html", "recipe.toml")
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds; a hub that restarts is back within half a minute
LONGEST_WAIT = 300.0  # the hub's rate limits count in windows of five minutes
CONFLICTS = frozenset({409, 412})  # somebody else was faster
BUSY = frozenset({408, 425, 429})
# What the installed client raises when a connection breaks: httpx2's, httpx's or requests'.
CONNECTION_ERROR: type[BaseException] = HfHubHTTPError.__bases__[0]


class HubError(CorpusprepError):
    """A push that did not happen, or that a hub did not keep as sent; the message says why."""


class Pushed(NamedTuple):
    """What a push did; after a dry run, what it would do."""

    repo_id: str
    commit: str  # empty after a dry run
    url: str  # of the commit or the pull request; empty after a dry run
    files: tuple[str, ...]
    bytes: int
    deleted: tuple[str, ...]  # shards of an earlier push that are no part of the corpus any more
    verified: dict[str, int]  # rows that came back equal, by config


class _Target(NamedTuple):
    """Where a push goes, and as whom."""

    api: HfApi
    token: str
    token_source: str
    user: str
    repo_id: str
    revision: str


class _Plan(NamedTuple):
    """What one commit adds and deletes, on top of which commit."""

    parent: str | None
    add: dict[str, Path | bytes]
    delete: tuple[str, ...]


def push(  # noqa: PLR0913 - keyword-only, as in `hf upload`
    out: Path,
    repo_id: str,
    *,
    private: bool = False,
    revision: str | None = None,
    create_pr: bool = False,
    message: str | None = None,
    license: str | None = None,  # noqa: A002 - the YAML key's name
    dry_run: bool = False,
    token: str | None = None,
) -> Pushed:
    """Publish the corpus in the folder *out* as the dataset *repo_id*, and check what arrived.

    One commit holds the four tables, the card, the report and the recipe, and deletes the shards
    of an earlier push that are gone. What persons wrote into the card on the hub stays. *license*
    is written into the card. The hub is the one that HF_ENDPOINT names.

    Raises:
        HubError: with what to do. Nothing was published, unless the message names a commit.
        CorpusprepError: *out* holds no finished corpus.

    """
    out = Path(out)
    if create_pr and revision not in (None, "main"):
        raise HubError("a pull request is opened against main: leave out either it or the revision")
    target = _log_in(repo_id, revision or "main", token)
    exists = _check_repo(target, private=private)
    facts = read_facts(out)
    if not any(table.rows for table in facts.tables.values()):
        raise HubError(f"{out} holds no rows in any table: there is nothing to publish")
    if not dry_run:
        if license is not None or not (out / "README.md").exists():
            write_card(out, license=license)
        if not exists:
            _patiently(target, lambda: _create(target, private=private))
        elif revision is not None:
            _patiently(target, lambda: _make_branch(target))
    plan = _patiently(target, lambda: _plan(target, out, license, exists=exists or not dry_run))
    size = sum(len(f) if isinstance(f, bytes) else f.stat().st_size for f in plan.add.values())
    pushed = Pushed(target.repo_id, "", "", tuple(plan.add), size, plan.delete, {})
    if dry_run:
        return pushed
    plans = chain([plan], iter(lambda: _plan(target, out, license, exists=True), None))
    commit = _commit(target, plans, message or _message(facts), create_pr=create_pr)
    verified = _read_back(target, commit.oid, facts)
    url = commit.pr_url or commit.commit_url
    return pushed._replace(commit=commit.oid, url=url, verified=verified)


# --- before any file is read


def _log_in(repo_id: str, revision: str, token: str | None) -> _Target:
    """Return the target, having asked the hub whose token this is and what it may do."""
    source = "the argument `token`" if token else _token_source()
    try:
        token = token or get_token()
    except OSError as error:
        raise HubError(f"the token cannot be read from {source}: {error}") from error
    api = HfApi(token=token)
    if not token:
        raise HubError(
            f"no token for {api.endpoint}: run `hf auth login`, or set HF_TOKEN to a token with "
            f"write access from {api.endpoint}/settings/tokens"
        )
    target = _Target(api, token, source, "", repo_id, revision)
    identity: dict[str, Any] = _patiently(target, api.whoami)
    access = (identity.get("auth") or {}).get("accessToken") or {}
    user = str(identity.get("name", ""))
    if access.get("role") == "read":
        raise HubError(
            f"the token from {source} (user {user}) may only read: make one with write access at "
            f"{api.endpoint}/settings/tokens"
        )
    return target._replace(user=user, repo_id=repo_id if "/" in repo_id else f"{user}/{repo_id}")


def _token_source() -> str:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if os.environ.get(name):
            return name
    return str(constants.HF_TOKEN_PATH)


def _check_repo(target: _Target, *, private: bool) -> bool:
    """Return whether the repository exists.

    Raises:
        HubError: it exists, is public, and *private* was asked for.

    """
    try:
        info = _patiently(
            target,
            lambda: target.api.repo_info(target.repo_id, repo_type="dataset"),
            expected=(RepositoryNotFoundError,),
        )
    except RepositoryNotFoundError:
        return False
    if private and not info.private:
        raise HubError(
            f"{target.repo_id} exists already and is public: make it private in its settings, "
            "choose another name, or push without asking for a private one"
        )
    return True


def _create(target: _Target, *, private: bool) -> None:
    target.api.create_repo(
        target.repo_id, repo_type="dataset", private=private or None, exist_ok=True
    )
    if target.revision != "main":
        _make_branch(target)


def _make_branch(target: _Target) -> None:
    if target.revision != "main" and not target.revision.startswith("refs/"):
        target.api.create_branch(
            target.repo_id, branch=target.revision, repo_type="dataset", exist_ok=True
        )


# --- the commit


def _plan(target: _Target, out: Path, license: str | None, *, exists: bool) -> _Plan:  # noqa: A002 - as in push
    """Return what is to be added and deleted, as the branch stands now."""
    parent, remote, card = _remote(target) if exists else (None, [], [])
    mine = (out / "README.md").read_text(encoding="utf-8") if (out / "README.md").exists() else ""
    add: dict[str, Path | bytes] = {
        path.relative_to(out).as_posix(): path
        for path in (
            *(out / name for name in OTHER_FILES if (out / name).exists()),
            *(file for name in TABLES for file in sorted((out / name).glob("train-*.parquet"))),
        )
    }
    add["README.md"] = make_card(out, [mine, *card], license=license).encode()
    ours = re.compile(rf"(?:{'|'.join(TABLES)})/train-[^/]*\.parquet")
    stale = (path for path in remote if ours.fullmatch(path) and path not in add)
    return _Plan(parent, add, tuple(sorted(stale)))


def _remote(target: _Target) -> tuple[str | None, list[str], list[str]]:
    """Return the head of the branch, its files, and its card, if it has one."""
    api, repo = target.api, target.repo_id
    try:
        head = api.repo_info(repo, repo_type="dataset", revision=target.revision).sha
    except RevisionNotFoundError:  # a dry run does not make the branch; it will start at main
        head = api.repo_info(repo, repo_type="dataset").sha
    files = api.list_repo_files(repo, repo_type="dataset", revision=head)
    if "README.md" not in files:
        return head, files, []
    with tempfile.TemporaryDirectory() as folder:
        card = api.hf_hub_download(
            repo, "README.md", repo_type="dataset", revision=head, cache_dir=folder
        )
        return head, files, [Path(card).read_text(encoding="utf-8")]


def _commit(
    target: _Target, plans: Iterator[_Plan], message: str, *, create_pr: bool
) -> CommitInfo:
    """Commit the first of *plans* that the hub takes; every try needs a new one.

    A commit may have happened although its answer got lost. The next try then finds the branch
    where it wants it and commits nothing. A pull request cannot be found again like that: it is
    not tried twice unless the hub said that nothing happened.
    """

    def once() -> CommitInfo:
        parent, add, delete = next(plans)
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(path, file) for path, file in add.items()),
            *(CommitOperationDelete(path) for path in delete),
        ]
        return target.api.create_commit(
            target.repo_id,
            operations,
            commit_message=message,
            repo_type="dataset",
            revision=target.revision,
            create_pr=create_pr,
            parent_commit=parent,
        )

    return _patiently(target, once, waits=WAITS, repeatable=not create_pr)


def _message(facts: Facts) -> str:
    return f"{facts.report['signature']}: {facts.report['documents']['out']:,} documents"


# --- trying again, and saying what went wrong


def _patiently(
    target: _Target,
    action: Callable[[], T],
    *,
    waits: tuple[float, ...] = WAITS[:3],
    expected: tuple[type[Exception], ...] = (),
    repeatable: bool = True,
) -> T:
    """Return what *action* returns, trying again while that can help.

    Raises:
        HubError: it cannot, or not any more. Errors that are *expected* pass through.

    """
    for wait in (*waits, None):
        try:
            return action()
        except expected:
            raise
        except (CONNECTION_ERROR, OSError, RuntimeError, ValueError) as error:
            status = _status(error)
            if wait is None or not _worth_trying(error, status, repeatable=repeatable):
                raise HubError(_explain(target, error, status)) from error
            seconds = _wait(error, wait)
            said = _said(error).replace(target.token, "…")
            _log.warning("the hub: %s; trying again in %.1f s", said, seconds)
            time.sleep(seconds)
    raise AssertionError  # the last round returns or raises


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give *error* and what it came from: failed uploads come wrapped in RuntimeErrors."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _status(error: BaseException) -> int | None:
    for cause in _causes(error):
        if isinstance(cause, HfHubHTTPError):
            return int(cause.response.status_code)
    return None


def _worth_trying(error: BaseException, status: int | None, *, repeatable: bool) -> bool:
    if status is not None:
        return status in CONFLICTS or status in BUSY or (status >= 500 and repeatable)
    cut = any(
        isinstance(c, (CONNECTION_ERROR, ConnectionError, TimeoutError)) for c in _causes(error)
    )
    hopeless = any(isinstance(c, OfflineModeIsEnabled) for c in _causes(error)) or _no_xet(error)
    return cut and repeatable and not hopeless


def _wait(error: BaseException, wait: float) -> float:
    """Return how long to wait: as the hub says, or *wait*, more or less, so that rivals part."""
    for cause in _causes(error):
        if isinstance(cause, HfHubHTTPError):
            headers = cause.response.headers
            asked = re.search(r"\bt=(\d+)", headers.get("RateLimit", ""))
            seconds = asked[1] if asked else headers.get("Retry-After", "")
            if seconds.isdecimal():
                return min(float(seconds) + 0.1, LONGEST_WAIT)
    return wait * random.uniform(0.5, 1.5)  # noqa: S311 - spreads tries in time, protects nothing


def _no_xet(error: BaseException) -> bool:
    return any("xet-write-token" in str(cause) for cause in _causes(error))


def _explain(target: _Target, error: BaseException, status: int | None) -> str:
    """Return in a sentence what happened and what to do, without the token in it."""
    endpoint, repo = target.api.endpoint, target.repo_id
    who = f"the token from {target.token_source}" + (
        f" (user {target.user})" if target.user else ""
    )
    said = _said(error)
    if isinstance(error, HFValidationError):
        text = f"{repo!r} is no name for a dataset: {said}"
    elif any(isinstance(cause, OfflineModeIsEnabled) for cause in _causes(error)):
        text = "HF_HUB_OFFLINE is set, so nothing can be pushed: unset it"
    elif _no_xet(error):
        text = (
            f"{endpoint} has no xet storage, which the installed hf-xet wants to use: "
            "set HF_HUB_DISABLE_XET=1 and push again"
        )
    elif status == 401:
        text = (
            f"{endpoint} does not accept {who} (401): log in with `hf auth login`, or make a new "
            f"token with write access at {endpoint}/settings/tokens"
        )
    elif status == 402:
        text = (
            f"{endpoint} wants payment for {repo} (402: {said}): free some storage, choose a "
            "larger plan, or make the dataset public"
        )
    elif status == 403:
        text = (
            f"{who} may not write to {repo} (403: {said}): use a token with write access to "
            f"{repo.split('/')[0]}, or push under your own name"
        )
    elif status == 404 and not target.user:
        text = f"{endpoint} does not answer like a hub (404): check HF_ENDPOINT"
    elif status == 404:
        text = f"{repo} does not exist at {endpoint}, or it is private and {who} may not see it"
    elif status in CONFLICTS:
        text = f"others kept committing to {repo} ({status}): push again when they are done"
    elif status is not None and status < 500 and status not in BUSY:
        text = f"{endpoint} refused to take {repo} ({status}: {said})"
    elif status is not None:
        text = f"{endpoint} answered {status} ({said}): push again later, finished files are kept"
    elif isinstance(error, ValueError):
        text = f"{repo} was not pushed: {said}"
    else:
        text = (
            f"the connection to {endpoint} failed ({type(error).__name__}: {said}): check the "
            "network and HF_ENDPOINT, then push again; finished files are kept"
        )
    return text.replace(target.token, "…")


def _said(error: BaseException) -> str:
    """Return what the hub said, or what the error says, on one line."""
    for cause in _causes(error):
        if isinstance(cause, HfHubHTTPError) and cause.server_message:
            return " ".join(cause.server_message.split())
    return " ".join(str(error).split())[:300]


# --- after the commit


def _read_back(target: _Target, commit: str, facts: Facts) -> dict[str, int]:
    """Return the rows of every config that `datasets` reads equal from the hub at *commit*.

    Raises:
        HubError: rows are missing or differ, or cannot be read.

    """
    return {
        name: _compare(target, commit, table) for name, table in facts.tables.items() if table.rows
    }


def _compare(target: _Target, commit: str, table: Table) -> int:
    where = f"{target.repo_id} at commit {commit[:12]}, config {table.name!r}"
    local_rows, local_digest = _digest(_local_batches(table.files))
    with tempfile.TemporaryDirectory() as folder:
        try:
            schema, batches = _remote_batches(target, commit, table.name, folder)
            rows, digest = _digest(batches)
        except (CONNECTION_ERROR, OSError, RuntimeError, ValueError, LookupError) as error:
            raise HubError(
                f"{where} was pushed but cannot be read back ({_said(error)}): load it with "
                "`datasets`, and push again if it fails"
            ) from error
    if rows != local_rows or digest != local_digest:
        difference = (
            f"{rows:,} rows instead of {local_rows:,}" if rows != local_rows else "other values"
        )
        raise HubError(
            f"{where} reads back with {difference}: push again; if it stays so, the hub or the "
            "card changes the data, and the folder on the disk is right"
        )
    if _types(schema) != _types(table.schema):
        raise HubError(f"{where} reads back with other columns than it was written with: {schema}")
    return rows


def _types(schema: pa.Schema) -> list[tuple[str, str]]:
    """Return names and types of columns; Parquet and `datasets` name the items of lists apart."""
    return [(field.name, re.sub(r"\b(?:element|item): ", "", str(field.type))) for field in schema]


def _remote_batches(
    target: _Target, commit: str, config: str, folder: str
) -> tuple[pa.Schema, Iterable[pa.Table]]:
    import datasets

    rows = datasets.load_dataset(
        target.repo_id,
        config,
        split="train",
        revision=commit,
        token=target.token,
        streaming=True,
        cache_dir=folder,
    )
    return rows.features.arrow_schema, rows.with_format("arrow").iter(batch_size=1000)


def _local_batches(files: Iterable[Path]) -> Iterator[pa.RecordBatch]:
    for file in files:
        with pq.ParquetFile(file) as parquet:
            yield from parquet.iter_batches(batch_size=1000)


def _digest(batches: Iterable[pa.Table | pa.RecordBatch]) -> tuple[int, str]:
    """Return the number of rows and a hash of their values in order, however they are batched."""
    digest, rows = xxhash.xxh3_128(), 0
    for row in chain.from_iterable(batch.to_pylist() for batch in batches):
        digest.update(orjson.dumps(row))
        rows += 1
    return rows, digest.hexdigest()
