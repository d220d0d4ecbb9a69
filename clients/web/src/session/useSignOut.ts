import { useRouter } from "vue-router";
import { session } from "./session";

/** Sign out here and in the other tabs, also when the API cannot be reached: then the session ends by itself later. */
export function useSignOut(destination: string): () => Promise<void> {
  const router = useRouter();
  return async () => {
    // Loaded when it is needed: the portal's first page is there before the API client.
    const { answer, api, queryClient } = await import("../api");
    await answer(api.DELETE("/auth/session")).catch(() => undefined);
    session.end("signed_out");
    queryClient.clear();
    await router.push(destination);
  };
}
