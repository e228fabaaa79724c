"""The watch over logged secrets sees them; the suite itself is watched by a fixture of every test."""

from __future__ import annotations

import logging

import pytest

from chalicelib import observe
from tests.factories import Person, World
from tests.logwatch import Watch


@pytest.mark.parametrize(
    "say",
    [
        lambda log, secret: log.info("token %s", secret),
        lambda log, secret: log.info("request", extra={"query": {"access_token": secret.upper()}}),
        lambda log, secret: log.warning("hash%s0", secret),
    ],
)
def test_a_logged_secret_is_seen(say: object) -> None:
    own, secret = Watch(), "ab" * 32
    own.learns(lambda: secret)()
    log = logging.getLogger(f"alone.{id(own)}")
    log.propagate = False
    log.setLevel(logging.DEBUG)
    log.addHandler(own)
    assert callable(say)
    say(log, secret)
    log.info("harmless %s", "ab" * 10 + "cd" * 22)
    assert len(own.told()) == 1
    assert own.told() == []


def test_the_suite_is_watched(world: World, ada: Person, watch: Watch) -> None:
    before = watch.records
    ada.client.get(f"/api/v1/users/self?access_token={ada.token}")
    observe.say("a line")
    assert watch.records >= before + 2
    assert ada.token in watch.secrets
    assert world.id_key(ada).user_key in watch.secrets
