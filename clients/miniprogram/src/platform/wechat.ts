/**
 * WeChat. Facts behind the code (base library 3.8, developers.weixin.qq.com):
 *
 *     wx.request        calls `success` for every status; 204 gives ""; header names come in any case
 *     wx.uploadFile     sends the fields before the file, as S3 requires; S3 answers 204, refusals are XML
 *     takePhoto         gives PNG on iOS and JPEG on Android; photos of the album may be HEIC (`type` is then "unknown")
 *     requestFacialVerify   `success` means that it has ended, never that it was passed: the server asks for the result
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
const UPLOAD_TIMEOUT_MS = 120_000;

function request(call: HttpCall): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    wx.request({
      url: call.url,
      method: call.method,
      header: { ...call.headers },
      data: call.body as WechatMiniprogram.IAnyObject | undefined,
      dataType: "json",
      timeout: REQUEST_TIMEOUT_MS,
      success: (answer) =>
        resolve({
          status: answer.statusCode,
          headers: lowered(answer.header as Record<string, string>),
          body: answer.data === "" ? undefined : answer.data,
        }),
      fail: (failure) => reject(new ConnectionLost(failure.errMsg)),
    });
  });
}

function lowered(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function upload(form: UploadForm, photo: Photo, progress: (percent: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = wx.uploadFile({
      url: form.url,
      filePath: photo.path,
      name: "file",
      formData: { ...form.fields },
      timeout: UPLOAD_TIMEOUT_MS,
      success: ({ statusCode }) => {
        if (statusCode >= 500) reject(new ConnectionLost(`upload: ${statusCode}`));
        else if (statusCode >= 300) reject(new UploadRefused(String(statusCode)));
        else resolve();
      },
      fail: (failure) => reject(new ConnectionLost(failure.errMsg)),
    });
    sending.onProgressUpdate(({ progress: percent }) => progress(percent));
  });
}

function wechatCode(): Promise<string> {
  return new Promise((resolve, reject) => {
    wx.login({
      success: ({ code }) => resolve(code),
      fail: (failure) => reject(new ConnectionLost(failure.errMsg)),
    });
  });
}

interface FacialVerification {
  requestFacialVerify?(options: { verifyId: string; success(): void; fail(failure: { errMsg: string }): void }): void;
}

/** Null below base library 3.8.12. */
function faceCheck(): Platform["wechatFaceCheck"] {
  const api = wx as unknown as FacialVerification;
  if (api.requestFacialVerify === undefined) return null;
  // A failure on the phone has a result at the server as well, which knows the reason.
  return (verifyId) =>
    new Promise((resolve) => api.requestFacialVerify?.({ verifyId, success: resolve, fail: () => resolve() }));
}

function choosePhoto(source: "album" | "camera"): Promise<Photo | null> {
  return new Promise((resolve, reject) => {
    wx.chooseMedia({
      count: 1,
      mediaType: ["image"],
      sourceType: [source],
      sizeType: ["original"],
      success: ({ tempFiles }) => {
        const file = tempFiles[0];
        if (file === undefined) resolve(null);
        else prepare(file.tempFilePath).then(resolve, reject);
      },
      fail: ({ errMsg }) => (errMsg.includes("cancel") ? resolve(null) : reject(new NotPermitted(errMsg))),
    });
  });
}

async function prepare(path: string): Promise<Photo> {
  const found = await described(path);
  const bytes = await size(path);
  if (found.type === "jpeg" && found.orientation === "up" && bytes <= MAX_PHOTO_BYTES)
    return { path, size: bytes, width: found.width, height: found.height };
  // PNG (iPhone), HEIC (album), turned or large ones are drawn again.
  for (const quality of [92, 85, 75, 60]) {
    const smaller = await redrawn(path, quality / 100);
    const shrunk = await size(smaller.path);
    if (shrunk <= MAX_PHOTO_BYTES || quality === 60) return { ...smaller, size: shrunk };
  }
  throw new UnreadablePhoto();
}

function described(path: string): Promise<WechatMiniprogram.GetImageInfoSuccessCallbackResult> {
  return new Promise((resolve, reject) => {
    wx.getImageInfo({ src: path, success: resolve, fail: () => reject(new UnreadablePhoto()) });
  });
}

function size(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    wx.getFileSystemManager().getFileInfo({
      filePath: path,
      success: (file) => resolve(file.size),
      fail: () => reject(new UnreadablePhoto()),
    });
  });
}

async function redrawn(path: string, quality: number): Promise<{ path: string; width: number; height: number }> {
  const canvas = await drawn(path, MAX_PHOTO_SIDE);
  const taken = await new Promise<string>((resolve, reject) => {
    wx.canvasToTempFilePath({
      canvas: canvas as unknown as WechatMiniprogram.Canvas,
      fileType: "jpg",
      quality,
      success: ({ tempFilePath }) => resolve(tempFilePath),
      fail: () => reject(new UnreadablePhoto()),
    });
  });
  return { path: taken, width: canvas.width, height: canvas.height };
}

async function drawn(path: string, side: number): Promise<WechatMiniprogram.OffscreenCanvas> {
  const canvas = wx.createOffscreenCanvas({ type: "2d", width: 1, height: 1 });
  const image = canvas.createImage() as WechatMiniprogram.Image;
  await new Promise<void>((resolve, reject) => {
    image.onload = () => resolve();
    image.onerror = () => reject(new UnreadablePhoto());
    image.src = path;
  });
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const context = canvas.getContext(
    "2d",
  ) as unknown as WechatMiniprogram.CanvasRenderingContext.CanvasRenderingContext2D;
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function pixels(path: string, side: number): Promise<Pixels> {
  const canvas = await drawn(path, side);
  const context = canvas.getContext(
    "2d",
  ) as unknown as WechatMiniprogram.CanvasRenderingContext.CanvasRenderingContext2D;
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { width: canvas.width, height: canvas.height, data };
}

function scanCode(): Promise<string | null> {
  return new Promise((resolve, reject) => {
    wx.scanCode({
      scanType: ["qrCode", "wxCode"],
      success: (found) => resolve(found.result || found.path || null),
      fail: ({ errMsg }) => (errMsg.includes("cancel") ? resolve(null) : reject(new NotPermitted(errMsg))),
    });
  });
}

function copy(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    wx.setClipboardData({
      data: text,
      success: () => resolve(),
      fail: ({ errMsg }) => reject(new NotPermitted(errMsg)),
    });
  });
}

export const platform: Platform = {
  name: "wechat",
  apiUrl: import.meta.env.VITE_API_URL ?? "",
  request,
  upload,
  wechatCode,
  wechatFaceCheck: faceCheck(),
  choosePhoto,
  prepare,
  pixels,
  scanCode,
  async openLink(url) {
    await copy(url); // a web view shows registered domains only, and the businesses' sites belong to others
    return "copied";
  },
  copy,
  openSettings: () =>
    new Promise((resolve, reject) => {
      wx.openSetting({ success: () => resolve(), fail: ({ errMsg }) => reject(new NotPermitted(errMsg)) });
    }),
  storage: {
    read: (key) =>
      new Promise((resolve) => {
        wx.getStorage({
          key,
          encrypt: true,
          success: ({ data }) => resolve(typeof data === "string" && data !== "" ? data : null),
          fail: () => resolve(null), // WeChat reports an absent key as a failure
        });
      }),
    write: (key, data) =>
      new Promise((resolve, reject) => {
        wx.setStorage({
          key,
          data,
          encrypt: true,
          success: () => resolve(),
          fail: ({ errMsg }) => reject(new Error(errMsg)),
        });
      }),
    remove: (key) =>
      new Promise((resolve) => {
        wx.removeStorage({ key, complete: () => resolve() });
      }),
  },
  prefersEnglish: () => !(wx.getAppBaseInfo().language ?? "zh").toLowerCase().startsWith("zh"),
};
