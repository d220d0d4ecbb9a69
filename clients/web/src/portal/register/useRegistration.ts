import { computed, type Ref } from "vue";
import { answer, api, useAction, useAnswer } from "../../api";
import { session, signedIn } from "../../session/session";
import type { NewRegistration } from "./draft";

const MINE = ["registrations"] as const;

export function useAgreement() {
  return useAnswer(["registration-agreement"], (signal) =>
    answer(api.GET("/institutions/registration-agreement", { signal })),
  );
}

export function useRegister() {
  return useAction(
    (body: NewRegistration, header) => answer(api.POST("/institutions/registrations", { params: { header }, body })),
    [MINE],
  );
}

/** The registrations of the person who is signed in, newest first. */
export function useMyRegistrations() {
  return useAnswer(
    () => [...MINE, session.token()],
    (signal) => answer(api.GET("/institutions/registrations", { params: { query: { limit: 50 } }, signal })),
    { enabled: computed(() => signedIn.value !== null) },
  );
}

/** One of them in full, with the contact. */
export function useMyRegistration(registrationId: Ref<string>) {
  return useAnswer(
    () => [...MINE, session.token(), registrationId.value],
    (signal) =>
      answer(
        api.GET("/institutions/registrations/{registration_id}", {
          params: { path: { registration_id: registrationId.value } },
          signal,
        }),
      ),
    { enabled: computed(() => signedIn.value !== null), staleTime: Number.POSITIVE_INFINITY },
  );
}

/** Whether a registration could be submitted: every wrong field at once, nothing written. */
export function useCheck() {
  return useAction((body: NewRegistration, header) =>
    answer(api.POST("/institutions/registrations/check", { params: { header }, body })),
  );
}

export function useAmend(registrationId: Ref<string>) {
  return useAction(
    (body: NewRegistration & { revision: number }) =>
      answer(
        api.PUT("/institutions/registrations/{registration_id}", {
          params: { path: { registration_id: registrationId.value } },
          body,
        }),
      ),
    [MINE],
  );
}

export function useAppeal(registrationId: Ref<string>) {
  return useAction(
    (comment: string, header) =>
      answer(
        api.POST("/institutions/registrations/{registration_id}/appeal", {
          params: { path: { registration_id: registrationId.value }, header },
          body: { comment },
        }),
      ),
    [MINE],
  );
}
