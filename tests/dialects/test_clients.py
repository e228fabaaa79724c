"""Unmodified published clients against the service on a loopback port (brightspace 7, canvas-a)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests
from canvasapi import Canvas
from canvasapi.exceptions import BadRequest, Forbidden, InvalidAccessToken, ResourceDoesNotExist, Unauthorized
from msgspec.structs import replace

from chalicelib import wiring
from chalicelib.domain.idkey import IdKey
from chalicelib.domain.page import PageDraft
from chalicelib.wiring import Services
from chalicelib.wiring_stores import SystemClock
from tests.factories import Person, World
from tests.schools import load

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the library compares with `is`, and imports what is deprecated
    import d2lvalence.auth as d2lauth
    import d2lvalence_util.data as d2ldata
    import d2lvalence_util.service as d2l

pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly:UserWarning")


@pytest.fixture
def key(now: World, ada: Person) -> IdKey:
    return now.id_key(ada)


def user_context(url: str, key: IdKey) -> Any:
    app = d2lauth.fashion_app_context(app_id=key.app_id, app_key=key.app_key)
    properties = {
        "host": urlsplit(url).netloc,
        "user_id": key.user_token_id,
        "user_key": key.user_key,
        "encrypt_requests": False,
        "server_skew": 0,
        "anonymous": False,
    }
    return app.create_user_context(d2l_user_context_props_dict=properties)


def test_canvasapi(now: World, url: str, ada: Person, bo: Person) -> None:
    canvas = Canvas(url, ada.token)
    me = canvas.get_current_user()
    assert (me.id, me.name, me.login_id) == (ada.id, ada.user.name, ada.user.login_id)
    made = [now.portfolio(ada, f"p{number}", public=number == 0) for number in range(12)]
    found = list(me.get_eportfolios(per_page=5))
    assert [one.id for one in found] == [one.id for one in made]
    for number in range(3):
        now.services.pages.create(ada.actor, made[0].id, PageDraft(name=f"page {number}"))
    portfolio = canvas.get_eportfolio(made[0].id)
    assert (portfolio.name, portfolio.public, portfolio.workflow_state) == ("p0", True, "active")
    assert [page.name for page in portfolio.get_eportfolio_pages(per_page=2)] == ["page 0", "page 1", "page 2"]
    assert str(next(iter(portfolio.get_eportfolio_pages()))) == "1. page 0"
    theirs = Canvas(url, bo.token)
    assert theirs.get_eportfolio(made[0].id).name == "p0"
    with pytest.raises(Forbidden):
        theirs.get_eportfolio(made[1].id)
    with pytest.raises(ResourceDoesNotExist):
        theirs.get_eportfolio(77)
    with pytest.raises(InvalidAccessToken):
        Canvas(url, "nobody").get_current_user()


def test_canvasapi_lists_the_courses_of_an_account(now: World, url: str, tmp_path: Path) -> None:
    rows = "\n".join(f"K{number},K,Course {number},published" for number in range(7))
    report = load(now.services, now.root, tmp_path, courses=f"course_id,short_name,long_name,status\n{rows}")
    assert report.errors == []
    account = Canvas(url, now.admin().token).get_account(now.root.id)
    found = list(account.get_courses(per_page=3, sort="course_name", order="desc", search_term="Course"))
    assert [course.name for course in found] == [f"Course {number}" for number in range(6, -1, -1)]
    some = list(account.get_courses(published=True, include=["total_students", "term"], by_teachers=[1]))
    assert some == []
    first = next(iter(account.get_courses(include=["total_students", "term"], state=["available"])))
    assert (first.total_students, first.term["name"]) == (0, "Default Term")


def test_canvasapi_moderates(now: World, url: str, ada: Person, admin: Person) -> None:
    """Every method that canvasapi has for ePortfolios, their pages, users and the current user."""
    made = [now.portfolio(ada, f"p{number}") for number in range(3)]
    mine, theirs = Canvas(url, ada.token), Canvas(url, admin.token)
    user = theirs.get_user(ada.id)
    assert [one.id for one in user.get_eportfolios()] == [one.id for one in made]
    portfolio = theirs.get_eportfolio(made[0].id)
    assert portfolio.moderate_eportfolio(spam_status="marked_as_spam").spam_status == "marked_as_spam"
    with pytest.raises(BadRequest):
        portfolio.moderate_eportfolio(spam_status="bad")
    with pytest.raises(Forbidden):
        mine.get_eportfolio(made[0].id).moderate_eportfolio(spam_status="marked_as_safe")
    with pytest.raises(AttributeError):  # the library takes Canvas's "success" for a list, after the fact
        list(user.moderate_all_eportfolios(spam_status="marked_as_safe"))
    assert {one.spam_status for one in mine.get_current_user().get_eportfolios()} == {"marked_as_safe"}
    with pytest.raises(Forbidden):
        list(mine.get_current_user().moderate_all_eportfolios(spam_status="marked_as_safe"))
    gone = mine.get_eportfolio(made[1].id).delete()
    assert (gone.id, gone.workflow_state) == (made[1].id, "deleted")
    assert len(list(user.get_eportfolios(include=["deleted"]))) == 3
    assert len(list(user.get_eportfolios())) == 2
    (deleted,) = [one for one in user.get_eportfolios(include=["deleted"]) if one.workflow_state == "deleted"]
    assert deleted.restore().workflow_state == "active"
    now.services.pages.create(ada.actor, made[0].id, PageDraft(name="One"))
    assert [str(page) for page in mine.get_eportfolio(made[0].id).get_eportfolio_pages()] == ["1. One"]


def test_canvasapis_own_requester_drives_the_tokens(now: World, url: str, ada: Person) -> None:
    from canvasapi.paginated_list import PaginatedList
    from canvasapi.user import User
    from canvasapi.util import combine_kwargs

    requester = Canvas(url, ada.token)._Canvas__requester
    fields = combine_kwargs(token={"purpose": "sync", "scopes": ["url:GET|/api/v1/users/:id"]})
    made = requester.request("POST", "users/self/tokens", _kwargs=fields).json()
    assert (made["scopes"], len(made["visible_token"])) == (["url:GET|/api/v1/users/:id"], 64)
    assert Canvas(url, made["visible_token"]).get_current_user().id == ada.id
    with pytest.raises(Unauthorized):
        next(iter(Canvas(url, made["visible_token"]).get_current_user().get_eportfolios()))
    for number in range(3):
        requester.request("POST", "users/self/tokens", _kwargs=combine_kwargs(token={"purpose": f"p{number}"}))
    listed = PaginatedList(User, requester, "GET", "users/self/user_generated_tokens", _kwargs=[("per_page", 2)])
    assert [one.purpose for one in listed] == ["test", "sync", "p0", "p1", "p2"]
    changed = requester.request(
        "PUT", f"users/self/tokens/{made['id']}", _kwargs=combine_kwargs(token={"purpose": "x"})
    )
    assert changed.json()["purpose"] == "x"
    assert requester.request("DELETE", f"users/self/tokens/{made['id']}").json()["workflow_state"] == "deleted"
    with pytest.raises(InvalidAccessToken):
        Canvas(url, made["visible_token"]).get_current_user()


def test_canvasapis_own_requester_drives_the_extensions(url: str, ada: Person) -> None:
    requester = Canvas(url, ada.token)._Canvas__requester
    from canvasapi.util import combine_kwargs

    fields = combine_kwargs(eportfolio={"name": "Authored", "public": True})
    made = requester.request("POST", "users/self/eportfolios", _kwargs=fields).json()
    content = [{"section_type": "html", "content": "<p>a</p>"}, {"section_type": "html", "content": "<p>b</p>"}]
    fields = combine_kwargs(page={"name": "One", "content": content, "position": 3})
    page = requester.request("POST", f"eportfolios/{made['id']}/pages", _kwargs=fields).json()
    assert (page["content"], page["position"]) == (content, 3)
    assert requester.request("DELETE", f"eportfolios/{made['id']}/pages/{page['id']}").json()["id"] == page["id"]


def test_the_public_python_library_end_to_end(now: World, url: str, ada: Person, bo: Person, key: IdKey) -> None:
    """Versions -> whoami -> export all -> status -> package -> import -> status (brightspace 7)."""
    context = user_context(url, key)
    assert d2l.get_all_versions(context)[0]["ProductCode"] == "ep"
    checked = d2l.check_versions(context, [d2ldata.SupportedVersionRequest("ep", "2.0")])
    assert checked.Supported is True
    assert d2l.get_whoami(context).Identifier == str(ada.id)
    now.page(ada, now.portfolio(ada))
    export_id = d2l.start_ep_export_all_task(context)
    assert d2l.get_ep_export_task_status(context, export_id) == 0
    now.work()
    assert d2l.get_ep_export_task_status(context, export_id) == 2
    package = d2l.get_ep_export_task_package(context, export_id)
    assert "leap2a.xml" in zipfile.ZipFile(io.BytesIO(package)).namelist()
    theirs = user_context(url, now.id_key(bo))
    parts = {"Name": "p.zip", "Stream": io.BytesIO(package), "ContentType": "application/zip", "DescriptorDict": {}}
    file = d2ldata.D2LFile(parts)
    (import_id,) = d2l.start_ep_import_task(theirs, file)
    now.work()
    assert d2l.get_ep_import_task_status(theirs, import_id) in (2, 3)
    (again,) = d2l.start_ep_import_task(theirs, file, user_id_list=[bo.id], ver="2.5")
    assert again != import_id
    with pytest.raises(requests.HTTPError, match="403"):
        d2l.get_ep_import_task_status(context, import_id)


def test_the_public_python_library_imports_with_details(now: World, url: str, ada: Person, bo: Person) -> None:
    """At 2.2 and above; at 2.0 it falls back by itself. Its targets come first in the body, with a content type."""
    admin = now.admin()
    context = user_context(url, now.id_key(admin))
    parts = {"Name": "p.zip", "Stream": io.BytesIO(b"<feed/>"), "ContentType": "application/zip", "DescriptorDict": {}}
    file = d2ldata.D2LFile(parts)
    told = d2l.start_ep_import_task(context, file, [bo.id, 999, ada.id], import_with_details=True, ver="2.5")
    assert (told["ImportJobResultType"], told["FailedUserIds"]) == ("PartialSuccess", [999])
    assert len(told["SuccessfulJobIds"]) == 2
    (alone,) = d2l.start_ep_import_task(context, file, import_with_details=True, ver="2.0")
    assert d2l.get_ep_import_task_status(context, alone) == 0
    first, second = d2l.start_ep_import_task(context, file, [bo.id, ada.id], ver="2.4")
    assert d2l.get_ep_import_task_status(user_context(url, now.id_key(bo)), first, ver="2.1") == 0
    assert d2l.get_ep_import_task_status(user_context(url, now.id_key(ada)), second, ver="2.3") == 0
    found = d2l.get_version_for_product_component(context, "ep", "2.2")
    assert (found.Supported, found.LatestVersion) == (True, "2.5")
    for missing in (d2l.get_ep_export_task_status, d2l.get_ep_export_task_package, d2l.get_ep_import_task_status):
        with pytest.raises(requests.HTTPError, match="404"):
            missing(context, 77)
    with pytest.raises(TypeError):
        d2l.start_ep_export_task(context, [1])  # the library's own fault, before it sends anything


def test_named_objects_through_requests_and_the_librarys_signer(now: World, url: str, ada: Person, key: IdKey) -> None:
    """Its own helper for named objects fails on Python 3 before it sends anything (brightspace 7)."""
    portfolio = now.portfolio(ada)
    answer = requests.post(
        f"{url}/d2l/api/eP/2.0/export/new",
        params={"include_forms_items": False, "include_associated_items": True},
        data=json.dumps([portfolio.id]),
        headers={"Content-Type": "application/json"},
        auth=user_context(url, key),
    )
    assert answer.status_code == 200
    assert isinstance(answer.json(), int)


def test_the_librarys_anonymous_context(now: World, url: str, key: IdKey) -> None:
    app = d2lauth.fashion_app_context(app_id=key.app_id, app_key=key.app_key)
    context = app.create_anonymous_user_context(host=urlsplit(url).netloc)
    assert d2l.get_versions_for_product_component(context, "ep").LatestVersion == "2.5"
    answer = requests.get(f"{url}/d2l/api/lp/1.0/users/whoami", auth=context)
    assert (answer.status_code, answer.text) == (403, "Not authenticated")


def test_npm_valences_signing(now: World, url: str, ada: Person, key: IdKey) -> None:
    """As npm `valence` 1.0.3 signs: path lower-cased, the skew text read at the very start of the body."""

    def signed(path: str, at: int) -> str:
        def signature(secret: str) -> str:
            base = f"GET&{path.lower()}&{at}"
            digest = hmac.new(secret.encode(), base.encode(), hashlib.sha256).digest()
            return base64.b64encode(digest).decode().replace("+", "-").replace("/", "_").rstrip("=")

        parts = {"x_a": key.app_id, "x_b": key.user_token_id, "x_c": signature(key.app_key)}
        return f"{url}{quote(path)}?{urlencode(parts | {'x_d': signature(key.user_key), 'x_t': at})}"

    path = "/d2l/api/lp/1.47/users/whoami"
    skewed = requests.get(signed(path, int(time.time()) - 4000))
    assert skewed.status_code == 403
    word, _, server_time = skewed.text.partition("\n")
    assert word == "Timestamp out of range"
    assert abs(int(server_time) - time.time()) < 5
    assert requests.get(signed(path, int(server_time))).json()["Identifier"] == str(ada.id)


def test_a_package_link_carries_type_length_and_name(now: World, url: str) -> None:
    owner = now.person(first_name="Zoë", last_name="Ünal")
    now.portfolio(owner)
    bearer = {"Authorization": f"Bearer {owner.token}"}
    export_id = requests.post(f"{url}/d2l/api/eP/2.5/export/new/all", headers=bearer).json()
    now.work()
    answers = [requests.get(f"{url}/d2l/api/eP/2.5/export/{export_id}/package", headers=bearer) for _ in range(2)]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["content-disposition"].startswith('attachment; filename="eP_Export_Zo__')
        assert "filename*=UTF-8''eP_Export_Zo%C3%AB_%C3%9Cnal_" in answer.headers["content-disposition"]
    assert answers[0].content == answers[1].content


def test_a_body_over_the_limit_is_refused_in_the_dialects_words(now: World, url: str, ada: Person) -> None:
    wiring.use(Services(replace(now.services.settings, max_body_bytes=1024), clock=SystemClock()))
    bearer = {"Authorization": f"Bearer {ada.token}"}
    files = {"file": ("p.zip", b"x" * 2048)}
    answer = requests.post(f"{url}/d2l/api/eP/2.5/import/new", headers=bearer, files=files)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


def test_many_clients_at_once(now: World, url: str) -> None:
    """Chalice keeps the current request on the app; ours travels with its call."""
    from concurrent.futures import ThreadPoolExecutor

    people = [now.person() for _ in range(4)]

    def ask(number: int) -> bool:
        person = people[number % 4]
        headers = {"Authorization": f"Bearer {person.token}"}
        found = requests.get(f"{url}/api/v1/users/self?number={number}", headers=headers).json()
        return bool(found["id"] == person.id)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(48)))
