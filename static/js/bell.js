// @ts-check
// The bell and the counts of the navigation: asked for once the page stands, then each minute that
// somebody looks at it. Opening the bell marks what it shows as seen.

import { openDialog } from "./app.js";
import { elements, post, replace } from "./exchange.js";

const EVERY = 60_000;

let asked = 0;
let ended = false;

/** What the bell showed last, for a head that is swapped.
 * @type {{label: string, inside: Node[]} | null} */
let last = null;

/** The bell itself stays: it may hold the focus, or get it back from what it opened.
 * @param {Element[]} fresh */
function show(fresh) {
  const bell = document.getElementById("bell");
  const newer = fresh.find((element) => element.id === "bell");
  if (newer) last = { label: newer.getAttribute("aria-label") ?? "", inside: [...newer.childNodes] };
  if (bell) ring(bell);
  replace(fresh.filter((element) => element !== newer));
}

/** @param {HTMLElement} bell */
function ring(bell) {
  if (!last) return;
  bell.dataset.rung = "yes";
  bell.setAttribute("aria-label", last.label);
  bell.replaceChildren(...last.inside.map((node) => node.cloneNode(true)));
}

new MutationObserver(() => {
  const bell = document.getElementById("bell");
  if (bell && last && !bell.dataset.rung) ring(bell);
}).observe(document.body, { childList: true, subtree: true });

async function ask() {
  const bell = document.getElementById("bell");
  if (!bell?.dataset.bell || ended || document.hidden) return;
  asked = Date.now();
  try {
    const answer = await fetch(bell.dataset.bell, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) ended = true;
    if (answer.ok) show(elements(await answer.text()));
  } catch {
    // Without a connection the numbers stay as they are; the next minute asks again.
  }
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - asked > EVERY) ask();
});
setInterval(ask, EVERY);
ask();

document.addEventListener("click", async (event) => {
  const at = event.target instanceof Element ? event.target.closest("#bell") : null;
  if (!(at instanceof HTMLAnchorElement)) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  await openDialog(at.href, at);
  const box = document.querySelector("#dialog .notices-box");
  if (!(box instanceof HTMLElement)) return;
  await post(box.dataset.seen ?? "", { until: box.dataset.until ?? "" });
  ask();
});
