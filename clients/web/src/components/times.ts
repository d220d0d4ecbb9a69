/** Times as people in the province read them: Asia/Shanghai, whatever the computer is set to. */

import { language } from "../language";
import { common } from "./text";

const ZONE = "Asia/Shanghai";

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en-GB", { timeZone: ZONE, ...options });
}

export function dateTime(time: string): string {
  return formatter({
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(time));
}

export function day(time: string): string {
  const value = time.length === 10 ? `${time}T12:00:00+08:00` : time;
  return formatter({ year: "numeric", month: "long", day: "numeric" }).format(new Date(value));
}

export function clock(time: string): string {
  return formatter({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(time));
}

/** How long ago, in the largest unit that says something: `3 小时前`, `2 days ago`. */
export function ago(time: string, now: number = Date.now()): string {
  const seconds = Math.max(0, (now - new Date(time).getTime()) / 1000);
  const relative = new Intl.RelativeTimeFormat(language.value === "zh" ? "zh-CN" : "en", { numeric: "always" });
  if (seconds < 60) return common.value.justNow;
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3600), "hour");
  return relative.format(-Math.floor(seconds / 86_400), "day");
}

/** Today in Asia/Shanghai as `YYYYMMDD`. */
export function todayDigits(): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(new Date());
  return parts.replace(/-/g, "");
}
