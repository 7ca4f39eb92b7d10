"""What each line of a newspaper page is, and whom it names as its author.

A page read as plain text has lost what told its lines apart, type and place. What is left is shape:
a headline has no final mark and no full stop inside, prose ends its sentences, a report opens with
本报讯 or 新华社…电, a byline says 本报记者 许棠, □ 许棠 or 炼铁厂 许棠, a signature (许棠) stands behind
the last words. A line that fits none is `OTHER`, and on both sides of it nothing is concluded.
"""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

from corpusprep.text.chars import HAN, IS_HAN, LINE_BREAK, SPACE, count_han, is_han

HEAD, BYLINE, REPORT, CUT_REPORT, PROSE, SIGNED, META, CREDIT, EXCERPT, FOLIO, OTHER = "HBNUPSMTEFO"
IS_PROSE = frozenset((REPORT, PROSE, SIGNED))

MIN_HEAD, MAX_HEAD = 5, 60  # code points; a subhead may be as short as 孟宪东主持
MIN_PROSE = 20  # code points of a line that ends with a mark other than the full stop
MIN_SENTENCE = 10
MIN_CUT_PROSE = 60  # of one that a column cut: no headline is as long and has commas
MAX_COMMAS = 2  # in a headline; a line that a column cut has more
ABOVE, BELOW = 8, 6  # lines above and below prose that may be part of an article's head or end
MAX_CREDIT = 40
MAX_RELATED = 16  # code points of a line such as 相关阅读
MIN_REPORT = 30  # 本报讯 before less than this is an entry in a list of links
MAX_BYLINE = 48  # code points; four names with their jobs are 40
MAX_CONTRIBUTOR = 24  # of a name with its office
MAX_BARE_NAME = 3  # code points of a name behind □ with no job before it
MAX_DATELINE = 80  # how far into a paragraph the bracket with the reporters may end

# Family names that more than 95 % of Chinese bear, in both scripts.
SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许吕张孔曹严华金魏陶姜谢邹柏窦章苏潘葛范彭鲁韦马苗方"
    "俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕罗毕郝邬安常乐于傅齐康伍余顾孟黄穆萧尹姚邵汪祁毛戴宋庞熊"
    "纪舒屈项祝董梁杜阮蓝闵季贾江童颜郭梅盛林钟徐邱骆高夏蔡田樊胡凌霍虞万柯卢莫房缪丁邓洪包左"
    "石崔吉龚程邢裴陆翁段侯宁仇甘武符刘景詹龙叶黎乔谭冉翟阎闫聂曾关游欧白管何丘岳覃温牛施喻柴"
    "尤鞠晏屠简饶沙解车宗丛单肖代付涂成古原练鹿敖佟那佘靳卜艾易向匡麦辛习桂苟趙錢孫鄭馮陳衛蔣"
    "韓楊許呂張嚴華謝鄒竇蘇範魯韋馬費賀湯羅畢鄔樂齊餘顧黃蕭龐紀項閔賈顏鐘鍾駱萬盧鄧龔陸寧劉龍"
    "葉喬譚閻聶關遊歐嶽溫簡饒車叢單練闕庄莊賴连連阳陽湛狄盖苑么蔺冷迟池储焦茅晁巴植揭仲戚"
)

_MARK = "□■●○◆◇◎▲△★☆▪•◤▌◥※"
_OPEN, _CLOSE = r"[（(【〔\[［]", r"[）)】〕\]］]"
_INSIDE = r"[^（(【〔\[［）)】〕\]］\n。]"
_HOUSE = (
    rf"(?:本[报報台臺网網刊社]|[{HAN}]{{2,9}}?(?:[日晚早晨商时時快周週][报報]|[报報网網社台臺刊]"
    r"|新[闻聞]|在[线線]|客[户戶]端|融媒体中心|[传傳]媒)|新[华華]|人民[网網])"
)
_RANK = (
    r"(?:首席|[见見][习習]|[实實][习習]|特[约約派别別]|全媒体|全媒體|融媒体|融媒|新媒体|[经經][济濟]|[体體]育"
    rf"|[财財][经經]|高[级級]|[资資]深|[视視][频頻]|文字|[摄攝]影)*(?:[驻駐][{HAN}]{{1,4}})?"
)
_JOB = (
    r"(?:[记記]者站?|通[讯訊][员員]|[实實][习習]生|特派[员員]|[评評][论論][员員]|撰稿人?|[采採][写寫]|[编編][译譯]"
    r"|作者(?=[ :：/／]))"
)
_WRITER = (
    rf"(?:《[^》\n]{{2,10}}》|{_HOUSE})?"
    rf"(?:{_RANK}{_JOB}|[图圖][/／]文|文[/／][图圖]|[图圖][/／]|文[/／]|文字[:：/／]|撰文[:：/／ ]|[报報][道導][:：])"
)
_SPLIT_JOBS = re.compile(rf"{_WRITER}[{SPACE}:：/／|｜]*")
_FIRST_JOB = re.compile(rf"{_OPEN}?{_WRITER}")
_CLOSERS = frozenset("）)】〕]］")
_EDGES = _MARK + "（(【〔[［）)】〕]］" + SPACE
# What may stand behind the names: what they did, and (in Taiwan and Hong Kong) where.
_DID = re.compile(  # 文 needs a space before it: 章文 is a name
    rf"(?:[{SPACE}/／]+[摄攝]影[:：/／].*|[{SPACE}/／]*(?:[摄攝]影(?:[报報][道導导])?|[综綜]合|[专專][题題]|[报報][道導导]|整理|供稿)"
    rf"|[{SPACE}/／]+(?:文[图圖]?|[图圖]文?|[摄攝])){{1,4}}$"
)
# Where a contributor works: 炼铁厂 许棠, （白马社区 许棠）, 许棠（县农技推广中心）
_OFFICE = re.compile(
    rf"[{HAN}]{{2,16}}(?:社[区區]|街道|[镇鎮乡鄉村县縣厂廠局部处處科室所站院校系会會厅廳办辦委队隊]|公司|中心|集[团團]|[团團]委"
    r"|大[学學]|中[学學]|小[学學]|支部|工[区區]|[车車][间間]|班[组組]|小[组組]|社[团團]|[学學]生[会會]|[协協][会會]|委[員员][会會])|[团團党黨][委办]|工[会會]"
    r"|[初高大]?[一二三四五六七八九]?(?:年[级級])?[（(]?[一二三四五六七八九十\d]{1,2}[）)]?班"
)
_TOWN = re.compile(rf"[{HAN}]{{2,6}}[{SPACE}]+(?=[{HAN}]{{2,4}}$)")
_NAMELESS = re.compile(r"[一某][名位]?[读讀]者|[匿佚]名")
_BRACKETED_OFFICE = re.compile(r"[（(]([^（()）\n]{2,20})[）)]$")
_FROM = re.compile(
    rf"[{SPACE}]*[／/|｜][{SPACE}]*[{HAN}]{{2,6}}?(?:[报報][道導导]|[电電]|[專专][讯訊電电])"
    rf"(?:[{HAN}]{{2,5}}[报報网網])?$"
    rf"|(?:[{SPACE}]*[{HAN}]{{2,4}})??[{SPACE}]*(?:\d{{1,2}}月)?\d{{1,2}}日(?:[专專]?[电電讯訊])?$"
)
_PLACES = (
    r"(?:[台臺][北中南東东]|高雄|新北|桃[園园]|新竹|嘉[義义]|基隆|花[蓮莲]|屏[東东]|宜[蘭兰]|彰化|北京|上海|广州|廣州|香港|東京"
    r"|东京|[紐纽][約约]|[華华]盛[頓顿]|[倫伦]敦|曼谷|巴黎|柏林|新加坡|吉隆坡|雅加[達达]|首[爾尔]|日[內内]瓦|莫斯科|洛杉[磯矶])"
)
_PLACE = re.compile(rf"(?<=..){_PLACES}$")
_AGENCY = re.compile(  # 中央社記者許小棠台北5日電: the place runs on from the name
    rf"((?:记者|記者)[{HAN}]{{2,6}}?){_PLACES}\d{{1,2}}日[电電]"
)
_BETWEEN_NAMES = re.compile(rf"[{SPACE}、，,；;&＆和与與及]+")
_NAME = re.compile(
    rf"[{HAN}]{{2,4}}|[{HAN}]{{1,5}}(?:[·•・][{HAN}]{{1,6}}){{1,3}}|[A-Z][A-Za-z.]{{1,19}}"
)
BLANKS = re.compile(rf"[{SPACE}]+")
# Papers speak in their own name too; of their news desks no author is named.
_UNNAMED = re.compile(
    rf"(?:本[报報台臺网網刊]|{_HOUSE})(?:特[约約])?(?:[评評][论論][员員]|[编編][辑輯]部)"
)
_DESK = re.compile(
    r"本[报報台臺网網刊](?:[记記]者|[综綜]合(?:[报報][道導导]|消息|[电電]))|[综綜]合消息"
)
_LONE_NAME = re.compile(rf"[{HAN}]{{2,3}}|[{HAN}][ \u3000]{{1,2}}[{HAN}]")
_NO_NAME = re.compile(  # words that stand where names do
    r"[导導][语語读讀]|前言|引言|序言?|后[记記]|[后後][语語]|[结結][语語]|尾[声聲]|背景|摘要|正文|[简簡]介|[链鏈]接|延伸"
    r"|[评評][论論]|[时時短快][评評]|社[评評论論]|相[关關]|附[录錄]?|目[录錄]|[说說]明|注[释釋]?|[编編]者按?|提示|要[闻聞]"
    r"|[简簡][讯訊]|[图圖]文|[专專][题題栏欄]|[头頭][条條]|[讲講]述|[点點][评評]|感言|[现現][场場]|人物|[记記]者|作者"
    r"|主持人?|[上中下]篇?|完|手[记記]|(?:现场)?[调調]查|[观觀]察|[提追][问問]|[连連][线線]|[笔筆札][记記]|目[击擊]"
    r"|走[访訪]|直播|[帮幫]忙|之家|[风風]采|[协協][会會]|[节節]|[一二三四五六七八九十]+|.*[的了是在和等吗嗎呢吧]"
)

_BRACKET_OF_JOB = re.compile(rf"{_OPEN}([^（(【〔\[［）)】〕\]］\n]{{0,70}}){_CLOSE}")
_HAS_JOB = re.compile(_JOB)
_INLINE = re.compile(
    rf"{_JOB}[{SPACE}]*((?:[{HAN}·]{{2,6}}?|[{HAN}][ \u3000][{HAN}])(?:[、{SPACE}]+[{HAN}·]{{2,6}}?){{0,3}}?)"
    rf"[{SPACE}]*(?:[报報][道導导]|[:：]|(?:[{HAN}]{{2,3}})?\d{{1,2}}日[电電]|[{SPACE}](?=[{HAN}\d]{{2,}}[，,日月]))"
)
_AT_END = re.compile(rf"作者[:：][{SPACE}]*([{HAN}·、{SPACE}]{{2,24}})$")  # behind day and source
_DAY = r"(?:\d{1,2}月)?\d{1,2}日"
_BY_WIRE = r"(?:[讯訊电電]|消息)"
# A paragraph that opens so is the first of its article.
_NEWS_FROM = re.compile(
    rf"[{_MARK}]?[{SPACE}]*(?:"
    # 本报讯, 本报昆明5月3日电
    rf"{_OPEN}?本[报報台臺网網刊](?:[{HAN}]{{0,8}}{_DAY})?[{SPACE}]*[专專]?{_BY_WIRE}"
    rf"(?![{HAN}]{{0,2}}[机機话話子脑腦视視影息])"
    # 新华社北京5月26日电
    rf"|{_OPEN}?[{HAN}]{{2,9}}[社网網报報台臺][{HAN}、]{{0,14}}(?:\d{{4}}年)?{_DAY}(?:\d{{1,2}}[时時])?"
    rf"(?:综合)?[专專]?{_BY_WIRE}"
    # 据新华社电
    rf"|[据據]?[{HAN}]{{2,5}}社[电電](?=[{SPACE}（(])"
    # 晨报讯（, 央视网消息
    rf"|[{HAN}]{{0,7}}[报報网網台臺][讯訊](?=[{SPACE}（(：:])"
    rf"|(?:央[视視广]|人民|新[华華]|中新|光明|[环環]球|海外|中国|[{HAN}]{{2,6}}新[闻聞])[网網]消息"
    # （文冬12日讯）
    rf"|{_OPEN}[{HAN}]{{2,6}}{_DAY}[专專]?[讯訊电電]{_CLOSE}"
    # 【明報專訊】, 〔記者許棠／台北報導〕
    rf"|{_OPEN}{_INSIDE}{{0,24}}?(?:[记記]者|通[讯訊][员員]|[专專][讯訊]"
    rf"|[报報网網社台臺刊](?:[讯訊]|{_INSIDE}{{0,20}}?(?:{_BY_WIRE}|[报報][道導导]))(?={_CLOSE}))"
    rf"{_INSIDE}{{0,40}}{_CLOSE}"
    r")"
)
_SIGNED = re.compile(rf"(?:^|[。！？!?”])[{SPACE}]*[（(]([^（()）\n]{{2,40}})[）)][{SPACE}]*$")
_A_SOURCE = (
    rf"《?[{HAN}]{{1,8}}"
    r"(?:[社报報网網台臺]|新[闻聞]|客[户戶]端|[发發]布|中心|公[众眾][号號]|在[线線])》?"
)
_SOURCE = re.compile(
    rf"(?:[据據]|[综綜]合|[来來]源[:：])?{_A_SOURCE}(?:[、{SPACE}，,/]+{_A_SOURCE}){{0,4}}(?:[综綜]合)?"
    rf"|[{HAN}]{{2,12}}[{SPACE}]*供稿"
)
_WROTE = re.compile(r"文|[报報][道導导]")
_TAKEN_PHOTO = re.compile(r"[摄攝](?:影)?$|[图圖]$")

LINE = re.compile(rf"[^\s{LINE_BREAK}][^{LINE_BREAK}]*+")
_BEHIND = re.compile(rf"[{SPACE}]+(?=(?:{_WRITER}|[□●■◆]))")  # 老街改造完工　文／许棠
_FINAL = frozenset("。！？!?”」』…；;）)")
_NO_HEAD_END = frozenset("，、：:；;,。…")
_LIST_MARK = re.compile(
    r"[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．,，:：]|[①-⑳]"
    r"|第[一二三四五六七八九十百零\d]{1,5}[章回节節卷集话話条條页頁期版]"
    r"|【[^】]{1,12}】$|[-–—](?![-–—])|[>＞|·*#\[［{]|https?:|www\."
)
_MENU = re.compile(r"[^ \u3000|｜/·»>]{1,5}(?:[ \u3000|｜/·»>]+[^ \u3000|｜/·»>]{1,5}){3,}")
_LINK = re.compile(
    r"[>＞»h@\d](?:(?<=[>＞»])[>＞»]|(?<=h)ttps?:|(?<=@)|(?<=\d)(?:\d{3}[-/]\d\d?[-/]\d|\d:\d\d))"
)
_LABEL = re.compile(
    r"[（(【\[]?(?:[来來]源|[时時][间間]|日期|地[点點址]|[电電][话話]|[传傳]真|[邮郵][箱编編]|[网網]址|作者|[责責任]*[编編][辑輯]?"
    r"|[审審]核|[关關][键鍵][词詞]|[标標][签籤]|分[类類]|[上下]一篇|相[关關]|[发發][表布]|[评評][论論]|[阅閱][读讀]|[点點][击擊]"
    r"|[浏瀏][览覽]|版[权權]|[主承][办辦]|投稿|[热熱][线線]|[楼樓]主|回[复復覆]|[价價]格|型[号號]|品牌|[时時][长長]|[导導]演"
    r"|主演|姓名|性[别別])(?:[:：]|$)"
)
_META = re.compile(
    r"[（(【\[]?(?:(?:[发發][布表]|更新|刊[发發])?(?:[时時][间間]|日期)[:：]"
    r"|(?:信息|文章|新[闻聞])?(?:[来來]|稿)源[:：]|(?:19|20)\d\d[-./年]\d{1,2}[-./月](?:\d{1,2}日?)?(?!\d)"
    r"(?:[ T\u3000|].*)?$|字[号號体體][:： ]|(?:[阅閱][读讀]|[浏瀏][览覽]|[点點][击擊]|分享)[量到次]?[数數]?[:：（(\d]"
    r"|星期[一二三四五六日天]$|第?[A-Z]?\d+版|版[面次名][:：])"
)
_FOLIO = re.compile(
    r"(?P<paper>^《?.{1,10}(?:[报報刊]|通[讯訊])》?[ \u3000]*(?=总?第))"
    r"|(?P<issue>[总總]?第[ \u3000]*[\d一二三四五六七八九十百]+[ \u3000]*期)"
    r"|(?P<page>^[A-Z]?\d{1,2}版?(?=[ \u3000])|第?[A-Z]?[\d一二三四五六七八]+版(?!本))"
    r"|(?P<day>\d{4}年\d{1,2}月\d{1,2}日)"
    r"|(?P<week>星期[一二三四五六日天])|(?P<desk>(?:责任?编辑?|[版美]式?[编设]?|校对|编辑)[:： \u3000])"
)
_CREDIT = re.compile(
    r"[图圖](?:[为為片:：/]|[一二三\d])|[（(【\[]?(?:[转轉摘选選]自|原[载載]|[转轉][载載]自|[图圖]片[来來]源|本版(?:[编編][辑輯]|[责責])"
    r"|(?:[据據]|[综綜]合).{2,16}(?:[报報][道導导]|消息|[电電]|整理)[）)]?$|[综綜]合新[华華]社"
    r"|(?:[责責]任|值班|本期|[执執]行)?"
    r"(?:[编編][辑輯]|[责責主美][编編]|[审審]核|校[对對]|[终終][审審]|[监監]制)[:：/／|｜ \u3000]"
    r"|未?完[）)]|待[续續]|下[转轉]第|上接第|[接转轉]第[一二三四五六七八\d])"
)
# Behind such a line stand the beginnings of other pages' articles.
_RELATED = re.compile(
    r"(?:其他人也在看|猜你喜[欢歡]|[你您]可能.{0,6}|大家都在看|看了又看"
    r"|(?:相[关關]|推[荐薦]|延伸|[热熱][门門]|更多|最新)"
    r"(?:[阅閱][读讀]|新[闻聞]|文章|[报報][道導导]|推[荐薦]|[资資][讯訊]|[内內]容))[:：>＞»]?"
)
# Every byline and every opening of a report has one of these near its start.
_MAY_NAME = re.compile(r"[□■●○◆◇◎▲△★※者讯訊员員电電息撰编編采採文图圖报報]")
_PHOTO = re.compile(r"(?:[摄攝]影?|供[图圖]|[资資]料[图圖]片?)$")
_EXCERPT = re.compile(r"(?:[^.…][.]{3}|[^…]…|详细|詳細|全文|更多|详情|[>＞»\]])$")


class Line(NamedTuple):
    """A line with ink: where it stands, without the white space around it, and its kind."""

    start: int
    end: int
    text: str
    kind: str


def page_lines(text: str, start: int = 0, end: int = sys.maxsize) -> list[Line]:
    r"""Return the lines of *text* between *start* and *end* that have ink, each with its kind.

    Of lines far from prose only the first is given, as `OTHER`: menus have thousands, and nothing
    follows from them. The lines end where a page begins to list other articles.

    >>> page = "秋粮收购全面展开\n本报讯（记者 许棠） 昨天，全市各粮库开仓收购新粮，农民排队卖粮。"
    >>> [line.kind for line in page_lines(page)]
    ['H', 'N']
    """
    found = [(match.start(), match[0].rstrip()) for match in LINE.finditer(text, start, end)]
    lines: list[Line] = []
    kinds: dict[str, str] = {}  # a page repeats its lines
    last = -1
    for k in _near_prose(found):
        if k > last + 1:
            at, bare = found[last + 1]
            lines.append(Line(at, at + len(bare), bare, OTHER))
        last, (at, bare) = k, found[k]
        if not (kind := kinds.get(bare, "")):
            kind = kinds[bare] = kind_of(bare)
        cut = _byline_behind(bare) if kind == HEAD else 0
        if cut:
            lines.append(Line(at, at + cut, bare[:cut].rstrip(), HEAD))
        lines.append(Line(at + cut, at + len(bare), bare[cut:], BYLINE if cut else kind))
    return lines


def _near_prose(found: list[tuple[int, str]]) -> list[int]:
    """Return the numbers of the lines that may be part of an article: prose and what is near it."""
    near: list[int] = []
    done, stop = 0, len(found)
    for k, (_, line) in enumerate(found):
        if is_prose(line):
            near += range(max(done, k - ABOVE), k + BELOW)
            done = k + BELOW
        elif done and len(line) < MAX_RELATED and _RELATED.fullmatch(line):
            stop = k
            break
    return [k for k in near if k < stop]


def _byline_behind(line: str) -> int:
    """Return where the byline begins that stands behind a headline in the same line; 0 if none."""
    match = _BEHIND.search(line)
    if match and is_headline(line[: match.start()]) and is_byline(line[match.end() :]):
        return match.end()
    return 0


def kind_of(line: str) -> str:
    """Return what *line* is, as one of the letters that this module names.

    >>> [kind_of(line) for line in ("本报记者 许棠", "转自《晨报》", "2024年5月6日", "首页 新闻 体育 财经")]
    ['B', 'T', 'M', 'O']
    """
    if _MAY_NAME.search(line, 0, MAX_BYLINE):
        if is_byline(line):
            return BYLINE
        if opening := dateline(line):
            return _report(line, opening)
    if len(line) <= MAX_CREDIT and (_CREDIT.match(line) or _PHOTO.search(line[-4:])):
        return PROSE if line[-1] == "。" else CREDIT
    if line[0] in "（(" and line[-1] in "）)" and signed_by(line):
        return SIGNED
    if is_prose(line):
        return SIGNED if line[-1] in "）)" and (signed_by(line) or names_source(line)) else PROSE
    if len(line) <= MAX_CREDIT and _META.match(line):
        return META
    if _is_folio(line):
        return FOLIO
    return HEAD if is_headline(line) else EXCERPT if _EXCERPT.search(line[-8:]) else OTHER


def _is_folio(line: str) -> bool:
    """Return whether *line* is what is printed above a page: paper, number, day, section, editors."""
    if "期" not in line and "版" not in line:
        return False
    return len(line) <= MAX_HEAD and len({m.lastgroup for m in _FOLIO.finditer(line)}) > 1


def _report(line: str, opening: int) -> str:
    if len(line) - opening < MIN_REPORT:
        return BYLINE if len(line) == opening else OTHER
    if _EXCERPT.search(line[-8:]):
        return EXCERPT
    return REPORT if line[-1] in _FINAL or len(line) >= MIN_CUT_PROSE else CUT_REPORT


def is_prose(line: str) -> bool:
    """Return whether *line* is running text: it ends a sentence, or a column cut it in one.

    >>> is_prose("全市各粮库昨天开仓收购，农民排队卖粮。"), is_prose("全市秋粮收购全面展开")
    (True, False)
    """
    if len(line) < MIN_SENTENCE:
        return False
    least = MIN_SENTENCE if "。" in line else MIN_PROSE
    if len(line) < (least if line[-1] in _FINAL else MIN_CUT_PROSE):
        return False
    has_clauses = "。" in line or "，" in line or "," in line
    return has_clauses and _EXCERPT.search(line[-8:]) is None


def is_headline(line: str) -> bool:
    """Return whether *line* has the shape of a headline: short, Chinese, no sentence, no label.

    >>> [is_headline(line) for line in ("许棠：一生只做一件事", "首页 新闻 体育 财经", "来源：晨报网络版")]
    [True, False, False]
    """
    if not MIN_HEAD <= len(line) <= MAX_HEAD or line[-1] in _NO_HEAD_END or "。" in line:
        return False
    if "；" in line or ";" in line or line.count("，") + line.count(",") > MAX_COMMAS:
        return False
    if _LIST_MARK.match(line) or _LABEL.match(line):
        return False
    if _MENU.fullmatch(line) or _LINK.search(line):
        return False
    return count_han(line) * 2 > len(line)


def is_short_half(line: Line) -> bool:
    """Return whether *line* is too short for a headline, but not for the end of one."""
    return line.kind == OTHER and 2 <= len(line.text) < MIN_HEAD and all(map(is_han, line.text))


def is_half(line: Line) -> bool:
    """Return whether *line* is a half of a headline: a short one, or one broken behind a comma."""
    return is_short_half(line) or (
        line.kind == OTHER and line.text[-1] == "，" and is_headline(line.text[:-1])
    )


def names_in(text: str) -> list[str] | None:
    """Return the names in a byline without its jobs and houses; None if something else is in it.

    >>> names_in("本报记者 许棠 通讯员 李木、王 伟 文/图")
    ['许棠', '李木', '王伟']
    >>> names_in("记者在现场看到") is None
    True
    """
    text = _DID.sub("", _FROM.sub("", text.strip(_EDGES)))
    names: list[str] = []
    for part in _SPLIT_JOBS.split(_DID.sub("", _behind_office(text))):
        pending = ""
        if (office := part.strip(SPACE)) != text and _OFFICE.fullmatch(office):
            names.append(office)  # 文/校学生会宣传部
            continue
        for word in _BETWEEN_NAMES.split(_behind_office(office).strip(_EDGES + "：:")):
            if not pending and IS_HAN.fullmatch(word):
                pending = word  # 王 伟: a name of two characters set to the width of three
                continue
            name = _PLACE.sub("", pending + word)
            pending = ""
            if name and (not _NAME.fullmatch(name) or _NO_NAME.fullmatch(name)):
                return None
            names += [name] if name else []
        if pending:
            return None
    return list(dict.fromkeys(names))


def _behind_office(text: str) -> str:
    office, _, rest = text.partition(" ") if " " in text else text.partition("\u3000")
    return rest.strip() if rest and _OFFICE.fullmatch(office) else text


def is_byline(line: str) -> bool:
    """Return whether *line* names its reporters and says nothing else; a photo credit does not.

    >>> [is_byline(line) for line in ("□ 记者 许棠", "本报记者 许棠 摄", "记者：您怎么看？")]
    [True, False, False]
    """
    if len(line) > MAX_BYLINE or (_TAKEN_PHOTO.search(line) and not _WROTE.search(line)):
        return False
    bare = line.strip(_EDGES)
    if _UNNAMED.fullmatch(bare) or _DESK.fullmatch(bare):
        return True
    if line[0] in _MARK and (names := names_in(bare)):
        return all(name[0] in SURNAMES and len(name) <= MAX_BARE_NAME for name in names)
    return _FIRST_JOB.match(bare) is not None and bool(names_in(bare))


def is_lone_name(line: str) -> bool:
    """Return whether *line* can be a name alone, as under an editorial; many words can.

    >>> [is_lone_name(line) for line in ("正言", "许 棠", "编者按")]
    [True, True, False]
    """
    return _LONE_NAME.fullmatch(line) is not None and not _NO_NAME.fullmatch(line)


def contributor(line: str) -> str:
    """Return the name in a line that is nothing but a name, alone or with its office; "" if none.

    Only family names count, and no jobs: many short words stand alone in a line.

    >>> [contributor(line) for line in ("炼铁厂 许棠", "李木（县农技推广中心）", "李 木", "正言", "现场直击")]
    ['许棠', '李木', '李木', '', '']
    """
    if len(line) > MAX_CONTRIBUTOR:
        return ""
    bracket = _BRACKETED_OFFICE.search(line)
    if bracket and _OFFICE.fullmatch(bracket[1]):
        line = line[: bracket.start()].rstrip()
    line = _behind_office(line)
    return BLANKS.sub("", line) if line[:1] in SURNAMES and is_lone_name(line) else ""


def signer(line: str) -> str:
    """Return who signs with *line* what stands above it: a name, with its town or without, or an office.

    >>> [signer(line) for line in ("江州 许棠", "李木", "工程小组", "现场直击")]
    ['许棠', '李木', '工程小组', '']
    """
    name = _TOWN.sub("", line)
    return contributor(name) or (
        name if _NAMELESS.fullmatch(name) or _OFFICE.fullmatch(line) else ""
    )


def dateline(line: str) -> int:
    """Return where the opening of a news paragraph (本报讯, 新华社…电) ends; 0 if there is none.

    >>> dateline("本报讯（记者 许棠） 昨天"), dateline("据说如此。")
    (3, 0)
    """
    match = _NEWS_FROM.match(line)
    if match is None or _TAKEN_PHOTO.search(match[0].rstrip(_EDGES)):
        return 0
    if match[0][-1] in _CLOSERS and _HAS_JOB.search(match[0]) and not authors_of(match[0]):
        return 0  # 【记者从市城管局获悉】
    return match.end()


def authors_of(line: str) -> list[str]:
    """Return the names in the byline or opening of *line*.

    >>> authors_of("新华社北京5月26日电（记者许棠、李木）今年以来，夏粮长势良好。")
    ['许棠', '李木']
    >>> authors_of("〔記者許小棠／台北報導〕昨日，展覽開幕。")
    ['許小棠']
    """
    if is_byline(line):
        bare = line.strip(_EDGES)
        return [bare] if _UNNAMED.fullmatch(bare) else names_in(bare) or []
    head = _AGENCY.sub(r"\1", line[:MAX_DATELINE])
    for match in _BRACKET_OF_JOB.finditer(head):
        if job := _HAS_JOB.search(match[1]):
            return names_in(match[1]) or names_in(match[1][job.start() :]) or []
    inline = _INLINE.search(head) or _AT_END.search(head)
    return (names_in(inline[1]) or []) if inline else []


def signed_by(line: str) -> list[str]:
    """Return the names in the bracket that signs *line*, the last of an article.

    >>> [signed_by(line) for line in ("……到月底。（许棠 李木）", "大家都笑了。（笑声）", "到此为止。（完）")]
    [['许棠', '李木'], [], []]
    """
    match = _SIGNED.search(line[-60:])
    if not match or _TAKEN_PHOTO.search(match[1]):
        return []
    if len(match[0]) == len(line) and _OFFICE.fullmatch(match[1]):
        return [match[1]]
    names = names_in(match[1])
    if not names or _HAS_JOB.search(match[1]):
        return names or []
    known = [name[0] in SURNAMES and len(name) <= MAX_BARE_NAME for name in names]
    return names if all(known) or (len(known) > 1 and any(known)) else []


def names_source(line: str) -> bool:
    """Return whether a bracket at the end of *line* says which paper, agency or office it is from.

    >>> [names_source(f"双方同意继续对话。（{source}）") for source in ("综合新华社、央视新闻", "权益部 供稿", "完")]
    [True, True, False]
    """
    match = _SIGNED.search(line[-60:])
    return match is not None and _SOURCE.fullmatch(match[1].strip()) is not None
