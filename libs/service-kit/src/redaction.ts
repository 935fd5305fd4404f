/**
 * What never reaches a log line, an error or a span: credentials, and what names or reaches a person.
 * Keys are compared without case, `-` and `_`. `code` and `key` are meant as OAuth code and cryptographic key.
 */
const SECRET_KEYS = new Set(
  `authorization proxyauthorization cookie setcookie xapikey apikey apikeys internalapikey key keys keyring privatekey
   token tokens accesstoken refreshtoken idtoken bearer secret secrets clientsecret webhooksecret password passwd pwd
   code authorizationcode codeverifier signature sealed databaseurl redisurl connectionstring
   ani dnis phone phonenumber telephone msisdn caller callerid callednumber callingnumber
   email mail emailaddress username name fullname firstname lastname givenname familyname displayname agentname
   ownername customername contactname transcript`.split(/\s+/),
);
export const REDACTED = '[redacted]';
const MAX_DEPTH = 8;

/** A copy of the value in which everything under a secret key is replaced; untouched values are not copied. */
export function redact<T>(value: T, depth = 0): T {
  if (value === null || typeof value !== 'object' || value instanceof Error) return value;
  if (Buffer.isBuffer(value) || value instanceof Uint8Array) return `[${value.length} bytes]` as T;
  if (depth >= MAX_DEPTH) return '[deeper than shown]' as T;
  if (Array.isArray(value)) return value.map((entry) => redact(entry, depth + 1)) as T;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return value;
  const copy: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    copy[key] = isSecretKey(key) && entry !== null && entry !== undefined ? REDACTED : redact(entry, depth + 1);
  }
  return copy as T;
}

/** Whether what stands under this key may not be recorded. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEYS.has(key.toLowerCase().replace(/[-_.]/g, ''));
}

const SCRUBBINGS: readonly [RegExp, string][] = [
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]+@/gi, `$1${REDACTED}@`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\bwfo_([a-z0-9-]{1,64})_[A-Za-z0-9_-]{20,}/g, `wfo_$1_${REDACTED}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, REDACTED],
  [
    /([?&](?:token|access_token|code|state|ticket|signature|sig|key|secret|X-Amz-[A-Za-z-]+)=)[^&\s"'\\]+/gi,
    `$1${REDACTED}`,
  ],
  [/[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}/g, REDACTED],
  [/(?<![A-Za-z0-9/])\+\d{7,15}\b/g, REDACTED],
];

/**
 * Takes out of free text what can be told by its form: user and password in URLs, bearers, API keys, JWTs, signatures
 * in queries, e-mail addresses, international phone numbers.
 */
export function scrub(text: string): string {
  let scrubbed = text;
  for (const [pattern, replacement] of SCRUBBINGS) scrubbed = scrubbed.replace(pattern, replacement);
  return scrubbed;
}
