import re
import time

import pytest
import yaml

from analysis.organisations import Link, OrganisationReader
from forms import organisations
from forms.areas import areas
from forms.definitions import DefinitionError


@pytest.fixture(scope="module")
def reader():
    return OrganisationReader(organisations.gazetteer())


def of_kind(kind):
    return [one for one in organisations.gazetteer().organisations if one.kind == kind]


def found(reader, text, **more):
    """What is found, in words: the text of each mention, and the likeliest it may mean."""
    return [(mention.text, mention.links[0].id if mention.links else None) for mention in reader.read(text, **more)]


# -- the gazetteer ----------------------------------------------------------------------------------


def test_there_are_32_councils_with_the_codes_of_their_areas():
    councils = of_kind("local_authority")
    assert len(councils) == 32
    assert {(one.areas, one.code) for one in councils} == {((area.id,), area.code) for area in areas()}
    assert all(re.fullmatch(r"S12\d{6}", one.code) for one in councils)


def test_there_are_14_health_boards_with_codes_and_between_them_every_area_once():
    boards = of_kind("health_board")
    assert len({one.code for one in boards}) == len(boards) == 14
    assert all(re.fullmatch(r"S08\d{6}", one.code) for one in boards)
    assert sorted(area for one in boards for area in one.areas) == sorted(area.id for area in areas())


def test_every_link_leads_to_an_organisation_or_an_area_and_no_id_is_both(reader):
    known, area_ids = set(reader.known), {area.id for area in areas()}
    assert all(id == organisation.id for id, organisation in reader.known.items())
    assert known & area_ids == set()
    assert {id for pattern in organisations.gazetteer().patterns for id in pattern.instead.values()} <= known


def test_every_area_has_its_place_and_every_organisation_is_found_by_its_own_name(reader):
    alone = [place.areas[0] for place in organisations.gazetteer().places if len(place.areas) == 1]
    assert sorted(alone) == sorted(area.id for area in areas())
    for one in reader.known.values():
        text = f"They met {one.name} twice."
        assert one.id in {link.id for mention in reader.read(text) for link in mention.links}, one.name


def test_an_id_that_there_is_not_is_told_with_its_line(tmp_path):
    file = tmp_path / "gazetteer.yaml"
    place = {"names": ["Narnia"], "areas": ["narnia"], "bodies": ["narnia-council"]}
    rest = {"organisations": [], "patterns": [], "not-names": [], "respondent": {}}
    file.write_text(yaml.safe_dump({"places": [place], **rest}), "utf-8")
    with pytest.raises(DefinitionError, match="narnia-council"):
        organisations.gazetteer(file)


# -- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "id"),
    [
        ("Work with Fife Council began.", "Fife Council", "fife-council"),
        ("Fife Council's plan", "Fife Council", "fife-council"),
        ("Fife Council’s plan", "Fife Council", "fife-council"),
        ("typed as north ayrshire council once", "north ayrshire council", "north-ayrshire-council"),
        ("SOUTH AYRSHIRE COUNCIL", "SOUTH AYRSHIRE COUNCIL", "south-ayrshire-council"),
        ("South Lanarkshire Council", "South Lanarkshire Council", "south-lanarkshire-council"),
        ("Edinburgh Council", "Edinburgh Council", "city-of-edinburgh-council"),
        ("City of Edinburgh Council", "City of Edinburgh Council", "city-of-edinburgh-council"),
        ("the Council of Stirling", "Council of Stirling", "stirling-council"),
        ("Glasgow City Council", "Glasgow City Council", "glasgow-city-council"),
        ("Aberdeen Council", "Aberdeen Council", "aberdeen-city-council"),
        ("The Highland Council", "Highland Council", "highland-council"),
        ("highland council", "highland council", "highland-council"),
        ("Moray Council", "Moray Council", "moray-council"),
        ("Argyll & Bute Council", "Argyll & Bute Council", "argyll-and-bute-council"),
        ("Perth + Kinross Council", "Perth + Kinross Council", "perth-and-kinross-council"),
        ("Comhairle nan Eilean Siar", "Comhairle nan Eilean Siar", "na-h-eileanan-siar-council"),
        ("Western Isles Council", "Western Isles Council", "na-h-eileanan-siar-council"),
        ("a line that breaks in North\nAyrshire Council", "North\nAyrshire Council", "north-ayrshire-council"),
        ("NHS Fife", "NHS Fife", "nhs-fife"),
        ("nhs fife", "nhs fife", "nhs-fife"),
        ("Fife Health Board", "Fife Health Board", "nhs-fife"),
        ("NHS Greater Glasgow and Clyde", "NHS Greater Glasgow and Clyde", "nhs-greater-glasgow-and-clyde"),
        ("NHS Greater Glasgow & Clyde's", "NHS Greater Glasgow & Clyde", "nhs-greater-glasgow-and-clyde"),
        ("NHSGGC", "NHSGGC", "nhs-greater-glasgow-and-clyde"),
        ("NHS Dumfries & Galloway", "NHS Dumfries & Galloway", "nhs-dumfries-and-galloway"),
        ("NHS24", "NHS24", "nhs-24"),
        (
            "Dumfries & Galloway Health and Social Care Partnership",
            "Dumfries & Galloway Health and Social Care Partnership",
            "dumfries-and-galloway-health-and-social-care-partnership",
        ),
        ("Moray HSCP", "Moray HSCP", "moray-health-and-social-care-partnership"),
        ("Edinburgh IJB", "Edinburgh IJB", "city-of-edinburgh-integration-joint-board"),
        ("Angus CSPP", "Angus CSPP", "angus-childrens-services-planning-partnership"),
        (
            "Fife Community Planning Partnership",
            "Fife Community Planning Partnership",
            "fife-community-planning-partnership",
        ),
        ("Falkirk Champions’ Board", "Falkirk Champions’ Board", "falkirk-champions-board"),
        (
            "Shetland Child Protection Committee",
            "Shetland Child Protection Committee",
            "shetland-islands-child-protection-committee",
        ),
        ("Children's Hearings Scotland", "Children's Hearings Scotland", "childrens-hearings-scotland"),
        ("Childrens Hearings Scotland", "Childrens Hearings Scotland", "childrens-hearings-scotland"),
        ("Children’s Hearings Scotland’s", "Children’s Hearings Scotland", "childrens-hearings-scotland"),
        ("the scottish government", "scottish government", "scottish-government"),
        ("the SSSC's register", "SSSC", "scottish-social-services-council"),
        ("(SCRA)", "SCRA", "scottish-childrens-reporter-administration"),
        ("CHS trains panel members", "CHS", "childrens-hearings-scotland"),
        ("asked Cosla", "Cosla", "cosla"),
        ("The Promise Scotland", "Promise Scotland", "promise-scotland"),
        ("Who Cares? Scotland", "Who Cares? Scotland", "who-cares-scotland"),
        ("who cares scotland", "who cares scotland", "who-cares-scotland"),
        ("Barnardo's", "Barnardo's", "barnardos"),
        ("barnardos", "barnardos", "barnardos"),
        ("Kibble", "Kibble", "kibble"),
        ("HMP & YOI Polmont", "HMP & YOI Polmont", "hmp-yoi-polmont"),
        ("HMP/YOI Polmont", "HMP/YOI Polmont", "hmp-yoi-polmont"),
        ("Crown Office", "Crown Office", "crown-office"),
        ("Our Hearings, Our Voice", "Our Hearings, Our Voice", "our-hearings-our-voice"),
        ("Save The Children", "Save The Children", "save-the-children"),
        ("the SQA", "SQA", "qualifications-scotland"),
        ("University of Stirling", "University of Stirling", "university-of-stirling"),
        ("Stirling University", "Stirling University", "university-of-stirling"),
        ("City of Glasgow College", "City of Glasgow College", "city-of-glasgow-college"),
    ],
)
def test_a_name_is_found_whole_and_means_one_organisation(reader, text, name, id):
    (mention,) = reader.read(text)
    assert text[mention.start : mention.end] == mention.text == name
    assert [link.id for link in mention.links] == [id]


@pytest.mark.parametrize(
    "text",
    [
        "Children in care are in our care.",
        "The board met and the council agreed.",
        "Who cares about that?",
        "It was stirling work by the whole shift. Stirling work!",
        "a moray eel, and one more: a Moray eel",
        "They came in Highland dress.",
        "a day at the Falkirk Wheel",
        "the Duke of Edinburgh's Award",
        "a highland path over the borders of two farms",
        "the home office of a social worker who is working at home",
        "Keep the promise Scotland made.",
        "the children in Scotland who need it",
        "action for children, solace for parents, kibble for the dog",
        "chs, scra and sssc are words here, as his or sic would be",
        "an integration joint board, the HSCP, the IJB",
        "families first, children first",
        "Kinship carers sat together. Together they asked.",
        "fostering and health and social care",
        "All of Scotland",
        "see www.fife.gov.uk or write to help@falkirk.gov.uk",
        "",
        "?! & - '",
    ],
)
def test_what_only_looks_like_a_name_is_none(reader, text):
    assert reader.read(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("South Lanarkshire", [("South Lanarkshire", "south-lanarkshire")]),
        ("East Renfrewshire", [("East Renfrewshire", "east-renfrewshire")]),
        ("Renfrewshire", [("Renfrewshire", "renfrewshire")]),
        ("in Fife. Council tax rose", [("Fife", "fife")]),
        ("Fife, Council tax", [("Fife", "fife")]),
        ("Fife - Council tax", [("Fife", "fife")]),
        ("Fife\n\nCouncil tax", [("Fife", "fife")]),
        ("Fife/Highland", [("Fife", "fife"), ("Highland", "highland")]),
        ("a Glasgow-based team", [("Glasgow", "glasgow-city")]),
        ("Highland IJB", [("Highland", "highland")]),
        (
            "SCRA and CHS",
            [("SCRA", "scottish-childrens-reporter-administration"), ("CHS", "childrens-hearings-scotland")],
        ),
        ("typed in fife and orkney", [("fife", "fife"), ("orkney", "orkney-islands")]),
        ("THE HIGHLANDS", [("HIGHLANDS", "highland")]),
    ],
)
def test_the_longest_name_wins_and_none_reaches_over_a_mark(reader, text, expected):
    assert found(reader, text) == expected


# -- ambiguity --------------------------------------------------------------------------------------


def test_a_place_alone_is_the_area_first_and_weaker_its_council_and_board(reader):
    (mention,) = reader.read("Things are better in Fife.")
    assert mention.links == (Link("fife", 0.8), Link("fife-council", 0.3), Link("nhs-fife", 0.3))


def test_a_name_for_several_areas_leaves_open_which(reader):
    (mention,) = reader.read("Across Lanarkshire")
    assert mention.links == (
        Link("north-lanarkshire", 0.4),
        Link("south-lanarkshire", 0.4),
        Link("nhs-lanarkshire", 0.3),
    )


def test_an_abbreviation_of_two_organisations_links_to_both_with_less(reader):
    (mention,) = reader.read("We asked WLC.")
    assert mention.links == (Link("west-lothian-college", 0.25), Link("west-lothian-council", 0.25))


def test_a_full_name_counts_for_more_than_an_abbreviation_and_that_for_more_than_a_doubtful_one(reader):
    scores = [mention.links[0].score for mention in reader.read("Care Inspectorate, SSSC, CI, Angus, Perth")]
    assert scores == [1.0, 0.9, 0.5, 0.4, 0.4]


def test_clackmannanshire_and_stirling_share_one_partnership(reader):
    shared = "clackmannanshire-and-stirling-health-and-social-care-partnership"
    assert found(reader, "Stirling HSCP, Clackmannanshire HSCP, Clackmannanshire and Stirling HSCP") == [
        ("Stirling HSCP", shared),
        ("Clackmannanshire HSCP", shared),
        ("Clackmannanshire and Stirling HSCP", shared),
    ]
    assert set(reader.known[shared].areas) == {"clackmannanshire", "stirling"}


# -- who "we" are -----------------------------------------------------------------------------------


def test_we_is_nobody_unless_it_is_known_who_answers(reader):
    assert reader.read("We asked our team to help us.") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("We asked our team to help us.", ["We"]),
        ("We met. Then we spoke; they told us.", ["We", "we"]),
        ("Nobody told us. Our team was away.", ["us", "Our team"]),
        ("We’re short of staff\nand we've no cover", ["We", "we"]),
        ("They were in the US, not with us.", ["us"]),
        ("Their answer was weak.", []),
        ("our children and our young people", []),
    ],
)
def test_the_first_we_of_each_sentence_is_whoever_answers(reader, text, words):
    mentions = reader.read(text, said_by="aberlour")
    assert [mention.text for mention in mentions] == words
    assert all(mention.links == (Link("aberlour", 1.0),) for mention in mentions)


def test_we_and_names_stand_in_the_order_of_the_text(reader):
    expected = [("Fife Council", "fife-council"), ("we", "cyrenians"), ("CHS", "childrens-hearings-scotland")]
    assert found(reader, "Fife Council and we wrote to CHS.", said_by="cyrenians") == expected


# -- what spaCy takes for a name --------------------------------------------------------------------


def whole(reader, text):
    (mention,) = reader.read(text, entities=[(0, len(text))])
    assert (mention.start, mention.end, mention.text) == (0, len(text), text)
    return mention.links


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("Falkrik Council", "falkirk-council"),
        ("Renfewshire Council", "renfrewshire-council"),
        ("The Scottish Children's Reporters Administration", "scottish-childrens-reporter-administration"),
        ("Scottish Goverment", "scottish-government"),
        ("Care Inspectorat", "care-inspectorate"),
        ("Office of the Crown", "crown-office"),
    ],
)
def test_a_misspelled_name_is_linked_with_less_than_certainty(reader, text, id):
    first, *_ = whole(reader, text)
    assert first.id == id
    assert 0.7 < first.score < 1


@pytest.mark.parametrize("text", ["University of Leeds", "Kent Council", "Rowan House", "our taem", "__", "x" * 5000])
def test_a_name_like_no_other_is_kept_without_a_link(reader, text):
    assert whole(reader, text) == ()


def test_an_entity_that_overlaps_with_a_name_found_or_with_another_entity_is_dropped(reader):
    text = "Fife Council staff met the Rowan House team"
    spans = [(0, 18), (5, 18), (27, 38), (33, 43), (27, 38), (3, 3)]
    assert found(reader, text, entities=spans) == [("Fife Council", "fife-council"), ("Rowan House", None)]


# -- any text ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "We met Fife Council, NHS Fife, Highland dancers and the South Lanarkshire HSCP. ",
        "Dumfries and Galloway Children and Young People's Services Planning ",
        "x",
        "' ’ \n",
        "Falkrik Council ",
    ],
)
def test_time_grows_no_faster_than_the_text(reader, piece):
    seconds = []
    for length in (100_000, 400_000):
        text = (piece * length)[:length]
        entities = [match.span() for match in re.finditer("Falkrik Council", text)]
        began = time.process_time()
        mentions = reader.read(text, said_by="aberlour", entities=entities)
        seconds.append(time.process_time() - began)
    assert seconds[1] < 8 * seconds[0] + 1
    assert all(one.end <= other.start for one, other in zip(mentions, mentions[1:], strict=False))


def test_the_same_text_gives_the_same_mentions_whatever_was_read_before(reader):
    text, other = "Fife, WLC and Falkrik Council", OrganisationReader(organisations.gazetteer())
    reader.read("Perth and Kinross", entities=[(0, 5)])
    assert reader.read(text, entities=[(14, 29)]) == other.read(text, entities=[(14, 29)])


def test_offsets_count_code_points(reader):
    text = "🙂 ﬁne \u0301 🙂 Sabhal — Na h-Eileanan Siar"
    (mention,) = reader.read(text)
    assert text[mention.start : mention.end] == "Na h-Eileanan Siar"
