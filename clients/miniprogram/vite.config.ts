import { fileURLToPath, URL } from "node:url";

import uni from "@dcloudio/vite-plugin-uni";
import { defineConfig } from "vite";

const platform = process.env.UNI_PLATFORM === "h5" ? "h5" : "wechat";
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [uni()],
  base: "/phone/",
  resolve: { alias: { "#platform": at(`./src/platform/${platform}.ts`), "#platform-types": at("./src/platform/platform.ts"), "#shared": at("../shared") } },
  build: { target: "chrome86" },
});
