import type { TaskGroundTruth } from '@wxcc-wfo/simulator';
import type { EventWatch } from './watch-events.ts';

export interface Progress {
  stop(): void;
}

const EVERY_MS = 1_000;
const QUIET_EVERY = 5;

/** Shows what has happened so far: one line that is written over on a terminal, now and then a line elsewhere. */
export function reportProgress(o: {
  watch: EventWatch;
  groundTruth(): Promise<TaskGroundTruth[]>;
  live: boolean;
}): Progress {
  let turn = 0;
  let stopped = false;

  async function show(): Promise<void> {
    const ended = (await o.groundTruth().catch(() => [])).filter((task) => task.ended).length;
    if (stopped) return;
    const contacts = [...o.watch.contacts.values()].filter((contact) => !contact.superseded);
    const audible = contacts.filter((contact) => contact.audio.state === 'file-uploaded').length;
    const lag = Math.max(0, ended - o.watch.tasks.size);
    const line =
      `tasks ended ${ended} · captured ${o.watch.tasks.size} · recordings stored ${o.watch.recordings.size}` +
      ` · contacts ${contacts.length}, with audio ${audible} · lag ${lag}`;
    if (o.live) process.stdout.write(`\r\x1b[2K  ${line}`);
    else if (turn++ % QUIET_EVERY === 0) console.log(`  ${line}`);
  }

  const timer = setInterval(() => void show(), EVERY_MS);
  return {
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      if (o.live) process.stdout.write('\n');
    },
  };
}
