import type { ExpectedContact, Span } from '../ground-truth/types.ts';
import {
  type BuiltCall,
  type Consultation,
  type ConsultTimes,
  type Leg,
  newContact,
  type TransferTimes,
} from './built-call.ts';
import { consultLegRows, consultParties } from './consult-leg.ts';
import type { Agent, AuxiliaryCode, Queue } from './directory.ts';
import type { Prng } from './prng.ts';
import type { ActivityRow, HeardRole, HeardSpan } from './task-model.ts';

const NOBODY = 4095;

/**
 * Plays one call against its own clock and writes down two things independently: the rows a tenant would show, and what
 * really happened (contacts, holds, who is heard when). Ground truth comes from the second, never from the rows.
 */
export class CallBuilder {
  #clock: number;
  readonly #startMs: number;
  readonly #prng: Prng;
  readonly #rows: ActivityRow[] = [];
  readonly #contacts: ExpectedContact[] = [];
  readonly #spans: HeardSpan[] = [];
  readonly #legs: Leg[] = [];
  readonly #consultations: Consultation[] = [];
  #openRow: ActivityRow | undefined;
  #leg: Leg | undefined;
  #queue: Queue | undefined;
  #routed = false;
  #answeredOnce = false;
  /** Legs to consulted agents who got the call: each ends with it, by a row of its own. */
  #mergedLegs = 0;

  constructor(startMs: number, prng: Prng) {
    this.#clock = startMs;
    this.#startMs = startMs;
    this.#prng = prng;
    this.#span('new', 0);
    this.#rows[0]!.endMs = Number.MAX_SAFE_INTEGER;
    this.#clock += 400;
    this.flowActivities(1);
  }

  get nowMs(): number {
    return this.#clock;
  }

  /** Three flow rows share each millisecond on purpose: inner cursors are timestamps, so such rows can straddle a page. */
  flowActivities(count: number): this {
    for (let n = 0; n < count; n++) {
      this.#point('flow-activity', this.#clock + Math.floor(n / 3), { activityName: `Step ${n + 1}` });
    }
    this.#clock += Math.floor(count / 3);
    return this;
  }

  ivr(ms: number): this {
    this.#route();
    this.#span('ivr-connected', ms, { internalEvent: 'treatment' });
    this.#clock += ms;
    this.#point('ivr-done', this.#clock, { internalEvent: 'treatment-completed' });
    return this;
  }

  park(queue: Queue, ms: number): this {
    this.#route();
    this.#queue = queue;
    this.#span('parked', ms);
    if (this.#answeredOnce) this.#hear(this.#clock, this.#clock + ms, 'hold-music', 'hold-music', NOBODY);
    this.#clock += ms;
    return this;
  }

  ringUnanswered(agent: Agent, ms: number): this {
    this.#span('connect', ms, { agent });
    if (this.#answeredOnce) this.#hear(this.#clock, this.#clock + ms, 'ringback', 'ringback', NOBODY);
    this.#clock += ms;
    return this;
  }

  answer(agent: Agent, ringMs: number): this {
    this.ringUnanswered(agent, ringMs);
    this.#connect(agent, this.#clock);
    return this;
  }

  talk(ms: number): this {
    const leg = this.#onCall();
    this.#hear(this.#clock, this.#clock + ms, 'caller', 'agent', leg.agent.number);
    this.#clock += ms;
    return this;
  }

  hold(ms: number): this {
    const leg = this.#onCall();
    this.#closeTalk();
    this.#putOnHold(leg, this.#clock + ms);
    this.#clock += ms;
    this.#openTalk('hold-done', leg.agent);
    return this;
  }

  blindTransfer(to: Agent, times: TransferTimes, answered = true): this {
    const from = this.#leave();
    const requestMs = 500 + this.#prng.int(0, 300);
    const parties = { agent: from.agent, destinationAgent: to };
    this.#span('blind-transfer', requestMs, parties);
    this.#hear(this.#clock, this.#clock + requestMs + times.ringMs, 'ringback', 'ringback', NOBODY);
    this.#clock += requestMs;
    this.#span('Transferred', times.ringMs, parties);
    this.#wrapUp(from.agent, this.#clock + 5, times.wrapUpMs ?? 5_000);
    this.#clock += times.ringMs;
    if (answered) this.#connect(to, this.#clock);
    return this;
  }

  queueTransfer(queue: Queue, waitMs: number, to: Agent, times: TransferTimes): this {
    const from = this.#leave();
    this.#span('dequeued', 48, { agent: from.agent });
    this.#hear(this.#clock, this.#clock + 48 + waitMs, 'hold-music', 'hold-music', NOBODY);
    this.#clock += 48;
    this.#span('vt-transfer', waitMs, { agent: from.agent, destinationQueue: queue });
    this.#wrapUp(from.agent, this.#clock + 5, times.wrapUpMs ?? 5_000);
    this.#queue = queue;
    this.#clock += waitMs;
    this.flowActivities(1);
    return this.answer(to, times.ringMs);
  }

  /** Consultation with another agent while the customer waits; `transfer` hands the call over afterwards. */
  consult(to: Agent, times: ConsultTimes, outcome: 'transfer' | 'return', backAfterMs = 2_000): this {
    const from = this.#onCall();
    this.#closeTalk();
    const requestMs = 500 + this.#prng.int(0, 300);
    const parties = consultParties(from.agent, to, times);
    this.#span('consult', requestMs, parties);
    this.#hear(this.#clock, this.#clock + requestMs, 'caller', 'agent', from.agent.number);
    this.#clock += requestMs;
    const talk = { startMs: this.#clock + times.ringMs, endMs: this.#clock + times.ringMs + times.consultMs };
    this.#putOnHold(from, outcome === 'transfer' ? talk.endMs : talk.endMs + backAfterMs);
    this.#consultations.push({ from: from.agent, to, ...talk });
    // With a leg of its own `consulting` begins half a second into twelve of ringing, without one at the answer.
    this.#clock = times.ownLeg ? this.#clock + Math.floor(times.ringMs / 24) : talk.startMs;
    this.#span('consulting', talk.endMs - this.#clock, parties);
    if (times.ownLeg) this.#rows.push(...consultLegRows({ to, startMs: this.#clock, talk, isDirect: !this.#routed }));
    this.#clock = talk.endMs;
    if (outcome === 'transfer') this.#handOver(from, to, talk, times);
    else this.#returnFromConsult(from, to, talk, { ...times, backAfterMs });
    return this;
  }

  hangUp(by: 'Customer' | 'Agent', wrapUpMs: number, wrapUpCode?: AuxiliaryCode): BuiltCall {
    const leg = this.#leave();
    this.#point('ended', this.#clock, { agent: leg.agent, terminationReason: `${by} Left` });
    if (wrapUpMs > 0) this.#wrapUp(leg.agent, this.#clock + 1, wrapUpMs, wrapUpCode);
    return this.#finish(by, `${by} Left`);
  }

  /** Ends a call in which nobody is talking: given up in the queue, finished in the menu, never answered. */
  giveUp(by: 'Customer' | 'System', reason: string): BuiltCall {
    this.#point('ended', this.#clock, { terminationReason: reason });
    return this.#finish(by, reason);
  }

  #finish(terminatingEnd: 'Customer' | 'Agent' | 'System', terminationReason: string): BuiltCall {
    for (let n = 0; n < this.#mergedLegs; n++) this.#point('ended', this.#clock, { consultLeg: true });
    const first = this.#rows[0]!;
    if (first.endMs > this.#clock) first.endMs = this.#clock;
    return {
      rows: this.#rows,
      contacts: this.#contacts,
      spans: this.#spans,
      legs: this.#legs,
      consultations: this.#consultations,
      endedMs: this.#clock,
      terminatingEnd,
      terminationReason,
    };
  }

  #putOnHold(leg: Leg, endMs: number): void {
    const span = { startMs: this.#clock, endMs };
    this.#span('on-hold', endMs - span.startMs, { agent: leg.agent });
    leg.contact.holds.push(span);
    leg.contact.mustBeSilent.push(span);
    this.#hear(span.startMs, endMs, 'hold-music', 'hold-music', NOBODY);
  }

  #handOver(from: Leg, to: Agent, talk: Span, times: ConsultTimes): void {
    from.contact.endMs = this.#clock;
    from.contact.consultations.push(talk);
    from.recordingToMs = this.#clock;
    this.#leg = undefined;
    if (times.ownLeg) this.#mergedLegs++;
    const parties = { agent: from.agent, destinationAgent: to };
    const mergeMs = times.ownLeg ? 450 : 5;
    this.#span('ConsultTransfer', 500, parties);
    this.#hear(this.#clock, this.#clock + 500 + mergeMs, 'caller', 'silence', NOBODY);
    this.#clock += 500;
    this.#span('Transferred', mergeMs, parties);
    this.#wrapUp(from.agent, this.#clock + 8, times.wrapUpMs ?? 5_000);
    this.#clock += mergeMs;
    this.#connect(to, talk.startMs);
    const contact = this.#onCall().contact;
    contact.consultations.push(talk);
    contact.mustBeSilent.push(talk);
  }

  #returnFromConsult(from: Leg, to: Agent, talk: Span, times: ConsultTimes & { backAfterMs: number }): void {
    const contact = newContact(to, talk.startMs);
    this.#contacts.push({ ...contact, endMs: talk.endMs, callType: 'consult', consultations: [talk] });
    this.#span('consult-done', times.backAfterMs, { agent: from.agent });
    if (times.ownLeg) this.#point('ended', this.#clock + Math.min(40, times.backAfterMs), { consultLeg: true });
    this.#clock += times.backAfterMs;
    this.#openTalk('hold-done', from.agent);
  }

  #connect(agent: Agent, contactStartMs: number): void {
    const contact = newContact(agent, contactStartMs);
    this.#contacts.push(contact);
    this.#leg = { agent, contact, recordingFromMs: this.#clock, recordingToMs: 0 };
    this.#legs.push(this.#leg);
    this.#answeredOnce = true;
    this.#openTalk('connected', agent);
    // The tenant starts recording a moment after the answer; a later pass moves it back if the talk was shorter.
    this.#leg.recordingFromMs = this.#clock + this.#prng.int(100, 900);
  }

  #leave(): Leg {
    const leg = this.#onCall();
    this.#closeTalk();
    leg.contact.endMs = this.#clock;
    leg.recordingToMs = this.#clock;
    this.#leg = undefined;
    return leg;
  }

  #onCall(): Leg {
    if (this.#leg === undefined) {
      throw new Error('The script lets an agent act while no agent is on the call. Add an "answer" step before it.');
    }
    return this.#leg;
  }

  #openTalk(eventName: 'connected' | 'hold-done', agent: Agent): void {
    this.#openRow = this.#span(eventName, 0, { agent });
  }

  #closeTalk(): void {
    const row = this.#openRow;
    if (row === undefined) return;
    row.endMs = this.#clock;
    this.#openRow = undefined;
    const leg = this.#leg;
    if (row.eventName === 'connected' && leg !== undefined) {
      leg.recordingFromMs = Math.min(leg.recordingFromMs, row.createdMs + Math.floor((row.endMs - row.createdMs) / 2));
      this.#point('recording-started', leg.recordingFromMs, { agent: leg.agent, internalEvent: 'capture-started' });
    }
  }

  #wrapUp(agent: Agent, atMs: number, ms: number, wrapUpCode?: AuxiliaryCode): void {
    const row = { createdMs: atMs, endMs: atMs + ms, eventName: 'WrapUp', internalEvent: 'wrapup-done' };
    this.#rows.push({ ...row, agent, queue: this.#queue, wrapUpCode });
  }

  /** The `new` row lasts until the first routing event; a call given straight to an agent keeps it for its whole life. */
  #route(): void {
    if (this.#routed) return;
    this.#routed = true;
    if (this.#clock > this.#startMs) this.#rows[0]!.endMs = this.#clock;
  }

  #span(eventName: string, ms: number, more: Partial<ActivityRow> = {}): ActivityRow {
    const row: ActivityRow = {
      createdMs: this.#clock,
      endMs: this.#clock + ms,
      eventName,
      internalEvent: eventName,
      queue: this.#queue,
      ...more,
    };
    this.#rows.push(row);
    return row;
  }

  #point(eventName: string, atMs: number, more: Partial<ActivityRow> = {}): void {
    // A row's id is made of its time and this name: rows of one millisecond must not share it.
    const twins = this.#rows.filter((row) => row.createdMs === atMs && row.eventName === eventName).length;
    const internalEvent = twins === 0 ? eventName : `${eventName}-${twins + 1}`;
    this.#rows.push({ createdMs: atMs, endMs: atMs, eventName, internalEvent, queue: this.#queue, ...more });
  }

  #hear(startMs: number, endMs: number, left: HeardRole, right: HeardRole, agentNumber: number): void {
    if (endMs > startMs) this.#spans.push({ startMs, endMs, left, right, agentNumber });
  }
}
