"""Web pages that come with the truth about their copies: as they are, and after a real run.

The run is what counts: share bars and site names are gone when documents are compared. The pages
lie beside the checkout; where they are absent this is skipped.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from benchmarks.duplicates.truth import THRESHOLD, plain_set, similarity
from corpusprep.steps.duplicates import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WEB = Path(__file__).resolve().parents[3] / "shared" / "data" / "web"
LITTLE = 0.6  # of a dropped document, found in the one that stays: below it, content may be lost
Origins = dict[str, tuple[str, str]]


def pages() -> dict[str, str]:
    shards = sorted(WEB.glob("shard-*.jsonl"))
    rows = (json.loads(line) for path in shards for line in path.read_bytes().splitlines())
    return {row["id"]: row["text"] for row in rows}


def origins() -> Origins:
    """Return, for each copy, its kind and its original."""
    rows = map(json.loads, (WEB / "truth.jsonl").read_bytes().splitlines())
    return {row["id"]: (row["kind"], row["dup_of"]) for row in rows if row["dup_of"]}


@dataclass(frozen=True)
class Answer:
    """The texts that were compared, and of those that went the one that each went for."""

    texts: Mapping[str, str]
    went_for: Mapping[str, str]

    def found(self, copy: str, original: str) -> bool:
        """Return whether one of the two is gone: with two that stay, a copy is left over."""
        return copy in self.went_for or original in self.went_for

    def shared(self, one: str, other: str) -> tuple[float, float]:
        """Return the similarity of two documents, and the share of the first that is in the other."""
        sets = [plain_set(self.texts[name]) for name in (one, other)]
        return similarity(*sets), len(sets[0] & sets[1]) / len(sets[0])


def quality(answer: Answer, known: Origins) -> dict[str, Any]:
    """Return the known copies found, by kind, and whether each that goes is one by a plain count."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    left = 0
    for copy, (kind, original) in known.items():
        if copy not in answer.texts or original not in answer.texts:
            kinds[kind]["left_out_before"] += 1
            continue
        near = answer.shared(copy, original)[0] >= THRESHOLD
        met = answer.found(copy, original)
        left += near and not met
        kinds[kind].update(all=1, all_found=met, at_threshold=near, at_threshold_found=near and met)
    below = sum(answer.shared(*pair)[0] < THRESHOLD for pair in answer.went_for.items())
    return {
        "documents": len(answer.texts),
        "dropped": len(answer.went_for),
        "dropped_below_threshold": below,
        "pairs_kept_at_or_above_threshold": left,
        "copies": {kind: dict(counts) for kind, counts in sorted(kinds.items())},
    }


def root(name: str, known: Origins) -> str:
    """Return what a copy of a copy goes back to."""
    while name in known:
        name = known[name][1]
    return name


def losses(answer: Answer, known: Origins) -> dict[str, Any]:
    """Return what went that should not have: clusters of which nothing stays, and new documents."""
    clusters: dict[str, set[str]] = defaultdict(set)
    for copy in known:
        clusters[root(copy, known)].update((copy, root(copy, known)))
    new = [name for name in answer.went_for if name not in known]
    shares = {name: answer.shared(name, kept) for name, kept in answer.went_for.items()}
    little = sorted(shares[name] for name in new if shares[name][1] < LITTLE)
    apart = [n for n, kept in answer.went_for.items() if root(n, known) != root(kept, known)]
    return {
        "clusters": len(clusters),
        "clusters_lost_whole": sum(all(n in answer.went_for for n in c) for c in clusters.values()),
        "dropped_sharing_little": sum(share < LITTLE for _, share in shares.values()),
        "new_dropped": len(new),
        "new_dropped_sharing_little": len(little),
        "their_similarity_and_share": [[round(n, 3) for n in pair] for pair in little],
        "dropped_for_a_document_of_another_cluster": len(apart),
    }


def as_they_are(texts: Mapping[str, str]) -> Answer:
    names = list(texts)
    labels = near_duplicates(list(texts.values()))
    return Answer(texts, {names[i]: names[label] for i, label in enumerate(labels) if label != i})


def cleaned() -> Answer:
    """Return what a run with the options as they come drops, and the texts that it compared.

    Those are what a second run writes that looks for no copies: a dropped document is shown as it
    came in.
    """
    with tempfile.TemporaryDirectory() as folder:
        run(f"{folder}/found")
        run(f"{folder}/all", "--set", "duplicates.enabled=false")
        gone = table(Path(folder, "found/rejected"), ["id", "stage", "kept_id"])
        all_ = table(Path(folder, "all/documents"), ["id", "text"])
    texts = {row["id"]: row["text"] for row in all_}
    return Answer(
        texts, {row["id"]: row["kept_id"] for row in gone if row["stage"] == "duplicates"}
    )


def run(out: str, *options: str) -> None:
    shards = [str(path) for path in sorted(WEB.glob("shard-*.jsonl"))]
    command = [sys.executable, "-m", "corpusprep", "run", *shards, "-o", out, "--quiet", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def table(folder: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    files = sorted(folder.glob("*.parquet"))
    return [row for path in files for row in pq.read_table(path, columns=columns).to_pylist()]


def measure() -> dict[str, Any]:
    if not WEB.is_dir():
        return {"skipped": "the pages lie beside the checkout, in shared/data/web"}
    known, raw, clean = origins(), as_they_are(pages()), cleaned()
    return {
        "quality": quality(raw, known),
        "losses": losses(raw, known),
        "cleaned": {"quality": quality(clean, known), "losses": losses(clean, known)},
    }
