"""What the service is measured against: a bare Chalice application with one PynamoDB model on the same table."""

from __future__ import annotations

import json
import os
from typing import Any

from chalice import Chalice
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

app = Chalice(app_name="bare", configure_logs=False)


class Item(Model):
    """An item of the people table."""

    class Meta:
        """Names for PynamoDB."""

        table_name = os.environ["BENCH_TABLE"]
        region = os.environ["AWS_DEFAULT_REGION"]

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    document = UnicodeAttribute(null=True)
    spent = NumberAttribute(null=True)


@app.route("/cold/{pk}")
def cold(pk: str) -> Any:
    """One get."""
    return json.loads(Item.get(*_key(pk), consistent_read=True).document)


@app.route("/warm/{pk}")
def warm(pk: str) -> Any:
    """The calls of an authenticated get by id: a charge that answers the token, then one batch out of three tables."""
    Item(*_key(pk)).update(actions=[Item.spent.add(10)])
    answer = Item._get_connection().connection.dispatch(  # noqa: SLF001 - PynamoDB has no batch of several tables
        "BatchGetItem", {"RequestItems": json.loads(os.environ["BENCH_BATCH"])}
    )
    found = [Item.from_raw_data(item) for items in answer["Responses"].values() for item in items if "pk" in item]
    return json.loads(found[0].document)


def _key(pk: str) -> tuple[str, str]:
    name = pk.replace("~", "#")
    return name, name.partition("#")[0]
