// @ts-check
// The palette: Ctrl-K, type, Enter. A combobox with a list of options (WAI-ARIA APG); the same
// answers stand on the page /search/ for who has no JavaScript.

const WAIT = 130;
const KEPT = 8;
/** Pages that are remembered when they are opened. */
const RECORD = /^\/(leads|contacts|companies)\/\d+\/$/;

const box = /** @type {HTMLDialogElement | null} */ (document.getElementById("palette"));
const list = /** @type {HTMLElement} */ (box?.querySelector("[role=listbox]"));
const field = /** @type {HTMLInputElement} */ (box?.querySelector("[role=combobox]"));
const said = /** @type {HTMLElement} */ (box?.querySelector("[role=status]"));

let timer = 0;
/** @type {AbortController | null} */
let running = null;
/** @type {HTMLElement | null} */
let opener = null;

// What was opened lately, per person, in this browser.

/** @typedef {{label: string, url: string, icon: string}} Visit */

const SHELF = `relance-recent-${box?.dataset.person}`;

/** @returns {Visit[]} */
function visits() {
  try {
    const kept = JSON.parse(localStorage.getItem(SHELF) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** @param {Visit} visit */
function remember(visit) {
  const others = visits().filter((kept) => kept.url !== visit.url);
  try {
    localStorage.setItem(SHELF, JSON.stringify([visit, ...others].slice(0, KEPT)));
  } catch {
    // A full or forbidden store only costs the memory.
  }
}

/** The recent records as options, above what the server answers to nothing.
 * @returns {HTMLElement | null} */
function recent() {
  const kept = visits().filter((visit) => visit.url !== location.pathname);
  if (!kept.length || !box) return null;
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-labelledby", "found-recent");
  const head = document.createElement("div");
  head.className = "found-head";
  head.id = "found-recent";
  head.setAttribute("role", "presentation");
  head.textContent = box.dataset.recent ?? "";
  group.append(head);
  const sign = box.querySelector(".ask use");
  const sprite = (sign?.getAttribute("href") ?? "").replace(/#.*/, "");
  kept.slice(0, 5).forEach((visit, index) => {
    const link = document.createElement("a");
    link.className = "found";
    link.id = `found-recent-${index + 1}`;
    link.href = visit.url;
    link.tabIndex = -1;
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", "false");
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("class", "i");
    icon.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${sprite}#${visit.icon}`);
    icon.append(use);
    const words = document.createElement("span");
    words.className = "said";
    words.textContent = visit.label;
    link.append(icon, words);
    group.append(link);
  });
  return group;
}

/** @returns {HTMLElement[]} */
function options() {
  return [...list.querySelectorAll("[role=option]")].filter(
    (option) => option instanceof HTMLElement,
  );
}

/** @returns {HTMLElement | undefined} */
function chosen() {
  return options().find((option) => option.getAttribute("aria-selected") === "true");
}

/** @param {HTMLElement | undefined} option */
function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  if (!option) {
    field.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option.id);
}

async function ask() {
  if (!box) return;
  running?.abort();
  running = new AbortController();
  const text = field.value.trim();
  try {
    const answer = await fetch(`${box.dataset.from}?q=${encodeURIComponent(text)}`, {
      headers: { "HX-Request": "true", "HX-Current-URL": location.href },
      signal: running.signal,
    });
    const away = answer.headers.get("HX-Redirect");
    if (away) location.assign(away);
    if (!answer.ok) return;
    list.innerHTML = await answer.text();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    said.textContent = document.body.dataset.offline ?? "";
    return;
  }
  const before = text ? null : recent();
  if (before) list.prepend(before);
  const all = options();
  choose(all[0]);
  said.textContent = all.length
    ? `${box.dataset.some} ${all.length}`
    : (box.dataset.nothing ?? "");
}

export function openPalette() {
  if (!box || box.open) return;
  opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const head = document.querySelector("form[data-command] input");
  field.value = head instanceof HTMLInputElement ? head.value : "";
  box.showModal();
  field.focus();
  field.select();
  ask();
}

function close() {
  box?.close();
}

/** Do what an option says; in a new tab when asked.
 * @param {HTMLElement} option
 * @param {boolean} aside */
function follow(option, aside) {
  if (option instanceof HTMLAnchorElement) {
    const path = new URL(option.href).pathname;
    const words = option.querySelector(".said")?.textContent ?? "";
    const icon = (option.querySelector("use")?.getAttribute("href") ?? "").replace(/.*#/, "");
    if (RECORD.test(path)) remember({ label: words, url: path, icon });
    if (aside) window.open(option.href, "_blank", "noopener");
    else location.assign(option.href);
    if (!aside) close();
    return;
  }
  option.closest("form")?.requestSubmit();
}

if (box) {
  const title = document.querySelector("main h1");
  const kind = RECORD.exec(location.pathname)?.[1];
  const icons = { leads: "flag", contacts: "user", companies: "building" };
  if (kind && title?.textContent) {
    const icon = icons[/** @type {keyof typeof icons} */ (kind)];
    remember({ label: title.textContent.trim(), url: location.pathname, icon });
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, WAIT);
  });

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = options();
    const at = all.indexOf(/** @type {HTMLElement} */ (chosen()));
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all[(at - 1 + all.length) % all.length]);
    else if (event.key === "Home" && event.ctrlKey) choose(all[0]);
    else if (event.key === "End" && event.ctrlKey) choose(all[all.length - 1]);
    else if (event.key === "Enter") {
      const option = chosen();
      if (option) follow(option, event.ctrlKey || event.metaKey);
    } else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });

  list.addEventListener("click", (event) => {
    const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    if (!(option instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    follow(option, event.ctrlKey || event.metaKey);
  });

  list.addEventListener("pointermove", (event) => {
    const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    if (option instanceof HTMLElement && option !== chosen()) choose(option);
  });

  box.querySelector("form.ask")?.addEventListener("submit", (event) => event.preventDefault());
  box.addEventListener("click", (event) => {
    const at = event.target;
    if (at === box || (at instanceof Element && at.closest("[data-close-palette]"))) close();
  });
  box.addEventListener("close", () => {
    running?.abort();
    if (opener?.isConnected) opener.focus();
    opener = null;
  });

  document.addEventListener("keydown", (event) => {
    const letter = event.key.toLowerCase();
    if (letter !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (box.open) close();
    else openPalette();
  });

  document.addEventListener("click", (event) => {
    const at = event.target;
    if (!(at instanceof Element) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (at.closest("form[data-command]") || at.closest("a[data-palette]")) {
      event.preventDefault();
      openPalette();
    }
  });
  for (const form of document.querySelectorAll("form[data-command]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      openPalette();
    });
    const input = form.querySelector("input");
    input?.addEventListener("input", () => {
      if (input.value) openPalette();
      input.value = "";
    });
  }
}

// Who logs out leaves nothing behind in this browser.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !/\/logout\/$/.test(form.action)) return;
  try {
    localStorage.removeItem(SHELF);
  } catch {
    // Nothing was kept where nothing can be.
  }
});
