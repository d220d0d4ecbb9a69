import { useInfiniteQuery } from "@tanstack/vue-query";
import { computed, type Ref } from "vue";
import { answer, api, type components, queryClient } from "../../api";
import { language } from "../../language";
import { isSearchable } from "./isSearchable";

export type Institution = components["schemas"]["InstitutionSummary"];

/** The directory, page after page; asks only when the query has two characters. */
export function useInstitutionSearch(query: Ref<string>, limit = 20) {
  const found = useInfiniteQuery(
    {
      queryKey: computed(() => ["institutions", query.value, limit, language.value]),
      queryFn: ({ pageParam, signal }) =>
        answer(
          api.GET("/institutions", {
            params: { query: { query: query.value, limit, ...(pageParam === null ? {} : { cursor: pageParam }) } },
            signal,
          }),
        ),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_cursor,
      enabled: computed(() => isSearchable(query.value)),
    },
    queryClient,
  );
  return {
    ...found,
    institutions: computed(() => found.data.value?.pages.flatMap((page) => page.items)),
    isMissing: computed(() => found.data.value?.pages[0]?.registration !== undefined),
  };
}
