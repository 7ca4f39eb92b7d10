"""The card and the audit page of a finished corpus."""

from __future__ import annotations

import inspect
import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest
from huggingface_hub import DatasetCard, DatasetCardData, RepoCard
from markdown_it import MarkdownIt
from sample_corpus import read_table, write_corpus, write_table

from corpusprep.data.card import BEGIN, END, features, make_card, write_card, write_report_page
from corpusprep.data.examples import change_examples
from corpusprep.data.facts import read_facts
from corpusprep.data.meanings import COLUMNS, NEVER_LOOKED_FOR, NOT_RUN, STAGES
from corpusprep.data.tables import SCHEMAS, split_of, table_files
from corpusprep.data.wording import TABLES, WORDS
from corpusprep.errors import CorpusprepError
from corpusprep.recipe import SECTIONS

# Keys of the hub's that the client has no parameter for: its schema stands on the hub.
OTHER_KEYS = {"configs", "dataset_info", "language_details", "tags"}
HOSTILE = "<script>alert(1)</script> `a` | ![x](http://evil.example/x.png)\n<!-- corpusprep:end -->"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus")


def change_report(corpus: Path, **changes: Any) -> None:
    path = corpus / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**report, **changes}), encoding="utf-8")


def card_of(corpus: Path) -> str:
    write_card(corpus)
    return (corpus / "README.md").read_text(encoding="utf-8")


def keys_of(card: str) -> dict[str, Any]:
    return RepoCard(card).data.to_dict()


def charts_of(corpus: Path) -> dict[str, str]:
    return {p.name: p.read_text(encoding="utf-8") for p in (corpus / "charts").iterdir()}


def page_of(corpus: Path) -> str:
    write_report_page(corpus)
    return (corpus / "report.html").read_text(encoding="utf-8")


# --- YAML


def test_datasets_loads_every_table_of_the_folder_with_the_features_of_the_card(
    corpus: Path, tmp_path: Path
) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    infos = {info["config_name"]: info for info in keys_of(card_of(corpus))["dataset_info"]}
    for name in SCHEMAS:
        loaded = datasets.load_dataset(str(corpus), name, split="train", cache_dir=str(tmp_path))
        assert loaded.features == datasets.Features._from_yaml_list(infos[name]["features"])
        assert loaded.features._to_yaml_list() == infos[name]["features"]
        assert loaded.to_list() == read_table(corpus, name)
        assert infos[name]["splits"][0]["num_examples"] == len(loaded)
    default = datasets.load_dataset(str(corpus), split="train", cache_dir=str(tmp_path))
    assert default.column_names == SCHEMAS["documents"].names


def test_any_arrow_type_of_a_table_is_named_as_datasets_names_it() -> None:
    datasets = pytest.importorskip("datasets")
    inner = pa.struct([("a", pa.float16()), ("b", pa.list_(pa.large_string()))])
    kinds = [
        pa.large_string(), pa.float32(), pa.float64(), pa.bool_(), pa.int8(), pa.binary(), inner,
        pa.list_(inner), pa.list_(pa.list_(pa.int32())), pa.large_list(pa.string()),
        pa.timestamp("us"), pa.date32(),
    ]  # fmt: skip
    schema = pa.schema([(f"c{k}", kind) for k, kind in enumerate(kinds)])
    for one in (schema, *SCHEMAS.values()):
        expected = datasets.Features.from_arrow_schema(one)
        assert features(one) == expected._to_yaml_list()
        assert datasets.Features._from_yaml_list(features(one)) == expected


def test_a_table_without_rows_is_left_out_and_the_others_load(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    corpus = write_corpus(tmp_path / "corpus", rejected=False)
    configs = [config["config_name"] for config in keys_of(card_of(corpus))["configs"]]
    assert configs == ["documents", "sentences", "removed"]
    loaded = datasets.load_dataset(str(corpus), split="train", cache_dir=str(tmp_path))
    assert len(loaded) == len(read_table(corpus, "documents"))


def test_every_split_of_every_table_loads(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    corpus = write_corpus(tmp_path / "corpus", splits=("train", "validation", "test"))
    card = card_of(corpus)
    infos = {info["config_name"]: info for info in keys_of(card)["dataset_info"]}
    for name in SCHEMAS:
        loaded = datasets.load_dataset(str(corpus), name, cache_dir=str(tmp_path))
        files = {split_of(path) for path in table_files(corpus, name)}
        assert set(loaded) == files
        assert [row for part in loaded.values() for row in part] == read_table(corpus, name)
        counted = {split["name"]: split["num_examples"] for split in infos[name]["splits"]}
        assert counted == {split: part.num_rows for split, part in loaded.items()}
        assert f'load_dataset("PATH_OR_NAME", "{name}", split="train")' in card
    assert "5 行 · train 2 · validation 2 · test 1" in card


def test_a_split_without_rows_is_no_part_of_the_yaml(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", splits=("train", "test"))
    write_table(corpus, "removed", [], 1, ("train", "test"))
    write_table(corpus, "rejected", read_table(corpus, "rejected"), 1, ("test",))
    keys = keys_of(card_of(corpus))
    assert [(c["config_name"], [f["split"] for f in c["data_files"]]) for c in keys["configs"]] == [
        ("documents", ["train", "test"]), ("sentences", ["train", "test"]), ("rejected", ["test"]),
    ]  # fmt: skip
    assert '"rejected", split="test")' in card_of(corpus)


def test_the_clients_own_checks_pass(corpus: Path) -> None:
    pytest.importorskip("datasets")
    from datasets.utils import metadata, resources

    write_card(corpus, license="cc-by-4.0")
    card = DatasetCard.load(corpus / "README.md")
    metadata.MetadataConfigs.from_dataset_card_data(card.data)
    known = Path(resources.__file__).parent
    for key, file in (("language", "languages"), ("size_categories", "size_categories")):
        allowed = json.loads((known / f"{file}.json").read_text(encoding="utf-8"))
        assert set(card.data.to_dict()[key]) <= set(allowed)
    for name, values in card.data.to_dict().items():
        assert name in inspect.signature(DatasetCardData).parameters or name in OTHER_KEYS
        assert values


@pytest.mark.parametrize(
    ("to", "written"),
    [
        ("keep", ["zh-Hans", "zh-Hant"]),
        ("simplified", ["zh-Hans"]),
        ("traditional", ["zh-Hant"]),
        ("tw2sp", ["zh-Hans"]),
        ("s2hk", ["zh-Hant"]),
    ],
)
def test_the_scripts_are_those_of_the_texts_after_conversion(
    corpus: Path, to: str, written: list[str]
) -> None:
    card_of(corpus)  # of an earlier run: what it says of scripts and recipe does not stay
    change_report(corpus, signature="corpusprep 0.1.0 recipe:0123456789ab")
    (corpus / "recipe.toml").write_text(f'[script]\nto = "{to}"\n', encoding="utf-8")
    keys = keys_of(card_of(corpus))
    assert keys["language_details"] == written
    assert keys["tags"] == ["corpusprep", "chinese", "recipe-0123456789ab"]


def test_what_a_person_says_of_the_language_stays(corpus: Path) -> None:
    card = card_of(corpus).replace("- zh-Hant\n", "- yue-Hant\n", 1)
    (corpus / "README.md").write_text(card, encoding="utf-8")
    assert keys_of(card_of(corpus))["language_details"] == ["zh-Hans", "yue-Hant"]


def test_the_same_run_gives_the_same_card_and_page_wherever_it_lies(tmp_path: Path) -> None:
    one, other = (write_corpus(tmp_path / name) for name in ("one", "other"))
    assert card_of(one) == card_of(other) == card_of(one)
    assert charts_of(one) == charts_of(other) != {}
    assert page_of(one) == page_of(other)


# --- what people wrote


def test_what_people_wrote_around_our_part_stays(corpus: Path) -> None:
    before, after = "\n# 我的语料\n\n自己写的介绍。\n\n", "\n## 联系\n\n某某\n"
    card = card_of(corpus).replace(f"---\n\n{BEGIN}", f"---\n{before}{BEGIN}") + after
    (corpus / "README.md").write_text(card, encoding="utf-8")
    write_corpus(corpus, shards=1, rejected=False)
    again = card_of(corpus)
    assert f"---\n{before}{BEGIN}\n" in again
    assert again.endswith(f"{END}\n{after}")
    assert again != card
    assert card_of(corpus) == again


def test_keys_that_people_set_stay_and_those_we_count_are_counted_again(corpus: Path) -> None:
    card = card_of(corpus)
    mine = (
        card.replace("language:\n- zh", "language:\n- zh\n- mn\nlicense: cc0-1.0")
        .replace("pretty_name: corpusprep 中文语料", "pretty_name: 通辽语料")
        .replace("- chinese", "- chinese\n- news")
        .replace("configs:", "configs:\n- config_name: eval\n  data_files: eval.csv")
        .replace("num_examples: 5", "num_examples: 999")
    )
    (corpus / "README.md").write_text(mine, encoding="utf-8")
    keys = keys_of(card_of(corpus))
    assert keys["language"] == ["zh", "mn"]
    assert keys["license"] == "cc0-1.0"
    assert keys["pretty_name"] == "通辽语料"
    assert keys["tags"] == ["corpusprep", "chinese", "recipe-ab12cd34ef56", "news"]
    assert [c["config_name"] for c in keys["configs"]] == [*SCHEMAS, "eval"]
    assert keys["dataset_info"] == keys_of(card)["dataset_info"]


def test_a_card_without_our_markers_is_kept_whole(corpus: Path) -> None:
    (corpus / "README.md").write_bytes("\ufeff---\r\nlicense: mit\r\n---\r\n手写\r\n".encode())
    card = card_of(corpus)
    assert f"\n---\n手写\n\n{BEGIN}\n" in card
    assert keys_of(card)["license"] == "mit"
    assert card_of(corpus) == card


def test_the_first_card_that_says_something_is_heard(corpus: Path) -> None:
    plain = make_card(corpus)
    hub = plain.replace("- zh", "- zh\nlicense: mit\nviewer: false", 1) + "在网站上写的\n"
    local = plain.replace("- zh", "- zh\nlicense: cc0-1.0", 1)
    merged = make_card(corpus, [local, hub])
    assert merged.endswith(f"{END}\n在网站上写的\n")
    assert (keys_of(merged)["license"], keys_of(merged)["viewer"]) == ("cc0-1.0", False)
    assert make_card(corpus, [hub + "本地\n", local]).endswith("在网站上写的\n本地\n")


def test_a_licence_is_only_stated_when_one_was_given(corpus: Path) -> None:
    assert "license" not in keys_of(card_of(corpus))
    assert "[More Information Needed]" in card_of(corpus)
    write_card(corpus, license="cc-by-4.0")
    for card in ((corpus / "README.md").read_text(encoding="utf-8"), card_of(corpus)):
        assert keys_of(card)["license"] == "cc-by-4.0"
        assert "[More Information Needed]" not in card


def test_broken_yaml_is_reported_and_not_overwritten(corpus: Path) -> None:
    (corpus / "README.md").write_text("---\nlanguage: [zh\n---\n手写\n", encoding="utf-8")
    with pytest.raises(CorpusprepError, match=r"README\.md: its front matter is no valid YAML"):
        write_card(corpus)
    assert "手写" in (corpus / "README.md").read_text(encoding="utf-8")


# --- what it says


def test_the_card_says_chinese_first_and_then_the_same_in_english(corpus: Path) -> None:
    chinese, english = card_of(corpus).split(BEGIN)[1].split("# In English")
    for what in (r"(?m)^##+ ", r"(?<=\| )[<>]?\d[\d,.]*%?(?= \|)", r"`[^`]*`"):
        assert re.findall(what, chinese) == re.findall(what, english) != []


def test_every_stage_rule_and_input_is_in_the_card_and_the_page(corpus: Path) -> None:
    report = json.loads((corpus / "report.json").read_text(encoding="utf-8"))
    card, page = card_of(corpus), page_of(corpus)
    for stage in report["stages"]:
        for rule in [*stage["rules"], *stage["rejected"]]:
            assert f"`{rule}`" in card
            assert f"<code>{rule}</code>" in page
        assert STAGES[stage["stage"]][0] in card
        assert STAGES[stage["stage"]][0] in page
    for text in (*(i["path"] for i in report["inputs"]), report["signature"], report["command"]):
        assert text in card
    assert report["inputs"][0]["sha256"] in card


def test_hashes_are_left_out_where_none_were_taken(corpus: Path) -> None:
    listed = [{"path": "a.txt", "bytes": 7, "documents": 1, "sha256": None}]
    total = {"files": 1234567, "bytes": 89}
    change_report(corpus, inputs=listed, inputs_total=total)
    card = card_of(corpus)
    assert "SHA-256" not in card
    assert "| 输入文件 | 1,234,567 |" in card
    assert "另有 1,234,566 个输入文件。" in card


@pytest.mark.parametrize(
    ("ledger", "says"),
    [("full", "可以还原原文"), ("removals", "机械转换只记次数"), ("counts", "没有逐处记录")],
)
def test_the_card_does_not_promise_more_than_the_ledger_holds(
    corpus: Path, ledger: str, says: str
) -> None:
    (corpus / "recipe.toml").write_text(f'[write]\nledger = "{ledger}"\n', encoding="utf-8")
    assert says in card_of(corpus)


def test_a_stage_that_did_not_run_is_named_as_not_looked_for(corpus: Path) -> None:
    assert NOT_RUN["duplicates"][0] not in card_of(corpus)
    stages = json.loads((corpus / "report.json").read_text(encoding="utf-8"))["stages"]
    change_report(corpus, stages=[s for s in stages if s["stage"] != "duplicates"])
    card = card_of(corpus)
    assert NOT_RUN["duplicates"][0] in card
    assert WORDS["no duplicates"][0] in card


def test_examples_of_changes_and_rejections_are_in_the_card_without_private_data(
    corpus: Path,
) -> None:
    changes = read_table(corpus, "removed")
    changes[0]["old"] = "编辑：某某 电话：0475-8231234 邮箱：bianji@example.cn"
    changes[1]["old"] = "| 只看该作者 13800138000"
    rejected = [
        {**read_table(corpus, "rejected")[0], "text": "身份证号１５０２０２１９９００３０７２３３x"}
    ]
    write_table(corpus, "removed", changes, 1)
    write_table(corpus, "rejected", rejected, 1)
    card, page = card_of(corpus), page_of(corpus)
    for text in ("编辑：某某 电话：••••••• 邮箱：•••@•••", "只看该作者 •••••••", "身份证号•••••••"):
        assert card.count(text) >= 2
        assert text in page
    assert "`(` → `（`" in card
    for secret in ("8231234", "bianji", "138001", "１９９００"):
        assert secret not in card + page


def test_personal_data_and_opt_outs_are_spoken_of_as_far_as_anybody_looked(corpus: Path) -> None:
    card = card_of(corpus)
    assert NOT_RUN["private"][0] in card
    assert WORDS["no optouts"][0] in card
    stages = json.loads((corpus / "report.json").read_text(encoding="utf-8"))["stages"]
    masked = {"edits": 1234, "documents": 56, "removed": 0, "inserted": 0, "replaced": 9}
    private = {**stages[1], "stage": "private", "rules": {"phone-number": masked}}
    change_report(corpus, stages=[*stages, private], optouts={"noai": 7, "tdm-reservation": 1_001})
    card = card_of(corpus)
    assert NOT_RUN["private"][0] not in card
    assert "`phone-number`：遮盖 1,234 处，涉及 56 篇文档。" in card
    assert "因此没有收入 1,008 篇文档。 `noai` 7 `tdm-reservation` 1,001" in card


def test_takedowns_are_told(corpus: Path) -> None:
    assert "应要求撤下" not in card_of(corpus)
    told = [
        {"date": "2026-01-02", "documents": 1_200, "rejected": 3},
        {"date": "2026-02-03", "documents": 34},
    ]
    change_report(corpus, takedowns=told)
    assert "应要求撤下 1,234 篇文档" in card_of(corpus)


def test_sites_and_dates_are_in_the_card(corpus: Path) -> None:
    card = card_of(corpus)
    assert "| `bbs.example.cn` | 2 | 40.0% |" in card
    assert "写明发布日期的文档有 4 篇（80.0%），从 1998-02-03 到 2023-05-01" in card
    assert "站点集中：最大的一个占 40.0%" in card
    assert "user:pass" not in card


def test_sites_of_one_document_each_are_counted_not_listed(corpus: Path) -> None:
    rows = read_table(corpus, "documents")
    write_table(corpus, "documents", [{**row, "url": None} for row in rows], 1)
    card = card_of(corpus)
    assert "站点共 5 个。" in card
    assert "| 站点" not in card


def test_charts_stand_beside_the_card_and_say_in_words_what_they_show(corpus: Path) -> None:
    card = card_of(corpus)
    charts = charts_of(corpus)
    shown = re.findall(r"!\[([^\]]+)\]\(charts/([^)]+)\)", card)
    assert {file for _, file in shown} == set(charts)
    assert len(shown) == 2 * len(charts) == 8
    for alternative, _ in shown:
        assert len(alternative) > 10
    for svg in charts.values():
        root = ET.fromstring(svg)
        words = {child.tag.rpartition("}")[2]: child.text for child in root}
        assert words["title"]
        assert re.search(r": [1-9]", words["desc"] or "")
        assert "prefers-color-scheme:dark" in svg
        assert not re.search(r"<script|href|url\(|@import|data:", svg)


def test_hostile_labels_stay_text_in_card_and_charts(corpus: Path) -> None:
    rows = read_table(corpus, "documents")
    hostile = {
        "genre": HOSTILE,
        "script": HOSTILE + "\x0b",
        "encoding": HOSTILE,
        "url": f"http://{HOSTILE}/",
    }
    write_table(corpus, "documents", [{**row, **hostile} for row in rows], 1)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(card_of(corpus))
    page = Page(html)
    assert set(page.tags) & {"script", "a", "iframe", "form"} == set()
    sources = {value for tag, name, value in page.attributes if tag == "img" and name == "src"}
    assert sources == {f"charts/{name}" for name in charts_of(corpus)}
    for svg in charts_of(corpus).values():
        assert {e.tag.rpartition("}")[2] for e in ET.fromstring(svg).iter()} <= {
            "svg", "title", "desc", "style", "rect", "text", "path",
        }  # fmt: skip


def test_charts_of_an_earlier_run_go_and_those_of_a_person_stay(corpus: Path) -> None:
    card_of(corpus)
    (corpus / "charts" / "mine.svg").write_text("<svg/>", encoding="utf-8")
    rows = read_table(corpus, "documents")
    write_table(corpus, "documents", [{**row, "published": None} for row in rows], 1)
    card = card_of(corpus)
    assert "years.svg" not in card
    assert set(charts_of(corpus)) == {
        "document-lengths.svg", "sentence-lengths.svg", "scripts.svg", "mine.svg",
    }  # fmt: skip


def test_a_corpus_of_nothing_still_has_a_card(corpus: Path) -> None:
    for name in SCHEMAS:
        write_table(corpus, name, [], 1)
    zero = dict.fromkeys(("in", "out", "removed", "inserted", "replaced", "rejected"), 0)
    change_report(
        corpus, inputs=[], documents={"in": 0, "out": 0, "rejected": 0}, characters=zero, stages=[]
    )
    assert "configs" not in keys_of(card_of(corpus))
    assert not (corpus / "charts").exists()
    assert "全部收入" in page_of(corpus)


def test_folders_that_are_no_corpus_are_refused(tmp_path: Path, corpus: Path) -> None:
    with pytest.raises(CorpusprepError, match=r"holds no finished corpus: .*report\.json"):
        write_card(tmp_path)
    (corpus / "removed" / "train-00001-of-00002.parquet").write_bytes(b"PAR1 half a file")
    with pytest.raises(CorpusprepError, match=r"train-00001-of-00002\.parquet is no whole Parquet"):
        write_card(corpus)


# --- hostile text


def test_hostile_text_stays_text_in_the_card(corpus: Path) -> None:
    row = read_table(corpus, "documents")[0]
    write_table(corpus, "documents", [{**row, "id": HOSTILE, "text": HOSTILE}], 1)
    inputs = [{"path": HOSTILE, "bytes": 1, "documents": 1, "sha256": None}]
    change_report(corpus, warnings=[HOSTILE], inputs=inputs, command=f"corpusprep run '{HOSTILE}'")
    card = card_of(corpus)
    outside_code = re.sub(
        r"(`+)[^`].*?\1", "", re.sub(r"^(`{3,}).*?^\1$", "", card, flags=re.DOTALL | re.MULTILINE)
    )
    ours = re.sub(r"(?m)^!\[[^\[\]]*\]\(charts/[a-z-]+\.svg\)$", "", outside_code)
    assert not re.search(r"(?<!\\)<script|(?<!\\)!\[", ours)
    rows = [line for line in card.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {4, 5, 6, 7, 8, 9}
    assert card_of(corpus) == card


class Page(HTMLParser):
    """Collects what a browser would do with a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_text_stays_text_on_the_page(corpus: Path) -> None:
    changes = read_table(corpus, "removed")
    rejected = read_table(corpus, "rejected")
    changes[0] |= {"doc_id": HOSTILE, "old": HOSTILE, "new": HOSTILE}
    rejected[0] |= {"id": HOSTILE, "text": HOSTILE, "detail": HOSTILE}
    write_table(corpus, "removed", changes, 1)
    write_table(corpus, "rejected", rejected, 1)
    stages = json.loads((corpus / "report.json").read_text(encoding="utf-8"))["stages"]
    stages[0] |= {"stage": HOSTILE, "rules": {HOSTILE: stages[2]["rules"]["width"]}}
    change_report(corpus, stages=stages, warnings=[HOSTILE], command=HOSTILE, signature=HOSTILE)
    (corpus / "recipe.toml").write_text(f"# {HOSTILE!r}\n", encoding="utf-8")
    page = Page(page_of(corpus))
    assert not {"script", "img", "a", "link", "iframe", "form"} & set(page.tags)
    assert not {"src", "href", "style", "onload"} & {name for _, name, _ in page.attributes}
    assert page.text.count("<script>alert(1)</script>") >= 8


def test_the_page_is_one_file_that_may_load_nothing(corpus: Path) -> None:
    html = page_of(corpus)
    page = Page(html)
    style = html.split("<style>")[1].split("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    (policy,) = (
        value for tag, name, value in page.attributes if name == "content" and "src" in value
    )
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert not re.search(r"https?:|url\(|@import", html)
    assert ("html", "lang", "zh") in page.attributes


def test_the_page_shows_up_to_three_different_examples_of_a_rule(corpus: Path) -> None:
    changes = read_table(corpus, "removed")
    write_table(corpus, "removed", changes * 5, 2)
    examples = change_examples(read_facts(corpus).tables["removed"])
    shown = [example.old for example in examples["boilerplate", "share-bar"]]
    assert shown == ["分享到：微信", "| 只看该作者", "<script>alert(1)</script>"]
    assert [(e.old, e.new) for e in examples["normalise", "width"]] == [("(", "（")]
    assert ("normalise", "spacing") not in examples
    page = page_of(corpus)
    assert "<del>分享到：微信</del>" in page
    assert "<del>(</del> → <ins>（</ins>" in page


def test_the_page_names_what_cannot_be_seen(corpus: Path) -> None:
    changes = [row for row in read_table(corpus, "removed") if "\u200b" in row["old"]]
    write_table(corpus, "removed", changes, 1)
    assert "<del>打印‹U+200B›本页↵关闭</del>" in page_of(corpus)


# --- wording


def test_both_languages_say_the_same_numbers() -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    both = [*WORDS.values(), *STAGES.values(), *NOT_RUN.values(), *NEVER_LOOKED_FOR]
    assert [pair for pair in both if places(pair[0]) != places(pair[1]) or not all(pair)] == []


def test_every_column_table_and_stage_has_words() -> None:
    assert {name for schema in SCHEMAS.values() for name in schema.names} - set(COLUMNS) == set()
    assert list(TABLES) == list(SCHEMAS)
    assert set(SECTIONS) - {"write"} <= set(STAGES)
