// @ts-check
// Behind an @ in a note, people and teams are offered: arrows choose, Enter or Tab takes, Escape
// leaves the text as it is.

/** The name that is being typed behind an @: up to two words. */
const TYPED = /(?:^|[^\w@.])@([\p{L}\d.'’-]*(?: [\p{L}\d.'’-]*)?)$/u;

/** @type {{box: HTMLTextAreaElement, list: HTMLElement, typed: string} | null} */
let open = null;
let asked = 0;

function close() {
  if (!open) return;
  open.box.removeAttribute("aria-activedescendant");
  open.box.removeAttribute("aria-controls");
  open.list.remove();
  open = null;
}

/** @param {number} step */
function choose(step) {
  if (!open) return;
  const options = [...open.list.querySelectorAll("[role=option]")];
  const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = options[(now + step + options.length) % options.length];
  for (const option of options) option.setAttribute("aria-selected", String(option === next));
  if (next) open.box.setAttribute("aria-activedescendant", next.id);
}

/** Write the chosen name behind the @.
 * @param {Element | null | undefined} option */
function take(option) {
  if (!open || !(option instanceof HTMLElement)) return;
  const { box, typed } = open;
  const end = box.selectionStart;
  box.setRangeText(`${option.dataset.mention ?? ""} `, end - typed.length, end, "end");
  close();
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @param {HTMLTextAreaElement} box */
async function offer(box) {
  const before = box.value.slice(0, box.selectionStart);
  const match = TYPED.exec(before);
  const mine = ++asked;
  if (!match) {
    close();
    return;
  }
  const address = `${box.dataset.mentions}?q=${encodeURIComponent(match[1])}`;
  let text = "";
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (answer.ok) text = (await answer.text()).trim();
  } catch {
    // Without a connection nobody is offered; what is typed stays.
  }
  if (mine !== asked) return;
  close();
  if (!text || document.activeElement !== box) return;
  const list = document.createElement("div");
  list.className = "mention-list";
  list.id = "mention-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.mentionsLabel ?? "");
  list.innerHTML = text;
  box.after(list);
  box.setAttribute("aria-controls", list.id);
  open = { box, list, typed: match[1] };
  choose(1);
}

document.addEventListener("input", (event) => {
  const box = event.target;
  if (box instanceof HTMLTextAreaElement && box.dataset.mentions) offer(box);
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!open || event.target !== open.box || event.isComposing) return;
    if (event.key === "ArrowDown") choose(1);
    else if (event.key === "ArrowUp") choose(-1);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
      take(open.list.querySelector("[aria-selected=true]"));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

document.addEventListener("mousedown", (event) => {
  const option = event.target instanceof Element && event.target.closest("[data-mention]");
  if (option) {
    event.preventDefault();
    take(option);
  } else if (open && event.target !== open.box) close();
});
