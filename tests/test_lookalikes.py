from __future__ import annotations

import random
import re
import unicodedata
from html import escape
from urllib.parse import quote

import pytest
from conftest import grows_linearly
from hypothesis import given
from hypothesis import strategies as st

from corpusprep.text import lookalikes
from corpusprep.text.edits import apply, settle
from corpusprep.text.lookalikes import (
    CONVERSIONS_GATE,
    ESCAPES_GATE,
    GLYPH_DEBRIS_GATE,
    MASKS_GATE,
    PRIVATE_USE_GATE,
    RADICALS_GATE,
    find_escapes,
    find_glyph_debris,
    find_masks,
    find_private_use,
    find_radicals,
    find_wrong_conversions,
)

FINDERS = [
    find_escapes,
    find_radicals,
    find_private_use,
    find_glyph_debris,
    find_wrong_conversions,
]
GATES = [
    ESCAPES_GATE,
    RADICALS_GATE,
    PRIVATE_USE_GATE,
    GLYPH_DEBRIS_GATE,
    MASKS_GATE,
    CONVERSIONS_GATE,
]
SENTENCES = [
    "今天上午，市图书馆的新馆对外开放，读者可以免费借阅。",
    "“你来了？”她问：GDP增长3.5%，对吗？",
    "请把JSON文件发到邮箱，编码用UTF-8就行！",
    "阿卜杜拉·阿里说：C++ 与 Python 都好用（大概）。",
    "市政府決定，明年起調整公共汽車票價，詳情請看公告。",
]


def mend(find, text):
    return apply(text, list(find(text)))


# --- escapes -----------------------------------------------------------------------------------


def as_decimal(text):
    return "".join(c if c < "\x80" else f"&#{ord(c)};" for c in text)


def as_hex(text):
    return "".join(c if c < "\x80" else f"&#x{ord(c):X};" for c in text)


def as_code_points(text):
    units = text.encode("utf-16-be")
    pairs = (units[i] << 8 | units[i + 1] for i in range(0, len(units), 2))
    return "".join(chr(unit) if unit < 0x80 else f"\\u{unit:04x}" for unit in pairs)


def as_percents(text):
    return quote(text, safe="")


def as_gbk_percents(text):
    return quote(text, safe="", encoding="gb18030")


def han_as_percents(text):
    return re.sub("[一-鿿]+", lambda m: quote(m[0]), text)


def as_javascript(text):
    return "".join(c if c.isalnum() and c < "\x80" else percent_unit(c) for c in text)


def percent_unit(char):
    return f"%u{ord(char):04X}" if char > "\xff" else f"%{ord(char):02X}"


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize(
    "damage",
    [
        as_decimal,
        as_hex,
        as_code_points,
        as_percents,
        as_gbk_percents,
        han_as_percents,
        as_javascript,
    ],
)
def test_a_whole_sentence_that_was_escaped_comes_back(text, damage):
    assert mend(find_escapes, damage(text)) == text


@pytest.mark.parametrize("damage", [as_decimal, as_code_points, as_percents, as_gbk_percents])
def test_an_escaped_sentence_is_one_edit(damage):
    text = "参加测试的10名学生，有9名通过了A级考试"
    assert len(list(find_escapes(damage(text)))) == 1


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (r"他叫\ud842\udfb7野家，\u4f60\u597d", "他叫𠮷野家，你好"),
        (r"标题：\u4f60\u597d\uff0c\u4e16\u754c", "标题：你好，世界"),
        (r"\u4ed6\u8bf4\"\u597d\"\u3002", '他说"好"。'),
        ("关键词%E5%9B%BE%E4%B9%A6的结果", "关键词图书的结果"),
        ("%25E4%25BD%25A0%25E5%25A5%25BD", "你好"),
        ("%E4%BD%A0%E5%A5%BD%E4%B8", "你好%E4%B8"),
        ("%E4%BD%A0%E5%A5%BD+%E4%B8%96%E7%95%8C", "你好 世界"),
        ("%D5%F2%CE%AF%CA%E9%BC%C7%D6%EC%E9F%BB%F9", "镇委书记朱镕基"),
        ("&#20320;&amp;#22909;&ldquo;A&rdquo;", "你好“A”"),
    ],
)
def test_escapes_in_running_text_are_resolved(text, want):
    assert mend(find_escapes, text) == want


@pytest.mark.parametrize(
    "text",
    [
        r'"title": "\u4f60\u597d\u4e16\u754c\u548c\u5e73\u4e07\u5c81",',
        r'String s = "\u4f60\u597d";',
        r'["\u4f60\u597d", "\u4e16\u754c"]',
        r"app.title=\u4f60\u597d\u4e16\u754c",
        r"re.findall(r'[\u4e00-\u9fa5]+', text)",
        r"匹配汉字用[\u4e00-\u9fa5]",
        r"“你”的Unicode编码是\u4f60，“好”是\u597d",
        r"C:\users\u4e00\u4e01",
        "http://a.cn/wiki/%E4%BD%A0%E5%A5%BD",
        "见/wiki/%E4%BD%A0%E5%A5%BD页",
        "a.cn/s?wd=%C4%E3%BA%C3",
        "wd=%E4%BD%A0%E5%A5%BD&ie=utf-8",
        "%E6%96%87%E4%BB%B6/%E5%9B%BE.html",
        "“你”经过URL编码后是%E4%BD%A0%E5%A5%BD",
        "打八折(20%)，%d个，%s项，50%25%",
        "%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82",
        "%CF%F0%E8%E2%E5%F2",
        "caf%E9 %E0 Paris",
        "以 &#1234; 代替缺少的字符",
        "<p>版权所有&nbsp;&copy;</p>",
        r"\d+\u0020\n%0A",
    ],
)
def test_urls_code_and_texts_about_escapes_stay(text):
    assert list(find_escapes(text)) == []


def test_what_was_meant_in_markup_stays_though_the_sentence_is_chinese():
    line = f"<p>{escape('他说：“a<b”')}</p>"
    assert list(find_escapes(line)) == []


# --- radicals and compatibility ideographs ------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("⼈⼯智能的⽬标，⽽不是替代⼈类", "人工智能的目标，而不是替代人类"),
        ("2026年5⽉2⽇，成⻓中的⺠企", "2026年5月2日，成长中的民企"),
        ("⼀、总则\n本办法⾃发布之⽇起施⾏。", "一、总则\n本办法自发布之日起施行。"),
        ("金融與來年的樂觀", "金融與來年的樂觀"),
        ("⼲部⾸先要⾛在前⾯", "干部首先要走在前面"),
    ],
)
def test_radicals_and_compatibility_ideographs_become_ideographs(text, want):
    assert mend(find_radicals, text) == want


@pytest.mark.parametrize(
    "text",
    [
        "部首：⼀⼁⼂⼃⼄⼅",
        "⼈、⼝、⼿、⽬",
        "⼈",
        "部首“⼈”在左边写作亻",
        "⺮是竹字头，⺾是草字头",
        "⼈部 ⼝部 ⼟部",
        "面积50㎡，①总则：附件Ａ",
        "﨎﨏﨑﨓﨔﨟﨡﨣﨤﨧﨨﨩",
        "神戸の福祉です",
        "金씨는 李씨와",
    ],
)
def test_lists_of_radicals_and_what_is_no_radical_stay(text):
    assert list(find_radicals(text)) == []


def test_the_table_of_radicals_leads_to_ideographs_and_leaves_the_twelve():
    table = lookalikes._alike()
    assert len(table) > 214 + 40 + 1000
    assert all(lookalikes._HAN.fullmatch(new) for new in table.values())
    for code in (0xFA0E, 0xFA0F, 0xFA11, 0xFA13, 0xFA14, 0xFA1F, 0xFA21, 0xFA23, 0xFA24, 0xFA27):
        assert chr(code) not in table
        assert lookalikes._COMPATIBLE_RUNS.match(chr(code)) is None
    for old, new in table.items():
        plain = unicodedata.normalize("NFKC", old)
        assert plain in {old, new}


# --- private use, debris, masks ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("南汉高祖刘\ue863即位", "南汉高祖刘䶮即位"),
        ("湖上有\ue862\ue861，远处有船", "湖上有䴙䴘，远处有船"),
        ("呣(\ue7c7)字", "呣(ḿ)字"),
        ("\ue5e5\ue5e5各位代表", "\u3000\u3000各位代表"),
        ("單價\ue76c5元", "單價€5元"),
    ],
)
def test_private_use_of_gbk_becomes_its_character(text, want):
    assert mend(find_private_use, text) == want


def test_private_use_of_hong_kong_becomes_its_character_in_traditional_text():
    table = {new: old for old, new in lookalikes._with_hong_kong().items()}
    text = "佢哋話呢間學校喺邊個區"
    damaged = text.replace("哋", table["哋"]).replace("喺", table["喺"])
    assert damaged != text
    assert mend(find_private_use, damaged) == text
    assert list(find_private_use(f"这里喝{table['喺']}水说话")) == []


@pytest.mark.parametrize(
    "text",
    ["\ue81a首页", "更多\ue81b", "首页\ue626栏目", "\uf095 联系电话", "a\ue81ab", "见\ue000字"],
)
def test_icons_and_unknown_private_use_stay(text):
    assert list(find_private_use(text)) == []


def test_the_table_of_private_use_is_that_of_the_standard():
    table = lookalikes._private_use()
    assert len(table) == 107
    lows = [low for low in range(0x50, 0xA1) if low != 0x7F]
    for code, low in enumerate(lows, 0xE815):
        decoded = bytes((0xFE, low)).decode("gb18030")
        assert table[chr(code)] == decoded or decoded == chr(code)
    assert not any(PRIVATE_USE_GATE.match(new) for new in table.values())


def test_debris_of_a_font_goes_and_words_of_its_script_stay():
    assert mend(find_glyph_debris, "ꢃꢃ摘要：本文") == "摘要：本文"
    assert mend(find_glyph_debris, "结果表明ꎬ该方法有效ꎮ") == "结果表明，该方法有效．"
    for text in ("索拉什特拉语ꢱꣃꢬꢵꢰ꣄ꢜ꣄ꢬꢵ的文字", "彝文ꆈꌠꁱꂷ的写法", "彝文“ꎬ”读作", "ꢃ"):
        assert list(find_glyph_debris(text)) == []


def test_the_mask_of_a_word_comes_off():
    assert (
        mend(lambda t: find_masks(t, "simplified"), "自治区D委，引导D员") == "自治区党委，引导党员"
    )
    assert mend(lambda t: find_masks(t, "traditional"), "在D中央領導下") == "在黨中央領導下"
    for text in ("D級危房，D座D區", "X903道路XX段", "3D建模，4D委托", "A、B、C、D员工"):
        assert list(find_masks(text.replace("D员工", "D级"), "simplified")) == []


# --- wrong conversions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("雙方參加籤約儀式後,籤訂了協議", "雙方參加簽約儀式後,簽訂了協議"),
        ("開啟現代化國家新徵程", "開啟現代化國家新征程"),
        ("經濟不斷髮展壯大,菸酒業佔全省的比重", "經濟不斷發展壯大,菸酒業佔全省的比重"),
        ("他是壹個乾部,會見了皇後", "他是一個幹部,會見了皇后"),
        ("這件事與他的學曆無關,請註意", "這件事與他的學歷無關,請注意"),
        ("說完瞭就回傢,我們齣去走走", "說完了就回家,我們出去走走"),
    ],
)
def test_wrong_conversions_are_put_right(text, want):
    assert mend(find_wrong_conversions, text) == want


@pytest.mark.parametrize(
    "text",
    [
        "抽籤約定時間,標籤名稱,求籤問卜",
        "市長徵求意見,徵收徵兵,長征出征,徵轉,癥結,採納,匯報,佔地,著力,臺",
        "理髮展示會,頭髮出油,斷髮文身,她的秀髮發亮",
        "餅乾部分缺貨,乾燥的樹幹,若干乾糧",
        "三天後才見到天皇後裔,皇后說",
        "瞭解情況,一目瞭然,他到了瞭望臺",
        "這裡程度不同,心裡程序,公里里程",
        "一隻是貓,那隻會飛,船隻能否出海",
        "一齣戲,買傢具,鬧彆扭,大老闆,盪鞦韆",
        "本案係統一辦理,該條例係列於附件",
        "農曆新年,歷史悠久,鍾愛的時鐘",
        "「籤約」是錯誤的轉換,正確的是簽約,請讀者留意",
        "他寫成籤約,這是繁簡轉換的錯別字",
        "乾杯の後、発表会",
    ],
)
def test_right_words_of_traditional_text_stay(text):
    assert list(find_wrong_conversions(text)) == []


def test_simplified_text_has_no_wrong_conversions():
    assert list(find_wrong_conversions("这份籤約文件写得不对，我们这里没有壹個问题")) == []


def test_the_table_of_conversions_is_whole():
    rows = list(lookalikes._read_conversions())
    wrong = {bad for bad, good, _ in rows if good}
    assert wrong == set(lookalikes._INTRUDERS)
    for _, good, words in rows:
        if good:
            assert words[0] in {"*", "-", "!"}
            assert all(good in word and len(word) <= 4 for word in words[1:])
        assert len(set(words)) == len(words)
    table = lookalikes._conversions()
    assert table.right.isdisjoint(table.wrong)
    assert all(len(word) == len(new) for word, new in table.wrong.items())


# --- all of them -----------------------------------------------------------------------------------

CLEAN = "".join(SENTENCES) + "①㎡：·•—…々〇ＡＢ&%\\u\n"


@given(st.text(alphabet=CLEAN))
def test_clean_text_stays(text):
    assert [edit for find in FINDERS for edit in find(text)] == []


@given(st.text(alphabet="&#x12;amp\\u4f60%E4BDA0⼈人瞭了ꎬꢃ\ue863\ue5e5籤約髮發展D委「」\"' \n"))
def test_edits_apply_whatever_the_text(text):
    for find in FINDERS:
        edits = list(find(text))
        assert edits == settle(edits)
        apply(text, edits)


@pytest.mark.parametrize("find", FINDERS)
def test_what_the_gate_does_not_match_has_no_edits(find):
    text = "这是普通的文字,没有任何损坏。" * 50
    assert not any(gate.search(text) for gate in GATES)
    assert list(find(text)) == []


@pytest.mark.parametrize("find", FINDERS)
def test_a_hostile_text_ends_in_linear_time(find):
    rng = random.Random(0)
    mixed = "".join(rng.choices("⼈籤瞭髮&#;\\u4f60%E4ꎬꢃ\ue863 ", k=6_000))
    pieces = (
        r"\u4f60",
        "%E4",
        "%E4%BD%A0",
        "&#20320;",
        "&amp;",
        r"\u4f60 a",
        "%E4 =",
        "⼈",
        "籤約",
    )
    for piece in (mixed, *pieces):
        size = 120_000 // len(piece) // 4
        assert grows_linearly(lambda n, piece=piece: list(find(piece * n)), size)
