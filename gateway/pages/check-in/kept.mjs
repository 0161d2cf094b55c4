// How this device stays signed in until the next code is scanned: a refresh token, for minutes, or for a day's sessions.

const NAME = "guopei-check-in";
const MINUTES = 10;
const OWN_PHONE_MINUTES = 12 * 60;

const read = () => JSON.parse(localStorage.getItem(NAME) || "null");
const write = (held) => localStorage.setItem(NAME, JSON.stringify(held));

export const kept = {
  /** Keep the token that follows the one there is, or none; how long is counted from the sign-in. */
  put(token) {
    if (token === null) return localStorage.removeItem(NAME);
    return write({ until: read()?.until || Date.now() + MINUTES * 60_000, token });
  },

  /** Say after a sign-in whether it is the owner's phone. */
  own(mine) {
    write({ ...read(), until: Date.now() + (mine ? OWN_PHONE_MINUTES : MINUTES) * 60_000 });
  },

  /** The token, while it may be used; one that may not is removed. */
  take() {
    const held = read();
    if (held && held.until > Date.now()) return held.token;
    localStorage.removeItem(NAME);
    return null;
  },
};
