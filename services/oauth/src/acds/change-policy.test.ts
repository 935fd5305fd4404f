import { describe, expect, it } from '@jest/globals';
import type { AuthorizationState } from './acd.ts';
import { judgeChange, refusalsOfTypeChange, unconfirmed } from './change-policy.ts';
import { type AcdForm, type AcdSettings, settingsOf } from './form-policy.ts';

const settings = (changes: Partial<AcdForm>): AcdSettings => settingsOf({ ...form, ...changes }, () => true).settings;
const form: AcdForm = {
  name: 'Contact centre',
  clientRef: '0b0f4e5e-6d3a-4d0f-8a8e-2f1f5f0c9b10',
  username: 'admin@contactcentre.example',
  apiUrl: 'eu2',
  webexOrgId: '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2',
  qualityManagement: { enabled: true, voice: true, digital: true },
};
const oldForm: AcdForm = {
  ...form,
  clientRef: null,
  qualityManagement: null,
  variant: '1.0-cmsv1',
  apiUrl: 'https://rest-tenant.example/aws/api',
  mediaApiUrl: 'https://rd-tenant.example/cr/x',
};

const judge = (
  before: Partial<AcdForm>,
  after: Partial<AcdForm>,
  authorization: AuthorizationState = 'authorized',
  bringsApiKey = false,
) => {
  const { stops, dropsCredential } = judgeChange(settings(before), settings({ ...before, ...after }), {
    authorization,
    bringsApiKey,
  });
  return { confirm: stops.map(({ confirm }) => confirm), dropsCredential };
};

describe('ACD-01 what a save must be confirmed for', () => {
  it.each<[string, Partial<AcdForm>, string[]]>([
    ['turns Quality Management off', { qualityManagement: { enabled: false } }, ['turn-off-quality-management']],
    ['turns Voice off', { qualityManagement: { enabled: true, digital: true, voice: false } }, ['turn-off-voice']],
    ['turns Digital off', { qualityManagement: { enabled: true, voice: true } }, ['turn-off-digital']],
    ['changes nothing of that', { name: 'Another', rteMessaging: true, captureDelayMinutes: 5 }, []],
  ])('%s', (_name, after, confirm) => expect(judge({}, after)).toEqual({ confirm, dropsCredential: false }));

  it('turns something on', () =>
    expect(judge({ qualityManagement: { enabled: false } }, { qualityManagement: { enabled: true } }).confirm).toEqual(
      [],
    ));

  it.each<[string, Partial<AcdForm>, string[]]>([
    ['username', { username: 'other@contactcentre.example' }, ['change-username']],
    ['organization', { webexOrgId: '11111111-1111-4111-8111-111111111111' }, ['change-organization']],
    ['API URL', { apiUrl: 'us1' }, ['change-api-url']],
    ['client', { clientRef: '11111111-1111-4111-8111-111111111112' }, ['change-client']],
    [
      'several of it, and Voice',
      { username: 'other@contactcentre.example', apiUrl: 'us1', qualityManagement: { enabled: true, digital: true } },
      ['turn-off-voice', 'change-username', 'change-api-url'],
    ],
  ])('changes the %s of an authorized ACD, which drops its tokens', (_name, after, confirm) => {
    expect(judge({}, after)).toEqual({ confirm, dropsCredential: true });
    expect(judge({}, after, 'reauthorization-required')).toEqual({ confirm, dropsCredential: true });
  });

  it('asks nobody where nothing was authorized yet, and drops what was begun', () =>
    expect(judge({}, { username: 'other@contactcentre.example' }, 'not-authorized')).toEqual({
      confirm: [],
      dropsCredential: true,
    }));

  it.each([{ username: 'ADMIN@contactcentre.example' }, { apiUrl: 'https://api.wxcc-eu2.cisco.com/' }])(
    'takes %j as the same',
    (after) => expect(judge({}, after)).toEqual({ confirm: [], dropsCredential: false }),
  );

  it('an API key is bound to the Media API too, and a new key comes with the change or is missing', () => {
    const after = { mediaApiUrl: 'https://rd-other.example/cr/x' };
    expect(judge(oldForm, after)).toEqual({ confirm: ['change-media-api-url'], dropsCredential: true });
    expect(judge(oldForm, after, 'authorized', true)).toEqual({
      confirm: ['change-media-api-url'],
      dropsCredential: true,
    });
    expect(judge(oldForm, { useCmsV2: true, variant: null, type: 'Cisco Customer Journey Platform' }).confirm).toEqual(
      [],
    );
  });
});

describe('ACD-01 a confirmation', () => {
  const { stops } = judgeChange(
    settings({}),
    settings({ username: 'other@contactcentre.example', qualityManagement: { enabled: false } }),
    { authorization: 'authorized', bringsApiKey: false },
  );

  it('names what stops and how to confirm it', () => {
    const { confirm, refusals } = unconfirmed(stops, []);
    expect(confirm).toEqual(['turn-off-quality-management', 'change-username']);
    expect(refusals.map(({ field }) => field)).toEqual(['qualityManagement.enabled', 'username']);
    expect(refusals[1]!.reason).toContain('admin@contactcentre.example to other@contactcentre.example');
    expect(refusals[1]!.remedy).toContain('change-username');
  });

  it('is asked for what is not confirmed yet', () => {
    expect(unconfirmed(stops, ['change-username', 'turn-off-voice']).confirm).toEqual(['turn-off-quality-management']);
    expect(unconfirmed(stops, ['change-username', 'turn-off-quality-management']).confirm).toEqual([]);
  });
});

describe('ACD-02 another type', () => {
  it('cannot be made of an ACD, but another variant of the type can', () => {
    expect(refusalsOfTypeChange(settings({}), settings(oldForm))).toMatchObject([{ field: 'variant' }]);
    expect(refusalsOfTypeChange(settings(oldForm), settings({ ...oldForm, variant: '2.0-cmsv1' }))).toEqual([]);
  });
});
