// What the gateway answers beside the graph: files that are sent or taken away, and accounts with their codes.
import { tag } from "../app/language";
import { type Refusal, type Reported, away, refusal } from "../app/refusals";
import { authorized } from "./client";

const KEPT_MS = 60_000;

/** What came: the content and its file's name, or what was refused. */
export interface Reply {
  content: Blob | null;
  name: string | null;
  refusals: Refusal[];
}

/** What is sent; `progress` is told the share that has left, 0 to 1. */
export interface Sent {
  method?: "GET" | "POST";
  body?: Blob | string;
  type?: string;
  progress?: (share: number) => void;
}

/** Ask an address of the gateway in the name of whoever is signed in. */
export const request = (path: string, sent: Sent = {}): Promise<Reply> => authorized((token) => once(token, path, sent));

// XMLHttpRequest, for fetch does not say how much of a file has left.
function once(token: string | null, path: string, { method = "GET", body, type, progress }: Sent): Promise<Reply> {
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.open(method, path);
    call.responseType = "blob";
    call.setRequestHeader("Accept-Language", tag());
    if (type) call.setRequestHeader("Content-Type", type);
    if (token) call.setRequestHeader("Authorization", `Bearer ${token}`);
    call.upload.onprogress = (event) => progress?.(event.total ? event.loaded / event.total : 0);
    call.onerror = () => resolve({ content: null, name: null, refusals: [away()] });
    call.onload = () => void read(call).then(resolve);
    call.send(body ?? null);
  });
}

async function read(call: XMLHttpRequest): Promise<Reply> {
  const content = call.response as Blob;
  const name = call.getResponseHeader("Content-Disposition");
  if (call.status < 400) return { content, name: fileName(name), refusals: [] };
  try {
    const { errors } = JSON.parse(await content.text()) as { errors: Reported[] };
    const id = call.getResponseHeader("X-Request-Id");
    return { content: null, name: null, refusals: errors.map((error) => refusal(error, id)) };
  } catch {
    return { content: null, name: null, refusals: [away()] };
  }
}

function fileName(header: string | null): string | null {
  const encoded = header?.match(/filename\*=UTF-8''([^;]+)/i)?.[1];
  return encoded ? decodeURIComponent(encoded) : (header?.match(/filename="?([^";]+)/i)?.[1] ?? null);
}

/** Ask an address whose answer is JSON. */
export async function requestJson<Content>(path: string, body?: object): Promise<{ content: Content | null; refusals: Refusal[] }> {
  const { content, refusals } = await request(path, body ? { method: "POST", body: JSON.stringify(body), type: "application/json" } : {});
  return { content: content ? (JSON.parse(await content.text()) as Content) : null, refusals };
}

/** Take a file away, under the name that the gateway gives it. */
export async function download(path: string): Promise<Refusal[]> {
  const { content, name, refusals } = await request(path);
  if (content) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = name ?? path.split("/").pop() ?? "";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS); // the browser has taken it by then
  }
  return refusals;
}
