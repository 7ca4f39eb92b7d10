"""What a corpus is made of: lengths, names and dates, counted in bounded memory."""

from __future__ import annotations

import json
import random
import statistics as exact
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_corpus import read_table, write_corpus, write_table

from corpusprep.data.columns import PERCENTILES, STEPS, Lengths, Names, read_columns
from corpusprep.data.facts import statistics
from corpusprep.data.masking import mask
from corpusprep.data.tables import table_files

if TYPE_CHECKING:
    from pathlib import Path


@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=300))
def test_percentiles_are_exact_below_two_thousand_and_a_thousandth_too_low_above(
    lengths: list[int],
) -> None:
    counted = Lengths(STEPS)
    for part in (lengths[::2], lengths[1::2]):
        counted.add(np.array(part, np.int64))
    spread = counted.spread()
    assert (spread.texts, spread.total, spread.longest) == (
        len(lengths),
        sum(lengths),
        max(lengths),
    )
    assert sum(n for _, n in spread.bars) == len(lengths)
    for p in PERCENTILES:
        true = sorted(lengths)[-(-len(lengths) * p // 100) - 1]
        assert true * 0.999 - 1 < spread.percentiles[p] <= true
        assert spread.percentiles[p] == true or true >= 2048


@given(st.lists(st.sampled_from("甲乙丙丁戊己庚辛壬癸"), max_size=200), st.integers(1, 12))
def test_a_count_of_names_is_never_too_high_and_never_lower_than_it_says(
    names: list[str], limit: int
) -> None:
    counted = Names(limit)
    for k in range(0, len(names), 7):
        counted.add(dict(Counter(names[k : k + 7])))
    ranking, true = counted.ranking(), Counter(names)
    found = dict(ranking.top)
    assert ranking.rows == len(names)
    assert all(true[name] - ranking.error <= n <= true[name] for name, n in found.items())
    # What is certain to be found: whatever has more than one row in `limit`.
    assert {name for name, n in true.items() if n > len(names) / (limit + 1)} <= set(found)
    if len(true) <= limit:
        assert (found, ranking.error, ranking.names) == (dict(true), 0, len(true))


def test_statistics_are_what_the_tables_hold(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, splits=("train", "validation", "test"))
    found = statistics(corpus)
    rows = read_table(corpus, "documents")
    lengths = [len(row["text"]) for row in rows]
    assert (found.documents, found.characters) == (len(rows), sum(lengths))
    assert found.sentences == len(read_table(corpus, "sentences"))
    assert found.splits == {"train": 2, "validation": 2, "test": 1}
    assert found.columns.documents.longest == max(lengths)
    assert found.columns.documents.mean == exact.mean(lengths)
    assert found.columns.sentences.percentiles[50] == 5
    (source,) = (row["source"] for row in rows if not row["url"])
    sites = dict(found.columns.sites.top)
    assert sites == {"bbs.example.cn": 2, "news.example.cn": 2, source: 1}
    assert found.columns.dates == (4, "1998-02-03", "2023-05-01", {1998: 2, 2023: 2})


def test_statistics_are_plain_json(tmp_path: Path) -> None:
    told = statistics(write_corpus(tmp_path)).as_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["scripts"]["top"] == {"simplified": 4, "traditional": 1}
    assert sum(bar["count"] for bar in told["document_lengths"]["histogram"]) == 5
    assert told["stages"][0]["stage"] == "read"


def test_a_corpus_without_rows_has_statistics(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path)
    write_table(corpus, "documents", [], 1)
    told = statistics(corpus).as_dict()
    assert (told["documents"], told["document_lengths"]["mean"]) == (0, 0.0)
    assert told["dates"] == {"dated": 0, "first": "", "last": "", "years": {}}


def test_files_in_any_number_give_the_same_statistics(tmp_path: Path) -> None:
    one, many = (write_corpus(tmp_path / str(n), shards=n) for n in (1, 4))
    assert statistics(one) == statistics(many)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://WWW.Example.CN./a?b=http://x.cn/", "www.example.cn"),
        ("http://user:secret@example.cn:8080", "example.cn"),
        ("http://[2001:db8::1]:80/", "[2001:db8::1]"),
        ("https://例子.中国/页", "例子.中国"),
        ("//example.cn/a", "甲.jsonl"),
        ("file:///home/a.html", "甲.jsonl"),
        ("", "甲.jsonl"),
        (None, "甲.jsonl"),
    ],
)
def test_a_site_is_the_host_or_else_the_source(tmp_path: Path, url: str | None, site: str) -> None:
    corpus = write_corpus(tmp_path)
    row = {**read_table(corpus, "documents")[0], "url": url, "source": "甲.jsonl"}
    write_table(corpus, "documents", [row], 1)
    found = read_columns(table_files(corpus, "documents"))
    assert found.sites.top == ((site, 1),)


def test_numbers_are_masked_however_they_are_joined() -> None:
    chance = random.Random(7)
    for _ in range(500):
        figures = [
            chance.choice("0123456789０１２３４５６７８９") for _ in range(chance.randint(7, 19))
        ]
        joints = [chance.choice(["", "", "-", " ", "\u200b", "－", " - "]) for _ in figures[1:]]
        number = figures[0] + "".join(a + b for a, b in zip(joints, figures[1:], strict=True))
        assert mask(f"联系人{number}。") in {"联系人•••••••。", f"联系人{number}。"}
        if not number.startswith(("18", "19", "20")):
            assert mask(f"联系人{number}。") == "联系人•••••••。"


@pytest.mark.parametrize(
    "text",
    [
        "a.b-c@mail.example.com.cn",
        "abc＠example.cn",
        "abc [at] example.cn",
        "ABC#example.com",
        "abc (at) example。com",
    ],
)
def test_addresses_are_masked_however_they_are_written(text: str) -> None:
    assert mask(f"来信：{text}，谢谢") == "来信：•••@•••，谢谢"


@pytest.mark.parametrize(
    "text",
    [
        "2023-05-01 08:30",
        "1998.2.3",
        "版权所有 2001-2013",
        "第1,234,567号",
        "3.14",
        "阅读 24420 次",
    ],
)
def test_dates_and_small_numbers_are_not_masked(text: str) -> None:
    assert mask(text) == text
