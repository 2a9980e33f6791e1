// What is new at this place. The page is told, never changed under a finger: the line above says so, the numbers beside
// the pages follow, and a list is made anew when somebody asks for it. A part of a page with an id and `data-live`
// is what a press renews; without one the page is loaded again.

const line = document.querySelector("[data-live^='/desk/live/']");
const news = document.getElementById("news");
const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);

let source = null;
let shown = Number(line?.dataset.version ?? 0); // the version that this page shows
let latest = shown;
let counts = countsShown();

function countsShown() {
  const found = {};
  for (const one of document.querySelectorAll("[data-count]")) found[one.dataset.count] = Number(one.textContent);
  return found;
}

function connect() {
  if (source || document.hidden) return;
  source = new EventSource(line.dataset.live);
  source.onopen = () => state("");
  source.onerror = () => {
    const over = source.readyState === EventSource.CLOSED;
    state("down", say("实时连接已断开，内容可能不是最新", "The live line is down; this may be out of date"));
    if (over) retryLater();
  };
  source.addEventListener("news", (event) => heard(JSON.parse(event.data)));
  source.addEventListener("ended", () => {
    close();
    state("down", say("登录已结束", "The session has ended"));
  });
}

// A refusal closes the line for good (a browser only retries what broke): the session may be there again later.
function retryLater() {
  close();
  setTimeout(connect, 15_000);
}

function close() {
  source?.close();
  source = null;
}

function state(name, words = "") {
  line.classList.toggle("down", name === "down");
  if (line.textContent !== words) line.textContent = words;
}

function heard(told) {
  latest = told.version;
  const more = (told.counts.waiting ?? told.counts["to-decide"] ?? 0) - (counts.waiting ?? counts["to-decide"] ?? 0);
  for (const [name, number] of Object.entries(told.counts)) {
    for (const one of document.querySelectorAll(`[data-count="${name}"]`)) {
      one.textContent = number;
      one.hidden = !number;
    }
  }
  if (latest === shown) return;
  news.textContent =
    more > 0
      ? say(`${more} 条新收件，点此刷新`, `${more} new: refresh`)
      : say("有新内容，点此刷新", "Something is new: refresh");
  news.hidden = false;
}

function refresh(event) {
  const region = document.querySelector("main [data-live][id]");
  if (!region || !window.htmx) return; // the link loads the page again
  event.preventDefault();
  const target = `#${CSS.escape(region.id)}`;
  const at = latest;
  window.htmx
    .ajax("GET", location.pathname + location.search, { target, select: target, swap: "outerHTML" })
    .then(() => {
      shown = at;
      counts = countsShown();
      if (latest === shown) news.hidden = true;
    });
}

if (line && news && window.EventSource) {
  news.href = location.pathname + location.search;
  news.addEventListener("click", refresh);
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : connect()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", connect);
  connect();
}
