import { onScopeDispose, type Ref, ref, watch } from "vue";

/** A value that follows another one once that has been quiet for a while. */
export function refDebounced<Value>(source: Ref<Value>, quietMs: number): Ref<Value> {
  const follower = ref(source.value) as Ref<Value>;
  let timer: number | undefined;
  watch(source, (value) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (follower.value = value), quietMs);
  });
  onScopeDispose(() => window.clearTimeout(timer));
  return follower;
}
