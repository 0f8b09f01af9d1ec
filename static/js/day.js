// @ts-check
// One's day by keys: a row is walked to, and each letter presses what the row offers; a brief
// opens beside a row and closes again.

import "./lead.js";
import { onKeys } from "./keys.js";

/** The row that is worked on: its id, and its place should it be gone after it is done. */
let chosen = "";
let place = 0;

/** @returns {HTMLElement[]} */
function rows() {
  return [...document.querySelectorAll("#day .day-row")].filter(
    (row) => row instanceof HTMLElement,
  );
}

/** The chosen row; the one that took its place when it is gone.
 * @returns {HTMLElement | undefined} */
function current() {
  const all = rows();
  return all.find((row) => row.id === chosen) ?? all[Math.min(place, all.length - 1)];
}

/** @param {HTMLElement | undefined} row */
function choose(row) {
  if (!row) return;
  chosen = row.id;
  place = rows().indexOf(row);
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

/** @param {number} step */
function walk(step) {
  const all = rows();
  const row = current();
  if (!chosen || !row) choose(all[0]);
  else choose(all[Math.min(Math.max(all.indexOf(row) + step, 0), all.length - 1)]);
}

onKeys("j", () => walk(1));
onKeys("k", () => walk(-1));

// Wherever one clicks or tabs to is the row that keys work on.
document.addEventListener("focusin", (event) => {
  const row = event.target instanceof Element && event.target.closest(".day-row");
  if (row instanceof HTMLElement) {
    chosen = row.id;
    place = rows().indexOf(row);
  }
});

/** What a row offers is fetched when it is first wanted.
 * @param {HTMLElement} row */
async function offered(row) {
  const opener = row.querySelector(".day-do a[hx-get]");
  if (!opener) return;
  const address = opener.getAttribute("hx-get") ?? "";
  const box = row.querySelector(".day-do");
  await /** @type {any} */ (window).htmx.ajax("GET", address, { target: box, swap: "innerHTML" });
}

/** Letters typed fast are done one after the other. */
let before = Promise.resolve();

/**
 * Press something in the chosen row.
 * @param {string} selector
 */
function press(selector) {
  before = before.then(async () => {
    const row = current();
    if (!row) return;
    if (row.id !== chosen) choose(row);
    if (!row.querySelector(selector)) await offered(row);
    const found = row.querySelector(selector);
    if (found instanceof HTMLElement) found.click();
  });
}

const keys = {
  d: ".do-done",
  r: "[name=outcome][value=reached]",
  v: "[name=outcome][value=voicemail]",
  x: "[name=outcome][value=no_answer]",
  1: "[name=then][value=next_day]",
  2: "[name=then][value=three_days]",
  3: "[name=then][value=next_week]",
  4: "[name=then][value=chained]",
  s: "[name=later][value=next_day]",
  p: ".day-do > a.plan",
  t: "a.call",
  b: "[data-brief]",
  o: ".day-what a",
};
for (const [key, selector] of Object.entries(keys)) {
  onKeys(key, () => press(selector));
}

// The day comes anew after each deed: the keys go on where they were.
document.addEventListener("htmx:after:swap", () => {
  const lost = !document.activeElement || document.activeElement === document.body;
  if (chosen && lost) current()?.focus();
});

// A second click on the button of a brief closes it.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-brief]");
    const box = button && button.closest(".day-row")?.querySelector(".day-brief");
    if (!button || !box) return;
    const isOpen = box.childElementCount > 0;
    button.setAttribute("aria-expanded", String(!isOpen));
    if (!isOpen) return;
    event.preventDefault();
    event.stopPropagation();
    box.replaceChildren();
  },
  { capture: true },
);
