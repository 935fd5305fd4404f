import { acdFollowerSubject } from '@wxcc-wfo/acd/testing';
import { captureHandlers } from '../src/polling/consumed-events.ts';
import { captureMigrations } from './capture-database.ts';

export default acdFollowerSubject({
  service: 'capture',
  migrations: captureMigrations,
  handlers: captureHandlers,
  table: 'poll_state',
  dueColumn: 'next_poll_at_ms',
});
