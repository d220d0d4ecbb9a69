import { shallowRef } from "vue";
import { answer, api, type components, useAction } from "../api";

type Asked = { supervisor_code: string; name: string };

/** The status of a registration, for anybody who knows the supervisor and the full name. */
export function useStatus() {
  const result = shallowRef<components["schemas"]["PublicStatus"] | null>(null);
  const action = useAction(async (query: Asked) => {
    result.value = null;
    result.value = await answer(api.GET("/institutions/registration-status", { params: { query } }));
    return result.value;
  });
  return { ...action, result };
}
