import type { RecordingAvailable, TaskActivity } from '@wxcc-wfo/contracts';
import fc from 'fast-check';
import { recording, row } from './call-rows.ts';

/*
 * Random calls for property tests, told forwards: what really happened is written down while the rows are, and never
 * read back out of them. Times are whole seconds, so that expectations need no rounding.
 */

export interface TruthSpan {
  from: number;
  to: number;
}
export interface TrueContact extends TruthSpan {
  agent: string;
  /** When this agent had the customer on hold. */
  silent: TruthSpan[];
  /** The consultation with which a warm transfer's contact begins; the customer hears music meanwhile. */
  consulted: TruthSpan[];
}
export interface Story {
  activities: TaskActivity[];
  contacts: TrueContact[];
  recordings: RecordingAvailable[];
  completedTransfers: number;
  endS: number;
}

const length = fc.integer({ min: 1, max: 40 });
const exit = fc.constantFrom('cold' as const, 'queue' as const, 'warm' as const);
/** How the tenant shows the way to a consulted agent: in no row, or as a leg of its own that may name nobody. */
const WAYS = ['no-rows', 'own-leg', 'own-leg-nameless', 'own-leg-unanswered'] as const;
const leg = fc.record({
  talk: length,
  holds: fc.array(fc.record({ hold: length, talk: length }), { maxLength: 2 }),
  exit,
  ring: length,
  vainConsult: fc.option(
    fc.record({ ring: length, consult: length, back: length, talk: length, way: fc.constantFrom(...WAYS) }),
  ),
  consult: length,
  way: fc.constantFrom(...WAYS),
  holdOutlasts: fc.boolean(),
  askedFirst: fc.boolean(),
  instantHandOver: fc.boolean(),
});
type LegPlan = typeof leg extends fc.Arbitrary<infer T> ? T : never;

const plan = fc.record({
  queueS: length,
  rona: fc.integer({ min: 0, max: 3 }),
  legs: fc.array(leg, { minLength: 1, maxLength: 5 }),
  agents: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 6, maxLength: 6 }),
  lastTransferUnanswered: fc.boolean(),
  secondEnd: fc.boolean(),
  wholeRecording: fc.boolean(),
});

export const storyArbitrary: fc.Arbitrary<Story> = plan.map((planned) => tell(planned));

function tell(planned: typeof plan extends fc.Arbitrary<infer T> ? T : never): Story {
  const activities: TaskActivity[] = [];
  const contacts: TrueContact[] = [];
  const recordings: RecordingAvailable[] = [];
  let now = 1;
  const add = (...args: Parameters<typeof row>) => activities.push(row(...args));
  const agentAt = (index: number): string => {
    // Nobody transfers to themselves.
    const numbers = planned.agents.slice(0, index + 1);
    return numbers.reduce((name, n) => (`agent-${n}` === name ? `agent-${(n + 1) % 4}` : `agent-${n}`), '');
  };

  add('task-created', 0, now);
  add('queued', now, now + planned.queueS);
  now += planned.queueS;
  for (let n = 0; n < planned.rona; n++) add('offered', now, ++now, `busy-${n}`);
  add('offered', now, now + 2, agentAt(0));
  now += 2;

  let contact: TrueContact = { agent: agentAt(0), from: now, to: now, silent: [], consulted: [] };
  let consulted: TruthSpan | undefined;
  let heldOn: TruthSpan | undefined;
  let mergedLegs = 0;
  let number = 1;

  const talkAndHold = (agent: string, steps: LegPlan): void => {
    add('connected', now, now + steps.talk, agent);
    now += steps.talk;
    for (const { hold, talk } of steps.holds) {
      add('held', now, now + hold, agent);
      contact.silent.push({ from: now, to: now + hold });
      now += hold;
      add('hold-ended', now, now + talk, agent);
      now += talk;
    }
    const vain = steps.vainConsult;
    if (vain === null) return;
    const holdFrom = now;
    add('held', now, now + vain.ring + vain.consult, agent);
    consult([agent, 'expert'], 'expert', vain);
    recordings.push(recording(++number, now - vain.consult, now, { leg: 'consult' }));
    add('consult-ended', now, now + vain.back, agent);
    add('ended', now, now, vain.way === 'own-leg-nameless' ? null : 'expert');
    now += vain.back;
    contact.silent.push({ from: holdFrom, to: now });
    add('hold-ended', now, now + vain.talk, agent);
    now += vain.talk;
  };

  /** Ringing and talk; a leg of its own rings within `consulting`, without one it stands before it. */
  const consult = (
    parties: [string, string],
    asked: string,
    { ring, consult: talk, way }: Pick<LegPlan, 'ring' | 'consult' | 'way'>,
  ): void => {
    const isOwnLeg = way !== 'no-rows';
    add('consulting', isOwnLeg ? now : now + ring, now + ring + talk, ...parties);
    const named = way === 'own-leg-nameless' ? null : asked;
    if (isOwnLeg) {
      add('task-created', now, now + ring + talk);
      add('offered', now, now + ring, named);
    }
    if (isOwnLeg && way !== 'own-leg-unanswered') add('connected', now + ring, now + ring + talk, named);
    now += ring + talk;
  };

  const leave = (agent: string, next: string, steps: LegPlan): void => {
    const ringS = steps.instantHandOver ? 0 : 1;
    if (steps.exit === 'warm') {
      const holdFrom = now;
      const heldTo = now + steps.ring + steps.consult;
      const outlasts = steps.holdOutlasts ? ringS : 0;
      add('held', now, heldTo + outlasts, agent);
      consult(steps.askedFirst ? [next, agent] : [agent, next], next, steps);
      const isHeard = steps.way !== 'own-leg-unanswered';
      if (isHeard) consulted = { from: now - steps.consult, to: now };
      if (isHeard && outlasts > 0) heldOn = { from: now, to: now + outlasts };
      contact.silent.push({ from: holdFrom, to: now });
      contact.to = now;
      if (steps.way !== 'no-rows') mergedLegs++;
      add('consult-transferred', now, now, agent, next);
      add('transferred', now, now + ringS, agent, next);
      now += ringS;
    } else if (steps.exit === 'cold') {
      contact.to = now;
      add('blind-transferred', now, now + 1, agent, next);
      now += 1;
      add('transferred', now, now + steps.ring, agent, next);
      now += steps.ring;
    } else {
      contact.to = now;
      add('dequeued', now, now + 1, agent);
      now += 1;
      add('queue-transferred', now, now + 3, agent);
      now += 3;
      add('offered', now, now + steps.ring, next);
      now += steps.ring;
    }
    add('wrap-up', contact.to + 1, contact.to + 5, agent);
    contacts.push(contact);
  };

  for (const [index, steps] of planned.legs.entries()) {
    const agent = agentAt(index);
    if (index > 0) {
      contact = {
        agent,
        from: consulted?.from ?? now,
        to: now,
        silent: heldOn === undefined ? [] : [heldOn],
        consulted: consulted === undefined ? [] : [consulted],
      };
      consulted = undefined;
      heldOn = undefined;
    }
    talkAndHold(agent, steps);
    const isLast = index === planned.legs.length - 1;
    if (!isLast) leave(agent, agentAt(index + 1), steps);
    else if (planned.lastTransferUnanswered && steps.exit !== 'warm') leave(agent, 'absent', steps);
    else {
      contact.to = now;
      contacts.push(contact);
    }
  }
  add('ended', now, now);
  for (let n = 0; n < mergedLegs; n++) add('ended', now, now, `merged-${n}`);
  if (planned.secondEnd) add('ended', now + 1, now + 1, 'expert');
  add('wrap-up', now, now + 4, contact.agent);
  add('recording-available', now + 30, now + 30);
  if (planned.wholeRecording) recordings.push(recording(1, planned.queueS + 1, now));
  else for (const { from, to } of contacts) recordings.push(recording(++number, from, to, { isSegment: true }));
  return { activities, contacts, recordings, completedTransfers: planned.legs.length - 1, endS: now };
}
