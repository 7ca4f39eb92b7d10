"""Pages of several articles come apart where their headlines stand; single articles stay whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from conftest import SEEDS, grows_linearly
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusprep import clean
from corpusprep.text.articles import Article, split_articles
from corpusprep.text.pagelines import authors_of, is_byline, names_in

CASES = tomllib.loads((Path(__file__).parent / "cases" / "articles.toml").read_text("utf-8"))
SEED = {path.name[:3]: path.read_text(encoding="utf-8") for path in SEEDS}
FORMS = {"raw": lambda text: text, "clean": clean}

WEEK = [
    "通遼市委常委、組織部長敖日格勒一行到庫倫旗調研",
    "竇春梅到庫倫旗就科技扶貧工作進行調研",
    "劉文華一行到庫倫旗調研矛盾排查化解工作",
    "全旗「十四五」規劃編制工作推進會召開",
    "庫倫旗：9家企業產業轉移項目集中簽約",
    "全旗脫貧攻堅各類問題「大整改大落實大提升」專項行動啟動會召開",
    "庫倫旗十六屆人大常委會第二十次會議召開",
    "庫倫旗開展國家級、自治區級重點文物保護單位和博物館火災隱患排查",
    "通遼市人大常委會立法調研組來庫倫旗調研",
]
WEEK_ENDS = [
    "帶動農牧民群眾持續增收。",
    "落到實處、見到實效。",
    "更好地維護人民群眾權益。",
    "高質量發展奠定堅實基礎。",
    "張勝利主持簽約儀式。",
    "進行了相關業務培訓。",
    "相關部門負責人列席會議。",
    "責令相關單位立即整改。",
    "等地進行了實地調研。",
]
# Headline, author, first and last words of each article of the newspaper page.
PAGE = [
    ("", "", "党的二十大报告", "乘风破浪、扬帆远航。"),
    (
        "市委常委会召开会议 传达学习习近平总书记近期重要讲话重要指示精神 研究部署贯彻落实工作",
        "赵彦臻",
        "市委常委会召开会议",
        "人大年度立法等工作。",
    ),
    ("奇·达楞太主持召开 市政府常务会议", "许媛媛", "奇·达楞太", "困难群众基本生活。"),
    (
        "市政协党组召开2022年度民主生活会暨以案促改专题民主生活会",
        "何艾琳",
        "市政协党组",
        "在政协系统落地见效。",
    ),
    (
        "我市“点对点”有组织 劳务输出助务工人员 顺利返岗就业",
        "王晓飞、王海霞",
        "我市“点对点”",
        "有序返岗就业。",
    ),
    ("让招商引资从上到下都“热”起来", "正言", "让招商引资从上", "转自《内蒙古日报》"),
    ("关于征集损害营商环境 问题线索的启事", "", "关于征集", "不断优化、持续向好。"),
    (
        "近者悦 远者来 ——我市持续优化营商环境大力推进招商引资纪实",
        "许媛媛",
        "近者悦 远者来",
        "建设的美好新画卷。",
    ),
    ("孙健雯：在实干中践行使命担当", "邵南", "孙健雯", "马上办好书记”。"),
]
# Places where an editor may or may not have set a space.
LOOSE = {"奇·达楞太主持召开 市政府常务会议", PAGE[4][0], PAGE[6][0]}

HEADS = ["城西菜场搬进新大楼", "三中运动会推迟一周", "山里来了放映队", "一周要闻", "老街的夜"]
LINES = st.one_of(
    st.sampled_from(
        [
            *HEADS,
            "本报记者 许棠",
            "□ 记者 李木",
            "正言",
            "细纱车间 许棠",
            "李木（县茶叶站）",
            "城西菜场搬进新大楼　文／许棠",
            "关于停水检修的公告",
            "江州市民政局",
            "2022年3月8日",
            "05 县区 2022年9月14日 星期三 责编 周大山",
            "●红薯粉条卖到省城。合作社与两家超市签约，每月供货五吨，农户每斤多收八角钱。",
            "本报讯（记者 许棠） 昨天清晨，城西菜场的摊位全部搬进了新大楼，买菜不再淋雨。",
            "新华社北京5月26日电 今年以来，主产区累计收购小麦的数量高于去年同期，市场平稳。",
            "全区植树活动启动。3月12日，全区植树活动在滨河公园启动，种下柳树八百棵。",
            "【博物馆夜场一票难求】据《江州晚报》报道，夜场门票上线三分钟就被抢空，馆方将增加场次。",
            "1、国家图书馆新增一批古籍影像，读者可以在网上免费阅读；",
            "周师傅的铺子只有三平方米。他说，修表要慢，人一急，手就抖。（许棠）",
            "转自《江州晚报》",
            "相关阅读",
        ]
    ),
    st.text(alphabet="中文记者讯电，。（）【】1、■ \t\u3000", max_size=30),
)
TEXTS = st.lists(
    st.tuples(LINES, st.sampled_from(["\n", "\n\n", "\r\n", " \n　　"])), max_size=14
).map(lambda lines: "".join(line + gap for line, gap in lines))


def ink(text: str) -> str:
    return "".join(text.split()).replace("\uff1a", ":").replace("籤", "簽")


def is_lossless(articles: list[Article], text: str) -> bool:
    starts = [article.start for article in articles]
    ends = [article.end for article in articles]
    return starts == [0, *ends[:-1]] and ends[-1] == len(text)


@pytest.mark.parametrize("case", CASES["splits"], ids=lambda case: case["note"])
def test_articles_of_a_page_come_apart(case):
    articles = split_articles(case["text"])
    assert [article.title for article in articles] == case["titles"]
    assert [article.author for article in articles] == case["authors"]
    assert {article.collection for article in articles} == {case.get("collection", "")}
    assert is_lossless(articles, case["text"])


@pytest.mark.parametrize("case", CASES["splits"], ids=lambda case: case["note"])
def test_an_article_begins_with_its_headline(case):
    text = case["text"]
    for article in split_articles(text)[1:]:
        head = ink(article.title)[:6]
        assert head in ink(text[article.start : article.end])[: len(head) + 6]  # 09:48【


@pytest.mark.parametrize("case", CASES["splits"], ids=lambda case: case["note"])
def test_blank_lines_and_indents_change_nothing(case):
    wide = case["text"].replace("\n", "\r\n\r\n\u3000\u3000")
    narrow, other = split_articles(case["text"]), split_articles(wide)
    assert [article[2:] for article in other] == [article[2:] for article in narrow]


@pytest.mark.parametrize("case", CASES["keeps"], ids=lambda case: case["note"])
def test_a_single_article_stays_whole(case):
    (article,) = split_articles(case["text"])
    assert (article.start, article.end) == (0, len(case["text"]))
    assert article.title == case.get("title", article.title)
    assert article.author == case.get("author", article.author)
    assert article.collection == ""


@pytest.mark.parametrize("form", FORMS)
def test_the_week_of_seed_000_has_nine_items(form):
    text = FORMS[form](SEED["000"])
    articles = split_articles(text)
    assert is_lossless(articles, text)
    assert [ink(article.title) for article in articles] == [ink(title) for title in WEEK]
    assert {(article.author, article.collection) for article in articles} == {("", "一周要聞回顧")}
    for article, title, end in zip(articles, WEEK, WEEK_ENDS, strict=True):
        body = ink(text[article.start : article.end])
        assert article.start == 0 or body.startswith(ink(title))
        assert body.endswith(ink(end)) or (article is articles[-1] and ink(end) in body)


@pytest.mark.parametrize("form", FORMS)
def test_the_page_of_seed_001_has_nine_articles(form):
    text = FORMS[form](SEED["001"])
    articles = split_articles(text)
    assert is_lossless(articles, text)
    for article, (title, author, first, last) in zip(articles, PAGE, strict=True):
        found = article.title.replace(":", "\uff1a")
        assert (ink(found) == ink(title)) if title in LOOSE else (found == title)
        assert (article.author, article.collection) == (author, "")
        body = text[article.start : article.end].strip()
        assert body.startswith(first) or article.start == 0
        assert last in body[-60:].replace(",", "，")


@pytest.mark.parametrize("number", ["002", "003", "004"])
@pytest.mark.parametrize("form", FORMS)
def test_seeds_that_are_one_article_stay_whole(number, form):
    assert len(split_articles(FORMS[form](SEED[number]))) == 1


@given(TEXTS)
@settings(max_examples=400)
def test_articles_are_contiguous_and_lossless(text):
    articles = split_articles(text)
    assert is_lossless(articles, text)
    assert all(article.start < article.end for article in articles) or not text


@given(TEXTS)
@settings(max_examples=200)
def test_each_article_of_a_page_has_ink(text):
    articles = split_articles(text)
    assert len(articles) == 1 or all(text[a.start : a.end].strip() for a in articles)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("本报记者 许棠 通讯员 李木、王 伟 文/图", ["许棠", "李木", "王伟"]),
        ("□ 驻京记者 许棠", ["许棠"]),
        ("●《江州晚报》全媒体记者 许棠 李木", ["许棠", "李木"]),
        ("記者許小棠／台北報導", ["許小棠"]),
        ("文/许棠 图/李木", ["许棠", "李木"]),
        ("本报记者 奇·巴特尔", ["奇·巴特尔"]),
    ],
)
def test_bylines_give_their_names(byline, names):
    assert is_byline(byline)
    assert authors_of(byline) == names


@pytest.mark.parametrize(
    "line",
    [
        "本报记者 许棠 摄",
        "记者：您怎么看？",
        "记者在现场看到",
        "■记者手记",
        "作者简介",
        "记者节",
        "文/图",
        "通讯员培训班今天开班",
    ],
)
def test_lines_about_reporters_are_no_bylines(line):
    assert not is_byline(line)


def test_what_is_no_name_is_refused():
    assert names_in("记者从市城管局获悉") is None


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        "本报讯\n",
        "本报记者 许棠\n",
        "老街的夜晚\n本报记者 许棠\n历时两年的老街改造昨天完工，三百户居民搬回修好的老屋，店铺陆续开张。\n",
        "【" * 40,
        "（记者",
        "1、国家图书馆新增一批古籍影像，读者可以免费阅读；\n",
        "城西菜场搬进新大楼\n",
        "记 者 ",
        "全区植树活动启动。3月12日，全区植树活动启动。\n",
        "好。（许棠）\n",
        "老街的夜晚\n许棠\n历时两年的老街改造昨天完工，三百户居民搬回修好的老屋，店铺陆续开张。\n",
        "老街的夜晚\n2023-05-06\n昨天，老街的夜晚亮了灯，三百户居民搬回修好的老屋，店铺陆续开张。\n",
        "老街的夜晚　文／许棠\n",
        "\n许 棠 ",
        "\n＊＊＊＊＊\n老街的夜晚",
        "09:31 【油价回落】",
        "编辑同志：\n老街的路灯\n",
        "（许棠）\n",
        "\n2023-5-6 ",
    ],
    ids=lambda unit: unit[:12].strip() or "blank",
)
def test_time_grows_with_the_text_alone(unit):
    assert grows_linearly(lambda size: split_articles(unit * (size // len(unit))), 40_000)
