// @ts-check
// What others do appears within seconds, without moving the card under the pointer.

import { board, refresh, settle } from "./cards.js";

const EVERY = 4000;
let timer = 0;
let asking = false;

/** Whether something is in the hand that must not be moved. */
function busy() {
  return (
    document.body.classList.contains("dragging") ||
    document.querySelector(".lifted, .card-lead.saving, dialog[open]") !== null
  );
}

async function ask() {
  clearTimeout(timer);
  const now = board();
  if (!now || now.matches(".past")) return;
  if (!document.hidden && !busy() && !asking) {
    asking = true;
    try {
      const query = new URLSearchParams(location.search);
      query.set("since", now.dataset.since ?? "0");
      const answer = await fetch(`${now.dataset.news}?${query}`, {
        headers: { "HX-Request": "true" },
        credentials: "same-origin",
      });
      const since = answer.headers.get("Relance-Since");
      if (since !== null) {
        if (answer.status === 205) {
          if (!busy() && !document.querySelector("#board .card-lead:hover, #board .adding")) await refresh();
        } else {
          if (answer.status === 200 && !busy()) settle(await answer.text(), { mark: false });
          const same = board();
          if (same) same.dataset.since = since;
        }
      }
    } catch {
      // No line: the next time.
    }
    asking = false;
  }
  timer = window.setTimeout(ask, EVERY);
}

/** Ask at once, after something was changed beside the board. */
export function askNow() {
  clearTimeout(timer);
  timer = window.setTimeout(ask, 50);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) askNow();
});

export function prepareNews() {
  timer = window.setTimeout(ask, EVERY);
}
