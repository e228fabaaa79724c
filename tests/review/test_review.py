from __future__ import annotations
import io
from dataclasses import replace
import pytest
from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.epobject import *
from chalicelib.domain.errors import *
from chalicelib.domain.identity import derive
from chalicelib.domain.job import *
from chalicelib.domain.page import PageDraft
from chalicelib.domain.paging import PageRequest
from chalicelib.domain.person import UserRow, AdminRow
from chalicelib.domain.ports import Created, Deleted, Updated
from chalicelib.jobs.runner import Runner
from chalicelib.storage.blobs import file_key
from tests.world import actor
from datetime import UTC, datetime

def test_lanes():
    now = datetime(2026,1,1,tzinfo=UTC)
    a = {derive(now, 5, n) for n in range(20000)}
    b = {derive(now, 6, n) for n in range(20000)}
    assert not a & b

def test_many_targets(services):
    root = services.directory.default_root()
    rows = [UserRow(sis_id=f"s{i}", login_id=f"s{i}") for i in range(80)]
    list(services.directory.upsert_users(root, rows))
    list(services.directory.upsert_admins(root, [AdminRow(user_sis_id="u1", account_sis_id="")]))
    a = services.directory.find_user("sis_user_id:u1")
    targets = [services.directory.find_user(f"sis_user_id:s{i}").id for i in range(80)]
    jobs = services.imports.request(actor(a), io.BytesIO(b"x"), targets)
    assert len({j.id for j in jobs}) == 80

def test_once_other_targets(services, ada, bo):
    list(services.directory.upsert_admins(services.directory.default_root(), [AdminRow(user_sis_id="u1", account_sis_id="")]))
    services.imports.request(actor(ada), io.BytesIO(b"x"), [ada.id], idempotency="k")
    with pytest.raises(DomainError):
        services.imports.request(actor(ada), io.BytesIO(b"x"), [bo.id], idempotency="k")

def test_upload_twice(services):
    f = io.BytesIO(b"abc")
    services.blobs.put_file(f)
    services.blobs.put_file(f)

def test_exact_segment(services, ada):
    services.artifacts.upload(actor(ada), io.BytesIO(b"\0"*(16*1024*1024)), file_name="a", media_type="video/mp4")
    job = services.exports.request_all(actor(ada))
    for _ in range(60):
        if Runner(services).run(job.id, lambda: 1.0) is not JobStatus.PROCESSING: break
    assert services.job_store.get(job.id).status is JobStatus.COMPLETE

def test_page_alone(services, ada):
    p = services.portfolios.create(actor(ada), name="P")
    page = services.pages.create(actor(ada), p.id, PageDraft(name="big"))
    job = services.exports.request(actor(ada), [page.id])
    Runner(services).run(job.id, lambda: 900.0)
    assert services.job_store.get(job.id).counts["objects"] == 1
    import zipfile
    z = zipfile.ZipFile(io.BytesIO(services.blobs.get(services.job_store.get(job.id).result.key)))
    assert b"big" in z.read("leap2a.xml")

def test_body_race(services, ada):
    p = services.portfolios.create(actor(ada), name="P")
    big = lambda c: PageDraft(name="b", sections=[Section(type="rich_text", content="<p>"+c*400_000+"</p>")])
    page = services.pages.create(actor(ada), p.id, big("x"))
    one = services.pages._changed(page, big("a")); two = services.pages._changed(page, big("b"))
    services.objects.apply([Updated(one)])
    with pytest.raises(ConflictError): services.objects.apply([Updated(two)])
    assert services.objects.own(ada.id, [(Kind.PAGE, page.id)])[page.id].page.sections == one.page.sections

def test_other_tenant(services, ada):
    p = services.portfolios.create(actor(ada), name="P", public=True)
    other = services.directory.create_root_account("Other")
    list(services.directory.upsert_users(other, [UserRow(sis_id="x", login_id="x")]))
    x = services.directory.find_user("sis_user_id:x", other)
    with pytest.raises(NotFoundError): services.portfolios.show(actor(x), p.id)

@pytest.mark.parametrize("ref", ["9"*5000, "sis_user_id:" + "x"*3000, "9"*3000])
def test_refs(services, ada, ref):
    with pytest.raises(NotFoundError): services.directory.show(actor(ada), ref)

def test_cursor_huge(services, ada):
    import base64
    c = base64.urlsafe_b64encode(b"portfolio#x#" + b"1"*5000).decode()
    with pytest.raises(InvalidError): services.objects.portfolios(ada.id, PageRequest(cursor=c))

def test_huge_ids(services, ada):
    with pytest.raises(DomainError): services.exports.request(actor(ada), [10**3000])

def test_batches_bytes(services, ada):
    made = replace(services.artifacts.create_reflection(actor(ada), ObjectDraft(name="R")), import_id=3, content="漢"*90_000)
    batch = [replace(made, id=made.id+i+1) for i in range(30)]
    for part in services.import_store._batches(batch):
        assert sum(len((r.document or "").encode()) for _, r in part) < 3_100_000

def test_problems_fit(services, ada):
    job = services.exports.request_all
    from chalicelib.jobs.run import kept
    problems = [Problem(outcome="left_out", reason="r"*5000, title="t"*5000, entry="e"*5000)]*300
    assert sum(len(p.reason)+len(p.title)+len(p.entry) for p in kept(problems)) < 350_000

def test_gc_stale_mark(services, clock, ada):
    blob = services.blobs.put_file(io.BytesIO(b"orphan"))
    services.garbage.record(blob.sha256).save()
    clock.advance(2*86400)
    q = services.tables.jobs.by_open.query
    stale = list(services.tables.jobs.by_open.query("garbage"))
    services.garbage.record(blob.sha256).save()
    services.tables.jobs.by_open.query = lambda *a, **k: iter(stale)
    try: services.garbage.collect()
    finally: services.tables.jobs.by_open.query = q
    assert services.blobs.exists(file_key(blob.sha256))

def test_disabled_page_update(services, ada):
    p = services.portfolios.create(actor(ada), name="P")
    page = services.pages.create(actor(ada), p.id, PageDraft(name="n"))
    root = services.directory.default_root()
    services.people.save_account(replace(root, settings={"enable_eportfolios": "false"}, version=root.version+1))
    with pytest.raises(DeniedError): services.pages.update(actor(ada), p.id, page.id, PageDraft(name="m"))

def test_disabled_empty_export(services, ada):
    root = services.directory.default_root()
    services.people.save_account(replace(root, settings={"enable_eportfolios": "false"}, version=root.version+1))
    with pytest.raises(DeniedError): services.exports.request(actor(ada), [])
    with pytest.raises(DeniedError): services.artifacts.create_reflection(actor(ada), ObjectDraft(name=""))

def test_bucket_expires(services, clock):
    services.credentials.charge("addr/1.2.3.4", 1, 10, clock.now())
    r = services.tables.people.get("bucket#addr/1.2.3.4", "bucket")
    assert r.expires_at

def test_named_missing_once(services, ada):
    a = services.artifacts.create_reflection(actor(ada), ObjectDraft(name="A"))
    b = services.artifacts.create_reflection(actor(ada), ObjectDraft(name="B"))
    p = services.portfolios.create(actor(ada), name="P")
    q = services.portfolios.create(actor(ada), name="P")
    job = services.exports.request(actor(ada), [a.id, b.id, p.id, q.id])
    services.import_store.remove(ada.id, [])
    services.tables.objects(owner=ada.id, key=f"portfolio#{max(p.id,q.id):016d}").delete()
    for _ in range(60):
        if Runner(services).run(job.id, lambda: 1.0) is not JobStatus.PROCESSING: break
    got = services.job_store.get(job.id)
    assert (got.status, got.problem_count) == (JobStatus.COMPLETE_WITH_ERRORS, 1)

def test_claim_answer_lost(services, ada, clock):
    job = services.jobs.start([services.jobs.draft(actor(ada), JobKind.EXPORT, ada.id, {})])[0]
    until = clock.now().replace(year=clock.now().year+1)
    assert services.job_store.claim(job.id, "mine", until, clock.now())
    assert services.job_store.claim(job.id, "mine", until, clock.now())
    assert not services.job_store.claim(job.id, "other", until, clock.now())
