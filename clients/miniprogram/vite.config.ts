import { fileURLToPath, URL } from "node:url";

import uni from "@dcloudio/vite-plugin-uni";
import { defineConfig, type Plugin } from "vite";

const platform = process.env.UNI_PLATFORM === "h5" ? "h5" : "wechat";
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** uni-app's stylesheet for browsers loads shadows from its maker's servers: nothing is loaded from elsewhere. */
const nothingFromElsewhere: Plugin = {
  name: "nothing-from-elsewhere",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === "asset" && file.fileName.endsWith(".css"))
        file.source = String(file.source).replace(/url\(https?:[^)]*\)/g, "none");
    }
  },
};

export default defineConfig({
  plugins: [uni(), nothingFromElsewhere],
  base: "/phone/",
  resolve: {
    alias: {
      "#platform": at(`./src/platform/${platform}.ts`),
      "#platform-types": at("./src/platform/platform.ts"),
      "#shared": at("../shared"),
    },
  },
  build: { target: "chrome86" },
});
