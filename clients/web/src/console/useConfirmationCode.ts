import type { Ref } from "vue";
import { answer, api, useAction, useAnswer } from "../api";

const KEY = "confirmation-code";

export function useConfirmationCode(institution: Ref<string>) {
  return useAnswer(
    () => [KEY, institution.value],
    (signal) =>
      answer(
        api.GET("/console/institutions/{institution_code}/confirmation-code", {
          params: { path: { institution_code: institution.value } },
          signal,
        }),
      ),
  );
}

/** Rotate the code; `true` also removes who joined with older ones. */
export function useRotate(institution: Ref<string>) {
  return useAction(
    (forgetOlder: boolean, header) =>
      answer(
        api.POST("/console/institutions/{institution_code}/confirmation-code", {
          params: { path: { institution_code: institution.value }, header },
          body: forgetOlder ? { forget_older: true } : {},
        }),
      ),
    [[KEY]],
  );
}

/** The name of an institution, for whoever has its code alone. */
export function useInstitution(institution: Ref<string>) {
  return useAnswer(
    () => ["institution", institution.value],
    (signal) =>
      answer(
        api.GET("/institutions/{institution_code}", {
          params: { path: { institution_code: institution.value } },
          signal,
        }),
      ),
    { staleTime: 600_000 },
  );
}
