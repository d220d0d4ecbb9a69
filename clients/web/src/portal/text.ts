import { zhPortal } from "../../../shared/messages/zh/portal.js";
import { defineCatalogue } from "../language";

export const text = defineCatalogue(
  zhPortal,
  async () => (await import("../../../shared/messages/en/portal.js")).enPortal,
);
