"""The keys of the review screen: the usual ones, and those that somebody of the staff chose for themselves."""

from collections.abc import Mapping
from unicodedata import category

from sqlmodel import Session

from collector.findings.models import KeyChoice

# What each does, in the order of the list that `?` shows. None of them needs Ctrl, Alt or a Meta key, which belong to
# browsers, and `/` and `'`, with which some browsers look for words, are not among them.
ACTIONS = {
    "finish": ("d", "Accept what is suggested, mark as decided and go on"),
    "second-look": ("l", "Ask for a second look"),
    "set-aside": ("s", "Set aside"),
    "next": ("n", "Next passage"),
    "previous": ("p", "Previous passage"),
    "next-statement": ("j", "Next statement"),
    "previous-statement": ("k", "Previous statement"),
    **{
        f"label-{number}": (str(number), f"Accept label {number}, or reject it once accepted")
        for number in range(1, 10)
    },
    "reject": ("r", "Reject: then press the key of the label"),
    "add": ("a", "Add a label"),
    "mark": ("m", "Mark words: a commitment, a barrier, a need, words not to be published"),
    "split": ("x", "Split or merge statements"),
    "comment": ("c", "Comment"),
    "flag": ("f", "Flag"),
    "ask": ("q", "Ask a colleague"),
    "context": ("e", "Show what was said before"),
    "timeline": ("t", "Show what was done"),
    "undo": ("u", "Undo what you did last"),
    "queue": ("b", "Back to the queue"),
    "help": ("?", "Show this list"),
}
USUAL = {action: key for action, (key, _) in ACTIONS.items()}
NOT_PRINTED = {"Cc", "Cf", "Cn", "Co", "Cs", "Zs", "Zl", "Zp", "Mn", "Me", "Mc"}


def chosen(session: Session, staff_id: int) -> tuple[dict[str, str], bool]:
    """The key of each action for this person, and whether they turned keys off."""
    choice = session.get(KeyChoice, staff_id)
    if choice is None:
        return dict(USUAL), False
    return {action: choice.keys.get(action, usual) for action, usual in USUAL.items()}, choice.off


def faults(wanted: Mapping[str, str]) -> dict[str, str]:
    """By action what is wrong with its key; nothing where all can be used. An action may have no key."""
    found = {action: "Type one letter, digit or sign" for action, key in wanted.items() if not is_key(key)}
    first: dict[str, str] = {}
    for action, key in wanted.items():
        if key and action not in found and key in first:
            found[action] = f"“{key}” is the key for “{ACTIONS[first[key]][1]}” already. Choose another"
        first.setdefault(key, action)
    return found


def is_key(key: str) -> bool:
    return key == "" or (len(key) == 1 and category(key) not in NOT_PRINTED)


def choose(session: Session, staff_id: int, wanted: Mapping[str, str], *, off: bool) -> None:
    """Keep keys that have no faults. The caller commits."""
    choice = session.get(KeyChoice, staff_id) or KeyChoice(staff_id=staff_id)
    choice.off, choice.keys = off, {action: key for action, key in wanted.items() if key != USUAL[action]}
    session.add(choice)


def back_to_usual(session: Session, staff_id: int) -> None:
    if choice := session.get(KeyChoice, staff_id):
        session.delete(choice)
