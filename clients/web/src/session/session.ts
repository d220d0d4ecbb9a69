/** The session of this tab; portal and console have one each, since they are for different things. */

import { shallowRef } from "vue";
import { type Ending, sessionStore, type StoredSession } from "../../../shared/session.js";

const entry = location.pathname.startsWith("/console") ? "console" : "portal";

export const session = sessionStore(entry);

/** The session as state that pages show; null when nobody is signed in. */
export const signedIn = shallowRef<StoredSession | null>(session.current());
/** Why the last session ended, until the next one starts. */
export const ended = shallowRef<Ending | null>(null);

session.onChange((ending) => {
  signedIn.value = session.current();
  ended.value = ending;
});
