/**
 * A face check as one step of something else: `await faceCheck({purpose: "account"})`.
 *
 * Opens the page of the check and returns the id of the passed check, or null when the person went back. One at a time.
 */

import type { components } from "#shared/api";

import { go, pages } from "./navigation";

export type FaceRequest = components["schemas"]["NewFaceCheck"];

interface Open {
  readonly request: FaceRequest;
  readonly settle: (id: string | null) => void;
}

let open: Open | null = null;

export function faceCheck(request: FaceRequest): Promise<string | null> {
  open?.settle(null);
  return new Promise((resolve) => {
    open = { request, settle: resolve };
    go(pages.face);
  });
}

/** A face check that makes this session `full` for twelve hours. */
export async function confirmSession(): Promise<boolean> {
  return (await faceCheck({ purpose: "session" })) !== null;
}

/** What the page of the check is to do; null when it was opened without a reason. */
export function requested(): FaceRequest | null {
  return open?.request ?? null;
}

export function finished(id: string | null): void {
  open?.settle(id);
  open = null;
}
