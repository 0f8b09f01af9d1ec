// @ts-check
// The cards and columns of the board on the page: where they are, and putting answers in place.

import { elements, replace } from "../exchange.js";

/** @typedef {{parent: Element, next: Element | null}} Place */

const words = document.getElementById("words");

/**
 * A sentence of the page with its blanks filled.
 * @param {string} name
 * @param {Record<string, string | number>} [blanks]
 */
export function say(name, blanks = {}) {
  let text = words?.dataset[name] ?? "";
  for (const [blank, value] of Object.entries(blanks)) text = text.replace(`{${blank}}`, String(value));
  return text;
}

/** Tell those who do not see it. @param {string} text */
export function announce(text) {
  const live = document.getElementById("announcer");
  if (live) live.textContent = text;
}

export function board() {
  return document.getElementById("board");
}

/** Whether the board is cut into lanes. */
export function inLanes() {
  return Boolean(board()?.dataset.lanes);
}

/** @param {Element | null | undefined} element */
export function cardId(element) {
  return element instanceof HTMLElement ? (element.dataset.card ?? "") : "";
}

/** @param {string} lead @returns {HTMLElement | null} */
export function cardOf(lead) {
  return document.getElementById(`lead-${lead}`);
}

/** @param {Element} card */
export function titleOf(card) {
  return card.querySelector("h3")?.textContent ?? "";
}

/** @param {Element} lane @returns {HTMLElement[]} */
export function cardsIn(lane) {
  return /** @type {HTMLElement[]} */ ([...lane.querySelectorAll(":scope > .card-lead")]);
}

/** @param {Element} lane */
export function stageName(lane) {
  const stage = lane instanceof HTMLElement ? lane.dataset.lane : "";
  return document.querySelector(`#name-${stage} .name`)?.textContent ?? "";
}

/** @param {Element} card @returns {Place} */
export function placeOf(card) {
  return { parent: /** @type {Element} */ (card.parentElement), next: card.nextElementSibling };
}

/** @param {Element} card @param {Place} place */
export function putBack(card, place) {
  place.parent.insertBefore(card, place.next?.parentElement === place.parent ? place.next : null);
}

/** @param {Element | null} element @param {"nextElementSibling" | "previousElementSibling"} way */
export function neighbour(element, way) {
  let found = element?.[way] ?? null;
  while (found && !cardId(found)) found = found[way];
  return cardId(found);
}

/** Where a lane's own cards begin and end: above what follows ("12 more"), below "Add a lead".
 * @param {Element} lane @param {Element} card @param {number} index */
export function putAt(lane, card, index) {
  const others = cardsIn(lane).filter((other) => other !== card);
  const after = others[index - 1];
  if (others[index]) others[index].before(card);
  else if (after) after.after(card);
  else {
    const first = lane.querySelector(":scope > .first");
    if (first) first.after(card);
    else lane.prepend(card);
  }
}

/**
 * Keep what is under the pointer where it is while something above it comes or goes.
 * @param {Element} lane
 * @param {() => void} change
 */
function steadily(lane, change) {
  const held = lane.querySelector(".card-lead:hover, .card-lead:focus-within, .card-lead:focus");
  const before = held?.getBoundingClientRect().top ?? 0;
  change();
  if (held?.isConnected) lane.scrollTop += held.getBoundingClientRect().top - before;
}

/**
 * Put the cards and heads of an answer where they belong. A card that is on the page in the same
 * version stays; one that is being dragged or lifted is left alone.
 * @param {string} text
 * @param {{mark?: boolean}} [options]
 */
export function settle(text, { mark = true } = {}) {
  const fresh = elements(text);
  for (const element of fresh) {
    if (!(element instanceof HTMLElement) || !cardId(element)) continue;
    const old = document.getElementById(element.id);
    if (old?.matches(".sortable-ghost, .sortable-drag, .lifted")) continue;
    const lane = document.querySelector(`[data-lane="${element.dataset.stage}"]`);
    if (element.dataset.gone !== undefined || !lane) {
      if (old?.parentElement) steadily(old.parentElement, () => old.remove());
      continue;
    }
    if (old && old.parentElement === lane && old.dataset.version === element.dataset.version) {
      if (!mark) continue;
    }
    const hadFocus = old?.contains(document.activeElement);
    element.classList.toggle("picked", Boolean(old?.classList.contains("picked")));
    const pick = element.querySelector(".pick");
    if (pick instanceof HTMLInputElement) pick.checked = element.classList.contains("picked");
    steadily(lane, () => place(element, old, lane));
    if (mark && element.isConnected) element.classList.add("landed");
    if (hadFocus && element.isConnected) focusCard(element);
  }
  const heads = fresh.filter((element) => !cardId(element));
  for (const head of heads) keepBar(head);
  replace(heads);
  document.dispatchEvent(new CustomEvent("relance:settled"));
}

/** A board that shows everything gets its bars of next steps behind its heads: a head without one
 * keeps the bar that stands there until they are read anew.
 * @param {Element} head */
function keepBar(head) {
  const bar = head.querySelector(".bar");
  const old = bar && document.getElementById(bar.id);
  if (bar && old && !bar.querySelector("svg") && old.querySelector("svg")) bar.replaceWith(old.cloneNode(true));
}

/** @param {HTMLElement} element @param {HTMLElement | null} old @param {Element} lane */
function place(element, old, lane) {
  const before = element.dataset.after ? cardOf(element.dataset.after) : null;
  const above = neighbour(old, "previousElementSibling");
  if (old && old.parentElement === lane && above === (element.dataset.after ?? "")) {
    old.replaceWith(element);
    return;
  }
  old?.remove();
  if (before && before.parentElement === lane) before.after(element);
  else if (!element.dataset.after) putAt(lane, element, 0);
  else if (!lane.querySelector(".more")) putAt(lane, element, cardsIn(lane).length);
}

/** The one card that the tab key finds. @param {HTMLElement} card */
export function focusCard(card) {
  for (const other of document.querySelectorAll(".card-lead[tabindex='0']")) {
    if (other instanceof HTMLElement) other.tabIndex = -1;
  }
  card.tabIndex = 0;
  card.focus();
}

/** Show the board as it is now. */
export async function refresh() {
  const focused = cardId(document.activeElement?.closest(".card-lead"));
  const lanes = new Map(
    [...document.querySelectorAll("[data-lane]")].map((lane) => [laneKey(lane), lane.scrollTop]),
  );
  const left = board()?.scrollLeft ?? 0;
  await /** @type {any} */ (window).htmx.ajax("GET", location.pathname + location.search, {
    target: "#board",
    select: "#board",
    swap: "outerHTML",
  });
  for (const lane of document.querySelectorAll("[data-lane]")) lane.scrollTop = lanes.get(laneKey(lane)) ?? 0;
  const now = board();
  if (now) now.scrollLeft = left;
  const card = focused ? cardOf(focused) : null;
  if (card) focusCard(card);
  document.dispatchEvent(new CustomEvent("relance:settled"));
}

/** @param {Element} lane */
function laneKey(lane) {
  return lane instanceof HTMLElement ? `${lane.dataset.lane} ${lane.dataset.group ?? ""}` : "";
}

/** @param {string | null | undefined} stage @param {number} count @param {number} amount @param {string} currency */
function add(stage, count, amount, currency) {
  const head = document.getElementById(`head-${stage}`);
  if (!head) return;
  const language = document.documentElement.lang || "en";
  const now = Number(head.dataset.count) + count;
  head.dataset.count = String(now);
  const shown = head.querySelector(".count");
  if (shown) shown.textContent = new Intl.NumberFormat(language).format(now);
  const sum = head.querySelector(".sum");
  if (!amount || !sum || head.dataset.currency !== currency || !currency) return;
  const total = Number(head.dataset.sum) + amount;
  head.dataset.sum = String(total);
  sum.textContent = new Intl.NumberFormat(language, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: Number.isInteger(total) ? 0 : 2,
    maximumFractionDigits: 2,
  }).format(total);
}

/**
 * Let counts and sums go along with a card at once; the answer puts them right.
 * @param {HTMLElement} card
 * @param {Element} from
 * @param {Element} to
 */
export function moveTotals(card, from, to) {
  const source = from instanceof HTMLElement ? from.dataset.lane : "";
  const target = to instanceof HTMLElement ? to.dataset.lane : "";
  if (source === target) return;
  const amount = Number(card.dataset.amount || 0);
  add(source, -1, -amount, card.dataset.currency ?? "");
  add(target, 1, amount, card.dataset.currency ?? "");
}
