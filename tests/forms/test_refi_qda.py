"""A codebook goes to other programs as a REFI-QDA codebook, in the shape that the standard sets."""

import uuid

import pytest
from lxml import etree

from forms import codebook, coding_frame, refi_qda
from forms.codebook import Code, Codebook, CodeRef, Family
from forms.codebook_changes import Reword, changed

# The rules of the standard's schema for codebooks (version 1.0), put in RELAX NG by us: what stands in what, in which
# order, which attributes are needed, and how a GUID and a colour are written.
RULES = """\
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="urn:QDA-XML:codebook:1.0"
         datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="CodeBook">
    <optional><attribute name="origin" ns=""/></optional>
    <element name="Codes"><oneOrMore><ref name="code"/></oneOrMore></element>
    <optional><element name="Sets"><oneOrMore><ref name="set"/></oneOrMore></element></optional>
  </element></start>
  <define name="code"><element name="Code">
    <ref name="named"/>
    <attribute name="isCodable" ns=""><data type="boolean"/></attribute>
    <optional><attribute name="color" ns=""><data type="token">
      <param name="pattern">#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})</param></data></attribute></optional>
    <optional><element name="Description"><text/></element></optional>
    <zeroOrMore><ref name="code"/></zeroOrMore>
  </element></define>
  <define name="set"><element name="Set">
    <ref name="named"/>
    <optional><element name="Description"><text/></element></optional>
    <zeroOrMore><element name="MemberCode"><ref name="guid"/></element></zeroOrMore>
  </element></define>
  <define name="named"><ref name="guid"/><attribute name="name" ns=""/></define>
  <define name="guid"><attribute name="guid" ns=""><data type="token">
    <param name="pattern">[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}</param></data></attribute></define>
</grammar>"""
NAMES = {"q": refi_qda.NAMESPACE}


def test_the_shipped_codebook_keeps_the_rules_of_the_standard() -> None:
    check(refi_qda.written(codebook.load()))


def test_the_rules_refuse_what_the_standard_does_not_allow() -> None:
    for old, new in [
        (b'isCodable="true"', b'isCodable="maybe"'),
        (b" guid=", b" id="),
        (b"<Codes>", b"<Codes><Set/>"),
        (b"codebook:1.0", b"codebook:1:0"),
    ]:
        with pytest.raises((etree.DocumentInvalid, etree.XMLSyntaxError)):
            check(refi_qda.written(codebook.load()).replace(old, new))


def test_every_code_is_in_it_once_with_its_words() -> None:
    book = codebook.load()
    root = etree.fromstring(refi_qda.written(book))
    found = {code.get("guid"): code for code in root.iterfind(".//q:Code", NAMES)}
    assert len(found) == len(list(root.iterfind(".//q:Code", NAMES))) == len(book.codes) + 4
    for ref, code in book.codes.items():
        element = found[refi_qda.guid_of(book, ref)]
        words = element.findtext("q:Description", namespaces=NAMES)
        assert element.get("isCodable") == "true"
        assert element.get("name").startswith(code.title)
        assert words.startswith(code.takes_in)
        assert all(text in words for text in (*code.examples, *(one.what for one in code.leaves_out)))
    assert "That is “Family Support”." in found[refi_qda.guid_of(book, CodeRef("actions", "support"))].findtext(
        "{*}Description"
    )


def test_actions_stand_in_their_areas_and_families_cannot_be_coded_with() -> None:
    book = codebook.load()
    root = etree.fromstring(refi_qda.written(book))
    families = root.findall("q:Codes/q:Code", NAMES)
    assert [one.get("name") for one in families] == ["Actions", "Fundamentals", "Kinds", "Barrier themes"]
    assert {one.get("isCodable") for one in families} == {"false"}
    for action in book.family("actions").codes:
        guid = refi_qda.guid_of(book, CodeRef("actions", action.id))
        parent = root.find(f".//q:Code[@guid='{guid}']", NAMES).getparent()
        assert parent.get("guid") == refi_qda.guid_of(book, CodeRef("priority_areas", action.priority_area))
        assert parent.getparent() is families[0]


def test_no_two_codes_have_the_same_name_or_guid() -> None:
    codes = list(etree.fromstring(refi_qda.written(codebook.load())).iterfind(".//q:Code", NAMES))
    names = [code.get("name").casefold() for code in codes]
    assert len(set(names)) == len(names)
    assert {"planning (actions)", "planning (priority areas)"} <= set(names)
    assert len({uuid.UUID(code.get("guid")) for code in codes}) == len(codes)


def test_a_code_keeps_its_guid_when_its_words_change() -> None:
    book = codebook.load()
    ref = CodeRef("actions", "advocacy")
    later = changed(book, Reword(code=ref, title="Advocacy and advice")).codebook
    assert refi_qda.guid_of(later, ref) == refi_qda.guid_of(book, ref)
    assert refi_qda.written(book) == refi_qda.written(codebook.of(book.content()))
    assert b"Advocacy and advice" in refi_qda.written(later)


def test_an_area_without_an_action_is_in_it_too() -> None:
    area = Code(id="sea", title="Sea", takes_in="All at sea.")
    book = codebook.load()
    families = tuple(one.but(codes=(*one.codes, area)) if one.id == "priority_areas" else one for one in book.families)
    found = refi_qda.written(book.but(families=families))
    check(found)
    assert len(etree.fromstring(found).findall("q:Codes/q:Code/q:Code[@name='Sea']", NAMES)) == 1


def test_another_framework_goes_the_same_way() -> None:
    frame = coding_frame.load("local-plans")
    found = refi_qda.written(coding_frame.codebook_of(frame))
    check(found)
    codes = etree.fromstring(found).findall("q:Codes/q:Code/q:Code", NAMES)
    assert [code.get("name") for code in codes] == [code.title for code in frame.codes]


def test_what_xml_cannot_hold_does_no_harm() -> None:
    code = Code(id="odd", title="<Odd> & \x01 “quoted”", takes_in="A\x0bb\uffff & <d>")
    book = Codebook(slug="odd", title="Odd", version=1, families=[Family(id="codes", title="Odd", codes=[code])])
    found = refi_qda.written(book)
    check(found)
    [element] = etree.fromstring(found).findall("q:Codes/q:Code/q:Code", NAMES)
    assert element.get("name") == "<Odd> &   “quoted”"
    assert element.findtext("q:Description", namespaces=NAMES) == "A b  & <d>"


def check(file: bytes) -> None:
    etree.RelaxNG(etree.fromstring(RULES)).assertValid(etree.fromstring(file))
    assert file.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
