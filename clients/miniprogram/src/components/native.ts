/**
 * Real HTML elements on H5: uni-app's own `button` and `input` are custom elements there, which neither a keyboard nor a
 * screen reader can use. On WeChat nothing of this file is used.
 */

import { defineComponent, h } from "vue";

function element(tag: string) {
  return defineComponent({
    name: `Native${tag}`,
    inheritAttrs: false,
    setup:
      (_, { attrs, slots }) =>
      () =>
        h(tag, attrs, slots["default"]?.()),
  });
}

export const NativeButton = element("button");
export const NativeInput = element("input");
export const NativeTextarea = element("textarea");
export const NativeLabel = element("label");
export const NativeHeading = element("h1");
export const NativeMain = element("main");
export const NativeNav = element("nav");
