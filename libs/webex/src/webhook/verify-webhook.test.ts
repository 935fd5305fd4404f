import { describe, expect, it } from '@jest/globals';
import { describeWithSamples, readSample, sampleFiles } from '../testing/samples.ts';
import { signWebhook, verifyWebhook, type WebhookHeaders } from './verify-webhook.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const ORG = 'cb5901fb-ab66-4377-a7bc-5f0b21896952';
const envelope = {
  id: 'e1',
  specversion: '1.0',
  type: 'task:ended',
  source: '/com/cisco/wxcc/sub-1',
  comciscoorgid: ORG,
  comciscotimestamp: 1_779_785_508_649,
  datacontenttype: 'application/json',
  data: { taskId: 't1', createdTime: 1_779_785_508_000 },
};

function verify(body: unknown, headers: WebhookHeaders = {}, secret = SECRET) {
  const rawBody = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const signed = { 'x-webexcc-signature': signWebhook(rawBody, secret), ...headers };
  return verifyWebhook({ rawBody, headers: signed, secret: SECRET, orgId: ORG });
}

describeWithSamples("Cisco's webhook samples", () => {
  it.each(sampleFiles(/^webhook-(task|envelope)/))('%s', (file) => {
    const sample = readSample(file);
    const result = verify({ ...sample, comciscoorgid: ORG });
    expect(result).toMatchObject({
      ok: true,
      event: {
        id: sample.id,
        type: sample.type,
        subscriptionId: sample.source.split('/').at(-1),
        occurredAtMs: Number(sample.comciscotimestamp),
      },
    });
  });
});

describe('a webhook call', () => {
  it('signed as RFC 4231 has it (test case 2)', () => {
    expect(signWebhook(Buffer.from('what do ya want for nothing?'), 'Jefe')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('gives task, subscription and time', () => {
    expect(verify(envelope)).toEqual({
      ok: true,
      event: {
        id: 'e1',
        type: 'task:ended',
        subscriptionId: 'sub-1',
        orgId: ORG,
        occurredAtMs: 1_779_785_508_649,
        taskId: 't1',
        data: envelope.data,
      },
    });
  });

  it('may have its headers in any case, its signature in capitals and its organization, too', () => {
    const rawBody = Buffer.from(JSON.stringify({ ...envelope, comciscoorgid: ORG.toUpperCase() }));
    const headers = { 'X-WebexCC-Signature': [signWebhook(rawBody, SECRET).toUpperCase()] };
    expect(verifyWebhook({ rawBody, headers, secret: SECRET, orgId: ORG }).ok).toBe(true);
  });

  it('takes the time from the header or the data where the envelope has none', () => {
    const { comciscotimestamp: _, ...bare } = envelope;
    expect(verify(bare, { 'x-webexcc-timestamp': '1779785508650' })).toMatchObject({
      event: { occurredAtMs: 1_779_785_508_650 },
    });
    expect(verify(bare, { 'x-webexcc-webhook-version': 'task:1.0.0' })).toMatchObject({
      event: { occurredAtMs: 1_779_785_508_000 },
    });
    expect(verify(bare)).toMatchObject({ ok: false, code: 'version-unsupported' });
  });

  it.each([
    ['signature-wrong', envelope, { 'x-webexcc-signature': 'ab'.repeat(32) }],
    ['signature-wrong', envelope, { 'x-webexcc-signature': 'short' }],
    ['signature-missing', envelope, { 'x-webexcc-signature': undefined }],
    ['not-json', '{"id":', {}],
    ['envelope-invalid', [envelope], {}],
    ['envelope-invalid', { ...envelope, specversion: '0.3' }, {}],
    ['envelope-invalid', { ...envelope, source: '/elsewhere' }, {}],
    ['envelope-invalid', { ...envelope, id: { deep: 1 } }, {}],
    ['organization-wrong', { ...envelope, comciscoorgid: 'another' }, {}],
  ] as const)('is refused: %s', (code, body, headers) => {
    expect(verify(body, headers)).toMatchObject({ ok: false, code });
  });

  it('is refused when signed with another secret or when the secret is empty', () => {
    expect(verify(envelope, {}, 'another secret')).toMatchObject({ ok: false, code: 'signature-wrong' });
    const rawBody = Buffer.from(JSON.stringify(envelope));
    const headers = { 'x-webexcc-signature': signWebhook(rawBody, '') };
    expect(verifyWebhook({ rawBody, headers, secret: '', orgId: ORG })).toMatchObject({ code: 'signature-wrong' });
  });
});
