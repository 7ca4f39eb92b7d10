#!/usr/bin/env python3
"""Make corpusprep/models/readings.tsv: how traditional characters are read.

    pip install pypinyin
    python scripts/make_readings.py

Only characters of GBK whose simplified form is another one: a converter that puts the reading
behind some of the characters it converts annotates no others. The readings are those of pypinyin's
table (MIT), the commonest first.
"""

from __future__ import annotations

from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

from corpusprep.text.script import simplify_chars

TARGET = Path(__file__).resolve().parent.parent / "corpusprep" / "models" / "readings.tsv"


def main() -> None:
    """Write the table."""
    lines = ["# character, readings; from pypinyin (MIT) by scripts/make_readings.py"]
    for code, readings in sorted(pinyin_dict.items()):
        char = chr(code)
        in_gbk = 0x4E00 <= code <= 0x9FFF and len(char.encode("gbk", "ignore")) == 2
        if in_gbk and simplify_chars(char) != char:
            lines.append(f"{char}\t{readings.replace('ɡ', 'g')}")
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(lines) - 1} characters, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
