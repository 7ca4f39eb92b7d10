"""What the small hub keeps: repositories with real commits, blobs, tokens, and faults to come."""

from __future__ import annotations

import hashlib
import random
import re
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

TOKENS = {
    "hf_writerwriterwriterwriter": ("owner", "write"),
    "hf_readerreaderreaderreader": ("owner", "read"),
    "hf_strangerstrangerstranger": ("stranger", "write"),
}
WRITER, READER, STRANGER = TOKENS


class Entry(NamedTuple):
    oid: str  # of the git blob
    size: int
    sha256: str | None  # of the LFS object


@dataclass
class Commit:
    oid: str
    parent: str | None
    title: str
    tree: dict[str, Entry]


@dataclass
class Repo:
    name: str
    owner: str
    private: bool
    refs: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    pull_requests: list[str] = field(default_factory=list)  # their titles

    def history(self, ref: str = "main") -> list[Commit]:
        commits, oid = [], self.refs.get(ref)
        while oid:
            commits.append(self.commits[oid])
            oid = commits[-1].parent
        return commits

    def files(self, ref: str = "main") -> list[str]:
        return sorted(self.commits[self.refs[ref]].tree)


@dataclass
class Fault:
    """What goes wrong with the next requests that match; status 0 cuts the connection."""

    method: str
    path: str
    status: int | None = 0  # None: nothing goes wrong, but *before* comes first
    times: int = 1
    done: bool = False  # the request is carried out, only its answer goes wrong
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    after: int | None = None  # bytes of the body that are read before the connection is cut
    before: Callable[[], object] | None = None


@dataclass
class Chaos:
    """Lets a share of the requests for one repository fail, the same ones for the same seed."""

    repo: str
    seed: int
    share: float
    ways: tuple[int, ...] = (500, 503, 0)
    failed: int = 0
    _seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def fault(self, method: str, path: str) -> Fault | None:
        if self.repo not in path:
            return None
        nth = self._seen[method, path] = self._seen.get((method, path), 0) + 1
        # Ports and the order of threads differ between runs: only the request itself counts.
        dice = random.Random(f"{self.seed} {method} {path} {nth}")
        if dice.random() >= self.share:
            return None
        self.failed += 1
        return Fault(method, path, dice.choice(self.ways), done=dice.random() < 0.3)


class Hub:
    """The state of the hub: tests look at it and put faults into it."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.parts: dict[tuple[str, int], bytes] = {}  # of multipart uploads
        self.part_size = 0  # bytes; 0: no multipart uploads
        self.cas: Path | None = None  # the folder of hf-xet's local storage; None: no xet here
        self.faults: list[Fault] = []
        self.chaos: list[Chaos] = []
        self.requests: list[tuple[str, str, int]] = []
        self.lock = threading.RLock()
        self.endpoint = ""

    def create(self, name: str, *, private: bool = False) -> Repo:
        repo = self.repos[name] = Repo(name, name.split("/", maxsplit=1)[0], private)
        self.commit(repo, "main", "initial commit", {".gitattributes": self.blob(b"*.parquet\n")})
        return repo

    def blob(self, data: bytes) -> Entry:
        oid = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        self.blobs[oid] = data
        return Entry(oid, len(data), None)

    def store(self, sha256: str, data: bytes) -> bool:
        """Keep *data* if it is what *sha256* says."""
        if hashlib.sha256(data).hexdigest() != sha256:
            return False
        self.blobs[sha256] = data
        return True

    def commit(self, repo: Repo, ref: str, title: str, tree: dict[str, Entry]) -> str:
        parent = repo.refs.get(ref)
        oid = hashlib.sha1(repr((title, parent, sorted(tree.items()))).encode()).hexdigest()
        repo.commits[oid] = Commit(oid, parent, title, tree)
        repo.refs[ref] = oid
        return oid

    def put(self, name: str, path: str, data: bytes) -> None:
        """Commit one file to main, as another client would."""
        tree = {**self.repos[name].history()[0].tree, path: self.blob(data)}
        self.commit(self.repos[name], "main", f"put {path}", tree)

    def read(self, name: str, path: str, ref: str = "main") -> bytes:
        return self.blobs[self.repos[name].history(ref)[0].tree[path].oid]

    def writes(self) -> list[str]:
        """Return the requests since the start that would change something."""
        asking = re.compile(r"/api/validate-yaml|/info/lfs/|/preupload/")
        return [p for m, p, _ in self.requests if m not in ("GET", "HEAD") and not asking.search(p)]

    def sent(self, method: str, path: str) -> list[str]:
        """Return the paths of the requests that match and were answered well."""
        return [p for m, p, s in self.requests if m == method and re.search(path, p) and s == 200]

    def fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.method == method and re.search(fault.path, path):
                    fault.times -= 1
                    return fault
            return next((f for c in self.chaos if (f := c.fault(method, path))), None)

    def content(self, sha256: str) -> bytes:
        """Return an object, rebuilt by hf-xet where it is in its storage: downloads by HTTP do so."""
        if sha256 not in self.blobs:
            import hf_xet

            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "file")
                wanted = hf_xet.XetFileInfo(self.xet_hashes()[sha256], None)
                with hf_xet.XetSession().new_file_download_group(
                    endpoint=f"local://{self.cas}",
                    token="of-the-storage",
                    token_expiry_unix_secs=int(time.time()) + 3600,
                ) as group:
                    group.start_download_file(wanted, str(file))
                assert self.store(sha256, file.read_bytes())
        return self.blobs[sha256]

    def xet_hashes(self) -> dict[str, str]:
        """Return the xet hash of every SHA-256, out of the shard files of the local storage."""
        found: dict[str, str] = {}
        for shard in self.cas.rglob("*.mdb") if self.cas else ():
            found.update(_read_shard(shard.read_bytes()))
        return found


def _read_shard(data: bytes) -> dict[str, str]:
    """Return xet hashes by SHA-256: a header, then for each file records of 48 bytes."""
    found, at = {}, 48
    while at + 48 <= len(data) and data[at : at + 32] != b"\xff" * 32:
        file, flags = data[at : at + 32], int.from_bytes(data[at + 32 : at + 36], "little")
        records = int.from_bytes(data[at + 36 : at + 40], "little")
        at += 48 + 48 * records * (1 + (flags >> 31 & 1))
        if flags >> 30 & 1:
            found[_hex(data[at : at + 32])] = _hex(file)
            at += 48
    return found


def _hex(raw: bytes) -> str:
    return "".join(f"{int.from_bytes(raw[k : k + 8], 'little'):016x}" for k in range(0, 32, 8))


def describe(path: str, entry: Entry) -> dict[str, Any]:
    """Return *entry* as listings show it."""
    described: dict[str, Any] = {"type": "file", "oid": entry.oid, "size": entry.size, "path": path}
    if entry.sha256:
        described["lfs"] = {"oid": entry.sha256, "size": entry.size, "pointerSize": 134}
    return described
