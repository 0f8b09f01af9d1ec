// @ts-check
// A lead's page, its panel beside a board, and one's day: Escape leaves a field, a copied address,
// a known person chosen while typing.

import { toast } from "./app.js";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !(event.target instanceof Element)) return;
  const form = event.target.closest(".fact-form, .person-form");
  const leave = form?.querySelector("[data-leave]");
  if (leave instanceof HTMLElement) {
    event.preventDefault();
    event.stopPropagation();
    leave.click();
  }
});

document.addEventListener("click", async (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;
  const copy = at.closest("[data-copy]");
  if (copy instanceof HTMLElement) {
    await navigator.clipboard.writeText(copy.dataset.copy ?? "");
    toast({ text: copy.dataset.copied ?? "" });
    return;
  }
  const option = at.closest("[data-contact]");
  const form = option?.closest("form");
  if (option instanceof HTMLElement && form) {
    fill(form, option);
    return;
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

/** Buttons that only a script can serve are shown by it.
 * @param {ParentNode} root */
function reveal(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) {
    button.removeAttribute("hidden");
  }
}

document.addEventListener("htmx:after:swap", () => reveal(document));
reveal(document);
