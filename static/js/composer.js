// @ts-check
// Where notes are written: N goes there, Ctrl-Enter sends, and what is not sent yet stays in this
// tab through a reload, a lost line, or a session that ended.

import { onKeys } from "./keys.js";
import "./mentions.js";

const KEPT = "relance:draft:";

/** @param {EventTarget | null} target
 * @returns {HTMLTextAreaElement | null} */
function field(target) {
  return target instanceof HTMLTextAreaElement && target.closest("[data-composer]") ? target : null;
}

/** @param {HTMLTextAreaElement} box */
function key(box) {
  return KEPT + new URL(box.form?.action ?? "", location.href).pathname;
}

document.addEventListener("input", (event) => {
  const box = field(event.target);
  if (!box) return;
  if (box.value) sessionStorage.setItem(key(box), box.value);
  else sessionStorage.removeItem(key(box));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const box = event.target;
  if (!(box instanceof HTMLTextAreaElement) || !box.matches("[data-note]")) return;
  event.preventDefault();
  box.form?.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  const box = field(event.target);
  if (event.key === "Escape" && box && !event.defaultPrevented) box.blur();
});

/** Put what was not sent back into empty fields. */
function restore() {
  for (const box of document.querySelectorAll("[data-composer] textarea")) {
    if (!(box instanceof HTMLTextAreaElement) || box.value) continue;
    box.value = sessionStorage.getItem(key(box)) ?? "";
  }
}

document.addEventListener("relance:noted", (event) => {
  const { address } = /** @type {CustomEvent} */ (event).detail;
  const sent = sessionStorage.getItem(KEPT + address);
  sessionStorage.removeItem(KEPT + address);
  for (const box of document.querySelectorAll("[data-composer] textarea")) {
    const stays = !(box instanceof HTMLTextAreaElement) || box.value !== sent;
    if (!stays && key(box) === KEPT + address) box.value = "";
  }
});

document.addEventListener("htmx:after:swap", restore);
restore();

onKeys("n", () => {
  const box = document.querySelector("[data-composer] textarea");
  const link = document.querySelector("a[data-new]");
  if (box instanceof HTMLElement) {
    box.focus();
    box.scrollIntoView({ block: "center" });
  } else if (link instanceof HTMLElement) link.click();
});
