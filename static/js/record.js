// @ts-check
// The page of a contact or company: what was done in a dialog is shown at once.

import "./copy.js";
import { closeDialog } from "./app.js";

document.addEventListener("relance:answered", async () => {
  closeDialog();
  await /** @type {any} */ (window).htmx.ajax("GET", location.href, {
    target: "#main",
    select: "#main",
    swap: "outerHTML",
  });
});
