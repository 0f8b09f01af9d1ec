// @ts-check
// Files: chosen, dropped on a form that takes them, or pasted into a note. What is too large is
// named at once and not sent; what was chosen is shown, and can be taken out again.

import { toast } from "./app.js";

/** @param {EventTarget | null} target
 * @returns {HTMLFormElement | null} */
function formOf(target) {
  const form = target instanceof Element ? target.closest("form[data-files]") : null;
  return form instanceof HTMLFormElement ? form : null;
}

/** @param {HTMLFormElement} form
 * @returns {HTMLInputElement | null} */
function inputOf(form) {
  return form.querySelector("input[type=file]");
}

/** Put files into a form, beside those that are there.
 * @param {HTMLFormElement} form
 * @param {Iterable<File>} files
 * @param {Iterable<File>} before */
function put(form, files, before = []) {
  const input = inputOf(form);
  if (!input) return;
  const most = Number(form.dataset.files);
  const all = new DataTransfer();
  const large = [];
  for (const file of before) all.items.add(file);
  for (const file of files) {
    if (file.size > most) large.push(`“${file.name}”`);
    else all.items.add(file);
  }
  if (large.length) toast({ kind: "error", text: `${form.dataset.tooLarge} ${large.join(", ")}` });
  const address = form.action;
  if (form.hasAttribute("data-sends") && sending.has(address)) {
    input.value = "";
    waiting.set(address, [...(waiting.get(address) ?? []), ...all.files]);
    return;
  }
  input.files = all.files;
  show(form);
  if (!form.hasAttribute("data-sends") || !all.files.length) return;
  sending.add(address);
  form.requestSubmit();
}

/** Addresses to which files are on their way, and what was chosen for them meanwhile.
 * @type {Set<string>} */
const sending = new Set();
/** @type {Map<string, File[]>} */
const waiting = new Map();

// The panel was drawn anew by the answer: what was chosen meanwhile goes through its new form.
document.addEventListener("htmx:finally:request", (event) => {
  if (!(event instanceof CustomEvent)) return;
  const address = new URL(event.detail.ctx.request.action, document.baseURI).href;
  if (!sending.delete(address)) return;
  const files = waiting.get(address) ?? [];
  waiting.delete(address);
  for (const form of document.querySelectorAll("form[data-sends]")) {
    if (files.length && form instanceof HTMLFormElement && form.action === address) {
      put(form, files);
      return;
    }
  }
});

/** Show what is chosen, each with a button that takes it out.
 * @param {HTMLFormElement} form */
function show(form) {
  const list = form.querySelector("[data-picked]");
  const files = [...(inputOf(form)?.files ?? [])];
  if (!(list instanceof HTMLElement)) return;
  list.replaceChildren(
    ...files.map((file) => {
      const row = document.createElement("li");
      const out = document.createElement("button");
      row.className = "pill";
      row.textContent = file.name;
      out.type = "button";
      out.className = "link";
      out.textContent = "×";
      out.setAttribute("aria-label", `${list.dataset.remove}: ${file.name}`);
      out.addEventListener("click", () => {
        put(form, [], files.filter((other) => other !== file));
        inputOf(form)?.focus();
      });
      row.append(out);
      return row;
    }),
  );
}

document.addEventListener("change", (event) => {
  const form = formOf(event.target);
  const input = event.target;
  if (form && input instanceof HTMLInputElement && input.type === "file") {
    put(form, [...(input.files ?? [])]);
  }
});

document.addEventListener("paste", (event) => {
  const form = formOf(event.target);
  const files = [...(event.clipboardData?.files ?? [])];
  if (!form || !files.length) return;
  event.preventDefault();
  put(form, files, [...(inputOf(form)?.files ?? [])]);
});

/** @param {DragEvent} event
 * @returns {HTMLFormElement | null} */
function under(event) {
  if (!event.dataTransfer?.types.includes("Files")) return null;
  const panel = event.target instanceof Element ? event.target.closest(".panel") : null;
  return formOf(event.target) ?? formOf(panel?.querySelector("form[data-files]") ?? null);
}

document.addEventListener("dragover", (event) => {
  const form = under(event);
  for (const other of document.querySelectorAll("form.dropping")) {
    if (other !== form) other.classList.remove("dropping");
  }
  if (!form) return;
  event.preventDefault();
  form.classList.add("dropping");
});

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.querySelector("form.dropping")?.classList.remove("dropping");
});

document.addEventListener("drop", (event) => {
  const form = under(event);
  document.querySelector("form.dropping")?.classList.remove("dropping");
  if (!form) return;
  event.preventDefault();
  const before = form.hasAttribute("data-sends") ? [] : [...(inputOf(form)?.files ?? [])];
  put(form, [...(event.dataTransfer?.files ?? [])], before);
});

document.addEventListener("relance:noted", (event) => {
  const { address } = /** @type {CustomEvent} */ (event).detail;
  for (const form of document.querySelectorAll("form[data-files]")) {
    if (!(form instanceof HTMLFormElement)) continue;
    if (new URL(form.action, location.href).pathname === address) put(form, [], []);
  }
});

document.documentElement.classList.add("with-files");
