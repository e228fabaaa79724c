"""Asking for exports and imports (brightspace 4, 5)."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace

from chalicelib.domain import transfer
from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.person import AdminRow, User, UserRow
from chalicelib.domain.transfer import ExportOptions
from chalicelib.wiring import Services
from tests.world import actor

CLASS = 60


@pytest.fixture
def teacher(services: Services, ada: User) -> User:
    """Ada, as an admin over everybody."""
    row = AdminRow(user_sis_id="u1", account_sis_id="")
    (outcome,) = services.directory.upsert_admins(services.directory.default_root(), [row])
    assert not outcome.error
    return ada


def test_a_whole_class_gets_jobs_of_different_ids(services: Services, teacher: User) -> None:
    rows = [UserRow(sis_id=f"s{number}", login_id=f"s{number}") for number in range(CLASS)]
    assert all(not one.error for one in services.directory.upsert_users(services.directory.default_root(), rows))
    targets = [services.directory.find_user(f"sis_user_id:{row.sis_id}").id for row in rows]
    jobs = services.imports.request(actor(teacher), io.BytesIO(b"zip"), targets)
    assert len({job.id for job in jobs}) == CLASS
    assert [job.owner_id for job in jobs] == targets


def test_a_job_whose_id_is_taken_gets_another(services: Services, ada: User) -> None:
    services.artifacts.create_reflection(actor(ada), ObjectDraft(name="R"))
    first = services.exports.request_all(actor(ada))
    (second,) = services.jobs.start([replace(first, parameters={"again": True})])
    assert second.id != first.id


def test_an_idempotency_key_is_for_one_set_of_targets(services: Services, teacher: User, bo: User) -> None:
    services.imports.request(actor(teacher), io.BytesIO(b"zip"), [teacher.id], idempotency="k")
    with pytest.raises(InvalidError):
        services.imports.request(actor(teacher), io.BytesIO(b"zip"), [bo.id], idempotency="k")


def test_numbers_that_are_no_ids_are_unknown(services: Services, ada: User) -> None:
    with pytest.raises(InvalidError, match="None of the objects exists"):
        services.exports.request(actor(ada), [10**3000, 0, -5])


def test_an_export_is_bounded_with_what_the_options_add(
    services: Services, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [services.artifacts.create_reflection(actor(ada), ObjectDraft(name=str(number))) for number in range(4)]
    for one in made[1:]:
        services.artifacts.reflect_on(actor(ada), one.id, made[0].id)
    job = services.exports.request(actor(ada), [made[0].id], ExportOptions(associated=True))
    assert len(job.parameters["keys"]) == 4
    monkeypatch.setattr(transfer, "EXPORT_ID_LIMIT", 3)
    with pytest.raises(InvalidError):
        services.exports.request(actor(ada), [made[0].id], ExportOptions(associated=True))
