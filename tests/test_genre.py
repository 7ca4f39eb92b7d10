"""Kinds of pages are told apart, and the posts of a thread stay whole, apart and in order."""

from __future__ import annotations

import pytest

from corpusprep.core import Document, Label
from corpusprep.genre import CARD, GENRES, META, POST, recognise_genre
from corpusprep.ruleset import load_rules
from corpusprep.steps.boilerplate import Boilerplate
from corpusprep.text.edits import apply

RULES = load_rules()

DISCUZ = """查看: 62|回复: 2
老屋漏雨怎么补

[复制链接]
山脚人家
3
主题
12
帖子
88
积分
新手上路
热心街坊
发表于 2019-6-1 08:30:12 | 只看该作者 |倒序浏览
前天一场大雨，堂屋滴水。
楼上也湿了一片
回复
举报
瓦匠老周
沙发
发表于 2019-6-1 09:02:40 | 只看该作者
顶
回复
举报
石桥
板凳
发表于 2019-6-1 10:00:00 | 只看该作者
谢谢楼主
沙发
回复 使用道具 举报
返回列表 发新帖
Powered by Discuz! X3.4"""

TIEBA = """木桥
初级粉丝
2
家门口的河结冰了吗
来自Android客户端1楼2021-01-02 08:10回复
河沿
小有名气
6
结了
IP属地:吉林来自iPhone客户端2楼2021-01-02 08:12
回复
南窗
中级粉丝
7
+1
IP属地:辽宁来自iPhone客户端3楼2021-01-02 09:12
回复"""

NOTICE = """关于做好冬季供水工作的通知
各街道办事处、各供水站：
为保障居民用水，请各单位在入冬以前检查辖区内的管道，发现破损及时修补并上报。
特此通知。
附件：管道检查表
城南供水公司
2021年11月3日"""

LIST = """城南新书店开张 2021-03-04
河边小路修好了 2021-03-03
老茶馆歇业三天 2021-03-02
菜市场搬到北街 2021-03-01
冬泳队招募队员 2021-02-28
图书馆延长开放 2021-02-27"""

PAPER = """城南日报
2023年2月
8
星期三
国内统一连续出版物号:
CN 00-0000
邮发代号:00-00
今日8版
城南供水站冬季检修完成
本报讯(记者 木桥) 2月7日,城南供水站完成了冬季检修,全城的管道都查过一遍,没有发现漏水的地方。"""


def read(text: str):
    return RULES.read(text)


@pytest.mark.parametrize(
    ("text", "genre"),
    [
        (DISCUZ, "thread"),
        (TIEBA, "thread"),
        ("作者 lilac (丁香) 看板 Cook\n標題 [心得] 頂樓種菜\n時間 Thu Mar  5 12:10:00 2020\n土要先曬。", "thread"),
        (NOTICE, "notice"),
        ("關於調整開放時間的公告\n各位讀者：\n本館下月起週一閉館，其餘各日照常。\n特此公告。\n2019年5月6日", "notice"),
        (LIST, "list"),
        ("• 城南新書店開張\n• 河邊小路修好了\n• 老茶館歇業三天\n• 菜市場搬到北街\n• 冬泳隊招募隊員", "list"),
        (PAPER, "newspaper"),
        ("", "article"),
        ("甲", "article"),
        ("夜雨\n\n窗外下雨\n灯下读书\n河水涨了\n桥还在那里\n人已经走远", "article"),
        ("家里的河\n我家門前有一條河，夏天可以游泳，冬天可以滑冰，一年四季都有人在河邊散步。", "article"),
        ("他在通知里写道：\n请各位带好雨具。\n我没有去。", "article"),
    ],
)  # fmt: skip
def test_a_page_is_of_a_genre(text, genre):
    assert recognise_genre(read(text)) == genre
    assert genre in GENRES


def test_each_line_of_a_thread_has_a_state():
    page = read(DISCUZ)
    by_state = {
        state: [line for line, s in zip(page.text, page.state, strict=True) if s == state]
        for state in (CARD, META, POST)
    }
    assert by_state[POST] == ["前天一场大雨,堂屋滴水。", "楼上也湿了一片", "顶", "谢谢楼主", "沙发"]
    assert "热心街坊" in by_state[CARD]
    assert by_state[META][1] == "发表于 2019-6-1 08:30:12 | 只看该作者 |倒序浏览"


def test_posts_stay_in_order_as_paragraphs():
    left = apply(DISCUZ, RULES.find(DISCUZ))
    assert left.strip().split("\n\n")[1:] == [
        "前天一场大雨，堂屋滴水。\n楼上也湿了一片", "顶", "谢谢楼主\n沙发",
    ]  # fmt: skip
    left = apply(TIEBA, RULES.find(TIEBA))
    assert left.strip() == "家门口的河结冰了吗\n\n结了\n\n+1"


def test_a_thread_cleaned_twice_is_the_same():
    for text in (DISCUZ, TIEBA):
        once = apply(text, RULES.find(text))
        assert apply(once, RULES.find(once)) == once


def test_names_stay_if_asked_for():
    left = apply(DISCUZ, RULES.edits(RULES.read(DISCUZ, posters=True), posters=True))
    assert [name in left for name in ("山脚人家", "瓦匠老周", "石桥", "热心街坊")] == [True] * 3 + [
        False
    ]
    line = "ada #1 5 天前\n顶\nbao #2 4 天前\n谢谢"
    edits = RULES.edits(RULES.read(line, posters=True), posters=True)
    assert apply(line, edits).split() == ["ada", "顶", "bao", "谢谢"]
    assert apply(line, RULES.find(line)) == "顶\n\n谢谢"


def test_the_step_tells_genre_and_first_poster():
    found = {f.name: f.value for f in Boilerplate()(Document("1", DISCUZ)) if isinstance(f, Label)}
    assert found["genre"] == "thread"
    assert found["author"] == "山脚人家"
    named = Boilerplate(posters=True)(Document("1", DISCUZ))
    removed = [DISCUZ[f.start : f.end] for f in named if not isinstance(f, Label)]
    assert not any("瓦匠老周" in old for old in removed)


@pytest.mark.parametrize(
    "text",
    [
        "春夜\n2021-03-04 10:10:10\n晴\n2021-03-05 10:10:10\n雨\n分享\n收藏",
        "他的文章发表于 2019-6-1。\n回复\n沙发\n板凳\n顶\n我数了四样东西。",
        "我家\n沙发\n板凳\n地板\n都是旧的。",
    ],
)
def test_other_texts_are_no_threads(text):
    page = read(text)
    assert page.engine == -1
    assert set(page.state) <= {0}


def test_a_comment_above_its_date_stays():
    text = "青瓦\n好看\n3小时前\n回复\n举报\n白墙\n不好看\n2小时前\n回复\n举报"
    left = apply(text, RULES.find(text))
    assert "好看" in left.split()
    assert "不好看" in left.split()


@pytest.mark.parametrize(
    "unit",
    [
        "发表于 2020-1-1 10:00 | 只看该作者\n",
        "甲 #1 3 天前\n",
        "回复\n甲\n3 天前\n乙\n",
        "3楼2012-05-01 12:00\n甲\n",
    ],
)
def test_hostile_threads_end(unit):
    text = unit * (200_000 // len(unit))
    assert len(apply(text, RULES.find(text))) <= len(text)


def test_dates_beside_floors_and_counts_go_where_no_button_parts_the_posts():
    text = "青瓦\n楼主\n•\n2021-03-04 08:12:33\n屋顶漏了\n白墙\n作者\n•\n2021-03-04 09:12:33\n补一补\n看看"
    left = apply(text, RULES.find(text)).split()
    assert left == ["青瓦", "屋顶漏了", "白墙", "补一补", "看看"]


def test_what_a_post_says_is_no_frame_of_an_article():
    text = DISCUZ.replace("楼上也湿了一片", "（完）\n分享到我们村的群里了，可以吗？")
    left = apply(text, RULES.find(text))
    assert "（完）" in left
    assert "分享到我们村的群里了" in left


def test_no_list_swallows_the_title_of_a_thread():
    text = "热门推荐\n老屋漏雨以后怎么补才好\n" + DISCUZ.split("\n\n")[1]
    assert "老屋漏雨以后怎么补才好" in apply(text, RULES.find(text))
