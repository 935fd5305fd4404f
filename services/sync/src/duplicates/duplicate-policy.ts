import { nameKey } from './name-key.ts';

/** What of a user speaks for or against being the same person as another one. */
export interface UserFacts {
  id: string;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  /** Common Identity id. */
  identityId: string | null;
  externalIdentifier: string | null;
  presence: Presence;
}

export interface TeamFacts {
  id: string;
  name: string;
  presence: Presence;
}

/** Whether it is in the ACD, and since when that is so. */
export interface Presence {
  alive: boolean;
  /** When it appeared (alive) or went (not alive), epoch ms. */
  sinceMs: number;
}

/** One reason to take two for the same, in words that a person can check. */
export interface Evidence {
  rule: EvidenceRule;
  /** How much it alone says, 0 to 100. */
  weight: number;
  text: string;
}

/** How sure one may be, 0 to 100, and why. */
export interface Suspicion {
  score: number;
  evidence: Evidence[];
}

const WEIGHTS = {
  'same-identity': 95,
  'same-external-identifier': 90,
  'same-email': 90,
  'same-email-other-domain': 45,
  'same-name': 35,
  'one-gone-one-new': 30,
  'same-team-name': 60,
} as const;
export type EvidenceRule = keyof typeof WEIGHTS | 'other-name' | 'other-external-identifier';
export const EVIDENCE_RULES = [
  ...Object.keys(WEIGHTS),
  'other-name',
  'other-external-identifier',
] as readonly EvidenceRule[];

/** Suspicions below this are not shown: of fifty thousand users many share a name. */
export const LEAST_SCORE = 50;
/** By more than so much another candidate outdoes one: an e-mail address says more than a name that several have. */
export const MUCH_SURER = 15;
/** A directory sync replaces users within days; somebody who comes back after months is hired anew. */
export const NEAR_MS = 14 * 24 * 3_600_000;
/** How much of the score is left when two names, or two identifiers, contradict each other. */
const CONTRADICTION = 0.6;

/**
 * Whether `found` is probably the same person as `other`, who is known under another id (SYNC-07). The guide's case:
 * a directory sync is switched on later, the users are made anew under new ids, their e-mail kept or changed.
 * Undefined where the evidence is too thin. Symmetric but for the wording.
 */
export function suspectUser(found: UserFacts, other: UserFacts): Suspicion | undefined {
  if (found.id === other.id) return undefined;
  const evidence = [
    sameIdentity(found, other),
    sameExternalIdentifier(found, other),
    sameEmail(found, other),
    sameName(found, other),
    replaced(found.presence, other.presence),
  ].filter((one) => one !== undefined);
  return judge(evidence, [otherName(found, other), otherExternalIdentifier(found, other)]);
}

/** Whether team `found` is probably team `other` under a new id: teams have nothing but a name to go by. */
export function suspectTeam(found: TeamFacts, other: TeamFacts): Suspicion | undefined {
  const name = nameKey(found.name);
  if (found.id === other.id || name === '' || name !== nameKey(other.name)) return undefined;
  const evidence = [
    say('same-team-name', `Both are named “${found.name.trim()}”.`),
    replaced(found.presence, other.presence),
  ].filter((one) => one !== undefined);
  return judge(evidence, []);
}

/** Each piece of evidence takes its share of the doubt that the others left; a contradiction takes of the score. */
function judge(evidence: Evidence[], contradictions: (Evidence | undefined)[]): Suspicion | undefined {
  const doubt = evidence.reduce((left, { weight }) => left * (1 - weight / 100), 1);
  const against = contradictions.filter((one) => one !== undefined);
  const score = Math.round(100 * (1 - doubt) * CONTRADICTION ** against.length);
  return score < LEAST_SCORE ? undefined : { score, evidence: [...evidence, ...against] };
}

const say = (rule: keyof typeof WEIGHTS, text: string): Evidence => ({ rule, weight: WEIGHTS[rule], text });

function sameIdentity(a: UserFacts, b: UserFacts): Evidence | undefined {
  if (!a.identityId || a.identityId !== b.identityId) return undefined;
  return say('same-identity', `Both have the Common Identity id ${a.identityId}.`);
}

function sameExternalIdentifier(a: UserFacts, b: UserFacts): Evidence | undefined {
  if (!a.externalIdentifier || a.externalIdentifier !== b.externalIdentifier) return undefined;
  return say('same-external-identifier', `Both have the external identifier ${a.externalIdentifier}.`);
}

function sameEmail(a: UserFacts, b: UserFacts): Evidence | undefined {
  const [first, second] = [partsOf(a.email), partsOf(b.email)];
  if (!first || !second || first.local !== second.local) return undefined;
  if (first.domain === second.domain) return say('same-email', `Both have the e-mail address ${a.email?.trim()}.`);
  return say(
    'same-email-other-domain',
    `The e-mail addresses differ in the domain only: ${first.local}@${second.domain} and @${first.domain}.`,
  );
}

function sameName(a: UserFacts, b: UserFacts): Evidence | undefined {
  const name = fullNameKey(a);
  if (name === '' || name !== fullNameKey(b)) return undefined;
  return say('same-name', `Both are named ${[a.firstName, a.lastName].filter(Boolean).join(' ')}.`);
}

function replaced(a: Presence, b: Presence): Evidence | undefined {
  if (a.alive === b.alive || Math.abs(a.sinceMs - b.sinceMs) > NEAR_MS) return undefined;
  const days = Math.floor(Math.abs(a.sinceMs - b.sinceMs) / (24 * 3_600_000));
  const apart = days === 0 ? 'on the same day' : `${days} day${days === 1 ? '' : 's'} apart`;
  return say('one-gone-one-new', `One went from the ACD and the other appeared there, ${apart}.`);
}

/** First and last name both differ; a changed last name alone (marriage) is none. */
function otherName(a: UserFacts, b: UserFacts): Evidence | undefined {
  const differ = (one: string | null, two: string | null) =>
    nameKey(one ?? '') !== '' && nameKey(two ?? '') !== '' && nameKey(one ?? '') !== nameKey(two ?? '');
  if (!differ(a.firstName, b.firstName) || !differ(a.lastName, b.lastName) || fullNameKey(a) === fullNameKey(b)) {
    return undefined;
  }
  return { rule: 'other-name', weight: 0, text: 'Against it: first and last name are other ones.' };
}

function otherExternalIdentifier(a: UserFacts, b: UserFacts): Evidence | undefined {
  if (!a.externalIdentifier || !b.externalIdentifier || a.externalIdentifier === b.externalIdentifier) return undefined;
  if (!a.presence.alive || !b.presence.alive) return undefined;
  return { rule: 'other-external-identifier', weight: 0, text: 'Against it: the external identifiers differ.' };
}

function partsOf(email: string | null): { local: string; domain: string } | undefined {
  const text = email?.trim().toLowerCase() ?? '';
  const at = text.lastIndexOf('@');
  return at > 0 && at < text.length - 1 ? { local: text.slice(0, at), domain: text.slice(at + 1) } : undefined;
}

/** One order of first and last name for all: directories differ in it. */
function fullNameKey({ firstName, lastName }: UserFacts): string {
  const [first, last] = [nameKey(firstName ?? ''), nameKey(lastName ?? '')];
  return first === '' || last === '' ? '' : [first, last].sort().join(' ');
}
