"""Requests in Brightspace's dialect."""

from __future__ import annotations

from bench.cases.case import JSON, Budget, Case
from tests.factories import multipart

API = "/d2l/api"
DECLARED = f"{API}/{{component}}/{{version}}"
EP = f"{API}/eP/2.5"
ON = f"{EP}/reflection/%(reflection)s/on"
SIGNED = "the keys of the signature are looked up, then the application is charged"
LEFT = "what is related to it is read and changed with it"
FILE = multipart(("file", b"some bytes", "a.txt"))
FEED = multipart(("file", b"<feed/>", "leap2a.xml"))

CASES = (
    Case(route=f"GET {API}/versions", budget=Budget.OWN, target=f"{API}/versions/", by="nobody", who="anybody"),
    Case(
        route=f"GET {API}/{{component}}/versions",
        budget=Budget.OWN,
        target=f"{API}/ep/versions/",
        by="nobody",
        who="anybody",
    ),
    Case(
        route=f"GET {API}/{{component}}/versions/{{version}}",
        budget=Budget.OWN,
        target=f"{API}/ep/versions/2.5",
        by="nobody",
        who="anybody",
    ),
    Case(
        route=f"POST {API}/versions/check",
        budget=Budget.OWN,
        target=f"{API}/versions/check",
        by="nobody",
        who="anybody",
        body='[{"ProductCode": "ep", "Version": "2.5"}]',
        media_type=JSON,
    ),
    Case(route=f"GET {DECLARED}/users/whoami", budget=Budget.OWN, target=f"{API}/lp/1.9/users/whoami", who="the user"),
    Case(
        route=f"POST {DECLARED}/export/new",
        budget=Budget.WRITE,
        target=f"{EP}/export/new",
        body="[%(portfolio)s]",
        media_type=JSON,
    ),
    Case(
        route=f"POST {DECLARED}/export/new",
        budget=Budget.WRITE,
        target=f"{EP}/export/new?includeAssociatedItems=true",
        who="owner, with associated items",
        body="[%(reflected)s]",
        media_type=JSON,
        extra=2,
        why="the named objects, then where their associates are",
    ),
    Case(
        route=f"POST {DECLARED}/export/new/all",
        budget=Budget.WRITE,
        target=f"{EP}/export/new/all",
        extra=1,
        why="the account's settings, and whether there is anything",
    ),
    Case(route=f"GET {DECLARED}/export/{{id}}/status", budget=Budget.OWN, target=f"{EP}/export/%(export)s/status"),
    Case(route=f"GET {DECLARED}/export/{{id}}/package", budget=Budget.OWN, target=f"{EP}/export/%(export)s/package"),
    Case(
        route=f"POST {DECLARED}/import/new",
        budget=Budget.WRITE,
        target=f"{EP}/import/new",
        who="the user",
        options=FEED,
    ),
    Case(
        route=f"POST {DECLARED}/import/newwithdetails",
        budget=Budget.WRITE,
        target=f"{EP}/import/newwithdetails",
        who="the user",
        options=FEED,
    ),
    Case(
        route=f"POST {DECLARED}/import/new",
        budget=Budget.WRITE,
        target=f"{EP}/import/new",
        who="the user, by the key of an upload",
        body='--b\r\nContent-Disposition: form-data; name="uploadKey"\r\n\r\n%(upload)s\r\n--b--\r\n',
        media_type="multipart/form-data; boundary=b",
    ),
    Case(route=f"POST {DECLARED}/import/upload", budget=Budget.WRITE, target=f"{EP}/import/upload", who="the user"),
    Case(route=f"GET {DECLARED}/import/{{id}}/details", budget=Budget.OWN, target=f"{EP}/import/%(import_)s/details"),
    Case(route=f"GET {DECLARED}/export/{{id}}/details", budget=Budget.OWN, target=f"{EP}/export/%(export)s/details"),
    Case(route=f"GET {DECLARED}/import/{{id}}/status", budget=Budget.OWN, target=f"{EP}/import/%(import_)s/status"),
    Case(
        route=f"POST {DECLARED}/reflections/new",
        budget=Budget.WRITE,
        target=f"{EP}/reflections/new",
        who="the user",
        body='{"Name": "Low tide"}',
        media_type=JSON,
    ),
    Case(
        route=f"POST {DECLARED}/reflections/new",
        budget=Budget.WRITE,
        target=f"{EP}/reflections/new",
        by="key",
        who="the user, with an ID key",
        body='{"Name": "Low tide"}',
        media_type=JSON,
        extra=1,
        why=SIGNED,
    ),
    Case(route=f"GET {DECLARED}/reflection/{{id}}", budget=Budget.OWN, target=f"{EP}/reflection/%(reflection)s"),
    Case(
        route=f"GET {DECLARED}/reflection/{{id}}",
        budget=Budget.OWN,
        target=f"{EP}/reflection/%(reflection)s",
        by="key",
        who="owner, with an ID key",
        extra=1,
        why=SIGNED,
    ),
    Case(
        route=f"POST {DECLARED}/reflection/{{id}}/on/{{object_id}}",
        budget=Budget.WRITE,
        target=f"{ON}/%(portfolio)s",
    ),
    Case(
        route=f"DELETE {DECLARED}/reflection/{{id}}/on/{{object_id}}",
        budget=Budget.WRITE,
        target=f"{ON}/%(reflected)s",
    ),
    Case(
        route=f"POST {DECLARED}/collections/new",
        budget=Budget.WRITE,
        target=f"{EP}/collections/new",
        who="the user",
        body='{"Name": "Shore"}',
        media_type=JSON,
    ),
    Case(route=f"GET {DECLARED}/collection/{{id}}", budget=Budget.OWN, target=f"{EP}/collection/%(collection)s"),
    Case(
        route=f"POST {DECLARED}/collection/{{id}}/add/{{object_id}}",
        budget=Budget.WRITE,
        target=f"{EP}/collection/%(collection)s/add/%(portfolio)s",
    ),
    Case(
        route=f"POST {DECLARED}/collection/{{id}}/remove/{{object_id}}",
        budget=Budget.WRITE,
        target=f"{EP}/collection/%(collection)s/remove/%(item)s",
    ),
    Case(
        route=f"DELETE {DECLARED}/reflection/{{id}}",
        budget=Budget.WRITE,
        target=f"{EP}/reflection/%(reflection)s",
        extra=1,
        why=LEFT,
    ),
    Case(route=f"DELETE {DECLARED}/artifact/{{id}}", budget=Budget.WRITE, target=f"{EP}/artifact/%(file)s"),
    Case(
        route=f"DELETE {DECLARED}/collection/{{id}}",
        budget=Budget.WRITE,
        target=f"{EP}/collection/%(collection)s",
        extra=1,
        why=LEFT,
    ),
    Case(
        route=f"GET {DECLARED}/collection/{{id}}/contents",
        budget=Budget.LIST,
        target=f"{EP}/collection/%(collection)s/contents/",
    ),
    Case(
        route=f"POST {DECLARED}/presentations/new",
        budget=Budget.WRITE,
        target=f"{EP}/presentations/new",
        who="the user",
        body='{"Name": "Shore year"}',
        media_type=JSON,
    ),
    Case(route=f"GET {DECLARED}/presentation/{{id}}", budget=Budget.OWN, target=f"{EP}/presentation/%(portfolio)s"),
    Case(
        route=f"DELETE {DECLARED}/presentation/{{id}}",
        budget=Budget.WRITE,
        target=f"{EP}/presentation/%(portfolio)s",
    ),
    Case(
        route=f"GET {DECLARED}/objects/my",
        budget=Budget.LIST,
        target=f"{EP}/objects/my/",
        who="the user",
        extra=1,
        why="the account's settings; then keys before those of pages, and behind them",
    ),
    Case(
        route=f"GET {DECLARED}/object/{{id}}/comments",
        budget=Budget.LIST,
        target=f"{EP}/object/%(portfolio)s/comments/",
    ),
    Case(
        route=f"POST {DECLARED}/object/{{id}}/comments/new",
        budget=Budget.WRITE,
        target=f"{EP}/object/%(portfolio)s/comments/new",
        body='{"Body": "Nice"}',
        media_type=JSON,
    ),
    Case(
        route=f"POST {DECLARED}/artifacts/link/new",
        budget=Budget.WRITE,
        target=f"{EP}/artifacts/link/new",
        who="the user",
        body='{"Name": "Tides", "Url": "https://tides.example/"}',
        media_type=JSON,
    ),
    Case(
        route=f"POST {DECLARED}/artifacts/file/upload",
        budget=Budget.WRITE,
        target=f"{EP}/artifacts/file/upload?name=Note",
        who="the user",
        options=FILE,
    ),
    Case(route=f"GET {DECLARED}/artifact/{{id}}", budget=Budget.OWN, target=f"{EP}/artifact/%(file)s"),
    Case(route=f"GET {DECLARED}/object/{{id}}/content", budget=Budget.OWN, target=f"{EP}/object/%(file)s/content"),
)
