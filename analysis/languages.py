"""Tells in which language a text is written, and whether the models can read it.

Languages are told by naive Bayes over groups of bytes (Lui & Baldwin 2012, the package py3langid). It has no Scots, and
takes it for English or, when short, for anything: Scots is told first, by words that English does not have. Most of
what comes in is English, so another language has to be clear before it is believed.
"""

import re
from functools import cache
from pathlib import Path

# ISO 639 codes. Scots is close enough to English for the models; what is too short to tell is nearly always English.
ENGLISH, SCOTS, UNKNOWN = "en", "sco", ""
# In letters that English does not use, and not clearly in one language (ISO 639: undetermined).
FOREIGN = "und"
READ = frozenset({ENGLISH, SCOTS, UNKNOWN})
# What people in Scotland write in; a longer list would only find more ways to mistake short English.
CANDIDATES = (
    *("en", "gd", "ga", "cy", "pl", "uk", "ru", "ro", "hu", "lt", "lv", "bg", "cs", "sk", "de", "nl", "fr", "es", "it"),
    *("pt", "el", "sq", "tr", "ar", "fa", "ku", "ur", "hi", "pa", "bn", "ta", "ml", "te", "gu", "ne", "si", "so", "sw"),
    *("am", "zh", "ja", "ko", "vi", "th", "tl"),
)
CLEARLY, LIKELY = 0.95, 0.8
FEWEST_WORDS = 3
LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SCOTS_FILE = Path(__file__).parent / "scots.txt"
SCOTS_SHARE = 0.12


def language_of(text: str) -> str:
    """The ISO 639 code of the language most of `text` is in, UNKNOWN when there is too little to tell it by, FOREIGN
    when all that can be told is that it is not English.

    Method: Lui & Baldwin, "langid.py: An Off-the-shelf Language Identification Tool" (ACL 2012); Scots by its words.
    """
    words = WORD.findall(text)
    if not words:
        return UNKNOWN
    if _is_scots(words):
        return SCOTS
    letters = " ".join(words)
    latin = 2 * len(LATIN.findall(letters)) > sum(map(len, words))
    if latin and len(words) < FEWEST_WORDS:
        return UNKNOWN
    found, chance = _identifier().classify(letters.lower() if letters.isupper() else letters)
    if latin:
        return found if chance >= CLEARLY else ENGLISH
    return found if found != ENGLISH and chance >= LIKELY else FOREIGN


def scots_words() -> frozenset[str]:
    own, shared = _scots_words()
    return own | shared


def _is_scots(words: list[str]) -> bool:
    forms = [word.lower().replace("’", "'") for word in words]
    own, shared = _scots_words()
    signs = [form for form in forms if form in own or form in shared]
    return any(form in own for form in signs) and len(signs) >= max(2, SCOTS_SHARE * len(forms))


@cache
def _scots_words() -> tuple[frozenset[str], frozenset[str]]:
    """Words of Scots alone, and those that are used in English too."""
    lines = [line for line in SCOTS_FILE.read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]
    shared = frozenset(line.removesuffix("*") for line in lines if line.endswith("*"))
    return frozenset(lines) - {f"{word}*" for word in shared}, shared


@cache
def _identifier():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(CANDIDATES)
    return identifier
