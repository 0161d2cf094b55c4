// Hive Gateway's runtime on a plain Node server: node hive.mjs SUPERGRAPH PORT
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

const [supergraph, port] = process.argv.slice(2);
const gateway = createGatewayRuntime({
  supergraph: readFileSync(supergraph, 'utf8'),
  logging: false,
  landingPage: false,
  graphiql: false,
});
createServer(gateway).listen(Number(port), '127.0.0.1');
