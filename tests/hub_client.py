"""Pushing and loading in processes of their own, for the tests of the hub.

`huggingface_hub` and `datasets` read HF_ENDPOINT and its like when they are imported. So they run
in processes that start with the right environment.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hub_server import WRITER, Hub, running_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corpusprep.data.hub import Pushed

ROWS = {"documents": 5, "sentences": 200, "removed": 6, "rejected": 1}
COMMIT = r"/commit/"


class Client:
    """Calls functions in processes whose HF_ENDPOINT is *hub*."""

    def __init__(self, hub: Hub, folder: Path, processes: int = 1) -> None:
        self.hub = hub
        self.folder = folder
        self._pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))

    def start(self, out: Path, repo: str, **options: Any) -> Future[Pushed]:
        options = {"token": WRITER, "license": "cc-by-4.0", **options}
        return self._pool.submit(_push, out, repo, options)

    def push(self, out: Path, repo: str, **options: Any) -> Pushed:
        return self.start(out, repo, **options).result(timeout=120)

    def load(
        self, repo: str, config: str | None, split: str = "train", **options: Any
    ) -> list[dict[str, Any]]:
        return self._pool.submit(_load, repo, config, split, options).result(timeout=60)

    def configs(self, repo: str, **options: Any) -> list[str]:
        return self._pool.submit(_configs, repo, options).result(timeout=60)

    def close(self) -> None:
        self._pool.shutdown()


def _push(out: Path, repo: str, options: dict[str, Any]) -> Pushed:
    from corpusprep.data.hub import push

    return push(out, repo, **options)


def _load(
    repo: str, config: str | None, split: str, options: dict[str, Any]
) -> list[dict[str, Any]]:
    import datasets

    datasets.disable_progress_bars()
    return datasets.load_dataset(repo, config, split=split, **options).to_list()


def _configs(repo: str, options: dict[str, Any]) -> list[str]:
    import datasets

    return sorted(datasets.get_dataset_config_names(repo, **options))


def environment(hub: Hub, folder: Path) -> dict[str, str]:
    return {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HOME": str(folder / "home"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def fresh(hub: Hub, folder: Path, **changes: str) -> dict[str, str]:
    """Return the environment of a process with a cache of its own and no token."""
    inherited = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
    return {**inherited, **environment(hub, folder), **changes}


def clients(folder: Path, processes: int) -> Iterator[Client]:
    """Give a client of a new hub, in an environment where children find it."""
    with running_hub() as hub, pytest.MonkeyPatch.context() as patch:
        for name, value in environment(hub, folder).items():
            patch.setenv(name, value)
        patch.delenv("HF_TOKEN", raising=False)
        client = Client(hub, folder, processes)
        yield client
        client.close()


def watched(hub: Hub) -> Iterator[Hub]:
    """Give *hub* as new; after the test, every fault was met."""
    for kept in (hub.repos, hub.blobs, hub.parts, hub.requests, hub.faults, hub.chaos):
        kept.clear()
    hub.part_size, hub.cas = 0, None
    yield hub
    assert all(fault.times <= 0 for fault in hub.faults), "a fault was never met"
