// @ts-check
// Selecting several cards, and the bar of what can be done to them.

import { openDialog } from "../app.js";
import { cardId, cardsIn } from "./cards.js";

/** @type {HTMLElement | null} */
let last = null;

/** @returns {HTMLElement[]} */
export function picked() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".card-lead.picked")]);
}

/** @param {HTMLElement} card @param {boolean} on */
function set(card, on) {
  const box = card.querySelector(".pick");
  if (!(box instanceof HTMLInputElement)) return;
  box.checked = on;
  card.classList.toggle("picked", on);
}

export function showBar() {
  const bar = document.getElementById("bulk-bar");
  const count = picked().length;
  if (!bar) return;
  bar.hidden = count === 0;
  document.body.classList.toggle("picking", count > 0);
  const words = bar.querySelector("[data-picked]");
  if (words instanceof HTMLElement) {
    words.textContent = count === 1 ? (words.dataset.wordsOne ?? "") : (words.dataset.words ?? "").replace("{n}", String(count));
  }
}

/**
 * Select a card or take it out; with `upTo` all between the last one and it.
 * @param {HTMLElement} card
 * @param {{upTo?: boolean, on?: boolean}} [options]
 */
export function pick(card, { upTo = false, on = !card.classList.contains("picked") } = {}) {
  if (upTo && last?.isConnected && last.parentElement === card.parentElement && card.parentElement) {
    const cards = cardsIn(card.parentElement);
    const [start, end] = [cards.indexOf(last), cards.indexOf(card)].sort((a, b) => a - b);
    for (const between of cards.slice(start, end + 1)) set(between, true);
  } else {
    set(card, on);
  }
  last = card;
  showBar();
}

export function unpickAll() {
  for (const card of picked()) set(card, false);
  last = null;
  showBar();
}

document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;
  const box = at.closest(".pick");
  if (box instanceof HTMLInputElement) {
    const card = box.closest(".card-lead");
    if (card instanceof HTMLElement) pick(card, { upTo: event.shiftKey, on: box.checked });
    return;
  }
  if (at.closest("[data-unpick]")) unpickAll();
  const deed = at.closest("#bulk-bar [data-deed]");
  if (deed instanceof HTMLAnchorElement) {
    event.preventDefault();
    const ids = picked().map(cardId).join(",");
    const bulk = document.getElementById("board")?.dataset.bulk ?? "";
    const name = deed.getAttribute("href") ?? "";
    openDialog(`${bulk.replace("deed", name)}?leads=${ids}`, deed);
  }
});
document.addEventListener("relance:settled", showBar);
