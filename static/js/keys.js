// @ts-check
// Single-letter keys. Modules register theirs; a page tells its keys in <template data-keys>.
// They can be turned off in the profile (WCAG 2.1.4), and never act while one types.

import { openPalette } from "./palette.js";
import { showInDialog } from "./app.js";

/** @typedef {(event: KeyboardEvent) => void} Deed */

/** @type {Map<string, Deed>} */
const deeds = new Map();

/** The first of two letters, for a second and a half.
 * @type {string} */
let pending = "";
let timer = 0;

export function keysAreOn() {
  return !document.body.hasAttribute("data-keys-off");
}

/**
 * Do something when a letter is typed outside of fields: "c", or two in a row, "g b".
 * @param {string} keys
 * @param {Deed} deed
 */
export function onKeys(keys, deed) {
  deeds.set(keys, deed);
}

/** Whether what is typed belongs to somebody else: a field, a menu, an open dialog.
 * @param {EventTarget | null} target */
export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target.closest("textarea, select, .cell-form, [role=combobox], [role=menu], [role=listbox]")) return true;
  const field = target.closest("input");
  return Boolean(field && !["checkbox", "radio", "button", "submit", "reset"].includes(field.type));
}

function forget() {
  pending = "";
  clearTimeout(timer);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || !keysAreOn()) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const typed = pending ? `${pending} ${event.key}` : event.key;
  forget();
  const deed = deeds.get(typed);
  if (deed) {
    event.preventDefault();
    deed(event);
  } else if ([...deeds.keys()].some((keys) => keys.startsWith(`${typed} `))) {
    pending = typed;
    timer = window.setTimeout(forget, 1500);
  }
});

// What a message offers to undo is undone by Ctrl Z, newest first; the board remembers its own moves.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.key.toLowerCase() !== "z" || event.shiftKey) return;
  if (!(event.ctrlKey || event.metaKey) || document.getElementById("board")) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const button = [...document.querySelectorAll("#toasts [data-undo] button")].at(-1);
  if (!(button instanceof HTMLElement)) return;
  event.preventDefault();
  button.click();
});

/** The keys of this page, those of the page itself first. */
function showKeys() {
  const frame = document.getElementById("keys-frame");
  if (!(frame instanceof HTMLTemplateElement)) return;
  const copy = document.importNode(frame.content, true);
  const box = copy.querySelector(".keys-list");
  const templates = [...document.querySelectorAll("template[data-keys]")];
  const own = document.querySelector("main");
  templates.sort((a, b) => Number(own?.contains(b)) - Number(own?.contains(a)));
  for (const template of templates) {
    if (!(template instanceof HTMLTemplateElement)) continue;
    const heading = document.createElement("h3");
    heading.textContent = template.dataset.keys ?? "";
    const list = document.createElement("dl");
    list.append(document.importNode(template.content, true));
    box?.append(heading, list);
  }
  const shell = document.createElement("div");
  shell.append(copy);
  showInDialog(shell.innerHTML);
}

onKeys("?", showKeys);
onKeys("/", () => openPalette());
for (const letter of ["c", "n"]) {
  onKeys(letter, () => {
    const link = document.querySelector("a[data-new]");
    if (link instanceof HTMLAnchorElement) link.click();
  });
}
for (const link of document.querySelectorAll("a[data-go]")) {
  if (!(link instanceof HTMLAnchorElement)) continue;
  onKeys(link.dataset.go ?? "", () => location.assign(link.href));
}
