// @ts-check
// Dragging cards by mouse and finger, one or all that are selected.

import { openDialog } from "../app.js";
import { cardId, neighbour, placeOf, putBack } from "./cards.js";
import { save, saveMove } from "./moves.js";
import { picked, unpickAll } from "./pick.js";

/** @typedef {import("./cards.js").Place} Place */

const Sortable = /** @type {any} */ (window).Sortable;

/** @type {Place | null} */
let from = null;
/** The other selected cards that go along, with where they stood.
 * @type {{card: HTMLElement, place: Place}[]} */
let company = [];
let cancelled = false;

export function isDragging() {
  return document.body.classList.contains("dragging");
}

function lift(/** @type {any} */ event) {
  const card = /** @type {HTMLElement} */ (event.item);
  from = { parent: event.from, next: card.nextElementSibling };
  cancelled = false;
  company = [];
  if (card.classList.contains("picked")) {
    company = picked()
      .filter((other) => other !== card)
      .map((other) => ({ card: other, place: placeOf(other) }));
    if (company.length) card.dataset.badge = String(company.length + 1);
    for (const { card: other } of company) other.classList.add("along");
  }
  document.body.classList.add("dragging");
}

function drop(/** @type {any} */ event) {
  document.body.classList.remove("dragging");
  const card = /** @type {HTMLElement} */ (event.item);
  delete card.dataset.badge;
  for (const { card: other } of company) other.classList.remove("along");
  const was = from ?? { parent: event.from, next: null };
  const to = /** @type {HTMLElement} */ (event.to);
  if (cancelled) {
    putBack(card, was);
    return;
  }
  if (to.dataset.drop) {
    putBack(card, was);
    dropOn(to.dataset.drop, card);
    return;
  }
  if (to === event.from && event.oldIndex === event.newIndex && !company.length) return;
  let last = card;
  for (const { card: other } of company) {
    last.after(other);
    last = other;
  }
  const together = company;
  const fields = {
    above: neighbour(last, "nextElementSibling"),
    below: neighbour(card, "previousElementSibling"),
  };
  if (together.length) {
    const ids = together.map(({ card: other }) => cardId(other)).join(",");
    // Several come from several stages: what each was seen in is not asked.
    saveMove(card, was, { ...fields, with: ids, from: "" }, () => {
      for (const { card: other, place } of together) putBack(other, place);
    });
    unpickAll();
    return;
  }
  saveMove(card, was, fields);
}

/** @param {string} zone @param {HTMLElement} card */
function dropOn(zone, card) {
  const several = company.length > 0;
  const ids = [card, ...company.map(({ card: other }) => other)].map(cardId).join(",");
  const bulk = document.getElementById("board")?.dataset.bulk ?? "";
  const base = `/leads/${cardId(card)}/`;
  if (zone === "lost") openDialog(several ? `${bulk.replace("deed", "lose")}?leads=${ids}` : `${base}lose/`, card);
  else if (zone === "delete") openDialog(several ? `${bulk.replace("deed", "delete")}?leads=${ids}` : `${base}delete/`, card);
  else if (zone === "elsewhere") openDialog(`${base}move/?elsewhere=yes`, card);
  else if (several) openDialog(`${bulk.replace("deed", "move")}?leads=${ids}`, card);
  else save(card, `${base}win/`, {}, () => {});
}

export function prepareDrag() {
  if (document.querySelector("#board.past")) return;
  const options = {
    group: "cards",
    draggable: ".card-lead:not(.fixed)",
    filter: ".move, .more, .add, .pick, .next, .adding, input",
    preventOnFilter: false,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
    delay: 200,
    delayOnTouchOnly: true,
    touchStartThreshold: 5,
    fallbackTolerance: 5,
    scrollSensitivity: 60,
    scrollSpeed: 14,
    bubbleScroll: true,
    onStart: lift,
    onEnd: drop,
  };
  for (const lane of document.querySelectorAll("[data-lane], [data-drop]")) {
    if (Sortable.get(lane)) continue;
    Sortable.create(lane, { ...options, sort: lane.hasAttribute("data-lane") });
    lane.classList.add("draggable");
  }
}

// The browser reports Escape during a drag as the drag's end without a drop.
document.addEventListener("dragend", (event) => {
  if (event.dataTransfer?.dropEffect === "none") cancelled = true;
}, true);

// A link or picture of a card is never dragged itself.
document.addEventListener("dragstart", (event) => {
  if (event.target instanceof HTMLAnchorElement && event.target.closest(".card-lead")) {
    event.target.setAttribute("draggable", "false");
  }
}, true);
