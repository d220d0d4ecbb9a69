import { computed } from "vue";
import { answer, api, useAnswer } from "../api";
import { session, signedIn } from "./session";

const roles = new Set<string>();

/** Whether the person had a role here at some time since this page was loaded: refused now, it has ended meanwhile. */
export function hadRole(business: string, institution: string): boolean {
  return roles.has(`${business} ${institution}`);
}

/** Who is signed in, as the API sees them now. */
export function useMe() {
  return useAnswer(
    () => ["me", session.token()],
    async (signal) => {
      const me = await answer(api.GET("/auth/me", { signal }));
      for (const role of me.user.roles) roles.add(`${role.business} ${role.institution_code}`);
      return me;
    },
    { enabled: computed(() => signedIn.value !== null), staleTime: 60_000 },
  );
}
