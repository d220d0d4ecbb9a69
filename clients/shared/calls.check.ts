/**
 * One typed call of each operation, compiled strictly by `make check` and never run.
 *
 * `satisfies` checks the list itself: an operation without a call, a call without an operation, and a call whose answer
 * is not that of its operation do not compile.
 */

import createClient, { type FetchResponse } from "openapi-fetch";
import type { components, operations, paths } from "./api.js";

const api = createClient<paths>({ baseUrl: "/api" });

type Calls = { [Name in keyof operations]: () => Promise<FetchResponse<operations[Name], object, MediaType>> };
type MediaType = `${string}/${string}`;

type Schemas = components["schemas"];

export const calls = {
  acceptConsent: () => api.POST("/identity/consent", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { version: "2026-11" },
  }),
  acceptInvitation: () => api.POST("/grants/invitations/acceptance", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      invitation_code: "9XTQ-7K3M-5HJD-2VBN",
      face_check_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
    },
  }),
  amendBusiness: () => api.PUT("/admin/businesses/{business}", {
    params: { path: { business: "exam-2026" } },
    body: {
      name: "江城市第一医院",
      entry_url: "https://exam.example.org/in",
      opens_on: "2026-12-01",
      closes_on: "2026-12-01",
      revision: 1,
    },
  }),
  amendInstitution: () => api.PUT("/admin/institutions/{institution_code}", {
    params: { path: { institution_code: "420100" } },
    body: {
      name: "江城市第一医院",
      supervisor_code: "420100",
      category: "综合医院",
      unified_social_credit_code: "12420000420000001G",
      region_code: "420100",
      revision: 1,
    },
  }),
  amendRegistration: () => api.PUT("/institutions/registrations/{registration_id}", {
    params: { path: { registration_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } },
    body: {
      agreement_version: "2026-11",
      name: "江城市第一医院",
      supervisor_code: "420100",
      category: "综合医院",
      unified_social_credit_code: "12420000420000001G",
      region_code: "420100",
      address: "江城市长江路1号",
      contact_name: "李四",
      contact_phone: "027-87654321",
    },
  }),
  appealRegistration: () => api.POST("/institutions/registrations/{registration_id}/appeal", {
    params: {
      path: { registration_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: { comment: "材料与证件一致，请再核对。" },
  }),
  appealRejection: () => api.POST("/identity/appeal", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { comment: "材料与证件一致，请再核对。" },
  }),
  bindPhone: () => api.POST("/auth/phone", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      challenge_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
      phone: "13800138000",
      code: "482913",
      take_over: false,
      face_check_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
    },
  }),
  bindWechat: () => api.POST("/auth/wechat", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      js_code: "local-someone",
      face_check_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
    },
  }),
  cancelJob: () => api.DELETE("/console/jobs/{job_id}", { params: { path: { job_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } } }),
  checkRegistration: () => api.POST("/institutions/registrations/check", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      agreement_version: "2026-11",
      name: "江城市第一医院",
      supervisor_code: "420100",
      category: "综合医院",
      unified_social_credit_code: "12420000420000001G",
      region_code: "420100",
      address: "江城市长江路1号",
      contact_name: "李四",
      contact_phone: "027-87654321",
    },
  }),
  chooseWorkUnit: () => api.PUT("/institutions/work-unit", {
    body: { institution_code: "420100", confirmation_code: "DGHJKLMN" },
  }),
  claimApplication: () => api.POST("/admin/identity-applications/{user_id}/claim", {
    params: {
      path: { user_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: { take_over: false },
  }),
  claimRegistration: () => api.POST("/admin/institution-registrations/{registration_id}/claim", {
    params: {
      path: { registration_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: { take_over: false },
  }),
  compareFace: () => api.POST("/identity/face-checks/{face_check_id}/comparison", {
    params: {
      path: { face_check_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
  }),
  confirmQrLogin: () => api.POST("/auth/qr-logins/{qr_login_id}/confirmation", {
    params: {
      path: { qr_login_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: { number: "42" },
  }),
  createBusiness: () => api.POST("/admin/businesses", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      business: "exam-2026",
      name: "江城市第一医院",
      entry_url: "https://exam.example.org/in",
      opens_on: "2026-12-01",
      closes_on: "2026-12-01",
    },
  }),
  createFaceCheck: () => api.POST("/identity/face-checks", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { purpose: "identity", method: "selfie" },
  }),
  createInstitution: () => api.POST("/admin/institutions", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      name: "江城市第一医院",
      category: "综合医院",
      unified_social_credit_code: "12420000420000001G",
      region_code: "420100",
      supervisor_code: "420100",
    },
  }),
  createInvitation: () => api.POST("/grants/{business}/{institution_code}/invitations", {
    params: {
      path: { business: "exam-2026", institution_code: "420100" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: {
      role: "assistant",
      note: "手术室",
      face_check_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
    },
  }),
  createPhoneLogin: () => api.POST("/auth/phone-logins", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      challenge_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
      phone: "13800138000",
      code: "482913",
      client: "mini_program",
    },
  }),
  createQrLogin: () => api.POST("/auth/qr-logins", { params: { header: { "Idempotency-Key": crypto.randomUUID() } } }),
  createRegistration: () => api.POST("/institutions/registrations", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      agreement_version: "2026-11",
      name: "江城市第一医院",
      supervisor_code: "420100",
      category: "综合医院",
      unified_social_credit_code: "12420000420000001G",
      region_code: "420100",
      address: "江城市长江路1号",
      contact_name: "李四",
      contact_phone: "027-87654321",
    },
  }),
  createScan: () => api.POST("/identity/scans", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { side: "back", content_type: "image/jpeg", size: 1, for_review: false },
  }),
  createSmsCode: () => api.POST("/auth/sms-codes", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { phone: "13800138000", purpose: "bind_phone" },
  }),
  createWechatLogin: () => api.POST("/auth/wechat-logins", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { js_code: "local-someone" },
  }),
  decideApplication: () => api.POST("/admin/identity-applications/{user_id}/decision", {
    params: {
      path: { user_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: { decision: "approve", revision: 1 },
  }),
  decideRegistration: () => api.POST("/admin/institution-registrations/{registration_id}/decision", {
    params: {
      path: { registration_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: { decision: "approve", revision: 1 },
  }),
  deleteAssistant: () => api.DELETE("/grants/{business}/{institution_code}/assistants/{user_id}", {
    params: {
      path: {
        business: "exam-2026",
        institution_code: "420100",
        user_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
      },
    },
  }),
  deleteInvitation: () => api.DELETE("/grants/{business}/{institution_code}/invitations/{invitation_id}", {
    params: {
      path: {
        business: "exam-2026",
        institution_code: "420100",
        invitation_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
      },
    },
  }),
  denyQrLogin: () => api.POST("/auth/qr-logins/{qr_login_id}/denial", {
    params: {
      path: { qr_login_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
  }),
  endSession: () => api.DELETE("/auth/sessions/{session_id}", {
    params: { path: { session_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } },
  }),
  exportGrants: () => api.POST("/console/grants/{business}/export-jobs", {
    params: {
      path: { business: "exam-2026" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: {
      supervisor: "420100",
      institutions: ["420101A"],
      format: "csv",
      reason: "主管单位负责人出缺，代为办理。",
    },
  }),
  grantDirectly: () => api.POST("/console/grants/{business}/{institution_code}/direct-grant", {
    params: {
      path: { business: "exam-2026", institution_code: "420100" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: {
      name: "柯爱琳",
      number: "420106198611190025",
      reason: "主管单位负责人出缺，代为办理。",
    },
  }),
  issueCode: () => api.POST("/console/grants/{business}/{institution_code}/code", {
    params: {
      path: { business: "exam-2026", institution_code: "420100" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: { reason: "主管单位负责人出缺，代为办理。" },
  }),
  issueCodes: () => api.POST("/console/grants/{business}/code-jobs", {
    params: {
      path: { business: "exam-2026" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: {
      supervisor: "420100",
      institutions: ["420101A"],
      reason: "主管单位负责人出缺，代为办理。",
    },
  }),
  leaveWorkUnit: () => api.DELETE("/institutions/work-unit"),
  listApplications: () => api.GET("/admin/identity-applications", {
    params: { query: { limit: 20, status: "in_review", reason: "face_failed", claimed: "free" } },
  }),
  listBusinesses: () => api.GET("/businesses", { params: { query: { limit: 20 } } }),
  listChildGrants: () => api.GET("/console/grants", {
    params: {
      query: {
        limit: 20,
        business: "exam-2026",
        supervisor: "420100",
        status: ["code_issued", "expired"],
        query: "第一医院",
        expiring_before: "2026-12-01T00:00:00Z",
        order: "status",
      },
    },
  }),
  listChildren: () => api.GET("/institutions/{institution_code}/children", {
    params: { path: { institution_code: "420100" }, query: { query: "第一医院" } },
  }),
  listInstitutions: () => api.GET("/admin/institutions", {
    params: { query: { query: "第一医院", supervisor: "420100", category: "综合医院" } },
  }),
  listJobs: () => api.GET("/console/jobs", { params: { query: { limit: 20, status: ["queued", "running"] } } }),
  listMembers: () => api.GET("/console/institutions/{institution_code}/members", {
    params: { path: { institution_code: "420100" }, query: { limit: 20 } },
  }),
  listMyGrants: () => api.GET("/grants/mine", { params: { query: { limit: 20 } } }),
  listPendingRegistrations: () => api.GET("/admin/institution-registrations", { params: { query: { limit: 20 } } }),
  listRegions: () => api.GET("/reference/regions", { params: { query: { parent: "420000" } } }),
  listRegistrations: () => api.GET("/institutions/registrations", { params: { query: { limit: 20 } } }),
  listSessions: () => api.GET("/auth/sessions", { params: { query: { limit: 20 } } }),
  listSkipped: () => api.GET("/console/jobs/{job_id}/skipped", {
    params: { path: { job_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" }, query: { limit: 20 } },
  }),
  objectToDecision: () => api.POST("/identity/objection", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { face_check_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
  }),
  previewCode: () => api.POST("/grants/code-preview", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { grant_code: "7K3M-Q9XT-2VBN-5HJD" },
  }),
  previewInvitation: () => api.POST("/grants/invitations/preview", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { invitation_code: "9XTQ-7K3M-5HJD-2VBN" },
  }),
  redeemGrant: () => api.POST("/grants/redemptions", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      grant_code: "7K3M-Q9XT-2VBN-5HJD",
      face_check_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
    },
  }),
  releaseApplication: () => api.DELETE("/admin/identity-applications/{user_id}/claim", { params: { path: { user_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } } }),
  releaseRegistration: () => api.DELETE("/admin/institution-registrations/{registration_id}/claim", {
    params: { path: { registration_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } },
  }),
  removeMember: () => api.DELETE("/console/institutions/{institution_code}/members/{user_id}", {
    params: {
      path: {
        institution_code: "420100",
        user_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1",
      },
    },
  }),
  resignAsManager: () => api.DELETE("/grants/{business}/{institution_code}/manager", {
    params: { path: { business: "exam-2026", institution_code: "420100" } },
  }),
  revokeGrant: () => api.DELETE("/console/grants/{business}/{institution_code}", {
    params: { path: { business: "exam-2026", institution_code: "420100" } },
  }),
  revokeUnactivated: () => api.POST("/console/grants/{business}/revocation-jobs", {
    params: {
      path: { business: "exam-2026" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: {
      supervisor: "420100",
      institutions: ["420101A"],
      reason: "主管单位负责人出缺，代为办理。",
    },
  }),
  rotateConfirmationCode: () => api.POST("/console/institutions/{institution_code}/confirmation-code", {
    params: {
      path: { institution_code: "420100" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
    body: { forget_older: false },
  }),
  renewImageLinks: () => api.POST("/admin/identity-applications/{user_id}/image-links", {
    params: {
      path: { user_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
  }),
  saveApplication: () => api.PUT("/identity/application", {
    body: {
      document_type: "resident_id",
      name: "柯爱琳",
      number: "420106198611190025",
      valid_until: "2026-12-01",
      number_as_printed: false,
    },
  }),
  scanQrLogin: () => api.POST("/auth/qr-logins/{qr_login_id}/scan", {
    params: {
      path: { qr_login_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "Idempotency-Key": crypto.randomUUID() },
    },
  }),
  searchApplications: () => api.POST("/admin/identity-applications/search", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { name: "柯爱琳", limit: 20 },
  }),
  searchInstitutions: () => api.GET("/institutions", { params: { query: { limit: 20, query: "第一医院" } } }),
  showAgreement: () => api.GET("/institutions/registration-agreement"),
  showApplication: () => api.GET("/admin/identity-applications/{user_id}", { params: { path: { user_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } } }),
  showBusiness: () => api.GET("/businesses/{business}", { params: { path: { business: "exam-2026" } } }),
  showChildGrant: () => api.GET("/console/grants/{business}/{institution_code}", {
    params: { path: { business: "exam-2026", institution_code: "420100" } },
  }),
  showConfirmationCode: () => api.GET("/console/institutions/{institution_code}/confirmation-code", { params: { path: { institution_code: "420100" } } }),
  showConsent: () => api.GET("/identity/consent"),
  showGrant: () => api.GET("/grants/{business}/{institution_code}", {
    params: { path: { business: "exam-2026", institution_code: "420100" } },
  }),
  showGrantHistory: () => api.GET("/console/grants/{business}/{institution_code}/history", {
    params: {
      path: { business: "exam-2026", institution_code: "420100" },
      query: { limit: 20 },
    },
  }),
  showHealth: () => api.GET("/healthz"),
  showIdentity: () => api.GET("/identity"),
  showInstitution: () => api.GET("/institutions/{institution_code}", { params: { path: { institution_code: "420100" } } }),
  showInstitutionDetails: () => api.GET("/admin/institutions/{institution_code}", { params: { path: { institution_code: "420100" } } }),
  showInstitutionHistory: () => api.GET("/admin/institutions/{institution_code}/history", {
    params: { path: { institution_code: "420100" } },
  }),
  showJob: () => api.GET("/console/jobs/{job_id}", { params: { path: { job_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } } }),
  showMe: () => api.GET("/auth/me"),
  showOwnApplication: () => api.GET("/identity/application"),
  showOverview: () => api.GET("/console/overview"),
  showOwnRegistration: () => api.GET("/institutions/registrations/{registration_id}", {
    params: { path: { registration_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } },
  }),
  showQrLogin: () => api.GET("/auth/qr-logins/{qr_login_id}", {
    params: {
      path: { qr_login_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" },
      header: { "X-Poll-Secret": "mF3kQ9xT2vBn5hJd7K3Mq9XT2VBN5HJDmF3kQ9xT2vA" },
    },
  }),
  showReference: () => api.GET("/reference"),
  showRegistration: () => api.GET("/admin/institution-registrations/{registration_id}", {
    params: { path: { registration_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } },
  }),
  showRegistrationStatus: () => api.GET("/institutions/registration-status", { params: { query: { supervisor_code: "420100", name: "江城市第一医院" } } }),
  showScan: () => api.GET("/identity/scans/{scan_id}", { params: { path: { scan_id: "5f0c77e131bd4a1e8d2b6c9a40f3e7d1" } } }),
  showWorkUnit: () => api.GET("/institutions/work-unit"),
  signOut: () => api.DELETE("/auth/session"),
  signOutEverywhere: () => api.DELETE("/auth/sessions"),
  submitApplication: () => api.POST("/identity/submission", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { manual_review: false },
  }),
  withdrawConsent: () => api.DELETE("/identity/consent"),
} satisfies Calls;

/** What pages rely on: `@ts-expect-error` fails to compile where the line below it has no error. */
export async function answersAreTyped(): Promise<string | undefined> {
  const { data, error } = await calls.redeemGrant();
  if (data) {
    const status: "vacant" | "code_issued" | "active" = data.grant.status;
    return status;
  }
  if (error.code === "GRANT_CODE_INVALID") return error.detail;
  // @ts-expect-error: no problem has this code
  if (error.code === "FORBIDEN") return error.detail;
  const field = error.errors[0]?.code;
  // @ts-expect-error: no field error has this code
  return field === "ID_CHEKSUM" ? undefined : field;
}

export const bodies: { face: Schemas["NewFaceCheck"][]; phone: Schemas["PhoneProof"][] } = {
  face: [
    { purpose: "identity" },
    { purpose: "grant_redemption", grant_code: "7K3M-Q9XT-2VBN-5HJD" },
    // @ts-expect-error: this purpose needs the grant code
    { purpose: "grant_redemption" },
    // @ts-expect-error: this purpose has no grant code
    { purpose: "session", grant_code: "7K3M-Q9XT-2VBN-5HJD" },
  ],
  phone: [
    { wechat_phone_code: "local-13800138000" },
    // @ts-expect-error: a proof has one of its forms
    {},
  ],
};

export const optionalFieldsMayBeLeftOut: Schemas["NewApplication"] = {
  document_type: "resident_id",
  name: "柯爱琳",
  number: "420106198611190025",
};

export const completeness = {
  // @ts-expect-error: calls are missing
  missing: {} satisfies Calls,
  // @ts-expect-error: the answer is that of another operation
  another: () => api.GET("/identity") satisfies ReturnType<Calls["showMe"]>,
};
