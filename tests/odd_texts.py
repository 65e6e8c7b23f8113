"""Odd texts by the hundred, and what is to become of each: for tests of every way that words come in."""

import random
import re

# fmt: off
PIECES = (
    "A plain sentence. ", "Tha sinn ag \xe8isteachd ri clann. ", "e\u0301", "\xe9",
    "Z\u0351\u036b\u0313\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dA\u0334\u0335\u031c\u0330\u0354\u036b\u0357\u0362L\u0320\u0368\u0367\u0369\u0358G\u0334\u033b\u0348\u034d\u0354\u0339\u0311\u0357\u030e\u0305\u035b\u0301\u01ea\u0335\u0339\u033b\u031d\u0333\u0342\u030c\u030c\u0358",
    "\u0642\u0628\u0644 \u202e\u05de\u05d9\u05dc\u05d4\u202c after",
    "\u2067\u05e2\u05d1\u05e8\u05d9\u05ea\u2069", "\u200f", "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "\U0001f44d\U0001f3fd",
    "\U0001f499", "\U0001d518\U0001d52b\U0001d526", "\U0010ffff", "\ufffe", "\ufffd", "\u200b", "\u2060",
    "\ufeff", "\xad", "\x7f", "\x85", "\xa0", "\u2028", "\u2029", "\u3000", "\t", " ", "   ", "\n", "\r\n",
    "\r", "\n\n\n", "\n \n", "=1+1", "+44", "-2", "@SUM(A1)", "=HYPERLINK(\"http://x\")",
    "\t=cmd|' /C calc'!A0", "<script>alert(1)</script>", "</textarea>", "<!--", "]]>", "&amp;", "&#0;", "&lt;",
    "'\"><img src=x>", "<b>", "\\", "\\u0000", "'); DROP TABLE answer; --", "%00", "%s", "%(x)s", "{{ 7*7 }}",
    "{% raw %}", "${x}", ":rows", "::int", "null", "NaN", "\\n", "a" * 190, "💙" * 99, "x" * 19990, "́" * 300,
    "\ufdfa", "\xdf", "\u0130", "\ufb01", "CON", "../../etc/passwd", "C:\\x", "a&b=c", "a+b", "a;b",
)
# fmt: on
# None of these is kept anywhere; the last two are halves of a character, which only programs can send.
UNKEEPABLE = ("\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\ud83d", "\udc99")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def odd_text(chance: random.Random, *, halves: bool = False) -> str:
    several = chance.choices(PIECES, k=chance.choice((1, 1, 2, 3, 5, 9)))
    if chance.random() < 0.15:
        several.insert(chance.randrange(len(several) + 1), chance.choice(UNKEEPABLE if halves else UNKEEPABLE[:-2]))
    return "".join(several)


def wanted(text: str, *, most: int, lines: bool = True, optional: bool = True) -> tuple[str | None, str]:
    """What is to be kept of a text, or a word of the reason why it is refused: told here once more, in other code."""
    kept = "\n".join(re.split("\r\n|\r|\n", text))
    if CONTROL.search(kept):
        return None, "cannot be kept"
    if not kept.strip():
        return None, "" if optional else "Say what you plan to do"
    if len(kept) > most:
        return None, "Shorten your answer"
    if not lines and "\n" in kept:
        return None, "on one line"
    return kept, ""
