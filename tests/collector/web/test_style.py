"""The style sheet: a class means one thing. Two rooms that give one name to two things spoil each other's pages."""

import re
from collections import Counter

from collector.web.page import STATIC

COMMENT = re.compile(r"/\*.*?\*/", re.S)
# A rule, or an at-rule with all that stands in it: what a print or a narrow window changes is no second meaning.
RULE = re.compile(r"([^{}]+)\{(?:[^{}]|\{[^{}]*\})*\}")


def selectors(style: str) -> list[str]:
    heads = (" ".join(head.split()) for head in RULE.findall(COMMENT.sub("", style)))
    return [head for head in heads if not head.startswith("@")]


def test_no_selector_is_given_its_looks_twice() -> None:
    style = (STATIC / "css" / "site.css").read_text("utf-8")
    found = Counter(selectors(style))
    assert found[".fl_ways"] == 1
    assert [selector for selector, times in found.items() if times > 1] == []


def test_a_second_look_is_found_out() -> None:
    assert selectors("/* a {} */ .a { x: 1 } @media print { .a { x: 2 } } .a { y: 3 }") == [".a", ".a"]
