import { describe, expect, it } from '@jest/globals';
import { type AcdInput, completeQualityManagement, refusalsOfAcd } from './acd-policy.ts';
import { expandApiUrl } from './api-url-policy.ts';

const valid: AcdInput = {
  variant: '2.0',
  clientRef: '0b0f4e5e-6d3a-4d0f-8a8e-2f1f5f0c9b10',
  mediaApiUrl: null,
  name: 'Contact centre',
  username: 'admin@contactcentre.example',
  apiUrl: 'https://api.wxcc-us1.cisco.com',
  webexOrgId: '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2',
  qualityManagement: { enabled: true, voice: true, digital: false },
  dataRecapture: null,
  metadataMappings: [],
};
const refusedFields = (changes: Partial<AcdInput>, mayCall: (url: string) => boolean = () => true) =>
  refusalsOfAcd({ ...valid, ...changes }, mayCall).map(({ field }) => field);

describe('ACD-01 a valid connection', () => {
  it('is not refused', () => expect(refusedFields({})).toEqual([]));

  it('is told every refusal at once, each with a reason and a remedy', () => {
    const refusals = refusalsOfAcd({ ...valid, name: ' ', username: 'x', apiUrl: 'us9' }, () => true);
    expect(refusals.map(({ field }) => field)).toEqual(['name', 'username', 'apiUrl']);
    for (const { reason, remedy } of refusals)
      expect([reason, remedy]).toEqual([expect.any(String), expect.any(String)]);
  });
});

describe('ACD-01 name', () => {
  it.each([
    ['Contact centre', true],
    ['日本', true],
    [' Contact centre', false],
    ['Contact centre\t', false],
    ['   ', false],
    ['', false],
  ])('%j: valid %s', (name, ok) => expect(refusedFields({ name })).toEqual(ok ? [] : ['name']));
});

describe('ACD-01 username: an e-mail user@domain', () => {
  it.each([
    ['admin@contactcentre.example', true],
    ['first.last+wfo@sub.contact-centre.co.uk', true],
    ['ADMIN@CONTACTCENTRE.EXAMPLE', true],
    ['admin', false],
    ['admin@localhost', false],
    ['@contactcentre.example', false],
    ['admin@contactcentre.example.', false],
    ['admin@@contactcentre.example', false],
    ['ad min@contactcentre.example', false],
    ['admin@-bad.example', false],
    ['a@b.example,c@d.example', false],
    ['Admin <admin@contactcentre.example>', false],
  ])('%s: valid %s', (username, ok) => expect(refusedFields({ username })).toEqual(ok ? [] : ['username']));
});

describe('ACD-01 username: never a personal mailbox', () => {
  it.each([
    'gmail.com',
    'googlemail.com',
    'outlook.com',
    'hotmail.com',
    'live.com',
    'msn.com',
    'yahoo.com',
    'ymail.com',
    'icloud.com',
    'me.com',
    'mac.com',
    'aol.com',
    'proton.me',
    'protonmail.com',
    'gmx.com',
    'gmx.de',
    'gmx.net',
    'web.de',
    't-online.de',
    'mail.com',
    'zoho.com',
    'fastmail.com',
    'yandex.ru',
    'mail.ru',
    'qq.com',
    '163.com',
    'comcast.net',
    'yahoo.co.uk',
    'yahoo.com.au',
    'hotmail.fr',
    'outlook.de',
    'live.nl',
    'GMail.com',
  ])('%s', (domain) => {
    const [refusal, ...others] = refusalsOfAcd({ ...valid, username: `admin@${domain}` }, () => true);
    expect(others).toEqual([]);
    expect(refusal).toMatchObject({ field: 'username', reason: expect.stringContaining(domain.toLowerCase()) });
  });

  it.each(['gmail.com.contactcentre.example', 'notgmail.com', 'live.contactcentre.example'])(
    'but %s is an organization’s own',
    (domain) => expect(refusedFields({ username: `admin@${domain}` })).toEqual([]),
  );
});

describe('ACD-01 API URL: the guide’s regions ("Map API endpoints") and the codes', () => {
  it.each([
    ['US', 'https://api.wxcc-us1.cisco.com'],
    ['ANZ', 'https://api.wxcc-anz1.cisco.com'],
    ['UK', 'https://api.wxcc-eu1.cisco.com'],
    ['EU', 'https://api.wxcc-eu2.cisco.com'],
    ['EU (Frankfurt)', 'https://api.wxcc-eu2.cisco.com'],
    ['Japan', 'https://api.wxcc-jp1.cisco.com'],
    ['us1', 'https://api.wxcc-us1.cisco.com'],
    ['anz1', 'https://api.wxcc-anz1.cisco.com'],
    ['eu1', 'https://api.wxcc-eu1.cisco.com'],
    ['EU2', 'https://api.wxcc-eu2.cisco.com'],
    [' jp1 ', 'https://api.wxcc-jp1.cisco.com'],
    ['ca1', 'https://api.wxcc-ca1.cisco.com'],
    ['sg1', 'https://api.wxcc-sg1.cisco.com'],
    ['in1', 'https://api.wxcc-in1.cisco.com'],
    ['https://api.wxcc-us1.cisco.com/', 'https://api.wxcc-us1.cisco.com'],
    ['constructor', 'constructor'],
  ])('%s → %s', (given, url) => expect(expandApiUrl(given)).toBe(url));
});

describe('ACD-01 API URL: complete, with its protocol, of an allowed host', () => {
  it.each([
    ['https://api.wxcc-us1.cisco.com', true],
    ['api.wxcc-us1.cisco.com', false],
    ['us9', false],
    ['', false],
    ['ftp://api.wxcc-us1.cisco.com', false],
    ['javascript:alert(1)', false],
    ['https://user:secret@api.wxcc-us1.cisco.com', false],
    ['https://api.wxcc-us1.cisco.com?x=1', false],
    ['https://api.wxcc-us1.cisco.com#x', false],
  ])('%s: valid %s', (apiUrl, ok) => expect(refusedFields({ apiUrl })).toEqual(ok ? [] : ['apiUrl']));

  it('refuses a host that the deployment does not allow, and names it', () => {
    const [refusal] = refusalsOfAcd({ ...valid, apiUrl: 'https://evil.example' }, () => false);
    expect(refusal).toMatchObject({ field: 'apiUrl', reason: expect.stringContaining('https://evil.example') });
  });
});

describe('ACD-01 products: Quality Management with Voice and/or Digital', () => {
  it.each([
    [{ enabled: true, voice: true, digital: false }, true],
    [{ enabled: true, voice: false, digital: true }, true],
    [{ enabled: true, voice: true, digital: true }, true],
    [{ enabled: true, voice: false, digital: false }, false],
    [{ enabled: false, voice: false, digital: false }, true],
    [{ enabled: false, voice: true, digital: false }, false],
    [{ enabled: false, voice: false, digital: true }, false],
  ])('%j: valid %s', (qualityManagement, ok) =>
    expect(refusedFields({ qualityManagement })).toEqual(ok ? [] : ['qualityManagement']),
  );

  it.each([
    [undefined, { enabled: true, voice: true, digital: false }],
    [{ enabled: true }, { enabled: true, voice: true, digital: false }],
    [{ enabled: false }, { enabled: false, voice: false, digital: false }],
    [
      { enabled: true, digital: true },
      { enabled: true, voice: false, digital: true },
    ],
    [
      { enabled: true, voice: false },
      { enabled: true, voice: false, digital: false },
    ],
  ])('default of %j', (given, whole) => expect(completeQualityManagement(given)).toEqual(whole));
});

describe('ACD-01 recapture: when, and in which IANA time zone', () => {
  it.each([
    ['Europe/Berlin', true],
    ['America/New_York', true],
    ['UTC', true],
    ['Asia/Kolkata', true],
    ['+01:00', false],
    ['-0500', false],
    ['Mars/Olympus', false],
    ['CET+1', false],
    ['', false],
  ])('%s: valid %s', (timeZone, ok) =>
    expect(refusedFields({ dataRecapture: { timeOfDay: '02:30', timeZone } })).toEqual(
      ok ? [] : ['dataRecapture.timeZone'],
    ),
  );
});

describe('ACD-03 ACD filtering is not supported', () => {
  it.each([[{ queues: ['Sales'] }], [null], [false]])('%j is refused', (acdFiltering) => {
    const [refusal] = refusalsOfAcd({ ...valid, acdFiltering }, () => true);
    expect(refusal).toMatchObject({ field: 'acdFiltering', reason: expect.stringContaining('not supported') });
  });
});

describe('CAP-04 metadata mappings', () => {
  it('are refused by their own rules, by entry', () =>
    expect(refusedFields({ metadataMappings: [{ acdMetadataName: 'task.queues', metadataLabel: 'Queues' }] })).toEqual([
      'metadataMappings[0].acdMetadataName',
    ]));
});
