import type { ExpectedContact } from '../ground-truth/types.ts';
import type { Agent } from './directory.ts';
import type { ActivityRow, HeardSpan } from './task-model.ts';

/** One agent's time on the customer's call. */
export interface Leg {
  agent: Agent;
  contact: ExpectedContact;
  recordingFromMs: number;
  recordingToMs: number;
}

/** Two agents talking with each other while the customer waits. */
export interface Consultation {
  from: Agent;
  to: Agent;
  startMs: number;
  endMs: number;
}

/** A call played to its end: what the tenant shows and what really happened. */
export interface BuiltCall {
  rows: ActivityRow[];
  contacts: ExpectedContact[];
  spans: HeardSpan[];
  legs: Leg[];
  /** Conversations between two agents, in order. */
  consultations: Consultation[];
  endedMs: number;
  terminatingEnd: 'Customer' | 'Agent' | 'System';
  terminationReason: string;
}

export interface TransferTimes {
  ringMs: number;
  /** Wrap-up of the agent who hands over. */
  wrapUpMs?: number;
}

export interface ConsultTimes extends TransferTimes {
  consultMs: number;
  /** Names the consulted agent as agentId on consult rows instead of the initiator; the tenant's habit is not documented. */
  consultedIsSubject?: boolean;
  /** The consultation goes through an entry point, and the way to the consulted agent has rows of its own. */
  ownLeg?: boolean;
}

/** A contact that has just begun. */
export function newContact(agent: Agent, startMs: number): ExpectedContact {
  return {
    agentId: agent.id,
    ciUserId: agent.ciUserId,
    agentName: agent.name,
    agentNumber: agent.number,
    startMs,
    endMs: startMs,
    callType: 'main',
    holds: [],
    consultations: [],
    mustBeSilent: [],
  };
}
