// @ts-check
// Requests that a script sends itself: a form's fields out, a page's fragments back in.

/** @typedef {{ok: boolean, status: number, text: string, away: boolean}} Answer */

/** The token that proves a form is ours: the browser's newest, since logging in elsewhere makes
 * another; else the one that the page came with. */
export function token() {
  const kept = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
  if (kept) return kept[1];
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return field instanceof HTMLInputElement ? field.value : "";
}

/**
 * Announce what the server wants said. The header holds JSON: {event name: detail}.
 * @param {Headers} headers
 */
function announce(headers) {
  const header = headers.get("HX-Trigger");
  if (!header) return;
  for (const [name, detail] of Object.entries(JSON.parse(header))) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * Post fields and read the answer. A refusal is an answer; only a line that fails throws.
 * @param {string} address
 * @param {FormData | Record<string, string>} fields
 * @returns {Promise<Answer>}
 */
export async function post(address, fields) {
  const body = new URLSearchParams();
  const pairs = fields instanceof FormData ? fields.entries() : Object.entries(fields);
  for (const [name, value] of pairs) {
    if (typeof value === "string") body.append(name, value);
  }
  const response = await fetch(address, {
    method: "POST",
    body,
    credentials: "same-origin",
    headers: {
      "HX-Request": "true",
      "HX-Current-URL": location.href,
      "X-CSRFToken": token(),
    },
  });
  const away = response.headers.get("HX-Redirect");
  if (away) window.location.assign(away);
  announce(response.headers);
  return {
    ok: response.ok,
    status: response.status,
    text: await response.text(),
    away: Boolean(away),
  };
}

/**
 * The elements of an answer.
 * @param {string} text
 * @returns {Element[]}
 */
export function elements(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  return [...template.content.children];
}

/**
 * Replace by their ids those elements of the page that an answer brings anew.
 * @param {Element[]} fresh
 */
export function replace(fresh) {
  for (const element of fresh) {
    const old = element.id && document.getElementById(element.id);
    if (old) old.replaceWith(element);
  }
}
