import type { BuiltCall } from './built-call.ts';
import type { Directory } from './directory.ts';
import { createPrng, type Prng, seedOf } from './prng.ts';
import { drawScenario, scriptOf } from './scenarios.ts';
import { playScript, type ScriptStep } from './script.ts';
import type { RecordingModel, TaskModel } from './task-model.ts';

export interface TaskFactoryOptions {
  directory: Directory;
  seed: string;
  talkScale: number;
  /** Time between the end of a task and the moment its recordings can be had. */
  recordingDelayMs: number;
  /** Whether the tenant also keeps a recording per agent. */
  segments?: boolean;
  /** Whether it also records consultations. */
  consultRecordings?: boolean;
}

/** A call that somebody scripts: its steps and whatever of the rest matters. */
export interface ScriptedTask {
  steps: ScriptStep[];
  taskId?: string;
  /** One of both; without either the task ends now. */
  createdMs?: number;
  endedMs?: number;
  channelType?: TaskModel['channelType'];
  channelSubType?: string;
  origin?: string;
  destination?: string;
  contactReason?: string | null;
  direction?: TaskModel['direction'];
  globalVariables?: TaskModel['globalVariables'];
  recordingDelayMs?: number;
  /** False: the tenant does not record. */
  recorded?: boolean;
  scenario?: string;
}

export interface TaskFactory {
  /** Task number `number` of the seeded story, ending at `endedMs`. */
  storyTask(number: number, endedMs: number): TaskModel;
  scriptedTask(number: number, task: ScriptedTask, nowMs: number): TaskModel;
}

export function createTaskFactory(options: TaskFactoryOptions): TaskFactory {
  const { directory, seed } = options;
  return {
    storyTask(number, endedMs) {
      const prng = createPrng(seedOf(`${seed}/task`, number));
      const scenario = drawScenario(prng);
      const channel = channelOf(scenario);
      const steps = scriptOf(scenario, prng, directory.agents.length, options.talkScale);
      const task: ScriptedTask = {
        steps,
        endedMs,
        scenario,
        ...channel,
        direction: scenario === 'outdial' ? 'OUTBOUND' : 'INBOUND',
        origin: `+1415555${String(1000 + (number % 9000))}`,
        globalVariables: {
          Language: prng.pick(['en-US', 'de-DE', 'fr-FR']),
          CustomerTier: prng.int(1, 3),
          Vip: prng.chance(0.1),
          AccountNumber: FIRST_ACCOUNT + number,
          OpenAmount: number + 0.25,
        },
      };
      return buildTask(options, number, task, { prng, endedMs });
    },
    scriptedTask(number, task, nowMs) {
      const prng = createPrng(seedOf(`${seed}/scripted`, number));
      return buildTask(options, number, task, { prng, endedMs: task.endedMs ?? nowMs });
    },
  };
}

interface BuildContext {
  prng: Prng;
  endedMs: number;
}

function buildTask(options: TaskFactoryOptions, number: number, task: ScriptedTask, context: BuildContext): TaskModel {
  const { prng } = context;
  const id = task.taskId ?? prng.uuid();
  const draws = prng.int(0, 2 ** 31);
  // The length is known only after playing: play once to measure, then again from the right moment with the same draws.
  const play = (startMs: number): BuiltCall =>
    playScript(task.steps, startMs, options.directory, createPrng(seedOf('play', draws)));
  const createdMs = task.createdMs ?? context.endedMs - play(0).endedMs;
  const call = play(createdMs);
  const channelType = task.channelType ?? 'telephony';
  const outbound = task.direction === 'OUTBOUND';
  const entryPoint = options.directory.entryPoints[outbound ? 1 : 0]!;
  const origin = task.origin ?? `+1415555${String(1000 + (number % 9000))}`;
  const answered = call.legs.length > 0;
  const model: TaskModel = {
    id,
    number,
    scenario: task.scenario ?? 'scripted',
    channelType,
    channelSubType: task.channelSubType ?? null,
    createdMs,
    endedMs: call.endedMs,
    direction: task.direction ?? 'INBOUND',
    origin: outbound ? entryPoint.dialedNumber : origin,
    destination: task.destination ?? (outbound ? origin : entryPoint.dialedNumber),
    customerName: prng.chance(0.5) ? `Customer ${number}` : null,
    entryPoint,
    terminatingEnd: call.terminatingEnd,
    terminationReason: call.terminationReason,
    terminationType: answered
      ? 'normal'
      : call.rows.some((row) => row.eventName === 'parked')
        ? 'abandoned'
        : 'self_service',
    rows: call.rows,
    recordings: [],
    ...contentOf(number, channelType),
    ...(task.contactReason === undefined ? {} : { contactReason: task.contactReason }),
    globalVariables: task.globalVariables ?? {},
    expectedContacts: channelType === 'telephony' ? call.contacts : [],
  };
  if (channelType === 'telephony' && answered && task.recorded !== false) {
    addRecordings(model, call, prng, {
      availableMs: call.endedMs + (task.recordingDelayMs ?? options.recordingDelayMs),
      segments: options.segments ?? true,
      consultRecordings: options.consultRecordings ?? false,
    });
  } else {
    model.rows = model.rows.filter((row) => row.eventName !== 'recording-started');
  }
  model.rows = newestFirst(model.rows);
  return model;
}

/** More than 32 bits, as a Long may have. */
const FIRST_ACCOUNT = 4_700_000_000;
const REASONS = ['Billing', 'Delivery', 'Returns', null];

/** What is known of the customer's wish, by the number alone, so that it costs the story no draw. */
function contentOf(
  number: number,
  channelType: TaskModel['channelType'],
): Pick<TaskModel, 'customerEmail' | 'contactReason' | 'email'> {
  const contactReason = REASONS[number % REASONS.length] ?? null;
  if (channelType !== 'email') return { customerEmail: null, contactReason, email: null };
  const customerEmail = `customer-${number}@mail.example`;
  const email = { subject: `Question ${number}`, metadata: `Message ${number}` };
  return { customerEmail, contactReason, email };
}

/** A recording's number leaves room for so many of each kind in one task: 1 + 10 + 5 = 16. */
const MAX_SEGMENTS = 10;
const MAX_CONSULTS = 5;

function addRecordings(
  model: TaskModel,
  call: BuiltCall,
  prng: Prng,
  { availableMs, segments, consultRecordings }: { availableMs: number; segments: boolean; consultRecordings: boolean },
): void {
  const record = (
    position: number,
    more: Pick<RecordingModel, 'startMs' | 'stopMs' | 'agents'> & Partial<RecordingModel>,
  ): void => {
    if (more.stopMs <= more.startMs) return;
    model.recordings.push({
      id: prng.uuid(),
      number: model.number * 16 + position,
      taskId: model.id,
      segment: false,
      callType: 'main',
      fileName: `${model.id}-${position}.wav`,
      availableMs,
      spans: call.spans.filter((span) => span.endMs > more.startMs && span.startMs < more.stopMs),
      ...more,
    });
  };
  const agents = call.legs.map((leg) => leg.agent);
  record(0, { startMs: call.legs[0]!.recordingFromMs, stopMs: call.endedMs, agents });
  for (const [index, leg] of segments ? call.legs.slice(0, MAX_SEGMENTS).entries() : []) {
    record(1 + index, { segment: true, startMs: leg.recordingFromMs, stopMs: leg.recordingToMs, agents: [leg.agent] });
  }
  for (const [index, { from, to, startMs, endMs }] of consultRecordings
    ? call.consultations.slice(0, MAX_CONSULTS).entries()
    : []) {
    const heard = { left: 'agent', right: 'agent', leftAgentNumber: from.number, agentNumber: to.number } as const;
    const spans = [{ startMs, endMs, ...heard }];
    record(1 + MAX_SEGMENTS + index, { callType: 'consult', startMs, stopMs: endMs, agents: [from, to], spans });
  }
  const point = { createdMs: availableMs, endMs: availableMs, eventName: 'recording-available' };
  model.rows.push({ ...point, internalEvent: 'capture-available', agent: call.legs.at(-1)!.agent });
}

/** Search shows rows newest first; of two rows of one millisecond the later written comes first. */
export function newestFirst<T extends { createdMs: number }>(rows: readonly T[]): T[] {
  return rows
    .map((row, index) => ({ row, index }))
    .sort((a, b) => b.row.createdMs - a.row.createdMs || b.index - a.index)
    .map(({ row }) => row);
}

function channelOf(scenario: string): Pick<ScriptedTask, 'channelType' | 'channelSubType'> {
  if (scenario === 'chat') return { channelType: 'chat' };
  if (scenario === 'email') return { channelType: 'email' };
  if (scenario === 'sms') return { channelType: 'social_channel', channelSubType: 'sms' };
  return { channelType: 'telephony' };
}
