import { describe, expect, it } from '@jest/globals';
import { channelOf, type ExpectedContact, type TaskGroundTruth } from '@wxcc-wfo/simulator';
import { SAMPLES_PER_BLOCK, writeStereoBlock } from '../../apps/simulator/src/audio/marker.ts';
import { compareChannel } from './check-audio.ts';

const BLOCKS = 20;
const want = {
  startMs: 1_000,
  endMs: 2_000,
  agentNumber: 3,
  mustBeSilent: [],
  consultations: [],
} as unknown as ExpectedContact;
const task = {
  recordings: [{ recordingNumber: 7, startMs: 1_000, endMs: 2_000, callType: 'main', segment: false }],
} as unknown as TaskGroundTruth;

/** One second of recording 7: the caller on the left, the agent on the right. */
function second(agentNumber: number): Int16Array {
  const samples = new Int16Array(BLOCKS * SAMPLES_PER_BLOCK * 2);
  for (let blockIndex = 0; blockIndex < BLOCKS; blockIndex++) {
    const block = { recordingNumber: 7, agentNumber, blockIndex };
    const first = blockIndex * SAMPLES_PER_BLOCK * 2;
    writeStereoBlock(samples, first, { ...block, role: 'caller' }, { ...block, role: 'agent' });
  }
  return samples;
}

const heard = (samples: Int16Array, channel: 0 | 1) => {
  const side = (['caller', 'agent'] as const)[channel];
  return compareChannel('c', channelOf(samples, channel), { task, want, side });
};

describe('both channels of a contact’s audio are compared', () => {
  it('and are as they should be', () => {
    expect([heard(second(3), 0), heard(second(3), 1)]).toEqual([[], []]);
  });

  it('another agent is a difference', () => {
    expect(heard(second(4), 1)).toEqual(['c: agent 4 is heard at 0 ms, expected agent 3']);
  });

  it('channels that were exchanged are a difference', () => {
    const samples = second(3);
    for (let at = 0; at < samples.length; at += 2) samples.subarray(at, at + 2).reverse();
    expect(heard(samples, 0)).toEqual(['c: the agent is heard at 0 ms']);
    expect(heard(samples, 1)).toEqual(['c: the caller is heard at 0 ms']);
  });

  it('an agent’s channel that was left empty is a difference', () => {
    const silent = new Int16Array(BLOCKS * SAMPLES_PER_BLOCK * 2);
    expect(heard(silent, 1)).toEqual(['c: 0 ms of the call are heard, expected about 1000']);
  });
});
