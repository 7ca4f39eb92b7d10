"""Formats: real bytes of each, in the encodings they come in, and what is wrong with damaged ones."""

from __future__ import annotations

import gzip
import io
import json
import random
import tracemalloc
import zipfile
import zlib
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pyarrow as pa
import pytest
from conftest import grows_linearly

from corpusprep.core import Drop
from corpusprep.data.formats import ENDINGS, READERS, Stream
from corpusprep.recipe import Read

TEXT = "二零二四年春天，村里的老槐树又开花了。大家都说，这是个好年景。"
OTHER = "今天的会议改到明天下午三点，请大家相互转告。"
TRADITIONAL = "這一年的春天，村裡的老槐樹又開花了。大家都說，這是個好年景，日子會越過越好。"
PAGE = f"<html><head><title>春天</title></head><body><p>{TEXT}</p></body></html>"
LIMIT = 1_000_000


class Dribble(io.RawIOBase):
    """A file that cannot be sought and gives a few bytes at a time."""

    def __init__(self, data, most=997):
        self._data = io.BytesIO(data)
        self._most = most

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self._data.read(min(len(buffer), self._most))
        buffer[: len(piece)] = piece
        return len(piece)


def read(kind, data, name="", **options):
    """Read *data* at once and in dribbles, which must give the same documents."""
    name = name or f"a.{kind}"
    docs = list(READERS[kind](Stream(name, io.BytesIO(data), len(data)), Read(**options)))
    assert list(READERS[kind](Stream(name, Dribble(data)), Read(**options))) == docs
    assert len({doc.id for doc in docs}) == len(docs)
    assert {doc.source for doc in docs} <= {name}
    return docs


def rules(docs):
    return [doc.dropped[1].rule if doc.dropped else "" for doc in docs]


def texts(docs):
    return [doc.text for doc in docs if doc.dropped is None]


def detail(doc):
    return doc.dropped[1].detail


def test_every_ending_has_a_reader():
    assert set(ENDINGS.values()) == set(READERS)
    assert all(end == end.lower() and end.startswith(".") for end in ENDINGS)


# --- HTML and MHTML ----------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_page_is_one_document(encoding):
    (doc,) = read("html", PAGE.encode(encoding))
    assert (doc.id, doc.title, doc.dropped) == ("a.html", "春天", None)
    assert TEXT in doc.text


def test_a_page_in_big5_that_says_gb2312_is_read_as_big5():
    page = f'<meta charset="gb2312"><p>{TRADITIONAL}'.encode("big5")
    (doc,) = read("html", page)
    assert TRADITIONAL in doc.text
    assert doc.labels["encoding"] == "big5hkscs"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "undecodable"),
        (b"<p>" + b"a" * LIMIT, "too-large"),
        (b'<meta name="robots" content="noai"><p>' + TEXT.encode(), "opt-out"),
    ],
)
def test_a_file_that_is_no_page_is_rejected(data, rule):
    (doc,) = read("html", data, max_megabytes=1)
    assert rules([doc]) == [rule]
    assert detail(doc)


def test_a_page_that_reserves_itself_is_read_where_that_is_ignored():
    (doc,) = read(
        "html", b'<meta name="robots" content="noai"><p>' + TEXT.encode(), ignore_optout=True
    )
    assert (doc.text, doc.dropped) == (TEXT, None)


def test_empty_elements_of_xhtml_do_not_swallow_the_page():
    page = f'<html><head><title/></head><body><a id="n1"/><p>{TEXT}</p></body></html>'
    (doc,) = read("html", page.encode(), name="a.xhtml")
    assert (doc.text, doc.title) == (TEXT, "")


def mhtml(page, encoding):
    message = MIMEMultipart("related", type="text/html")
    message["Snapshot-Content-Location"] = "https://example.org/spring"
    message.attach(MIMEText(page, "html", encoding))
    message.attach(MIMEImage(b"\x89PNG\r\n\x1a\n" + bytes(400), "png"))
    return message.as_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_saved_page_is_read_without_its_pictures(encoding):
    (doc,) = read("mhtml", mhtml(PAGE, encoding))
    assert (doc.id, doc.url, doc.title) == ("a.mhtml", "https://example.org/spring", "春天")
    assert TEXT in doc.text
    assert "PNG" not in doc.text


def test_a_saved_page_in_big5_is_read():
    (doc,) = read("mhtml", mhtml(f"<p>{TRADITIONAL}", "big5"))
    assert doc.text == TRADITIONAL


def test_the_part_that_a_saved_page_starts_with_is_the_page():
    head = b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="B"; start="<main>"\n\n'
    frame = b"--B\nContent-Type: text/html\nContent-ID: <ad>\n\n<p>frame\n"
    main = b"--B\nContent-Type: text/html; charset=utf-8\nContent-ID: <main>\n\n<p>" + TEXT.encode()
    (doc,) = read("mhtml", head + frame + main + b"\n--B--\n")
    assert doc.text == TEXT


@pytest.mark.parametrize(
    ("data", "rule", "words"),
    [
        (b"", "empty", "no bytes"),
        (TEXT.encode(), "no-page", "no text/html part; there is text/plain"),
        (b"x" * 5_000_001, "too-large", "over 5 MB"),
        (
            b"Content-Type: text/html\n\n" + b"x" * LIMIT + b"y",
            "too-large",
            "a page of 1000001 bytes",
        ),
    ],
)
def test_what_is_no_saved_page_is_rejected(data, rule, words):
    (doc,) = read("mhtml", data, max_megabytes=1)
    assert rules([doc]) == [rule]
    assert words in detail(doc)


def test_a_saved_page_of_ten_thousand_parts_within_parts_ends_in_bounded_time():
    data = b"".join(
        b'Content-Type: multipart/related; boundary="%d"\n\n--%d\n' % (i, i) for i in range(10_000)
    )
    assert len(read("mhtml", data)) == 1


# --- JSON --------------------------------------------------------------------------------------


def dump(value, indent=None):
    return json.dumps(value, ensure_ascii=False, indent=indent)


ROWS = [{"id": "a1", "text": TEXT, "n": 3}, {"content": OTHER, "tags": ["春"]}]


@pytest.mark.parametrize(
    "text",
    [
        dump(ROWS),
        dump(ROWS, indent=2),
        "\n".join(map(dump, ROWS)),
        "".join(dump(row, indent=1) for row in ROWS),
        dump({"total": 2, "next": None, "data": ROWS}),
        "\ufeff \n" + dump(ROWS),
    ],
    ids=["array", "indented", "lines", "one after the other", "around a list", "mark"],
)
def test_objects_are_read_whatever_is_around_them(text):
    first, second = read("json", text.encode())
    assert (first.id, first.text, first.labels) == ("a1", TEXT, {"n": 3})
    assert (second.id, second.text, second.labels) == ("a.json@1", OTHER, {"tags": '["春"]'})


@pytest.mark.parametrize(
    ("text", "encoding"), [(TEXT, "gb18030"), (TRADITIONAL + "功課許多", "big5"), (TEXT, "utf-16")]
)
def test_json_is_read_in_its_encoding(text, encoding):
    rows = [{"text": text, "n": i} for i in range(3)]
    assert texts(read("json", dump(rows).encode(encoding))) == [text] * 3


def test_one_object_is_one_document_and_strings_are_documents():
    (doc,) = read("json", dump({"text": TEXT, "comments": [{"text": OTHER}]}).encode())
    assert (doc.id, doc.text, doc.labels["comments"]) == (
        "a.json",
        TEXT,
        dump([{"text": OTHER}]).replace(": ", ":"),
    )
    assert texts(read("json", dump([TEXT, OTHER]).encode())) == [TEXT, OTHER]


def test_a_list_of_words_in_an_object_without_text_is_no_list_of_documents():
    (doc,) = read("json", dump({"article": TEXT, "tags": [{"name": "春"}]}).encode())
    assert rules([doc]) == ["no-text"]
    assert detail(doc) == "no text column; columns: article, tags"


@pytest.mark.parametrize("around", ["[\n{}\n]", "{}", '{{"n": 1, "rows": [\n{}\n]}}'])
def test_a_broken_object_is_rejected_and_the_others_are_read(around):
    good = [dump({"text": f"{i}：{TEXT}"}) for i in range(5)]
    lines = [*good[:2], '{"text": "第三行没有完', *good[3:]]
    comma = ",\n" if "[" in around else "\n"
    docs = read("json", around.format(comma.join(lines)).encode())
    if "rows" in around:  # an object is read as a whole, unless it is a large one
        assert "broken-json" in rules(docs)
        docs = docs[1:]
    assert texts(docs)[-2:] == [f"{i}：{TEXT}" for i in (3, 4)]
    if "rows" not in around:
        assert rules(docs) == ["", "", "broken-json", "", ""]
        assert docs[2].text.startswith('{"text": "第三行没有完')


def test_an_array_that_was_cut_gives_what_came_before():
    data = dump([{"text": f"{i}：{TEXT}"} for i in range(50)]).encode()
    docs = read("json", data[: len(data) // 2])
    assert rules(docs) == [""] * (len(docs) - 1) + ["broken-json"]
    assert len(docs) > 20
    docs = read("json", data.partition(b', {"text": "30')[0])
    assert len(texts(docs)) == 30
    assert detail(docs[-1]) == "the array has no end: the file was cut; what came before was read"


def test_other_values_and_broken_files_are_rejected():
    docs = read("json", b'[1, null, [2], {"title": "x"}, "\xe5\xad\x97", {"text": 7}]')
    assert rules(docs) == ["not-an-object"] * 3 + ["no-text", "", "no-text"]
    assert rules(read("json", b"")) == ["empty"]
    assert rules(read("json", TEXT.encode())) == ["broken-json"]
    assert rules(read("json", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)) == ["undecodable"]


def test_what_json_allows_and_columns_do_not_is_mended():
    data = b'[{"text": "\\ud83d\\ude00 half \\ud83d.", "n": 123456789012345678901234, "x": NaN}]'
    (doc,) = read("json", data)
    assert doc.text == "😀 half \ufffd."
    assert doc.labels == {"n": "123456789012345678901234"}


def test_nesting_without_end_is_rejected():
    docs = read("json", b'[{"text": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]")
    assert "" not in rules(docs)


def test_an_object_over_the_limit_is_rejected_alone():
    rows = [{"text": TEXT}, {"text": "长" * 1_100_000}, {"text": OTHER}]
    docs = read("json", dump(rows).encode(), max_megabytes=1)
    assert rules(docs) == ["", "too-large", ""]
    assert texts(docs) == [TEXT, OTHER]


@pytest.mark.parametrize("head", ["[", '{"total": 30000, "meta": {"a": [1, {"b": 2}]}, "rows": ['])
def test_a_large_array_is_read_in_bounded_memory(head):
    row = dump({"text": TEXT * 10})
    data = f"{head}{', '.join([row] * 30_000)}{']' if head == '[' else ']}'}".encode()
    assert len(data) > 25 * LIMIT
    stream = Stream("a.json", io.BytesIO(data))
    tracemalloc.start()
    count = sum(doc.text == TEXT * 10 for doc in READERS["json"](stream, Read(max_megabytes=1)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 30_000
    assert most < len(data) / 2


@pytest.mark.parametrize("row", ['{"a": "b', '{"text": }', "{", '"', "[[", "{}", "}, {"])
def test_broken_json_takes_linear_time(row):
    def work(n):
        list(READERS["json"](Stream("a", io.BytesIO(("[" + f"{row}, " * n).encode())), Read()))

    assert grows_linearly(work, 3000)


# --- CSV and TSV -------------------------------------------------------------------------------


def table(*rows, end="\r\n"):
    return end.join(rows) + end


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_table_is_read_with_its_columns(delimiter, encoding):
    rows = [["id", "正文", "板块"], ["a1", TEXT, "闲聊"], ["", f'"第一行{delimiter}\n""二"""', ""]]
    data = table(*(delimiter.join(row) for row in rows)).encode(encoding)
    for kind in ("csv", "tsv"):
        first, second = read(kind, data)
        assert (first.id, first.text, first.labels) == ("a1", TEXT, {"板块": "闲聊"})
        assert (second.id, second.text) == (f"a.{kind}@3", f'第一行{delimiter}\n"二"')
        assert second.labels == {}


def test_a_table_in_big5_is_read():
    data = table("Title,Content", f"功課,{TRADITIONAL}").encode("big5")
    (doc,) = read("csv", data)
    assert (doc.title, doc.text) == ("功課", TRADITIONAL)


def test_lines_of_another_encoding_far_into_a_table_are_read_in_it():
    plain = "".join(f"{i},spring and summer\n" for i in range(60_000))
    data = (
        b"id,text\n"
        + plain.encode()
        + "".join(f"x{i},{TEXT}\n" for i in range(20)).encode("gb18030")
    )
    docs = read("csv", data)
    assert len(docs) == 60_020
    assert docs[-1].text == TEXT


def test_a_broken_line_is_rejected_with_its_number_and_the_others_are_read():
    rows = ["id,text,board", f"1,{TEXT},a", f'2,"{OTHER},b', f"3,{TEXT},c", f'4,"{TEXT}",d']
    docs = read("csv", table(*rows).encode())
    assert [doc.id for doc in docs] == ["1", "a.csv@3", "3", "4"]
    assert docs[1].dropped == (
        "read",
        Drop("broken-row", "line 3: a quote that is not closed, or not doubled"),
    )
    assert docs[1].text == f'2,"{OTHER},b'
    docs = read("csv", table(*rows[:4]).encode())  # no quote follows
    assert [doc.id for doc in docs] == ["1", "a.csv@3", "3"]


def test_too_many_and_too_few_cells_are_rejected_with_their_text():
    rows = ["id,text", f"1,{TEXT}", f"2,甲,乙,{OTHER}", "3", f"4,{OTHER},,", "", f"5,{TEXT}"]
    docs = read("csv", table(*rows, end="\n").encode())
    assert [doc.id for doc in docs] == ["1", "a.csv@3", "a.csv@4", "4", "5"]
    assert detail(docs[1]) == "line 3: too many cells: 4, the header has 2"
    assert docs[1].text == f"2,甲,乙,{OTHER}"
    assert detail(docs[2]) == "line 4: too few cells: 1, the header has 2"


def test_quotes_that_nobody_doubled_stay_in_the_text():
    rows = ["id,text", '1,"他说"你好"了"', f'2,他说"{TEXT}"', '3, "甲,乙"']
    docs = read("csv", table(*rows).encode())
    assert texts(docs) == ['他说"你好"了', f'他说"{TEXT}"', "甲,乙"]
    docs = read("tsv", table("id\ttext", '1\t"你好', '2\t"再见"他说', f"3\t{TEXT}").encode())
    assert texts(docs) == ['"你好', '"再见"他说', TEXT]


def test_a_table_without_a_text_column_names_its_columns():
    (doc,) = read("csv", table("标题,日期", "春,2024").encode())
    assert doc.dropped == (
        "read",
        Drop("no-text", "no text column; columns: 标题, 日期; name one as [read] text_column"),
    )
    (doc,) = read("csv", table("标题,日期", "春,2024").encode(), text_column="标题")
    assert (doc.text, doc.labels) == ("春", {"日期": "2024"})
    assert rules(read("csv", table("text", TEXT).encode(), text_column="body")) == ["no-text"]


def test_notes_before_the_header_are_kept_and_names_that_stand_twice_are_told_apart():
    docs = read("csv", table("导出于二零二四年", "", "text,n,n", f"{TEXT},1,2").encode())
    assert rules(docs) == ["before-header", ""]
    assert (docs[0].text, detail(docs[0])) == ("导出于二零二四年", "the header is line 3")
    assert docs[1].labels == {"n": "1", "n_3": "2"}


def test_a_table_may_hold_nuls_and_odd_line_ends():
    data = "id,text\r1,一\u2028二\x0b三\r2,甲\x00乙\r\n3,完".encode()
    assert [doc.text for doc in read("csv", data)] == ["一\u2028二\x0b三", "甲\x00乙", "完"]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", ["empty"]),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, ["undecodable"]),
        (b"id,text\n1," + b"a" * LIMIT + b"\n2,b\n", ["too-large", ""]),
        (b'id,text\n1,"' + b"a b c d e f\n" * 100_000, ["broken-row"]),
    ],
)
def test_what_is_no_row_of_a_table_is_rejected(data, found):
    docs = read("csv", data, max_megabytes=1)
    assert rules(docs)[: len(found)] == found


@pytest.mark.parametrize("row", ['1,"', '1,"a""', '""', ',"\r', '"a"b"', "1,2"])
def test_broken_tables_take_linear_time(row):
    def work(n):
        data = ("id,text\n" + f"{row}\n" * n).encode()
        list(READERS["csv"](Stream("a", io.BytesIO(data)), Read(max_megabytes=1)))

    assert grows_linearly(work, 3000)


# --- Arrow -------------------------------------------------------------------------------------


def arrow(columns, make=pa.ipc.new_file, rows=10, **options):
    target = io.BytesIO()
    whole = pa.table(columns)
    with make(target, whole.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in whole.to_batches(max_chunksize=rows):
            writer.write_batch(batch)
    return target.getvalue()


@pytest.mark.parametrize("make", [pa.ipc.new_file, pa.ipc.new_stream])
@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_arrow_files_and_streams_are_read(make, compression):
    column = pa.array([TEXT, None, OTHER] * 30)
    columns = {"text": column, "n": range(90), "板块": column.dictionary_encode()}
    columns = {name: pa.array(values) for name, values in columns.items()}
    docs = read("arrow", arrow(columns, make, compression=compression))
    assert [doc.id for doc in docs] == [f"a.arrow@{i}" for i in range(90)]
    assert rules(docs) == ["", "no-text", ""] * 30
    assert docs[2].labels == {"n": 2, "板块": OTHER}


def test_text_in_another_encoding_in_arrow_is_read_in_it():
    raw = pa.array([TEXT.encode("gb18030"), TRADITIONAL.encode("big5")])
    assert texts(read("arrow", arrow({"text": raw}))) == [TEXT, TRADITIONAL]


@pytest.mark.parametrize("make", [pa.ipc.new_file, pa.ipc.new_stream])
def test_arrow_that_was_cut_gives_what_came_before(make):
    data = arrow({"text": [f"{i}{TEXT}" for i in range(100)]}, make)
    docs = read("arrow", data[: len(data) // 2])
    assert rules(docs) == [""] * (len(docs) - 1) + ["damaged-arrow"]
    assert len(docs) % 10 == 1
    assert len(docs) > 30
    assert detail(docs[-1]).startswith("what came before was read: ")


@pytest.mark.parametrize(
    ("data", "rule", "words"),
    [
        (b"", "damaged-arrow", "not an Arrow file or stream"),
        (TEXT.encode() * 9, "damaged-arrow", "not an Arrow file or stream"),
        (b"FEA1" + bytes(40), "unreadable", "Feather of the first version"),
        (arrow({"标题": ["春"]}), "no-text", "no text column; columns: 标题 (string)"),
        (arrow({"text": [7]}), "no-text", "no text column; columns: text (int64)"),
    ],
)
def test_what_is_no_arrow_file_with_text_is_rejected(data, rule, words):
    (doc,) = read("arrow", data)
    assert rules([doc]) == [rule]
    assert words in detail(doc)


def test_an_arrow_row_over_the_limit_is_rejected_alone():
    docs = read("arrow", arrow({"text": [TEXT, "长" * 400_000, OTHER]}), max_megabytes=1)
    assert rules(docs) == ["", "too-large", ""]


# --- WARC and WET ------------------------------------------------------------------------------


def record(kind, body, about="", url="https://example.org/1", length=None, **more):
    fields = {"WARC-Type": kind, "WARC-Target-URI": url, "WARC-Date": "2024-04-05T12:30:00Z"}
    fields |= {"Content-Type": about} if about else {}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    fields["Content-Length"] = len(body) if length is None else length
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"WARC/1.0\r\n{head}\r\n".encode() + body + b"\r\n\r\n"


def answer(body, about="text/html", status="200 OK", **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {about}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def response(body, about="text/html", status="200 OK", url="https://example.org/1", **headers):
    held = answer(body, about, status, **headers)
    return record("response", held, "application/http; msgtype=response", url)


def page(i, text=TEXT):
    return f"<html><title>第{i}页</title><p>{i}：{text}</p></html>"


INFO = record("warcinfo", b"software: crawler\r\n", "application/warc-fields", url="")


def test_answers_are_read_as_pages_with_their_headers():
    data = INFO + response(page(1).encode("gb18030"), "text/html; charset=gbk")
    data += record("request", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request")
    data += response(f"<p>{TRADITIONAL}".encode("big5"), url="https://example.org/2")
    data += response(page(3).encode(), url="https://example.org/3", X_Robots_Tag="noai")
    docs = read("warc", data)
    assert [doc.id for doc in docs[:3]] == [f"https://example.org/{i}" for i in (1, 2, 3)]
    assert [doc.url for doc in docs[:3]] == [doc.id for doc in docs[:3]]
    assert (docs[0].title, docs[0].labels["crawled"]) == ("第1页", "2024-04-05T12:30:00Z")
    assert TEXT in docs[0].text
    assert docs[1].text == TRADITIONAL
    assert rules(docs) == ["", "", "opt-out", "passed-over"]
    assert detail(docs[3]) == "records that hold no document: 1 request, 1 warcinfo"
    assert rules(read("warc", data, ignore_optout=True))[2] == ""


def test_the_texts_of_a_wet_file_are_read():
    data = INFO + b"".join(
        record("conversion", f"{i}：{TEXT}\n".encode(), "text/plain", f"https://example.org/{i}")
        for i in range(3)
    )
    docs = read("wet", data)
    assert texts(docs) == [f"{i}：{TEXT}\n" for i in range(3)]
    assert docs[0].labels["crawled"] == "2024-04-05T12:30:00Z"
    assert rules(docs)[-1] == "passed-over"


def test_an_address_that_comes_again_is_told_apart_by_its_place():
    first = response(page(1).encode())
    docs = read("warc", first * 3)
    assert [doc.id for doc in docs] == [
        "https://example.org/1", f"a.warc@{len(first)}", f"a.warc@{2 * len(first)}",
    ]  # fmt: skip
    assert {doc.url for doc in docs} == {"https://example.org/1"}


@pytest.mark.parametrize(
    ("held", "rule", "words"),
    [
        (answer(page(1).encode(), status="404 Not Found"), "http-status", "404 Not Found"),
        (answer(b"", status="301 Moved"), "http-status", "301 Moved"),
        (answer(b"\x89PNG\r\n" + bytes(400), "image/png"), "not-text", "406 bytes of image/png"),
        (answer(b"%PDF-1.4 " + bytes(90), "application/pdf"), "not-text", "application/pdf"),
        (answer(b"%PDF-1.4 " + bytes(90), ""), "not-text", "this is a PDF file"),
        (answer(b"\x89PNG\r\n" + bytes(400)), "undecodable", "this is a PNG image"),
        (answer(b"x", Content_Encoding="sdch"), "encoded", "Content-Encoding sdch"),
        (
            answer(gzip.compress(bytes(3 * LIMIT)), Content_Encoding="gzip"),
            "too-large",
            "over 1 MB",
        ),
        (b"no answer at all", "not-http", "no HTTP answer"),
        (answer(b"x" * LIMIT), "too-large", "over 1 MB in the record of https://example.org/1"),
    ],
)
def test_an_answer_that_is_no_page_is_rejected(held, rule, words):
    data = record("response", held, "application/http")
    docs = read(
        "warc", data + response(page(2).encode(), url="https://example.org/2"), max_megabytes=1
    )
    assert rules(docs) == [rule, ""]
    assert words in detail(docs[0])
    assert "PNG" not in docs[0].text
    assert "PDF" not in docs[0].text


def test_a_page_of_an_error_keeps_its_text_among_the_rejected():
    (doc,) = read("warc", response(page(1).encode(), status="500 Oops"))
    assert TEXT in doc.text


@pytest.mark.parametrize("about", ["", "application/octet-stream", "text/plain", "application/xml"])
def test_a_page_of_a_vague_type_is_known_by_its_bytes(about):
    (doc,) = read("warc", response(page(1).encode(), about))
    assert doc.title == "第1页"


def test_plain_text_is_read_in_its_encoding():
    (doc,) = read("warc", response(TEXT.encode("gb18030"), "text/plain; charset=gb2312"))
    assert (doc.text, doc.labels["encoding"]) == (TEXT, "gb18030")


def test_resources_are_read_by_their_own_type():
    data = record("resource", page(1).encode(), "text/html")
    data += record("resource", TEXT.encode(), "text/plain", "file:///a.txt")
    data += record("resource", b"\xff\xd8\xff", "image/jpeg", "file:///a.jpg")
    assert rules(read("warc", data)) == ["", "", "not-text"]


def chunked(data, size=100):
    parts = [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


def compressed(data, codec):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as file:
        file.write(data)
    return sink.getvalue().to_pybytes()


BYTES = page(1, TEXT * 20).encode()
DEFLATE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (chunked(BYTES), {"Transfer_Encoding": "chunked"}),
        (BYTES, {"Transfer_Encoding": "chunked"}),
        (gzip.compress(BYTES), {"Content_Encoding": "gzip"}),
        (BYTES, {"Content_Encoding": "gzip"}),
        (zlib.compress(BYTES), {"Content_Encoding": "deflate"}),
        (DEFLATE.compress(BYTES) + DEFLATE.flush(), {"Content_Encoding": "deflate"}),
        (compressed(BYTES, "brotli"), {"Content_Encoding": "br"}),
        (compressed(BYTES, "zstd"), {"Content_Encoding": "zstd"}),
        (BYTES, {"Content_Encoding": "br"}),
        (
            chunked(gzip.compress(BYTES)),
            {"Content_Encoding": "gzip", "Transfer_Encoding": "chunked"},
        ),
        (chunked(gzip.compress(BYTES)), {"Transfer_Encoding": "gzip, chunked"}),
    ],
)
def test_the_encoding_of_a_transfer_is_undone(body, headers):
    (doc,) = read("warc", response(body, **headers))
    assert TEXT * 20 in doc.text
    assert "truncated" not in doc.labels
    assert doc.dropped is None


@pytest.mark.parametrize(
    ("body", "headers", "label"),
    [
        (chunked(BYTES)[:900], {"Transfer_Encoding": "chunked"}, "chunked"),
        (
            gzip.compress(random.Random(1).randbytes(0) + BYTES)[:-12],
            {"Content_Encoding": "gzip"},
            "gzip",
        ),
    ],
)
def test_an_answer_that_was_cut_says_so(body, headers, label):
    (doc,) = read("warc", response(body, **headers))
    assert doc.labels["truncated"] == label
    assert TEXT in doc.text


def test_a_page_that_the_crawler_cut_says_so():
    held = answer(page(1).encode())
    (doc,) = read("warc", record("response", held, "application/http", WARC_Truncated="length"))
    assert doc.labels["truncated"] == "length"


def crawl(n):
    return [response(page(i).encode(), url=f"https://example.org/{i}") for i in range(n)]


@pytest.mark.parametrize("length", [5, 300, 2000, 10**9])
def test_a_length_that_lies_loses_nothing(length):
    records = crawl(5)
    held = answer(page(2).encode())
    records[2] = record("response", held, "application/http", "https://example.org/2", length)
    docs = read("warc", b"".join(records), max_megabytes=1)
    if length < 10**9:
        assert rules(docs) == [""] * 5
        assert docs[2].text == f"第2页\n\n2：{TEXT}"
    else:
        assert rules(docs) == ["", "", "too-large", "", ""]
    assert [doc.id for doc in docs] == [f"https://example.org/{i}" for i in range(5)]


def test_what_is_no_record_is_passed_over_and_told():
    first, second = crawl(2)
    docs = read("warc", first + b"junk \xff\n" * 20_000 + second)
    assert rules(docs) == ["", "damaged-warc", ""]
    assert detail(docs[1]) == "140000 bytes that are no WARC record; passed over"
    docs = read("warc", first + b"WARC/1.0\r\nWARC-Type: response\r\n\r\nlost\r\n\r\n" + second)
    assert rules(docs)[0] == rules(docs)[-1] == ""
    assert "no Content-Length" in detail(docs[1])
    assert rules(read("warc", b"")) == ["empty"]
    assert rules(read("warc", TEXT.encode())) == ["damaged-warc"]


def test_the_last_record_of_a_file_that_was_cut_is_rejected_with_its_text():
    data = b"".join(crawl(3))
    docs = read("warc", data[:-60])
    assert rules(docs) == ["", "", "truncated"]
    assert detail(docs[2]).startswith("the file ends after ")
    assert "2：二零二四年春天" in docs[2].text


CUT = {
    "json": dump([{"id": str(i), "text": f"{TEXT}{i * 7919}"} for i in range(20_000)]).encode(),
    "csv": table("id,text", *[f"{i},{TEXT}{i * 7919}" for i in range(20_000)]).encode(),
    "arrow": arrow({"text": [f"{TEXT}{i * 7919}" for i in range(20_000)]}, rows=100),
    "warc": b"".join(crawl(5000)),
}


def collect(found, docs):
    for doc in found:
        docs.append(doc)


@pytest.mark.parametrize("kind", CUT)
def test_a_gzip_that_was_cut_gives_nearly_all_that_came_before_and_then_its_error(kind):
    data = gzip.compress(CUT[kind])
    whole = len(list(READERS[kind](Stream("a", io.BytesIO(CUT[kind])), Read())))
    docs = []
    with gzip.open(io.BytesIO(data[: len(data) // 2])) as file, pytest.raises(EOFError):
        collect(READERS[kind](Stream("a", file), Read()), docs)
    assert len(texts(docs)) > 0.45 * whole
    assert rules(docs).count("") >= len(docs) - 1


def test_a_record_of_a_picture_takes_no_memory():
    body = answer(bytes(30 * LIMIT), "image/png")
    stream = Stream(
        "a.warc", io.BytesIO(record("response", body, "application/http") + crawl(1)[0])
    )
    tracemalloc.start()
    docs = list(READERS["warc"](stream, Read(max_megabytes=1)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rules(docs) == ["too-large", ""]
    assert most < 10 * LIMIT


def test_a_wat_file_says_what_to_take_instead():
    (doc,) = read("wat", INFO)
    assert rules([doc]) == ["wat-ignored"]
    assert "take the WET or WARC file" in detail(doc)


# --- EPUB --------------------------------------------------------------------------------------

CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'


def chapter(text, title="<title/>"):
    return (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
        f'<head>{title}</head><body><a id="x"/><p>{text}</p></body></html>'
    )


def package(*hrefs):
    items = "".join(
        f'<opf:item id="i{i}" media-type="application/xhtml+xml" href="{href}"/>'
        for i, href in reversed(list(enumerate(hrefs)))
    )
    refs = "".join(f"<opf:itemref idref='i{i}'/>" for i in range(len(hrefs)))
    return (
        "<opf:package><opf:metadata><dc:title>春天 &amp; 秋天</dc:title><dc:creator>林某</dc:creator>"
        f"</opf:metadata><!-- <opf:itemref idref='i0'/> --><opf:manifest>{items}</opf:manifest>"
        f"<opf:spine>{refs}</opf:spine></opf:package>"
    )


def epub(members, compression=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return target.getvalue()


BOOK = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": package("text/二.xhtml", "text/a%201.xhtml#top", "text/gbk.xhtml"),
    "OEBPS/text/a 1.xhtml": chapter(OTHER, "<title>第二章</title>"),
    "OEBPS/text/二.xhtml": chapter(TEXT),
    "OEBPS/text/gbk.xhtml": chapter(TEXT).encode("gb18030"),
    "OEBPS/cover.png": b"\x89PNG",
}


def test_the_chapters_of_a_book_are_read_in_its_order():
    docs = read("epub", epub(BOOK))
    assert [doc.id for doc in docs] == [
        f"a.epub!/OEBPS/text/{name}.xhtml" for name in ("二", "a 1", "gbk")
    ]
    assert [TEXT in doc.text for doc in docs] == [True, False, True]
    assert docs[1].title == "第二章"
    assert docs[0].labels["book"] == "春天 & 秋天"
    assert docs[0].labels["author"] == "林某"


def test_a_book_without_a_package_gives_its_pages_as_they_lie():
    members = {name: text for name, text in BOOK.items() if "opf" not in name}
    assert len(texts(read("epub", epub(members)))) == 3


def test_a_chapter_that_is_missing_or_damaged_is_rejected_alone():
    members = BOOK | {"OEBPS/book.opf": package("text/二.xhtml", "no.xhtml", "text/a%201.xhtml")}
    data = epub(members, zipfile.ZIP_STORED)
    docs = read("epub", data.replace(OTHER.encode(), OTHER.replace("今", "明").encode()))
    assert rules(docs) == ["", "missing-chapter", "damaged-chapter"]
    assert "Bad CRC-32" in detail(docs[2])


def encryption(uri):
    return f'<encryption><enc:EncryptedData><enc:CipherReference URI="{uri}"/></enc:EncryptedData></encryption>'


def test_a_book_under_copy_protection_is_rejected_and_one_with_hidden_fonts_is_not():
    locked = BOOK | {"META-INF/encryption.xml": encryption("OEBPS/text/a%201.xhtml")}
    (doc,) = read("epub", epub(locked))
    assert doc.dropped == (
        "read",
        Drop("encrypted", "1 of 3 chapters are encrypted (copy protection)"),
    )
    fonts = BOOK | {"META-INF/encryption.xml": encryption("OEBPS/fonts/a.otf")}
    assert rules(read("epub", epub(fonts))) == [""] * 3


def test_a_book_under_a_password_is_rejected():
    data = bytearray(epub(BOOK))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 4)
    docs = read("epub", bytes(data))
    assert rules(docs) == ["encrypted"]


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04" + bytes(100), TEXT.encode(), epub(BOOK)[:-200]]
)
def test_what_is_no_whole_book_is_rejected(data):
    (doc,) = read("epub", data)
    assert rules([doc]) == ["damaged-epub"]
    assert "a whole EPUB is a ZIP archive" in detail(doc)


def test_an_index_that_points_before_the_file_is_damage_and_no_error_of_the_system(tmp_path):
    data = bytearray(epub(BOOK))
    at = data.rfind(b"PK\x05\x06") + 16
    data[at : at + 4] = (int.from_bytes(data[at : at + 4], "little") + 1000).to_bytes(4, "little")
    path = tmp_path / "a.epub"
    path.write_bytes(data)
    with path.open("rb") as file:
        docs = list(READERS["epub"](Stream("a.epub", file), Read()))
    assert rules(docs) == ["damaged-chapter"] * 3
    assert detail(docs[0]) == "the index points to a place outside of the file"


def test_an_archive_without_chapters_is_rejected():
    assert rules(read("epub", epub({"a.txt": TEXT}))) == ["no-chapters"]


def test_a_bomb_of_a_book_is_bounded():
    bomb = "<p>" + "春" * LIMIT
    docs = read("epub", epub({"1.xhtml": bomb, "2.xhtml": chapter(TEXT)}), max_megabytes=1)
    assert rules(docs) == ["too-large", "too-large"]
    assert detail(docs[0]).startswith("over 1 MB as one document")
    many = {f"{i}.xhtml": "<p>" + "春" * 300_000 for i in range(40)}
    docs = read("epub", epub(many), max_megabytes=1)
    assert 1 < len(docs) < 8
    assert rules(docs)[-1] == "too-large"
    assert detail(docs[-1]).startswith("more than 100 times as much text as the file has bytes")


# --- all of them -------------------------------------------------------------------------------

SAMPLES = {
    "html": PAGE.encode(),
    "mhtml": mhtml(PAGE, "utf-8"),
    "json": dump(ROWS * 20).encode(),
    "csv": table("id,text,board", *[f'{i},"{TEXT}",a' for i in range(30)]).encode("gb18030"),
    "tsv": table("id\ttext", *[f"{i}\t{TEXT}" for i in range(30)]).encode("utf-16"),
    "arrow": arrow({"text": [TEXT] * 40, "n": list(range(40))}, compression="zstd"),
    "warc": INFO + b"".join(crawl(8)) + response(gzip.compress(BYTES), Content_Encoding="gzip"),
    "wet": INFO + record("conversion", TEXT.encode(), "text/plain"),
    "epub": epub(BOOK),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_no_damage_makes_a_reader_fail(kind):
    chance = random.Random(kind)
    whole = SAMPLES[kind]
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            size = chance.choice((1, 1, 8, 100))
            data[at : at + size] = (
                chance.choice(
                    (b"", chance.randbytes(size), b"\xff" * size, b"\0" * size, data[:size])
                )
                or b""
            )
            data = data or bytearray(b"x")
        docs = list(READERS[kind](Stream("a", io.BytesIO(bytes(data))), Read(max_megabytes=1)))
        for doc in docs:
            doc.text.encode()
            assert doc.dropped is None or doc.dropped[1].detail
