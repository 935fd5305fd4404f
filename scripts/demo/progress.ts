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
    const truth = await o.groundTruth().catch(() => []);
    if (stopped) return;
    // The topics tell of earlier runs as well.
    const ids = new Set(truth.map((task) => task.taskId));
    const ended = truth.filter((task) => task.ended).length;
    const captured = [...o.watch.tasks].filter((taskId) => ids.has(taskId)).length;
    const recordings = [...o.watch.recordings.values()].filter((taskId) => ids.has(taskId)).length;
    const contacts = [...o.watch.contacts.values()].filter((one) => !one.superseded && ids.has(one.taskId));
    const audible = contacts.filter((contact) => contact.audio.state === 'file-uploaded').length;
    const lag = Math.max(0, ended - captured);
    const line =
      `tasks ended ${ended} · captured ${captured} · recordings stored ${recordings}` +
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
