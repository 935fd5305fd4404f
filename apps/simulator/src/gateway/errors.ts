import { randomUUID } from 'node:crypto';

/** Which family of error body a route answers with; the real API has three. */
export type ErrorStyle = 'data' | 'config' | 'subscriptions' | 'oauth';

/** A refusal that the error handler turns into the body of the route's family. */
export class ApiError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** True: answered without a body, as the gateway does for 429. */
  readonly bare: boolean;

  constructor(status: number, description: string, more: { headers?: Record<string, string>; bare?: boolean } = {}) {
    super(description);
    this.status = status;
    this.headers = more.headers ?? {};
    this.bare = more.bare ?? false;
  }
}

export function errorBody(
  style: ErrorStyle,
  status: number,
  description: string,
  trackingId: string | undefined,
): unknown {
  const tracked = (prefix: string): string => trackingId ?? `${prefix}${randomUUID()}`;
  switch (style) {
    case 'config':
      return {
        trackingId: tracked('ccconfig_'),
        error: {
          key: String(status),
          reason: description,
          message: [{ description, code: String(status), entity: 'organization', references: [] }],
        },
      };
    case 'subscriptions':
      return { error: { key: status, message: [{ description }] }, trackingId: tracked('NOTIFS_') };
    case 'oauth':
      return { message: description, errors: [{ description }], trackingId: tracked('ROUTER_') };
    default:
      return { trackingId: tracked(''), error: { key: String(status), message: [{ description }] } };
  }
}
