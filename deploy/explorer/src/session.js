// The explorer's session with the gateway: sign in, keep the token fresh, send operations. Tokens stay in memory.

export class Refused extends Error {}

export class Session {
  #root;
  #introspection;
  #createStreams;
  #tokens = null;
  #account = null;

  /** The gateway's root, the introspection query to send in the place of GraphiQL's, and graphql-sse's `createClient`. */
  constructor(root, introspection, createStreams) {
    this.#root = root;
    this.#introspection = introspection;
    this.#createStreams = createStreams;
  }

  /** Who is signed in: {login, scope, mustChangePassword}; null for the public. */
  get account() {
    return this.#account;
  }

  async signIn(login, password, scope) {
    const tokens = await this.#post("/auth/login", { login, password, ...(scope ? { scope } : {}) });
    this.#keep(tokens, login);
  }

  /** R4: an initial code is good for setting one's own password only. */
  async setPassword(currentPassword, newPassword) {
    const { login } = this.#account;
    const tokens = await this.#post("/auth/password", { currentPassword, newPassword });
    this.#keep(tokens, login);
  }

  /** End the session at the gateway and forget its tokens, these also where the gateway does not answer. */
  async signOut() {
    const refreshToken = this.#tokens?.refreshToken;
    this.#tokens = null;
    this.#account = null;
    if (refreshToken) await this.#post("/auth/logout", { refreshToken }).catch(() => undefined);
  }

  /** A GraphiQL fetcher. */
  send = (parameters, { headers, documentAST } = {}) =>
    subscribes(documentAST, parameters.operationName)
      ? this.#follow(parameters, headers)
      : this.#ask(parameters, headers);

  #follow(parameters, headers) {
    const url = `${this.#root}/graphql`;
    const streams = this.#createStreams({ url, headers: { ...this.#authorization(), ...headers }, retryAttempts: 0 });
    return streams.iterate(parameters);
  }

  async #ask({ query, variables, operationName }, headers) {
    const text = operationName === "IntrospectionQuery" ? this.#introspection : query;
    const body = { query: text, variables, operationName };
    const answer = await this.#send(body, headers);
    if (!this.#tokens || !expired(answer)) return answer;
    try {
      await this.#refresh();
    } catch {
      await this.signOut();
      return answer;
    }
    return this.#send(body, headers);
  }

  async #refresh() {
    const { refreshToken } = this.#tokens;
    this.#keep(await this.#post("/auth/refresh", { refreshToken }), this.#account.login);
  }

  async #send(body, headers) {
    const reply = await fetch(`${this.#root}/graphql`, this.#request(body, headers));
    return reply.json();
  }

  async #post(path, body) {
    const reply = await fetch(this.#root + path, this.#request(body));
    const answer = await reply.json();
    if (!reply.ok) throw new Refused(answer.errors?.[0]?.message ?? `HTTP ${reply.status}`);
    return answer;
  }

  #request(body, headers) {
    return {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json, application/json",
        "Content-Type": "application/json",
        ...this.#authorization(),
        ...headers,
      },
      body: JSON.stringify(body),
    };
  }

  #authorization() {
    return this.#tokens ? { Authorization: `Bearer ${this.#tokens.accessToken}` } : {};
  }

  #keep(tokens, login) {
    this.#tokens = tokens;
    this.#account = { login, scope: tokens.scope, mustChangePassword: Boolean(tokens.mustChangePassword) };
  }
}

const expired = (answer) =>
  answer.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED") ?? false;

const subscribes = (document, name) =>
  document?.definitions.some(
    (one) => one.kind === "OperationDefinition" && one.operation === "subscription" && (!name || one.name?.value === name),
  ) ?? false;
