import { zhCommon } from "../../../shared/messages/zh/common.js";
import { defineCatalogue } from "../language";

export const common = defineCatalogue(
  zhCommon,
  async () => (await import("../../../shared/messages/en/common.js")).enCommon,
);
