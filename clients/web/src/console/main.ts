import { createApp } from "vue";
import { restoreTextSize } from "../components/textSize";
import { restoreLanguage } from "../language";
import "../styles/base.css";
import ConsoleFrame from "./ConsoleFrame.vue";
import { router } from "./routes";

restoreTextSize();
void restoreLanguage().then(() => {
  createApp(ConsoleFrame).use(router).mount("#app");
});
