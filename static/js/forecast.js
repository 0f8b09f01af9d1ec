// @ts-check
// The forecast: a card goes to another month by mouse, finger, key or menu; then all sums come anew.

import { closeDialog, openDialog, toast } from "./app.js";
import { post } from "./exchange.js";
import { onKeys } from "./keys.js";

const Sortable = /** @type {any} */ (window).Sortable;
/** Asked last, shown alone: an answer that was overtaken is left. */
let asked = 0;

/** The card that has the focus, or that the focus is in. @returns {HTMLElement | null} */
function current() {
  const card = document.activeElement?.closest("#forecast [data-card]");
  return card instanceof HTMLElement ? card : null;
}

/** @returns {HTMLElement[]} */
function lanes() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#forecast [data-month]")]);
}

/** @param {Element | null | undefined} card */
function focus(card) {
  const link = card?.querySelector("h3 a");
  if (link instanceof HTMLElement) link.focus();
}

/** Show the forecast as it is now; the focus stays on its card. */
async function refresh() {
  const mine = ++asked;
  const id = current()?.id;
  const response = await fetch(location.href, { headers: { "HX-Request": "true" } });
  if (!response.ok || mine !== asked) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("forecast");
  const old = document.getElementById("forecast");
  if (!fresh || !old) return;
  const board = old.querySelector(".board");
  const left = board?.scrollLeft ?? 0;
  old.replaceWith(fresh);
  const shown = fresh.querySelector(".board");
  if (shown) shown.scrollLeft = left;
  prepareDrag();
  if (id) focus(document.getElementById(id));
}

/** @param {HTMLElement} card @param {HTMLElement} lane */
async function put(card, lane) {
  const fields = {
    dragged: "yes",
    month: lane.dataset.month ?? "",
    version: card.dataset.version ?? "",
  };
  try {
    const answer = await post(`/leads/${card.dataset.card}/month/`, fields);
    if (answer.ok) announce(card, lane);
  } catch {
    toast({ kind: "error", text: document.body.dataset.offline ?? "" });
  }
  // Also after a refusal: the card goes back to where it stands.
  await refresh();
}

/** @param {HTMLElement} card @param {HTMLElement} lane */
function announce(card, lane) {
  const words = document.getElementById("words")?.dataset.put ?? "";
  const box = document.getElementById("announcer");
  const title = card.querySelector("h3")?.textContent ?? "";
  if (box) box.textContent = words.replace("{title}", title).replace("{month}", lane.dataset.name ?? "");
}

function prepareDrag() {
  for (const lane of lanes()) {
    Sortable.create(lane, {
      group: { name: "months", put: Boolean(lane.dataset.month) },
      sort: false,
      draggable: ".card-lead:not(.fixed)",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      delay: 200,
      delayOnTouchOnly: true,
      touchStartThreshold: 5,
      fallbackTolerance: 5,
      scrollSensitivity: 60,
      bubbleScroll: true,
      onEnd: (/** @type {any} */ event) => {
        if (event.to !== event.from) put(event.item, event.to);
      },
    });
    lane.classList.add("draggable");
  }
}

/** Carry the card to the nearest month on one side. @param {number} by */
function carry(by) {
  const card = current();
  if (!card || card.classList.contains("fixed")) return;
  const all = lanes();
  let at = all.findIndex((lane) => lane.contains(card)) + by;
  while (all[at] && !all[at].dataset.month) at += by;
  const lane = all[at];
  if (!lane) return;
  lane.prepend(card);
  focus(card);
  put(card, lane);
}

/** @param {string} key */
function walk(key) {
  const card = current();
  if (!card) {
    focus(document.querySelector("#forecast [data-card]"));
    return;
  }
  const lane = card.closest("[data-month]");
  const cards = [...(lane?.querySelectorAll("[data-card]") ?? [])];
  const place = cards.indexOf(card);
  if (key === "ArrowDown") focus(cards[place + 1]);
  if (key === "ArrowUp") focus(cards[place - 1]);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const by = key === "ArrowLeft" ? -1 : 1;
    const all = lanes();
    let at = all.findIndex((other) => other === lane) + by;
    while (all[at] && !all[at].querySelector("[data-card]")) at += by;
    const beside = [...(all[at]?.querySelectorAll("[data-card]") ?? [])];
    focus(beside[Math.min(place, beside.length - 1)]);
  }
}

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (!event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(at instanceof Element)) return;
  if (at.closest("input, select, textarea, dialog, #dialog, [role=menu]")) return;
  if (at !== document.body && !at.closest("#forecast")) return;
  event.preventDefault();
  if (!event.shiftKey) walk(event.key);
  else if (event.key === "ArrowLeft") carry(-1);
  else if (event.key === "ArrowRight") carry(1);
});

onKeys("m", () => {
  const card = current();
  const link = card?.querySelector("a.move");
  if (card && link instanceof HTMLAnchorElement) openDialog(link.href, card);
});

document.addEventListener("relance:answered", () => {
  closeDialog();
  refresh();
});
document.addEventListener("relance:undone", () => refresh());

prepareDrag();
