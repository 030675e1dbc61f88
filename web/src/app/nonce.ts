/** The nonce under which the content security policy lets styles be made while the page runs. */
export function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
}
