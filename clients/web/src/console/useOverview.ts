import { answer, api, useAnswer } from "../api";

/** What the console's home shows: places with counts, jobs under way, what waits for an administrator. */
export function useOverview() {
  return useAnswer(["overview"], (signal) => answer(api.GET("/console/overview", { signal })), {
    refetchInterval: 60_000,
  });
}
