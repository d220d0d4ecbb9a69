import vue from "@vitejs/plugin-vue";
import { resolve } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  plugins: [vue()],
  // Pages are written with the composition API alone.
  define: { __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false, __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false },
  // What Chrome 86 understands: the oldest browser that computers in hospitals still have (360, QQ, Windows 7).
  build: {
    target: "chrome86",
    cssTarget: "chrome86",
    outDir: resolve(here, "../../build/pages"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    manifest: true,
    rolldownOptions: {
      checks: { bundlerTimings: false, pluginTimings: false },
      input: {
        portal: resolve(here, "index.html"),
        console: resolve(here, "console/index.html"),
        signIn: resolve(here, "console-sign-in/index.html"),
      },
    },
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8000", rewrite: (path) => path.replace(/^\/api/, "") } } },
});
