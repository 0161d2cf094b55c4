// The introspection that the explorer sends: GraphiQL's own nests types nine deep, which the gateway's limits refuse.
import { getIntrospectionQuery, parse, print, visit, Kind } from "graphql";

const WRAPPINGS = 3; // [T!]! is as deep as the graph's types go

const ofType = (depth) => ({
  kind: Kind.SELECTION_SET,
  selections: ["kind", "name"]
    .map((name) => ({ kind: Kind.FIELD, name: { kind: Kind.NAME, value: name } }))
    .concat(
      depth === 0
        ? []
        : {
            kind: Kind.FIELD,
            name: { kind: Kind.NAME, value: "ofType" },
            selectionSet: ofType(depth - 1),
          },
    ),
});

export const introspection = print(
  visit(parse(getIntrospectionQuery()), {
    FragmentDefinition: (node) =>
      node.name.value === "TypeRef" ? { ...node, selectionSet: ofType(WRAPPINGS) } : undefined,
  }),
);
