// @ts-check
// The form of a condition: another field or a row more brings the form anew, a value only what the
// condition says and finds.

import { toast } from "./app.js";
import { elements } from "./exchange.js";

let turn = 0;
let timer = 0;
/** Whether the form itself is being brought anew: what it says comes with it. */
let coming = false;

/**
 * What the form holds, as a query.
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement | null} button
 */
function held(form, button) {
  const fields = new FormData(form);
  fields.delete("csrfmiddlewaretoken");
  if (button) fields.set(button.name, button.value);
  return new URLSearchParams(/** @type {any} */ (fields)).toString();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} query
 * @returns {Promise<Element | undefined>}
 */
async function ask(form, query) {
  const answer = await fetch(`${form.action}?${query}`, {
    credentials: "same-origin",
    headers: { "HX-Request": "true", "HX-Current-URL": location.href },
  });
  return elements(await answer.text()).find((element) => element.id === "conditions");
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement | null} button
 */
async function again(form, button) {
  const mine = ++turn;
  coming = true;
  try {
    let fresh;
    let query = "";
    // What is typed meanwhile must not be lost: the form is asked for once more with it.
    while (mine === turn && form.isConnected && query !== held(form, button)) {
      query = held(form, button);
      fresh = await ask(form, query);
    }
    if (mine !== turn || !form.isConnected || !fresh) return;
    const focus = document.activeElement?.getAttribute("name");
    form.replaceWith(fresh);
    const fields = /** @type {HTMLElement[]} */ ([...fresh.querySelectorAll("select[name^=f]")]);
    const next = button ? fields.at(-1) : fresh.querySelector(`[name="${focus}"]`);
    if (next instanceof HTMLElement) next.focus();
  } finally {
    if (mine === turn) coming = false;
  }
}

/** @param {HTMLFormElement} form */
async function tell(form) {
  if (coming || !form.isConnected) return;
  const mine = ++turn;
  const said = (await ask(form, held(form, null)))?.querySelector("#condition-said");
  const old = form.querySelector("#condition-said");
  if (mine === turn && said && old) old.innerHTML = said.innerHTML;
}

function offline() {
  toast({ kind: "error", text: document.body.dataset.offline ?? "" });
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
  if (event.target.matches("[data-again]")) again(form, null).catch(offline);
  else tell(form).catch(offline);
});

document.addEventListener("input", (event) => {
  const form = formOf(event.target);
  if (!form || !(event.target instanceof HTMLInputElement)) return;
  clearTimeout(timer);
  timer = window.setTimeout(() => tell(form).catch(offline), 350);
});

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-again]") : null;
  const form = formOf(button);
  if (!form || !(button instanceof HTMLButtonElement)) return;
  event.preventDefault();
  again(form, button).catch(offline);
});
