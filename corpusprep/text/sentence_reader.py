"""The reader that decides, mark by mark, where the sentences of a text end.

It goes from left to right once. What it has to remember is small: where the sentence began, and the
few brackets and quotation marks that are open. What it may look at ahead is bounded, so that a
stream can read a text in pieces (`SentenceStream`).

The ASCII marks have other work as well: they stand in names (约翰.史密斯, Yahoo!), abbreviations, list
numbers, references and entities, and for marks that were lost (吉姆?阿科斯塔); and they are the only
marks of a text that was typed, or folded, without full-width ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpusprep.text.chars import SHOUTED_NAMES, is_han
from corpusprep.text.sentence_marks import (
    ABBREVIATION,
    AMOUNT,
    ANSWER,
    ASCII_MARKS,
    ASCII_QUOTES,
    ATTACHED,
    ATTRIBUTION,
    BEFORE_LINE,
    BEFORE_QUOTE,
    BRACKET,
    CITED,
    CITES,
    CLOSED,
    CLOSER_OF,
    CLOSES,
    COLONS,
    CUE_REACH,
    DENSE,
    DOT_STOP,
    DOTS,
    ENDS_NUMERAL,
    ENTITY,
    FACTORIAL,
    FAR,
    FLAT,
    FULL_DIGITS,
    GOES_ON,
    GOES_ON_BARE,
    GOES_ON_WORD,
    HABIT_REACH,
    HAN_NUMERAL,
    INITIALS,
    INK,
    IS_CLOSING_QUOTE,
    IS_NAME,
    IS_QUOTE,
    IS_STRONG,
    LATIN_CLAUSE,
    LATIN_TOKEN,
    LINE,
    LOOK,
    LOOSE,
    MARKS,
    MAX_KEPT_QUOTE,
    MAX_KNOWN,
    MAX_NAMED,
    MAX_NOTE,
    MAX_OPEN,
    MAX_SLOGAN,
    MAX_TAIL,
    MAX_TOPIC,
    MEASURE,
    MIN_CLAUSE,
    MOOD,
    MORE_MARKS,
    NAMES_QUOTE,
    NEEDS_HABIT,
    NEVER,
    NEW_SUBJECT,
    NEXT,
    NEXT_QUOTE,
    NUMBERING,
    OPENS_NOTE,
    OPENS_QUOTE,
    PLAIN,
    QUESTION,
    REFERENCE,
    ROW,
    ROW_END,
    SAID,
    SHOUT,
    SOURCE,
    SPACES,
    SPEECH,
    STOPS,
    TITLE_CLOSERS,
    UNSAID,
    VERB,
    WEAK,
    Opener,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Collection

    from corpusprep.text.sentences import Options


class Reader:
    """Reads a text once from left to right and says where its sentences end.

    A stream gives it the text in pieces (``final`` is False until the last): it then stops before
    the first place that text to come can change, and reads on from there.
    """

    def __init__(self, options: Options, text: str = "", *, final: bool = True) -> None:
        self.options = options
        self.keep_quotes = options.quotes == "keep"
        self.stops = STOPS[options.semicolon, options.ellipsis_ends]
        self.text = text
        self.final = final
        self.at = 0  # marks before this place are decided
        self.start = 0  # of the sentence being read
        self.begun = False  # it has text that a stream has let go
        self.read = 0  # brackets before this place are in `open` or closed
        # What is open: the closer it waits for, its place, the character before it.
        self.open: list[Opener] = []
        self.ends: list[int] = []
        self.cuts: list[int] = []  # headings to come, the next one last
        self.unsure = False  # whether the last answer can change with text to come
        # Lengths of short sentences; how far their reading may look, and whether it did: `read_again`.
        self.known: dict[tuple[str, int | None], int] = {}
        self.seen, self.looked_far = NEVER, False
        self.next_at: dict[str, int] = {}  # where a closer is found next, or a line break ("")

    def read_on(
        self, headings: Collection[int] = (), joined: Collection[int] = (), sure: int | None = None
    ) -> list[int]:
        """Return the ends of the sentences read so far, of a final text with its own end.

        Breaks at *joined* end none; a sentence ends before each of the *headings*. Nothing is
        decided from *sure* on.
        """
        text = self.text
        size = len(text) if sure is None else sure
        if headings:
            self.cuts = sorted([*self.cuts, *headings], reverse=True)
        is_flat, ends = FLAT.fullmatch, self.ends
        first = len(text) - len(text.lstrip())  # only there can white space begin a sentence
        alert = self.alert()
        for match in self.stops.finditer(text, self.at):
            at, end = match.span()
            kind = match.lastindex
            if at >= alert:
                if not self.may_decide(at, end, size, kind):
                    return ends
                alert = self.alert()
            if kind == LINE:
                if at not in joined:
                    self.end_line(at, end)
                continue
            if at < self.read or (kind == BEFORE_LINE and end not in joined):
                continue  # read already, or the line break will end it
            flat = is_flat(text, self.read, at)
            if not flat or flat.lastindex:
                self.read_brackets(at, flat)
            self.read = at
            if kind in PLAIN and (not self.open or self.stays_open(end)):
                if (at > self.start and at != first) or self.has_text(at, end):
                    ends.append(end)
                    self.start = end
                    self.begun = False
                continue
            opened = self.open
            read = self.read_again if end - self.start <= DENSE else self.read_mark
            cut = read(match, kind)
            if self.unsure:
                self.unsure, self.at, self.read, self.open = False, at, at, opened
                return ends
            if cut is not None:
                ends.append(cut)
                self.start = cut
                self.begun = False
        self.finish(size)
        return ends

    def read_mark(self, match: re.Match[str], kind: int | None) -> int | None:
        """Return where the sentence with the mark of *match* ends; None if it goes on."""
        at, end = match.span()
        if kind in CLOSED:
            return self.end_behind_closers(at, match.end(kind), end)
        return self.end_of_sentence(at, end)

    def read_again(self, match: re.Match[str], kind: int | None) -> int | None:
        """Return what `read_mark` does, in a short sentence that may have been read before."""
        start, (at, end) = self.start, match.span()
        needs_habit = kind is None and self.text[at] in NEEDS_HABIT
        if needs_habit or self.begun or (self.open and self.open[0][1] < start):
            return self.read_mark(match, kind)
        reach = end + LOOK + MAX_TAIL
        key = self.text[start:reach], kind
        if length := self.known.get(key):
            self.open = []
            self.read = start + length
            return self.read
        self.seen, self.looked_far = end + LOOK, False
        cut = self.read_mark(match, kind)
        if cut is None or self.open or self.looked_far or self.unsure:
            return cut
        if cut - end <= MAX_TAIL and reach <= len(self.text):
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            self.known[key] = cut - start
        return cut

    def alert(self) -> int:
        """Return the place from which a mark needs more than a look: a heading, or all of a stream."""
        if not self.final:
            return 0
        return self.cuts[-1] if self.cuts else NEVER

    def may_decide(self, at: int, end: int, size: int, kind: int | None) -> bool:
        """Return whether the text to come cannot change the mark at *at*; cut at headings first."""
        while self.cuts and self.cuts[-1] <= min(at, size):
            if not self.cut_before(self.cuts[-1]):
                return False
            self.cuts.pop()
        if self.final:
            return True
        after = self.text[end : end + 1]
        near = after == "\n" or (kind in PLAIN and not after.isascii() and after not in OPENS_NOTE)
        known = at < size and (end < len(self.text) if near else end + LOOK <= len(self.text))
        if not known:
            self.at = at
        return known

    def finish(self, size: int) -> None:
        """End the last sentence; in a stream remember where to read on."""
        while self.cuts and self.cuts[-1] <= size:
            if not self.cut_before(self.cuts[-1]):
                return
            self.cuts.pop()
        if self.final:
            self.cut(size)
        # More of a run of marks may come.
        self.at += (
            len(self.text[self.at : size].rstrip(MARKS)) if size > self.at else size - self.at
        )

    def cut_before(self, heading: int) -> bool:
        """Let a sentence end before *heading* unless a bracket holds it; False if text must come."""
        if heading > self.read:
            self.read_brackets(heading)
            self.read = heading
        if heading > self.start and not (self.open and self.is_held(heading)) and not self.unsure:
            self.cut(heading)
        if self.unsure:
            self.unsure, self.at = False, heading
            return False
        return True

    def grow(self, more: str) -> None:
        """Take in the text that follows."""
        self.text += more
        self.next_at.clear()

    def shift(self, drop: int) -> None:
        """Let the first *drop* characters go: all places count from behind them."""
        self.text = self.text[drop:]
        self.at -= drop
        self.read -= drop
        self.start -= drop
        if self.start < 0:
            self.start, self.begun = 0, True
        self.open = [(closer, at - drop, before) for closer, at, before in self.open]
        self.ends = [end - drop for end in self.ends]
        self.cuts = [cut - drop for cut in self.cuts]
        self.next_at.clear()

    def sure_to(self) -> int:
        """Return the place before which every end of a sentence has been found."""
        return min([self.at, *self.cuts])

    def end_line(self, at: int, end: int) -> None:
        """Let a line break at *at*-*end* end a sentence, and whatever is open with it."""
        if self.open:
            self.open = []
        self.read = end
        if at > self.start and not self.text[at - 1].isspace():
            self.ends.append(end)
            self.start = end
            self.begun = False
        else:
            self.cut(end)

    def cut(self, end: int) -> None:
        """Let a sentence end at *end*; white space alone goes to the sentence before."""
        if self.has_ink(end):
            self.ends.append(end)
        elif self.ends:
            self.ends[-1] = end
        elif self.final and end == len(self.text):
            self.ends.append(end)
        else:
            return
        self.start = end
        self.begun = False

    def has_ink(self, end: int) -> bool:
        """Return whether the sentence being read has anything but white space before *end*."""
        if end > self.start and not self.text[end - 1].isspace():
            return True
        return self.begun or INK.search(self.text, self.start, end) is not None

    def has_text(self, at: int, end: int) -> bool:
        """Return whether the marks at *at*-*end* have a sentence before them, or are one."""
        if self.has_ink(at):
            return True
        return at >= self.start and SHOUT.fullmatch(self.text, at, end) is not None

    def read_brackets(self, end: int, flat: re.Match[str] | None = None) -> None:
        """Bring `open` up to date with the brackets and quotation marks before *end*.

        *flat* is what `FLAT` found there.
        """
        text, stack = self.text, self.open
        if flat and (flat[1] in CLOSES or not stack):
            at = flat.start(1)
            stack.append((CLOSES.get(flat[1], '"'), at, text[at - 1 : at]))
            if len(stack) > MAX_OPEN:
                del stack[0]
            return
        for match in BRACKET.finditer(text, self.read, end):
            char, at = match[0], match.start()
            closer = CLOSES.get(char)
            if closer is None:
                closer = CLOSER_OF[char]
                if self.close(closer) or closer != '"':
                    stack = self.open
                    continue
            stack.append((closer, at, text[at - 1 : at]))
            if len(stack) > MAX_OPEN:
                del stack[0]

    def stays_open(self, end: int) -> bool:
        """Return whether nothing that is open closes near enough behind *end* to matter."""
        if self.text[end : end + 1] == "“":  # it may stand for ”
            return False
        reach = end + (MAX_KEPT_QUOTE if self.keep_quotes else MAX_NOTE)
        return self.next_place("any", end) > reach

    def next_place(self, what: str, at: int) -> int:
        """Return where *what* stands next from *at* on; a place behind the text if nowhere.

        Places are remembered, so that each closer is looked for once over a text.
        """
        found = self.next_at.get(what, -1)
        if found < at:
            match = NEXT[what].search(self.text, at)
            found = match.start() if match else len(self.text) + FAR * self.final
            self.next_at[what] = found
        return found

    def end_behind_closers(self, at: int, end: int, opens: int) -> int | None:
        """Return what `end_of_sentence` does for the mark at *at*-*end* where another one *opens*.

        Between them stand closers and spaces: the commonest case, and cheap to decide.
        """
        text, stack = self.text, self.open
        closer = CLOSER_OF[text[end]]
        if not self.has_ink(at):
            return self.end_of_sentence(at, end)
        if not stack and closer == '"':
            opens = end  # it opens the next sentence
        elif not stack and ASCII_QUOTES.isdisjoint(text[end:opens]):
            pass  # nothing opened them
        elif len(stack) == 1 and stack[0][0] == closer and not text[end + 1 : opens].strip():
            self.open = []
            if self.goes_on(end + 1, stack[0]):
                self.read = end + 1
                return None
        else:
            return self.end_of_sentence(at, end)
        self.read = opens
        return opens

    def end_of_sentence(self, at: int, end: int) -> int | None:
        """Return where the sentence with the mark at *at*-*end* ends; None if it goes on."""
        text = self.text
        strong = True
        if text[end : end + 1] == "\n" and self.options.line_breaks == "hard":
            return None  # the line break will end it
        if end - at == 1 and text[at] in ASCII_MARKS:
            answer = ascii_mark_ends(text, at, self.start, final=self.final)
            if not answer:
                self.unsure = answer is None
                return None
        elif text[end - 1] in UNSAID:
            mark = text[at:end].rstrip("~～")
            strong = not IS_STRONG.isdisjoint(mark)
            after = text[end : end + 1].strip()
            if strong and mark[-1] in UNSAID and after and after not in CLOSER_OF:
                end = at + len(mark.rstrip(WEAK + DOTS))  # the ellipsis opens the next sentence
        if self.unsure or not self.has_text(at, end):
            return None  # marks before any text belong to what follows
        if not ATTACHED.match(text, end):
            return self.end_of_tail(end, None, strong=strong)
        end, closed, said = self.tail(end)
        return self.end_of_tail(end, closed, strong=strong or said)

    def end_of_tail(self, end: int, closed: Opener | None, *, strong: bool) -> int | None:
        """Return where a sentence ends whose mark and what belongs to it end at *end*."""
        if not self.final and end + LOOK > len(self.text):
            self.unsure = True
        self.read = end
        if (
            self.unsure
            or not (strong or self.breaks_off(end, closed))
            or (self.open and self.is_held(end))
            or self.goes_on(end, closed)
        ):
            return None
        cut = end
        if self.text[end : end + 1].isspace() and (spaces := SPACES.match(self.text, end)):
            cut = spaces.end()
        if not self.final and cut == len(self.text):
            self.unsure = True
        return cut

    def tail(self, end: int) -> tuple[int, Opener | None, bool]:
        """Read what belongs to the mark before *end*: closers, more marks, notes, emoji.

        Return where that ends, the bracket that closed last, and whether it holds a terminator.
        """
        text, size = self.text, len(self.text)
        closed, said, at = None, False, end
        while at < size:
            char = text[at]
            if char in CLOSER_OF:
                found = self.close(CLOSER_OF[char])
                if found:
                    closed = found
                elif CLOSER_OF[char] == '"':
                    break
                elif not self.open and (loose := LOOSE.match(text, at)):
                    at = loose.end() - 1
                at += 1
            elif "一" <= char <= "龥":
                break  # most sentences: nothing below begins with Han
            elif char == " " and text[at + 1 : at + 2] in IS_CLOSING_QUOTE:
                at += 1
            elif char == "'" and (single := self.single_quote(at, end)):
                closed = single
                at += 1
            elif char == "“" and at == end and self.is_reversed(at):
                closed = self.close("”")
                at += 1
            elif at > end and (more := MORE_MARKS.match(text, at)):
                at, said, closed = more.end(), True, None
            elif char in "#＃" and (topic := self.topic(at)):
                closed = topic
                at += 1
            elif note := self.note(at):
                at = note.end()
            else:
                break
        return at, closed, said

    def note(self, at: int) -> re.Match[str] | None:
        """Return what stands at *at* of the kind that only belongs to the sentence before."""
        text = self.text
        note = REFERENCE.match(text, at) or MOOD.match(text, at)
        if note is None and text[at - 1] in IS_QUOTE:
            return SOURCE.match(text, at)
        return note

    def close(self, closer: str) -> Opener | None:
        """Return the innermost opener that waits for *closer*, after closing it; None without."""
        stack = self.open
        for k in range(len(stack) - 1, -1, -1):
            if stack[k][0] == closer:
                self.open = stack[:k]
                return stack[k]
        return None

    def single_quote(self, at: int, end: int) -> Opener | None:
        """Return the opener of the ASCII ' at *at* if it closes a quotation."""
        text = self.text
        if text[at + 1 : at + 2] in IS_CLOSING_QUOTE:
            return ("'", at, "")
        first = text.find("'", max(self.start, end - MAX_NOTE), end)
        if first < 0 or text.count("'", first, end) % 2 == 0 or is_word(text[at + 1 : at + 2]):
            return None
        return ("'", first, text[first - 1 : first])

    def topic(self, at: int) -> Opener | None:
        """Return the opener of the # at *at* if it closes a topic, which is a title: #走吗？#."""
        text, mark = self.text, self.text[at]
        first = text.rfind(mark, max(self.start, at - MAX_TOPIC), at)
        if first < 0 or text.count(mark, max(self.start, at - MAX_NOTE), first) % 2:
            return None
        return ("》", first, text[first - 1 : first])

    def is_reversed(self, at: int) -> bool:
        """Return whether “ at *at* stands for ”: one is open, and the next to come is “ again."""
        if not self.open or self.open[-1][0] != "”":
            return False
        reach = at + 1 + MAX_KEPT_QUOTE
        following = NEXT_QUOTE.search(self.text, at + 1, reach)
        if following is None or following.start() >= self.seen:
            self.looked_far = True
        if following is None and not self.final and reach > len(self.text):
            self.unsure = True
        return following is None or following[0] != "”"

    def breaks_off(self, end: int, closed: Opener | None) -> bool:
        """Return whether an ellipsis ends a sentence: “我……” before another quotation."""
        after = self.text[end : end + 1]
        if self.options.ellipsis_ends and IS_QUOTE.isdisjoint(opener[0] for opener in self.open):
            return not GOES_ON_WORD.match(self.text, end)
        if closed is None or closed[0] not in IS_QUOTE:
            return False
        if after and after in '“「"':
            return True
        return closed[2] in COLONS and after not in GOES_ON

    def is_held(self, end: int) -> bool:
        """Return whether a bracket, a title or a kept quotation is open at *end* and will close."""
        inner = ""
        for closer, at, before in reversed(self.open):
            if closer not in IS_QUOTE:
                if (
                    closer == inner
                ):  # what the inner one of a kind does not reach, the outer does not
                    continue
                inner, limit = closer, at + MAX_NOTE
            elif self.keep_quotes:
                limit = end + MAX_KEPT_QUOTE
            elif end - at <= MAX_SLOGAN and self.is_embedded(closer, at, before):
                limit = at + MAX_SLOGAN
            elif end - at <= MAX_NAMED and before not in COLONS:
                limit = at + MAX_NAMED
            else:
                continue
            if limit < end:
                continue
            closes = self.next_at.get(closer, -1)
            if closes < end:
                closes = self.next_place(closer, end)
            if closes > limit and self.final:
                self.looked_far |= limit >= self.seen
                continue
            breaks = self.next_place("\n", end)
            self.looked_far |= min(closes, breaks) >= self.seen
            if closes <= limit and closes < breaks and self.keeps_open(closer, at, limit, closes):
                return True
            if not self.final and min(closes, breaks) >= len(self.text) <= limit:
                self.unsure = True
        return False

    def keeps_open(self, closer: str, at: int, limit: int, closes: int) -> bool:
        """Return whether a bracket that *closes* within its *limit* is one with its sentence."""
        if closer not in IS_QUOTE or self.keep_quotes or limit == at + MAX_SLOGAN:
            return True
        if not self.final and closes + LOOK > len(self.text):
            self.unsure = True
        return GOES_ON_WORD.match(self.text, closes + 1) is not None

    def is_embedded(self, closer: str, at: int, before: str) -> bool:
        """Return whether the quotation opened at *at* is part of a clause, not something said."""
        if closer in ASCII_QUOTES or at <= self.start:
            return False
        return before not in BEFORE_QUOTE and not before.isspace()

    def goes_on(self, end: int, closed: Opener | None) -> bool:
        """Return whether what follows the mark and its closers is of the same sentence."""
        text = self.text
        after = text[end : end + 1]
        if closed is None:
            return after in GOES_ON_BARE
        if after in GOES_ON or closed[0] in TITLE_CLOSERS:
            return True
        closer, at, before = closed
        if closer not in IS_QUOTE:
            return at > self.start and self.has_ink(at)
        if not self.options.keeps_attribution:
            return False
        if GOES_ON_WORD.match(text, end):
            return True
        if after and after in OPENS_QUOTE and ROW.match(text, end):
            return True
        if before in IS_CLOSING_QUOTE and at > self.start and ROW_END.match(text, end):
            return True
        if (
            before not in SPEECH
            and VERB.search(text, end, end + LOOK)
            and ATTRIBUTION.match(text, end)
        ):
            return True
        if before == "是" and (after in NEW_SUBJECT or text.startswith("大家", end)):
            return False
        short = end - at <= (MAX_NOTE if self.open or before in NAMES_QUOTE else MAX_SLOGAN)
        return short and self.is_embedded(closer, at, before)


def ascii_mark_ends(text: str, at: int, start: int, *, final: bool = True) -> bool | None:
    """Return whether the one mark at *at* ends the sentence that began at *start*.

    None says that text to come decides, which only a text that is not *final* has.

    >>> ascii_mark_ends("他叫约翰.史密斯.", 4, 0), ascii_mark_ends("我们出发了.天晴了.", 5, 0)
    (False, True)
    """
    char, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if char in DOTS:
        return _dot_ends(text, at, start, final=final)
    if char == ";":
        return not ENTITY.search(text, max(0, at - 12), at + 1)
    if char == "!":
        if text[max(0, at - 8) : at].endswith(SHOUTED_NAMES):
            return False
        factorial = FACTORIAL.search(text, max(start, at - 3), at + 4)
        return not factorial or factorial.end() <= at
    # ? between Han, in a text with full-width commas, may be a lost middle dot:
    # 吉姆?阿科斯塔. A question has a word that asks.
    if not (before in IS_NAME or after in IS_NAME) or not _is_in_name(text, at, start):
        return True
    if QUESTION.search(text, max(start, at - CUE_REACH), at):
        return True
    return _lacks(text, "，", at, final=final)


def is_word(char: str) -> bool:
    """Return whether *char* is an ASCII letter or digit."""
    return char.isascii() and char.isalnum()


def _is_in_name(text: str, at: int, start: int) -> bool:
    """Return whether foreign names stand on both sides of *at*."""
    near = text[max(start, at - 2) : at] + text[at + 1 : at + 3]
    return len(IS_NAME.intersection(near)) >= min(3, len(near))


def _lacks(text: str, mark: str, at: int, *, final: bool) -> bool | None:
    """Return whether the text around *at* does without the full-width *mark*."""
    if text.find(mark, max(0, at - HABIT_REACH), at + HABIT_REACH) >= 0:
        return False
    return True if final or at + HABIT_REACH <= len(text) else None


def _dots_are_stops(text: str, at: int, *, final: bool) -> bool | None:
    """Return whether the text around *at* ends its sentences with dots."""
    lacks = _lacks(text, "。", at, final=final)
    if not lacks:
        return lacks
    return DOT_STOP.search(text, max(0, at - HABIT_REACH), at + HABIT_REACH) is not None


def _dot_ends(text: str, at: int, start: int, *, final: bool) -> bool | None:
    """Return whether the dot at *at* ends a sentence: not in 约翰.史密斯, Dr. Li, 1. 项目."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if at <= start or before.isspace() or (after and after in GOES_ON):
        return False
    if is_word(before):
        return text[at] == "." and _latin_dot_ends(text, at, start, final=final)
    if before in FULL_DIGITS or (
        before in ENDS_NUMERAL and HAN_NUMERAL.match(text, max(start, at - 5), at)
    ):
        return False
    if after.isspace():
        return _ends_no_reference(text, at, final=final)
    if after.isdigit():
        return at - start >= MIN_CLAUSE and _dots_are_stops(text, at, final=final)
    if not is_han(after) or before in SAID or before in CLOSER_OF or after in NEW_SUBJECT:
        return True
    if at - start < MIN_CLAUSE and not ANSWER.fullmatch(text, start, at):
        return False
    if _is_in_name(text, at, start):
        return False
    return _lacks(text, "。", at, final=final)  # dots are all the full stops there are


def _ends_no_reference(text: str, at: int, *, final: bool) -> bool | None:
    """Return whether the dot at *at* stands in no reference: 张三. 题目[J]. 期刊."""
    if CITED.search(text, max(0, at - 7), at) or CITES.match(text, at + 1):
        return False
    return True if final or at + MAX_NOTE <= len(text) else None


def _latin_dot_ends(text: str, at: int, start: int, *, final: bool) -> bool | None:
    """Return whether a dot behind a Latin letter or a digit ends a sentence."""
    after = text[at + 1 : at + 2]
    near = text[max(start, at - CUE_REACH) : at]
    token = LATIN_TOKEN.search(near)
    word = token[0] if token else ""
    if ABBREVIATION.fullmatch(word) or INITIALS.fullmatch(word):
        return False
    if is_han(after):  # Inc.工作 goes on, a whole English sentence has ended
        if LATIN_CLAUSE.search(near):
            return True
        if AMOUNT.search(near) or (len(word) > 6 and "." in word):  # or an address
            return _lacks(text, "。", at, final=final)
        return bool(MEASURE.search(near)) and _dots_are_stops(text, at, final=final)
    if after and not after.isspace() and after not in CLOSER_OF:
        return False
    return not (NUMBERING.fullmatch(word) and not near[: -len(word)].strip())
