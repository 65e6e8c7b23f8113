"""What several people say that no code holds is found, quoted and made a code of, and goes when the words go."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from analysis.findings import Findings, Label, Statement
from collector.database import Database, now
from collector.findings import record
from collector.findings.models import BlindItem
from collector.findings.models import Statement as Kept
from collector.findings.theme_models import Theme, ThemeSearch, ThemeStatement
from collector.frameworks import plan
from collector.frameworks.models import CodebookVersion
from collector.intake import uploads
from collector.intake.models import Passage, Source, SubmissionPartner
from collector.organisations import directory
from collector.privacy import erasure
from collector.queue import THEMES_TASK
from collector.review import decisions, outside, picked, steps, theme_pages
from tests.collector import markup
from tests.unforeseen import SAID
from worker import tasks, theming

pytestmark = pytest.mark.usefixtures("worker_here")

URL = "/staff/codebook/themes"
ON_PARKING, ON_LOGINS = SAID["parking"], SAID["passwords"]
EVERYTHING = [line for lines in SAID.values() for line in lines]
OTHERS = [line for line in EVERYTHING if line not in (*ON_PARKING, *ON_LOGINS)]
KIND = Label("kinds", "barrier", 0.8)
CODED = Label("barrier_themes", "funding", 0.8)


@pytest.fixture
def say(database: Database) -> Callable[..., list[int]]:
    """Has somebody say these things, each a passage of one statement under these labels; gives the statements' ids.

    `apart`: each in a source of its own.
    """

    def keep(
        texts: Sequence[str], *labels: Label, by: str = "", language: str = "en", apart: bool = False
    ) -> list[int]:
        with database.writing() as session:
            who = directory.find_or_add(session, name=by, kind="other", areas=[]) if by else None
            rows = []
            for group in [[text] for text in texts] if apart else [texts]:
                source = Source(kind="document", title="Said", organisation_id=who)
                session.add(source)
                session.flush()
                rows += [Passage(source_id=source.id, position=at, text=text) for at, text in enumerate(group, start=1)]
            session.add_all(rows)
            session.flush()
            found = {
                row.id: Findings(
                    id=str(row.id),
                    statements=(Statement(0, len(row.text), labels),),
                    model="test-1",
                    language=language,
                )
                for row in rows
            }
            record.record(session, found)
            ids = session.exec(select(Kept.id).where(col(Kept.passage_id).in_(found)).order_by(Kept.id)).all()
            session.commit()
            return list(ids)

    return keep


@pytest.fixture
def look(database: Database, staff_id: int) -> Callable[..., int]:
    """Has themes looked for, and the worker look; gives the search."""

    def find(round_id: int | None = None) -> int:
        with database.writing() as session:
            search_id = outside.ask(session, round_id, staff_id=staff_id)
            session.commit()
        theming.find_themes([search_id])
        return search_id

    return find


def search_of(database: Database, search_id: int) -> ThemeSearch:
    with database.reading() as session:
        return session.get_one(ThemeSearch, search_id)


def shown(database: Database) -> list[outside.Shown]:
    with database.reading() as session:
        search = outside.latest_done(session, None)
        return outside.shown(session, outside.themes(session, search), lines=50)


def texts_in(theme: outside.Shown) -> set[str]:
    return {line.text for line in theme.lines}


def theme_on(database: Database, subject: str) -> outside.Shown | None:
    """The theme that is about this more than about anything else."""
    own = set(SAID[subject])
    return next((one for one in shown(database) if 2 * len(texts_in(one) & own) > len(texts_in(one))), None)


def change(database: Database, do: Callable[[Session], Any]) -> None:
    with database.writing() as session:
        do(session)
        session.commit()


def test_what_several_say_without_a_code_is_found_with_who_said_it_and_named_by_their_words(
    database: Database, say: Callable, look: Callable
) -> None:
    say(ON_PARKING[:4], KIND, by="Kinnaird Water Council")
    say(ON_PARKING[4:], KIND, by="Machair Trust")
    say(ON_LOGINS[:3], KIND, by="Machair Trust")
    say(ON_LOGINS[3:], KIND)
    say(OTHERS, KIND, by="Machair Trust")
    say(["We will pay for parking from our own funds until the car park is mended"], CODED)
    search = search_of(database, look())
    assert (search.state, search.statements, search.more, search.codebook) == ("done", 92, False, plan.book().version)
    parking, logins = theme_on(database, "parking"), theme_on(database, "passwords")
    assert len(texts_in(parking) - set(ON_PARKING)) <= 1
    assert len(texts_in(logins) - set(ON_LOGINS)) <= 1
    assert "parking" in parking.name
    assert (parking.organisations, parking.others) == (2, 0)
    assert (logins.organisations, logins.others) == (1, 1)
    assert len(parking.lines) == parking.statements >= 5
    for theme in (parking, logins):
        assert len(theme.name) >= 3
        for line in theme.lines:
            assert all(line.text[start:end] for start, end in line.named_by)


def test_nothing_that_is_kept_of_a_theme_is_words(say: Callable, look: Callable, dump: Callable) -> None:
    say(EVERYTHING, KIND)
    look()
    rows = dump()
    kept = repr([rows[table.__tablename__] for table in (ThemeSearch, Theme, ThemeStatement)]).lower()
    assert rows["theme_statement"]
    said = {word for text in EVERYTHING for word in text.lower().split() if len(word) > 6}
    assert {word for word in said if word in kept} == set()


def say_each_alone(say: Callable) -> None:
    """Every text in a source of its own, so that one can be withdrawn by itself."""
    say(EVERYTHING, KIND, apart=True)


def words_of(page: Any) -> str:
    return " ".join(markup.words(page).split())


def test_what_is_coded_or_gone_since_is_in_no_theme(
    database: Database, say: Callable, look: Callable, staff_id: int, staff_browser: Any
) -> None:
    say_each_alone(say)
    look()
    before = theme_on(database, "parking")
    coded, aside, redacted, withdrawn, drawn, *left = before.lines
    accept = {"statement_id": coded.statement.id, "family": "actions", "label": "support", "verdict": "add"}
    change(database, lambda session: decisions.decide(session, staff_id=staff_id, **accept))
    reason = {"staff_id": staff_id, "reason": "Not ours"}
    change(database, lambda session: steps.move(session, aside.statement.passage_id, "set-aside", **reason))
    place = {"kind": "redaction", "first": (0, 9), "place": (0, 9), "details": {"reason": "child"}, "verdict": "add"}
    id = redacted.statement.passage_id
    change(database, lambda session: picked.decide(session, passage_id=id, staff_id=staff_id, **place))
    sources = select(Passage.source_id).where(Passage.id == withdrawn.statement.passage_id)
    change(database, lambda session: erasure.erase_sources(session, sources))
    blind = BlindItem(passage_id=drawn.statement.passage_id, coders=1, chance=0.1)
    change(database, lambda session: session.add(blind))
    [after] = [theme for theme in shown(database) if theme.id == before.id]
    assert texts_in(after) == {line.text for line in left}
    gone = [line.text for line in (coded, aside, redacted, withdrawn, drawn)]
    for page in (staff_browser.get(f"{URL}/{before.id}"), staff_browser.get(URL)):
        assert not [text for text in gone if text in words_of(page)]
    look()
    assert not [theme for theme in shown(database) if texts_in(theme) & set(gone)]


def redact(session: Session, passage_id: int, staff_id: int) -> None:
    place = {"first": (0, 9), "place": (0, 9), "details": {"reason": "child"}}
    picked.decide(session, passage_id=passage_id, kind="redaction", verdict="add", staff_id=staff_id, **place)


def test_what_is_redacted_is_neither_counted_nor_in_the_way_of_what_is_left(
    database: Database, say: Callable, look: Callable, staff_id: int, staff_browser: Any
) -> None:
    say_each_alone(say)
    look()
    before = theme_on(database, "parking")
    for line in before.lines[: theme_pages.LINES]:
        change(database, lambda session, line=line: redact(session, line.statement.passage_id, staff_id))
    [after] = [theme for theme in shown(database) if theme.id == before.id]
    left = before.statements - theme_pages.LINES
    assert (after.statements, after.others, after.since) == (left, left, theme_pages.LINES)
    page = words_of(staff_browser.get(URL))
    assert f"Said in {left} statements, by {left} people or groups" in page
    assert all(line.text in page for line in before.lines[theme_pages.LINES :][: theme_pages.LINES])
    for line in after.lines:
        change(database, lambda session, line=line: redact(session, line.statement.passage_id, staff_id))
    assert before.id not in {theme.id for theme in shown(database)}


def test_who_sends_files_with_their_answers_is_one_and_a_joint_return_is_all_that_it_speaks_for(
    database: Database, say: Callable, look: Callable, receive: Callable
) -> None:
    submissions = [receive(str(number)).submission_id for number in range(2)]
    said = [*say(ON_PARKING[:4], KIND), *say(ON_PARKING[4:8], KIND), *say(ON_PARKING[8:], KIND, by="Machair Trust")]
    say([*ON_LOGINS, *OTHERS], KIND)
    sources = dict.fromkeys(source_of(database, id) for id in said)
    with database.writing() as session:
        for source_id, submission_id in zip(sources, [submissions[0], submissions[0], submissions[1]], strict=True):
            upload = uploads.keep(session, "plan.txt", f"{source_id}".encode(), submission_id=submission_id)
            of_file = {"submission_id": submission_id, "upload_id": upload.id}
            session.exec(sa.update(Source).where(Source.id == source_id).values(**of_file))
        partner = directory.find_or_add(session, name="Kinnaird Water Council", kind="other", areas=[])
        session.add(SubmissionPartner(submission_id=submissions[1], organisation_id=partner))
        session.commit()
    look()
    parking = theme_on(database, "parking")
    assert texts_in(parking) == set(ON_PARKING)
    assert (parking.organisations, parking.others) == (2, 1)


def source_of(database: Database, statement_id: int) -> int:
    chosen = select(Passage.source_id).join(Kept, col(Kept.passage_id) == Passage.id).where(Kept.id == statement_id)
    with database.reading() as session:
        return session.exec(chosen).one()


def test_what_nobody_said_is_told_apart(database: Database, say: Callable, look: Callable, staff_browser: Any) -> None:
    def tagged() -> int:
        return len(
            markup.tree(staff_browser.get(URL)).xpath("//li[contains(., 'Open statement')][contains(., 'Sample')]")
        )

    say_each_alone(say)
    look()
    assert (tagged(), "Nothing here was said by anyone" in staff_browser.get(URL).text) == (0, False)
    nearest = theme_on(database, "parking").lines[0].statement.id
    invented = sa.update(Source).where(Source.id == source_of(database, nearest)).values(sample=True)
    change(database, lambda session: session.exec(invented))
    assert tagged() == 1
    change(database, lambda session: session.exec(sa.update(Source).values(sample=True)))
    assert (tagged(), "Nothing here was said by anyone" in staff_browser.get(URL).text) == (0, True)


def test_labels_that_say_no_subject_and_what_people_rejected_make_no_statement_coded(
    database: Database, say: Callable, look: Callable, staff_id: int
) -> None:
    say(ON_PARKING[:5], KIND)
    rejected = say(ON_PARKING[5:], CODED)
    assert search_of(database, look()).statements == 5
    label = {"family": CODED.family, "label": CODED.id, "verdict": "reject", "staff_id": staff_id}
    for id in rejected:
        change(database, lambda session, id=id: decisions.decide(session, statement_id=id, **label))
    say(ON_LOGINS, KIND, language="pl")  # the machine reads none
    assert search_of(database, look()).statements == len(ON_PARKING)


def test_of_more_than_can_be_looked_at_the_newest_are_and_the_page_says_so(
    database: Database, say: Callable, look: Callable, staff_browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(ON_PARKING, KIND)
    newest = [*ON_LOGINS, *OTHERS]
    say(newest, KIND)
    monkeypatch.setattr(outside, "MOST_STATEMENTS", len(newest))
    search = search_of(database, look())
    assert (search.statements, search.more) == (len(newest), True)
    assert theme_on(database, "passwords")
    assert not [theme for theme in shown(database) if texts_in(theme) & set(ON_PARKING)]
    assert f"in {len(newest)} statements without a code, the newest of more" in words_of(staff_browser.get(URL))


def test_one_round_alone_is_looked_at_where_one_is_chosen(
    database: Database, say: Callable, look: Callable, analysed: Callable, open_round: Any, staff_browser: Any
) -> None:
    say(EVERYTHING, KIND)
    analysed(told={1: {"We hold a family meeting before every decision.": {"kinds": ["activity"]}}})
    assert search_of(database, look(open_round.id)).statements == 1
    look()
    page = staff_browser.get(f"{URL}?round={open_round.id}")
    assert f"1 statement without a code of {open_round.title} was looked at" in words_of(page)
    assert "parking" in words_of(staff_browser.get(URL))
    assert staff_browser.get(f"{URL}?round=99").status_code == 404


# -- Asking -------------------------------------------------------------------------------------------


def test_who_asks_twice_has_it_done_once_and_a_later_look_takes_the_place_of_an_earlier(
    database: Database, say: Callable, look: Callable, staff_browser: Any
) -> None:
    say(EVERYTHING, KIND)
    first = look()
    old = shown(database)[0].id
    for _ in range(2):
        assert staff_browser.submit(URL, {"round": ""}).headers["location"] == URL
    with database.reading() as session:
        waiting = session.exec(select(ThemeSearch).where(ThemeSearch.state == "waiting")).one()
    page = staff_browser.get(URL)
    assert "Waits for its turn" in markup.words(page)
    assert "hospital" in page.text  # what was found before stays until then
    theming.find_themes([first, waiting.id, waiting.id])
    with database.reading() as session:
        assert session.exec(select(ThemeSearch.id)).all() == [waiting.id]
    assert staff_browser.get(f"{URL}/{old}").status_code == 404
    assert staff_browser.submit(URL, {"round": "99"}).status_code == 404


def test_what_was_found_in_a_round_is_shown_without_a_search_and_the_address_holds_the_round_alone(
    database: Database, staff_browser: Any, open_round: Any, new_browser: Callable, sign_in: Callable
) -> None:
    for chosen, url in (("", URL), (str(open_round.id), f"{URL}?round={open_round.id}")):
        assert staff_browser.submit(URL, {"round": chosen, "then": "show"}).headers["location"] == url
        assert staff_browser.get(f"{URL}?round={chosen}").status_code == 200  # as who may only look has it sent
    for nonsense in ("x", "-1", "0", "9" * 12):
        assert staff_browser.get(f"{URL}?round={nonsense}").status_code == 404
        assert staff_browser.submit(URL, {"round": nonsense}).status_code == 404
    assert not search_of_any(database)
    [form] = markup.tree(staff_browser.get(URL)).xpath("//form[@action=$url]", url=URL)
    assert not form.xpath(".//*[@formmethod]")  # with the form's token in it, an address would be a key
    auditor = new_browser()
    sign_in(auditor, "auditor")
    [form] = markup.tree(auditor.get(URL)).xpath("//form[@action=$url]", url=URL)
    assert form.xpath(".//@name") == ["round"]


def search_of_any(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.exec(select(ThemeSearch.id)))


def test_a_search_whose_worker_died_is_done_by_the_next_one(database: Database, say: Callable, staff_id: int) -> None:
    say(EVERYTHING, KIND)
    with database.writing() as session:
        search_id = outside.ask(session, None, staff_id=staff_id)
        dead = outside.leases.claim(session, search_id)
        session.commit()
    theming.find_themes([search_id])
    assert shown_of(database, search_id) == 0
    with database.writing() as session:
        session.exec(sa.update(ThemeSearch).values(lease_until=now() - timedelta(seconds=1)))
        session.commit()
        assert dict(tasks.SWEPT)[THEMES_TASK](session) == [search_id]
        session.commit()
    theming.find_themes([search_id])
    assert shown_of(database, search_id) >= 5
    with database.writing() as session:
        assert not outside.finish(session, dead, [], statements=0, more=False)


def shown_of(database: Database, search_id: int) -> int:
    with database.reading() as session:
        return len(session.exec(select(Theme).where(Theme.search_id == search_id)).all())


def test_a_search_that_fails_three_times_says_so_without_a_word_and_can_be_asked_for_again(
    database: Database, say: Callable, staff_id: int, staff_browser: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def failing(texts: Sequence[str]) -> None:
        raise RuntimeError(f"cannot read {texts[0]}")

    say(EVERYTHING, KIND)
    monkeypatch.setattr(theming.analysis, "themes", failing)
    with database.writing() as session:
        search_id = outside.ask(session, None, staff_id=staff_id)
        session.commit()
    for _ in range(3):
        theming.find_themes([search_id])
    assert search_of(database, search_id).state == "set-aside"
    page = markup.words(staff_browser.get(URL))
    assert "Failed" in page
    assert "The search failed (RuntimeError). Nothing is lost: look again" in page
    assert not [text for text in EVERYTHING if text in caplog.text]
    monkeypatch.undo()
    staff_browser.submit(URL, {"round": ""})
    with database.reading() as session:
        again = session.exec(select(ThemeSearch.id).where(ThemeSearch.state == "waiting")).one()
    assert again != search_id


def test_what_is_withdrawn_while_it_is_looked_at_is_kept_of_no_theme(
    database: Database, say: Callable, look: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    say([*ON_LOGINS, *OTHERS], KIND)
    gone = say(ON_PARKING, KIND)
    themes = theming.analysis.themes

    def meanwhile(texts: Sequence[str]) -> Any:
        found = themes(texts)
        sources = select(Passage.source_id).join(Kept, col(Kept.passage_id) == Passage.id).where(Kept.id == gone[0])
        change(database, lambda session: erasure.erase_sources(session, sources))
        return found

    monkeypatch.setattr(theming.analysis, "themes", meanwhile)
    look()
    assert theme_on(database, "passwords")
    assert not [theme for theme in shown(database) if texts_in(theme) & set(ON_PARKING)]


# -- From a theme to a code ---------------------------------------------------------------------------


def test_a_code_is_proposed_from_a_theme_with_what_was_said_beside_it(
    database: Database, say: Callable, look: Callable, staff_browser: Any
) -> None:
    say(ON_PARKING, KIND, by="Kinnaird Water Council")
    say([*ON_LOGINS, *OTHERS], KIND)
    look()
    said = theme_on(database, "parking").lines[0].text
    listed = markup.tree(staff_browser.get(URL))
    [form] = [
        one for one in listed.xpath("//form[@action='/staff/codebook/change/add']") if "park" in one.text_content()
    ]
    [theme_id] = form.xpath(".//input[@name='theme']/@value")
    assert form.xpath(".//option[@selected]/@value") == ["barrier_themes"]
    url = f"/staff/codebook/change/add?theme={theme_id}&family=barrier_themes"
    page = staff_browser.get(url)
    beside = markup.words(page, "//aside[@aria-labelledby='beside']")
    assert "by 1 organisation" in beside
    assert said in beside
    assert not any(markup.typed(page, name) for name in ("title", "takes-in", "examples"))  # in the coder's own words
    refused = staff_browser.submit(url, {"title": "Parking", "takes-in": "", "_step": "preview", "_on": "1"})
    assert refused.status_code == 422
    assert said in markup.words(refused, "//aside")
    values = {"title": "Places to park", "takes-in": "Nowhere to leave a car.", "_on": "1"}
    preview = staff_browser.submit(url, {**values, "_step": "preview"})
    why = markup.typed(preview, "_why")
    assert why.startswith("Said in")
    assert why.endswith("by 1 organisation, that no code held")
    made = staff_browser.submit(url, {**values, "_step": "apply", "_why": why, "_key": "once"})
    assert made.headers["location"].startswith("/staff/codebook/versions/2")
    with database.reading() as session:
        assert session.get_one(CodebookVersion, 2).why == why
    plan.look(database)
    assert plan.known("barrier_themes", "places-to-park")


def test_a_form_that_says_no_version_in_numbers_is_of_the_one_that_is(staff_browser: Any, open_round: Any) -> None:
    url = "/staff/codebook/change/add?family=barrier_themes"
    values = {"title": "Places to park", "takes-in": "Nowhere to leave a car.", "_step": "preview"}
    assert [staff_browser.submit(url, {**values, "_on": on}).status_code for on in ("²", "x", "")] == [200] * 3


def test_a_form_for_a_code_stands_by_itself_when_its_theme_is_gone(staff_browser: Any, open_round: Any) -> None:
    for theme in ("99", "x", "-1", "9" * 30):
        page = staff_browser.get(f"/staff/codebook/change/add?theme={theme}&family=barrier_themes")
        assert page.status_code == 200
        assert "What was said" not in page.text


def test_before_anybody_looked_and_where_nothing_is_found_the_page_says_what_to_do(
    database: Database, say: Callable, look: Callable, staff_browser: Any, open_round: Any
) -> None:
    assert "Themes were not looked for yet" in markup.words(staff_browser.get(URL))
    say(ON_PARKING[:2], KIND)
    look()
    assert "No theme was found" in markup.words(staff_browser.get(URL))


def test_of_a_theme_that_is_coded_whole_the_page_says_that_nothing_is_left(
    database: Database, say: Callable, look: Callable, staff_id: int, staff_browser: Any
) -> None:
    say(EVERYTHING, KIND)
    look()
    theme = theme_on(database, "parking")
    ids = [line.statement.id for line in theme.lines]
    assert f"Read all {len(ids)}" in words_of(staff_browser.get(URL))
    label = {"family": "actions", "label": "support", "verdict": "add", "staff_id": staff_id}
    for id in ids[:2]:
        change(database, lambda session, id=id: decisions.decide(session, statement_id=id, **label))
    assert "2 more were coded, set aside, redacted or changed since it was found" in words_of(
        staff_browser.get(f"{URL}/{theme.id}")
    )
    for id in ids[2:]:
        change(database, lambda session, id=id: decisions.decide(session, statement_id=id, **label))
    assert markup.title(staff_browser.get(f"{URL}/{theme.id}")) == "Nothing is left of this theme"
    assert theme.id not in {one.id for one in shown(database)}
    for id in [line.statement.id for one in shown(database) for line in one.lines]:
        change(database, lambda session, id=id: decisions.decide(session, statement_id=id, **label))
    page = words_of(staff_browser.get(URL))
    assert "Nothing is left of what was found" in page
    assert "No theme was found" not in page


def test_what_is_invented_is_looked_at_only_where_the_sample_round_is_chosen(
    database: Database, say: Callable, look: Callable
) -> None:
    say(EVERYTHING[:10], KIND)
    change(database, lambda session: session.exec(sa.update(Source).values(sample=True)))
    say(EVERYTHING[10:], KIND)
    assert search_of(database, look()).statements == len(EVERYTHING) - 10
