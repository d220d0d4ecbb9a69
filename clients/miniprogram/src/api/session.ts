/** The session on this phone: the one thing that is stored on the device. */

import { reactive } from "vue";

import type { components } from "#shared/api";

import { platform } from "#platform";

const KEY = "session";

export type User = components["schemas"]["UserView"];
type Issued = components["schemas"]["IssuedSession"];

const state = reactive({
  token: null as string | null,
  user: null as User | null,
  /** True after the API ended a session that the person had not ended. */
  ended: false,
});

export const session = {
  state,
  token: (): string | null => state.token,
  /** Read what is stored; once, when the app starts. */
  async restore(): Promise<void> {
    state.token = await platform.storage.read(KEY);
  },
  async start(issued: Issued, user: User): Promise<void> {
    state.token = issued.token;
    state.user = user;
    state.ended = false;
    await platform.storage.write(KEY, issued.token);
  },
  async end(): Promise<void> {
    state.token = null;
    state.user = null;
    await platform.storage.remove(KEY);
  },
  /** The API does not know this token any more. A newer session stays. */
  async lost(token: string): Promise<void> {
    if (state.token !== token) return;
    await session.end();
    state.ended = true;
  },
};
