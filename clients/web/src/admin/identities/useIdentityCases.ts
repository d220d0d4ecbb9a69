/** The queue of identity applications, one case on the review desk, and the decision about it. */

import { useInfiniteQuery } from "@tanstack/vue-query";
import { computed, type Ref } from "vue";
import { answer, api, type components, queryClient, useAction, useAnswer } from "../../api";
import { language } from "../../language";

type Schemas = components["schemas"];
export type QueueItem = Schemas["QueueItem"];
export type IdentityCase = Schemas["ApplicationView"];
export type CaseImage = Schemas["Image"];
export type Decision = Schemas["IdentityDecision"];

export interface CaseFilters {
  readonly status: "in_review" | "verified" | "rejected";
  readonly claimed: "mine" | "free" | null;
  readonly documentType: Schemas["DocumentType"] | null;
}

const QUEUE = ["identities"] as const;

export function useIdentityQueue(filters: Ref<CaseFilters>) {
  const found = useInfiniteQuery(
    {
      queryKey: computed(() => [...QUEUE, filters.value, language.value]),
      queryFn: ({ pageParam, signal }) =>
        answer(
          api.GET("/admin/identity-applications", {
            params: {
              query: {
                limit: 50,
                status: filters.value.status,
                ...(filters.value.claimed ? { claimed: filters.value.claimed } : {}),
                ...(filters.value.documentType ? { document_type: filters.value.documentType } : {}),
                ...(pageParam === null ? {} : { cursor: pageParam }),
              },
            },
            signal,
          }),
        ),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_cursor,
      refetchInterval: 30_000,
    },
    queryClient,
  );
  return {
    ...found,
    head: computed(() => found.data.value?.pages[0]),
    cases: computed(() => found.data.value?.pages.flatMap((page) => page.items) ?? []),
  };
}

/** Find cases of somebody who calls; what is looked for is in the body, never in an address. */
export function useFindCases() {
  return useAction((wanted: { name?: string; number?: string; phone?: string }, header) =>
    answer(api.POST("/admin/identity-applications/search", { params: { header }, body: { ...wanted, limit: 20 } })),
  );
}

/** A case with everything to compare. Each look is an event, so it is asked for once, not whenever the window is shown. */
export function useIdentityCase(userId: Ref<string>, enabled: Ref<boolean>) {
  return useAnswer(
    () => ["identity", userId.value],
    (signal) =>
      answer(
        api.GET("/admin/identity-applications/{user_id}", { params: { path: { user_id: userId.value } }, signal }),
      ),
    { enabled, staleTime: Number.POSITIVE_INFINITY },
  );
}

export function useClaimCase(userId: Ref<string>) {
  return useAction(
    (takeOver: boolean, header) =>
      answer(
        api.POST("/admin/identity-applications/{user_id}/claim", {
          params: { path: { user_id: userId.value }, header },
          body: takeOver ? { take_over: true } : {},
        }),
      ),
    [QUEUE],
  );
}

export function useReleaseCase(userId: Ref<string>) {
  return useAction<null, unknown>(
    () =>
      answer(
        api.DELETE("/admin/identity-applications/{user_id}/claim", { params: { path: { user_id: userId.value } } }),
      ),
    [QUEUE],
  );
}

/** Fresh links to the images of a claimed case. */
export function renewLinks(userId: string): Promise<CaseImage[]> {
  return answer(
    api.POST("/admin/identity-applications/{user_id}/image-links", { params: { path: { user_id: userId } } }),
  ).then((links) => links.images);
}

export function useDecideCase(userId: Ref<string>) {
  return useAction(
    (body: Decision, header) =>
      answer(
        api.POST("/admin/identity-applications/{user_id}/decision", {
          params: { path: { user_id: userId.value }, header },
          body,
        }),
      ),
    [QUEUE, ["overview"]],
  );
}
