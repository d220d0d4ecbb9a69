/** A code that was received: what it is for, the face check, and what came of it. The same for grants and invitations. */

import { ref, shallowRef } from "vue";

import { foldCode } from "#shared/documents";

import { Attempt } from "../api/client";
import { useTask } from "../components/useTask";
import { faceCheck, type FaceRequest } from "../flow/face";

const CODE_LENGTH = 16;

interface Steps<Preview, Done> {
  /** What to say about a code that is not whole. */
  readonly incomplete: () => string;
  look(code: string): Promise<Preview>;
  readonly face: (code: string) => FaceRequest;
  finish(code: string, faceCheckId: string, key: Attempt): Promise<Done>;
}

export function useCode<Preview, Done>(steps: Steps<Preview, Done>) {
  const { busy, problem, run } = useTask();
  const attempt = new Attempt();
  const code = ref("");
  const error = ref<string | null>(null);
  const preview = shallowRef<Preview | null>(null);
  const done = shallowRef<Done | null>(null);

  async function look(): Promise<void> {
    error.value = foldCode(code.value).length === CODE_LENGTH ? null : steps.incomplete();
    if (error.value !== null) return;
    await run(async () => {
      preview.value = await steps.look(code.value);
    });
  }

  async function finish(): Promise<void> {
    const id = await faceCheck(steps.face(code.value));
    if (id === null) return;
    await run(async () => {
      done.value = await steps.finish(code.value, id, attempt);
    });
  }

  return { busy, problem, code, error, preview, done, look, finish };
}
