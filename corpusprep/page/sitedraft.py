"""The draft of a site rule from one page, as TOML: what `siteguess` found, and an example to edit.

The example is the page made small: the element with the text inside those that its selector
needs, and of all texts the first few words. So the draft passes `corpusprep rules check` as it
stands, and a person only looks through it.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

from selectolax.lexbor import LexborHTMLParser

from corpusprep.page.siteguess import Guess, elder_siblings, guess_site
from corpusprep.page.sitemarks import MAIN, is_read
from corpusprep.page.sites import check_examples, read_site
from corpusprep.page.walk import walk
from corpusprep.rulefile import RuleError
from corpusprep.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corpusprep.rulefile import Problem

_LENGTH = 40  # characters of each text in the example
_SENTENCE = re.compile(r"[，。！？；]|[,!?;.]\s")
_NAME = re.compile(r"-?[A-Za-z_\u0080-\uffff][\w-]*")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # in TOML or in UTF-8
_TABLE = frozenset(
    {"table", "tbody", "td", "tfoot", "th", "thead", "tr"}
)  # a parser drops them out of place
_INSIDE = "这里是正文，请换成网页上的一句话。"
_OUTSIDE = "这里不是正文"
_CUT = "!cut"  # in a path, with a number: what the draft would drop
_EDIT = """\
# A draft. See on other pages of the site whether the selectors fit, say what they are for in 'why',
# and put other words into the example.
"""


def draft_site(data: bytes, *, url: str = "") -> str:
    """Return a site rule as TOML, drafted from the page *data* at *url*.

    Raises:
        UndecodableError: *data* is no text.
        RuleError: there is no text on the page, or *url* has no host.
    """
    parser = LexborHTMLParser(decode(data).text)
    guess = guess_site(parser, url)
    if not guess.main and not guess.drops:
        guess = guess._replace(drops={"footer": None})
    for tried in (guess, guess._replace(title="", title_node=None), _bare(guess)):
        draft = _write(tried, _Texts(parser, tried))
        if not _problems(draft):
            return draft
    raise RuleError(
        "the text of this page lies in mark-up that no short example shows; write by hand"
    )


def _bare(guess: Guess) -> Guess:
    """Return *guess* with what it needs only."""
    drops = {} if guess.main else {"footer": None}
    return guess._replace(title="", title_node=None, drops=drops)


def _problems(draft: str) -> list[Problem]:
    problems: list[Problem] = []
    rule = read_site("draft.toml", draft, problems)
    return problems + (check_examples(rule) if rule else [])


class _Texts:
    """The few words that the example shows: what stays, and what goes."""

    def __init__(self, parser: LexborHTMLParser, guess: Guess) -> None:
        self.title = _short(guess.title_node.text()) if guess.title else ""
        marks = {guess.main_node.mem_id: MAIN}
        marks |= {node.mem_id: f"{_CUT}{i}" for i, node in enumerate(guess.drops.values()) if node}
        page = walk(parser, marks)
        seen = [
            (b.path, _short(page.text[b.start : b.end])) for b in page.blocks if is_read(b.path)
        ]
        mine = [text for path, text in seen if MAIN in path and _CUT not in path]
        inside = dict.fromkeys(text for text in mine if _SENTENCE.search(text))
        self.inside = list(inside)[:2] or [_INSIDE]
        self._stays = "\n".join([self.title, *self.inside])
        self.outside = self._goes(text for path, text in seen if MAIN not in path)
        self.drops = {
            selector: self._goes(text for path, text in seen if f"{_CUT}{i}/" in f"{path}/")
            for i, selector in enumerate(guess.drops)
        }

    def _goes(self, texts: Iterable[str]) -> str:
        """Return the first of *texts* that tells what goes from what stays."""
        return next((text for text in texts if text and text not in self._stays), _OUTSIDE)


def _short(text: str) -> str:
    return " ".join(_UNFIT.sub("", text).split())[:_LENGTH].strip()


# --- writing -----------------------------------------------------------------------------------


def _write(guess: Guess, texts: _Texts) -> str:
    host = guess.host or "example.org"
    lines = [
        f"host = {_quote(host)}" + ("" if guess.host else "  # the page does not name its own")
    ]
    lines.append(f"why = {_quote(f'The mark-up of a page of {host}.')}")
    if guess.main:
        lines.append(f"main = {_list([guess.main])}")
    else:
        lines.append(
            "# No element has nearly all of the text, so there is no 'main': the rest stays."
        )
    if guess.drops:
        lines.append(f"drop = {_list(guess.drops)}")
    if guess.title:
        lines.append(f"title = {_quote(guess.title)}")
    has = [*([texts.title] if texts.title else []), *texts.inside]
    gone = list(dict.fromkeys([*texts.drops.values(), *([texts.outside] if guess.main else [])]))
    lines += ["", "[[example]]", "html = '''", *_page(guess, texts), "'''"]
    lines += [f"has = {_list(has)}", f"gone = {_list(gone)}"]
    return _EDIT + "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _list(texts: Iterable[str]) -> str:
    quoted = [_quote(text) for text in texts]
    return f"[{quoted[0]}]" if len(quoted) == 1 else "[\n  " + ",\n  ".join(quoted) + ",\n]"


def _page(guess: Guess, texts: _Texts) -> Iterator[str]:
    """Yield the lines of the example's page."""
    chain = _chain(guess)
    yield _open(chain[0])
    if texts.title:
        yield f"{_open(guess.title_node)}{escape(texts.title)}</h1>"
    for node in chain[1:]:
        if ":nth-of-type(" in guess.main:
            yield from (f"<{node.tag}></{node.tag}>" for _ in elder_siblings(node))
        yield _open(node)
    yield from (f"<p>{escape(text)}</p>" for text in texts.inside)
    for selector, node in guess.drops.items():
        tag, begin = (node.tag, _open(node)) if node else (selector, f"<{selector}>")
        yield f"{begin}{escape(texts.drops[selector])}</{tag}>"
    yield from (f"</{node.tag}>" for node in chain[:0:-1])
    if guess.main:
        yield f"<div>{escape(texts.outside)}</div>"
    yield f"</{chain[0].tag}>"


def _chain(guess: Guess) -> list[Any]:
    """Return the elements from body to the main one, without those that say nothing."""
    chain = []
    node = guess.main_node
    while node.tag != "html":
        chain.append(node)
        node = node.parent
    body, *inner = chain[::-1]
    if ":nth-of-type(" not in guess.main:
        bare = [node for node in inner[:-1] if _open(node) == f"<{node.tag}>"]
        needless = {node.mem_id for node in bare if node.tag not in _TABLE}
        inner = [node for node in inner if node.mem_id not in needless]
    return [body, *inner]


def _open(node: Any) -> str:
    """Return the tag that opens *node*, with those of its names that a selector can say."""
    given = {"id": (node.id or "").split(), "class": (node.attributes.get("class") or "").split()}
    names = {key: " ".join(filter(_NAME.fullmatch, value)) for key, value in given.items()}
    said = "".join(f' {key}="{escape(value)}"' for key, value in names.items() if value)
    return f"<{node.tag}{said}>"
