import type { ContactSegmented } from '@wxcc-wfo/contracts';
import type { TaskGroundTruth } from '@wxcc-wfo/simulator';
import { waitFor } from '@wxcc-wfo/testkit';
import type { Stack } from '../stack/start-stack.ts';
import { callService } from './connect-acd.ts';
import { printDirectory } from './first-sync.ts';
import type { Demo } from './start-demo.ts';
import { drawTrace } from './trace-collector.ts';

const SHOWN_CONTACTS = 12;
const SHOWN_LINKS = 3;
/** The last spans to arrive on either side of the call’s way. */
const EDGES = ['capture.poll', 'media-import.task', 'recording-available process', 'contact-segmented publish'];

export interface ResultsInput
  extends Pick<Demo, 'stack' | 'servers' | 'watch' | 'traces' | 'dataFolder' | 'databaseName' | 'topicPrefix'> {
  truth: TaskGroundTruth[];
}

/** Prints a table of contacts, links that play some, the trace of one call, and where everything is. */
export async function printResults(input: ResultsInput): Promise<void> {
  const contacts = [...input.watch.contacts.values()]
    .filter((contact) => !contact.superseded)
    .sort((a, b) => b.startedAtMs - a.startedAtMs);
  printTable(contacts.slice(0, SHOWN_CONTACTS), contacts.length);
  await printLinks(input.stack, contacts);
  await printTrace(input);
  await printDirectory(input.stack);
  printPlaces(input);
}

function printTable(contacts: ContactSegmented[], total: number): void {
  console.log(`\nContacts (${contacts.length} of ${total}, latest first)`);
  console.log(
    `  ${'started'.padEnd(9)}${'agent'.padEnd(22)}${'queue'.padEnd(18)}${'from'.padEnd(15)}${'length'.padStart(7)}${'holds'.padStart(7)}  ${'associated'.padEnd(10)} audio`,
  );
  for (const contact of contacts) {
    const started = new Date(contact.startedAtMs).toISOString().slice(11, 19);
    const seconds = Math.round(contact.durationMs / 1000);
    const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    const holds = contact.silences.filter((one) => one.reason === 'hold').length;
    console.log(
      `  ${started.padEnd(9)}${(contact.agent.name ?? contact.agent.id).slice(0, 21).padEnd(22)}` +
        `${(contact.queue?.name ?? '-').slice(0, 17).padEnd(18)}${(contact.callingNumber ?? '-').slice(0, 14).padEnd(15)}` +
        `${length.padStart(7)}${String(holds).padStart(7)}  ${contact.associatedContactId.slice(0, 8).padEnd(10)} ${contact.audio.state}`,
    );
  }
}

async function printLinks(stack: Stack, contacts: ContactSegmented[]): Promise<void> {
  const audible = contacts.filter((contact) => contact.audio.state === 'file-uploaded').slice(0, SHOWN_LINKS);
  if (audible.length === 0) return;
  console.log('\nListen (open in a browser; the links end by themselves)');
  for (const contact of audible) {
    const { url } = await callService<{ url: string }>(
      stack,
      `${stack.url('segmenter')}/v1/contacts/${contact.contactId}/audio-links`,
      { method: 'POST' },
    );
    console.log(`  ${url}`);
  }
}

/** The richest trace of a call that has its audio: the poll that saw it is its root (OPS-01). */
async function printTrace({ watch, traces, truth }: ResultsInput): Promise<void> {
  const withAudio = new Set(
    [...watch.contacts.values()].filter((one) => one.audio.state === 'file-uploaded').map((one) => one.taskId),
  );
  const task = truth.findLast((one) => withAudio.has(one.taskId) && watch.traceOfTask.has(one.taskId));
  const traceparent = task && watch.traceOfTask.get(task.taskId);
  if (!task || !traceparent) return;
  const [, traceId, spanId] = traceparent.split('-');
  const lines = await waitFor(
    'the spans of one call',
    () => {
      const drawn = drawTrace(traces.spansOf(traceId!), spanId);
      const isWhole = EDGES.every((edge) => drawn.some((line) => line.endsWith(edge)));
      return isWhole ? drawn : undefined;
    },
    { timeoutMs: 10_000 },
  ).catch(() => drawTrace(traces.spansOf(traceId!), spanId));
  console.log(`\nTrace ${traceId} of the call ${task.taskId} (${task.scenario})`);
  console.log(`${'began'.padStart(10)} ${'took'.padStart(10)}`);
  for (const line of lines) console.log(line);
}

function printPlaces(input: ResultsInput): void {
  const { stack, servers, dataFolder, databaseName, topicPrefix } = input;
  const { host } = new URL(servers.postgresAdminUrl);
  console.log('\nAPI documents');
  for (const service of stack.services) console.log(`  ${service.name.padEnd(14)} ${service.url}/docs`);
  console.log('\nWhere everything is');
  for (const [what, where] of [
    [
      'Events',
      `Kafka ${servers.kafkaBrokers.join(',')}, topics ${topicPrefix}*; described in docs/generated/asyncapi.json`,
    ],
    ['Tables', `PostgreSQL ${host}, database ${databaseName}, a schema per service`],
    ['Tokens', `Redis ${new URL(servers.redisUrl).host} (sealed)`],
    ['Recordings', `${stack.mediaFolder} (encrypted)`],
    ['Logs', `${dataFolder}/logs`],
    [
      'All data',
      `${dataFolder}${Object.values(servers.kind).includes('testcontainers') ? '; those of containers end with them' : ''}`,
    ],
    ['Operator’s key', stack.secrets.operator.key],
  ]) {
    console.log(`  ${what!.padEnd(14)} ${where}`);
  }
}
