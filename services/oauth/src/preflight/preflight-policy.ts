import { CONNECTION_CHECKS } from './connection-checks-policy.ts';
import { FEATURE_CHECKS } from './feature-checks-policy.ts';
import type { Check, Judgement, Outcome } from './judgement-policy.ts';
import type { PreflightFacts } from './preflight-facts.ts';

/** Every prerequisite of the guide as one list (ACD-07), in the order in which a connection is set up. */
export const CHECKS: readonly Check[] = [...CONNECTION_CHECKS, ...FEATURE_CHECKS];

export interface CheckResult extends Judgement {
  check: string;
  title: string;
  guideSection: string;
}

/** One result for each check, whatever the facts lack. */
export function judgeFacts(facts: PreflightFacts): CheckResult[] {
  return CHECKS.map(({ id, title, guideSection, judge }) => ({ check: id, title, guideSection, ...judge(facts) }));
}

/** A confirmation, and whether it is still about the account and organization that it was given for. */
export interface Confirmation {
  check: string;
  about: string;
  note: string;
  confirmedBy: string;
  confirmedAtMs: number;
}

/** What confirmations are about: another account or organization, and they must be given again. */
export function subjectOf(acd: { username: string; webexOrgId: string }): string {
  return `${acd.username.toLowerCase()} of ${acd.webexOrgId.toLowerCase()}`;
}

/** A confirmation counts for what cannot be checked only: it does not make a failure good. */
export function confirmationOf(
  result: Pick<CheckResult, 'check' | 'outcome'>,
  confirmations: readonly Confirmation[],
  about: string,
): Confirmation | undefined {
  if (result.outcome !== 'cannot-be-checked') return undefined;
  return confirmations.find((one) => one.check === result.check && one.about === about);
}

export interface Summary {
  pass: number;
  fail: number;
  cannotBeChecked: number;
  /** Of those that cannot be checked. */
  confirmed: number;
  /** Nothing failed, and what cannot be checked was confirmed. */
  ready: boolean;
}

export function summaryOf(results: readonly { outcome: Outcome; isConfirmed: boolean }[]): Summary {
  const count = (outcome: Outcome) => results.filter((one) => one.outcome === outcome).length;
  const fail = count('fail');
  const cannotBeChecked = count('cannot-be-checked');
  const confirmed = results.filter((one) => one.isConfirmed).length;
  return { pass: count('pass'), fail, cannotBeChecked, confirmed, ready: fail === 0 && cannotBeChecked === confirmed };
}
