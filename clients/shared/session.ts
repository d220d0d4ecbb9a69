/**
 * The session of this browser tab: in `sessionStorage`, because computers in hospitals are shared.
 *
 * Signing out in one tab signs out the others: the tabs of one site hear each other through a `BroadcastChannel`, which
 * carries the fact alone, never a token.
 */

export interface StoredSession {
  readonly token: string;
  readonly expiresAt: string;
}

/** Why a session of this tab is over. */
export type Ending = "signed_out" | "elsewhere" | "expired";

export interface SessionStore {
  current(): StoredSession | null;
  token(): string | null;
  start(session: StoredSession): void;
  /** End the session here; `signed_out` ends those of the other tabs too. */
  end(why: Ending): void;
  /** Hear when the session starts (null) or is over. Returns how to stop listening. */
  onChange(listener: (ending: Ending | null) => void): () => void;
}

export function sessionStore(name: string, storage: Storage = sessionStorage): SessionStore {
  const key = `health-talent.${name}`;
  const listeners = new Set<(ending: Ending | null) => void>();
  const channel = new BroadcastChannel(key);
  let stored = read(storage.getItem(key));

  function tell(ending: Ending | null): void {
    for (const listener of listeners) listener(ending);
  }
  function forget(ending: Ending): void {
    if (stored === null) return;
    stored = null;
    storage.removeItem(key);
    tell(ending);
  }
  channel.addEventListener("message", () => forget("elsewhere"));

  return {
    current: () => stored,
    token: () => stored?.token ?? null,
    start(session) {
      stored = { token: session.token, expiresAt: session.expiresAt };
      storage.setItem(key, JSON.stringify(stored));
      tell(null);
    },
    end(why) {
      if (why === "signed_out" && stored !== null) channel.postMessage("signed_out");
      forget(why);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function read(text: string | null): StoredSession | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    const session = value as Partial<StoredSession> | null;
    if (typeof session?.token === "string" && typeof session.expiresAt === "string")
      return { token: session.token, expiresAt: session.expiresAt };
  } catch {
    // Whatever another program left under this name is no session.
  }
  return null;
}
