// @ts-check
// Adding leads at the head of a column: type, Enter, the next one. Unsaved text is kept.

import { post } from "../exchange.js";
import { board, settle } from "./cards.js";

/** @param {string} stage */
function keptAt(stage) {
  return `relance.draft.${stage}`;
}

/** @param {HTMLElement} lane */
export function openAdd(lane) {
  const stage = lane.dataset.lane ?? "";
  const link = lane.querySelector(":scope > .first:not(.adding)");
  const template = document.getElementById("add-form");
  if (!(template instanceof HTMLTemplateElement) || !link) {
    lane.querySelector("[data-quick] input")?.dispatchEvent(new Event("focus"));
    return;
  }
  const copy = document.importNode(template.content, true);
  const box = copy.querySelector(".adding");
  const input = copy.querySelector("input");
  if (!box || !input) return;
  link.setAttribute("hidden", "");
  link.before(copy);
  lane.scrollTop = 0;
  input.value = sessionStorage.getItem(keptAt(stage)) ?? "";
  input.focus();
}

/** @param {Element} box */
function close(box) {
  const link = box.parentElement?.querySelector(":scope > .first[hidden]");
  box.remove();
  link?.removeAttribute("hidden");
  const again = link?.querySelector("a");
  if (again instanceof HTMLElement) again.focus();
}

document.addEventListener("click", (event) => {
  const at = event.target instanceof Element ? event.target.closest("a[data-add]") : null;
  if (!at || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const lane = at.closest("[data-lane]");
  if (!(lane instanceof HTMLElement)) return;
  event.preventDefault();
  openAdd(lane);
});

document.addEventListener("input", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !input.closest("[data-quick]")) return;
  const lane = input.closest("[data-lane]");
  if (lane instanceof HTMLElement) sessionStorage.setItem(keptAt(lane.dataset.lane ?? ""), input.value);
});

document.addEventListener("keydown", (event) => {
  const box = event.target instanceof Element ? event.target.closest(".adding") : null;
  if (box && event.key === "Escape") {
    event.preventDefault();
    close(box);
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-quick]")) return;
  event.preventDefault();
  const lane = form.closest("[data-lane]");
  const input = form.querySelector("input");
  const error = form.querySelector(".error");
  if (!(lane instanceof HTMLElement) || !input || !(error instanceof HTMLElement)) return;
  const title = input.value.trim();
  if (!title || form.dataset.busy) return;
  form.dataset.busy = "yes";
  error.hidden = true;
  try {
    const stage = lane.dataset.lane ?? "";
    const answer = await post(board()?.dataset.add ?? "", { title, stage, board: location.search });
    if (answer.ok) {
      input.value = "";
      sessionStorage.removeItem(keptAt(stage));
      settle(answer.text);
    }
  } catch {
    error.textContent = document.body.dataset.offline ?? "";
    error.hidden = false;
  } finally {
    delete form.dataset.busy;
    if (form.isConnected) input.focus();
  }
});
