import { isDeepStrictEqual } from 'node:util';
import type {
  ContactSegmented,
  NamedRef,
  RecordingAvailable,
  RecordingUnavailable,
  TaskActivity,
  TaskEnded,
} from '@wxcc-wfo/contracts';
import { orderActivities } from './activity-order-policy.ts';
import { audioOf, latestGenerations, type RecordedSpan } from './audio-policy.ts';
import { type Consultation, consultationsOf, handOversOf } from './consultation-policy.ts';
import { holdsBetween, holdsOf } from './hold-policy.ts';
import { nameLegs } from './identity-policy.ts';
import { type Leg, legsOf } from './legs-policy.ts';
import { metadataOf } from './metadata-policy.ts';
import { intersect, type TimeSpan, union } from './time-span.ts';

/** A contact at its last published version, with the activity that opened its leg. */
export interface AssignedContact {
  openedBy: string;
  contact: ContactSegmented;
}

export interface SegmentationInput {
  task: TaskEnded;
  recordings: readonly RecordingAvailable[];
  /** The latest that was told of recordings that will not come; null: nothing. */
  verdict: RecordingUnavailable | null;
  /** The contacts of this task as they were published before, superseded ones included. */
  assigned: readonly AssignedContact[];
  nowMs: number;
}

const NO_SCREEN = 'No screen recording was asked for.';

/**
 * Segments one task: from all that is known of it to its contacts (SEG-01). Gives only those that are new or differ from
 * what was published, each at its next version (SEG-09). The same facts give the same contacts, in whatever order they
 * arrived (SEG-08).
 */
export function segmentTask(input: SegmentationInput): AssignedContact[] {
  const { task, assigned, nowMs } = input;
  const media = { recorded: latestGenerations(input.recordings), verdict: input.verdict };
  const contacts = wantsContacts(task) ? contactsOf(task, media) : [];
  const naming = nameLegs(
    task,
    contacts,
    assigned.map(({ openedBy, contact }) => ({
      openedBy,
      contactId: contact.contactId,
      superseded: contact.superseded,
      agentId: contact.agent.id,
      startMs: contact.startedAtMs,
      endMs: contact.endedAtMs,
    })),
  );
  const known = new Map(assigned.map((before) => [before.contact.contactId, before]));
  const changed: AssignedContact[] = [];
  const publish = (openedBy: string, content: ContactContent, before: AssignedContact | undefined): void => {
    if (before !== undefined && isDeepStrictEqual(contentOf(before.contact), content)) return;
    const version = (before?.contact.version ?? 0) + 1;
    const contact = { ...content, version, segmentedAtMs: nowMs, taskRevision: task.revision };
    changed.push({ openedBy, contact });
  };
  for (const [index, { openedBy, content }] of contacts.entries()) {
    const contactId = naming.ids[index]!;
    publish(openedBy, { ...content, contactId }, known.get(contactId));
  }
  for (const { contactId, replacedBy } of naming.superseded) {
    const before = known.get(contactId)!;
    publish(before.openedBy, { ...contentOf(before.contact), superseded: true, replacedBy }, before);
  }
  return changed;
}

/** This release segments calls; digital tasks and those that quality management does not want stay as facts. */
function wantsContacts(task: TaskEnded): boolean {
  return task.channel === 'voice' && task.contactsWanted;
}

type ContactContent = Omit<ContactSegmented, 'version' | 'segmentedAtMs' | 'taskRevision'>;

function contentOf({ version, segmentedAtMs, taskRevision, ...content }: ContactSegmented): ContactContent {
  return content;
}

interface NewContact extends TimeSpan {
  agentId: string;
  openedBy: string;
  content: Omit<ContactContent, 'contactId'>;
}

/** What is stored of a call's audio, and whether more will come. */
interface Media {
  recorded: readonly RecordedSpan[];
  verdict: RecordingUnavailable | null;
}

/** The contacts of a call by today's facts, oldest first, not named yet. */
function contactsOf(task: TaskEnded, media: Media): NewContact[] {
  const activities = orderActivities(task.activities);
  const legs = legsOf(activities, task);
  const consulted = consultationsOf(activities);
  const handOvers = handOversOf(legs, consulted);
  return legs.map((leg, index) => {
    const received = handOvers.get(leg);
    const given = legs[index + 1] && handOvers.get(legs[index + 1]!);
    const window = { startMs: received?.startMs ?? leg.startMs, endMs: leg.endMs };
    const holds = union([
      ...holdsOf(activities, leg),
      ...waitsIn(leg, consulted),
      ...(received === undefined ? [] : holdsBetween(activities, { startMs: received.endMs, endMs: leg.startMs })),
    ]);
    const consultations = [received, given].filter((consultation) => consultation !== undefined);
    return {
      ...window,
      agentId: leg.agentId,
      openedBy: leg.openedBy.activityId,
      content: {
        ...whoAndWhat(task, leg, { activities, isLast: index === legs.length - 1 }),
        ...whenAndHeard(task, window, { holds, consultations, media }),
      },
    };
  });
}

/** Whoever consults lets the customer wait, whether or not a `held` row says so. */
function waitsIn(leg: Leg, consulted: readonly Consultation[]): TimeSpan[] {
  return consulted.flatMap(({ outcome, waitFromMs, endMs }) =>
    outcome === 'conferenced' ? [] : (intersect({ startMs: waitFromMs, endMs }, leg) ?? []),
  );
}

interface WhoContext {
  activities: readonly TaskActivity[];
  isLast: boolean;
}

function whoAndWhat(task: TaskEnded, leg: Leg, { activities, isLast }: WhoContext) {
  const { openedBy } = leg;
  const callType = 'customer-segment' as const;
  // The task tells only of its last queue and team.
  const ofTask = (ref: NamedRef | null): NamedRef | null => (isLast ? ref : null);
  return {
    tenantId: task.tenantId,
    acdId: task.acdId,
    taskId: task.taskId,
    associatedContactId: task.taskId,
    superseded: false,
    replacedBy: null,
    contactType: task.channel,
    callType,
    direction: task.direction,
    agent: { id: leg.agentId, ...namesOf(leg, activities) },
    queue: openedBy.queue ?? ofTask(task.queue),
    team: openedBy.team ?? ofTask(task.team),
    callingNumber: task.callingNumber,
    calledNumber: task.calledNumber,
    metadata: metadataOf(task, callType),
    screen: { state: 'no-file-to-upload' as const, reason: NO_SCREEN },
  };
}

function namesOf(leg: Leg, activities: readonly TaskActivity[]) {
  const mentions = [leg.openedBy, ...activities]
    .flatMap(({ agent, destinationAgent }) => [agent, destinationAgent])
    .filter((agent) => agent?.id === leg.agentId);
  const sessionId = mentions.find((agent) => agent?.sessionId != null)?.sessionId ?? null;
  return { name: mentions.find((agent) => agent?.name != null)?.name ?? null, sessionId };
}

interface HeardContext {
  holds: readonly TimeSpan[];
  consultations: readonly Consultation[];
  media: Media;
}

function whenAndHeard(task: TaskEnded, window: TimeSpan, { holds, consultations, media }: HeardContext) {
  const { recordingRequested } = task;
  const { recorded, verdict } = media;
  return {
    startedAtMs: window.startMs,
    endedAtMs: window.endMs,
    durationMs: window.endMs - window.startMs,
    silences: holds.map((hold) => ({ ...hold, reason: 'hold' as const })),
    audio: audioOf({ window, holds, consultations, recordingRequested, verdict }, recorded),
  };
}
