import { computed } from "vue";
import { answer, api, useAnswer } from "../api";
import { session, signedIn } from "./session";

/** Who is signed in, as the API sees them now. */
export function useMe() {
  return useAnswer(
    () => ["me", session.token()],
    (signal) => answer(api.GET("/auth/me", { signal })),
    { enabled: computed(() => signedIn.value !== null), staleTime: 60_000 },
  );
}
