/**
 * The cookie by which the browser that opened a request’s address is known again when Webex sends it back (AUTH-01).
 * One for each request, so that several ACDs can be authorized in one browser at once.
 */

export interface BindingCookie {
  name: string;
  isSecure: boolean;
}

/** `__Host-`: no other host, port or path can have set it. It wants https, which a loopback address has not. */
export function bindingCookie(requestId: string, publicUrl: string): BindingCookie {
  const isSecure = publicUrl.startsWith('https://');
  return { name: `${isSecure ? '__Host-' : ''}wfo-authorization-${requestId.slice(0, 8)}`, isSecure };
}

/** `Lax`: it comes along when Webex redirects here, and with no request that another site sends by itself. */
export function setCookie(cookie: BindingCookie, value: string, maxAgeSeconds: number): string {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Lax', `Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}`];
  return [`${cookie.name}=${value}`, ...attributes, ...(cookie.isSecure ? ['Secure'] : [])].join('; ');
}

/** The value of a cookie in a `Cookie` header; undefined when there is none, or more than one of the name. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
