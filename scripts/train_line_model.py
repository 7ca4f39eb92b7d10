"""Train the line model on labelled pages, and measure it on sites that it did not see.

Run: pip install catboost && python scripts/train_line_model.py [--check]   (two minutes)

Reads `../shared/data/pages` and `../shared/data/lines`, whose texts stay there (the labels of the
pages, made by reading, are in `line_labels.tsv`: runs of K keep, D drop, ? either over the lines
that are not blank), and `line_documents/*.tsv`, pages written for this purpose, each line with its
label. Writes `corpusprep/models/lines.npz`, the figures of the cross-validation by site to
`benchmarks/results/line_model.json`, and what a model that never saw their site leaves of the
pages to `benchmarks/boilerplate/held_out.json`. With --check only the figures are printed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlparse

import numpy as np
from catboost import CatBoostClassifier

from corpusprep import linemodel
from corpusprep.genre import recognise_genre
from corpusprep.ruleset import Ruleset, fold, load_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
RESULTS = HERE.parent / "benchmarks" / "results" / "line_model.json"
HELD_OUT = HERE.parent / "benchmarks" / "boilerplate" / "held_out.json"

FOLDS, INNER_FOLDS = 10, 5
DROPPED_RULES = 0.0, 0.35, 0.7  # shares: on a site never seen half of the wordings are new
TRANSPLANTS = 2  # each text in the frame of so many other pages
GOOD_WEIGHT = 3.0  # a good line lost weighs as much as so many lines of boilerplate left
TREES, DEPTH, RATE = 240, 5, 0.08  # 160 trees lose two points of boilerplate, 500 win nothing
KEPT = 0.99  # of good characters, in all and as the mean by page, in cross-validation
ODDS_STEP, PROSE_STEP = 20, 10  # eighth-bit steps in which log-odds are stored

# Labelled lines of sites that are among the pages too.
SAME_SITE = {
    "forum_discuz_csol_38672": "tiancity",
    "forum_discuz_csol_38733": "tiancity",
    "forum_rubychina_43661": "ruby-china",
    "forum_tieba_8057560733": "baidu",
    "news_sina_finance": "sina",
    "news_ifeng_ningbo": "ifeng",
    "gov_cmse": "cmse",
    "gov_kepu": "kepuchina",
    "gov_zjdrc": "zjdrc",
    "paper_dangdaishangbao_web": "cjddsb",
}


@dataclass
class Labelled:
    """A page and the label of each of its lines that are not blank."""

    name: str
    site: str
    kind: str  # real, seeds, made or negatives
    text: str
    labels: list[str]

    def rows(self) -> list[tuple[str, str]]:
        """Return the lines, each with the blank line before it, and their labels."""
        found, labels, blank = [], iter(self.labels), ""
        for line in self.text.split("\n"):
            if line.strip():
                found.append((blank + line, next(labels)))
                blank = ""
            else:
                blank = "\n"
        return found

    def with_rows(self, rows: list[tuple[str, str]]) -> Labelled:
        """Return a page of other lines under the same name."""
        text = "\n".join(line for line, _ in rows)
        return Labelled(self.name, self.site, self.kind, text, [label for _, label in rows])


# --- reading --------------------------------------------------------------------------------------


def load() -> list[Labelled]:
    """Return all labelled pages."""
    return [*_pages(), *_tables(DATA / "lines"), *_tables(HERE / "line_documents")]


def _pages() -> Iterator[Labelled]:
    manifest = DATA / "pages" / "manifest.jsonl"
    about = [json.loads(row) for row in manifest.open()] if manifest.exists() else []
    urls = {f"{row['source']}/{row['id']}": row.get("url") for row in about}
    for row in (HERE / "line_labels.tsv").read_text("utf-8").splitlines() if about else ():
        name, runs = row.split("\t")
        source, page = name.split("/")
        text = (DATA / "pages" / source / "txt" / f"{page}.txt").read_text("utf-8")
        labels = [k for k, n in re.findall(r"([KD?])(\d+)", runs) for _ in range(int(n))]
        yield Labelled(name, _site(urls.get(name), page), "real", text, labels)


def _site(url: str | None, page: str) -> str:
    host = urlparse(url or "").hostname
    if not host:  # 163_8, v_163_1, list_163_2
        return re.sub(r"^(?:v|list)_", "", page).split("_")[0].split(".")[0]
    parts = [p for p in host.split(".") if p not in {"com", "cn", "org", "net", "www", "gov"}]
    return parts[-1] if parts else host


def _tables(folder: Path) -> Iterator[Labelled]:
    for path in sorted(folder.glob("*.tsv")):
        rows = path.read_text("utf-8").split("\n")
        pairs = [row.split("\t", 1) for row in rows if "\t" in row and not row.startswith("#")]
        pairs = [pair for pair in pairs if pair[1].strip()]
        site = SAME_SITE.get(path.stem) or path.stem.split("_")[0]
        if folder.name == "lines":
            kind = "seeds" if path.stem.startswith("seed_") else "real"
        else:
            kind = "negatives" if re.fullmatch(r"a\d\d", path.stem) else "made"
        text = "\n".join(line for _, line in pairs)
        yield Labelled(path.stem, site, kind, text, [label for label, _ in pairs])


# --- more pages from these ------------------------------------------------------------------------


def bare(doc: Labelled) -> Labelled | None:
    """Return *doc* without its boilerplate: most texts have none."""
    rows = doc.rows()
    kept = [row for row in rows if row[1] != "D"]
    return doc.with_rows(kept) if kept and len(kept) < len(rows) else None


def transplanted(doc: Labelled, other: Labelled) -> Labelled | None:
    """Return the text of *doc* between what stands above and below the text of *other*."""
    rows, frame = doc.rows(), other.rows()
    body = [i for i, (_, label) in enumerate(rows) if label == "K"]
    hole = [i for i, (_, label) in enumerate(frame) if label == "K"]
    if not body or not hole or (hole[0] < 3 and hole[-1] > len(frame) - 4):
        return None
    inner = rows[body[0] : body[-1] + 1]
    return doc.with_rows(frame[: hole[0]] + inner + frame[hole[-1] + 1 :])


def augmented(docs: list[Labelled], luck: random.Random) -> list[Labelled]:
    """Return pages made of *docs*: without their boilerplate, and with that of others."""
    found = [bare(doc) for doc in docs]
    for doc in docs:
        times = TRANSPLANTS * (2 if doc.kind == "negatives" else 1)
        found += [transplanted(doc, luck.choice(docs)) for _ in range(times)]
    return [doc for doc in found if doc]


# --- what the model sees --------------------------------------------------------------------------


class Seen(NamedTuple):
    """A labelled page as rules that may be fewer see it; arrays have one entry a line."""

    doc: Labelled
    page: Any
    genre: str
    labels: npt.NDArray[np.str_]
    free: npt.NDArray[np.bool_]  # not taken by a rule
    length: npt.NDArray[np.int64]
    weight: float  # of the variant


def see(docs: Sequence[Labelled], rules: Ruleset, weight: float = 1.0) -> list[Seen]:
    found = []
    for doc in docs:
        page = rules.read(doc.text)
        label_of = np.full(len(doc.text) + 1, "?")
        at, labels = 0, iter(doc.labels)
        for line in doc.text.split("\n"):
            if line.strip():
                label_of[at : at + len(line)] = next(labels)
            at += len(line) + 1
        if next(labels, None) is not None:
            sys.exit(f"{doc.name}: more labels than lines")
        middle = [(a + b) // 2 for a, b in zip(page.start, page.end, strict=True)]
        free = np.array([rule < 0 for rule in page.rule], dtype=bool)
        length = np.array([len(line) for line in page.text], dtype=np.int64)
        found.append(Seen(doc, page, recognise_genre(page), label_of[middle], free, length, weight))
    return found


def fewer_rules(rules: Ruleset, dropped: float, luck: random.Random) -> Ruleset:
    return Ruleset(rule for rule in rules if luck.random() >= dropped)


def pair_table(seen: Sequence[Seen]) -> npt.NDArray[np.int64]:
    """Return for each pair of characters the log-odds that it stands in boilerplate, and in prose.

    Odds are between sites that have the pair in boilerplate and sites that have it in text, so that
    no site's name counts for much. Both are packed into one number: odds low, prose high.
    """
    sites: dict[str, dict[str, set[int]]] = {"K": defaultdict(set), "D": defaultdict(set)}
    prose = np.zeros(linemodel.BUCKETS)
    for one in seen:
        for text, label in zip(one.page.text, one.labels.tolist(), strict=True):
            if label in sites:
                keys = linemodel.pair_keys(fold(f"\n{text}\n"))
                sites[label][one.doc.site].update(keys.tolist())
                if label == "K":
                    np.add.at(prose, keys, 1)
    odds = np.zeros(linemodel.BUCKETS)
    known = np.zeros(linemodel.BUCKETS, dtype=bool)
    for label, sign in (("D", 1), ("K", -1)):
        count = np.zeros(linemodel.BUCKETS)
        for keys in sites[label].values():
            count[list(keys)] += 1
        odds += sign * np.log((count + 0.4) / (len(sites[label]) + 1))
        known |= count > 0
    packed = np.where(known, np.clip(np.rint(odds * ODDS_STEP), -127, 127), 0)
    logs = np.log((prose + 0.3) / (prose.sum() / 20_000))
    common = np.clip(np.rint(logs * PROSE_STEP), -127, 127)
    return packed.astype(np.int64) + (common.astype(np.int64) << 32)


def columns(
    seen: Sequence[Seen], rules: Ruleset, table: npt.NDArray[np.int64]
) -> list[npt.NDArray[np.float32]]:
    """Return the features of each page: (lines, features)."""
    pages, genres = [one.page for one in seen], [one.genre for one in seen]
    _, found = linemodel.features(pages, genres, rules.rules, table)
    cuts = np.cumsum([len(page) for page in pages])[:-1]
    return [part.T for part in np.split(found, cuts, axis=1)]


# --- training -------------------------------------------------------------------------------------


def train(docs: list[Labelled], seed: int = 0) -> tuple[npt.NDArray[np.int64], CatBoostClassifier]:
    """Return the table of pairs and the trees, trained on *docs*.

    The features of a page are made with a table that did not see its site, as they will be in use.
    """
    luck = random.Random(seed)
    sites = sorted({doc.site for doc in docs})
    luck.shuffle(sites)
    fold_of = {site: k % INNER_FOLDS for k, site in enumerate(sites)}
    every = load_rules()
    plain = see(docs, every)
    tables = [
        pair_table([s for s in plain if fold_of[s.doc.site] != k]) for k in range(INNER_FOLDS)
    ]
    more = augmented(docs, luck)
    luck.shuffle(more)
    half = len(more) // 2
    sets = [(docs, dropped, 0.5 if dropped else 1.0) for dropped in DROPPED_RULES]
    sets += [(more[:half], 0.0, 0.5), (more[half:], 0.4, 0.5)]
    x, y, w = [], [], []
    for part, dropped, weight in sets:
        rules = fewer_rules(every, dropped, luck)
        seen = see(part, rules, weight)
        for k, table in enumerate(tables):
            mine = [
                s for s in seen if fold_of[s.doc.site] == k and linemodel.has_boilerplate(s.page)
            ]
            for one, found in zip(mine, columns(mine, rules, table) if mine else (), strict=True):
                use = one.free & (one.labels != "?")
                x.append(found[use])
                y.append(one.labels[use] == "D")
                w.append(_weights(one, use))
    model = CatBoostClassifier(
        iterations=TREES,
        depth=DEPTH,
        learning_rate=RATE,
        l2_leaf_reg=6,
        border_count=24,
        rsm=0.3,
        bootstrap_type="Bernoulli",
        subsample=0.7,
        random_seed=seed,
        thread_count=2,
        verbose=False,
        allow_writing_files=False,
    )
    model.fit(np.concatenate(x), np.concatenate(y), sample_weight=np.concatenate(w))
    return pair_table(plain), model


def _weights(one: Seen, use: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return what the lines weigh: by length, a good one more, a page's lines less if it has many."""
    length = 0.3 + np.minimum(one.length[use], 200) / 60
    good = np.where(one.labels[use] == "K", GOOD_WEIGHT, 1.0)
    weights: npt.NDArray[np.float64] = one.weight * length * good / len(one.page) ** 0.6
    return weights


def cross_validate(docs: list[Labelled]) -> tuple[list[Seen], list[npt.NDArray[np.float64]]]:
    """Return the pages, and how likely their lines are boilerplate for a model that never saw their site."""
    sites = sorted({doc.site for doc in docs})
    random.Random(1).shuffle(sites)
    fold_of = {site: k % FOLDS for k, site in enumerate(sites)}
    rules = load_rules()
    seen = see(docs, rules)
    chance = [np.zeros(len(one.page)) for one in seen]
    for k in range(FOLDS):
        table, model = train([doc for doc in docs if fold_of[doc.site] != k])
        test = [i for i, one in enumerate(seen) if fold_of[one.doc.site] == k]
        test = [i for i in test if linemodel.has_boilerplate(seen[i].page)]
        for i, found in zip(test, columns([seen[i] for i in test], rules, table), strict=True):
            chance[i] = np.where(seen[i].free, model.predict_proba(found)[:, 1], 0)
        print(f"fold {k + 1} of {FOLDS}: {len(test)} pages", file=sys.stderr)
    return seen, chance


class Score(NamedTuple):
    """Shares over some pages: of characters, the mean of good ones by page, the mean keep-F1."""

    good_characters_kept: float
    mean_good_kept: float
    junk_characters_removed: float
    mean_junk_removed: float
    macro_keep_f1: float


def score(seen: Sequence[Seen], gone: Sequence[npt.NDArray[np.bool_]]) -> Score:
    good, junk, f1, sums = [], [], [], np.zeros(4)
    for one, go in zip(seen, gone, strict=True):
        keep, drop, n = one.labels == "K", one.labels == "D", one.length
        part = np.array(
            [n[keep & ~go].sum(), n[keep].sum(), n[drop & go].sum(), n[drop].sum()], dtype=float
        )
        sums += part
        good += [part[0] / part[1]] if part[1] else []
        junk += [part[2] / part[3]] if part[3] else []
        right, wrong = (keep & ~go).sum(), (drop & ~go).sum() + (keep & go).sum()
        f1 += [2 * right / (2 * right + wrong)] if keep.any() else []
    shares = (
        sums[0] / sums[1],
        np.mean(good),
        sums[2] / max(sums[3], 1),
        np.mean(junk),
        np.mean(f1),
    )
    return Score(*(round(float(share), 4) for share in shares))


def threshold_for(seen: Sequence[Seen], chance: Sequence[npt.NDArray[np.float64]]) -> float:
    """Return the least certainty at which enough good characters stay, in all and by page.

    What the rules take is not the model's fault: good lines that they take count as kept here.
    """
    for step in range(50, 100):
        threshold = step / 100
        found = score(seen, [c >= threshold for c in chance])
        if min(found.good_characters_kept, found.mean_good_kept) >= KEPT:
            return threshold
    sys.exit(f"no threshold keeps {KEPT:.0%} of the good characters; nothing written")


# --- writing --------------------------------------------------------------------------------------


def export(model: CatBoostClassifier, table: npt.NDArray[np.int64], threshold: float) -> None:
    """Write the tables that `corpusprep.linemodel` reads."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.json"
        model.save_model(str(file), format="json")
        raw = json.loads(file.read_text("utf-8"))
    conditions: dict[tuple[int, float], int] = {}
    trees = np.zeros((len(raw["oblivious_trees"]), DEPTH), dtype=np.int16)
    leaves = np.zeros((len(trees), 1 << DEPTH), dtype=np.float32)
    for row, tree in enumerate(raw["oblivious_trees"]):
        splits = [(split["float_feature_index"], split["border"]) for split in tree["splits"]]
        found = [conditions.setdefault(split, len(conditions)) for split in splits]
        trees[row] = found + found[:1] * (DEPTH - len(found))  # levels it lacks decide nothing
        leaves[row] = [tree["leaf_values"][k % (1 << len(found))] for k in range(1 << DEPTH)]
    scale, (bias,) = raw["scale_and_bias"]
    low = table.astype(np.int32)
    linemodel.MODEL.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        linemodel.MODEL,
        odds=low.astype(np.int8),
        prose=((table - low) >> 32).astype(np.int8),
        feature=np.array([feature for feature, _ in conditions], dtype=np.int16),
        border=np.array([border for _, border in conditions], dtype=np.float32),
        trees=trees,
        leaves=leaves * np.float32(scale),
        bias=np.float32(bias),
        threshold=np.float32(threshold),
    )


def mask(one: Seen, gone: npt.NDArray[np.bool_]) -> str:
    """Return 1 for each line of the text that is not blank and stays, 0 for each that goes.

    The page may see fewer lines: one of invisible characters only is blank for it.
    """
    found, at = "", 0
    for line in one.doc.text.split("\n"):
        if line.strip():
            nearest = bisect_right(one.page.start, at + len(line) // 2) - 1
            inside = nearest >= 0 and one.page.end[nearest] > at
            found += "0" if inside and gone[nearest] else "1"
        at += len(line) + 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only cross-validate")
    args = parser.parse_args()
    docs = load()
    if not any(doc.kind == "real" for doc in docs):
        sys.exit(f"no pages in {DATA}: nothing to train on")
    seen, chance = cross_validate(docs)
    threshold = threshold_for(seen, chance)
    gone = [~one.free | (c >= threshold) for one, c in zip(seen, chance, strict=True)]
    by_kind = {}
    for kind in ("seeds", "real", "made", "negatives"):
        mine = [i for i, one in enumerate(seen) if one.doc.kind == kind]
        both = {
            "rules_alone": score([seen[i] for i in mine], [~seen[i].free for i in mine]),
            "rules_and_model": score([seen[i] for i in mine], [gone[i] for i in mine]),
        }
        by_kind[kind] = {"pages": len(mine), **{k: s._asdict() for k, s in both.items()}}
    results = {
        "pages": len(docs),
        "sites": len({doc.site for doc in docs}),
        "lines": sum(len(doc.labels) for doc in docs),
        "rules_hash": load_rules().hash[:12],
        "threshold": threshold,
        "cross_validated": by_kind,
    }
    print(json.dumps(results, indent=2))
    if args.check:
        return
    table, model = train(docs)
    export(model, table, threshold)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    masks = {
        one.doc.name: mask(one, go)
        for one, go in zip(seen, gone, strict=True)
        if one.doc.kind in {"real", "seeds"}
    }
    held_out = {"rules": load_rules().hash, "masks": masks}
    HELD_OUT.write_text(json.dumps(held_out, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
