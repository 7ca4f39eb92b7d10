"""Recipes: nothing unknown passes, and the error says where and what was meant."""

from __future__ import annotations

import re
import tomllib

import pytest

from corpusprep.core import Document
from corpusprep.recipe import SECTIONS, RecipeError, load_recipe, parse_option


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[boilerplat]\nx = 1\n",
            r"mine\.toml:1: unknown section 'boilerplat'; did you mean 'boilerplate'",
        ),
        (
            '[script]\nto = "keep"\n[duplicates]\ntreshold = 0.9\n',
            r"mine\.toml:4: unknown key 'treshold' in \[duplicates\]; did you mean 'threshold'",
        ),
        (
            '[duplicates]\nthreshold = "high"\n',
            r"mine\.toml:2: \[duplicates\] threshold is 'high'; it must be a float",
        ),
        ("[quality]\nenabled = 1\n", r"enabled is 1; it must be a bool"),
        ('[write]\nledger = "some"\n', r"ledger must be one of full, removals, counts"),
        ("[script\n", r"mine\.toml: not valid TOML"),
        ("quality = 3\n", r"\[quality\] must be a table"),
        ('extends = "zh-wib"\n', r"no recipe 'zh-wib': did you mean 'zh-web'"),
        ('[script]\nto = "simplifed"\n', r"simplified"),
    ],
)
def test_a_wrong_recipe_is_an_error_that_says_where(tmp_path, text, message):
    with pytest.raises(RecipeError, match=message):
        load_recipe(written(tmp_path, text)).steps()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[script]\nto = "keep"\n\n[repair]\ndisable = ["html-entity", "radcal"]\n',
            r"mine\.toml:4: \[repair\] .*'radcal'.*did you mean 'radical'",
        ),
        (
            '[repair]\ndisable = ["wrong-conversions"]\n',
            r"mine\.toml:1: \[repair\] .*did you mean 'wrong-conversion'",
        ),
        (
            '[repair]\ndisable = "radical"\n',
            r"mine\.toml:2: .*disable is 'radical'; it must be a list",
        ),
        ("[repair]\ndisable = [1]\n", r"mine\.toml:1: \[repair\] .*1"),
        ('[repair]\ndisable = [1, "radcal"]\n', r"mine\.toml:1: \[repair\] "),
        ('[repair]\ndisable = [["radical"]]\n', r"mine\.toml:1: \[repair\] "),
        (
            "[repair]\npinyin = false\n",
            r"mine\.toml:2: unknown key 'pinyin' in \[repair\]; known: disable",
        ),
    ],
)
def test_a_class_of_damage_that_does_not_exist_is_an_error_that_says_where(tmp_path, text, message):
    with pytest.raises(RecipeError, match=message):
        load_recipe(written(tmp_path, text))


def test_classes_of_damage_can_be_switched_off(tmp_path):
    text = "⼈⼯智能，文件名：ÎÄ¼þÃû³Æ"
    recipe = load_recipe(written(tmp_path, '[repair]\ndisable = ["radical", "html-entity"]\n'))
    step = recipe.make("repair")
    assert {edit.rule.partition(":")[0] for edit in step(Document("1", text))} == {
        "mojibake-gbk-as-latin"
    }
    again = load_recipe(written(tmp_path, recipe.to_toml()))
    assert again.make("repair") == step
    assert recipe.signature != load_recipe().signature
    section, change = parse_option('repair.disable=["radical"]')
    assert load_recipe().with_options({section: change}).make("repair").disable == ("radical",)


def test_a_name_that_does_not_ship_suggests_the_nearest():
    with pytest.raises(RecipeError, match="did you mean 'zh-web'"):
        load_recipe("zh_web")


def test_what_is_written_reads_back_to_the_same_recipe(tmp_path):
    recipe = load_recipe("zh-web").with_options({"duplicates": {"threshold": 0.7}})
    again = load_recipe(written(tmp_path, recipe.to_toml()))
    assert again.options == recipe.options
    assert again.signature == recipe.signature
    assert set(tomllib.loads(recipe.to_toml())) == {"name", *SECTIONS}


def test_the_signature_changes_with_every_option():
    base = load_recipe("zh-web")
    other = base.with_options({"quality": {"min_characters": 50}})
    assert base.signature != other.signature
    assert base.signature == load_recipe("zh-web").signature
    assert base.signature.split()[:2] == ["corpusprep", "0.1.0"]


def test_a_recipe_extends_another(tmp_path):
    recipe = load_recipe(written(tmp_path, 'extends = "zh-web"\n[reflow]\nenabled = false\n'))
    assert not recipe.enabled("reflow")
    assert recipe.options["script"]["to"] == "keep"
    assert "reflow" not in {step.name for step in recipe.steps()}


def test_a_corpus_step_runs_where_it_was_decided_and_enabled():
    recipe = load_recipe("zh-web")

    def templates(doc):
        return []

    names = [getattr(step, "name", "templates") for step in recipe.steps({"templates": templates})]
    assert names[names.index("boilerplate") :][:3] == ["boilerplate", "templates", "reflow"]
    assert templates not in recipe.steps()
    off = recipe.with_options({"templates": {"enabled": False}})
    assert templates not in off.steps({"templates": templates})
    assert off.signature != recipe.signature


@pytest.mark.parametrize("option", ["threshold=1", "duplicates.threshold", "=3"])
def test_an_option_on_the_command_line_needs_section_key_and_value(option):
    with pytest.raises(RecipeError, match=r"section.key=value"):
        parse_option(option)


def test_the_signature_names_the_line_model_if_it_is_used():
    with_model, without = load_recipe(), load_recipe({"boilerplate": {"line_model": False}})
    assert re.search(r" line-model:[0-9a-f]{12} ", with_model.signature)
    assert " line-model:none " in without.signature
