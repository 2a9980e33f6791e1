// The chosen line of the inbox stays marked and in sight when only the case beside it, or only the list, is loaded.

const lines = () => [...document.querySelectorAll("#list a.item")];

function mark(link) {
  for (const one of lines()) one.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("#list a.item");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) mark(link);
});

// A list made anew (another filter, what has just come in): the case beside it says which line is its own.
document.addEventListener("htmx:afterSettle", () => {
  const shown = document.querySelector("#detail [data-case]")?.dataset.case;
  if (shown) mark(lines().find((link) => link.pathname.endsWith(`/${shown}`)));
});

lines()
  .find((link) => link.hasAttribute("aria-current"))
  ?.scrollIntoView({ block: "nearest" });
