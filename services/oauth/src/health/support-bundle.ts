import { scrub } from '@wxcc-wfo/service-kit';
import { type Static, Type } from 'typebox';
import type { ToldEntry } from '../tokens/token-history-repository.ts';
import { CAUSES_OF_LOSS } from '../tokens/token-policy.ts';
import { HealthView, healthExample, healthView, iso } from './health-schema.ts';
import type { ConnectionHealth } from './read-health.ts';

/**
 * What support needs to look into an authorization (AUTH-04; the guide's "Reauthentication requires Cisco Technical
 * Support engagement"): ids, domain, state and the history of failures. No credential, no token, no name of a person.
 */

const OrNull = (schema: ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>, description: string) =>
  Type.Union([schema, Type.Null()], { description });
const Iso = (description: string) => Type.String({ format: 'date-time', description });
const text = (description: string) => Type.String({ description });

const Entry = Type.Object({
  kind: text(
    'signed-in, refreshed, failed, abandoned (a replica ended before its answer was stored), reported-refused (a service saw the access token refused), lost, ended, recovered, warned or credentials-changed.',
  ),
  version: OrNull(Type.Integer(), 'Version of the token.'),
  answer: OrNull(Type.String(), 'How Webex answered, for programs.'),
  reason: OrNull(Type.String(), 'In words.'),
  times: Type.Integer({ description: 'How often it happened, one after the other.' }),
  firstAt: Iso('When it happened first.'),
  lastAt: Iso('When it happened last.'),
  nextTryAt: OrNull(Type.String({ format: 'date-time' }), 'When it was to be tried again.'),
});

const Needed = Type.Object({
  what: text('As the guide names it.'),
  value: OrNull(Type.String(), 'What it is; null: a person has to give it, by a safe way.'),
  note: text('Where it is found, or why it is not here.'),
});

const bundleFields = {
  generatedAt: Iso('When this was put together.'),
  product: text('Service and version.'),
  ids: Type.Object(
    {
      acdId: text('The WFO ACD id.'),
      wfoTenantId: text('The WFO tenant id.'),
      webexOrgId: text('The Webex organization id.'),
    },
    { description: 'Ids of the connection. The two tenant ids are not the same.' },
  ),
  connection: Type.Object(
    {
      name: text('Name of the ACD.'),
      variant: text('The connection variant.'),
      usernameDomain: OrNull(Type.String(), 'What stands behind the @ of the username.'),
      apiHost: OrNull(Type.String(), 'Host of the API URL.'),
      revision: Type.Integer({ description: 'Of the configuration.' }),
      createdAt: Iso('When it was created.'),
      changedAt: Iso('When it was changed last.'),
    },
    { description: 'The connection, without the person.' },
  ),
  health: Type.Object(HealthView.properties, { description: 'As GET /v1/acds/{acdId}/health has it.' }),
  history: Type.Array(Entry, { description: 'What happened to its tokens, the latest first; the last 500 entries.' }),
  possibleCauses: Type.Array(Type.String(), { description: 'The guide’s causes of a lost authorization.' }),
  neededBySupport: Type.Array(Needed, { description: 'What the guide says that support asks for.' }),
};

const bundleExample = {
  generatedAt: '2026-01-15T16:00:00.000Z',
  product: 'wxcc-wfo-bridge oauth 0.1.0',
  ids: {
    acdId: healthExample.acdId,
    wfoTenantId: 'd2f1f6a2-7c55-4a0c-b7b9-5d0a4f0a1e11',
    webexOrgId: '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2',
  },
  connection: {
    name: 'Contact centre',
    variant: '2.0',
    usernameDomain: 'contactcentre.example',
    apiHost: 'api.wxcc-eu2.cisco.com',
    revision: 4,
    createdAt: '2025-11-23T08:55:00.000Z',
    changedAt: '2025-11-23T09:00:00.000Z',
  },
  health: healthExample,
  history: [
    {
      kind: 'failed',
      version: 106,
      answer: 'no-answer',
      reason: 'No answer within 15 s.',
      times: 3,
      firstAt: '2026-01-14T21:00:00.000Z',
      lastAt: '2026-01-14T21:00:20.000Z',
      nextTryAt: '2026-01-14T21:00:40.000Z',
    },
  ],
  possibleCauses: [...CAUSES_OF_LOSS],
  neededBySupport: [{ what: 'Webex WFO ACD ID', value: healthExample.acdId, note: 'ids.acdId' }],
};

export const SupportBundle = Type.Object(bundleFields, {
  description: 'Everything that support needs and may have.',
  examples: [bundleExample],
});
export type SupportBundle = Static<typeof SupportBundle>;

/** The bundle of one connection. `wfoUrl`: where operators reach WFO, if that is configured. */
export function supportBundle(
  health: ConnectionHealth,
  o: { history: readonly ToldEntry[]; product: string; wfoUrl: string | undefined },
): SupportBundle {
  const { acd, atMs } = health;
  const { acdId, tenantId: wfoTenantId, webexOrgId } = acd;
  return withoutPersons({
    generatedAt: new Date(atMs).toISOString(),
    product: o.product,
    ids: { acdId, wfoTenantId, webexOrgId },
    connection: {
      name: acd.name,
      variant: acd.variant,
      usernameDomain: acd.username.split('@').at(1) ?? null,
      apiHost: hostOf(acd.apiUrl),
      revision: acd.revision,
      createdAt: new Date(acd.createdAtMs).toISOString(),
      changedAt: new Date(acd.changedAtMs).toISOString(),
    },
    health: healthView(health),
    history: o.history.map(entryView),
    possibleCauses: [...CAUSES_OF_LOSS],
    neededBySupport: neededBySupport({ acdId, wfoTenantId, wfoDomain: hostOf(o.wfoUrl) }),
  });
}

/** Reasons quote what Webex and the services say, and names are what operators chose: either may hold an address. */
const withoutPersons = (bundle: SupportBundle): SupportBundle => JSON.parse(scrub(JSON.stringify(bundle)));

const entryView = ({ firstAtMs, atMs, nextAtMs, ...rest }: ToldEntry): Static<typeof Entry> => ({
  ...rest,
  firstAt: new Date(firstAtMs).toISOString(),
  lastAt: new Date(atMs).toISOString(),
  nextTryAt: iso(nextAtMs),
});

/** The guide's list, in its order. Credentials are for the person who asks support, not for a file. */
function neededBySupport(of: { acdId: string; wfoTenantId: string; wfoDomain: string | null }) {
  const byPerson = 'Never part of this bundle. Give it to support by a safe way, if it asks.';
  return [
    { what: 'Webex Contact Center admin credentials (username and password)', value: null, note: byPerson },
    { what: 'Webex WFO Tenant ID', value: of.wfoTenantId, note: 'ids.wfoTenantId' },
    { what: 'Webex WFO ACD ID', value: of.acdId, note: 'ids.acdId' },
    { what: 'Webex WFO tenant admin credentials (username and password)', value: null, note: byPerson },
    {
      what: 'Webex WFO domain URL',
      value: of.wfoDomain,
      note: of.wfoDomain === null ? 'Not configured here; it stands in the address bar of WFO.' : 'From PUBLIC_URL.',
    },
  ];
}

function hostOf(url: string | undefined): string | null {
  return url !== undefined && URL.canParse(url) ? new URL(url).host : null;
}
