import type { RouteRecordRaw } from "vue-router";

/** The administrators' pages; loaded by nobody else. */
export const adminRoutes: RouteRecordRaw[] = [];
