import type { ConsoleMessages } from "../zh/console.js";

export const enConsole: ConsoleMessages = {
  product: "Console",
  nav: {
    home: "Home",
    jobs: "Bulk jobs",
    identities: "Identities",
    registrations: "Registrations",
    institutions: "Directory",
    businesses: "Businesses",
    account: "Account",
    portal: "Portal",
  },
  frame: {
    signedInAs: (name) => name,
    administrator: "Administrator",
    placeEnded: "Your role here has ended",
    placeEndedText:
      "You are no longer manager or assistant of this business, so you cannot continue. Please ask the manager at your supervisor.",
    toHome: "Go to the start page",
    forbidden: "You cannot open this page",
    forbiddenText:
      "It belongs to another institution. Go to your own institutions and businesses from the start page.",
  },
  qr: {
    title: "Sign in with your phone",
    lead: "Managers, assistants and administrators sign in by scanning with WeChat.",
    alt: "QR code to sign in",
    miniAlt: "Mini-program code to sign in",
    useMini: "It does not scan? Use the mini-program code",
    steps: [
      "Open WeChat on your phone and choose Scan",
      "Scan this code",
      "Check what the phone shows, and type the two digits below",
    ],
    number: "Digits",
    starting: "Preparing the code…",
    left: (minutes, seconds) =>
      minutes > 0
        ? `Valid for ${minutes} min ${seconds} s`
        : `Valid for ${seconds} s`,
    scanned: "Scanned",
    scannedText: (number) => `Type ${number} on your phone and confirm.`,
    confirmed: "Confirmed. Signing in…",
    denied: "Sign-in cancelled",
    deniedBecause: {
      number:
        "A wrong number was typed on the phone. For your security, scan a new code.",
      person:
        "“Not me” was chosen on the phone. If it was you, scan a new code.",
      role: "This account has no role in a business, so it cannot use the console. Redeem a grant code in the mini-program first.",
      session:
        "The session on the phone has ended. Sign in on the phone again, then scan.",
      other: "The sign-in was not confirmed on the phone.",
    },
    newCode: "Get a new code",
    expired: "The code has expired",
    expiredText: "For your security a code is valid for a short time.",
    waiting:
      "The server cannot be reached. Trying again; the code is still valid.",
    paused: "Paused while this tab is in the background.",
    tooMany: "Too many codes are open in this network. Please try again later.",
    local: "No phone at hand? Open the simulated phone and choose a demo user.",
    shared:
      "On a shared computer, sign out when you are done. You are signed out after 2 hours.",
  },
  role: { manager: "Manager", assistant: "Assistant" },
  status: {
    vacant: "Vacant",
    code_issued: "Code issued",
    expired: "Code expired",
    active: "Active",
  },
  businessState: { upcoming: "Upcoming", open: "Open", closed: "Closed" },
  home: {
    title: "Home",
    hello: (name) => `Welcome, ${name}`,
    places: "My institutions and businesses",
    none: "You have no business",
    noneText:
      "Enter the grant code of your supervisor in the mini-program under Add a business. The business appears here.",
    attention: "Needs attention",
    nothing: "Nothing needs your attention.",
    expired: (count) =>
      count === 1 ? "1 code has expired" : `${count} codes have expired`,
    soon: (count) =>
      count === 1
        ? "1 code expires within 7 days"
        : `${count} codes expire within 7 days`,
    vacant: (count) =>
      count === 1
        ? "1 institution has no code yet"
        : `${count} institutions have no code yet`,
    noChildren: "There are no institutions below this one.",
    open: "Manage grants",
    code: "Confirmation code",
    grant: "Members and history",
    more: "Only the first 20 are shown.",
    jobs: "Jobs in progress",
    administration: "Administration",
    identities: "Identities",
    registrations: "Registrations",
    waiting: (count) => `${count} waiting`,
    noWaiting: "None waiting",
    oldest: (age) => `Oldest submitted ${age}`,
    topGrants: "Grants of provincial institutions",
    topGrantsText:
      "Administrators issue the codes of institutions that have no supervisor.",
    chartLabel: (active, total) =>
      `${total} institutions below, ${active} active`,
  },
  grants: {
    title: (business) => `${business}: grants below`,
    top: "Province",
    path: "Hierarchy",
    counts: "Counts by status",
    total: "All",
    search: "Find by name or code",
    filter: "Status",
    order: "Order",
    orders: { code: "Code", name: "Name", status: "Status" },
    clear: "Clear filters",
    matching: (count) =>
      count === 1 ? "1 institution" : `${count} institutions`,
    none: "No institutions below",
    noneText:
      "Nothing is directly below this institution in the directory, so there are no grants to issue.",
    noMatch: "No institution matches",
    noMatchText: "Try another word, or clear the filters.",
    institution: "Institution",
    status: "Status",
    code: "Grant code",
    manager: "Manager",
    actions: "Actions",
    assistants: (count) =>
      count === 1 ? "1 assistant" : `${count} assistants`,
    expiresOn: (day) => `until ${day}`,
    expiredOn: (day) => `expired ${day}`,
    issue: "Issue code",
    reissue: "Reissue",
    direct: "Direct grant",
    revoke: "Revoke",
    details: "Details",
    below: "Below",
    hidden: "Visible to the issuer only",
    select: "Select",
    selectAll: "Select all that are loaded",
    selected: (count) => `${count} selected`,
    issueSelected: "Issue codes for the selected",
    bulk: "Bulk actions",
    bulkIssue: "Issue all codes",
    bulkRevoke: "Revoke all unactivated",
    export: "Export codes",
    loadMore: "Load more",
    loadedOf: (loaded, total) => `${loaded} of ${total} loaded`,
    reason: "Reason",
    reasonHint:
      "You act as an administrator in the supervisor's place. The reason is recorded, and the supervisor's manager is notified.",
    reasonMissing: "State a reason.",
    issued: {
      title: (institution) => `Grant code of ${institution}`,
      text: (day) =>
        `Valid until ${day}, for one use. Give it to the person in charge in a way you trust.`,
      message: (institution, business, code, day) =>
        `${business}: the grant code of ${institution} is ${code}, valid until ${day}. The person in charge enters it in the mini-program under Add a business and passes a face check. Do not forward it.`,
      copyCode: "Copy code",
      copyMessage: "Copy message",
      messageLabel: "Message ready to send",
    },
    reissueConfirm: (institution) =>
      `The present code of ${institution} stops working at once.`,
    directTitle: (institution) => `Direct grant: ${institution}`,
    directText:
      "Name a verified person as the manager, without a code. They are notified at once.",
    directName: "Name",
    directType: "Document type",
    directNumber: "Document number",
    directNationality: "Nationality code",
    directDone: (name) => `${name} is now the manager.`,
    numberFormat: "A resident ID number has 18 characters. Please check it.",
    numberChecksum:
      "The last character does not fit. Compare it character by character.",
    numberBirthDate: "There is no such birth date. Please check it.",
    revokeTitle: (institution) => `Revoke: ${institution}`,
    revokeCode: "The code that was issued stops working at once.",
    revokeManager: (name) => `${name} is no longer the manager.`,
    revokeAssistants: (count) =>
      count === 1
        ? "1 assistant loses access too."
        : `${count} assistants lose access too.`,
    revokeInvitations: "Open invitations are void.",
    revokeChildren:
      "Active grants below stay. Codes that were issued but not activated can no longer be used.",
    revokeConfirm: "Revoke",
    revoked: (institution) => `The grant of ${institution} is revoked.`,
    bulkIssueText: (business, place) =>
      `Issue codes of “${business}” for all institutions directly below ${place} that have neither a valid code nor an active grant.`,
    bulkRevokeText: (business, place) =>
      `Revoke all codes of “${business}” directly below ${place} that were issued and never activated. Active grants stay.`,
    typed: (count) => `Type ${count} to confirm`,
    typedLabel: (count) =>
      `This concerns ${count} institutions. Type the number to confirm`,
    typedWrong: (count) => `Type ${count}.`,
    bulkNothing: "There is nothing to do.",
    exportText:
      "The status and code of every institution directly below. The file holds codes: keep it safe, delete it after use.",
    exportFormat: "Format",
    exportFormats: { xlsx: "Excel (xlsx)", csv: "CSV (csv)" },
    start: "Start",
  },
  grant: {
    title: "Grant",
    business: "Business",
    state: "Status",
    issuedAt: "Issued",
    activatedAt: "Activated",
    expiresAt: "Code valid until",
    manager: "Manager",
    noManager: "No manager yet",
    since: (day) => `since ${day}`,
    assistants: "Assistants",
    noAssistants: "No assistants",
    invitations: "Open invitations",
    invitationUntil: (time) => `valid until ${time}`,
    childrenActive: (count) =>
      count === 1
        ? "1 active institution directly below"
        : `${count} active institutions directly below`,
    history: "History",
    historyNone: "No events yet.",
    children: "Manage the grants below",
    phoneOnly:
      "Inviting assistants and transferring happen in the mini-program: they need your face check.",
  },
  jobs: {
    title: "Bulk jobs",
    none: "No bulk jobs",
    noneText:
      "Issue, revoke or export in bulk from the list of grants of a business.",
    kinds: {
      code: "Issue codes",
      revocation: "Revoke unactivated codes",
      export: "Export codes",
    },
    statuses: {
      queued: "Queued",
      running: "Running",
      succeeded: "Done",
      failed: "Stopped",
      cancelled: "Cancelled",
    },
    progress: (done, total) => `${done} of ${total} done`,
    counting: "Counting institutions…",
    skipped: (count) => `${count} skipped`,
    skippedTitle: "Skipped institutions",
    skippedAll: "Show all",
    started: (time) => `Started ${time}`,
    finished: (time) => `Ended ${time}`,
    download: "Download file",
    keptUntil: (time) => `The file is kept until ${time}`,
    gone: "The file is no longer kept. Please export again.",
    cancel: "Cancel job",
    cancelText: "What is done stays done.",
    leave: "You can leave this page. The job goes on.",
    back: "Back to the grants",
    at: (place) => `directly below ${place}`,
  },
  code: {
    title: "Confirmation code",
    lead: "People who work here enter it in the mini-program under Work unit to prove that they do.",
    current: "Present code",
    since: (time) => `Valid since ${time}`,
    rotatedBy: (name) => `rotated by ${name}`,
    members: (count) =>
      count === 1 ? "1 person has joined" : `${count} people have joined`,
    message: (institution, code) =>
      `The confirmation code of ${institution} is ${code}. Search for the institution in the mini-program under Me – Work unit and enter it. Do not share it outside.`,
    copyCode: "Copy code",
    copyMessage: "Copy message",
    messageLabel: "Message ready to send",
    rotate: "Rotate the code",
    rotateText:
      "The present code stops working at once. Whoever has joined stays. Rotate it when it may have leaked.",
    rotateConfirm: "Rotate",
    rotated: "The code is rotated.",
    keepBefore: "Also remove who joined with older codes",
  },
  account: {
    title: "My account",
    name: "Name",
    phone: "Phone",
    roles: "Roles",
    noRoles: "No roles",
    thisOne: "This session",
    expires: (time) => `until ${time}`,
    elsewhere:
      "See and end sessions on other devices in the mini-program under Me – Sessions.",
  },
};
