// @ts-check
// A lead beside the board: opened by a click, with an address of its own.

import { cardOf, focusCard } from "./cards.js";
import { askNow } from "./news.js";

const side = document.getElementById("side");
const body = document.getElementById("side-body");

/** @param {string} lead */
function address(lead) {
  const query = new URLSearchParams(location.search);
  if (lead) query.set("lead", lead);
  else query.delete("lead");
  const text = query.toString();
  return location.pathname + (text ? `?${text}` : "");
}

export function openedLead() {
  return new URLSearchParams(location.search).get("lead") ?? "";
}

/** @param {string} lead */
async function show(lead) {
  if (!side || !body) return;
  if (!lead) {
    const was = side.dataset.lead ?? "";
    const hadFocus = side.contains(document.activeElement);
    side.hidden = true;
    body.replaceChildren();
    document.body.classList.remove("beside");
    for (const card of document.querySelectorAll(".card-lead.open")) card.classList.remove("open");
    const card = cardOf(was);
    if (card && (hadFocus || document.activeElement === document.body)) focusCard(card);
    delete side.dataset.lead;
    return;
  }
  side.dataset.lead = lead;
  for (const card of document.querySelectorAll(".card-lead.open")) card.classList.remove("open");
  cardOf(lead)?.classList.add("open");
  await /** @type {any} */ (window).htmx.ajax("GET", `/leads/${lead}/panel/`, { target: "#side-body", swap: "innerHTML" });
  if (side.dataset.lead !== lead || !body.childElementCount) return;
  side.hidden = false;
  document.body.classList.add("beside");
  cardOf(lead)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  side.tabIndex = -1;
  side.focus({ preventScroll: true });
}

/** @param {string} lead @param {HTMLElement | null} [_from] */
export function openPanel(lead, _from = null) {
  if (openedLead() === lead) return;
  history.pushState(null, "", address(lead));
  show(lead);
}

export function closePanel() {
  if (!openedLead()) return;
  history.pushState(null, "", address(""));
  show("");
}

document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element) || event.defaultPrevented || event.button) return;
  if (at.closest("[data-close-panel]")) {
    event.preventDefault();
    closePanel();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.shiftKey || matchMedia("(max-width: 760px)").matches) return;
  const link = at.closest(".card-lead h3 a");
  const card = link?.closest(".card-lead");
  if (link && card instanceof HTMLElement) {
    event.preventDefault();
    openPanel(card.dataset.card ?? "", card);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !side || side.hidden) return;
  if (document.querySelector("dialog[open], .lifted, .card-lead.picked")) return;
  if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
  closePanel();
});

window.addEventListener("popstate", () => show(openedLead()));
// What is changed beside the board shows on its card at once.
side?.addEventListener("htmx:after:swap", () => askNow());
document.addEventListener("relance:settled", () => {
  const lead = openedLead();
  if (lead) cardOf(lead)?.classList.add("open");
});

export function preparePanel() {
  const lead = openedLead();
  if (lead) show(lead);
}
