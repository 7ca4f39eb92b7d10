"""Measure how well boilerplate goes and text stays, beside what others use, and how fast.

    python -m benchmarks.boilerplate [--no-speed]

Takes a minute or two, writes results/boilerplate.json and prints two tables. Needs the
development data beside the checkout; says what is absent and measures the rest. The libraries
to compare with: `pip install -r benchmarks/boilerplate/requirements.txt`.

**Lines.** Seeds, other labelled documents (ten of them are also among the pages, labelled again by
others), labelled pages, and negatives: texts that look like chrome (tables, verse, lists, quoted
notices), written for this purpose. Each line is to be kept, to be dropped, or not scored.

**Texts.** What is left of pages whose main text people marked, against that text, by 4-grams of
characters. That main text holds credits and links that are removed on purpose, and the forum ones
hold meta lines of posts.

What is honest here. The seeds, the documents and all pages were open to those who wrote the rules,
and the line model that ships was trained on them: the figures of "corpusprep" on these groups say
how well it fits, not what a new site will show. "corpusprep, held out" is the row to believe of the
model: each page is judged by a model that saw no page of its site (`held_out.json`, written by
`scripts/train_line_model.py`). The rules are the same in both rows, so that even this row is too
good where a rule was written with the page in view. The negatives were seen neither by those who
wrote the rules nor in training, so that "corpusprep" itself is honest there.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from benchmarks.boilerplate import peers, speed, tracks
from corpusprep.ruleset import load_rules
from corpusprep.steps.boilerplate import boilerplate_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.boilerplate.tracks import Mask, Text

RESULTS = tracks.ROOT / "benchmarks" / "results" / "boilerplate.json"
HELD_OUT = "corpusprep, held out"

Figures = dict[str, float]
Groups = dict[str, list["Text"]]


def note(message: str) -> None:
    print(message, file=sys.stderr)


def shipped(text: Text) -> list[bool]:
    """Return the mask of corpusprep, which sees the blank lines too."""
    lines = text.text.split("\n")
    mask = boilerplate_mask(lines)
    return [keep for line, keep in zip(lines, mask, strict=True) if line.strip()]


def on_lines(system: peers.System, text: Text) -> list[bool]:
    return system(text.lines)


def choices(
    texts: list[Text], systems: Mapping[str, peers.System]
) -> dict[str, dict[str, list[bool]]]:
    """Return for each system its masks of the texts, by name; the held-out ones if there are any."""
    found = {"corpusprep": tracks.choose(shipped, texts)}
    rules, masks = tracks.held_out()
    if masks:
        found[HELD_OUT] = masks
        if not load_rules().hash.startswith(rules):
            note(f"held_out.json was made with other rules ({rules}): train anew")
    else:
        note(f"no held_out.json: the row '{HELD_OUT}' is left out")
    for name, system in systems.items():
        found[name] = tracks.choose(partial(on_lines, system), texts)
    return found


def measure(
    groups: Groups,
    chosen: Mapping[str, Mapping[str, Mask]],
    figures: Callable[[list[Text], Mapping[str, Mask]], Figures],
) -> dict[str, dict[str, Figures]]:
    """Return *figures* by group and system; a system without masks for a group is left out there."""
    found: dict[str, dict[str, Figures]] = {}
    for group, texts in groups.items():
        found[group] = {}
        for system, masks in chosen.items():
            absent = [text.name for text in texts if text.name not in masks]
            if not absent:
                found[group][system] = figures(texts, masks)
            elif len(absent) < len(texts):
                note(f"{system}: no masks for {len(absent)} of {group}, left out: {absent[:3]}")
    return found


def show(title: str, found: dict[str, dict[str, Figures]], columns: tuple[str, ...]) -> None:
    print(f"\n{title}: {', '.join(columns)}")
    names = list(dict.fromkeys(chain.from_iterable(found.values())))
    print(f"{'':22}" + "".join(f"{group:>{8 * len(columns)}}" for group in found))
    for name in names:
        cells = (
            f"{group[name][c]:>8.3f}" if name in group else f"{'':8}"
            for group in found.values()
            for c in columns
        )
        print(f"{name:22}" + "".join(cells))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.boilerplate")
    parser.add_argument("--no-speed", action="store_true", help="print quality, store nothing")
    given = parser.parse_args()
    if not tracks.DATA.exists():
        note(f"no {tracks.DATA}: only the negatives are measured, and nothing is stored")
    labelled, marked = tracks.labelled_lines(), tracks.marked_texts()
    systems = {**peers.RULES, **peers.installed()}
    if absent := sorted(peers.LIBRARIES.keys() - systems.keys()):
        note(f"not installed and left out: {', '.join(absent)}")
    chosen = choices(list(chain(*labelled.values(), *marked.values())), systems)
    lines = measure(labelled, chosen, tracks.line_figures)
    texts = measure(marked, chosen, tracks.text_figures)
    show("Lines", lines, ("keep_f1", "good_characters_kept", "junk_characters_removed"))
    show("Texts", texts, ("precision", "recall", "f1", "good_characters_kept"))
    if given.no_speed or not tracks.DATA.exists():
        return
    rules = load_rules()
    results = {
        "rules": len(rules),
        "rules_hash": rules.hash[:12],
        "held_out_rules": tracks.held_out()[0][:12],
        "libraries": peers.versions(),
        "texts_in_group": {name: len(group) for name, group in labelled.items()},
        "lines": lines,
        "texts": texts,
        "speed": speed.step_speed() | {"others_mb_per_second": speed.system_speeds(systems)},
    }
    print(f"\nSpeed: {json.dumps(results['speed'], indent=1)}")
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
