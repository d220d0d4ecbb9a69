import { zhConsole } from "../../../shared/messages/zh/console.js";
import { defineCatalogue } from "../language";

export const text = defineCatalogue(
  zhConsole,
  async () => (await import("../../../shared/messages/en/console.js")).enConsole,
);
