/** The queue of registrations, one of them with what to compare it with, and the decision about it. */

import { useInfiniteQuery } from "@tanstack/vue-query";
import { computed, type Ref } from "vue";
import { answer, api, type components, queryClient, useAction, useAnswer } from "../../api";
import { language } from "../../language";

type Schemas = components["schemas"];
export type RegistrationCase = Schemas["RegistrationView"];
export type RegistrationDecision = Schemas["RegistrationDecision"];
export type FormField = keyof Omit<Schemas["NewRegistration"], "agreement_version">;

const QUEUE = ["registration-queue"] as const;

export interface QueueFilters {
  readonly status: "pending" | "rejected" | "included";
  readonly query: string;
}

export function useRegistrationQueue(filters: Ref<QueueFilters>) {
  const found = useInfiniteQuery(
    {
      queryKey: computed(() => [...QUEUE, filters.value, language.value]),
      queryFn: ({ pageParam, signal }) =>
        answer(
          api.GET("/admin/institution-registrations", {
            params: {
              query: {
                limit: 50,
                status: filters.value.status,
                ...(filters.value.query ? { query: filters.value.query } : {}),
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

/** A registration with its contact. Each look is an event, so it is asked for once. */
export function useRegistrationCase(registrationId: Ref<string>, enabled: Ref<boolean>) {
  return useAnswer(
    () => ["registration", registrationId.value],
    (signal) =>
      answer(
        api.GET("/admin/institution-registrations/{registration_id}", {
          params: { path: { registration_id: registrationId.value } },
          signal,
        }),
      ),
    { enabled, staleTime: Number.POSITIVE_INFINITY },
  );
}

export function useClaimRegistration(registrationId: Ref<string>) {
  return useAction(
    (takeOver: boolean, header) =>
      answer(
        api.POST("/admin/institution-registrations/{registration_id}/claim", {
          params: { path: { registration_id: registrationId.value }, header },
          body: takeOver ? { take_over: true } : {},
        }),
      ),
    [QUEUE],
  );
}

export function useReleaseRegistration(registrationId: Ref<string>) {
  return useAction<null, unknown>(
    () =>
      answer(
        api.DELETE("/admin/institution-registrations/{registration_id}/claim", {
          params: { path: { registration_id: registrationId.value } },
        }),
      ),
    [QUEUE],
  );
}

export function useDecideRegistration(registrationId: Ref<string>) {
  return useAction(
    (body: RegistrationDecision, header) =>
      answer(
        api.POST("/admin/institution-registrations/{registration_id}/decision", {
          params: { path: { registration_id: registrationId.value }, header },
          body,
        }),
      ),
    [QUEUE, ["overview"]],
  );
}
