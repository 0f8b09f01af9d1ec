// @ts-check
// Moves are shown at once and saved behind, one after the other. What the server refuses goes
// back with the reason; what cannot reach it waits on the page, is sent when there is a line
// again, and survives a reload or a new login.

import { post } from "../exchange.js";
import { showInDialog, toast } from "../app.js";
import { askNow } from "./news.js";
import { board, cardOf, inLanes, moveTotals, putBack, refresh, say, settle } from "./cards.js";

/** @typedef {import("./cards.js").Place} Place */
/** @typedef {{lead: string, address: string, fields: Record<string, string>, back?: () => void, again?: boolean}} Move */

const person = document.getElementById("palette")?.dataset.person ?? "";
const KEPT = `relance.moves.${person}`;
const AGAIN = 5000;

/** Not yet saved, in their order.
 * @type {Move[]} */
const waiting = [];
let sending = false;
let timer = 0;

function keep() {
  const plain = waiting.map(({ lead, address, fields }) => ({ lead, address, fields, again: true }));
  try {
    if (plain.length) sessionStorage.setItem(KEPT, JSON.stringify(plain));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // Without storage the moves live as long as the page.
  }
}

/** @param {Move} move @param {boolean} on */
function mark(move, on) {
  const card = cardOf(move.lead);
  if (!card) return;
  card.classList.toggle("waiting", on);
  card.toggleAttribute("aria-busy", on);
  const old = card.querySelector(".waits");
  if (!on) old?.remove();
  else if (!old) {
    const note = document.createElement("div");
    note.className = "f waits";
    note.textContent = say("waitingMark");
    card.append(note);
  }
}

/**
 * Save a move that the page shows already.
 * @param {HTMLElement} card
 * @param {string} address
 * @param {Record<string, string>} fields
 * @param {() => void} back puts the card where it was
 */
export function save(card, address, fields, back) {
  card.classList.add("saving");
  const lead = card.dataset.card ?? "";
  waiting.push({ lead, address, fields, back });
  keep();
  send();
}

async function send() {
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  let stuck = false;
  let resumed = false;
  while (waiting.length && !stuck) {
    const move = waiting[0];
    try {
      const answer = await post(move.address, {
        ...move.fields,
        dragged: "yes",
        pipeline: board()?.dataset.pipeline ?? "",
        board: location.search,
        ...(move.again ? { again: "yes" } : {}),
      });
      if (answer.away) return; // to the login: the move waits for the way back
      resumed ||= Boolean(move.again);
      waiting.shift();
      keep();
      mark(move, false);
      cardOf(move.lead)?.classList.remove("saving");
      await take(move, answer);
    } catch {
      stuck = true;
    }
  }
  sending = false;
  forgetLine();
  if (stuck) hold();
  else if (resumed) {
    toast({ text: say("restored") });
    refresh();
  }
}

/** @param {Move} move @param {import("../exchange.js").Answer} answer */
async function take(move, answer) {
  if (answer.ok) {
    if (inLanes()) await refresh();
    else if (answer.status === 204) land(move.lead);
    else settle(answer.text);
    return;
  }
  move.back?.();
  if (answer.status === 422 && answer.text.includes("<form")) showInDialog(answer.text);
  if (answer.status === 409 || answer.status === 404 || move.again) await refresh();
}

/** A move is saved: the card says so, what else it changed comes with the news.
 * @param {string} lead */
function land(lead) {
  cardOf(lead)?.classList.add("landed");
  askNow();
}

/** There is no line: say so once, mark what waits, try again. */
function hold() {
  const known = document.querySelector("#toasts [data-waits]");
  for (const move of waiting) {
    mark(move, true);
    cardOf(move.lead)?.classList.remove("saving");
    move.again = true;
  }
  if (!known) {
    const box = toast({ kind: "error", text: say("waiting"), stay: true });
    if (box) {
      box.setAttribute("data-waits", "");
      const button = document.createElement("button");
      button.className = "link";
      button.type = "button";
      button.textContent = say("try");
      button.addEventListener("click", send);
      box.querySelector("p")?.after(button);
    }
  }
  timer = window.setTimeout(send, AGAIN);
}

/** Once nothing waits, nobody needs to be told that there is no line. */
function forgetLine() {
  if (!waiting.length) document.querySelector("#toasts [data-waits]")?.remove();
}

document.addEventListener("relance:settled", () => {
  for (const move of waiting) if (move.again) mark(move, true);
  forgetLine();
});
window.addEventListener("online", send);
window.addEventListener("beforeunload", (event) => {
  if (waiting.some((move) => move.again)) event.preventDefault();
});

/** Send what an earlier page could not. */
export function resume() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    waiting.push(...kept);
  } catch {
    sessionStorage.removeItem(KEPT);
  }
  if (waiting.length) send();
}

/**
 * Move a card to where it stands on the page now, from where it stood.
 * @param {HTMLElement} card
 * @param {Place} from
 * @param {Record<string, string>} fields
 * @param {() => void} [andBack]
 */
export function saveMove(card, from, fields, andBack) {
  const to = /** @type {HTMLElement} */ (card.parentElement);
  const source = /** @type {HTMLElement} */ (from.parent);
  moveTotals(card, source, to);
  const lanes = board()?.dataset.lanes ?? "";
  const changed = lanes && source.dataset.group !== to.dataset.group;
  save(
    card,
    `/leads/${card.dataset.card}/move/`,
    {
      stage: to.dataset.lane ?? "",
      from: source.dataset.lane ?? "",
      ...fields,
      ...(changed ? { lanes, lane: to.dataset.group ?? "" } : {}),
    },
    () => {
      const now = cardOf(card.dataset.card ?? "") ?? card;
      moveTotals(now, to, source);
      putBack(now, from);
      andBack?.();
    },
  );
}
