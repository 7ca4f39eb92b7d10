"""Quality floors: what the stored results and the seeds must at least come to. Raised, never lowered.

Results are read from benchmarks/results (each made by the script of its name), so that a change
that lowers one is seen where it is committed; the seeds are measured anew each time.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

from corpusprep import clean, decode

HERE = Path(__file__).parent
ROOT = HERE.parent


def seed_figures() -> dict[str, float]:
    """Return figures of the seeds that need no gold: lines removed, annotations left."""
    figures: dict[str, float] = {}
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        text = decode(path.read_bytes()).text
        cleaned = clean(text, script="simplified")
        figures[f"seed_{path.name[:3]}_share_kept"] = len(cleaned) / len(text)
    return figures


def look_up(results: dict[str, object], name: str) -> object:
    found: object = results
    for key in name.split("."):
        found = found[key] if isinstance(found, dict) else None
    return found


def main() -> None:
    floors = tomllib.loads((HERE / "floors.toml").read_text(encoding="utf-8"))
    measured: dict[str, object] = {"seeds": seed_figures()}
    for path in sorted((HERE / "results").glob("*.json")):
        measured[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    failed = 0
    for file, limits in floors.items():
        for name, limit in limits.items():
            value = look_up(measured[file], name)
            low, high = (limit, None) if not isinstance(limit, list) else limit
            fine = (
                isinstance(value, int | float) and value >= low and (high is None or value <= high)
            )
            failed += not fine
            print(f"{'ok  ' if fine else 'FAIL'} {file}.{name}: {value} (floor {limit})")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
