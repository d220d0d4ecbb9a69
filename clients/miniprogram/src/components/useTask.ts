/** One piece of work of a page: whether it runs, and what went wrong the last time. */

import { ref, shallowRef } from "vue";

export function useTask() {
  const busy = ref(false);
  const problem = shallowRef<unknown>(null);

  /** Do the work unless it runs already. True when it succeeded. */
  async function run(work: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    problem.value = null;
    try {
      await work();
      return true;
    } catch (error) {
      problem.value = error;
      return false;
    } finally {
      busy.value = false;
    }
  }

  return { busy, problem, run };
}
