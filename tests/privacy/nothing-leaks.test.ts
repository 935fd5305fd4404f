import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TOPIC_NAMES } from '@wxcc-wfo/contracts';
import { type TopicLedger, topicLedger, waitFor } from '@wxcc-wfo/testkit';
import { ask } from '../support/ask.ts';
import { type Bridge, startBridge } from '../support/bridge.ts';
import { publishedVersions } from '../support/truth.ts';

const TASKS = 20;
const CALLER = '+14085559999';

/** Takes whatever is exported to it over OTLP and keeps it as it came. */
async function rawCollector() {
  let text = '';
  const server: Server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, text: () => text, server };
}

/** All texts inside of a value, keyrings taken apart. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/[,:]/).filter((part) => part.length >= 20);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

const audible = (bridge: Bridge) =>
  [...publishedVersions(bridge).values()]
    .map((all) => all.at(-1)!)
    .filter((one) => one.audio.state === 'file-uploaded');

describe('what logs, spans and events tell of secrets and people (architecture rules 10 and 13)', () => {
  let bridge: Bridge;
  let collector: Awaited<ReturnType<typeof rawCollector>>;
  let ledgers: TopicLedger[];
  let logs: string;
  let events: string;
  let secrets: string[];
  let people: string[];

  beforeAll(async () => {
    collector = await rawCollector();
    bridge = await startBridge({
      environment: {
        LOG_LEVEL: 'trace',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '200',
      },
    });
    ledgers = await Promise.all(
      TOPIC_NAMES.map((topic) => topicLedger(bridge.servers.kafkaBrokers, bridge.topicPrefix + topic)),
    );
    // Errors are what is most likely to quote something: links that are refused, cut downloads, a token that ran out.
    await bridge.fault({ kind: 'cut-download', count: 3, afterBytes: 2_000 });
    await bridge.fault({ kind: 'server-error', count: 10 });
    await bridge.control('POST', '/control/end-tasks', { count: TASKS });
    // Whether all of them are right is other tests' question.
    await waitFor('contacts that can be heard', () => audible(bridge).length >= TASKS / 4, { timeoutMs: 60_000 });
    await waitFor('a download that broke', () => readLogs().includes('a recording could not be had this time'));
    await provoke();
    await bridge.control('POST', '/control/oauth/expire-access-tokens');
    await waitFor('a poll that was refused', () => /token is not accepted/.test(readLogs()));
    const { linkSigningKey, operator, internal, databasePasswords, sealingKeys, handoverKeys } = bridge.stack.secrets;
    secrets = textsIn([linkSigningKey, operator.key, internal.key, databasePasswords, sealingKeys, handoverKeys]);
    const { rows } = await bridge.sql(
      `SELECT DISTINCT t FROM segmenter.contact, LATERAL unnest(ARRAY[calling_number, called_number, agent_name]) AS t
       WHERE t IS NOT NULL`,
    );
    people = rows.map(({ t }: { t: string }) => t);
    await waitFor('spans of the segmenter', () => collector.text().includes('task-ended process'));
    logs = readLogs();
    events = ledgers
      .flatMap(({ records }) => records.map(({ key, value, headers }) => `${key} ${value} ${JSON.stringify(headers)}`))
      .join('\n');
  }, 120_000);

  afterAll(async () => {
    await Promise.all(ledgers?.map((ledger) => ledger.close()) ?? []);
    await bridge?.stop();
    collector?.server.closeAllConnections();
    collector?.server.close();
  }, 60_000);

  /** Of the product's processes; the simulated tenant may say what it likes. */
  function readLogs(): string {
    const folder = `${dirname(bridge.stack.mediaFolder)}/logs`;
    const files = readdirSync(folder).filter((name) => !name.startsWith('simulator'));
    return files.map((name) => readFileSync(`${folder}/${name}`, 'utf8')).join('\n');
  }

  /** Requests as people make them, right and wrong, with what must not be written down. */
  async function provoke(): Promise<void> {
    const key = bridge.stack.secrets.operator.key;
    const segmenter = bridge.stack.url('segmenter');
    const contact = audible(bridge)[0]!;
    const { url } = await bridge.call<{ url: string }>('segmenter', `/v1/contacts/${contact.contactId}/audio-links`, {
      method: 'POST',
    });
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(`${url.slice(0, -3)}abc`)).status).toBe(403);
    const query = `callingNumber=${encodeURIComponent(CALLER)}`;
    expect((await ask(`${segmenter}/v1/contacts?${query}`, { key })).status).toBe(200);
    expect((await ask(`${segmenter}/v1/contacts?${query}&from=x`, { key })).status).toBe(400);
    expect((await ask(`${segmenter}/v1/contacts?callingNumber=%00${query}`, { key })).status).toBe(400);
    expect((await ask(`${segmenter}/v1/contacts`, { key: `${key}x` })).status).toBe(401);
    expect(
      (await ask(`${bridge.stack.url('oauth')}/v1/acds`, { key, body: `{"clientSecret":"${CALLER}` })).status,
    ).toBe(400);
  }

  const foundIn = (text: string, wanted: readonly string[]) => wanted.filter((one) => text.includes(one));

  it('the run was one that could have leaked', () => {
    // Whole texts stay out of expectations: a failure would print all of them.
    expect(foundIn(logs, ['a recording could not be had this time', 'token is not accepted'])).toHaveLength(2);
    expect(secrets.length).toBeGreaterThanOrEqual(12);
    expect(people.length).toBeGreaterThan(5);
    expect(foundIn(events, people).length).toBeGreaterThan(5);
    for (const service of ['oauth', 'capture', 'media-import', 'segmenter', 'sync']) {
      expect(foundIn(collector.text(), [`"stringValue":"${service}"`])).toHaveLength(1);
    }
  });

  it.each(['logs', 'spans', 'events'])('no secret, token, sealed key or signature is in the %s', (where) => {
    const text = { logs, spans: collector.text(), events }[where]!;
    expect(foundIn(text, secrets)).toEqual([]);
    for (const form of [
      /_SIM1_/, // tokens of the simulated tenant
      /\bv1\.k1\./, // sealed texts
      /X-Amz-Signature=(?!\[redacted\])/i,
      /signature=(?!\[redacted\])[\w-]{20}/i,
      /Bearer (?!\[redacted\])[\w-]{20}/,
      /postgres(ql)?:\/\/[^/\s"]*:[^/\s"@]+@/,
    ]) {
      expect(`${form} at ${text.search(form)}`).toBe(`${form} at -1`);
    }
  });

  it.each(['logs', 'spans'])('no phone number, name or e-mail address is in the %s', (where) => {
    const text = { logs, spans: collector.text() }[where]!;
    expect(foundIn(text, [...people, CALLER, encodeURIComponent(CALLER)])).toEqual([]);
    expect(text.match(/[\w.+-]+@[\w-]+\.[a-z]{2,}/gi) ?? []).toEqual([]);
  });
});
