import { Problem } from '@wxcc-wfo/contracts';
import { type App, entityTag, requireTenant } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import type { Wiring } from '../wiring.ts';
import type { Acd } from './acd.ts';
import { PatchAcd, ReplaceAcd } from './acd-schema.ts';
import { AcdParams, SavedAcd, shownSaved } from './acd-view.ts';
import { type AcdRequest, changeAcd } from './change-acd.ts';
import { CONFIRMATIONS } from './change-policy.ts';
import { deleteAcd } from './delete-acd.ts';
import { DeletedAcd } from './deletion-view.ts';
import { type AcdForm, formOf, mergedForm, wholeForm } from './form-policy.ts';

const errors = { '4xx': Problem, '5xx': Problem };
export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'The ETag of the version that is meant, as it was read. Without it: 428; where it is older: 412.',
    }),
  ),
});
const ConfirmQuery = Type.Object({
  confirm: Type.String({
    default: '',
    maxLength: 500,
    pattern: '^[a-z,-]*$',
    description: `What is confirmed of that which stops, separated by commas: ${CONFIRMATIONS.join(', ')}. Also in the body.`,
  }),
});
const CHANGED = `Needs If-Match. What turns Quality Management, Voice or Digital off, or changes the account, the
organization or an address of an authorized ACD, must be confirmed: the answer 409 \`confirmation-required\` lists what
stops and what \`confirm\` must name. With the latter, tokens and API key are dropped; the answer holds the new
\`authorizationUrl\`. An API key that comes with the change is used from then on.`.replaceAll('\n', ' ');

type TenantRequest = Parameters<typeof requireTenant>[0];

/** Which ACD is meant in which version, and by whom. */
function meant(request: TenantRequest & { params: { acdId: string }; headers: { 'if-match'?: string } }): AcdRequest {
  return {
    acdId: request.params.acdId,
    tenantId: requireTenant(request),
    subject: request.caller.subject,
    ifMatch: request.headers['if-match'],
  };
}

/** Change and delete an ACD. */
export function acdChangeRoutes(app: App, wiring: Wiring): void {
  const confirmedBy = (inQuery: string, inBody: string[] = []) => [...inQuery.split(',').filter(Boolean), ...inBody];

  app.put(
    '/v1/acds/:acdId',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Replace the form of an ACD connection',
        description: `What is left out takes its default, but for the API key, which stays. ${CHANGED}`,
        tags: ['acds'],
        params: AcdParams,
        querystring: ConfirmQuery,
        headers: IfMatch,
        body: ReplaceAcd,
        response: { 200: SavedAcd, ...errors },
      },
    },
    async (request, reply) => {
      const { confirm, ...form } = request.body;
      const whole = (acd: Acd): AcdForm => wholeForm(form, acd.variant);
      const saved = await changeAcd(wiring, {
        ...meant(request),
        formOf: whole,
        confirm: confirmedBy(request.query.confirm, confirm),
      });
      reply.header('etag', entityTag(saved.acd.revision));
      return shownSaved(saved);
    },
  );

  app.patch(
    '/v1/acds/:acdId',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Change some fields of an ACD connection',
        description: `A JSON merge patch (RFC 7396): what is left out stays, null takes a field back to its default, lists and dataRecapture are replaced whole. ${CHANGED}`,
        tags: ['acds'],
        params: AcdParams,
        querystring: ConfirmQuery,
        headers: IfMatch,
        body: PatchAcd,
        response: { 200: SavedAcd, ...errors },
      },
    },
    async (request, reply) => {
      const { confirm, ...patch } = request.body;
      const merged = (acd: Acd): AcdForm => mergedForm(formOf(acd), patch);
      const saved = await changeAcd(wiring, {
        ...meant(request),
        formOf: merged,
        confirm: confirmedBy(request.query.confirm, confirm),
      });
      reply.header('etag', entityTag(saved.acd.revision));
      return shownSaved(saved);
    },
  );

  app.delete(
    '/v1/acds/:acdId',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Delete an ACD connection',
        description:
          'For ever, in all services. Needs If-Match. Its tokens and API key go now; its name and its organization are free again. The answer says what remains and until when.',
        tags: ['acds'],
        params: AcdParams,
        headers: IfMatch,
        response: { 200: DeletedAcd, ...errors },
      },
    },
    async (request) => {
      const { acd, remains } = await deleteAcd(wiring, meant(request));
      return {
        acdId: acd.acdId,
        name: acd.name,
        deletedAt: new Date(acd.changedAtMs).toISOString(),
        remains: remains.map(({ what, untilMs, detail }) => ({
          what,
          until: untilMs === null ? null : new Date(untilMs).toISOString(),
          detail,
        })),
      };
    },
  );
}
