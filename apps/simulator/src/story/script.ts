import type { BuiltCall, ConsultTimes } from './built-call.ts';
import { CallBuilder } from './call-builder.ts';
import type { Directory } from './directory.ts';
import type { Prng } from './prng.ts';

/**
 * One step of a scripted call. Agents and queues are places in the directory (0, 1, 2 …), all times milliseconds.
 * `ring` is an offer that nobody answers; a script without a closing step ends with the customer hanging up.
 */
export type ScriptStep =
  | { do: 'flow'; count?: number }
  | { do: 'ivr'; ms: number }
  | { do: 'queue'; ms: number; queue?: number }
  | { do: 'ring'; agent: number; ms: number }
  | { do: 'answer'; agent: number; ringMs?: number }
  | { do: 'talk'; ms: number }
  | { do: 'hold'; ms: number }
  | { do: 'blind-transfer'; agent: number; ringMs?: number; wrapUpMs?: number; answered?: boolean }
  | { do: 'queue-transfer'; queue?: number; waitMs?: number; agent: number; ringMs?: number; wrapUpMs?: number }
  | {
      do: 'warm-transfer';
      agent: number;
      ringMs?: number;
      consultMs: number;
      wrapUpMs?: number;
      consultedIsSubject?: boolean;
      ownLeg?: boolean;
    }
  | {
      do: 'consult';
      agent: number;
      ringMs?: number;
      consultMs: number;
      backAfterMs?: number;
      consultedIsSubject?: boolean;
      ownLeg?: boolean;
    }
  | { do: 'hang-up'; by?: 'Customer' | 'Agent'; wrapUpMs?: number }
  | { do: 'give-up'; by?: 'Customer' | 'System'; reason?: string };

/** Plays a script from a start time; throws with the step's place when a step names what the directory lacks. */
export function playScript(steps: readonly ScriptStep[], startMs: number, directory: Directory, prng: Prng): BuiltCall {
  const call = new CallBuilder(startMs, prng);
  const wrapUpCodes = directory.auxiliaryCodes.filter((code) => code.workTypeCode === 'WRAP_UP_CODE');
  for (const [index, step] of steps.entries()) {
    if (step.do === 'hang-up') {
      return call.hangUp(step.by ?? 'Customer', step.wrapUpMs ?? 4_000, prng.pick(wrapUpCodes));
    }
    if (step.do === 'give-up')
      return call.giveUp(step.by ?? 'Customer', step.reason ?? `${step.by ?? 'Customer'} Left`);
    playStep(call, step, directory, index);
  }
  return call.hangUp('Customer', 4_000, prng.pick(wrapUpCodes));
}

function playStep(call: CallBuilder, step: ScriptStep, directory: Directory, index: number): void {
  const agentOf = (number: number) => itemAt(directory.agents, number, `steps[${index}].agent`);
  const queueOf = (number: number | undefined) => itemAt(directory.queues, number ?? 0, `steps[${index}].queue`);
  switch (step.do) {
    case 'flow':
      call.flowActivities(step.count ?? 1);
      return;
    case 'ivr':
      call.ivr(step.ms);
      return;
    case 'queue':
      call.park(queueOf(step.queue), step.ms);
      return;
    case 'ring':
      call.ringUnanswered(agentOf(step.agent), step.ms);
      return;
    case 'answer':
      call.answer(agentOf(step.agent), step.ringMs ?? 3_000);
      return;
    case 'talk':
      call.talk(step.ms);
      return;
    case 'hold':
      call.hold(step.ms);
      return;
    case 'blind-transfer':
      call.blindTransfer(agentOf(step.agent), withRing(step), step.answered ?? true);
      return;
    case 'queue-transfer':
      call.queueTransfer(queueOf(step.queue), step.waitMs ?? 1_000, agentOf(step.agent), withRing(step));
      return;
    case 'warm-transfer':
      call.consult(agentOf(step.agent), { ...withRing(step), consultMs: step.consultMs, ...waysOf(step) }, 'transfer');
      return;
    case 'consult':
      call.consult(
        agentOf(step.agent),
        { ...withRing(step), consultMs: step.consultMs, ...waysOf(step) },
        'return',
        step.backAfterMs ?? 2_000,
      );
      return;
    default:
      throw new Error(
        `steps[${index}].do is "${(step as { do?: unknown }).do}", which no script knows. See README.md.`,
      );
  }
}

function withRing(step: { ringMs?: number; wrapUpMs?: number }): { ringMs: number; wrapUpMs?: number } {
  return { ringMs: step.ringMs ?? 3_000, ...(step.wrapUpMs === undefined ? {} : { wrapUpMs: step.wrapUpMs }) };
}

type Ways = Pick<ConsultTimes, 'consultedIsSubject' | 'ownLeg'>;

function waysOf({ consultedIsSubject, ownLeg }: Ways): Ways {
  return {
    ...(consultedIsSubject === undefined ? {} : { consultedIsSubject }),
    ...(ownLeg === undefined ? {} : { ownLeg }),
  };
}

function itemAt<T>(items: readonly T[], index: number, field: string): T {
  const item = items[index];
  if (item === undefined) {
    throw new Error(`${field} is ${index}, but the directory has ${items.length}. Use 0 to ${items.length - 1}.`);
  }
  return item;
}
