"""The charts of the card: bars as SVG, written beside it.

Plain rectangles and text, drawn by hand: a plotting library weighs more than this package. A chart
is an image on a page of unknown colour, so it brings its own paper and follows a dark theme where
the browser tells of one. It has a title and a description for readers that do not see it, and no
script, address, font or date in it: the same corpus gives the same bytes.
"""

from __future__ import annotations

from html import escape
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.data.phrases import grouped, percent, say, visible
from corpusprep.data.staging import write_whole
from corpusprep.data.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from corpusprep.data.columns import Ranking, Spread
    from corpusprep.data.totals import Statistics

FOLDER = "charts"
NAMES = frozenset({"document-lengths", "sentence-lengths", "years", "scripts"})
WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BASE = 24, 24, 64, HEIGHT - 56
LABEL_WIDTH = 40  # px: four figures and a sign at 12 px
ROW = 30  # of a chart with its bars lying
NAME_WIDTH, SHARE_WIDTH = 190, 150
MOST_ROWS = 8
MOST_BARS = 26  # years: a generation
# Contrasts by WCAG 2: ink 16, soft 5.8, bar 5.1 on the paper; in the dark 15.2, 8.4, 6.9.
STYLE = (
    "svg{font-family:system-ui,'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif}"
    ".paper{fill:#fcfcfd;stroke:#e3e5e9}.bar{fill:#3e63dd}.axis{stroke:#c3c7cf}"
    ".ink{fill:#1c2024}.soft{fill:#60646c}text{font-size:12px}.title{font-size:16px;font-weight:600}"
    "@media (prefers-color-scheme:dark){.paper{fill:#18191b;stroke:#363a3f}.bar{fill:#849dff}"
    ".axis{stroke:#5a6169}.ink{fill:#edeef0}.soft{fill:#b0b4ba}}"
)


class Bar(NamedTuple):
    """One bar: what stands under or before it, and how many it counts."""

    label: str
    n: int


class Chart(NamedTuple):
    """A picture of the card."""

    name: str  # of its file, without the ending; its words are `chart NAME`
    svg: str


def draw(statistics: Statistics) -> Iterator[Chart]:
    """Give the charts for which *statistics* have anything to show."""
    columns = statistics.columns
    for name, spread in (
        ("document-lengths", columns.documents),
        ("sentence-lengths", columns.sentences),
    ):
        if spread.texts:
            yield Chart(name, lengths(name, spread))
    if columns.dates.dated:
        yield Chart("years", histogram("years", _bars_of_years(columns.dates.years)))
    if columns.scripts.rows:
        yield Chart("scripts", shares("scripts", columns.scripts))


def lengths(name: str, spread: Spread) -> str:
    """Return a chart of the lengths in *spread*, from the first to the last bar with any text."""
    filled = [k for k, (_, n) in enumerate(spread.bars) if n]
    first, last = filled[0], filled[-1]
    bars = [Bar(_short(start), n) for start, n in spread.bars[first : last + 1]]
    ends = [_short(start) for start, _ in spread.bars[last + 1 : last + 2]] or ["…"]
    return histogram(name, bars, ends[0])


def _bars_of_years(years: dict[int, int]) -> list[Bar]:
    """Return a bar a year up to the last; what lies long before is one bar.

    >>> [bar.label for bar in _bars_of_years({1941: 1, 2019: 5, 2021: 7})][:3]
    ['≤1996', '1997', '1998']
    """
    last, first = max(years), min(years)
    start = max(first, last - MOST_BARS + 1)
    counts = {year: years.get(year, 0) for year in range(start, last + 1)}
    if first < start:
        counts[start] = sum(n for year, n in years.items() if year <= start)
    return [Bar(f"≤{y}" if y == start and first < y else str(y), n) for y, n in counts.items()]


def _short(number: int) -> str:
    """Return a length as the axis has room for it.

    >>> _short(50), _short(20_000), _short(5_000_000)
    ('50', '20k', '5M')
    """
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size and number % size == 0:
            return f"{number // size}{unit}"
    return str(number)


def histogram(name: str, bars: Sequence[Bar], end: str = "") -> str:
    """Return a chart of standing bars; `chart NAME` has its title, `axis NAME` its axis.

    With *end*, a label tells where its bar begins, and *end* where the last one ends.
    """
    step = (WIDTH - LEFT - RIGHT) / len(bars)
    every = ceil(LABEL_WIDTH / step)
    highest, whole = max(bar.n for bar in bars), sum(bar.n for bar in bars)
    parts = [f'<path class="axis" d="M{LEFT} {BASE}.5H{WIDTH - RIGHT}"/>']
    for k, bar in enumerate(bars):
        x = LEFT + k * step
        # A bar of one document among a million is still a line that can be seen.
        height = max(bar.n / highest * (BASE - TOP - 18), min(bar.n, 1))
        parts.append(_rect(x + step * 0.06, BASE - height, step * 0.88, height))
        if bar.n and (every == 1 or bar.n == highest):
            parts.append(_text(x + step / 2, BASE - height - 5, percent(bar.n, whole), "soft"))
        if k % every == 0:
            parts.append(_text(x if end else x + step / 2, BASE + 17, bar.label, "soft"))
    if end and len(bars) % every == 0:
        parts.append(_text(WIDTH - RIGHT, BASE + 17, end, "soft"))
    parts.append(_text(WIDTH / 2, HEIGHT - 14, _both(f"axis {name}"), "soft"))
    return _picture(name, HEIGHT, parts, _told(_ranges(bars, end) if end else bars))


def _ranges(bars: Sequence[Bar], end: str) -> list[Bar]:
    """Return *bars* with labels that say from where to where each goes."""
    ends = [*(bar.label for bar in bars[1:]), end]
    return [Bar(f"{bar.label}–{to}", bar.n) for bar, to in zip(bars, ends, strict=True)]


def shares(name: str, ranking: Ranking) -> str:
    """Return a chart of lying bars, the most frequent name first."""
    bars = [Bar(_named(f"{name} {value}", value), n) for value, n in ranking.top[:MOST_ROWS]]
    rest = ranking.rows - sum(bar.n for bar in bars)
    bars += [Bar(_both("others"), rest)] if rest else []
    scale = (WIDTH - LEFT - RIGHT - NAME_WIDTH - SHARE_WIDTH) / ranking.rows
    parts = []
    for k, bar in enumerate(bars):
        y, left = TOP + k * ROW, LEFT + NAME_WIDTH
        width = max(bar.n * scale, 1.0)
        share = f"{percent(bar.n, ranking.rows)} · {grouped(bar.n)}"
        parts += [
            _text(LEFT, y + 15, bar.label, "ink", "start"),
            _rect(left, y, width, ROW - 8),
            _text(left + width + 8, y + 15, share, "soft", "start"),
        ]
    return _picture(name, TOP + ROW * len(bars) + 12, parts, _told(bars))


def _picture(name: str, height: int, parts: Sequence[str], told: str) -> str:
    title = _both(f"chart {name}")
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="t d">\n'
        f'<title id="t">{escape(title)}</title>\n<desc id="d">{escape(told)}</desc>\n'
        f"<style>{STYLE}</style>\n"
        f'<rect class="paper" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>\n'
        f"{_text(LEFT, 34, title, 'ink title', 'start')}\n{body}\n</svg>\n"
    )


def _rect(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _text(x: float, y: float, text: str, kind: str, anchor: str = "middle") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _told(bars: Sequence[Bar]) -> str:
    return "; ".join(f"{bar.label}: {grouped(bar.n)}" for bar in bars)


def _both(key: str) -> str:
    return f"{say(key, 0)} · {say(key, 1)}"


def _named(key: str, value: str) -> str:
    """Return the words for *key*, or the value itself where a corpus brought its own."""
    return _both(key) if key in WORDS else visible(value, 20)


def write_charts(out: Path, charts: Iterable[Chart]) -> None:
    """Write *charts* beside the card in the corpus folder *out*; those of an earlier run go."""
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    written = set()
    for chart in charts:
        write_whole(folder / f"{chart.name}.svg", chart.svg)
        written.add(chart.name)
    for name in NAMES - written:
        (folder / f"{name}.svg").unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
