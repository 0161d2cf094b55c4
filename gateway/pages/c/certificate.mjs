// Who has the paper has the QR code's key, and is shown all that is printed (R32, ADR 53).
// The key stands in the fragment, which no server is sent by itself; the check takes it in its body.

const whole = document.getElementById("whole");
const key = new URLSearchParams(location.hash.slice(1)).get("k");
const NAMELESS = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", redirect: "error" };

async function checked() {
  const body = JSON.stringify({ number: whole.dataset.number, key });
  const headers = { "Content-Type": "application/json" };
  const reply = await fetch("/certificates/check", { ...NAMELESS, method: "POST", headers, body });
  return reply.ok ? reply.json() : null;
}

function say(answer) {
  whole.querySelector(`[data-key=${answer}]`).hidden = false;
}

if (key) {
  document.querySelector("header a").hash = location.hash; // in the other language, too
  const shown = await checked().catch(() => null);
  if (!shown) say("unchecked");
  else if (!shown.keyMatches) say("wrong");
  else {
    for (const place of whole.querySelectorAll("[data-fact]")) place.textContent = shown[place.dataset.fact];
    whole.querySelector("dl").hidden = false;
    say("fits");
  }
}
