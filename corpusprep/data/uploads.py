"""Sending the files of a push: each is hashed once and sent once, whatever happens to the commit.

The files go up before the commit is planned, so that somebody else's commit during an upload of
hours costs another plan and not another upload.
"""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from huggingface_hub import CommitOperationAdd

from corpusprep.data.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from corpusprep.data.patience import Target

    Tell = Callable[["Sent"], None]

BATCH_FILES = 20  # enough for the client's five threads
BATCH_BYTES = 1 << 30  # what xet may have to look through again when a connection broke


class Sent(NamedTuple):
    """How far a push is; *stage* is "upload" or "check"."""

    stage: str
    files: int
    of_files: int
    bytes: int
    of_bytes: int


def silent(_: Sent) -> None:
    """Tell nobody."""


class Tally:
    """Counts how much of which file has gone; several threads may tell it at once."""

    def __init__(self, stage: str, sizes: Mapping[str, int], tell: Tell) -> None:
        self._stage, self._sizes, self._tell = stage, sizes, tell
        self._at = dict.fromkeys(sizes, 0)
        self._files = self._bytes = 0
        self._whole = sum(sizes.values())
        self._lock = threading.Lock()

    def at(self, name: str, position: int) -> None:
        """Count *name* up to *position*; a file that is read again counts once."""
        with self._lock:
            before, size = self._at[name], self._sizes[name]
            self._at[name] = now = max(before, min(position, size))
            self._bytes += now - before
            self._files += now == size and before < size
            sent = (self._files, len(self._sizes), self._bytes, self._whole)
            self._tell(Sent(self._stage, *sent))


class _CountedFile(io.BufferedReader):
    """A file that tells up to where it was read."""

    def __init__(self, path: str, told: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path))
        self._told = told

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._told(self.tell())
        return data


class _Addition(CommitOperationAdd):
    """A file of the commit that tells how much of it went over the wire."""

    told: Callable[[int], None]

    @contextmanager
    def as_file(self, with_tqdm: bool = False) -> Iterator[BinaryIO]:  # noqa: FBT001, FBT002 - the base's signature
        """Give the file, opened; *with_tqdm* is what the client asks for when it sends it."""
        if not with_tqdm:
            with super().as_file() as file:
                yield file
        else:
            with _CountedFile(str(self.path_or_fileobj), self.told) as file:
                yield file


class Uploads:
    """The files of a push, for as many tries of the commit as it takes."""

    def __init__(
        self, target: Target, files: Mapping[str, Path], tell: Tell, *, create_pr: bool
    ) -> None:
        self._target, self._create_pr = target, create_pr
        sizes = {name: path.stat().st_size for name, path in files.items()}
        self._tally = Tally("upload", sizes, tell)
        self._fresh = [self._addition(name, path) for name, path in files.items()]
        self._sent: list[_Addition] = []
        self._head: str | None = None

    def _addition(self, name: str, path: Path) -> _Addition:
        addition = _Addition(name, path)
        addition.told = lambda position: self._tally.at(name, position)
        return addition

    def send(self, head: str | None) -> None:
        """Send what the hub has not got yet, while the branch points to *head*.

        Raises:
            HubError: the hub does not take it, or the connection stays broken.

        """
        self._start_at(head)
        for batch in _batches(self._sent):
            patiently(self._target, partial(self._send, batch))
            for addition in batch:
                self._tally.at(addition.path_in_repo, addition.upload_info.size)

    def _send(self, batch: Sequence[_Addition]) -> None:
        self._target.api.preupload_lfs_files(
            self._target.repo_id,
            batch,
            repo_type="dataset",
            revision=self._target.revision,
            create_pr=self._create_pr,
            free_memory=False,
        )

    def operations(self, head: str | None) -> dict[str, CommitOperationAdd]:
        """Return the files for a commit on top of *head*, by their names.

        What the client has found out about a file, whether it differs from the hub's, holds for
        the head of then: for another head it asks again. The hash is kept.
        """
        if head != self._head:
            self._start_at(head)
        return {addition.path_in_repo: addition for addition in self._sent}

    def _start_at(self, head: str | None) -> None:
        self._head, self._sent = head, [copy(addition) for addition in self._fresh]


def _batches(additions: Sequence[_Addition]) -> Iterator[list[_Addition]]:
    """Give the files in batches: what came through stays when a later batch fails."""
    batch: list[_Addition] = []
    size = 0
    for addition in additions:
        batch.append(addition)
        size += addition.upload_info.size
        if len(batch) == BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
