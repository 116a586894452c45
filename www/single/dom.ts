// The few ways in which the page is put together. All that comes from the model goes in as text.

/** The element of an id, which the page has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has lost its part \u201c${id}\u201d.`);
  return found as T;
}

/** A new element with attributes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The bytes that a data block of the page holds as base64. */
export function bytesOf(id: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(byId(id).textContent.trim()), (letter) => letter.charCodeAt(0));
}
