/** The grants below an institution, one grant, and what can be done with them. */

import { useInfiniteQuery } from "@tanstack/vue-query";
import { computed, type Ref } from "vue";
import { answer, api, type components, queryClient, useAction, useAnswer } from "../../api";
import { language } from "../../language";

type Schemas = components["schemas"];
export type ChildGrant = Schemas["ChildGrant"];
export type ChildGrantPage = Schemas["ChildGrantPage"];
export type GrantDetails = Schemas["GrantDetails"];
export type Status = ChildGrant["status"];
export type Order = "code" | "name" | "status";

/** Where grants are: one business, below one institution. `root` stands for the institutions without a supervisor. */
export interface Place {
  readonly business: string;
  readonly supervisor: string;
}
export interface Filters {
  readonly query: string;
  readonly status: readonly Status[];
  readonly order: Order;
}

const GRANTS = ["grants"] as const;
/** What changes when a grant does: lists, the grant itself with its history, the counts of the home page. */
const CHANGES = [GRANTS, ["grant"], ["overview"], ["jobs"]] as const;
const PAGE = 50;

export function useChildGrants(place: Ref<Place>, filters: Ref<Filters>) {
  const found = useInfiniteQuery(
    {
      queryKey: computed(() => [...GRANTS, place.value, filters.value, language.value]),
      queryFn: ({ pageParam, signal }) =>
        answer(
          api.GET("/console/grants", {
            params: {
              query: {
                business: place.value.business,
                supervisor: place.value.supervisor,
                limit: PAGE,
                order: filters.value.order,
                ...(filters.value.query ? { query: filters.value.query } : {}),
                ...(filters.value.status.length ? { status: [...filters.value.status] } : {}),
                ...(pageParam === null ? {} : { cursor: pageParam }),
              },
            },
            signal,
          }),
        ),
      initialPageParam: null as string | null,
      getNextPageParam: (page: ChildGrantPage) => page.next_cursor,
      placeholderData: (previous) => previous,
    },
    queryClient,
  );
  return {
    ...found,
    /** The first page, which has the header of the list. */
    head: computed(() => found.data.value?.pages[0]),
    grants: computed(() => found.data.value?.pages.flatMap((page) => page.items) ?? []),
  };
}

export function useGrant(business: Ref<string>, institution: Ref<string>) {
  return useAnswer(
    () => ["grant", business.value, institution.value],
    (signal) =>
      answer(
        api.GET("/console/grants/{business}/{institution_code}", {
          params: { path: { business: business.value, institution_code: institution.value } },
          signal,
        }),
      ),
  );
}

export function useGrantHistory(business: Ref<string>, institution: Ref<string>) {
  const found = useInfiniteQuery(
    {
      queryKey: computed(() => ["grant", business.value, institution.value, "history", language.value]),
      queryFn: ({ pageParam, signal }) =>
        answer(
          api.GET("/console/grants/{business}/{institution_code}/history", {
            params: {
              path: { business: business.value, institution_code: institution.value },
              query: { limit: 20, ...(pageParam === null ? {} : { cursor: pageParam }) },
            },
            signal,
          }),
        ),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_cursor,
    },
    queryClient,
  );
  return { ...found, events: computed(() => found.data.value?.pages.flatMap((page) => page.items)) };
}

interface Target {
  readonly business: string;
  readonly institution: string;
  /** Why an administrator acts in the superior's place. */
  readonly reason?: string;
}
const because = (target: { readonly reason?: string }) => (target.reason ? { reason: target.reason } : {});

export function useIssueCode() {
  return useAction(
    (target: Target, header) =>
      answer(
        api.POST("/console/grants/{business}/{institution_code}/code", {
          params: { path: { business: target.business, institution_code: target.institution }, header },
          body: because(target),
        }),
      ),
    CHANGES,
  );
}

export function useGrantDirectly() {
  return useAction(
    (target: Target & { name: string; number: string; nationality: string | null }, header) =>
      answer(
        api.POST("/console/grants/{business}/{institution_code}/direct-grant", {
          params: { path: { business: target.business, institution_code: target.institution }, header },
          body: {
            name: target.name,
            number: target.number,
            ...(target.nationality ? { nationality: target.nationality } : {}),
            ...because(target),
          },
        }),
      ),
    CHANGES,
  );
}

export function useRevoke() {
  return useAction(
    (target: Target) =>
      answer(
        api.DELETE("/console/grants/{business}/{institution_code}", {
          params: {
            path: { business: target.business, institution_code: target.institution },
            query: because(target),
          },
        }),
      ),
    CHANGES,
  );
}

export type BulkKind = "code" | "revocation" | "export";
export interface BulkRequest extends Place {
  readonly kind: BulkKind;
  readonly institutions?: readonly string[];
  readonly format?: "xlsx" | "csv";
  readonly reason?: string;
}

/** Start a bulk job; its ticket. */
export function useBulk() {
  return useAction(async (wanted: BulkRequest, header) => {
    const params = { path: { business: wanted.business }, header };
    const body = {
      supervisor: wanted.supervisor,
      ...(wanted.institutions ? { institutions: [...wanted.institutions] } : {}),
      ...because(wanted),
    };
    switch (wanted.kind) {
      case "code":
        return answer(api.POST("/console/grants/{business}/code-jobs", { params, body }));
      case "revocation":
        return answer(api.POST("/console/grants/{business}/revocation-jobs", { params, body }));
      case "export":
        return answer(
          api.POST("/console/grants/{business}/export-jobs", {
            params,
            body: { ...body, format: wanted.format ?? "xlsx" },
          }),
        );
    }
  }, CHANGES);
}
