import { watch } from "vue";
import { useRoute, useRouter } from "vue-router";
import { signedIn } from "../session/session";

/** Lead to the sign-in, and back here afterwards, while nobody is signed in. */
export function useSignInFirst(): void {
  const route = useRoute();
  const router = useRouter();
  watch(
    signedIn,
    (now) => {
      if (now === null) void router.replace({ name: "sign-in", query: { to: route.fullPath } });
    },
    { immediate: true },
  );
}
