"""A small hub for datasets on 127.0.0.1, for the real clients to talk to.

It keeps real commits with parents, checks the SHA-256 of every LFS object, answers 412 to a stale
parent, has private repositories, tokens that read or write, branches and pull requests, uploads in
one piece and in parts, storage for hf-xet in a folder, pages its listings, and sends downloads to
another host as the hub does. What it cannot show is a hub's policy: quotas, scans, rate limits;
those are injected as faults.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from hub_state import (
    READER,
    STRANGER,
    TOKENS,
    WRITER,
    Chaos,
    Commit,
    Entry,
    Fault,
    Hub,
    Repo,
    describe,
)
from huggingface_hub import RepoCard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "READER", "STRANGER", "WRITER", "Chaos", "Fault", "Hub", "Repo", "running_hub",
]  # fmt: skip

PAGE = 3  # entries of a listing: small, so that every listing is paged


class Refusal(Exception):  # noqa: N818 - not an error: an answer
    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class Answer(NamedTuple):
    body: Any = b""  # bytes as they are, anything else as JSON
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: apart, every answer waits 40 ms for an ACK
    hub: Hub
    data: bytes
    query: dict[str, str]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass

    def handle_one(self) -> None:
        fault = self.hub.fault(self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        self.data = self.rfile.read(min(length, fault.after) if fault and fault.after else length)
        if fault and fault.before:
            fault.before()
        if fault is None or fault.status is None or fault.done:
            answer = self.route()
        if fault and fault.status is not None:
            body = fault.body or {"error": "injected"}
            answer = Answer(body, fault.status, fault.headers)
        self.hub.requests.append((self.command, self.path, answer.status))
        if not answer.status:
            self.close_connection = True
            with suppress(OSError):  # the other side may be gone, too
                self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815 - http.server's names

    def send(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def route(self) -> Answer:
        url = urlsplit(self.path)
        self.query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        for method, pattern, action in ROUTES:
            found = re.fullmatch(pattern, url.path)
            if found and self.command in method.split():
                try:
                    with self.hub.lock:
                        parts = [unquote(part) for part in found.groups(default="")]
                        return action(self, *parts)
                except Refusal as no:
                    headers = {"X-Error-Message": no.message, "X-Error-Code": no.code}
                    return Answer({"error": no.message}, no.status, headers)
        return Answer({"error": f"no route {self.command} {url.path}"}, 404)

    def user(self) -> tuple[str, str]:
        """Return the name and the role of whoever asks; both empty without a token."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token and token not in TOKENS:
            raise Refusal(401, "Invalid credentials in Authorization header")
        return TOKENS.get(token, ("", ""))

    def repo(self, name: str, *, write: bool = False) -> Repo:
        """Return the repository, if whoever asks may see it, or *write* to it.

        A pull request is open to everybody who may see the repository and has a token that writes.
        """
        user, role = self.user()
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and user != repo.owner):
            raise Refusal(404 if user else 401, "Repository not found", "RepoNotFound")
        proposes = self.query.get("create_pr") and role == "write"
        if write and not proposes and (role != "write" or user != repo.owner):
            raise Refusal(403 if user else 401, "Authorization error: you need write access")
        return repo

    def head(self, repo: Repo, revision: str) -> Commit:
        oid = repo.refs.get(revision, revision)
        if oid not in repo.commits:
            raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return repo.commits[oid]

    def whoami(self) -> Answer:
        user, role = self.user()
        if not user:
            raise Refusal(401, "Invalid username or password.")
        return Answer({"name": user, "orgs": [], "auth": {"accessToken": {"role": role}}})

    def validate_yaml(self) -> Answer:
        content = json.loads(self.data)["content"]
        try:
            configs = RepoCard(content).data.to_dict()["configs"]
            assert all(config["data_files"] for config in configs)
        except Exception as error:  # noqa: BLE001 - PyYAML's, or a key that is missing
            return Answer({"errors": [{"message": f"bad metadata: {error!r}"}]}, 400)
        return Answer({"errors": [], "warnings": []})

    def create(self) -> Answer:
        user, role = self.user()
        given = json.loads(self.data)
        owner = given.get("organization") or user
        name = f"{owner}/{given['name']}"
        if role != "write" or owner != user:
            raise Refusal(403, f"You don't have the rights to create a dataset under {owner}")
        answer = {"url": f"{self.hub.endpoint}/datasets/{name}", "name": name, "id": name}
        if name in self.hub.repos:
            return Answer({**answer, "error": "You already created this dataset repo"}, 409)
        self.hub.create(name, private=given.get("visibility") == "private")
        return Answer(answer)

    def info(self, name: str, revision: str) -> Answer:
        repo = self.repo(name)
        sha = self.head(repo, revision or "main").oid
        return Answer({"id": name, "sha": sha, "private": repo.private, "tags": []})

    def branch(self, name: str, branch: str) -> Answer:
        repo = self.repo(name, write=True)
        if branch.startswith("refs/"):
            raise Refusal(400, f"Invalid reference for a branch: {branch}")
        if branch in repo.refs:
            raise Refusal(409, f"Reference already exists: {branch}")
        repo.refs[branch] = repo.refs["main"]
        return Answer({})

    def settings(self, name: str) -> Answer:
        repo = self.repo(name, write=True)
        repo.private = json.loads(self.data).get("visibility", "public") == "private"
        return Answer({"private": repo.private})

    def tree(self, name: str, rev: str, path: str) -> Answer:
        entries = self.head(self.repo(name), rev).tree
        every = {file: describe(file, entry) for file, entry in entries.items()}
        for file in entries:
            for folder in map(str, PurePosixPath(file).parents[:-1]):
                every[folder] = {"type": "directory", "oid": "0" * 40, "size": 0, "path": folder}
        recursive = self.query.get("recursive", "").lower() in ("true", "1")
        inside = rf"{re.escape(path)}/" if path else ""
        wanted = re.compile(inside + (r".+" if recursive else r"[^/]+"))
        listed = [every[name] for name in sorted(every) if wanted.fullmatch(name)]
        if path and not listed:
            raise Refusal(404, f"{path} does not exist", "EntryNotFound")
        start = int(self.query.get("cursor", 0))
        headers = {}
        if start + PAGE < len(listed):
            here = self.path.split("?")[0]
            rest = f"recursive={recursive}&cursor={start + PAGE}"
            headers["Link"] = f'<{self.hub.endpoint}{here}?{rest}>; rel="next"'
        return Answer(listed[start : start + PAGE], 200, headers)

    def preupload(self, name: str, rev: str) -> Answer:
        commit = self.head(self.repo(name, write=True), rev)
        files = []
        for file in json.loads(self.data)["files"]:
            entry = commit.tree.get(file["path"])
            mode = "lfs" if file["path"].endswith(".parquet") else "regular"
            oid = (entry.sha256 or entry.oid) if entry else None
            known = {"path": file["path"], "oid": oid}
            files.append({**known, "uploadMode": mode, "shouldIgnore": False})
        return Answer({"files": files, "commitOid": commit.oid})

    def lfs_batch(self, name: str) -> Answer:
        self.repo(name)
        if self.user()[1] != "write":
            raise Refusal(403, "you need a token that writes")
        given = json.loads(self.data)
        objects = [self.lfs_actions(o["oid"], o["size"]) for o in given["objects"]]
        return Answer({"transfer": "basic", "objects": objects})

    def lfs_actions(self, oid: str, size: int) -> dict[str, Any]:
        """Return where to send an object: nowhere, if it is here; in parts, if it is large."""
        lfs, part = f"{self.hub.endpoint}/lfs", self.hub.part_size
        if oid in self.hub.blobs:
            return {"oid": oid, "size": size}
        upload: dict[str, Any] = {"href": f"{lfs}/put/{oid}"}
        if part and size > part:
            parts = {str(k + 1): f"{lfs}/part/{oid}/{k + 1}" for k in range(-(-size // part))}
            upload = {"href": f"{lfs}/complete/{oid}", "header": {"chunk_size": str(part), **parts}}
        verify = {"href": f"{lfs}/verify/{oid}"}
        return {"oid": oid, "size": size, "actions": {"upload": upload, "verify": verify}}

    def lfs_put(self, sha256: str) -> Answer:
        return self.keep(sha256, self.data)

    def lfs_part(self, sha256: str, number: str) -> Answer:
        self.hub.parts[sha256, int(number)] = self.data
        return Answer(b"", 200, {"ETag": f'"{hashlib.md5(self.data).hexdigest()}"'})

    def lfs_complete(self, sha256: str) -> Answer:
        parts = [self.hub.parts[sha256, p["partNumber"]] for p in json.loads(self.data)["parts"]]
        return self.keep(sha256, b"".join(parts))

    def keep(self, sha256: str, data: bytes) -> Answer:
        if not self.hub.store(sha256, data):
            raise Refusal(400, "the content has another SHA-256")
        return Answer()

    def lfs_verify(self, sha256: str) -> Answer:
        if len(self.hub.blobs.get(sha256, b"")) != json.loads(self.data)["size"]:
            raise Refusal(404, "the object is not here, or not whole")
        return Answer({})

    def xet_token(self, name: str, access: str, _: str) -> Answer:
        self.repo(name, write=access == "write")
        if self.hub.cas is None:
            raise Refusal(404, "no xet storage here")
        url, expires = f"local://{self.hub.cas}", int(time.time()) + 3600
        headers = {
            "X-Xet-Cas-Url": url,
            "X-Xet-Access-Token": "of-the-storage",
            "X-Xet-Token-Expiration": str(expires),
        }
        return Answer(
            {"casUrl": url, "accessToken": "of-the-storage", "exp": expires}, 200, headers
        )

    def commit(self, name: str, ref: str) -> Answer:
        repo = self.repo(name, write=True)
        head, *changes = [json.loads(line) for line in self.data.splitlines()]
        current = self.head(repo, ref)
        if head["value"].get("parentCommit", current.oid) != current.oid:
            raise Refusal(412, "A commit has happened since. Please refresh and try again.")
        tree = dict(current.tree)
        xet = self.hub.xet_hashes()
        for change in changes:
            self.change(tree, change["key"], change["value"], xet)
        pull_request = None
        if self.query.get("create_pr"):
            repo.pull_requests.append(head["value"]["summary"])
            number = len(repo.pull_requests)
            ref = f"refs/pr/{number}"
            repo.refs[ref] = current.oid
            pull_request = f"{self.hub.endpoint}/datasets/{name}/discussions/{number}"
        oid = self.hub.commit(repo, ref, head["value"]["summary"], tree)
        url = f"{self.hub.endpoint}/datasets/{name}/commit/{oid}"
        return Answer({"commitOid": oid, "commitUrl": url, "pullRequestUrl": pull_request})

    def change(
        self, tree: dict[str, Entry], key: str, value: dict[str, Any], xet: dict[str, str]
    ) -> None:
        path = value["path"]
        if key == "file":
            tree[path] = self.hub.blob(base64.b64decode(value["content"]))
        elif key == "lfsFile":
            if value["oid"] not in {*self.hub.blobs, *xet}:
                raise Refusal(400, f"LFS object {value['oid']} was never uploaded")
            size = value["size"]
            pointer = self.hub.blob(b"oid sha256:%s\nsize %d\n" % (value["oid"].encode(), size))
            tree[path] = Entry(pointer.oid, size, value["oid"])
        elif key == "deletedFile" and path in tree:
            del tree[path]
        else:
            raise Refusal(400, f"cannot do {key} on {path}")

    def resolve(self, name: str, rev: str, path: str) -> Answer:
        commit = self.head(self.repo(name), rev)
        entry = commit.tree.get(path)
        if entry is None:
            raise Refusal(404, "Entry not found", "EntryNotFound")
        headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{entry.sha256 or entry.oid}"'}
        if entry.sha256 is None:
            return Answer(self.hub.blobs[entry.oid], 200, headers)
        # Clients follow a redirect to the same host themselves and then miss X-Repo-Commit:
        # the hub's downloads lie on another host, and so do ours.
        elsewhere = self.hub.endpoint.replace("127.0.0.1", "localhost")
        headers |= {"X-Linked-Etag": headers["ETag"], "X-Linked-Size": str(entry.size)}
        if entry.sha256 in (xet := self.hub.xet_hashes()):
            token = f"{self.hub.endpoint}/api/datasets/{name}/xet-read-token/{commit.oid}"
            headers |= {"X-Xet-Hash": xet[entry.sha256], "Link": f'<{token}>; rel="xet-auth"'}
        return Answer(b"", 302, {**headers, "Location": f"{elsewhere}/lfs/get/{entry.sha256}"})

    def lfs_get(self, sha256: str) -> Answer:
        data = self.hub.content(sha256)
        headers = {"ETag": f'"{sha256}"', "Accept-Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            return Answer(data, 200, headers)
        start, end = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
        return Answer(data[start : end + 1], 206, headers)


_API, _NAME, _SHA = r"/api/datasets/", r"([^/]+/[^/.]+)", r"([0-9a-f]{64})"
ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", r"/api/whoami-v2", Handler.whoami),
    ("POST", r"/api/validate-yaml", Handler.validate_yaml),
    ("POST", r"/api/repos/create", Handler.create),
    ("GET", rf"{_API}{_NAME}(?:/revision/([^/]+))?", Handler.info),
    ("POST", rf"{_API}{_NAME}/branch/([^/]+)", Handler.branch),
    ("GET", rf"{_API}{_NAME}/tree/([^/]+)(?:/(.+))?", Handler.tree),
    ("POST", rf"{_API}{_NAME}/preupload/([^/]+)", Handler.preupload),
    ("POST", rf"{_API}{_NAME}/commit/([^/]+)", Handler.commit),
    ("POST", rf"/datasets/{_NAME}\.git/info/lfs/objects/batch", Handler.lfs_batch),
    ("GET HEAD", rf"/datasets/{_NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
    ("PUT", rf"{_API}{_NAME}/settings", Handler.settings),
    ("GET", rf"{_API}{_NAME}/xet-(read|write)-token/(.+)", Handler.xet_token),
    ("PUT", rf"/lfs/put/{_SHA}", Handler.lfs_put),
    ("PUT", rf"/lfs/part/{_SHA}/(\d+)", Handler.lfs_part),
    ("POST", rf"/lfs/complete/{_SHA}", Handler.lfs_complete),
    ("POST", rf"/lfs/verify/{_SHA}", Handler.lfs_verify),
    ("GET HEAD", rf"/lfs/get/{_SHA}", Handler.lfs_get),
)


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Give a hub that answers at `hub.endpoint` until the block ends."""
    hub = Hub()
    bound = type("BoundHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
