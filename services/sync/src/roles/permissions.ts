/**
 * What a role may allow (SYNC-08). The list is fixed: a role names permissions out of it. Recording asks for the first
 * two (SCR-04); the others are carried to whoever shows contacts and statistics.
 */
export const PERMISSIONS = {
  'capture-contacts': 'Capture Contacts: contacts of users who hold it are kept and can be recorded.',
  'record-screen': 'Record Screen: with Capture Contacts and a Windows login the screen is recorded during contacts.',
  'view-own-contacts': 'Sees and plays the contacts that he or she handled.',
  'view-team-contacts': 'Sees and plays the contacts of the own team.',
  'view-all-contacts': 'Sees and plays every contact of the tenant.',
  'view-statistics': 'Sees interval statistics and agents’ states.',
  'administer-users': 'Edits users, teams and roles, and decides about duplicates.',
  'administer-connections': 'Edits ACD connections and authorizes them.',
} as const;

export type Permission = keyof typeof PERMISSIONS;
export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as Permission[];

/** What the default agent role allows when it is first made. */
export const AGENT_PERMISSIONS: Permission[] = ['capture-contacts', 'record-screen', 'view-own-contacts'];
