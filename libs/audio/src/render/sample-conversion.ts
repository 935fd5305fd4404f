import { tableToS16 } from '../wav/g711.ts';
import type { WavEncoding } from '../wav/wav-format.ts';

/** How a recording's frames lie in its bytes. */
export interface SourceLayout {
  encoding: WavEncoding;
  channels: number;
  bytesPerFrame: number;
}

/** True where a recording's bytes are the rendered bytes: 16-bit PCM, same channels in the same places. */
export function isPassThrough(
  source: SourceLayout,
  channels: number,
  channelMap: readonly number[] | undefined,
): boolean {
  if (source.encoding !== 'pcm-s16le' || source.channels !== channels) return false;
  return channelMap === undefined || channelMap.every((from, to) => from === to);
}

/**
 * Turns whole frames of a recording into frames of 16-bit PCM (little-endian, as every platform of Node but s390x is).
 * An output channel that maps to −1 or to a channel that the recording does not have is zero.
 */
export function toS16Frames(bytes: Buffer, source: SourceLayout, channelMap: readonly number[]): Buffer {
  const frames = Math.floor(bytes.length / source.bytesPerFrame);
  const channels = channelMap.length;
  const samples = new Int16Array(frames * channels);
  const table = tableToS16(source.encoding);
  for (let to = 0; to < channels; to++) {
    const from = channelMap[to] ?? -1;
    if (from < 0 || from >= source.channels) continue;
    if (table === undefined) {
      for (let frame = 0, at = from * 2; frame < frames; frame++, at += source.bytesPerFrame) {
        samples[frame * channels + to] = bytes.readInt16LE(at);
      }
    } else {
      for (let frame = 0, at = from; frame < frames; frame++, at += source.bytesPerFrame) {
        samples[frame * channels + to] = table[bytes[at] as number] as number;
      }
    }
  }
  return Buffer.from(samples.buffer);
}
