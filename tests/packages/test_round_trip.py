from __future__ import annotations

import io
import zipfile

from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from chalicelib.domain.epobject import EpObject
from chalicelib.domain.identity import guid_for
from tests.packages import conformance
from tests.packages.graphs import graphs
from tests.packages.support import ID, SECOND_ID, again, give_out, in_order, take_in


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(graphs())
def test_a_graph_comes_back_equal_from_a_conforming_package(objects: list[EpObject]) -> None:
    data = give_out(objects)
    conformance.check_package(data)
    before, after = again(objects, data)
    assert after == before
    assert give_out(objects) == data
    returned = [with_guids(one) for one in take_in(data, SECOND_ID).objects]
    old_by_new = {new.id: old.id for old, new in zip(in_order(objects), returned, strict=True)}
    assert members(give_out(returned), old_by_new) == members(data, {})


def with_guids(one: EpObject) -> EpObject:
    """The object as a job completes it: its accreditations by GUID."""
    if one.portfolio is None:
        return one
    guids = tuple(guid_for(int(held), 5) for held in one.portfolio.accreditation_ids)
    return replace(one, portfolio=replace(one.portfolio, accreditation_ids=guids))


def members(data: bytes, old_by_new: dict[int, int]) -> list[tuple[str, str]]:
    """Names and contents, in order, ids as they were before."""

    def translated(text: str) -> str:
        return ID.sub(lambda match: str(old_by_new.get(int(match[0]), match[0])), text)

    with zipfile.ZipFile(io.BytesIO(data)) as read:
        return [(translated(name), translated(read.read(name).decode())) for name in read.namelist()]
