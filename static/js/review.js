// @ts-check
// The queue of duplicates: entries are walked by keys, and the next one is at hand when one goes.

import { onKeys } from "./keys.js";

/** @returns {HTMLElement[]} */
function entries() {
  return [...document.querySelectorAll("#review [data-entry]")].filter(
    (entry) => entry instanceof HTMLElement,
  );
}

/** Where the last entry that had the focus stood. */
let place = 0;

/** @param {number} at */
function go(at) {
  const all = entries();
  if (at >= all.length) {
    const more = document.querySelector("#review [data-more]");
    if (more instanceof HTMLElement) more.click();
  }
  if (!all.length) return;
  place = Math.max(0, Math.min(at, all.length - 1));
  const link = all[place].querySelector("a");
  link?.focus();
  all[place].scrollIntoView({ block: "nearest" });
}

function current() {
  return document.activeElement?.closest("#review [data-entry]") ?? null;
}

onKeys("j", () => go(current() ? place + 1 : place));
onKeys("k", () => go(current() ? place - 1 : place));

for (const [key, deed] of [["m", "merge"], ["u", "apart"]]) {
  onKeys(key, () => {
    const button = (current() ?? entries()[0])?.querySelector(`button[value=${deed}]`);
    if (button instanceof HTMLElement) button.click();
  });
}

document.addEventListener("focusin", () => {
  const here = current();
  if (here instanceof HTMLElement) place = entries().indexOf(here);
});

// The entry that was decided is gone: the one in its place gets the focus.
document.addEventListener("htmx:after:swap", () => {
  if (!document.activeElement || document.activeElement === document.body) go(place);
});
