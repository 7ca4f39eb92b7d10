"""The dataset card, README.md: computed from the run, so that nobody has to be believed.

Cards of Chinese corpora tell of "strict filtering" in two paragraphs. This one counts: what each
stage and rule took, what was left out and why, what was never looked for. It tells no dates of its
own, no durations and no machines: the same run gives the same bytes. What a person writes outside
our markers, and the YAML keys a person sets, stay when the card is made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from huggingface_hub import CardData, RepoCard

from corpusprep.data.audit import write_report_page
from corpusprep.data.card_counts import duplicates, funnel, measures, rejections, rules, summary
from corpusprep.data.card_origin import (
    columns,
    licence,
    limits,
    not_looked_for,
    private,
    provenance,
    reproduce,
    sites,
    warnings,
)
from corpusprep.data.charts import draw, write_charts
from corpusprep.data.examples import change_examples, rejection_examples
from corpusprep.data.facts import read_facts
from corpusprep.data.frontmatter import features, front_matter, merge
from corpusprep.data.staging import write_whole
from corpusprep.data.totals import add_up
from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from corpusprep.data.facts import Facts
    from corpusprep.data.totals import Statistics

__all__ = ["features", "make_card", "write_card", "write_report_page"]

BEGIN, END = "<!-- corpusprep:begin -->", "<!-- corpusprep:end -->"


def write_card(out: Path, *, license: str | None = None) -> None:  # noqa: A002 - the YAML key's name
    """Write README.md and its charts into the corpus folder *out*.

    What a person wrote in an earlier README.md stays.

    Raises:
        CorpusprepError: *out* holds no finished corpus, or its README.md has broken YAML.

    """
    path = out / "README.md"
    earlier = [path.read_text(encoding="utf-8")] if path.exists() else []
    facts = read_facts(out)
    statistics = add_up(facts)
    card = _card(facts, statistics, earlier, license)
    write_charts(out, draw(statistics))
    write_whole(path, card)


def make_card(out: Path, earlier: Sequence[str] = (), *, license: str | None = None) -> str:  # noqa: A002 - the YAML key's name
    """Return the card of the corpus in *out* with what persons wrote in the *earlier* cards.

    Of several earlier cards, the first that says something of its own is heard.

    Raises:
        CorpusprepError: *out* holds no finished corpus, or an earlier card has broken YAML.

    """
    facts = read_facts(out)
    return _card(facts, add_up(facts), earlier, license)


def _card(facts: Facts, statistics: Statistics, earlier: Sequence[str], given: str | None) -> str:
    parts = [_split(card) for card in earlier]
    defaults = front_matter(facts, statistics)
    keys = defaults
    for theirs, _, _ in reversed(parts):
        keys = merge(keys, theirs, defaults)
    if given is not None:
        keys["license"] = given
    written = ((before, after) for _, before, after in parts if (before + after).strip())
    before, after = next(written, ("\n", ""))
    body = "\n".join(_body(facts, statistics, keys))
    yaml = CardData(**{key: value for key, value in keys.items() if value != []}).to_yaml()
    return f"---\n{yaml}\n---\n{before}{BEGIN}\n{body}{END}\n{after}"


def _split(card: str) -> tuple[dict[str, Any], str, str]:
    """Return the YAML keys of *card*, and the text before and after our markers."""
    keys: dict[str, Any] = {}
    text = card.replace("\r\n", "\n").removeprefix("\ufeff")
    if text.lstrip().startswith("---"):
        try:
            parsed = RepoCard(text)
        except Exception as error:
            # PyYAML's own error, and PyYAML is a dependency of huggingface_hub, not of ours.
            raise CorpusprepError(
                f"README.md: its front matter is no valid YAML; mend it or take it out: {error}"
            ) from error
        keys = parsed.data.to_dict()  # type: ignore[no-untyped-call] # huggingface_hub left it out
        text = parsed.text
    lines = text.splitlines(keepends=True)
    begins = [k for k, line in enumerate(lines) if line.rstrip() == BEGIN]
    ends = [k for k, line in enumerate(lines) if line.rstrip() == END]
    if not begins or not ends or begins[0] > ends[-1]:
        return keys, text.rstrip("\n") + "\n\n", ""
    return keys, "".join(lines[: begins[0]]), "".join(lines[ends[-1] + 1 :])


def _body(facts: Facts, statistics: Statistics, keys: dict[str, Any]) -> Iterator[str]:
    """Give our part of the card, section by section: all in Chinese, then all in English."""
    changes = change_examples(facts.tables.get("removed"))
    rejected = rejection_examples(facts.tables.get("rejected"))
    for language in (0, 1):
        sections = (
            summary(facts, keys, language),
            measures(statistics, language),
            funnel(facts, language),
            rules(facts, changes, language, mending=False),
            rules(facts, changes, language, mending=True),
            rejections(facts, rejected, language),
            duplicates(facts, language),
            columns(facts, language),
            provenance(facts, language),
            sites(statistics, language),
            private(facts, language),
            reproduce(facts, language),
            not_looked_for(facts, language),
            limits(statistics, language),
            warnings(facts, language),
            licence(keys, language),
        )
        yield from (section for section in sections if section)
