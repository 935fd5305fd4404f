import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ContactSegmented, TaskEnded } from '@wxcc-wfo/contracts';
import { newApiKey } from '@wxcc-wfo/service-kit';
import type { ScriptStep, TaskGroundTruth } from '@wxcc-wfo/simulator';
import { spawnService, type TopicLedger, topicLedger, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { Kafka, logLevel } from 'kafkajs';
import { collectTraces, type TraceCollector } from '../../scripts/demo/trace-collector.ts';
import { ROOT, SERVICE_NAMES } from '../../scripts/stack/services.ts';
import { ask } from '../support/ask.ts';
import { type Bridge, startBridge } from '../support/bridge.ts';
import { STORIES } from '../support/stories.ts';
import { chainsOf, hop } from '../support/trace-chains.ts';
import { differencesFromTruth, publishedVersions } from '../support/truth.ts';

const LINK_LIFETIME_SECONDS = 10;
const FOREIGN_TENANT = '5f0c1de2-7a43-4b7e-9c11-0d6e8f2a4b90';

describe('the whole path', () => {
  const keys = { foreign: newApiKey('foreign'), reader: newApiKey('reader'), platform: newApiKey('platform') };
  let traces: TraceCollector;
  let bridge: Bridge;
  let ended: TopicLedger;
  let calls: Record<keyof typeof STORIES, TaskGroundTruth>;
  let shortLink: string;

  beforeAll(async () => {
    traces = await collectTraces();
    bridge = await startBridge({
      apiKeys: [
        { id: 'foreign', sha256: keys.foreign.sha256, scopes: ['*'], tenantId: FOREIGN_TENANT },
        { id: 'reader', sha256: keys.reader.sha256, scopes: ['contacts:read'], tenantId: 'own' },
        { id: 'platform', sha256: keys.platform.sha256, scopes: ['*'], tenantId: null },
      ],
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
        OTEL_BSP_SCHEDULE_DELAY: '200',
        LINK_LIFETIME_SECONDS: String(LINK_LIFETIME_SECONDS),
      },
    });
    ended = await topicLedger(bridge.servers.kafkaBrokers, `${bridge.topicPrefix}task-ended`);
    const play = (steps: ScriptStep[]) => bridge.control<TaskGroundTruth>('POST', '/control/tasks', { steps });
    calls = { held: await play(STORIES.held), transferred: await play(STORIES.transferred) };
    expect(await differencesFromTruth(bridge)).toEqual([]);
    shortLink = await linkTo(contactsOf(calls.held)[0]!);
  }, 180_000);

  afterAll(async () => {
    await ended?.close();
    await bridge?.stop();
    await traces?.close();
  }, 60_000);

  const contactsOf = ({ taskId }: TaskGroundTruth): ContactSegmented[] =>
    [...publishedVersions(bridge).values()].map((all) => all.at(-1)!).filter((contact) => contact.taskId === taskId);

  async function linkTo({ contactId }: ContactSegmented): Promise<string> {
    const path = `/v1/contacts/${contactId}/audio-links`;
    return (await bridge.call<{ url: string }>('segmenter', path, { method: 'POST' })).url;
  }

  it('OPS-01 one trace leads from the poll to the contact, through every process and hop, with durations', async () => {
    const { taskId } = calls.transferred;
    const record = (await ended.waitFor((one) => one.json<TaskEnded>().taskId === taskId))[0]!;
    const traceId = record.headers.traceparent!.split('-')[1]!;
    const published = [hop('capture', 'capture.task'), hop('capture', 'task-ended publish')];
    const imported = [
      hop('media-import', 'task-ended process'),
      hop('media-import', 'media-import.task'),
      hop('media-import', 'recording-available publish'),
    ];
    const expected = {
      'without audio': [
        ...published,
        hop('segmenter', 'task-ended process'),
        hop('segmenter', 'contact-segmented publish'),
      ],
      'with audio': [
        ...published,
        ...imported,
        hop('segmenter', 'recording-available process'),
        hop('segmenter', 'contact-segmented publish'),
      ],
    };
    for (const [way, hops] of Object.entries(expected)) {
      const chain = await waitFor(`the trace of a contact ${way}`, () => chainsOf(traces.spansOf(traceId), hops)[0]);
      expect(chain[0]!.parent).toMatchObject({ service: 'capture', parentSpanId: undefined });
      // A poll found it, or the hint of a webhook: both are capture's.
      expect(['capture.poll', 'capture.hints']).toContain(chain[0]!.parent!.name);
      for (const { span } of chain) expect(span.endMs).toBeGreaterThan(span.startMs);
    }
  });

  it('SEG-10 any byte range of a contact’s audio equals the slice of the whole', async () => {
    const url = await linkTo(contactsOf(calls.held)[0]!);
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
    // 7 s at 8 kHz, two channels, 16 bit, behind a header of 44 bytes.
    expect(whole.length).toBe(44 + 7 * 8_000 * 4);
    const ranges: [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=0-43', 0, 44],
      ['bytes=43-45', 43, 46],
      ['bytes=95999-96101', 95_999, 96_102],
      ['bytes=150001-', 150_001, whole.length],
      ['bytes=-7', whole.length - 7, whole.length],
    ];
    for (const [range, from, to] of ranges) {
      const answer = await fetch(url, { headers: { range } });
      expect([range, answer.status]).toEqual([range, 206]);
      expect(answer.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${whole.length}`);
      expect(Buffer.from(await answer.arrayBuffer()).equals(whole.subarray(from, to))).toBe(true);
    }
    const beyond = await ask(url, { headers: { range: `bytes=${whole.length}-` } });
    expect(beyond).toMatchObject({ status: 416, body: { code: 'range-not-satisfiable', field: 'headers/range' } });
  });

  it('refuses callers without a credential, with an unknown one, with too small a one, and of another tenant', async () => {
    const contact = contactsOf(calls.held)[0]!;
    const segmenter = bridge.stack.url('segmenter');
    const one = `${segmenter}/v1/contacts/${contact.contactId}`;
    const refusal = { detail: expect.any(String), remedy: expect.any(String) };
    for (const service of SERVICE_NAMES) {
      const path = {
        oauth: '/v1/acds',
        capture: '/v1/dead-letters',
        'media-import': '/v1/imports',
        segmenter: '/v1/contacts',
        sync: '/v1/dead-letters',
      };
      const url = `${bridge.stack.url(service)}${path[service]}`;
      expect(await ask(url)).toMatchObject({
        status: 401,
        body: { code: 'credential-missing', remedy: expect.any(String) },
      });
      const unknown = await ask(url, { key: newApiKey('operator').key });
      expect(unknown).toMatchObject({ status: 401, body: { code: 'credential-refused', remedy: expect.any(String) } });
    }
    const tooSmall = await ask(`${one}/audio-links`, { key: keys.reader.key, method: 'POST' });
    expect(tooSmall).toMatchObject({ status: 403, body: { code: 'scope-missing', ...refusal } });
    expect(tooSmall.body.detail).toContain('contacts:listen');
    expect(await ask(one, { key: keys.foreign.key })).toMatchObject({
      status: 404,
      body: { code: 'not-found', ...refusal },
    });
    expect(await ask(`${one}/audio`, { key: keys.foreign.key })).toMatchObject({ status: 404 });
    expect(await ask(`${segmenter}/v1/contacts`, { key: keys.foreign.key })).toMatchObject({
      status: 200,
      body: { items: [] },
    });
    const oauth = bridge.stack.url('oauth');
    expect(await ask(`${oauth}/v1/acds/${bridge.acdId}`, { key: keys.foreign.key })).toMatchObject({ status: 404 });
    expect(await ask(`${oauth}/v1/acds`, { key: keys.foreign.key })).toMatchObject({
      status: 200,
      body: { items: [] },
    });
  });

  it('names field, reason and remedy of a wrong request', async () => {
    const key = bridge.stack.secrets.operator.key;
    const acds = `${bridge.stack.url('oauth')}/v1/acds`;
    const contacts = `${bridge.stack.url('segmenter')}/v1/contacts`;
    const wrong: { request: [string, object]; status: number; field: RegExp }[] = [
      { request: [acds, { body: '{}' }], status: 400, field: /name/ },
      { request: [acds, { body: '{"name":' }], status: 400, field: /body/ },
      {
        request: [acds, { body: JSON.stringify({ ...acdBody(), apiUrl: 'http://169.254.169.254/' }) }],
        status: 422,
        field: /apiUrl/,
      },
      {
        request: [acds, { body: JSON.stringify({ ...acdBody(), webexOrgId: 'not-a-uuid' }) }],
        status: 422,
        field: /webexOrgId/,
      },
      { request: [`${contacts}?limit=0`, {}], status: 400, field: /limit/ },
      { request: [`${contacts}?audioState=loud`, {}], status: 400, field: /audioState/ },
      { request: [`${contacts}/not-a-uuid`, {}], status: 400, field: /contactId/ },
    ];
    for (const { request, status, field } of wrong) {
      const answer = await ask(request[0], { key, ...request[1] });
      expect([request, answer.status]).toEqual([request, status]);
      expect(answer.body).toMatchObject({
        code: 'invalid-request',
        detail: expect.any(String),
        remedy: expect.any(String),
      });
      expect(answer.body.field).toMatch(field);
    }
  });

  it('refuses a webhook whose signature is not right', async () => {
    const body = JSON.stringify({ type: 'task:ended', data: { taskId: calls.held.taskId } });
    for (const service of ['capture', 'media-import'] as const) {
      const url = `${bridge.stack.url(service)}/v1/webhooks/${service}/${bridge.acdId}`;
      const answer = await ask(url, { body, headers: { 'x-webexcc-signature': '00'.repeat(32) } });
      expect([service, answer.status]).toEqual([service, 401]);
      expect(answer.body).toMatchObject({
        code: 'signature-refused',
        detail: expect.any(String),
        remedy: expect.any(String),
      });
    }
  });

  it('puts an event that breaks its contract aside with its original bytes; mended and replayed, it takes effect', async () => {
    const good = ended.records.find((one) => one.json<TaskEnded>().taskId === calls.held.taskId)!;
    const event = { ...good.json<TaskEnded>(), taskId: 'a-task-whose-event-was-broken' };
    const broken = JSON.stringify({ ...event, endedAtMs: 'yesterday' });
    const rubbish = Buffer.from([0xff, 0x00, 0xfe, 0x7b]);
    const producer = new Kafka({ brokers: bridge.servers.kafkaBrokers, logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({
      topic: `${bridge.topicPrefix}task-ended`,
      messages: [
        { key: `${event.acdId}:${event.taskId}`, value: broken, headers: good.headers },
        { key: 'whatever', value: rubbish },
      ],
    });
    await producer.disconnect();

    const url = `${bridge.stack.url('segmenter')}/v1/dead-letters`;
    const list = async (key: string) => (await ask(`${url}?state=parked`, { key })).body.items as { id: string }[];
    const read = async (id: string) => (await ask(`${url}/${id}`, { key: keys.platform.key })).body;
    await waitFor('both dead letters', async () => (await list(keys.platform.key)).length === 2);
    const letters = await Promise.all((await list(keys.platform.key)).map(({ id }) => read(id)));
    const unreadable = letters.find((one) => one.key.content === 'whatever');
    expect(unreadable).toMatchObject({
      tenantId: null,
      value: { encoding: 'base64', content: rubbish.toString('base64') },
    });
    const letter = letters.find((one) => one !== unreadable);
    expect(letter).toMatchObject({
      topic: 'task-ended',
      state: 'parked',
      value: { encoding: 'text', content: broken },
    });
    expect(letter.reason).toContain('endedAtMs');

    // The tenant's operator sees the tenant's own alone, and mends it.
    const key = bridge.stack.secrets.operator.key;
    expect((await list(key)).map(({ id }) => id)).toEqual([letter.id]);
    expect(await list(keys.foreign.key)).toEqual([]);
    const again = await ask(`${url}/${letter.id}/replay`, { key, method: 'POST' });
    expect(again).toMatchObject({
      status: 409,
      body: { code: 'conflict', detail: expect.stringContaining('endedAtMs') },
    });
    const mended = JSON.stringify({ encoding: 'text', content: JSON.stringify(event) });
    expect(await ask(`${url}/${letter.id}/value`, { key, method: 'PUT', body: mended })).toMatchObject({ status: 204 });
    expect(await ask(`${url}/${letter.id}/replay`, { key, method: 'POST' })).toMatchObject({
      status: 200,
      body: { result: 'replayed' },
    });
    expect(await read(letter.id)).toMatchObject({ state: 'replayed', value: { content: broken } });
    await bridge.contacts.waitFor((one) => one.json<ContactSegmented>().taskId === event.taskId);
  });

  it('does not start with a wrong environment, and names every variable with reason and remedy', async () => {
    const ends = SERVICE_NAMES.map(async (name) => {
      const service = spawnService({
        name,
        entry: `services/${name}/src/server.ts`,
        workingFolder: ROOT,
        env: { KAFKA_BROKERS: 'nonsense', HTTP_PORT: 'eighty' },
      });
      const exit = await service.exit;
      const refusal = service.logs().find((line) => line.event === 'configuration-refused');
      return { name, exit, problems: (refusal?.problems ?? []) as string[] };
    });
    for (const { name, exit, problems } of await Promise.all(ends)) {
      expect([name, exit]).toEqual([name, { code: 1, signal: null }]);
      const named = problems.map((line) => line.split(':')[0]!);
      expect(named).toEqual(expect.arrayContaining(['KAFKA_BROKERS', 'HTTP_PORT', 'DATABASE_URL', 'HANDOVER_KEYS']));
      for (const line of problems) expect(line).toMatch(/^[A-Z_]+: [^.]+\. .+\.$/s);
    }
  });

  it('is consumed by the integrator’s ten lines of docs/examples', async () => {
    const consumer = spawnService({
      name: 'consume-contacts',
      entry: 'docs/examples/consume-contacts.ts',
      workingFolder: ROOT,
      env: {
        KAFKA_BROKERS: bridge.servers.kafkaBrokers.join(','),
        KAFKA_TOPIC_PREFIX: bridge.topicPrefix,
        GROUP_ID: uniqueName('integrator'),
      },
    });
    const audible = [...contactsOf(calls.held), ...contactsOf(calls.transferred)].map((one) => one.contactId).sort();
    expect(audible).toHaveLength(3);
    const consumed = () => consumer.logs().filter((line) => line.audio === 'file-uploaded');
    await waitFor('the contacts with audio', () => new Set(consumed().map((line) => line.contactId)).size === 3);
    expect([...new Set(consumed().map((line) => line.contactId))].sort()).toEqual(audible);
    expect(await consumer.kill('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('SYNC-02 users are followed by both of their Webex ids with the integrator’s example', async () => {
    const follower = spawnService({
      name: 'follow-users',
      entry: 'docs/examples/follow-users.ts',
      workingFolder: ROOT,
      env: {
        KAFKA_BROKERS: bridge.servers.kafkaBrokers.join(','),
        KAFKA_TOPIC_PREFIX: bridge.topicPrefix,
        GROUP_ID: uniqueName('integrator'),
      },
    });
    const { items } = (
      await ask(`${bridge.stack.url('sync')}/v1/users?limit=200`, { key: bridge.stack.secrets.operator.key })
    ).body as { items: { userId: string }[] };
    expect(items.length).toBeGreaterThan(1);
    const followed = () => follower.logs().filter((line) => typeof line.userId === 'string');
    await waitFor('every user', () => new Set(followed().map((line) => line.userId)).size >= items.length);
    // Two ids each: of Webex Contact Center, and of Common Identity.
    expect(followed().at(-1)).toMatchObject({ ids: 2 * items.length, permissions: expect.any(Array) });
    expect(await follower.kill('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('SEG-10 a link ends by itself, and plays nothing else than what it was signed for', async () => {
    const [other] = contactsOf(calls.transferred);
    const moved = shortLink.replace(contactsOf(calls.held)[0]!.contactId, other!.contactId);
    const { code, status } = { status: 403, code: 'signature-refused' };
    expect(await ask(moved)).toMatchObject({ status, body: { code } });
    const expired = await waitFor('the link to end', async () => {
      const answer = await ask(shortLink, { headers: { range: 'bytes=0-0' } });
      return answer.status === 206 ? undefined : answer;
    });
    expect(expired).toMatchObject({ status: 403, body: { code: 'link-expired', remedy: expect.any(String) } });
  });

  const acdBody = () => ({
    name: 'Another one',
    clientRef: FOREIGN_TENANT,
    username: 'somebody@contactcentre.example',
    apiUrl: bridge.tenant.baseUrl,
    webexOrgId: bridge.tenant.orgId,
  });
});
