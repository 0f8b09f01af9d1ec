// @ts-check
// Rows that carry an order are dragged by their handle; the numbers follow. Without a mouse, or
// without this script, the numbers are typed.

const STEP = 10;

/** The box that holds the order number of a row. */
function orderBox(/** @type {Element} */ row) {
  return /** @type {HTMLInputElement | null} */ (row.querySelector('input[name$="-sequence"]'));
}

/** Whether a row is one of those in which something new may be entered, and nothing is. */
function isBlank(/** @type {Element} */ row) {
  const name = /** @type {HTMLInputElement | null} */ (row.querySelector('input[name$="-name"]'));
  return !row.classList.contains("has_original") && name !== null && name.value.trim() === "";
}

/** Number the rows of a table body anew in their order; rows still empty stay so. */
function number(/** @type {HTMLElement} */ body) {
  let place = 0;
  for (const row of body.querySelectorAll("tr")) {
    const box = orderBox(row);
    if (!box || row.classList.contains("empty-form") || isBlank(row)) continue;
    place += STEP;
    if (box.value !== String(place)) {
      box.value = String(place);
      box.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}

/** Give a row its handle. */
function addHandle(/** @type {HTMLElement} */ row) {
  const box = orderBox(row);
  if (!box || row.querySelector(".order-handle")) return;
  const handle = document.createElement("span");
  handle.className = "order-handle";
  handle.setAttribute("aria-hidden", "true");
  handle.textContent = "⠿";
  box.before(handle);
}

for (const body of /** @type {NodeListOf<HTMLElement>} */ (
  document.querySelectorAll("#result_list tbody, .inline-group table tbody")
)) {
  const rows = [...body.querySelectorAll("tr")].filter(
    (row) => orderBox(row) && !row.classList.contains("empty-form") && !isBlank(row),
  );
  if (rows.length < 2) continue;
  rows.forEach((row) => addHandle(/** @type {HTMLElement} */ (row)));
  // @ts-ignore: Sortable is a plain script beside this one.
  window.Sortable.create(body, {
    handle: ".order-handle",
    draggable: "tr:not(.empty-form):not(.add-row)",
    animation: 120,
    onEnd: () => number(body),
  });
}
