// @ts-check
// The page of a contact or company: what was done in a dialog, or in a part of the page, is shown
// at once; Escape leaves a form.

import "./copy.js";
import { closeDialog } from "./app.js";

/** Draw the page as it is now. */
async function refresh() {
  await /** @type {any} */ (window).htmx.ajax("GET", location.href, {
    target: "#main",
    select: "#main",
    swap: "outerHTML",
  });
}

document.addEventListener("relance:answered", async () => {
  closeDialog();
  await refresh();
});

document.addEventListener("relance:changed", async (event) => {
  const focus = event instanceof CustomEvent ? event.detail?.focus : "";
  await refresh();
  document.getElementById(focus)?.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !(event.target instanceof Element)) return;
  const leave = event.target.closest(".reach-form")?.querySelector("[data-leave]");
  if (!(leave instanceof HTMLElement)) return;
  event.preventDefault();
  event.stopPropagation();
  leave.click();
});
