import { useInfiniteQuery } from "@tanstack/vue-query";
import { computed, type Ref } from "vue";
import { answer, api, type components, queryClient, useAction, useAnswer } from "../../api";
import { language } from "../../language";

export type JobSummary = components["schemas"]["JobSummary"];
export type Job = components["schemas"]["JobView"];

/** A bulk job, asked for again as often as the API says until it is over. */
export function useJob(jobId: Ref<string>) {
  return useAnswer<Job>(
    () => ["job", jobId.value],
    (signal) => answer(api.GET("/console/jobs/{job_id}", { params: { path: { job_id: jobId.value } }, signal })),
    {
      refetchInterval: (query) => {
        const seconds = query.state.data?.poll_after_s;
        return seconds ? seconds * 1000 : false;
      },
    },
  );
}

export function useJobs() {
  const found = useInfiniteQuery(
    {
      queryKey: computed(() => ["jobs", language.value]),
      queryFn: ({ pageParam, signal }) =>
        answer(
          api.GET("/console/jobs", {
            params: { query: { limit: 20, ...(pageParam === null ? {} : { cursor: pageParam }) } },
            signal,
          }),
        ),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_cursor,
      refetchInterval: (query) =>
        query.state.data?.pages.some((page) => page.items.some((job) => job.poll_after_s !== null)) ? 5000 : false,
    },
    queryClient,
  );
  return { ...found, jobs: computed(() => found.data.value?.pages.flatMap((page) => page.items)) };
}

/** Everything that a job left as it was; asked for when somebody wants to see it. */
export function useSkipped(jobId: Ref<string>, wanted: Ref<boolean>) {
  const found = useInfiniteQuery(
    {
      queryKey: computed(() => ["job", jobId.value, "skipped", language.value]),
      queryFn: ({ pageParam, signal }) =>
        answer(
          api.GET("/console/jobs/{job_id}/skipped", {
            params: {
              path: { job_id: jobId.value },
              query: { limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) },
            },
            signal,
          }),
        ),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_cursor,
      enabled: wanted,
    },
    queryClient,
  );
  return { ...found, skipped: computed(() => found.data.value?.pages.flatMap((page) => page.items)) };
}

export function useCancelJob(jobId: Ref<string>) {
  return useAction<null, unknown>(
    () => answer(api.DELETE("/console/jobs/{job_id}", { params: { path: { job_id: jobId.value } } })),
    [["job"], ["jobs"], ["overview"], ["grants"]],
  );
}
