"""Reads a mistyped word as the word that was meant: one of the project's own that is a single slip away.

A slip is a letter too many, too few, another one, or two that changed places; the first letter is hardly ever mistyped
and stays. Method: symmetric deletes (Garbe 2012, the package symspellpy). The package's list of English words says
what is no slip at all; what can have been meant are the words that the model learned from, and names.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path

from symspellpy import SymSpell, Verbosity

from analysis.languages import scots_words
from analysis.spans import known_names
from analysis.wordpiece import words_of

ENGLISH = "frequency_dictionary_en_82_765.txt"
# A word with its apostrophes: what stands on either side of one is no word.
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# Shorter words are a slip away from too many others; and with another letter in them, many a good word becomes another.
SHORTEST, SHORTEST_REPLACED = 5, 8
# A word seen once or twice may be a slip itself.
FEWEST = 3
# Words that the list of English, counted in older books, does not have, and that must not be taken for others.
LATER = frozenset(
    ("sexting", "sexted", "sext", "vape", "vapes", "vaped", "vaping", "incel", "incels", "doxxed", "catfished")
    + ("upskill", "upskilled", "upskilling", "siloed", "wellbeing", "safeguarder", "befriender", "byelaw", "byelaws")
)
# Words that were looked up are remembered: people mistype the same ones.
MOST_REMEMBERED = 20_000


class Spelling:
    def __init__(self, own: Mapping[str, int]):
        """`own` says of each word that can have been meant, in plain small letters, how often it is used."""
        with resources.as_file(resources.files("symspellpy") / ENGLISH) as file:
            english = [line.split(" ")[0] for line in file.read_text(encoding="ascii").splitlines()]
        # "dont" and "arent" are no slips: people leave the apostrophe out.
        self._known = LATER | scots_words() | {word.replace("'", "") for word in english}
        self._own = SymSpell(max_dictionary_edit_distance=1)
        for word in sorted(own):
            self._own.create_dictionary_entry(word, own[word])
        self._likeliest = lru_cache(MOST_REMEMBERED)(self._found)

    def meant(self, word: str, capital: bool = False) -> str:
        """The word to read for one in plain small letters: itself when it is known, short, or like nothing of ours.

        A word that has a `capital` may be a name that nobody knows: in it, only letters that changed places are set
        right.
        """
        if len(word) < SHORTEST or word in self._known or word in self._own.words or not word.isalpha():
            return word
        found = self._likeliest(word)
        return word if capital and sorted(found) != sorted(word) else found

    def _found(self, word: str) -> str:
        closest = (one.term for one in self._own.lookup(word, Verbosity.ALL, max_edit_distance=1))
        return next((term for term in closest if _is_a_slip_from(term, word)), word)


def _is_a_slip_from(term: str, word: str) -> bool:
    replaced = len(term) == len(word) and sorted(term) != sorted(word)
    return term[0] == word[0] and (not replaced or len(word) >= SHORTEST_REPLACED)


def words_to_mean(corpus: Path) -> dict[str, int]:
    """The words of the corpus and of the lists of names, and how often each is used; in order, for they are kept."""
    files = (*sorted(corpus.glob("*.jsonl")), corpus / "harm" / "train.jsonl")
    texts = (json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines())
    counts = Counter(_plain(word) for text in texts for word in WORD.findall(text) if "'" not in word.replace("’", "'"))
    own = {word: count for word, count in counts.items() if count >= FEWEST and len(word) >= SHORTEST}
    names = {plain: 1 for plain in map(_plain, known_names()) if len(plain) >= SHORTEST}
    return dict(sorted((names | own).items()))


def _plain(word: str) -> str:
    """As the encoder's word pieces are spelled: in small letters, without accents."""
    return "".join(letters for letters, _ in words_of(word))
