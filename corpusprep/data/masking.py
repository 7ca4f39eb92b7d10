"""Masks for what a public example must not show: e-mail addresses, telephone and other numbers.

A card is read by anybody and indexed by search machines; the line that shows what a rule took is
often just the one with an editor's mailbox. Here too much is masked rather than too little. The
tables of a corpus are not touched: what they hold is the recipe's affair.
"""

from __future__ import annotations

import re

MAIL, NUMBER = "•••@•••", "•••••••"

_DIGIT = "[0-9０-９]"
# Between the figures of one number: 138-0013-8000, (0475) 823 1234, or something invisible.
_JOINT = r"[ \t\u3000()（）.·‐-―−－+\-\u200b-\u200f\u2060\ufeff]{0,3}"
_NUMBER = re.compile(f"{_DIGIT}(?:{_JOINT}{_DIGIT}){{6,}}(?:{_JOINT}[XxＸｘ](?![A-Za-z]))?")
_DATE = re.compile(
    r"(?:1[89]|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:[12][0-9]|3[01]|0?[1-9])(?:\s{1,3}[0-9]{1,2})?"
    r"|(?:19|20)[0-9]{2}\s?[-‐-―]\s?(?:19|20)[0-9]{2}"  # of a copyright
)
_SEPARATORS = r"\s{0,2}(?:@|＠|#|[\[(（]\s?(?:at|艾特)\s?[\])）])\s{0,2}"
_MAIL = re.compile(
    r"[\w.+%-]{1,64}" + _SEPARATORS + r"(?:[A-Za-z0-9-]{1,63}\s?[.．。]\s?){1,4}[A-Za-z]{2,24}",
    re.ASCII | re.IGNORECASE,
)
# A handle of letters stands after the name of its service; one of figures alone falls to _NUMBER.
_HANDLE = re.compile(
    r"((?:QQ|微信|微訊|WeChat|Weixin|V信|薇信|Skype|Telegram|WhatsApp)(?:群|号|號|公众号|ID)?"
    r"\s{0,2}[:：]\s{0,2})[A-Za-z0-9][\w.-]{4,30}",
    re.ASCII | re.IGNORECASE,
)


def mask(text: str) -> str:
    """Return *text* with e-mail addresses, long numbers and handles of messengers masked.

    A number is long from seven figures on, whatever joins them: telephone and identity numbers,
    bank cards, accounts. Dates and spans of years stay.

    >>> mask("编辑：某某 电话：0475-8231234 邮箱：bianji@example.cn")
    '编辑：某某 电话：••••••• 邮箱：•••@•••'
    >>> mask("2023-05-01 08:30 来源：某报 责编 １３８ ００１３ ８０００，身份证15020319900307233x")
    '2023-05-01 08:30 来源：某报 责编 •••••••，身份证•••••••'
    """
    text = _MAIL.sub(MAIL, text)
    text = _HANDLE.sub(rf"\1{NUMBER}", text)
    return _NUMBER.sub(_hide, text)


def _hide(number: re.Match[str]) -> str:
    return number[0] if _DATE.fullmatch(number[0]) else NUMBER
