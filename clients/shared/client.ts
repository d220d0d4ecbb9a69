/**
 * The typed client of the API: one call, one answer or one error.
 *
 * Every request says its language and, signed in, its session. A request that changes something carries an idempotency
 * key; `Attempt` keeps the same key while it is not known whether the last try arrived, so that a person who presses the
 * button again after a dropped connection never does the same thing twice.
 */

import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { paths } from "./api.js";
import { ApiProblem, isPassing, NoConnection, type ProblemDocument } from "./problems.js";

export type Api = Client<paths>;
export type Language = "zh" | "en";

export interface ClientSettings {
  readonly baseUrl: string;
  readonly language: () => Language;
  readonly token: () => string | null;
  /** Called when the API says that the session of a request is over. */
  readonly sessionEnded: (token: string) => void;
  readonly fetch?: (request: Request) => Promise<Response>;
}

export function createApi(settings: ClientSettings): Api {
  const send = settings.fetch ?? ((request: Request) => globalThis.fetch(request));
  const api = createClient<paths>({ baseUrl: settings.baseUrl, fetch: send });
  api.use(headers(settings));
  return api;
}

function headers(settings: ClientSettings): Middleware {
  return {
    onRequest({ request }) {
      request.headers.set("Accept-Language", settings.language() === "zh" ? "zh-CN" : "en");
      const token = settings.token();
      if (token !== null && !request.headers.has("Authorization"))
        request.headers.set("Authorization", `Bearer ${token}`);
      if (request.method === "POST" && !request.headers.has("Idempotency-Key"))
        request.headers.set("Idempotency-Key", newKey());
      return request;
    },
    onResponse({ request, response }) {
      const sent = request.headers.get("Authorization");
      if (response.status === 401 && sent !== null) settings.sessionEnded(sent.slice("Bearer ".length));
    },
  };
}

/** What an openapi-fetch call resolves to, as far as `answer` looks at it. */
interface Outcome<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The answer of a call. Throws `ApiProblem` or `NoConnection`, and nothing else for what happens on the way. */
export async function answer<Data>(call: Promise<Outcome<Data>>): Promise<Data> {
  let outcome: Outcome<Data>;
  try {
    outcome = await call;
  } catch (error) {
    throw new NoConnection(error);
  }
  const { data, error, response } = outcome;
  if (response.ok) return data as Data;
  if (isProblem(error)) throw new ApiProblem(error, response.headers.get("Retry-After"));
  throw new NoConnection(response.status);
}

function isProblem(value: unknown): value is ProblemDocument {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value;
}

/** The idempotency key of one intention of a person, kept until the API has decided about it. */
export class Attempt {
  #key: string | null = null;
  #body: string | null = null;

  /** The header of a call with this body: the same as last time while the outcome of the same call is unknown. */
  header(body: unknown): { "Idempotency-Key": string } {
    const written = JSON.stringify(body ?? null);
    if (this.#key === null || this.#body !== written) this.#key = newKey();
    this.#body = written;
    return { "Idempotency-Key": this.#key };
  }

  /** Remember how the call ended; null stands for success. */
  ended(error: unknown): void {
    const undecided = isPassing(error) || (error instanceof ApiProblem && error.is("REQUEST_IN_PROGRESS"));
    if (!undecided) this.#key = null;
  }
}

/** A random UUID, also where `crypto.randomUUID` is missing (Chrome before 92). */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
