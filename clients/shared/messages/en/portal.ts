import type { PortalMessages } from "../zh/portal.js";

export const enPortal: PortalMessages = {
  nav: {
    search: "Find an institution",
    registrations: "My registrations",
    status: "Check status",
    help: "Help",
    console: "Console",
  },
  search: {
    title: "Find an institution",
    lead: "Search first: an institution that is already in the directory does not need to be registered.",
    label: "Institution name or code",
    hint: "Any part of the name, at least two characters.",
    button: "Search",
    tooShort: "Type at least two characters.",
    results: (query) => `Results for “${query}”`,
    count: (count, more) =>
      more ? `${count} shown, there are more` : `${count} found`,
    none: (query) => `Nothing found for “${query}”`,
    noneText:
      "Try another word first, for example only the place and “医院”. If it is really missing, you can register it.",
    register: "Register an institution",
    startTitle: "Common tasks",
    startRegister: "Register an institution",
    startRegisterText:
      "Search first. If it is not in the directory, somebody who works there registers it.",
    startStatus: "Check a registration",
    startStatusText: "Without signing in, by supervisor and full name.",
    startHelp: "How to get a confirmation code or a grant code",
    startHelpText: "Whom to ask, and what to do when you are locked out.",
  },
  register: {
    title: "Register an institution",
    start: "Before you start",
    startText: "It takes about 5 minutes. You need:",
    need: [
      "the full name, as on the registration certificate",
      "the unified social credit code (18 characters)",
      "the name of the supervisor (the health authority or institution directly above)",
      "a contact's name and phone number, and a mobile number that can receive text messages",
    ],
    steps: {
      agreement: "Agreement",
      phone: "Phone",
      institution: "Institution",
      codes: "Codes and address",
      contact: "Contact",
      check: "Check",
    },
    stepOf: (step, total) => `Step ${step} of ${total}`,
    agreement: {
      title: "Read the agreement",
      accept: "I have read and accept the agreement",
      acceptMissing: "Read the agreement and tick the box first.",
      version: (version) => `Version ${version}`,
      outdated:
        "The agreement has been updated. Please read and accept it again.",
    },
    phone: {
      title: "Confirm your phone number",
      text: "You sign in with it to follow and amend this registration.",
      signedInAs: (phone) => `Signed in: ${phone}`,
    },
    institution: {
      title: "Institution",
      name: "Full name",
      nameHint: "Exactly as on the certificate, without abbreviations.",
      supervisor: "Supervisor",
      supervisorHint:
        "The institution directly above, for example the health bureau of the county.",
      supervisorMissing: "Search for the supervisor and choose it.",
      category: "Category",
      categoryMissing: "Choose a category.",
    },
    codes: {
      title: "Codes and address",
      creditCode: "Unified social credit code",
      creditCodeHint:
        "18 characters, at the top of the certificate. The letters I, O, S, V and Z never occur.",
      creditCodeFormat:
        "It must have 18 digits and capital letters. Please copy it from the certificate again.",
      creditCodeChecksum:
        "The last character does not fit. Please compare it character by character.",
      regionMissing: "Choose the district or county.",
      address: "Address",
      addressHint: "Street and number.",
    },
    contact: {
      title: "Contact",
      text: "Used to check this registration only, stored encrypted, never published.",
      name: "Contact's name",
      phone: "Contact's phone number",
      phoneHint:
        "A mobile number, or a landline with its area code, for example 027-87654321.",
      phoneFormat: "Enter a mobile number, or a landline with its area code.",
    },
    check: {
      title: "Check and submit",
      text: "Compare everything with the certificate. You cannot change it during the review.",
      submit: "Submit registration",
      changeOf: (what) => `Change: ${what}`,
      exists:
        "This institution is in the directory already. There is nothing to register:",
      mine: "Your registration of this institution is already being reviewed.",
      mineLink: "See my registrations",
    },
    done: {
      title: "Registration submitted",
      number: "Number",
      nextTitle: "What happens next",
      next: [
        "An administrator checks what you entered, usually within 3 working days.",
        "The result appears under My registrations; anybody can check the status by supervisor and full name.",
        "If it is rejected, you see the reason, and can amend and submit it again.",
        "Once it is included, your colleagues find the institution in the mini-program.",
      ],
    },
    another: "Register another institution",
    kept: "What you typed is kept on this page only. Do not close it before you submit.",
  },
  signIn: {
    title: "Sign in",
    text: "With your mobile number and a text message. If you have no account, one is made.",
    phone: "Mobile number",
    phoneHint: "11 digits.",
    phoneFormat: "Enter a mobile number of 11 digits.",
    send: "Send code",
    sendAgain: "Send another code",
    sendAgainIn: (seconds) => `Another code in ${seconds} s`,
    sent: (phone) => `A code was sent to ${phone}. It is valid for 5 minutes.`,
    code: "Code from the text message",
    codeHint: "6 digits.",
    codeFormat: "Enter the 6 digits of the code.",
    button: "Sign in",
    otherPhone: "Use another number",
    shared:
      "On a shared computer, sign out when you are done. Closing the tab signs you out too.",
  },
  registrations: {
    title: "My registrations",
    empty: "No registrations yet",
    emptyText:
      "Search for the institution first. If it is missing, register it.",
    status: {
      pending: "Under review",
      rejected: "Rejected",
      included: "Included",
    },
    submitted: (time) => `Submitted ${time}`,
    decided: (time) => `Decided ${time}`,
    pendingText: "It is being reviewed, usually within 3 working days.",
    includedText:
      "Included. Your colleagues find it in the mini-program by its name or code.",
    reason: "Reason",
    comment: "Reviewer's comment",
    amend: "Amend and submit again",
    appeal: "Appeal",
    code: (code) => `Institution code ${code}`,
    notMine: "Submitted by another account",
    notMineText:
      "Another account with the same phone number submitted it. You see its status only.",
    withoutPhone: "Bind a phone number in the mini-program first.",
  },
  amend: {
    title: "Amend the registration",
    text: "Correct what the reason says, then submit again. Everything else is kept.",
    submit: "Submit again",
    done: "Submitted again. It is waiting for review.",
    notRejected:
      "There is nothing to amend: only a rejected registration can be amended and submitted again.",
    stale:
      "This registration has just changed. Open it again before you amend it.",
  },
  appeal: {
    title: "Appeal",
    text: "If you are sure that everything is right, you can appeal once; a different administrator decides. If something is wrong, amend it instead.",
    comment: "Why it is right",
    commentHint:
      "Say what is right, and how that can be seen. Do not enter document numbers.",
    submit: "Submit appeal",
    done: "The appeal is submitted. A different administrator decides.",
  },
  status: {
    title: "Check a registration",
    lead: "Without signing in. Only the status is shown; sign in to see why a registration was rejected.",
    name: "Full name of the institution",
    nameHint: "Exactly as it was submitted.",
    button: "Check status",
    result: {
      pending: "Under review",
      rejected: "Rejected",
      included: "Included",
      none: "No registration found",
    },
    resultText: {
      pending: "It is being reviewed, usually within 3 working days.",
      rejected:
        "It was not accepted. Whoever submitted it can sign in, see the reason, and submit it again.",
      included:
        "The institution is in the directory and can be found in the mini-program.",
      none: "Check the supervisor and the full name. If nothing was submitted yet, search the directory first.",
    },
    submittedOn: (day) => `Submitted on ${day}`,
    decidedOn: (day) => `Decided on ${day}`,
  },
  help: {
    title: "Help",
    topics: [
      {
        title: "How to get a confirmation code",
        text: [
          "A confirmation code proves that you work at an institution. You enter it in the mini-program under Work unit.",
          "Ask your institution's manager or assistant: they see it in the console under Confirmation code, with a message ready to send to you.",
          "When it is rotated, the previous code stops working at once. Whoever has joined stays.",
        ],
      },
      {
        title: "How to get a grant code",
        text: [
          "A grant code opens a business for your institution. The manager at your supervisor issues it in the console; it is valid for 30 days.",
          "Enter it in the mini-program under Add a business and pass a face check. You are then the manager of that business.",
          "If it has expired or is lost, ask the supervisor to issue it again. The previous code stops working.",
        ],
      },
      {
        title: "Institutions without a supervisor",
        text: [
          "Administrators of the platform issue their codes. Please contact the provincial authority.",
        ],
      },
      {
        title: "A new phone number or WeChat account, and locked out",
        text: [
          "You still have the number: sign in by phone in the mini-program, pass a face check, and bind the new WeChat account.",
          "You still have the WeChat account: sign in with it and replace the number under Me.",
          "You have neither: sign in with the new number and verify your identity again. The platform checks it and moves your identity to the new account.",
        ],
      },
      {
        title: "No tries left",
        text: [
          "Text messages: 5 an hour for each number. Please wait an hour.",
          "Face check: after 5 failures within 15 minutes, please wait 30 minutes.",
          "Document scan: after 5 failures within 6 hours a person reviews your photos. Follow the instructions and submit.",
        ],
      },
      {
        title: "How to sign in to the console",
        text: [
          "Only managers, assistants and administrators can sign in.",
          "Open the console on a PC, scan the QR code with WeChat, type the two digits that the screen shows and confirm.",
          "If it is not you who is signing in, choose “Not me” on the phone.",
        ],
      },
    ],
  },
  footer: {
    about: "Health Talent Service Platform",
    privacy:
      "Personal data is stored encrypted and used for identity checks and services only.",
  },
};
