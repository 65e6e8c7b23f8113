"""What published questionnaires say in other languages.

The translation that a version is published with is kept beside it, as a later version may take its file over. It is
no part of the version: a better translation of the same English, in the file, comes before it from the next start on.
"""

import json
from contextlib import suppress
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from collector.intake.models import QuestionnaireTranslation
from forms import translations
from forms.questionnaire import Questionnaire
from forms.texts import LANGUAGES
from forms.translations import State, Translation

# By the content of the questionnaire, the language and what is kept in it: all that decides what is said.
remembered: dict[tuple[str, str, str], Questionnaire] = {}


def keep(session: Session, questionnaire: Questionnaire, content_hash: str) -> None:
    """Keep what the files say today of this questionnaire. What they no longer have of it stays as it was."""
    for language in LANGUAGES:
        held = session.exec(_kept(content_hash, language)).first()
        said = translations.of(questionnaire, language, held and Translation(texts=held.texts))
        texts = Translation(texts=said.only(questionnaire.texts)).model_dump()["texts"]
        if not texts or (held and held.texts == texts):
            continue
        row = held or QuestionnaireTranslation(content_hash=content_hash, language=language)
        row.texts, row.texts_hash = texts, sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
        with suppress(IntegrityError), session.begin_nested():  # somebody may be keeping the same at this moment
            session.add(row)
            session.flush()


def spoken(session: Session, questionnaire: Questionnaire, content_hash: str, language: str) -> Questionnaire:
    """The questionnaire in this language, from memory where this process has made it before."""
    texts_hash = session.exec(_hash(content_hash, language)).first() or ""
    key = content_hash, language, texts_hash
    if key not in remembered:
        said = translations.of(questionnaire, language, kept(session, content_hash, language))
        remembered[key] = translations.spoken(questionnaire, language, said)
    return remembered[key]


def states(session: Session, questionnaire: Questionnaire, content_hash: str) -> list[State]:
    """How far each translation is, for staff."""
    said = {
        language: translations.of(questionnaire, language, kept(session, content_hash, language))
        for language in LANGUAGES
    }
    return [translations.state(questionnaire, *one) for one in said.items()]


def kept(session: Session, content_hash: str, language: str) -> Translation | None:
    row = session.exec(_kept(content_hash, language)).first()
    return Translation(texts=row.texts) if row else None


def _kept(content_hash: str, language: str) -> Any:
    return select(QuestionnaireTranslation).where(
        QuestionnaireTranslation.content_hash == content_hash, QuestionnaireTranslation.language == language
    )


def _hash(content_hash: str, language: str) -> Any:
    return select(QuestionnaireTranslation.texts_hash).where(
        QuestionnaireTranslation.content_hash == content_hash, QuestionnaireTranslation.language == language
    )
