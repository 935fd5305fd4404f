import { acdFollowerSubject } from '@wxcc-wfo/acd/testing';
import { syncHandlers } from '../src/runs/consumed-events.ts';
import { syncMigrations } from './sync-database.ts';

export default acdFollowerSubject({
  service: 'sync',
  migrations: syncMigrations,
  handlers: syncHandlers,
  table: 'sync_lease',
  dueColumn: 'next_run_at_ms',
});
