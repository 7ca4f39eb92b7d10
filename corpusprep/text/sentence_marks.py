"""The marks and words that say where a Chinese sentence ends: classes, tables and patterns.

`corpusprep.text.sentence_reader` reads a text by them; `STOPS` finds the places to look at.
"""

from __future__ import annotations

import re

from corpusprep.text.chars import HAN, LINE_BREAK, SPACE

MAX_NOTE = 90  # a title or bracket that closes later than this does not hold its sentence open
MAX_KEPT_QUOTE = 400
MAX_SLOGAN = 9  # so short a quotation inside a clause is a name: 墙上写着“安全第一！”几个大字
MAX_NAMED = 30  # so long a quotation can be a name when 的 or 一词 follows: “团结！奋进！”的口号
MIN_CLAUSE = 4  # a dot behind less parts the items of a list: 马云.腾讯
MAX_OPEN = 7  # openers remembered at one time: those never closed drop out
CUE_REACH = 40  # how far before a ? the word stands that makes a question of the clause
HABIT_REACH = 200  # how far off a 。 or ， shows what this text uses for full stops and commas
LOOK = 32  # characters behind a mark and its closers that can still change what it means
# A text that is little but marks says the same thing again and again: so short a sentence is
# remembered with what follows it, so many of them, each with no longer a tail behind its mark.
DENSE, MAX_KNOWN, MAX_TAIL = 10, 200, 12
REACH_BACK = 256  # characters before a sentence that its reading may look at

_STRONG = "。！？!?｡︒︕︖﹖﹗⁇⁈⁉‼‽"
WEAK = "…⋯"
DOTS = ".．"
_RUN = f"{_STRONG}{WEAK}{DOTS}~～"
_CLOSING_QUOTES = "”’」』﹂｣〞〟"
_URL = r"A-Za-z0-9/=&%#_+\-~:@$*"
OPENS_NOTE = frozenset("（(【")
_SHORT_NOTE = r"[^()（）【】\n]{1,30}[)）】]"
# T_T, orz: faces in letters.
_FACE = r"(?:T_+T|T\.T|Q_Q|QAQ|TAT|orz|Orz|ORZ|OTZ|XD+|o_O|O_o)(?![A-Za-z])"
_OPENS_SENTENCE = f"{HAN}0-9“「『《〝｢"
# Characters that write foreign names: two of them around a dot or a lost middle dot make a name.
_NAME = (
    "阿埃艾爱安昂奥巴白班邦保鲍贝本比彼毕宾波伯勃博布查达戴丹当德登邓狄迪蒂丁东杜多顿厄恩尔法凡范菲费芬"
    "丰冯佛弗福富伽盖冈高戈格葛根贡古瓜圭哈海汉翰豪赫黑亨洪侯胡华怀惠霍基吉济加贾简姜杰捷金久卡凯坎康考柯"
    "科克肯孔库夸奎昆拉腊莱赖兰朗劳勒雷黎里理利莉丽莲连廉列林琳龙隆卢鲁路伦罗洛吕律马玛迈麦曼芒毛梅门蒙孟"
    "米密明缪摩莫默姆穆拿纳娜奈南瑙内尼涅宁纽农努诺欧帕派潘庞佩彭皮平珀普齐奇契恰乔切钦琼丘屈让热仁日荣茹"
    "若撒萨塞赛桑瑟森沙莎山珊尚绍舍申圣施诗石史士舒朔司丝斯松苏孙索塔台泰坦汤唐陶特滕梯提田廷汀通图托陀瓦"
    "万旺威韦维魏温文翁沃乌吴伍武西希席锡夏香肖谢辛欣兴雄休修许雅亚延扬杨耶叶伊以易因英永尤于约赞泽曾詹珍"
    "芝朱兹佐治什切赫纽雪大得历"
    "歷愛奧貝賓達當鄧東頓爾費豐馮蓋岡貢漢懷濟賈簡傑凱庫誇臘萊賴蘭勞萊裡麗蓮連龍盧魯倫羅呂馬瑪邁麥門繆納內寧紐"
    "農諾歐龐齊喬欽瓊讓熱榮薩賽聖紹詩絲蘇孫臺湯圖萬韋溫烏吳錫謝興許亞楊葉約贊澤茲"
)
# Kinds of places where a sentence may end: the groups of the pattern. At other places (no group)
# only a look around says.
LINE, BEFORE_LINE = 1, 4
PLAIN = frozenset((2, 5, 7, 9))  # another sentence opens behind the mark
CLOSED = frozenset((3, 6, 8, 10))  # or behind closers, which begin where the group does


def _stops(*, semicolon: bool, ellipsis_ends: bool) -> re.Pattern[str]:
    """Return the pattern of the places where a sentence may end.

    It begins with one class, so that `re` skips to the next place at memory speed, and leaves out
    at the same speed what never ends one: dots in numbers and addresses, ellipses in mid-sentence.
    """
    strong = _STRONG + "；;" * semicolon
    full = strong.translate({ord(char): None for char in "!?;"})
    run = f"[{strong}{WEAK}{DOTS}~～]"
    inside = f"(?<![{strong}{WEAK}{DOTS}].)"  # a run is looked at once, at its first mark
    more = rf"{run}*+(?:[ \u3000][！？!?。]{run}*+)*+"
    opens = rf"(?=[{_OPENS_SENTENCE}]|(?!{_FACE})[A-Za-z]|[（(【](?!{_SHORT_NOTE}))"
    closers = r"[”’」』﹂｣〞〟﹄》〉）)】\]〕〗｝］\"＂]"
    plain = rf"(?<=[{strong}])(?:[{SPACE}]*+(){opens}|(){closers}++[{SPACE}]*+{opens})"
    unsaid = f"[{WEAK}{DOTS}~～]"
    weak_end = "" if ellipsis_ends else rf"(?=[{_CLOSING_QUOTES}\"])"
    return re.compile(
        rf"""[{strong}{WEAK}{DOTS}{LINE_BREAK}]
        (?: (?<=[{LINE_BREAK}])[{LINE_BREAK}{SPACE}]*+()
          | (?<=[{full}]){more}(?:{plain} | ()(?=\n) | )
          | (?<=[!?;]){inside}(?!(?<=[{_URL}].)[{_URL}])
            (?: {run}++{more}(?:{plain}|)
              | (?<=!)(?<![a-z0-9]!){more}(?:{plain}|)
              | (?<=\?)(?<![{_NAME}].)(?![{_NAME}]){more}(?:{plain}|)
              | {more} )
          | (?<=[{WEAK}]){inside}{unsaid}*+(?:[{strong}]{more}|{weak_end})
          | (?<=[{DOTS}]){inside}
            (?: {unsaid}++(?:[{strong}]{more}|{weak_end})
              | (?!{run}|[ \u3000]?[a-z]|(?<![{HAN}].)[ \u3000]?[0-9]|[A-Z０-９]|(?<=\b[A-Z]\.)
                  |(?<=\d\.)(?<!\d\d\.)(?<!\d[.:]\d\.)[{HAN}])
              | [{strong}]{more} )
        )""",
        re.VERBOSE,
    )


Opener = tuple[str, int, str]
NEVER = 1 << 62
FAR = 10 * MAX_KEPT_QUOTE
STOPS = {
    (semicolon, ellipsis): _stops(semicolon=semicolon, ellipsis_ends=ellipsis)
    for semicolon in (False, True)
    for ellipsis in (False, True)
}
IS_STRONG = frozenset(_STRONG + "；;")
MARKS = _RUN + "；;"
NAMES_QUOTE = frozenset("的谓謂")  # 所谓的“谁受益？谁买单？”问题
COLONS = frozenset("：:")
ASCII_MARKS = frozenset("!?;.．")
NEEDS_HABIT = frozenset("?.．")  # marks whose meaning the marks of the text around decide
ASCII_QUOTES = frozenset("\"'＂")
FULL_DIGITS = frozenset("０１２３４５６７８９")
UNSAID = frozenset(WEAK + DOTS + "~～")
MORE_MARKS = re.compile(rf"[ \u3000]?[{_STRONG}{WEAK}．~～]+")
_BRACKETS = '“”‘’「」『』｢｣〝〞〟《》〈〉（）()【】\\[\\]〔〕﹁﹂﹃﹄〖〗［］｛｝"＂'
BRACKET = re.compile(f"[{_BRACKETS}]")
# Text whose brackets all close, none within another: most of it; or all but one, the group.
_FREE = f"[^{_BRACKETS}]*+"
FLAT = re.compile(
    rf"{_FREE}(?:(?:“{_FREE}”|《{_FREE}》|[（(]{_FREE}[）)]|「{_FREE}」){_FREE})*+"
    rf"(?:([“「『‘（(《\"]){_FREE})?+"
)

# The closer that each opener waits for; half and full width close each other.
CLOSES = {
    **dict(zip("“‘「『﹁﹃《〈〔〖｛〝｢", "”’」』﹂﹄》〉〕〗｝〞」", strict=True)),
    **dict.fromkeys("（(", "）"),
    **dict.fromkeys("【[［", "】"),
}
CLOSER_OF = {
    **{closer: closer for closer in CLOSES.values()},
    ")": "）", "]": "】", "＂": '"', "］": "】", '"': '"', "｣": "」", "〟": "〞",
}  # fmt: skip
_WIDTHS = {"）": "）)", "】": "】]］", "」": "」｣", "〞": "〞〟"}
IS_QUOTE = frozenset(_CLOSING_QUOTES + "﹄\"'")
IS_CLOSING_QUOTE = frozenset(_CLOSING_QUOTES + "﹄")
TITLE_CLOSERS = frozenset("》〉")

# Closers that nothing opened, and the marks between them.
LOOSE = re.compile(
    rf"[{_CLOSING_QUOTES}》〉）)】\]〕]+(?:[{_STRONG}]+[{_CLOSING_QUOTES}》〉）)】\]〕]+)*+"
)
# [1], [1-3] [5], [2]:45, ［4］, 〔12〕, [注1], [来源请求]; and ② with nothing behind it.
REFERENCE = re.compile(
    r"""(?: [\[［〔][注註]?[释釋]?\d{1,3}(?:[-,–]\d{1,3}){0,4}[\]］〕](?::\d{1,4}(?:[-–,]\d{1,4})?)?
          [ ]?(?=[\[［〔][注註]?[释釋]?\d) )*
        [\[［〔][注註]?[释釋]?\d{1,3}(?:[-,–]\d{1,3}){0,4}[\]］〕](?::\d{1,4}(?:[-–,]\d{1,4})?)?
      | [\[［](?:来源请求|來源請求|[请請]求[来來]源|需要引用|[来來]源\?|citation\ needed)[\]］]
      | [⁰¹²³⁴-⁹]+ | [①-⑳](?=[\r\n]|\Z)""",
    re.VERBOSE,
)
# （《劝学》）, （鲁迅《故乡》）behind a quotation: where it is from.
SOURCE = re.compile(
    r"[（(][^（）()《》。！？\n]{0,6}《[^《》（）()\n]{1,14}》[^（）()《》。！？\n]{0,6}[）)]"
)
_EMOJI_CLASS = "\u200b\u200d\ufe0f\u2600-\u27bf\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
# 😀, (^_^), [微笑], （笑）: what shows the mood of the sentence before.
MOOD = re.compile(
    rf"""[ ]?(?:[{_EMOJI_CLASS}]+
      | [:;=]-?[)(DP]+(?![A-Za-z]) | \^[_.o]?\^ | >_?<(?![A-Za-z]) | -_-+ | =_=
      | [╮ヽ┐┌]?[(（](?=[^()（）]{{0,11}}(?:_|[^\w\s()（），。！？、：；,.:;%°/+-]))[^{HAN}()（）\n]{{1,12}}[)）]
          (?:[╯╰ノﾉ︵︶╭┌┐]{{1,3}}(?:[ ]?[┻┳┬━─]{{2,5}})?)?
      | {_FACE}
      | [(（\[【](?:大笑|微笑|偷笑|苦笑|[坏壞]笑|哭笑|笑哭|大哭|流[泪淚]|捂[脸臉]|[摊攤]手|狗[头頭]
        |[笑哭泪淚汗逃误誤雾霧怒]|哈哈|嘻嘻|呵呵|[爱愛]?心|[赞讚]|鼓掌|可[爱愛]|害羞|生[气氣]|委屈|思考|吃瓜|允悲|作揖|抱拳|玫瑰|[鲜鮮]花|[强耶]
        |ok|OK|doge)[)）\]】])""",
    re.VERBOSE,
)
# What can belong to the mark before it.
ATTACHED = re.compile(
    rf"[”’」』﹂｣〞〟﹄》〉）)】\]〕〗｝］＂\"'“\[［〔【(（:;=^>\-#＃╮ヽ┐┌⁰¹²³⁴-⁹①-⑳{_EMOJI_CLASS}]"
    rf"| ?{_FACE}| [{_CLOSING_QUOTES}{_EMOJI_CLASS}\[【(（:;=^>\-╮ヽ┐┌]"
)
INK = re.compile(r"\S")
SPACES = re.compile(f"[{SPACE}]*")
# Where a closer, any closer or a line break stands.
NEXT = {
    **{
        closer: re.compile(f"[{re.escape(_WIDTHS.get(closer, closer))}]")
        for closer in CLOSES.values()
    },
    '"': re.compile('["＂]'),
    "any": re.compile(f"[{re.escape(''.join(CLOSER_OF))}]"),
    "\n": re.compile(f"[{LINE_BREAK}]"),
}
NEXT_QUOTE = re.compile(f"[“”{LINE_BREAK}]")
# What only goes on with a sentence whose quotation has closed.
GOES_ON = frozenset("，、；：,;:。.%％—")
GOES_ON_BARE = frozenset("，、；：,;:%％の")
GOES_ON_WORD = re.compile(
    r"的(?![确確士])|等(?![等到我你他一])|[几幾两兩][个個][^人]|地(?![方震球区區铁鐵面上下理点點])"
    r"|[一之](?=[声聲词詞语語类類])|字[样樣眼]|声(?![称明音])|聲(?![稱明音])|[为為](?![了此何什甚])|便(?![利宜民秘衣条條当當])"
    r"|就(?![是算在此业業像如连連拿地近医醫职職])|と|って|という|の|を|に| ?[a-z]"
)
VERB = re.compile(r"[说說道问問答喊叫嚷笑哭骂罵叹嘆写寫充忆憶示出言调調露释釋慨布应應绍紹诉訴者]")
# A character before the verb: no mark, and not one that says it did not happen.
_WORD = (
    r"(?:(?![没沒](?!好[气氣]|精打)|[无無](?![奈力精])|不(?:[再肯敢愿願想能会會曾答回说說问問笑]|好(?!意)))"
    r"[^，。！？：；“”「」『』\"\s,.!?:;])"
)
_SAYS = (
    r"(?:(?<!小)[说說]|(?<![所疑学學顾顧访訪])[问問]|[答喊叫嚷骂罵写寫]"
    r"|(?<![知难難味街报報频頻渠轨軌管隧通赛賽走跑车車人地公航河步力茶])道"
    r"|补充|補充|回忆|回憶|表示|指出|坦言|直言|强调|強調|透露|解释|解釋|感慨|宣布|回应|回應|介绍|介紹"
    r"|告[诉訴]记?記?者)"
)
# Who spoke, in a sentence that ends at once or goes on to speak: editors keep 8 of 14 of the former
# with the quotation. Behind so many words one speaks, but it is not one who laughs.
ATTRIBUTION = re.compile(
    rf" ?(?!不)(?:{_WORD}{{0,8}}?(?:(?<!玩)笑|[哭叹嘆])|{_WORD}{{0,12}}?{_SAYS})(?:道|着|著|了)?"
    r"(?:[。！!]|\.(?![A-Za-z0-9])|[，,]?\s?[“「『\"＂])"
)
SPEECH = frozenset("说說道问問喊叫答称稱曰写寫：:")  # who speaks is said before the quotation
BEFORE_QUOTE = SPEECH | frozenset("，,") | IS_STRONG | frozenset(CLOSER_OF) - {'"'}

QUESTION = re.compile(
    r"[吗嗎呢么麼谁誰哪几幾吧啊呀何什怎]|多少|是否|能否|可否|难道|難道|有[没沒]有|(.)[不没沒]\1"
)
IS_NAME = frozenset(_NAME)
SAID = frozenset("了吧呢吗嗎啊呀啦哦嘛的")  # no name ends with these
NEW_SUBJECT = frozenset("我你您他她它这這")  # nor begins with these
_THESE = "[这這][些样樣类類种種两兩几幾]"
# Quotations in a row that are one part of a clause: 高喊“加油！”“别怕！”，, “为什么？”“怎么办？”这些问题
ROW = re.compile(
    r"(?:[“「『\"][^“”「」『』\"\n]{1,12}[”」』\"]){1,2}"
    rf"(?:(?<=[！？!?…].)[，、；,]|等(?![等到我你他一])|的(?![确確士])|{_THESE})"
)
ROW_END = re.compile(_THESE)
OPENS_QUOTE = frozenset('“「『"')
MAX_TOPIC = 32  # #今天你跑步了吗？#
# A run that is a sentence of its own: ？？？我没看懂。
SHOUT = re.compile(r"[？！?!⁇⁈⁉‼]{2,}\s*")
# 求n!的值, 5!等于120
FACTORIAL = re.compile(
    rf"(?<![A-Za-z0-9.])(?:[abkmnrxy]!(?=[{HAN}])|\d{{1,3}}!(?=等[于於]|除以|乘以|[种種]|[的是][值阶階末\d]))"
)
LATIN_TOKEN = re.compile(r"[A-Za-z0-9.]+$")
LATIN_CLAUSE = re.compile(r"[A-Za-z']+ [a-z']+ [a-z]{2,}$")
INITIALS = re.compile(r"(?:[A-Za-z]\.)*[A-Z]")
ENDS_NUMERAL = frozenset("一二三四五六七八九十甲乙丙丁戊己庚辛壬癸章节節條条课課)）")
HAN_NUMERAL = re.compile(
    r"\s*(?:[一二三四五六七八九十]{1,3}|[甲乙丙丁戊己庚辛壬癸]|第[\d一二三四五六七八九十]{1,3}[章节節条條课課]"
    r"|[(（][\d一二三四五六七八九十]{1,3}[)）])$"
)
# Behind the dots of an entry in a list of references: 张三. 题目[J]. 期刊.
CITED = re.compile(r"\[[A-Z/]{1,5}\]$")
CITES = re.compile(r"[^。！？\n]{0,80}?\[(?:[JMDCNPRSG]|EB|DB)(?:/OL)?\]")
# Numbers that no list has: 收入达到300.比去年, 增长3.5.其中, 版本：2.14.0.更新.
AMOUNT = re.compile(
    rf"(?![图圖表第])[{HAN}](?:\d{{3,}}|\d+[.:]\d+)$|[{HAN}：:](?:[\d-]{{5,}}|\d+\.\d+\.\d+)$"
)
# And hardly one: 要买43.颜色很正, 内存8G.电池.
MEASURE = re.compile(
    rf"(?![图圖表第章节節条條题題例])[{HAN}](?:\d{{2}}|\d+(?:\.\d+)?[A-Za-z]{{1,5}})$"
)
# A dot that is a full stop beyond doubt, if dots are what this text has.
DOT_STOP = re.compile(rf"[{HAN}]\.(?=\s|\Z)|[了吧呢吗嗎啊呀啦]\.(?=[{HAN}])")
ANSWER = re.compile(r"\s*(?:[不没沒]?[是有会會行对對能要]|可以|不可以|[没沒]了|好|[没沒]|不|嗯|哦)")
NUMBERING = re.compile(r"\d{1,3}|[IVX]{1,4}")
ENTITY = re.compile(r"&#?\w{1,10};$")
# Abbreviations in Chinese news and papers that keep their dot before a space.
ABBREVIATION = re.compile(
    r"(?:mr|mrs|ms|dr|prof|st|vs|etc|inc|ltd|co|corp|jr|sr|no|nos|fig|figs|eq|vol|pp|eds?|al|e\.g|i\.e|cf"
    r"|approx|dept|est|[ap]\.?m|u\.s(?:\.a)?|u\.k|b\.c|a\.d|ph\.d|jan|feb|mar|apr|jun|jul|aug|sept?|oct"
    r"|nov|dec|max|min|tel|ext|rev|gen|col|capt|lt|sgt|hon|mt|ave|rd|bros|univ|assn|dist)",
    re.IGNORECASE,
)
