// Apollo Gateway (Elastic License 2.0: a peer in this benchmark only, no part of the product): node apollo.mjs SUPERGRAPH PORT
import { readFileSync } from 'node:fs';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

const [supergraph, port] = process.argv.slice(2);
const gateway = new ApolloGateway({ supergraphSdl: readFileSync(supergraph, 'utf8') });
const server = new ApolloServer({ gateway, introspection: false, csrfPrevention: false });
await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: Number(port) } });
