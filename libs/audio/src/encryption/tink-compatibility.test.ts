import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEncryptor, DEFAULT_SEGMENT_BYTES, openDecryptingReader } from '../index.ts';

const JARS = fileURLToPath(new URL('../../../../.data/tools/tink', import.meta.url));
const POM = fileURLToPath(new URL('../../test/tink-pom.xml', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../test/TinkStreaming.java', import.meta.url));

const answers = (command: string): boolean => spawnSync(command, ['-version'], { stdio: 'ignore' }).status === 0;
const hasJars = (): boolean => existsSync(JARS) && readdirSync(JARS).some((name) => name.startsWith('tink-'));
const missing = !answers('java') ? 'Java is absent' : hasJars() || answers('mvn') ? undefined : 'Maven is absent';

/** Into a folder of its own first: one cut short must not pass for the whole. */
function fetchJars(): void {
  const partial = `${JARS}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${partial}`];
  execFileSync('mvn', ['-q', '-B', '-f', POM, ...goal], { stdio: ['ignore', 'ignore', 'inherit'] });
  rmSync(JARS, { recursive: true, force: true });
  renameSync(partial, JARS);
}

/** Tink refuses nothing above 56 bytes; 4 KiB makes edges cheap, the default and Tink's own 1 MiB are what is deployed. */
const HEADER = 40;
const TAG = 16;
const MIB = 1024 * 1024;
const edges = (segment: number, count: number): number[] => {
  const edge = count * (segment - TAG) - HEADER;
  return [edge - 1, edge, edge + 1];
};
const CASES = [
  { segment: 4096, sizes: [0, 1, 100, ...edges(4096, 1), ...edges(4096, 2), ...edges(4096, 5), 40_000] },
  {
    segment: DEFAULT_SEGMENT_BYTES,
    sizes: [0, 44, ...edges(DEFAULT_SEGMENT_BYTES, 1), ...edges(DEFAULT_SEGMENT_BYTES, 3)],
  },
  { segment: MIB, sizes: [...edges(MIB, 1), 2_500_000] },
].flatMap(({ segment, sizes }) => sizes.map((size) => ({ segment, size })));

(missing ? describe.skip : describe)(
  `MED-05 real Tink reads and writes the same files${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'wxcc-tink-'));
    const key = randomBytes(32);
    const aad = Buffer.from('tenant/acd/recording-1');
    const file = (index: number, name: string): string => join(folder, `${index}.${name}`);
    const plain = CASES.map(({ size }) => randomBytes(size));

    const reader = (ciphertext: Buffer, segment: number) =>
      openDecryptingReader({
        readAt: async (offset, length) => ciphertext.subarray(offset, offset + length),
        key,
        associatedData: aad,
        ciphertextSizeBytes: ciphertext.length,
        segmentSizeBytes: segment,
      });

    beforeAll(async () => {
      if (!hasJars()) fetchJars();
      const lines: string[] = [];
      for (const [index, { segment }] of CASES.entries()) {
        writeFileSync(file(index, 'plain'), plain[index] as Buffer);
        const encryptor = createEncryptor({ key, associatedData: aad, segmentSizeBytes: segment });
        encryptor.end(plain[index]);
        writeFileSync(file(index, 'ours'), await buffer(encryptor));
        const common = [segment, key.toString('hex'), aad.toString('hex')];
        lines.push(['decrypt', ...common, file(index, 'ours'), file(index, 'by-tink')].join('\t'));
        lines.push(['encrypt', ...common, file(index, 'plain'), file(index, 'tinks')].join('\t'));
      }
      writeFileSync(join(folder, 'work'), `${lines.join('\n')}\n`);
      const options = {
        stdio: ['ignore', 'inherit', 'pipe'] as ['ignore', 'inherit', 'pipe'],
        encoding: 'utf8' as const,
      };
      const result = spawnSync(
        'java',
        ['-XX:TieredStopAtLevel=1', '-cp', join(JARS, '*'), PROGRAM, join(folder, 'work')],
        options,
      );
      if (result.status !== 0) throw new Error(`Tink failed: ${result.stderr}`);
    }, 120_000);

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.each(CASES.map((entry, index) => ({ ...entry, index })))(
      '$size bytes in segments of $segment, both ways',
      async ({ index, segment }) => {
        expect(readFileSync(file(index, 'by-tink')).equals(plain[index] as Buffer)).toBe(true);
        const tinks = readFileSync(file(index, 'tinks'));
        expect(tinks.length).toBe(readFileSync(file(index, 'ours')).length);
        const opened = await reader(tinks, segment);
        expect(opened.plaintextSizeBytes).toBe((plain[index] as Buffer).length);
        expect((await opened.read(0, opened.plaintextSizeBytes)).equals(plain[index] as Buffer)).toBe(true);
      },
    );
  },
);
