// Elements of the page. What a network, a page or a phone said reaches the document as text only.

const NS = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

export function svg(name, attributes = {}, ...content) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

// Options that are not there yet; what is chosen stays chosen.
export function fill(select, options) {
  const known = new Set([...select.options].map((option) => option.value));
  for (const [value, says] of options) if (!known.has(value)) select.append(new Option(says, value));
}
