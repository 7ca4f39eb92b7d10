"""Measure how much damaged text comes back, how bytes become text, and what clean text suffers.

    python -m benchmarks.mojibake [--n 300] [--peers] [--parts recovery,bytes,real,clean,speed]
                                  [--kinds utf8-as-gbk,...] [--levels sentence,...] [--show 3]

Writes the parts that were measured to results/mojibake.json, unless only some kinds or levels, or
fewer than 300 samples, were. Libraries to compare with (`peers.py`) are measured on fewer samples,
and on sentences and spans only. The clean texts in clean/ were written for this.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.mojibake import decoding, peers, real, recovery
from benchmarks.mojibake.damage import KINDS
from corpusprep.text.mojibake import repair

RESULTS = Path(__file__).resolve().parents[1] / "results" / "mojibake.json"
PARTS = ("recovery", "bytes", "real", "clean", "speed")
MODULES = {"clean": "false_positives", "speed": "speed"}
SAMPLES = 300
PEER_SAMPLES = 60
LONGEST = 4000  # characters of a part that are printed


def names(given: str, known: tuple[str, ...]) -> list[str]:
    """Return the names in a list with commas; a name may end in * for all that begin so."""
    found = []
    for name in given.split(","):
        fits = [k for k in known if k == name or (name[-1:] == "*" and k.startswith(name[:-1]))]
        if not fits:
            sys.exit(f"{name!r} is none of {', '.join(known)}")
        found += fits
    return found


def recover(given: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of corpusprep and, if asked for, of the others."""
    kinds, levels = names(given.kinds, tuple(KINDS)), names(given.levels, recovery.LEVELS)
    table = recovery.measure(repair, most=given.n, kinds=kinds, levels=levels, show=given.show)
    found: dict[str, Any] = {"corpusprep": table, "targets": recovery.count_met(table)}
    print(f"\ntargets: {found['targets']}")
    if given.peers:
        levels = [level for level in levels if level != "document"]
        for name in peers.installed(peers.REPAIRERS):
            print(f"\n{name}")
            work = peers.careful_repair(peers.REPAIRERS[name]())
            most = min(given.n, PEER_SAMPLES)
            found[name] = recovery.measure(work, most=most, kinds=kinds, levels=levels)
    return found


def decode_bytes(given: argparse.Namespace) -> dict[str, Any]:
    found = decoding.measure(most=given.n, others=given.peers, show=given.show)
    targets = decoding.count_met(found["right"])
    print(f"\ntargets: {targets}")
    return {**found, "targets": targets}


def measure_module(part: str) -> dict[str, Any] | None:
    """Return what the module of a part measures; None, with a word about it, if it is not there."""
    try:
        module = importlib.import_module(f"benchmarks.mojibake.{MODULES[part]}")
    except ModuleNotFoundError as error:
        print(f"{part} is left out: {error}", file=sys.stderr)
        return None
    found: dict[str, Any] = module.measure()
    print(f"\n{part}: {json.dumps(found, ensure_ascii=False, indent=1)[:LONGEST]}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mojibake")
    parser.add_argument("--n", type=int, default=SAMPLES, help="samples of each kind")
    parser.add_argument("--peers", action="store_true", help="measure other libraries too")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--levels", default=",".join(recovery.LEVELS))
    parser.add_argument("--show", type=int, default=0, help="print so many failures of each kind")
    given = parser.parse_args()
    measured: dict[str, Any] = {}
    for part in names(given.parts, PARTS):
        if part == "recovery":
            measured[part] = recover(given)
        elif part == "bytes":
            measured[part] = decode_bytes(given)
        elif part == "real":
            measured[part] = real.measure(show=bool(given.show))
        elif (found := measure_module(part)) is not None:
            measured[part] = found
    whole = given.kinds == ",".join(KINDS) and given.levels == ",".join(recovery.LEVELS)
    if not whole or given.n < SAMPLES:
        print("\nnothing is stored: not all kinds, levels and samples were measured")
        return
    stored = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    stored["clean_texts"] = {
        level: {script: len(texts) for script, texts in recovery.clean_texts(level).items()}
        for level in ("sentence", "document")
    }
    if given.peers:
        stored["libraries"] = peers.versions()
    for part, found in measured.items():
        stored[part] = join(stored.get(part, {}), found) if part in {"recovery", "bytes"} else found
    RESULTS.write_text(compact(stored) + "\n", "utf-8")


def join(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return *new* with what *old* has of other systems: they need not be measured each time."""
    found = old | new
    for name in ("right", "mb_per_second"):
        if name in new:
            found[name] = old.get(name, {}) | new[name]
    return found


def compact(found: dict[str, Any]) -> str:
    """Return JSON in which each innermost object is one line, so that a change is seen as one."""
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return re.sub(r"\{[^{}]*\}", lambda m: re.sub(r"\n\s*", " ", m[0]), text)


if __name__ == "__main__":
    main()
