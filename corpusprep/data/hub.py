"""Pushing a corpus folder to a Hugging Face hub, in one commit, and reading it back.

`Dataset.push_to_hub` gives up on a 500 of the commit although every file is up, loses to anyone
who commits at the same time, and can leave a card that contradicts its files, which only the next
reader finds out. Here the files go up as they lie on the disk; the commit is tried again where
trying again can help; and the commit counts as done when `datasets` gives back the same rows.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from huggingface_hub import CommitOperationAdd, CommitOperationDelete

from corpusprep.data.access import check_rights, log_in, make_place
from corpusprep.data.card import write_card
from corpusprep.data.facts import read_facts
from corpusprep.data.patience import WAITS, HubError, patiently
from corpusprep.data.readback import read_back
from corpusprep.data.remote import Plan, Planner, local_files, read_head
from corpusprep.data.staging import settle
from corpusprep.data.tables import SCHEMAS, table_files
from corpusprep.data.uploads import Uploads, silent
from corpusprep.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from huggingface_hub import CommitInfo

    from corpusprep.data.facts import Facts
    from corpusprep.data.patience import Target
    from corpusprep.data.uploads import Tell

__all__ = ["HubError", "Pushed", "push"]


class Pushed(NamedTuple):
    """What a push did; after a dry run, what it would do."""

    repo_id: str
    commit: str  # empty after a dry run
    url: str  # of the commit or the pull request; empty after a dry run
    files: tuple[str, ...]
    bytes: int
    deleted: tuple[str, ...]  # files of an earlier push that are no part of the corpus any more
    verified: dict[str, int]  # rows that came back equal, by config


def push(  # noqa: PLR0913 - keyword-only, as in `hf upload`
    out: Path,
    repo_id: str,
    *,
    private: bool = False,
    revision: str | None = None,
    create_pr: bool = False,
    message: str | None = None,
    license: str | None = None,  # noqa: A002 - the YAML key's name
    configs: Sequence[str] = (),
    dry_run: bool = False,
    token: str | None = None,
    tell: Tell = silent,
) -> Pushed:
    """Publish the corpus in the folder *out* as the dataset *repo_id*, and check what arrived.

    One commit holds the tables, the card, the charts, the report and the recipe, and deletes the
    shards of an earlier push that are gone. With *configs*, only those tables go, and the others
    stay on the hub as they are. What persons wrote into the card on the hub stays. *license* is
    written into the card; it must be given unless the card names one. The hub is the one that
    HF_ENDPOINT names. To resume a push that was cut off, push again: files that are up are not
    sent twice. A *dry_run* checks all that a push checks first, and sends nothing.

    Raises:
        HubError: with what to do. Nothing was published, unless the message says so.
        CorpusprepError: *out* holds no finished corpus.

    """
    out = Path(out)
    if create_pr and revision not in (None, "main"):
        raise HubError("a pull request is opened against main: leave out either it or the revision")
    with _before_the_commit():
        target = log_in(repo_id, revision or "main", token)
        exists = check_rights(target, private=private, create_pr=create_pr)
        settle(out)
        facts = read_facts(out)
        chosen = _chosen(out, facts, configs)
        planner = Planner(target, out, chosen, license)
        plan = patiently(target, lambda: planner.plan(exists=exists), waits=WAITS)
        _check_license(plan, repo_id)
        if dry_run:
            return _pushed(target, plan)
        if license is not None or not all((out / f).exists() for f in ("README.md", "charts")):
            write_card(out, license=license)
        make_place(target, exists=exists, private=private)
        uploads = Uploads(target, local_files(out, chosen), tell, create_pr=create_pr)
        uploads.send(patiently(target, lambda: read_head(target)))
    commit, plan = _Commit(target, planner, uploads, create_pr).make(message or _message(facts))
    verified = read_back(target, commit.oid, out, chosen, tell)
    url = commit.pr_url or commit.commit_url
    return _pushed(target, plan)._replace(commit=commit.oid, url=url, verified=verified)


@contextmanager
def _before_the_commit() -> Iterator[None]:
    """Let errors of the hub say that nothing was published."""
    try:
        yield
    except HubError as error:
        if not error.refused:
            raise
        raise HubError(f"{error}. Nothing was published") from error.__cause__


def _pushed(target: Target, plan: Plan) -> Pushed:
    size = sum(len(f) if isinstance(f, bytes) else f.stat().st_size for f in plan.add.values())
    return Pushed(target.repo_id, "", "", tuple(plan.add), size, plan.delete, {})


def _chosen(out: Path, facts: Facts, configs: Sequence[str]) -> tuple[str, ...]:
    """Return the tables to push: those named, or all, so that one that is gone goes there, too.

    Raises:
        HubError: there is no such table, or no row in any of them.

    """
    there = tuple(name for name in SCHEMAS if table_files(out, name))
    for name in configs:
        if name not in there:
            raise HubError(f"{out} has no config {name!r}: {nearest(name, there)}")
    chosen = tuple(name for name in SCHEMAS if not configs or name in configs)
    if not any(table.rows for name, table in facts.tables.items() if name in chosen):
        raise HubError(f"{out} holds no rows in {', '.join(chosen)}: there is nothing to publish")
    return chosen


def _check_license(plan: Plan, repo_id: str) -> None:
    if not plan.license:
        raise HubError(
            f"no licence for {repo_id}: nobody may use a dataset without one. Give it with "
            "--license (license= in Python), e.g. cc-by-4.0, cc0-1.0, odc-by or other, or write "
            "`license: cc-by-4.0` into the front matter of the corpus' README.md"
        )


def _message(facts: Facts) -> str:
    return f"{facts.report['signature']}: {facts.report['documents']['out']:,} documents"


class _Commit(NamedTuple):
    """The commit of a push: planned anew for every try, on top of what is there by then.

    A commit may have happened although its answer got lost. The next try then finds the branch
    where it wants it and commits nothing. A pull request cannot be found again like that: it is
    not tried twice unless the hub said that nothing happened.
    """

    target: Target
    planner: Planner
    uploads: Uploads
    create_pr: bool

    def make(self, message: str) -> tuple[CommitInfo, Plan]:
        """Return the commit that the hub took, and what is in it.

        Raises:
            HubError: it took none; the message says whether that is sure.

        """
        heads: list[str | None] = []

        def once() -> tuple[CommitInfo, Plan]:
            plan = self.planner.plan(exists=True)
            heads.append(plan.parent)
            return self._send(plan, message), plan

        try:
            return patiently(self.target, once, waits=WAITS, repeatable=not self.create_pr)
        except HubError as error:
            raise HubError(f"{error}. {self._outcome(error, heads)}") from error.__cause__

    def _send(self, plan: Plan, message: str) -> CommitInfo:
        files = self.uploads.operations(plan.parent)
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(
                CommitOperationAdd(path, file) if isinstance(file, bytes) else files[path]
                for path, file in plan.add.items()
            ),
            *(CommitOperationDelete(path) for path in plan.delete),
        ]
        return self.target.api.create_commit(
            self.target.repo_id,
            operations,
            commit_message=message,
            repo_type="dataset",
            revision=self.target.revision,
            create_pr=self.create_pr,
            parent_commit=plan.parent,
        )

    def _outcome(self, error: HubError, heads: list[str | None]) -> str:
        """Return whether something was published, as far as can be known."""
        target = self.target
        if not heads or (self.create_pr and not error.unsure):
            return "Nothing was published"
        if self.create_pr:
            return (
                "The pull request may have been opened: before you push again, look at "
                f"{target.api.endpoint}/datasets/{target.repo_id}/discussions"
            )
        try:
            if patiently(target, lambda: read_head(target)) == heads[0]:
                return "Nothing was published"
        except HubError:
            return "Whether it was published is not known: push again, it will not be made twice"
        return (
            f"{target.revision} has moved, perhaps by this: push again, it will not be made twice"
        )
