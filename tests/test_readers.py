"""Readers: real files in real encodings; what cannot be read is a rejected row with its reason."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import made_documents
from xxhash import xxh3_128_hexdigest

import corpusprep as cp
from corpusprep.core import Drop
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
    return hashed(read_part(part, Read(**options)))


def hashed(docs):
    """Check the label that every document has, and take it off."""
    docs = list(docs)
    for doc in docs:
        if doc.dropped is None:
            assert doc.labels.pop("content_hash") == xxh3_128_hexdigest(doc.text.encode())
    return docs


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
    for name in ("b.txt", "a.jsonl", "c.png", "d.parquet.gz", "sub/d.md", ".hidden/e.txt", "noend"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("字", encoding="utf-8")
    found = find_inputs([tmp_path])
    assert [p.name for p in found.paths] == ["a.jsonl", "b.txt", "d.md"]
    assert found.skipped == {"(no ending)": 1, ".gz": 1, ".png": 1}
    assert [p.name for p in find_inputs([f"{tmp_path}/*.txt"]).paths] == ["b.txt"]
    assert [p.name for p in find_inputs([tmp_path / "c.png"]).paths] == ["c.png"]


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.txt: no such file"):
        find_inputs([tmp_path / "nothing.txt"])


def test_a_folder_without_text_is_an_error(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(
        InputError,
        match=r"no text to read in .* \(1 files of other kinds\); known: .* and \.parquet",
    ):
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


def parquet(path, columns, **options):
    """Write *columns*, a mapping or a table, to the Parquet file *path*."""
    pq.write_table(pa.table(columns), path, **options)
    return path


def planned(*paths, **options):
    """Read all parts of *paths* as a run does."""
    shards = plan_shards(paths)
    docs = (doc for shard in shards for part in shard for doc in read_part(part, Read(**options)))
    return hashed(docs)


def as_read(docs):
    return [(doc.id, doc.text, doc.url, doc.title, doc.labels) for doc in docs]


def test_a_parquet_file_gives_what_json_lines_of_the_same_rows_do(tmp_path):
    rows = [
        {"id": "a1", "text": TEXT, "url": "https://example.org/1", "title": "春", "n": 3},
        {"id": "a2", "text": TRADITIONAL, "url": None, "board": "闲聊", "share": 0.5, "top": True},
        {"id": "a3", "text": "", "tags": ["春", "花"], "place": {"城": "杭州", "区": None}},
        {"id": "a4", "text": None, "title": "只有标题"},
    ]
    names = ("id", "text", "url", "title", "n", "board", "share", "top", "tags", "place")
    rows = [{name: row.get(name) for name in names} for row in rows]
    lines = tmp_path / "posts.jsonl"
    lines.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    table = parquet(tmp_path / "posts.parquet", pa.Table.from_pylist(rows), row_group_size=2)
    read = planned(table)
    assert as_read(read[:3]) == as_read(planned(lines)[:3])
    assert read[2].labels == {"tags": '["春","花"]', "place": '{"城":"杭州","区":null}'}
    assert read[3].dropped == planned(lines)[3].dropped
    assert read[3].dropped[1].detail.startswith("no text in column text; columns: id, url, title")
    assert read[3].text == planned(lines)[3].text
    assert read[3].id == f"{table}@3"


def test_a_corpus_from_a_parquet_file_is_that_of_the_same_json_lines(tmp_path):
    rows = made_documents(60)
    lines = tmp_path / "posts.jsonl"
    lines.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    table = parquet(tmp_path / "posts.parquet", pa.Table.from_pylist(rows), row_group_size=7)
    written = []
    for path in (lines, table):
        corpus = cp.run(path, tmp_path / f"from-{path.suffix[1:]}", workers=1)
        assert corpus.report["inputs"][0]["documents"] == 60
        documents = pq.read_table(corpus.path / "documents").drop_columns(["source"])
        written.append([documents, pq.read_table(corpus.path / "removed")])
        assert 0 < documents.num_rows < 60
    assert written[0] == written[1]


def test_a_corpus_of_ours_is_read_with_the_labels_that_it_has(tmp_path):
    rows = [{"id": str(i), "text": f"第{i}天，{TEXT}", "board": "闲聊"} for i in range(3)]
    lines = tmp_path / "posts.jsonl"
    lines.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    recipe = {"duplicates": {"enabled": False}}
    first = cp.run(lines, tmp_path / "a", workers=1, recipe=recipe)
    docs = planned(*(first.path / "documents").glob("*.parquet"))
    assert [doc.id for doc in docs] == ["0", "1", "2"]
    assert docs[0].labels["board"] == "闲聊"  # from the JSON in column `labels`
    assert docs[0].labels["script"]  # from a column of its own
    assert not {"labels", "sentences"} & set(docs[0].labels)
    command = [sys.executable, "-m", "corpusprep", "run", first.path / "documents"]
    command += ["-o", tmp_path / "b", "-q", "--set", "duplicates.enabled=false"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tables = [pq.read_table(tmp_path / name / "documents") for name in ("a", "b")]
    for column in ("id", "text", "sentences", "characters"):
        assert tables[0][column].to_pylist() == tables[1][column].to_pylist()
    assert json.loads(tables[1]["labels"][0].as_py())["board"] == "闲聊"


def test_a_column_wins_over_the_same_key_in_labels_and_other_text_there_stays(tmp_path):
    path = tmp_path / "posts.jsonl"
    packed = json.dumps({"board": "旧", "n": 1, "none": None, "list": [1]})
    rows = [
        {"text": TEXT, "board": "新", "n": None, "labels": packed},
        {"text": TEXT, "labels": "{春"},
        {"text": TEXT, "labels": "春,花"},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    assert [doc.labels for doc in documents(path)] == [
        {"board": "新", "n": 1, "list": "[1]"},
        {"labels": "{春"},
        {"labels": "春,花"},
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.binary(),
        pa.large_binary(),
    ],
    ids=str,
)
def test_text_is_read_from_every_kind_of_column_that_holds_it(tmp_path, kind):
    texts = [TEXT, TRADITIONAL, TEXT]
    column = pa.array(texts).cast(kind)
    docs = planned(parquet(tmp_path / "a.parquet", {"正文": column, "板块": column}))
    assert [doc.text for doc in docs] == texts
    assert [doc.labels for doc in docs] == [{"板块": text} for text in texts]
    assert [doc.id for doc in docs] == [f"{tmp_path / 'a.parquet'}@{i}" for i in range(3)]


def test_values_become_labels_that_a_reader_understands(tmp_path):
    noon = datetime(2024, 4, 5, 12, 30, tzinfo=UTC)
    columns = {
        "text": [TEXT],
        "doc_id": pa.array([7], pa.int64()),
        "day": [noon.date()],
        "clock": [noon.time()],
        "micro": pa.array([noon.replace(tzinfo=None)], pa.timestamp("us")),
        "nano": pa.array([1_712_320_200_000_000_001], pa.timestamp("ns")),
        "zone": pa.array([noon], pa.timestamp("us", "Asia/Shanghai")),
        "price": [Decimal("12.50")],
        "bytes": [b"\x00\xff"],
        "utf8": ["字".encode()],
        "map": pa.array([[("甲", 1)]], pa.map_(pa.string(), pa.int64())),
        "deep": [{"when": noon.date(), "price": [Decimal("1.0")], "raw": b"\xff"}],
        "far": pa.array([5_000_000], pa.date32()),
        "null": pa.nulls(1),
    }
    (doc,) = planned(parquet(tmp_path / "a.parquet", columns))
    assert doc.id == "7"
    assert doc.labels == {
        "day": "2024-04-05",
        "clock": "12:30:00",
        "micro": "2024-04-05T12:30:00",
        "nano": "2024-04-05T12:30:00.000000001",
        "zone": "2024-04-05T20:30:00+08:00",
        "price": "12.50",
        "bytes": "AP8=",
        "utf8": "字",
        "map": '[["甲",1]]',
        "deep": '{"when":"2024-04-05","price":["1.0"],"raw":"/w=="}',
        "far": "15659-07-15",
    }


def test_text_in_another_encoding_is_read_in_it_though_the_column_says_utf8(tmp_path):
    pieces = [TEXT.encode(), TEXT.replace("〇", "零").encode("gb18030"), bytes(range(256)) * 8]
    raw = pa.array(pieces)
    _, offsets, data = raw.buffers()
    column = pa.Array.from_buffers(pa.string(), len(raw), [None, offsets, data])
    docs = planned(parquet(tmp_path / "a.parquet", {"text": column}))
    assert [doc.text for doc in docs[:2]] == [TEXT, TEXT.replace("〇", "零")]
    assert rejections(docs) == ["", "", "undecodable"]


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        (
            {"标题": ["春"] * 9, "n": range(9)},
            {},
            "no text column; columns: 标题 (string), n (int64)",
        ),
        ({"text": range(9)}, {}, "no text column; columns: text (int64)"),
        ({"text": ["春"] * 9}, {"text_column": "body"}, "no text column; columns: text (string)"),
    ],
)
def test_a_file_without_a_text_column_is_one_rejected_row(tmp_path, columns, options, words):
    path = tmp_path / "a.parquet"
    parquet(path, {k: list(v) for k, v in columns.items()}, row_group_size=2)
    groups = pq.read_metadata(path).num_row_groups
    parts = [Part(str(path), "parquet", i, i + 1) for i in range(groups)]  # as of a larger file
    docs = [doc for part in parts for doc in read_part(part, Read(**options))]
    assert [doc.id for doc in docs] == [str(path)]
    assert docs[0].dropped == ("read", Drop("no-text", words))
    assert rejections(planned(path, **options)) == ["no-text"]


def test_what_is_no_parquet_file_is_planned_and_rejected(tmp_path):
    whole = parquet(tmp_path / "whole.parquet", {"text": [TEXT] * 50}).read_bytes()
    broken = {
        "lines.parquet": b'{"text": "' + TEXT.encode() + b'"}\n',
        "cut.parquet": whole[: len(whole) * 2 // 3],
        "empty.parquet": b"",
        "footer.parquet": whole[:-30] + b"\xff" * 20 + whole[-10:],
    }
    for name, data in broken.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "gone.parquet").symlink_to(tmp_path / "nowhere.parquet")
    docs = planned(*(tmp_path / name for name in [*broken, "gone.parquet", "whole.parquet"]))
    assert [doc.text for doc in docs[:50]] == [TEXT] * 50
    assert rejections(docs[50:]) == ["damaged-parquet"] * 4 + ["unreadable"]
    assert all(doc.dropped[1].detail for doc in docs[50:])
    assert "No such file" in docs[-1].dropped[1].detail


def test_a_damaged_row_group_loses_its_rows_and_no_others(tmp_path):
    texts = [f"{i}：{TEXT}" for i in range(30)]
    path = tmp_path / "a.parquet"
    parquet(path, {"text": texts}, row_group_size=10, compression="zstd", use_dictionary=False)
    data = bytearray(path.read_bytes())
    start = pq.read_metadata(path).row_group(1).column(0).data_page_offset
    data[start : start + 60] = b"\xff" * 60
    path.write_bytes(data)
    docs = planned(path)
    assert [doc.text for doc in docs if doc.dropped is None] == texts[:10] + texts[20:]
    assert rejections(docs)[10] == "damaged-parquet"
    assert docs[10].id == f"{path}@10"
    assert docs[10].dropped[1].detail.endswith("in row group 1; what came before was read")
    assert docs[11].id == f"{path}@20"


def test_an_error_of_the_file_system_is_told_as_for_other_files(tmp_path):
    folder = tmp_path / "a.parquet"
    folder.mkdir()
    (doc,) = read_part(Part(str(folder), "parquet", 0, 1), Read())
    assert doc.dropped == ("read", Drop("unreadable", "Is a directory"))


@pytest.mark.skipif(sys.platform != "linux", reason="a file that opens and cannot be read")
def test_an_error_of_the_file_system_in_an_open_file_is_no_damage_of_parquet():
    (doc,) = read_part(Part("/proc/self/mem", "parquet", 0, 1), Read())
    assert doc.dropped == ("read", Drop("unreadable", "Invalid argument"))


def test_a_row_over_the_limit_is_rejected_alone(tmp_path):
    path = parquet(tmp_path / "a.parquet", {"text": [TEXT, "长" * 400_000, TEXT]})
    docs = planned(path, max_megabytes=1)
    assert rejections(docs) == ["", "too-large", ""]
    assert docs[1].id == f"{path}@1"
    assert docs[1].dropped[1].detail == "a row of 1200000 bytes; [read] max_megabytes is 1"


def test_parts_are_row_groups_and_hold_each_row_once(tmp_path):
    texts = [f"{i}{os.urandom(20_000).hex()}" for i in range(1000)]  # 40 MB, in groups of 4
    path = parquet(tmp_path / "a.parquet", {"text": texts}, row_group_size=100)
    shards = plan_shards([path])
    ranges = [(part.start, part.end) for (part,) in shards]
    assert ranges == [(0, 4), (4, 8), (8, 10)]
    docs = planned(path)
    assert [doc.text for doc in docs] == texts
    assert [doc.id for doc in docs] == [f"{path}@{i}" for i in range(1000)]
    assert plan_shards([path]) == shards
    none = parquet(tmp_path / "none.parquet", {"text": pa.array([], pa.string())})
    assert planned(none) == []


def test_a_large_row_group_is_one_part_that_is_read_piece_by_piece(tmp_path):
    text = [os.urandom(1000).hex() for _ in range(8000)]  # 16 MB in pages of 2 MB
    path = parquet(tmp_path / "a.parquet", {"text": text}, compression="none", use_dictionary=False)
    ((part,),) = plan_shards([path])
    assert (part.start, part.end) == (0, 1)
    del text
    held = pa.total_allocated_bytes()
    tracemalloc.start()
    most = max(pa.total_allocated_bytes() - held for _ in read_part(part, Read()))
    most += tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < path.stat().st_size / 2  # all of it, and more, without BUFFER_BYTES


def test_labels_nested_too_deep_to_be_written_do_not_stop_a_run(tmp_path):
    path = tmp_path / "posts.jsonl"
    path.write_text(f'{{"text": "好的。", "deep": {"[" * 300}{"]" * 300}}}\n', encoding="utf-8")
    (doc,) = documents(path)
    assert (doc.text, doc.labels["deep"]) == ("好的。", "unreadable: Recursion limit reached")
