import { answer, api, useAnswer } from "../api";

/** The businesses, by code. */
export function useBusinesses() {
  return useAnswer(["businesses"], (signal) =>
    answer(api.GET("/businesses", { params: { query: { limit: 50 } }, signal })),
  );
}
