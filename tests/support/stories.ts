import type { ScriptStep } from '@wxcc-wfo/simulator';

const talk = (ms: number): ScriptStep => ({ do: 'talk', ms });
const HANG_UP: ScriptStep = { do: 'hang-up', by: 'Customer', wrapUpMs: 1_000 };

/** Calls that are told step by step, so that a test can know each length. */
export const STORIES = {
  /** One agent for 7 s, of which the customer is on hold for 2 s. */
  held: [{ do: 'answer', agent: 0, ringMs: 1_000 }, talk(3_000), { do: 'hold', ms: 2_000 }, talk(2_000), HANG_UP],
  /** Two agents, one after the other. */
  transferred: [
    { do: 'answer', agent: 1, ringMs: 1_000 },
    talk(3_000),
    { do: 'blind-transfer', agent: 2, ringMs: 1_000 },
    talk(3_000),
    HANG_UP,
  ],
} satisfies Record<string, ScriptStep[]>;
