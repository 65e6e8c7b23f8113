"""Who may use which route: all of it, as data, here and nowhere else.

A route that is not listed stops the service from starting, so a new route cannot go out without a rule.
Which rows a person may see within a route (an own draft, an own submission) is asked where the row is fetched.
"""

from enum import StrEnum


class Person(StrEnum):
    ANYONE = "anyone"  # not signed in; a respondent is known by the draft in their browser alone
    REVIEWER = "reviewer"  # staff who read, review and decide
    AUDITOR = "auditor"  # staff who only look
    SUBMITTER = "submitter"  # a program that sends submissions
    READER = "reader"  # a program that reads profiles


EVERYONE = frozenset(Person)
STAFF = frozenset({Person.REVIEWER, Person.AUDITOR})
REVIEWERS = frozenset({Person.REVIEWER})
STAFF_ROLES = tuple(sorted(STAFF))
TOKEN_ROLES = (Person.SUBMITTER, Person.READER)

RULES: dict[str, frozenset[Person]] = {
    "GET /": EVERYONE,
    "GET /accessibility": EVERYONE,
    "GET /privacy": EVERYONE,
    "GET /static/{file_path}": EVERYONE,
    "GET /questionnaires/{slug}": EVERYONE,
    "GET /questionnaires/{slug}/questions": EVERYONE,
    "GET /questionnaires/{slug}/questions.docx": EVERYONE,
    "GET /questionnaires/{slug}/questions.pdf": EVERYONE,
    "GET /questionnaires/{slug}/pages/{page_id}": EVERYONE,
    "POST /questionnaires/{slug}/pages/{page_id}": EVERYONE,
    "GET /questionnaires/{slug}/tasks": EVERYONE,
    "GET /questionnaires/{slug}/forget": EVERYONE,
    "POST /questionnaires/{slug}/forget": EVERYONE,
    "GET /questionnaires/{slug}/check": EVERYONE,
    "POST /questionnaires/{slug}/check": EVERYONE,
    "GET /receipts/{key}": EVERYONE,
    # The answers themselves: to the browser that sent them alone, for an hour.
    "GET /receipts/{key}/answers.docx": EVERYONE,
    "GET /sign-in": EVERYONE,
    "POST /sign-in": EVERYONE,
    "GET /sign-in/{secret}": EVERYONE,
    "POST /sign-in/{secret}": EVERYONE,
    "POST /sign-out": STAFF,
    "GET /staff": STAFF,
    "GET /staff/sources": STAFF,
    "GET /staff/sources/{source_id}": STAFF,
    "GET /staff/statements/{statement_id}": STAFF,
    "POST /staff/statements/{statement_id}/decisions": REVIEWERS,
    "GET /staff/organisations": STAFF,
    "GET /staff/organisations/{organisation_id}": STAFF,
    "GET /staff/organisations/{organisation_id}/statements": STAFF,
    "GET /api/health": EVERYONE,
    "GET /api/openapi.json": EVERYONE,
    "GET /api": EVERYONE,  # this and the next: the framework's own "not found" under the description's address
    "GET /api/{path}": EVERYONE,
    "GET /api/questionnaires/{slug}": EVERYONE,
    "POST /api/submissions": frozenset({Person.SUBMITTER}),
    "GET /api/submissions/{reference}": frozenset(TOKEN_ROLES),
    "GET /api/organisations/{organisation_id}/profile": frozenset({Person.READER}),
}
