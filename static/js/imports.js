// @ts-check
// Imports: files are dropped or chosen, looked at before they are sent, and waited for.

const SECOND = 1000;

/** @param {number} bytes */
function size(bytes) {
  const language = document.documentElement.lang;
  const format = (/** @type {number} */ value, /** @type {string} */ unit) =>
    new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
  if (bytes < 1024 * 1024) return format(Math.max(bytes / 1024, 0.1), "kilobyte");
  return format(bytes / (1024 * 1024), "megabyte");
}

const form = document.querySelector("[data-bring]");
if (form instanceof HTMLFormElement) bring(form);

/** @param {HTMLFormElement} form */
function bring(form) {
  const zone = form.querySelector(".drop-files");
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-files]");
  const refusal = form.querySelector("[data-refusal]");
  const button = form.querySelector("[data-send]");
  if (!(zone instanceof HTMLElement) || !(input instanceof HTMLInputElement)) return;
  if (!(list instanceof HTMLElement) || !(refusal instanceof HTMLElement)) return;
  if (!(button instanceof HTMLButtonElement)) return;
  const limits = form.dataset;

  /** What speaks against these files; "" when nothing does. */
  function trouble() {
    const files = [...(input.files ?? [])];
    if (files.length > Number(limits.most)) return limits.tooMany ?? "";
    const large = files.find((file) => file.size > Number(limits.fileSize));
    if (large) return (limits.tooLarge ?? "").replace("%(file)s", large.name);
    const all = files.reduce((sum, file) => sum + file.size, 0);
    return all > Number(limits.allSize) ? (limits.allTooLarge ?? "") : "";
  }

  function show() {
    const files = [...(input.files ?? [])];
    list.replaceChildren(
      ...files.map((file) => {
        const line = document.createElement("li");
        const about = document.createElement("span");
        about.className = "muted";
        about.textContent = size(file.size);
        line.append(file.name, " ", about);
        return line;
      }),
    );
    list.hidden = files.length === 0;
    zone.classList.toggle("full", files.length > 0);
    const words = trouble();
    refusal.hidden = !words;
    const text = refusal.querySelector("p");
    if (text) text.textContent = words;
    button.disabled = Boolean(words);
    if (files.length && !words) button.focus();
  }

  input.addEventListener("change", show);
  // A page that comes back from the browser's memory still has its files.
  window.addEventListener("pageshow", () => {
    button.disabled = false;
    if (input.files?.length) show();
  });
  // Anywhere on the page: whoever misses the field does not lose the page.
  let depth = 0;
  const holdsFiles = (/** @type {DragEvent} */ event) =>
    event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragenter", (event) => {
    if (!holdsFiles(event)) return;
    depth += 1;
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!holdsFiles(event)) return;
    depth -= 1;
    if (depth <= 0) zone.classList.remove("over");
  });
  document.addEventListener("dragover", (event) => {
    if (holdsFiles(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    zone.classList.remove("over");
    if (event.dataTransfer) input.files = event.dataTransfer.files;
    show();
  });
  form.addEventListener("submit", (event) => {
    if (trouble()) {
      event.preventDefault();
      return;
    }
    button.disabled = true;
    button.textContent = limits.sending ?? "";
  });
}

// A second click on “Import” does nothing.
document.addEventListener("submit", (event) => {
  const sent = event.target;
  if (!(sent instanceof HTMLFormElement) || !("once" in sent.dataset)) return;
  if (sent.dataset.once === "sent") event.preventDefault();
  sent.dataset.once = "sent";
});
window.addEventListener("pageshow", () => {
  for (const sent of document.querySelectorAll("form[data-once]")) {
    if (sent instanceof HTMLFormElement) sent.dataset.once = "";
  }
});

/** Ask each second how far it is; the end, and a login in between, show the page anew. */
async function follow() {
  const place = document.getElementById("progress");
  if (!place) return;
  try {
    const answer = await fetch(place.dataset.progress ?? "", {
      credentials: "same-origin",
      redirect: "manual",
      headers: { "HX-Request": "true" },
    });
    if ([204, 401, 404].includes(answer.status) || answer.type === "opaqueredirect") {
      window.location.reload();
      return;
    }
    if (answer.ok) put(place, await answer.text());
  } catch {
    // The line is cut: the import goes on, and so does the asking.
  }
  setTimeout(follow, SECOND);
}

/**
 * Put new words and a new length in place; what did not change is not read aloud again.
 * @param {HTMLElement} place
 * @param {string} text
 */
function put(place, text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  const fresh = template.content.querySelector("#progress");
  const words = fresh?.querySelector(".progress-words");
  const meter = fresh?.querySelector("progress");
  const oldWords = place.querySelector(".progress-words");
  const oldMeter = place.querySelector("progress");
  if (!words || !meter || !oldWords || !oldMeter) return;
  if (words.textContent !== oldWords.textContent) oldWords.textContent = words.textContent;
  if (meter.hasAttribute("value")) {
    oldMeter.max = meter.max;
    oldMeter.value = meter.value;
  } else {
    oldMeter.removeAttribute("value");
  }
}

if (document.getElementById("progress")) setTimeout(follow, SECOND / 2);
