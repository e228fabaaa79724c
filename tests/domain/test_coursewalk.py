"""Walking lists of courses: every answer once and in order, whatever changes between pages (canvas-b 4.4)."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain.course import Course, Roster, Teacher
from chalicelib.domain.courseentry import Entry, entry, places
from chalicelib.domain.coursewalk import LIMITS, SLACK, Group, Page, Placed, Read, Source, fill
from chalicelib.domain.ordering import name_key

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ORDERS = ("", "by_name", "by_sis_id", "by_teacher", "by_account", "by_status")
NAMES = st.sampled_from(("SA-1", "SA-1a", "SA-2", "SA-10", "zzzz", "apple", "Apps", "Élan", "elan", "ELAN 2", "日本"))
TERMS = (1, 2, 3)


def course(  # noqa: PLR0917 - as hypothesis builds it
    number: int, name: str, account: int, term: int, state: str, teacher: str
) -> Course:
    teachers = (Teacher(9, teacher, teacher, ("active",)),) if teacher else ()
    return Course(
        id=number,
        root_account_id=1,
        account_id=account,
        account_path=f"/1/{account}/" if account > 1 else "/1/",
        account_name=f"A {account}",
        term_id=term,
        name=name,
        code="c",
        uuid="u",
        feed_secret="s",
        created_at=NOW,
        workflow_state=state,
        sis_id=name if number % 3 else "",
        roster=Roster(teachers=teachers),
    )


COURSES = st.builds(
    course,
    st.integers(1, 10**15),
    NAMES,
    st.sampled_from((1, 2, 3)),
    st.sampled_from(TERMS),
    st.sampled_from(("claimed", "available", "completed", "deleted")),
    st.sampled_from(("", "Abel, Zed", "zorn, Amy")),
)
SCHOOLS = st.lists(COURSES, max_size=40, unique_by=lambda one: one.id)


class Lists:
    """Lists of courses in memory, as the store keeps them."""

    def __init__(self, courses: list[Course], order: str, *, descending: bool) -> None:
        self.courses = {one.id: one for one in courses}
        self.order, self.descending = order, descending
        self.reads: list[int] = []

    def place(self, one: Course) -> str:
        return places(one)[self.order] if self.order else f"{one.id:016d}"

    def read(self, source: Source, after: str, limit: int) -> Read:
        self.reads.append(limit)
        here = [
            Placed(self.place(one), entry(one))
            for one in self.courses.values()
            if f"/{source.account_id}/" in one.account_path and source.term_id in (0, one.term_id)
        ]
        here.sort(key=lambda one: one.place, reverse=self.descending)
        behind = [one for one in here if not after or (one.place < after if self.descending else one.place > after)]
        return Read(behind[:limit], more=len(behind) > limit)


def live(one: Entry) -> bool:
    return one.state != "deleted"


@settings(max_examples=150)
@given(data=st.data(), school=SCHOOLS, order=st.sampled_from(ORDERS), descending=st.booleans())
def test_each_answer_comes_once_and_in_order(
    data: st.DataObject,
    school: list[Course],
    order: str,
    descending: bool,  # noqa: FBT001 - as hypothesis gives it
) -> None:
    lists = Lists(school, order, descending=descending)
    shape = data.draw(st.sampled_from(("whole", "merged", "terms")))
    groups = {
        "whole": [Group((Source(1),))],
        "merged": [Group((Source(2), Source(3), Source(1)))],
        "terms": [Group((Source(1, term),), name_key(f"Term {term}")) for term in TERMS],
    }[shape]
    size = data.draw(st.integers(1, 7))
    untouched = {one.id for one in school}
    seen: list[Entry] = []
    cursor, pages = "", 0
    while True:
        page = fill(Page(size=size), groups, lists.read, live, cursor=cursor, descending=descending)
        assert len(page.items) <= size
        seen += page.items
        cursor, pages = page.cursor, pages + 1
        if not cursor:
            break
        assert pages < 4 * len(lists.courses) + 8
        change = data.draw(st.sampled_from(("nothing", "rename", "delete", "add")))
        if change != "nothing" and lists.courses:
            one = data.draw(st.sampled_from(sorted(lists.courses)))
            untouched.discard(one)
            if change == "rename":
                lists.courses[one] = replace(lists.courses[one], name=data.draw(NAMES))
            elif change == "delete":
                del lists.courses[one]
            else:
                new = data.draw(COURSES)
                untouched.discard(new.id)
                lists.courses[new.id] = new
    ids = [one.id for one in seen if one.id in untouched]
    wanted = [one for one in school if one.id in untouched and one.workflow_state != "deleted"]

    def key(one: Course) -> tuple[str, str]:
        return (name_key(f"Term {one.term_id}") if shape == "terms" else "", lists.place(one))

    assert ids == [one.id for one in sorted(wanted, key=key, reverse=descending)]


def test_a_request_reads_so_much_and_no_more() -> None:
    """A rare answer far down the list: bounded reads a request, empty pages, and it is found."""
    many = [course(number, "apple", 1, 1, "claimed", "") for number in range(1, 5001)]
    lists = Lists(many, "", descending=False)
    cursor, found, requests = "", [], 0
    while True:
        page = fill(
            Page(size=10),
            [Group((Source(1),))],
            lists.read,
            lambda one: one.id == 4321,
            cursor=cursor,
            descending=False,
        )
        requests += 1
        assert lists.reads == [10 + SLACK, *LIMITS[1:]][: len(lists.reads)]
        lists.reads.clear()
        found += [one.id for one in page.items]
        cursor = page.cursor
        if not cursor:
            break
    assert found == [4321]
    assert requests == 5


def test_a_page_number_passes_over_answers() -> None:
    many = [course(number, "apple", 1, 1, "claimed", "") for number in range(1, 101)]
    lists = Lists(many, "", descending=False)
    page = fill(Page(size=3, skip=60), [Group((Source(1),))], lists.read, live, cursor="", descending=False)
    assert [one.id for one in page.items] == [61, 62, 63]
