// An OpenID Connect provider for the tests: whoever comes to its login page is who the query says, and has come back at once.
// node provider.mjs PORT REDIRECT_URI
import { createServer } from "node:http";

import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const people = new Map();

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "guopei",
      client_secret: "a secret of the tests / with signs: %",
      redirect_uris: [redirectUri],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: { openid: ["sub", "account", "office", "amr", "acr"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["tests"] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people.get(sub) }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid");
    await grant.save();
    return grant;
  },
});

createServer(async (request, response) => {
  const url = new URL(request.url, issuer);
  if (!url.pathname.startsWith("/interaction/")) {
    provider.callback()(request, response);
    return;
  }
  const { sub, amr, acr, ...claims } = Object.fromEntries(url.searchParams);
  people.set(sub, claims);
  const login = { accountId: sub, ...(amr && { amr: amr.split(" ") }), ...(acr && { acr }) };
  await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
