"""Pushing with the real clients to a real small hub on loopback: what arrives, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from hub_client import COMMIT, ROWS, clients, fresh, watched
from hub_server import READER, STRANGER, WRITER, Fault
from huggingface_hub.errors import HfHubHTTPError
from sample_corpus import read_table, write_corpus

from corpusprep.data.hub import HubError
from corpusprep.data.patience import LONGEST_WAIT, wait_for
from corpusprep.data.tables import SPLITS
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub_client import Client
    from hub_server import Hub


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    yield from clients(tmp_path_factory.mktemp("hub"), 1)


@pytest.fixture
def hub(client: Client) -> Iterator[Hub]:
    yield from watched(client.hub)


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


LOADING = """
import json, sys, datasets
for config in sys.argv[2:]:
    rows = datasets.load_dataset(sys.argv[1], config, split="train")
    print(json.dumps([rows.to_list(), str(rows.features)]))
"""


def test_a_stranger_with_an_empty_cache_loads_what_was_written(
    client: Client, hub: Hub, tmp_path: Path
) -> None:
    corpus = write_corpus(tmp_path / "corpus", shards=3)
    client.push(corpus, "owner/shards")

    def load(source: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", LOADING, source, *ROWS],
            env=fresh(hub, tmp_path / source.replace("/", "-")), cwd=tmp_path, text=True,
            capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        return done.stdout.splitlines()

    remote, local = load("owner/shards"), load(str(corpus))
    assert remote == local
    for config, line in zip(ROWS, remote, strict=True):
        assert json.loads(line)[0] == read_table(corpus, config)


def test_every_split_arrives(client: Client, hub: Hub, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", shards=3)
    for split, k in (("validation", 1), ("test", 2)):
        old = corpus / "documents" / f"train-0000{k}-of-00003.parquet"
        old.rename(corpus / "documents" / f"{split}-00000-of-00001.parquet")
    pushed = client.push(corpus, "owner/splits")

    assert pushed.verified == ROWS
    splits = {split: client.load("owner/splits", None, split) for split in SPLITS}
    assert [row["id"] for rows in splits.values() for row in rows] == [
        row["id"] for row in read_table(write_corpus(tmp_path / "same"), "documents")
    ]
    write_corpus(corpus, shards=1)
    assert "documents/test-00000-of-00001.parquet" in client.push(corpus, "owner/splits").deleted
    assert len(client.load("owner/splits", None)) == ROWS["documents"]


def test_charts_go_along_and_stale_ones_of_ours_go_away(
    client: Client, hub: Hub, corpus: Path
) -> None:
    (corpus / "charts").mkdir()
    for name in ("lengths", "scripts"):
        (corpus / "charts" / f"{name}.svg").write_text(f"<svg><title>{name}</title></svg>")
    assert "charts/lengths.svg" in client.push(corpus, "owner/charts").files
    card = hub.read("owner/charts", "README.md").decode()
    shown = "![](charts/lengths.svg)\n<!-- corpusprep:end -->\n![](charts/mine.svg)\n"
    card = card.replace("<!-- corpusprep:end -->\n", shown)
    hub.put("owner/charts", "README.md", card.encode())
    hub.put("owner/charts", "charts/mine.svg", b"<svg/>")
    (corpus / "charts" / "lengths.svg").unlink()

    assert client.push(corpus, "owner/charts").deleted == ("charts/lengths.svg",)
    assert "charts/mine.svg" in hub.repos["owner/charts"].files()


def test_large_files_go_up_in_parts(client: Client, hub: Hub, corpus: Path) -> None:
    hub.part_size = 4096
    hub.faults.append(Fault("PUT", "/lfs/part/.*/2", 500))
    assert client.push(corpus, "owner/parts").verified == ROWS
    assert len(hub.sent("PUT", "/lfs/part/")) > len(hub.sent("POST", "/lfs/complete/")) > 0
    assert len(hub.sent("POST", "/lfs/verify/")) == 2 * len(ROWS)


def test_one_config_leaves_the_others_alone(client: Client, hub: Hub, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", shards=2)
    client.push(corpus, "owner/some", configs=["documents", "sentences"])
    assert client.configs("owner/some") == ["documents", "sentences"]
    assert (
        'load_dataset("PATH_OR_NAME", "removed"' not in hub.read("owner/some", "README.md").decode()
    )

    smaller = write_corpus(tmp_path / "smaller", shards=1)
    pushed = client.push(smaller, "owner/some", configs=["removed", "documents"])
    assert pushed.verified == {"documents": 5, "removed": 6}
    assert pushed.deleted == tuple(f"documents/train-0000{k}-of-00002.parquet" for k in (0, 1))
    assert client.configs("owner/some") == ["documents", "removed", "sentences"]
    for config in ("documents", "removed", "sentences"):
        assert client.load("owner/some", config) == read_table(corpus, config)
    assert client.load("owner/some", None) == read_table(corpus, "documents")


def test_a_config_that_is_not_there_is_named(client: Client, hub: Hub, corpus: Path) -> None:
    with pytest.raises(HubError, match="has no config 'docments': did you mean 'documents'"):
        client.push(corpus, "owner/typo", configs=["docments"])
    assert hub.writes() == []


def test_other_columns_load_after_a_second_push(client: Client, hub: Hub, corpus: Path) -> None:
    client.push(corpus, "owner/columns")
    for file in (corpus / "documents").iterdir():
        pq.write_table(pq.read_table(file).drop_columns(["genre"]), file)
    assert client.push(corpus, "owner/columns").verified == ROWS
    assert client.load("owner/columns", None) == read_table(corpus, "documents")


def test_everything_of_the_corpus_is_there_and_nothing_else(
    client: Client, hub: Hub, corpus: Path
) -> None:
    (corpus / "documents" / "train-00000-of-00009.parquet.part").write_bytes(b"half")
    (corpus / "notes.txt").write_text("本机笔记")

    pushed = client.push(corpus, "owner/whole")

    files = set(hub.repos["owner/whole"].files()) - {".gitattributes"}
    shards = {f"{t}/train-0000{k}-of-00002.parquet" for t in ROWS for k in (0, 1)}
    charts = {f"charts/{path.name}" for path in (corpus / "charts").iterdir()}
    assert files == shards | charts | {"README.md", "report.json", "recipe.toml"}
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


def test_a_table_that_is_gone_goes_on_the_hub_too(client: Client, hub: Hub, corpus: Path) -> None:
    client.push(corpus, "owner/gone")
    shutil.rmtree(corpus / "sentences")
    pushed = client.push(corpus, "owner/gone")

    assert pushed.deleted == tuple(f"sentences/train-0000{k}-of-00002.parquet" for k in (0, 1))
    assert client.configs("owner/gone") == ["documents", "rejected", "removed"]


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
    written = read_table(corpus, "documents")
    assert client.load("owner/secret", None, token=WRITER) == written
    with pytest.raises(HubError, match=r"owner/secret does not exist .*, or is private"):
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
    client.push(corpus, "owner/card", license=None)

    card = hub.read("owner/card", "README.md").decode()
    assert card.endswith("\n## 联系\n")
    assert "license: cc0-1.0\nviewer: false\n" in card


def test_a_branch_is_made_and_main_left_alone(client: Client, hub: Hub, corpus: Path) -> None:
    pushed = client.push(corpus, "owner/branch", revision="v1")
    repo = hub.repos["owner/branch"]
    assert repo.refs["v1"] == pushed.commit
    assert client.load("owner/branch", "removed", revision="v1") == read_table(corpus, "removed")
    assert repo.files("main") == [".gitattributes"]


def test_a_pull_request_leaves_main_alone(client: Client, hub: Hub, corpus: Path) -> None:
    pushed = client.push(corpus, "owner/pr", create_pr=True)
    repo = hub.repos["owner/pr"]
    assert repo.refs["refs/pr/1"] == pushed.commit
    proposed = client.load("owner/pr", "sentences", revision="refs/pr/1")
    assert proposed == read_table(corpus, "sentences")
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
        assert [f for f in pushed.files if f.endswith(".parquet")] == [
            f"{name}/train-00000-of-00001.parquet" for name in ROWS
        ]
    assert pushed.deleted == ()
    assert hub.writes() == []
    assert "owner/new" not in hub.repos
    assert "cc0-1.0" not in (corpus / "README.md").read_text(encoding="utf-8")


def test_a_push_without_a_licence_is_refused(client: Client, hub: Hub, corpus: Path) -> None:
    for dry_run in (True, False):
        with pytest.raises(HubError, match=r"no licence for owner/nobodys.*--license.*README\.md"):
            client.push(corpus, "owner/nobodys", license=None, dry_run=dry_run)
    assert hub.writes() == []
    card = "---\nlicense: cc0-1.0\n---\n人写的说明\n"
    (corpus / "README.md").write_text(card, encoding="utf-8")
    client.push(corpus, "owner/nobodys", license=None)
    assert "license: cc0-1.0\n" in hub.read("owner/nobodys", "README.md").decode()


# --- refusals


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (READER, r"the argument `token` \(user owner\) may only read: make one with write access"),
        ("hf_wrongwrongwrongwrongwrong", r"does not accept the token from the argument .* \(401\)"),
        (STRANGER, r"\(user stranger\) may not write to owner: push under one of stranger"),
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
    assert hub.writes() == []


def test_a_dataset_of_another_user_cannot_be_pushed_to(
    client: Client, hub: Hub, corpus: Path
) -> None:
    hub.create("owner/foreign")
    with pytest.raises(HubError, match=r"user stranger\) may not write to owner/foreign \(403"):
        client.push(corpus / "not even there", "owner/foreign", token=STRANGER)
    pushed = client.push(corpus, "owner/foreign", token=STRANGER, create_pr=True)
    assert pushed.verified == ROWS
    assert hub.repos["owner/foreign"].files() == [".gitattributes"]


def test_a_hub_that_wants_payment_says_so(client: Client, hub: Hub, corpus: Path) -> None:
    full = {"X-Error-Message": "Private storage limit reached"}
    hub.faults.append(Fault("POST", "/api/repos/create", 402, headers=full))
    with pytest.raises(
        HubError, match=r"wants payment for owner/full \(402: Private storage limit"
    ):
        client.push(corpus, "owner/full", private=True)


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
    traceback = str(caught.value.__cause__)  # as the process that pushed would print it
    assert "HubError" in traceback
    assert WRITER not in traceback


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
        ("owner/f409", [Fault("POST", COMMIT, 409), Fault("POST", COMMIT, 412)]),
        ("owner/html", [Fault("POST", "/validate-yaml", 502, body=b"<html>Bad Gateway</html>")]),
        ("owner/puts", [Fault("PUT", "/lfs/put", after=100), Fault("PUT", "/lfs/put", 503)]),
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
    assert wait_for(error, 1.0) == seconds


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
    with pytest.raises(HubError, match=r"500.*The pull request may have been opened.*/discussions"):
        client.push(corpus, "owner/prlost", create_pr=True)
    assert len(hub.repos["owner/prlost"].pull_requests) == 1


def test_a_commit_of_somebody_else_in_between_is_built_upon(
    client: Client, hub: Hub, corpus: Path
) -> None:
    def rival() -> None:
        hub.put("owner/race", "eval/README.md", "别人的提交".encode())

    hub.faults.append(Fault("POST", COMMIT, None, before=rival))
    assert client.push(corpus, "owner/race", message="ours").verified == ROWS
    assert [c.title for c in hub.repos["owner/race"].history()][:2] == [
        "ours",
        "put eval/README.md",
    ]
    assert ("POST", "/api/datasets/owner/race/commit/main", 412) in hub.requests


def test_a_file_that_somebody_replaced_in_between_is_put_back(
    client: Client, hub: Hub, corpus: Path
) -> None:
    shard = "documents/train-00000-of-00002.parquet"
    client.push(corpus, "owner/replaced")
    hub.faults.append(
        Fault("POST", COMMIT, None, before=lambda: hub.put("owner/replaced", shard, b"spoilt"))
    )
    (corpus / "report.html").write_text("<title>报告</title>", encoding="utf-8")
    assert client.push(corpus, "owner/replaced").verified == ROWS
    assert hub.repos["owner/replaced"].history()[1].title == f"put {shard}"


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

    hub.faults.append(Fault("HEAD", "/resolve/.*README.md", None, before=exchange))
    where = rf"{repo} at commit [0-9a-f]{{12}}, config 'documents' (reads back with|was pushed but)"
    with pytest.raises(HubError, match=rf"{where} {says}"):
        client.push(corpus, repo)
