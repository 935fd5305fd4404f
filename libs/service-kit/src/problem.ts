import { ERROR_CODES, type ErrorCode } from '@wxcc-wfo/contracts';

export interface ProblemField {
  field: string;
  reason: string;
  remedy?: string;
}

export interface ProblemOptions {
  status: number;
  code: ErrorCode;
  /** Default: the sentence of the code in contracts */
  title?: string;
  /** What happened, to what */
  detail?: string;
  field?: string;
  /** What to do next */
  remedy?: string;
  errors?: ProblemField[];
  /** With `confirmation-required`: what `confirm` of the request lacks */
  confirm?: string[];
  /** e.g. `Allow`, `Retry-After`, `WWW-Authenticate` */
  headers?: Record<string, string>;
  /** Logged with a 5xx, never sent */
  cause?: unknown;
}

/** An error that a route throws and that a caller gets as problem details (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly statusCode: number;
  readonly problem: ProblemOptions & { title: string };
  constructor(o: ProblemOptions) {
    const title = o.title ?? ERROR_CODES[o.code];
    super(o.detail ?? title, o.cause === undefined ? undefined : { cause: o.cause });
    this.statusCode = o.status;
    this.problem = { ...o, title };
  }
}

/** `throw problem({ status: 404, code: 'not-found', detail: …, remedy: … })` */
export function problem(o: ProblemOptions): ProblemError {
  return new ProblemError(o);
}

/** The body that goes over the wire. */
export function problemBody(o: ProblemOptions & { title: string }, requestId: string): Record<string, unknown> {
  return {
    type: `urn:wxcc-wfo:problem:${o.code}`,
    title: o.title,
    status: o.status,
    code: o.code,
    detail: o.detail,
    remedy: o.remedy,
    field: o.field,
    requestId,
    confirm: o.confirm,
    errors: o.errors,
  };
}
