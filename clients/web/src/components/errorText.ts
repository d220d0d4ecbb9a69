import { ApiProblem, NoConnection } from "../../../shared/problems.js";
import { common } from "./text";
import { dateTime } from "./times";

/** What to tell the person about an error: the API's own sentence, or ours where no answer arrived. */
export function errorText(error: unknown): string {
  if (error instanceof ApiProblem) {
    if (error.attemptsLeft !== null && error.attemptsLeft > 0)
      return `${error.message} ${common.value.triesLeft(error.attemptsLeft)}`;
    if (error.document.retry_at) return `${error.message} ${common.value.retryAt(dateTime(error.document.retry_at))}`;
    if (error.retryAfterS !== null && error.retryAfterS >= 60)
      return `${error.message} ${common.value.againInMinutes(Math.ceil(error.retryAfterS / 60))}`;
    if (error.retryAfterS !== null && error.status === 429)
      return `${error.message} ${common.value.againInSeconds(Math.max(1, Math.ceil(error.retryAfterS)))}`;
    return error.message;
  }
  if (error instanceof NoConnection) return navigator.onLine ? common.value.noAnswer : common.value.offline;
  return common.value.unexpected;
}
