import { describe, expect, it } from '@jest/globals';
import type { ContactSegmented, RecordingAvailable, RecordingUnavailable, TaskEnded } from '@wxcc-wfo/contracts';
import { checkEvent } from '@wxcc-wfo/contracts';
import fc from 'fast-check';
import { ms, row, seconds, segment, task, unavailable } from '../../test/call-rows.ts';
import { type Story, storyArbitrary } from '../../test/call-story.ts';
import type { AssignedContact } from './segment-task.ts';

type Fact = TaskEnded | RecordingAvailable | RecordingUnavailable;

/** What the service stores: the newest facts, each recording's generations, and contacts at their last version. */
class Store {
  #task: TaskEnded | undefined;
  #verdict: RecordingUnavailable | null = null;
  readonly #recordings = new Map<string, RecordingAvailable>();
  readonly contacts = new Map<string, AssignedContact>();
  readonly published: ContactSegmented[] = [];

  receive(input: Fact): void {
    if ('recordingId' in input) this.#recordings.set(`${input.recordingId}:${input.generation}`, input);
    else if ('withdrawn' in input) {
      if (input.version > (this.#verdict?.version ?? 0)) this.#verdict = input;
    } else if (this.#task === undefined || this.#task.revision < input.revision) this.#task = input;
    if (this.#task === undefined) return;
    const recordings = [...this.#recordings.values()];
    for (const changed of segment(this.#task, recordings, [...this.contacts.values()], this.#verdict)) {
      this.contacts.set(changed.contact.contactId, changed);
      this.published.push(changed.contact);
    }
  }

  /** The living contacts without what tells only how often they were published. */
  living(): Omit<ContactSegmented, 'version' | 'taskRevision' | 'segmentedAtMs'>[] {
    return [...this.contacts.values()]
      .map(({ contact: { version, taskRevision, segmentedAtMs, ...content } }) => content)
      .filter(({ superseded }) => !superseded)
      .sort((a, b) => a.startedAtMs - b.startedAtMs || (a.contactId < b.contactId ? -1 : 1));
  }
}

const shuffled = <T>(items: T[]): fc.Arbitrary<T[]> =>
  fc.shuffledSubarray(items, { minLength: items.length, maxLength: items.length });
const factsOf = (story: Story, more: Partial<TaskEnded> = {}): TaskEnded =>
  task(story.activities, { endedAtMs: ms(story.endS), ...more });
const contactsOf = (story: Story, recordings: RecordingAvailable[] = []): ContactSegmented[] =>
  segment(factsOf(story), recordings).map(({ contact }) => contact);

/** Expected silences as text; spans that touch are one. */
function merged(spans: { from: number; to: number }[]): string[] {
  const silent = new Set(spans.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, n) => from + n)));
  const starts = [...silent].filter((s) => !silent.has(s - 1)).sort((a, b) => a - b);
  const ends = [...silent]
    .map((s) => s + 1)
    .filter((s) => !silent.has(s))
    .sort((a, b) => a - b);
  return starts.map((start, index) => `${start}–${ends[index]}`);
}

describe('segments of random calls', () => {
  it('are what really happened: windows, agents, silences; n transfers give n + 1 contacts, holds none (SEG-02, SEG-03)', () => {
    fc.assert(
      fc.property(storyArbitrary, (story) => {
        const contacts = contactsOf(story);
        expect(contacts).toHaveLength(story.completedTransfers + 1);
        const seen = contacts.map(({ agent, startedAtMs, endedAtMs, silences }) => ({
          agent: agent.id,
          from: seconds(startedAtMs),
          to: seconds(endedAtMs),
          silent: silences.map(({ startMs, endMs }) => `${seconds(startMs)}–${seconds(endMs)}`),
        }));
        expect(seen).toEqual(
          story.contacts.map(({ agent, from, to, silent }) => ({ agent, from, to, silent: merged(silent) })),
        );
      }),
    );
  });

  it('come out the same for any order of arrival, any duplicates and older revisions late (SEG-08)', () => {
    const arrivals = fc.tuple(storyArbitrary, fc.nat(3)).chain(([story, verdicts]) => {
      const older = factsOf(story, { metadata: [], activities: story.activities.slice(0, -3) });
      const newer = factsOf(story, { revision: 2 });
      // Given up, looked for again, given up again; of any number of recordings.
      const told = Array.from({ length: verdicts }, (_, n) => unavailable(n + 1, { withdrawn: n % 2 === 1 }));
      const recordings = story.recordings.slice(verdicts);
      const inputs: Fact[] = [
        older,
        newer,
        ...recordings,
        ...recordings.slice(0, 2),
        newer,
        ...told,
        ...told.slice(-1),
      ];
      const disordered = shuffled(story.activities).map((activities) => ({ ...newer, activities }));
      return fc.tuple(fc.constant(inputs), shuffled(inputs), disordered);
    });
    fc.assert(
      fc.property(arrivals, ([inOrder, anyOrder, disordered]) => {
        const expected = new Store();
        for (const input of inOrder) expected.receive(input);
        const seen = new Store();
        for (const input of anyOrder) seen.receive(input);
        expect(seen.living()).toEqual(expected.living());
        const rows = new Store();
        for (const input of anyOrder) rows.receive('activities' in input ? disordered : input);
        expect(rows.living()).toEqual(expected.living());
      }),
    );
  });

  it('are published once per version, versions counting from 1 (SEG-09)', () => {
    const arrivals = storyArbitrary.chain((story) =>
      shuffled([factsOf(story), factsOf(story), ...story.recordings, ...story.recordings]),
    );
    fc.assert(
      fc.property(arrivals, (inputs) => {
        const store = new Store();
        for (const input of inputs) store.receive(input);
        const versions = new Map<string, number[]>();
        for (const { contactId, version } of store.published)
          versions.set(contactId, [...(versions.get(contactId) ?? []), version]);
        for (const seen of versions.values()) expect(seen).toEqual(seen.map((_, index) => index + 1));
      }),
    );
  });

  it('keep their ids when unrelated facts change', () => {
    fc.assert(
      fc.property(storyArbitrary, fc.string(), (story, text) => {
        const before = segment(factsOf(story));
        const unrelated = factsOf(story, {
          revision: 2,
          metadata: [{ label: 'Note', value: text }],
          wrapUpCode: { id: 'code', name: text },
          terminationReason: text,
          activities: [...story.activities, row('flow-step', 0.5, 0.5), row('unknown', 3.5, 3.5)],
        });
        const after = segment(unrelated, story.recordings, before).map(({ contact }) => contact);
        expect(after.map(({ contactId }) => contactId)).toEqual(before.map(({ contact }) => contact.contactId));
        expect(after.every(({ superseded }) => !superseded)).toBe(true);
        expect(segment(unrelated).map(({ contact }) => contact.contactId)).toEqual(
          before.map(({ contact }) => contact.contactId),
        );
      }),
    );
  });

  it('never let be heard what the customer heard on hold (MED-04)', () => {
    fc.assert(
      fc.property(storyArbitrary, (story) => {
        // Consult recordings of consultations that led to nothing are there, too, and must not sound.
        for (const [index, { audio }] of contactsOf(story, story.recordings).entries()) {
          const { from, silent, consulted } = story.contacts[index]!;
          for (const piece of audio.editList!.pieces) {
            if (piece.kind === 'silence') continue;
            const heard = { from: from + piece.atFrame / 8000, to: from + (piece.atFrame + piece.frames) / 8000 };
            for (const waits of [...silent, ...consulted]) {
              expect(Math.min(heard.to, waits.to)).toBeLessThanOrEqual(Math.max(heard.from, waits.from));
            }
          }
        }
      }),
    );
  });

  it('are well formed: in the task, an agent’s never overlap, silences sorted within, audio as long as the window', () => {
    fc.assert(
      fc.property(storyArbitrary, (story) => {
        const facts = factsOf(story);
        const contacts = contactsOf(story, story.recordings);
        expect(new Set(contacts.map(({ contactId }) => contactId)).size).toBe(contacts.length);
        for (const [index, contact] of contacts.entries()) {
          const { startedAtMs, endedAtMs, silences, audio } = contact;
          expect(checkEvent('contact-segmented', contact)).toMatchObject({ ok: true });
          expect(startedAtMs).toBeGreaterThanOrEqual(facts.createdAtMs);
          expect(endedAtMs).toBeLessThanOrEqual(facts.endedAtMs);
          expect(contact.durationMs).toBe(endedAtMs - startedAtMs);
          let at = startedAtMs;
          for (const { startMs, endMs } of silences) {
            expect(startMs).toBeGreaterThanOrEqual(at);
            expect(endMs).toBeGreaterThan(startMs);
            at = endMs;
          }
          expect(at).toBeLessThanOrEqual(endedAtMs);
          expect(audio.state).toBe('file-uploaded');
          expect(audio.editList?.durationFrames).toBe((contact.durationMs / 1000) * 8000);
          for (const other of contacts.slice(index + 1)) {
            if (other.agent.id === contact.agent.id) expect(other.startedAtMs).toBeGreaterThanOrEqual(endedAtMs);
          }
        }
      }),
    );
  });
});
