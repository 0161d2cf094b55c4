// What this device keeps: seeds and sealed ballots until they are sent, and receipts; no name, no answer, no password.

const RIGHTS = "rights";
const RECEIPTS = "receipts";

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function opened() {
  const request = indexedDB.open("guopei-ballot", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(RIGHTS, { keyPath: "key" });
    request.result.createObjectStore(RECEIPTS, { keyPath: "receipt" });
  };
  return done(request);
}

async function within(name, mode, act) {
  const database = await opened();
  try {
    return await done(act(database.transaction(name, mode).objectStore(name)));
  } finally {
    database.close();
  }
}

/** Rights to answer, by the hash of the account and the questionnaire. */
export const rights = {
  find: (key) => within(RIGHTS, "readonly", (store) => store.get(key)),
  all: () => within(RIGHTS, "readonly", (store) => store.getAll()),
  /** What there is under the key; the right itself where there was nothing: of two pages at once one makes the seed. */
  ensure: async (right) => {
    await within(RIGHTS, "readwrite", (store) => store.add(right)).catch(() => undefined);
    return rights.find(right.key);
  },
  put: (right) => within(RIGHTS, "readwrite", (store) => store.put(right)),
  remove: (key) => within(RIGHTS, "readwrite", (store) => store.delete(key)),
};

/** Receipts of ballots that were sent. */
export const kept = {
  all: () => within(RECEIPTS, "readonly", (store) => store.getAll()),
  put: (receipt) => within(RECEIPTS, "readwrite", (store) => store.put(receipt)),
  remove: (receipt) => within(RECEIPTS, "readwrite", (store) => store.delete(receipt)),
};
