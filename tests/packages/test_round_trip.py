from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from chalicelib.domain.epobject import EpObject
from tests.packages import conformance
from tests.packages.graphs import graphs
from tests.packages.support import again, give_out


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(graphs())
def test_a_graph_comes_back_equal_from_a_conforming_package(objects: list[EpObject]) -> None:
    data = give_out(objects)
    conformance.check_package(data)
    before, after = again(objects, data)
    assert after == before
    assert give_out(objects) == data
