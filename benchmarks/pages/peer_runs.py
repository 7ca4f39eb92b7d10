"""Run one tool on the pages of a folder and print their texts and its CPU seconds, as JSON.

    PYTHON -m benchmarks.pages.peer_runs NAME FOLDER

Runs in the interpreter that has the tool, which need not have corpusprep. Each is called as its
documentation says, for Chinese where it asks for a language; what the NAME says behind the comma is
set, all else is as it comes. corpusprep is given bytes; the others are given the page decoded, as
most want it so and as wrong labels would cost them text that they can do nothing about. Tools that
give back HTML have the text of it taken, which is part of their time. A page on which a tool raises
has no text and is counted.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import time
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.pages.gold import read_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.pages.gold import Page

    Extract = Callable[[Page], str | None]

TIMES = 3  # of which the fastest counts: the first pays for what is loaded on first use
_TAG = re.compile("<[^>]*>")


def corpusprep() -> Extract:
    extract = import_module("corpusprep").extract

    def run(page: Page) -> str:
        text: str = extract(page.html, url=page.url).text
        return text

    return run


def trafilatura(**options: bool) -> Extract:
    extract = import_module("trafilatura").extract
    return lambda page: extract(page.text, url=page.url, **options)


def readability() -> Extract:
    document = import_module("readability").Document
    return lambda page: text_of(document(page.text, url=page.url).summary(html_partial=True))


def resiliparse() -> Extract:
    extract = import_module("resiliparse.extract.html2text").extract_plain_text
    return lambda page: extract(page.text, main_content=True)


def justext() -> Extract:
    """Return jusText without a stop list, as it has none for Chinese: length and links decide."""
    find = import_module("justext").justext

    def run(page: Page) -> str:
        found = find(page.text, frozenset(), stopwords_low=0, stopwords_high=0)
        return "\n".join(p.text for p in found if not p.is_boilerplate)

    return run


def boilerpy3() -> Extract:
    extractor = import_module("boilerpy3.extractors").ArticleExtractor()
    return lambda page: extractor.get_content(page.text)


def gne() -> Extract:
    extractor = import_module("gne").GeneralNewsExtractor()
    return lambda page: extractor.extract(page.text)["content"]


def newspaper() -> Extract:
    """Return newspaper4k, which would fetch a page's pictures unless told not to."""
    article = import_module("newspaper").Article

    def run(page: Page) -> str:
        found = article(page.url or "https://example.org/", language="zh", fetch_images=False)
        found.download(input_html=page.text)
        found.parse()
        text: str = found.text
        return text

    return run


def magic_html(**options: str) -> Extract:
    extractor = import_module("magic_html").GeneralExtractor()

    def run(page: Page) -> str:
        found = extractor.extract(page.text, base_url=page.url or "", **options)
        return text_of(found["html"])

    return run


def rs_trafilatura() -> Extract:
    extract = import_module("rs_trafilatura").extract
    return lambda page: extract(page.text, url=page.url).main_content


def text_of(html: str) -> str:
    """Return the text of a piece of HTML, without scripts and styles."""
    if not html.strip():
        return ""
    tree = import_module("lxml.html").fromstring(html)
    return "\n".join(tree.xpath("//text()[not(ancestor::script or ancestor::style)]"))


# By name: the package that has the version, and what imports the tool and gives back its extractor.
RUNS: dict[str, tuple[str, Callable[[], Extract]]] = {
    "corpusprep": ("corpusprep", corpusprep),
    "trafilatura": ("trafilatura", trafilatura),
    "trafilatura, precision": ("trafilatura", partial(trafilatura, favor_precision=True)),
    "readability-lxml": ("readability-lxml", readability),
    "resiliparse": ("resiliparse", resiliparse),
    "jusText": ("jusText", justext),
    "boilerpy3": ("boilerpy3", boilerpy3),
    "gne": ("gne", gne),
    "newspaper4k": ("newspaper4k", newspaper),
    "magic-html": ("magic-html", magic_html),
    "magic-html, forum": ("magic-html", partial(magic_html, html_type="forum")),
    "rs-trafilatura": ("rs-trafilatura", rs_trafilatura),
}


def run_all(extract: Extract, pages: Sequence[Page]) -> tuple[list[str], list[str]]:
    """Return the text of each page, and what was raised on those where something was."""
    texts, errors = [], []
    for page in pages:
        try:
            texts.append(extract(page) or "")
        except Exception as error:  # noqa: BLE001 - whatever a tool raises, the page is lost to it
            texts.append("")
            errors.append(f"{type(error).__name__}: {error}")
    return texts, errors


def baseline(pages: Sequence[Page]) -> float:
    """Return the CPU seconds of splitting the pages at their tags: the pace of the machine just now."""
    texts = [page.text for page in pages]
    began = time.process_time()
    for text in texts:
        _TAG.split(text)
    return time.process_time() - began


def measure(extract: Extract, pages: Sequence[Page]) -> dict[str, Any]:
    """Return the texts, what was raised, and the CPU seconds of the tool and of the baseline."""
    seconds, base = [], []
    for _ in range(TIMES):
        base.append(baseline(pages))
        began = time.process_time()
        texts, errors = run_all(extract, pages)
        seconds.append(time.process_time() - began)
        base.append(baseline(pages))
    return {"texts": texts, "errors": errors, "seconds": min(seconds), "baseline": min(base)}


def main() -> None:
    package, load = RUNS[sys.argv[1]]
    pages = read_pages(Path(sys.argv[2]))
    with contextlib.redirect_stdout(io.StringIO()):
        found = measure(load(), pages)
    print(json.dumps({**found, "version": metadata.version(package)}))


if __name__ == "__main__":
    main()
