import type { Ref } from "vue";
import { answer, api, useAnswer } from ".";

const HOUR_MS = 3_600_000;

/** What forms offer and pages name: categories, documents, nationalities, reasons, limits. */
export function useReference() {
  return useAnswer(["reference"], (signal) => answer(api.GET("/reference", { signal })), { staleTime: HOUR_MS });
}

/** The regions directly below one; null for the provinces. */
export function useRegions(parent: Ref<string | null>, enabled: Ref<boolean>) {
  return useAnswer(
    () => ["regions", parent.value],
    (signal) =>
      answer(
        api.GET("/reference/regions", { params: { query: parent.value ? { parent: parent.value } : {} }, signal }),
      ),
    { staleTime: HOUR_MS, enabled },
  );
}
