"""Errors that a caller can act on. Bad input is no error: it becomes a `Drop` with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class CorpusprepError(Exception):
    """The base of every error that this package raises on purpose; the message says what to do."""


class UndecodableError(CorpusprepError):
    """Bytes that are text in none of the encodings tried, or no text at all."""


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the end of a message about an unknown *name*: the nearest of *names*, or all of them.

    >>> nearest("treshold", ["exact", "near", "threshold"])
    "did you mean 'threshold'?"
    """
    from difflib import get_close_matches  # only when something went wrong already

    known = sorted(names)
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
