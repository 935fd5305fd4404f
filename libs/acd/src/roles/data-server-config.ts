import { DEFAULT_DATA_SERVER } from '@wxcc-wfo/contracts';
import { Type } from 'typebox';

/** What every service that works for ACDs in a role is told by its environment (ACD-04). */
export const dataServerConfig = {
  DATA_SERVER: Type.String({
    default: DEFAULT_DATA_SERVER,
    minLength: 1,
    maxLength: 100,
    description:
      'Name of the data server that this process belongs to, as in `GET /v1/data-servers` of oauth: it works only for the ACDs of that data server. All processes of a service share one database, whatever their data server.',
  }),
};
