import { createRouter, createWebHistory } from "vue-router";
import SearchInstitutions from "./SearchInstitutions.vue";

/** The pages of the portal, each a file named for what people do there. The first one is part of the first load. */
export const router = createRouter({
  history: createWebHistory("/"),
  routes: [
    { path: "/", name: "search", component: SearchInstitutions },
    {
      path: "/institution-registration/:step?",
      name: "register",
      component: () => import("./register/RegisterInstitution.vue"),
    },
    { path: "/sign-in", name: "sign-in", component: () => import("./SignIn.vue") },
    { path: "/registrations", name: "registrations", component: () => import("./MyRegistrations.vue") },
    {
      path: "/registrations/:id/amendment",
      name: "amend",
      component: () => import("./AmendRegistration.vue"),
      props: true,
    },
    {
      path: "/registrations/:id/appeal",
      name: "appeal",
      component: () => import("./AppealRejection.vue"),
      props: true,
    },
    { path: "/status", name: "status", component: () => import("./CheckStatus.vue") },
    { path: "/help", name: "help", component: () => import("./GetHelp.vue") },
    { path: "/:rest(.*)*", name: "not-found", component: () => import("../components/NotFound.vue") },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});
