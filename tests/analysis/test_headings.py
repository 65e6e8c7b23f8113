"""Headings, tables of contents and lists of names in documents are no statements; what is said in few words is."""

import pytest

from analysis import pipeline
from analysis.passages import Passage

PLACE = "Page 2, paragraph 1"

NAMES_ALONE = [
    "Foreword 3 Introduction 5 Our vision 7 What children told us 9 How we will get there 14 Next steps 22",
    "Foreword\t3\nIntroduction\t5\nOur approach\t8\nFamily support and respite\t12",
    "1 Introduction 5 2 Background 7 2.1 What gets in the way 9 3 Foster care 12",
    "Foreword ............ 3\nFoster care ............ 5",
    "Lack of foster carers: what families said . . . . . . . . 14",
    "Contents\nForeword\nLack of foster carers\nWhat we will do next",
    "Contents Foreword Introduction Foster care Working with families Family support Listening to children Next steps",
    "A Good Childhood Whole Family Support Supporting the Workforce Planning Building Capacity",
    "Aberdeen City Council Angus Council Fife Council NHS Tayside Police Scotland Barnardo's Scotland Aberlour",
    "Members: Fife Council, NHS Tayside, Police Scotland, Children's Hearings Scotland, Aberlour, Barnardo's Scotland",
    "- Support\n- Right to Education\n- Brothers and Sisters",
    "- 26 A Good Childhood\n- 42 Whole Family Support\n- 49 Supporting the Workforce",
    "▶ Listening;\n▶ Poverty;\n▶ Children’s rights and\n▶ Language.",
    "Members\n- Fife Council\n- Angus Council\n- NHS Tayside\n- Police Scotland\n- Children's Hearings Scotland",
]
STATEMENTS = [
    "No money for respite.",
    "More foster carers.",
    "Lack of housing in rural areas",
    "We Will Keep Brothers And Sisters Together Wherever It Is Safe To Do So",
    "- Training\n- Advocacy\n- Legislation",
    "Advocacy for parents.",
    "- Housing\n- Respite\n- Foster carers\n- Funding for longer than one year\n- Training for staff",
    "- More Foster Carers\n- Better Housing\n- Respite for Families\n- Longer Funding for Small Charities",
    "- Housing\n- Respite Care\n- Foster Carers\n- Mental Health Support\n- Advocacy for Young People\n- Training",
    "Foster Carers in Fife, Moray, Angus, Highland, Perth, Stirling and Falkirk",
    "Respite for kinship carers in Fife, Moray, Angus, Dundee and Highland",
    "Funding from the charity Aberlour and the council of Fife for work with families in Kirkcaldy and Glenrothes",
    "MORE MONEY FOR RESPITE AND FOR FOSTER CARERS IN RURAL AREAS",
    "Lack of Foster Carers for Brothers and Sisters in Rural Areas and on the Islands",
    "We will open houses for brothers and sisters in 2 towns, and by 2028 in 5",
    "There are too few foster carers: in Fife 12, in Angus 14, in Moray 20",
    "Families wait months for help.... 14",
    "- Family workers 2\\n- Foster carers 10\\n- Respite weekends 12\\n- Houses for care leavers 14",
    "1 Respite for carers 2 More foster carers 3 Housing for care leavers",
    "We will train foster carers with:\n- Fife Council\n- Angus Council\n- NHS Tayside\n- Police Scotland\n- Aberlour",
    "Fife Council will train every foster carer with Barnardo's Scotland, Aberlour and Police Scotland",
]


def labels(ours: pipeline.Pipeline, text: str, question: str = "", place: str = PLACE):
    [found] = ours.analyse([Passage("1", text, question, place=place)])
    assert found.statements or "\t" in text  # its words stay where a person can label them
    return found.labels


@pytest.mark.parametrize("text", NAMES_ALONE)
def test_a_paragraph_of_names_or_headings_alone_carries_no_labels(ours, text):
    assert labels(ours, text) == ()


@pytest.mark.parametrize("text", STATEMENTS)
def test_what_is_said_in_a_document_without_a_sentence_keeps_its_labels(ours, text):
    assert labels(ours, text) == labels(ours, text, place="Row 3") != ()


@pytest.mark.parametrize("place", ["", "Row 7"])
def test_what_is_answered_is_never_taken_for_a_list_of_names(ours, place):
    """Nor is a row of a table, whose cells say what they say beside one another."""
    text = "Respite 3 Foster carers 5 Advocacy 7 Housing for care leavers 9"
    assert labels(ours, text) == ()
    assert labels(ours, text, "What support would help you?", place) != ()
    assert labels(ours, text, place=place) != ()
