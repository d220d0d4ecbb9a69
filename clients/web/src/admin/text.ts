import { zhAdmin } from "../../../shared/messages/zh/admin.js";
import { defineCatalogue } from "../language";

export const text = defineCatalogue(
  zhAdmin,
  async () => (await import("../../../shared/messages/en/admin.js")).enAdmin,
);
