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

/** The samples of 16-bit PCM as they lie there; copied only where they begin at an odd address. */
function asSamples(bytes: Buffer): Int16Array {
  const count = Math.floor(bytes.length / 2);
  if (bytes.byteOffset % 2 === 0) return new Int16Array(bytes.buffer, bytes.byteOffset, count);
  return new Int16Array(Uint8Array.from(bytes).buffer, 0, count);
}

/** One source channel spread into one output channel. */
interface Strides {
  at: number;
  atStep: number;
  to: number;
  toStep: number;
}

function copySamples(samples: Int16Array, rendered: Int16Array, { at, atStep, to, toStep }: Strides): void {
  for (let from = at, out = to; out < rendered.length; out += toStep, from += atStep) {
    rendered[out] = samples[from] as number;
  }
}

function decodeSamples(
  bytes: Uint8Array,
  table: Int16Array,
  rendered: Int16Array,
  { at, atStep, to, toStep }: Strides,
): void {
  for (let from = at, out = to; out < rendered.length; out += toStep, from += atStep) {
    rendered[out] = table[bytes[from] as number] as number;
  }
}

/**
 * Turns whole frames of a recording into frames of 16-bit PCM (little-endian, as every platform of Node but s390x is).
 * An output channel that maps to −1 or to a channel that the recording does not have is zero.
 */
export function toS16Frames(bytes: Buffer, source: SourceLayout, channelMap: readonly number[]): Buffer {
  const frames = Math.floor(bytes.length / source.bytesPerFrame);
  const rendered = new Int16Array(frames * channelMap.length);
  const table = tableToS16(source.encoding);
  const samples = table === undefined ? asSamples(bytes) : undefined;
  for (const [to, at] of channelMap.entries()) {
    if (at < 0 || at >= source.channels) continue;
    const strides = { at, atStep: source.channels, to, toStep: channelMap.length };
    if (samples !== undefined) copySamples(samples, rendered, strides);
    else if (table !== undefined) decodeSamples(bytes, table, rendered, strides);
  }
  return Buffer.from(rendered.buffer);
}
