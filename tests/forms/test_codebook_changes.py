"""A codebook is changed by making the next version of it, and nothing that was coded under an old one is lost."""

from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from forms import codebook, coding_frame
from forms.codebook import Code, Codebook, CodeRef, Family, HardCase, LeavesOut
from forms.codebook_changes import (
    CHANGES,
    PERMANENT,
    Add,
    Change,
    Changed,
    ChangeRefused,
    How,
    Mapping,
    Merge,
    Move,
    Retire,
    Reword,
    Settle,
    Split,
    Unsettle,
    changed,
    composed,
    mapping_between,
)

BOOK = codebook.load()
ADVOCACY, SUPPORT = CodeRef("actions", "advocacy"), CodeRef("actions", "support")
FAMILY_SUPPORT, THERAPIES = CodeRef("actions", "family-support"), CodeRef("actions", "family-therapies")
FUNDING, COMMISSIONING = CodeRef("barrier_themes", "funding"), CodeRef("barrier_themes", "commissioning")


def theme(code_id: str, title: str = "", **more: object) -> Code:
    return Code(id=code_id, title=title or code_id.capitalize(), takes_in=f"What is {code_id}.", **more)


# -- Each change ------------------------------------------------------------------------------------


def test_a_version_counts_on_and_the_one_before_stays_as_it_was() -> None:
    before = BOOK.content()
    after, mapping = changed(BOOK, Add(family="barrier_themes", code=theme("transport")))
    assert (after.version, mapping.old, mapping.new) == (2, 1, 2)
    assert after.content_hash != BOOK.content_hash
    assert BOOK.content() == before
    assert mapping.added == (CodeRef("barrier_themes", "transport"),)
    assert mapping.changed == ()


def test_a_code_that_is_reworded_stays_the_same_code() -> None:
    after, mapping = changed(BOOK, Reword(code=ADVOCACY, title="Advocacy and advice", examples=("One.",)))
    assert after.code(ADVOCACY).title == "Advocacy and advice"
    assert after.code(ADVOCACY).takes_in == BOOK.code(ADVOCACY).takes_in
    assert outcome(mapping, ADVOCACY) == (How.REWORDED, [ADVOCACY])
    assert [fate.code for fate in mapping.changed] == [ADVOCACY]
    assert codebook.framework_of(after).label("actions", "advocacy").title == "Advocacy and advice"


def test_two_codes_become_a_new_one() -> None:
    money = theme(
        "money", leaves_out=(LeavesOut(what="Shocks.", instead=(CodeRef("barrier_themes", "external-shock"),)),)
    )
    after, mapping = changed(BOOK, Merge(codes=(FUNDING, COMMISSIONING), into=money))
    new = CodeRef("barrier_themes", "money")
    assert outcome(mapping, FUNDING) == outcome(mapping, COMMISSIONING) == (How.MERGED, [new])
    assert not mapping.of(FUNDING).needs_second_look
    assert [code.id for code in after.family("barrier_themes").codes][:2] == ["money", "workforce-capacity"]
    assert [(str(one.code), one.title, one.version) for one in after.gone] == [
        ("barrier_themes.funding", "Funding", 2),
        ("barrier_themes.commissioning", "Commissioning", 2),
    ]
    assert mapping.added == ()


def test_a_code_becomes_part_of_another_and_what_named_it_names_that() -> None:
    after, mapping = changed(
        BOOK, Merge(codes=(THERAPIES,), into=FAMILY_SUPPORT), Merge(codes=(COMMISSIONING,), into=FUNDING)
    )
    assert outcome(mapping, THERAPIES) == outcome(mapping, FAMILY_SUPPORT) == (How.MERGED, [FAMILY_SUPPORT])
    assert outcome(mapping, COMMISSIONING) == (How.MERGED, [FUNDING])
    assert after.code(FAMILY_SUPPORT).leaves_out == ()  # it left out what is now its own
    waiting = next(case for case in after.hard_cases if case.id == "waiting-for-therapy")
    assert waiting.codes == (SUPPORT, FAMILY_SUPPORT)
    assert codebook.of(after.content()) == after


def test_a_code_becomes_several_and_what_stood_under_it_is_to_be_looked_at_again() -> None:
    early = theme("early-help", priority_area="whole-family-support")
    kinship = theme(
        "kinship",
        priority_area="whole-family-support",
        leaves_out=(LeavesOut(what="Help that comes early.", instead=(CodeRef("actions", "early-help"),)),),
    )
    after, mapping = changed(BOOK, Split(code=FAMILY_SUPPORT, into=(early, kinship, THERAPIES)))
    into = [CodeRef("actions", "early-help"), CodeRef("actions", "kinship"), THERAPIES]
    assert outcome(mapping, FAMILY_SUPPORT) == (How.SPLIT, into)
    assert mapping.of(FAMILY_SUPPORT).needs_second_look
    assert after.code(SUPPORT).leaves_out[0].instead == tuple(into)
    assert outcome(mapping, THERAPIES) == (How.SAME, [THERAPIES])
    assert codebook.of(after.content()) == after


def test_a_code_that_is_retired_leads_nowhere_and_is_told() -> None:
    after, mapping = changed(BOOK, Retire(code=FUNDING, why="All is money."))
    assert outcome(mapping, FUNDING) == (How.RETIRED, [])
    assert FUNDING not in after.codes
    assert after.gone[-1].into == ()


def test_an_action_moves_to_another_area() -> None:
    after, mapping = changed(BOOK, Move(code=ADVOCACY, priority_area="building-capacity"))
    assert codebook.framework_of(after).priority_area_of("advocacy") == "building-capacity"
    assert outcome(mapping, ADVOCACY) == (How.MOVED, [ADVOCACY])


def test_of_actions_of_several_areas_the_one_that_stays_is_named() -> None:
    merge = Merge(codes=(ADVOCACY,), into=FAMILY_SUPPORT)
    assert "A Good Childhood or Whole Family Support" in refusal(merge)
    assert "Name the priority area that stays" in refusal(merge.but(priority_area="planning"))
    after = changed(BOOK, merge.but(priority_area="good-childhood")).codebook
    assert after.code(FAMILY_SUPPORT).priority_area == "good-childhood"


def test_areas_that_become_one_take_their_actions_along() -> None:
    area = CodeRef("priority_areas", "planning")
    after, mapping = changed(BOOK, Merge(codes=(area,), into=CodeRef("priority_areas", "building-capacity")))
    assert codebook.framework_of(after).priority_area_of("investment") == "building-capacity"
    assert outcome(mapping, CodeRef("actions", "investment")) == (How.SAME, [CodeRef("actions", "investment")])
    assert codebook.of(after.content()) == after


def test_an_area_is_split_when_its_actions_are_in_others() -> None:
    area = CodeRef("priority_areas", "supporting-workforce")
    pay, practice = theme("pay", "Pay"), theme("practice", "Practice")
    split = Split(code=area, into=(CodeRef("priority_areas", "pay"), CodeRef("priority_areas", "practice")))
    adding = [Add(family="priority_areas", code=code) for code in (pay, practice)]
    assert "Move these actions to another priority area first: Workforce Values" in refusal(*adding, split)
    inside = [ref for ref, code in BOOK.codes.items() if code.priority_area == area.id]
    moving = [Move(code=ref, priority_area="pay") for ref in inside]
    assert outcome(changed(BOOK, *adding, *moving, split).mapping, area)[0] is How.SPLIT


def test_hard_cases_are_settled_and_taken_out() -> None:
    case = HardCase(id="taxi", title="A taxi", settled="It is an activity.", codes=(CodeRef("kinds", "activity"),))
    after = changed(BOOK, Settle(case=case), Unsettle(case="hub")).codebook
    assert after.hard_cases[-1] == case
    assert "hub" not in {one.id for one in after.hard_cases}
    again = changed(after, Settle(case=case.but(settled="It is an idea."))).codebook
    assert [one.settled for one in again.hard_cases if one.id == "taxi"] == ["It is an idea."]


# -- What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Merge(codes=(FUNDING,), into=FUNDING), "cannot be merged with itself"),
        (Merge(codes=(FUNDING, FUNDING), into=theme("money")), "cannot be merged with itself"),
        (Merge(codes=(FUNDING,), into=CodeRef("barrier_themes", "sun")), "it has no “sun”"),
        (Merge(codes=(FUNDING,), into=ADVOCACY), "codes of one family"),
        (Merge(codes=(FUNDING,), into=COMMISSIONING, priority_area="planning"), "Leave out the priority area"),
        (Merge(codes=(FUNDING, COMMISSIONING), into=theme("inconsistency")), "“inconsistency” is that of"),
        (Merge(codes=(FUNDING, COMMISSIONING), into=theme("funding")), "“funding” is that of"),
        (Split(code=FUNDING, into=(FUNDING, COMMISSIONING)), "not each other nor the one"),
        (Split(code=FUNDING, into=(COMMISSIONING, COMMISSIONING)), "not each other nor the one"),
        (Split(code=FUNDING, into=(theme("a", "Same"), theme("b", "same"))), "“Same” is taken"),
        (Retire(code=CodeRef("actions", "sun"), why="Gone."), "it has no “sun”"),
        (Retire(code=CodeRef("kinds", "barrier"), why="Gone."), "the service needs this kind"),
        (Merge(codes=(CodeRef("kinds", "offer"),), into=CodeRef("kinds", "idea")), "the service needs this kind"),
        (Split(code=CodeRef("kinds", "commitment"), into=(theme("a"), theme("b"))), "the service needs this kind"),
        (Retire(code=CodeRef("priority_areas", "planning"), why="Gone."), "Move these actions"),
        (Add(family="themes", code=theme("a")), "none of that name"),
        (Add(family="actions", code=theme("a")), "Name the priority area"),
        (Add(family="actions", code=theme("a", priority_area="sea")), "it has no “sea”"),
        (Add(family="kinds", code=theme("a", priority_area="planning")), "Leave out the priority area"),
        (Add(family="kinds", code=theme("a", "barrier")), "“barrier” is taken"),
        (Reword(code=FUNDING, leaves_out=(LeavesOut(what="b", instead=(CodeRef("kinds", "b"),)),)), "no “b”"),
        (Reword(code=FUNDING), "the same as before"),
        (Reword(code=FUNDING, title="COMMISSIONING"), "“COMMISSIONING” is taken"),
        (Move(code=FUNDING, priority_area="planning"), "is in no priority area"),
        (Move(code=ADVOCACY, priority_area="good-childhood"), "is in this one already"),
        (Settle(case=HardCase(id="a", title="A", settled="B.", codes=(CodeRef("kinds", "b"),))), "no “b”"),
        (Unsettle(case="a"), "none of that name"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_the_reason(change: Change, told: str) -> None:
    assert told in refusal(change)


def test_an_id_is_never_given_to_another_meaning() -> None:
    after = changed(BOOK, Retire(code=FUNDING, why="Gone.")).codebook
    with pytest.raises(ChangeRefused, match="“funding” meant “Funding” before version 2"):
        changed(after, Add(family="barrier_themes", code=theme("funding", "Fun")))
    with pytest.raises(ChangeRefused, match="“Funding” is not in the codebook any more since version 2"):
        changed(after, Reword(code=FUNDING, title="Fun"))
    again = changed(after, Add(family="barrier_themes", code=theme("money", "Funding")))
    assert again.codebook.version == 3


def test_every_kind_that_is_permanent_is_in_the_plan() -> None:
    assert [code.id for code in BOOK.family("kinds").codes] == list(PERMANENT["kinds"])


def test_a_version_that_changes_nothing_is_not_made() -> None:
    assert "Make a change first" in refusal()
    title = BOOK.code(FUNDING).title
    there_and_back = [Reword(code=FUNDING, title="Money"), Reword(code=FUNDING, title=title)]
    assert "the same as the one before" in refusal(*there_and_back)


def test_a_family_keeps_at_least_one_code_and_no_more_than_people_can_tell_apart() -> None:
    frame = coding_frame.load("local-plans")
    book = coding_frame.codebook_of(frame)
    alone = book.but(families=(book.families[0].but(codes=book.families[0].codes[:1]),))
    with pytest.raises(ChangeRefused, match="would have none left"):
        changed(alone, Retire(code=next(iter(alone.codes)), why="Gone."))
    adding = [Add(family="codes", code=theme(f"code-{number}")) for number in range(191)]
    assert len(changed(book, *adding[:190]).codebook.codes) == 200
    with pytest.raises(ChangeRefused, match="can have 200 and no more"):
        changed(book, *adding)


def test_changes_and_mappings_can_be_kept_as_plain_content() -> None:
    changes = [
        Merge(codes=(FUNDING, COMMISSIONING), into=theme("money")),
        Split(code=FAMILY_SUPPORT, into=(SUPPORT, theme("kin", priority_area="planning"))),
        Reword(code=ADVOCACY, title="A"),
        Unsettle(case="hub"),
    ]
    kept = [change.model_dump(mode="json", by_alias=True) for change in changes]
    assert [CHANGES.validate_python(one) for one in kept] == changes
    mapping = changed(BOOK, *changes).mapping
    assert Mapping.model_validate(mapping.model_dump(mode="json", by_alias=True)) == mapping
    with pytest.raises(ValidationError):
        CHANGES.validate_python({"change": "burn", "code": "actions.support"})


# -- Over several versions ------------------------------------------------------------------------------


def test_what_was_split_and_joined_again_is_still_to_be_looked_at() -> None:
    first = changed(BOOK, Split(code=FUNDING, into=(theme("short"), theme("late"))))
    short, late = CodeRef("barrier_themes", "short"), CodeRef("barrier_themes", "late")
    second = changed(first.codebook, Merge(codes=(short, late), into=theme("money")))
    third = changed(second.codebook, Reword(code=CodeRef("barrier_themes", "money"), title="Cash"))
    steps = [third.mapping, first.mapping, second.mapping]
    whole = mapping_between(steps, 1, 4)
    assert outcome(whole, FUNDING) == (How.SPLIT, [CodeRef("barrier_themes", "money")])
    assert outcome(mapping_between(steps, 2, 4), short) == (How.MERGED, [CodeRef("barrier_themes", "money")])
    assert (whole.old, whole.new) == (1, 4)


def test_of_a_split_code_one_part_may_be_retired() -> None:
    first = changed(BOOK, Split(code=FUNDING, into=(theme("short"), theme("late"))))
    second = changed(first.codebook, Retire(code=CodeRef("barrier_themes", "late"), why="Never used."))
    whole = composed(first.mapping, second.mapping)
    assert outcome(whole, FUNDING) == (How.SPLIT, [CodeRef("barrier_themes", "short")])


def test_there_is_no_way_where_a_version_is_missing_or_back() -> None:
    first = changed(BOOK, Reword(code=FUNDING, title="Money")).mapping
    for old, new in [(1, 3), (0, 2), (2, 1), (1, 1)]:
        with pytest.raises(LookupError):
            mapping_between([first], old, new)
    with pytest.raises(ValueError, match="not the same"):
        composed(first, first)


SMALL = Codebook(
    slug="small",
    title="Small",
    version=1,
    families=[Family(id="codes", title="Codes", codes=[theme(name) for name in "abcd"])],
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Change, Changed]]:
    """Versions of a small codebook, each made by one change that is drawn from those that can be made."""
    book, made = SMALL, []
    for number in range(draw(st.integers(1, 7))):
        refs = list(book.codes)
        some = draw(st.lists(st.sampled_from(refs), min_size=1, max_size=3, unique=True))
        new = [theme(f"{name}{number}") for name in ("x", "y", "z")]
        change = draw(
            st.sampled_from(
                [
                    Add(family="codes", code=new[0]),
                    Reword(code=some[0], title=f"Words {number}"),
                    Merge(codes=some, into=draw(st.sampled_from([*refs, new[0]]))),
                    Split(code=some[0], into=[*some[1:], *new[: draw(st.integers(2, 3))]]),
                    Retire(code=some[0], why="Gone."),
                ]
            )
        )
        try:
            made.append((change, changed(book, change)))
        except ChangeRefused:
            continue
        book = made[-1][1].codebook
    return made


@pytest.mark.slow
@given(histories())
@settings(max_examples=200, deadline=None)
def test_no_code_is_ever_lost(history: list[tuple[Change, Changed]]) -> None:
    books = [SMALL, *(step.codebook for _, step in history)]
    for (before, after), (_, step) in zip(pairwise(books), history, strict=True):
        fates = step.mapping.fates
        assert [fate.code for fate in fates] == list(before.codes)
        assert all(bool(fate.into) != (fate.how is How.RETIRED) for fate in fates)
        reached = {ref for fate in fates for ref in fate.into}
        assert reached.isdisjoint(step.mapping.added)
        assert reached | set(step.mapping.added) == set(after.codes)
        assert set(before.codes) - set(after.codes) == {one.code for one in after.gone[len(before.gone) :]}
        assert codebook.of(after.content()) == after


@pytest.mark.slow
@given(histories().filter(bool))
@settings(max_examples=200, deadline=None)
def test_the_steps_together_are_the_whole(history: list[tuple[Change, Changed]]) -> None:
    steps = [step.mapping for _, step in history]
    whole = mapping_between(steps, 1, len(steps) + 1)
    assert {fate.code: set(fate.into) for fate in whole.fates} == followed([change for change, _ in history])
    at_once = changed(SMALL, *(change for change, _ in history)).mapping
    assert at_once.fates == whole.fates
    assert at_once.added == whole.added


@pytest.mark.slow
@given(histories().filter(lambda history: len(history) > 2), st.data())
@settings(max_examples=100, deadline=None)
def test_it_does_not_matter_which_steps_are_joined_first(
    history: list[tuple[Change, Changed]], data: st.DataObject
) -> None:
    steps = [step.mapping for _, step in history]
    at = data.draw(st.integers(1, len(steps) - 1))
    halves = composed(reduce(composed, steps[:at]), reduce(composed, steps[at:]))
    whole = reduce(composed, steps)
    assert halves.fates == whole.fates
    assert set(halves.added) == set(whole.added)


def followed(changes: list[Change]) -> dict[CodeRef, set[CodeRef]]:
    """Where each code of the first version came to, told by the changes alone."""
    where = {ref: {ref} for ref in SMALL.codes}
    for change in changes:
        into = [CodeRef("codes", one.id) if isinstance(one, Code) else one for one in into_of(change)]
        leaving = (
            change.codes if isinstance(change, Merge) else [change.code] if isinstance(change, Split | Retire) else []
        )
        for refs in where.values():
            if found := refs.intersection(leaving):
                refs -= found
                refs.update(into)
    return where


def into_of(change: Change) -> list[Code | CodeRef]:
    if isinstance(change, Merge):
        return [change.into]
    return list(change.into) if isinstance(change, Split) else []


def outcome(mapping: Mapping, ref: CodeRef) -> tuple[How, list[CodeRef]]:
    fate = mapping.of(ref)
    return fate.how, list(fate.into)


def refusal(*changes: Change) -> str:
    with pytest.raises(ChangeRefused) as caught:
        changed(BOOK, *changes)
    return str(caught.value)
