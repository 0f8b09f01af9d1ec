// @ts-check
// Rows of choices in a form: one more, one out, one up, one down.

/** @param {Element} row */
function empty(row) {
  for (const field of row.querySelectorAll("input")) field.value = "";
}

document.addEventListener("click", (event) => {
  const at = event.target instanceof Element ? event.target.closest("[data-options] button") : null;
  if (!(at instanceof HTMLElement)) return;
  if (at.matches("[data-option-add]")) {
    const last = at.previousElementSibling;
    const fresh = last?.cloneNode(true);
    if (!(fresh instanceof Element)) return;
    empty(fresh);
    at.before(fresh);
    const field = fresh.querySelector("input:not([type=hidden])");
    if (field instanceof HTMLElement) field.focus();
    return;
  }
  const row = at.closest("[data-option]");
  if (!row) return;
  if (at.matches("[data-option-out]")) {
    if (row.parentElement?.querySelectorAll("[data-option]").length === 1) empty(row);
    else row.remove();
    return;
  }
  if (at.matches("[data-option-up]")) row.previousElementSibling?.before(row);
  else if (row.nextElementSibling?.matches("[data-option]")) row.nextElementSibling.after(row);
  at.focus();
});
