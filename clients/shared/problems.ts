/**
 * What can go wrong with a call, as errors that a page can act on.
 *
 *     ApiProblem    the API answered with a problem document (RFC 9457): a stable code, a sentence for the person, fields
 *     NoConnection  no answer arrived: offline, a network that drops, or an answer that is not ours
 */

import type { components } from "./api.js";

export type ProblemCode = components["schemas"]["ProblemCode"];
export type FieldCode = components["schemas"]["FieldCode"];
export type ProblemDocument = components["schemas"]["Problem"];

/** One wrong field: its name in the request, and one sentence that says what to do. */
export interface FieldProblem {
  readonly field: string;
  readonly code: FieldCode;
  readonly detail: string;
}

export class ApiProblem extends Error {
  readonly code: ProblemCode;
  readonly fields: readonly FieldProblem[];
  readonly status: number;
  /** Tries that are left before a limit is reached; null where nothing is counted. */
  readonly attemptsLeft: number | null;
  /** Seconds after which it makes sense to try again; null when the API did not say. */
  readonly retryAfterS: number | null;

  constructor(
    readonly document: ProblemDocument,
    retryAfter: string | null,
  ) {
    super(document.detail);
    this.name = "ApiProblem";
    this.code = document.code;
    this.fields = document.errors ?? [];
    this.status = document.status;
    this.attemptsLeft = document.attempts_left ?? null;
    this.retryAfterS = seconds(retryAfter);
  }

  is(...codes: readonly ProblemCode[]): boolean {
    return codes.includes(this.code);
  }
}

export class NoConnection extends Error {
  constructor(cause?: unknown) {
    super("no connection", { cause });
    this.name = "NoConnection";
  }
}

/** Whether the same call may succeed by itself later: nothing arrived, or a service behind the API was busy. */
export function isPassing(error: unknown): boolean {
  return error instanceof NoConnection || (error instanceof ApiProblem && error.status >= 500);
}

/** Whether the session behind the call is over, for whatever reason. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 401;
}

function seconds(header: string | null): number | null {
  const value = header === null ? Number.NaN : Number(header);
  return Number.isFinite(value) && value >= 0 ? value : null;
}
