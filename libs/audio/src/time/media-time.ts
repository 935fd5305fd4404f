/** A count of frames (one sample of every channel); meaningless without its rate. */
export type FrameIndex = number;

/** A place in, or a length of, audio: samples and their rate, never milliseconds (house-style 13). */
export interface MediaTime {
  readonly frames: FrameIndex;
  readonly sampleRateHz: number;
}

function requireWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${name} must be a whole number; it is ${value}.`);
}

/** Whole seconds apart from the rest: epoch milliseconds × rate would leave the exact integers. */
function splitSeconds(ms: number, sampleRateHz: number): { wholeFrames: number; restTimes1000: number } {
  requireWhole('A time in milliseconds', ms);
  requireWhole('A sample rate', sampleRateHz);
  if (sampleRateHz <= 0) throw new RangeError(`A sample rate must be positive; it is ${sampleRateHz}.`);
  const seconds = Math.floor(ms / 1000);
  return { wholeFrames: seconds * sampleRateHz, restTimes1000: (ms - seconds * 1000) * sampleRateHz };
}

/**
 * The frame that sounds at an instant: floor(ms × rate / 1000), exact for epoch milliseconds too. Everything is cut on
 * this one grid (frame 0 at the epoch), so that half-open windows that touch share no frame and leave none out.
 */
export function frameAtMs(ms: number, sampleRateHz: number): FrameIndex {
  const { wholeFrames, restTimes1000 } = splitSeconds(ms, sampleRateHz);
  return wholeFrames + Math.floor(restTimes1000 / 1000);
}

/** The first frame that begins at or after an instant: ceil. For ends of silences, that may cover too much, never too little. */
export function frameFromMs(ms: number, sampleRateHz: number): FrameIndex {
  const { wholeFrames, restTimes1000 } = splitSeconds(ms, sampleRateHz);
  return wholeFrames + Math.ceil(restTimes1000 / 1000);
}

/** Frames of the half-open window `[startMs, endMs)`: window × rate, off by less than one. */
export function framesInWindow(startMs: number, endMs: number, sampleRateHz: number): FrameIndex {
  return frameAtMs(endMs, sampleRateHz) - frameAtMs(startMs, sampleRateHz);
}

/** Makes a media time. Throws RangeError for anything but whole frames at a whole, positive rate. */
export function mediaTime(frames: FrameIndex, sampleRateHz: number): MediaTime {
  requireWhole('A number of frames', frames);
  requireWhole('A sample rate', sampleRateHz);
  if (sampleRateHz <= 0) throw new RangeError(`A sample rate must be positive; it is ${sampleRateHz}.`);
  return { frames, sampleRateHz };
}

/** The media time of a length in milliseconds, rounded down to whole frames. */
export function mediaTimeFromMs(ms: number, sampleRateHz: number): MediaTime {
  return mediaTime(frameAtMs(ms, sampleRateHz), sampleRateHz);
}

/** The whole milliseconds in a media time, rounded down. */
export function mediaTimeToMs(time: MediaTime): number {
  const seconds = Math.floor(time.frames / time.sampleRateHz);
  return seconds * 1000 + Math.floor(((time.frames - seconds * time.sampleRateHz) * 1000) / time.sampleRateHz);
}
