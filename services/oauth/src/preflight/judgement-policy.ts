import type { Asked, PreflightFacts } from './preflight-facts.ts';

export type Outcome = 'pass' | 'fail' | 'cannot-be-checked';

export interface Judgement {
  outcome: Outcome;
  /** What was seen. */
  evidence: string;
  /** What to do; null where nothing is. */
  next: string | null;
}

/** One line of the guide’s prerequisites. */
export interface Check {
  id: string;
  title: string;
  /** Where the guide says so. */
  guideSection: string;
  judge(facts: PreflightFacts): Judgement;
}

export const pass = (evidence: string): Judgement => ({ outcome: 'pass', evidence, next: null });
export const fail = (evidence: string, next: string): Judgement => ({ outcome: 'fail', evidence, next });
export const unknown = (evidence: string, next: string): Judgement => ({
  outcome: 'cannot-be-checked',
  evidence,
  next,
});

/** Nothing that we may ask tells it: somebody must look and confirm. */
export const byEye = (where: string) => (): Judgement =>
  unknown('The Webex APIs that this connection may use do not tell.', `${where} Then confirm this check.`);

/** A judgement of an answer; what was not answered cannot be judged. */
export function judged<T>(asked: Asked<T>, judge: (value: T) => Judgement): Judgement {
  if (asked.state === 'answered') return judge(asked.value);
  if (asked.state === 'not-asked')
    return unknown(asked.reason, asked.next ?? 'Check it by hand and confirm this check.');
  return unknown(asked.reason, 'Run the preflight again; if it stays, check it by hand and confirm this check.');
}

/** Webex said that this account may not do it. */
export const isForbidden = (asked: Asked<unknown>): boolean =>
  asked.state === 'failed' && (asked.code === 'forbidden' || asked.code === 'unauthorized');

/** Whether the server answered at all, be it with a refusal; null: not known. */
export function wasReached(asked: Asked<unknown>): boolean | null {
  if (asked.state === 'answered') return true;
  if (asked.state === 'not-asked' || asked.code === 'late' || asked.code === 'server-fault') return null;
  return !['unavailable', 'timeout', 'host-not-allowed', 'invalid-answer'].includes(asked.code);
}
