// @ts-check
// Rows of a list that a person puts in order: by dragging the handle, or with the arrows.

import { toast } from "./app.js";
import { post } from "./exchange.js";

const Sortable = /** @type {any} */ (window).Sortable;

/** @param {HTMLElement} list */
function ids(list) {
  return [...list.querySelectorAll("tr[data-id]")].map((row) => /** @type {HTMLElement} */ (row).dataset.id ?? "");
}

/** Save the order that is shown; what cannot be saved goes back.
 * @param {HTMLElement} list @param {() => void} back */
async function save(list, back) {
  try {
    const answer = await post(list.dataset.order ?? "", { ids: ids(list).join(",") });
    if (!answer.ok) back();
  } catch {
    back();
    toast({ kind: "error", text: document.body.dataset.offline ?? "" });
  }
}

for (const list of document.querySelectorAll("[data-order]")) {
  if (!(list instanceof HTMLElement)) continue;
  /** @type {Element | null} */
  let next = null;
  Sortable.create(list, {
    handle: ".grip",
    draggable: "tr[data-id]",
    animation: 120,
    onStart: (/** @type {any} */ event) => (next = event.item.nextElementSibling),
    onEnd: (/** @type {any} */ event) => {
      if (event.oldIndex !== event.newIndex) save(list, () => list.insertBefore(event.item, next));
    },
  });
  list.addEventListener("click", (event) => {
    const at = event.target instanceof Element ? event.target.closest("[data-up], [data-down]") : null;
    const row = at?.closest("tr");
    if (!(at instanceof HTMLElement) || !row) return;
    const after = row.nextElementSibling;
    if (at.matches("[data-up]")) row.previousElementSibling?.before(row);
    else after?.after(row);
    if (row.nextElementSibling === after) return;
    at.focus();
    save(list, () => list.insertBefore(row, after));
  });
}

document.addEventListener("relance:undone", () => window.location.reload());
