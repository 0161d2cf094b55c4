// A document that the gateway knows by its id; the text is in the manifest, not in the browser.

/** A trusted document, with the types of its answer and its variables. */
export interface Document<Data, Variables> {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** Carries the types only; there is no such value. */
  readonly types?: (variables: Variables) => Data;
}
