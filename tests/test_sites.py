"""Rules for sites: what they select, what is refused, and drafts that hold as they stand."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tomllib

import pytest
from conftest import ROOT, grows_linearly
from selectolax.lexbor import LexborHTMLParser

from corpusprep.errors import UndecodableError
from corpusprep.page.sitedraft import draft_site
from corpusprep.page.sitemarks import MAIN, SiteRule, marked_text, site_host
from corpusprep.page.sites import SHIPPED_SITES, Sites, check_sites, load_sites
from corpusprep.page.walk import MAX_PATH, walk
from corpusprep.rulefile import RuleError

COMMAND = [sys.executable, "-m", "corpusprep"]
URL = "https://paper.example/1.html"
GOOD = """\
host = "paper.example"
why = "Articles of our paper."
main = ["div.text"]
drop = [".share"]

[[example]]
html = '''
<ul class="menu"><li>首页</li></ul>
<div class="text"><p>河面结冰了。</p><div class="share">分享到微信</div></div>
'''
has = ["河面结冰了。"]
gone = ["首页", "分享到微信"]
"""
LINE_RULE = """\
[[rule]]
id = "reader-poll"
class = "navigation"
why = "The poll below each article."
line = ['您的评价是\\?']
removes = ["您的评价是？"]
keeps = ["您的评价是公允的。"]
"""


def command(*args, stdin=b""):
    return subprocess.run(
        [*COMMAND, *map(str, args)], input=stdin, capture_output=True, check=False, timeout=60
    )


def left(html, *, main=(), drop=(), title="", url=URL):
    page = LexborHTMLParser(html)
    sites = Sites([SiteRule("paper.example", "", tuple(main), tuple(drop), title, (), "")])
    return marked_text(page, sites.marks(page, url))


def problems(tmp_path, text):
    path = tmp_path / "paper.example.toml"
    path.write_text(text, "utf-8")
    return [str(problem) for problem in check_sites(path)]


# --- hosts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Example.ORG:8443/a?b#c", "example.org"),
        ("http://user:word@m.example.org./", "m.example.org"),
        ("//example.org/a", "example.org"),
        ("example.org/a", "example.org"),
        ("https://例子.中国/a", "xn--fsqu00a.xn--fiqs8s"),
        ("https://XN--FSQU00A.xn--fiqs8s/a", "xn--fsqu00a.xn--fiqs8s"),
        ("http://[::1", ""),
        (f"http://{'a' * 70}.example.org/", f"{'a' * 70}.example.org"),
        ("/a/b.html", ""),
        ("", ""),
    ],
)
def test_a_host_is_read_from_any_address(url, host):
    assert site_host(url) == host


def rule(host, *main):
    return SiteRule(host, "", main, (), "", (), "")


def test_the_nearest_host_counts():
    sites = Sites([rule("example.org"), rule("blog.example.org")])
    assert sites.find("https://m.blog.example.org/1").id == "site:blog.example.org"
    assert sites.find("https://news.example.org/1").id == "site:example.org"
    assert sites.find("https://notexample.org/1") is None
    assert sites.find("https://org/1") is None
    assert sites.find("") is None


def test_a_host_in_chinese_is_found_in_either_writing(tmp_path):
    (tmp_path / "a.toml").write_text(GOOD.replace("paper.example", "www.例子.中国"), "utf-8")
    sites = load_sites(tmp_path, shipped=False)
    assert sites.find("http://m.例子.中国/") is sites.find("http://xn--fsqu00a.xn--fiqs8s:80/")
    assert sites.find("http://例子.中国/").main == ("div.text",)


# --- marks -------------------------------------------------------------------------------------

PAGE = "<h1>结冰</h1><nav>首页</nav><div class=text><p>河面结冰了。<p class=share>分享</div>页脚"


def test_only_the_main_content_stays_without_what_is_dropped():
    assert left(PAGE, main=["div.text"], drop=[".share"]) == "河面结冰了。"


def test_without_main_only_what_is_dropped_goes():
    assert left(PAGE, drop=["nav", ".share"]) == "结冰\n\n河面结冰了。\n\n页脚"


def test_the_title_stays_beside_the_main_content():
    assert left(PAGE, main=["div.text"], drop=[".share"], title="h1") == "结冰\n\n河面结冰了。"


def test_a_rule_whose_main_finds_nothing_does_not_empty_the_page():
    whole = left(PAGE)
    assert left(PAGE, main=["div.body", "#article"]) == whole
    assert left(PAGE, main=["div.body"], drop=["nav"]).split() == [
        "结冰",
        "河面结冰了。",
        "分享",
        "页脚",
    ]


@pytest.mark.parametrize(
    "inner", ["", " \n ", "<script>1;</script>", "<p class=share>分享</p>", "<!-- 正文 -->"]
)
def test_an_empty_main_does_not_empty_the_page(inner):
    html = f"<div id=app>{inner}</div><p>河面结冰了。</p>"
    assert "河面结冰了。" in left(html, main=["#app"], drop=[".share"])
    filled = f"<div id=app>{inner}<p>桥还在。</div><p>河面结冰了。</p>"
    assert left(filled, main=["#app"], drop=[".share"]) == "桥还在。"


def test_a_drop_never_takes_the_main_content_nor_the_whole_page():
    html = "<div class=share><div class=text>河面结冰了。</div></div><p class=share>分享</p>"
    assert left(html, main=["div.text"], drop=[".share"]) == "河面结冰了。"
    assert left(html, main=["div.text"], drop=["div.text"]) == "河面结冰了。"
    assert left("<div class=share>河面结冰了。</div>", drop=[".share"]) == "河面结冰了。"


def test_a_drop_that_holds_the_title_leaves_it():
    html = "<div class=text><div class=head><h1>结冰</h1>阅读 12</div>河面结冰了。</div>"
    assert "结冰\n" in left(html, main=["div.text"], drop=[".head"], title="h1")


def test_main_in_main_is_one_main():
    html = "<div class=text><p>一。</p><div class=text>二。</div><p>三。</p></div><p>四。</p>"
    page = LexborHTMLParser(html)
    sites = Sites([rule("paper.example", "div.text")])
    assert list(sites.marks(page, URL).values()) == [MAIN]
    assert left(html, main=["div.text"]) == "一。\n\n二。\n\n三。"


def test_several_mains_all_stay():
    html = "<div class=post>一。</div><hr><p>广告</p><div class=post>二。</div>"
    assert left(html, main=["div.post"]).split() == ["一。", "二。"]


@pytest.mark.parametrize("depth", [5, MAX_PATH - 3, MAX_PATH, 3 * MAX_PATH, 3000])
def test_marks_hold_however_deep_they_lie(depth):
    deep = "<div>" * depth + "<div class=text>河面结冰了。</div>" + "</div>" * depth
    html = f"<div class=text>桥还在。</div><p>分享</p>{deep}<p>页脚</p>"
    assert left(html, main=["div.text"]).split() == ["桥还在。", "河面结冰了。"]
    assert left(deep + "<p>页脚</p>", main=["div.text"]) == "河面结冰了。"


def test_many_nested_mains_take_linear_time():
    def nested(n):
        return left("<div class=text>" * n, main=["div.text"], drop=["p"])

    assert grows_linearly(nested, 2000)
    assert left("<div class=text>" * 2000 + "河面结冰了。", main=["div.text"]) == "河面结冰了。"


def test_pages_of_other_sites_and_without_address_have_no_marks():
    for url in ("", "https://other.example/1", "/1.html"):
        assert left(PAGE, main=["div.text"], url=url) == left(PAGE)


def test_the_title_is_read_without_what_is_dropped():
    sites = Sites([SiteRule("paper.example", "", (), (".edit",), "h1", (), "")])
    page = LexborHTMLParser("<h1> </h1><h1>结\n冰<span class=edit>[编辑]</span></h1>")
    assert sites.title(page, URL) == "结 冰"
    assert sites.title(page, "") == ""


def test_sites_go_through_pickle_and_their_hash_tells_them_apart():
    sites = load_sites()
    again = pickle.loads(pickle.dumps(sites))
    assert (again.rules, again.hash) == (sites.rules, sites.hash)
    assert Sites([rule("a.example", "p")]).hash != Sites([rule("a.example", "div")]).hash


# --- files -------------------------------------------------------------------------------------


def test_the_shipped_rules_do_what_their_examples_say():
    assert [str(problem) for problem in check_sites(SHIPPED_SITES)] == []
    rules = load_sites().rules
    assert {f"{host}.toml" for host in rules} == {p.name for p in SHIPPED_SITES.glob("*.toml")}


@pytest.mark.parametrize("found", load_sites().rules.values(), ids=lambda found: found.host)
def test_a_shipped_rule_takes_nothing_of_a_page_in_other_mark_up(found):
    html = "<div class='story'><h2>结冰</h2><p>河面结冰了。</p><p>桥还在。</p></div>"
    page = LexborHTMLParser(html)
    assert load_sites().marks(page, f"https://{found.host}/") == {}


def test_a_users_rule_comes_before_the_shipped_one(tmp_path):
    url = "https://mp.weixin.qq.com/s/1"
    (tmp_path / "mine.toml").write_text(GOOD.replace("paper.example", "mp.weixin.qq.com"), "utf-8")
    assert load_sites().find(url).main != ("div.text",)
    assert load_sites(tmp_path).find(url).main == ("div.text",)
    assert load_sites(tmp_path).find("https://news.163.com/a.html").host == "163.com"
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.toml").write_text((tmp_path / "mine.toml").read_text("utf-8") + "\n", "utf-8")
    assert load_sites(tmp_path, other).find(url).file == "a.toml"


def test_a_good_rule_passes(tmp_path):
    assert problems(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("why =", "reason =", ":2: unknown key 'reason'; known: "),
        ("drop =", "drops =", ":4: unknown key 'drops'; did you mean 'drop'?"),
        ('why = "Articles of our paper."\n', "", ":1: no 'why'; say"),
        ('host = "paper.example"\n', "", ":1: no 'host'; name"),
        ("paper.example", "https://paper.example/", ":1: 'https://paper.example/' is no host"),
        ("paper.example", "paper", ":1: 'paper' is no host"),
        ('["div.text"]', "7", ":3: 'main' is no list of selectors"),
        ('["div.text"]', '["div.text", ""]', ":3: 'main' is no list of selectors"),
        ('"Articles of our paper."', "7", ":2: 'why' is no string"),
        ('"div.text"', '"div..text"', ":3: 'main' has 'div..text', which is no CSS selector"),
        ('".share"', '".share",\n".b", "p:foo"', ":5: 'drop' has 'p:foo', which is no CSS"),
        ('"div.text"', '"div[id=text"', ":3: 'main' has 'div[id=text', which is no CSS selector"),
        ("has =", "keeps =", ":6: the example has the unknown key 'keeps'"),
        ('has = ["河面结冰了。"]\n', "", ":6: the example has no 'has'"),
        ("gone = [", "gone = [7,", ":6: the example's 'gone' is no list of strings"),
        ('gone = ["首页", "分享到微信"]', "", ":1: no [[example]] with 'html', 'has' and 'gone'"),
        ("html =", "other =", ":6: the example has no 'html'"),
        ("[[example]]", "[example]", ": 'example' is no table; write [[example]]"),
        ("[[example]]", "[[example", ": cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(tmp_path, old, new, said):
    assert old in GOOD
    found = problems(tmp_path, GOOD.replace(old, new))
    assert any(said in problem for problem in found), found
    assert all(problem.startswith("paper.example.toml:") for problem in found)
    with pytest.raises(RuleError):
        load_sites(tmp_path, shipped=False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '["河面结冰了。"]',
            '["分享到微信"]',
            "'has' names “分享到微信”, which would go; widen 'main'",
        ),
        ('["河面结冰了。"]', '["桥"]', "'has' names “桥”, which the page does not show"),
        ('"首页", ', '"河面", ', "'gone' names “河面”, which would stay; narrow 'main'"),
        ('"首页", ', '"桥", ', "'gone' names “桥”, which the page does not show"),
        ('".share"', '".share", ".ad"', "in no example does '.ad' select anything"),
        ('["div.text"]', '["div.text", "#main"]', "in no example does '#main' select anything"),
    ],
)
def test_a_rule_that_does_not_do_what_its_example_says_fails(tmp_path, old, new, said):
    assert old in GOOD
    found = problems(tmp_path, GOOD.replace(old, new))
    assert len(found) == 1
    assert said in found[0]
    with pytest.raises(RuleError, match=r"paper\.example\.toml"):
        load_sites(tmp_path, shipped=False)


def test_examples_are_checked_however_they_are_written(tmp_path):
    head = GOOD[: GOOD.index("[[example]]")]
    html = "<div class=text>冰<p class=share>分享</div>"
    inline = f'example = [{{html = "{html}", has = ["桥"], gone = ["分享"]}}]\n'
    assert "“桥”" in "".join(problems(tmp_path, head + inline))


def test_a_host_stands_in_one_file_of_a_folder(tmp_path):
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD, "utf-8")
    said = [str(problem) for problem in check_sites(tmp_path)]
    assert said == ["b.toml: 'paper.example' stands in a.toml as well; put them together"]


def test_a_folder_without_rules_is_an_error(tmp_path):
    with pytest.raises(RuleError, match=r"no \*\.toml here"):
        load_sites(tmp_path)


# --- the command -------------------------------------------------------------------------------


def test_rules_check_knows_site_files_beside_other_rules(tmp_path):
    (tmp_path / "paper.example.toml").write_text(GOOD, "utf-8")
    (tmp_path / "lines.toml").write_text(LINE_RULE, "utf-8")
    done = command("rules", "check", tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    (tmp_path / "paper.example.toml").write_text(GOOD.replace("首页", "桥", 1), "utf-8")
    (tmp_path / "lines.toml").write_text(LINE_RULE.replace("是公允的。", "是？"), "utf-8")
    done = command("rules", "check", tmp_path)
    said = done.stdout.decode()
    assert done.returncode == 1
    assert "paper.example.toml:6: 'gone' names “首页”" in said
    assert "lines.toml: rule 'reader-poll' keeps" in said
    assert len(said.splitlines()) == 2


def test_rules_check_looks_into_the_folder_sites_and_at_single_files(tmp_path):
    sites = tmp_path / "sites"
    sites.mkdir()
    path = sites / "paper.example.toml"
    path.write_text(GOOD, "utf-8")
    assert command("rules", "check", tmp_path).returncode == 0
    path.write_text(GOOD.replace("div.text", "div..text", 1), "utf-8")
    for target in (tmp_path, sites, path):
        done = command("rules", "check", target)
        assert done.returncode == 1
        assert done.stdout.decode().startswith("paper.example.toml:3: 'main' has 'div..text'")
    path.unlink()
    assert command("rules", "check", sites).returncode == 1


def test_rules_check_of_the_package_passes():
    assert command("rules", "check", ROOT / "corpusprep" / "rules").returncode == 0


# --- drafts ------------------------------------------------------------------------------------

BODY = "".join(f"<p>第{n}天，河面结了冰，桥上的人比昨天少。</p>" for n in range(9))
MENU = "<ul class=menu><li><a href=/>首页</a><li><a href=/n>要闻</a></ul>"
FORMS = {
    "id": f"{MENU}<div id=article><h1>结冰</h1>{BODY}</div>",
    "class": f"{MENU}<div class='box text'>{BODY}</div><div class=box>分享</div>",
    "named above": f"{MENU}<div class=page><section>{BODY}</section><aside>分享</aside></div>",
    "no names": f"{MENU}<div>上一页</div><div><div>日期</div><div>{BODY}</div></div>",
    "tables": f"<table><tr><td>{MENU}<td><table><tr><td>{BODY}</table></table><p>页脚",
    "passing name": f"{MENU}<div class=page><div id=post-4711>{BODY}</div></div>",
    "flat": BODY,
    "flat with menu": f"{MENU}{BODY}<footer>版权所有</footer>",
    "only links": MENU * 3,
    "no sentence": "<div class=text>结冰</div>",
    "links and lines": f"<div class=nav>{MENU * 9}</div><div class=lines>{'结冰<br>' * 9}</div>",
    "quotes": f"<div class=\"it's 'x' a&amp;b text\">'''{BODY}\\ &lt;p&gt; \"\"\"</div>",
    "deep": "<div>" * 500 + BODY,
    "entities": f"<div id=text>{BODY}&#0;&#1;&#x7f;&#xD800;\x0b\u2028</div>",
    "frameset": "<frameset><frame src=a></frameset><noframes>框架</noframes>",
}


def check_draft(tmp_path, draft):
    path = tmp_path / "draft.toml"
    path.write_text(draft, "utf-8")
    return [str(problem) for problem in check_sites(path)]


@pytest.mark.parametrize(
    "html", [pytest.param(v, id=k) for k, v in FORMS.items() if k != "frameset"]
)
def test_a_draft_passes_its_own_check(tmp_path, html):
    draft = draft_site(html.encode("utf-8", "replace"), url=URL)
    assert check_draft(tmp_path, draft) == []


@pytest.mark.parametrize(
    ("form", "main"),
    [
        ("id", ["#article"]),
        ("class", ["div.text"]),
        ("named above", ["div.page section"]),
        ("no names", ["body > div:nth-of-type(2) > div:nth-of-type(2)"]),
        ("passing name", ["div.page"]),
        ("flat with menu", None),
        ("links and lines", ["div.lines"]),
    ],
)
def test_the_draft_names_what_holds_the_text(form, main):
    draft = tomllib.loads(draft_site(FORMS[form].encode(), url=URL))
    if form == "passing name":  # the element itself by its place: 4711 is on no other page
        assert "4711" not in draft["main"][0]
        assert draft["main"][0].startswith("div.page")
    else:
        assert draft.get("main") == main


def test_the_draft_drops_ornaments_but_no_text(tmp_path):
    html = (
        f"<div class=story>{BODY}<div class=social-share>分享到微信</div>"
        "<ul class=hot><li><a href=1>大雪封桥</a><li><a href=2>水落石出</a></ul>"
        f"<div class=comment-body>{BODY}</div><p class=editor>责任编辑：王小明</p>"
        "<div class=box><a href=3>下一篇</a></div></div>"
    )
    draft = draft_site(html.encode(), url=URL)
    found = tomllib.loads(draft)
    assert found["drop"] == ["div.social-share", "ul.hot", "p.editor"]
    assert {"分享到微信", "责任编辑：王小明"} <= set(found["example"][0]["gone"])
    assert check_draft(tmp_path, draft) == []


def test_the_example_of_a_draft_is_short():
    html = f"<div class=page>{'<div>' * 9}<div class=text>{BODY * 50}</div>"
    draft = draft_site(html.encode(), url=URL)
    assert len(draft) < 1000
    assert draft.count("<div") == 3  # page, text, and what stands outside
    assert all(len(s) <= 40 for s in tomllib.loads(draft)["example"][0]["has"])


@pytest.mark.parametrize(
    ("head", "host"),
    [
        ("<link rel=canonical href='https://WWW.Paper.example/1'>", "paper.example"),
        ("<meta property=og:url content='//m.paper.example/1'>", "m.paper.example"),
        ("<link rel=canonical href='/1.html'>", "example.org"),
        ("", "example.org"),
    ],
)
def test_the_host_of_a_draft_is_what_the_page_says(head, host):
    draft = draft_site(f"{head}<div id=text>{BODY}</div>".encode())
    assert tomllib.loads(draft)["host"] == host
    assert ("does not name its own" in draft) == (host == "example.org")


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "big5", "utf-16"])
def test_pages_in_any_encoding_are_drafted(tmp_path, codec):
    body = BODY if codec != "big5" else BODY.replace("结", "結").replace("桥", "橋")
    body = body.replace("面", "上").replace("个", "箇") if codec == "big5" else body
    html = f"<html><body><div id=text>{body}</div>{MENU}</body></html>"
    data = html.encode(codec, "xmlcharrefreplace")
    draft = draft_site(data, url=URL)
    assert tomllib.loads(draft)["example"][0]["has"][0][:3] == "第0天"
    assert check_draft(tmp_path, draft) == []


@pytest.mark.parametrize("html", ["", "<p>", "<script>1</script>", FORMS["frameset"]])
def test_a_page_without_text_cannot_be_drafted(html):
    with pytest.raises((RuleError, UndecodableError)):
        draft_site(html.encode(), url=URL)


def test_new_site_writes_a_draft_that_rules_check_passes(tmp_path):
    page, folder = tmp_path / "page.html", tmp_path / "my-sites"
    page.write_bytes(FORMS["id"].encode("gb18030"))
    folder.mkdir()
    done = command("rules", "new-site", page, "--url", URL)
    assert done.returncode == 0
    (folder / "paper.example.toml").write_bytes(done.stdout)
    assert command("rules", "check", folder).returncode == 0
    assert load_sites(folder).find(URL).main == ("#article",)
    assert (
        command("rules", "new-site", "-", "--url", URL, stdin=page.read_bytes()).stdout
        == done.stdout
    )


def test_new_site_says_what_is_wrong(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(FORMS["id"], "utf-8")
    done = command("rules", "new-site", page, "--url", "/1.html")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "has no host" in done.stderr.decode()
    page.write_text("<p>", "utf-8")
    assert command("rules", "new-site", page).returncode == 2
    page.write_bytes(os.urandom(64) + bytes(64))
    assert command("rules", "new-site", page).returncode == 3
    assert command("rules", "new-site", tmp_path / "none.html").returncode == 2


def test_a_page_walked_with_marks_keeps_its_text():
    page = LexborHTMLParser(PAGE)
    sites = Sites([SiteRule("paper.example", "", ("div.text",), ("nav",), "h1", (), "")])
    assert walk(page, sites.marks(page, URL)).text == walk(PAGE).text
