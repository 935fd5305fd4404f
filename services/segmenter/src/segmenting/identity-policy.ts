import { uuidV5 } from '@wxcc-wfo/contracts';
import { intersect, overlapMs, type TimeSpan } from './time-span.ts';

/*
 * Which contact is which (architecture rule 8; SEG-08). Identity comes from Webex, not from counting.
 *
 *   first seen                                   → UUIDv5 of organization, task and the activity that opened the leg
 *   the same rows again, more of them, or late   → the same ids
 *   a correction gives the leg another first row → the id it had: same agent, largest overlap
 *   a correction removes a leg                   → the contact is superseded; `replacedBy` is whoever has its time now
 *   a later correction brings the row back       → the id it had
 */

/** Name space of contact ids; part of the contract for ever. */
const CONTACT_NAMESPACE = '6f1d5c1e-0d5b-5d0c-9a52-3a6f0b8f2c11';

export interface LegToName extends TimeSpan {
  agentId: string;
  /** Id of the activity that opened it. */
  openedBy: string;
}

/** A contact that was published before. */
export interface NamedBefore extends LegToName {
  contactId: string;
  superseded: boolean;
}

export interface Naming {
  /** Contact ids, one for each leg in order. */
  ids: string[];
  /** Contacts that no leg stands for any more and that were not superseded before. */
  superseded: { contactId: string; replacedBy: string | null }[];
}

/** The id that a leg gets when nothing is known of it yet. */
export function newContactId(webexOrgId: string, taskId: string, openedBy: string): string {
  return uuidV5(CONTACT_NAMESPACE, JSON.stringify([webexOrgId, taskId, openedBy]));
}

/** Gives every leg the id it had, or a new one; each id once. Does not depend on the order of `before`. */
export function nameLegs(
  task: { webexOrgId: string; taskId: string },
  legs: readonly LegToName[],
  before: readonly NamedBefore[],
): Naming {
  const known = [...before].sort((a, b) => a.startMs - b.startMs || (a.contactId < b.contactId ? -1 : 1));
  const own = legs.map(({ openedBy }) => newContactId(task.webexOrgId, task.taskId, openedBy));
  const ids = new Map<number, string>();
  const taken = new Set<string>();
  const give = (index: number, contactId: string): void => {
    ids.set(index, contactId);
    taken.add(contactId);
  };
  for (const [index, leg] of legs.entries()) {
    const same = known.find(({ openedBy, contactId }) => openedBy === leg.openedBy && !taken.has(contactId));
    if (same !== undefined) give(index, same.contactId);
  }
  for (const { index, contactId } of byOverlap(legs, known)) {
    if (!ids.has(index) && !taken.has(contactId)) give(index, contactId);
  }
  for (const [index, leg] of legs.entries()) {
    if (ids.has(index)) continue;
    // The row's own id may be in use: a contact that it opened once was re-matched to another row.
    let contactId = own[index]!;
    const used = new Set(known.map((contact) => contact.contactId));
    for (let n = 2; taken.has(contactId) || used.has(contactId); n++) {
      contactId = newContactId(task.webexOrgId, task.taskId, `${leg.openedBy}#${n}`);
    }
    give(index, contactId);
  }
  const named = legs.map((leg, index) => ({ ...leg, contactId: ids.get(index)! }));
  const gone = known.filter(({ contactId, superseded }) => !superseded && !taken.has(contactId));
  return {
    ids: named.map(({ contactId }) => contactId),
    superseded: gone.map((contact) => ({ contactId: contact.contactId, replacedBy: successorOf(contact, named) })),
  };
}

/** Pairs of one agent's leg and living contact that share time, those that share most first. */
function byOverlap(legs: readonly LegToName[], known: readonly NamedBefore[]) {
  return legs
    .flatMap((leg, index) =>
      known
        .filter((contact) => !contact.superseded && contact.agentId === leg.agentId)
        .map((contact) => ({ index, contactId: contact.contactId, sharedMs: overlapMs(leg, contact) })),
    )
    .filter(({ sharedMs }) => sharedMs > 0)
    .sort((a, b) => b.sharedMs - a.sharedMs || a.index - b.index || (a.contactId < b.contactId ? -1 : 1));
}

/** Who has the time of a contact that is gone: the same agent before others, then the largest overlap. */
function successorOf(gone: NamedBefore, named: readonly (LegToName & { contactId: string })[]): string | null {
  const heirs = named
    .filter((leg) => intersect(leg, gone) !== undefined)
    .sort(
      (a, b) =>
        Number(b.agentId === gone.agentId) - Number(a.agentId === gone.agentId) ||
        overlapMs(b, gone) - overlapMs(a, gone) ||
        a.startMs - b.startMs,
    );
  return heirs[0]?.contactId ?? null;
}
