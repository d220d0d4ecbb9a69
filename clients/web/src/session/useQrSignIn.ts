/**
 * Signing in by QR code, as the PC lives it: one code after another, polled until its end.
 *
 *     starting → created → scanned → in
 *                   ↘ denied | expired
 *
 * Polling waits as long as the API says, longer each time while it cannot be reached (the code stays on the screen),
 * and not at all while the tab is hidden. A code that expires is renewed twice by itself while somebody can see it.
 */

import { computed, onScopeDispose, ref, shallowRef } from "vue";
import { ApiProblem, isPassing } from "../../../shared/problems.js";
import { answer, api, type components } from "../api";
import { session } from "./session";

type Ticket = components["schemas"]["IssuedQrLogin"];
type Polled = components["schemas"]["PolledQrLogin"];
export type QrState = "starting" | "created" | "scanned" | "denied" | "expired" | "in" | "failed";

const RENEWALS = 2;
const MAX_WAIT_S = 20;

export function useQrSignIn(signedIn: () => void) {
  const ticket = shallowRef<Ticket | null>(null);
  const state = ref<QrState>("starting");
  const deniedBecause = ref<string | null>(null);
  const unreachable = ref(false);
  const error = shallowRef<Error | null>(null);
  const leftS = ref(0);
  let renewals = 0;
  let timer: number | undefined;
  let ticker: number | undefined;
  let waitS = 2;
  let round = 0;

  async function start(): Promise<void> {
    const mine = ++round;
    window.clearTimeout(timer);
    window.clearInterval(ticker);
    state.value = "starting";
    deniedBecause.value = null;
    error.value = null;
    unreachable.value = false;
    try {
      const issued = await answer(api.POST("/auth/qr-logins"));
      if (mine !== round) return;
      ticket.value = issued;
      state.value = "created";
      waitS = issued.poll_interval_s;
      count();
      ticker = window.setInterval(count, 1000);
      pollLater(waitS);
    } catch (failure) {
      if (mine !== round) return;
      ticket.value = null;
      state.value = "failed";
      error.value = failure as Error;
    }
  }

  function count(): void {
    if (ticket.value === null) return;
    leftS.value = Math.max(0, Math.ceil((new Date(ticket.value.expires_at).getTime() - Date.now()) / 1000));
    if (leftS.value === 0 && (state.value === "created" || state.value === "scanned")) expire();
  }
  function expire(): void {
    finish("expired");
    if (renewals < RENEWALS && document.visibilityState === "visible") {
      renewals += 1;
      void start();
    }
  }
  function finish(ended: QrState): void {
    state.value = ended;
    window.clearTimeout(timer);
    window.clearInterval(ticker);
  }

  function pollLater(seconds: number): void {
    window.clearTimeout(timer);
    if (document.visibilityState === "visible") timer = window.setTimeout(() => void poll(), seconds * 1000);
  }
  async function poll(): Promise<void> {
    const mine = round;
    const current = ticket.value;
    if (current === null) return;
    try {
      const polled = await answer(
        api.GET("/auth/qr-logins/{qr_login_id}", {
          params: { path: { qr_login_id: current.qr_login_id }, header: { "X-Poll-Secret": current.poll_secret } },
        }),
      );
      if (mine !== round) return;
      unreachable.value = false;
      heard(polled, current);
    } catch (failure) {
      if (mine === round) missed(failure);
    }
  }
  function heard(polled: Polled, current: Ticket): void {
    if (polled.session) {
      finish("in");
      session.start({ token: polled.session.token, expiresAt: polled.session.expires_at });
      signedIn();
    } else if (polled.status === "denied") {
      deniedBecause.value = polled.denied_because ?? null;
      finish("denied");
    } else if (polled.status === "expired" || polled.status === "exchanged") {
      expire();
    } else {
      state.value = polled.status === "created" ? "created" : "scanned";
      waitS = Math.max(waitS, current.poll_interval_s);
      pollLater(waitS);
    }
  }
  function missed(failure: unknown): void {
    if (failure instanceof ApiProblem && failure.is("SLOW_DOWN")) {
      waitS = Math.max(waitS, failure.retryAfterS ?? waitS + 5);
      pollLater(waitS);
    } else if (isPassing(failure) || (failure instanceof ApiProblem && failure.status === 429)) {
      unreachable.value = isPassing(failure);
      waitS = Math.min(MAX_WAIT_S, waitS * 2);
      pollLater(waitS);
    } else {
      expire(); // it is not there any more
    }
  }

  function look(): void {
    if (document.visibilityState !== "visible") window.clearTimeout(timer);
    else if (state.value === "created" || state.value === "scanned") pollLater(ticket.value?.poll_interval_s ?? waitS);
  }
  document.addEventListener("visibilitychange", look);
  onScopeDispose(() => {
    round += 1;
    document.removeEventListener("visibilitychange", look);
    window.clearTimeout(timer);
    window.clearInterval(ticker);
  });
  void start();

  return {
    ticket,
    state,
    deniedBecause,
    unreachable,
    error,
    minutesLeft: computed(() => Math.floor(leftS.value / 60)),
    secondsLeft: computed(() => leftS.value % 60),
    /** A new code, because the person asked for one. */
    renew(): void {
      renewals = 0;
      void start();
    },
  };
}
