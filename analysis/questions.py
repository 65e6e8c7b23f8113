"""What a question asks for. An answer is read in the light of it: "no money" under "What is in the way?" is a barrier.

Words rather than a model decide this: questions are few, written by the project, and a rule can be read and tested.
"""

import re
from functools import lru_cache

# In this order, since "What help could you offer?" holds a word of two of them.
SIGNS = {
    "offers": r"\boffer|\bshare\b",
    "barriers": r"in the way|barrier|obstacle|stop|prevent|hinder|difficult|challeng|hard(er)?\b",
    "needs": r"\bsupport\b|\bneeds?\b|\bhelp\b",
    "plans": r"\bplan|\bnext\b|intend|by when|\bwill\b",
    "voice": r"(child|famil|young people).*(shape|voice|say|hear|listen|involve|part)|who shapes",
    "doing": r"\bdo(ing)?\b|\bdone\b|already|\bnow\b",
    "else": r"anything else|\bmore\b|\belse\b",
}
ASKED = tuple(SIGNS)


@lru_cache(maxsize=256)
def asked_by(question: str) -> int | None:
    """The place in ASKED of what the question invites, or None when it invites nothing in particular."""
    for number, sign in enumerate(SIGNS.values()):
        if re.search(sign, question, re.IGNORECASE):
            return number
    return None
