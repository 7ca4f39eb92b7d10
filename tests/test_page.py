"""HTML: one walk that loses nothing, edits that say what went, and the main content that stays."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

import corpusprep as cp
from corpusprep.core import Edit
from corpusprep.data.ledger import restore
from corpusprep.page.html import is_html, read_page
from corpusprep.page.main import find_main
from corpusprep.page.walk import MAX_PATH, walk
from corpusprep.recipe import load_recipe
from corpusprep.steps.page import MainContent, Markup

ARTICLE = """<html lang="zh-CN"><head><meta charset="utf-8"><title>老桥要修了_桥头晚报</title>
<meta name="author" content="陈一舟"><meta property="article:published_time" content="2024-03-05">
<meta property="og:site_name" content="桥头晚报"><link rel="canonical" href="https://qiaotou.example/5.html">
<style>.nav{color:red}</style><script>var 广告 = 1;</script></head><body>
<div class="nav"><a href="/">首页</a> <a href="/bd">本地</a> <a href="/ty">体育</a></div>
<div class="crumbs">当前位置：<a href="/">首页</a> &gt; 本地</div>
<h1>老桥要修了</h1><p class="info">2024-03-05 10:20 来源：桥头晚报</p>
<div class="article"><p>镇口的老桥建成六十年，桥面开裂，三吨以上的车已经不准通行。</p>
<p>镇里决定四月动工，<span style="display:none">抄袭必究</span>工期五个月。
<font class="jammer">x7Kq</font>其间行人走下游的便桥。</p>
<p>“修好以后，送菜的车不用再绕路了。”菜农老周说。</p></div>
<div class="related"><h3>相关阅读</h3><ul><li><a href="/1">河堤加固完工</a></li>
<li><a href="/2">镇医院新楼启用</a></li><li><a href="/3">夜市搬迁的消息</a></li></ul></div>
<div class="footer">版权所有 桥头晚报 京ICP备00000000号<button>回到顶部</button></div></body></html>"""
BODY = (
    "镇口的老桥建成六十年，桥面开裂，三吨以上的车已经不准通行。\n\n"
    "镇里决定四月动工，工期五个月。其间行人走下游的便桥。\n\n"
    "“修好以后，送菜的车不用再绕路了。”菜农老周说。"
)


def lines(html):
    return walk(html).text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>一<p>二", "一\n\n二"),
        ("<div>一</div><div>二</div>", "一\n二"),
        ("一<br>二<br><br>三", "一\n二\n\n三"),
        ("<p>  一 \n 二\t三  </p>", "一 二 三"),
        ("<p>一<b> 二</b> <i>三</i>", "一 二 三"),
        ("<pre>  一\n    二\n</pre>", "  一\n    二\n"),
        ("<table><tr><th>名称<th>数量<tr><td>甲<td>3</table>", "名称 | 数量\n甲 | 3"),
        ("<table><tr><td>甲<td><td>3</table>", "甲 | | 3"),
        ("<table><tr><td><p>左栏</p><td><p>右栏</p></table>", "左栏\n\n右栏"),
        ("<table><tr><td><table><tr><td>内</table></table>", "内"),
        ("<ul><li>一<li>二</ul>三", "一\n二\n\n三"),
        ("<dl><dt>名<dd>释</dl>", "名\n释"),
        ("<p>&lt;标签&gt; &amp; &#20013;&nbsp;文</p>", "<标签> & 中\xa0文"),
        ("<ruby>汉<rt>hàn</rt></ruby>字", "汉hàn字"),
        ("<p>甲<!-- 注释 -->乙", "甲乙"),
        ("<img alt='替代文字'><p title='提示'>正文", "正文"),
        ("<frameset><noframes>没有框架</noframes></frameset>", "没有框架"),
        ("只有文字", "只有文字"),
    ],
)
def test_text_is_set_as_a_browser_sets_it(html, text):
    assert lines(html) == text


def test_blocks_say_where_they_lie():
    page = walk(ARTICLE)
    paths = {page.text[b.start : b.end]: b for b in page.blocks}
    assert paths["首页 本地 体育"].links == 6
    assert paths["老桥要修了"].path == "body/h1[1]"
    assert paths["抄袭必究"].path.endswith("p[2]/span[1]!hidden")
    assert paths["x7Kq"].path.endswith("font[1].jammer!hidden")
    assert paths["var 广告 = 1;"].path == "head/script[1]"
    assert paths["相关阅读"].path == "body/div[4].related/h3[1]"


def test_a_path_has_no_more_than_so_many_elements():
    (block,) = walk("<div>" * 300 + "深处").blocks
    assert block.path.count("/") < MAX_PATH


def test_an_article_is_what_stays():
    page = cp.extract(ARTICLE)
    assert page.text == BODY
    assert page.title == "老桥要修了"
    assert page.url == "https://qiaotou.example/5.html"
    told = {k: page.labels[k] for k in ("author", "published", "source_name", "lang")}
    assert told == {
        "author": "陈一舟",
        "published": "2024-03-05",
        "source_name": "桥头晚报",
        "lang": "zh-CN",
    }


def test_every_character_that_goes_has_a_rule():
    page = cp.extract(ARTICLE)
    assert page.undo() == walk(ARTICLE).text
    rules = {
        edit.rule.partition(":")[0]: old
        for change in page.history
        if change.step in {"markup", "page"}
        for edit, old in zip(change.edits, change.old, strict=True)
    }
    assert rules["script"].strip() == "var 广告 = 1;"
    assert rules["hidden"] in {"抄袭必究", "x7Kq"}
    assert rules["title"].strip() == "老桥要修了"
    assert {"style", "page-model"} <= rules.keys()


def test_what_a_reader_is_shown_later_is_not_hidden():
    html = ARTICLE.replace('<div class="article">', '<div class="article" style="display:none">')
    assert "老桥建成六十年" in cp.extract(html).text
    shown = ARTICLE.replace('<div class="article">', '<div style="visibility: hidden">')
    assert "老桥建成六十年" in cp.extract(shown).text


THREAD = (
    "<title>阳台上的番茄不结果 - 种菜论坛</title><div class=nav><a href=/>首页</a> <a href=/b>版块</a></div>"
    "<h1>阳台上的番茄不结果</h1>"
    + "".join(
        f"<div class=post><div class=user><a href=/u{i}>{name}</a> 等级：{i}</div>"
        f"<div class=postcontent>{text}</div><div class=tools>回复 举报</div></div>"
        for i, (name, text) in enumerate(
            [
                ("南窗", "阳台朝南，番茄长到一米高，只开花不结果，是不是缺肥？"),
                ("老圃", "多半是没有授粉，开花的时候轻轻摇一摇枝子。"),
                ("小满", "摇过了，有用。"),
            ]
        )
    )
    + "<div class=footer>Powered by 种菜论坛</div>"
)


def test_a_thread_keeps_its_title_and_every_post():
    page = cp.extract(THREAD, "https://bbs.zhongcai.example/thread-7-1-1.html")
    for text in ("阳台上的番茄不结果", "是不是缺肥？", "轻轻摇一摇枝子。", "摇过了，有用。"):
        assert text in page.text
    assert "首页" not in page.text
    assert find_main(read_page(THREAD, "t", url="https://bbs.zhongcai.example/thread-7")).thread


def test_marks_of_lists_are_put_in():
    html = (
        "<title>做法</title><div class=content><p>先把米淘干净，泡上半个钟头，再照下面的次序做。</p>"
        "<ol><li>锅里放水，大火烧开以后把米倒进去。<li>转小火，盖上锅盖煮二十分钟。</ol>"
        "<ul><li>想吃稠一些的，可以再多煮五分钟。<li>1. 已经有号的不再加号，照旧就好。</ul></div>"
    )
    text = cp.extract(html).text
    assert "1. 锅里放水" in text
    assert "2. 转小火" in text
    assert "- 想吃稠一些的" in text
    assert "\n1. 已经有号的" in text


def test_ruby_goes_with_a_label():
    page = cp.extract("<p>他在<ruby>龘<rt>dá</rt></ruby>字旁边注了音，又讲了这个字的来历。</p>")
    assert page.text == "他在龘字旁边注了音，又讲了这个字的来历。"
    assert page.labels["ruby"] == 1


@pytest.mark.parametrize(
    "html", ["<p>短。", "<a href=/>链接</a>", "<table><tr><td>一</table>", "文"]
)
def test_no_page_with_text_comes_back_empty(html):
    assert cp.extract(html).text.strip()


@pytest.mark.parametrize(
    ("codec", "meta", "header"),
    [
        ("gb18030", "gb2312", None),
        ("gb18030", "utf-8", None),
        ("utf-8", "gb2312", None),
        ("big5", "big5", "text/html; charset=utf-8"),
        ("gb18030", "", "text/html; charset=gbk"),
    ],
)
def test_a_wrong_label_loses_against_the_bytes(codec, meta, header):
    html = ARTICLE.replace("utf-8", meta) if meta else ARTICLE.replace('<meta charset="utf-8">', "")
    if codec == "big5":
        html = (
            cp.convert_script(html, "s2t").replace("鎮", "镇".encode().decode()).replace("镇", "鎮")
        )
    page = read_page(
        html.encode(codec, "ignore"), "p", headers={"Content-Type": header} if header else None
    )
    assert page.text == walk(html.encode(codec, "ignore").decode(codec)).text
    assert page.labels["encoding"].startswith({"big5": "big5"}.get(codec, codec))


@pytest.mark.parametrize(
    ("meta", "headers", "said"),
    [
        ('<meta name="robots" content="index, noai">', {}, "noai"),
        ('<meta name="ROBOTS" content="NoImageAI">', {}, "noimageai"),
        ('<meta name="tdm-reservation" content="1">', {}, "tdm-reservation"),
        ("", {"X-Robots-Tag": "noai, noimageai"}, "noai noimageai"),
        ("", {"TDM-Reservation": "1"}, "tdm-reservation"),
    ],
)
def test_wishes_not_to_be_used_are_heeded(meta, headers, said):
    html = ARTICLE.replace("<style>", f"{meta}<style>")
    page = read_page(html, "p", headers=headers)
    assert page.dropped is not None
    assert page.text == ""
    assert (page.dropped[0], page.dropped[1].rule, page.dropped[1].detail) == (
        "read",
        "opt-out",
        said,
    )
    assert read_page(html, "p", headers=headers, ignore_optout=True).dropped is None


@pytest.mark.parametrize("robots", ["noindex", "nofollow, noarchive", "tdm-reservation"])
def test_other_wishes_are_none_of_ours(robots):
    html = ARTICLE.replace("<style>", f'<meta name="robots" content="{robots}"><style>')
    assert read_page(html, "p").dropped is None


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 20_000 + "深处的话，说了一句。",
        "<b><i>" * 20_000 + "深处的话，说了一句。",
        "<table><tr><td>" * 5_000 + "深处的话，说了一句。",
        "<p " + " ".join(f"a{i}=1" for i in range(100_000)) + ">深处的话，说了一句。",
        "<p>深处的话，说了一句。<!-- " + "x" * 100_000,
        "<p>深处的话，说了一句。<script>" + "<" * 100_000,
    ],
    ids=["divs", "inline", "tables", "attributes", "comment", "script"],
)
def test_hostile_pages_are_read(html):
    assert "深处的话，说了一句。" in cp.extract(html).text


soup = st.recursive(
    st.text("字，。 \n<>&;a\xa0\u3000", max_size=12),
    lambda inner: st.builds(
        lambda tag, parts, attribute: f"<{tag}{attribute}>{''.join(parts)}</{tag}>",
        st.sampled_from(
            ["p", "div", "li", "ul", "ol", "td", "tr", "table", "a", "b", "h1", "script"]
        ),
        st.lists(inner, max_size=4),
        st.sampled_from(
            ["", " class=nav", " style='display:none'", " class=article id=x", " href=/"]
        ),
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(soup)
def test_blocks_follow_each_other_and_edits_can_be_taken_back(html):
    page = walk(html)
    ends = [0, *(block.end for block in page.blocks)]
    assert all(
        end <= block.start < block.end for end, block in zip(ends, page.blocks, strict=False)
    )
    assert all(block.links <= block.end - block.start for block in page.blocks)
    doc = read_page(html, "p")
    if doc.dropped is None:
        before = doc.text
        done = cp.Pipeline([Markup(), MainContent()])(doc)
        assert done.dropped is None
        assert done.undo() == before


def test_steps_leave_plain_text_alone():
    doc = cp.Document("1", "没有标签的文字。<b>这不是标签</b>")
    assert list(Markup()(doc)) == list(MainContent()(doc)) == []


def test_the_title_stays_if_asked_for():
    doc = cp.Pipeline([Markup(), MainContent(title="keep")])(read_page(ARTICLE, "p"))
    assert doc.text.startswith("老桥要修了")
    edits = [e for e in MainContent()(read_page(ARTICLE, "p")) if isinstance(e, Edit)]
    assert any(e.rule == "title" for e in edits)


def test_what_begins_like_a_page_is_one():
    assert is_html(b"\xef\xbb\xbf <!DOCTYPE html>")
    assert is_html(b'<?xml version="1.0"?>\n<html>')
    assert not is_html("《html 入门》".encode())
    assert not is_html(b"<p>")


def warc(url, body, header="text/html"):
    block = f"HTTP/1.1 200 OK\r\nContent-Type: {header}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n"
        f"WARC-Date: 2026-01-02T03:04:05Z\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n")


def test_a_run_over_a_crawl_accounts_for_every_record(tmp_path):
    optout = ARTICLE.replace("<style>", '<meta name="robots" content="noai"><style>')
    crawl = tmp_path / "crawl.warc.gz"
    crawl.write_bytes(
        warc("https://qiaotou.example/5.html", ARTICLE.encode())
        + warc("https://bbs.zhongcai.example/thread-7-1-1.html", THREAD.encode("gb18030"))
        + warc("https://qiaotou.example/6.html", optout.encode())
        + warc("https://qiaotou.example/a.png", b"\x89PNG\r\n", "image/png")
    )
    recipe = load_recipe("zh-web").with_options({"write": {"ledger": "full"}})
    corpus = cp.run([crawl], tmp_path / "out", recipe=recipe, workers=1)
    kept = {r["id"]: r for r in pq.read_table(tmp_path / "out" / "documents").to_pylist()}
    assert sorted(kept) == [
        "https://bbs.zhongcai.example/thread-7-1-1.html",
        "https://qiaotou.example/5.html",
    ]
    assert kept["https://qiaotou.example/5.html"]["text"] == BODY
    assert kept["https://qiaotou.example/5.html"]["title"] == "老桥要修了"
    assert restore(tmp_path / "out", "https://qiaotou.example/5.html") == walk(ARTICLE).text
    left = {r["rule"] for r in pq.read_table(tmp_path / "out" / "rejected").to_pylist()}
    assert left == {"opt-out", "not-text"}
    assert corpus.report["inputs"][0]["documents"] == 4
    assert corpus.report["optouts"] == 1
    assert "opt-out" in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_the_command_reads_pages_and_opts(tmp_path):
    page = tmp_path / "a.html"
    page.write_text(
        ARTICLE.replace("<style>", '<meta name="robots" content="noai"><style>'), encoding="utf-8"
    )
    command = [sys.executable, "-m", "corpusprep"]
    done = subprocess.run([*command, "clean", page], capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.decode() == BODY + "\n"
    done = subprocess.run(
        [*command, "explain", page, "--json"], capture_output=True, check=True, cwd=ROOT
    )
    assert {e["step"] for e in json.loads(done.stdout)["edits"]} >= {"markup", "page"}
    for extra, count in (([], 0), (["--ignore-optout"], 1)):
        out = tmp_path / f"out{count}"
        subprocess.run([*command, "run", page, "-o", out, "-q", *extra], check=True, cwd=ROOT)
        assert cp.Corpus(out).report["documents"]["out"] == count
