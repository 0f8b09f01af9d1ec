// @ts-check
// Selecting rows of a list. The bar of deeds shows by itself (list.css); here are counting, the
// head's box, ranges, and the dialog in place of a page.

import { openDialog } from "./app.js";
import { onKeys } from "./keys.js";

/** The box that was ticked last, where a range begins.
 * @type {HTMLInputElement | null} */
let last = null;

/** @returns {HTMLInputElement[]} */
function boxes() {
  return /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("#list input[name=rows]")]);
}

/** @returns {HTMLInputElement | null} */
function all() {
  return document.querySelector("#bulk input[name=all]");
}

function tell() {
  const rows = boxes();
  const count = rows.filter((box) => box.checked).length;
  const words = document.querySelector("#bulk [data-picked]");
  if (words instanceof HTMLElement) {
    const some = count === 1 ? words.dataset.wordsOne : (words.dataset.words ?? "").replace("{n}", String(count));
    words.textContent = all()?.checked || !count ? "" : (some ?? "");
  }
  const head = document.querySelector("[data-pick-page]");
  if (head instanceof HTMLInputElement) {
    head.hidden = false;
    head.checked = count > 0 && count === rows.length;
    head.indeterminate = count > 0 && count < rows.length;
  }
}

function unpick() {
  for (const box of boxes()) box.checked = false;
  const every = all();
  if (every) every.checked = false;
  last = null;
  tell();
}

document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;
  if (at.closest("#bulk [data-unpick]")) {
    unpick();
    return;
  }
  if (!(at instanceof HTMLInputElement) || !at.matches("#list input[name=rows]")) return;
  if (event.shiftKey && last?.isConnected) {
    const rows = boxes();
    const [start, end] = [rows.indexOf(last), rows.indexOf(at)].sort((a, b) => a - b);
    for (const box of rows.slice(start, end + 1)) box.checked = at.checked;
  }
  last = at;
});

document.addEventListener("change", (event) => {
  const at = event.target;
  if (!(at instanceof HTMLInputElement)) return;
  if (at.matches("[data-pick-page]")) {
    for (const box of boxes()) box.checked = at.checked;
  } else if (at.matches("#bulk input[name=all]")) {
    // What "all" means is seen in the rows; to take one out is to choose among those shown.
    for (const box of boxes()) box.checked = at.checked;
  } else if (at.matches("#list input[name=rows]")) {
    const every = all();
    if (every && !at.checked) every.checked = false;
  } else return;
  tell();
});

onKeys("x", () => {
  const row = document.activeElement?.closest("#list [data-row]");
  const box = row?.querySelector("input[name=rows]");
  if (box instanceof HTMLInputElement) box.click();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!(form instanceof HTMLFormElement) || form.id !== "bulk") return;
  if (!(button instanceof HTMLButtonElement) || !button.matches("[data-deed]")) return;
  event.preventDefault();
  const fields = new FormData(form);
  const rows = fields.getAll("rows").join(",");
  fields.delete("rows");
  if (!fields.has("all")) fields.set("rows", rows);
  const query = new URLSearchParams(/** @type {any} */ (fields));
  openDialog(`${button.formAction}?${query}`, button);
});

document.addEventListener("htmx:after:swap", tell);
tell();
