// @ts-check
// Cells of a list that are edited where they stand: by a double click, F2 or Enter, the pencil, and
// on a phone after the row's pencil. Forms come when they are asked for.

import { openDialog, toast } from "./app.js";
import { elements, post } from "./exchange.js";

/** The cell that is edited, its form, what stood there, and what the form held at first.
 * @type {{cell: HTMLElement, form: HTMLFormElement, before: Node[], held: string} | null} */
let open = null;
let isBusy = false;

const pencil = document.createElement("button");
pencil.type = "button";
pencil.tabIndex = -1;
pencil.className = "icon-btn cell-pencil";
pencil.dataset.cellPencil = "";

function sign() {
  const icon = /** @type {Element} */ (document.querySelector("#list svg.i")?.cloneNode(true));
  const use = icon?.querySelector("use");
  use?.setAttribute("href", (use.getAttribute("href") ?? "").replace(/#.*/, "#pencil"));
  return icon ?? "";
}

/** @param {Element} at
 * @returns {HTMLTableElement | null} */
function tableOf(at) {
  return at.closest("#list table[data-cells]");
}

/** The head of the column that a cell stands in, if its cells are edited.
 * @param {Element} cell
 * @returns {HTMLElement | null} */
function headOf(cell) {
  const row = cell.parentElement;
  const table = tableOf(cell);
  if (!table || !(row instanceof HTMLTableRowElement) || !row.matches("[data-row]:not([data-fixed])")) {
    return null;
  }
  const head = table.tHead?.rows[0]?.cells[[...row.cells].indexOf(/** @type {any} */ (cell))];
  return head && (head.dataset.edit || head.dataset.ask) ? head : null;
}

/** The cell at a place that may be edited.
 * @param {EventTarget | null} at
 * @returns {HTMLElement | null} */
export function cellAt(at) {
  const cell = at instanceof Element ? at.closest("#list [data-row] > :is(td, th)") : null;
  return cell instanceof HTMLElement && headOf(cell) ? cell : null;
}

/** @param {Element} row
 * @returns {HTMLElement[]} */
function cellsOf(row) {
  return /** @type {HTMLElement[]} */ ([...row.children]).filter((cell) => headOf(cell));
}

/** @param {Element} cell */
function idOf(cell) {
  const link = cell.parentElement?.querySelector("th a");
  return /\/(\d+)\//.exec(link?.getAttribute("href") ?? "")?.[1] ?? "";
}

/** @param {HTMLElement} head */
function words(head) {
  return (tableOf(head)?.dataset.editWords ?? "{label}").replace("{label}", head.textContent?.trim() ?? "");
}

/** Put the focus on a cell; in the first column on its link, as the list does.
 * @param {HTMLElement} cell */
export function focusCell(cell) {
  const link = cell.querySelector(":scope > a");
  if (link instanceof HTMLElement) {
    link.focus();
    return;
  }
  cell.tabIndex = -1;
  cell.focus();
}

/** Where a walk up or down comes to in a row: the column that the focus is in, else the link.
 * @param {Element} row
 * @param {HTMLElement} link */
export function likeIn(row, link) {
  const here = document.activeElement;
  if (!(here instanceof HTMLTableCellElement) || !here.matches("#list [data-row] > td")) return link;
  const cell = row.children[here.cellIndex];
  if (!(cell instanceof HTMLElement) || !headOf(cell)) return link;
  cell.tabIndex = -1;
  return cell;
}

/** @param {HTMLFormElement} form */
function heldBy(form) {
  const fields = new FormData(form);
  fields.delete("csrfmiddlewaretoken");
  return new URLSearchParams(/** @type {any} */ (fields)).toString();
}

/** Show the form of a cell.
 * @param {HTMLElement} cell */
async function begin(cell) {
  const head = headOf(cell);
  const table = tableOf(cell);
  if (!head || !table || isBusy || open?.cell === cell) return;
  if (open && !(await finish())) return;
  if (!cell.isConnected) return;
  pencil.remove();
  const id = idOf(cell);
  if (head.dataset.ask) {
    const next = encodeURIComponent(location.pathname + location.search);
    openDialog(`${head.dataset.ask.replace("/0/", `/${id}/`)}?next=${next}`, cell);
    return;
  }
  const address = (table.dataset.cells ?? "").replace("/0/", `/${id}/`).replace(/x\/$/, `${head.dataset.edit}/`);
  isBusy = true;
  try {
    const response = await fetch(address, { credentials: "same-origin", headers: { "HX-Request": "true" } });
    if (!response.ok) {
      const said = JSON.parse(response.headers.get("HX-Trigger") ?? "{}");
      toast(said["relance:toast"] ?? { kind: "error", text: document.body.dataset.offline ?? "" });
      return;
    }
    const before = [...cell.childNodes];
    if (!show(cell, await response.text(), before)) return;
    focusIn();
  } catch {
    toast({ kind: "error", text: document.body.dataset.offline ?? "" });
  } finally {
    isBusy = false;
  }
}

/** @param {HTMLElement} cell
 * @param {string} text
 * @param {Node[]} before
 * @param {string} [held] */
function show(cell, text, before, held) {
  const form = elements(text).find((element) => element instanceof HTMLFormElement);
  if (!(form instanceof HTMLFormElement)) return false;
  cell.replaceChildren(form);
  cell.classList.add("editing");
  /** @type {any} */ (window).htmx.process(form);
  open = { cell, form, before, held: held ?? heldBy(form) };
  return true;
}

/** @param {HTMLFormElement} form
 * @returns {HTMLElement[]} */
function fieldsOf(form) {
  const found = form.querySelectorAll("input:not([type=hidden]), select, textarea");
  return /** @type {HTMLElement[]} */ ([...found]);
}

function focusIn() {
  if (!open) return;
  const fields = fieldsOf(open.form);
  const field = fields.find((one) => one.getAttribute("aria-invalid") === "true") ?? fields[0];
  field?.focus();
  if (field instanceof HTMLInputElement && field.type === "text") field.select();
  open.cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** Give the input up. */
function close() {
  if (!open) return;
  const { cell, before } = open;
  open = null;
  cell.classList.remove("editing");
  cell.replaceChildren(...before);
  focusCell(cell);
}

/** Save what was typed, if anything was; whether the cell is done with.
 * @returns {Promise<boolean>} */
async function finish() {
  if (!open || isBusy) return false;
  const { cell, form, before, held } = open;
  if (heldBy(form) === held) {
    close();
    return true;
  }
  const fields = new FormData(form);
  fields.set("here", location.search);
  isBusy = true;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await post(form.action, fields);
    if (answer.ok) {
      open = null;
      renew(cell, answer.text);
      return true;
    }
    // What was typed stays; the fields that were sent count as new until they are saved.
    if (show(cell, answer.text, before, "")) focusIn();
    else form.removeAttribute("aria-busy");
  } catch {
    form.removeAttribute("aria-busy");
    toast({ kind: "error", text: document.body.dataset.offline ?? "" });
  } finally {
    isBusy = false;
  }
  return false;
}

/** Put the row as it is now in place of the old one.
 * @param {HTMLElement} cell
 * @param {string} text */
function renew(cell, text) {
  const row = cell.closest("tr");
  const place = row ? [...row.children].indexOf(cell) : -1;
  const fresh = elements(text)[0];
  if (!row || !fresh) {
    row?.remove();
    return;
  }
  const ticked = row.querySelector("input[name=rows]");
  const box = fresh.querySelector("input[name=rows]");
  if (ticked instanceof HTMLInputElement && box instanceof HTMLInputElement) box.checked = ticked.checked;
  row.replaceWith(fresh);
  equip(fresh, row.matches(".cells-open"));
  const like = fresh.children[place];
  if (like instanceof HTMLElement) focusCell(like);
}

/** Save, and go on to the next or the previous cell.
 * @param {number} step */
async function goOn(step) {
  if (!open) return;
  const row = open.cell.closest("tr");
  const rows = [...document.querySelectorAll("#list [data-row]")];
  const [line, place] = [rows.indexOf(/** @type {Element} */ (row)), [...(row?.children ?? [])].indexOf(open.cell)];
  if (!(await finish())) return;
  const after = [...document.querySelectorAll("#list [data-row]")];
  for (let at = line; at >= 0 && at < after.length; at += step) {
    const cells = cellsOf(after[at]).filter((cell) => {
      const index = [...after[at].children].indexOf(cell);
      const further = at !== line || (step > 0 ? index > place : index < place);
      return further && headOf(cell)?.dataset.edit;
    });
    const next = step > 0 ? cells[0] : cells.at(-1);
    if (next) {
      await begin(next);
      return;
    }
  }
}

document.addEventListener("dblclick", (event) => {
  const cell = cellAt(event.target);
  if (!cell || cell.classList.contains("editing")) return;
  if (event.target instanceof Element && event.target.closest("a, button")) return;
  getSelection()?.removeAllRanges();
  // A slow second click comes after the first has begun to open the row.
  window.stop();
  begin(cell);
});

document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;
  if (at.closest("[data-cell-close]")) {
    close();
    return;
  }
  const opener = at.closest("[data-row-pencil]");
  if (opener) {
    const row = opener.closest("tr");
    const isOpen = Boolean(row?.classList.toggle("cells-open"));
    opener.setAttribute("aria-pressed", String(isOpen));
    return;
  }
  const cell = cellAt(at);
  if (!cell || at.closest(".cell-form, a")) return;
  if (at.closest("[data-cell-pencil]") || cell.closest("tr.cells-open")) begin(cell);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-cell-form]")) return;
  event.preventDefault();
  finish();
});

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (!(at instanceof HTMLElement) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const form = at.closest("[data-cell-form]");
  if (form instanceof HTMLFormElement) {
    inForm(event, at, form);
    return;
  }
  const cell = at.closest("#list [data-row] > :is(td, th)");
  if (!(cell instanceof HTMLElement) || at.closest("button, input")) return;
  if (event.key === "F2" || (event.key === "Enter" && at === cell)) {
    if (!headOf(cell)) return;
    event.preventDefault();
    begin(cell);
  } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    const cells = cellsOf(/** @type {Element} */ (cell.parentElement));
    const next = cells[cells.indexOf(cell) + (event.key === "ArrowRight" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    focusCell(next);
  }
});

/** @param {KeyboardEvent} event
 * @param {HTMLElement} at
 * @param {HTMLFormElement} form */
function inForm(event, at, form) {
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close();
  } else if (event.key === "Enter" && !at.matches("textarea, button")) {
    event.preventDefault();
    finish();
  } else if (event.key === "Tab") {
    const fields = fieldsOf(form);
    const isEdge = at === (event.shiftKey ? fields[0] : fields.at(-1));
    if (!isEdge) return;
    event.preventDefault();
    goOn(event.shiftKey ? -1 : 1);
  }
}

/** Show the pencil in the cell that is pointed at or holds the focus.
 * @param {Event} event */
function point(event) {
  const cell = cellAt(event.target);
  if (!cell || cell.classList.contains("editing") || pencil.parentElement === cell) return;
  if (!matchMedia("(hover: hover)").matches) return;
  const head = headOf(cell);
  if (!head) return;
  if (!pencil.childElementCount) pencil.append(sign());
  pencil.ariaLabel = pencil.title = words(head);
  cell.append(pencil);
}

document.addEventListener("pointerover", point);
document.addEventListener("focusin", point);
document.addEventListener("focusout", (event) => {
  if (event.target !== pencil && pencil.parentElement?.contains(/** @type {Node} */ (event.target))) pencil.remove();
});
document.addEventListener("pointerout", (event) => {
  const cell = pencil.parentElement;
  if (!cell || cell.contains(/** @type {Node} */ (event.relatedTarget)) || cell.contains(document.activeElement)) return;
  pencil.remove();
});

/** Where nothing hovers, each row has a pencil that opens its cells to a touch; empty ones too.
 * @param {Element} row
 * @param {boolean} [isOpen] */
function equip(row, isOpen = false) {
  const table = tableOf(row);
  const title = row.querySelector("th");
  if (!table || !title || !matchMedia("(hover: none)").matches) return;
  if (row.matches("[data-fixed]") || row.querySelector("[data-row-pencil]")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-btn row-pencil";
  button.dataset.rowPencil = "";
  button.ariaLabel = `${table.dataset.rowWords}: ${title.textContent?.trim() ?? ""}`;
  button.setAttribute("aria-pressed", String(isOpen));
  button.append(sign());
  row.classList.toggle("cells-open", isOpen);
  for (const cell of cellsOf(row)) {
    cell.dataset.label ??= headOf(cell)?.textContent?.trim() ?? "";
    cell.classList.add("editable");
  }
  title.append(button);
}

function equipAll() {
  for (const row of document.querySelectorAll("#list [data-row]")) equip(row);
}

document.addEventListener("htmx:after:swap", equipAll);
equipAll();
