import type { Prng } from './prng.ts';
import type { ScriptStep } from './script.ts';

/** How often each kind of task occurs in the seeded day; the numbers are shares, not percent. */
export const scenarioShares = {
  simple: 24,
  hold: 14,
  'blind-transfer': 8,
  'blind-transfer-unanswered': 2,
  'queue-transfer': 7,
  'warm-transfer': 10,
  consult: 6,
  'three-agents': 5,
  rona: 5,
  'rona-only': 2,
  abandoned: 5,
  'ivr-only': 3,
  outdial: 5,
  'many-activities': 1,
  chat: 4,
  sms: 3,
  email: 2,
} as const;

export type Scenario = keyof typeof scenarioShares;

export function drawScenario(prng: Prng): Scenario {
  const entries = Object.entries(scenarioShares) as [Scenario, number][];
  let left = prng.next() * entries.reduce((sum, [, share]) => sum + share, 0);
  for (const [scenario, share] of entries) {
    left -= share;
    if (left < 0) return scenario;
  }
  return 'simple';
}

/** Steps of one scenario; `talkScale` stretches the talking so that a demo stays small and a load test does not. */
export function scriptOf(scenario: Scenario, prng: Prng, agentCount: number, talkScale: number): ScriptStep[] {
  const agents = drawAgents(prng, agentCount);
  const talk = (): ScriptStep => ({ do: 'talk', ms: Math.max(1_500, Math.round(prng.int(4_000, 22_000) * talkScale)) });
  const ring = (): number => prng.int(1_200, 9_000);
  const queue = prng.int(0, 2);
  const wait: ScriptStep[] = [
    { do: 'ivr', ms: prng.int(1_000, 6_000) },
    { do: 'queue', queue, ms: prng.int(800, 20_000) },
  ];
  const answer = (agent: number): ScriptStep => ({ do: 'answer', agent, ringMs: ring() });
  const opening: ScriptStep[] = prng.chance(0.7) ? wait : [];
  const end: ScriptStep = {
    do: 'hang-up',
    by: prng.chance(0.6) ? 'Customer' : 'Agent',
    wrapUpMs: prng.int(2_000, 9_000),
  };
  const hold = (): ScriptStep => ({ do: 'hold', ms: Math.max(1_200, Math.round(prng.int(2_000, 9_000) * talkScale)) });
  const blind = (agent: number): ScriptStep => ({ do: 'blind-transfer', agent, ringMs: ring() });
  const consulted = (agent: number) => ({
    agent,
    ringMs: ring(),
    consultMs: Math.max(1_500, Math.round(prng.int(3_000, 12_000) * talkScale)),
    consultedIsSubject: prng.chance(0.2),
    ownLeg: prng.chance(0.5),
  });
  const warm = (agent: number): ScriptStep => ({ do: 'warm-transfer', ...consulted(agent) });
  const consult = (agent: number): ScriptStep => ({
    do: 'consult',
    ...consulted(agent),
    backAfterMs: prng.int(300, 8_000),
  });
  const other = (agent: number): ScriptStep => ({
    do: 'queue-transfer',
    queue: prng.int(0, 2),
    waitMs: prng.int(300, 4_000),
    agent,
    ringMs: ring(),
  });
  const [a, b, c] = agents;
  switch (scenario) {
    case 'simple':
    case 'outdial':
      return [...opening, answer(a), talk(), end];
    case 'hold':
      return [...opening, answer(a), talk(), hold(), talk(), ...(prng.chance(0.4) ? [hold(), talk()] : []), end];
    case 'blind-transfer':
      return [...opening, answer(a), talk(), blind(b), talk(), end];
    case 'blind-transfer-unanswered':
      return [...opening, answer(a), talk(), { ...blind(b), answered: false } as ScriptStep, { do: 'give-up' }];
    case 'queue-transfer':
      return [...opening, answer(a), talk(), other(b), talk(), ...(prng.chance(0.4) ? [hold(), talk()] : []), end];
    case 'warm-transfer':
      return [...opening, answer(a), talk(), warm(b), talk(), end];
    case 'consult':
      return [
        ...opening,
        answer(a),
        talk(),
        consult(b),
        talk(),
        ...(prng.chance(0.3) ? [consult(c), talk()] : []),
        end,
      ];
    case 'three-agents':
      return [...opening, answer(a), talk(), blind(b), talk(), prng.chance(0.5) ? warm(c) : other(c), talk(), end];
    case 'rona':
      return [...wait, { do: 'ring', agent: b, ms: 5_000 }, { do: 'queue', queue, ms: 2_500 }, answer(a), talk(), end];
    case 'rona-only':
      return [
        ...wait,
        { do: 'ring', agent: a, ms: 1_713 },
        { do: 'ring', agent: b, ms: 1_228 },
        { do: 'ring', agent: c, ms: 1_253 },
        { do: 'queue', queue, ms: 3_620 },
        { do: 'give-up', by: 'Customer' },
      ];
    case 'abandoned':
      return [...wait, { do: 'give-up', by: 'Customer' }];
    case 'ivr-only':
      return [
        { do: 'ivr', ms: prng.int(4_000, 30_000) },
        { do: 'give-up', by: 'Customer' },
      ];
    case 'many-activities':
      return [
        ...wait,
        { do: 'flow', count: prng.int(90, 140) },
        answer(a),
        ...repeat(6, [talk(), hold()]),
        talk(),
        end,
      ];
    default:
      return [{ do: 'queue', queue: queueOfChannel(scenario), ms: prng.int(800, 9_000) }, answer(a), talk(), end];
  }
}

function queueOfChannel(scenario: 'chat' | 'sms' | 'email'): number {
  return { chat: 3, email: 4, sms: 5 }[scenario];
}

function repeat(times: number, steps: ScriptStep[]): ScriptStep[] {
  return Array.from({ length: times }, () => steps).flat();
}

/** Three different agents. */
function drawAgents(prng: Prng, agentCount: number): [number, number, number] {
  const first = prng.int(0, agentCount - 1);
  const second = (first + prng.int(1, Math.max(1, Math.floor(agentCount / 2) - 1))) % agentCount;
  const third = (second + prng.int(1, Math.max(1, Math.floor(agentCount / 2) - 1))) % agentCount;
  return [first, second, third === first ? (third + 1) % agentCount : third];
}
