// @ts-check
// Buttons that copy what stands beside them; they show only where a script can copy.

import { toast } from "./app.js";

/**
 * Copy a text, and say so.
 * @param {string} text
 * @param {string} said
 * @returns {Promise<boolean>}
 */
export async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return false;
  }
  toast({ text: said });
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copy]");
  if (button instanceof HTMLElement) copy(button.dataset.copy ?? "", button.dataset.copied ?? "");
});

/** Show the buttons, now that there is a script. */
function reveal() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy][hidden]")) {
    button.removeAttribute("hidden");
  }
}

document.addEventListener("htmx:after:swap", reveal);
reveal();
