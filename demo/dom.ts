/** Typed access to the page's elements. */

/** The element of that id. @throws if the page and its script do not fit together */
export function byId<T extends Element>(id: string, type: abstract new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${type.name} with id "${id}".`);
  return found;
}

/** Sets text only where it changed: a live region speaks on every write. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
