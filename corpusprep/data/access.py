"""Whether a push may happen: whose token it is, what it may do, and where it goes.

All of it is asked before a file is read: an upload of hours must not end at a missing right.
"""

from __future__ import annotations

import os
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi, constants, get_token
from huggingface_hub.errors import RepositoryNotFoundError

from corpusprep.data.patience import HubError, Target, patiently


def log_in(repo_id: str, revision: str, token: str | None) -> Target:
    """Return the target, having asked the hub whose token this is and what it may do.

    Raises:
        HubError: there is no token, the hub does not know it, or it may only read.

    """
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
    target = Target(api, token, source, "", repo_id, revision)
    identity: dict[str, Any] = patiently(target, api.whoami)
    target = target._replace(user=str(identity.get("name", "")), owners=_owners(identity))
    access = (identity.get("auth") or {}).get("accessToken") or {}
    if access.get("role") == "read":
        raise HubError(
            f"{target.who} may only read: make one with write access at "
            f"{api.endpoint}/settings/tokens"
        )
    if "/" not in repo_id:
        target = target._replace(repo_id=f"{target.user}/{repo_id}")
    return target


def _token_source() -> str:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if os.environ.get(name):
            return name
    return str(constants.HF_TOKEN_PATH)


def _owners(identity: dict[str, Any]) -> tuple[str, ...]:
    """Return whose datasets this user may make; nothing where the hub does not tell."""
    if "orgs" not in identity:
        return ()
    return (str(identity.get("name", "")), *(str(org.get("name")) for org in identity["orgs"]))


def check_rights(target: Target, *, private: bool, create_pr: bool) -> bool:
    """Return whether the repository exists, when the token may push to it.

    Raises:
        HubError: it may not; or the repository is public, and *private* was asked for.

    """
    repo, owner = target.repo_id, target.repo_id.split("/")[0]
    try:
        info = patiently(
            target,
            lambda: target.api.repo_info(repo, repo_type="dataset"),
            expected=(RepositoryNotFoundError,),
        )
    except RepositoryNotFoundError:
        if target.owners and owner not in target.owners:
            raise HubError(
                f"{repo} does not exist at {target.api.endpoint}, or is private, and {target.who} "
                f"may not write to {owner}: push under one of {', '.join(target.owners)}"
            ) from None
        return False
    if private and not info.private:
        raise HubError(
            f"{repo} exists already and is public: make it private in its settings, "
            "choose another name, or push without asking for a private one"
        )
    patiently(target, lambda: _ask_to_write(target, create_pr=create_pr))
    return True


def _ask_to_write(target: Target, *, create_pr: bool) -> None:
    """Ask the hub how it would like an empty file: an answer is for those who may write."""
    target.api.preupload_lfs_files(
        target.repo_id,
        [CommitOperationAdd("README.md", b"")],
        repo_type="dataset",
        create_pr=create_pr,
    )


def make_place(target: Target, *, exists: bool, private: bool) -> None:
    """Make the repository and the branch, where they are not there yet.

    Raises:
        HubError: the hub refuses.

    """
    if not exists:
        patiently(target, lambda: _create(target, private=private))
    if target.revision != "main" and not target.revision.startswith("refs/"):
        patiently(target, lambda: _make_branch(target))


def _create(target: Target, *, private: bool) -> None:
    target.api.create_repo(
        target.repo_id, repo_type="dataset", private=private or None, exist_ok=True
    )


def _make_branch(target: Target) -> None:
    target.api.create_branch(
        target.repo_id, branch=target.revision, repo_type="dataset", exist_ok=True
    )
