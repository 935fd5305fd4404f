import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ContactSegmented, TaskEnded } from '@wxcc-wfo/contracts';
import { asText, ms, NEVER_OFFERED, recording, row, task, unavailable } from './call-rows.ts';
import { type RunningSegmenter, runSegmenter } from './running-segmenter.ts';

let segmenter: RunningSegmenter;
beforeAll(async () => {
  segmenter = await runSegmenter();
});
afterAll(() => segmenter?.stop());

const tenantId = () => segmenter.tenants[0].tenantId;

function transferred(taskId: string, end: number, more: Partial<TaskEnded> = {}): TaskEnded {
  const rows = [
    row('connected', 10, 54, 'Braun'),
    row('blind-transferred', 54, 55, 'Braun', 'Hodges'),
    row('transferred', 55, 65, 'Braun', 'Hodges'),
    row('connected', 65, end, 'Hodges'),
    row('ended', end, end),
  ];
  return task(rows, { taskId, tenantId: tenantId(), ...more });
}

/** Versions published of each contact of a call, in the order of publication, by agent. */
function versionsOf(taskId: string): Record<string, number[]> {
  const contacts = segmenter.published.records
    .map((record) => record.json<ContactSegmented>())
    .filter((contact) => contact.taskId === taskId);
  const byAgent = Object.groupBy(contacts, ({ agent }) => agent.id);
  return Object.fromEntries(
    Object.entries(byAgent).map(([agent, versions]) => [agent, versions!.map(({ version }) => version)]),
  );
}

async function livingOf(taskId: string): Promise<string[]> {
  const { rows } = await segmenter.database.pool.query<{ body: ContactSegmented }>(
    'SELECT body FROM contact WHERE task_id = $1 AND NOT superseded ORDER BY started_at_ms',
    [taskId],
  );
  return rows.map(({ body }) => asText(body));
}

/** As HTTP lists them, newest first. */
async function contactsOf(taskId: string) {
  const answer = await segmenter.get(`/v1/contacts?associatedContactId=${taskId}`);
  const { items } = (await answer.json()) as {
    items: { contactId: string; audio: { state: string; reason: string | null } }[];
  };
  return items;
}

describe('facts over Kafka become contacts', () => {
  it('in order: version 1 of each contact, then 2 with the audio (SEG-03, SEG-09)', async () => {
    const taskId = randomUUID();
    await segmenter.publish(transferred(taskId, 139));
    await segmenter.settled();
    await segmenter.publish(recording(1, 10, 139, { taskId, tenantId: tenantId() }));
    await segmenter.settled();
    await segmenter.published.waitFor((record) => record.json<ContactSegmented>().taskId === taskId, { count: 4 });
    expect(versionsOf(taskId)).toEqual({ Braun: [1, 2], Hodges: [1, 2] });
    expect(await livingOf(taskId)).toEqual(['Braun 10–54 file-uploaded', 'Hodges 65–139 file-uploaded']);
  });

  it('late, double and disordered: the same contacts, each version published once (SEG-08)', async () => {
    const taskId = randomUUID();
    const audio = recording(2, 10, 139, { taskId, tenantId: tenantId() });
    const older = transferred(taskId, 120);
    const newer = transferred(taskId, 139, { revision: 2 });
    for (const facts of [[audio], [newer, audio], [older, newer], [audio, older, newer]]) {
      await segmenter.publish(...facts);
      await segmenter.settled();
    }
    // Published behind all of them: when it is seen, whatever came of them was seen before.
    const last = randomUUID();
    await segmenter.publish(transferred(last, 100));
    await segmenter.settled();
    await segmenter.published.waitFor((record) => record.json<ContactSegmented>().taskId === last, { count: 2 });
    expect(versionsOf(taskId)).toEqual({ Braun: [1], Hodges: [1] });
    expect(await livingOf(taskId)).toEqual(['Braun 10–54 file-uploaded', 'Hodges 65–139 file-uploaded']);
  });

  it('a correction publishes only the contact that it changes, under its id', async () => {
    const taskId = randomUUID();
    await segmenter.publish(transferred(taskId, 120));
    await segmenter.settled();
    await segmenter.publish(transferred(taskId, 139, { revision: 2 }));
    await segmenter.settled();
    const records = await segmenter.published.waitFor((record) => record.json<ContactSegmented>().taskId === taskId, {
      count: 3,
    });
    expect(versionsOf(taskId)).toEqual({ Braun: [1], Hodges: [1, 2] });
    const hodges = records
      .map((record) => record.json<ContactSegmented>())
      .filter(({ agent }) => agent.id === 'Hodges');
    expect(hodges.map(({ endedAtMs }) => endedAtMs)).toEqual([ms(120), ms(139)]);
    expect(new Set(hodges.map(({ contactId }) => contactId)).size).toBe(1);
  });

  it('MED-02 a recording that never comes: the contacts say so, and wait again when it is retried', async () => {
    const taskId = randomUUID();
    const ofTask = { taskId, tenantId: tenantId() };
    await segmenter.publish(transferred(taskId, 139));
    await segmenter.settled();
    await segmenter.publish(unavailable(1, ofTask));
    await segmenter.settled();
    const [hodges] = await contactsOf(taskId);
    expect(hodges!.audio).toEqual({ state: 'no-file-to-upload', reason: NEVER_OFFERED });
    const audio = await segmenter.get(`/v1/contacts/${hodges!.contactId}/audio`);
    expect([audio.status, ((await audio.json()) as { detail: string }).detail]).toEqual([
      409,
      expect.stringContaining(NEVER_OFFERED),
    ]);
    await segmenter.publish(unavailable(2, { ...ofTask, withdrawn: true }));
    await segmenter.settled();
    expect((await contactsOf(taskId)).map((one) => one.audio.state)).toEqual([
      'file-not-yet-uploaded',
      'file-not-yet-uploaded',
    ]);
    await segmenter.publish(recording(3, 10, 139, ofTask), unavailable(1, ofTask));
    await segmenter.settled();
    await segmenter.published.waitFor((record) => record.json<ContactSegmented>().taskId === taskId, { count: 8 });
    expect(versionsOf(taskId)).toEqual({ Braun: [1, 2, 3, 4], Hodges: [1, 2, 3, 4] });
    expect(await livingOf(taskId)).toEqual(['Braun 10–54 file-uploaded', 'Hodges 65–139 file-uploaded']);
  });

  it('is ready, and says so', async () => {
    expect((await segmenter.get('/ready', { key: null })).status).toBe(200);
    expect((await segmenter.get('/openapi.json', { key: null })).status).toBe(200);
  });
});
