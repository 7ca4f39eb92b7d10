"""What the card and the audit page say, in Chinese and in English, side by side.

Data only. What stages and columns mean stands in `meanings`.
"""

from __future__ import annotations

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
    "duplicate parameters": (
        "参数：相似度 {threshold}，重合度 {overlap}（0 为不比较），{keep}。",
        "Parameters: similarity {threshold}, overlap {overlap} (0: not compared), {keep}.",
    ),
    "keep longest": ("各组保留最长的一篇", "the longest of a cluster stays"),
    "keep first": ("各组保留最先出现的一篇", "the first of a cluster stays"),
    "keep newest": ("各组保留日期最新的一篇", "the newest of a cluster stays"),
    "already there": (
        "{already_there} 篇已见于用来对照的其他语料。",
        "{already_there} documents were already in the other corpora compared with.",
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
    "character share": ("占输入字符", "of input characters"),
    "examples": ("例子", "Examples"),
    "measures": ("构成", "What it is made of"),
    "lengths": ("长度（码位）", "length (code points)"),
    "mean": ("平均", "mean"),
    "p5": ("5%", "5%"),
    "p25": ("25%", "25%"),
    "p50": ("中位数", "median"),
    "p75": ("75%", "75%"),
    "p95": ("95%", "95%"),
    "longest": ("最长", "longest"),
    "per document": ("每篇文档", "per document"),
    "per sentence": ("每句", "per sentence"),
    "label": ("标注", "label"),
    "value": ("取值", "value"),
    "share of corpus": ("占收入文档", "of documents kept"),
    "others": ("其他", "others"),
    "scripts": ("字形", "script"),
    "genres": ("体裁", "genre"),
    "encodings": ("输入编码", "encoding of the input"),
    "scripts simplified": ("简体", "simplified"),
    "scripts traditional": ("繁体", "traditional"),
    "scripts mixed": ("繁简混用", "mixed"),
    "scripts none": ("不分繁简", "the same in both"),
    "genres article": ("文章", "article"),
    "genres thread": ("帖子", "thread"),
    "genres newspaper": ("报纸版面", "newspaper"),
    "genres list": ("列表", "list"),
    "genres notice": ("通知", "notice"),
    "chart document-lengths": ("文档长度", "Length of documents"),
    "chart sentence-lengths": ("句子长度", "Length of sentences"),
    "chart years": ("发布年份", "Year of publication"),
    "chart scripts": ("字形", "Script"),
    "axis document-lengths": ("每篇的字符数，对数刻度", "code points, on a logarithmic axis"),
    "axis sentence-lengths": ("每句的字符数", "code points"),
    "axis years": ("占有日期的文档", "share of the documents with a date"),
    "alternative lengths": (
        "中位数 {p50}，半数在 {p25} 与 {p75} 之间，九成在 {p5} 与 {p95} 之间",
        "median {p50}, half between {p25} and {p75}, nine in ten between {p5} and {p95}",
    ),
    "sites": ("站点与时间", "Sites and dates"),
    "site": ("站点（没有网址的按输入文件计）", "site (without an address: input file)"),
    "site number": ("站点共 {n} 个。", "Sites: {n}."),
    "many sites": ("站点多于 {n} 个。", "There are more than {n} sites."),
    "site error": (
        "站点太多，没有逐一计数：每个数最多少算 {error} 篇。",
        "There were too many to count each: a count may be up to {error} documents too low.",
    ),
    "dates": (
        "写明发布日期的文档有 {n} 篇（{share}），从 {first} 到 {last}，均为页面所写。",
        "Documents with a date of publication: {n} ({share}), from {first} to {last}, as pages state it.",
    ),
    "no dates": ("没有文档写明发布日期。", "No document states a date of publication."),
    "private": ("个人信息与退出声明", "Personal data and opt-outs"),
    "private none": ("查找了个人信息，没有找到。", "Personal data was looked for; none was found."),
    "private found": (
        "{rule}：遮盖 {n} 处，涉及 {documents} 篇文档。",
        "{rule}: {n} places in {documents} documents are masked.",
    ),
    "no optouts": (
        "退出声明：没有查找网页或网站不许用于训练的声明（如 noai、TDM 保留）。",
        "Opt-outs: marks of pages or sites against training (noai, TDM reservation) were not looked for.",
    ),
    "optouts": (
        "退出声明：因此没有收入 {n} 篇文档。",
        "Opt-outs honoured: {n} documents were left out.",
    ),
    "takedowns": (
        "撤下：应要求撤下 {n} 篇文档，各表均不再有其文字；`rejected` 中没有这些文档。",
        "Takedowns: {n} documents were taken down on request; no table has their texts, `rejected` neither.",
    ),
    "masked": (
        "本页的例子遮盖了邮箱、电话、证件等长号码，没有遮盖人名；数据表没有因此改动。",
        "Examples on this page have mail addresses and long numbers masked, not names; the tables do not.",
    ),
    "limits": ("测得的局限", "Limits that were measured"),
    "limit sites": (
        "站点集中：最大的一个占 {one}，前 {k} 个占 {all}。",
        "Sites: the largest has {one} of the documents, the first {k} have {all}.",
    ),
    "limit dates": (
        "时间：{share} 的文档没有可读的日期，无法判断新旧。",
        "Time: {share} of the documents have no date that could be read.",
    ),
    "limit short": (
        "短文：{share} 的文档不足 {length} 字。",
        "Short texts: {share} of the documents have fewer than {length} characters.",
    ),
    "limit scripts": (
        "字形：简体 {simplified}，繁体 {traditional}，混用 {mixed}（转换之前）。",
        "Script: {simplified} simplified, {traditional} traditional, {mixed} mixed (before conversion).",
    ),
}
