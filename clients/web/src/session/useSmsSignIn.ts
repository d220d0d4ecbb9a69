import { onScopeDispose, ref } from "vue";
import { answer, api, useAction } from "../api";
import { session } from "./session";

/** Signing in to the portal: ask for a code, wait before the next one, send it back. */
export function useSmsSignIn() {
  const challengeId = ref<string | null>(null);
  const waitS = ref(0);
  let timer: number | undefined;

  const send = useAction(async (phone: string, header) => {
    const issued = await answer(
      api.POST("/auth/sms-codes", { params: { header }, body: { phone, purpose: "sign_in" } }),
    );
    challengeId.value = issued.challenge_id;
    wait(issued.resend_after_s);
    return issued;
  });
  const confirm = useAction(async ({ phone, code }: { phone: string; code: string }, header) => {
    const signedIn = await answer(
      api.POST("/auth/phone-logins", {
        params: { header },
        body: { challenge_id: challengeId.value ?? "", phone, code, client: "portal" },
      }),
    );
    session.start({ token: signedIn.session.token, expiresAt: signedIn.session.expires_at });
    return signedIn;
  });

  function wait(seconds: number): void {
    const until = Date.now() + seconds * 1000;
    window.clearInterval(timer);
    const tick = () => {
      waitS.value = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      if (waitS.value === 0) window.clearInterval(timer);
    };
    tick();
    timer = window.setInterval(tick, 1000);
  }
  function startAgain(): void {
    challengeId.value = null;
    send.clear();
    confirm.clear();
  }
  onScopeDispose(() => window.clearInterval(timer));
  return { challengeId, waitS, send, confirm, startAgain };
}
