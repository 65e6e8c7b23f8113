"""What a file is called: by its sender, on pages, and when it is given back."""

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

LONGEST = 150
NAMELESS = "file"
# These join letters and parts of an emoji; all other signs without a shape of their own could hide what a name says.
_JOINERS = "\u200c\u200d"
_UNSHOWABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def plain(name: str) -> str:
    """The name without a path, control characters and what turns the order of letters round; never empty."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(sign for sign in last if sign in _JOINERS or unicodedata.category(sign) not in _UNSHOWABLE)
    kept = " ".join(kept.split()).strip(". ") or NAMELESS
    ending = PurePosixPath(kept).suffix[:20]
    return kept if len(kept) <= LONGEST else kept[: LONGEST - len(ending)] + ending


def ending_of(name: str) -> str:
    """In small letters and without its dot; nothing where there is none."""
    return PurePosixPath(plain(name)).suffix.removeprefix(".").lower()


def attached(name: str) -> str:
    """`Content-Disposition` for a file to be kept under its name, never to be opened in the browser (RFC 6266)."""
    ascii_name = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def size_shown(size: int) -> str:
    """As file managers say it: "12 KB", "1.4 MB"."""
    if size < 1024**2:
        return f"{max(1, round(size / 1024)):,} KB"
    return f"{size / 1024**2:.1f} MB"
