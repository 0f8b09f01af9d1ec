// @ts-check
// Leads by date: they are dragged to another month or day, moved by Shift and an arrow, or by a
// form; what the server made of it is shown anew.

import { closeDialog, showInDialog, toast } from "./app.js";
import { post } from "./exchange.js";
import { isTyping, onKeys } from "./keys.js";

/** @returns {HTMLElement[]} */
const places = () => [...document.querySelectorAll(".drops-here")].filter((found) => found instanceof HTMLElement);
/** @param {ParentNode} within @returns {HTMLElement[]} */
const items = (within) => [...within.querySelectorAll("[data-version]")].filter((found) => found instanceof HTMLElement);

/** What has the focus, or its like after the page came anew.
 * @returns {HTMLElement | null} */
function current() {
  const at = document.activeElement?.closest("[data-version]");
  return at instanceof HTMLElement ? at : null;
}

/** Show the page as it is by now, and go on where one was.
 * @param {string} id */
async function refresh(id) {
  const here = location.pathname + location.search;
  await /** @type {any} */ (window).htmx.ajax("GET", here, { target: "#dates", select: "#dates", swap: "outerHTML" });
  if (id) document.getElementById(id)?.focus();
}

/**
 * Put a lead on a day or in a month.
 * @param {HTMLElement} item
 * @param {string} to
 */
async function put(item, to) {
  const address = item.dataset.put;
  if (!address || !to) return;
  item.classList.add("saving");
  try {
    await post(address, { to, version: item.dataset.version ?? "" });
  } catch {
    toast({ kind: "error", text: document.body.dataset.offline ?? "" });
  }
  await refresh(item.id);
}

function draggable() {
  const Sortable = /** @type {any} */ (window).Sortable;
  for (const list of places()) {
    Sortable?.create(list, {
      group: "dates",
      draggable: "[data-put]",
      sort: false,
      animation: 120,
      delay: 150,
      delayOnTouchOnly: true,
      filter: ".icon-btn",
      preventOnFilter: false,
      onMove: (/** @type {any} */ event) => event.to.dataset.to !== "",
      onEnd: (/** @type {any} */ event) => {
        if (event.from !== event.to) put(event.item, event.to.dataset.to);
      },
    });
  }
}

/**
 * The place beside that of an item, among those where something may be dropped.
 * @param {HTMLElement} item
 * @param {number} step
 */
function beside(item, step) {
  const all = places().filter((place) => place.dataset.to);
  const at = all.findIndex((place) => place.contains(item));
  return at < 0 ? all[0] : all[at + step];
}

/** How many places an arrow goes: in a month of days a week has seven.
 * @param {string} key */
function stepOf(key) {
  const week = document.querySelector(".grid-days") ? 7 : 0;
  return { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -week, ArrowDown: week }[key] ?? 0;
}

document.addEventListener("keydown", (event) => {
  const item = current();
  if (!item || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && event.target === item) {
    const link = item.querySelector("a");
    if (link instanceof HTMLElement) link.click();
  } else if (event.key.startsWith("Arrow")) {
    event.preventDefault();
    if (event.shiftKey) {
      const step = stepOf(event.key);
      const place = step && item.dataset.put ? beside(item, step) : undefined;
      if (place) put(item, place.dataset.to ?? "");
    } else walk(item, event.key);
  }
});

/** @param {HTMLElement} item @param {string} key */
function walk(item, key) {
  const place = item.closest(".drops-here") ?? item.parentElement;
  const mine = place ? items(place) : [];
  const at = mine.indexOf(item);
  if (key === "ArrowUp" || key === "ArrowDown") {
    mine[at + (key === "ArrowUp" ? -1 : 1)]?.focus();
    return;
  }
  const filled = places().filter((found) => items(found).length);
  const next = filled[filled.findIndex((found) => found === place) + (key === "ArrowLeft" ? -1 : 1)];
  if (next) (items(next)[at] ?? items(next).at(-1))?.focus();
}

/** The lead that the open form moves.
 * @type {HTMLElement | null} */
let moving = null;

/** @param {HTMLElement} item */
function ask(item) {
  const template = document.getElementById("move-form");
  if (!(template instanceof HTMLTemplateElement) || !item.dataset.put) return;
  moving = item;
  showInDialog(template.innerHTML);
  const title = document.getElementById("dialog-title");
  if (title) title.textContent = item.dataset.title ?? "";
  const field = document.getElementById("move-day");
  if (field) field.focus();
}

onKeys("m", () => {
  const item = current();
  if (item) ask(item);
});

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("[data-move]") : null;
  const item = link?.closest("[data-version]");
  if (!(item instanceof HTMLElement)) return;
  event.preventDefault();
  ask(item);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-move-form]")) return;
  event.preventDefault();
  const button = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
  const field = form.querySelector("input[name=to]");
  const to = button || (field instanceof HTMLInputElement ? field.value : "");
  const item = moving;
  if (!to || !item) {
    if (field instanceof HTMLElement) field.focus();
    return;
  }
  closeDialog();
  put(item, to);
});

document.addEventListener("htmx:after:swap", () => draggable());
draggable();
