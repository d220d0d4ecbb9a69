import type { RouteRecordRaw } from "vue-router";

/** The administrators' pages; loaded by nobody else. */
export const adminRoutes: RouteRecordRaw[] = [
  { path: "/identities", name: "identities", component: () => import("./identities/FindIdentityCases.vue") },
  {
    path: "/identities/:id",
    name: "identity",
    component: () => import("./identities/ReviewIdentity.vue"),
    props: true,
  },
  {
    path: "/registrations",
    name: "registrations",
    component: () => import("./registrations/FindRegistrations.vue"),
  },
  {
    path: "/registrations/:id",
    name: "registration",
    component: () => import("./registrations/ReviewRegistration.vue"),
    props: true,
  },
];
