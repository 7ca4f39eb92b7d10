"""Counts of a run, by stage and rule; they add up, or the run stops.

For every document: characters in = characters out + removed - inserted. Replacing counts as both,
and is shown on its own: of an edit that puts 3 characters in the place of 5, three are replaced
and two removed. The lengths are measured on the texts and the differences on the ledger, so that
an edit missing from the ledger cannot hide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corpusprep.core import Document

RULE_COUNTS = ("edits", "documents", "removed", "inserted", "replaced")


def rule_name(rule: str) -> str:
    """Return the rule that *rule*, as it stands in the ledger, is counted under.

    What follows a colon is the evidence for one edit.

    >>> rule_name("template:23/25 pages"), rule_name("share-bar")
    ('template', 'share-bar')
    """
    return rule.partition(":")[0]


class LedgerError(CorpusprepError):
    """A document whose characters do not add up: a bug in a step or in the engine, never data."""


@dataclass(slots=True)
class StageCount:
    """What one stage took in, gave out, changed and left out; characters are code points."""

    documents_in: int = 0
    documents_out: int = 0
    characters_in: int = 0
    characters_out: int = 0
    characters_rejected: int = 0
    rules: dict[str, list[int]] = field(default_factory=dict)  # in the order of RULE_COUNTS
    rejected: dict[str, int] = field(default_factory=dict)

    def add(self, other: StageCount) -> None:
        """Add the counts of *other*, another shard's, to these."""
        self.documents_in += other.documents_in
        self.documents_out += other.documents_out
        self.characters_in += other.characters_in
        self.characters_out += other.characters_out
        self.characters_rejected += other.characters_rejected
        for rule, counts in other.rules.items():
            mine = self.rules.setdefault(rule, [0] * len(RULE_COUNTS))
            self.rules[rule] = [a + b for a, b in zip(mine, counts, strict=True)]
        for rule, n in other.rejected.items():
            self.rejected[rule] = self.rejected.get(rule, 0) + n

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as they stand in report.json, rules sorted by name."""
        return {
            "documents_in": self.documents_in,
            "documents_out": self.documents_out,
            "characters_in": self.characters_in,
            "characters_out": self.characters_out,
            "characters_rejected": self.characters_rejected,
            "rules": {
                rule: dict(zip(RULE_COUNTS, counts, strict=True))
                for rule, counts in sorted(self.rules.items())
            },
            "rejected": dict(sorted(self.rejected.items())),
        }

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> StageCount:
        """Return the counts that `as_dict` gave."""
        rules = {rule: [c[name] for name in RULE_COUNTS] for rule, c in given["rules"].items()}
        return cls(**{**given, "rules": rules})


class Tally:
    """Counts for every stage of a pipeline, document by document.

    >>> from corpusprep.core import Change, Document, Edit
    >>> tally = Tally(["boilerplate"])
    >>> change = Change("boilerplate", [Edit(3, 9, "", "share-bar")], ["分享到：微信"])
    >>> tally.add(Document("1", "正文。", history=[change]), 9)
    >>> tally.stages["boilerplate"].rules
    {'share-bar': [1, 1, 6, 0, 0]}
    """

    def __init__(self, stages: Iterable[str]) -> None:
        self.stages = {stage: StageCount() for stage in ("read", *stages)}

    def add(self, doc: Document, length: int) -> None:
        """Count *doc*, which came in with *length* characters, through every stage.

        Of the children of a divided document the first counts as the document up to the division.

        Raises:
            LedgerError: the history does not account for the difference in length.

        """
        left_at = doc.dropped[0] if doc.dropped else None
        changes = {change.step: change for change in doc.history}
        divided = doc.parent is not None and doc.parent.start > 0
        for stage, count in self.stages.items():
            count.documents_in += not divided
            count.characters_in += length
            change = changes.get(stage)
            if change is not None:
                length += _count_rules(count.rules, change.edits, change.old)
            if stage == left_at and doc.dropped:
                rule = rule_name(doc.dropped[1].rule)
                count.rejected[rule] = count.rejected.get(rule, 0) + 1
                count.characters_rejected += length
                break
            divided = divided and doc.parent is not None and stage != doc.parent.step
            count.documents_out += not divided
            count.characters_out += length
        if length != len(doc.text):
            raise LedgerError(
                f"document {doc.id!r}: the ledger says {length} characters are left, the text has "
                f"{len(doc.text)}; please report this with the document"
            )

    def merge(self, stages: dict[str, dict[str, Any]]) -> None:
        """Add the counts of another tally, as `as_dict` gave them."""
        for stage, given in stages.items():
            self.stages.setdefault(stage, StageCount()).add(StageCount.from_dict(given))

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the counts by stage, in the order of the stages."""
        return {stage: count.as_dict() for stage, count in self.stages.items()}


def _count_rules(
    rules: dict[str, list[int]], edits: Sequence[tuple[int, int, str, str]], olds: Sequence[str]
) -> int:
    """Add *edits* to *rules* and return by how many characters they lengthen the text."""
    moved = 0
    seen: set[str] = set()
    for (_, _, new, full), old in zip(edits, olds, strict=True):
        rule = rule_name(full) if ":" in full else full
        counts = rules.get(rule)
        if counts is None:
            counts = rules[rule] = [0] * len(RULE_COUNTS)
        before, after = len(old), len(new)
        moved += after - before
        counts[0] += 1
        if rule not in seen:
            seen.add(rule)
            counts[1] += 1
        if before > after:
            counts[2] += before - after
            counts[4] += after
        else:
            counts[3] += after - before
            counts[4] += before
    return moved


def characters(stages: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Return the totals of all stages; ``in = out + removed - inserted + rejected`` holds.

    A rejected document counts with the characters that it had when it was left out; what earlier
    stages had removed of it is in `removed`. The table `rejected` keeps its original text.

    Raises:
        LedgerError: the sum does not hold, or characters got lost between two stages.

    """
    order = list(stages.values())
    rules = [counts for stage in order for counts in stage["rules"].values()]
    total = {
        "in": order[0]["characters_in"],
        "out": order[-1]["characters_out"],
        "removed": sum(r["removed"] for r in rules),
        "inserted": sum(r["inserted"] for r in rules),
        "replaced": sum(r["replaced"] for r in rules),
        "rejected": sum(stage["characters_rejected"] for stage in order),
    }
    handed_on = all(
        before["characters_out"] == after["characters_in"]
        and before["documents_out"] == after["documents_in"]
        for before, after in pairwise(order)
    )
    accounted = total["out"] + total["removed"] - total["inserted"] + total["rejected"]
    if not handed_on or accounted != total["in"]:
        raise LedgerError(f"the characters do not add up: {total}; please report this")
    return total
