/**
 * The typed client of the API: one call, one answer or one error, over `platform.request`.
 *
 * openapi-fetch needs `Request` and `fetch`, which WeChat does not have; the types are the same generated ones.
 */

import type { paths } from "#shared/api";
import { ApiProblem, isPassing, NoConnection, type ProblemDocument } from "#shared/problems";

import { platform } from "#platform";
import { language } from "../text/language";
import { session } from "./session";

type Verb = "get" | "post" | "put" | "delete";
type PathOf<V extends Verb> = {
  [Path in keyof paths]: paths[Path][V] extends { responses: unknown } ? Path : never;
}[keyof paths];
type Operation<V extends Verb, Path extends PathOf<V>> = NonNullable<paths[Path][V]>;
type Json<Value> = Value extends { content: { "application/json": infer Body } } ? Body : undefined;
type Success<O> = O extends { responses: infer Responses }
  ? {
      [Status in keyof Responses]: Status extends 200 | 201 | 202 | 204 ? Json<Responses[Status]> : never;
    }[keyof Responses]
  : never;
type BodyOf<O> = O extends { requestBody: infer Body }
  ? { body: Json<Body> }
  : O extends { requestBody?: infer Body }
    ? { body?: Json<NonNullable<Body>> }
    : { body?: undefined };
type PathParameters<O> = O extends { parameters: { path: infer Values } } ? { path: Values } : { path?: undefined };
type QueryParameters<O> = O extends { parameters: { query: infer Values } }
  ? { query: Values }
  : O extends { parameters: { query?: infer Values } }
    ? { query?: Values }
    : { query?: undefined };
export type Options<V extends Verb, Path extends PathOf<V>> = BodyOf<Operation<V, Path>> &
  PathParameters<Operation<V, Path>> &
  QueryParameters<Operation<V, Path>> & { key?: Attempt };
type Optional<T> = object extends T ? [options?: T] : [options: T];

/** The answer of a call. Throws `ApiProblem` and `NoConnection`. */
export async function call<V extends Verb, Path extends PathOf<V>>(
  verb: V,
  path: Path,
  ...[options]: Optional<Options<V, Path>>
): Promise<Success<Operation<V, Path>>> {
  const given = ((options as unknown) ?? {}) as {
    body?: unknown;
    path?: Record<string, string>;
    query?: Record<string, unknown>;
    key?: Attempt;
  };
  const token = session.token();
  const headers: Record<string, string> = { "Accept-Language": language.tag() };
  if (token !== null) headers["Authorization"] = `Bearer ${token}`;
  if (verb === "post") headers["Idempotency-Key"] = given.key?.keyFor(given.body) ?? newKey();
  let answer;
  try {
    answer = await platform.request({
      method: verb.toUpperCase() as "GET" | "POST" | "PUT" | "DELETE",
      url: platform.apiUrl + filled(path, given.path ?? {}) + queryString(given.query ?? {}),
      headers,
      body: given.body,
    });
  } catch (error) {
    throw new NoConnection(error);
  }
  if (answer.status >= 200 && answer.status < 300) {
    given.key?.ended(null);
    return answer.body as Success<Operation<V, Path>>;
  }
  const problem = isProblem(answer.body)
    ? new ApiProblem(answer.body, answer.headers["retry-after"] ?? null)
    : new NoConnection(answer.status);
  given.key?.ended(problem);
  if (problem instanceof ApiProblem && problem.status === 401 && token !== null) await session.lost(token);
  throw problem;
}

function filled(path: string, values: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}

function queryString(values: Record<string, unknown>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  if (pairs.length === 0) return "";
  return `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}

function isProblem(value: unknown): value is ProblemDocument {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value;
}

/** The idempotency key of one intention, kept until the API has decided about it: a repeated tap does nothing twice. */
export class Attempt {
  private key: string | null = null;
  private body = "";

  keyFor(body: unknown): string {
    const written = JSON.stringify(body ?? null);
    if (this.key === null || this.body !== written) this.key = newKey();
    this.body = written;
    return this.key;
  }

  ended(error: unknown): void {
    const undecided = isPassing(error) || (error instanceof ApiProblem && error.is("REQUEST_IN_PROGRESS"));
    if (!undecided) this.key = null;
  }
}

/** Unique, not secret: WeChat has no synchronous source of secure random numbers. */
function newKey(): string {
  const part = (): string =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return `${Date.now().toString(16).padStart(12, "0")}-${part()}${part()}`;
}
