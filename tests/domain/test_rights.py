"""Who reaches what: other tenants, accounts where ePortfolio is switched off."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.epobject import Kind
from chalicelib.domain.errors import DeniedError, NotFoundError
from chalicelib.domain.page import PageDraft
from chalicelib.domain.person import User, UserRow
from chalicelib.wiring import Services
from tests.world import actor


@pytest.fixture
def stranger(services: Services) -> User:
    """Somebody of another tenant."""
    other = services.directory.create_root_account("Other")
    (outcome,) = services.directory.upsert_users(other, [UserRow(sis_id="x", login_id="x")])
    assert not outcome.error
    return services.directory.find_user("sis_user_id:x", other)


def switch_off(services: Services) -> None:
    """Switch ePortfolio off."""
    root = services.directory.default_root()
    services.account_store.save([replace(root, settings={"enable_eportfolios": "false"}, version=root.version + 1)])


def test_public_is_public_among_the_people_of_one_tenant(
    services: Services, ada: User, bo: User, stranger: User
) -> None:
    portfolio = services.portfolios.create(actor(ada), name="P", public=True)
    assert services.portfolios.show(actor(bo), portfolio.id) == portfolio
    with pytest.raises(NotFoundError):
        services.portfolios.show(actor(stranger), portfolio.id)


def test_another_tenants_object_does_not_exist(services: Services, ada: User, bo: User, stranger: User) -> None:
    made = services.artifacts.create_reflection(actor(ada), ObjectDraft(name="R"))
    with pytest.raises(DeniedError):
        services.artifacts.own(actor(bo), (Kind.REFLECTION,), made.id)
    with pytest.raises(NotFoundError):
        services.artifacts.own(actor(stranger), (Kind.REFLECTION,), made.id)


def test_pages_do_not_change_where_eportfolio_is_off(services: Services, ada: User) -> None:
    portfolio = services.portfolios.create(actor(ada), name="P")
    page = services.pages.create(actor(ada), portfolio.id, PageDraft(name="n"))
    switch_off(services)
    with pytest.raises(DeniedError):
        services.pages.update(actor(ada), portfolio.id, page.id, PageDraft(name="m"))
    with pytest.raises(DeniedError):
        services.pages.delete(actor(ada), portfolio.id, page.id)


def test_the_right_is_asked_before_the_input(services: Services, ada: User) -> None:
    switch_off(services)
    with pytest.raises(DeniedError):
        services.exports.request(actor(ada), [])
    with pytest.raises(DeniedError):
        services.artifacts.create_reflection(actor(ada), ObjectDraft(name=""))
