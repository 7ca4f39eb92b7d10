"""Site templates: what a site prints on every page goes, what its texts have in common stays."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from corpusprep import CorpusprepError, Document, Pipeline
from corpusprep.steps.boilerplate import Boilerplate
from corpusprep.steps.templates import (
    PageSketches,
    SiteTemplates,
    Templates,
    read_lines,
    site_of,
)

NAV = ["青石新闻网", "本地要闻", "民生热线", "登录 | 立即注册 | 找回密码", "图说青石", "山水之间"]
FOOT = ["分享到：微信 新浪微博 QQ空间", "青石矩阵号", "河东一家人", "阅读 {n}"]
SUBJECTS = ["水库", "桥梁", "学校", "医院", "集市", "车站", "公园", "苗圃", "灯会", "渔场"]
PLACES = ["东河", "西山", "南桥", "北苑", "上坝", "下湾", "新集", "老街", "石门", "柳林"]


def article(i):
    """Return a headline and three paragraphs that no other number has."""
    chance = random.Random(i)
    names = chance.sample(PLACES, 4)
    title = f"{names[0]}{chance.choice(SUBJECTS)}通过验收，{names[1]}居民称赞"
    body = [
        "，".join(
            f"{chance.choice(PLACES)}的{chance.choice(SUBJECTS)}比{chance.choice(PLACES)}多了{chance.randint(2, 990)}处"
            for _ in range(6)
        )
        + "。"
        for _ in range(3)
    ]
    return [title, *body]


def pages(n, *, make=None, url="https://www.qingshi.example/{i}.html"):
    """Return *n* documents of one site: lines of `make(i)`, an article between chrome by default."""
    make = make or (lambda i: [*NAV, *article(i), *(line.format(n=i * 37) for line in FOOT)])
    return [
        Document(f"文/{i}.txt", "\n".join(make(i)), source=f"文/{i}.txt", url=url.format(i=i))
        for i in range(n)
    ]


def clean(docs, **options):
    """Return *docs* after rules and templates, the templates found in them."""
    step = Templates(**options)
    cleaner = Pipeline([Boilerplate(line_model=False), step.decide(step.sketch(docs))])
    return list(cleaner.many([Document(d.id, d.text, source=d.source, url=d.url) for d in docs]))


def took(docs):
    """Return all that templates took from *docs*."""
    return [
        old
        for doc in docs
        for change in doc.history
        if change.step == "templates"
        for old in change.old
    ]


def test_what_a_site_has_on_every_page_goes_and_the_articles_stay():
    done = clean(pages(25))
    assert [doc.text.split("\n") for doc in done] == [article(i) for i in range(25)]
    edits = [e for doc in done for c in doc.history if c.step == "templates" for e in c.edits]
    assert {e.rule for e in edits} == {"template:25/25 pages"}
    assert len(edits) == 50  # one a block: above the text, and below it


def test_undoing_gives_the_page_back():
    docs = pages(6)
    assert [doc.undo() for doc in clean(docs)] == [doc.text for doc in docs]


def test_pages_of_one_folder_are_a_site_where_there_is_no_address():
    done = clean(pages(8, url=""))
    assert all("本地要闻" not in doc.text and "山水之间" not in doc.text for doc in done)


def test_traditional_full_width_and_spaced_lines_are_the_same_line():
    lines = read_lines(["瀏覽　１２３\n浏览:4567\n浏 览", "瀏覽量"])
    assert lines.key[0] == lines.key[1]
    assert len(set(lines.key.tolist())) == 3


def test_a_block_tells_the_pages_of_its_least_certain_line():
    def make(i):
        return ["首页 新闻 体育", "青石矩阵号", *(["石桥客户端"] if i % 2 else []), *article(i)]

    rules = {e.rule for d in clean(pages(10, make=make)) for c in d.history for e in c.edits}
    assert "template:10/10 pages" in rules or "template:5/10 pages" in rules
    assert not any(rule.startswith("template:") and "/10 pages" not in rule for rule in rules)


def test_three_pages_are_too_few():
    assert took(clean(pages(3))) == []
    assert took(clean(pages(4))) != []


def test_an_article_that_was_saved_again_and_again_is_no_template():
    docs = pages(3) + [
        Document(
            f"再/{i}", "\n".join([*NAV, *article(2), f"再版{i}"]), url="http://qingshi.example/b"
        )
        for i in range(5)
    ]
    assert took(clean(docs)) == []  # three different pages, however often
    many = pages(6) + [Document(str(i), docs[-1].text + str(i), url=docs[-1].url) for i in range(9)]
    done = clean(many)
    assert all(line in done[-1].text for line in article(2))
    rules = {e.rule for d in done for c in d.history if c.step == "templates" for e in c.edits}
    assert {rule.split("/")[1] for rule in rules} == {"6 pages"}


def poems(i):
    chance = random.Random(i)
    lines = [
        "".join(chance.sample("山水云月花鸟松风江雪秋春夜晓寒暖远近高低", 5)) for _ in range(4)
    ]
    return [f"{chance.choice(PLACES)}{chance.choice(SUBJECTS)}{lines[0][:2]}", "唐代", "李白",
            f"{lines[0]}，{lines[1]}。", f"{lines[2]}，{lines[3]}。"]  # fmt: skip


def answers(i):
    chance = random.Random(i)
    posts = []
    for k in range(6):
        reply = "谢谢" if k % 2 else "顶楼主" if k % 3 else article(100 * i + k)[1]
        posts += [
            chance.choice(PLACES) + "人",
            f"发表于 2021-3-{k + 1} 10:2{k}",
            reply,
            "回复",
            "举报",
        ]
    return [f"请问{article(i)[0]}", *posts]


def chapters(i):
    heads = "一二三四五六七八九十"
    return [f"第{heads[i % 10]}章", "青石旧事", "河东散人 著", *article(i), "（本章完）"]


def bulletins(i):
    title, *body = article(i)
    return ["青石工作简报", f"第{i + 1}期", "青石街道办事处编", f"2023年{i % 12 + 1}月{i + 1}日", title,
            "会议时间：上午九时", "会议地点：三楼会议室", "主持人：王小明",
            "一、会议内容", body[0], "二、会议要求", body[1], "三、下一步工作", body[2],
            "送：各科室", "共印50份"]  # fmt: skip


def timetables(i):
    hours = random.Random(i).sample(range(6, 22), 6)
    stops = ["青石站", "东河站", "西山站", "南桥站", "北苑站", "平川站"]
    rows = itertools.chain(
        *((stop, f"{h}:{i % 60:02}") for stop, h in zip(stops, sorted(hours), strict=True))
    )
    return [f"K{i + 100}次列车时刻表", "车站", "到达", "开出", *rows]


def lessons(i):
    subjects = ["语文", "数学", "英语", "体育", "音乐", "美术", "科学", "历史"]
    days = ["星期一", "星期二", "星期三", "星期四", "星期五"]
    rows = [random.Random(i * 9 + k).choice(subjects) for k in range(20)]
    return [f"{PLACES[i % 10]}班课程表", *days, *rows, "午休", *rows[::-1]]


def judgments(i):
    title, *body = article(i)
    return ["青石县人民法院", "民事判决书", f"（2023）青0108民初{i + 1200}号", f"原告：{title[:2]}商店。",
            "被告：王某。", *body, "综上所述，依照《中华人民共和国民事诉讼法》第六十四条之规定，判决如下：",
            "一、驳回原告的诉讼请求。", f"案件受理费{i * 7}元，由原告负担。",
            "如不服本判决，可在判决书送达之日起十五日内，向本院递交上诉状，上诉于青石市中级人民法院。",
            "审判长 赵一", "审判员 钱二", "书记员 孙三"]  # fmt: skip


def litanies(i):
    return [
        article(i)[0],
        *(line for k in range(4) for line in (article(i)[1][k * 9 :][:12], "哎哟哎哟")),
    ]


MAKERS = (poems, answers, chapters, bulletins, timetables, lessons, judgments, litanies)
ALIKE = {make.__name__: make for make in MAKERS}


@pytest.mark.parametrize("url", ["", "https://qingshi.example/{i}"], ids=["folder", "site"])
@pytest.mark.parametrize("name", ALIKE)
def test_texts_of_one_form_lose_nothing(name, url):
    assert took(clean(pages(30, make=ALIKE[name], url=url))) == []


@pytest.mark.parametrize("name", ALIKE)
def test_texts_of_one_form_lose_only_the_chrome_around_them(name):
    def make(i):
        title, body = article(i)[0], article(i)[2]
        foot = [line.format(n=i) for line in FOOT]
        return [*NAV, f"青石网 > {title}", *ALIKE[name](i), body, *foot]

    lost = {line for old in took(clean(pages(30, make=make))) for line in old.split("\n")}
    assert lost <= {"", *NAV, *FOOT, *(f"阅读 {n}" for n in range(30))}
    assert "本地要闻" in lost


def test_sentences_that_every_page_has_stay_beside_chrome():
    note = "本院将依法公开审理本案，欢迎社会各界旁听。"

    def make(i):
        return [*NAV, *article(i), note, *(line.format(n=i) for line in FOOT)]

    assert all(note in doc.text for doc in clean(pages(30, make=make)))


def test_what_is_found_does_not_depend_on_order_or_batches():
    docs = pages(40)
    step = Templates(pages_per_site=16)
    whole = step.decide(step.sketch(docs))
    chance = random.Random(3)
    for _ in range(3):
        chance.shuffle(docs)
        parts = [step.sketch(docs[k : k + 7]).sample(16) for k in range(0, 40, 7)]
        some = step.decide(PageSketches.join([PageSketches.join(parts[:2]).sample(16), *parts[2:]]))
        for name in ("sites", "starts", "links"):
            assert np.array_equal(getattr(some, name), getattr(whole, name))
    assert set(whole.links["of"].tolist()) == {16}


def test_tables_of_parts_make_the_table_of_all(tmp_path):
    docs = [d for k in range(5) for d in pages(5, url=f"https://{k}.example/{{i}}")]
    step = Templates()
    held = step.sketch(docs).sample(256)
    middle = int(np.searchsorted(held.site, np.uint64(1 << 63)))
    folders = []
    for k, rows in enumerate((range(middle), range(middle, len(held)), range(0))):
        folders.append(tmp_path / str(k))
        folders[-1].mkdir()
        step.decide(held.take(np.array(rows, np.int64))).save(folders[-1])
    (tmp_path / "all").mkdir()
    SiteTemplates.merge(folders, tmp_path / "all")
    joined, whole = SiteTemplates.load(tmp_path / "all"), step.decide(held)
    for name in ("sites", "starts", "links"):
        assert np.array_equal(getattr(joined, name), getattr(whole, name))
    assert len(SiteTemplates.load(tmp_path / "none").links) == 0


def test_a_page_of_very_many_lines_is_known_by_its_ends():
    long = "\n".join(f"{chr(0x4E00 + k)}行" for k in range(5000))
    step = Templates()
    (sketch,) = [step.sketch([Document("长", long)])]
    assert len(sketch.key) == 2001
    assert np.count_nonzero(sketch.key == 0) == 1
    assert took(clean(pages(5, make=lambda i: [*NAV, *long.split("\n"), *article(i)]))) is not None


def test_a_line_on_its_own_goes_where_both_its_neighbours_nearly_always_have_it():
    def make(i):
        return [
            "登录 | 立即注册 | 找回密码",
            "青石矩阵号",
            "分享到：微信 新浪微博 QQ空间",
            *article(i),
        ]

    assert [doc.text.split("\n") for doc in clean(pages(12, make=make))] == [
        article(i) for i in range(12)
    ]
    assert took(clean(pages(6, make=make))) == []  # too few pages to be sure


@pytest.mark.parametrize("text", ["", "\n\n", "——", "独行", "\ud800\n\udfff", "a\r\nb\u2028c\x85d"])
def test_odd_texts_have_sketches(text):
    docs = [Document(str(i), text + str(i % 2) * i, url="http://x.example/") for i in range(9)]
    assert [doc.undo() for doc in clean(docs)] == [doc.text for doc in docs]


@pytest.mark.parametrize(
    ("doc", "site"),
    [
        (Document("1", "", url="http://WWW.A.example/x"), "host a.example"),
        (Document("1", "", url="a.example/x"), "host a.example"),
        (Document("1", "", url="http://[bad/x", source="d/f.jsonl"), "folder d/f.jsonl"),
        (Document("1", "", url="http://a.example/", labels={"site": "论坛"}), "host 论坛"),
        (Document("d/1.txt", "", source="d/1.txt"), "folder d"),
        (Document("d/f.jsonl@0", "", source="d/f.jsonl"), "folder d/f.jsonl"),
    ],
)
def test_the_site_of_a_document(doc, site):
    assert site_of(doc) == site


@pytest.mark.parametrize(
    "options",
    [{"min_pages": 2}, {"min_share": 0.01}, {"pages_per_site": 2}, {"pages_per_site": 5000}],
)
def test_options_that_mean_nothing_are_refused(options):
    with pytest.raises(CorpusprepError, match="templates: "):
        Templates(**options)
