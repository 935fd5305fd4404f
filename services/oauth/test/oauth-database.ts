import { fileURLToPath } from 'node:url';
import { type ServiceDatabase, serviceDatabase } from '@wxcc-wfo/bus/testing/service-database';

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

export type OAuthDatabase = ServiceDatabase;

export const oauthDatabase = (): Promise<OAuthDatabase> => serviceDatabase({ service: 'oauth', folders: [migrations] });
