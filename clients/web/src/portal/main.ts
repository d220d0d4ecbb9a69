import { createApp } from "vue";
import { restoreLanguage } from "../language";
import { restoreTextSize } from "../components/textSize";
import "../styles/base.css";
import PortalFrame from "./PortalFrame.vue";
import { router } from "./routes";

restoreTextSize();
void restoreLanguage().then(() => {
  createApp(PortalFrame).use(router).mount("#app");
});
