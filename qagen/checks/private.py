"""Personal data and secrets in an answer. What was found is never told, only that there is some."""

from __future__ import annotations

import re

from qagen.checks.case import Case, Thresholds
from qagen.checks.sieve import Sieve

_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,3}")
_SECRET = Sieve(
    (
        r"(?-i:\bAKIA[0-9A-Z]{16}\b)",
        r"(?-i:-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)",
        r"(?-i:\bgh[pousr]_\w{30,40})",
        r"(?-i:\bsk-[\w-]{20,200})",
        r"(?-i:\bxox[abp]-[\w-]{10,100})",
        r"(?-i:\bAIza[\w-]{35})",
        r"(?-i:\beyJ[\w-]{10,500}\.eyJ[\w-]{10,500})",
    )
)
_SIX_DIGITS = re.compile(r"\d(?:[^\d\n]{0,3}\d){5}")
"""Every number of a phone, a card or an account holds so many, near each other."""
_PHONE = re.compile(
    r"(?<![\w+])\+\d{1,3}[ \-./(]{0,2}\d(?:[ \-./()]{0,2}\d){6,12}(?!\d)"
    r"|(?<!\d)\(\d{3}\) ?\d{3}[-. ]\d{4}(?!\d)"
    r"|(?<![\d.,])0\d(?:[ .]\d{2}){4}(?![\d.,])"
)
"""International, American, French."""
_AFTER_WORD = re.compile(
    r"(?:\btele?(?:ph?on|fon)\w*|\btel\b\.?|\bphone\b|\bcall\b|\bfax\b|\bmobile\b|\bappelez\b|\brufnummer\w*|\bhotline\b)"
    r"[^\d\n]{0,25}(\(?\d(?:[ \-./()]{0,2}\d){6,13})",
    re.IGNORECASE,
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,4})?\b")
_CARD = re.compile(r"(?<![\w-])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{3,4}(?![\w-])")


def has_personal_data(case: Case, _: Thresholds) -> bool:
    text = case.answer
    if "@" in text and _MAIL.search(text):
        return True
    if _SECRET.search(text):
        return True
    if not _SIX_DIGITS.search(text):
        return False
    if _PHONE.search(text) or _AFTER_WORD.search(text):
        return True
    return any(_is_iban(found[0]) for found in _IBAN.finditer(text)) or any(
        _is_card(found[0]) for found in _CARD.finditer(text)
    )


def _is_iban(text: str) -> bool:
    """ISO 13616: the number made of it leaves 1 when divided by 97."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    digits = "".join(str(int(one, 36)) for one in plain[4:] + plain[:4])
    return int(digits) % 97 == 1


def _is_card(text: str) -> bool:
    """Luhn: every second digit from the right doubled, the sum ends in 0."""
    digits = [int(one) for one in text if one.isdigit()]
    doubled = [2 * one - 9 * (one > 4) for one in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0
