"""DynamoDB tables: keys, indexes, time to live, point-in-time recovery, deletion protection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from ops.resource.drift import Clients, Drift, code_of

READY_POLL_S = 1
READY_POLLS = 120
_WAIT: Any = {"Delay": READY_POLL_S, "MaxAttempts": READY_POLLS}
_CREATED_WITH = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
    "BillingMode",
    "DeletionProtectionEnabled",
)


def plan(clients: Clients, properties: Mapping[str, Any]) -> Iterator[Drift]:
    """The differences of one table, the most basic first; nothing is changed."""
    name = properties["TableName"]
    try:
        table: Any = clients.dynamodb.describe_table(TableName=name)["Table"]
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        create = partial(_create, clients, properties)
        yield Drift(resource=name, fact="does not exist", deed="created", mend=create, uncovers=True)
        return
    if table["TableStatus"] != "ACTIVE":
        fact = f"is {table['TableStatus']}"
        yield Drift(resource=name, fact=fact, deed="waited for", mend=partial(_wait, clients, name), uncovers=True)
        return
    yield from _keys(clients, properties, table)
    if properties.get("DeletionProtectionEnabled") and not table.get("DeletionProtectionEnabled"):
        yield Drift(
            resource=name,
            fact="can be deleted by accident",
            deed="deletion protection turned on",
            mend=lambda: clients.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True),
        )
    yield from _time_to_live(clients, properties)
    yield from _recovery(clients, properties)


def _keys(clients: Clients, properties: Mapping[str, Any], table: Mapping[str, Any]) -> Iterator[Drift]:
    name = properties["TableName"]
    types = {item["AttributeName"]: item["AttributeType"] for item in table["AttributeDefinitions"]}
    wanted_types = {item["AttributeName"]: item["AttributeType"] for item in properties["AttributeDefinitions"]}
    same_types = all(types.get(key, kind) == kind for key, kind in wanted_types.items())
    local, wanted_local = (_indexes(source, "LocalSecondaryIndexes") for source in (table, properties))
    if _schema(table) != _schema(properties) or local != wanted_local or not same_types:
        yield Drift(
            resource=name,
            fact="has other keys than the template",
            deed="left alone: keys and local indexes are fixed when a table is made; copy its items into a new one",
            mend=None,
        )
        return
    present = _indexes(table, "GlobalSecondaryIndexes")
    for index in properties.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] not in present:
            yield Drift(
                resource=name,
                fact=f"lacks the index {index['IndexName']}",
                deed=f"index {index['IndexName']} added",
                mend=partial(_add_index, clients, properties, index),
            )


def _schema(source: Mapping[str, Any]) -> dict[str, str]:
    return {key["KeyType"]: key["AttributeName"] for key in source["KeySchema"]}


def _indexes(source: Mapping[str, Any], kind: str) -> dict[str, dict[str, str]]:
    return {index["IndexName"]: _schema(index) for index in source.get(kind) or ()}


def _create(clients: Clients, properties: Mapping[str, Any]) -> None:
    arguments: dict[str, Any] = {key: properties[key] for key in _CREATED_WITH if key in properties}
    if properties.get("SSESpecification", {}).get("SSEEnabled"):
        arguments["SSESpecification"] = {"Enabled": True}
    clients.dynamodb.create_table(**arguments)
    _wait(clients, properties["TableName"])


def _add_index(clients: Clients, properties: Mapping[str, Any], index: Mapping[str, Any]) -> None:
    update: Any = [{"Create": dict(index)}]
    clients.dynamodb.update_table(
        TableName=properties["TableName"],
        AttributeDefinitions=properties["AttributeDefinitions"],
        GlobalSecondaryIndexUpdates=update,
    )
    _wait(clients, properties["TableName"])


def _wait(clients: Clients, name: str) -> None:
    clients.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig=_WAIT)


def _time_to_live(clients: Clients, properties: Mapping[str, Any]) -> Iterator[Drift]:
    name, wanted = properties["TableName"], properties.get("TimeToLiveSpecification")
    if not wanted:
        return
    status = clients.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if status.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}:
        if status.get("AttributeName", wanted["AttributeName"]) != wanted["AttributeName"]:
            yield Drift(
                resource=name,
                fact=f"expires items by {status['AttributeName']}",
                deed=f"left alone: turn its time to live off, wait an hour, then expire by {wanted['AttributeName']}",
                mend=None,
            )
        return
    yield Drift(
        resource=name,
        fact="never expires items",
        deed="time to live turned on",
        mend=lambda: clients.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted),
    )


def _recovery(clients: Clients, properties: Mapping[str, Any]) -> Iterator[Drift]:
    name, wanted = properties["TableName"], properties.get("PointInTimeRecoverySpecification")
    if not wanted:
        return
    backups: Any = clients.dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED":
        return
    yield Drift(
        resource=name,
        fact="cannot be restored to a point in time",
        deed="point-in-time recovery turned on",
        mend=lambda: clients.dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification=wanted
        ),
    )


def holding(clients: Clients, properties: Mapping[str, Any]) -> str:
    """The table's name if there is an item in it."""
    name: str = properties["TableName"]
    try:
        return name if clients.dynamodb.scan(TableName=name, Limit=1)["Items"] else ""
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return ""
        raise


def remove(clients: Clients, properties: Mapping[str, Any]) -> list[str]:
    """Delete the table and all its items; the list is empty when there was none."""
    name = properties["TableName"]
    try:
        table = clients.dynamodb.describe_table(TableName=name)["Table"]
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return []
        raise
    if table.get("DeletionProtectionEnabled"):
        clients.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        _wait(clients, name)
    clients.dynamodb.delete_table(TableName=name)
    clients.dynamodb.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig=_WAIT)
    return [f"{name}: deleted"]
