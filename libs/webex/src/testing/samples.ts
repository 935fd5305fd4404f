import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe } from '@jest/globals';

/** Cisco's published sample answers lie beside the repository and are not part of it. */
const folder = new URL('../../../../../shared/reference/webex/samples/', import.meta.url);
const present = existsSync(folder);

/** `describe`, or a skipped one whose name says why, where the samples are absent. */
export function describeWithSamples(name: string, suite: () => void): void {
  if (present) describe(name, suite);
  else describe.skip(`${name} (skipped: Cisco's sample answers are not beside the repository)`, suite);
}

// biome-ignore lint/suspicious/noExplicitAny: samples have many shapes
export function readSample(file: string): any {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
}

export function sampleFiles(pattern: RegExp): string[] {
  return present ? readdirSync(folder).filter((file) => pattern.test(file)) : ['absent'];
}
