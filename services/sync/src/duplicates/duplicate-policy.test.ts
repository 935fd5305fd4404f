import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NEAR_MS, suspectTeam, suspectUser, type TeamFacts, type UserFacts } from './duplicate-policy.ts';

const DAY_MS = 24 * 3_600_000;
const NOW = Date.UTC(2026, 10, 20);
const gone = { alive: false, sinceMs: NOW };
const fresh = { alive: true, sinceMs: NOW };
const old = { alive: true, sinceMs: NOW - 400 * DAY_MS };

const jane = (changes: Partial<UserFacts>): UserFacts => ({
  id: 'new',
  firstName: 'Jane',
  lastName: 'Doe',
  email: 'jane.doe@new.example',
  identityId: 'ci-new',
  externalIdentifier: null,
  presence: fresh,
  ...changes,
});
const other = (changes: Partial<UserFacts>): UserFacts => jane({ id: 'old', identityId: 'ci-old', ...changes });
const rulesOf = (found: ReturnType<typeof suspectUser>) => found?.evidence.map(({ rule }) => rule);

describe('SYNC-07 probable duplicates among users', () => {
  // Scores by hand: 100 · (1 − Π(1 − weight)), times 0.6 for each contradiction.
  it.each<[string, Partial<UserFacts>, Partial<UserFacts>, number, string[]]>([
    [
      'the same e-mail under a new id, the old one gone',
      {},
      { presence: gone, email: 'Jane.Doe@New.example ' },
      95, // 1 − 0.1 · 0.65 · 0.7
      ['same-email', 'same-name', 'one-gone-one-new'],
    ],
    [
      'the domain changed, local part and name kept, the old one gone',
      {},
      { presence: gone, email: 'jane.doe@old.example' },
      75, // 1 − 0.55 · 0.65 · 0.7
      ['same-email-other-domain', 'same-name', 'one-gone-one-new'],
    ],
    [
      'the domain changed and nothing else known, the old one gone',
      { firstName: null, lastName: null },
      { presence: gone, email: 'jane.doe@old.example', firstName: null, lastName: null },
      62, // 1 − 0.55 · 0.7 = 0.615
      ['same-email-other-domain', 'one-gone-one-new'],
    ],
    [
      'the same name, one gone and one new in the same run',
      {},
      { presence: gone, email: 'jd@old.example' },
      55, // 1 − 0.65 · 0.7 = 0.545
      ['same-name', 'one-gone-one-new'],
    ],
    [
      'the same name spelt by another system',
      { firstName: 'Doe', lastName: 'JÁNE' },
      { presence: gone, email: null },
      55,
      ['same-name', 'one-gone-one-new'],
    ],
    [
      'the same external identifier, both there',
      { externalIdentifier: 'E-7' },
      { externalIdentifier: 'E-7', presence: old, firstName: 'Jane', lastName: 'Married', email: 'x@y.example' },
      90,
      ['same-external-identifier'],
    ],
    [
      'the same Common Identity id under a new Webex id',
      { identityId: 'ci-1' },
      { identityId: 'ci-1', presence: old, lastName: 'Married', email: 'x@y.example' },
      95,
      ['same-identity'],
    ],
    [
      'a mailbox that another person took over: shown, but less',
      { firstName: 'Ann', lastName: 'Bee' },
      { presence: gone },
      56, // (1 − 0.1 · 0.7) · 0.6 = 0.558
      ['same-email', 'one-gone-one-new', 'other-name'],
    ],
  ])('reports %s', (_, found, known, score, rules) => {
    const suspicion = suspectUser(jane(found), other(known));
    expect(suspicion?.score).toBe(score);
    expect(rulesOf(suspicion)).toEqual(rules);
    expect(suspicion?.evidence.every(({ text }) => text.length > 10)).toBe(true);
  });

  it.each<[string, Partial<UserFacts>, Partial<UserFacts>]>([
    ['two who share a name and are both there', {}, { presence: old, email: 'j2@new.example' }],
    [
      'a name that went long before',
      {},
      { email: 'j@o.example', presence: { alive: false, sinceMs: NOW - 15 * DAY_MS } },
    ],
    [
      'one gone and one new without anything shared',
      { firstName: 'A', lastName: 'B' },
      { presence: gone, email: 'q@q.example' },
    ],
    [
      'one local part of two persons (info@) in two domains',
      { firstName: 'Ann', lastName: 'Bee', email: 'info@a.example' },
      { presence: gone, email: 'info@b.example' },
    ],
    [
      'nothing known of either',
      { firstName: null, lastName: null, email: null },
      { firstName: null, lastName: null, email: null, presence: gone },
    ],
    ['half a name', { firstName: null }, { firstName: null, email: null, presence: gone }],
    ['an address that is none', { email: '@', lastName: 'A' }, { email: '@', presence: gone }],
    ['itself', { id: 'old' }, {}],
  ])('does not report %s', (_, found, known) => {
    expect(suspectUser(jane(found), other(known))).toBeUndefined();
  });

  it('finds a replacement within 14 days, and not a moment later', () => {
    const at = (sinceMs: number) =>
      suspectUser(jane({ email: null }), other({ email: null, presence: { alive: false, sinceMs } }));
    expect(at(NOW - NEAR_MS)).toBeDefined();
    expect(at(NOW - NEAR_MS - 1)).toBeUndefined();
  });

  it('is the same whichever of the two is new, and lies between the threshold and 100 (property)', () => {
    const name = fc.constantFrom(null, 'Jane', 'jane ', 'Ann', 'Élise', '-');
    const user = (id: string) =>
      fc.record({
        id: fc.constant(id),
        firstName: name,
        lastName: name,
        email: fc.constantFrom(null, 'j@a.example', 'J@a.example', 'j@b.example', 'x'),
        identityId: fc.constantFrom(null, 'ci-1', 'ci-2'),
        externalIdentifier: fc.constantFrom(null, 'e-1', 'e-2'),
        presence: fc.record({ alive: fc.boolean(), sinceMs: fc.constantFrom(NOW, NOW - 20 * DAY_MS) }),
      });
    fc.assert(
      fc.property(user('a'), user('b'), (a, b) => {
        const [one, two] = [suspectUser(a, b), suspectUser(b, a)];
        expect(two?.score).toBe(one?.score);
        expect(rulesOf(two)).toEqual(rulesOf(one));
        if (one) expect(one.score >= 50 && one.score <= 100).toBe(true);
      }),
    );
  });
});

describe('SYNC-07 probable duplicates among teams', () => {
  const team = (changes: Partial<TeamFacts>): TeamFacts => ({ id: 'new', name: 'Sales', presence: fresh, ...changes });
  it.each<[string, Partial<TeamFacts>, number]>([
    ['the same name under a new id, the old one gone', { presence: gone }, 72], // 1 − 0.4 · 0.7
    ['the same name spelt with other case and spaces', { name: ' SALES ', presence: gone }, 72],
    ['the same name, both there', { presence: old }, 60],
  ])('reports %s', (_, known, score) => {
    expect(suspectTeam(team({}), team({ id: 'old', ...known }))?.score).toBe(score);
  });
  it.each<[string, Partial<TeamFacts>]>([
    ['another name', { name: 'Sales 2', presence: gone }],
    ['no name', { name: ' ' }],
    ['itself', { id: 'new' }],
  ])('does not report %s', (_, known) => {
    expect(suspectTeam(team({}), team({ id: 'old', ...known }))).toBeUndefined();
  });
});
