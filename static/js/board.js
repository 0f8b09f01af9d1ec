// @ts-check
// The board: cards are dragged at once and saved behind; what the server refuses goes back.

import { closeDialog, openDialog, showInDialog, toast } from "./app.js";
import { elements, post, replace } from "./exchange.js";

/** @typedef {{parent: Element, next: Element | null}} Place */

const Sortable = /** @type {any} */ (window).Sortable;
const live = document.getElementById("announcer");

/** Moves wait for the one before: a quick second drag is never lost.
 * @type {Promise<void>} */
let queue = Promise.resolve();

/** @param {string} text */
function announce(text) {
  if (live) live.textContent = text;
}

/** @param {Element} card @returns {Place} */
function placeOf(card) {
  return { parent: /** @type {Element} */ (card.parentElement), next: card.nextElementSibling };
}

/** @param {Element} card @param {Place} place */
function putBack(card, place) {
  place.parent.insertBefore(card, place.next?.parentElement === place.parent ? place.next : null);
}

/** @param {Element | null} element */
function cardId(element) {
  return element instanceof HTMLElement ? (element.dataset.card ?? "") : "";
}

/** @param {Element | null} element @param {"nextElementSibling" | "previousElementSibling"} way */
function neighbour(element, way) {
  let found = element?.[way] ?? null;
  while (found && !cardId(found)) found = found[way];
  return cardId(found);
}

/**
 * Put the cards and heads of an answer where they belong.
 * @param {string} text
 */
export function settle(text) {
  const fresh = elements(text);
  for (const element of fresh) {
    if (!(element instanceof HTMLElement) || !cardId(element)) continue;
    const old = document.getElementById(element.id);
    const lane = document.querySelector(`[data-lane="${element.dataset.stage}"]`);
    if (element.dataset.gone !== undefined || !lane) {
      old?.remove();
      continue;
    }
    const hadFocus = old?.contains(document.activeElement);
    if (old && old.parentElement === lane) {
      old.replaceWith(element);
    } else {
      old?.remove();
      const before = element.dataset.after && document.getElementById(`lead-${element.dataset.after}`);
      if (before && before.parentElement === lane) before.after(element);
      else if (!element.dataset.after) lane.prepend(element);
      else if (!lane.querySelector(".more")) lane.append(element);
      else continue;
    }
    element.classList.add("landed");
    const link = element.querySelector("h3 a");
    if (hadFocus && link instanceof HTMLElement) link.focus();
  }
  replace(fresh.filter((element) => !cardId(element)));
}

/**
 * Save a move. A refusal puts the card back; the reason comes as a toast, or as a form.
 * @param {HTMLElement} card
 * @param {Place} from
 * @param {string} address
 * @param {Record<string, string>} fields
 */
function save(card, from, address, fields) {
  card.classList.add("saving");
  queue = queue.then(async () => {
    try {
      const current = document.getElementById(card.id) ?? card;
      const version = current instanceof HTMLElement ? (current.dataset.version ?? "") : "";
      const answer = await post(address, {
        ...fields,
        version,
        dragged: "yes",
        board: location.search,
      });
      if (answer.ok) {
        settle(answer.text);
      } else {
        putBack(card, from);
        if (answer.status === 422 && answer.text.includes("<form")) showInDialog(answer.text);
        else if (answer.status === 409 || answer.status === 404) await refresh();
        else if (answer.status === 403 && !answer.text.includes("toast")) location.reload();
      }
    } catch {
      putBack(card, from);
      toast({ kind: "error", text: document.body.dataset.offline ?? "" });
    } finally {
      card.classList.remove("saving");
    }
  });
}

/** Show the board as it is now. */
export async function refresh() {
  const address = location.pathname + location.search;
  await /** @type {any} */ (window).htmx.ajax("GET", address, {
    target: "#board",
    select: "#board",
    swap: "outerHTML",
  });
}

/** @type {Place | null} */
let liftedFrom = null;

function lift(/** @type {any} */ event) {
  liftedFrom = { parent: event.from, next: event.item.nextElementSibling };
  document.body.classList.add("dragging");
}

function drop(/** @type {any} */ event) {
  document.body.classList.remove("dragging");
  /** @type {HTMLElement} */
  const card = event.item;
  const from = liftedFrom ?? { parent: event.from, next: null };
  const to = /** @type {HTMLElement} */ (event.to);
  if (to === event.from && event.oldIndex === event.newIndex) return;
  const base = `/leads/${cardId(card)}/`;
  if (to.dataset.drop) {
    putBack(card, from);
    if (to.dataset.drop === "lost") openDialog(`${base}lose/`, card.querySelector("a"));
    else save(card, from, `${base}win/`, {});
    return;
  }
  save(card, from, `${base}move/`, {
    stage: to.dataset.lane ?? "",
    above: neighbour(card, "nextElementSibling"),
    below: neighbour(card, "previousElementSibling"),
  });
}

function prepare() {
  const options = {
    group: "cards",
    draggable: ".card-lead:not(.fixed)",
    filter: ".move, .more, .add",
    preventOnFilter: false,
    animation: 140,
    delay: 200,
    delayOnTouchOnly: true,
    touchStartThreshold: 5,
    fallbackTolerance: 5,
    scrollSensitivity: 60,
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

// A click at the end of a drag opens nothing.
document.addEventListener(
  "dragstart",
  (event) => {
    if (event.target instanceof HTMLAnchorElement && event.target.closest(".card-lead")) {
      event.target.setAttribute("draggable", "false");
    }
  },
  true,
);

document.addEventListener("relance:answered", (event) => {
  if (event instanceof CustomEvent) {
    settle(event.detail.text);
    closeDialog();
  }
});
document.addEventListener("relance:toast", (event) => {
  if (event instanceof CustomEvent) announce(event.detail.text);
});
document.addEventListener("relance:undone", () => refresh());
document.addEventListener("htmx:after:settle", prepare);

prepare();
