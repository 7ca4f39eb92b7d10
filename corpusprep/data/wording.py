"""What the card and the audit page say, in Chinese and in English, side by side.

Data only. Words that a run can bring along unforeseen (a stage, a rule, a column of its own) are
shown by their own names.
"""

from __future__ import annotations

STAGES: dict[str, tuple[str, str]] = {
    "read": ("读入", "read"),
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
        "权利：没有核查各文档的版权、许可或退出声明。",
        "Rights: copyright, licences and opt-out marks of single documents were not checked.",
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

TABLES: dict[str, tuple[str, str]] = {
    "documents": ("清理后的文档", "the cleaned documents"),
    "sentences": ("每句一行", "one sentence a row"),
    "removed": ("账目：改动了什么、为什么、在哪里", "the ledger: what was changed, why and where"),
    "rejected": ("没有收入的文档及理由", "documents left out, with the reason"),
}

WORDS: dict[str, tuple[str, str]] = {
    "intro": (
        (
            "由 corpusprep {version} 制成：{inputs} 个输入文件，{out} 篇文档。"
            "没有收入的文档全部在 `rejected`，附规则和依据。"
        ),
        (
            "Made by corpusprep {version}; input files: {inputs}, documents: {out}. Every document "
            "left out is in `rejected`, with its rule and the evidence."
        ),
    ),
    "ledger full": (
        "每一处改动都记在 `removed`，附规则、位置和原来的文字，可以还原原文。",
        (
            "Every change is in `removed` with its rule, its place and what stood there: the "
            "originals can be restored."
        ),
    ),
    "ledger removals": (
        (
            "每一处删除和修复都记在 `removed`，附规则、位置和原来的文字；"
            "全半角、空白、繁简等机械转换只记次数。"
        ),
        (
            "Every removal and repair is in `removed` with its rule, its place and what stood there; "
            "mechanical folds (width, spacing, script) are counted there."
        ),
    ),
    "ledger counts": (
        "改动只按规则计数，没有逐处记录。",
        "Changes are counted by rule; they were not written down one by one.",
    ),
    "summary": ("概览", "Summary"),
    "inputs": ("输入文件", "input files"),
    "input bytes": ("输入字节", "bytes of input"),
    "documents in": ("输入文档", "documents in"),
    "documents out": ("收入文档", "documents kept"),
    "documents rejected": ("未收入文档", "documents left out"),
    "characters in": ("输入字符", "characters in"),
    "characters out": ("保留字符", "characters kept"),
    "characters removed": ("删除字符", "characters removed"),
    "characters inserted": ("添加字符", "characters inserted"),
    "characters replaced": ("替换字符", "characters replaced"),
    "characters rejected": ("未收入文档的字符", "characters of documents left out"),
    "sentences": ("句子", "sentences"),
    "balance": (
        (
            "收支：输入 {in} = 保留 {out} + 删除 {removed} − 添加 {inserted} + 未收入 {rejected}"
            "（按码位计）。"
        ),
        (
            "The balance: {in} in = {out} kept + {removed} removed − {inserted} inserted + {rejected} "
            "left out (code points)."
        ),
    ),
    "what": ("项目", "what"),
    "count": ("数量", "count"),
    "share": ("占输入", "of input"),
    "stages": ("各阶段", "Stage by stage"),
    "stage": ("阶段", "stage"),
    "stage share": ("本阶段留存字符", "kept by this stage"),
    "rules": ("删除文字的规则", "Rules that removed text"),
    "repairs": ("修复与规范化", "Repairs and normalisation"),
    "rule": ("规则", "rule"),
    "edits": ("改动", "edits"),
    "documents": ("涉及文档", "documents"),
    "removed": ("删除", "removed"),
    "inserted": ("添加", "inserted"),
    "replaced": ("替换", "replaced"),
    "units": (
        "改动按处计，其余按字符计：5 字换成 3 字，算替换 3、删除 2。",
        (
            "Edits are counted by place, the rest in characters: 3 in the place of 5 are 3 replaced "
            "and 2 removed."
        ),
    ),
    "more rules": (
        "另有 {n} 条规则，见 `report.json`。",
        "{n} more rules are in `report.json`.",
    ),
    "no edits": ("没有改动。", "No edits."),
    "rejections": ("没有收入的文档", "Documents left out"),
    "no rejections": ("全部收入。", "None: every document was kept."),
    "duplicates": ("重复", "Duplicates"),
    "duplicate counts": (
        (
            "完全相同 {exact} 篇，近似 {near} 篇（相似度不低于 {threshold}），包含于他篇 {contained} 篇；"
            "共 {clusters} 组，最大一组 {largest} 篇。"
            "另有 {forms_kept_apart} 篇虽然相近，但属同一格式、不同内容，均予保留。"
        ),
        (
            "{exact} exact and {near} near duplicates (similarity {threshold} or more), and "
            "{contained} contained in others, in {clusters} clusters, the largest of {largest}. "
            "{forms_kept_apart} more are as similar, but fill in one form with other facts: they are "
            "all kept."
        ),
    ),
    "duplicates removed": ("每组收入一篇。", "One document of each cluster is kept."),
    "duplicates marked": (
        "重复文档没有剔除，只在 `duplicate_of` 中标明。",
        "None was left out: `duplicate_of` says what each is a copy of.",
    ),
    "no duplicates": ("没有查找重复。", "Duplicates were not looked for."),
    "columns": ("字段", "Columns"),
    "column": ("字段", "column"),
    "type": ("类型", "type"),
    "meaning": ("含义", "meaning"),
    "example": ("例（首行）", "first row"),
    "rows": ("{n} 行", "rows: {n}"),
    "provenance": ("来源", "Provenance"),
    "file": ("文件", "file"),
    "bytes": ("字节", "bytes"),
    "more inputs": (
        "另有 {n} 个输入文件。",
        "Input files not listed here: {n}.",
    ),
    "reproduce": ("复现", "How to make it again"),
    "signature": ("签名", "Signature"),
    "recipe": ("配方", "Recipe"),
    "reproduce how": (
        "同样的输入、版本和配方得到逐字节相同的数据：",
        "The same inputs, version and recipe give the same data, byte for byte:",
    ),
    "not looked for": ("没有检查的内容", "What was not looked for"),
    "warnings": ("提醒", "Warnings"),
    "licence": ("许可", "Licence"),
    "licence missing": (
        "没有声明。公开之前请在 YAML 中写明 `license`，并核对各来源的条款。",
        (
            "None stated. Before publishing, write `license` into the YAML and check the terms of "
            "every source. [More Information Needed]"
        ),
    ),
    "audit": ("语料审计", "Corpus audit"),
    "no examples": ("账目中没有例子", "no example in the ledger"),
    "tables": ("数据表", "Tables"),
}
