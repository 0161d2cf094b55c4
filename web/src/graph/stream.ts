// Subscriptions by server-sent events. EventSource can send no token, so the stream is read from a fetch.
import { useEffect, useRef, useState } from "preact/hooks";
import { tag } from "../app/language";
import { type Refusal, away, refusal } from "../app/refusals";
import { authorized } from "./client";
import type { Document } from "./document";

const REST_MS = 5_000;

/** Hear of every event of a subscription while the page is seen, and join it again when it has broken off.
 *
 * Answers whether the stream is open. `heard` is called at most every five seconds, however many events there are.
 */
export function useLive<Variables>(of: Document<unknown, Variables>, variables: Variables, heard: () => void): boolean {
  const [open, setOpen] = useState(false);
  const latest = useRef(heard);
  latest.current = heard;
  useEffect(() => {
    let ended = new AbortController();
    let due: ReturnType<typeof setTimeout> | undefined;
    const tell = (): void => {
      due ??= setTimeout(() => {
        due = undefined;
        latest.current();
      }, REST_MS);
    };
    const follow = async (end: AbortController): Promise<void> => {
      while (!end.signal.aborted) {
        await read(of, variables, end.signal, () => setOpen(true), tell);
        setOpen(false);
        await pause(end.signal);
      }
    };
    const seen = (): void => {
      ended.abort();
      ended = new AbortController();
      if (document.visibilityState === "visible") void follow(ended);
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(due);
      ended.abort();
    };
  }, [of.id, JSON.stringify(variables)]);
  return open;
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, REST_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Read a stream to its end; what keeps it from being opened is tried again, so it is told to nobody. */
async function read<Variables>(
  of: Document<unknown, Variables>,
  variables: Variables,
  signal: AbortSignal,
  opened: () => void,
  heard: () => void,
): Promise<void> {
  const body = JSON.stringify({ documentId: of.id, operationName: of.name, variables });
  const { reply } = await authorized((token) => join(token, body, signal));
  const reader = reply?.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  opened();
  try {
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const events = (rest + part.value).split("\n\n");
      rest = events.pop() ?? "";
      if (events.some((event) => event.startsWith("event: next"))) heard();
    }
  } catch {
    // it has broken off, or the page is no longer seen
  }
}

async function join(token: string | null, body: string, signal: AbortSignal): Promise<{ reply: Response | null; refusals: Refusal[] }> {
  const headers: Record<string, string> = { Accept: "text/event-stream", "Content-Type": "application/json", "Accept-Language": tag() };
  if (token) headers.Authorization = `Bearer ${token}`;
  try {
    const reply = await fetch("/graphql", { method: "POST", headers, body, signal, credentials: "same-origin", cache: "no-store" });
    if (reply.headers.get("Content-Type")?.startsWith("text/event-stream")) return { reply, refusals: [] };
    const { errors } = (await reply.json()) as { errors?: Parameters<typeof refusal>[0][] };
    return { reply: null, refusals: (errors ?? []).map((error) => refusal(error)) };
  } catch {
    return { reply: null, refusals: [away()] };
  }
}
