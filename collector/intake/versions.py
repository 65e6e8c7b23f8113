"""The versions of questionnaires that a round can ask: those published, and those in files not used yet."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlmodel import Session, col, select

from collector.intake import round_changes, rounds
from collector.intake.models import PublishedQuestionnaire
from forms import questionnaire as questionnaires
from forms import texts, translations
from forms.questionnaire import DefinitionError, Questionnaire

NAMES_THEM = "“feedback-loop questionnaire check” names them"


@dataclass(frozen=True)
class Version:
    questionnaire: Questionnaire
    published: bool

    @property
    def id(self) -> str:
        return f"{self.questionnaire.slug}_v{self.questionnaire.version}"

    @property
    def name(self) -> str:
        return round_changes.name_of(self.questionnaire)


@dataclass(frozen=True)
class Versions:
    """`unfit` names the files that no round can ask, each with what to do about it."""

    all: dict[str, Version]
    unfit: tuple[str, ...]


def choosable(session: Session) -> Versions:
    """By title, the newest version first."""
    published = _published(session)
    found, unfit = dict(published), []
    for path in sorted(questionnaires.FOLDER.glob("*.yaml")):
        if texts.is_translation(path):
            if not _is_sound(path, path.stat().st_mtime_ns):
                unfit.append(f"{path.name} has mistakes, so its texts are shown in English: {NAMES_THEM}")
            continue
        version = _read(path, path.stat().st_mtime_ns)
        if version is None:
            unfit.append(f"{path.name} has mistakes: {NAMES_THEM}")
        elif version.id in published and not rounds.is_same(published[version.id].questionnaire, version.questionnaire):
            unfit.append(f"{path.name} was changed after its version was published: give it a new version")
        else:
            found.setdefault(version.id, version)
    order = sorted(found.values(), key=lambda one: (one.questionnaire.title, -one.questionnaire.version))
    return Versions({one.id: one for one in order}, tuple(unfit))


def _published(session: Session) -> dict[str, Version]:
    tried_out = col(PublishedQuestionnaire.slug).startswith(rounds.PREVIEW_SLUG, autoescape=True)
    known = session.exec(select(PublishedQuestionnaire.id, PublishedQuestionnaire.content_hash).where(~tried_out))
    versions = (Version(rounds.recalled(session, *row), published=True) for row in known.all())
    return {version.id: version for version in versions}


# By the time of its last change too: a file may be mended while the service runs.
@lru_cache(maxsize=100)
def _read(path: Path, changed: int) -> Version | None:
    try:
        return Version(questionnaires.load_path(path), published=False)
    except DefinitionError:
        return None


@lru_cache(maxsize=100)
def _is_sound(path: Path, changed: int) -> bool:
    try:
        translations.check(path)
    except DefinitionError:
        return False
    return True
