// @ts-check
// The form of a condition: another field or a row more brings the form anew, a value only what the
// condition says and finds.

import { elements } from "./exchange.js";

let turn = 0;
let timer = 0;

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement | null} button
 */
async function ask(form, button) {
  const mine = ++turn;
  const fields = new FormData(form);
  fields.delete("csrfmiddlewaretoken");
  if (button) fields.set(button.name, button.value);
  const query = new URLSearchParams(/** @type {any} */ (fields));
  const answer = await fetch(`${form.action}?${query}`, {
    credentials: "same-origin",
    headers: { "HX-Request": "true", "HX-Current-URL": location.href },
  });
  const text = await answer.text();
  // A slow answer to an earlier question is late, and a dialog may have been closed.
  return mine === turn && form.isConnected ? elements(text) : [];
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement | null} button
 */
async function again(form, button) {
  const focus = document.activeElement?.getAttribute("name");
  const found = await ask(form, button);
  const fresh = found.find((element) => element.id === "conditions");
  if (!fresh) return;
  form.replaceWith(fresh);
  const fields = /** @type {HTMLElement[]} */ ([...fresh.querySelectorAll("select[name^=f]")]);
  const next = button ? fields.at(-1) : fresh.querySelector(`[name="${focus}"]`);
  if (next instanceof HTMLElement) next.focus();
}

/** @param {HTMLFormElement} form */
async function tell(form) {
  const found = await ask(form, null);
  const said = found
    .find((element) => element.id === "conditions")
    ?.querySelector("#condition-said");
  const old = form.querySelector("#condition-said");
  if (said && old) old.innerHTML = said.innerHTML;
}

/** @param {EventTarget | null} at */
function formOf(at) {
  const form = at instanceof Element ? at.closest("#conditions") : null;
  return form instanceof HTMLFormElement ? form : null;
}

document.addEventListener("change", (event) => {
  const form = formOf(event.target);
  if (!form || !(event.target instanceof Element)) return;
  clearTimeout(timer);
  if (event.target.matches("[data-again]")) again(form, null);
  else tell(form);
});

document.addEventListener("input", (event) => {
  const form = formOf(event.target);
  if (!form || !(event.target instanceof HTMLInputElement)) return;
  clearTimeout(timer);
  timer = window.setTimeout(() => tell(form), 350);
});

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-again]") : null;
  const form = formOf(button);
  if (!form || !(button instanceof HTMLButtonElement)) return;
  event.preventDefault();
  again(form, button);
});
