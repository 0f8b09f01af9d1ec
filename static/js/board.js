// @ts-check
// The board: cards are moved at once and saved behind; its parts are in board/.

import { closeDialog, undone, toast } from "./app.js";
import { elements, post, replace } from "./exchange.js";
import { announce, board, refresh, say, settle } from "./board/cards.js";
import { prepareDrag } from "./board/drag.js";
import { prepareKeys } from "./board/keys.js";
import { resume } from "./board/moves.js";
import { prepareNews } from "./board/news.js";
import { preparePanel } from "./board/panel.js";
import { unpickAll } from "./board/pick.js";
import { isTyping } from "./keys.js";

/** What can be undone from here, the latest last.
 * @type {string[]} */
const undoable = [];

/** Cards that follow are read when they come near. */
const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) loadMore(entry.target);
  },
  { rootMargin: "0px 0px 400px 0px" },
);

/** @param {Element} link */
async function loadMore(link) {
  const row = link.closest("li");
  if (!(link instanceof HTMLAnchorElement) || !row || link.dataset.loading) return;
  link.dataset.loading = "yes";
  near.unobserve(link);
  try {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const known = elements(await answer.text()).filter((card) => !card.id || !document.getElementById(card.id));
    row.replaceWith(...known);
    document.dispatchEvent(new CustomEvent("relance:settled"));
  } catch {
    delete link.dataset.loading;
  }
}

/** @param {string} stage @param {boolean} on */
async function fold(stage, on) {
  const column = document.querySelector(`[data-column="${stage}"]`);
  column?.classList.toggle("folded", on);
  await post(board()?.dataset.look ?? "", { [on ? "fold" : "unfold"]: stage });
}

let stepsTimer = 0;

/** The bars of next steps of a board that shows everything come after it. */
async function loadSteps() {
  clearTimeout(stepsTimer);
  const address = board()?.dataset.steps;
  if (!address) return;
  const answer = await fetch(address + location.search, { headers: { "HX-Request": "true" } });
  if (answer.ok) replace(elements(await answer.text()));
}

function prepare() {
  prepareDrag();
  prepareKeys();
  for (const link of document.querySelectorAll("a[data-more]")) near.observe(link);
  for (const column of document.querySelectorAll(".column")) inView.observe(column);
}

/** On a phone the picker of stages says which column is in sight. */
const inView = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!(entry.target instanceof HTMLElement) || !entry.isIntersecting) continue;
      for (const link of document.querySelectorAll("[data-stage-link]")) {
        const here = link instanceof HTMLElement && link.dataset.stageLink === entry.target.dataset.column;
        if (here) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
        const bar = link.parentElement;
        if (here && bar && link instanceof HTMLElement) bar.scrollLeft = link.offsetLeft - bar.clientWidth / 2 + link.clientWidth / 2;
      }
    }
  },
  { threshold: 0.6 },
);

document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;
  const more = at.closest("a[data-more]");
  if (more) {
    event.preventDefault();
    loadMore(more);
  }
  const stage = at.closest("[data-stage-link]");
  if (stage instanceof HTMLElement) {
    event.preventDefault();
    document.querySelector(`[data-column="${stage.dataset.stageLink}"]`)?.scrollIntoView({ block: "nearest", inline: "center" });
  }
  const folded = at.closest(".column.folded");
  if (folded instanceof HTMLElement && !at.closest(".about, .card-lead")) fold(folded.dataset.column ?? "", false);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.matches("#dialog [data-fold]") && event.submitter instanceof HTMLButtonElement) {
    event.preventDefault();
    fold(form.dataset.fold ?? "", event.submitter.name === "fold");
    closeDialog();
  }
  // What is left empty does not stand in the address.
  if (form.matches("[data-narrow]")) {
    for (const field of form.elements) {
      if ((field instanceof HTMLInputElement || field instanceof HTMLSelectElement) && !field.value) field.disabled = true;
    }
  }
});

document.addEventListener("keydown", async (event) => {
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const cause = undoable.pop();
  if (!cause) {
    announce(say("nothing"));
    return;
  }
  for (const form of document.querySelectorAll(`#toasts form[action*="${cause}"]`)) form.closest("[data-toast]")?.remove();
  try {
    const answer = await post(`/changes/${cause}/undo/`, { next: location.pathname });
    if (answer.ok) undone(answer.text);
  } catch {
    undoable.push(cause);
    toast({ kind: "error", text: document.body.dataset.offline ?? "" });
  }
});

document.addEventListener("relance:answered", (event) => {
  if (!(event instanceof CustomEvent)) return;
  if (board()?.dataset.lanes) refresh();
  else settle(event.detail.text);
  unpickAll();
  closeDialog();
});
document.addEventListener("relance:toast", (event) => {
  if (!(event instanceof CustomEvent)) return;
  announce(event.detail.text);
  if (event.detail.undo) undoable.push(event.detail.undo);
});
document.addEventListener("relance:undone", () => {
  announce(say("undone"));
  refresh();
});
document.addEventListener("relance:settled", () => {
  prepare();
  clearTimeout(stepsTimer);
  stepsTimer = window.setTimeout(loadSteps, 1500);
});
document.addEventListener("htmx:after:settle", prepare);

prepare();
prepareNews();
preparePanel();
loadSteps();
resume();
