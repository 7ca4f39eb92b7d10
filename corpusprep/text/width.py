r"""Width, punctuation, white space and invisible characters, brought to one form.

Pipelines fold ``，：（`` to ``,:(`` and leave ``ＧＤＰ`` full width, newspapers indent by U+3000,
forums pad with no-break spaces, copy protection strews U+200B:

    \u3000\u3000各位代表:现在,我代表(旗)政府\u200b作报告!\r\n\r\n\r\n    请审议

Each kind has a finder that gives edits; clean text meets one regular expression of each. Every
decision rests on what normalising leaves alone (letters, Han, line breaks) and sees both widths of
a mark as one, so that normalising twice changes nothing. Punctuation has a module of its own,
`corpusprep.text.punctuation`, and so have the spaces between Han, `corpusprep.text.spacing`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corpusprep.text.chars import CONTROL, INVISIBLE, LINE_BREAK, SPACE
from corpusprep.text.edits import Edit, apply, compose
from corpusprep.text.lines import Lines, find_urls, flatten, is_code, line_at, visible
from corpusprep.text.punctuation import punctuation_edits
from corpusprep.text.spacing import space_edits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["find_urls", "is_code", "line_at", "normalise", "normalise_edits"]

_SIGNS = "．＋－＝＠＃＆／＿％"
_EDGE = frozenset(("", " ", "\n"))


def normalise_edits(text: str, *, punctuation: bool = True) -> list[Edit]:
    """Return the edits that bring *text* to one form of width, punctuation and white space.

    *punctuation* switches the restoring of full-width marks. Rule ids: ``line-break``,
    ``blank-lines``, ``space``, ``invisible``, ``full-width-letter``, those of
    `corpusprep.text.punctuation` and those of `corpusprep.text.spacing`.

    >>> [(e.new, e.rule) for e in normalise_edits("旗ＧＤＰ增长5%,")]
    [('GDP', 'full-width-letter'), ('，', 'full-width-punctuation')]
    """
    if _is_plain(text):
        flat, edits = text, []
    else:
        flat = flatten(text)
        edits = [*_find_blanks(text, flat), *_find_full_width(text)]
    if punctuation and any(edit.rule == "invisible" for edit in edits):  # .\u200b.. is an ellipsis
        edits.sort()
        seen = apply(text, edits)
        edits = compose(seen, edits, punctuation_edits(seen))
    elif punctuation and (marks := punctuation_edits(flat)):
        closed = {edit.start for edit in marks if edit.rule == "mark-space"}
        edits = [*marks, *(edit for edit in edits if edit.start not in closed)]
    edits.sort()
    if not _has_space(text, edits):
        return edits
    new = apply(text, edits)
    if gaps := [Edit(*m.span(), "", "mark-space") for m in _GAP.finditer(new)]:
        edits = _after(new, edits, gaps)
        new = apply(text, edits)
    spaces = space_edits(new)
    return _after(new, edits, spaces) if spaces else edits


_ODD_SPACE = SPACE.replace(" ", "")
_ODD_BREAK = LINE_BREAK.replace("\n", "")
_ODD = re.compile(f"[{_ODD_BREAK}{_ODD_SPACE}{INVISIBLE}{CONTROL}０-９Ａ-Ｚａ-ｚ{_SIGNS}]")


def _is_plain(text: str) -> bool:
    """Return whether *text* has neither blanks nor full-width letters to be looked at."""
    return not (
        _ODD.search(text)
        or "  " in text
        or "\n " in text
        or " \n" in text
        or "\n\n\n" in text
        or text[:1] in _EDGE
        or text[-1:] in _EDGE
    )


def _has_space(text: str, edits: list[Edit]) -> bool:
    """Return whether *text* has a space when *edits* are made; other spaces become plain ones."""
    return " " in text or any(edit.new == " " for edit in edits)


# Spaces beside a full-width mark where one side is not Han, which `space_edits` leaves: a clause or
# quotation that opens with a number, a word, a mark, or closes with one.
_GAP = re.compile(
    " (?:(?<=[，、；：].) *(?=[0-9A-Za-z“‘「『《〈（])|(?<=[“‘「『《〈（].) *(?=[0-9A-Za-z“‘「『《〈（])"
    "|(?<=[0-9A-Za-z%].) *(?=[，、；：！？。）”’」』》〉]))"
)


def _after(new: str, edits: list[Edit], spaces: list[Edit]) -> list[Edit]:
    """Return, for the text before *edits*, what *edits* and then *spaces*, made in *new*, do."""
    placed: list[Edit] = []
    moved = k = 0
    for start, end, mark, rule in spaces:
        while k < len(edits) and edits[k].start + moved + len(edits[k].new) <= start:
            moved += len(edits[k].new) - (edits[k].end - edits[k].start)
            k += 1
        if k < len(edits) and edits[k].start + moved < end:  # it goes on in what an edit put in
            return compose(new, edits, spaces)
        placed.append(Edit(start - moved, end - moved, mark, rule))
    return sorted([*edits, *placed])


def normalise(text: str) -> str:
    r"""Return *text* in one form of width, punctuation, white space, without invisible characters.

    Marks become full width in Chinese context only: numbers, times, Latin phrases, URLs and code
    keep theirs. Spaces that an author set between Han stay.

    >>> normalise("\u3000\u3000各位代表:现在,我代表旗政府(略)作报告,ＧＤＰ达1,234元!\r\n")
    '各位代表：现在，我代表旗政府（略）作报告，GDP达1,234元！\n'
    >>> normalise("比分3:2,时间9:00-18:00,见http://a.cn/?x=1,2")
    '比分3:2，时间9:00-18:00，见http://a.cn/?x=1,2'
    """
    return apply(text, normalise_edits(text))


# --- white space, line breaks, invisible characters ---------------------------------------------

_BLANK = f"{SPACE}{LINE_BREAK}{INVISIBLE}{CONTROL}"
# What has to be looked at: two blanks and more in a row, any that is not a plain space or newline,
# and a single one at either end of the text.
_BLANKS = re.compile(f"[{_BLANK}](?:[{_BLANK}]+|(?<=[^ \n])|(?<=\\A.)|\\Z)")
_BREAK = re.compile(f"\r+\n|[{LINE_BREAK}]")
_SPACES = re.compile(f"[{SPACE}]")
_MAX_BREAKS = 2

# Where joiners, marks of direction and tags do work: in emoji, beside Arabic, Hebrew or Indic.
_EMOJI = re.compile("[\xa9\xae\u203c-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]")
_SHAPED = re.compile("[\u0590-\u11ff\u1780-\u18af\ufb1d-\ufdff\ufe70-\ufefe]")
_BLACK_FLAG = "\U0001f3f4"


def _find_blanks(text: str, flat: str) -> Iterator[Edit]:
    """Find line breaks other than newline, surplus white space, and invisible characters."""
    lines = Lines(flat)
    last = len(text)
    plain = flat is text  # no line break but newline
    for m in _BLANKS.finditer(text):
        blank = m[0]
        if blank == "\n\n":
            continue
        start, end = m.span()
        if plain and (head := blank.rstrip(SPACE)) in {"\n", "\n\n"}:  # an indent, the usual case
            tail = blank[len(head) :]
            indent = _plain(tail) if end < last and _is_code_at(lines, text, end) else ""
            if indent != tail:
                yield Edit(start + len(head), end, indent, "space")
            continue
        if "\n" in flat[start:end]:
            yield from _break_edits(text, start, end, lines)
            continue
        if _SPACES.search(blank) is None:
            new = blank if _is_held(text, start, end) else ""
        elif end < last and _is_code_at(lines, text, end):
            new = _plain(blank)
        else:
            new = " " if start and end < last else ""
        if new != blank:
            yield Edit(start, end, new, _blank_rule(blank))


def _break_edits(text: str, start: int, end: int, lines: Lines) -> Iterator[Edit]:
    """Yield the edits of a line's end: trailing space, the breaks, the next line's indent."""
    blank = text[start:end]
    breaks = _BREAK.findall(blank)
    first = blank.index(breaks[0])
    last = blank.rindex(breaks[-1]) + len(breaks[-1])
    if first:
        yield Edit(start, start + first, "", _blank_rule(blank[:first]))
    new = "\n" * min(len(breaks), _MAX_BREAKS)
    if new != blank[first:last]:
        odd = breaks.count("\n") < len(breaks)
        rule = "blank-lines" if len(breaks) > _MAX_BREAKS else "line-break" if odd else "space"
        yield Edit(start + first, start + last, new, rule)
    if last < len(blank):
        tail = blank[last:]
        indent = _plain(tail) if end < len(text) and _is_code_at(lines, text, end) else ""
        if indent != tail:
            yield Edit(start + last, end, indent, _blank_rule(tail))


def _is_code_at(lines: Lines, text: str, at: int) -> bool:
    """Return whether the line that begins at *at*, after its indent, is code: not one in Chinese."""
    return not "\u4e00" <= text[at] <= "\u9fff" and lines.is_code_at(at)


def _plain(blank: str) -> str:
    """Return *blank* with plain spaces, tabs and newlines only, as wide as before."""
    return "".join(c if c in " \t\n" else " " if _SPACES.match(c) else "" for c in blank)


def _blank_rule(blank: str) -> str:
    return "space" if _SPACES.search(blank) else "invisible"


def _is_held(text: str, start: int, end: int) -> bool:
    """Return whether the invisible characters at *start* to *end* shape what stands beside them."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if _SHAPED.match(before) or _SHAPED.match(after):
        return min(text[start:end]) > "\x9f"
    if text[start:end] == "\u200d":
        return bool(_EMOJI.match(before) and _EMOJI.match(after))
    return before == _BLACK_FLAG and min(text[start:end]) > "\U000e0000"


# --- full-width letters, digits and their signs --------------------------------------------------

_FULL_RUN = re.compile(f"[０-９Ａ-Ｚａ-ｚ{_SIGNS}][０-９Ａ-Ｚａ-ｚ{_SIGNS}]*")
_SIGN = re.compile(f"[{_SIGNS}]")
_ALNUM = re.compile("[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]")


def _find_full_width(text: str) -> Iterator[Edit]:
    """Find full-width letters and digits, and the signs that stand between two of them.

    >>> normalise("增长５．２％；Ａ＋Ｂ；１０／３；＋号、＝号")
    '增长5.2%；A+B；10/3；＋号、＝号'
    """
    for m in _FULL_RUN.finditer(text):
        start, end = m.span()
        if _SIGN.search(m[0]):
            cuts = [at for at in range(start, end) if text[at] in _SIGNS and not _joins(text, at)]
        else:
            cuts = []
        for cut in (*cuts, end):  # signs that stay cut the run
            if start < cut:
                half = "".join(chr(ord(char) - 0xFEE0) for char in text[start:cut])
                yield Edit(start, cut, half, "full-width-letter")
            start = cut + 1


def _joins(text: str, at: int) -> bool:
    """Return whether the sign at *at* belongs to a number, a formula or an address."""
    before = visible(text, at - 1, -1)
    if text[at] == "％":
        return before.isdigit()
    return bool(_ALNUM.match(before) and _ALNUM.match(visible(text, at + 1, 1)))
