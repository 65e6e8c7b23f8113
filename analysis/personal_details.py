"""Finds what tells who a private person is: numbers and addresses by form, names by what the encoder makes of them.

Here stands what has a form: each pattern takes time linear in the text. An age or a school tells of a person only
beside a name, so those two are looked for in texts with a name alone. To miss one is worse than to mark one too many.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence

from analysis.findings import PersonalDetail

NAME = "name"
# Addresses and lines that belong to an office and to no person.
OFFICES = re.compile(
    "info|enquir(?:y|ies)|admin|office|contact|hello|team|support|mail|press|media|feedback|help(?:desk)?|reception|fostering"
    "|adoption|kinship|duty|hr|jobs|recruitment|training|events|foi|dataprotection|dpo|complaints|webmaster|no-?reply"
    "|partnerships?|participat(?:e|ion)|(?:the)?promise|advocacy|general|bookings|policy",
    re.IGNORECASE,
)
PUBLIC_LINES = ("0800", "0808", "0300", "0303", "0330", "0333", "0343", "0345", "0370", "0371", "0844", "0845", "0870")
DASH = "[-\u2010-\u2015]"
GAP = rf"(?:[ \u00a0.]|{DASH}){{0,2}}"
MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}"
PART = rf"(?:[/.]|{DASH})"
ORDINAL = (
    "(?:twenty[ -]|thirty[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|twelfth"
    "|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth"
)
DAY = rf"(?:(?:the )?(?:{ORDINAL}|\d{{1,2}}(?:st|nd|rd|th)?)(?: of)?)"
DATE = (
    rf"(?:\d{{1,2}}{PART}\d{{1,2}}{PART}\d{{2,4}}|(?:19|20)\d\d{PART}\d{{1,2}}{PART}\d{{1,2}}"
    rf"|{DAY} {MONTH},? ?\d{{2,4}}|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{2,4}})(?!\w)"
)
NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty"
)
AGE = rf"(?:\d{{1,2}}|{NUMBER_WORDS})"
STREET = (
    "street|st|road|rd|avenue|ave|drive|dr|lane|crescent|cres|court|ct|place|pl|terrace|terr|gardens|gdns|grove|way|close"
    "|wynd|loan|brae|square|sq|row|view|park|quadrant|path|walk|gate|bank|rise|mews|green|circle|hill|vennel|pend|neuk"
    "|cottages?|tower|house|steading|farm|croft|manse|buildings"
)
SYSTEMS = "swis|carefirst|care ?first|mosaic|eclipse|liquid ?logic|seemis|scra|azeus|crn|urn|pnc|sws|cms|wccis"
SITES = (
    "facebook|fb|instagram|insta|tiktok|twitter|linkedin|snapchat|snap|threads|bsky|bluesky|discord|whatsapp|telegram"
)

BIRTH = r"\b(?:d\.?o\.?b\b\.?|dates? of birth|born|birth ?da(?:y|te)s?|b\.)"
PATTERNS: dict[str, str] = {
    "email": r"\b[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}",
    # Before telephones: a CHI number of the first nine days of a month begins with 0 as well.
    "chi-number": rf"(?<![\w£])(?:\d{GAP}){{9}}\d(?!\w)",
    "phone": rf"(?<![\w£.])(?:\+44{GAP}(?:\(0\))?{GAP}\d|\(?0\d)(?:(?:[ \u00a0.)]|{DASH}){{0,3}}\d){{8,9}}(?!\w)",
    "postcode": r"(?<!\w)[a-z]{1,2}\d[a-z\d]? ?\d[abd-hjlnp-uw-z]{2}(?!\w)",
    "ni-number": rf"(?<!\w)[a-ceghj-prstw-z][a-ceghj-nprstw-z]{GAP}\d{{2}}{GAP}\d{{2}}{GAP}\d{{2}}{GAP}[a-d](?!\w)",
    "case-number": (
        rf"\b(?:(?:{SYSTEMS}|case|file|ref(?:erence)?|client|hearing|court|reporter)(?:'s)?"
        r"(?:[ :.#-]{1,3}(?:ref(?:erence)?|case|file|no|number|num|id|nr|is)){0,4}[ :.#-]{0,3})"
        r"((?:[a-z]{1,6}[/-]?)?\d[\d/-]{2,14}[a-z\d]{0,3})(?!\w)|(?<![\w/-])(?-i:[A-Z]{1,5})[/-]\d{3,8}(?:[/-]\d{2,8})?(?![\w/-])"
    ),
    "profile-link": (
        rf"(?:https?://)?(?:www\.|m\.)?(?:{SITES}|x)\.(?:com|app|me)/[\w@./?=&%-]{{2,80}}"
        r"|(?<![\w@.])@[a-z_][\w.-]{2,40}\b|\b[a-z][\w.]{2,30}#\d{4}\b"
        rf"|\b(?:{SITES})(?: (?:is|me|at|on|as|name|user|handle|account|him|her|us)){{0,4}}"
        r"[: ]{1,2}(?-i:[a-z][a-z.]{0,30}[_\d][\w.]{0,30})"
        rf"|(?-i:(?<![\w.])[a-z][a-z.]{{0,30}}_[\w.]{{0,30}}) on (?:{SITES})\b"
    ),
    "address": (
        r"(?:\bflat [\w/]{1,6},? ?)?(?<![\w£/.-])\d{1,4}[a-z]?(?:/\d{1,2})?,? "
        rf"(?:(?!\d)[\w'’]{{2,20}} ){{1,3}}(?:{STREET})\b"
    ),
}
COMPILED = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in PATTERNS.items()}
AGES = re.compile(
    r"\b(?:aged?|age:?|who(?:'s| is| was|s)|is|was|turn(?:s|ed|ing)|now|just|only|nearly|almost|s?he's|they're|am|i'm)"
    rf" (?:about |just |only |now |nearly |almost )?{AGE}\b"
    r"(?: ?(?:(?:and a half )?(?:years?|yrs?|y/o|yo)(?:[- ]old)?|months?(?: old)?|weeks? old))?"
    r"(?! (?:of|%|per|in|hours?|days?|weeks?|times|yards|miles|metres|minutes))"
    rf"|\b{AGE}[- ]?(?:year|yr|month|week)s?[- ]?olds?\b|\b\d{{1,2}} ?(?:yo|y/o|yrs?|yr old)\b",
    re.IGNORECASE,
)
AGE_AFTER_NAME = re.compile(
    rf" ?\((?:aged? )?{AGE}(?: ?(?:yrs?|years?|yo|months?))?\)|(?:, | ){AGE}(?: and {AGE})?(?=[,.;)]|$)", re.IGNORECASE
)
DATE_AFTER_NAME = re.compile(rf"[ ,(]{{1,3}}({DATE})", re.IGNORECASE)
DATES, BIRTHS = re.compile(DATE, re.IGNORECASE), re.compile(BIRTH, re.IGNORECASE)
SCHOOLS = re.compile(
    r"(?:\b(?:St|Saint)\.? )?(?:\b[A-Z][\w'’.-]{1,20} ){1,3}"
    r"(?:Primary|High|Academy|Secondary|Nursery|Grammar|Juniors?|Infants?)\b(?: School)?"
    r"|\b(?:[A-Z][\w'’.-]{1,20} ){1,3}(?:School|College|PS|HS)\b"
    r"|\b(?!(?:the|his|her|our|their|from|for|and|new|every|each|local|that|this|one|same|any|she|since|with)\b)"
    r"[a-z][\w'’-]{2,20} (?:primary|academy|high school|nursery|secondary|primary school|ps|hs)\b"
    r"(?! (?:one|two|[1-7]\b|and|care|carer|teachers?))"
)
NOT_A_CHI = re.compile(
    r"(?:budget|cost|invoice|order|line|charity|company|account|po|tel|phone|mobile|£)[^.]{0,20}$", re.IGNORECASE
)


def read(text: str, names: Sequence[tuple[int, int]] = ()) -> list[PersonalDetail]:
    """Everything in `text` that tells who a private person is, in order of place. `names` are (start, end) of names.

    What is found as one kind is not found again as another, and details do not overlap.
    """
    found = [PersonalDetail(start, end, NAME) for start, end in names]
    found += _formed(text)
    if names:
        found += _beside_names(text, names)
    return _apart(found)


def _formed(text: str) -> Iterator[PersonalDetail]:
    for kind, pattern in COMPILED.items():
        for match in pattern.finditer(text):
            start, end = match.span(1) if match.lastindex else match.span()
            if kind == "case-number":
                start = _with_system(match)
            if _is_personal(kind, text, start, end):
                yield PersonalDetail(start, end, kind)
    if BIRTHS.search(text):
        yield from (PersonalDetail(*match.span(), "date-of-birth") for match in DATES.finditer(text))


def _with_system(match: re.Match) -> int:
    """The name of a system is part of its number ("SWIS 104455"); the word "case" or "ref" is not."""
    return match.start() if re.match(SYSTEMS, match[0], re.IGNORECASE) else match.start(1)


def _is_personal(kind: str, text: str, start: int, end: int) -> bool:
    words = text[start:end]
    digits = re.sub(r"\D", "", words)
    if kind == "email":
        return not OFFICES.fullmatch(words.split("@")[0])
    if kind == "phone":
        return not digits.startswith(PUBLIC_LINES)
    if kind == "chi-number":
        return _begins_with_a_day(digits) and not NOT_A_CHI.search(text, max(0, start - 40), start)
    return True


def _begins_with_a_day(digits: str) -> bool:
    try:
        datetime.date(2000 + int(digits[4:6]), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return False
    return True


def _beside_names(text: str, names: Iterable[tuple[int, int]]) -> Iterator[PersonalDetail]:
    for match in AGES.finditer(text):
        yield PersonalDetail(*match.span(), "age-with-name")
    for _, end in names:
        if match := AGE_AFTER_NAME.match(text, end):
            yield PersonalDetail(*match.span(), "age-with-name")
        if match := DATE_AFTER_NAME.match(text, end):
            yield PersonalDetail(*match.span(1), "date-of-birth")
    for match in SCHOOLS.finditer(text):
        yield PersonalDetail(*match.span(), "school-with-name")


def _apart(found: Iterable[PersonalDetail]) -> list[PersonalDetail]:
    """In order; those that overlap become one over all their places, of the kind of the longest."""
    kept: list[PersonalDetail] = []
    longest = 0
    for detail in sorted(found, key=lambda one: (one.start, one.start - one.end)):
        size = detail.end - detail.start
        if not kept or detail.start >= kept[-1].end:
            kept.append(detail)
            longest = size
            continue
        kind = detail.kind if size > longest else kept[-1].kind
        kept[-1] = PersonalDetail(kept[-1].start, max(kept[-1].end, detail.end), kind)
        longest = max(longest, size)
    return kept
