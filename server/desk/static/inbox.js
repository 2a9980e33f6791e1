// The chosen line of the inbox stays marked and in sight when only the case beside it is loaded.

const list = document.getElementById("list");

function mark(link) {
  for (const one of list.querySelectorAll("a.item[aria-current]")) one.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
}

list?.addEventListener("click", (event) => {
  const link = event.target.closest("a.item");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) mark(link);
});

// A new list (another filter, what has just come in) has no mark of its own: the case beside it says which it is.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "list") return;
  const shown = document.querySelector("#detail [data-case]")?.dataset.case;
  mark(shown ? [...list.querySelectorAll("a.item")].find((link) => link.pathname.endsWith(`/${shown}`)) : null);
});

list?.querySelector("a.item[aria-current]")?.scrollIntoView({ block: "nearest" });
