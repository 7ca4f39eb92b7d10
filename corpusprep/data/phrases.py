"""Words, numbers and texts as the card and the audit page show them."""

from __future__ import annotations

from corpusprep.data.wording import WORDS


def say(key: str, language: int, **values: object) -> str:
    """Return the words for *key*, in Chinese (0) or English (1), with *values* filled in.

    >>> say("rows", 0, n=3), say("rows", 1, n=3)
    ('3 行', 'rows: 3')
    """
    return WORDS[key][language].format(**values)


def visible(text: str, limit: int = 0) -> str:
    r"""Return *text* on one line with every invisible character named, cut to *limit* characters.

    >>> visible("分享\u200b到：\n微信", 6)
    '分享‹U+200B›到：↵…'
    """
    cut = bool(limit) and len(text) > limit
    shown = "".join(
        c if c.isprintable() else "↵" if c == "\n" else f"‹U+{ord(c):04X}›"
        for c in (text[:limit] if cut else text)
    )
    return shown + "…" if cut else shown


def percent(part: int, whole: int) -> str:
    """Return the share of *part* in *whole*; a dash where there is no whole.

    Almost all is never shown as all, and a little never as nothing.

    >>> percent(1, 3), percent(99_999, 100_000), percent(1, 100_000), percent(0, 0)
    ('33.3%', '>99.9%', '<0.1%', '–')
    """
    if not whole:
        return "–"
    share = f"{100 * part / whole:.1f}%"
    if share == "100.0%" and part < whole:
        return ">99.9%"
    if share == "0.0%" and part:
        return "<0.1%"
    return share


def grouped(number: int) -> str:
    """Return *number* with commas between its thousands.

    >>> grouped(1_234_567)
    '1,234,567'
    """
    return f"{number:,}"
