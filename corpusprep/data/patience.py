"""Asking a hub until it answers, and saying in a sentence what to do when it will not.

A hub restarts, limits its visitors, loses answers, and lets somebody else commit first: all that
passes, and is waited out for a bounded time. A token without rights does not pass: it is told at
once, in words that name the token's source and never the token.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from huggingface_hub import HfApi

__all__ = ["WAITS", "HubError", "Target", "patiently", "said"]

T = TypeVar("T")
_log = logging.getLogger(__name__)

WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds; a hub that restarts is back within half a minute
LONGEST_WAIT = 300.0  # the hub's rate limits count in windows of five minutes
CONFLICTS = frozenset({409, 412})  # somebody else was faster
BUSY = frozenset({408, 425, 429})
# What the installed client raises when a connection breaks: httpx2's, httpx's or requests'.
CONNECTION_ERROR: type[BaseException] = HfHubHTTPError.__bases__[0]
# Broken connections, and answers of a proxy in HTML where the client looks for JSON.
CUT = (CONNECTION_ERROR, ConnectionError, TimeoutError, json.JSONDecodeError)
# hf-xet raises ConnectionErrors, and tells the status in their words only.
_XET_STATUS = re.compile(r"HTTP status (?:client|server) error \((\d{3})\b")


class HubError(CorpusprepError):
    """A push that did not happen, or that a hub did not keep as sent; the message says why."""

    refused = False  # by the hub, or by the way to it, when it was asked
    unsure = False  # the hub may have done what was asked, and only its answer got lost


class Target(NamedTuple):
    """Where a push goes, and as whom."""

    api: HfApi
    token: str
    token_source: str
    user: str
    repo_id: str
    revision: str
    owners: tuple[str, ...] = ()  # the user and the organisations; empty where the hub is silent

    @property
    def who(self) -> str:
        """The token, named by where it came from and whose it is."""
        return f"the token from {self.token_source}" + (f" (user {self.user})" if self.user else "")


def patiently(
    target: Target,
    action: Callable[[], T],
    *,
    waits: tuple[float, ...] = WAITS[:3],
    expected: tuple[type[Exception], ...] = (),
    repeatable: bool = True,
) -> T:
    """Return what *action* returns, trying again while that can help.

    An action that is not *repeatable* is tried again only where the hub says that it did nothing.

    Raises:
        HubError: it cannot, or not any more. Errors that are *expected* pass through.

    """
    for wait in (*waits, None):
        try:
            return action()
        except expected:
            raise
        except (CONNECTION_ERROR, OSError, RuntimeError, ValueError, LookupError) as error:
            if wait is None or not _worth_trying(error, repeatable=repeatable):
                # What the hub said may repeat the token: then the errors behind are not shown.
                leaks = any(target.token in str(cause) for cause in causes(error))
                failed = HubError(explain(target, error))
                failed.refused, failed.unsure = True, passing(error)
                raise failed from (None if leaks else error)
            seconds = wait_for(error, wait)
            told = said(error).replace(target.token, "…")
            _log.warning("the hub: %s; trying again in %.1f s", told, seconds)
            time.sleep(seconds)
    raise AssertionError  # the last round returns or raises


def causes(error: BaseException) -> Iterator[BaseException]:
    """Give *error* and what it came from: failed uploads come wrapped in RuntimeErrors."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that *error* came from, if it came from one."""
    for cause in causes(error):
        if isinstance(cause, HfHubHTTPError):
            return int(cause.response.status_code)
        if told := _XET_STATUS.search(str(cause)):
            return int(told[1])
    return None


def passing(error: BaseException) -> bool:
    """Return whether the hub or the way to it failed, so that nobody knows what it did."""
    status = status_of(error)
    if status is not None:
        return status >= 500
    return any(isinstance(cause, CUT) for cause in causes(error))


def _worth_trying(error: BaseException, *, repeatable: bool) -> bool:
    status = status_of(error)
    if status in CONFLICTS or status in BUSY:
        return True
    offline = any(isinstance(cause, OfflineModeIsEnabled) for cause in causes(error))
    return passing(error) and repeatable and not offline


def wait_for(error: BaseException, wait: float) -> float:
    """Return how long to wait: as the hub says, or *wait*, more or less, so that rivals part."""
    for cause in causes(error):
        if isinstance(cause, HfHubHTTPError):
            headers = cause.response.headers
            asked = re.search(r"\bt=(\d+)", headers.get("RateLimit", ""))
            seconds = asked[1] if asked else headers.get("Retry-After", "")
            if seconds.isdecimal():
                return min(float(seconds) + 0.1, LONGEST_WAIT)
    return wait * random.uniform(0.5, 1.5)  # noqa: S311 - spreads tries in time, protects nothing


def _no_xet(error: BaseException) -> bool:
    asked = any("xet-write-token" in str(cause) for cause in causes(error))
    return asked and status_of(error) == 404


def explain(target: Target, error: BaseException) -> str:
    """Return in a sentence what happened and what to do, without the token in it."""
    status = status_of(error)
    text = _explain_status(target, error, status) if status else _explain_other(target, error)
    return text.replace(target.token, "…")


def _explain_status(target: Target, error: BaseException, status: int) -> str:
    endpoint, repo, told = target.api.endpoint, target.repo_id, said(error)
    if _no_xet(error):
        return (
            f"{endpoint} has no xet storage, which the installed hf-xet wants to use: "
            "set HF_HUB_DISABLE_XET=1 and push again"
        )
    if status == 401:
        return (
            f"{endpoint} does not accept {target.who} (401): log in with `hf auth login`, or make "
            f"a new token with write access at {endpoint}/settings/tokens"
        )
    if status == 402:
        return (
            f"{endpoint} wants payment for {repo} (402: {told}): free some storage, choose a "
            "larger plan, or make the dataset public"
        )
    if status == 403:
        return (
            f"{target.who} may not write to {repo} (403: {told}): use a token with write access "
            f"to {repo.split('/')[0]}, push under your own name, or open a pull request"
        )
    if status == 404 and not target.user:
        return f"{endpoint} does not answer like a hub (404): check HF_ENDPOINT"
    if status == 404:
        return (
            f"{repo} does not exist at {endpoint}, or it is private and {target.who} may not see it"
        )
    if status in CONFLICTS:
        return f"others kept committing to {repo} ({status}): push again when they are done"
    if status < 500 and status not in BUSY:
        return f"{endpoint} refused to take {repo} ({status}: {told})"
    return f"{endpoint} answered {status} ({told}): push again later, finished files are kept"


def _explain_other(target: Target, error: BaseException) -> str:
    endpoint, repo, told = target.api.endpoint, target.repo_id, said(error)
    if isinstance(error, HFValidationError):
        return f"{repo!r} is no name for a dataset: {told}"
    if any(isinstance(cause, OfflineModeIsEnabled) for cause in causes(error)):
        return "HF_HUB_OFFLINE is set, so nothing can be pushed: unset it"
    if passing(error):
        return (
            f"the connection to {endpoint} failed ({type(error).__name__}: {told}): check the "
            "network and HF_ENDPOINT, then push again; finished files are kept"
        )
    return f"{repo} was not pushed: {told}"


def said(error: BaseException) -> str:
    """Return what the hub said, or what the error says, on one line."""
    for cause in causes(error):
        if isinstance(cause, HfHubHTTPError) and cause.server_message:
            return " ".join(cause.server_message.split())
    return " ".join(str(error).split())[:300]
