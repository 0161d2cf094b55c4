// Asks the gateway by the ids of trusted documents.
//
// One flight per document and variables; what was answered is kept until a mutation or a sign-out; a mutation has one
// Idempotency-Key, the same until it is known what came of it; a session that has run out is renewed once, for all
// flights, and what was asked in one session is sent in no other.
import { tag } from "../app/language";
import { type Refusal, type Reported, away, refusal } from "../app/refusals";
import { Store } from "../app/store";
import type { Document } from "./document";

declare const SCHEMA: string;

/** What came: data, perhaps in part, and what was refused. */
export interface Answer<Data> {
  data: Data | null;
  refusals: Refusal[];
}

/** Who is signed in, as far as asking needs it. */
export interface Bearer {
  token(): string | null;
  renew(): Promise<boolean>;
  /** Counts the sessions of this page. */
  session(): number;
}

const NOBODY: Bearer = { token: () => null, renew: async () => false, session: () => 0 };
/** What is not known to have been done, or not to have been. */
const UNSURE = new Set(["AWAY", "OUTCOME_UNKNOWN"]);
/** What passes by itself: the answer before it still holds as far as anybody knows. */
export const PASSING = new Set([...UNSURE, "BUSY", "RATE_LIMITED", "READ_ONLY", "UNAVAILABLE"]);
let bearer = NOBODY;
let flights = new Map<string, Promise<Answer<unknown>>>();
let kept = new Map<string, Answer<unknown>>();
/** The keys of commands of which nobody knows what came. */
const pending = new Map<string, string>();

/** Counts how often all that was answered has become old; who shows an answer asks again. */
export const epoch = new Store(0);
/** Whether the gateway has a newer schema than this page was built for. */
export const outdated = new Store(false);

/** Ask in the name of whoever is signed in. */
export function askAs(who: Bearer): void {
  bearer = who;
}

/** Which session this page is in; what goes on by itself ends with it. */
export const sessionNow = (): number => bearer.session();

/** Forget every answer: after a mutation, at sign-out and where another language is wanted. */
export function forget(): void {
  flights = new Map();
  kept = new Map();
  epoch.set(epoch.get() + 1);
}

const key = (document: Document<unknown, never>, variables: unknown): string => document.id + JSON.stringify(variables);

/** What was answered before, to be shown while it is asked again. */
export const earlier = <Data, Variables>(document: Document<Data, Variables>, variables: Variables): Answer<Data> | undefined =>
  kept.get(key(document, variables)) as Answer<Data> | undefined;

/** Ask a query; whoever asks the same meanwhile waits for the same answer. */
export function ask<Data, Variables>(document: Document<Data, Variables>, variables: Variables): Promise<Answer<Data>> {
  const name = key(document, variables);
  const [flying, keeping] = [flights, kept];
  const flight = flying.get(name) ?? send(document, variables, {});
  flying.set(name, flight);
  void flight.then((answer) => {
    flying.delete(name);
    if (!passes(answer)) keeping.set(name, answer);
  });
  return flight as Promise<Answer<Data>>;
}

/** Give a command, once: where no answer comes it is sent again under the same key, and so it is when it is given anew.
 *
 * `quiet`: what was answered before is not asked again; who saves while somebody types forgets it all at the end.
 */
export async function command<Data, Variables>(document: Document<Data, Variables>, variables: Variables, quiet = false): Promise<Answer<Data>> {
  const session = bearer.session();
  const name = `${session} ${key(document, variables)}`;
  const headers = { "Idempotency-Key": pending.get(name) ?? uuid() };
  let answer = await send(document, variables, headers);
  if (unsure(answer) && bearer.session() === session) answer = await send(document, variables, headers);
  if (unsure(answer)) pending.set(name, headers["Idempotency-Key"]);
  else pending.delete(name);
  if (!quiet && passes(answer)) epoch.set(epoch.get() + 1); // what is shown stays until it could be asked anew
  else if (!quiet) forget();
  return answer;
}

const unsure = (answer: Answer<unknown>): boolean => answer.refusals.some((found) => UNSURE.has(found.code));

/** Whether something is missing that passes by itself: an earlier answer says more. */
export const passes = (answer: Answer<unknown>): boolean => answer.refusals.some((found) => PASSING.has(found.code));

/** Call with the access token; once more with a renewed one where it has run out, and the session has not. */
export async function authorized<Reply extends { refusals: Refusal[] }>(call: (token: string | null) => Promise<Reply>): Promise<Reply> {
  const session = bearer.session();
  const reply = await call(bearer.token());
  const ended = bearer.token() !== null && reply.refusals.some((found) => found.code === "UNAUTHENTICATED");
  if (!ended || bearer.session() !== session) return reply;
  const renewed = await bearer.renew();
  if (bearer.session() !== session) return reply;
  return renewed ? call(bearer.token()) : { ...reply, refusals: [away()] };
}

const send = <Data, Variables>(
  document: Document<Data, Variables>,
  variables: Variables,
  headers: Record<string, string>,
): Promise<Answer<Data>> => authorized((token) => post<Data>(token, document, variables, headers));

async function post<Data>(
  token: string | null,
  document: Document<Data, never>,
  variables: unknown,
  more: Record<string, string>,
): Promise<Answer<Data>> {
  const headers: Record<string, string> = { "Content-Type": "application/json", "Accept-Language": tag(), ...more };
  if (token) headers.Authorization = `Bearer ${token}`;
  const body = JSON.stringify({ documentId: document.id, operationName: document.name, variables });
  try {
    const reply = await fetch("/graphql", { method: "POST", headers, body, credentials: "same-origin", cache: "no-store" });
    const schema = reply.headers.get("Guopei-Schema");
    if (schema && schema !== SCHEMA) outdated.set(true);
    const answer = (await reply.json()) as { data?: Data | null; errors?: Reported[] };
    const refusals = (answer.errors ?? []).map((error) => refusal(error, reply.headers.get("X-Request-Id")));
    if (refusals.some((found) => found.code === "PERSISTED_QUERY_NOT_FOUND")) outdated.set(true);
    return { data: answer.data ?? null, refusals };
  } catch {
    return { data: null, refusals: [away()] };
  }
}

/** A new UUID; plain http has no `randomUUID`. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 15) | 64;
  bytes[8] = ((bytes[8] ?? 0) & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
