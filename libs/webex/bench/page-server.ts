// Serves prebuilt pages of ended tasks from memory, as Webex's Search API answers them, in a process of its own.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TASKS_PER_PAGE } from '../src/search/task-query.ts';

const PAGES = 8;
const T0 = Date.UTC(2026, 10, 20, 9);
const EVENTS = [
  'wrapup-done',
  'ended',
  'hold-done',
  'on-hold',
  'recording-started',
  'connected',
  'connect',
  'parked',
  'ivr-done',
  'flow-activity',
  'flow-activity',
  'ivr-connected',
  'new',
];

const uuid = (kind: number, n: number) =>
  `${String(kind).padStart(8, '0')}-1c2d-4e3f-8a9b-${String(n).padStart(12, '0')}`;

/** Rows stand newest first; those of the agent's part name agent, queue and team, the others don't. */
function activity(taskId: string, eventName: string, index: number, taskMs: number) {
  const createdTime = taskMs + (EVENTS.length - index) * 11_000;
  const agent = index < 7;
  const of = (kind: number) => (agent ? uuid(kind, index) : null);
  return {
    id: `${taskId}-${createdTime}-${eventName}`,
    eventName,
    createdTime,
    endedTime: createdTime + 11_000,
    duration: 11_000,
    agentId: of(2),
    agentName: agent ? 'Agent Number Seven' : null,
    agentSessionId: of(3),
    agentChannelId: of(4),
    queueId: of(5),
    queueName: agent ? 'Billing and accounts' : null,
    teamId: of(6),
    teamName: agent ? 'Billing team, first line' : null,
    siteId: of(7),
    siteName: agent ? 'Main site' : null,
    entrypointId: uuid(8, 1),
    destinationAgentId: null,
    destinationAgentName: null,
    destinationAgentSessionId: null,
    destinationAgentTeamId: null,
    destinationQueueId: null,
    transferType: null,
    childContactId: null,
    childContactType: null,
    terminationReason: null,
  };
}

function task(n: number) {
  const id = uuid(1, n);
  const createdTime = T0 + n * 900;
  const nodes = EVENTS.map((eventName, index) => activity(id, eventName, index, createdTime));
  return {
    id,
    isActive: false,
    status: 'ended',
    channelType: 'telephony',
    channelSubType: null,
    direction: 'inbound',
    createdTime,
    endedTime: createdTime + EVENTS.length * 11_000,
    lastActivityTime: createdTime + EVENTS.length * 11_000,
    origin: '+14085550111',
    destination: '+18005550100',
    customer: { name: null, phoneNumber: '+14085550111', email: null },
    lastQueue: { id: uuid(5, 1), name: 'Billing and accounts' },
    lastTeam: { id: uuid(6, 1), name: 'Billing team, first line' },
    lastSite: { id: uuid(7, 1), name: 'Main site' },
    lastEntryPoint: { id: uuid(8, 1), name: 'Main number' },
    lastAgent: { id: uuid(2, 1), name: 'Agent Number Seven', sessionId: uuid(3, 1) },
    owner: { id: uuid(2, 1), name: 'Agent Number Seven' },
    terminationType: 'normal',
    terminationReason: 'Customer Left',
    terminatingEnd: 'Customer',
    contactHandleType: 'normal',
    isOutdial: false,
    isCallback: false,
    captureRequested: true,
    recordingCount: 1,
    isRecordingDeleted: false,
    totalDuration: 143_000,
    queueDuration: 11_000,
    ringingDuration: 11_000,
    connectedDuration: 22_000,
    holdDuration: 11_000,
    consultDuration: 0,
    conferenceDuration: 0,
    wrapupDuration: 11_000,
    selfserviceDuration: 22_000,
    transferCount: 0,
    blindTransferCount: 0,
    holdCount: 1,
    consultCount: 0,
    conferenceCount: 0,
    queueCount: 1,
    lastWrapUpCodeId: uuid(9, 1),
    lastWrapupCodeName: 'Question answered',
    isContactHandled: true,
    isWithInServiceLevel: true,
    activities: { totalCount: nodes.length, nodes, pageInfo: { hasNextPage: false, endCursor: null } },
  };
}

function page(number: number): Buffer {
  const tasks = Array.from({ length: TASKS_PER_PAGE }, (_, n) => task(number * TASKS_PER_PAGE + n));
  const hasNextPage = number < PAGES - 1;
  const pageInfo = { hasNextPage, endCursor: hasNextPage ? String(number + 1) : null };
  return Buffer.from(JSON.stringify({ data: { taskDetails: { tasks, pageInfo } } }));
}

const pages = Array.from({ length: PAGES }, (_, number) => page(number));
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const cursor = /"cursor":"(\d+)"/.exec(body)?.[1] ?? '0';
  const bytes = pages[Number(cursor)]!;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port, pages: PAGES, bytes: pages[0]!.length });
});
