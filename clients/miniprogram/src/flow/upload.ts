/**
 * Send a photo with the form that the API gave for it. A lost network keeps the form: the same call goes on with it while
 * it is valid.
 */

import type { components } from "#shared/api";
import { platform } from "#platform";
import type { Photo } from "#platform-types";

export type UploadForm = components["schemas"]["Upload"];

export function send(form: UploadForm, photo: Photo, progress: (percent: number) => void): Promise<void> {
  return platform.upload({ url: form.url, fields: form.fields as Record<string, string> }, photo, progress);
}
