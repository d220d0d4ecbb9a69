import vue from "eslint-plugin-vue";
import typescript from "typescript-eslint";

export default typescript.config(
  { ignores: ["node_modules/**"] },
  ...typescript.configs.strict,
  ...vue.configs["flat/recommended"],
  {
    files: ["**/*.vue"],
    languageOptions: { parserOptions: { parser: typescript.parser } },
  },
  {
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "vue/block-lang": ["error", { script: { lang: "ts" } }],
      "vue/no-v-html": "error",
      "vue/multi-word-component-names": "error",
      // Prettier decides about layout.
      "vue/max-attributes-per-line": "off",
      "vue/singleline-html-element-content-newline": "off",
      "vue/multiline-html-element-content-newline": "off",
      "vue/html-self-closing": "off",
      "vue/html-indent": "off",
      "vue/html-closing-bracket-newline": "off",
      "vue/first-attribute-linebreak": "off",
    },
  },
  {
    // Pages know the API through composables.
    files: ["src/**/*.vue"],
    rules: {
      "no-restricted-globals": ["error", "fetch", "localStorage", "sessionStorage"],
      "no-restricted-imports": ["error", { patterns: ["openapi-fetch", "**/api/client"] }],
    },
  },
);
