// Who is signed in. The access token is in this variable only; the refresh token is in a cookie that no script reads.
//
// What is kept in the browser's storage says only that somebody has signed in here, so that a stranger's first visit
// asks for no session in vain.
import { PASSING, askAs, forget } from "../graph/client";
import { tag } from "./language";
import { type Refusal, type Reported, away, refusal } from "./refusals";
import { Store } from "./store";

export type Scope = "ministry" | "expert" | "base" | "school" | "teacher" | "province";

/** Where signing in stands. */
export type Session =
  | { state: "unknown" }
  | { state: "out"; ended?: boolean; unheard?: boolean }
  | { state: "code"; challenge: string }
  | { state: "enrol"; challenge: string }
  | { state: "recovery"; codes: string[]; scope: Scope }
  | { state: "password"; scope: Scope }
  | { state: "in"; scope: Scope; lastLogin: { at: string; client: string } | null };

interface Reply {
  accessToken?: string;
  scope?: Scope;
  mustChangePassword?: boolean;
  lastLogin?: { at: string; client: string } | null;
  idleSeconds?: number | null;
  nextStep?: string;
  challenge?: string;
  recoveryCodes?: string[];
  secret?: string;
  otpauthUri?: string;
  errors?: Reported[];
}

const KEPT = "signed-in";
const LEAVING = "leaving";
const LEAVE_MS = 10_000;
const TELL_MS = 5_000;
const WARN_SECONDS = 120;
const RENEW_MS = 8 * 60_000;
const INPUTS = ["keydown", "pointerdown"];
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("guopei-session");

export const session = new Store<Session>({ state: "unknown" });
let token: string | null = null;
let stay: { cookie: true; keep?: true } = { cookie: true };
let renewing: Promise<boolean> | null = null;
let touched = Date.now();
let renewed = Date.now();
let told = 0;
let sessions = 0;
/** After how long without input the session ends, as the gateway says; null where rest does not end it. */
let idleSeconds: number | null = null;

/** What tabs tell each other: somebody signed out, nobody came for long, somebody else signed in, somebody is here. */
type Said = { out: true } | { idle: true } | { holder: string } | { touched: number };

let leaveTimer = 0;
let leaving: Promise<boolean> = Promise.resolve(true);

askAs({ token: () => token, renew, session: () => sessions });
const tell = (said: Said): void => channel?.postMessage(said);
channel?.addEventListener("message", ({ data }: MessageEvent<Said>) => {
  if ("touched" in data) touched = Math.max(touched, data.touched);
  else if ("holder" in data) {
    if (session.get().state === "in" && token && holder(token) !== data.holder) end(true, true);
  } else end("idle" in data);
});
addEventListener("online", () => localStorage.getItem(LEAVING) && void leave());

/** Whose an access token is. */
const holder = (bearer: string): string =>
  String((JSON.parse(atob((bearer.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/"))) as { sub: string }).sub);

async function post(path: string, body: object, signal?: AbortSignal): Promise<Reply> {
  const headers: Record<string, string> = { "Content-Type": "application/json", "Accept-Language": tag() };
  if (token) headers.Authorization = `Bearer ${token}`;
  try {
    const reply = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin", cache: "no-store", signal });
    return (await reply.json()) as Reply;
  } catch {
    return { errors: [{ message: away().message, extensions: { code: "AWAY" } }] };
  }
}

const refused = (reply: Reply): Refusal[] => (reply.errors ?? []).map((error) => refusal(error));

/** Take what a step of signing in has answered; answers its refusals. */
function taken(reply: Reply): Refusal[] {
  if (reply.errors) return refused(reply);
  if (reply.nextStep) {
    const state = reply.nextStep === "SECOND_FACTOR_REQUIRED" ? "code" : "enrol";
    session.set({ state, challenge: reply.challenge ?? "" });
    return [];
  }
  token = reply.accessToken ?? null;
  renewed = Date.now();
  idleSeconds = reply.idleSeconds ?? null;
  localStorage.removeItem(LEAVING); // the cookie is this session's now
  const scope = reply.scope as Scope;
  if (reply.mustChangePassword) session.set({ state: "password", scope });
  else if (reply.recoveryCodes) session.set({ state: "recovery", codes: reply.recoveryCodes, scope });
  else opened(scope, reply.lastLogin ?? null);
  return [];
}

/** The session is open: show the workspace. */
export function opened(scope: Scope, lastLogin: { at: string; client: string } | null = null): void {
  localStorage.setItem(KEPT, "1");
  if (token) tell({ holder: holder(token) });
  const before = session.get();
  session.set({ state: "in", scope, lastLogin: lastLogin ?? (before.state === "in" ? before.lastLogin : null) });
}

/** Sign in with a login name and a password or activation code (R3, R4); `keep` is for teachers on their own devices. */
export async function signIn(login: string, password: string, scope: string | null, keep: boolean): Promise<Refusal[]> {
  stay = keep ? { cookie: true, keep: true } : { cookie: true };
  await leaving; // its reply takes the cookie away
  return taken(await post("/auth/login", { login, password, ...(scope && { scope }), ...stay }));
}

/** Give the code of the second factor. */
export const giveCode = async (challenge: string, code: string): Promise<Refusal[]> =>
  taken(await post("/auth/second-factor", { challenge, code, ...stay }));

/** Ask for the secret of a device that is to give codes from now on. */
export async function offerDevice(challenge: string): Promise<{ secret: string; uri: string; challenge: string } | Refusal[]> {
  const reply = await post("/auth/second-factor/enrollment", { challenge });
  if (reply.errors) return refused(reply);
  return { secret: reply.secret ?? "", uri: reply.otpauthUri ?? "", challenge: reply.challenge ?? challenge };
}

/** Confirm the device by its first code. */
export const confirmDevice = async (challenge: string, code: string): Promise<Refusal[]> =>
  taken(await post("/auth/second-factor/enrollment/confirm", { challenge, code, ...stay }));

/** Set the password; at the first login there is no present one to give (R4). */
export const setPassword = async (newPassword: string): Promise<Refusal[]> =>
  taken(await post("/auth/password", { newPassword, ...stay }));

/** Go on with the session of this browser, if it has one. */
export async function resume(): Promise<void> {
  if (localStorage.getItem(LEAVING)) session.set({ state: "out", unheard: !(await leave()) });
  else if (!localStorage.getItem(KEPT)) session.set({ state: "out" });
  else if (!(await renew()) && session.get().state === "unknown") session.set({ state: "out" }); // the network is away
}

/** Renew the access token by the cookie, once for all who wait for it; the cookie may be somebody else's by now. */
function renew(): Promise<boolean> {
  const of = sessions;
  renewing ??= post("/auth/refresh", {}).then((reply) => {
    renewing = null;
    if (of !== sessions) return false;
    if (reply.errors) {
      if (refused(reply).some((found) => found.code === "UNAUTHENTICATED")) end(true);
      return false;
    }
    if (token && reply.accessToken && holder(token) !== holder(reply.accessToken)) {
      end(true, true);
      return false;
    }
    return taken(reply).length === 0;
  });
  return renewing;
}

/** Forget who was signed in and all that was read; what was typed and not sent stays where the session ran out.
 *
 * `replaced`: this browser has a session all the same, of somebody who signed in later.
 */
function end(ended = false, replaced = false): void {
  if (!ended) sessionStorage.clear();
  token = null;
  sessions += 1;
  if (!replaced) localStorage.removeItem(KEPT);
  session.set({ state: "out", ended });
  forget();
}

/** End the session at the gateway; answers whether the gateway has. Where it has not, it is asked again until it has. */
function leave(): Promise<boolean> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), LEAVE_MS);
  leaving = post("/auth/logout", {}, limit.signal).then((reply) => {
    clearTimeout(timer);
    if (!localStorage.getItem(LEAVING)) return true; // somebody has signed in since
    const unheard = refused(reply).some((found) => PASSING.has(found.code) || found.code === "INTERNAL");
    clearTimeout(leaveTimer);
    if (unheard) leaveTimer = setTimeout(() => localStorage.getItem(LEAVING) && void leave(), LEAVE_MS) as unknown as number;
    else localStorage.removeItem(LEAVING);
    const now = session.get();
    if (now.state === "out" && Boolean(now.unheard) !== unheard) session.set({ ...now, unheard });
    return !unheard;
  });
  return leaving;
}

/** Sign out, in this page and in the other tabs, and at the gateway; `idle` where nobody asked for it. */
export async function signOut(idle = false): Promise<void> {
  localStorage.setItem(LEAVING, "1");
  tell(idle ? { idle: true } : { out: true });
  end(idle);
  await leave();
}

/** Somebody is here, in this tab: by input, or by a screen that shows a code to a room. */
export function present(): void {
  touched = Date.now();
  if (touched - told > TELL_MS) tell({ touched: (told = touched) });
}

/** Keep the session alive while somebody gives input, say when nobody has, and end it a little later.
 *
 * `warn` is told how many seconds are left, or null when there is input again. Answers how to stop.
 */
export function watch(warn: (left: number | null) => void): () => void {
  const touch = (): void => {
    present();
    warn(null);
  };
  const look = (): void => {
    if (idleSeconds === null) return;
    const idle = (Date.now() - touched) / 1_000;
    if (idle > idleSeconds) void signOut(true);
    else if (idle > idleSeconds - WARN_SECONDS) warn(Math.ceil(idleSeconds - idle));
    else {
      warn(null); // somebody may be at work in another tab
      if (Date.now() - renewed > RENEW_MS && touched > renewed) void renew();
    }
  };
  const timer = setInterval(look, 10_000);
  for (const kind of INPUTS) addEventListener(kind, touch);
  return () => {
    clearInterval(timer);
    for (const kind of INPUTS) removeEventListener(kind, touch);
  };
}
