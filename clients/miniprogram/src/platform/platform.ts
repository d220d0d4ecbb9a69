/**
 * What the pages need of the place where they run: WeChat, or a browser (H5). Nothing else knows which of them it is.
 *
 * `vite.config.ts` binds `#platform` to `wechat.ts` or `h5.ts`; both export one `platform` of this shape.
 */

/** A photo on this device, ready to be uploaded as it is: always a JPEG. */
export interface Photo {
  /** A local address that `<image>` shows and `upload` sends. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
}

/** A small picture as pixels: four bytes (red, green, blue, alpha) for each, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export interface HttpCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON; absent for none. */
  readonly body?: unknown;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined where the answer has none. */
  readonly body: unknown;
}

export interface UploadForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** No answer arrived. */
export class ConnectionLost extends Error {}

/** The store refused the file: the form has expired, or the file is not the one that was announced. */
export class UploadRefused extends Error {}

/** The file is not a picture that this device can read. */
export class UnreadablePhoto extends Error {}

/** The person, or the device, does not allow it. */
export class NotPermitted extends Error {}

export interface Platform {
  readonly name: "wechat" | "h5";
  /** The address before the paths of the API. */
  readonly apiUrl: string;
  /** The answer, whatever its status. Throws `ConnectionLost`. */
  request(call: HttpCall): Promise<HttpAnswer>;
  /** Send a photo with the fields of a form. Throws `ConnectionLost` and `UploadRefused`. */
  upload(form: UploadForm, photo: Photo, progress: (percent: number) => void): Promise<void>;
  /** A new one-time code of WeChat's sign-in, good for five minutes. Throws `NotPermitted`. */
  wechatCode(): Promise<string>;
  /** Run WeChat's own face check. Returns when it has ended, whatever its result. Throws `NotPermitted`. */
  wechatFaceCheck: ((verifyId: string) => Promise<void>) | null;
  /** A photo from the album or the system's camera, at most `MAX_PHOTO_BYTES`; null when the person cancelled. */
  choosePhoto(source: "album" | "camera"): Promise<Photo | null>;
  /** A photo that was taken in this app, at most `MAX_PHOTO_BYTES` and upright. */
  prepare(path: string): Promise<Photo>;
  /** The pixels of a photo, at most `side` pixels on the longer side. */
  pixels(path: string, side: number): Promise<Pixels>;
  /** What a QR code says; null when the person cancelled, or where the device cannot read codes. */
  scanCode: (() => Promise<string | null>) | null;
  /** Show an address outside: a web view, or a copy to paste into a browser. Returns what happened. */
  openLink(url: string): Promise<"opened" | "copied">;
  copy(text: string): Promise<void>;
  openSettings: (() => Promise<void>) | null;
  /** Kept on the device: encrypted in WeChat, for this tab alone in a browser. */
  readonly storage: {
    read(key: string): Promise<string | null>;
    write(key: string, value: string): Promise<void>;
    remove(key: string): Promise<void>;
  };
  /** Whether the person prefers English on this device. */
  prefersEnglish(): boolean;
}

/** What is uploaded is at most this large: slow networks, and enough for every text to be read. */
export const MAX_PHOTO_BYTES = 1_500_000;
/** The longer side of a photo after compression. */
export const MAX_PHOTO_SIDE = 2400;
