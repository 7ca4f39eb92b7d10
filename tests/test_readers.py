"""Readers: real files in real encodings; what cannot be read is a rejected row with its reason."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from corpusprep.data.readers import (
    RANGE_BYTES,
    InputError,
    Part,
    find_inputs,
    kind_of,
    plan_shards,
    read_part,
)
from corpusprep.recipe import Read

TRADITIONAL = "這一年的春天，村裡的老槐樹又開花了。大家都說，這是個好年景，日子會越過越好。\n"
TEXT = "二〇二四年春天，村里的老槐树又开花了。大家都说，这是个好年景。\n"


def documents(path, kind="", **options):
    part = Part(str(path), kind or kind_of(path) or "text", 0, path.stat().st_size)
    return list(read_part(part, Read(**options)))


def rejections(docs):
    return [doc.dropped[1].rule if doc.dropped else "" for doc in docs]


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("big5", "big5hkscs"),
        ("hz", "hz"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_a_text_file_is_read_in_its_encoding(tmp_path, encoding, named):
    text = TEXT.replace("二〇二四", "二零二四")
    if encoding == "big5":
        text = TRADITIONAL
    path = tmp_path / "晚报.txt"
    path.write_bytes(text.encode(encoding))
    (doc,) = documents(path)
    assert doc.text == text
    assert doc.dropped is None
    assert doc.id == str(path)
    assert doc.labels == {"encoding": named}


def test_lines_of_another_encoding_in_a_file_are_read_in_it(tmp_path):
    """Logs and mailboxes are put together from files; a byte that decodes nowhere is U+FFFD."""
    path = tmp_path / "记录.txt"
    other = "今天的会议改到明天下午三点，请大家相互转告。\n"
    path.write_bytes(TEXT.encode() * 5 + other.encode("gb18030") + TEXT.encode() * 5)
    (doc,) = documents(path)
    assert doc.text == TEXT * 5 + other + TEXT * 5


def test_a_json_line_in_big5_may_hold_a_backslash_inside_a_character(tmp_path):
    text = TRADITIONAL + "功課許多，他們閱讀、蓋章。"
    assert b"\xa5\x5c" in text.encode("big5")  # 功: its second byte is a backslash
    path = tmp_path / "posts.jsonl"
    row = json.dumps({"id": "1", "text": text}, ensure_ascii=False)
    path.write_bytes(row.encode("big5") + b"\n")
    (doc,) = documents(path)
    assert (doc.id, doc.text) == ("1", text)


@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("empty.txt", b"", "empty"),
        ("image.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "undecodable"),
        ("noise.txt", bytes((i * 7919 + i // 3) % 256 for i in range(4000)), "undecodable"),
        ("large.txt", ("字" * 400_000).encode(), "too-large"),
        ("line.txt", b"a" * 1_000_001, "too-large"),
    ],
)
def test_what_is_no_text_is_rejected_with_a_reason(tmp_path, name, data, rule):
    path = tmp_path / name
    path.write_bytes(data)
    docs = documents(path, max_megabytes=1)
    assert rejections(docs) == [rule]
    assert docs[0].dropped[1].detail


def test_broken_bytes_in_the_middle_lose_nothing_else(tmp_path):
    path = tmp_path / "broken.txt"
    path.write_bytes(TEXT.encode() * 20 + b"\xff\xfe\xe4" + TEXT.encode() * 20)
    (doc,) = documents(path)
    assert doc.dropped is None
    assert doc.text.count("老槐树") == 40
    assert "\ufffd" in doc.text


def test_json_lines_are_read_with_their_columns(tmp_path):
    path = tmp_path / "posts.jsonl"
    rows = [
        {
            "id": "a1",
            "text": TEXT,
            "url": "https://example.org/1",
            "title": "春",
            "board": "闲聊",
            "n": 3,
        },
        {"content": TEXT, "tags": ["春", "花"]},
        {"url": "https://example.org/2", "正文": TEXT},
    ]
    path.write_text(
        "\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n\n", encoding="utf-8"
    )
    first, second, third = documents(path)
    assert (first.id, first.url, first.title) == ("a1", "https://example.org/1", "春")
    assert first.labels == {"board": "闲聊", "n": 3}
    assert second.id.startswith(f"{path}@")
    assert second.labels == {"tags": '["春","花"]'}
    assert third.id == third.url == "https://example.org/2"


def test_broken_lines_are_rejected_one_by_one(tmp_path):
    path = tmp_path / "posts.jsonl"
    good = json.dumps({"text": TEXT}).encode()
    gbk = json.dumps({"text": TEXT.replace("〇", "零")}, ensure_ascii=False).encode("gb18030")
    long = json.dumps({"text": "长" * 400_000}, ensure_ascii=False).encode()
    lines = [
        good,
        b'{"text": "cut',
        b"[1, 2]",
        b'{"title": "only"}',
        b'{"text": 7}',
        long,
        gbk,
        good,
    ]
    path.write_bytes(b"\n".join(lines))
    docs = documents(path, max_megabytes=1)
    assert rejections(docs) == [
        "", "broken-json", "not-an-object", "no-text", "no-text", "too-large", "", "",
    ]  # fmt: skip
    assert docs[1].text == '{"text": "cut'
    assert docs[6].text == docs[0].text.replace("〇", "零")


def test_ranges_of_a_file_hold_each_line_once(tmp_path):
    path = tmp_path / "posts.jsonl"
    lines = [json.dumps({"id": str(i), "text": "字" * (i % 50)}) for i in range(300)]
    path.write_text("\n".join(lines), encoding="utf-8")
    size = path.stat().st_size
    for step in (7, 100, 1999, size):
        parts = [Part(str(path), "jsonl", at, min(at + step, size)) for at in range(0, size, step)]
        ids = [doc.id for part in parts for doc in read_part(part, Read())]
        assert ids == [str(i) for i in range(300)]


def test_a_truncated_gzip_gives_what_came_before_and_a_rejected_row(tmp_path):
    path = tmp_path / "posts.jsonl.gz"
    rows = "".join(
        json.dumps({"id": str(i), "text": f"{TEXT}{os.urandom(40).hex()}"}) + "\n"
        for i in range(500)
    )
    data = gzip.compress(rows.encode())
    path.write_bytes(data[: len(data) // 2])
    docs = documents(path)
    assert rejections(docs)[-1] == "damaged-gzip"
    assert len(docs) > 100
    assert all(doc.dropped is None for doc in docs[:-1])


def test_a_file_that_cannot_be_read_is_rejected(tmp_path):
    path = tmp_path / "gone.txt"
    path.symlink_to(tmp_path / "nowhere.txt")
    (doc,) = read_part(Part(str(path), "text", 0, 0), Read())
    assert doc.dropped is not None
    assert doc.dropped[1].rule == "unreadable"
    assert "No such file" in doc.dropped[1].detail


def test_folders_give_known_endings_and_count_the_others(tmp_path):
    for name in ("b.txt", "a.jsonl", "c.png", "sub/d.md", ".hidden/e.txt", "noending"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("字", encoding="utf-8")
    found = find_inputs([tmp_path])
    assert [p.name for p in found.paths] == ["a.jsonl", "b.txt", "d.md"]
    assert found.skipped == {"(no ending)": 1, ".png": 1}
    assert [p.name for p in find_inputs([f"{tmp_path}/*.txt"]).paths] == ["b.txt"]
    assert [p.name for p in find_inputs([tmp_path / "c.png"]).paths] == ["c.png"]


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.txt: no such file"):
        find_inputs([tmp_path / "nothing.txt"])


def test_a_folder_without_text_is_an_error(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(InputError, match=r"no text to read in .* \(1 files of other kinds\)"):
        find_inputs([tmp_path])


def test_the_plan_covers_every_byte_and_groups_small_files(tmp_path):
    big = tmp_path / "big.jsonl"
    with big.open("wb") as file:
        file.truncate(2 * RANGE_BYTES + 10)
    small = [tmp_path / f"{i}.txt" for i in range(5)]
    for path in small:
        path.write_text("字", encoding="utf-8")
    shards = plan_shards([big, *small])
    ranges = [(p.start, p.end) for shard in shards for p in shard if p.path == str(big)]
    assert ranges == [
        (0, RANGE_BYTES),
        (RANGE_BYTES, 2 * RANGE_BYTES),
        (2 * RANGE_BYTES, 2 * RANGE_BYTES + 10),
    ]
    assert [p.path for p in shards[-1]] == [str(p) for p in small]
