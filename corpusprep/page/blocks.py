"""Blocks of a page in numbers: what each looks like, what stands around it, what the tree says.

Site owners name their elements after what is in them (``footer``, ``related``, ``article``), menus
are lists of links, and the text of an article lies together, behind its title. Each of these is
wrong on some site; a model (`corpusprep.page.main`) weighs them all. Lengths are counted in
Chinese characters or Latin words: 300 of them are an article, not a fragment.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from corpusprep.page.walk import kind_of_block, tag_of, word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from corpusprep.core import Block, Document

    Floats = NDArray[np.float64]

# Words in ids and classes. `Chrome` is around a page whatever it is about; `talk` is comments under
# an article and the thing itself in a forum; `body` is what it says.
_CHROME = word_set(
    "nav navbar navi navigation menu footer foot copyright sidebar aside related relate relative "
    "recommend recommends recommendation tuijian xiangguan hot rank ranking share social sns "
    "breadcrumb breadcrumbs crumb crumbs pager pagination paging login register search banner ad ads "
    "advert adv guess toolbar toolbox qrcode popup modal dialog toast dashang reward disclaimer feed "
    "topbar topnav sider hotword hotwords links friendlink friendlinks newslist mask tags tag "
    "keywords hotlist toplist"
)
_CHROME_TAGS = frozenset({"nav", "footer", "aside", "form", "dialog"})
_TALK = word_set(
    "comment comments reply replies review reviews pinglun cmt discuss commentlist gentie"
)
_BODY = word_set(
    "article content post entry text detail body main richtext zoom editor essay story news"
)
_TAGS = (
    "p", "li", "td", "h1", "h2", "h3", "h4", "div", "dd", "dt", "span", "section", "article",
    "figcaption", "pre", "blockquote", "a",
)  # fmt: skip
_FORUM_HOST = re.compile(r"bbs|forum|tieba|club|zhidao|wenda|\bask\b|community")
_FORUM_PATH = re.compile(
    r"thread|/topics?/|/questions?/|viewtopic|/t/\d|/p/\d{6,}|read\.php|/ask/|/answer"
)
_POSTS = frozenset({"postlist", "plhin", "plc", "postmessage"})
_MARKS = "，。！？；：、“”…,.!?;"
_ENDS = frozenset("。！？…”」）!?.")
_CUES = tuple(
    re.compile(words)
    for words in (
        r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}",
        "来源|來源|作者|编辑|編輯|责编|责任|记者|記者|通讯员",
        "版权|版權|©|[Cc]opyright|ICP|公网安备|许可证|All Rights",
        "登录|登錄|注册|註冊|密码|會員|会员",
        "分享|收藏|点赞|讚|打印|字号|转发|关注|關注|扫一扫|二维码|微信",
        "评论|評論|回复|回覆|跟帖|留言|楼|举报|引用",
        "上一篇|下一篇|上一页|下一页|相关|相關|推荐|推薦|热门|熱門|更多|排行|猜你|阅读\\d|阅读全文|专题",
        "客户端|下载|APP|广告|廣告|首页|首頁|当前位置|返回",
    )
)
_ANY_CUE = re.compile("|".join(cue.pattern for cue in _CUES))
_CUE_LENGTH = 60  # units: in a longer block the words of boilerplate are what it talks about
_NUMBERS = re.compile(r"\[\d+\]|\d+")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NOT_WORD = re.compile(r"\W+")
_LONG = 400  # units beyond which a block weighs no more
_LEVELS = 3  # containers of a block that are looked at
_AROUND = (-2, -1, 1, 2)


class Name(NamedTuple):
    """What an element's tag, id and classes say."""

    tag: str
    body: bool
    talk: bool
    chrome: bool
    posts: bool
    kind: str  # the name without numbers, which like elements share


class Described(NamedTuple):
    """The blocks of a page that are shown, and a row of features for each.

    `title` is the place of the block with the page's title among them, or -1; `units` are their
    lengths; `thread` says that the page is a thread or a question with answers. `container` is the
    number of each block's path; `parent` has for each of these the one around it, -1 for none.
    """

    blocks: list[Block]
    features: Floats
    units: NDArray[np.int64]
    title: int
    thread: bool
    container: NDArray[np.int64]
    parent: list[int]


class _Tree(NamedTuple):
    """The containers of a page: the parent of each (-1: none), and what its name and theirs say."""

    place: dict[str, int]
    parent: list[int]
    names: list[Name]
    above: list[tuple[bool, bool, bool]]  # body, talk, chrome, here or in a container around it
    depth: list[int]
    kind: list[int]  # the same for containers at like paths


@lru_cache(maxsize=1 << 16)
def _name(part: str) -> Name:
    tag = tag_of(part)
    words = frozenset(word.lower() for word in _WORDS.findall(part[len(tag) :]))
    return Name(
        tag,
        bool(words & _BODY),
        bool(words & _TALK),
        tag in _CHROME_TAGS or bool(words & _CHROME),
        bool(words & _POSTS) or {"post", "stream"} <= words,
        _NUMBERS.sub("", part),
    )


def describe(doc: Document) -> Described:
    """Return the shown blocks of *doc* with their features, shape (blocks, FEATURES)."""
    blocks = [block for block in doc.blocks if kind_of_block(block.path).shown]
    texts = [doc.text[block.start : block.end] for block in blocks]
    tree = _grow(blocks)
    at = np.array([tree.place[block.path] for block in blocks], np.int64)
    units, marks = _count(doc.text, blocks)
    sizes = np.array([max(1, block.end - block.start) for block in blocks], np.float64)
    links = np.minimum(1.0, np.array([block.links for block in blocks], np.float64) / sizes)
    title = _title_place(doc.title, texts, blocks)
    thread = _is_thread(doc.url, tree)
    if not blocks:
        return Described([], np.empty((0, 0)), units, -1, thread, at, [])
    columns = [
        *_own(texts, units, marks, links),
        *_position(units, at, tree, title),
        *_named(at, tree, thread),
        *_containers(units, marks, links, at, tree),
        *_alike(np.array(tree.kind, np.int64)[at], units, marks, links),
        *_neighbours(units, marks, links),
        *_cues(texts, units),
        *_tags(at, tree),
    ]
    features = np.column_stack(columns).astype(np.float64)
    return Described(blocks, features, units, title, thread, at, tree.parent)


@cache
def _kinds() -> NDArray[np.uint8]:
    """Return of every code point whether it is a unit of length (1), of a Latin word (2), a mark (4)."""
    table = np.zeros(0x110000, np.uint8)
    table[0x3400:0xA000] = table[0x20000:0x40000] = 1
    for first, last in ("09", "AZ", "az"):
        table[ord(first) : ord(last) + 1] = 2
    table[[ord(mark) for mark in _MARKS]] = 4
    return table


def _count(text: str, blocks: Sequence[Block]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the units (Chinese characters, Latin words) and the marks in each of *blocks*."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = _kinds()[codes]
    latin = kinds == 2
    latin[1:] &= ~latin[:-1].copy()
    spans = np.array([(block.start, block.end) for block in blocks], np.int64).reshape(-1, 2)
    found = []
    for counted in ((kinds == 1) | latin, kinds == 4):
        before = np.concatenate(([0], np.cumsum(counted)))
        found.append((before[spans[:, 1]] - before[spans[:, 0]]).astype(np.int64))
    return found[0], found[1]


def _tags(at: NDArray[np.int64], tree: _Tree) -> list[Any]:
    codes = {tag: i for i, tag in enumerate(_TAGS)}
    own = np.array([codes.get(name.tag, -1) for name in tree.names], np.int64)[at]
    return [own == i for i in range(len(_TAGS))]


def _grow(blocks: Sequence[Block]) -> _Tree:
    tree = _Tree({}, [], [], [], [], [])
    kinds: dict[tuple[int, str], int] = {}
    for block in blocks:
        missing = []
        path = block.path
        while path and path not in tree.place:
            missing.append(path)
            path = path.rpartition("/")[0]
        for path in reversed(missing):
            outer, _, part = path.rpartition("/")
            parent = tree.place[outer] if outer else -1
            name = _name(part)
            body, talk, chrome = tree.above[parent] if parent >= 0 else (False, False, False)
            tree.place[path] = len(tree.parent)
            tree.parent.append(parent)
            tree.names.append(name)
            tree.above.append((body or name.body, talk or name.talk, chrome or name.chrome))
            tree.depth.append(tree.depth[parent] + 1 if parent >= 0 else 1)
            its = (tree.kind[parent] if parent >= 0 else -1, name.kind)
            tree.kind.append(kinds.setdefault(its, len(kinds)))
    return tree


def _is_thread(url: str, tree: _Tree) -> bool:
    parts = urlsplit(url)
    if _FORUM_HOST.search(parts.netloc) or _FORUM_PATH.search(f"{parts.path}?{parts.query}"):
        return True
    return any(name.posts for name in tree.names)


def _title_place(title: str, texts: Sequence[str], blocks: Sequence[Block]) -> int:
    """Return which block shows the *title*: a heading rather than another, the first of its kind."""
    wanted = _NOT_WORD.sub("", title)
    best, rank = -1, -1
    if len(wanted) < 2:
        return best
    for i, text in enumerate(texts):
        if not 2 <= len(text) < 160 or not (wanted[0] in text or text.lstrip()[:1] in title):
            continue
        found = _NOT_WORD.sub("", text)
        same = found == wanted or (found in wanted and len(found) >= 0.6 * len(wanted))
        if same or (wanted in found and len(found) < 1.5 * len(wanted)):
            path = blocks[i].path
            its = 2 if "/h1[" in path else 1 if "/h2[" in path or "/h3[" in path else 0
            if its > rank and (len(found) >= 4 or (its and found == wanted)):
                best, rank = i, its
    return best


def _own(texts: Sequence[str], units: Any, marks: Any, links: Any) -> list[Any]:
    ends = np.array([text.rstrip()[-1:] in _ENDS for text in texts])
    share = np.minimum(marks / (units + 1), 0.3) * 5
    return [
        np.log1p(units), links, share, marks >= 1, marks >= 3, ends, units < 8, units >= 30
    ]  # fmt: skip


def _position(units: Any, at: Any, tree: _Tree, title: int) -> list[Any]:
    place = np.arange(len(units))
    before = np.concatenate(([0], np.cumsum(units)[:-1])) / max(1, int(units.sum()))
    depth = np.array(tree.depth, np.float64)[at] / 20
    has = np.full(len(units), title >= 0)
    away = place - title
    far = np.log1p(np.abs(away)) if title >= 0 else np.full(len(units), 3.0)
    return [
        place / len(units),
        before,
        depth,
        has,
        has & (away < 0),
        has & (away == 0),
        far / 5,
        has & (away > 0) & (away <= 6),
    ]


def _named(at: Any, tree: _Tree, thread: bool) -> list[Any]:  # noqa: FBT001 - as described
    above = np.array(tree.above, np.bool_)[at]
    near = np.zeros((len(at), 2), np.bool_)
    own = np.array([(name.body, name.talk) for name in tree.names], np.bool_)
    node = at.copy()
    parent = np.array(tree.parent, np.int64)
    for _ in range(_LEVELS):
        near |= own[node] & (node >= 0)[:, None]
        node = np.where(node >= 0, parent[node], -1)
    threads = np.full(len(at), thread)
    return [
        above[:, 0], near[:, 0], above[:, 1], near[:, 1], above[:, 1] & threads, above[:, 2], threads
    ]  # fmt: skip


def _containers(units: Any, marks: Any, links: Any, at: Any, tree: _Tree) -> list[Any]:
    """Return of the containers around each block: prose, lengths, links, and their proportions."""
    prose = np.where(((marks >= 1) & (units >= 8)) | (units >= 30), units * (1 - links), 0.0)
    prose[links >= 0.7] = 0
    count = len(tree.parent)
    sums = np.zeros((count, 2))
    np.add.at(sums, at, np.column_stack((prose, units)))
    rows = sums.tolist()
    for k in range(count - 1, 0, -1):  # a container comes before what is in it
        if (outer := tree.parent[k]) >= 0:
            rows[outer][0] += rows[k][0]
            rows[outer][1] += rows[k][1]
    sums = np.array(rows)
    total = max(1.0, float(prose.sum()))
    parent = np.array(tree.parent, np.int64)
    columns = []
    node = at
    for _ in range(_LEVELS):
        node = np.where(parent[node] >= 0, parent[node], node)
        held, length = sums[node, 0], sums[node, 1]
        columns += [
            held / total, length / (1 + length + 5 * (held > 0)), np.log1p(length) / 8,
            held / (length + 1),
        ]  # fmt: skip
    return columns


def _alike(kind: Any, units: Any, marks: Any, links: Any) -> list[Any]:
    """Return of the blocks at a like path: how many, their links, their lengths, their marks."""
    count = np.maximum(1.0, np.bincount(kind))
    length = np.bincount(kind, units)
    linked = np.bincount(kind, units * links)
    marked = np.bincount(kind, marks > 0)
    columns = np.log1p(count) / 4, linked / (length + 1), np.log1p(length / count) / 6
    return [column[kind] for column in (*columns, marked / count)]


def _neighbours(units: Any, marks: Any, links: Any) -> list[Any]:
    columns = []
    size = len(units)
    for step in _AROUND:
        at = np.arange(size) + step
        there = (at >= 0) & (at < size)
        at = np.clip(at, 0, size - 1)
        columns += [
            np.where(there, np.log1p(units[at]) / 6, 0),
            np.where(there, links[at], 0),
            there & (marks[at] > 0),
        ]
    return columns


def _cues(texts: Sequence[str], units: Any) -> list[Any]:
    short = [
        (i, text)
        for i, (text, n) in enumerate(zip(texts, units.tolist(), strict=True))
        if n < _CUE_LENGTH and _ANY_CUE.search(text)
    ]
    columns = []
    for cue in _CUES:
        column = np.zeros(len(texts), np.bool_)
        column[[i for i, text in short if cue.search(text)]] = True
        columns.append(column)
    return columns
