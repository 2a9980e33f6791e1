// What is typed into a form with `data-draft="<name>"` is kept by the server while it is typed, and put back when the
// form is opened again. Nothing of it stays in the browser. Secrets and files are left out, and hidden values too:
// what somebody had seen when the form was opened must be what this page shows.

const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);
const PAUSE_MS = 800;
const OWN = new Set(["_csrf_token", "_as", "_draft"]);

const waiting = new WeakMap(); // form -> timer
const dirty = new Set();
const restored = new WeakMap(); // form -> fields not put back yet, as the form has no place for them now

const token = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["x-csrf-token"] ?? "";
const controls = (form) =>
  [...form.elements].filter((one) => one.name && !OWN.has(one.name) && !["password", "file", "submit", "button"].includes(one.type));
const typed = (form) => controls(form).filter((one) => one.type !== "hidden");

function body(form) {
  const fields = new URLSearchParams();
  for (const one of controls(form)) {
    if ((one.type === "checkbox" || one.type === "radio") && !one.checked) continue;
    if (one.type === "select-multiple") {
      for (const option of one.selectedOptions) fields.append(one.name, option.value);
    } else {
      fields.append(one.type === "hidden" ? `seen:${one.name}` : one.name, one.value);
    }
  }
  fields.set("_draft", form.dataset.draft);
  fields.set("_page", location.pathname);
  const madeFor = form.elements._as?.value;
  if (madeFor) fields.set("_as", madeFor);
  return fields;
}

async function keep(form, last = false) {
  clearTimeout(waiting.get(form));
  dirty.delete(form);
  const reply = await fetch("/desk/drafts", {
    method: "POST",
    headers: { "x-csrf-token": token(), "hx-request": "true" },
    body: body(form),
    keepalive: last,
  }).catch(() => null);
  if (last) return;
  const words =
    reply?.ok ? say(`已暂存 ${time(Date.now())}`, `Kept ${time(Date.now())}`)
    : reply?.status === 401 ? say("登录已过期，没有暂存；提交时可重新登录，内容不会丢。", "The session has ended, so this is not kept; you can sign in when you send it.")
    : say("没有暂存上，请不要关闭这一页。", "This could not be kept; please leave the page open.");
  status(form, words);
  if (!reply?.ok) dirty.add(form);
}

// As the pages write moments: 11-24 09:12, in Haining.
function moment(at) {
  const there = new Date(at + 8 * 3600 * 1000).toISOString();
  return `${there.slice(5, 10)} ${there.slice(11, 16)}`;
}

const time = (at) => moment(at).slice(6);

function line(form) {
  let found = form.querySelector(":scope > .draft");
  if (!found) {
    found = Object.assign(document.createElement("div"), { className: "draft" });
    found.append(Object.assign(document.createElement("span"), {}));
    found.firstChild.setAttribute("role", "status");
    form.prepend(found);
  }
  return found;
}

function status(form, words) {
  line(form).firstChild.textContent = words;
}

// --- putting back --------------------------------------------------------------------------------------------------

async function begin(form) {
  if (form.dataset.drafting) return;
  form.dataset.drafting = "";
  ensureName(form);
  const reply = await fetch(`/desk/drafts?form=${encodeURIComponent(form.dataset.draft)}`).catch(() => null);
  if (reply?.status !== 200 || dirty.has(form)) return;
  putBack(form, await reply.json());
}

// So that the server knows which draft is over when the form is taken.
function ensureName(form) {
  if (form.elements._draft) return;
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_draft", value: form.dataset.draft }));
}

function putBack(form, draft) {
  const seenThen = new Map(draft.fields.filter(([name]) => name.startsWith("seen:")).map(([name, text]) => [name.slice(5), text]));
  const seenNow = controls(form).filter((one) => one.type === "hidden");
  const changed = seenNow.some((one) => seenThen.has(one.name) && seenThen.get(one.name) !== one.value);
  const fields = new Map();
  for (const [name, text] of draft.fields) {
    if (!name.startsWith("seen:")) fields.set(name, [...(fields.get(name) ?? []), text]);
  }
  if (!differs(form, fields)) return;
  const before = typed(form).map((one) => [one, one.value, one.checked]);
  restored.set(form, fields);
  fill(form);
  const found = line(form);
  found.classList.add("notice");
  status(
    form,
    say(`已恢复未提交的内容（${moment(draft.at_ms)} 填写）。`, `What you had not sent is here again (typed ${moment(draft.at_ms)}).`) +
      (changed ? say("这之后记录有变化，请核对。", " The record has changed since; please check.") : ""),
  );
  const discard = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: say("丢弃", "Discard") });
  discard.addEventListener("click", () => throwAway(form, before));
  found.append(discard);
}

function differs(form, fields) {
  const now = new Map();
  for (const one of typed(form)) {
    const counts = (one.type !== "checkbox" && one.type !== "radio") || one.checked;
    const texts = one.type === "select-multiple" ? [...one.selectedOptions].map((option) => option.value) : [one.value];
    if (counts) now.set(one.name, [...(now.get(one.name) ?? []), ...texts]);
  }
  const names = new Set([...now.keys(), ...fields.keys()]);
  return [...names].some((name) => (now.get(name) ?? [""]).join("\n") !== (fields.get(name) ?? [""]).join("\n"));
}

// Fields that only appear once others are filled in are put back when they do.
function fill(form) {
  const fields = restored.get(form);
  if (!fields) return;
  const used = new Set();
  const at = new Map();
  for (const one of typed(form)) {
    const texts = fields.get(one.name);
    if (one.type === "checkbox" || one.type === "radio") {
      one.checked = Boolean(texts?.includes(one.value));
    } else if (one.type === "select-multiple") {
      for (const option of one.options) option.selected = Boolean(texts?.includes(option.value));
    } else if (texts) {
      const index = at.get(one.name) ?? 0;
      at.set(one.name, index + 1);
      one.value = texts[index] ?? "";
    }
    if (texts) used.add(one.name);
  }
  for (const name of used) fields.delete(name);
  if (!fields.size) restored.delete(form);
  const first = typed(form).find((one) => used.has(one.name));
  first?.dispatchEvent(new Event("change", { bubbles: true }));
  dirty.delete(form);
  clearTimeout(waiting.get(form));
}

async function throwAway(form, before) {
  restored.delete(form);
  for (const [one, value, checked] of before) {
    one.value = value;
    if ("checked" in one) one.checked = checked;
  }
  clearTimeout(waiting.get(form));
  dirty.delete(form);
  form.querySelector(":scope > .draft")?.remove();
  const fields = new URLSearchParams({ _draft: form.dataset.draft });
  await fetch("/desk/drafts/discard", { method: "POST", headers: { "x-csrf-token": token() }, body: fields }).catch(() => null);
}

// --- listening -----------------------------------------------------------------------------------------------------

function touched(event) {
  const form = event.target.form;
  if (!form?.dataset?.draft || OWN.has(event.target.name)) return;
  later(form);
}

function later(form) {
  dirty.add(form);
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => keep(form), PAUSE_MS));
}

// A form that was swapped for a newer look of itself hands on what is still to be kept; left in the list, it would be
// kept when the page goes, after the server has thrown the draft away.
function handOn() {
  for (const old of [...dirty]) {
    if (old.isConnected) continue;
    clearTimeout(waiting.get(old));
    dirty.delete(old);
    const now = [...document.querySelectorAll("form[data-draft]")].find((one) => one.dataset.draft === old.dataset.draft);
    if (now) later(now);
  }
}

function findForms() {
  handOn();
  for (const form of document.querySelectorAll("form[data-draft]")) {
    begin(form);
    if (restored.has(form)) fill(form);
  }
}

document.addEventListener("input", touched);
document.addEventListener("change", touched);
document.addEventListener("htmx:afterSettle", findForms);
document.addEventListener("submit", (event) => {
  // sent now: what is still waiting must not be kept after the server has thrown the draft away
  clearTimeout(waiting.get(event.target));
  dirty.delete(event.target);
});
window.addEventListener("pagehide", () => {
  for (const form of dirty) keep(form, true);
});
findForms();
