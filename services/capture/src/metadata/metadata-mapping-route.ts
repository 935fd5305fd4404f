import { findAcd } from '@wxcc-wfo/acd';
import { Nullable, problemSchema } from '@wxcc-wfo/contracts';
import { type App, type Clock, problem, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { type Static, Type } from 'typebox';
import { isLeftOut, type NotOffered, type ReadMapping, readMappings } from './metadata-policy.ts';
import { readNotOffered } from './not-offered-repository.ts';

const STATES = ['read', 'call-type', 'not-offered', 'refused'] as const;

const MappingState = Type.Object({
  acdMetadataName: Type.String({ description: 'As it was saved with the ACD.' }),
  metadataLabel: Type.String({ description: 'The label under which contacts show the value.' }),
  state: Type.Unsafe<(typeof STATES)[number]>({
    type: 'string',
    enum: [...STATES],
    description:
      'read: asked for with every task. call-type: set by the kind of contact, not asked for. not-offered: the API of this ACD does not know the field, so it is left out. refused: no name of the grammar.',
  }),
  since: Nullable(
    Type.String({ format: 'date-time' }),
    'not-offered: when it was refused first, UTC, ISO 8601; else null.',
  ),
  reason: Nullable(Type.String(), 'Why it is not read, for not-offered in the words of the API; null: it is read.'),
  remedy: Nullable(Type.String(), 'What to do about it; null: nothing.'),
});

const MappingStates = Type.Object(
  {
    acdId: Type.String({ format: 'uuid', description: 'The ACD.' }),
    mappings: Type.Array(MappingState, { description: 'In the order of the configuration.' }),
  },
  {
    description: 'Each metadata mapping of an ACD and what has become of it.',
    examples: [
      {
        acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
        mappings: [
          {
            acdMetadataName: 'taskDetails.channelType',
            metadataLabel: 'Channel Type',
            state: 'read',
            since: null,
            reason: null,
            remedy: null,
          },
          {
            acdMetadataName: 'taskDetails.entryPoint.name',
            metadataLabel: 'Entry point',
            state: 'not-offered',
            since: '2026-01-15T09:00:00.000Z',
            reason: 'Cannot query field "entryPoint" on type "TaskDetails".',
            remedy: 'Map another field; everything else is read without this one. It is asked for again once a day.',
          },
        ],
      },
    ],
  },
);

/** GET /v1/acds/{acdId}/metadata-mappings: which mapped fields the ACD gives, and which it does not (CAP-04). */
export async function metadataMappingRoute(app: App, deps: { pool: Pool; clock: Clock }): Promise<void> {
  app.get(
    '/v1/acds/:acdId/metadata-mappings',
    {
      config: { scope: 'capture:read' },
      schema: {
        summary: 'What becomes of an ACD’s metadata mappings',
        description:
          'Mappings are saved with the ACD, where wrong names are refused. Whether the tenant’s API has a field shows when tasks are read: one that it does not know is left out, shown here, and never stops capture.',
        tags: ['capture'],
        params: Type.Object({ acdId: Type.String({ format: 'uuid', description: 'The ACD.' }) }),
        response: { 200: MappingStates, 404: problemSchema },
      },
    },
    async (request) => {
      const acdId = request.params.acdId.toLowerCase();
      const tenant = { tenantId: requireTenant(request) };
      const found = await readAsTenant(deps.pool, tenant, async (tx) => {
        const acd = await findAcd(tx, acdId);
        return acd && { acd, notOffered: await readNotOffered(tx, acdId) };
      });
      if (!found) {
        const remedy = 'Check the id. An ACD that was just created is here within seconds.';
        throw problem({ status: 404, code: 'not-found', detail: `There is no ACD ${acdId}.`, field: 'acdId', remedy });
      }
      const nowMs = deps.clock.nowMs();
      const mappings = readMappings(found.acd.metadataMappings);
      return { acdId, mappings: mappings.map((mapping) => stateOf(mapping, found.notOffered, nowMs)) };
    },
  );
}

function stateOf(
  mapping: ReadMapping,
  notOffered: ReadonlyMap<string, NotOffered>,
  nowMs: number,
): Static<typeof MappingState> {
  const { acdMetadataName, metadataLabel } = mapping;
  const fine = { acdMetadataName, metadataLabel, since: null, reason: null, remedy: null };
  if (mapping.kind === 'call-type') return { ...fine, state: 'call-type' };
  if (mapping.kind === 'refused') {
    const { reason, suggestion } = mapping;
    const remedy = suggestion === undefined ? 'Correct the name in the ACD’s mappings.' : `Did you mean ${suggestion}?`;
    return { ...fine, state: 'refused', reason, remedy };
  }
  const refused = notOffered.get(mapping.key);
  if (!refused || !isLeftOut(refused, nowMs)) return { ...fine, state: 'read' };
  return {
    ...fine,
    state: 'not-offered',
    since: new Date(refused.firstRefusedAtMs).toISOString(),
    reason: refused.reason,
    remedy: 'Map another field; everything else is read without this one. It is asked for again once a day.',
  };
}
