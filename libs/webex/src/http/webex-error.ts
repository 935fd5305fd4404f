/** What went wrong with a call to Webex, in terms that a caller can act on. */
export type WebexErrorKind =
  | 'unauthorized'
  | 'forbidden'
  | 'rate-limited'
  | 'unavailable'
  | 'timeout'
  | 'invalid-request'
  | 'invalid-answer'
  | 'refused'
  | 'host-not-allowed'
  | 'not-found'
  | 'incomplete'
  | 'not-published';

const RETRIABLE: Record<WebexErrorKind, boolean> = {
  unauthorized: false,
  forbidden: false,
  'rate-limited': true,
  unavailable: true,
  timeout: true,
  'invalid-request': false,
  'invalid-answer': false,
  refused: false,
  'host-not-allowed': false,
  'not-found': false,
  incomplete: true,
  'not-published': false,
};

/** One error of a GraphQL server: its text and where it stands, in the question (lines from 1) or in the answer. */
export interface QueryFault {
  message: string;
  lines: readonly number[];
  path: readonly string[];
}

export interface WebexErrorDetails {
  statusCode?: number | undefined;
  retryAfterMs?: number | undefined;
  trackingId?: string | undefined;
  retriable?: boolean | undefined;
  answerKey?: string | undefined;
  answerText?: string | undefined;
  faults?: readonly QueryFault[] | undefined;
}

/**
 * The only error that this library throws for Webex's sake (an aborted signal throws its own reason).
 * `retriable` says whether the same call may succeed later; `refused` is the definitive refusal of an OAuth grant;
 * `incomplete` is a listing whose completeness was not proven (nothing may be concluded from what is absent in it);
 * `not-published` is a question for which no public description of the API exists, so that it is not asked at all.
 * The message never holds a token, a secret or the query string of a pre-signed URL: it may be logged as it is.
 */
export class WebexError extends Error {
  readonly kind: WebexErrorKind;
  readonly statusCode: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly trackingId: string | undefined;
  readonly retriable: boolean;
  /** The key and text of Webex's error body, without secrets: evidence for people, as no such body is documented. */
  readonly answerKey: string | undefined;
  readonly answerText: string | undefined;
  /** All that a GraphQL server found wrong; else empty. As safe to log as the message. */
  readonly faults: readonly QueryFault[];

  constructor(kind: WebexErrorKind, message: string, details: WebexErrorDetails = {}) {
    super(message);
    this.name = 'WebexError';
    this.kind = kind;
    this.statusCode = details.statusCode;
    this.retryAfterMs = details.retryAfterMs;
    this.trackingId = details.trackingId;
    this.answerKey = details.answerKey;
    this.answerText = details.answerText;
    this.retriable = details.retriable ?? RETRIABLE[kind];
    this.faults = details.faults ?? [];
  }
}
