/** A stretch of time, epoch ms UTC, half-open. */
export interface Span {
  startMs: number;
  endMs: number;
}

/** What one agent's contact must look like: written by the story while it plays the call, never decoded from rows. */
export interface ExpectedContact {
  agentId: string;
  ciUserId: string;
  agentName: string;
  agentNumber: number;
  /** From the agent's answer (warm transfer: the answer to the consultation) … */
  startMs: number;
  /** … to the start of the transfer request (`blind-transfer`, `dequeued`, `ConsultTransfer` row) or the end of the call. */
  endMs: number;
  /** `main` for the customer's call, `consult` for a consultation that led to nothing. */
  callType: 'main' | 'consult';
  /** Times in which this agent had the customer on hold, consultations included. */
  holds: Span[];
  /** Consultations that are heard in this contact, only in a consult recording; one that led to nothing is a hold. */
  consultations: Span[];
  /** Parts of the window in which the main recording must not be heard: holds, and hold music before a warm transfer. */
  mustBeSilent: Span[];
}

export interface ExpectedRecording extends Span {
  recordingId: string;
  recordingNumber: number;
  segment: boolean;
  callType: 'main' | 'consult';
  availableMs: number;
  /** Exact size of the WAV file. */
  bytes: number;
}

/** All that a test may know about one task without asking the API. */
export interface TaskGroundTruth {
  taskId: string;
  /** Shared by all contacts of the task. */
  associatedContactId: string;
  scenario: string;
  channelType: string;
  createdMs: number;
  endedMs: number;
  ended: boolean;
  activityCount: number;
  contactReason: string | null;
  entryPointName: string;
  globalVariables: Record<string, string | number | boolean>;
  contacts: ExpectedContact[];
  /** Consultations that led to no transfer: contacts of call type Consult, kept apart from the customer's contacts. */
  consultContacts: ExpectedContact[];
  recordings: ExpectedRecording[];
}
