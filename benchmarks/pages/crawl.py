"""A crawl as one WARC file, read by a whole run: every record accounted for, memory flat.

    python -m benchmarks.pages.crawl [--records 5000] [--data FOLDER]

The file is made from the development pages and from generated ones, gzipped record by record: in
UTF-8, GB18030 and Big5, some labelled with an encoding that they are not in, some without any
label; every tenth record is a picture, a redirect or a request, some say more bytes than they have,
and one page in fifty asks not to be used. Then the run reads it, whole and cut off in the middle;
the peak is VmHWM of the process, of this many records and of a fifth of them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import orjson

from benchmarks.pages.gold import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).parents[1] / "results" / "crawl.json"
CLAUSES = (
    "今年的雨水比往年多一些",
    "河边的柳树已经发了新芽",
    "村里的老人坐在门口晒太阳",
    "孩子们放学以后去田里捉蚂蚱",
    "镇上的集市每逢三六九开市",
    "他把自行车停在桥头等人",
    "图书馆晚上九点才关门",
    "这条路修好以后进城方便多了",
    "工厂把新的设备装了起来",
    "医生说再休息几天就可以出院",
    "车站的广播又响了一遍",
    "母亲把晒好的被子收进屋里",
    "市场上的蔬菜价格降了不少",
    "老师在黑板上写下一道题目",
    "渔船天不亮就出海了",
    "邻居送来一篮子刚摘的枇杷",
    "消防队的人检查了每一层楼",
    "夜里的风把窗子吹得直响",
    "大家都说这场球踢得很好看",
    "山上的雪要到四月才会化完",
)
CODECS = ("utf-8", "utf-8", "gb18030", "gb18030", "big5")
RUN = """
import sys, resource
from pathlib import Path
import corpusprep as cp
corpus = cp.run([sys.argv[1]], sys.argv[2], workers=1)
status = Path("/proc/self/status").read_text().splitlines()
print(int(next(line for line in status if line.startswith("VmHWM")).split()[1]) // 1024)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=5000)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        figures = {
            "whole": measure(work, options.records, options.data),
            "a fifth": measure(work, options.records // 5, options.data),
            "cut in the middle": measure(work, options.records // 5, options.data, cut=True),
        }
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    TARGET.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def measure(work: Path, records: int, data: Path, *, cut: bool = False) -> dict[str, object]:
    """Return what a run makes of a crawl of *records*, and its peak in MB."""
    crawl = work / f"crawl-{records}{'-cut' if cut else ''}.warc.gz"
    kinds: Counter[str] = Counter()
    size = 0
    with crawl.open("wb") as file:
        for kind, record in make_records(records, data):
            kinds[kind] += 1
            size += len(record)
            file.write(gzip.compress(record, 6))
    if cut:
        with crawl.open("r+b") as file:
            file.truncate(crawl.stat().st_size // 2)
    out = work / crawl.name.partition(".")[0]
    began = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(crawl), str(out)],
        capture_output=True,
        text=True,
        check=True,
    )
    report = orjson.loads((out / "report.json").read_bytes())
    read = report["stages"][0]
    return {
        "records": dict(kinds),
        "megabytes": round(size / 1e6, 1),
        "documents_in": read["documents_in"],
        "rejected_at_reading": read["rejected"],
        "documents": report["documents"]["out"],
        "characters": report["characters"],
        "seconds": round(perf_counter() - began, 1),
        "peak_mb": int(done.stdout.split()[-1]),
    }


def make_records(count: int, data: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the kind and the bytes of each record."""
    pages = [path.read_bytes() for path in sorted(data.rglob("html/*.html"))]
    chance = random.Random(7)
    yield "warcinfo", record("warcinfo", "", b"software: benchmark\r\n", "application/warc-fields")
    for i in range(count):
        url = f"https://www.crawl-{i % 97}.example/{i}.html"
        if i % 10 == 9:
            yield special(i // 10, url, chance)
        elif i % 5 == 0:
            yield "page of a site", answer(url, chance.choice(pages), "text/html")
        else:
            yield generated(i, url, chance)


def special(i: int, url: str, chance: random.Random) -> tuple[str, bytes]:
    match i % 5:
        case 0:
            return "picture", answer(
                url, b"\x89PNG\r\n\x1a\n" + chance.randbytes(2000), "image/png"
            )
        case 1:
            return "redirect", answer(url, b"", "text/html", status="302 Found")
        case 2:
            return "request", record("request", url, b"GET / HTTP/1.1\r\n\r\n", "application/http")
        case 3:
            return "text", answer(url, prose(chance).encode("gb18030"), "text/plain; charset=gbk")
        case _:
            whole = answer(url, page(i, chance).encode(), "text/html")
            said = re.search(rb"Content-Length: (\d+)", whole)
            more = str(int(said[1]) + 5000).encode()
            return "lying length", whole.replace(said[0], b"Content-Length: " + more, 1)


def generated(i: int, url: str, chance: random.Random) -> tuple[str, bytes]:
    """Return a page in some encoding, with a label that may be wrong."""
    codec = CODECS[i % len(CODECS)]
    said = chance.choice(["utf-8", "gb2312", "big5", ""]) if chance.random() < 0.3 else codec
    html = page(i, chance, said, optout=i % 50 == 1)
    header = f"text/html; charset={said}" if said and chance.random() < 0.5 else "text/html"
    kind = "asks not to be used" if i % 50 == 1 else "wrong label" if said != codec else "page"
    return kind, answer(url, html.encode(codec, "xmlcharrefreplace"), header)


def page(i: int, chance: random.Random, charset: str = "utf-8", *, optout: bool = False) -> str:
    body = "".join(f"<p>{prose(chance)}</p>" for _ in range(chance.randint(2, 12)))
    robots = '<meta name="robots" content="noai">' if optout else ""
    return (
        f'<html><head><meta charset="{charset}">{robots}<title>第{i}篇_样例网</title></head><body>'
        '<div class="nav"><a href="/">首页</a> <a href="/n">新闻</a> <a href="/b">论坛</a></div>'
        f'<h1>第{i}篇</h1><div class="content">{body}</div><div class="share">分享到：微信 微博</div>'
        "<div class='footer'>版权所有 样例网 京ICP备00000000号</div></body></html>"
    )


def prose(chance: random.Random) -> str:
    return "，".join(chance.sample(CLAUSES, chance.randint(3, 8))) + "。"


def answer(url: str, body: bytes, kind: str, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode()
    return record("response", url, head + body, "application/http; msgtype=response")


def record(kind: str, url: str, block: bytes, content: str) -> bytes:
    target = f"WARC-Target-URI: {url}\r\n" if url else ""
    return (
        (
            f"WARC/1.0\r\nWARC-Type: {kind}\r\n{target}WARC-Date: 2026-01-02T03:04:05Z\r\n"
            f"Content-Type: {content}\r\nContent-Length: {len(block)}\r\n\r\n"
        ).encode()
        + block
        + b"\r\n\r\n"
    )


if __name__ == "__main__":
    main()
