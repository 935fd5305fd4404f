export type { ReadAt } from './encryption/ciphertext-source.ts';
export {
  type DecryptingReader,
  type DecryptingReaderOptions,
  openDecryptingReader,
} from './encryption/decrypting-reader.ts';
export { DecryptionFailed, type DecryptionFailedCode } from './encryption/decryption-failed.ts';
export { createEncryptor, createFileCipher, type EncryptorOptions, type FileCipher } from './encryption/encryptor.ts';
export { ciphertextSizeBytes, DEFAULT_SEGMENT_BYTES, KEY_BYTES } from './encryption/segment-layout.ts';
export { giveBack } from './memory/give-back.ts';
export { type ByteRange, contentRange, parseByteRange } from './render/byte-range.ts';
export {
  type EditList,
  type EditPiece,
  InvalidEditList,
  type RecordingPiece,
  type SilencePiece,
  type SilenceReason,
  validateEditList,
} from './render/edit-list.ts';
export {
  buildEditList,
  type EditListInput,
  type RecordingOnClock,
  type SilenceOnClock,
} from './render/edit-list-policy.ts';
export {
  type OpenSource,
  RecordingMismatch,
  type RecordingSource,
  type RenderedRange,
  renderedWavSizeBytes,
  renderWav,
  renderWavParts,
} from './render/render-wav.ts';
export {
  type FrameIndex,
  frameAtMs,
  frameFromMs,
  framesInWindow,
  type MediaTime,
  mediaTime,
  mediaTimeFromMs,
  mediaTimeToMs,
} from './time/media-time.ts';
export { ALAW_TO_S16, MULAW_TO_S16, tableToS16, U8_TO_S16 } from './wav/g711.ts';
export { InvalidWav, type InvalidWavCode } from './wav/wav-error.ts';
export { bytesPerSample, type WavEncoding, type WavFormat } from './wav/wav-format.ts';
export {
  createWavInspectionStream,
  createWavInspector,
  type WavInspection,
  type WavInspector,
  type WavInspectorOptions,
} from './wav/wav-inspector.ts';
export { needsPadByte, type WavHeaderInput, writeWavHeader } from './wav/wav-writer.ts';
