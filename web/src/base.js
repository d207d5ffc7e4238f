// Small helpers that every other file uses: bytes, numbers, and elements of the page.

export const NONE = 65535;

/** The bytes of a base64 text. */
export function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** An array of little-endian numbers, from base64. `Type` is Float32Array and the like; null stays null. */
export function numbersOf(text, Type, length, what) {
  if (text === null || text === undefined) return null;
  const bytes = bytesOf(text);
  const array = new Type(bytes.buffer, 0, Math.floor(bytes.length / Type.BYTES_PER_ELEMENT));
  if (length !== undefined && array.length !== length) {
    throw new Error(`The data of this page are damaged: "${what}" has ${array.length} values, expected ${length}.`);
  }
  return array;
}

export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

const whole = new Intl.NumberFormat("en");
/** A count with separators: 1,059. */
export const count = value => whole.format(value);
/** A count with its noun: "1 document", "2 documents". */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** A number of a column, short. Whole numbers have no separators, since they may be years. */
export function short(value) {
  if (!Number.isFinite(value)) return "none";
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1000 ? value.toFixed(0) : size >= 0.01 ? value.toPrecision(4).replace(/\.?0+$/, "") : value.toPrecision(3);
}

/**
 * An element with attributes and children. Strings become text nodes, so no data is ever read as markup.
 * `on…` attributes are listeners; true sets an empty attribute; false, null and undefined set none.
 */
export function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** An SVG element. */
export function svg(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Uses a value that is there, or a promise's once it is; so what the page itself knows is shown at once. */
export const whenThere = (value, use, fail) => (value instanceof Promise ? value.then(use).catch(fail || (() => {})) : use(value));

/** An element that is there at once, and that is filled when the value is. */
export function filledLater(value, fill) {
  if (!(value instanceof Promise)) return fill(value);
  const box = el("div", { "aria-busy": "true" }, el("p", { class: "note" }, "Asking the server…"));
  const put = child => { box.removeAttribute("aria-busy"); box.replaceChildren(...[child].flat().filter(Boolean)); };
  value.then(found => put(fill(found))).catch(error => put(el("p", { class: "note" }, error.message)));
  return box;
}

export const byId = id => document.getElementById(id);

/** Says a sentence to screen readers. */
export function say(sentence) {
  const region = byId("live");
  if (region.textContent !== sentence) region.textContent = sentence;
}

/** Random whole numbers from a seed (mulberry32), so that every visit draws the same picture. */
export function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Saves bytes or text as a file of the visitor. */
export function saveFile(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** Copies text; true if it worked. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "off", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
