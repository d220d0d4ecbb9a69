/** Where to go next. Pages name what the person does there, never an address. */

export const pages = {
  home: "/pages/home/home",
  signIn: "/pages/sign-in/sign-in",
  me: "/pages/me/me",
  face: "/pages/face/face",
} as const;

export function go(page: string): void {
  uni.navigateTo({ url: page });
}

/** Go on without a way back: a step that is done. */
export function replace(page: string): void {
  uni.redirectTo({ url: page });
}

export function goHome(): void {
  uni.switchTab({ url: pages.home });
}

export function goMe(): void {
  uni.switchTab({ url: pages.me });
}

export function goBack(): void {
  if (getCurrentPages().length > 1) uni.navigateBack();
  else goHome();
}

export function goSignIn(): void {
  uni.reLaunch({ url: pages.signIn });
}

export function toast(title: string): void {
  uni.showToast({ title, icon: "none" });
}

/** Ask before something that cannot be taken back. */
export function ask(content: string, confirmText: string, cancelText: string): Promise<boolean> {
  return new Promise((resolve) => {
    uni.showModal({
      content,
      confirmText,
      cancelText,
      success: ({ confirm }) => resolve(confirm),
      fail: () => resolve(false),
    });
  });
}
