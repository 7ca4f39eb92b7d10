"""Pushing with the real clients to a real small hub on loopback.

`huggingface_hub` and `datasets` read HF_ENDPOINT and its like when they are imported. The pushes
therefore run in one process of their own, which starts with the right environment.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hub_server import READER, STRANGER, WRITER, Fault, Hub, running_hub
from huggingface_hub.errors import HfHubHTTPError
from sample_corpus import read_table, write_corpus

from corpusprep.data.hub import LONGEST_WAIT, HubError, Pushed, _wait
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = {"documents": 5, "sentences": 200, "removed": 6, "rejected": 1}
COMMIT = r"/commit/"


class Client:
    """Calls functions in a process whose HF_ENDPOINT is *hub*."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def push(self, out: Path, repo: str, **options: Any) -> Pushed:
        options.setdefault("token", WRITER)
        return self._pool.submit(_push, out, repo, options).result(timeout=60)

    def load(self, repo: str, config: str | None, **options: Any) -> list[dict[str, Any]]:
        return self._pool.submit(_load, repo, config, options).result(timeout=60)

    def close(self) -> None:
        self._pool.shutdown()


def _push(out: Path, repo: str, options: dict[str, Any]) -> Pushed:
    from corpusprep.data.hub import push

    return push(out, repo, **options)


def _load(repo: str, config: str | None, options: dict[str, Any]) -> list[dict[str, Any]]:
    import datasets

    datasets.disable_progress_bars()
    rows = datasets.load_dataset(repo, config, split="train", **options)
    return rows.to_list()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("hub")
    with running_hub() as hub, pytest.MonkeyPatch.context() as environment:
        for name, value in _environment(hub, folder).items():
            environment.setenv(name, value)
        environment.delenv("HF_TOKEN", raising=False)
        client = Client(hub, folder)
        yield client
        client.close()


def _environment(hub: Hub, folder: Path) -> dict[str, str]:
    return {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HOME": str(folder / "home"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


@pytest.fixture
def hub(client: Client) -> Iterator[Hub]:
    client.hub.faults.clear()
    client.hub.requests.clear()
    yield client.hub
    assert all(fault.times <= 0 for fault in client.hub.faults), "a fault was never met"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus")


def test_what_was_pushed_loads_as_it_was_written(client: Client, hub: Hub, corpus: Path) -> None:
    pushed = client.push(corpus, "owner/equal", message="第一版")

    assert pushed.verified == ROWS
    assert pushed.url == f"{hub.endpoint}/datasets/owner/equal/commit/{pushed.commit}"
    assert [c.title for c in hub.repos["owner/equal"].history()] == ["第一版", "initial commit"]
    for config in ROWS:
        assert client.load("owner/equal", config) == read_table(corpus, config)
    assert client.load("owner/equal", None) == read_table(corpus, "documents")


def test_everything_of_the_corpus_is_there_and_nothing_else(
    client: Client, hub: Hub, corpus: Path
) -> None:
    (corpus / "documents" / "train-00000-of-00009.parquet.part").write_bytes(b"half")
    (corpus / "notes.txt").write_text("本机笔记")

    pushed = client.push(corpus, "owner/whole")

    files = set(hub.repos["owner/whole"].files()) - {".gitattributes"}
    shards = {f"{t}/train-0000{k}-of-00002.parquet" for t in ROWS for k in (0, 1)}
    assert files == shards | {"README.md", "report.json", "recipe.toml"}
    assert set(pushed.files) == files


def test_a_second_push_with_fewer_shards_removes_the_stale_ones(
    client: Client, hub: Hub, corpus: Path
) -> None:
    client.push(corpus, "owner/fewer")
    hub.put("owner/fewer", "eval/train-00000-of-00001.parquet", b"somebody's own")
    pushed = client.push(write_corpus(corpus, shards=1), "owner/fewer")

    left = [f for f in hub.repos["owner/fewer"].files() if f.endswith(".parquet")]
    one = [f"{name}/train-00000-of-00001.parquet" for name in ROWS]
    assert left == sorted([*one, "eval/train-00000-of-00001.parquet"])
    assert len(pushed.deleted) == 2 * len(ROWS)
    assert pushed.verified == ROWS


def test_pushing_the_same_again_commits_nothing(client: Client, hub: Hub, corpus: Path) -> None:
    first = client.push(corpus, "owner/same")
    assert client.push(corpus, "owner/same").commit == first.commit


def test_a_table_without_rows_hinders_nobody(client: Client, hub: Hub, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", rejected=False)
    pushed = client.push(corpus, "owner/empty")

    assert pushed.verified == {name: n for name, n in ROWS.items() if name != "rejected"}
    assert len(client.load("owner/empty", None)) == ROWS["documents"]


def test_a_private_dataset_is_shown_to_its_owner_only(
    client: Client, hub: Hub, corpus: Path
) -> None:
    assert client.push(corpus, "owner/secret", private=True).verified == ROWS
    assert hub.repos["owner/secret"].private
    with pytest.raises(HubError, match=r"owner/secret does not exist|may not"):
        client.push(corpus, "owner/secret", token=STRANGER)


def test_a_private_push_to_a_public_dataset_is_refused(
    client: Client, hub: Hub, corpus: Path
) -> None:
    hub.create("owner/public")
    with pytest.raises(HubError, match="is public"):
        client.push(corpus, "owner/public", private=True)
    assert hub.writes() == []


def test_a_name_without_an_owner_is_the_users_own(client: Client, hub: Hub, corpus: Path) -> None:
    assert client.push(corpus, "short").repo_id == "owner/short"


def test_what_people_wrote_on_the_hub_stays(client: Client, hub: Hub, corpus: Path) -> None:
    client.push(corpus, "owner/card", license="cc-by-4.0")
    card = hub.read("owner/card", "README.md").decode()
    edited = card.replace("license: cc-by-4.0", "license: cc0-1.0\nviewer: false") + "\n## 联系\n"
    hub.put("owner/card", "README.md", edited.encode())
    write_corpus(corpus, shards=1)
    (corpus / "README.md").unlink()
    client.push(corpus, "owner/card")

    card = hub.read("owner/card", "README.md").decode()
    assert card.endswith("\n## 联系\n")
    assert "license: cc0-1.0\nviewer: false\n" in card


def test_a_branch_is_made_and_main_left_alone(client: Client, hub: Hub, corpus: Path) -> None:
    pushed = client.push(corpus, "owner/branch", revision="v1")
    repo = hub.repos["owner/branch"]
    assert repo.refs["v1"] == pushed.commit
    assert repo.files("main") == [".gitattributes"]


def test_a_pull_request_leaves_main_alone(client: Client, hub: Hub, corpus: Path) -> None:
    pushed = client.push(corpus, "owner/pr", create_pr=True)
    repo = hub.repos["owner/pr"]
    assert repo.refs["refs/pr/1"] == pushed.commit
    assert repo.files("main") == [".gitattributes"]
    assert pushed.url.endswith("/discussions/1")
    assert pushed.verified == ROWS


def test_a_dry_run_sends_no_write(client: Client, hub: Hub, corpus: Path) -> None:
    client.push(corpus, "owner/dry")
    hub.requests.clear()
    write_corpus(corpus, shards=1)
    for repo in ("owner/dry", "owner/new"):
        pushed = client.push(corpus, repo, dry_run=True, license="cc0-1.0")
        assert pushed.commit == pushed.url == ""
        assert len(pushed.files) == len(ROWS) + 3
    assert pushed.deleted == ()
    assert hub.writes() == []
    assert "owner/new" not in hub.repos
    assert "cc0-1.0" not in (corpus / "README.md").read_text()


# --- refusals


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (READER, r"the argument `token` \(user owner\) may only read: make one with write access"),
        ("hf_wrongwrongwrongwrongwrong", r"does not accept the token from the argument .* \(401\)"),
        (STRANGER, r"may not write to owner/refused \(403: .*stranger|push under your own name"),
        ("", r"no token for http.*`hf auth login`.*HF_TOKEN"),
    ],
)
def test_a_token_that_will_not_do_is_refused_before_anything_is_sent(
    client: Client, hub: Hub, corpus: Path, token: str, says: str
) -> None:
    (corpus / "README.md").write_text("人写的说明", encoding="utf-8")
    with pytest.raises(HubError, match=says) as caught:
        client.push(corpus, "owner/refused", token=token)
    assert not token or token not in str(caught.value)
    assert "owner/refused" not in hub.repos
    assert "/api/repos/create" in hub.writes() if token == STRANGER else hub.writes() == []


def test_a_dataset_of_another_user_cannot_be_pushed_to(
    client: Client, hub: Hub, corpus: Path
) -> None:
    hub.create("owner/foreign")
    with pytest.raises(HubError, match=r"user stranger\) may not write to owner/foreign \(403"):
        client.push(corpus, "owner/foreign", token=STRANGER)


@pytest.mark.parametrize(
    ("status", "says"),
    [(402, "wants payment"), (400, "was not pushed|refused"), (404, "does not exist")],
)
def test_what_will_not_change_is_not_tried_again(
    client: Client, hub: Hub, corpus: Path, status: int, says: str
) -> None:
    hub.faults.append(Fault("POST", COMMIT, status))
    with pytest.raises(HubError, match=says):
        client.push(corpus, "owner/once")
    assert [path for path in hub.writes() if "/commit/" in path] == [
        "/api/datasets/owner/once/commit/main"
    ]


def test_a_token_that_the_hub_repeats_is_not_repeated(
    client: Client, hub: Hub, corpus: Path
) -> None:
    echo = {"X-Error-Message": f"no rights for {WRITER}"}
    hub.faults.append(Fault("POST", COMMIT, 403, headers=echo))
    with pytest.raises(HubError, match="no rights for …") as caught:
        client.push(corpus, "owner/echo")
    assert WRITER not in str(caught.value)


def test_a_folder_that_is_no_corpus_is_refused(client: Client, hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(CorpusprepError, match="holds no finished corpus"):
        client.push(tmp_path, "owner/nothing")
    assert hub.writes() == []


# --- trouble on the way


@pytest.mark.parametrize(
    ("repo", "faults"),
    [
        ("owner/f500", [Fault("POST", COMMIT, 500), Fault("POST", COMMIT, 503)]),
        ("owner/cut", [Fault("POST", COMMIT)]),
        ("owner/f429", [Fault("POST", COMMIT, 429, headers={"RateLimit": '"api";r=0;t=1'})]),
        ("owner/f409", [Fault("POST", COMMIT, 409)]),
        ("owner/busy", [Fault("GET", "/whoami", 503), Fault("GET", "/tree/", 502)]),
    ],
)
def test_passing_trouble_is_waited_out(
    client: Client, hub: Hub, corpus: Path, repo: str, faults: list[Fault]
) -> None:
    hub.faults += faults
    assert client.push(corpus, repo).verified == ROWS
    assert len(hub.repos[repo].history()) == 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit": '"api";r=0;t=55'}, 55.1),
        ({"Retry-After": "7"}, 7.1),
        ({"Retry-After": "86400"}, LONGEST_WAIT),
    ],
)
def test_a_hub_that_says_how_long_to_wait_is_heard(headers: dict[str, str], seconds: float) -> None:
    response = SimpleNamespace(status_code=429, headers=headers, request=None)
    error = RuntimeError("Error while uploading")
    error.__cause__ = HfHubHTTPError("429", response=response)
    assert _wait(error, 1.0) == seconds


@pytest.mark.parametrize("status", [500, 0])
def test_a_commit_whose_answer_was_lost_is_not_made_twice(
    client: Client, hub: Hub, corpus: Path, status: int
) -> None:
    hub.faults.append(Fault("POST", COMMIT, status, done=True))
    pushed = client.push(corpus, f"owner/lost{status}")
    assert pushed.verified == ROWS
    assert len(hub.repos[f"owner/lost{status}"].history()) == 2


def test_a_pull_request_that_may_be_open_is_not_opened_again(
    client: Client, hub: Hub, corpus: Path
) -> None:
    hub.faults.append(Fault("POST", COMMIT, 500, done=True))
    with pytest.raises(HubError, match="500"):
        client.push(corpus, "owner/prlost", create_pr=True)
    assert len(hub.repos["owner/prlost"].pull_requests) == 1


def test_a_commit_of_somebody_else_in_between_is_built_upon(
    client: Client, hub: Hub, corpus: Path
) -> None:
    def rival() -> None:
        hub.put("owner/race", "eval/README.md", "别人的提交".encode())

    hub.faults.append(Fault("POST", COMMIT, before=rival))
    assert client.push(corpus, "owner/race", message="ours").verified == ROWS
    assert [c.title for c in hub.repos["owner/race"].history()][:2] == [
        "ours",
        "put eval/README.md",
    ]
    assert ("POST", "/api/datasets/owner/race/commit/main", 412) in hub.requests


@pytest.mark.parametrize(
    ("gives", "says"),
    [((1, 1), "6 rows instead of 5"), ((1, 0), "other values"), ((0, 7), "cannot be read back")],
)
def test_a_hub_that_gives_back_something_else_is_noticed(
    client: Client, hub: Hub, corpus: Path, gives: tuple[int, int], says: str
) -> None:
    repo = f"owner/wrong{gives[1]}{gives[0]}"

    def exchange() -> None:
        tree = hub.repos[repo].history()[0].tree
        paths = sorted(path for path in tree if path.startswith("documents/"))
        broken = hub.blob(b"<html>502 Bad Gateway</html>")
        files = [tree[path] for path in paths]
        for path, k in zip(paths, gives, strict=True):
            tree[path] = files[k] if k < len(files) else broken

    hub.faults.append(Fault("HEAD", "/resolve/.*README.md", before=exchange))
    where = rf"{repo} at commit [0-9a-f]{{12}}, config 'documents' (reads back with|was pushed but)"
    with pytest.raises(HubError, match=rf"{where} {says}"):
        client.push(corpus, repo)


def test_a_hub_without_xet_says_what_to_set(hub: Hub, client: Client, corpus: Path) -> None:
    pytest.importorskip("hf_xet", reason="the client only asks for xet where hf-xet is installed")
    code = (
        "import sys\nfrom pathlib import Path\nfrom corpusprep.data.hub import HubError, push\n"
        "try: push(Path(sys.argv[1]), 'owner/xet', token=sys.argv[2])\n"
        "except HubError as error: print(error)\n"
    )
    environment = {**os.environ, "HF_HUB_DISABLE_XET": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(corpus), WRITER],
        env=environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "set HF_HUB_DISABLE_XET=1" in done.stdout
