import { bytesPerSample, FORMAT_TAG, type WavEncoding } from './wav-format.ts';

/** What a header is written for: `dataBytes` of audio follow it. */
export interface WavHeaderInput {
  encoding: WavEncoding;
  sampleRateHz: number;
  channels: number;
  dataBytes: number;
}

/** Above this the 32-bit sizes of RIFF no longer hold and RF64 (EBU Tech 3306) takes over. */
const MAX_RIFF_DATA_BYTES = 0xffffffff - 64;
const DS64_BODY_BYTES = 28;

function formatBody(input: WavHeaderInput): Buffer {
  const isPcm = input.encoding === 'pcm-s16le' || input.encoding === 'pcm-u8';
  const sampleBytes = bytesPerSample(input.encoding);
  const body = Buffer.alloc(isPcm ? 16 : 18);
  body.writeUInt16LE(isPcm ? FORMAT_TAG.pcm : FORMAT_TAG[input.encoding as 'mulaw' | 'alaw'], 0);
  body.writeUInt16LE(input.channels, 2);
  body.writeUInt32LE(input.sampleRateHz, 4);
  body.writeUInt32LE(input.sampleRateHz * input.channels * sampleBytes, 8);
  body.writeUInt16LE(input.channels * sampleBytes, 12);
  body.writeUInt16LE(sampleBytes * 8, 14);
  return body;
}

function chunk(id: string, body: Buffer): Buffer {
  const header = Buffer.alloc(8, id, 'latin1');
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body]);
}

function ds64(riffBytes: number, input: WavHeaderInput): Buffer {
  const body = Buffer.alloc(DS64_BODY_BYTES);
  const frames = Math.floor(input.dataBytes / (input.channels * bytesPerSample(input.encoding)));
  body.writeBigUInt64LE(BigInt(riffBytes), 0);
  body.writeBigUInt64LE(BigInt(input.dataBytes), 8);
  body.writeBigUInt64LE(BigInt(frames), 16);
  return chunk('ds64', body);
}

/** True where audio of that many bytes needs a pad byte behind it (RIFF chunks are even). */
export function needsPadByte(dataBytes: number): boolean {
  return dataBytes % 2 === 1;
}

/** Writes everything in front of the audio: RIFF, or RF64 where the audio is too long for RIFF's sizes. */
export function writeWavHeader(input: WavHeaderInput): Buffer {
  const isLarge = input.dataBytes > MAX_RIFF_DATA_BYTES;
  const format = chunk('fmt ', formatBody(input));
  const dataHeader = Buffer.alloc(8, 'data', 'latin1');
  dataHeader.writeUInt32LE(isLarge ? 0xffffffff : input.dataBytes, 4);
  const paddedData = input.dataBytes + (needsPadByte(input.dataBytes) ? 1 : 0);
  const ds64Bytes = isLarge ? 8 + DS64_BODY_BYTES : 0;
  const riffBytes = 4 + ds64Bytes + format.length + 8 + paddedData;
  const riff = Buffer.alloc(12, isLarge ? 'RF64' : 'RIFF', 'latin1');
  riff.writeUInt32LE(isLarge ? 0xffffffff : riffBytes, 4);
  riff.write('WAVE', 8, 'latin1');
  return Buffer.concat([riff, ...(isLarge ? [ds64(riffBytes, input)] : []), format, dataHeader]);
}
