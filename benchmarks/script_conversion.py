"""Measure script conversion against opencc-python-reimplemented: speed, and whether output agrees.

Run: python benchmarks/script_conversion.py  (about a minute; writes results/script_conversion.json)

The texts are the web documents of the development data where they lie beside the checkout,
otherwise the seeds, repeated. They are brought into the script that a conversion starts from by
the opposite conversion (the package's own, for what is compared). The package converts line by
line here, which is the faster way for it. Speeds are MB of UTF-8 input a second, of one thread:
the best of three runs for ours, one run for the package. Lines count as differing one by one.
"""

from __future__ import annotations

import json
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import opencc

from corpusprep.text.script import (
    convert_script,
    recognise_script,
    script_configs,
    script_edits,
    simplify_chars,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
WEB = HERE.parents[1] / "shared" / "data" / "web"
SEEDS = HERE.parent / "seeds"

# Where the text for a conversion comes from, and how much of it the package is given.
SOURCES = {
    "t2s": "s2t", "t2tw": "s2t", "t2hk": "s2t",
    "tw2s": "s2tw", "tw2sp": "s2twp", "hk2s": "s2hk",
}  # fmt: skip
MEGABYTES = {"t2s": 5.0, "s2t": 2.0, "tw2sp": 2.0}
OTHERS = 0.5


def texts() -> tuple[str, str]:
    """Return 5 MB of text, most of it simplified, and what it is."""
    if WEB.is_dir():
        lines = [line for file in sorted(WEB.glob("*-*.jsonl")) for line in file.open("rb")]
        text = "\n".join(json.loads(line)["text"] for line in lines)
        return cut(text, 5), "web documents of the development data"
    text = "\n".join(file.read_text("utf-8") for file in sorted(SEEDS.glob("*.txt")))
    times = 1 + int(5e6 / len(text.encode()))
    return cut("\n".join([text] * times), 5), "the seeds, repeated"


def cut(text: str, megabytes: float) -> str:
    """Return about so much of *text*, in whole lines."""
    start = text.encode()[: int(megabytes * 1e6)].decode("utf-8", "ignore")
    return start.rpartition("\n")[0] or start


def speed(text: str, run: Callable[[str], object], *, runs: int = 3) -> float:
    """Return the MB/s of the best of some runs."""
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        run(text)
        took.append(time.perf_counter() - start)
    return round(len(text.encode()) / 1e6 / min(took), 2)


def compare(config: str, text: str) -> dict[str, object]:
    """Return speeds and agreement of one conversion on *text*."""
    package = opencc.OpenCC(config)
    package.convert("一")  # it loads its dictionaries at the first call
    convert_script("一", config)
    lines = text.split("\n")
    theirs: list[str] = []
    package_speed = speed(text, lambda _: theirs.extend(map(package.convert, lines)), runs=1)
    ours = convert_script(text, config).split("\n")
    differing = sum(a != b for a, b in zip(ours, theirs, strict=True))
    our_speed = speed(text, lambda t: convert_script(t, config))
    return {
        "megabytes": round(len(text.encode()) / 1e6, 2),
        "lines": len(lines),
        "differing_lines": differing,
        "identical": ours == theirs,
        "ours_mb_s": our_speed,
        "ours_edits_mb_s": speed(text, lambda t: script_edits(t, config)),
        "package_mb_s": package_speed,
        "ratio": round(our_speed / package_speed, 1),
    }


def start_up(config: str) -> float:
    """Return the seconds that the first conversion of this process takes."""
    start = time.perf_counter()
    convert_script("一", config)
    return round(time.perf_counter() - start, 3)


def main() -> None:
    load = {config: start_up(config) for config in ("t2s", "s2t", "tw2sp")}
    text, source = texts()
    results: dict[str, object] = {}
    for config in sorted(script_configs(), key=lambda c: (c not in MEGABYTES, c)):
        part = cut(text, MEGABYTES.get(config, OTHERS))
        if config in SOURCES:
            back = opencc.OpenCC(SOURCES[config])
            part = "\n".join(map(back.convert, part.split("\n")))
        results[config] = compare(config, cut(part, MEGABYTES.get(config, OTHERS)))
        print(config, json.dumps(results[config]))
    simplified = convert_script(text, "t2s")
    report = {
        "package": f"opencc-python-reimplemented {metadata.version('opencc-python-reimplemented')}",
        "text": source,
        "load_s": load,
        "conversions": results,
        "nothing_to_do": {
            "t2s on text that t2s made, MB/s": speed(simplified, convert_script),
            "t2s edits on it, MB/s": speed(simplified, script_edits),
            "simplify_chars on it, MB/s": speed(simplified, simplify_chars),
            "recognise_script on it, MB/s": speed(simplified, recognise_script),
        },
    }
    print(json.dumps(report["nothing_to_do"]), json.dumps(load))
    target = HERE / "results" / "script_conversion.json"
    target.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
