"""Which paragraphs of a document name what is to come, or who takes part, and say nothing of it: headings, tables of
contents, lists of names. They are no statements, and carry no labels.

Of documents alone: what somebody answers in a few words, or in a list, is what they have to say.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from analysis.cutting import FINITE_VERBS
from analysis.passages import Passage
from analysis.reading import Reading
from forms import framework

# A place that is one of a text, and not of a table.
PARAGRAPH = re.compile(r"\bparagraph \d", re.IGNORECASE)
LONGEST_HEADING = 8  # words
SMALL_WORD = 3  # letters: "of", "and", "the"

CONTENTS = re.compile(r"\s*(?:table of )?contents:?\s*\n", re.IGNORECASE)
# Dots that lead to the number of a page; three or four are an unfinished sentence.
LEADERS = re.compile(r"(?:[.·_] ?){5,}|…(?: ?…)+")
PAGE = re.compile(r"(?<!\S)(\d{1,3})(?!\S)")
ENTRY = re.compile(r"[\"“‘'(]?[^\W_a-z].*(?<![.,;])\Z", re.DOTALL)  # no bullet: "- Family workers 2" is asked for
LONGEST_ENTRY = 15  # words
FEWEST_ENTRIES = 4

# What joins words within a name or a heading: "Centre for Excellence", "Working with Families".
JOINING = frozenset({"IN", "CC", "DT", "TO", "POS", "PRP$"})
# And between commas or on lines, where "Respite in Fife, Angus and Moray" would be no list of names.
JOINING_OF_NAME = frozenset({"of", "for", "and", "the"})
CONTENT = frozenset({"NN", "NNS", "VBG", "VBN", "VB", "JJ", "RB"})
# A list that says what is missing or called for is none of names: "More Foster Carers", "No Respite".
CALLS_FOR = frozenset(
    {"no", "not", "more", "less", "fewer", "better", "lack", "need", "needs", "needed", "too", "without", "enough",
    "longer"}
)  # fmt: skip
# Whoever speaks of what they do says so in capitals too: "We Will Keep Brothers And Sisters Together".
SAYS = frozenset({"we", "our", "i", "my", "will", "must", "shall", "should", "can", "is", "are", "was", "were", "has",
    "have"})  # fmt: skip
LINE = re.compile(r"[^\n]+")
# What stands around a title in a list: a bullet and a page before it, a mark and an "and" behind it.
AROUND_TITLE = re.compile(r"^\W*(?:\d{1,3}\W+)?|\W*(?:\band)?\W*$")
FEWEST_TITLES = 3  # "Advocacy" alone may be asked for
FEWEST_HEADINGS = 4  # that follow one another without a mark

Names = Sequence[tuple[int, int]]


def says_nothing(passage: Passage, read: Reading, names: Names) -> bool:
    """`names` are where people and bodies that are known are named, in code points of the passage."""
    if passage.question or not PARAGRAPH.search(passage.place):
        return False
    text = passage.text
    return (
        _is_heading(text, read)
        or _is_contents(text)
        or _is_list_of_titles(text)
        or _is_list_of_names(text, read, names)
    )


def _is_heading(text: str, read: Reading) -> bool:
    """As far as its letters tell: one line of few words that begin with a capital, but for the small ones, with no verb
    that says something of anybody and no mark at its end."""
    words = text.split()
    if len(words) > LONGEST_HEADING or "\n" in text.strip() or not words or not words[-1][-1].isalnum():
        return False
    names = [word for word in words if len(word) > SMALL_WORD or not word.isalpha()]
    if not names or any(word[0].islower() for word in names) or words[0][0].islower():
        return False
    return not any(tag in FINITE_VERBS for stretch in read.stretches for tag in stretch.tokens.tags)


def _is_contents(text: str) -> bool:
    """Whether it says that it is a table of contents, or has pages: to its end, entries that begin with a capital and
    end with a page, which never comes before that of the one above. One is enough where dots lead to the page."""
    if CONTENTS.match(text) and text.rstrip()[-1] != ".":
        return True
    parts = PAGE.split(LEADERS.sub(" ", text))
    entries = [(name.strip(), int(page)) for name, page in zip(parts[::2], parts[1::2], strict=False) if name.strip()]
    if not entries or parts[-1].strip() or len(entries) < (1 if LEADERS.search(text) else FEWEST_ENTRIES):
        return False
    if not all(ENTRY.match(name) and len(name.split()) <= LONGEST_ENTRY for name, _ in entries):
        return False
    return all(page <= next_page for (_, page), (_, next_page) in pairwise(entries))


def _is_list_of_titles(text: str) -> bool:
    """Whether each line is the title of one of the plan's codes and nothing else."""
    lines = [_bare(line[0]) for line in LINE.finditer(text) if any(map(str.isalnum, line[0]))]
    return len(lines) >= FEWEST_TITLES and titles().issuperset(lines)


@cache
def titles() -> frozenset[str]:
    """Of what the plan is about, as `_bare` leaves them."""
    plan = framework.load()
    return frozenset(_bare(one.title) for one in (*plan.priority_areas, *plan.actions, *plan.fundamentals))


def _bare(line: str) -> str:
    return AROUND_TITLE.sub("", line).replace("’", "'").casefold()


def _is_list_of_names(text: str, read: Reading, names: Names) -> bool:
    """More words than a heading has, with no mark that ends a sentence and no verb that says something: all with a
    capital but those that join, or such that capitals follow on small letters again and again. On several lines, or in
    bullets, those that are known for names alone: a list of needs looks the same."""
    words = list(_words(text, read))
    if len(words) <= LONGEST_HEADING or any(tag == "." for _, tag in words):
        return False
    small = [(form, tag) for form, tag in words if form[0].islower()]
    if any(tag in FINITE_VERBS for _, tag in small) or text.isupper() or any(form.lower() in SAYS for form, _ in words):
        return False
    lines = [line.span() for line in LINE.finditer(text) if any(map(str.isalnum, line[0]))]
    if len(lines) > 1 and sum(_holds_name(*line, names) for line in lines) < len(lines) - 1:
        return False  # but for one, which says whose names they are
    is_apart = len(lines) > 1 or "," in text
    if all(form in JOINING_OF_NAME if is_apart else tag in JOINING for form, tag in small):
        return CALLS_FOR.isdisjoint(form.lower() for form, _ in words)
    return sum(map(_begins_anew, words, words[1:])) >= FEWEST_HEADINGS


def _words(text: str, read: Reading) -> Iterator[tuple[str, str]]:
    for stretch in read.stretches:
        tokens = stretch.tokens
        for start, end, tag in zip(tokens.starts, tokens.ends, tokens.tags, strict=True):
            yield text[start:end], tag


def _begins_anew(before: tuple[str, str], word: tuple[str, str]) -> bool:
    """As in "our approach Working with families Next steps": a capital where neither a mark nor a small word joins."""
    return before[0][0].islower() and before[1] in CONTENT and word[0][0].isupper()


def _holds_name(start: int, end: int, names: Names) -> bool:
    return any(start <= first < end for first, _ in names)
