"""A small finished corpus folder made of the seed texts, as a run would leave it."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from corpusprep.data.tables import SCHEMAS, TableWriter, table_files

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
RECIPE = 'name = "zh-web"\n\n[script]\nto = "keep"\n'


def write_corpus(
    out: Path, *, shards: int = 2, rejected: bool = True, splits: tuple[str, ...] = ("train",)
) -> Path:
    """Write a corpus of the five seeds to *out*, rows shared out among *splits*; return *out*."""
    seeds = sorted(SEEDS.glob("*.txt"))
    texts = [seed.read_text(encoding="utf-8") for seed in seeds]
    rows = {
        "documents": [
            _document(k, seed.stem, text)
            for k, (seed, text) in enumerate(zip(seeds, texts, strict=True))
        ],
        "sentences": [
            _row("sentences", doc_id=seed.stem, i=i, start=i * 5, end=i * 5 + 5, text=text[i * 5 : i * 5 + 5])
            for seed, text in zip(seeds, texts, strict=True)
            for i in range(40)
        ],
        "removed": [*_removed()],
        "rejected": [
            _row("rejected", id="空", text="…", stage="quality", rule="too-short", detail="1 字")
        ]
        * rejected,
    }  # fmt: skip
    tables = {name: write_table(out, name, rows[name], shards, splits) for name in SCHEMAS}
    report = make_report(seeds, texts, tables, rejected=rejected)
    (out / "report.json").write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    (out / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return out


def write_table(
    out: Path,
    name: str,
    rows: list[dict[str, Any]],
    shards: int,
    splits: tuple[str, ...] = ("train",),
) -> dict[str, Any]:
    """Write *rows* as *shards* Parquet files a split and return their entry in report.json.

    As in a run, a split without rows has no files, but a table has one at least.
    """
    (out / name).mkdir(parents=True, exist_ok=True)
    for old in (out / name).iterdir():
        old.unlink()
    shared = {split: rows[k :: len(splits)] for k, split in enumerate(splits)}
    filled = {split: part for split, part in shared.items() if part} or {"train": []}
    files = [
        f for split, part in filled.items() for f in _write_split(out, name, split, part, shards)
    ]
    return {
        "rows": len(rows),
        "bytes": sum(f.stat().st_size for f in files),
        "files": [file.relative_to(out).as_posix() for file in files],
    }


def _write_split(
    out: Path, name: str, split: str, rows: list[dict[str, Any]], shards: int
) -> list[Path]:
    files = [out / name / f"{split}-{k:05d}-of-{shards:05d}.parquet" for k in range(shards)]
    for k, file in enumerate(files):
        writer = TableWriter(file, SCHEMAS[name])
        part = rows[k * len(rows) // shards : (k + 1) * len(rows) // shards]
        writer.write_rows(
            {field.name: [row[field.name] for row in part] for field in SCHEMAS[name]}
        )
        writer.close()
    return files


def read_table(out: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of the table *name* in *out*."""
    return [row for file in table_files(out, name) for row in pq.read_table(file).to_pylist()]


def _row(table: str, **values: Any) -> dict[str, Any]:
    return {name: values.get(name) for name in SCHEMAS[table].names}


def _document(k: int, name: str, text: str) -> dict[str, Any]:
    spans = [{"start": k, "end": k + 5} for k in range(0, 200, 5)]
    return _row(
        "documents", id=name, text=text, source=f"{name}.txt",
        url=[f"https://Bbs.Example.cn:8080/t/{k}", "http://user:pass@news.example.cn/1", None][k % 3],
        published=["2023-05-01 08:30", "1998年2月3日", None][k % 3], genre="thread",
        script="traditional" if k == 4 else "simplified", encoding="gb18030" if k else "utf-8",
        characters=len(text), han_share=0.875, copies=1, sentences=spans,
    )  # fmt: skip


def _removed() -> list[dict[str, Any]]:
    junk = ["分享到：微信", "| 只看该作者", "<script>alert(1)</script>", "打印\u200b本页\n关闭"]
    rows = [
        _row(
            "removed", doc_id="帖子-1", step="boilerplate", rule="share-bar", start=k * 20,
            end=k * 20 + len(old), old=old, new="", n=1,
            spans=[{"start": k * 20, "end": k * 20 + len(old), "at": 0, "old": len(old), "new": 0, "i": k}],
        )
        for k, old in enumerate(junk)
    ]  # fmt: skip
    pieces = [("(", "（"), (")", "）")]
    spans = [
        {"start": k, "end": k + 1, "at": k, "old": 1, "new": 1, "i": k} for k in range(len(pieces))
    ]
    fold = _row(
        "removed", doc_id="帖子-1", step="normalise", rule="width", start=0, end=2, old="()",
        new="（）", n=2, spans=spans,
    )  # fmt: skip
    counted = _row(
        "removed", doc_id="帖子-1", step="normalise", rule="spacing", start=0, end=0, old="",
        new="", n=7, spans=[],
    )  # fmt: skip
    return [*rows, fold, counted]


def make_report(
    seeds: list[Path], texts: list[str], tables: dict[str, Any], *, rejected: bool
) -> dict[str, Any]:
    """Return report.json of the sample: its counts add up, and agree with the tables."""
    out = sum(map(len, texts))
    left_out, removed = int(rejected), 46
    given = {
        "repair": ({}, 0),
        "normalise": ({"width": _counts(2, 0, 2), "spacing": _counts(7, 7, 0)}, 7),
        "boilerplate": ({"share-bar": _counts(4, removed - 7, 0)}, removed - 7),
        "quality": ({}, 0),
        "duplicates": ({}, 0),
        "sentences": ({}, 0),
    }
    documents, characters = len(texts) + left_out, out + removed + left_out
    stages = []
    for stage, (rules, taken) in {"read": ({}, 0), **given}.items():
        drops = stage == "quality" and rejected
        stages.append(
            {
                "stage": stage,
                "documents_in": documents,
                "documents_out": documents - drops,
                "characters_in": characters,
                "characters_out": characters - taken - drops,
                "characters_rejected": int(drops),
                "rules": rules,
                "rejected": {"too-short": 1} if drops else {},
            }
        )
        documents, characters = documents - drops, characters - taken - drops
    return {
        "corpusprep": "0.1.0",
        "signature": "corpusprep 0.1.0 recipe:ab12cd34ef56 rules:0123456789ab",
        "recipe": "zh-web",
        "command": "corpusprep run seeds -o corpus",
        "inputs": [
            {
                "path": f"seeds/{seed.name}",
                "bytes": seed.stat().st_size,
                "documents": 1,
                "sha256": sha256(seed.read_bytes()).hexdigest(),
            }
            for seed in seeds
        ],
        "documents": {"in": len(texts) + left_out, "out": len(texts), "rejected": left_out},
        "characters": {
            "in": out + removed + left_out, "out": out, "removed": removed, "inserted": 0,
            "replaced": 2, "rejected": left_out,
        },
        "sentences": tables["sentences"]["rows"],
        "stages": stages,
        "duplicates": {"exact": 0, "near": 0, "clusters": 0, "largest": 0, "threshold": 0.8},
        "tables": tables,
        "warnings": [],
    }  # fmt: skip


def _counts(edits: int, removed: int, replaced: int) -> dict[str, int]:
    return {
        "edits": edits, "documents": 1, "removed": removed, "inserted": 0, "replaced": replaced,
    }  # fmt: skip
