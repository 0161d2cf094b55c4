// Hive Gateway before the suite's subgraphs: node behind.mjs SUPERGRAPH PORT. Each subgraph gets its own internal token.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

const [supergraph, port] = process.argv.slice(2);
const gateway = createGatewayRuntime({
  supergraph: readFileSync(supergraph, 'utf8'),
  logging: false,
  landingPage: false,
  graphiql: false,
  propagateHeaders: {
    fromClientToSubgraphs: ({ request, subgraphName }) => ({
      authorization: `Bearer ${request.headers.get(`x-token-${subgraphName.toLowerCase()}`)}`,
    }),
  },
});
process.once('SIGTERM', () => process.exit());
createServer(gateway).listen(Number(port), '127.0.0.1');
