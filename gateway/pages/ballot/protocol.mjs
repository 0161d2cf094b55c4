// A voter's part of the ballot protocol guopei-ballot/1 (R34, ADR 54), on WebCrypto and BigInt alone.
// It is the same as services/assessment/voting.py to the byte; what is trusted of this page stands in this file.

const TEXT = new TextEncoder();
const NONE = new Uint8Array();
const LABEL = "guopei-ballot/1";
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base 32
const EXPONENT = 65537n;
const BITS = 2048;
const KEY_BYTES = 256;
const POINT_BYTES = 65;
const CONTENT_BYTES = 4096;
const SEED_BYTES = 16;
const SEED_LETTERS = 26;

/** What the register or the box has said is not what it ought to be; nothing is sent to it. */
export class NotToBeTrusted extends Error {}

/** A backup code that was mistyped. */
export class Mistyped extends Error {}

// Bytes and texts.

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const toBase64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/** The bytes of base64url without padding; there is one spelling for each value. */
export function fromBase64url(text, size) {
  let bytes = NONE;
  try {
    bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  } catch {
    throw new NotToBeTrusted("not base64url");
  }
  if (bytes.length !== size || toBase64url(bytes) !== text) throw new NotToBeTrusted("of another length");
  return bytes;
}

/** JSON with sorted keys and without blanks: equal values have equal bytes. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}

export const sha256 = (bytes) => digest("SHA-256", bytes);

async function digest(name, bytes) {
  return new Uint8Array(await crypto.subtle.digest(name, bytes));
}

async function hmac(key, bytes) {
  const held = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", held, bytes));
}

function join(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const numberOf = (bytes) => BigInt(`0x${hex(bytes)}`);

function bytesOf(number, size) {
  const digits = number.toString(16).padStart(2 * size, "0");
  return Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
}

function lettersOf(number, size) {
  let text = "";
  for (let place = 0; place < size; place += 1, number >>= 5n) text = ALPHABET[Number(number & 31n)] + text;
  return text;
}

// The seed, and the code that writes it down.

export const newSeed = () => crypto.getRandomValues(new Uint8Array(SEED_BYTES));

/** The seed as 26 letters and a check character (ISO/IEC 7064, hybrid), in groups of five. */
export function backupCode(seed) {
  const letters = lettersOf(numberOf(seed), SEED_LETTERS);
  return (letters + checkOf(letters)).match(/.{1,5}/g).join("-");
}

/** The seed of a backup code, however it was typed. */
export function seedOf(code) {
  const letters = code.toUpperCase().replace(/[-\s]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  const known = Array.from(letters).every((letter) => ALPHABET.includes(letter));
  if (letters.length !== SEED_LETTERS + 1 || !known || checkOf(letters.slice(0, -1)) !== letters[SEED_LETTERS])
    throw new Mistyped();
  const number = Array.from(letters.slice(0, -1)).reduce((sum, letter) => sum * 32n + BigInt(ALPHABET.indexOf(letter)), 0n);
  if (number >> BigInt(8 * SEED_BYTES)) throw new Mistyped();
  return bytesOf(number, SEED_BYTES);
}

function checkOf(letters) {
  const sum = Array.from(letters).reduce((p, letter) => (((p + ALPHABET.indexOf(letter)) % 32 || 32) * 2) % 33, 32);
  return ALPHABET[(33 - sum) % 32];
}

// The list of keys.

/** The first 60 bits of a hash as twelve letters in groups of four, for comparing by eye. */
export const shortCode = (hash) => lettersOf(BigInt(`0x${hash}`) >> 196n, 12).match(/.{4}/g).join("-");

/**
 * The keys of a questionnaire from the list of its day, `bytes` as they were served.
 * `expected` is the hash that the graph says stands in the audit chain; null where it tells of later lists only.
 */
export async function listedKeys(bytes, expected, instrument, formHash) {
  const hash = hex(await sha256(bytes));
  if (expected !== null && hash !== expected) throw new NotToBeTrusted("the list is not the one that was published");
  const rows = JSON.parse(new TextDecoder().decode(bytes)).instruments.filter((row) => row.id === instrument);
  if (rows.length !== 1) throw new NotToBeTrusted(`the list names the questionnaire ${rows.length} times`);
  const [row] = rows;
  if (formHash !== undefined && row.formSha256 !== formHash) throw new NotToBeTrusted("the list names other questions");
  const modulus = numberOf(fromBase64url(row.tokenKey, KEY_BYTES));
  if (modulus >> BigInt(BITS - 1) !== 1n || modulus % 2n === 0n) throw new NotToBeTrusted("no modulus of 2,048 bits");
  const [box, register] = [row.boxKey, row.registerKey].map((point) => fromBase64url(point, POINT_BYTES));
  for (const point of [box, register])
    await crypto.subtle.importKey("raw", point, CURVE, false, []).catch(() => {
      throw new NotToBeTrusted("no point of the curve");
    });
  return { instrument, project: row.project, modulus, box, register, hash };
}

// Blind signatures: RSABSSA-SHA384-PSS-Randomized (RFC 9474), salt of 48 bytes.

function power(base, exponent, modulus) {
  let result = 1n;
  for (base %= modulus; exponent; exponent >>= 1n, base = (base * base) % modulus)
    if (exponent & 1n) result = (result * base) % modulus;
  return result;
}

function inverse(number, modulus) {
  let [rest, next, before, factor] = [modulus, number % modulus, 0n, 1n];
  while (next) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [before, factor] = [factor, before - quotient * factor];
  }
  if (rest !== 1n) throw new NotToBeTrusted("the modulus has a factor that can be seen");
  return (before + modulus) % modulus;
}

/** EMSA-PSS-ENCODE with SHA-384 (RFC 8017, 9.1.1), for one bit less than the modulus has. */
async function encode(message, salt) {
  const hash = await digest("SHA-384", join(new Uint8Array(8), await digest("SHA-384", message), salt));
  const block = join(new Uint8Array(KEY_BYTES - salt.length - 50), new Uint8Array([1]), salt);
  let mask = NONE;
  for (let counter = 0; mask.length < block.length; counter += 1)
    mask = join(mask, await digest("SHA-384", join(hash, new Uint8Array([0, 0, 0, counter]))));
  const masked = block.map((byte, place) => byte ^ mask[place]);
  masked[0] &= 0x7f;
  return join(masked, hash, new Uint8Array([0xbc]));
}

export async function blind(modulus, message, salt, r) {
  const encoded = numberOf(await encode(message, salt));
  return {
    blinded: bytesOf((encoded * power(r, EXPONENT, modulus)) % modulus, KEY_BYTES),
    inverse: inverse(r, modulus),
  };
}

/** The token from the register's reply, verified before anything is done with it. */
export async function unblind(modulus, message, reply, inverted) {
  const token = bytesOf((numberOf(reply) * inverted) % modulus, KEY_BYTES);
  const jwk = { kty: "RSA", n: toBase64url(bytesOf(modulus, KEY_BYTES)), e: "AQAB" };
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "RSA-PSS", hash: "SHA-384" }, false, ["verify"]);
  if (!(await crypto.subtle.verify({ name: "RSA-PSS", saltLength: 48 }, key, token, message)))
    throw new NotToBeTrusted("the reply is no signature of what was sent");
  return token;
}

// Seals: HPKE in base mode (RFC 9180), DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

const twoBytes = (number) => new Uint8Array([number >> 8, number & 255]);
const KEM = join(TEXT.encode("KEM"), twoBytes(16));
const SUITE = join(TEXT.encode("HPKE"), twoBytes(16), twoBytes(1), twoBytes(2));
const VERSION = TEXT.encode("HPKE-v1");
const CURVE = { name: "ECDH", namedCurve: "P-256" };

const extract = (suite, salt, label, input) =>
  hmac(salt.length ? salt : new Uint8Array(32), join(VERSION, suite, TEXT.encode(label), input));

/** LabeledExpand to at most 32 bytes, which one block of HKDF gives. */
async function expand(suite, key, label, info, size) {
  const said = join(twoBytes(size), VERSION, suite, TEXT.encode(label), info, new Uint8Array([1]));
  return (await hmac(key, said)).slice(0, size);
}

export async function seal(to, info, plain) {
  const pair = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const sent = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const other = await crypto.subtle.importKey("raw", to, CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: other }, pair.privateKey, 256);
  const start = await extract(KEM, NONE, "eae_prk", new Uint8Array(shared));
  const secret = await expand(KEM, start, "shared_secret", join(sent, to), 32);
  const hashes = [await extract(SUITE, NONE, "psk_id_hash", NONE), await extract(SUITE, NONE, "info_hash", info)];
  const context = join(new Uint8Array([0]), ...hashes);
  const root = await extract(SUITE, secret, "secret", NONE);
  const raw = await expand(SUITE, root, "key", context, 32);
  const iv = await expand(SUITE, root, "base_nonce", context, 12);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  return join(sent, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain)));
}

/** A sheet filled up to the length that all have (ISO/IEC 7816-4). */
function pad(content) {
  if (content.length >= CONTENT_BYTES) throw new RangeError("too long");
  const padded = new Uint8Array(CONTENT_BYTES);
  padded.set(content);
  padded[content.length] = 0x80;
  return padded;
}

// The voter.

export const receiptOf = async (nonce) => hex(await sha256(join(TEXT.encode(`${LABEL} receipt\n`), nonce)));

/** One voter's secrets for one questionnaire: the same seed leads to the same right on any device. */
export async function voterOf(seed, keys) {
  const { instrument, modulus } = keys;
  const info = TEXT.encode(`${LABEL} derive\n${instrument}\n${hex(await sha256(bytesOf(modulus, KEY_BYTES)))}`);
  const held = await crypto.subtle.importKey("raw", seed, "HKDF", false, ["deriveBits"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: NONE, info };
  const stream = new Uint8Array(await crypto.subtle.deriveBits(derivation, held, 384 * 8));
  const [nonce, prefix, salt] = [stream.slice(0, 32), stream.slice(32, 64), stream.slice(64, 112)];
  const r = 1n + (numberOf(stream.slice(112)) % (modulus - 1n));
  const message = join(prefix, TEXT.encode(`${LABEL}\n${instrument}\n`), nonce);
  const { blinded, inverse: inverted } = await blind(modulus, message, salt, r);
  const receipt = await receiptOf(nonce);
  return {
    receipt,
    blinded: toBase64url(blinded),

    /** Verify the register's reply, as it was sent. */
    async token(reply) {
      return unblind(modulus, message, fromBase64url(reply, KEY_BYTES), inverted);
    },

    /** The body of `POST /ballots`, which is sent without any login. */
    async ballot(reply, sheet) {
      const token = await this.token(reply);
      const padded = pad(TEXT.encode(canonical(sheet)));
      const inner = await seal(keys.register, TEXT.encode(`${LABEL} inner\n${instrument}`), padded);
      const sealed = await seal(keys.box, TEXT.encode(`${LABEL} outer\n${instrument}\n${receipt}`), inner);
      const secret = { nonce, prefix, token, sealed };
      const texts = Object.entries(secret).map(([name, bytes]) => [name, toBase64url(bytes)]);
      return { v: 1, instrument, ...Object.fromEntries(texts) };
    },
  };
}
