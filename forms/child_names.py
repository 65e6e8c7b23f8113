"""Finds the words of an answer that look as if they name a child, so that the respondent can be warned.

It advises and nothing more: it runs while a person waits, before any model has read a word, and knows only how people
write. A name stands beside a word for a child (“my son Liam”, “a wee girl called ava”) or beside an age up
to 17 (“Liam, aged 7”, “Ava (9)”, “11-year-old Zosia”). What it misses is found when the answer is analysed.
"""

import re
from collections.abc import Iterator

from forms import areas

_CHILD = (
    r"(?:(?:foster|step|grand|god|birth|adopted|older|younger|eldest|youngest|oldest|wee|little|big|half|twin)[ -]?)"
    r"{0,3}(?:sons?|daughters?|child|boys?|girls?|bab(?:y|ies)|brothers?|sisters?|nephews?|nieces?|toddlers?|teenagers?"
    r"|pupils?|young person|kids?|bairns?|weans?|lads?|lass(?:ie)?s?|twins?|cousins?)"
)
_NAME = r"(?!I[’'])[A-Z\u00c0-\u00de][\w’'-]{1,30}"
_AGE = r"(?:1[0-7]|[1-9])"

_RULES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_CHILD},? (?P<name>{_NAME})",
        rf"\b{_CHILD}(?: [^\s.;:!?]{{1,20}}){{0,4}}?,? (?:is |was )?(?:called|named|whose name is) (?P<name>{_NAME})",
        rf"\b{_CHILD},? called (?P<name>[a-z]{{3,20}})\b",
        rf"\b(?P<name>{_NAME})(?: {_NAME})?,? (?:(?:who )?(?:is|was) )?(?:just |only |now )?"
        rf"(?:aged?|at the age of) {_AGE}\b(?!\s*[-–]|\s*(?:to|and|or|per)\b)",
        rf"\b(?P<name>{_NAME})(?: {_NAME})?,? (?:(?:who )?(?:is|was) )?(?:just |only |now )?"
        rf"(?:{_AGE}[ -]?(?:years?|yrs?|months?|weeks?|days?)[ -]?old|{_AGE} ?yo)\b",
        rf"\b(?P<name>{_NAME}) (?:is|was) (?:just|only|now) {_AGE}(?=[.,;!]| and| when|$)",
        rf"\b(?P<name>{_NAME})(?: {_NAME})? \({_AGE}(?: ?years?(?: old)?| ?yrs?)?\)",
        rf"\b{_AGE}[ -]years?[ -]old(?: {_CHILD})?,? (?P<name>{_NAME})",
    )
)
# Words that stand where a name would, and are none.
_OTHER_WORDS = """
    A ASN Abuse Act Action Actions Adoption Advocacy Afghan All An And Annex Appendix April Area Article As
    Assessment Assessments At August Autumn Band Benefit Bill Board Both But By CAMHS CHS Care Carers Catholic
    Centre Chapter Charity Child Children Christian Christmas Class Column Commissioner Committee Council Criminal
    December Development Disability EU Each Easter Education Eight English Equity Exploitation Families Family
    February Figure Five For Forum Four Friday From Fund GIRFEC GTCS Gaelic Goal Grade Group Guarantee He Health
    Hearing Hearings Her Here His House Hub I If In Inquiry It Item Its January July June Justice Law Leadership
    Legal Level Line Many March May Mental Minds Monday Most Muslim My NHS Network Nine No Not Note November Now
    Nursery October Ombudsman On One Online Or Our Outcome Page Panel Paragraph Part Participation Partnership
    Payment Phase Placement Placements Plan Planning Point Polish Poverty Practice Primary Priority Programme
    Project Promise Protection Question Recommendation Reporter Rights Roma Room Row SCRA SQA Safety Saturday
    Schedule School Scotland Scots Scottish Secondary Section September Service Services Seven Sexual She Six So
    Social Society Some Sport Spring Stage Step Strategy Summer Sunday Support Syrian Table Target Team Ten That The
    Their Theme Then There These They This Those Three Thursday Tier To Trafficking Trust Tuesday Two UK UNCRC
    Ukrainian Version Voice Ward We Wednesday Week Welfare Wellbeing What When Where Which While Who Winter Worker
    Workers Year Years Yes Young Your Youth
    the and for upon just names what our her his him them me
"""
_NO_NAMES = {*_OTHER_WORDS.split(), *(word for area in areas.area_names().values() for word in area.split())}


def found(text: str) -> list[str]:
    """The stretches of `text` that seem to name a child, as they are written: the first for each name, in order."""
    by_name: dict[str, str] = {}
    for start, end, name in sorted(_stretches(text)):
        by_name.setdefault(name, text[start:end])
    return list(by_name.values())


def _stretches(text: str) -> Iterator[tuple[int, int, str]]:
    for rule in _RULES:
        for match in rule.finditer(text):
            name = match["name"].removesuffix("’s").removesuffix("'s")
            if name not in _NO_NAMES and not name.isupper():
                yield (*match.span(), name)
