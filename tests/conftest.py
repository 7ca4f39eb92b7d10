"""Shared test data: documents made from the seeds, and a way to compare folders."""

from __future__ import annotations

import gc
import json
import random
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))

HEAD = ["设为首页收藏本站", "登录 | 立即注册 | 找回密码", "查看: 62|回复: 0", "[复制链接]"]
TAIL = [
    "分享到：微信 新浪微博 QQ空间",
    "您需要登录后才可以回帖 登录 | 立即注册",
    "本版积分规则",
    "Powered by Discuz! X3.4",
]


def made_documents(n: int, seed: int = 1) -> list[dict[str, str]]:
    """Return *n* documents: seed sentences in new order, with forum chrome, one in ten a copy."""
    chance = random.Random(seed)
    sentences = [
        sentence + "。"
        for path in SEEDS[:4]
        for sentence in path.read_text(encoding="utf-8").replace("\n", "").split("。")
        if 10 < len(sentence) < 120
    ]
    made: list[dict[str, str]] = []
    for i in range(n):
        if made and chance.random() < 0.1:
            text = chance.choice(made)["text"]
        else:
            body = ["".join(chance.choices(sentences, k=5)) for _ in range(chance.randint(1, 5))]
            text = "\n".join([*HEAD, *body, *TAIL])
        made.append({"id": f"d{i:05d}", "url": f"https://example.org/{i}", "text": text})
    return made


@pytest.fixture(scope="session")
def crawl(tmp_path_factory):
    """A folder of 2,000 documents in eight files."""
    folder = tmp_path_factory.mktemp("crawl")
    documents = made_documents(2000)
    for k in range(8):
        lines = [json.dumps(doc, ensure_ascii=False) for doc in documents[k::8]]
        (folder / f"part-{k}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below *folder* with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_same_folders(one: Path, other: Path) -> None:
    """Fail with the names of the files that differ."""
    left, right = contents(one), contents(other)
    assert left.keys() == right.keys()
    assert [name for name in left if left[name] != right[name]] == []


def grows_linearly(work: Callable[[int], object], n: int) -> bool:
    """Return whether ``work(4 * n)`` costs about four times ``work(n)``; a quadratic one 16 times.

    What else the machine does can only make a run dearer, so one of a few tries is enough.
    """

    def seconds(size: int) -> float:
        gc.collect()
        gc.disable()
        try:
            began = process_time()
            work(size)
            return process_time() - began
        finally:
            gc.enable()

    work(min(n, 10))  # what is loaded at the first call
    return any(seconds(4 * n) < 9 * max(seconds(n), seconds(n), 0.004) for _ in range(5))
