"""Edits on a text: making them, undoing them, and carrying spans across them.

Everything that this project removes or changes is an `Edit`, so that it can be shown, counted
and taken back. Text functions find edits; they never hand out a changed text of which nobody
can say how it came about. Offsets are code points, as in Python strings.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Edit(NamedTuple):
    """Replace ``text[start:end]`` by *new*, because of *rule*.

    Offsets are code points into the text that the finder was given.
    """

    start: int
    end: int
    new: str
    rule: str


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Return *text* with sorted, non-overlapping *edits* made.

    Raises:
        ValueError: an edit overlaps the one before it or leaves the text.

    >>> apply("正文。分享到：微信", [Edit(3, 9, "", "share-bar")])
    '正文。'
    """
    pieces: list[str] = []
    at = 0
    for start, end, new, rule in edits:
        if start < at or end < start:
            raise ValueError(f"{rule}: edit {start}-{end} overlaps the one before it, at {at}")
        pieces += text[at:start], new
        at = end
    if at > len(text):
        raise ValueError(f"{edits[-1].rule}: edit ends at {at}, the text at {len(text)}")
    pieces.append(text[at:])
    return "".join(pieces)


def inverse(text: str, edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits that turn ``apply(text, edits)`` back into *text*.

    >>> inverse("正文。分享到：微信", [Edit(3, 9, "", "share-bar")])
    [Edit(start=3, end=3, new='分享到：微信', rule='share-bar')]
    """
    return undoing(edits, [text[edit.start : edit.end] for edit in edits])


def undoing(edits: Sequence[Edit], old: Sequence[str]) -> list[Edit]:
    """Return the edits that take *edits* back, when what stood in their places is *old*.

    >>> undoing([Edit(3, 9, "", "share-bar")], ["分享到：微信"])
    [Edit(start=3, end=3, new='分享到：微信', rule='share-bar')]
    """
    moved, back = 0, []
    for (start, end, new, rule), stood in zip(edits, old, strict=True):
        at = start + moved
        back.append(Edit(at, at + len(new), stood, rule))
        moved += len(new) - (end - start)
    return back


def settle(edits: Iterable[Edit]) -> list[Edit]:
    """Return *edits* sorted and without overlaps: on a clash the one that came first stays.

    Two insertions at one place clash as well; an edit that changes nothing is left out.

    >>> settle([Edit(2, 5, "", "login-prompt"), Edit(0, 3, "", "share-bar")])
    [Edit(start=2, end=5, new='', rule='login-prompt')]
    """
    ordered = list(edits)
    end = -1
    for edit in ordered:  # nearly every step reports in order and without clashes
        if edit.start < end or edit.start == edit.end:
            break
        end = edit.end
    else:
        return ordered
    taken: list[Edit] = []
    for edit in ordered:
        if edit.start == edit.end and not edit.new:
            continue
        at = bisect_left(taken, edit.start, key=_start)
        if at and _clash(taken[at - 1], edit):
            continue
        if at < len(taken) and _clash(edit, taken[at]):
            continue
        taken.insert(at, edit)
    return taken


def _start(edit: Edit) -> int:
    return edit.start


def _clash(left: Edit, right: Edit) -> bool:
    return left.end > right.start or left.start == right.start


def compose(middle: str, first: Sequence[Edit], second: Sequence[Edit]) -> list[Edit]:
    """Return the edits that do at once what *first* and then *second* do; *middle* lies between.

    Where *second* touches what *first* put in, they become one edit, of the rule of the first.

    >>> first, second = [Edit(0, 3, "甲乙", "a")], [Edit(1, 3, "丙", "b"), Edit(5, 6, "", "b")]
    >>> compose("甲乙丁戊己庚", first, second)
    [Edit(start=0, end=4, new='甲丙', rule='a'), Edit(start=6, end=7, new='', rule='b')]
    """
    if not first:
        return list(second)
    moves = list(accumulate((len(e.new) - (e.end - e.start) for e in first), initial=0))
    # Where each edit of the first lies in the middle, and how far that is from the text before.
    put_in = [
        (edit.start + moved, edit.start + moved + len(edit.new), edit)
        for edit, moved in zip(first, moves, strict=False)
    ]
    out: list[Edit] = []
    k = n = 0
    while k < len(put_in) or n < len(second):
        at = k
        if n == len(second) or (k < len(put_in) and put_in[k][0] <= second[n].start):
            start, end, rule = put_in[k][0], put_in[k][1], put_in[k][2].rule
            k += 1
        else:
            start, end, rule = second[n].start, second[n].end, ""
            n += 1
        since = n - (not rule)
        grown = True
        while grown:
            grown = False
            while k < len(put_in) and put_in[k][0] < end:
                end, rule = max(end, put_in[k][1]), rule or put_in[k][2].rule
                k, grown = k + 1, True
            while n < len(second) and second[n].start < end:
                end, n, grown = max(end, second[n].end), n + 1, True
        inside = [
            edit._replace(start=edit.start - start, end=edit.end - start)
            for edit in second[since:n]
        ]
        new = apply(middle[start:end], inside)
        edit = Edit(start - moves[at], end - moves[k], new, rule or second[since].rule)
        if edit.start < edit.end or new:
            out.append(edit)
    return out


def shift(
    spans: Iterable[tuple[int, int]], edits: Sequence[Edit]
) -> Iterator[tuple[int, int] | None]:
    """Yield each of *spans* as it lies after *edits*; None for one that was wholly edited away.

    A span that an edit cuts into ends where the edit begins or starts where its new text ends.

    >>> list(shift([(0, 3), (3, 9), (9, 12)], [Edit(3, 9, "", "share-bar")]))
    [(0, 3), None, (3, 6)]
    """
    ends = [edit.end for edit in edits]
    moves = list(accumulate((len(e.new) - (e.end - e.start) for e in edits), initial=0))

    def move(at: int, *, opening: bool) -> int:
        k = bisect_right(ends, at) if opening else bisect_left(ends, at)
        if k < len(edits) and edits[k].start < at:  # inside an edit
            edit = edits[k]
            return edit.start + moves[k] + (len(edit.new) if opening else 0)
        return at + moves[k]

    for start, end in spans:
        new_start, new_end = move(start, opening=True), move(end, opening=False)
        yield (new_start, new_end) if new_start < new_end else None


def trace(spans: Iterable[tuple[int, int]], edits: Sequence[Edit]) -> Iterator[tuple[int, int]]:
    """Yield where each of *spans*, which lie in the text after *edits*, was in the text before.

    What touches a replacement covers the whole of what stood there: the way back is never short.

    >>> list(trace([(0, 3), (3, 6)], [Edit(3, 9, "", "share-bar")]))
    [(0, 3), (9, 12)]
    """
    moves = list(accumulate((len(e.new) - (e.end - e.start) for e in edits), initial=0))
    starts = [e.start + moved for e, moved in zip(edits, moves, strict=False)]
    ends = [start + len(e.new) for e, start in zip(edits, starts, strict=True)]
    for start, end in spans:
        k = bisect_right(ends, start)
        first = edits[k].start if k < len(edits) and starts[k] < start else start - moves[k]
        if end <= start:
            yield first, first
            continue
        k = bisect_left(starts, end)
        last = edits[k - 1].end if k and ends[k - 1] > end else end - moves[k]
        yield first, max(first, last)
