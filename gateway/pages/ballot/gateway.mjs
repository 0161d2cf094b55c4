// The page's two conversations: with the register by name, and with the ballot box without any (R34).

/** What the gateway has refused; the message is in the reader's language. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** No answer came, or none that can be read. */
export class Away extends Error {}

const NAMELESS = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", redirect: "error" };

async function answered(reply) {
  const answer = await reply.json().catch(() => {
    throw new Away();
  });
  const [error] = answer.errors || [];
  if (error) throw new Refused(error.extensions?.code, error.message);
  if (!reply.ok) throw new Away();
  return answer;
}

const fetched = (path, request) =>
  fetch(path, request).catch(() => {
    throw new Away();
  });

/** Who is signed in; tokens stay in memory. */
export class Register {
  #documents = null;
  #tokens = null;
  #language;

  constructor(language) {
    this.#language = language;
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
    if (refreshToken) await this.#post("/auth/logout", { refreshToken }).catch(() => undefined);
  }

  /** The data of one of the page's documents. */
  async ask(name, variables) {
    try {
      return await this.#graph(name, variables);
    } catch (error) {
      if (error.code !== "UNAUTHENTICATED" || !this.#tokens) throw error;
      this.#tokens = await this.#post("/auth/refresh", { refreshToken: this.#tokens.refreshToken });
      return this.#graph(name, variables);
    }
  }

  /** A list of keys, byte for byte. */
  async list(day) {
    const reply = await fetched(`/evaluations/keys/${day}.json`, NAMELESS);
    if (!reply.ok) throw new Away();
    return new Uint8Array(await reply.arrayBuffer());
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
    return { wants: answer.mustChangePassword ? "password" : null };
  }

  async #post(path, body) {
    const headers = { "Content-Type": "application/json", "Accept-Language": this.#language };
    if (this.#tokens) headers.Authorization = `Bearer ${this.#tokens.accessToken}`;
    return answered(await fetched(path, { ...NAMELESS, method: "POST", headers, body: JSON.stringify(body) }));
  }
}

/** Send a ballot: no login, no cookie, no referrer; answers its receipt. */
export async function send(body, language) {
  const headers = { "Content-Type": "application/json", "Accept-Language": language };
  const request = { ...NAMELESS, method: "POST", headers, body: JSON.stringify(body) };
  return (await answered(await fetched("/ballots", request))).receipt;
}

/** The receipts of a published questionnaire; null where there are none. */
export async function receipts(instrument) {
  const reply = await fetched(`/evaluations/receipts/${instrument}.txt`, NAMELESS);
  if (reply.status === 404) return null;
  if (!reply.ok) throw new Away();
  return (await reply.text()).split("\n").filter(Boolean);
}
