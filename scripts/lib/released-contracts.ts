import { writeFileSync } from 'node:fs';
import { EVENT_DEFINITIONS, releasedEvent, TOPIC_NAMES } from '@wxcc-wfo/contracts';

/** Writes every event as it is now. @throws if that version was released already: what was promised stays promised */
export function writeRelease(file: string): void {
  const released = Object.fromEntries(
    TOPIC_NAMES.map((topic) => [topic, releasedEvent(EVENT_DEFINITIONS[topic] as never)]),
  );
  try {
    writeFileSync(file, `${JSON.stringify(released, null, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(`${file} exists: that version is released. Raise the version in package.json first.`);
  }
}
