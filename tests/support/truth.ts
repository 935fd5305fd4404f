import { type ContactSegmented, checkEvent, TOPICS } from '@wxcc-wfo/contracts';
import type { TaskGroundTruth } from '@wxcc-wfo/simulator';
import { waitFor } from '@wxcc-wfo/testkit';
import { checkAudio } from '../../scripts/demo/check-audio.ts';
import { compareContacts, isCompared } from '../../scripts/demo/check-contacts.ts';
import { SERVICE_NAMES } from '../../scripts/stack/services.ts';
import type { Bridge } from './bridge.ts';

/** Every published version of every contact, in the order of the topic. */
export function publishedVersions(bridge: Bridge): Map<string, ContactSegmented[]> {
  const versions = new Map<string, ContactSegmented[]>();
  for (const record of bridge.contacts.records) {
    const checked = checkEvent(TOPICS.contactSegmented, record.json());
    if (!checked.ok) throw new Error(`A contact breaks its contract: ${checked.problems.join('; ')}`);
    const { contactId } = checked.event;
    const known = versions.get(contactId);
    if (known) known.push(checked.event);
    else versions.set(contactId, [checked.event]);
  }
  return versions;
}

function latestOf(versions: Map<string, ContactSegmented[]>): ContactSegmented[] {
  return [...versions.values()].map((all) => all.reduce((a, b) => (b.version >= a.version ? b : a)));
}

export interface SettleOptions {
  timeoutMs?: number;
  /** How many contacts are listened to. */
  listenTo?: number;
}

/**
 * Waits until all ended calls have their contacts with their audio, then compares everything with what the simulated
 * tenant knows: contacts, versions, what HTTP lists, what is heard; and that nothing was put aside on the way.
 */
export async function differencesFromTruth(bridge: Bridge, o: SettleOptions = {}): Promise<string[]> {
  const tasks = await bridge.groundTruth();
  const truth = tasks.filter(isCompared);
  const found = await lastingDifferences(bridge, tasks, o.timeoutMs ?? 60_000);
  const contacts = latestOf(publishedVersions(bridge));
  return [
    ...found,
    ...(await differencesOfAudio(bridge, truth, { contacts, count: o.listenTo ?? 3 })),
    ...(await putAside(bridge)),
    ...crashes(bridge),
  ];
}

/**
 * What still differs when the time is up. A contact that has all its parts may get one more version, after a page that
 * came short was read again: its row is written before its event is published, so one look at both proves nothing.
 */
async function lastingDifferences(bridge: Bridge, tasks: TaskGroundTruth[], timeoutMs: number): Promise<string[]> {
  const ids = new Set(tasks.filter(isCompared).map((task) => task.taskId));
  let found: string[] = [];
  const agree = async () => {
    const versions = publishedVersions(bridge);
    const contacts = latestOf(versions);
    const ofTruth = contacts.filter((one) => ids.has(one.taskId));
    found = [...compareContacts(tasks, contacts).differences, ...awaitedAudio(ofTruth)];
    if (found.length === 0) found = await differencesOfList(bridge, contacts);
    found.push(...differencesOfHistory(versions));
    return found.length === 0;
  };
  await waitFor('every contact as it must be', agree, { timeoutMs, intervalMs: 500 }).catch((error: Error) => {
    if (found.length === 0) found = [error.message];
  });
  return found;
}

function awaitedAudio(contacts: readonly ContactSegmented[]): string[] {
  return contacts
    .filter((one) => !one.superseded && one.audio.state === 'file-not-yet-uploaded')
    .map((one) => `${one.contactId}: its audio is still awaited`);
}

/** The topic may repeat a version, but never tells two stories under one number; none of these stories is corrected. */
function differencesOfHistory(versions: Map<string, ContactSegmented[]>): string[] {
  return [...versions].flatMap(([contactId, all]) => {
    const found: string[] = [];
    const told = new Map<number, string>();
    for (const contact of all) {
      const text = JSON.stringify(contact);
      if ((told.get(contact.version) ?? text) !== text) found.push(`${contactId}: version ${contact.version} differs`);
      told.set(contact.version, text);
      if (contact.superseded) found.push(`${contactId}: version ${contact.version} is superseded`);
    }
    const highest = Math.max(...told.keys());
    if (told.size !== highest) found.push(`${contactId}: ${told.size} versions, but the highest is ${highest}`);
    if (all.at(-1)!.version !== highest) found.push(`${contactId}: the last record is version ${all.at(-1)!.version}`);
    return found;
  });
}

/** What HTTP lists is exactly what was published last. */
async function differencesOfList(bridge: Bridge, contacts: ContactSegmented[]): Promise<string[]> {
  const listed: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { items: { contactId: string; version: number }[]; nextCursor: string | null } = await bridge.call(
      'segmenter',
      `/v1/contacts?limit=200${query}`,
    );
    listed.push(...page.items.map((one) => `${one.contactId} version ${one.version}`));
    cursor = page.nextCursor;
  } while (cursor !== null);
  const published = contacts.filter((one) => !one.superseded).map((one) => `${one.contactId} version ${one.version}`);
  const twice = listed.filter((one, index) => listed.indexOf(one) !== index);
  const wanted = new Set(published);
  const given = new Set(listed);
  return [
    ...twice.map((one) => `${one} is listed twice`),
    ...listed.filter((one) => !wanted.has(one)).map((one) => `${one} is listed, but not what was published last`),
    ...published.filter((one) => !given.has(one)).map((one) => `${one} is published, but not listed`),
  ];
}

async function differencesOfAudio(
  bridge: Bridge,
  truth: TaskGroundTruth[],
  o: { contacts: ContactSegmented[]; count: number },
): Promise<string[]> {
  const tasks = new Map(truth.map((task) => [task.taskId, task]));
  const audible = o.contacts.filter((one) => one.audio.state === 'file-uploaded' && tasks.has(one.taskId));
  const step = Math.max(1, Math.floor(audible.length / Math.max(1, o.count)));
  const found: string[] = audible.length === 0 ? ['no contact can be heard'] : [];
  for (const contact of audible.filter((_, index) => index % step === 0).slice(0, o.count)) {
    found.push(...(await checkAudio(bridge.stack, tasks.get(contact.taskId)!, contact)).differences);
  }
  return found;
}

/** Dead letters and incidents of all services. An outage fills neither. */
async function putAside(bridge: Bridge): Promise<string[]> {
  const found: string[] = [];
  for (const service of SERVICE_NAMES) {
    const schema = service.replaceAll('-', '_');
    const letters = await bridge.sql(`SELECT topic, code, reason, state FROM ${schema}.dead_letter`);
    found.push(...letters.rows.map((row) => `dead letter of ${service}: ${JSON.stringify(row)}`));
    const incidents = await bridge.sql(`SELECT kind, topic, action FROM ${schema}.bus_incident`);
    found.push(...incidents.rows.map((row) => `incident of ${service}: ${JSON.stringify(row)}`));
  }
  return found;
}

function crashes(bridge: Bridge): string[] {
  return bridge.stack.services.flatMap((service) => {
    const crash = service.crashed();
    return crash === undefined ? [] : [`${crash}\n${service.logTail()}`];
  });
}

/** Minutes in which the tenant had to refuse requests because its quota was used up: there must be none. */
export async function quotaOverrun(bridge: Bridge): Promise<string[]> {
  const { minutes, busiest } = await bridge.control<{
    minutes: { clientId: string; minuteMs: number; asked: number; refused: number }[];
    busiest: Record<string, number>;
  }>('GET', '/control/requests');
  return [
    ...minutes
      .filter((one) => one.refused > 0 || one.asked > bridge.requestsPerMinute)
      .map((one) => `${one.asked} requests in the minute of ${new Date(one.minuteMs).toISOString()}`),
    ...Object.values(busiest)
      .filter((asked) => asked > bridge.requestsPerMinute)
      .map((asked) => `${asked} requests within 60 s`),
  ];
}
