from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.identity import EPOCH_MS, MAX_ID, derive, guid_for, id_in, mint, parse_guid

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
IDS = st.integers(1, MAX_ID)


@given(IDS, st.integers(0, 2**72 - 1))
def test_a_guid_is_a_guid_and_leads_back(object_id: int, entropy: int) -> None:
    guid = guid_for(object_id, entropy)
    assert id_in(guid) == object_id
    assert parse_guid(guid.upper()) == guid
    assert (uuid.UUID(guid).version, uuid.UUID(guid).variant) == (8, uuid.RFC_4122)


@given(IDS, st.integers(0, 2**69 - 1), st.integers(0, 2**69 - 1))
def test_different_entropy_gives_different_guids(object_id: int, one: int, other: int) -> None:
    assert (guid_for(object_id, one) == guid_for(object_id, other)) == (one == other)


@given(st.uuids())
def test_any_guid_leads_to_some_id(foreign: uuid.UUID) -> None:
    assert 0 <= id_in(str(foreign)) <= MAX_ID


@given(st.integers(1, MAX_ID), st.integers(0, 5), st.lists(st.integers(0, 200_000), min_size=2, unique=True))
def test_derived_ids_ascend_and_repeat(job_id: int, salt: int, ordinals: list[int]) -> None:
    made = [derive(START, job_id, ordinal, salt) for ordinal in sorted(ordinals)]
    assert made == sorted(set(made))
    assert made == [derive(START, job_id, ordinal, salt) for ordinal in sorted(ordinals)]


def test_minted_ids_are_in_time_order_and_fit_javascript() -> None:
    late = datetime.fromtimestamp((EPOCH_MS + 2**41 - 1) / 1000, UTC)
    ids = [mint(moment, lambda bits: 2**bits - 1) for moment in (START, START + timedelta(milliseconds=1), late)]
    assert ids == sorted(ids)
    assert ids[-1] <= MAX_ID


def test_what_is_not_a_guid() -> None:
    guid = guid_for(5, 5)
    for text in ("", "x", guid[:-1], guid + "0", "{" + guid + "}", "urn:uuid:" + guid, guid.replace("-", "")):
        assert parse_guid(text) is None


def test_jobs_of_one_moment_do_not_meet() -> None:
    sets = [{derive(START, job_id, ordinal) for ordinal in range(20_000)} for job_id in range(1, 6)]
    assert len(set().union(*sets)) == 100_000
