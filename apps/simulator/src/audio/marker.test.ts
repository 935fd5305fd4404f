import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDirectory } from '../story/directory.ts';
import { createTaskFactory } from '../story/task-factory.ts';
import type { RecordingModel } from '../story/task-model.ts';
import { channelOf, decodeMarker, decodeMarkers } from './marker.ts';
import { wavBytes, wavChunks } from './wav-stream.ts';

const T0 = 1_700_000_000_000;
const directory = createDirectory('6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2', 'audio', 4);
const factory = createTaskFactory({ directory, seed: 'audio', talkScale: 1, recordingDelayMs: 0 });

/** Answer after 1 s, 3 s of talk, 2 s of hold, 2 s of talk with agent 2. */
function recordedCall(): RecordingModel {
  const steps = [
    { do: 'answer', agent: 2, ringMs: 600 },
    { do: 'talk', ms: 3_000 },
    { do: 'hold', ms: 2_000 },
    { do: 'talk', ms: 2_000 },
  ] as const;
  return factory.scriptedTask(7, { steps: [...steps], createdMs: T0 }, T0).recordings[0]!;
}

function bytesOf(recording: RecordingModel, start = 0, end = wavBytes(recording)): Buffer {
  return Buffer.concat([...wavChunks(recording, start, end)]);
}

function samplesOf(file: Buffer): Int16Array {
  return new Int16Array(file.buffer.slice(file.byteOffset + 44, file.byteOffset + file.length));
}

describe('recordings as WAV', () => {
  const recording = recordedCall();
  const file = bytesOf(recording);

  it('have a header that states 8 kHz, stereo, 16 bits and their exact length', () => {
    expect(file.length).toBe(44 + (recording.stopMs - recording.startMs) * 32);
    expect(file.toString('latin1', 0, 4)).toBe('RIFF');
    expect(file.toString('latin1', 8, 16)).toBe('WAVEfmt ');
    expect([file.readUInt16LE(20), file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)]).toEqual([
      1, 2, 8_000, 16,
    ]);
    expect(file.readUInt32LE(4)).toBe(file.length - 8);
    expect(file.readUInt32LE(40)).toBe(file.length - 44);
  });

  it('give the same bytes in pieces as whole', () => {
    fc.assert(
      fc.property(fc.nat(file.length), fc.nat(file.length), (a, b) => {
        const [start, end] = a < b ? [a, b] : [b, a];
        return bytesOf(recording, start, end).equals(file.subarray(start, end));
      }),
      { numRuns: 50 },
    );
  });

  it('tell from any 100 ms of a channel which recording it is, which 50 ms of it and who is heard', () => {
    const stereo = samplesOf(file);
    fc.assert(
      fc.property(fc.nat(stereo.length / 2 - 800), fc.constantFrom(0, 1), (first, channel) => {
        const piece = channelOf(stereo.subarray(first * 2, (first + 800) * 2), channel);
        const marker = decodeMarker(piece)!;
        expect(marker.recordingNumber).toBe(7 * 16);
        expect((first + marker.sampleIndex) / 8).toBe(marker.offsetMs);
        const heard = marker.role === 'hold-music' ? 'hold-music' : channel === 0 ? 'caller' : 'agent';
        expect(marker.role).toBe(heard);
      }),
      { numRuns: 100 },
    );
  });

  it('hold hold music on both channels from the hold to its end, and nowhere else', () => {
    // The call is answered 1 s after T0 and held 3 s later, for 2 s.
    const holdStart = T0 + 1_000 + 3_000;
    for (const channel of [0, 1]) {
      const music = decodeMarkers(channelOf(samplesOf(file), channel)).filter((one) => one.role === 'hold-music');
      const times = music.map((one) => recording.startMs + one.offsetMs);
      expect(times.at(0)).toBeGreaterThanOrEqual(holdStart);
      expect(times.at(0)).toBeLessThan(holdStart + 50);
      expect(times.at(-1)).toBeGreaterThanOrEqual(holdStart + 1_900);
      expect(times.at(-1)).toBeLessThan(holdStart + 2_000);
    }
  });

  it('are read after a change of volume, and not out of silence or a damaged block', () => {
    const agent = channelOf(samplesOf(file), 1).subarray(0, 800);
    expect(decodeMarker(agent.map((value) => Math.round(value / 9)))?.agentNumber).toBe(2);
    expect(decodeMarker(new Int16Array(4_000))).toBeUndefined();
    const damaged = agent.slice(0, 400);
    damaged.fill(0, 100, 104);
    expect(decodeMarker(damaged)).toBeUndefined();
  });
});
