import { createRouter, createWebHistory } from "vue-router";
import { adminRoutes } from "../admin/routes";
import { session } from "../session/session";

declare module "vue-router" {
  interface RouteMeta {
    /** Pages that are there before signing in. */
    public?: boolean;
  }
}

/** The pages of the console, each a file named for what people do there; administration is `src/admin`. */
export const router = createRouter({
  history: createWebHistory("/console/"),
  routes: [
    { path: "/", name: "home", component: () => import("./SeeOverview.vue") },
    {
      path: "/sign-in",
      name: "sign-in",
      component: () => import("../session/SignInByQrCode.vue"),
      meta: { public: true },
    },
    {
      path: "/grants/:business/below/:supervisor",
      name: "grants",
      component: () => import("./grants/ManageGrants.vue"),
      props: true,
    },
    {
      path: "/grants/:business/:institution",
      name: "grant",
      component: () => import("./grants/ManageOneGrant.vue"),
      props: true,
    },
    { path: "/jobs", name: "jobs", component: () => import("./jobs/FindJobs.vue") },
    { path: "/jobs/:job", name: "job", component: () => import("./jobs/FollowJob.vue"), props: true },
    {
      path: "/confirmation-code/:institution",
      name: "confirmation-code",
      component: () => import("./ShareConfirmationCode.vue"),
      props: true,
    },
    { path: "/account", name: "account", component: () => import("./SeeMyAccount.vue") },
    ...adminRoutes,
    { path: "/:rest(.*)*", name: "not-found", component: () => import("../components/NotFound.vue") },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

router.beforeEach((to) => {
  if (to.meta.public || session.token() !== null) return true;
  return { name: "sign-in", query: to.fullPath === "/" ? {} : { to: to.fullPath } };
});
