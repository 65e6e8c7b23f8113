"""Every journey with the keyboard alone: at each stop the focus is seen, and after a mistake it goes to the summary."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import files
import kept
import pytest
import told
from browsing import Keys, Window, tab_to
from playwright.sync_api import expect
from systems import System

from collector.accounts import secrets
from collector.database import now
from collector.intake import drafts, own_links, rounds, submissions
from forms import questionnaire

pytestmark = pytest.mark.slow

START = f"/questionnaires/{told.QUESTIONNAIRE}"
CONTINUE = "Save and continue"
GO_ON = re.compile("^(Save and continue|Go on without adding one|Continue)$")
DOING = "What are you doing now"


@pytest.fixture
def begun(system: System) -> Callable[[Window], None]:
    """Puts answers into a browser, as far as the lists; how they are given is a journey of its own."""

    def put(window: Window) -> None:
        window.open("/")
        cookies = {one["name"]: one["value"] for one in window.page.context.cookies()}
        answers: dict[str, Any] = told.by_organisation("Ettrick Carers", good_childhood={"doing": told.DOING})
        with system.database.writing() as session:
            round_, _ = rounds.current(session, told.QUESTIONNAIRE)
            drafts.save(session, cookies["visitor"], round_, asked=set(), answers=answers)
            session.commit()

    return put


def test_lists_colleagues_sending_correcting_and_withdrawing_by_keyboard_alone(
    new_window: Callable[..., Window], begun: Callable[[Window], None]
) -> None:
    window, other = new_window(), new_window()
    begun(window)
    keys = Keys(window)
    list_a_commitment(keys)
    share(keys, Keys(other))
    send(keys)
    correct_and_withdraw(keys)


def list_a_commitment(keys: Keys) -> None:
    keys.window.open(f"{START}/lists/commitments")
    keys.follow("Add a commitment")
    keys.press("Save this commitment")
    keys.mend("Say what you plan to do")
    keys.keyboard.type("We will open on Saturdays.")
    keys.back_and_forth()
    keys.press("Save this commitment")
    keys.follow("Change commitment 1")
    keys.write("What do you plan to do?", "We will open on Sundays.")
    keys.press("Save this commitment")
    keys.follow("Add another commitment")
    keys.write("What do you plan to do?", "We will close early.")
    keys.press("Save this commitment")
    keys.follow("Remove commitment 2")
    keys.press("Remove this commitment")
    expect(keys.page.get_by_role("heading", name="You have added 1 commitment")).to_be_visible()
    expect(keys.page.get_by_text("We will open on Sundays.")).to_be_visible()
    keys.press("Continue")


def share(keys: Keys, others: Keys) -> None:
    keys.follow("See all sections")
    keys.follow("Come back on another device, or work with colleagues")
    keys.write("Your name", "Aileen")
    keys.press("Show a link to copy")
    others.window.open(keys.page.locator("code").inner_text())
    others.write("Your name", "Morag")
    others.press("Open the answers")
    for one in (keys, others):
        one.window.open(f"{START}/pages/good-childhood-doing")
        one.write(DOING, f"Written by {id(one)}.")
    others.press(CONTINUE)
    keys.press(CONTINUE)
    assert keys.window.heading() == "Morag changed this answer too"
    keys.press(CONTINUE)
    keys.mend("Choose which answer to keep")
    keys.keyboard.press("ArrowDown")
    keys.keyboard.press("ArrowDown")
    expect(keys.page.get_by_label("Keep both")).to_be_checked()
    keys.press(CONTINUE)


def send(keys: Keys) -> None:
    keys.window.open(f"{START}/check")
    keys.enter(keys.page.get_by_role("link", name="Change your answer: What is the name of your organisation?"))
    keys.write("What is the name of your organisation?", "Ettrick Kinship Carers")
    keys.press(CONTINUE)
    assert keys.window.heading() == "Check your answers"
    keys.press("Submit your answers")
    assert keys.window.heading() == "Your answers have been sent"


def correct_and_withdraw(keys: Keys) -> None:
    keys.enter(keys.page.locator('a[href*="/my-submission/"]').first)
    keys.press("Open what you sent")
    keys.follow("Correct or add to your answers")
    keys.enter(keys.page.locator('a[href$="/answers/good-childhood-barriers"]'))
    keys.write("What is getting in the way?", "Nothing is, any more.")
    keys.press("Save")
    expect(keys.page.get_by_text("Nothing is, any more.").first).to_be_visible()
    keys.follow("What you sent")
    keys.follow("Withdraw what you sent")
    keys.press("Withdraw and delete")
    keys.mend("")
    keys.keyboard.press("Space")
    keys.press("Withdraw and delete")
    assert keys.window.heading() == "You have withdrawn what you sent"


def test_uploading_leaving_and_coming_back_by_the_mailed_link_by_keyboard_alone(
    new_window: Callable[..., Window], begun: Callable[[Window], None], system: System
) -> None:
    here, there = new_window(), new_window()
    begun(here)
    keys = Keys(here)
    send_a_plan_along(keys)
    mail_a_link(keys, "iona@ettrick.example.org")
    take_off_this_device(keys)
    come_back(Keys(there), re.search(r"http\S+", system.mail_to("iona@ettrick.example.org"))[0])
    reference = finish(Keys(there))
    answers = kept.whole(system.database, reference)["answers"]
    assert [value.partition(" ")[2] for value in answers["documents"]] == ["plan.docx"]
    assert answers["email"] == "iona@ettrick.example.org"


def send_a_plan_along(keys: Keys) -> None:
    keys.window.open(f"{START}/pages/documents")
    keys.press("Add file")
    keys.mend("Choose a file")
    keys.attach("#documents", "plan.pdf", b"no plan at all")
    keys.press("Add file")
    keys.mend("We cannot read this kind of file")
    for name in ("old.docx", "plan.docx"):
        keys.attach("#documents", name, files.word(f"We plan: {name}."))
        keys.press("Add file")
        expect(keys.page.get_by_role("list", name="Files added").get_by_role("link", name=name)).to_be_visible()
    keys.press("Remove old.docx")
    expect(keys.page.get_by_role("status")).to_have_text("The file is removed.")
    expect(keys.page.get_by_role("list", name="Files added").get_by_role("link")).to_have_text(["plan.docx"])
    keys.press(CONTINUE)


def mail_a_link(keys: Keys, address: str) -> None:
    keys.follow("See all sections")
    keys.follow("Come back on another device, or work with colleagues")
    keys.press("E-mail a link")
    keys.mend("Enter the e-mail address that the link should go to")
    keys.keyboard.type(address)
    keys.press("E-mail a link")


def take_off_this_device(keys: Keys) -> None:
    keys.follow("take the answers off it")
    keys.press("Take the answers off this device")
    keys.window.open(START)
    expect(keys.page.get_by_role("link", name="Carry on with your answers")).to_have_count(0)


def come_back(keys: Keys, link: str) -> None:
    keys.window.open(link)
    keys.skip_to_main()
    keys.press("Open the answers")
    assert keys.window.heading() == "Your answers so far"
    keys.window.open(f"{START}/pages/permission")


def finish(keys: Keys) -> str:
    keys.choose("No, do not publish them")
    keys.press(CONTINUE)
    keys.choose("Yes")
    keys.press(CONTINUE)
    keys.write("What is your e-mail address?", "iona@ettrick.example.org")
    keys.press(CONTINUE)
    keys.press("Submit your answers")
    assert keys.window.heading() == "Your answers have been sent"
    return keys.page.locator(".ds_notification-panel__reference").inner_text()


def test_the_next_round_by_keyboard_alone(window: Window, own_link: str) -> None:
    keys = Keys(window)
    window.open(own_link)
    keys.press("Open what you sent")
    keys.enter(keys.page.get_by_role("link", name=re.compile("^Go on in")))
    start_from_what_is_held(keys)
    say_what_has_become_of_each(keys)
    window.open(f"{START}/pages/permission")
    finish(keys)
    expect(keys.page.get_by_text("1 kept as it is, 1 changed, 1 done, 1 withdrawn")).to_be_visible()


@pytest.fixture
def own_link(system: System) -> str:
    """To what was sent in an earlier round, with four commitments."""
    form, secret = questionnaire.load(told.QUESTIONNAIRE), secrets.fresh()
    listed = [{"id": f"c{number}", "commitment": f"We will do {number}."} for number in range(4)]
    with system.database.writing() as session:
        begun, closed = now() - timedelta(days=400), rounds.local_date() - timedelta(days=300)
        before = rounds.open_round(session, form, slug=f"before-{secret[:8]}", title="Before", opened_at=begun)
        before.closes_on = closed
        answers = {**told.by_organisation("Yarrow Carers"), "commitments": listed}
        submissions.receive(
            session,
            round_=before,
            questionnaire=form,
            questionnaire_id=before.questionnaire_id,
            answers=answers,
            idempotency_key=secret,
            own_link=secret,
        )
        session.commit()
    return own_links.url(secret)


def start_from_what_is_held(keys: Keys) -> None:
    keys.press("Continue")
    keys.mend("Choose")
    keys.keyboard.press("Space")
    keys.press("Continue")
    assert keys.window.heading() == "What we hold from last time"
    keys.follow("Continue")


def say_what_has_become_of_each(keys: Keys) -> None:
    for number, way in enumerate(("Keep as it is", "Change it", "It is done", "Withdraw it"), start=1):
        keys.choose(way, among=f"What has become of commitment {number}?")
    keys.press(CONTINUE)
    keys.write("What do you plan to do?", "We will hire two workers.")
    keys.press("Save this commitment")
    assert keys.window.heading() == "Commitment 3 is done"
    keys.write("When was it done?", "May 2026")
    keys.write("What came of it?", "All 40 of us now know how to listen.")
    keys.press(CONTINUE)
    assert keys.window.heading() == "Commitment 4 is withdrawn"
    keys.write("Why do you withdraw it?", "The van was sold.")
    keys.press(CONTINUE)


def test_staff_key_in_a_letter_to_its_end_by_keyboard_alone(window: Window, system: System) -> None:
    keys = signed_in(window, system)
    begin_a_letter(keys)
    attach_the_original(keys)
    key_all_pages(keys)
    keys.press("Send these answers")
    assert keys.window.heading() == "The answers have been sent"
    keys.follow("See it as a source")
    expect(keys.page.locator(".fl_top").get_by_role("link", name="letter.jpg")).to_be_visible()


def signed_in(window: Window, system: System) -> Keys:
    keys = Keys(window)
    window.open(system.new_link())
    keys.press("Sign in")
    return keys


def begin_a_letter(keys: Keys) -> None:
    keys.follow("Add")
    keys.follow("Key in answers")
    keys.press("Start keying")
    keys.mend("Choose")
    keys.keyboard.press("Space")
    keys.choose("Post")
    say_when(keys, "3", "March", "2026")
    keys.press("Start keying")


def attach_the_original(keys: Keys) -> None:
    keys.attach('input[type="file"]', "letter.jpg", b"\xff\xd8\xff\xe0 a scan")
    keys.press("Add file")
    expect(keys.page.get_by_role("link", name="letter.jpg")).to_be_visible()
    keys.follow("Carry on: Who is answering?")


def key_all_pages(keys: Keys) -> None:
    """A person for themselves, one area, one barrier, and nothing of publishing."""
    said = {
        "respondent": lambda: keys.choose("Me, for myself"),
        "you": lambda: keys.write("What is your name?", "Ailsa"),
        "areas": lambda: keys.choose("Fife"),
        "priority-areas": lambda: keys.choose("A Good Childhood"),
        "good-childhood-barriers": lambda: keys.write("What is getting in the way?", told.BARRIERS),
        "permission": lambda: keys.choose("Nothing was said about this"),
        "follow-up": lambda: keys.choose("No"),
    }
    while not keys.page.url.endswith("/check"):
        at = keys.page.url
        said.pop(at.rpartition("/")[2], lambda: None)()
        keys.enter(keys.page.get_by_role("button", name=GO_ON))
        assert keys.page.url != at
    assert said == {}


def test_a_policy_officer_sets_up_a_round_and_sends_invitations_by_keyboard_alone(
    window: Window, system: System
) -> None:
    system.submit(told.by_organisation("Lomond Carers"))
    keys = signed_in(window, system)
    set_up_a_round(keys)
    choose_from_the_directory(keys)
    paste_a_list(keys)
    send_invitations(keys)
    assert "from 1 March 2040" in system.mail_to("office@tarbert.example.org")


def set_up_a_round(keys: Keys) -> None:
    """One that opens long after this test, so that nobody else meets it."""
    keys.follow("Rounds")
    keys.follow("Set up a round")
    keys.press("Save")
    keys.mend("Enter a title")
    keys.keyboard.type("Spring 2040")
    tab_to(keys.page, keys.page.locator("#questionnaire"))
    keys.keyboard.press("Space")
    say_when(keys, "1", "March", "2040")
    keys.press("Save")
    assert keys.window.heading().startswith("Spring 2040")


def choose_from_the_directory(keys: Keys) -> None:
    keys.follow("Choose from the directory")
    keys.write("Name", "Lomond Carers")
    keys.press("Show")
    keys.press("Add to the list")
    keys.mend("Tick at least one organisation")
    keys.choose("Lomond Carers")
    keys.press("Add to the list")
    keys.mend("Lomond Carers: Enter an e-mail address")
    keys.keyboard.type("office@lomond.example.org")
    keys.press("Add to the list")
    keys.follow("Go to the round")


def paste_a_list(keys: Keys) -> None:
    keys.follow("Paste a list")
    keys.write("Names and e-mail addresses", "Tarbert Carers, office at tarbert")
    keys.press("Add to the list")
    keys.mend("")
    keys.write("Names and e-mail addresses", "Tarbert Carers, office@tarbert.example.org")
    keys.press("Add to the list")
    expect(keys.page.get_by_text("Tarbert Carers").first).to_be_visible()


def send_invitations(keys: Keys) -> None:
    keys.follow("Send 2 invitations")
    keys.press("Send 2 invitations")
    expect(keys.page.get_by_role("status")).to_contain_text("2")


def say_when(keys: Keys, *parts: str) -> None:
    for part, value in zip(("Day", "Month", "Year"), parts, strict=True):
        keys.write(part, value)
