// What is refused, and the sentence by which people are told: what, by which rule, who can help.
import { general } from "./words";

/** A refusal, as the gateway states it (docs/refusals.md). */
export interface Refusal {
  code: string;
  message: string;
  rule: string | null;
  clause: string | null;
  unblock: string | null;
  details: Record<string, unknown>;
  path: readonly (string | number)[];
  request: string | null;
}

/** An error of the graph or of `/auth`, as it comes. */
export interface Reported {
  message?: string;
  path?: (string | number)[];
  extensions?: Record<string, unknown>;
}

const text = (value: unknown): string | null => (typeof value === "string" && value ? value : null);

/** A reported error as a refusal. */
export function refusal(error: Reported, request: string | null = null): Refusal {
  const { code, rule, clause, unblock, ...details } = error.extensions ?? {};
  return {
    code: text(code) ?? "INTERNAL",
    message: error.message ?? "",
    rule: text(rule),
    clause: text(clause),
    unblock: text(unblock),
    details,
    path: error.path ?? [],
    request,
  };
}

/** No answer came: the network is away, or what came is none of ours. */
export const away = (): Refusal => refusal({ message: general().away, extensions: { code: "AWAY" } });

/** The rule and its clause, and who can help, in words; empty where there is none. */
export function reason(found: Refusal): string {
  const words = general();
  const rule = found.rule ? words.byRule(found.rule, found.clause) : "";
  const who = found.unblock && found.unblock !== "SELF" ? words.unblock[found.unblock] : undefined;
  return [rule, who && words.ask(who)].filter(Boolean).join(words.semicolon);
}

/** A whole sentence: what, by which rule, who can help. */
export function sentence(found: Refusal): string {
  const why = reason(found);
  return why ? general().bracketed(found.message, why) : found.message;
}
