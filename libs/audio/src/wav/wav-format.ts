import { InvalidWav } from './wav-error.ts';

/** How one sample is written: linear 16 bit, linear 8 bit (unsigned), or ITU-T G.711. */
export type WavEncoding = 'pcm-s16le' | 'pcm-u8' | 'mulaw' | 'alaw';

/** What a `fmt ` chunk says, checked. `bytesPerFrame` is one sample of every channel. */
export interface WavFormat {
  encoding: WavEncoding;
  sampleRateHz: number;
  channels: number;
  bytesPerFrame: number;
}

export const FORMAT_TAG = { pcm: 1, alaw: 6, mulaw: 7, extensible: 0xfffe } as const;

/** The last 14 bytes of every KSDATAFORMAT_SUBTYPE that stands for a plain format tag. */
const SUBTYPE_TAIL = Buffer.from('000000001000800000aa00389b71', 'hex');

const MIN_FORMAT_BYTES = 14;
const EXTENSIBLE_BYTES = 40;
const MAX_CHANNELS = 64;
const MAX_SAMPLE_RATE_HZ = 384_000;
const ASK_AGAIN = 'Download the recording again; if it is the same, ask the ACD for it in another format.';

/** Bytes of one sample of one channel. */
export function bytesPerSample(encoding: WavEncoding): number {
  return encoding === 'pcm-s16le' ? 2 : 1;
}

function subFormatTag(body: Buffer, atByte: number): number {
  if (body.length < EXTENSIBLE_BYTES || !body.subarray(26, 40).equals(SUBTYPE_TAIL)) {
    throw new InvalidWav('format-unsupported', atByte, 'The extensible format names no known sub-format', ASK_AGAIN);
  }
  return body.readUInt16LE(24);
}

function encodingOf(tag: number, bits: number, atByte: number): WavEncoding {
  if (tag === FORMAT_TAG.mulaw) return 'mulaw';
  if (tag === FORMAT_TAG.alaw) return 'alaw';
  if (tag === FORMAT_TAG.pcm && bits === 16) return 'pcm-s16le';
  if (tag === FORMAT_TAG.pcm && bits === 8) return 'pcm-u8';
  throw new InvalidWav(
    'format-unsupported',
    atByte,
    `The audio has format tag ${tag} with ${bits} bits per sample; read are PCM with 16 or 8 bits, µ-law (7) and A-law (6)`,
    ASK_AGAIN,
  );
}

/**
 * Reads the body of a `fmt ` chunk. The byte rate is ignored (writers get it wrong and nothing needs it); the block
 * alignment must agree, since a wrong one would shear the channels. `atByte` is the body's place, for errors.
 * Throws InvalidWav.
 */
export function parseWavFormat(body: Buffer, atByte: number): WavFormat {
  if (body.length < MIN_FORMAT_BYTES) {
    throw new InvalidWav(
      'format-malformed',
      atByte,
      `The format chunk has ${body.length} bytes, not 14 or more`,
      ASK_AGAIN,
    );
  }
  const outerTag = body.readUInt16LE(0);
  const tag = outerTag === FORMAT_TAG.extensible ? subFormatTag(body, atByte) : outerTag;
  const channels = body.readUInt16LE(2);
  const sampleRateHz = body.readUInt32LE(4);
  const blockAlign = body.readUInt16LE(12);
  const bits = body.length >= 16 ? body.readUInt16LE(14) : channels > 0 ? (blockAlign * 8) / channels : 0;
  const encoding = encodingOf(tag, bits, atByte);
  const bytesPerFrame = channels * bytesPerSample(encoding);
  if (channels < 1 || channels > MAX_CHANNELS || sampleRateHz < 1 || sampleRateHz > MAX_SAMPLE_RATE_HZ) {
    const what = `The format chunk says ${channels} channels at ${sampleRateHz} Hz`;
    throw new InvalidWav('format-malformed', atByte, what, ASK_AGAIN);
  }
  if (blockAlign !== bytesPerFrame) {
    const what = `The format chunk says ${blockAlign} bytes per frame where its other fields make ${bytesPerFrame}`;
    throw new InvalidWav('format-malformed', atByte, what, ASK_AGAIN);
  }
  return { encoding, sampleRateHz, channels, bytesPerFrame };
}
