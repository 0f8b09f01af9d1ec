// @ts-check
// What every page does: toasts, the dialog, forms that send themselves, menus that close.

import { post, token } from "./exchange.js";

const STAY = 10_000;

/** @param {Element} toast */
function leave(toast) {
  toast.remove();
}

/** Toasts go after ten seconds, not while they are pointed at or hold the focus.
 * @param {Element} toast */
function letGo(toast) {
  const close = toast.querySelector("[data-close-toast]");
  if (close instanceof HTMLElement) close.hidden = false;
  const wait = () =>
    setTimeout(() => {
      if (!toast.isConnected) return;
      if (toast.matches(":hover") || toast.contains(document.activeElement)) wait();
      else leave(toast);
    }, STAY);
  wait();
}

/**
 * Show a toast.
 * @param {{text: string, kind?: string, undo?: string, act?: string, actText?: string, stay?: boolean, fields?: Record<string, string[]>}} note
 * @returns {Element | undefined}
 */
export function toast(note) {
  const template = document.getElementById("toast-template");
  const place = document.getElementById("toasts");
  if (!(template instanceof HTMLTemplateElement) || !place) return;
  const copy = document.importNode(template.content, true);
  const box = copy.querySelector("[data-toast]");
  const words = copy.querySelector("p");
  const form = copy.querySelector("form");
  if (!box || !words || !form) return;
  words.textContent = [note.text, ...Object.values(note.fields ?? {}).flat()]
    .filter((text, index, all) => text && all.indexOf(text) === index)
    .join(" ");
  if (note.kind === "error") {
    box.classList.add("error");
    const use = box.querySelector("use");
    use?.setAttribute("href", (use.getAttribute("href") ?? "").replace(/#.*/, "#alert-circle"));
  }
  if (note.act) {
    // What may be done next is offered beside Undo.
    const act = /** @type {HTMLFormElement} */ (form.cloneNode(true));
    act.action = note.act;
    act.removeAttribute("data-undo");
    act.setAttribute("data-act", "");
    const button = act.querySelector("button");
    if (button) button.textContent = note.actText ?? "";
    form.before(act);
  }
  if (note.undo) {
    form.action = `/changes/${note.undo}/undo/`;
    const next = form.elements.namedItem("next");
    if (next instanceof HTMLInputElement) next.value = location.pathname + location.search;
  } else {
    form.remove();
  }
  while (place.childElementCount > 3) place.firstElementChild?.remove();
  place.append(copy);
  if (!note.stay) letGo(box);
  return box;
}

/** @returns {HTMLDialogElement | null} */
function dialog() {
  const found = document.getElementById("dialog");
  return found instanceof HTMLDialogElement ? found : null;
}

/** Where the focus goes when the dialog closes.
 * @type {HTMLElement | null} */
let opener = null;

/**
 * Open the form behind a link inside the dialog.
 * @param {string} address
 * @param {HTMLElement | null} from
 */
export async function openDialog(address, from = null) {
  const box = dialog();
  if (!box) return;
  opener = from;
  await /** @type {any} */ (window).htmx.ajax("GET", address, { target: "#dialog", swap: "innerHTML" });
  if (box.childElementCount && !box.open) box.showModal();
}

/**
 * Show a form that came as an answer.
 * @param {string} text
 */
export function showInDialog(text) {
  const box = dialog();
  if (!box) return;
  box.innerHTML = text;
  /** @type {any} */ (window).htmx.process(box);
  if (!box.open) box.showModal();
  const wrong = box.querySelector("[aria-invalid=true], [autofocus]");
  if (wrong instanceof HTMLElement) wrong.focus();
}

export function closeDialog() {
  dialog()?.close();
}

document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;

  const closer = at.closest("[data-close-toast]");
  if (closer) {
    const gone = closer.closest("[data-toast]");
    if (gone) leave(gone);
    return;
  }
  if (at.closest("[data-close-dialog]") && dialog()?.open) {
    event.preventDefault();
    closeDialog();
    return;
  }
  if (at === dialog()) {
    closeDialog();
    return;
  }
  const link = at.closest("a[data-dialog]");
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  if (link instanceof HTMLAnchorElement && plain) {
    event.preventDefault();
    openDialog(link.href, link);
  }
  for (const menu of document.querySelectorAll("details.switch[open], .phonebar details[open]")) {
    if (!menu.contains(at)) menu.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.switch[open], .phonebar details[open]")) {
    menu.removeAttribute("open");
    const summary = menu.querySelector("summary");
    if (summary instanceof HTMLElement) summary.focus();
  }
});

dialog()?.addEventListener("close", () => {
  const box = dialog();
  if (box) box.replaceChildren();
  document.dispatchEvent(new CustomEvent("relance:dialog-closed"));
  // What it came from may have been replaced by the answer; its like has the same id.
  const like = opener?.closest("[id]")?.id ?? "";
  const back = opener?.isConnected ? opener : document.getElementById(like);
  back?.focus();
  opener = null;
});

// Undo in a toast stays on the board; other pages are sent and come back changed.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-undo]")) return;
  if (!document.getElementById("board")) return;
  event.preventDefault();
  form.closest("[data-toast]")?.remove();
  try {
    const answer = await post(form.action, new FormData(form));
    if (answer.ok) undone(answer.text);
  } catch {
    toast({ kind: "error", text: document.body.dataset.offline ?? "" });
  }
});

/**
 * Show the board as it is after an undo, and what the undo left alone.
 * @param {string} left
 */
export function undone(left) {
  document.dispatchEvent(new CustomEvent("relance:undone"));
  if (left.trim()) showInDialog(left);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-act]")) return;
  event.preventDefault();
  try {
    await post(form.action, new FormData(form));
    form.remove();
  } catch {
    toast({ kind: "error", text: document.body.dataset.offline ?? "" });
  }
});

// Forms of the dialog: wrong input is shown where it is, success closes it or leads on.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("#dialog [data-exchange]")) return;
  event.preventDefault();
  const fields = new FormData(form);
  const board = document.getElementById("board");
  if (board) {
    fields.set("board", location.search);
    fields.set("pipeline", board.dataset.pipeline ?? "");
  }
  const button = event.submitter;
  if (button instanceof HTMLButtonElement) button.disabled = true;
  try {
    const answer = await post(form.action, fields);
    if (!answer.ok && answer.text.includes("<form")) showInDialog(answer.text);
    else if (answer.ok && !answer.away) {
      document.dispatchEvent(new CustomEvent("relance:answered", { detail: answer }));
    }
  } catch {
    toast({ kind: "error", text: document.body.dataset.offline ?? "" });
  } finally {
    if (button instanceof HTMLButtonElement) button.disabled = false;
  }
});

document.addEventListener("relance:toast", (event) => {
  if (event instanceof CustomEvent) toast(event.detail);
});

document.addEventListener("htmx:config:request", (event) => {
  if (!(event instanceof CustomEvent)) return;
  const request = event.detail.ctx.request;
  if (request.method !== "GET") request.headers["X-CSRFToken"] = token();
});

// A page that stood open while somebody logged in anew in another tab can still send its forms.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    const field = form.elements.namedItem("csrfmiddlewaretoken");
    if (field instanceof HTMLInputElement) field.value = token();
  },
  true,
);

const worker = document.body.dataset.worker;
if (worker && "serviceWorker" in navigator) {
  // Where it cannot be had (a forbidden store, a plain http address), the page works without.
  navigator.serviceWorker.register(worker).catch(() => undefined);
}

for (const note of document.querySelectorAll("#toasts [data-toast]")) letGo(note);
