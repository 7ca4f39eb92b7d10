"""Each shipped rule does what its examples say, and a rule that does not is refused."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from corpusprep.rulefile import SHIPPED, UNBOUNDED, check_patterns, shape
from corpusprep.ruleset import (
    _BODY,
    PARTS,
    Rule,
    RuleError,
    Ruleset,
    _check_examples,
    check,
    fold,
    load_rules,
)
from corpusprep.text.edits import apply

if TYPE_CHECKING:
    from pathlib import Path

RULES = load_rules()
KEEPS = [pytest.param(keep, id=f"{r.id}: {keep[:24]}") for r in RULES for keep in r.keeps]


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULES])
def test_a_shipped_rule_does_what_its_examples_say(rule):
    assert [*map(str, check_patterns(rule)), *map(str, _check_examples(rule))] == []


@pytest.mark.parametrize("example", KEEPS)
def test_what_one_rule_keeps_no_other_rule_takes(example):
    assert apply(example, RULES.find(example)) == example


def test_the_shipped_folder_passes_the_check_of_a_users_folder():
    assert check(SHIPPED) == []


def test_every_shipped_file_is_read():
    files = {path.name for path in SHIPPED.glob("*.toml")}
    assert {rule.file for rule in RULES} == files


GOOD = {
    "id": '"share-bar"',
    "class": '"share"',
    "why": '"Share buttons."',
    "line": "['分享到:.{0,20}']",
    "removes": '["分享到：微信"]',
    "keeps": '["分享到最后，人人都哭了。"]',
}


WOULD_REMOVE = (
    "forum.toml: rule 'share-bar' keeps “分享到：不再分享” but would remove 8 characters of it;"
    " narrow 'line' or drop the example"
)


def rule_file(tmp_path: Path, **changes: str | None) -> Path:
    keys = {
        k: v
        for k, v in (GOOD | {k.rstrip("_"): v for k, v in changes.items()}).items()
        if v is not None
    }
    path = tmp_path / "forum.toml"
    path.write_text("[[rule]]\n" + "\n".join(f"{k} = {v}" for k, v in keys.items()), "utf-8")
    return tmp_path


def test_a_good_rule_loads(tmp_path):
    rules = load_rules(rule_file(tmp_path), shipped=False)
    assert apply("正文。\n分享到：微信", rules.find("正文。\n分享到：微信")) == "正文。"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"why": None}, "forum.toml: rule 'share-bar' has no 'why'; say where such text comes from"),
        ({"removes": "[]"}, "rule 'share-bar' has no 'removes'; say by example what must go"),
        ({"keeps": None}, "rule 'share-bar' has no 'keeps'; say by example what looks alike"),
        ({"lines": "'x'"}, "rule 'share-bar' has the unknown key 'lines'; did you mean 'line'?"),
        ({"class_": '"shares"'}, "rule 'share-bar' has the unknown class 'shares'; did you mean 'share'?"),
        ({"zone": '"heads"'}, "has the unknown zone 'heads'; did you mean 'head'?"),
        ({"line": None}, "rule 'share-bar' needs one of line, span, menu, run, block, thread; it has none"),
        ({"span": "'x'"}, "needs one of line, span, menu, run, block, thread; it has line and span"),
        ({"id": '"Share_Bar"'}, "has an id that is not kebab-case"),
        ({"keeps": '["分享到：不再分享"]'}, WOULD_REMOVE),
        ({"removes": '["分享：微信"]'}, "removes “分享：微信” but would leave “分享：微信”; widen 'line'"),
        ({"line": "['分享到：.{0,20}']"}, "rules see a page simplified, half-width and in lower case: write ':'"),
        ({"line": "['發表.{0,20}']"}, "has '發' in '發表.{0,20}'"),
        ({"line": "['Powered by']"}, "write 'p'"),
        ({"line": "['(分享)到:.{0,20}']"}, "has a capturing group in '(分享)到:.{0,20}'"),
        ({"line": "['.{0,20}分享到:.{0,20}']"}, "which may begin with anything; give a 'hint'"),
        ({"line": "['分享(到']"}, "cannot be compiled"),
        ({"line": "['{dates}']"}, "cannot be compiled: no part {dates}; did you mean 'date'?"),
        ({"line": None, "span": "'分享到:微信'"}, "has no 'hint'; give a short literal that every match holds"),
        ({"line": None, "span": "'分享到:.*'", "hint": "'分享'"}, "has an unbounded repeat"),
        (
            {"line": None, "block": "'分享到:.{0,9}'", "until": "'ends'"},
            "has the unknown until 'ends'; did you mean 'end'?",
        ),
    ],
)  # fmt: skip
def test_a_bad_rule_is_refused_with_what_to_do(tmp_path, changes, message):
    with pytest.raises(RuleError) as error:
        load_rules(rule_file(tmp_path, **changes), shipped=False)
    assert message in str(error.value)


def test_the_check_tells_of_all_problems_at_once(tmp_path):
    rule_file(tmp_path, why=None, keeps=None)
    (tmp_path / "broken.toml").write_text("[[rule", "utf-8")
    (tmp_path / "other.toml").write_text("rules = 1", "utf-8")
    problems = [str(problem) for problem in check(tmp_path)]
    assert len(problems) == 4
    assert problems[0].startswith("broken.toml: cannot be read")
    assert problems[-1] == "other.toml: unknown key 'rules'; did you mean 'rule'?"


def test_two_rules_of_one_name_are_refused(tmp_path):
    folder = rule_file(tmp_path, id='"copy-link"')
    with pytest.raises(
        RuleError, match=r"forum\.toml: rule 'copy-link' stands in forum\.toml as well"
    ):
        load_rules(folder)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(RuleError, match=r"no \*\.toml here"):
        load_rules(tmp_path)


def test_the_name_of_a_rule_that_does_not_exist_brings_the_nearest():
    with pytest.raises(RuleError, match="no rule 'copy-links'; did you mean 'copy-link'"):
        RULES.get("copy-links")


def test_the_hash_tells_rulesets_apart_and_not_the_folders_they_lie_in(tmp_path):
    here = load_rules(rule_file(tmp_path), shipped=False)
    (tmp_path / "there").mkdir()
    there = load_rules(rule_file(tmp_path / "there"), shipped=False)
    other = load_rules(rule_file(tmp_path / "there", why='"Other."'), shipped=False)
    assert here.hash == there.hash != other.hash
    assert Ruleset(here.rules).hash == here.hash


def test_marked_examples_say_which_piece_goes(tmp_path):
    span = {
        "line": None,
        "span": "' *分享到:微信$'",
        "hint": "'分享到'",
        "removes": '["今天天晴。⟦ 分享到：微信⟧"]',
    }
    assert check(rule_file(tmp_path, **span)) == []
    wrong = span | {"removes": '["今天⟦天晴。 分享到：微信⟧"]'}
    assert len(check(rule_file(tmp_path, **wrong))) == 1


def test_parts_of_a_file_are_known_in_its_rules(tmp_path):
    folder = rule_file(tmp_path, line="['分享到:{place}']")
    path = folder / "forum.toml"
    path.write_text("[parts]\nplace = '(?:微信|微博)'\n" + path.read_text("utf-8"), "utf-8")
    assert check(folder) == []


def test_the_shadow_is_as_long_as_the_text():
    text = "【發表於】：ＡＢ　İstanbul ﬁ ß 𠮷\u200b\r\n\u2028x"
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("pattern", "firsts", "shortest", "longest"),
    [
        ("登录.{0,3}", {"登"}, 2, 5),
        ("(?:责任)?编辑", {"责", "编"}, 2, 4),
        ("[(\\[]?责编", {"(", "[", "责"}, 2, 3),
        ("\\d+楼|第.楼", set("0123456789第"), 2, UNBOUNDED + 1),
        ("(?=x)a*b", {"a", "b"}, 1, UNBOUNDED + 1),
        ("(?:a|)b{0,2}c", {"a", "b", "c"}, 1, 4),
        (".{0,3}网", None, 1, 4),
        ("[^x]y", None, 2, 2),
        ("a{2}b", {"a"}, 3, 3),
        ("(?>ab|c){,2}\\.$", {"a", "c", "."}, 1, 5),
        ("a{2,}(?!b)", {"a"}, 2, UNBOUNDED),
    ],
)
def test_how_a_match_begins_and_how_long_it_is(pattern, firsts, shortest, longest):
    assert shape(pattern) == (firsts, shortest, longest)


def test_first_characters_hold_for_every_example_of_the_shipped_rules():
    for rule in RULES:
        if rule.matcher != "line":
            continue
        bare = Ruleset([rule])
        for example in rule.removes:
            if not rule.zone:
                assert bare.find(example), (rule.id, example)


def test_shipped_rules_name_no_part_that_is_missing():
    for path in SHIPPED.glob("*.toml"):
        parts = tomllib.loads(path.read_text("utf-8")).get("parts", {})
        assert not parts.keys() & PARTS.keys(), path.name


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULES])
def test_a_rule_ends_on_what_repeats_its_own_examples(rule):
    # A regex that backtracks without end is caught by the run's time limit, not by a clock here.
    bare = Ruleset([rule])
    for example in rule.removes:
        line = example.replace("⟦", "").replace("⟧", "").split("\n")[0]
        for unit in (
            line,
            f"{line} ",
            " ",
            "1",
            "1 ",
            "| ",
            "甲",
            "甲 ",
            "、甲",
            line[:1],
            line[-1:],
        ):
            text = f"{line}{unit * 240}"[:238] + "。"
            assert len(apply(text, bare.find(text))) <= len(text)


@pytest.mark.parametrize("zone", [(), ("head",)])
def test_a_rule_of_ones_own_making_may_begin_with_anything_even_without_a_hint(zone):
    rule = Rule("x", "share", "", "line", (".{2}分享到.{2}",), (), (), zone=zone)
    text = f"请您分享到微信\n{_BODY}"
    assert apply(text, Ruleset([rule]).find(text)) == _BODY


def test_lines_seen_before_are_judged_alike(monkeypatch):
    texts = ["\n".join(r.removes).replace("⟦", "").replace("⟧", "") for r in RULES]
    want = [RULES.find(text) for text in texts]
    assert [RULES.find(text) for text in texts] == want
    monkeypatch.setattr("corpusprep.rulematch.SEEN_LIMIT", 2)
    forgetful = Ruleset(RULES)
    assert [forgetful.find(text) for text in texts] == want
    assert len(forgetful._matcher.seen) <= 2


def test_no_pattern_matches_more_or_less_than_its_shape_says():
    for rule in RULES:
        if rule.matcher != "line":
            continue
        lines = [fold(example) for example in rule.removes + rule.keeps if "\n" not in example]
        for pattern in rule.patterns:
            firsts, shortest, longest = shape(pattern)
            for line in filter(re.compile(pattern).fullmatch, lines):
                assert shortest <= len(line) <= longest
                assert firsts is None or line[0] in firsts
