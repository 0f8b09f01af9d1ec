// @ts-check
// What others do appears within seconds, without moving the card under the pointer.

import { board, refresh, settle } from "./cards.js";

const EVERY = 4000;
const SOON = 50;
let timer = 0;
let asking = false;
let again = false;

/** Whether something is in the hand that must not be moved. */
function busy() {
  return (
    document.body.classList.contains("dragging") ||
    document.querySelector(".lifted, .card-lead.saving, dialog[open]") !== null
  );
}

async function ask() {
  clearTimeout(timer);
  if (asking) {
    again = true; // the one that is on its way asks once more
    return;
  }
  const now = board();
  if (!now || now.matches(".past")) return;
  again = false;
  if (!document.hidden && !busy()) {
    asking = true;
    try {
      await read(now);
    } catch {
      // No line: the next time.
    }
    asking = false;
  }
  timer = window.setTimeout(ask, again ? SOON : EVERY);
}

/** @param {HTMLElement} shown */
async function read(shown) {
  const query = new URLSearchParams(location.search);
  query.set("since", shown.dataset.since ?? "0");
  const answer = await fetch(`${shown.dataset.news}?${query}`, {
    headers: { "HX-Request": "true" },
    credentials: "same-origin",
  });
  const since = answer.headers.get("Relance-Since");
  const text = await answer.text();
  if (since === null || busy()) return; // what came while a card was lifted is asked for again
  if (answer.status === 205) {
    if (!document.querySelector("#board .card-lead:hover, #board .adding")) await refresh();
    return;
  }
  if (answer.status === 200) settle(text, { mark: false });
  const same = board();
  if (same) same.dataset.since = since;
}

/** Ask at once, after something was changed beside the board. */
export function askNow() {
  clearTimeout(timer);
  timer = window.setTimeout(ask, SOON);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) askNow();
});

export function prepareNews() {
  timer = window.setTimeout(ask, EVERY);
}
