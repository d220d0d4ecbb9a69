/** What the person came for before they had to sign in: a scanned code of the console, or nothing. */

import { goHome, replace } from "./navigation";

let waiting: string | null = null;

export function resumeWith(page: string): void {
  waiting = page;
}

/** Go on after signing in. */
export function resume(): void {
  const page = waiting;
  waiting = null;
  if (page === null) goHome();
  else replace(page);
}
