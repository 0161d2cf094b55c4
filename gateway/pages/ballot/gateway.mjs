// What the page asks without any name: the ballot box, and what everybody may read (R34).

import { Away, NAMELESS, answered, fetched } from "../page/register.mjs";

/** A list of keys, byte for byte. */
export async function keyList(day) {
  const reply = await fetched(`/evaluations/keys/${day}.json`, NAMELESS);
  if (!reply.ok) throw new Away();
  return new Uint8Array(await reply.arrayBuffer());
}

/** Send a ballot: no login, no cookie, no referrer; answers its receipt. */
export async function send(body, language) {
  const headers = { "Content-Type": "application/json", "Accept-Language": language };
  const request = { ...NAMELESS, method: "POST", headers, body: JSON.stringify(body) };
  return (await answered(await fetched("/ballots", request))).receipt;
}

/** The receipts of a published questionnaire; null where there are none. */
export async function receipts(instrument) {
  const reply = await fetched(`/evaluations/receipts/${instrument}.txt`, NAMELESS);
  if (reply.status === 404) return null;
  if (!reply.ok) throw new Away();
  return (await reply.text()).split("\n").filter(Boolean);
}
