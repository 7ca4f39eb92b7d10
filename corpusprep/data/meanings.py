"""What stages and columns are called and mean, in Chinese and in English. Data only.

What a run can bring along unforeseen (a stage, a rule, a column of its own) goes by its own name.
"""

from __future__ import annotations

STAGES: dict[str, tuple[str, str]] = {
    "read": ("读入", "read"),
    "markup": ("去除标记", "markup"),
    "page": ("提取正文", "main content of pages"),
    "repair": ("修复乱码", "repair"),
    "normalise": ("规范化", "normalise"),
    "script": ("繁简转换", "script"),
    "boilerplate": ("去除套话", "boilerplate"),
    "reflow": ("合并断行", "reflow"),
    "articles": ("拆分文章", "articles"),
    "quality": ("质量筛选", "quality"),
    "language": ("语种", "language"),
    "private": ("个人信息", "private"),
    "templates": ("站点模板", "templates"),
    "duplicates": ("去重", "duplicates"),
    "passages": ("重复段落", "repeated passages"),
    "sentences": ("分句", "sentences"),
    "takedown": ("应要求撤下", "taken down on request"),
}

# Rules of these stages mend characters; rules of every other stage take text away.
MENDING = frozenset({"repair", "normalise", "script"})

# A stage that did not run is named under "not looked for" with what that means for a reader.
NOT_RUN: dict[str, tuple[str, str]] = {
    "private": (
        "个人信息：没有查找，也没有遮盖姓名、电话、证件号码、邮箱等。",
        (
            "Personal data: names, telephone and identity numbers, addresses were not looked for and "
            "are not masked."
        ),
    ),
    "markup": (
        "网页标记：脚本、样式等没有去除。",
        "Markup: scripts and styles of pages were not removed.",
    ),
    "page": (
        "正文提取：没有从网页中提取正文。",
        "Main content: what stands around the text of HTML pages was not removed.",
    ),
    "repair": (
        "乱码：没有查找或修复。",
        "Damaged encodings: not looked for, not repaired.",
    ),
    "script": (
        "繁简：各文档保留原来的字形，没有统一。",
        "Script: every document keeps its traditional or simplified characters.",
    ),
    "boilerplate": (
        "网页套话：没有去除导航、分享按钮、版权声明等。",
        "Boilerplate: navigation, share buttons, notices were not removed.",
    ),
    "templates": (
        "站点模板：没有比较同一网站的各个页面，每页都有的栏目可能还在。",
        (
            "Site templates: pages of one site were not compared; what every page of it carries may "
            "still be there."
        ),
    ),
    "quality": (
        "质量：没有按长度、重复、符号比例等筛选文档。",
        "Quality: documents were not filtered by length, repetition or share of symbols.",
    ),
    "duplicates": (
        "重复：没有查找相同或相近的文档。",
        "Duplicates: equal and near-equal documents were not looked for.",
    ),
    "passages": (
        "重复段落：没有查找许多文档共有的段落。",
        "Repeated passages: paragraphs that many documents share were not looked for.",
    ),
    "sentences": ("分句：没有切分句子。", "Sentences: documents were not split."),
}
NEVER_LOOKED_FOR: tuple[tuple[str, str], ...] = (
    (
        "内容：没有核对事实，没有筛查有害、歧视或色情内容。",
        "Content: facts were not checked; harmful, biased or adult text was not looked for.",
    ),
    (
        "权利：没有核查各文档的版权和许可。",
        "Rights: copyright and licences of single documents were not checked.",
    ),
)

COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("文档编号", "document id"),
    "parent_id": ("拆分前的文档编号", "id of the page that it was an article of"),
    "parent_start": ("在该文档原文中的起点（码位）", "where it starts in that page's original"),
    "parent_end": ("在该文档原文中的终点，不含", "where it ends there, exclusive"),
    "text": ("正文", "the text"),
    "title": ("标题", "title"),
    "url": ("网址", "address of the page"),
    "source": ("输入文件及位置", "input file, and place in it"),
    "author": ("作者", "author"),
    "published": ("发布时间（原文所写）", "date of publication, as the page has it"),
    "source_name": ("原文所写的来源", "source that the page names"),
    "genre": (
        "体裁：文章、帖子、报纸版面、列表、通知",
        "article, thread, newspaper, list or notice",
    ),
    "script": (
        "原文的字形：简体、繁体或混用",
        "characters of the original: simplified, traditional, mixed",
    ),
    "encoding": ("输入的字符编码", "character encoding of the input"),
    "characters": ("字符数（码位）", "characters (code points)"),
    "han_share": ("汉字比例", "share of Han characters"),
    "punctuation_share": ("标点比例", "share of punctuation"),
    "labels": ("其余标注（JSON）", "other labels, as JSON"),
    "copies": ("所代表的重复文档数，含自身", "duplicates it stands for, itself included"),
    "copied_in": ("这些重复文档的编号（最多一百个）", "ids of those duplicates, up to a hundred"),
    "duplicate_of": (
        "若只作标记：它与哪一篇重复",
        "where duplicates are only marked: the document that it is a copy of",
    ),
    "repeated": (
        "若只作标记：多篇文档共有的段落",
        "where passages are only marked: those that many documents have",
    ),
    "cluster_size": ("该组重复文档的篇数", "documents in its cluster of duplicates"),
    "sentences": (
        "各句在正文中的起止（码位）",
        "where each sentence lies in the text (code points)",
    ),
    "doc_id": ("所属文档编号", "id of the document"),
    "i": ("句子序号，从 0 起", "number of the sentence, from 0"),
    "start": ("起点（码位）", "start (code points)"),
    "end": ("终点，不含（码位）", "end, exclusive (code points)"),
    "step": ("步骤", "step"),
    "rule": ("规则", "rule"),
    "old": ("原来的文字", "what stood there"),
    "new": ("换成的文字，空为删除", "what stands there now; empty: removed"),
    "n": ("本行包含的改动数", "edits in this row"),
    "spans": (
        "每处改动：在原文中的起止、在该步之后的位置、新旧长度",
        "each edit: place in the original, place after the step, old and new length",
    ),
    "stage": ("剔除它的阶段", "stage that left it out"),
    "detail": ("依据", "evidence"),
    "kept_id": ("重复时保留的那一篇", "for duplicates, the document that was kept"),
    "similarity": ("与保留者的相似度", "similarity to the document that was kept"),
}
# Where a column means something else than in the other tables.
COLUMNS_OF: dict[tuple[str, str], tuple[str, str]] = {
    ("sentences", "text"): ("句子", "the sentence"),
    ("removed", "start"): ("在原文中的起点（码位）", "start in the original (code points)"),
    ("removed", "end"): ("在原文中的终点，不含", "end in the original, exclusive"),
    ("rejected", "text"): ("原文，未改动", "the original text, unchanged"),
}
