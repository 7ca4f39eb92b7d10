"""The audit page, report.html: what every stage and rule did, with examples, in one file.

It opens from a disk without a server. The texts in it come from the web and are hostile until
proved otherwise: all of them pass `_text`, the types tell markup from text, and a content policy
forbids scripts, images and addresses whatever slips through.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, NewType

from corpusprep.data.examples import change_examples, rejection_examples
from corpusprep.data.facts import read_facts
from corpusprep.data.meanings import STAGES
from corpusprep.data.phrases import percent, say, visible
from corpusprep.data.staging import write_whole
from corpusprep.data.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from corpusprep.data.examples import Example
    from corpusprep.data.facts import Facts, Rejection, RuleCount

Html = NewType("Html", str)

EXAMPLE_LENGTH = 120  # characters: three lines on a laptop; the whole text is in the ledger


def write_report_page(out: Path) -> None:
    """Write report.html into the corpus folder *out*.

    Raises:
        CorpusprepError: *out* holds no finished corpus.

    """
    write_whole(out / "report.html", _page(read_facts(out)))


def _page(facts: Facts) -> Html:
    style = files("corpusprep.data").joinpath("audit.css").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    parts = (_head(facts), _funnel(facts), _rules(facts), _rejections(facts), _origin(facts))
    return Html(
        '<!doctype html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(say('audit', 0))}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _head(facts: Facts) -> Html:
    report = facts.report
    documents, characters = report["documents"], report["characters"]
    cards = (
        ("documents out", _n(documents["out"]), percent(documents["out"], facts.judged)),
        ("documents rejected", _n(documents["rejected"]), percent(documents["rejected"], facts.judged)),
        ("characters out", _n(characters["out"]), percent(characters["out"], characters["in"])),
        ("characters removed", _n(characters["removed"]), percent(characters["removed"], characters["in"])),
        ("sentences", _n(report["sentences"]), ""),
    )  # fmt: skip
    shown = "".join(
        f'<div class="card"><b>{_text(number)}</b><span><i>{_text(share)}</i>{_both(key)}</span></div>'
        for key, number, share in cards
    )
    balance = say("balance", 0, **{k: _n(v) for k, v in characters.items()})
    return Html(
        f"<h1>{_both('audit')}</h1>\n<p class='soft'><code>{_text(report['signature'])}</code></p>\n"
        f'<div class="cards">{shown}</div>\n<p class="soft">{_text(balance)}</p>'
        + _bullets(report["warnings"])
    )


def _funnel(facts: Facts) -> Html:
    first = facts.stages[0]["characters_in"] if facts.stages else 0
    rows = [
        (
            _stage(stage["stage"]),
            *(_text(_n(stage[key])) for key in ("documents_in", "documents_out")),
            *(_text(_n(stage[key])) for key in ("characters_in", "characters_out")),
            _text(percent(stage["characters_out"], first)),
            _bar(stage["characters_out"], first),
        )
        for stage in facts.stages
    ]
    words = ("stage", "documents in", "documents out", "characters in", "characters out", "share")
    return Html(_heading("stages") + _table([*map(_both, words), Html("")], rows, "lrrrrrb"))


def _rules(facts: Facts) -> Html:
    examples = change_examples(facts.tables.get("removed"))
    parts = []
    for stage in facts.stages:
        rules = [rule for rule in facts.rules if rule.stage == stage["stage"]]
        if rules:
            parts.append(f"<h3>{_stage(stage['stage'])}</h3>")
            parts += [_rule(rule, examples.get((rule.stage, rule.rule), [])) for rule in rules]
    title = Html("<h2>各规则与例子 <small>Rules, with examples</small></h2>")
    return Html(title + ("\n".join(parts) or f"<p>{_both('no edits')}</p>"))


def _rule(rule: RuleCount, examples: Sequence[Example]) -> Html:
    counts = [
        f"{say(word, 0)} {_n(count)}"
        for word, count in (
            ("edits", rule.edits),
            ("documents", rule.documents),
            ("removed", rule.removed),
            ("inserted", rule.inserted),
            ("replaced", rule.replaced),
        )
        if count
    ]
    return _details(rule.rule, counts, [_change(example) for example in examples])


def _change(example: Example) -> Html:
    """Return what stood there struck out, and what stands there now."""
    old, new = visible(example.old, EXAMPLE_LENGTH), visible(example.new, EXAMPLE_LENGTH)
    removed = f"<del>{_text(old)}</del>" if old else ""
    inserted = f" → <ins>{_text(new)}</ins>" if new else ""
    return Html(f"{removed}{inserted} <span class='soft'>{_text(visible(example.id, 60))}</span>")


def _rejections(facts: Facts) -> Html:
    examples = rejection_examples(facts.tables.get("rejected"))
    parts = [
        _rejection(rejection, facts.judged, examples.get((rejection.stage, rejection.rule), []))
        for rejection in facts.rejections
    ]
    return Html(_heading("rejections") + ("\n".join(parts) or f"<p>{_both('no rejections')}</p>"))


def _rejection(rejection: Rejection, judged: int, examples: Sequence[Example]) -> Html:
    stage = STAGES.get(rejection.stage, (rejection.stage, ""))[0]
    share = percent(rejection.documents, judged)
    counts = [stage, f"{say('documents', 0)} {_n(rejection.documents)}", share]
    items = [
        Html(
            f"{_text(visible(e.old.strip(), EXAMPLE_LENGTH))}<br><span class='soft'>"
            f"{_text(visible(e.new, EXAMPLE_LENGTH))} · {_text(visible(e.id, 60))}</span>"
        )
        for e in examples
    ]
    return _details(rejection.rule, counts, items)


def _details(rule: str, counts: Iterable[str], items: Sequence[Html]) -> Html:
    shown = "".join(f"<li>{item}</li>" for item in items)
    empty = f"<li class='soft'>{_both('no examples')}</li>"
    return Html(
        f"<details><summary><code>{_text(rule)}</code>"
        f"<span class='soft'>{_text(' · '.join(counts))}</span></summary>"
        f"<ul class='examples'>{shown or empty}</ul></details>"
    )


def _origin(facts: Facts) -> Html:
    tables = [
        (Html(f"<code>{name}</code>"), _text(_n(table.rows)), _text(_n(table.download)))
        for name, table in facts.tables.items()
    ]
    words = [_both("tables"), _both("count"), _both("bytes")]
    recipe = _details_text("recipe.toml", facts.recipe)
    return Html(
        f"{_heading('tables')}{_table(words, tables, 'lrr')}{_heading('reproduce')}"
        f"<pre>{_text(facts.report['command'])}</pre>{recipe}"
    )


def _details_text(title: str, text: str) -> Html:
    shown = _text(text)
    return Html(
        f"<details><summary><code>{_text(title)}</code></summary><pre>{shown}</pre></details>"
    )


def _bullets(lines: Sequence[str]) -> Html:
    if not lines:
        return Html("")
    items = "".join(f"<li>{_text(visible(line))}</li>" for line in lines)
    return Html(f"{_heading('warnings')}<ul>{items}</ul>")


def _table(head: Sequence[Html], rows: Iterable[Sequence[Html]], kinds: str) -> Html:
    """Return a table whose columns are text (l), numbers (r) or bars (b)."""
    classes = [{"l": "", "r": ' class="num"', "b": ' class="bar"'}[kind] for kind in kinds]
    top = "".join(f"<th{c}>{cell}</th>" for c, cell in zip(classes, head, strict=True))
    body = "\n".join(
        "<tr>" + "".join(f"<td{c}>{x}</td>" for c, x in zip(classes, row, strict=True)) + "</tr>"
        for row in rows
    )
    table = f"<table><thead><tr>{top}</tr></thead><tbody>\n{body}\n</tbody></table>"
    return Html(f'<div class="scroll">{table}</div>')


def _bar(part: int, whole: int) -> Html:
    width = round(100 * part / whole, 1) if whole else 0
    return Html(
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="10"/>'
        f'<rect class="fill" width="{min(width, 100)}" height="10"/></svg>'
    )


def _heading(key: str) -> Html:
    return Html(f"<h2>{_both(key)}</h2>\n")


def _stage(stage: str) -> Html:
    chinese, english = STAGES.get(stage, (stage, ""))
    return Html(f"{_text(chinese)} <small class='soft'>{_text(english)}</small>")


def _both(key: str) -> Html:
    """Return the words for *key* in Chinese and, smaller, in English."""
    chinese, english = WORDS[key]
    return Html(f"{_text(chinese)} <small>{_text(english)}</small>")


def _text(text: str) -> Html:
    return Html(escape(text))


def _n(number: int) -> str:
    return f"{number:,}"
