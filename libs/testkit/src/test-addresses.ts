/** Address of a server of this test run, from the environment that Jest's set-up filled. Fails with what to do. */
function required(variable: string): string {
  const value = process.env[variable];
  if (value) return value;
  throw new Error(
    `This test needs a real server, but ${variable} is not set. Run it through \`npm test\`, without WFO_TEST_SERVERS=none.`,
  );
}

export interface TestAddresses {
  kafkaBrokers: string[];
  postgresAdminUrl: string;
  redisUrl: string;
}

/** The servers of this test run; each is asked for only when it is read. */
export const testAddresses: TestAddresses = {
  get kafkaBrokers() {
    return required('KAFKA_BROKERS').split(',');
  },
  get postgresAdminUrl() {
    return required('POSTGRES_ADMIN_URL');
  },
  get redisUrl() {
    return required('REDIS_URL');
  },
};
