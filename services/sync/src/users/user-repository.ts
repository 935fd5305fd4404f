import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { WfoSide } from '../duplicates/merge-policy.ts';
import { nameKey } from '../duplicates/name-key.ts';
import { SELECT_USER, toUser, type User } from './user.ts';

export interface UserFilter {
  acdId?: string | undefined;
  /** Beginning of "last first" or "first last", in whatever case and accents. */
  name?: string | undefined;
  /** Beginning of the e-mail address. */
  email?: string | undefined;
  /** Any id by which the ACD knows or knew the user: id, TID, Common Identity id. */
  acdUserId?: string | undefined;
  identityId?: string | undefined;
  windowsLogin?: string | undefined;
  teamId?: string | undefined;
  roleId?: string | undefined;
  active?: boolean | undefined;
  acdState?: string | undefined;
  contactCenterEnabled?: boolean | undefined;
  /** Whether users that were merged into others are listed, too. */
  includeMerged?: boolean | undefined;
}

export interface UserPlace {
  sortKey: string;
  userId: string;
}

// Behind every text that begins with the prefix: no person's name holds this character.
const LAST = '\u{10ffff}';
/** Users that some id of the ACD means, through the rows that were merged into them. */
const MEANT_BY = (condition: string) => `u.user_id IN (
  SELECT coalesce(m.merged_into_user_id, m.user_id) FROM acd a JOIN directory_user m USING (acd_id)
  WHERE a.tenant_id = $1 AND ${condition})`;

/** Conditions beside the tenant's, whose id is parameter 1; `bind` gives a value's parameter. */
function conditionsOf(filter: UserFilter, bind: (value: unknown) => string): string[] {
  const conditions: string[] = [];
  const add = <T>(value: T | undefined, condition: (value: T) => string) => {
    if (value !== undefined) conditions.push(condition(value));
  };
  add(filter.acdId, (id) => `u.acd_id = ${bind(id)}::uuid`);
  add(filter.name, (name) => {
    // Punctuation alone is nobody's name.
    if (nameKey(name) === '') return 'false';
    const [from, to] = [bind(nameKey(name)), bind(nameKey(name) + LAST)];
    return `((u.sort_key >= ${from} AND u.sort_key < ${to}) OR (u.full_key >= ${from} AND u.full_key < ${to}))`;
  });
  add(filter.email, (email) => {
    const key = email.trim().toLowerCase();
    return `u.email_key >= ${bind(key)} AND u.email_key < ${bind(key + LAST)}`;
  });
  add(filter.acdUserId, (id) => {
    const one = bind(id);
    return MEANT_BY(`(m.webex_user_id = ${one} OR m.acd_user_id = ${one} OR m.identity_id = ${one})`);
  });
  add(filter.identityId, (id) => MEANT_BY(`m.identity_id = ${bind(id)}`));
  add(filter.windowsLogin, (login) => `u.login_key = ${bind(login.trim().toLowerCase())}`);
  add(filter.teamId, (id) => `u.team_id = ${bind(id)}::uuid`);
  add(filter.roleId, (id) => `u.role_ids @> ARRAY[${bind(id)}::uuid]`);
  add(filter.active, (active) => `u.active = ${bind(active)}`);
  add(filter.acdState, (state) => `u.acd_state = ${bind(state)}`);
  add(filter.contactCenterEnabled, (enabled) => `u.contact_center_enabled = ${bind(enabled)}`);
  if (filter.includeMerged !== true) conditions.push('u.merged_into_user_id IS NULL');
  return conditions;
}

/** Users of the tenant in order of last and first name, behind `after`. */
export async function listUsers(
  sql: SqlClient,
  tenantId: string,
  o: { filter: UserFilter; after: UserPlace | null; limit: number },
): Promise<User[]> {
  const values: unknown[] = [tenantId];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = ['u.tenant_id = $1', ...conditionsOf(o.filter, bind)];
  if (o.after) conditions.push(`(u.sort_key, u.user_id) > (${bind(o.after.sortKey)}, ${bind(o.after.userId)}::uuid)`);
  // What belongs to a user is read for those of the page only.
  const { rows } = await sql.query(
    `${SELECT_USER} WHERE u.user_id IN (
       SELECT u.user_id FROM directory_user u WHERE ${conditions.join(' AND ')}
       ORDER BY u.sort_key, u.user_id LIMIT ${bind(o.limit)})
     ORDER BY u.sort_key, u.user_id`,
    values,
  );
  return rows.map(toUser);
}

/** One user of the tenant. `lock` takes the row lock under which its events are written (rule 2). */
export async function findUser(
  sql: SqlClient,
  key: { tenantId: string; userId: string },
  lock = false,
): Promise<User | undefined> {
  const values = [key.userId, key.tenantId];
  // Locked by itself: a join that waits for the lock would still see the team and roles of before.
  if (lock) await sql.query('SELECT 1 FROM directory_user WHERE user_id = $1 AND tenant_id = $2 FOR UPDATE', values);
  const { rows } = await sql.query(`${SELECT_USER} WHERE u.user_id = $1 AND u.tenant_id = $2`, values);
  return rows[0] && toUser(rows[0]);
}

/**
 * The users that an id of the ACD means: the user's id, its TID or its Common Identity id, now or before a merge.
 * One per ACD at most knows it; several ACDs of a tenant might.
 */
export async function findUsersByAcdId(
  sql: SqlClient,
  key: { tenantId: string; acdId?: string | undefined; id: string },
): Promise<User[]> {
  return await listUsers(sql, key.tenantId, {
    filter: { acdId: key.acdId, acdUserId: key.id },
    after: null,
    limit: 10,
  });
}

/** Writes the WFO side of a user as a new revision. The row must be locked; a Windows login in use fails (23505). */
export async function writeWfoSide(
  tx: SqlClient,
  userId: string,
  o: { wfo: WfoSide; mergedIntoUserId: string | null; nowMs: number },
): Promise<void> {
  await tx.query(
    `UPDATE directory_user SET active = $2, activation_by = $3, team_id = $4, role_ids = $5::uuid[], windows_login = $6,
       company_start_date = $7, department_start_date = $8, merged_into_user_id = $9, changed_at_ms = $10,
       revision = revision + 1
     WHERE user_id = $1`,
    [
      userId,
      o.wfo.active,
      o.wfo.activationBy,
      o.wfo.teamId,
      o.wfo.roleIds,
      o.wfo.windowsLogin,
      o.wfo.companyStartDate,
      o.wfo.departmentStartDate,
      o.mergedIntoUserId,
      o.nowMs,
    ],
  );
}

/** Gives users a new revision, for a change beside their rows (a role's name, another user merged into them). */
export async function touchUsers(tx: SqlClient, userIds: readonly string[], nowMs: number): Promise<void> {
  // Locked in one order everywhere, so that two batches wait for each other instead of for ever.
  await tx.query('SELECT 1 FROM directory_user WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR UPDATE', [
    userIds,
  ]);
  await tx.query(
    'UPDATE directory_user SET revision = revision + 1, changed_at_ms = $2 WHERE user_id = ANY ($1::uuid[])',
    [userIds, nowMs],
  );
}

/** Who of the tenant has a Windows login, whatever its case. */
export async function findLoginOwner(
  sql: SqlClient,
  key: { tenantId: string; login: string },
): Promise<{ userId: string; name: string } | undefined> {
  const { rows } = await sql.query(
    `SELECT user_id, concat_ws(' ', first_name, last_name) AS name FROM directory_user
     WHERE tenant_id = $1 AND login_key = lower($2 COLLATE "und-x-icu") AND merged_into_user_id IS NULL`,
    [key.tenantId, key.login],
  );
  return rows[0] && { userId: rows[0].user_id, name: rows[0].name };
}
