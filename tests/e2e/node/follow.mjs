// The clients of graphql-sse and graphql-ws, as front ends use them: node follow.mjs sse|ws URL TOKEN COUNT QUERY VARIABLES
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import WebSocket from 'ws';

const [kind, url, token, count, query, variables] = process.argv.slice(2);
const Authorization = `Bearer ${token}`;
const client =
  kind === 'sse'
    ? createSse({ url, headers: { Authorization }, retryAttempts: 0 })
    : createWs({
        url: url.replace('http', 'ws'),
        connectionParams: { Authorization },
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
const results = [];
for await (const result of client.iterate({ query, variables: JSON.parse(variables) })) {
  if (results.push(result) === Number(count)) break;
}
client.dispose();
console.log(JSON.stringify(results));
