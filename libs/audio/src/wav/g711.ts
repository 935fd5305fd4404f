import type { WavEncoding } from './wav-format.ts';

/** ITU-T G.711 µ-law: sign, 3 bits of exponent, 4 of mantissa, all inverted; 14 bits scaled to 16. */
function decodeMulaw(byte: number): number {
  const inverted = ~byte & 0xff;
  const exponent = (inverted >> 4) & 7;
  const magnitude = ((((inverted & 0x0f) << 3) + 0x84) << exponent) - 0x84;
  return inverted & 0x80 ? 0 - magnitude : magnitude;
}

/** ITU-T G.711 A-law: even bits inverted; 13 bits scaled to 16; a set sign bit is positive. */
function decodeAlaw(byte: number): number {
  const toggled = byte ^ 0x55;
  const exponent = (toggled >> 4) & 7;
  const mantissa = ((toggled & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}

/** All 256 µ-law bytes as signed 16-bit samples. */
export const MULAW_TO_S16: Int16Array = Int16Array.from({ length: 256 }, (_, byte) => decodeMulaw(byte));

/** All 256 A-law bytes as signed 16-bit samples. */
export const ALAW_TO_S16: Int16Array = Int16Array.from({ length: 256 }, (_, byte) => decodeAlaw(byte));

/** All 256 unsigned 8-bit PCM bytes as signed 16-bit samples (128 is silence). */
export const U8_TO_S16: Int16Array = Int16Array.from({ length: 256 }, (_, byte) => (byte - 128) * 256);

/** The table of an encoding of one byte per sample, undefined for 16-bit PCM. */
export function tableToS16(encoding: WavEncoding): Int16Array | undefined {
  switch (encoding) {
    case 'mulaw':
      return MULAW_TO_S16;
    case 'alaw':
      return ALAW_TO_S16;
    case 'pcm-u8':
      return U8_TO_S16;
    case 'pcm-s16le':
      return undefined;
  }
}
