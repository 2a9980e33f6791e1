// When a request that a page made by htmx is refused: the page stays as it is, with everything typed. A session that
// ended is begun again in a dialog and the same request sent once more; a token that was lost is replaced; whatever
// else was wrong is told.

const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);
const TOKEN = "x-csrf-token";

export function token() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")[TOKEN] ?? "";
}

// A fresh token for every form of this page; false where the reply brought none.
export function takeToken(fresh) {
  if (!fresh || fresh === token()) return false;
  document.body.setAttribute("hx-headers", JSON.stringify({ [TOKEN]: fresh }));
  for (const field of document.querySelectorAll("input[name=_csrf_token]")) field.value = fresh;
  return true;
}

const tried = new WeakSet(); // elements whose request was sent again because of a token

function refused(event) {
  const { xhr, requestConfig, elt } = event.detail;
  const again = () => sendAgain(elt, requestConfig);
  if (xhr.status === 401) return signInHere(xhr.responseText, elt, requestConfig, again);
  const fresh = takeToken(xhr.getResponseHeader(TOKEN));
  if (xhr.status === 403 && fresh && !tried.has(elt)) {
    tried.add(elt);
    return again();
  }
  if (xhr.status === 409 && xhr.responseText.includes('id="go-on"')) return sendAsPage(elt, requestConfig);
  tell(xhr.responseText);
}

function sendAgain(elt, config) {
  const values = {};
  for (const [name, value] of Object.entries(config.parameters)) if (name !== "_csrf_token") values[name] = value;
  if ("_csrf_token" in config.parameters) values._csrf_token = token();
  window.htmx.ajax(config.verb, config.path, { source: elt, target: config.target, values });
}

// By the browser's own way, which ends on a page that shows what was typed before it is sent.
function sendAsPage(elt, config) {
  const form = elt.closest("form");
  if (!form || config.verb === "get") return location.reload();
  form.action = config.path;
  form.method = "post";
  HTMLFormElement.prototype.submit.call(form);
}

async function signInHere(html, elt, config, again) {
  const dialog = opened(html);
  dialog.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const reply = await fetch("/desk/sign-in", {
      method: "POST",
      headers: { "hx-request": "true", [TOKEN]: token() },
      body: new URLSearchParams(new FormData(form)),
    }).catch(() => null);
    if (reply?.status === 204) {
      dialog.close();
      const same = !madeFor() || reply.headers.get("x-allpost-account") === madeFor();
      return same ? again() : sendAsPage(elt, config);
    }
    if (!reply) return note(dialog, say("没有连上服务器，请稍后再试。", "The server cannot be reached; try again."));
    takeToken(reply.headers.get(TOKEN));
    fill(dialog, await reply.text());
  });
}

// The account that this page was made for.
function madeFor() {
  return document.querySelector("input[name=_as]")?.value;
}

function tell(html) {
  const dialog = opened(html);
  const row = Object.assign(document.createElement("form"), { method: "dialog", className: "row" });
  row.append(Object.assign(document.createElement("button"), { className: "primary", textContent: say("知道了", "Close") }));
  dialog.append(row);
  row.firstChild.focus();
}

function opened(html) {
  document.querySelector("dialog.request")?.remove();
  const dialog = Object.assign(document.createElement("dialog"), { className: "request" });
  dialog.setAttribute("aria-label", say("请注意", "Please note"));
  const box = Object.assign(document.createElement("div"), { className: "told" });
  dialog.append(box);
  document.body.append(dialog);
  fill(dialog, html);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("input:not([type=hidden]), button"))?.focus();
  return dialog;
}

// What the server rendered, without what a document has around it; its scripts, if any, do not run.
function fill(dialog, html) {
  const main = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  const box = dialog.querySelector(".told");
  box.replaceChildren(...(main ? main.childNodes : [say("服务器没有接受，请稍后再试。", "The server refused; try again.")]));
  const field = box.querySelector("input[autofocus]");
  field?.focus();
}

function note(dialog, words) {
  const said = Object.assign(document.createElement("p"), { className: "notice warn", textContent: words });
  said.setAttribute("role", "alert");
  dialog.querySelector(".told").prepend(said);
}

function unreached() {
  tell(
    `<main><p>${say("没有连上服务器。您填写的内容还在这一页上，请稍后再试。", "The server cannot be reached. What you typed is still on this page; try again.")}</p></main>`,
  );
}

document.addEventListener("htmx:responseError", refused);
document.addEventListener("htmx:sendError", unreached);
document.addEventListener("htmx:timeout", unreached);
document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && tried.delete(event.detail.elt));
