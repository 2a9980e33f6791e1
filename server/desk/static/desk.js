// What pages do beside links and forms; every page works without it. Attributes of templates:
//   data-copy="text"        a button that copies, and says so
//   data-confirm="question" a button or form that asks before it sends
//   data-shortcuts          a list: ↑ ↓ between its entries, Enter opens, Esc back to the list, / to the search
//   data-menu="id"          a link that shows and hides what it names (the pages, on a phone)

const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);

// --- copying -------------------------------------------------------------------------------------------------------

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copySelected(text); // a page that came without https has no clipboard of its own
  }
  const before = button.dataset.words ?? button.textContent;
  button.dataset.words = before;
  button.textContent = say("已复制", "Copied");
  button.dataset.copied = "";
  tell(say("已复制", "Copied"));
  setTimeout(() => {
    button.textContent = before;
    delete button.dataset.copied;
  }, 1600);
}

function copySelected(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// Says something to whoever listens to the page.
function tell(words) {
  let said = document.getElementById("said");
  if (!said) {
    said = Object.assign(document.createElement("p"), { id: "said", className: "visually-hidden" });
    said.setAttribute("role", "status");
    document.body.append(said);
  }
  said.textContent = words;
}

// --- asking before sending -----------------------------------------------------------------------------------------

const agreed = new WeakSet();

function askFirst(event) {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!question || agreed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  ask(question, submitter?.textContent.trim()).then((yes) => {
    if (!yes) return;
    agreed.add(form);
    form.requestSubmit(submitter);
  });
}

function ask(question, act) {
  const dialog = document.createElement("dialog");
  const words = Object.assign(document.createElement("p"), { id: "asked", textContent: question });
  const row = Object.assign(document.createElement("form"), { method: "dialog", className: "row" });
  const no = Object.assign(document.createElement("button"), { value: "no", textContent: say("取消", "Cancel") });
  const yes = Object.assign(document.createElement("button"), {
    value: "yes",
    className: "primary",
    textContent: act || say("确定", "Yes"),
  });
  dialog.setAttribute("aria-labelledby", "asked");
  row.append(no, yes);
  dialog.append(words, row);
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

// --- the keyboard in lists -----------------------------------------------------------------------------------------

const typing = (element) => element?.matches?.("input, select, textarea, [contenteditable]");

function entries() {
  const list = document.querySelector("[data-shortcuts]");
  if (!list) return [];
  const items = [...list.querySelectorAll("a.item, .item > a:first-of-type")];
  return items.length ? items : [...list.querySelectorAll("tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
}

function step(by) {
  const all = entries();
  if (!all.length) return;
  const isCurrent = (one) => one.closest("[aria-current]:not([aria-current=false])");
  let at = all.indexOf(document.activeElement);
  if (at < 0) at = all.findIndex(isCurrent) - (by > 0 ? 0 : -1);
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function backToList() {
  const all = entries();
  const current = all.find((one) => one.closest("[aria-current]:not([aria-current=false])"));
  (current ?? all[0])?.focus();
}

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const inSearch = event.target.matches?.("input[type=search]");
  if (event.key === "/" && !typing(event.target)) {
    const search = document.querySelector(".filters input[type=search]");
    if (!search) return;
    search.focus();
    search.select();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (!typing(event.target) || inSearch) && entries().length) {
    step(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape" && (inSearch || !typing(event.target)) && entries().length) {
    backToList();
  } else {
    return;
  }
  event.preventDefault();
}

// --- the menu of a phone -------------------------------------------------------------------------------------------

function toggle(link) {
  const menu = document.getElementById(link.dataset.menu);
  const open = menu.classList.toggle("open");
  menu.classList.toggle("shut", !open);
  link.setAttribute("aria-expanded", String(open));
}

document.addEventListener("click", (event) => {
  const copying = event.target.closest?.("[data-copy]");
  if (copying) {
    event.preventDefault();
    copy(copying);
  }
  const menu = event.target.closest?.("[data-menu]");
  if (menu) {
    event.preventDefault();
    toggle(menu);
  }
});
document.addEventListener("submit", askFirst, true);
document.addEventListener("keydown", pressed);
