"""Cuts text into the word pieces the sentence encoder knows, each with its place in the text as it was given.

The method is BERT's (Wu et al. 2016, Devlin et al. 2019): lower case, accents stripped, punctuation and Chinese
characters on their own, then the longest known piece first. It is written here because the usual library would bring
nine packages, one of them a client for downloads, and because offsets must count code points of the original.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

UNKNOWN = "[UNK]"
LONGEST_WORD = 100
# A stretch without spaces is cut once and remembered. Longer ones are rare and would only fill the memory.
LONGEST_REMEMBERED = 40
MOST_REMEMBERED = 50_000
STRETCH = re.compile("[^\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


# A word in plain small letters, and whether it stands with a capital among small ones: the word that was meant.
Meant = Callable[[str, bool], str]


def as_it_stands(word: str, capital: bool) -> str:
    return word


@dataclass(frozen=True, slots=True)
class Pieces:
    """`ids[i]` stands for `text[starts[i]:ends[i]]`; starts never fall, and every piece has a place."""

    ids: list[int]
    starts: list[int]
    ends: list[int]


class WordPiece:
    def __init__(self, vocabulary: dict[str, int], meant: Meant = as_it_stands):
        """`meant` says which word to read in place of one that is no piece as it stands."""
        self._ids = vocabulary
        self._meant = meant
        self._unknown = vocabulary[UNKNOWN]
        self._longest = max(map(len, vocabulary))
        self._remembered: dict[str, tuple[tuple[int, int, int], ...]] = {}

    def cut(self, text: str, *, as_typed: bool = False) -> Pieces:
        """Takes time linear in the length of the text, whatever is in it. `as_typed`: no word is read for another."""
        pieces = Pieces([], [], [])
        pieces_of = self._pieces_as_typed if as_typed else self._pieces_of
        for match in STRETCH.finditer(text):
            offset = match.start()
            for piece, start, end in pieces_of(match[0]):
                pieces.ids.append(piece)
                pieces.starts.append(offset + start)
                pieces.ends.append(offset + end)
        return pieces

    def _pieces_as_typed(self, stretch: str) -> Iterator[tuple[int, int, int]]:
        return (piece for word in words_of(stretch) for piece in self._cut_word(*word))

    def _pieces_of(self, stretch: str) -> tuple[tuple[int, int, int], ...]:
        found = self._remembered.get(stretch)
        if found is None:
            capital = not (stretch.islower() or stretch.isupper())
            found = tuple(piece for word in words_of(stretch) for piece in self._cut_meant(*word, capital))
            if len(stretch) <= LONGEST_REMEMBERED and len(self._remembered) < MOST_REMEMBERED:
                self._remembered[stretch] = found
        return found

    def _cut_meant(self, letters: str, places: Sequence[int], capital: bool) -> list[tuple[int, int, int]]:
        meant = letters if letters in self._ids else self._meant(letters, capital)
        if meant == letters:
            return self._cut_word(letters, places)
        # Each piece of the word that was meant takes its share of the letters that were typed, one at the least.
        pieces, ends = self._cut_word(meant, range(len(meant))), [0]
        for _, _, end in pieces:
            ends.append(max(end * len(letters) // len(meant), ends[-1] + 1))
        if ends[-1] > len(letters):
            return self._cut_word(letters, places)
        return [
            (piece, places[start], places[end - 1] + 1)
            for (piece, _, _), start, end in zip(pieces, ends, ends[1:], strict=False)
        ]

    def _cut_word(self, letters: str, places: Sequence[int]) -> list[tuple[int, int, int]]:
        whole = (self._unknown, places[0], places[-1] + 1)
        if len(letters) > LONGEST_WORD:
            return [whole]
        pieces, start = [], 0
        while start < len(letters):
            end = self._end_of_longest(letters, start)
            if end == start:
                return [whole]
            pieces.append((self._ids[_spelling(letters, start, end)], places[start], places[end - 1] + 1))
            start = end
        return pieces

    def _end_of_longest(self, letters: str, start: int) -> int:
        for end in range(min(len(letters), start + self._longest), start, -1):
            if _spelling(letters, start, end) in self._ids:
                return end
        return start


def load(path: Path, meant: Meant = as_it_stands) -> WordPiece:
    lines = path.read_text(encoding="utf-8").split("\n")
    return WordPiece({line: number for number, line in enumerate(lines) if line}, meant)


def words_of(stretch: str) -> list[tuple[str, Sequence[int]]]:
    """The words of a stretch without spaces: their letters, normalised, and the index each letter came from."""
    if stretch.isascii() and stretch.isalnum():
        return [(stretch.lower(), range(len(stretch)))]
    words: list[tuple[list[str], list[int]]] = [([], [])]
    for index, character in enumerate(stretch):
        letters, alone = _normalised(character)
        if alone:
            words.append(([], []))
        words[-1][0].append(letters)
        words[-1][1].extend([index] * len(letters))
        if alone:
            words.append(([], []))
    return [("".join(letters), places) for letters, places in words if places]


@lru_cache(maxsize=4096)
def _normalised(character: str) -> tuple[str, bool]:
    """What stays of one character, and whether it is a word on its own."""
    if character == "\ufffd" or unicodedata.category(character)[0] == "C":
        return "", False
    letters = unicodedata.normalize("NFD", character.lower())
    letters = "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")
    return letters, bool(letters) and (_is_punctuation(character) or "\u4e00" <= character <= "\u9fff")


def _is_punctuation(character: str) -> bool:
    # ASCII symbols such as $ and + count as punctuation for BERT, although Unicode files them elsewhere.
    is_ascii_symbol = "!" <= character <= "~" and not character.isalnum()
    return is_ascii_symbol or unicodedata.category(character)[0] == "P"


def _spelling(letters: str, start: int, end: int) -> str:
    return letters[start:end] if start == 0 else f"##{letters[start:end]}"
