import type { CommonMessages } from "../zh/common.js";

export const enCommon: CommonMessages = {
  product: "Health Talent Service Platform",
  skip: "Skip to main content",
  menu: "Menu",
  loading: "Loading…",
  working: "Working",
  tryAgain: "Try again",
  refresh: "Refresh",
  close: "Close",
  cancel: "Cancel",
  back: "Back",
  next: "Continue",
  save: "Save",
  change: "Change",
  more: "Load more",
  copy: "Copy",
  copied: "Copied",
  copyByHand:
    "The browser does not allow copying. Please select and copy the text yourself.",
  choose: "Please choose",
  optional: " (optional)",
  required: "This is required.",
  fillIn: (what) => `Fill in: ${what}.`,
  errorPrefix: "Error: ",
  checkFields: (count) =>
    count === 1 ? "There is 1 problem" : `There are ${count} problems`,
  offline:
    "You are offline. What you typed is kept; continue when the connection is back.",
  noAnswer: "The server did not answer. Check your connection and try again.",
  unexpected: "Something went wrong on this page. Please reload it.",
  maybeOld: "This may be out of date.",
  againInMinutes: (minutes) =>
    minutes === 1
      ? "Try again in 1 minute."
      : `Try again in ${minutes} minutes.`,
  againInSeconds: (seconds) =>
    seconds === 1
      ? "Try again in 1 second."
      : `Try again in ${seconds} seconds.`,
  textSize: "Text size",
  textSizes: { standard: "Standard", large: "Large", largest: "Largest" },
  signIn: "Sign in",
  signOut: "Sign out",
  sessionEnded: {
    signed_out: "You are signed out.",
    elsewhere: "You signed out in another tab. Please sign in again.",
    expired: "Your session has ended. Please sign in again.",
  },
  notFound: {
    title: "Page not found",
    text: "The address may be wrong, or the page has moved.",
    home: "Go to the start page",
  },
  institution: {
    code: "Institution code",
    name: "Name",
    supervisor: "Supervisor",
    noSupervisor: "None (province)",
    category: "Category",
    region: "Region",
    creditCode: "Unified social credit code",
    address: "Address",
  },
  region: {
    hint: "Down to the district or county.",
    province: "Province",
    city: "City",
    county: "District or county",
  },
  triesLeft: (count) => (count === 1 ? "1 try left." : `${count} tries left.`),
  retryAt: (time) => `Try again after ${time}.`,
  picker: {
    search: "Type part of the name, at least two characters",
    none: "Nothing found. Try another word, or check the full name.",
    found: (count, more) =>
      more
        ? `More than ${count} found. Type more to narrow it down`
        : `${count} found`,
    choose: "Choose an institution from the results.",
  },
  local: {
    mark: "Local run only",
    outbox: "Open the text message outbox",
    phone: "Open the simulated phone",
  },
};
