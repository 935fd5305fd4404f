import { describe, expect, it } from '@jest/globals';
import type { Outcome } from './judgement-policy.ts';
import type { Asked, CaptureFacts, PreflightFacts } from './preflight-facts.ts';
import { CHECKS, confirmationOf, judgeFacts, subjectOf, summaryOf } from './preflight-policy.ts';

const ORG = '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2';
const OTHER = '00000000-0000-4000-8000-000000000001';
const answered = <T>(value: T): Asked<T> => ({ state: 'answered', value });
const failed = (code: string, reason = `It was ${code}.`): Asked<never> => ({ state: 'failed', code, reason });
const notAsked: Asked<never> = { state: 'not-asked', reason: 'It was not asked.' };

const served = { dataServer: 'default', workers: 2 };
const recordings: CaptureFacts = {
  recorded: 8,
  recordedWithTransfer: 2,
  recordedWithConsult: 1,
  hasSegments: true,
  hasConsultLegs: true,
};
const account = { isActive: true, isContactCenterEnabled: false, profileType: 'ADMINISTRATOR' };
const person = { emails: ['admin@contactcentre.example'], orgId: ORG, skewMs: 400 };

/** A connection at which nothing that can be checked is amiss. */
const GOOD: PreflightFacts = {
  acd: {
    variant: '2.0',
    authorizesBy: 'oauth',
    username: 'admin@contactcentre.example',
    webexOrgId: ORG,
    apiUrl: 'https://api.wxcc-eu2.cisco.com',
    mediaApiUrl: null,
    authorization: 'authorized',
    qualityManagement: { enabled: true, voice: true, digital: true },
    metadataMappings: [
      { acdMetadataName: 'Customer segment', metadataLabel: 'Call type' },
      { acdMetadataName: 'Consult', metadataLabel: 'Call type' },
    ],
    rteMessaging: true,
  },
  usernameRefusal: null,
  region: 'eu2',
  roles: { sync: served, capture: served, realTimeEvents: served, mediaImport: served },
  unservedRoles: {},
  tokenProblem: null,
  token: answered({ orgId: ORG }),
  person: answered(person),
  account: answered(account),
  calls: answered({ calls: 10, captures: answered(recordings) }),
  webhooks: answered([{ status: 'active', destinationUrl: 'https://bridge.example/v1/webhooks/tasks/1' }]),
  smsQueue: answered({ exists: true, isComplete: true }),
};
/** 1.0: no token, no question to Webex. */
const OLD: PreflightFacts = {
  ...GOOD,
  acd: { ...GOOD.acd, variant: '1.0-cmsv1', authorizesBy: 'api-key', mediaApiUrl: 'https://media.example/cr' },
  token: notAsked,
  person: notAsked,
  account: notAsked,
  calls: notAsked,
  webhooks: notAsked,
  smsQueue: notAsked,
};

const facts = (changes: Partial<PreflightFacts>): PreflightFacts => ({ ...GOOD, ...changes });
const acd = (changes: Partial<PreflightFacts['acd']>): PreflightFacts => facts({ acd: { ...GOOD.acd, ...changes } });
const captured = (changes: Partial<CaptureFacts>): PreflightFacts =>
  facts({ calls: answered({ calls: 10, captures: answered({ ...recordings, ...changes }) }) });
const role = (name: keyof PreflightFacts['roles'], value: PreflightFacts['roles']['sync']): PreflightFacts =>
  facts({ roles: { ...GOOD.roles, [name]: value } });
const noDigital = acd({ qualityManagement: { enabled: true, voice: true, digital: false } });
const noVoice = acd({ qualityManagement: { enabled: true, voice: false, digital: true } });

const EYE = 'cannot-be-checked';
/** One line per prerequisite of the guide and way that it can be: the check, the case, the facts, the outcome. */
type Line = [check: string, what: string, facts: PreflightFacts, outcome: Outcome, evidence?: RegExp];
const LINES: Line[] = [
  ['account-form', 'a business address', GOOD, 'pass'],
  [
    'account-form',
    'a personal mailbox',
    facts({ usernameRefusal: 'gmail.com is a domain of personal mailboxes.' }),
    'fail',
    /gmail/,
  ],
  ['account-origin', 'nobody tells', GOOD, EYE],
  ['credentials-never-expire', 'nobody tells', GOOD, EYE],
  ['api-access', 'configuration and search answer', GOOD, 'pass'],
  ['api-access', 'search is forbidden', facts({ calls: failed('forbidden') }), 'fail'],
  ['api-access', 'configuration is late', facts({ account: failed('late') }), EYE],
  ['api-access', '1.0', OLD, EYE],
  ['media-api-access', 'captures answer', GOOD, 'pass'],
  [
    'media-api-access',
    'captures are forbidden',
    facts({ calls: answered({ calls: 1, captures: failed('forbidden') }) }),
    'fail',
  ],
  ['media-api-access', 'no call to ask about', facts({ calls: answered({ calls: 0, captures: notAsked }) }), EYE],
  ['media-api-access', '1.0', OLD, EYE, /media\.example/],
  ['licences', 'nobody tells', GOOD, EYE],
  ['roles', 'everything that takes the role answers', GOOD, 'pass'],
  ['roles', 'subscriptions are forbidden', facts({ webhooks: failed('forbidden') }), 'fail'],
  ['roles', 'search is away', facts({ calls: failed('unavailable') }), EYE],
  ['account-synchronized', 'found and active', GOOD, 'pass'],
  ['account-synchronized', 'not found', facts({ account: answered(null) }), 'fail'],
  ['account-synchronized', 'not active', facts({ account: answered({ ...account, isActive: false }) }), 'fail'],
  ['account-synchronized', 'not answered', facts({ account: failed('timeout') }), EYE],
  ['contact-center-enabled', 'No, as the guide has it', GOOD, 'pass'],
  ['contact-center-enabled', 'Yes', facts({ account: answered({ ...account, isContactCenterEnabled: true }) }), 'fail'],
  ['contact-center-enabled', 'not found', facts({ account: answered(null) }), 'fail'],
  [
    'contact-center-enabled',
    'not told',
    facts({ account: answered({ ...account, isContactCenterEnabled: null }) }),
    EYE,
  ],
  ['global-access', 'nobody tells', GOOD, EYE],
  ['organization', 'the token’s', GOOD, 'pass'],
  ['organization', 'another spelling', acd({ webexOrgId: ORG.toUpperCase() }), 'pass'],
  ['organization', 'the person’s, where the token has none', facts({ token: answered({ orgId: null }) }), 'pass'],
  ['organization', 'another one: both are named', acd({ webexOrgId: OTHER }), 'fail', new RegExp(`${OTHER}.*${ORG}`)],
  ['organization', 'nobody tells', facts({ token: answered({ orgId: null }), person: failed('timeout') }), EYE],
  ['organization', 'not authorized', facts({ token: notAsked }), EYE],
  ['api-region', 'a published one', GOOD, 'pass'],
  ['api-region', 'a proxy', facts({ region: null }), EYE],
  ['portal-login', 'nobody tells', GOOD, EYE],
  ['pro-pack-access', 'nobody tells', GOOD, EYE],
  ['authorized', 'yes', GOOD, 'pass'],
  ['authorized', 'not yet', acd({ authorization: 'not-authorized' }), 'fail'],
  ['authorized', 'not any more', acd({ authorization: 'reauthorization-required' }), 'fail'],
  ['authorized', '1.0 with its key', OLD, 'pass'],
  ['authorized', 'its token is of no use', facts({ tokenProblem: 'It was revoked.' }), 'fail', /revoked/],
  ['same-account', 'the configured one', GOOD, 'pass'],
  ['same-account', 'another spelling', acd({ username: 'Admin@ContactCentre.example' }), 'pass'],
  [
    'same-account',
    'another one: both are named',
    facts({ person: answered({ ...person, emails: ['eve@x.example'] }) }),
    'fail',
    /admin@.*eve@/,
  ],
  ['same-account', 'not answered', facts({ person: failed('unavailable') }), EYE],
  ['api-reachable', 'it answers', GOOD, 'pass'],
  [
    'api-reachable',
    'a refusal is an answer',
    facts({ account: failed('forbidden'), calls: failed('forbidden'), webhooks: failed('rate-limited') }),
    'pass',
  ],
  [
    'api-reachable',
    'no answer',
    facts({ account: failed('timeout', 'No answer.'), calls: failed('unavailable'), webhooks: failed('timeout') }),
    'fail',
    /No answer/,
  ],
  [
    'api-reachable',
    'a host that is not allowed',
    facts({ account: failed('host-not-allowed'), calls: failed('host-not-allowed'), webhooks: failed('late') }),
    'fail',
  ],
  [
    'api-reachable',
    'the budget left no time',
    facts({ account: failed('late'), calls: failed('late'), webhooks: failed('late') }),
    EYE,
  ],
  [
    'api-reachable',
    'it answers, but with a fault of its own',
    facts({ account: failed('server-fault'), calls: failed('server-fault'), webhooks: failed('late') }),
    EYE,
  ],
  ['api-reachable', '1.0', OLD, EYE],
  ['scopes', 'all answer', GOOD, 'pass'],
  ['scopes', 'people are refused', facts({ person: failed('forbidden') }), 'fail', /spark:people_read/],
  ['scopes', 'configuration is refused', facts({ account: failed('forbidden') }), 'fail', /cjp:config_read/],
  ['scopes', 'not all answer', facts({ webhooks: failed('timeout') }), EYE],
  ['clock-skew', 'a second', GOOD, 'pass'],
  ['clock-skew', 'exactly a minute', facts({ person: answered({ ...person, skewMs: -60_000 }) }), 'pass'],
  ['clock-skew', 'ahead', facts({ person: answered({ ...person, skewMs: 61_000 }) }), 'fail', /61 s ahead of/],
  ['clock-skew', 'behind', facts({ person: answered({ ...person, skewMs: -3_600_000 }) }), 'fail', /3600 s behind/],
  ['clock-skew', 'not told', facts({ person: answered({ ...person, skewMs: null }) }), EYE],
  ...(['sync', 'capture', 'media-import'] as const).flatMap((name): Line[] => {
    const key = name === 'media-import' ? 'mediaImport' : name;
    return [
      [`data-server-${name}`, 'served', GOOD, 'pass', /“default”.*2 processes/],
      [`data-server-${name}`, 'switched off', role(key, null), 'fail'],
      [`data-server-${name}`, 'nobody works', role(key, { dataServer: 'south', workers: 0 }), 'fail', /“south”/],
      [`data-server-${name}`, 'Redis away', role(key, { dataServer: 'south', workers: null }), EYE],
    ];
  }),
  ['data-server-sync', '1.0', OLD, 'pass'],
  [
    'data-server-capture',
    'ACD-02 no service speaks the variant’s API in it',
    { ...OLD, unservedRoles: { capture: { reason: 'Not for 1.0-cmsv1.', remedy: 'Connect it by 2.0.' } } },
    'fail',
    /1\.0-cmsv1/,
  ],
  ['data-server-real-time-events', 'served', GOOD, 'pass'],
  [
    'data-server-real-time-events',
    'nobody works',
    role('realTimeEvents', { dataServer: 'default', workers: 0 }),
    'fail',
  ],
  ['data-server-real-time-events', 'not needed', acd({ rteMessaging: false }), 'pass', /Not needed/],
  [
    'data-server-media-import',
    'not needed',
    {
      ...acd({ qualityManagement: { enabled: false, voice: false, digital: false } }),
      roles: { ...GOOD.roles, mediaImport: null },
    },
    'pass',
    /Not needed/,
  ],
  ['webhook-address', 'active', GOOD, 'pass'],
  [
    'webhook-address',
    'Webex gave up',
    facts({ webhooks: answered([{ status: 'inactive', destinationUrl: 'https://b.example/1' }]) }),
    'fail',
    /b\.example/,
  ],
  ['webhook-address', 'none', facts({ webhooks: answered([]) }), EYE, /polling/],
  ['mappings', 'the guide’s forms', GOOD, 'pass'],
  ['mappings', 'none', acd({ metadataMappings: [] }), 'pass', /Not needed/],
  [
    'mappings',
    'a wrong one',
    acd({ metadataMappings: [{ acdMetadataName: 'no such thing', metadataLabel: 'x' }] }),
    'fail',
    /no such thing/,
  ],
  ['metadata-labels', 'somebody must look', GOOD, EYE],
  ['metadata-labels', 'none', acd({ metadataMappings: [] }), 'pass', /Not needed/],
  ['digital-ticked', 'on', GOOD, 'pass'],
  ['digital-ticked', 'off', noDigital, EYE],
  ['agent-desktop', 'Digital', GOOD, EYE],
  ['agent-desktop', 'no Digital', noDigital, 'pass', /Not needed/],
  ['chat-widget', 'Digital', GOOD, EYE],
  ['chat-widget', 'no Digital', noDigital, 'pass', /Not needed/],
  ['sms-queue', 'there is one', GOOD, 'pass'],
  [
    'sms-queue',
    'there is none: SMS may not be wanted',
    facts({ smsQueue: answered({ exists: false, isComplete: true }) }),
    EYE,
  ],
  ['sms-queue', 'not all were read', facts({ smsQueue: answered({ exists: false, isComplete: false }) }), EYE],
  ['sms-queue', 'no Digital', noDigital, 'pass', /Not needed/],
  ['segment-recording', 'a segment is there', GOOD, 'pass'],
  [
    'segment-recording',
    'transferred calls without segments',
    captured({ hasSegments: false }),
    'fail',
    /2 recorded calls/,
  ],
  ['segment-recording', 'no transferred call', captured({ hasSegments: false, recordedWithTransfer: 0 }), EYE],
  ['segment-recording', 'no call at all', facts({ calls: answered({ calls: 0, captures: notAsked }) }), EYE],
  ['segment-recording', 'no Voice', noVoice, 'pass', /Not needed/],
  ['consult-leg-recording', 'a consult leg is there', GOOD, 'pass'],
  [
    'consult-leg-recording',
    'a consultation without its leg',
    captured({ hasConsultLegs: false }),
    'fail',
    /1 recorded call of/,
  ],
  ['consult-leg-recording', 'no consultation', captured({ hasConsultLegs: false, recordedWithConsult: 0 }), EYE],
  ['complex-calls-access', 'nobody tells', GOOD, EYE],
  ['complex-calls-access', 'no Voice', noVoice, 'pass', /Not needed/],
  ['rtms', 'nobody tells', GOOD, EYE],
  ['rtms', 'no Voice', noVoice, 'pass', /Not needed/],
  ['call-type-labels', 'both', GOOD, 'pass'],
  [
    'call-type-labels',
    'one of two',
    acd({ metadataMappings: [{ acdMetadataName: 'Consult', metadataLabel: 'x' }] }),
    'fail',
    /Customer segment/,
  ],
  ['call-type-labels', 'neither: perhaps not wanted', acd({ metadataMappings: [] }), EYE],
  ['pause-resume', 'nobody tells', GOOD, EYE],
  ['pause-resume', 'no Voice', noVoice, 'pass', /Not needed/],
  ['rte-messaging', 'on', GOOD, 'pass'],
  ['rte-messaging', 'off', acd({ rteMessaging: false }), EYE],
  ['smart-desktop', 'screens', GOOD, EYE],
  ['smart-desktop', 'no screens', acd({ rteMessaging: false }), 'pass', /Not needed/],
  ['screen-recording-users', 'screens', GOOD, EYE],
  ['screen-recording-users', 'no screens', acd({ rteMessaging: false }), 'pass', /Not needed/],
  ['wfm-super-administrator', 'nobody tells', GOOD, EYE],
];

describe('ACD-07 every line of the guide’s prerequisites', () => {
  it.each(
    LINES.map(([check, what, given, outcome, evidence = /./]) => [check, what, outcome, given, evidence] as const),
  )('%s: %s → %s', (check, _what, outcome, given, evidence) => {
    const result = judgeFacts(given).find((one) => one.check === check);
    expect(result).toMatchObject({ outcome, evidence: expect.stringMatching(evidence) });
    // Whatever is not good says what to do.
    expect(result!.next === null).toBe(outcome === 'pass');
  });

  it('has a line here for every check, and each check once', () => {
    expect([...new Set(LINES.map(([check]) => check))].sort()).toEqual(CHECKS.map(({ id }) => id).sort());
    expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  });

  it('gives every check even if nothing could be asked', () => {
    expect(judgeFacts(OLD).map(({ check }) => check)).toEqual(CHECKS.map(({ id }) => id));
    const nothing = facts({
      token: notAsked,
      person: failed('late'),
      account: failed('late'),
      calls: failed('late'),
      webhooks: failed('late'),
      smsQueue: failed('late'),
    });
    expect(judgeFacts(nothing)).toHaveLength(CHECKS.length);
  });
});

describe('ACD-07 confirmations', () => {
  const about = subjectOf(GOOD.acd);
  const one = { check: 'rtms', about, note: 'Cisco said so.', confirmedBy: 'key:own', confirmedAtMs: 1 };
  it.each<[string, Outcome, string, boolean]>([
    ['count for what cannot be checked', EYE, about, true],
    ['do not make a failure good', 'fail', about, false],
    ['are not needed for what passes', 'pass', about, false],
    ['lapse with another account', EYE, subjectOf({ ...GOOD.acd, username: 'new@contactcentre.example' }), false],
    ['lapse with another organization', EYE, subjectOf({ ...GOOD.acd, webexOrgId: OTHER }), false],
  ])('%s', (_, outcome, now, counts) =>
    expect(confirmationOf({ check: 'rtms', outcome }, [one], now) !== undefined).toBe(counts),
  );

  it.each<[Outcome[], boolean[], boolean]>([
    [['pass', EYE], [false, true], true],
    [['pass', EYE], [false, false], false],
    [['fail', EYE], [false, true], false],
    [['pass'], [false], true],
  ])('%j confirmed %j → ready %s', (outcomes, confirmed, ready) => {
    const results = outcomes.map((outcome, index) => ({ outcome, isConfirmed: confirmed[index]! }));
    expect(summaryOf(results).ready).toBe(ready);
  });
});
