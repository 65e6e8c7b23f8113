"""Writes a codebook as a REFI-QDA codebook exchange file (.qdc), which programs for qualitative analysis open.

The shape is that of the standard's schema for codebooks, version 1.0 (REFI-QDA 1.5, https://www.qdasoftware.org):
a CodeBook with its Codes, each a Code with guid, name and isCodable, and in it a Description and then further Codes.
"""

import re
import uuid
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from forms.codebook import Code, Codebook, CodeRef, Family

NAMESPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "Feedback Loop"
_GUIDS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:feedback-loop:codebook")
# What XML cannot hold.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written(codebook: Codebook) -> bytes:
    """The file, in UTF-8: each family with its codes; actions stand in their priority areas.

    The same codes have the same GUIDs in each version. Names that two codes share have their family beside them: some
    programs leave out the second of two that are called the same. Families, and nothing else, cannot be coded with.
    """
    root = etree.Element(_tag("CodeBook"), nsmap={None: NAMESPACE}, origin=ORIGIN)
    codes = etree.SubElement(root, _tag("Codes"))
    names = _names(codebook)
    for family in _families(codebook):
        _write_family(codes, codebook, family, names)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def guid_of(codebook: Codebook, ref: CodeRef) -> str:
    """The GUID of a code, which depends on nothing but the slug of the codebook, the family and the id."""
    return _guid(codebook, str(ref))


def _guid(codebook: Codebook, name: str) -> str:
    return str(uuid.uuid5(_GUIDS, f"{codebook.slug}/{name}"))


def _families(codebook: Codebook) -> Iterator[Family]:
    """All but the priority areas, which stand among the actions where there are any."""
    in_areas = any(code.priority_area for code in codebook.codes.values())
    return (family for family in codebook.families if not (in_areas and family.id == "priority_areas"))


def _write_family(parent: etree._Element, codebook: Codebook, family: Family, names: dict[str, str]) -> None:
    guid = _guid(codebook, f"family/{family.id}")
    written = _write(parent, guid, names[family.id], "\n".join(family.rules), codable=False)
    areas = {}
    for code in family.codes:
        if code.priority_area and code.priority_area not in areas:
            ref = CodeRef("priority_areas", code.priority_area)
            areas[code.priority_area] = _write_code(written, codebook, ref, names)
        _write_code(areas.get(code.priority_area, written), codebook, CodeRef(family.id, code.id), names)
    if areas:
        _write_empty_areas(written, codebook, areas, names)


def _write_empty_areas(parent: etree._Element, codebook: Codebook, filled: dict, names: dict[str, str]) -> None:
    for area in codebook.family("priority_areas").codes:
        if area.id not in filled:
            _write_code(parent, codebook, CodeRef("priority_areas", area.id), names)


def _write_code(parent: etree._Element, codebook: Codebook, ref: CodeRef, names: dict[str, str]) -> etree._Element:
    return _write(parent, guid_of(codebook, ref), names[str(ref)], _description(codebook, ref), codable=True)


def _write(parent: etree._Element, guid: str, name: str, description: str, *, codable: bool) -> etree._Element:
    code = etree.SubElement(
        parent, _tag("Code"), guid=guid, name=_writable(name), isCodable="true" if codable else "false"
    )
    if description:
        etree.SubElement(code, _tag("Description")).text = _writable(description)
    return code


def _names(codebook: Codebook) -> dict[str, str]:
    """By family or code: its title, with the family's beside it where another is called the same."""
    titles = {family.id: (family.title, "all") for family in codebook.families}
    for ref, code in codebook.codes.items():
        titles[str(ref)] = (code.title, codebook.family(ref.family).title)
    shared = Counter(title.casefold() for title, _ in titles.values())
    return {
        name: f"{title} ({beside})" if shared[title.casefold()] > 1 else title
        for name, (title, beside) in titles.items()
    }


def _description(codebook: Codebook, ref: CodeRef) -> str:
    code = codebook.code(ref)
    parts = [code.takes_in, *_left_out(codebook, code), *_examples(code), *_hard_cases(codebook, ref)]
    return "\n".join(parts)


def _left_out(codebook: Codebook, code: Code) -> Iterator[str]:
    for one in code.leaves_out:
        instead = " or ".join(f"“{codebook.code(ref).title}”" for ref in one.instead)
        yield f"Leaves out: {one.what}" + (f" That is {instead}." if instead else "")


def _examples(code: Code) -> Iterator[str]:
    return (f"Example: {example}" for example in code.examples)


def _hard_cases(codebook: Codebook, ref: CodeRef) -> Iterator[str]:
    return (f"Hard case: {case.title}: {case.settled}" for case in codebook.hard_cases_of(ref))


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _writable(text: str) -> str:
    return _UNWRITABLE.sub(" ", text)
