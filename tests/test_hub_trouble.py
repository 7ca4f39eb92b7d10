"""Pushing when things go wrong at once: a kill, rivals, a hub that fails at random, a leaking token."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import wait
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hub_client import COMMIT, ROWS, clients, fresh, watched
from hub_server import WRITER, Chaos, Fault
from sample_corpus import read_table, write_corpus

from corpusprep.data.hub import HubError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub_client import Client
    from hub_server import Hub

COMMAND = (sys.executable, "-m", "corpusprep", "push")
LICENSE = ("--license", "cc-by-4.0")


@pytest.fixture(scope="module")
def rivals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    yield from clients(tmp_path_factory.mktemp("rivals"), 4)


@pytest.fixture
def hub(rivals: Client) -> Iterator[Hub]:
    yield from watched(rivals.hub)


@pytest.fixture
def corpora(tmp_path: Path) -> list[Path]:
    """Four corpora that differ in their number of shards."""
    return [write_corpus(tmp_path / f"corpus-{k}", shards=k + 1) for k in range(4)]


def shards(hub: Hub, repo: str, ref: str = "main") -> list[str]:
    return [f for f in hub.repos[repo].files(ref) if f.endswith(".parquet")]


def whole(corpus: Path) -> list[str]:
    return sorted(p.relative_to(corpus).as_posix() for p in corpus.rglob("*.parquet"))


def run(
    hub: Hub, folder: Path, *arguments: str, **changes: str
) -> subprocess.CompletedProcess[str]:
    environment = fresh(hub, folder, HF_TOKEN=WRITER, **changes)
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


# --- rivals


def meet(parties: int) -> Fault:
    """Return what lets the first *parties* commits wait until all of them are there."""
    barrier = threading.Barrier(parties, timeout=30)
    return Fault("POST", COMMIT, None, times=parties, before=barrier.wait)


def test_four_pushes_to_one_branch_leave_one_of_them_whole(
    rivals: Client, hub: Hub, corpora: list[Path]
) -> None:
    hub.create("owner/race")
    hub.faults.append(meet(4))
    done = [rivals.start(corpus, "owner/race", message=corpus.name) for corpus in corpora]
    assert [future.result(timeout=90).verified for future in done] == [ROWS] * 4

    history = [commit.title for commit in hub.repos["owner/race"].history()]
    assert sorted(history[:-1]) == [corpus.name for corpus in corpora]
    last = next(corpus for corpus in corpora if corpus.name == history[0])
    assert shards(hub, "owner/race") == whole(last)
    assert ("POST", "/api/datasets/owner/race/commit/main", 412) in hub.requests


def test_four_pushes_of_a_config_each_come_together(
    rivals: Client, hub: Hub, corpora: list[Path]
) -> None:
    hub.faults.append(meet(4))  # nor is the repository there: all of them try to create it
    done = [rivals.start(corpora[2], "owner/parts", configs=[name]) for name in ROWS]
    for name, future in zip(ROWS, done, strict=True):
        assert future.result(timeout=90).verified == {name: ROWS[name]}

    assert shards(hub, "owner/parts") == whole(corpora[2])
    assert rivals.configs("owner/parts") == sorted(ROWS)
    for name in ROWS:
        assert rivals.load("owner/parts", name) == read_table(corpora[2], name)


def test_four_pushes_to_branches_of_their_own(
    rivals: Client, hub: Hub, corpora: list[Path]
) -> None:
    hub.faults.append(meet(4))
    done = [rivals.start(corpus, "owner/forks", revision=corpus.name) for corpus in corpora]
    for corpus, future in zip(corpora, done, strict=True):
        pushed = future.result(timeout=90)
        assert hub.repos["owner/forks"].refs[corpus.name] == pushed.commit
        assert shards(hub, "owner/forks", corpus.name) == whole(corpus)
    assert hub.repos["owner/forks"].files() == [".gitattributes"]


# --- a hub that fails at random


def test_a_fifth_of_all_requests_may_fail(rivals: Client, hub: Hub, corpora: list[Path]) -> None:
    """Each push succeeds, or leaves the repository as it was and says so; never half of it."""
    seeds = range(4)
    for seed in seeds:
        rivals.push(corpora[0], f"owner/luck{seed}", message="before")
        ways = (500, 503, 0) if seed % 2 == 0 else (500, 0, 403)
        hub.chaos.append(Chaos(f"owner/luck{seed}", seed, 0.2, ways))
    done = [rivals.start(corpora[2], f"owner/luck{seed}", message="after") for seed in seeds]
    wait(done, timeout=150)
    hub.chaos.clear()

    outcomes = [future.exception(timeout=0) for future in done]
    for seed, error in zip(seeds, outcomes, strict=True):
        repo = f"owner/luck{seed}"
        titles = [commit.title for commit in hub.repos[repo].history()][:-1]
        kept = corpora[0] if titles == ["before"] else corpora[2]
        assert titles in (["before"], ["after", "before"])
        assert shards(hub, repo) == whole(kept)
        assert rivals.load(repo, "documents") == read_table(kept, "documents")
        assert error is None or isinstance(error, HubError)
        assert kept == corpora[2] if error is None else told(error, published=kept == corpora[2])
    assert None in outcomes, "no push came through"


def told(error: BaseException, *, published: bool) -> bool:
    """Return whether *error* says what became of the push."""
    if published:
        return bool(re.search("was pushed but|perhaps by this|is not known", str(error)))
    return str(error).endswith("Nothing was published")


def test_a_hub_that_breaks_for_good_keeps_what_it_had(
    rivals: Client, hub: Hub, corpora: list[Path]
) -> None:
    first = rivals.push(corpora[0], "owner/broken")
    hub.faults.append(Fault("POST", COMMIT, 402))
    with pytest.raises(HubError, match=r"\(402.*Nothing was published$"):
        rivals.push(corpora[2], "owner/broken")
    assert hub.repos["owner/broken"].refs["main"] == first.commit


# --- a kill


def test_a_push_that_was_killed_goes_on_where_it_stopped(
    rivals: Client, hub: Hub, tmp_path: Path, corpora: list[Path]
) -> None:
    before = rivals.push(corpora[0], "owner/killed")
    hub.requests.clear()
    reached, release = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        release.wait(30)

    # Twelve files, five at a time: when the fourth to come is held, others are through.
    fourth = Fault("PUT", "/lfs/put/", None, times=3)
    hub.faults += [fourth, Fault("PUT", "/lfs/put/", 0, times=9, before=hold)]
    environment = fresh(hub, tmp_path, HF_TOKEN=WRITER)
    pushing = subprocess.Popen(
        [*COMMAND, str(corpora[2]), "owner/killed", *LICENSE], env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert reached.wait(30)
    pushing.send_signal(signal.SIGKILL)
    assert pushing.wait(30) == -signal.SIGKILL
    hub.faults.clear()
    release.set()

    finished = {path.rpartition("/")[2] for path in hub.sent("PUT", "/lfs/put/")}
    assert finished
    assert hub.repos["owner/killed"].refs["main"] == before.commit
    hub.requests.clear()
    assert rivals.push(corpora[2], "owner/killed").verified == ROWS
    again = {path.rpartition("/")[2] for path in hub.sent("PUT", "/lfs/put/")}
    assert again
    assert not again & finished, "a finished file was sent twice"


# --- with and without xet


def test_the_storage_of_hf_xet_holds_a_whole_push(
    rivals: Client, hub: Hub, tmp_path: Path, corpora: list[Path]
) -> None:
    pytest.importorskip("hf_xet", reason="the client only asks for xet where hf-xet is installed")
    hub.cas = tmp_path / "cas"
    hub.cas.mkdir()
    done = run(hub, tmp_path, str(corpora[2]), "owner/xet", *LICENSE, HF_HUB_DISABLE_XET="0")
    assert done.returncode == 0, done.stderr
    assert "read back and compared: documents 5, sentences 200" in done.stderr
    assert hub.sent("PUT", "/lfs/") == []
    assert rivals.load("owner/xet", "sentences") == read_table(corpora[2], "sentences")


@pytest.mark.parametrize(
    ("status", "says"), [(404, "set HF_HUB_DISABLE_XET=1"), (403, r"may not write to owner/none")]
)
def test_a_hub_without_xet_says_what_to_set(
    hub: Hub, tmp_path: Path, corpora: list[Path], status: int, says: str
) -> None:
    pytest.importorskip("hf_xet", reason="the client only asks for xet where hf-xet is installed")
    hub.faults.append(Fault("GET", "/xet-write-token/", status))
    done = run(hub, tmp_path, str(corpora[0]), "owner/none", *LICENSE, HF_HUB_DISABLE_XET="0")
    assert done.returncode == 4
    assert re.search(says, done.stderr)


# --- the command


def test_no_token_is_told_anywhere(hub: Hub, tmp_path: Path, corpora: list[Path]) -> None:
    echo: dict[str, Any] = {"headers": {"X-Error-Message": f"who is {WRITER}?"}}
    hub.faults += [Fault("POST", COMMIT, 503, **echo), Fault("PUT", "/lfs/put/", 500, **echo)]
    verbose = {"HF_HUB_VERBOSITY": "debug", "HF_DEBUG": "1"}
    good = run(hub, tmp_path, str(corpora[1]), "owner/quiet", *LICENSE, "--json", **verbose)
    assert good.returncode == 0, good.stderr
    hub.faults.append(Fault("POST", COMMIT, 403, **echo))
    bad = run(hub, tmp_path, str(corpora[2]), "owner/quiet", *LICENSE)
    assert bad.returncode == 4
    assert "who is …?" in bad.stderr

    texts = [good.stdout, good.stderr, bad.stdout, bad.stderr]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [text for text in texts if WRITER in text]
    assert not [data for data in [*files, *hub.blobs.values()] if WRITER.encode() in data]


def test_a_terminal_sees_files_and_bytes(hub: Hub, tmp_path: Path, corpora: list[Path]) -> None:
    here, there = pty.openpty()
    pushing = subprocess.Popen(
        [*COMMAND, str(corpora[2]), "owner/bar", *LICENSE],
        env=fresh(hub, tmp_path, HF_TOKEN=WRITER, TERM="xterm", COLUMNS="120"),
        stdin=there, stdout=subprocess.DEVNULL, stderr=there,
    )  # fmt: skip
    os.close(there)
    seen = b""
    with suppress(OSError):  # the end of a terminal
        while chunk := os.read(here, 65536):
            seen += chunk
    os.close(here)
    assert pushing.wait(30) == 0
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode())
    assert re.search(r"upload \S+ (\d+)/\1 files .*[kM]B", lines)
    assert re.search(r"check +\S+ 4/4 files .*[kM]B", lines)
