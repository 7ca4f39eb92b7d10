"""Script conversion: the package's output, minimal edits, and telling the scripts apart."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep.core import Document, Edit, Label
from corpusprep.errors import CorpusprepError
from corpusprep.steps.text import Script
from corpusprep.text import script
from corpusprep.text.edits import apply, settle
from corpusprep.text.script import (
    compose,
    convert_script,
    recognise_script,
    script_configs,
    script_edits,
    simplify_chars,
    traditional_share,
)

CASES = tomllib.loads((Path(__file__).parent / "cases/script.toml").read_text("utf-8"))
CONFIGS = script_configs()
SEEDS = sorted((Path(__file__).parents[1] / "seeds").glob("*.txt"))

package = cache(opencc.OpenCC)


def case_id(case):
    return f"{case['config']}-{case['text'][:8]}"


@pytest.mark.parametrize("case", CASES["case"], ids=case_id)
def test_text_is_converted_as_the_case_says(case):
    assert convert_script(case["text"], case["config"]) == case["want"], case["note"]


@pytest.mark.parametrize("case", CASES["case"], ids=case_id)
def test_a_case_is_what_the_package_says_too(case):
    assert package(case["config"]).convert(case["text"]) == case["want"]


@pytest.mark.parametrize("case", CASES["edits"], ids=case_id)
def test_edits_are_minimal_and_carry_the_name_of_the_configuration(case):
    want = [Edit(*edit, case["config"]) for edit in case["want"]]
    assert script_edits(case["text"], case["config"]) == want, case["note"]


def pieces(config):
    """Whole, headless and tailless phrases, and single characters: made to overlap."""
    keys = sorted(
        key
        for files in script._passes(config)
        for key in files.phrases
        if key != "\n" and len(key) < 9
    )
    keys += list("一出发后里面干台着了於爲為裏乾藉瞭埠𫚈 ，．\nABＡ")

    def cut(key, at, head):
        at %= len(key)
        return key[: at + 1] if head else key[at:]

    return st.builds(cut, st.sampled_from(keys), st.integers(0, 8), st.booleans())


@pytest.mark.parametrize("config", CONFIGS)
def test_overlapping_phrases_come_out_as_the_package_has_them(config):
    @given(st.lists(pieces(config), max_size=12).map("".join))
    def holds(text):
        assert convert_script(text, config) == package(config).convert(text)

    holds()


@pytest.mark.parametrize("config", CONFIGS)
def test_edits_make_the_conversion_and_nothing_more(config):
    @given(st.lists(pieces(config), max_size=12).map("".join))
    def holds(text):
        edits = script_edits(text, config)
        assert apply(text, edits) == convert_script(text, config)
        assert settle(edits) == edits
        assert all(one.end < other.start for one, other in pairwise(edits))
        for start, end, new, rule in edits:
            old = text[start:end]
            assert rule == config
            assert old != new
            assert not old or not new or (old[0] != new[0] and old[-1] != new[-1])

    holds()


@pytest.mark.parametrize("config", CONFIGS)
def test_common_characters_in_any_order_come_out_as_the_package_has_them(config):
    # A few characters of many phrases each: chains of overlaps that running text seldom has.
    draw = random.Random(config)
    texts = ["".join(draw.choices("一出发发面后里干回周了只台系制", k=30)) for _ in range(200)]
    if not config.startswith("s"):
        texts = ["".join(draw.choices("藉口覆反回乾隆坤瞭了一沈", k=30)) for _ in range(200)]
    assert [t for t in texts if convert_script(t, config) != package(config).convert(t)] == []


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem[:3])
@pytest.mark.parametrize("config", ["t2s", "s2t", "tw2sp", "s2twp"])
def test_a_real_page_comes_out_as_the_package_has_it(path, config):
    text = path.read_text("utf-8")[:8000]
    assert convert_script(text, config) == package(config).convert(text)


def test_what_is_no_chinese_stays():
    text = "\ud800 \U0010ffff\x00 naïve 안녕 ｶﾅ\r\n"
    assert [config for config in CONFIGS if convert_script(text, config) != text] == []
    assert [config for config in CONFIGS if script_edits(text, config)] == []
    assert simplify_chars(text) == text


def test_an_unknown_configuration_is_an_error_that_names_the_nearest():
    with pytest.raises(CorpusprepError, match=r"'s2twq'; did you mean .*s2twp"):
        convert_script("漢", "s2twq")
    with pytest.raises(CorpusprepError, match="did you mean hk2s or s2hk"):
        script_edits("漢", "../config/t2s")


@given(st.text(st.sampled_from("漢语乾坤頭髮𫚈鱮a。 \n\ud800"), max_size=30))
def test_folding_keeps_every_character_in_its_place(text):
    folded = simplify_chars(text)
    assert len(folded) == len(text)
    assert folded == "".join(map(simplify_chars, text))


def test_folding_makes_both_scripts_alike_without_looking_at_phrases():
    assert simplify_chars("乾坤頭髮與簡體") == "干坤头发与简体"


@pytest.mark.parametrize(
    ("text", "share"),
    [("", 0), ("ABC，。", 0), ("中文", 0), ("乾坤於此", 0), ("漢語", 1), ("漢语ab", 0.5)],
)
def test_only_han_that_simplified_script_lacks_counts_as_traditional(text, share):
    assert traditional_share(text) == share


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", "none"),
        ("中文 ABC 乾坤", "none"),
        ("她在这个床上看群里的消息说", "simplified"),
        ("她在這個床上看群裡的消息，為什麼", "traditional"),
        ("简体说话的网站引了一句原话：「為」", "simplified"),
        ("這個頁面的標題，这个页面的标题", "mixed"),
    ],
)
def test_the_script_is_told_by_characters_that_only_one_has(text, want):
    assert recognise_script(text) == want


edit_lists = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 2), st.text("甲乙丙", max_size=2)), max_size=5
)


def laid_out(text, plan):
    """Edits on *text* that do not touch: each after a gap, over a length, with a new text."""
    at, edits = 0, []
    for gap, length, new in plan:
        start = at + gap
        at = start + length
        if at > len(text):
            break
        if text[start:at] != new:
            edits.append(Edit(start, at, new, "x"))
    return edits


@given(st.text("甲乙丙丁", max_size=12), edit_lists, edit_lists)
def test_composed_edits_do_what_both_did_one_after_the_other(text, plan, then):
    first = laid_out(text, plan)
    middle = apply(text, first)
    second = laid_out(middle, then)
    both = compose(text, first, second)
    assert apply(text, both) == apply(middle, second)
    assert settle(both) == both


def test_what_the_second_edit_undoes_vanishes():
    first, second = [Edit(1, 2, "為", "s2tw")], [Edit(1, 2, "爲", "s2tw")]
    assert compose("因爲", first, second) == []


def test_dictionaries_are_found_beside_another_package_of_the_same_name(tmp_path):
    other, ours = tmp_path / "other", tmp_path / "ours"
    (other / "clib").mkdir(parents=True)
    for file in ("config/t2s.json", "dictionary/TSPhrases.txt"):
        (ours / file).parent.mkdir(parents=True)
        (ours / file).touch()
    assert script._find_dictionaries([other, ours]) == ours


@pytest.mark.parametrize("folders", [[], [Path("opencc")]], ids=["nothing", "another package"])
def test_missing_dictionaries_are_an_error_that_says_what_to_do(folders):
    with pytest.raises(CorpusprepError, match=f"pip install .*{script.PACKAGE}"):
        script._find_dictionaries(folders)


def test_a_damaged_dictionary_is_an_error_that_says_where(tmp_path, monkeypatch):
    (tmp_path / "dictionary").mkdir()
    (tmp_path / "dictionary/TSPhrases.txt").write_text("乾坤\n", "utf-8")
    monkeypatch.setattr(script, "_home", lambda: tmp_path)
    with pytest.raises(CorpusprepError, match=r"TSPhrases\.txt.*pip install"):
        script.load_dictionary("TSPhrases.txt")


def test_a_single_character_of_an_earlier_dictionary_goes_before_a_phrase_of_a_later_one(
    tmp_path, monkeypatch
):
    # No installed configuration depends on it today; the rule is the package's all the same.
    (tmp_path / "dictionary").mkdir()
    (tmp_path / "dictionary/a.txt").write_text("乙\t二\n", "utf-8")
    (tmp_path / "dictionary/b.txt").write_text("甲乙\t一一\n丙甲\t三一\n", "utf-8")
    monkeypatch.setattr(script, "_home", lambda: tmp_path)
    made = script._load_pass.__wrapped__(("a.txt", "b.txt"))
    assert made.convert("甲乙，丙甲乙") == "甲二，三一二"


def test_the_package_itself_is_not_imported():
    # A mix of both packages may be unable to import; its dictionaries can still be read.
    code = (
        "import sys\n"
        "from corpusprep.text.script import convert_script\n"
        "assert convert_script('漢') == '汉'\n"
        "assert 'opencc' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def findings(step, text):
    return list(step(Document("1", text)))


def test_the_step_only_labels_unless_told_to_convert():
    assert findings(Script(), "漢語與語言") == [Label("script", "traditional")]


@pytest.mark.parametrize(
    ("to", "text", "want"),
    [
        ("simplified", "漢語", [Label("script", "traditional"), Edit(0, 2, "汉语", "t2s")]),
        ("traditional", "汉语", [Label("script", "simplified"), Edit(0, 2, "漢語", "s2t")]),
        ("tw2sp", "滑鼠", [Label("script", "none"), Edit(0, 2, "鼠标", "tw2sp")]),
        ("simplified", "汉语", [Label("script", "simplified")]),
    ],
)
def test_the_step_labels_the_text_as_it_came_and_converts_it(to, text, want):
    assert findings(Script(to), text) == want


def test_the_step_survives_pickling():
    assert pickle.loads(pickle.dumps(Script("simplified"))) == Script("simplified")


def test_a_step_to_nowhere_is_an_error_at_once():
    with pytest.raises(CorpusprepError, match="'simplifed'; did you mean simplified"):
        Script("simplifed")
