"""The course list of an account (canvas-b 4)."""

from __future__ import annotations

from functools import partial

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import course_params, paging
from chalicelib.dialects.canvas.auth import account_reference
from chalicelib.dialects.canvas.course_includes import Printing
from chalicelib.dialects.canvas.course_wire import course
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.dialects.route import Answer
from chalicelib.domain.access import Permission


@canvas.get("/accounts/{account_id}/courses", permission=Permission.COURSE_LIST)
def index(call: Call) -> Answer:
    """GET /api/v1/accounts/:account_id/courses: an account's courses, filtered, searched and in order, by pages.

    Source
    ------
    canvas-b 4.
    """
    page, include = paging.request(call), course_params.includes(call)
    query, teachers = course_params.query(call), bool(include & {"teachers", "active_teachers"})
    found = call.services.course_list.page(call.actor, account_reference(call), query, page, teachers=teachers)
    limit = course_params.teacher_limit(call)
    printing = Printing(page=found, base_url=call.base_url, include=include, teacher_limit=limit)
    return paging.answer(call, page, found.found, partial(course, printing))
