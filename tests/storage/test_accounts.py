"""Accounts as they are stored: the tree, what is counted up it, names, hosts, rosters."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chalicelib.domain.access import Actor
from chalicelib.domain.account_change import new_account
from chalicelib.domain.errors import ConflictError, InvalidError
from chalicelib.domain.person import Account, Domain, UserRow, chain
from chalicelib.domain.tree import DEPTH_LIMIT, Tree
from chalicelib.storage import longtexts
from chalicelib.storage.accounts import NODE, NODE_AND_NAMES, batches
from chalicelib.storage.tables import PersonRecord
from chalicelib.wiring import Services
from tests.world import HandClock
from tests.world import actor as acting


class Forest:
    """A root account with accounts below it, by name."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.root = services.directory.default_root()
        self.ids = {"root": self.root.id}

    def add(self, name: str, above: str = "root", **facts: object) -> None:
        clock, parent = self.services.clock, self.services.people.account(self.ids[above])
        assert isinstance(clock, HandClock)
        clock.advance(0.001)  # ids of one millisecond may meet, and nothing tries again here
        made = replace(new_account(self.services.ids, parent, name), **facts)
        self.services.account_store.save([made])
        self.ids[name] = made.id

    def __getitem__(self, name: str) -> Account:
        found = self.services.people.account(self.ids[name])
        assert found is not None
        return found

    def change(self, which: str, **facts: object) -> None:
        before = self[which]
        self.services.account_store.save([replace(before, version=before.version + 1, **facts)])

    def counts(self, *names: str) -> list[tuple[int, int]]:
        """Children and visible calendars of those accounts."""
        return [(self[name].sub_account_count, self[name].visible_calendar_count) for name in names]

    def tree(self, name: str = "root") -> Tree:
        found = self.services.people.standing(actor(self.services), tree=True)
        return self.services.trees.tree(self[name].path, found.tree.version)

    def names(self, name: str = "root") -> list[str]:
        return sorted(node.name for node in self.tree(name).tiers)


def actor(services: Services) -> Actor:
    return acting(services.directory.find_user("sis_user_id:u1"))


def test_counters_and_nodes_follow_every_change(services: Services) -> None:
    forest = Forest(services)
    forest.add("arts", calendar_visible=True)
    forest.add("music", "arts", calendar_visible=True)
    forest.add("song", "music", calendar_visible=True)
    forest.add("science")
    chain = ("root", "arts", "music", "song")
    assert forest.counts(*chain) == [(2, 3), (1, 3), (1, 2), (0, 1)]
    forest.change("root", calendar_visible=True)
    forest.change("song", calendar_visible=False)
    forest.change("science", name="Sciences")
    assert forest.counts(*chain) == [(2, 3), (1, 2), (1, 1), (0, 0)]
    assert forest.names() == ["Demo", "Sciences", "arts", "music", "song"]
    assert forest.names("arts") == ["arts", "music", "song"]

    forest.change("music", workflow_state="deleted")
    assert forest.counts(*chain) == [(2, 2), (0, 1), (1, 1), (0, 0)]
    assert forest.names() == ["Demo", "Sciences", "arts"]
    forest.change("song", calendar_visible=True)
    assert forest.counts(*chain) == [(2, 2), (0, 1), (1, 2), (0, 1)]
    forest.change("music", workflow_state="active")
    assert forest.counts(*chain) == [(2, 4), (1, 3), (1, 2), (0, 1)]
    assert forest.names("music") == ["music", "song"]

    several = [replace(forest[name], calendar_visible=False, version=forest[name].version + 1) for name in chain[:3]]
    services.account_store.save(several)
    assert forest.counts(*chain) == [(2, 1), (1, 1), (1, 1), (0, 1)]
    assert [node.name for node in forest.tree().by_name if node.visible] == ["song"]


def test_writers_do_not_lose_each_other(services: Services) -> None:
    forest = Forest(services)
    forest.add("arts")
    before = forest["arts"]
    services.account_store.save([replace(before, name="Art", version=2)])
    with pytest.raises(ConflictError):
        services.account_store.save([replace(before, name="Arts!", version=2)])
    with pytest.raises(ConflictError):
        services.account_store.save([replace(before, version=1)])
    assert forest["arts"].name == "Art"


def test_long_texts_do_not_lose_each_other(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    store, root = services.account_store, services.directory.default_root().id
    store.change_texts(root, {"terms_content": "Behave.", "custom_help_links": "[]"})
    store.change_texts(root, {"custom_help_links": ""})
    assert store.texts(root) == {"terms_content": "Behave."}
    real, others = longtexts._texts, iter([{"custom_help_links": "[1]"}])

    def late(record: PersonRecord | None) -> dict[str, str]:
        """Another writes between reading and writing."""
        found = real(record)
        if meanwhile := next(others, None):
            store.change_texts(root, meanwhile)
        return found

    monkeypatch.setattr(longtexts, "_texts", late)
    store.change_texts(root, {"terms_content": "Behave!"})
    assert store.texts(root) == {"terms_content": "Behave!", "custom_help_links": "[1]"}
    with pytest.raises(InvalidError):
        store.change_texts(root, dict.fromkeys(("terms_content", "custom_help_links"), "é" * 100_000))


@pytest.mark.parametrize("each", [NODE, NODE_AND_NAMES])
def test_what_is_changed_together_fits_a_transaction(each: int) -> None:
    """However deep, and however far apart: the accounts and all above them, and what each needs more."""
    apart = [f"/1/{number}/" + "".join(f"{number}{level:02}/" for level in range(18)) for number in range(2, 22)]
    for paths in (apart, [f"/1/{number // 3}/{number}0/" for number in range(3, 200)], ["/1/"]):
        lots = list(batches(paths, each))
        assert [path for some in lots for path in some] == paths
        sizes = [len({one for path in some for one in chain(path)}) + each * len(some) for some in lots]
        assert max(sizes) <= 98


def test_names_and_hosts_are_nobody_elses(services: Services) -> None:
    forest, people = Forest(services), services.people
    forest.add("arts", sis_id="A", integration_id="u1")
    assert people.resolve(forest.root.id, "account_integration_id", "u1") == forest.ids["arts"]
    with pytest.raises(InvalidError):
        forest.add("other", sis_id="A")
    forest.change("arts", sis_id="B")
    assert people.resolve(forest.root.id, "sis_account_id", "A") is None
    other = services.directory.create_root_account("Lake", domains=["Lake.example.edu"])
    assert people.root_for_host("lake.example.edu") == other.id
    with pytest.raises(InvalidError):
        services.account_changes.change(forest.root.id, {"domain.lake.example.edu": ""})
    services.account_changes.change(other.id, {"domain.lake.example.edu": "-", "domain.l.example.edu": "saml"})
    assert people.root_for_host("l.example.edu") == other.id
    assert people.root_for_host("lake.example.edu") == forest.root.id
    services.account_changes.change(other.id, {"name": "Lakeside"})
    assert [(one.name, one.host, one.authentication_provider) for one in services.account_store.domains()] == [
        ("Lakeside", "l.example.edu", "saml")
    ]
    assert services.people.account(other.id).domains == (Domain(host="l.example.edu", authentication_provider="saml"),)  # type: ignore[union-attr]


def test_quotas_are_kept_with_the_tree(services: Services) -> None:
    forest = Forest(services)
    forest.add("arts")
    forest.add("music", "arts")
    services.account_changes.change(forest.ids["arts"], {"default_storage_quota_mb": "700"})
    head = services.people.standing(actor(services), tree=True).tree
    quotas = [head.quota_mb(forest[name].path, "course") for name in ("root", "arts", "music")]
    assert (quotas, head.quota_mb(forest["music"].path, "user")) == ([500, 700, 700], 50)
    services.account_changes.change(forest.ids["arts"], {"default_storage_quota_mb": ""})
    head = services.people.standing(actor(services), tree=True).tree
    assert head.quotas == {}


def test_a_tree_has_a_depth(services: Services) -> None:
    forest = Forest(services)
    above = "root"
    for number in range(DEPTH_LIMIT - 1):
        forest.add(str(number), above)
        above = str(number)
    with pytest.raises(InvalidError):
        forest.add("too deep", above)


def test_everybody_and_every_account_is_on_the_roster(services: Services) -> None:
    forest = Forest(services)
    rows = [UserRow(sis_id=f"r{number}", login_id=f"r{number}") for number in range(20)]
    assert all(outcome.changed for outcome in services.directory.upsert_users(forest.root, rows))
    services.directory.create_root_account("Other")
    found, cursor = services.people.roster(forest.root.id)
    while cursor:
        more, cursor = services.people.roster(forest.root.id, cursor)
        found += more
    assert sorted(user.login_id for user in found) == sorted(["ada", "bo", *(row.login_id for row in rows)])
    forest.add("arts")
    forest.add("gone", workflow_state="deleted")
    accounts, cursor = services.trees.roster(forest.root.id)
    while cursor:
        more_accounts, cursor = services.trees.roster(forest.root.id, cursor)
        accounts += more_accounts
    assert sorted(accounts) == sorted(forest.ids.values())
