// @ts-check
// The grid of targets: from cell to cell by keys, a row or a block pasted, sums that follow. Saving
// is the form's own.

/** What people type in an amount and do not mean as a number. */
const DECORATION = /[\s\u00a0\u202f'’€$£¥]/g;
const GROUPED = /^\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?$/;

/**
 * The number that a text is, as the server reads it; NaN for none.
 * @param {string} text
 */
function read(text) {
  const plain = text.replace(DECORATION, "");
  if (!plain) return 0;
  if (!GROUPED.test(plain)) return Number(plain.replaceAll(",", "."));
  const [, head, last] = /^(.*?)([.,]\d{1,2})?$/.exec(plain) ?? ["", plain, ""];
  return Number(head.replace(/[.,]/g, "") + (last ?? "").replace(",", "."));
}

const form = document.querySelector("form[data-targets]");

/** @param {Element} row @returns {HTMLInputElement[]} */
function cells(row) {
  return /** @type {HTMLInputElement[]} */ ([...row.querySelectorAll("td input.form-control")]);
}

/** @param {HTMLFormElement} grid */
function rows(grid) {
  return [...grid.querySelectorAll("tbody tr")];
}

/** @param {HTMLFormElement} grid @param {HTMLInputElement} cell */
function place(grid, cell) {
  const all = rows(grid).map(cells);
  const down = all.findIndex((line) => line.includes(cell));
  return { all, down, across: all[down].indexOf(cell) };
}

/** @param {HTMLFormElement} grid */
function add(grid) {
  const texts = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  /** @type {Record<string, number[]>} */
  const sums = {};
  for (const row of rows(grid)) {
    const values = cells(row).map((cell) => {
      const value = read(cell.value);
      const wrong = Number.isNaN(value) || value < 0;
      if (wrong) cell.setAttribute("aria-invalid", "true");
      else cell.removeAttribute("aria-invalid");
      return wrong ? 0 : value;
    });
    const kind = /** @type {HTMLElement} */ (row).dataset.kind ?? "";
    const held = (sums[kind] ??= values.map(() => 0));
    values.forEach((value, at) => (held[at] += value));
    const total = row.querySelector("[data-total]");
    if (total) total.textContent = texts.format(values.reduce((sum, value) => sum + value, 0));
  }
  for (const line of grid.querySelectorAll("[data-sum]")) {
    const held = sums[/** @type {HTMLElement} */ (line).dataset.sum ?? ""] ?? [];
    const places = [...line.querySelectorAll("td")];
    held.forEach((value, at) => (places[at].textContent = texts.format(value)));
    const whole = held.reduce((sum, value) => sum + value, 0);
    if (places.length) places[places.length - 1].textContent = texts.format(whole);
  }
}

/** @param {HTMLFormElement} grid */
function isChanged(grid) {
  return rows(grid).some((row) => cells(row).some((cell) => cell.value !== cell.defaultValue));
}

/** @param {HTMLFormElement} grid */
function follow(grid) {
  add(grid);
  const state = grid.querySelector("[data-state]");
  const words = isChanged(grid) ? (grid.dataset.unsaved ?? "") : "";
  if (state && state.textContent !== words) state.textContent = words;
}

/** @param {HTMLInputElement | undefined} cell */
function go(cell) {
  if (!cell) return;
  cell.focus();
  cell.select();
}

/** @param {HTMLFormElement} grid @param {KeyboardEvent} event @param {HTMLInputElement} cell */
function press(grid, event, cell) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    grid.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { all, down, across } = place(grid, cell);
  const whole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
  const first = cell.selectionEnd === 0 || whole;
  const last = cell.selectionStart === cell.value.length || whole;
  /** @type {Record<string, HTMLInputElement | undefined>} */
  const steps = {
    ArrowUp: all[down - 1]?.[across],
    ArrowDown: all[down + 1]?.[across],
    Enter: all[down + (event.shiftKey ? -1 : 1)]?.[across],
    ...(first && !event.shiftKey ? { ArrowLeft: all[down][across - 1] } : {}),
    ...(last && !event.shiftKey ? { ArrowRight: all[down][across + 1] } : {}),
  };
  if (!(event.key in steps)) return;
  event.preventDefault();
  go(steps[event.key]);
}

/** @param {HTMLFormElement} grid @param {ClipboardEvent} event @param {HTMLInputElement} cell */
function paste(grid, event, cell) {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  if (lines.length === 1 && !text.includes("\t")) return;
  event.preventDefault();
  const { all, down, across } = place(grid, cell);
  lines.forEach((line, below) => {
    line.split("\t").forEach((value, beside) => {
      const target = all[down + below]?.[across + beside];
      if (target) target.value = value.trim();
    });
  });
  follow(grid);
}

if (form instanceof HTMLFormElement) {
  // On a narrow screen the running period comes first into sight.
  const now = form.querySelector("thead [aria-current]");
  const wrap = now?.closest(".targets-wrap");
  const names = form.querySelector("thead th");
  if (now instanceof HTMLElement && wrap && names instanceof HTMLElement) {
    wrap.scrollLeft = now.offsetLeft + now.offsetWidth > wrap.clientWidth ? now.offsetLeft - names.offsetWidth - 12 : 0;
  }
  let sending = false;
  form.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement) press(form, event, event.target);
  });
  form.addEventListener("paste", (event) => {
    if (event.target instanceof HTMLInputElement) paste(form, event, event.target);
  });
  form.addEventListener("input", () => follow(form));
  form.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLInputElement) event.target.select();
  });
  form.addEventListener("submit", () => (sending = true));
  window.addEventListener("beforeunload", (event) => {
    if (!sending && isChanged(form)) event.preventDefault();
  });
}
