// @ts-check
// The board without a mouse: arrows walk, Space lifts and drops, letters do the rest.

import { openDialog } from "../app.js";
import { isTyping, onKeys } from "../keys.js";
import { announce, board, cardId, cardsIn, focusCard, neighbour, placeOf, putAt, putBack, say, stageName, titleOf } from "./cards.js";
import { save, saveMove } from "./moves.js";
import { openPanel } from "./panel.js";
import { pick, unpickAll } from "./pick.js";
import { openAdd } from "./add.js";

/** @typedef {import("./cards.js").Place} Place */

/** The card that is lifted, and where it stood.
 * @type {{card: HTMLElement, from: Place} | null} */
let lifted = null;

/** @returns {HTMLElement[]} */
function lanes() {
  return /** @type {HTMLElement[]} */ (
    [...document.querySelectorAll("#board [data-lane]")].filter((lane) => !lane.closest(".folded"))
  );
}

/** The card that has the focus, itself or something in it.
 * @returns {HTMLElement | null} */
export function current() {
  const card = document.activeElement?.closest(".card-lead");
  return card instanceof HTMLElement ? card : null;
}

/** The lanes beside or, in a board of lanes, above and below.
 * @param {Element} lane @param {number} dx @param {number} dy */
function laneBeside(lane, dx, dy) {
  const all = lanes();
  if (!board()?.dataset.lanes) return dy ? null : (all[all.indexOf(/** @type {HTMLElement} */ (lane)) + dx] ?? null);
  const row = lane.closest(".cells");
  const cells = [...(row?.querySelectorAll("[data-lane]") ?? [])];
  const column = cells.indexOf(lane);
  if (dx) return cells[column + dx] ?? null;
  const rows = [...document.querySelectorAll("#board .cells")];
  const next = rows[rows.indexOf(/** @type {Element} */ (row)) + dy];
  return next?.querySelectorAll("[data-lane]")[column] ?? null;
}

/** @param {HTMLElement} card @param {number} dx @param {number} dy */
function walk(card, dx, dy) {
  const lane = card.parentElement;
  if (!lane) return;
  const cards = cardsIn(lane);
  const index = cards.indexOf(card);
  if (dy && cards[index + dy]) {
    focusCard(cards[index + dy]);
    return;
  }
  let next = laneBeside(lane, dx, dy);
  while (next) {
    const found = cardsIn(next);
    if (found.length) {
      focusCard(dy < 0 ? found[found.length - 1] : found[Math.min(dy ? 0 : index, found.length - 1)]);
      return;
    }
    next = laneBeside(next, dx, dy);
  }
}

function tellPlace() {
  if (!lifted?.card.parentElement) return;
  const cards = cardsIn(lifted.card.parentElement);
  announce(
    say("place", {
      title: titleOf(lifted.card),
      stage: stageName(lifted.card.parentElement),
      n: cards.indexOf(lifted.card) + 1,
      all: cards.length,
    }),
  );
}

/** @param {HTMLElement} card */
function lift(card) {
  if (card.matches(".fixed") || document.querySelector("#board.past")) return;
  lifted = { card, from: placeOf(card) };
  card.classList.add("lifted");
  announce(say("lifted", { title: titleOf(card) }));
}

/** @param {number} dx @param {number} dy */
function carry(dx, dy) {
  const card = lifted?.card;
  const lane = card?.parentElement;
  if (!card || !lane) return;
  const index = cardsIn(lane).indexOf(card);
  const cards = cardsIn(lane);
  if (dy && index + dy >= 0 && index + dy < cards.length) putAt(lane, card, index + dy);
  else {
    const next = laneBeside(lane, dx, dy);
    if (!next) return;
    putAt(next, card, dy < 0 ? cardsIn(next).length : Math.min(dy ? 0 : index, cardsIn(next).length));
  }
  focusCard(card);
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  tellPlace();
}

function drop() {
  if (!lifted) return;
  const { card, from } = lifted;
  lifted = null;
  card.classList.remove("lifted");
  const lane = /** @type {Element} */ (card.parentElement);
  announce(say("dropped", { title: titleOf(card), stage: stageName(lane) }));
  const now = placeOf(card);
  if (now.parent === from.parent && now.next === from.next) return;
  saveMove(card, from, {
    above: neighbour(card, "nextElementSibling"),
    below: neighbour(card, "previousElementSibling"),
  });
  focusCard(card);
}

function letGo() {
  if (!lifted) return;
  const { card, from } = lifted;
  lifted = null;
  card.classList.remove("lifted");
  putBack(card, from);
  focusCard(card);
  announce(say("putBack", { title: titleOf(card) }));
}

/** Move by one stage, on top. @param {HTMLElement} card @param {number} dx */
function shift(card, dx) {
  if (card.matches(".fixed")) return;
  const next = card.parentElement ? laneBeside(card.parentElement, dx, 0) : null;
  if (!next) return;
  const from = placeOf(card);
  putAt(next, card, 0);
  focusCard(card);
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  announce(say("dropped", { title: titleOf(card), stage: stageName(next) }));
  saveMove(card, from, { above: neighbour(card, "nextElementSibling"), below: "" });
}

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = ARROWS[event.key];
  if (lifted) {
    if (arrow) carry(...arrow);
    else if (event.key === " " || event.key === "Enter") drop();
    else if (event.key === "Escape") letGo();
    else if (event.key === "Tab") letGo();
    else return;
    if (event.key !== "Tab") event.preventDefault();
    return;
  }
  const card = current();
  if (event.key === "Escape" && document.querySelector(".card-lead.picked")) {
    unpickAll();
    return;
  }
  if (!card || document.activeElement !== card) {
    if (arrow && (document.activeElement === document.body || document.activeElement === board())) {
      const first = document.querySelector("#board .column:not(.folded) .card-lead, #board .cells .card-lead");
      if (first instanceof HTMLElement) {
        event.preventDefault();
        focusCard(first);
      }
    }
    return;
  }
  if (arrow && event.shiftKey && arrow[0]) shift(card, arrow[0]);
  else if (arrow) walk(card, ...arrow);
  else if (event.key === " ") lift(card);
  else if (event.key === "Enter") openPanel(cardId(card), card);
  else return;
  event.preventDefault();
});

/** @param {string} keys @param {(card: HTMLElement) => void} deed */
function onCard(keys, deed) {
  onKeys(keys, () => {
    const card = current();
    if (card) deed(card);
  });
}

/** @param {HTMLElement} card @param {string} what */
function ask(card, what) {
  if (!card.matches(".fixed")) openDialog(`/leads/${cardId(card)}/${what}/`, card);
}

onCard("m", (card) => ask(card, "move"));
onCard("l", (card) => ask(card, "lose"));
onCard("x", (card) => pick(card));
onCard("X", (card) => pick(card, { upTo: true }));
onCard("e", (card) => location.assign(`/leads/${cardId(card)}/edit/`));
onCard("w", (card) => {
  if (!card.matches(".fixed")) save(card, `/leads/${cardId(card)}/win/`, {}, () => {});
});
onCard("d", (card) => {
  const step = card.querySelector("a.next");
  if (step instanceof HTMLElement) step.click();
});
onKeys("a", () => {
  const lane = current()?.parentElement ?? document.querySelector("#board .column:not(.folded) [data-lane]");
  if (lane instanceof HTMLElement) openAdd(lane);
});
onKeys("f", () => {
  const field = document.querySelector(".find.small input[type=search]");
  if (field instanceof HTMLElement) field.focus();
});

// Wherever the focus came from, the tab key leaves from that card and comes back to it.
document.addEventListener("focusin", (event) => {
  const card = event.target;
  if (!(card instanceof HTMLElement) || !card.matches(".card-lead") || card.tabIndex === 0) return;
  for (const other of document.querySelectorAll(".card-lead[tabindex='0']")) {
    if (other instanceof HTMLElement) other.tabIndex = -1;
  }
  card.tabIndex = 0;
});

/** One card is in the order of the tab key; the arrows reach the others. */
export function prepareKeys() {
  if (!document.querySelector(".card-lead[tabindex='0']")) {
    const first = document.querySelector("#board .card-lead");
    if (first instanceof HTMLElement) first.tabIndex = 0;
  }
  for (const card of document.querySelectorAll(".card-lead:not([tabindex])")) {
    if (card instanceof HTMLElement) card.tabIndex = -1;
  }
  for (const link of document.querySelectorAll(".card-lead a")) {
    if (link instanceof HTMLElement) link.tabIndex = -1;
  }
}

export function isLifted() {
  return lifted !== null;
}
