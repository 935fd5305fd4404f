import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AcdChanged, GOLDEN_EXAMPLES, type TaskEnded } from '@wxcc-wfo/contracts';
import { ms, row, task } from './call-rows.ts';
import { type RunningSegmenter, runSegmenter } from './running-segmenter.ts';

interface Summary {
  contactId: string;
  acdId: string;
  associatedContactId: string;
  agent: { id: string };
  startedAt: string;
  durationMs: number;
  audio: { state: string };
}
interface Page {
  items: Summary[];
  nextCursor: string | null;
}
interface Problem {
  code: string;
  field?: string;
  detail?: string;
  remedy?: string;
}

let segmenter: RunningSegmenter;
const CALLS = 7;

/** Call n begins n minutes after nine; agents Even and Odd take turns; call 6 is transferred from Even to Last. */
function call(n: number, tenantId: string): TaskEnded {
  const at = n * 60;
  const agent = n % 2 === 0 ? 'Even' : 'Odd';
  const rows =
    n === 6
      ? [
          row('connected', at + 10, at + 20, agent),
          row('blind-transferred', at + 20, at + 21, agent, 'Last'),
          row('connected', at + 25, at + 40, 'Last'),
          row('ended', at + 40, at + 40),
        ]
      : [row('connected', at + 10, at + 40, agent), row('ended', at + 40, at + 40)];
  return task(rows, {
    tenantId,
    taskId: `call-${n}`,
    webexOrgId: `org-of-${tenantId}`,
    createdAtMs: ms(at),
    callingNumber: `+1408555010${n}`,
    recordingRequested: n !== 3,
  });
}

beforeAll(async () => {
  segmenter = await runSegmenter();
  for (const { tenantId } of segmenter.tenants) {
    await segmenter.publish(...Array.from({ length: CALLS }, (_, n) => call(n, tenantId)));
  }
  await segmenter.settled();
});
afterAll(() => segmenter?.stop());

const list = async (query = '', key?: string): Promise<Page> => {
  const response = await segmenter.get(`/v1/contacts${query}`, key === undefined ? {} : { key });
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
};
const callsOf = ({ items }: Page): string[] =>
  items.map(({ associatedContactId, agent }) => `${associatedContactId} ${agent.id}`);

describe('GET /v1/contacts (SEG-10)', () => {
  it('newest first, with what a list shows', async () => {
    const page = await list();
    expect(callsOf(page)).toEqual([
      'call-6 Last',
      'call-6 Even',
      'call-5 Odd',
      'call-4 Even',
      'call-3 Odd',
      'call-2 Even',
      'call-1 Odd',
      'call-0 Even',
    ]);
    expect(page.nextCursor).toBeNull();
    expect(page.items[7]).toMatchObject({
      agent: { id: 'Even', name: 'Agent Even' },
      startedAt: '2026-11-20T09:00:10.000Z',
      endedAt: '2026-11-20T09:00:40.000Z',
      durationMs: 30_000,
      associatedContactId: 'call-0',
      audio: { state: 'file-not-yet-uploaded' },
      screen: { state: 'no-file-to-upload' },
    });
  });

  it('in pages that stay the same while contacts come in', async () => {
    const first = await list('?limit=3');
    await segmenter.publish(call(9, segmenter.tenants[0].tenantId));
    await segmenter.settled();
    const second = await list(`?limit=3&cursor=${first.nextCursor}`);
    const third = await list(`?limit=3&cursor=${second.nextCursor}`);
    expect([first, second, third].flatMap(callsOf)).toEqual([
      'call-6 Last',
      'call-6 Even',
      'call-5 Odd',
      'call-4 Even',
      'call-3 Odd',
      'call-2 Even',
      'call-1 Odd',
      'call-0 Even',
    ]);
    expect(third.nextCursor).toBeNull();
  });

  it.each([
    ['agentId=Last', ['call-6 Last']],
    ['callingNumber=%2B14085550102', ['call-2 Even']],
    ['calledNumber=%2B14085550100&agentId=Last', ['call-6 Last']],
    ['calledNumber=none', []],
    ['audioState=no-file-to-upload', ['call-3 Odd']],
    ['associatedContactId=call-6', ['call-6 Last', 'call-6 Even']],
    ['contactType=voice&to=2026-11-20T09:01:10Z', ['call-0 Even']],
    ['contactType=chat', []],
    ['from=2026-11-20T09:01:10Z&to=2026-11-20T09:03:10Z', ['call-2 Even', 'call-1 Odd']],
    ['from=2026-11-20T10:01:10%2B01:00&to=2026-11-20T10:02:10%2B01:00', ['call-1 Odd']],
    ['queueId=queue-1&agentId=Last', ['call-6 Last']],
    ['teamId=none', []],
  ])('filters by %s', async (query, expected) => {
    expect(callsOf(await list(`?${query}`))).toEqual(expected);
  });

  it.each([
    ['limit=0', 'query/limit'],
    ['limit=many', 'query/limit'],
    ['contactType=fax', 'query/contactType'],
    ['from=yesterday', 'query/from'],
    ['from=2026-11-20T09:00:00Z&to=2026-11-20T09:00:00Z', 'query/to'],
    ['cursor=bm9uc2Vuc2U', 'query/cursor'],
    ['agent=Even', 'query/agent'],
    ['from=2016-12-31T23:59:60Z', 'query/from'],
    ['to=2016-12-31T23:59:60Z', 'query/to'],
  ])('refuses %s with the field and a remedy', async (query, field) => {
    const response = await segmenter.get(`/v1/contacts?${query}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = (await response.json()) as Problem;
    expect(problem).toMatchObject({ code: 'invalid-request', field });
    expect(problem.remedy).toBeTruthy();
  });
});

describe('a filter that Postgres cannot hold', () => {
  it.each(['agentId', 'callingNumber', 'associatedContactId'])('%s with NUL is the caller’s fault', async (name) => {
    const response = await segmenter.get(`/v1/contacts?${name}=a%00b`);
    expect(response.status).toBe(400);
    expect((await response.json()) as Problem).toMatchObject({ code: 'invalid-request', remedy: expect.any(String) });
  });
});

describe('GET /v1/contacts/{id} (SEG-10)', () => {
  it('gives the contact whole, with its associated contacts', async () => {
    const [last, even] = (await list('?associatedContactId=call-6')).items;
    const contact = (await (await segmenter.get(`/v1/contacts/${even!.contactId}`)).json()) as Record<string, unknown>;
    expect(contact).toMatchObject({
      contactId: even!.contactId,
      version: 1,
      superseded: false,
      replacedBy: null,
      contactType: 'voice',
      callType: 'customer-segment',
      direction: 'inbound',
      silences: [],
      metadata: [{ label: 'Account', value: '4711' }],
      associatedContacts: [{ contactId: last!.contactId, agent: { id: 'Last' } }],
    });
  });

  it.each([
    ['unknown', randomUUID(), 404, 'not-found'],
    ['no id', 'call-6', 400, 'invalid-request'],
  ])('%s', async (_, id, status, code) => {
    const response = await segmenter.get(`/v1/contacts/${id}`);
    expect(response.status).toBe(status);
    expect(((await response.json()) as Problem).code).toBe(code);
  });
});

describe('who may see what (architecture rule 13)', () => {
  it('without a credential, or with a wrong one: nothing', async () => {
    const { contactId } = (await list('?limit=1')).items[0]!;
    for (const path of ['/v1/contacts', `/v1/contacts/${contactId}`, `/v1/contacts/${contactId}/audio`]) {
      expect((await segmenter.get(path, { key: null })).status).toBe(401);
      expect((await segmenter.get(path, { key: `${segmenter.readOnlyKey}x` })).status).toBe(401);
    }
    const links = await segmenter.get(`/v1/contacts/${contactId}/audio-links`, { method: 'POST', key: null });
    expect(links.status).toBe(401);
  });

  it('each tenant its own contacts only, by list, id, audio and link', async () => {
    const [one, two] = segmenter.tenants;
    const mine = await list('?associatedContactId=call-1', one.key);
    const theirs = await list('?associatedContactId=call-1', two.key);
    expect([mine.items.length, theirs.items.length]).toEqual([1, 1]);
    const foreignId = theirs.items[0]!.contactId;
    expect(foreignId).not.toBe(mine.items[0]!.contactId);
    for (const [path, method] of [
      [`/v1/contacts/${foreignId}`, 'GET'],
      [`/v1/contacts/${foreignId}/audio`, 'GET'],
      [`/v1/contacts/${foreignId}/audio-links`, 'POST'],
    ] as const) {
      expect((await segmenter.get(path, { method, key: one.key })).status).toBe(404);
    }
  });

  it('reading does not include listening', async () => {
    const { contactId } = (await list('?limit=1')).items[0]!;
    const key = segmenter.readOnlyKey;
    expect((await segmenter.get(`/v1/contacts/${contactId}`, { key })).status).toBe(200);
    for (const [path, method] of [
      [`/v1/contacts/${contactId}/audio`, 'GET'],
      [`/v1/contacts/${contactId}/audio-links`, 'POST'],
    ] as const) {
      const response = await segmenter.get(path, { method, key });
      expect(response.status).toBe(403);
      expect(((await response.json()) as Problem).detail).toContain('contacts:listen');
    }
  });
});

describe('the contacts of a range are published again', () => {
  interface Republished {
    published: number;
    cursor: string | null;
  }
  const ask = async (body: object, key = segmenter.tenants[0].key) => {
    const response = await segmenter.get('/v1/republications', {
      method: 'POST',
      key,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Republished };
  };

  it('each as it is now, of the caller’s tenant only', async () => {
    const { tenantId } = segmenter.tenants[0];
    const [{ acdId }] = segmenter.published.records.map((record) => record.json<{ acdId: string }>()) as [
      { acdId: string },
    ];
    const before = segmenter.published.records.length;
    // Calls 0 to 6 of which one is transferred; calls 0 and 1 began before 09:01:30.
    const answer = await ask({ acdId, to: '2026-11-20T09:01:30Z' });
    expect(answer).toEqual({ status: 200, body: { published: 2, cursor: null } });
    await segmenter.published.waitFor(before + 2);
    const again = segmenter.published.records.slice(before);
    const first = (key: string) => segmenter.published.records.slice(0, before).filter((r) => r.key === key);
    for (const record of again) {
      expect(record.json()).toMatchObject({ tenantId });
      expect(record.json()).toEqual(
        first(record.key!)
          .filter((r) => r.json<{ tenantId: string }>().tenantId === tenantId)
          .at(-1)!
          .json(),
      );
    }
    expect(again.map((r) => r.json<{ taskId: string }>().taskId).sort()).toEqual(['call-0', 'call-1']);
  });

  it('but not by a key that may only read, nor of an ACD that has none', async () => {
    const acdId = randomUUID();
    expect((await ask({ acdId }, segmenter.readOnlyKey)).status).toBe(403);
    expect(await ask({ acdId })).toEqual({ status: 200, body: { published: 0, cursor: null } });
  });
});

describe('an organization that is connected anew', () => {
  /** The living one comes last by its id, so that the order of ids does not pick it. */
  const [before, now] = [randomUUID(), randomUUID()].sort();
  const ofAcd = (acdId: string, more: Partial<TaskEnded> = {}): TaskEnded => ({
    ...call(1, segmenter.tenants[0].tenantId),
    acdId,
    taskId: 'twice',
    webexOrgId: 'org-of-twins',
    ...more,
  });
  const gone = (acdId: string): AcdChanged => {
    const example = GOLDEN_EXAMPLES['acd-changed'].valid[0]!.payload as AcdChanged;
    return { ...example, acdId, tenantId: segmenter.tenants[0].tenantId, deleted: true };
  };
  const seen = async () => (await list('?associatedContactId=twice')).items.map(({ acdId }) => acdId);

  it('shows each contact once: that of the living ACD, in the list, by id and to listeners (architecture rule 8)', async () => {
    await segmenter.publish(ofAcd(before!));
    await segmenter.settled();
    expect(await seen()).toEqual([before]);
    await segmenter.publish(gone(before!), ofAcd(now!, { recordingRequested: false }));
    await segmenter.settled();
    expect(await seen()).toEqual([now]);
    const { contactId } = (await list('?associatedContactId=twice')).items[0]!;
    expect(await (await segmenter.get(`/v1/contacts/${contactId}`)).json()).toMatchObject({ acdId: now });
    const audio = (await (await segmenter.get(`/v1/contacts/${contactId}/audio`)).json()) as Problem;
    expect(audio.detail).toContain('no-file-to-upload');
    // What only the hidden one says is not found either.
    expect((await list('?associatedContactId=twice&audioState=file-not-yet-uploaded')).items).toEqual([]);
  });

  it('still shows it once when both are gone', async () => {
    await segmenter.publish(gone(now!));
    await segmenter.settled();
    expect(await seen()).toEqual([before]);
  });
});

describe('MED-02 asking for audio that cannot be played yet gives the upload state', () => {
  it.each([
    ['call-3', 'no-file-to-upload'],
    ['call-2', 'file-not-yet-uploaded'],
  ])('%s: %s', async (taskId, state) => {
    const { contactId } = (await list(`?associatedContactId=${taskId}`)).items[0]!;
    for (const [path, method] of [
      [`/v1/contacts/${contactId}/audio`, 'GET'],
      [`/v1/contacts/${contactId}/audio-links`, 'POST'],
    ] as const) {
      const response = await segmenter.get(path, { method });
      expect(response.status).toBe(409);
      const problem = (await response.json()) as Problem;
      expect(problem.code).toBe('audio-not-available');
      expect(problem.detail).toContain(state);
    }
  });
});
