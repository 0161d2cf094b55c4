// What this device keeps: seeds and sealed ballots until they are sent, and receipts; no name, no answer, no password.
//
// All of it is encrypted by a key that the register gives to who is signed in, in rows of one size under names that are
// hashed with it. Whoever uses the same browser next, signed in as somebody else or not at all, can read none of it.

const TEXT = new TextEncoder();
const ROWS = "rows";
const ROW_BYTES = 8192; // a ballot that waits has some 7,000
const IV_BYTES = 12;

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function opened() {
  const request = indexedDB.open("guopei-ballot", 2);
  request.onupgradeneeded = () => {
    const database = request.result;
    for (const name of [...database.objectStoreNames]) database.deleteObjectStore(name); // was kept in the clear
    database.createObjectStore(ROWS, { keyPath: "id" });
  };
  return done(request);
}

async function within(mode, act) {
  const database = await opened();
  try {
    return await done(act(database.transaction(ROWS, mode).objectStore(ROWS)));
  } finally {
    database.close();
  }
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// JSON has no bytes.
const written = (_, value) => (value instanceof Uint8Array ? { bytes: [...value] } : value);
const restored = (_, value) => (Array.isArray(value?.bytes) ? Uint8Array.from(value.bytes) : value);

/** What the device keeps of whoever has this secret. */
export async function deviceOf(secret) {
  if (!secret) throw new Error("the account has no key of its own");
  const { subtle } = crypto;
  const root = await subtle.importKey("raw", TEXT.encode(secret), "HKDF", false, ["deriveKey"]);
  const derived = (use, kind, acts) => {
    const info = TEXT.encode(`guopei-ballot/1 page ${use}`);
    return subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }, root, kind, false, acts);
  };
  const sealing = await derived("seal", { name: "AES-GCM", length: 256 }, ["encrypt", "decrypt"]);
  const naming = await derived("names", { name: "HMAC", hash: "SHA-256", length: 256 }, ["sign"]);

  const idOf = async (name) => hex(new Uint8Array(await subtle.sign("HMAC", naming, TEXT.encode(name))));
  const bound = (id, iv) => ({ name: "AES-GCM", iv, additionalData: TEXT.encode(id) });

  async function rowOf(kind, key, value) {
    const id = await idOf(`${kind}/${key}`);
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const bytes = new Uint8Array(ROW_BYTES).fill(0x20);
    bytes.set(TEXT.encode(JSON.stringify({ kind, value }, written)));
    return { id, iv, sealed: await subtle.encrypt(bound(id, iv), sealing, bytes) };
  }

  /** What a row holds; nothing where it is somebody else's. */
  async function read(row) {
    if (!row) return undefined;
    const bytes = await subtle.decrypt(bound(row.id, row.iv), sealing, row.sealed).catch(() => null);
    return bytes ? JSON.parse(new TextDecoder().decode(bytes), restored) : undefined;
  }

  function kept(kind, keyOf) {
    const find = async (key) => {
      const id = await idOf(`${kind}/${key}`);
      return (await read(await within("readonly", (store) => store.get(id))))?.value;
    };
    return {
      find,
      all: async () => {
        const rows = await Promise.all((await within("readonly", (store) => store.getAll())).map(read));
        return rows.filter((row) => row?.kind === kind).map((row) => row.value);
      },
      /** What there is under the key; the value itself where there was nothing: of two pages at once one is first. */
      ensure: async (value) => {
        const row = await rowOf(kind, keyOf(value), value);
        await within("readwrite", (store) => store.add(row)).catch(() => undefined);
        return find(keyOf(value));
      },
      put: async (value) => {
        const row = await rowOf(kind, keyOf(value), value);
        return within("readwrite", (store) => store.put(row));
      },
      remove: async (key) => {
        const id = await idOf(`${kind}/${key}`);
        return within("readwrite", (store) => store.delete(id));
      },
    };
  }

  return {
    /** Rights to answer, by the questionnaire. */
    rights: kept("right", ({ key }) => key),
    /** Receipts of ballots that were sent. */
    receipts: kept("receipt", ({ receipt }) => receipt),
  };
}
