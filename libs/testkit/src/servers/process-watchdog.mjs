// Ends what its parent left behind. The parent holds our standard input open; when it dies, however it dies, we read
// the end of file and then end the processes and remove the folders that it had named. Plain JS: it starts in 30 ms.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const processes = new Map();
const folders = new Set();

process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});

function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [verb, subject, argument] = line.split('\t');
    if (verb === 'watch') processes.set(Number(subject), argument);
    if (verb === 'forget') processes.delete(Number(subject));
    if (verb === 'remove') folders.add(subject);
    if (verb === 'keep') folders.delete(subject);
  })
  .on('close', async () => {
    for (const [pid, name] of processes) signal(pid, name);
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline && [...processes.keys()].some((pid) => signal(pid, 0))) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const pid of processes.keys()) signal(pid, 'SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    process.exit(0);
  });
