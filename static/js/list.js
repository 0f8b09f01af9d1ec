// @ts-check
// Lists: rows are walked by keys, columns are put in order, what is found is said.

import { onKeys } from "./keys.js";
import { cellAt, likeIn } from "./cells.js";
import { copy } from "./copy.js";

/** @returns {HTMLElement[]} */
function links() {
  return [...document.querySelectorAll("#list [data-row] th a")].filter(
    (link) => link instanceof HTMLElement,
  );
}

/** The row that the focus or the pointer was on last.
 * @type {Element | null} */
let current = null;

/** @param {number} step */
function walk(step) {
  const all = links();
  if (!all.length) return;
  const row = document.activeElement?.closest("#list [data-row]");
  const at = row?.querySelector("th a") ?? current;
  const here = all.findIndex((link) => link === at);
  const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
  if (next >= all.length) {
    // Behind the last row the next ones are fetched.
    const more = document.querySelector("#list [data-more]");
    if (more instanceof HTMLElement) more.click();
    return;
  }
  const link = all[Math.max(0, next)];
  current = link;
  likeIn(/** @type {Element} */ (link.closest("tr")), link).focus();
  link.closest("tr")?.scrollIntoView({ block: "nearest" });
}

onKeys("j", () => walk(1));
onKeys("k", () => walk(-1));
onKeys("/", () => {
  const field = document.getElementById("find-here");
  if (field instanceof HTMLInputElement) field.select();
});

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (!(at instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowDown" && at.id === "find-here") {
    event.preventDefault();
    current = null;
    walk(1);
  } else if (at.closest("#list [data-row]") && !at.closest(".cell-form")) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    walk(step);
  }
});

document.addEventListener("focusin", (event) => {
  const row = event.target instanceof Element && event.target.closest("#list [data-row]");
  if (row) current = row.querySelector("th a");
});

/** The row that a click opens, unless a second one follows that edits the cell. */
let opening = 0;

// A click anywhere in a row opens it, unless it is on something else or selects text.
document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;
  const mover = at.closest("[data-move]");
  if (mover instanceof HTMLElement) {
    event.preventDefault();
    move(mover);
    return;
  }
  const copied = at.closest("[data-copy-link]");
  if (copied instanceof HTMLAnchorElement && navigator.clipboard) {
    event.preventDefault();
    copied.closest("details")?.removeAttribute("open");
    copy(copied.href, copied.dataset.copied ?? "").then((done) => {
      if (!done) location.assign(copied.href);
    });
    return;
  }
  const row = at.closest("#list [data-row]");
  if (!row || at.closest("a, button, .pick-cell, .cell-form") || String(getSelection())) return;
  const link = row.querySelector("th a");
  if (!(link instanceof HTMLAnchorElement)) return;
  clearTimeout(opening);
  if (event.detail > 1 || row.matches(".cells-open")) return;
  if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
  else if (cellAt(at) && matchMedia("(hover: hover)").matches) {
    opening = window.setTimeout(() => link.click(), 300);
  } else link.click();
});

/** Move a column in the order of its list.
 * @param {HTMLElement} button */
function move(button) {
  const item = button.closest("li");
  const other =
    button.dataset.move === "up" ? item?.previousElementSibling : item?.nextElementSibling;
  if (!item || !other) return;
  if (button.dataset.move === "up") other.before(item);
  else other.after(item);
  button.focus();
}

// What is found is said to those who do not see it.
document.addEventListener("htmx:after:swap", () => {
  const count = document.getElementById("list-count");
  const said = document.getElementById("list-said");
  if (count && said && said.textContent !== count.dataset.said) {
    said.textContent = count.dataset.said ?? "";
  }
});
