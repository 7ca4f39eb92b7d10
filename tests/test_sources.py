"""Sources: real archives, packed files, URLs on loopback and datasets; nothing is lost unsaid."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import datasets
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_client import fresh
from hub_server import WRITER, running_hub

import corpusprep as cp
from corpusprep.core import Drop
from corpusprep.data import opening
from corpusprep.data.readers import (
    RANGE_BYTES,
    InputError,
    Part,
    find_inputs,
    open_raw,
    plan_shards,
    read_part,
)
from corpusprep.recipe import Read

TEXT = "入夏以后，河边的柳树一天比一天绿，孩子们放学后都跑到那里去捉蝉。\n"
OTHER = "奶奶把晒干的豆角收进坛子里，说冬天炖肉的时候最香。\n"
ROWS = [{"id": str(i), "text": f"第{i}页：{TEXT}"} for i in range(50)]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()


def read(*inputs, **options):
    """Read all of *inputs* as a run does."""
    found = find_inputs(inputs)
    parts = [part for shard in plan_shards(found.paths, found.sizes) for part in shard]
    return [doc for part in parts for doc in read_part(part, Read(**options))]


def told(docs):
    return [(doc.id, doc.dropped[1].rule if doc.dropped else doc.text) for doc in docs]


def zipped(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tarred(path, members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def zstandard(data):
    return pa.compress(data, codec="zstd", asbytes=True)


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard}
DAMAGED = {
    "gz": "damaged-gzip",
    "bz2": "damaged-bzip2",
    "xz": "damaged-xz",
    "zst": "damaged-zstandard",
}


@pytest.mark.parametrize("ending", PACKERS)
def test_a_packed_file_of_several_members_is_read_to_its_end(tmp_path, ending):
    pack = PACKERS[ending]
    (tmp_path / f"a.txt.{ending}").write_bytes(pack(TEXT.encode()) + pack(OTHER.encode()))
    (tmp_path / f"b.jsonl.{ending}").write_bytes(pack(LINES[:999]) + pack(LINES[999:]))
    docs = read(tmp_path)
    assert docs[0].text == TEXT + OTHER
    assert [(doc.id, doc.text) for doc in docs[1:]] == [(r["id"], r["text"]) for r in ROWS]


@pytest.mark.parametrize("ending", PACKERS)
def test_of_a_truncated_file_what_came_before_is_read(tmp_path, ending):
    noise = "".join(
        json.dumps({"id": str(i), "text": TEXT + os.urandom(99).hex()}) + "\n" for i in range(9000)
    )
    whole = PACKERS[ending](noise.encode())
    path = tmp_path / f"a.jsonl.{ending}"
    path.write_bytes(whole[: len(whole) * 3 // 4])
    docs = read(path)
    last = docs.pop()
    assert last.dropped[1].rule == DAMAGED[ending]
    assert last.dropped[1].detail.endswith("; what came before was read")
    assert all(doc.dropped is None for doc in docs)
    assert [doc.id for doc in docs] == [str(i) for i in range(len(docs))]
    share = {"bz2": 0.5}.get(ending, 0.7)  # bzip2 packs 900,000 bytes at a time
    assert len(docs) > share * 9000


@pytest.mark.parametrize("ending", PACKERS)
def test_of_a_truncated_text_the_beginning_is_a_document(tmp_path, ending):
    text = "".join(TEXT + os.urandom(99).hex() + "\n" for _ in range(9000))
    path = tmp_path / f"a.txt.{ending}"
    packed = PACKERS[ending](text.encode())
    path.write_bytes(packed[: len(packed) * 3 // 4])
    doc, row = read(path)
    assert doc.dropped is None
    assert text.startswith(doc.text[:-1])
    assert len(doc.text) > len(text) // 2
    assert row.dropped[1].rule == DAMAGED[ending]


@pytest.mark.parametrize("ending", PACKERS)
def test_noise_in_a_packed_file_is_damage_and_no_error(tmp_path, ending):
    packed = PACKERS[ending](os.urandom(5000))
    (tmp_path / f"a.jsonl.{ending}").write_bytes(packed[:12])
    (tmp_path / f"b.jsonl.{ending}").write_bytes(packed[:2000] + bytes(999) + packed[2999:])
    rules = {rule for _, rule in told(read(tmp_path))}
    assert DAMAGED[ending] in rules
    assert rules <= {DAMAGED[ending], "broken-json", "not-an-object"}


def test_a_file_is_unpacked_by_its_bytes_and_not_by_its_name(tmp_path):
    (tmp_path / "browser.txt.gz").write_text(TEXT, "utf-8")  # unpacked on the way, name kept
    (tmp_path / "log.txt").write_bytes(gzip.compress(OTHER.encode()))
    assert [doc.text for doc in read(tmp_path)] == [TEXT, OTHER]


@pytest.mark.parametrize("ending", PACKERS)
def test_a_bomb_ends_as_a_rejected_row(tmp_path, ending, monkeypatch):
    monkeypatch.setattr(opening, "FREE_BYTES", 1 << 20)
    (tmp_path / f"a.jsonl.{ending}").write_bytes(PACKERS[ending](bytes(40 << 20)))
    docs = read(tmp_path, max_megabytes=1)
    assert docs[-1].dropped[1].rule == "too-large"
    assert "200 times its packed size" in docs[-1].dropped[1].detail


def test_xz_that_asks_for_too_much_memory_is_rejected(tmp_path):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 1 << 30}]
    (tmp_path / "a.txt.xz").write_bytes(lzma.compress(TEXT.encode(), filters=filters))
    rows = read(tmp_path)
    assert rows[-1].dropped[1].rule == "damaged-xz"
    assert "Memory usage limit" in rows[-1].dropped[1].detail


MEMBERS = {
    "甲/一.txt": TEXT.encode(),
    "乙.jsonl": LINES[: LINES.index(b"\n") + 1],
    "丙.txt.gz": gzip.compress(OTHER.encode()),
    "../外.txt": OTHER.encode(),
    "图.png": b"\x89PNG",
    "LICENSE": b"x",
    ".git/config.txt": b"x",
    "__MACOSX/._一.txt": b"\0\5",
}


def archive(folder, name, members):
    """Make the archive *name*, as its ending says."""
    path = folder / name
    if name.endswith(".zip"):
        return zipped(path, members)
    plain = tarred(folder / "plain", members).read_bytes()
    (folder / "plain").unlink()
    packer = {"gz": "gz", "tgz": "gz", "zst": "zst", "bz2": "bz2", "xz": "xz"}.get(
        name.split(".")[-1]
    )
    path.write_bytes(PACKERS[packer](plain) if packer else plain)
    return path


@pytest.mark.parametrize(
    "name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.zst", "a.tar.bz2", "a.tar.xz"]
)
def test_the_members_of_an_archive_are_read_as_files_are(tmp_path, name):
    path = archive(tmp_path, name, MEMBERS)
    docs = read(tmp_path)
    assert told(docs) == [
        (f"{path}!/甲/一.txt", TEXT),
        ("0", ROWS[0]["text"]),
        (f"{path}!/丙.txt.gz", OTHER),
        (f"{path}!/../外.txt", OTHER),
        (str(path), "skipped-members"),
    ]
    assert docs[1].source == f"{path}!/乙.jsonl"
    told_of = docs[-1].dropped[1].detail
    assert told_of == "2 files of other kinds were passed over: 1 .png, 1 (no ending)"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_parquet_in_an_archive_is_read_with_ids_of_the_archive(tmp_path, name):
    table = io.BytesIO()
    pq.write_table(pa.table({"text": [TEXT, OTHER], "url": ["https://example.org/1", None]}), table)
    path = archive(tmp_path, name, {"表/a.parquet": table.getvalue(), "b.parquet": b"PAR1"})
    docs = read(path)
    assert told(docs) == [
        ("https://example.org/1", TEXT),
        (f"{path}!/表/a.parquet@1", OTHER),
        (f"{path}!/b.parquet", "damaged-parquet"),
    ]
    assert {doc.source for doc in docs[:2]} == {f"{path}!/表/a.parquet"}


def test_an_archive_in_an_archive_is_told_of(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"a.txt": TEXT})
    outer = zipped(tmp_path / "outer.zip", {"x/inner.zip": inner.read_bytes(), "b.tar.gz": b""})
    docs = read(outer)
    assert told(docs) == [
        (f"{outer}!/x/inner.zip", "nested-archive"),
        (f"{outer}!/b.tar.gz", "nested-archive"),
    ]
    assert "unpack the outer one" in docs[0].dropped[1].detail


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_two_members_of_one_name_have_two_ids(tmp_path, name):
    path = tmp_path / name
    with (
        pytest.warns(UserWarning, match="Duplicate")
        if name == "a.zip"
        else contextmanager(lambda: (yield))()
    ):
        if name == "a.zip":
            with zipfile.ZipFile(path, "w") as file:
                file.writestr("一.txt", TEXT)
                file.writestr("一.txt", OTHER)
        else:
            tarred(path, {"一.txt": TEXT.encode()})
            tarred(path, {"一.txt": OTHER.encode()}, "a")
    assert told(read(path)) == [(f"{path}!/一.txt", TEXT), (f"{path}!/一.txt#2", OTHER)]


def gbk_zip(path, names):
    """Write a zip as Windows in China does: names in GBK, and no flag that says so."""
    stand_ins = {str(i) * len(name.encode("gb18030")): name for i, name in enumerate(names)}
    data = zipped(path, dict.fromkeys(stand_ins, TEXT)).read_bytes()
    for stand_in, name in stand_ins.items():
        data = data.replace(stand_in.encode(), name.encode("gb18030"))
    path.write_bytes(data)
    return path


def test_names_in_gbk_are_read(tmp_path):
    names = ["新闻/昨天的晚报.txt", "新闻/今天的早报.txt"]
    path = gbk_zip(tmp_path / "报纸.zip", names)
    assert [doc.id for doc in read(path)] == [f"{path}!/{name}" for name in names]


def test_a_member_with_a_password_is_told_of_and_the_others_are_read(tmp_path):
    path = zipped(tmp_path / "a.zip", {"一.txt": TEXT, "二.txt": OTHER}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag of the first member, in its header and in the list
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    docs = read(path)
    assert told(docs) == [(f"{path}!/一.txt", "encrypted"), (f"{path}!/二.txt", OTHER)]
    assert docs[0].dropped[1].detail.startswith("it has a password; unpack")


def test_a_zip_bomb_is_rejected_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("corpusprep.data.zips.FREE_BYTES", 1 << 20)
    path = zipped(tmp_path / "a.zip", {"bomb.jsonl": bytes(40 << 20), "一.txt": TEXT})
    docs = read(path)
    assert told(docs) == [(f"{path}!/bomb.jsonl", "too-large"), (f"{path}!/一.txt", TEXT)]
    assert "more than 200 times" in docs[0].dropped[1].detail


def test_many_small_bombs_in_a_zip_end_it(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "FREE_BYTES", 1 << 20)
    path = zipped(tmp_path / "a.zip", {f"{i}.jsonl": bytes(900_000) for i in range(50)})
    docs = read(path, max_megabytes=1)
    assert docs[-1].dropped[1].rule == "too-large"
    assert len(docs) < 20


def test_a_sparse_file_in_a_tar_is_no_end_of_zeros(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "FREE_BYTES", 1 << 20)
    huge = tmp_path / "huge.jsonl"
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    path = tmp_path / "a.tar"
    subprocess.run(["tar", "-S", "-cf", path, "-C", tmp_path, "huge.jsonl"], check=True)
    huge.unlink()
    docs = read(path, max_megabytes=1)
    assert docs[-1].dropped[1].rule == "too-large"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_of_a_truncated_zip_what_came_before_is_read(tmp_path, method):
    noise = TEXT + os.urandom(20_000).hex()
    members = {"甲.txt": TEXT, "乙/一.txt": OTHER, "丙.txt": noise, "丁.txt": TEXT}
    path = zipped(tmp_path / "a.zip", members, method)
    data = path.read_bytes()
    path.write_bytes(data[: data.index("丁.txt".encode()) - 3000])
    docs = read(path)
    assert told(docs[:2]) == [(f"{path}!/甲.txt", TEXT), (f"{path}!/乙/一.txt", OTHER)]
    assert noise.startswith(docs[2].text)
    assert len(docs[2].text) > 0.8 * len(noise)
    assert told(docs[3:]) == [(f"{path}!/丙.txt", "damaged-zip"), (str(path), "damaged-zip")]
    assert docs[-1].dropped[1].detail.endswith("; what came before was read")


def test_a_truncated_zip_that_was_written_as_a_stream_is_read(tmp_path):
    """Its members' sizes stand behind them: where a member ends only its bytes tell."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    zipped(pipe, {f"{i}.txt": f"{i}{TEXT}" for i in range(5)})
    (tmp_path / "a.zip").write_bytes(pipe.data[: pipe.data.index(b"PK\x01\x02")])
    docs = read(tmp_path)
    assert [doc.text for doc in docs[:5]] == [f"{i}{TEXT}" for i in range(5)]
    assert [rule for _, rule in told(docs[5:])] == ["damaged-zip"]


def test_a_damaged_member_of_a_zip_costs_no_other(tmp_path):
    noise = TEXT + os.urandom(20_000).hex()
    path = zipped(tmp_path / "a.zip", {"甲.txt": TEXT, "乙.txt": noise, "丙.txt": OTHER})
    data = bytearray(path.read_bytes())
    at = data.index("乙.txt".encode()) + 9000
    data[at : at + 50] = bytes(50)
    path.write_bytes(data)
    docs = read(path)
    assert [(i, rule) for i, rule in told(docs) if not i.endswith("乙.txt")] == [
        (f"{path}!/甲.txt", TEXT),
        (f"{path}!/丙.txt", OTHER),
    ]
    assert (f"{path}!/乙.txt", "damaged-zip") in told(docs)


@pytest.mark.parametrize("ending", ["", ".gz", ".zst", ".bz2", ".xz"])
def test_of_a_truncated_tar_what_came_before_is_read(tmp_path, ending):
    members = {f"{i}.txt": (TEXT + os.urandom(50_000).hex()).encode() for i in range(40)}
    path = archive(tmp_path, f"a.tar{ending}", members)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    docs = read(path)
    whole = [doc for doc in docs if doc.dropped is None]
    assert all(doc.text == members[f"{i}.txt"].decode() for i, doc in enumerate(whole[:-1]))
    assert len(whole) > (15 if ending == ".bz2" else 25)
    assert docs[-1].dropped[1].rule == DAMAGED.get(ending[1:], "damaged-tar")
    assert docs[-1].id == str(path)


def test_behind_a_broken_header_a_tar_is_read_on(tmp_path):
    members = {f"{i}.txt": f"{i}{TEXT}".encode() for i in range(6)}
    path = tarred(tmp_path / "a.tar", members)
    data = bytearray(path.read_bytes())
    data[2 * 1024 : 2 * 1024 + 300] = b"?" * 300  # the header of the third
    path.write_bytes(data)
    docs = read(path)
    assert [doc.text[0] for doc in docs[:-1]] == ["0", "1", "3", "4", "5"]
    assert docs[-1].dropped == (
        "read",
        Drop("damaged-tar", "invalid header; what could be found was read"),
    )


def test_links_in_a_tar_are_passed_over(tmp_path):
    path = tarred(tmp_path / "a.tar", {"一.txt": TEXT.encode()})
    with tarfile.open(path, "a") as file:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("passwd.txt")
            info.type, info.linkname = kind, "/etc/passwd"
            file.addfile(info)
    assert told(read(path)) == [(f"{path}!/一.txt", TEXT)]


def test_a_header_that_would_fill_the_memory_is_not_read(tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 7 << 30
    path = tmp_path / "a.tar"
    behind = tarred(tmp_path / "b.tar", {"一.txt": TEXT.encode()}).read_bytes()
    path.write_bytes(info.tobuf() + behind)
    docs = read(path)
    assert told(docs) == [(f"{path}!/一.txt", TEXT), (str(path), "damaged-tar")]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_what_is_no_archive_is_a_rejected_row(tmp_path, name):
    (tmp_path / name).write_bytes(TEXT.encode() * 100)
    ((_, rule),) = told(read(tmp_path))
    assert rule == ("damaged-zip" if name == "a.zip" else "damaged-tar")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (TEXT.encode(), "text"),
        (LINES, "jsonl"),
        (gzip.compress(LINES), "jsonl"),
        (b"\xef\xbb\xbf" + LINES, "jsonl"),
        (b'{\n  "text": "x"\n}', "json"),
        (b'[{"text": "x"}]', "json"),
        ("[图片]\n".encode(), "text"),
        (b"\n<!-- x --><!DOCTYPE html>\n<html>", "html"),
        (b'<?xml version="1.0"?>\n<html xmlns="x">', "html"),
        (b"WARC/1.0\r\nWARC-Type: response\r\n", "warc"),
        (zstandard(b"WARC/1.1\r\n"), "warc"),
        (b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n", "mhtml"),
        (b"PAR1", "parquet"),
    ],
)  # fmt: skip
def test_a_file_of_unknown_ending_is_read_as_what_it_begins_with(tmp_path, data, kind):
    path = tmp_path / "数据.dat"
    path.write_bytes(data)
    ((part,),) = plan_shards(find_inputs([path]).paths)
    assert part.kind == kind


def test_archives_are_known_by_their_first_bytes(tmp_path):
    zipped(tmp_path / "a.zip", {"一.txt": TEXT}).rename(tmp_path / "a")
    tarred(tmp_path / "b.tar", {"一.txt": TEXT.encode()}).rename(tmp_path / "b")
    assert [doc.text for doc in read(tmp_path / "a", tmp_path / "b")] == [TEXT, TEXT]


def test_packed_json_lines_are_not_cut_whatever_their_name(tmp_path):
    path = tmp_path / "a.jsonl"
    row = json.dumps({"text": os.urandom(500_000).hex()}) + "\n"
    path.write_bytes(gzip.compress(row.encode() * 50, 0))
    assert path.stat().st_size > RANGE_BYTES
    shards = plan_shards([path])
    assert [len(shard) for shard in shards] == [1]
    assert len(read(path)) == 50


@pytest.fixture
def memory():
    files = fsspec.filesystem("memory")
    files.pipe("/语料/a.txt", TEXT.encode())
    files.pipe("/语料/b.jsonl.gz", gzip.compress(LINES))
    files.pipe("/语料/sub/c.txt", OTHER.encode())
    files.pipe("/语料/图.png", b"x")
    yield files
    files.rm("/语料", recursive=True)


def test_a_folder_a_pattern_and_a_file_at_a_url_are_read(memory):
    found = find_inputs(["memory://语料"])
    assert [p.rpartition("/")[2] for p in found.paths] == ["a.txt", "b.jsonl.gz", "c.txt"]
    assert found.skipped == {".png": 1}
    assert [doc.text for doc in read("memory://语料/*.txt")] == [TEXT]
    assert [doc.text for doc in read("memory://语料/**/*.txt")] == [TEXT, OTHER]
    (doc,) = read("memory://语料/a.txt")
    assert (doc.id, doc.source, doc.text) == (*["memory://语料/a.txt"] * 2, TEXT)
    assert len(read("memory://语料")) == 52


def test_json_lines_at_a_url_are_cut_into_ranges(memory, monkeypatch):
    monkeypatch.setattr("corpusprep.data.readers.RANGE_BYTES", 999)
    memory.pipe("/语料/d.jsonl", LINES)
    found = find_inputs(["memory://语料/d.jsonl"])
    shards = plan_shards(found.paths, found.sizes)
    assert len(shards) == -(-len(LINES) // 999)
    assert [doc.id for doc in read("memory://语料/d.jsonl")] == [row["id"] for row in ROWS]


def test_a_file_url_and_its_path_give_the_same_documents(tmp_path):
    zipped(tmp_path / "a.zip", {"一.txt": TEXT})
    pq.write_table(pa.table({"id": ["p"], "text": [OTHER]}), tmp_path / "b.parquet")
    assert sorted(told(read(f"file://{tmp_path}"))) == [
        (f"file://{tmp_path}/a.zip!/一.txt", TEXT),
        ("p", OTHER),
    ]
    assert sorted(doc.text for doc in read(tmp_path)) == sorted([TEXT, OTHER])
    with open_raw(f"file://{tmp_path}/a.zip") as file:
        assert file.read() == (tmp_path / "a.zip").read_bytes()


def test_a_corpus_at_a_url_gives_its_documents_only(memory):
    memory.pipe("/语料/corpus/report.json", b"{}")
    memory.pipe("/语料/corpus/documents/a.jsonl", LINES)
    memory.pipe("/语料/corpus/removed/a.jsonl", LINES)
    found = find_inputs(["memory://语料/corpus"])
    assert [p.rpartition("corpus/")[2] for p in found.paths] == ["documents/a.jsonl"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("memory://nothing/a.txt", "memory://nothing/a.txt: no such file, folder or pattern"),
        ("memory://nothing/*.txt", "no such file, folder or pattern"),
        ("file:///no/such/file.txt", "no such file, folder or pattern"),
        ("memroy://a/b.txt", "no way to read memroy://; did you mean 'memory'?"),
        ("https://user:word@example.org/a.txt", "https://example.org/a.txt: the URL holds a pass"),
        ("https://example.org/a.txt?X-Amz-Signature=1", "published with the corpus"),
    ],
)
def test_a_url_that_cannot_be_read_is_an_error_before_the_run(url, words):
    with pytest.raises(InputError) as caught:
        find_inputs([url])
    assert words in str(caught.value)
    assert "word@" not in str(caught.value)


def test_what_is_not_installed_is_said_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)  # as where it is not installed
    with pytest.raises(InputError, match="s3:// cannot be read as it is: pip install s3fs"):
        find_inputs(["s3://bucket/a.jsonl"])


def test_a_file_that_goes_away_before_it_is_read_is_a_rejected_row(memory):
    (doc,) = read_part(Part("memory://语料/gone.txt", "text", 0, 10), Read())
    assert doc.dropped[0] == "read"
    assert doc.dropped[1].rule == "unreadable"
    (doc,) = read_part(Part("memory://语料/gone.zip", "zip", 0, 10), Read())
    assert doc.dropped[1].rule == "unreadable"


class Server(SimpleHTTPRequestHandler):
    """Files of a folder, with ranges if *ranges*; *cut* answers end after so many bytes."""

    ranges, cut, asked = True, {}, []

    def log_message(self, *_):
        self.asked.append(self.path)

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not self.ranges or not path.is_file():
            return super().do_GET()
        data = path.read_bytes()
        start = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
        if start >= len(data):
            return self.send_error(416)
        rest = data[start:]
        self.send_response(206)
        self.send_header("Content-Length", str(len(rest)))
        self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(rest[: self.cut.get(path.name, len(rest))])
        return None


@pytest.fixture
def web(tmp_path):
    """A web server on loopback over a folder."""
    folder = tmp_path / "www"
    folder.mkdir()
    handler = type("Own", (Server,), {"cut": {}, "asked": []})
    make = lambda *args: handler(*args, directory=str(folder))  # noqa: E731
    with ThreadingHTTPServer(("127.0.0.1", 0), make) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()


@pytest.mark.parametrize("ranges", [True, False])
def test_files_are_read_from_a_web_server(web, ranges):
    folder, url, handler = web
    handler.ranges = ranges
    (folder / "a.txt").write_text(TEXT, "utf-8")
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(LINES))
    zipped(folder / "c.zip", {"一.txt": OTHER})
    (folder / "empty.txt").write_bytes(b"")
    names = ["a.txt", "b.jsonl.gz", "c.zip", "empty.txt"]
    docs = read(*(f"{url}/{name}" for name in names))
    assert told(docs) == [
        (f"{url}/a.txt", TEXT),
        *((row["id"], row["text"]) for row in ROWS),
        (f"{url}/c.zip!/一.txt", OTHER),
        (f"{url}/empty.txt", "empty"),
    ]
    assert find_inputs([f"{url}/a.txt"]).sizes == {f"{url}/a.txt": len(TEXT.encode())}


def test_a_pattern_on_the_web_is_of_links_in_the_list_of_a_folder(web):
    folder, url, _ = web
    for name in ("甲.txt", "乙.txt", "丙.png"):
        (folder / name).write_text(TEXT, "utf-8")
    assert [doc.text for doc in read(f"{url}/*.txt")] == [TEXT, TEXT]
    with pytest.raises(InputError, match="no such file, folder or pattern"):
        find_inputs([f"{url}/*.jsonl"])
    with pytest.raises(InputError, match="only the last part may have a"):
        find_inputs([f"{url}/*/a.txt"])


def test_a_page_on_the_web_is_known_by_its_bytes(web):
    folder, url, _ = web
    (folder / "article").write_bytes(b"<!DOCTYPE html><html><body><p>x</p></body></html>")
    found = find_inputs([f"{url}/article"])
    ((part,),) = plan_shards(found.paths, found.sizes)
    assert part.kind == "html"


def test_json_lines_on_the_web_are_read_range_by_range(web, monkeypatch):
    monkeypatch.setattr("corpusprep.data.readers.RANGE_BYTES", 999)
    folder, url, handler = web
    (folder / "a.jsonl").write_bytes(LINES)
    assert [doc.id for doc in read(f"{url}/a.jsonl")] == [row["id"] for row in ROWS]
    assert len(handler.asked) >= len(LINES) // 999


def test_a_connection_that_breaks_is_taken_up_again(web):
    folder, url, handler = web
    data = TEXT.encode() * 9000
    (folder / "a.txt").write_bytes(data)
    handler.cut["a.txt"] = 300_000
    (doc,) = read(f"{url}/a.txt")
    assert doc.text == data.decode()


def test_half_a_file_from_the_web_is_never_taken_for_a_whole_one(web):
    folder, url, handler = web
    (folder / "a.txt").write_bytes(TEXT.encode() * 9000)
    handler.cut["a.txt"] = 0
    (doc,) = read_part(Part(f"{url}/a.txt", "text", 0, 9), Read())
    assert doc.dropped[1].rule == "unreadable"
    assert "the server sent 0 of" in doc.dropped[1].detail


def test_what_is_not_on_the_web_server_is_an_error(web):
    _, url, _ = web
    with pytest.raises(InputError, match=r"nothing\.txt: no such file"):
        find_inputs([f"{url}/nothing.txt"])
    with pytest.raises(InputError, match="Connection refused"):
        find_inputs(["http://127.0.0.1:9/a.txt"])


def run(inputs, out, **options):
    recipe = {"duplicates": {"enabled": False}, "quality": {"enabled": False}}
    return cp.run(inputs, out, recipe=recipe, workers=1, **options)


def texts(corpus):
    return pq.read_table(corpus.path / "documents").column("text").to_pylist()


PLAIN = [f"{i}、{TEXT}{OTHER}".replace("\n", "") for i in range(600)]


@pytest.mark.parametrize("kind", ["dataset", "stream", "mapped", "dict", "stream-dict"])
def test_a_dataset_in_memory_is_read(tmp_path, kind):
    rows = datasets.Dataset.from_dict({"text": PLAIN, "n": list(range(600))})
    given = {
        "dataset": rows,
        "stream": rows.to_iterable_dataset(),
        "mapped": datasets.IterableDataset.from_generator(lambda: iter(rows)),
        "dict": datasets.DatasetDict(train=rows.select(range(500)), test=rows.select(range(500, 600))),
        "stream-dict": datasets.IterableDatasetDict(train=rows.to_iterable_dataset()),
    }[kind]  # fmt: skip
    corpus = run(given, tmp_path / "corpus")
    assert [text.strip() for text in texts(corpus)] == PLAIN
    assert {i["path"] for i in corpus.report["inputs"]} == {"-"}
    labels = pq.read_table(corpus.path / "documents").column("labels").to_pylist()
    assert json.loads(labels[7])["n"] == 7


def test_a_stream_whose_rows_differ_loses_nothing(tmp_path):
    def rows():
        for i, text in enumerate(PLAIN):
            yield {"text": text, **({"n": i} if i < 300 else {"n": f"第{i}", "new": [i]})}

    corpus = run(datasets.IterableDataset.from_generator(rows), tmp_path / "corpus")
    table = pq.read_table(corpus.path / "documents")
    assert [text.strip() for text in table.column("text").to_pylist()] == PLAIN
    labels = [json.loads(row) for row in table.column("labels").to_pylist()]
    assert labels[0]["n"] == 0
    assert (labels[599]["n"], labels[599]["new"]) == ("第599", "[599]")


def test_a_dataset_is_read_by_several_workers_and_with_files_beside_it(tmp_path):
    rows = datasets.Dataset.from_dict({"text": PLAIN})
    (tmp_path / "a.txt").write_text("末了。" + OTHER, "utf-8")
    recipe = {"duplicates": {"enabled": False}, "quality": {"enabled": False}}
    corpus = cp.run([rows, tmp_path / "a.txt", rows], tmp_path / "corpus", recipe=recipe, workers=2)
    assert len(texts(corpus)) == 1201


@pytest.mark.parametrize("splits", [False, True])
def test_a_dataset_saved_to_disk_is_read_without_what_tells_of_it(tmp_path, splits):
    rows = datasets.Dataset.from_dict({"text": PLAIN})
    saved = datasets.DatasetDict(train=rows) if splits else rows
    saved.save_to_disk(tmp_path / "saved", **({} if splits else {"num_shards": 2}))
    folder = tmp_path / "saved" / ("train" if splits else ".")
    (folder / "cache-0123.arrow").write_bytes(next(folder.glob("*.arrow")).read_bytes())
    found = find_inputs([tmp_path / "saved"])
    assert [path.suffix for path in found.paths] == [".arrow"] * (1 if splits else 2)
    assert [doc.text for doc in read(tmp_path / "saved")] == PLAIN


def test_a_dataset_is_kept_for_a_run_that_is_resumed(tmp_path, monkeypatch):
    rows = datasets.Dataset.from_dict({"text": PLAIN})
    whole = run(rows, tmp_path / "whole")

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(
            rows, tmp_path / "cut", tell=lambda p: stop() if p.stage == "clean" and p.done else None
        )
    assert list((tmp_path / "cut/.work/dataset-0/00-rows").iterdir())
    corpus = run(rows, tmp_path / "cut", resume=True)
    assert texts(corpus) == texts(whole)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (LINES, "stdin.jsonl"),
        (gzip.compress(LINES), "stdin.jsonl"),
        (TEXT.encode(), "stdin.txt"),
        (b"<!DOCTYPE html><html><body><p>x</p></body></html>", "stdin.html"),
        (b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n", "stdin.warc"),
    ],
)
def test_standard_input_is_kept_as_what_it_is(tmp_path, data, name):
    from corpusprep.data.keeping import keep_stdin

    path = keep_stdin(tmp_path, io.BytesIO(data))
    assert (path.name, path.read_bytes()) == (name, data)
    assert keep_stdin(tmp_path, io.BytesIO(b"")) == path  # of a run that goes on


def test_an_archive_through_standard_input_makes_a_corpus(tmp_path):
    path = zipped(tmp_path / "a.zip", {f"{i}.txt": text for i, text in enumerate(PLAIN[:9])})
    with path.open("rb") as file:
        corpus = run("-", tmp_path / "corpus", stdin=file)
    assert [text.strip() for text in texts(corpus)] == PLAIN[:9]


def test_local_files_are_read_without_fsspec_or_datasets(tmp_path):
    zipped(tmp_path / "a.zip", {"一.txt": TEXT})
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(LINES))
    code = (
        "import sys; from corpusprep.data.readers import *; from corpusprep.recipe import Read; "
        f"found = find_inputs([{str(tmp_path)!r}]); shards = plan_shards(found.paths); "
        "n = sum(1 for s in shards for p in s for _ in read_part(p, Read())); "
        "print(n, [m for m in ('fsspec', 'datasets', 'http.server') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "51 []"


def test_a_dataset_on_the_hub_is_read_without_its_card(tmp_path):
    folder = tmp_path / "repo"
    (folder / "data").mkdir(parents=True)
    card = "---\nconfigs:\n- config_name: default\n  data_files: data/a.jsonl\n---\n# 语料\n"
    (folder / "README.md").write_text(card, "utf-8")
    (folder / "data/a.jsonl").write_bytes(LINES)
    (folder / "data/b.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    pq.write_table(pa.table({"text": [OTHER]}), folder / "data/c.parquet")
    upload = (
        "import sys; from huggingface_hub import HfApi; api = HfApi(token=sys.argv[1]); "
        "api.create_repo('owner/name', repo_type='dataset'); "
        "api.upload_folder(folder_path=sys.argv[2], repo_id='owner/name', repo_type='dataset')"
    )
    ids = (
        "import sys; from corpusprep.data.readers import *; from corpusprep.recipe import Read; "
        "found = find_inputs([sys.argv[1]]); shards = plan_shards(found.paths, found.sizes); "
        "print(*(d.id for s in shards for p in s for d in read_part(p, Read())), sep='\\n')"
    )
    base = "hf://datasets/owner/name"
    with running_hub() as hub:

        def python(*args):  # a process of its own, as the client reads its settings on import
            command = [sys.executable, "-c", *map(str, args)]
            here = fresh(hub, tmp_path)
            return subprocess.run(command, capture_output=True, text=True, env=here, check=False)

        assert python(upload, WRITER, folder).returncode == 0
        for url, count in ((base, 52), (f"{base}/data/*.jsonl", 50), (f"{base}/data/a.jsonl", 50)):
            done = python(ids, url)
            assert done.returncode == 0, done.stderr
            assert len(done.stdout.splitlines()) == count
        done = python(ids, f"{base}less")
        assert f"InputError: {base}less: " in done.stderr
