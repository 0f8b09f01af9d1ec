// @ts-check
// A lead's page, its panel beside a board, and one's day: Escape leaves a field, letters do what
// the buttons do, a known person is chosen while typing.

import "./copy.js";
import { onKeys } from "./keys.js";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !(event.target instanceof Element)) return;
  if (event.target instanceof HTMLElement && event.target.matches("[data-quick]")) {
    event.target.blur();
    return;
  }
  const form = event.target.closest(".fact-form, .person-form");
  const leave = form?.querySelector("[data-leave]");
  if (leave instanceof HTMLElement) {
    event.preventDefault();
    event.stopPropagation();
    leave.click();
  }
});

document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;
  const option = at.closest("[data-contact]");
  const form = option?.closest("form");
  if (option instanceof HTMLElement && form) {
    fill(form, option);
  }
});

/** Take the person who was chosen: the rest of the form has nothing to ask then.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} option */
function fill(form, option) {
  const set = (/** @type {string} */ name, /** @type {string} */ value) => {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value;
  };
  set("contact", option.dataset.contact ?? "");
  set("name", option.dataset.name ?? "");
  for (const name of ["email", "phone", "job_title"]) set(name, "");
  option.parentElement?.replaceChildren();
  const role = form.elements.namedItem("role");
  if (role instanceof HTMLElement) role.focus();
}

// Another name is another person.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || !field.matches(".person-form [name=name]")) return;
  const contact = field.form?.elements.namedItem("contact");
  if (contact instanceof HTMLInputElement) contact.value = "";
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field instanceof HTMLSelectElement && field.matches("[data-submit]")) field.form?.submit();
});

// Buttons that copy came anew with a part of the page.
document.addEventListener("htmx:after:swap", () => {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy][hidden]")) {
    button.removeAttribute("hidden");
  }
});

// The keys of a lead's page press its buttons, so that both always do the same.
if (document.getElementById("lead-body")) {
  const keys = {
    e: "edit",
    m: "move",
    d: "done",
    w: "win",
    l: "lose",
    a: "assign",
    p: "plan",
    x: "criterion",
    u: "back",
  };
  for (const [key, name] of Object.entries(keys)) {
    onKeys(key, () => press(`[data-key="${name}"]`));
  }
  onKeys("j", () => press("#lead-body a[rel=next]"));
  onKeys("k", () => press("#lead-body a[rel=prev]"));
}

// The line of words that makes a next step.
onKeys("q", () => {
  const line = document.querySelector("[data-quick]");
  if (line instanceof HTMLElement) line.focus();
});

/** @param {string} selector */
function press(selector) {
  const found = document.querySelector(selector);
  if (found instanceof HTMLElement) found.click();
}
