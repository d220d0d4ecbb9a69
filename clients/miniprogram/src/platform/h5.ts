/**
 * The browser: used for the local run and for tests.
 *
 * There is no WeChat in a browser. Signing in "by WeChat" asks for the name of a demo user, whom the local run's
 * stand-in for WeChat knows as `local-<name>`; the real WeChat refuses such a code.
 */

import {
  ConnectionLost,
  type HttpAnswer,
  type HttpCall,
  MAX_PHOTO_BYTES,
  MAX_PHOTO_SIDE,
  NotPermitted,
  type Photo,
  type Pixels,
  type Platform,
  UnreadablePhoto,
  type UploadForm,
  UploadRefused,
} from "./platform";

const REQUEST_TIMEOUT_MS = 30_000;
const DEMO_USER = "health-talent.demo-user";

async function request(call: HttpCall): Promise<HttpAnswer> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  let response: Response;
  let text: string;
  try {
    response = await fetch(call.url, {
      method: call.method,
      headers: body === undefined ? { ...call.headers } : { ...call.headers, "Content-Type": "application/json" },
      body,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    throw new ConnectionLost(String(error));
  }
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => (headers[name.toLowerCase()] = value));
  return { status: response.status, headers, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined; // not ours: the caller treats an answer without a problem document as a lost connection
  }
}

async function upload(form: UploadForm, photo: Photo, progress: (percent: number) => void): Promise<void> {
  const content = await (await fetch(photo.path)).blob();
  const data = new FormData();
  for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
  data.append("file", content, "photo");
  const status = await new Promise<number>((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", form.url);
    // Listening to the progress of an upload to another origin makes the browser ask for permission first.
    if (new URL(form.url, location.href).origin === location.origin)
      sending.upload.onprogress = (event) => progress(Math.round((100 * event.loaded) / event.total));
    sending.onload = () => resolve(sending.status);
    sending.onerror = () => reject(new ConnectionLost("upload"));
    sending.send(data);
  });
  if (status >= 500) throw new ConnectionLost(`upload: ${status}`);
  if (status >= 300) throw new UploadRefused(String(status));
}

function wechatCode(): Promise<string> {
  const asked = new URLSearchParams(location.search).get("wechat");
  const name =
    asked ?? prompt("本地演示：请输入演示用户名（小写字母） / Local demo: name of the user", remembered() ?? "zhang");
  if (name === null || name.trim() === "") return Promise.reject(new NotPermitted("no demo user"));
  sessionStorage.setItem(DEMO_USER, name.trim());
  return Promise.resolve(`local-${name.trim()}`);
}

function remembered(): string | null {
  return sessionStorage.getItem(DEMO_USER);
}

function choosePhoto(source: "album" | "camera"): Promise<Photo | null> {
  return new Promise((resolve, reject) => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = "image/*";
    if (source === "camera") input.capture = "environment";
    input.hidden = true;
    input.addEventListener("cancel", () => done(null));
    input.addEventListener("change", () => done(input.files?.[0] ?? null));
    document.body.append(input);
    input.click();

    function done(file: File | null): void {
      input.remove();
      if (file === null) return resolve(null);
      prepare(URL.createObjectURL(file)).then(resolve, reject);
    }
  });
}

/** Redrawn in any case: a browser turns the picture upright, and HEIC becomes JPEG where the browser can read it. */
async function prepare(path: string): Promise<Photo> {
  const image = await loaded(path);
  const shrink = Math.min(1, MAX_PHOTO_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = drawn(image, shrink);
  for (const quality of [0.92, 0.85, 0.75, 0.6]) {
    const content = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (content === null) break;
    if (content.size <= MAX_PHOTO_BYTES || quality === 0.6)
      return {
        path: URL.createObjectURL(content),
        size: content.size,
        width: canvas.width,
        height: canvas.height,
      };
  }
  throw new UnreadablePhoto();
}

async function pixels(path: string, side: number): Promise<Pixels> {
  const image = await loaded(path);
  const canvas = drawn(image, Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight)));
  return context(canvas).getImageData(0, 0, canvas.width, canvas.height);
}

async function loaded(path: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = path;
  try {
    await image.decode();
  } catch {
    throw new UnreadablePhoto();
  }
  return image;
}

function drawn(image: HTMLImageElement, scale: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  context(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const found = canvas.getContext("2d", { willReadFrequently: true });
  if (found === null) throw new UnreadablePhoto();
  return found;
}

export const platform: Platform = {
  name: "h5",
  apiUrl: "/api",
  request,
  upload,
  wechatCode,
  wechatFaceCheck: null,
  choosePhoto,
  prepare,
  pixels,
  scanCode: null,
  async openLink(url) {
    window.open(url, "_blank", "noopener");
    return "opened";
  },
  copy: (text) => navigator.clipboard.writeText(text),
  openSettings: null,
  storage: {
    read: async (key) => sessionStorage.getItem(key),
    write: async (key, value) => sessionStorage.setItem(key, value),
    remove: async (key) => sessionStorage.removeItem(key),
  },
  prefersEnglish: () => !navigator.language.toLowerCase().startsWith("zh"),
};
