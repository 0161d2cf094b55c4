// Where GraphiQL keeps what is typed: in this page's memory. What is typed may hold an ID number (R41), so none of it
// goes to the browser's localStorage; a reload or signing out forgets it.

export class Memory {
  #entries = new Map();

  get length() {
    return this.#entries.size;
  }

  getItem(key) {
    return this.#entries.get(key) ?? null;
  }

  setItem(key, value) {
    this.#entries.set(key, String(value));
  }

  removeItem(key) {
    this.#entries.delete(key);
  }

  clear() {
    this.#entries.clear();
  }
}

/** Remove what earlier versions of this page have left in the browser's storage. */
export function forgetStored(storage) {
  const keys = Array.from({ length: storage.length }, (_, place) => storage.key(place));
  keys.filter((key) => key?.startsWith("graphiql")).forEach((key) => storage.removeItem(key));
}
