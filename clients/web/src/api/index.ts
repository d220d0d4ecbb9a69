/**
 * The one API client of these pages, and how server state is asked for and changed.
 *
 * `useAnswer` reads (cached, repeated when the network comes back), `useAction` changes: it knows whether it is under
 * way, keeps the error for the page, and repeats under the same idempotency key while the outcome is unknown.
 *
 * The query client is passed on by hand instead of being a plugin of the app: the portal's first page needs neither it
 * nor the API, and loads both when somebody searches.
 */

import { QueryClient, type QueryKey, useQuery } from "@tanstack/vue-query";
import { type MaybeRefOrGetter, computed, ref, type Ref, shallowRef } from "vue";
import { type Api, answer, Attempt, createApi } from "../../../shared/client.js";
import { ApiProblem, isPassing } from "../../../shared/problems.js";
import { language } from "../language";
import { session } from "../session/session";

export { answer };
export type { components } from "../../../shared/api.js";

export const api: Api = createApi({
  baseUrl: "/api",
  language: () => language.value,
  token: () => session.token(),
  sessionEnded: (token) => {
    if (token === session.token()) session.end("expired");
  },
});

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // An offline page says so by itself; a request that cannot succeed is an error like any other.
      networkMode: "always",
      refetchOnReconnect: true,
      staleTime: 15_000,
      retry: (failures, error) => isPassing(error) && failures < 2,
      retryDelay: (failures, error) =>
        (error instanceof ApiProblem && error.retryAfterS !== null ? error.retryAfterS : 2 ** failures) * 500,
    },
  },
});

// Hears when the window is looked at again and when the network is back, as the plugin would do it.
queryClient.mount();

interface AnswerOptions<Data> {
  readonly enabled?: Ref<boolean>;
  readonly staleTime?: number;
  /** Milliseconds until the next request, or false for none. */
  readonly refetchInterval?: number | ((query: { state: { data: Data | undefined } }) => number | false);
}

/** What the API answers under a key. Texts of answers are of a language, so the language is part of each key. */
export function useAnswer<Data>(
  key: MaybeRefOrGetter<QueryKey>,
  ask: (signal: AbortSignal) => Promise<Data>,
  options: AnswerOptions<Data> = {},
) {
  const queryKey = computed(() => [...resolve(key), language.value]);
  return useQuery<Data, Error, Data, QueryKey>(
    { ...(options as object), queryKey, queryFn: ({ signal }) => ask(signal) },
    queryClient,
  );
}

function resolve(key: MaybeRefOrGetter<QueryKey>): QueryKey {
  if (typeof key === "function") return key();
  return "value" in key ? (key as Ref<QueryKey>).value : (key as QueryKey);
}

export interface Action<Input, Data> {
  /** Do it; the answer, or null when it failed (`error` then says why) or is already under way. */
  run(input: Input): Promise<Data | null>;
  readonly busy: Ref<boolean>;
  readonly error: Ref<Error | null>;
  clear(): void;
}

type KeyHeader = { "Idempotency-Key": string };

/** Something a person does: once at a time. `changes` names the answers that are no longer true afterwards. */
export function useAction<Input, Data>(
  act: (input: Input, header: KeyHeader) => Promise<Data>,
  changes: readonly QueryKey[] = [],
): Action<Input, Data> {
  const attempt = new Attempt();
  const busy = ref(false);
  const error = shallowRef<Error | null>(null);

  async function run(input: Input): Promise<Data | null> {
    if (busy.value) return null;
    busy.value = true;
    error.value = null;
    try {
      const data = await act(input, attempt.header(input));
      attempt.ended(null);
      await Promise.all(changes.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
      return data;
    } catch (failure) {
      attempt.ended(failure);
      error.value = failure as Error;
      return null;
    } finally {
      busy.value = false;
    }
  }
  return { run, busy, error, clear: () => (error.value = null) };
}
