"""Write what the seeds come to into tests/golden: a change of output is shown and committed."""

from __future__ import annotations

from pathlib import Path

from corpusprep import clean, decode

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    folder = ROOT / "tests" / "golden"
    folder.mkdir(exist_ok=True)
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        cleaned = clean(decode(path.read_bytes()).text, script="simplified")
        (folder / path.name).write_text(cleaned, encoding="utf-8")
        print(path.name, len(cleaned))


if __name__ == "__main__":
    main()
