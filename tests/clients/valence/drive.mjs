// npm `valence` signs, node's fetch sends: the whole way of a portfolio, by one person (brightspace 7).
// Reads the ready document of `ops serve` from standard input; prints how many calls it made.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import valence from "valence";

const ready = JSON.parse(readFileSync(0, "utf8"));
const { protocol, hostname, port } = new URL(ready.base_url);
const host = `${protocol}//${hostname}`;
const app = new valence.ApplicationContext(ready.d2l.app_id, ready.d2l.app_key);
const { user_id: userId, user_key: userKey } = ready.d2l.users.ada;
const ada = app.createUserContextWithValues(host, port, userId, userKey);
const EP = "/d2l/api/eP/2.5";
let calls = 0;

async function call(context, method, path, options = {}) {
  calls += 1;
  return fetch(context.createAuthenticatedUrl(path, method), { method, ...options });
}

async function json(method, path, body, context = ada) {
  const options = body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const answer = await call(context, method, path, options);
  const text = await answer.text();
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

async function ended(path) {
  for (let tries = 0; tries < 600; tries += 1) {
    const status = await json("GET", path);
    if ([1, 2, 3].includes(status)) return status;
    await pause(100);
  }
  throw new Error(`${path} does not end`);
}

function form(parts) {
  const body = new FormData();
  for (const [name, value, fileName] of parts) {
    if (fileName) body.append(name, new Blob([value]), fileName);
    else body.append(name, value);
  }
  return { body };
}

// Versions, without a person and with one.
const nobody = app.createUserContextWithValues(host, port, undefined, undefined);
const products = await json("GET", "/d2l/api/versions/", undefined, nobody);
assert.ok(products.some((one) => one.ProductCode === "ep" && one.LatestVersion === "2.5"));
const check = await json("POST", "/d2l/api/versions/check", [{ ProductCode: "eP", Version: "2.5" }]);
assert.equal(check.Supported, true);
assert.equal((await call(nobody, "GET", "/d2l/api/lp/1.47/users/whoami")).status, 403);
const me = await json("GET", "/d2l/api/lp/1.47/users/whoami");
assert.equal(me.Identifier, String(ready.users.ada));

// A clock that is wrong corrects itself by the answer.
const late = app.createUserContextWithValues(host, port, userId, userKey, -4000);
const refused = await call(late, "GET", "/d2l/api/lp/1.47/users/whoami");
assert.equal(refused.status, 403);
const skew = valence.Util.calculateSkew(await refused.text());
assert.ok(Math.abs(skew) < 5, `skew ${skew}`);
const wrong = app.createUserContextWithValues(host, port, userId, "not the key");
assert.equal(await (await call(wrong, "GET", "/d2l/api/lp/1.47/users/whoami")).text(), "invalid token");

// Objects of every sort that can be made.
const reflection = await json("POST", `${EP}/reflections/new`, { Name: "Low tide", Description: "what I saw" });
const link = await json("POST", `${EP}/artifacts/link/new`, { Name: "Tides", Url: "https://tides.example/" });
const collection = await json("POST", `${EP}/collections/new`, { Name: "Shore" });
const presentation = await json("POST", `${EP}/presentations/new`, { Name: "Year", BannerTitle: "A year" });
const upload = await call(ada, "POST", `${EP}/artifacts/file/upload?name=A%20note`, form([["file", "bytes é", "a.txt"]]));
const file = await upload.json();
assert.deepEqual([file.Name, file.FileSize], ["A note", 8]);
const content = await call(ada, "GET", `${EP}/object/${file.ObjectId}/content`);
assert.equal(await content.text(), "bytes é");
for (const one of [reflection, link, file, presentation]) {
  await json("POST", `${EP}/collection/${collection.ObjectId}/add/${one.ObjectId}`);
}
await json("POST", `${EP}/reflection/${reflection.ObjectId}/on/${file.ObjectId}`);
await json("POST", `${EP}/object/${file.ObjectId}/comments/new`, { Body: "Nice" });
assert.equal((await json("GET", `${EP}/object/${file.ObjectId}/comments/`)).length, 1);
const shown = await json("GET", `${EP}/collection/${collection.ObjectId}/contents/`);
assert.equal(shown.Items.length, 4);
for (const [what, one] of [["reflection", reflection], ["artifact", link], ["artifact", file], ["presentation", presentation]]) {
  assert.equal((await json("GET", `${EP}/${what}/${one.ObjectId}`)).ObjectId, one.ObjectId);
}
await json("POST", `${EP}/collection/${collection.ObjectId}/remove/${link.ObjectId}`);
await json("DELETE", `${EP}/artifact/${link.ObjectId}`);
assert.equal((await call(ada, "GET", `${EP}/artifact/${link.ObjectId}`)).status, 404);

// Out, and in again.
const some = await json("POST", `${EP}/export/new?includeAssociatedItems=true`, [file.ObjectId]);
assert.equal(await ended(`${EP}/export/${some}/status`), 2);
const all = await json("POST", `${EP}/export/new/all`);
assert.equal(await ended(`${EP}/export/${all}/status`), 2);
const fetched = await call(ada, "GET", `${EP}/export/${all}/package`);
assert.equal(fetched.headers.get("content-type"), "application/zip");
const bytes = await fetched.arrayBuffer();
const [task] = await (await call(ada, "POST", `${EP}/import/new`, form([["file", bytes, "p.zip"]]))).json();
assert.equal(await ended(`${EP}/import/${task}/status`), 2);
const targets = [["targetUsers", me.Identifier], ["file", bytes, "p.zip"]];
const details = await (await call(ada, "POST", `${EP}/import/newwithdetails`, form(targets))).json();
assert.equal(details.ImportJobResultType, "Success");
assert.equal(await ended(`${EP}/import/${details.SuccessfulJobIds[0]}/status`), 2);

// By an upload of its own.
const ticket = await json("POST", `${EP}/import/upload`);
const sent = await fetch(ticket.Url, { method: "POST", ...form([...Object.entries(ticket.Fields), ["file", bytes, "p.zip"]]) });
assert.ok(sent.ok, `upload: ${sent.status} ${await sent.text()}`);
const [third] = await (await call(ada, "POST", `${EP}/import/new`, form([["uploadKey", ticket.UploadKey]]))).json();
assert.equal(await ended(`${EP}/import/${third}/status`), 2);
const told = await json("GET", `${EP}/import/${third}/details`);
assert.ok(told.Total > 0 && told.ProblemCount === 0);

// Every object, page by page: four times what there was.
let found = [];
let bookmark = "";
do {
  const page = await json("GET", `${EP}/objects/my/?pageSize=5&bookmark=${bookmark}`);
  found = found.concat(page.Items);
  bookmark = page.PagingInfo.Bookmark;
} while (bookmark);
assert.equal(found.filter((one) => one.Name === "Low tide").length, 4);
console.log(JSON.stringify({ calls, objects: found.length }));
