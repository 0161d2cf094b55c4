// A subgraph whose subscriptions are served by graphql-ws at /live: node prices.mjs PORT. It prints what happens there.
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { GraphQLError, buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

const schema = buildSchema(`
  type Query { currency: String! }
  type Subscription { priceChanged(sku: ID!, count: Int!): Price! }
  type Price { cents: Int!  product: Product! }
  type Product { sku: ID! }
`);

async function* priceChanged({ sku, count }) {
  console.log('followed');
  try {
    for (let cents = 1; cents <= count; cents++) {
      yield { priceChanged: { cents, product: { sku } } };
      await setTimeout(5);
    }
    if (count === 0) throw new GraphQLError('Sold out');
  } finally {
    console.log('left');
  }
}

const server = createServer((_, reply) => reply.writeHead(404).end());
useServer(
  {
    schema,
    roots: { subscription: { priceChanged } },
    onDisconnect: (_, code) => console.log('closed', code),
    connectionInitWaitTimeout: 3_000,
  },
  new WebSocketServer({ server, path: '/live' }),
  1_000,
);
process.once('SIGTERM', () => process.exit());
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
