"""What the local service shows of its topic."""

from __future__ import annotations

import boto3
from msgspec.structs import replace

from ops.local.outbox import Outbox
from tests.factories import Person, World


def test_mails_about_tokens_are_shown_and_go_nowhere_else(world: World, ada: Person, admin: Person) -> None:
    arn = boto3.client("sns").create_topic(Name="t-events")["TopicArn"]
    lines: list[str] = []
    outbox, sqs = Outbox(arn, "t-outbox", lines.append), boto3.client("sqs")
    url = outbox.subscribe(sqs)
    topic = world.services.topic
    before, topic.settings = topic.settings, replace(topic.settings, topic_arn=arn)
    try:
        path, said = f"/api/v1/users/{ada.id}/tokens", {"token": {"purpose": "nightly sync"}}
        own = ada.client.post(path, json_body=said).json
        pending = admin.client.post(path, json_body=said).json
        ada.client.delete(f"{path}/{own['id']}")
    finally:
        topic.settings = before
    assert outbox.take(sqs, url) == 3
    assert sorted(lines) == sorted(
        f"mail to {ada.user.email}: {text}"
        for text in (
            "A new access token was made for your account: nightly sync.",
            "Somebody made an access token for your account: nightly sync. It works once you activate it.",
            "An access token of your account was deleted: nightly sync.",
        )
    )
    assert not any(one["visible_token"][:12] in "".join(lines) for one in (own, pending))


def test_without_a_topic_there_is_nothing_to_show() -> None:
    outbox = Outbox("", "none", print)
    outbox.start()
    outbox.stop()
