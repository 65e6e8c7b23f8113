"""What invented respondents tell, for the tests that run the whole system."""

from typing import Any

QUESTIONNAIRE = "keeping-the-promise"

DOING = (
    "We give every child who moves home a keyworker who stays with them, and keep brothers and sisters together "
    "wherever we can. Our family support team visits at home before things go wrong."
)
PLANS = (
    "By March 2027 our head of service will train all 120 foster carers in trauma. "
    "We will open a second family hub in the east of the town next year."
)
BARRIERS = (
    "We cannot keep staff because contracts end every March. "
    "The waiting list for mental health support is more than a year, so families are in crisis before anybody helps."
)
MANY_BARRIERS = f"""{BARRIERS}

- There is no money to pay for family support after the pilot ends.
- Our computer system cannot share records with the health board.
- We do not have enough foster carers, so brothers and sisters are parted.
- Families wait four months for a first visit because we are short of workers.
- The rules on respite pay are unclear, and every council reads them in another way.
- Rents are too high for young people who move on from care.
- There are too few homes that can take three brothers and sisters together.
- Children in care wait a year for the mental health team.
- No independent advocate covers the islands.
- Pupils in care are still sent home informally by their schools.
- Young people who leave care at 18 have no flat to go to."""
NEEDS = "We need three-year funding and legal advice on sharing records between the health board and the council."
OFFERS = "We can offer other councils our training for foster carers, free of charge, twice a year."
VOICE = "Our champions board of care-experienced young people rewrote the letters we send, and chose two new workers."

# Paragraphs of a long document, each of its own kind, so that no two of one kind may be read differently.
PARAGRAPHS = (DOING, PLANS, BARRIERS, NEEDS, OFFERS, VOICE)


def by_organisation(name: str, **areas: dict[str, str]) -> dict[str, Any]:
    """Answers of an organisation; `areas` holds what it says of each priority area, one subject unless told."""
    told = {area.replace("_", "-"): said for area, said in areas.items()} or {"good-childhood": {"barriers": BARRIERS}}
    return {
        "respondent": "organisation",
        "organisation-name": name,
        "organisation-kind": "third_sector",
        "areas": ["fife", "highland"],
        "priority-areas": list(told),
        **{f"{area}.{question}": text for area, said in told.items() for question, text in said.items()},
        "permission": "without-name",
        "contact-permission": "no",
    }


def long_document(paragraphs: int) -> str:
    return "\n\n".join(PARAGRAPHS[number % len(PARAGRAPHS)] for number in range(paragraphs)) + "\n"
