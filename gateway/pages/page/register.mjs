// What a page asks by name: who is signed in, and the documents of the graph.

/** What the gateway has refused; the message is in the reader's language. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** No answer came, or none that can be read. */
export class Away extends Error {}

export const NAMELESS = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", redirect: "error" };

export async function answered(reply) {
  const answer = await reply.json().catch(() => {
    throw new Away();
  });
  const [error] = answer.errors || [];
  if (error) throw new Refused(error.extensions?.code, error.message);
  if (!reply.ok) throw new Away();
  return answer;
}

export const fetched = (path, request) =>
  fetch(path, request).catch(() => {
    throw new Away();
  });

/** Who is signed in. Access tokens stay in memory; `keep` may store the refresh token. */
export class Register {
  #documents = null;
  #tokens = null;
  #language;
  #keep;

  /** `keep` is given each refresh token, and null where there is none any more; by default nothing is kept. */
  constructor(language, keep = () => undefined) {
    this.#language = language;
    this.#keep = keep;
  }

  get signedIn() {
    return this.#tokens !== null;
  }

  /** Answers what is wanted besides: `password`, `code`, `enrollment`, or nothing. */
  async signIn(login, password) {
    return this.#kept(await this.#post("/auth/login", { login, password, scope: "teacher" }));
  }

  async giveCode(challenge, code) {
    return this.#kept(await this.#post("/auth/second-factor", { challenge, code }));
  }

  async setPassword(currentPassword, newPassword) {
    return this.#kept(await this.#post("/auth/password", { currentPassword, newPassword }));
  }

  async signOut() {
    const refreshToken = this.#tokens?.refreshToken;
    this.#tokens = null;
    this.#keep(null);
    if (refreshToken) await this.#post("/auth/logout", { refreshToken }).catch(() => undefined);
  }

  /** The data of one of the page's documents. */
  async ask(name, variables) {
    try {
      return await this.#graph(name, variables);
    } catch (error) {
      if (error.code !== "UNAUTHENTICATED" || !this.#tokens) throw error;
      await this.resume(this.#tokens.refreshToken);
      return this.#graph(name, variables);
    }
  }

  /** Go on with a session that was opened before. A network that is away ends none. */
  async resume(refreshToken) {
    try {
      this.#kept(await this.#post("/auth/refresh", { refreshToken }, null));
    } catch (error) {
      if (error.code === "UNAUTHENTICATED") this.#tokens = null;
      throw error;
    }
  }

  async #graph(name, variables) {
    this.#documents = this.#documents || (await (await fetched("documents.json", NAMELESS)).json());
    return (await this.#post("/graphql", { query: this.#documents[name], variables })).data;
  }

  #kept(answer) {
    if (answer.nextStep) {
      const enrolled = answer.nextStep === "SECOND_FACTOR_REQUIRED";
      return { wants: enrolled ? "code" : "enrollment", challenge: answer.challenge };
    }
    this.#tokens = answer;
    if (!answer.mustChangePassword) this.#keep(answer.refreshToken);
    return { wants: answer.mustChangePassword ? "password" : null };
  }

  async #post(path, body, tokens = this.#tokens) {
    const headers = { "Content-Type": "application/json", "Accept-Language": this.#language };
    if (tokens) headers.Authorization = `Bearer ${tokens.accessToken}`;
    return answered(await fetched(path, { ...NAMELESS, method: "POST", headers, body: JSON.stringify(body) }));
  }
}
