import { type ProblemError, problem, type SqlClient, sqlState } from '@wxcc-wfo/service-kit';
import type { Acd } from './acd.ts';
import { findTwin } from './acd-repository.ts';
import { type Stop, unconfirmed } from './change-policy.ts';
import type { Refusal } from './refusal.ts';

/** Why an ACD is not saved, for the caller. */

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** Everything that is wrong with a form, at once. */
export function refused(errors: Refusal[]): ProblemError {
  const [first] = errors;
  return problem({
    status: 422,
    code: 'invalid-request',
    title: 'The ACD cannot be saved like this',
    detail: errors.map((error) => `${error.field}: ${error.reason}`).join(' '),
    field: first!.field,
    remedy: first!.remedy,
    errors,
  });
}

export const unknownClient = (): ProblemError =>
  refused([
    {
      field: 'clientRef',
      reason: 'This tenant has no such client record.',
      remedy: 'Create the client with POST /v1/clients first.',
    },
  ]);

/** What stops must be confirmed by name (ACD-01). @throws ProblemError 409 that lists what stops and how to confirm */
export function requireConfirmations(acd: Acd, stops: Stop[], given: readonly string[]): void {
  const { confirm, refusals } = unconfirmed(stops, given);
  if (confirm.length === 0) return;
  throw problem({
    status: 409,
    code: 'confirmation-required',
    title: 'Something stops with this change',
    detail: `The change of ${acd.name} stops: ${refusals.map(({ reason }) => reason).join(' ')}`,
    field: 'confirm',
    remedy: `If all of that is meant, send it again with \`confirm: ${JSON.stringify(confirm)}\`. Nothing was changed.`,
    confirm,
    errors: refusals,
  });
}

/** What a unique or foreign key of the database says, in words; other errors stay as they are. */
export async function explainedConflict(sql: SqlClient, error: unknown, acd: Acd): Promise<unknown> {
  if (sqlState(error) === FOREIGN_KEY_VIOLATION) return unknownClient();
  if (sqlState(error) !== UNIQUE_VIOLATION) return error;
  const { tenantId, acdId } = acd;
  const byOrganization = (error as { constraint?: string }).constraint === 'acd_organization';
  const key = byOrganization ? { webexOrgId: acd.webexOrgId } : { name: acd.name };
  const twin = await findTwin(sql, { tenantId, acdId, ...key });
  const other = twin ? `${twin.name} (${twin.acdId})` : 'another ACD';
  return problem({
    status: 409,
    code: 'conflict',
    title: 'Such an ACD exists already',
    detail: byOrganization
      ? `${other} is the active ACD of the Webex organization ${acd.webexOrgId}; a tenant connects an organization once.`
      : `${other} has the name ${acd.name}; names differ in more than their case.`,
    field: byOrganization ? 'webexOrgId' : 'name',
    remedy: byOrganization ? `Use ${other}, or delete it first.` : 'Choose another name.',
  });
}
