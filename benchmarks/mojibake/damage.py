"""Damage Chinese text on purpose, in each way that real text is found damaged in.

    >>> import random
    >>> damage("中文网页", "utf8-as-gbk", random.Random(1))
    '涓枃缃戦〉'

A kind is one mechanism, down to the decoder: what Python, a browser and Windows make of the same
bytes differs, and so does what is left to repair. `KINDS` holds them all. Whatever is drawn (which
byte is lost, which characters a site annotates) comes from the given generator, so that the same
seed gives the same damage. A kind gives None for a text that it cannot happen to: Big5 cannot say
it, there is no character with a radical's look, no byte was lost.
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from html.entities import codepoint2name
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "\ufffd"
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_OTHER = re.compile("[^\x00-\x7f]")

Damage = Callable[[str, random.Random], str | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of being damaged, and what may be asked of a repair of it."""

    damage: Damage
    script: Literal["both", "simplified", "traditional"] = "both"  # of the clean text it is for
    spans: bool = True  # whether it happens to a clause inside a clean text
    left: bool = False  # what it destroys is gone: to be left as it is
    folded: bool = False  # it changes the script too: compared with both scripts folded
    joined: bool = False  # it needs the end of one sentence and the head of the next
    plants: str = ""  # characters it needs that hardly any text has: one is planted first


def damage(text: str, kind: str, rng: random.Random) -> str | None:
    """Return *text* after damage of this *kind*; None if that cannot happen to it."""
    out = KINDS[kind].damage(text, rng)
    return None if out == text else out


def damage_span(text: str, kind: str, rng: random.Random) -> str | None:
    """Return *text* with one clause damaged, its closing mark in half of the cases; None if none can.

    At least as many characters stay clean as are damaged.
    """
    clauses = [
        m
        for m in _CLAUSE.finditer(text)
        if len(_HAN.findall(m[1])) >= 4 and 2 * len(m[1]) <= len(text)
    ]
    rng.shuffle(clauses)
    for m in clauses:
        end = m.end(rng.randrange(2))
        bad = damage(text[m.start() : end], kind, rng)
        if bad is not None:
            return text[: m.start()] + bad + text[end:]
    return None


def plant(text: str, kind: str, rng: random.Random) -> str:
    """Return *text* with a character in it that the *kind* of damage needs, as part of a name."""
    if not KINDS[kind].plants:
        return text
    frame = rng.choice(("{0}{1}先生在文中提到：", "住在{1}河的人都知道，", "同行的有{0}{1}，"))
    name = rng.choice("王李林周江"), rng.choice(KINDS[kind].plants)
    return frame.format(*name) + text


# A clause without its mark is group 1, with its mark group 0.
_CLAUSE = re.compile("([^，。！？；：、,.!?;:\n]+)[，。！？；：]?")


def by_line(work: Damage) -> Damage:
    """Return *work* done line by line: text is mostly read in lines."""

    def lines(text: str, rng: random.Random) -> str | None:
        out = [work(line, rng) if line else line for line in text.split("\n")]
        return None if None in out else "\n".join(line or "" for line in out)

    return lines


# --- bytes read in the wrong encoding ----------------------------------------------------------

# The five bytes that cp1252 leaves open.
OPEN_BYTES = frozenset(b"\x81\x8d\x8f\x90\x9d")
PRIVATE = re.compile("[\ue000-\uf8ff]")


def read_latin(data: bytes, lost: str | None = None) -> str:
    """Return *data* read as cp1252: the open bytes as control characters, or else as *lost*."""
    return "".join(
        (chr(byte) if lost is None else lost)
        if byte in OPEN_BYTES
        else bytes((byte,)).decode("cp1252")
        for byte in data
    )


def encode_big5(text: str) -> bytes:
    """Return *text* in Big5 as Windows has it, or with Hong Kong's characters if it needs them."""
    try:
        return text.encode("cp950")
    except UnicodeEncodeError:
        return text.encode("big5hkscs")


@cache
def _pairs() -> dict[bytes, str]:
    """Return what each pair of bytes is in GBK with its private-use area."""
    found = {}
    for lead in range(0x81, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(0x80, 0xFF)):
            pair = bytes((lead, trail))
            found[pair] = pair.decode("gb18030")
    return found


def read_gbk(
    data: bytes,
    *,
    mark: str = MARK,
    swallow: bool = False,
    keep_private: bool = True,
    euro: bool = True,
) -> str:
    """Return *data* as Windows and browsers read GBK.

    80 is a euro sign and a pair of bytes that is none becomes one *mark*, while Python marks each byte.
    With *swallow* such a pair may be a lead and an ASCII character, which is then lost. Without *euro*
    80 is a lead byte of no pair, as in Java.
    """
    pairs = _pairs()
    out = []
    at = 0
    while at < len(data):
        lead, pair = data[at], data[at : at + 2]
        at += 1
        if lead < 0x80:
            out.append(chr(lead))
        elif lead == 0x80 and euro:
            out.append("€")
        elif pair in pairs:
            at += 1
            if keep_private or not PRIVATE.match(pairs[pair]):
                out.append(pairs[pair])
        else:
            out.append(mark)
            at += len(pair) == 2 and (swallow or pair[1] >= 0x80)
    return "".join(out)


def through(
    encode: str | Callable[[str], bytes],
    decode: str | Callable[[bytes], str],
    *,
    lossy: bool = False,
) -> Damage:
    """Return the damage of text that one encoding wrote and another read."""

    def work(text: str, _: random.Random) -> str | None:
        try:
            data = text.encode(encode) if isinstance(encode, str) else encode(text)
            if isinstance(decode, str):
                return data.decode(decode, "replace" if lossy else "strict")
        except UnicodeError:
            return None
        return decode(data)

    return work


def after(first: Damage, second: Damage) -> Damage:
    """Return both, the second upon the first."""

    def work(text: str, rng: random.Random) -> str | None:
        middle = first(text, rng)
        return None if middle is None else second(middle, rng)

    return work


def one_of(*ways: Damage) -> Damage:
    """Return any of *ways*, drawn each time."""
    return lambda text, rng: rng.choice(ways)(text, rng)


def lose_open_bytes(text: str, _: random.Random, *, lost: str) -> str | None:
    data = text.encode()
    return read_latin(data, lost) if OPEN_BYTES & set(data) else None


def lose_invisible(text: str, _: random.Random) -> str | None:
    """Read UTF-8 as cp1252, then clean it of controls and of the soft hyphen, which is AD in UTF-8."""
    data = text.encode()
    return read_latin(data, "").replace("\xad", "") if 0xAD in data else None


def flatten_spaces(text: str, _: random.Random) -> str | None:
    """Read UTF-8 as cp1252, then take the no-break spaces of the result for plain ones."""
    data = text.encode()
    return read_latin(data).replace("\xa0", " ") if 0xA0 in data else None


def drop_private(work: Damage) -> Damage:
    def both(text: str, rng: random.Random) -> str | None:
        out = work(text, rng)
        return None if out is None or not PRIVATE.search(out) else PRIVATE.sub("", out)

    return both


latin1_twice = after(through("utf-8", "latin-1"), through("utf-8", "latin-1"))
cp1252_twice = after(through("utf-8", read_latin), through("utf-8", read_latin))
mixed_twice = one_of(
    after(through("utf-8", read_latin), through("utf-8", "latin-1")),
    after(through("utf-8", "latin-1"), through("utf-8", read_latin)),
)


def read_bytes_singly(data: bytes) -> str:
    """Return *data* read as GBK, each byte that belongs to no pair kept as its code point."""
    out = ""
    while data:
        try:
            return out + data.decode("gbk")
        except UnicodeDecodeError as error:
            out += data[: error.start].decode("gbk") + chr(data[error.start])
            data = data[error.start + 1 :]
    return out


def needs_four_bytes(work: Damage) -> Damage:
    def checked(text: str, rng: random.Random) -> str | None:
        four = any(len(c.encode("gb18030", "replace")) == 4 for c in _HAN_ALL.findall(text))
        return work(text, rng) if four else None

    return checked


_HAN_ALL = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")
# In names of today, and in GB18030 only with four bytes.
FOUR_BYTES = "㐂㙍㛃㛚㟃㠇㳘㳚㴔㵐㶲㸆𠮷𫖯𫠜𬭸𬱖𬴂𪩘𣲗"


# --- pairs of bytes out of step ----------------------------------------------------------------


def lose_byte(
    text: str, rng: random.Random, *, stand_in: bytes, read: Callable[[bytes], str]
) -> str | None:
    """Take the lead byte of one Han, with at least two more characters of GBK right behind it."""
    try:
        units = [char.encode("gbk") for char in text]
    except UnicodeEncodeError:
        return None
    places = [
        i
        for i, char in enumerate(text[:-2])
        if _HAN.match(char) and len(units[i + 1]) == len(units[i + 2]) == 2
    ]
    if not places:
        return None
    at = rng.choice(places)
    return read(b"".join(units[:at])) + read(stand_in + units[at][1:] + b"".join(units[at + 1 :]))


FOLDS = str.maketrans("！？；，：", "!?;,:")


def fold_run(work: Damage) -> Damage:
    """Return *work* with the marks inside the damaged run folded to ASCII."""

    def both(text: str, rng: random.Random) -> str | None:
        out = work(text, rng)
        if out is None:
            return None
        tail = 0
        while tail < min(len(text), len(out)) and text[-1 - tail] == out[-1 - tail]:
            tail += 1
        start = next((i for i, (a, b) in enumerate(zip(text, out, strict=False)) if a != b), 0)
        run = out[start : len(out) - tail]
        folded = run.translate(FOLDS)
        return None if run == folded else out[:start] + folded + out[len(out) - tail :]

    return both


# ！ ， ； ？ as a splitter finds them; ： is found the same way but no page showed it.
SPLIT_MARKS = (b"\xa3\xa1", b"\xa3\xac", b"\xa3\xbb", b"\xa3\xbf")


def split_at_mark(text: str, rng: random.Random, *, read: Callable[[bytes], str]) -> str | None:
    """Find a full-width mark in the bytes of two characters, and cut there as the splitter does.

    The lead byte in front of it is left alone (`?`), what follows is out of step.
    """
    places = []
    try:
        units = [char.encode("gbk") for char in text]
    except UnicodeEncodeError:
        return None
    for at in range(len(units) - 1):
        one, two = units[at], units[at + 1]
        if len(one) == len(two) == 2 and one[1:] + two[:1] in SPLIT_MARKS:
            places.append(at)
    if not places:
        return None
    at = rng.choice(places)
    before, (one, two) = b"".join(units[:at]), units[at : at + 2]
    mark = (one[1:] + two[:1]).decode("gbk")
    return read(before) + "?" + mark + read(two[1:] + b"".join(units[at + 2 :]))


# --- pinyin put in by a converter --------------------------------------------------------------

# Common traditional characters with their first reading: what such converters annotate.
READINGS = (
    "biàn變 bié別 biān邊編 biāo標 bà罷 bài敗 bàn辦 bào報 bèi備 bì畢幣閉 bāng幫 bēn錛 "
    "bǎi擺 bǎo寶 bǐ筆 bǔ補 chuàng創 chuán傳 chén陳 chóng蟲 chù處 chún純 chē車 "
    "chēng稱 chōng衝 chǎn產 chǎng場廠 chǔ礎 cuò錯 cái財 cè測側冊 céng層 cí詞 cóng從 "
    "cān參 diàn電 diào調 diǎn點 duàn斷 duì對隊 duó奪 dài帶 dàn彈 dá達 dìng訂 dí敵 "
    "dòng動 dùn頓 dú獨讀 dān單擔 dāng當 dēng燈 dōng東 dūn噸 dǎng黨 dǎo導島 dǐng頂 "
    "fàn飯 fèi費廢 fù復負婦 fā發 fēi飛 fēn紛 fēng風豐 fǎng訪 guà掛 guì貴 guò過 guó國 "
    "guān關觀 guī規歸 guǎn館 guǎng廣 gài蓋 gè個 gòu構夠購 gù顧 gāi該 gāng剛鋼 gěi給 "
    "gōng宮 gǎn趕 gǎng崗 huà話劃畫 huài壞 huàn換 huá華 huái懷 huán環 huáng黃 huì會匯 "
    "huò獲貨 huān歡 huī揮 huǎn緩 hàn漢 hào號 hái還 hán韓 héng橫 hóng紅 hù護戶 jià價 "
    "jiàn見劍漸艦 jiào較 jiè屆 jié結節 jiù舊 jiān間監堅 jiāng將 jiē階 jiǎn檢簡減 jiǎng講獎 "
    "jiǎo腳 jué決覺絕 jì計濟記際紀繼劑 jìn進 jìng靜徑競 jí級極輯 jù據劇 jī機積擊跡雞績 jīng經驚荊 "
    "jūn軍 jǐn僅盡緊 jǔ舉 kuài塊 kuàng況礦 kuò擴 kuān寬 kè課 kù庫 kāi開 liàn練 lián聯連 "
    "liáng糧 liáo療 liú劉 liǎn臉 liǎng兩 luàn亂 luò絡 luó羅 lái來 lán蘭 láo勞 lè樂 "
    "lèi類 lì歷麗 lí離 lín臨 líng靈 lóng龍 lóu樓 lù陸錄 lùn論 lún輪倫 lǐ禮 lǐng領嶺 lǔ魯 "
    "lǜ綠慮 ma嗎 men們 miào廟 miè滅 mài賣脈 mào貿 méi沒 mén門 móu謀 mā媽 mǎ馬碼 mǎi買 "
    "mǎn滿 nà納 nán難 nèi內 níng寧 nóng農 nǎo腦 pán盤 pín頻 píng評 pù鋪 qián錢潛 "
    "qiáng強牆 qiáo橋 qiān籤 qiāng槍 quán權 què卻確 qì氣 qìng慶 qí齊騎 qīn親 qīng輕 "
    "qū區 qǐng請 ruǎn軟 ràng讓 rè熱 rèn認 róng榮 rùn潤 shuì稅 shuí誰 shuāng雙 "
    "shuō說 shào紹 shè設 shèng勝聖 shì勢視試適釋 shí時實識 shù數術樹 shùn順 shā殺 shāng傷 "
    "shāo燒 shēng聲 shěn審 shī師詩 shū書輸 shǔ屬 suì歲 suí隨 suī雖 suō縮 sài賽 sù訴 "
    "sī絲 sū蘇 sūn孫 sǔn損 tiáo條 tiě鐵 tuán團 tuō脫 tài態 tái臺 tán談壇 tí題 tóng銅 "
    "tóu頭 tú圖 tīng聽廳 tǎo討 tǐ體 tǒng統 wàn萬 wèi為衛謂 wèn問 wéi維圍韋 wén聞 wù務誤 "
    "wú無吳 wān灣 wēn溫 wěn穩 wū烏 wǎng網 xiàn現縣線獻憲 xiàng項 xiá轄 xiè謝 xié協 "
    "xiān鮮 xiāng鄉 xiāo銷 xiě寫 xiǎn顯險 xiǎng響 xué學 xuǎn選 xì細戲 xìng興 xí習 "
    "xù續 xùn訓 xún尋 xū須虛 xǔ許 yuán員園圓 yuē約 yuǎn遠 yà亞 yàn驗 yàng樣 yào藥 "
    "yán嚴巖 yáng陽楊揚 yáo搖 yè業葉頁 yé爺 yì義議藝億異 yí遺儀 yín銀 yíng營 yù預 yùn運 yú魚 "
    "yā壓 yān煙 yī醫 yīn陰 yīng應 yōng擁 yōu優 yǎng養 yǐn隱 yǔ與語 zhuàng狀壯 zhuān專 "
    "zhuāng裝莊 zhuǎn轉 zhàn戰 zhào趙 zhè這 zhèn鎮陣 zhèng證 zhì質 zhí職執 zhòng眾 "
    "zhù駐 zhāng張 zhēn針 zhēng爭 zhī織 zhōng終鍾 zhū諸 zhǎng長 zhǐ紙 zhǒng種 "
    "zhǔn準 zài載 zá雜 zé則責澤擇 zòng縱 zī資 zōng綜 zǒng總 zǔ組 ài愛 ào奧 è惡 é額 ér兒 "
    "ěr爾 ōu歐 "
)
LISTED = 110  # types on the list of one site; 109 in seed 004


@cache
def readings() -> dict[str, str]:
    """Return the reading of each character that a list may have."""
    found = re.findall("([a-z\u00e0-\u01dc]+)([\u4e00-\u9fff]+)", READINGS)
    return {char: reading for reading, chars in found for char in chars}


# Of the characters with several traditional forms, those that such converters leave simplified.
LEFT_SIMPLIFIED = frozenset("范游后于采干托里余占并么筑愿征几制云升斗松表才致")


def load_dictionary(name: str) -> dict[str, list[str]]:
    """Return the entries of a dictionary of OpenCC."""
    spec = find_spec("opencc")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pip install opencc-python-reimplemented")
    path = Path(spec.origin).parent / "dictionary" / f"{name}.txt"
    rows = (row.split("\t") for row in path.read_text("utf-8").split("\n") if row)
    return {key: forms.split(" ") for key, forms in rows}


@cache
def _to_traditional() -> dict[int, str]:
    forms, taiwan = load_dictionary("STCharacters"), load_dictionary("TWVariants")
    first = {key: taiwan.get(new[0], new)[0] for key, new in forms.items()}
    return {ord(key): new for key, new in first.items() if key not in LEFT_SIMPLIFIED}


def draw_list(rng: random.Random) -> dict[str, str]:
    """Return the characters that one site annotates, with what it puts in behind each."""
    space = " " * (rng.random() < 0.1)  # a few sites: 會(huì )
    chosen = rng.sample(sorted(readings()), LISTED)
    return {char: f"({readings()[char]}{space})" for char in chosen}


def annotate(text: str, rng: random.Random) -> str | None:
    """Convert to traditional one for one and put pinyin behind all characters of a list.

    A single annotation is a gloss; it takes two to be damage.
    """
    traditional = text.translate(_to_traditional())
    marks = draw_list(rng)
    if sum(char in marks for char in traditional) < 2:
        return None
    return "".join(char + marks.get(char, "") for char in traditional)


def annotate_bytes(text: str, rng: random.Random) -> str | None:
    """Do as `annotate` with replacements of GBK bytes, that also hit the bytes of two characters.

    試 after 變 has the bytes of 冊 across the two: 變?cè)囼. Private-use characters that come of it
    are dropped. None where no boundary was hit.
    """
    traditional = text.translate(_to_traditional())
    try:
        data = traditional.encode("gbk")
    except UnicodeEncodeError:
        return None
    marks = draw_list(rng)
    for char, mark in marks.items():
        unit = char.encode("gbk")
        data = data.replace(unit, unit + mark.encode("gbk"))
    out = read_gbk(data, mark="?", swallow=True, keep_private=False)
    aligned = "".join(char + marks.get(char, "") for char in traditional)
    return None if out == aligned else out


# --- escapes -----------------------------------------------------------------------------------


def each(pattern: re.Pattern[str], change: Callable[[str], str]) -> Damage:
    """Return the damage that changes every match of *pattern*; None for a text without one."""

    def work(text: str, _: random.Random) -> str | None:
        out, count = pattern.subn(lambda m: change(m[0]), text)
        return out if count else None

    return work


_NAMED = re.compile("[" + "".join(map(chr, codepoint2name)) + "]")


def percent(text: str, _: random.Random, *, encoding: str) -> str | None:
    try:
        return quote(text, safe="", encoding=encoding, errors="strict")
    except UnicodeEncodeError:
        return None


def escape_hex(text: str, rng: random.Random) -> str | None:
    form = rng.choice(("&#x{:x};", "&#x{:X};", "&#X{:X};"))
    return _OTHER.sub(lambda m: form.format(ord(m[0])), text)


def escape_unicode(text: str, rng: random.Random) -> str | None:
    out = _OTHER.sub(lambda m: json.dumps(m[0])[1:-1], text)
    return re.sub(r"\\u....", lambda m: "\\u" + m[0][2:].upper(), out) if rng.randrange(2) else out


# --- look-alikes -------------------------------------------------------------------------------


def look_alikes(table: Mapping[str, str]) -> Damage:
    """Return the damage that puts a look-alike for every character of *table*, drawn if it has many."""
    pattern = re.compile("[" + "".join(table) + "]")

    def work(text: str, rng: random.Random) -> str | None:
        out, count = pattern.subn(lambda m: rng.choice(table[m[0]]), text)
        return out if count else None

    return work


def normal_forms(*ranges: range) -> dict[str, str]:
    """Return, of each Han that code points in *ranges* stand for, all of them as one string."""
    found: dict[str, str] = {}
    for code in (code for span in ranges for code in span):
        normal = unicodedata.normalize("NFKC", chr(code))
        if len(normal) == 1 and normal != chr(code) and _HAN.match(normal):
            found[normal] = found.get(normal, "") + chr(code)
    return found


# Of the supplement, those that fonts have for whole characters; Unicode's normal forms know two.
SUPPLEMENT = dict(
    zip(
        "长见车贝风马鱼鸟龙页门韦飞齐齿龟麦黄西青食骨鬼民羊母卤角虎",
        "⻓⻅⻋⻉⻛⻢⻥⻦⻰⻚⻔⻙⻜⻬⻮⻳⻨⻩⻄⻘⻝⻣⻤⺠⺶⺟⻧⻆⻁",
        strict=True,
    )
)


@cache
def private_pairs() -> dict[str, str]:
    """Return the private-use character that GBK had for each that Unicode took in later."""
    tail = [bytes((0xFE, low)) for low in (*range(0x50, 0x7F), *range(0x80, 0xA1))]
    found = {}
    for code, pair in enumerate(tail, 0xE815):
        standard = _FILLED.get(chr(code)) or pair.decode("gb18030")
        if _HAN_ALL.match(standard):
            found[standard] = chr(code)
    return found | {new: old for old, new in _FILLED.items()}


_FILLED = dict(
    zip(
        "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796\ue7c7\ue7c8"
        "\ue816\ue817\ue818\ue81e\ue826\ue82b\ue82c\ue831\ue832\ue83b\ue843\ue854\ue855\ue864",
        "︐︒︑︓︔︕︖︗︘︙ḿǹ𠂇𠂉𠃌龴龵龶龷𡗗龸𢦏龹龺𤇾龻",
        strict=True,
    )
)


# --- what else goes wrong --------------------------------------------------------------------


# Forms that writers of one region use for each other, beside those in OpenCC's tables of variants.
_ALIKE = (
    "個箇 只祇 隻祇 鐘鈡 復覆 藥葯 泛汎 滷鹵 閒閑 杯盃 搜蒐 修脩 錄彔 採寀 岩巖 鏈鍊 暗闇 匯彙 證証 "
    "鑑鑒 參蔘 針鍼 寧甯 雕彫 嚮曏 游遊"
)


@cache
def _wrong_forms() -> dict[str, dict[str, str]]:
    """Return by traditional word what its characters may be taken for wrongly, as `word: 簽→籤`.

    From OpenCC: a simplified character with several traditional forms, in a word that has only one
    of them. Forms that differ by region alone (裏 裡) are no damage.
    """
    forms = load_dictionary("STCharacters")
    alike = {frozenset(pair) for pair in _ALIKE.split()}
    for name in ("TWVariants", "HKVariants", "JPVariants"):
        for key, others in load_dictionary(name).items():
            alike |= {frozenset((key, other)) for other in others}
    words = load_dictionary("STPhrases")
    known = {form for others in words.values() for form in others}
    found: dict[str, dict[str, str]] = {}
    for word, (right, *others) in words.items():
        if others or not 2 <= len(word) == len(right) <= 4:
            continue
        for at, (plain, good) in enumerate(zip(word, right, strict=True)):
            wrong = [
                bad
                for bad in forms.get(plain, ())
                if bad not in {plain, good}
                and frozenset((bad, good)) not in alike
                and right[:at] + bad + right[at + 1 :] not in known
            ]
            if wrong:
                found.setdefault(right, {})[good] = "".join(wrong)
    return found


def convert_wrongly(text: str, rng: random.Random) -> str | None:
    """Give one word of *text* the wrong one of several traditional forms, everywhere: 籤約 for 簽約."""
    table = _wrong_forms()
    words = sorted({text[i : i + n] for n in (2, 3, 4) for i in range(len(text))} & table.keys())
    if not words:
        return None
    word = rng.choice(words)
    good = rng.choice(sorted(table[word]))
    return text.replace(word, word.replace(good, rng.choice(table[word][good])))


def cut_utf8(text: str, rng: random.Random) -> str | None:
    """Read the UTF-8 of *text* in two buffers, the first of which ends inside a Han."""
    data = text.encode()
    cuts = [i for i, byte in enumerate(data) if byte & 0xC0 == 0x80]
    if not cuts:
        return None
    at = rng.choice(cuts)
    return data[:at].decode(errors="replace") + data[at:].decode(errors="replace")


# --- all of them -------------------------------------------------------------------------------

read_cp936 = partial(read_gbk, swallow=False)
read_question = partial(read_gbk, mark="?", swallow=True)
read_python = partial(bytes.decode, encoding="gbk", errors="replace")

_question = by_line(through("utf-8", read_question))
_cp936 = by_line(through("utf-8", read_cp936))
_lost = partial(lose_byte, stand_in=b"?", read=read_python)
_split = partial(split_at_mark, read=read_cp936)

KINDS: dict[str, Kind] = {
    "utf8-as-latin1": Kind(through("utf-8", "latin-1")),
    "utf8-as-cp1252": Kind(through("utf-8", read_latin)),
    "utf8-as-cp1252-dropped": Kind(partial(lose_open_bytes, lost="")),
    "utf8-as-cp1252-cleaned": Kind(lose_invisible),
    "utf8-as-cp1252-replaced": Kind(partial(lose_open_bytes, lost=MARK)),
    "utf8-as-cp1252-spaced": Kind(flatten_spaces),
    "gbk-as-latin1": Kind(through("gb18030", "latin-1")),
    "gbk-as-cp1252": Kind(through("gb18030", read_latin)),
    "big5-as-latin1": Kind(through(encode_big5, "latin-1"), "traditional"),
    "big5-as-cp1252": Kind(through(encode_big5, read_latin), "traditional"),
    "utf8-latin1-twice": Kind(latin1_twice),
    "utf8-cp1252-twice": Kind(cp1252_twice),
    "utf8-mixed-twice": Kind(mixed_twice),
    "gbk-latin1-utf8-latin1": Kind(
        after(through("gb18030", "latin-1"), through("utf-8", "latin-1"))
    ),
    "utf8-as-gbk": Kind(by_line(through("utf-8", "gbk", lossy=True))),
    "utf8-as-gb18030": Kind(by_line(through("utf-8", "gb18030", lossy=True))),
    "utf8-as-gb18030-private-dropped": Kind(
        drop_private(by_line(through("utf-8", "gb18030", lossy=True)))
    ),
    "utf8-as-gbk-paired": Kind(by_line(through("utf-8", partial(read_gbk, euro=False)))),
    "utf8-as-cp936": Kind(_cp936),
    "utf8-as-cp936-private-dropped": Kind(drop_private(_cp936)),
    "utf8-as-gbk-question": Kind(_question),
    "utf8-as-gbk-question-private-dropped": Kind(drop_private(_question)),
    "utf8-as-big5": Kind(by_line(through("utf-8", "big5", lossy=True))),
    "utf8-as-cp950": Kind(by_line(through("utf-8", "cp950", lossy=True))),
    "utf8-as-shift-jis": Kind(by_line(through("utf-8", "cp932", lossy=True))),
    # What is written in GBK is simplified; of traditional text in it both bytes of a third are lost.
    "gbk-as-big5": Kind(by_line(through("gbk", "big5", lossy=True)), "simplified"),
    "gbk-as-cp950": Kind(by_line(through("gbk", "cp950", lossy=True)), "simplified"),
    "gbk-as-big5hkscs": Kind(by_line(through("gbk", "big5hkscs", lossy=True)), "simplified"),
    "gbk-traditional-as-big5": Kind(by_line(through("gbk", "big5", lossy=True)), "traditional"),
    "big5-as-gbk": Kind(by_line(through(encode_big5, "gbk", lossy=True)), "traditional"),
    "big5-as-gb18030": Kind(by_line(through(encode_big5, "gb18030", lossy=True)), "traditional"),
    "big5-as-cp936": Kind(by_line(through(encode_big5, read_cp936)), "traditional"),
    "big5-as-cp936-private-dropped": Kind(
        drop_private(by_line(through(encode_big5, read_cp936))), "traditional"
    ),
    "gb18030-as-gbk": Kind(
        needs_four_bytes(through("gb18030", read_python)), spans=False, plants=FOUR_BYTES
    ),
    "gb18030-as-gbk-question": Kind(
        needs_four_bytes(through("gb18030", partial(read_gbk, mark="?"))),
        spans=False,
        plants=FOUR_BYTES,
    ),
    "gb18030-as-gbk-bytes-kept": Kind(
        needs_four_bytes(through("gb18030", read_bytes_singly)), spans=False, plants=FOUR_BYTES
    ),
    "gbk-lost-byte": Kind(_lost, spans=False),
    "gbk-lost-byte-folded": Kind(fold_run(_lost), spans=False, joined=True),
    "gbk-lost-byte-cp936": Kind(partial(lose_byte, stand_in=b"?", read=read_cp936), spans=False),
    "gbk-split-mark": Kind(_split, spans=False, joined=True),
    "gbk-split-mark-folded": Kind(fold_run(_split), spans=False, joined=True),
    "gbk-silent-byte": Kind(partial(lose_byte, stand_in=b"", read=read_python), spans=False),
    "pinyin-annotation": Kind(annotate, "simplified", spans=False, folded=True),
    "pinyin-collision": Kind(annotate_bytes, "simplified", spans=False, folded=True),
    "html-decimal": Kind(each(_OTHER, lambda c: f"&#{ord(c)};")),
    "html-hex": Kind(escape_hex),
    "html-double": Kind(each(_OTHER, lambda c: f"&amp;#{ord(c)};")),
    "html-named": Kind(each(_NAMED, lambda c: f"&{codepoint2name[ord(c)]};"), spans=False),
    "unicode-escape": Kind(escape_unicode),
    "percent-utf8": Kind(by_line(partial(percent, encoding="utf-8"))),
    "percent-gbk": Kind(by_line(partial(percent, encoding="gbk"))),
    "kangxi-radical": Kind(look_alikes(normal_forms(range(0x2F00, 0x2FD6)))),
    "radical-supplement": Kind(look_alikes(SUPPLEMENT)),
    "compatibility-ideograph": Kind(
        look_alikes(normal_forms(range(0xF900, 0xFADA), range(0x2F800, 0x2FA1E)))
    ),
    "private-use": Kind(
        look_alikes(private_pairs()), plants="".join(filter(_HAN_ALL.match, private_pairs()))
    ),
    "wrong-conversion": Kind(convert_wrongly, "traditional", spans=False),
    "kunjinkao": Kind(
        after(through("gbk", "utf-8", lossy=True), through("utf-8", "gbk", lossy=True)), left=True
    ),
    "utf8-cut": Kind(cut_utf8, spans=False, left=True),
}
