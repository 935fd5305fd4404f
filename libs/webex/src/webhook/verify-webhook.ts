import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Fields, instantOf, textOf } from '../http/fields.ts';
import { parseStorableJson } from '../http/storable-json.ts';

/** One event of a Webex subscription. Delivery is neither exactly once nor in order: it is a hint to look. */
export interface WebexWebhookEvent {
  id: string;
  /** E.g. `task:ended`. */
  type: string;
  subscriptionId: string;
  orgId: string;
  occurredAtMs: number;
  taskId?: string;
  agentId?: string;
  /** As sent; may hold personal data. */
  data: Record<string, unknown>;
}

export type WebhookRefusal =
  | 'signature-missing'
  | 'signature-wrong'
  | 'not-json'
  | 'envelope-invalid'
  | 'version-unsupported'
  | 'organization-wrong';

export type WebhookResult =
  | { ok: true; event: WebexWebhookEvent }
  | { ok: false; code: WebhookRefusal; reason: string };

export type WebhookHeaders = Record<string, string | string[] | undefined>;

/** The organization may differ in case only; UUIDs are not case-sensitive. */
const sameId = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/**
 * Authenticates a webhook call and decodes its version 2 envelope (CloudEvents 1.0 with Cisco's extensions).
 * `rawBody` must be the bytes as received: the signature (hex HMAC-SHA256, header `X-WebexCC-Signature`) covers them.
 * Nothing of the body is looked at before the signature has been found right.
 */
export function verifyWebhook(input: {
  rawBody: Buffer;
  headers: WebhookHeaders;
  secret: string;
  orgId: string;
}): WebhookResult {
  const signature = header(input.headers, 'x-webexcc-signature');
  if (!signature) {
    return refuse('signature-missing', 'X-WebexCC-Signature is missing: give the subscription a secret');
  }
  if (input.secret === '' || !isSignedBy(input.rawBody, signature, input.secret)) {
    return refuse('signature-wrong', 'X-WebexCC-Signature does not fit the body: check the subscription’s secret');
  }
  let envelope: unknown;
  try {
    envelope = parseStorableJson(input.rawBody.toString('utf8'));
  } catch {
    return refuse('not-json', 'The body is not JSON');
  }
  if (!isRecord(envelope)) return refuse('envelope-invalid', 'The body is not a CloudEvents envelope');
  try {
    return readEnvelope(envelope, input);
  } catch (error) {
    return refuse('envelope-invalid', error instanceof Error ? error.message : 'The envelope cannot be read');
  }
}

function readEnvelope(envelope: Fields, input: { headers: WebhookHeaders; orgId: string }): WebhookResult {
  const text = (name: string) => textOf(envelope, name, 'envelope');
  if (text('specversion') !== '1.0') return refuse('envelope-invalid', 'specversion must be "1.0"');
  const id = text('id');
  const type = text('type');
  const subscriptionId = /^\/com\/cisco\/wxcc\/([^/]+)$/.exec(text('source') ?? '')?.[1];
  if (!id || !type || !subscriptionId) {
    return refuse('envelope-invalid', 'id, type and source "/com/cisco/wxcc/{subscription}" must be there');
  }
  const orgId = text('comciscoorgid');
  if (!orgId || !sameId(orgId, input.orgId)) {
    return refuse('organization-wrong', 'comciscoorgid is not the organization of this ACD');
  }
  const data = isRecord(envelope.data) ? envelope.data : {};
  // Sent as a number or as a string; a header repeats it. Version 1 has neither the field nor the headers.
  const sentAtMs =
    instantOf(envelope, 'comciscotimestamp', 'envelope') ??
    instantOf({ header: header(input.headers, 'x-webexcc-timestamp') }, 'header', 'X-WebexCC-Timestamp');
  if (sentAtMs === null && !header(input.headers, 'x-webexcc-webhook-version')) {
    return refuse('version-unsupported', 'This is a version 1 event: subscribe with /v2/subscriptions');
  }
  const occurredAtMs = sentAtMs ?? instantOf(data, 'createdTime', 'data');
  if (occurredAtMs === null)
    return refuse('envelope-invalid', 'Neither comciscotimestamp nor data.createdTime is there');
  const taskId = textOf(data, 'taskId', 'data');
  const agentId = textOf(data, 'agentId', 'data');
  return {
    ok: true,
    event: {
      id,
      type,
      subscriptionId,
      orgId,
      occurredAtMs,
      ...(taskId ? { taskId } : {}),
      ...(agentId ? { agentId } : {}),
      data,
    },
  };
}

/** The signature that Webex would send for these bytes. */
export function signWebhook(rawBody: Buffer, secret: string): string {
  return createHmac('sha256', secret).update(rawBody).digest('hex');
}

function isSignedBy(rawBody: Buffer, signature: string, secret: string): boolean {
  if (!/^[0-9a-f]{64}$/i.test(signature)) return false;
  return timingSafeEqual(Buffer.from(signature, 'hex'), Buffer.from(signWebhook(rawBody, secret), 'hex'));
}

/** Cisco spells its headers in more than one case. */
function header(headers: WebhookHeaders, lowerCaseName: string): string | undefined {
  const value =
    headers[lowerCaseName] ?? Object.entries(headers).find(([name]) => name.toLowerCase() === lowerCaseName)?.[1];
  return Array.isArray(value) ? value[0] : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(code: WebhookRefusal, reason: string): WebhookResult {
  return { ok: false, code, reason };
}
