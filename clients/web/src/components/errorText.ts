import { ApiProblem, NoConnection } from "../../../shared/problems.js";
import { common } from "./text";

/** What to tell the person about an error: the API's own sentence, or ours where no answer arrived. */
export function errorText(error: unknown): string {
  if (error instanceof ApiProblem) {
    if (error.retryAfterS !== null && error.retryAfterS >= 60)
      return `${error.message} ${common.value.againInMinutes(Math.ceil(error.retryAfterS / 60))}`;
    if (error.retryAfterS !== null && error.status === 429)
      return `${error.message} ${common.value.againInSeconds(Math.max(1, Math.ceil(error.retryAfterS)))}`;
    return error.message;
  }
  if (error instanceof NoConnection) return navigator.onLine ? common.value.noAnswer : common.value.offline;
  return common.value.unexpected;
}
