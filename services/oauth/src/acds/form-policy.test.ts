import { describe, expect, it } from '@jest/globals';
import { type AcdForm, formOf, mergedForm, settingsOf, wholeForm } from './form-policy.ts';

const form: AcdForm = {
  name: 'Before the move',
  type: 'Cisco Customer Journey Platform',
  username: 'admin@contactcentre.example',
  apiUrl: 'https://rest-tenant.example/aws/api',
  mediaApiUrl: 'https://rd-tenant.example/cr/get-decrypted-recording',
  webexOrgId: 'A1b2C3',
};
const programmatic: AcdForm = {
  name: 'Contact centre',
  clientRef: '0b0f4e5e-6d3a-4d0f-8a8e-2f1f5f0c9b10',
  username: 'admin@contactcentre.example',
  apiUrl: 'eu2',
  webexOrgId: '6F1D2C3B-4A59-4E68-9C77-8B8695A4B3C2',
};
const allowed = () => true;
const refusedFields = (changes: Partial<AcdForm>, base = form, mayCall: (url: string) => boolean = allowed) =>
  settingsOf({ ...base, ...changes }, mayCall).refusals.map(({ field }) => field);

describe('ACD-02 the 1.0 form', () => {
  it('has its defaults; calls are ingested and nothing else', () => {
    expect(settingsOf(form, allowed)).toEqual({
      refusals: [],
      settings: {
        variant: '1.0-cmsv1',
        clientRef: null,
        name: 'Before the move',
        webexOrgId: 'A1b2C3',
        username: 'admin@contactcentre.example',
        apiUrl: 'https://rest-tenant.example/aws/api',
        mediaApiUrl: 'https://rd-tenant.example/cr/get-decrypted-recording',
        configuration: {
          qualityManagement: { enabled: true, voice: true, digital: false },
          metadataMappings: [],
          synchronizationIntervalMinutes: 30,
          captureDelayMinutes: 15,
          dataRecapture: null,
          rteMessaging: false,
        },
      },
    });
  });

  it.each<[string, Partial<AcdForm>, string[]]>([
    ['no Media API URL', { mediaApiUrl: null }, ['mediaApiUrl']],
    ['a Media API URL without path', { mediaApiUrl: 'https://rd-tenant.example' }, ['mediaApiUrl']],
    ['an API URL without path', { apiUrl: 'https://rest-tenant.example/' }, ['apiUrl']],
    ['a region instead of a URL', { apiUrl: 'eu2' }, ['apiUrl']],
    ['an API URL without protocol', { apiUrl: 'rest-tenant.example/aws/api' }, ['apiUrl']],
    ['another protocol', { mediaApiUrl: 'ftp://rd-tenant.example/x' }, ['mediaApiUrl']],
    ['a Tenant ID that is not alphanumeric', { webexOrgId: 'a b' }, ['webexOrgId']],
    ['an organization id', { webexOrgId: '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2' }, []],
    [
      'an interval, a delay and RTE',
      { synchronizationIntervalMinutes: 10, captureDelayMinutes: 5, rteMessaging: true },
      [],
    ],
    [
      'everything wrong at once',
      { name: ' ', username: 'x', apiUrl: 'y', mediaApiUrl: 'z', clientRef: 'c', acdFiltering: {} },
      ['clientRef', 'name', 'username', 'apiUrl', 'mediaApiUrl', 'acdFiltering'],
    ],
  ])('%s', (_name, changes, fields) => expect(refusedFields(changes)).toEqual(fields));

  it('reaches no host that the deployment does not allow', () =>
    expect(refusedFields({}, form, (url) => !url.includes('rd-tenant'))).toEqual(['mediaApiUrl']));
});

describe('ACD-01 an organization', () => {
  it.each([
    ['6F1D2C3B-4A59-4E68-9C77-8B8695A4B3C2', '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2'],
    ['A1b2C3', 'A1b2C3'],
  ])('%s is kept as %s', (webexOrgId, kept) =>
    expect(settingsOf({ ...form, webexOrgId }, allowed).settings.webexOrgId).toBe(kept),
  );
});

describe('ACD-01 the form of variant 2.0', () => {
  it.each<[string, Partial<AcdForm>, string[]]>([
    ['a region', {}, []],
    ['no client', { clientRef: null }, ['clientRef']],
    ['an organization id that is no UUID', { webexOrgId: 'a1b2c3' }, ['webexOrgId']],
    ['an API key', { apiKey: 'k' }, ['apiKey']],
  ])('%s', (_name, changes, fields) => expect(refusedFields(changes, programmatic)).toEqual(fields));
});

describe('ACD-01 a patch', () => {
  const base = formOf(settingsOf(programmatic, allowed).settings);
  const old = formOf(settingsOf(form, allowed).settings);
  const merged = (patch: Partial<AcdForm>, from = base) => settingsOf(mergedForm(from, patch), allowed);

  it('without a field changes nothing', () => {
    expect(merged({})).toEqual(settingsOf(programmatic, allowed));
    expect(merged({}, old)).toEqual(settingsOf(form, allowed));
  });

  it.each<[string, Partial<AcdForm>, object]>([
    [
      'one box beside the other',
      { qualityManagement: { digital: true } },
      { enabled: true, voice: true, digital: true },
    ],
    ['all of it off', { qualityManagement: { enabled: false } }, { enabled: false, voice: false, digital: false }],
    ['its default again', { qualityManagement: null }, { enabled: true, voice: true, digital: false }],
  ])('products: %s', (_name, patch, products) => {
    const { settings, refusals } = merged(patch);
    expect([settings.configuration.qualityManagement, refusals]).toEqual([products, []]);
  });

  it('takes a field back to its default with null', () => {
    const { settings } = merged(
      { synchronizationIntervalMinutes: null },
      { ...base, synchronizationIntervalMinutes: 90 },
    );
    expect(settings.configuration.synchronizationIntervalMinutes).toBe(30);
  });

  it.each<[Partial<AcdForm>, string]>([
    [{ useCmsV2: true }, '1.0-to-2.0-cmsv2'],
    [{ useCmsV2: false }, '1.0-cmsv1'],
    [{ variant: '2.0-cmsv1' }, '2.0-cmsv1'],
    [{ name: 'Another' }, '1.0-cmsv1'],
  ])('of the 1.0 form: %j → %s', (patch, variant) => expect(merged(patch, old).settings.variant).toBe(variant));

  const JOURNEY = 'Cisco Customer Journey Platform';
  it.each<[NonNullable<AcdForm['variant']>, Partial<AcdForm>, string]>([
    ['2.0-cmsv1', { useCmsV2: false }, '2.0-cmsv1'],
    ['2.0-cmsv1', { type: JOURNEY }, '2.0-cmsv1'],
    ['2.0-cmsv1', { type: JOURNEY, useCmsV2: false }, '2.0-cmsv1'],
    ['2.0-cmsv1', { useCmsV2: true }, '1.0-to-2.0-cmsv2'],
    ['1.0-to-2.0-cmsv2', { type: JOURNEY }, '1.0-to-2.0-cmsv2'],
    ['1.0-to-2.0-cmsv2', { useCmsV2: null }, '1.0-cmsv1'],
  ])('that says what is shown of %s changes no variant: %j → %s', (variant, patch, after) => {
    const { settings, refusals } = merged(patch, { ...old, variant });
    expect([settings.variant, refusals]).toEqual([after, []]);
  });

  it.each<[NonNullable<AcdForm['variant']>, Partial<AcdForm>, string]>([
    ['2.0-cmsv1', {}, '2.0-cmsv1'],
    ['2.0-cmsv1', { type: JOURNEY }, '2.0-cmsv1'],
    ['2.0-cmsv1', { type: JOURNEY, useCmsV2: false }, '2.0-cmsv1'],
    ['2.0-cmsv1', { useCmsV2: true }, '1.0-to-2.0-cmsv2'],
    ['2.0-cmsv1', { variant: '1.0-cmsv1' }, '1.0-cmsv1'],
    ['1.0-to-2.0-cmsv2', {}, '1.0-to-2.0-cmsv2'],
    ['1.0-to-2.0-cmsv2', { type: JOURNEY }, '1.0-cmsv1'],
    ['1.0-cmsv1', { useCmsV2: true }, '1.0-to-2.0-cmsv2'],
  ])('a whole form of %s with %j means %s', (variant, sent, after) => {
    const { type: _type, ...rest } = form;
    const { settings, refusals } = settingsOf(wholeForm({ ...rest, ...sent }, variant), allowed);
    expect([settings.variant, refusals]).toEqual([after, []]);
  });
});
