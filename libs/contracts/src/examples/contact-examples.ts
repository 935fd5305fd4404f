import type { ContactSegmented } from '../events/contact-segmented.ts';
import { changed, type GoldenExamples } from './golden-example.ts';
import { ACD, AGENT_A, CONTACT_A, NINE_OCLOCK_MS, RECORDING, TASK, TENANT } from './ids.ts';

/** Agent Braun’s 0:44 of the guide’s transfer example, with 10 s of hold from its second 20 on. */
const contact: ContactSegmented = {
  tenantId: TENANT,
  acdId: ACD,
  taskId: TASK,
  contactId: CONTACT_A,
  associatedContactId: TASK,
  version: 2,
  superseded: false,
  replacedBy: null,
  segmentedAtMs: NINE_OCLOCK_MS + 211_000,
  taskRevision: 1,
  contactType: 'voice',
  callType: 'customer-segment',
  direction: 'inbound',
  agent: { id: AGENT_A, name: 'Anna Braun', sessionId: null },
  queue: { id: 'd4000000-0000-4000-8000-000000000009', name: 'Billing' },
  team: null,
  callingNumber: '+15555550100',
  calledNumber: '+15555550199',
  startedAtMs: NINE_OCLOCK_MS + 15_000,
  endedAtMs: NINE_OCLOCK_MS + 59_000,
  durationMs: 44_000,
  silences: [{ startMs: NINE_OCLOCK_MS + 35_000, endMs: NINE_OCLOCK_MS + 45_000, reason: 'hold' }],
  metadata: [],
  audio: {
    state: 'file-uploaded',
    reason: null,
    editList: {
      sampleRateHz: 8000,
      channels: 2,
      durationFrames: 352_000,
      pieces: [
        { kind: 'recording', atFrame: 0, frames: 160_000, recordingId: RECORDING, generation: 1, fromFrame: 0 },
        { kind: 'silence', atFrame: 160_000, frames: 80_000, reason: 'hold' },
        {
          kind: 'recording',
          atFrame: 240_000,
          frames: 112_000,
          recordingId: RECORDING,
          generation: 1,
          fromFrame: 240_000,
        },
      ],
    },
  },
  screen: { state: 'no-file-to-upload', reason: 'Screen recording is off for this ACD.' },
};

export const CONTACT_EXAMPLES: GoldenExamples = {
  valid: [
    { name: 'a contact with audio and a hold', payload: contact },
    {
      name: 'the same before its recording arrived',
      payload: { ...contact, version: 1, audio: { state: 'file-not-yet-uploaded', reason: null, editList: null } },
    },
    { name: 'a contact that a correction removed', payload: { ...contact, version: 3, superseded: true } },
  ],
  invalid: [
    { name: 'no agent', payload: changed(contact, 'agent', undefined), problem: 'agent: is missing' },
    {
      name: 'an unknown upload state',
      payload: changed(contact, 'audio/state', 'uploading'),
      problem: 'audio/state: must be equal to one of the allowed values',
    },
    { name: 'a negative duration', payload: changed(contact, 'durationMs', -1), problem: 'durationMs: must be >= 0' },
  ],
};
